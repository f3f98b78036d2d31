// The slow side of operators: mixed numbers, booleans, strings and containers, and the special methods of the
// program's classes. Errors read as CPython's.
#include <fmt/format.h>

#include <cmath>

#include "lang/builtins/compare.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/functions.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/text.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

namespace {

enum Operation : unsigned {
    add,
    subtract,
    multiply,
    divide,
    floor_divide,
    modulo,
    power,
    bit_and,
    bit_or,
    bit_xor,
    shift_left,
    shift_right
};

constexpr Dunder forward[] = {Dunder::add,      Dunder::sub,  Dunder::mul,    Dunder::truediv,
                              Dunder::floordiv, Dunder::mod,  Dunder::pow,    Dunder::and_,
                              Dunder::or_,      Dunder::xor_, Dunder::lshift, Dunder::rshift};
constexpr Dunder reflected[] = {Dunder::radd,      Dunder::rsub,  Dunder::rmul,    Dunder::rtruediv,
                                Dunder::rfloordiv, Dunder::rmod,  Dunder::rpow,    Dunder::rand_,
                                Dunder::ror_,      Dunder::rxor_, Dunder::rlshift, Dunder::rrshift};
constexpr Dunder augmented_dunders[] = {Dunder::iadd,      Dunder::isub, Dunder::imul,    Dunder::itruediv,
                                        Dunder::ifloordiv, Dunder::imod, Dunder::ipow,    Dunder::iand,
                                        Dunder::ior,       Dunder::ixor, Dunder::ilshift, Dunder::irshift};
constexpr std::string_view symbols[] = {"+",           "-", "*", "/", "//", "%",
                                        "** or pow()", "&", "|", "^", "<<", ">>"};

bool is_number(Value v) { return v.is_number() || v.is_bool(); }
bool is_integral(Value v) { return v.is_int() || v.is_bool(); }
std::int64_t int_of(Value v) { return v.is_bool() ? v.is_true() : v.as_int(); }
double float_of(Value v) { return v.is_float() ? v.as_float() : static_cast<double>(int_of(v)); }

Value too_large(Machine& m) {
    return m.raise(ErrorKind::OverflowError, "integer result does not fit in 48 bits");
}

Value checked_integer(Machine& m, std::int64_t i) {
    return fits_integer(i) ? Value::integer(i) : too_large(m);
}

double floor_mod(double a, double b) {
    double r = std::fmod(a, b);
    if (r != 0) {
        if ((b < 0) != (r < 0)) r += b;
    } else {
        r = std::copysign(0.0, b);
    }
    return r;
}

Value integer_power(Machine& m, std::int64_t base, std::int64_t exponent) {
    std::int64_t result = 1;
    while (true) {
        if ((exponent & 1) != 0) {
            if (__builtin_mul_overflow(result, base, &result) || !fits_integer(result)) return too_large(m);
        }
        exponent >>= 1;
        if (exponent == 0) return Value::integer(result);
        // The base may leave the range only when it is not needed any more.
        if (__builtin_mul_overflow(base, base, &base)) return too_large(m);
        if (!fits_integer(base) && (exponent > 1 || result != 0)) return too_large(m);
    }
}

Value number_power(Machine& m, Value a, Value b) {
    if (is_integral(a) && is_integral(b)) {
        const std::int64_t base = int_of(a), exponent = int_of(b);
        if (exponent >= 0) {
            if (base == 0 || base == 1) return Value::integer(exponent == 0 ? 1 : base);
            if (base == -1) return Value::integer(exponent % 2 == 0 ? 1 : -1);
            return integer_power(m, base, exponent);
        }
    }
    const double x = float_of(a), y = float_of(b);
    if (x == 0 && y < 0)
        return m.raise(ErrorKind::ZeroDivisionError, "0.0 cannot be raised to a negative power");
    if (x < 0 && std::isfinite(x) && y != std::floor(y) && std::isfinite(y))
        return m.raise(
            ErrorKind::ValueError,
            "a negative number cannot be raised to a fractional power: there are no complex numbers");
    const double r = std::pow(x, y);
    if (std::isinf(r) && std::isfinite(x) && std::isfinite(y))
        return m.raise(ErrorKind::OverflowError, "(34, 'Numerical result out of range')");
    return Value::floating(r);
}

Value integer_arithmetic(Machine& m, unsigned op, std::int64_t a, std::int64_t b) {
    std::int64_t r = 0;
    switch (op) {
        case add:
            return checked_integer(m, a + b);
        case subtract:
            return checked_integer(m, a - b);
        case multiply:
            return __builtin_mul_overflow(a, b, &r) ? too_large(m) : checked_integer(m, r);
        case divide:
            if (b == 0) return m.raise(ErrorKind::ZeroDivisionError, "division by zero");
            return Value::floating(static_cast<double>(a) / static_cast<double>(b));
        case floor_divide:
            if (b == 0) return m.raise(ErrorKind::ZeroDivisionError, "integer division or modulo by zero");
            r = a / b;
            if (a % b != 0 && (a < 0) != (b < 0)) --r;
            return checked_integer(m, r);
        case modulo:
            if (b == 0) return m.raise(ErrorKind::ZeroDivisionError, "integer modulo by zero");
            r = a % b;
            if (r != 0 && (r < 0) != (b < 0)) r += b;
            return Value::integer(r);
        case bit_and:
            return Value::integer(a & b);
        case bit_or:
            return Value::integer(a | b);
        case bit_xor:
            return Value::integer(a ^ b);
        case shift_left:
            if (b < 0) return m.raise(ErrorKind::ValueError, "negative shift count");
            if (a == 0) return Value::integer(0);
            if (b >= 48) return too_large(m);
            return __builtin_mul_overflow(a, std::int64_t{1} << b, &r) ? too_large(m) : checked_integer(m, r);
        default:
            if (b < 0) return m.raise(ErrorKind::ValueError, "negative shift count");
            return Value::integer(b >= 48 ? (a < 0 ? -1 : 0) : a >> b);
    }
}

Value float_arithmetic(Machine& m, unsigned op, double a, double b) {
    switch (op) {
        case add:
            return Value::floating(a + b);
        case subtract:
            return Value::floating(a - b);
        case multiply:
            return Value::floating(a * b);
        case divide:
            if (b == 0) return m.raise(ErrorKind::ZeroDivisionError, "float division by zero");
            return Value::floating(a / b);
        case floor_divide: {
            if (b == 0) return m.raise(ErrorKind::ZeroDivisionError, "float floor division by zero");
            // From the exact remainder, so that the quotient is right where a / b would round up.
            const double r = floor_mod(a, b);
            const double q = (a - r) / b;
            if (q == 0) return Value::floating(std::copysign(0.0, a / b));
            double f = std::floor(q);
            if (q - f > 0.5) f += 1.0;
            return Value::floating(f);
        }
        default:
            if (b == 0) return m.raise(ErrorKind::ZeroDivisionError, "float modulo");
            return Value::floating(floor_mod(a, b));
    }
}

bool is_kind(Machine& m, Value v, ClassId id) {
    return v.is_heap() && !v.is_string() && m.heap.class_id(v) == id;
}

}  // namespace

Value Interpreter::binary(unsigned op, Value a, Value b, bool in_place) {
    if (is_number(a) && is_number(b)) {
        if (op == power) return number_power(*this, a, b);
        if (a.is_bool() && b.is_bool() && op >= bit_and && op <= bit_xor) {
            const bool x = a.is_true(), y = b.is_true();
            return Value::boolean(op == bit_and ? x && y : op == bit_or ? x || y : x != y);
        }
        if (is_integral(a) && is_integral(b)) return integer_arithmetic(*this, op, int_of(a), int_of(b));
        if (op < power) return float_arithmetic(*this, op, float_of(a), float_of(b));
    }
    if (!readable(a) || !readable(b)) return Value::failed();
    // A str formats whatever stands behind %, before that is asked.
    if ((is_instance(a) || is_instance(b)) && !(op == modulo && a.is_string())) {
        const Value r = user_binary(op, a, b, in_place);
        if (r != Value::not_implemented()) return r;
    }
    if (!is_instance(a)) {
        const Value builtin = builtin_binary(op, a, b, in_place);
        if (builtin != Value::absent()) return builtin;
    }
    if (in_place)
        return raise(ErrorKind::TypeError,
                     fmt::format("unsupported operand type(s) for {}=: '{}' and '{}'",
                                 op == power ? "**" : symbols[op], type_name(a), type_name(b)));
    return raise(ErrorKind::TypeError, fmt::format("unsupported operand type(s) for {}: '{}' and '{}'",
                                                   symbols[op], type_name(a), type_name(b)));
}

/// What the methods of the program's classes say, in Python's order; not_implemented() when none of them
/// knows the operands.
Value Interpreter::user_binary(unsigned op, Value a, Value b, bool in_place) {
    const auto ask = [this](Value self, Dunder dunder, Value other) {
        const Value r = call_dunder(self, dunder, &other, 1);
        return r == Value::absent() ? Value::not_implemented() : r;
    };
    const Value unknown = Value::not_implemented();
    Value r = in_place ? ask(a, augmented_dunders[op], b) : unknown;
    if (r != unknown) return r;
    const ClassInfo& left = class_of(a);
    const ClassInfo& right = class_of(b);
    if (&left == &right) return ask(a, forward[op], b);
    // A derived class that has its own reflected method is asked first.
    const bool other_first = right.derives_from(left) && right.dunder(reflected[op]) != Value::absent() &&
                             right.dunder(reflected[op]) != left.dunder(reflected[op]);
    if (other_first) {
        r = ask(b, reflected[op], a);
        return r != unknown ? r : ask(a, forward[op], b);
    }
    r = ask(a, forward[op], b);
    return r != unknown ? r : ask(b, reflected[op], a);
}

/// Strings, lists, tuples and dicts; absent() when the operator means nothing for them.
Value Interpreter::builtin_binary(unsigned op, Value a, Value b, bool in_place) {
    Machine& m = *this;
    if (a.is_string()) {
        if (op == add) {
            if (b.is_string()) return string_concat(m, a, b);
            return raise(ErrorKind::TypeError,
                         fmt::format("can only concatenate str (not \"{}\") to str", type_name(b)));
        }
        if (op == multiply && is_integral(b)) return string_repeat(m, a, int_of(b));
        if (op == modulo) return string_percent(m, a, b);
    }
    if (op == multiply && b.is_string() && is_integral(a)) return string_repeat(m, b, int_of(a));
    const bool list_a = is_kind(m, a, ClassId::list), tuple_a = is_kind(m, a, ClassId::tuple);
    if (list_a && in_place && op == add) {
        if (!list_extend(m, a, b)) return Value::failed();
        return share(a);
    }
    if (list_a && in_place && op == multiply && is_integral(b)) {
        if (!list_repeat_in_place(m, a, int_of(b))) return Value::failed();
        return share(a);
    }
    if (op == add && list_a) return list_concat(m, a, b);
    if (op == add && tuple_a) return tuple_concat(m, a, b);
    if (op == multiply && (list_a || tuple_a) && is_integral(b)) return sequence_repeat(m, a, int_of(b));
    if (op == multiply && is_integral(a) && (is_kind(m, b, ClassId::list) || is_kind(m, b, ClassId::tuple)))
        return sequence_repeat(m, b, int_of(a));
    if (op == multiply && (a.is_string() || list_a || tuple_a))
        return raise(ErrorKind::TypeError,
                     fmt::format("can't multiply sequence by non-int of type '{}'", type_name(b)));
    if (op == bit_or && is_kind(m, a, ClassId::dict) && is_kind(m, b, ClassId::dict)) {
        if (in_place) {
            if (!dict_update(m, a, b)) return Value::failed();
            return share(a);
        }
        const Value merged = dict_copy(m, a);
        if (merged == Value::failed()) return merged;
        if (!dict_update(m, merged, b)) {
            drop(merged);
            return Value::failed();
        }
        return merged;
    }
    return Value::absent();
}

Value Interpreter::unary(unsigned op, Value a) {
    if (op == 3) {
        const int t = truth(a);
        return t < 0 ? Value::failed() : Value::boolean(t == 0);
    }
    if (is_integral(a)) {
        const std::int64_t i = int_of(a);
        return op == 0 ? checked_integer(*this, -i) : op == 1 ? Value::integer(i) : Value::integer(~i);
    }
    if (a.is_float() && op != 2) return op == 0 ? Value::floating(-a.as_float()) : a;
    if (!readable(a)) return Value::failed();
    constexpr Dunder dunders[] = {Dunder::neg, Dunder::pos, Dunder::invert};
    const Value r = call_dunder(a, dunders[op], nullptr, 0);
    if (r != Value::absent()) return r;
    constexpr std::string_view signs[] = {"-", "+", "~"};
    return raise(ErrorKind::TypeError,
                 fmt::format("bad operand type for unary {}: '{}'", signs[op], type_name(a)));
}

/// 1, 0 or -1. With `result` the value that the operator gives, which a special method may choose freely, and
/// then only the sign counts.
int Interpreter::compare_values(unsigned op, Value a, Value b, Value* result) {
    int truth = -1;
    if (op == 8 || op == 9) {
        truth = same_object(a, b) == (op == 8);
        if (result != nullptr) *result = Value::boolean(truth != 0);
        return truth;
    }
    if (!readable(a) || !readable(b)) return -1;
    if (op > 5 && b.is_object() && heap.class_id(b) == ClassId::dict && (a.is_int() || a.is_string())) {
        truth = (dict_find_simple(heap, heap.payload<Dict>(b), a) != nullptr) == (op == 6);
        if (result != nullptr) *result = Value::boolean(truth != 0);
        return truth;
    }
    if (op > 5) {
        truth = values_contain(*this, b, a);
        if (truth >= 0 && op == 7) truth = truth == 0;
    } else if (is_instance(a) || is_instance(b)) {
        const Value r = rich_comparison(*this, a, b, static_cast<Comparison>(op));
        if (r == Value::failed()) return -1;
        if (result == nullptr) return truth_of_unnamed(*this, r);
        *result = r;
        return 1;
    } else if (op == 0) {
        truth = values_equal(*this, a, b);
    } else if (op == 1) {
        truth = values_differ(*this, a, b);
    } else {
        truth = values_order(*this, a, b, static_cast<CompareKind>(op - 2));
    }
    if (result != nullptr && truth >= 0) *result = Value::boolean(truth != 0);
    return truth;
}

Value add_values(Machine& machine, Value a, Value b) { return interpreter(machine).binary(add, a, b, false); }
Value power_values(Machine& machine, Value a, Value b) {
    return interpreter(machine).binary(power, a, b, false);
}

int Machine::truth(Value v) {
    if (v.is_bool()) return v.is_true();
    if (v.is_none()) return 0;
    if (v.is_int()) return v.as_int() != 0;
    if (v.is_float()) return v.as_float() != 0;
    if (!interpreter(*this).readable(v)) return -1;
    if (v.is_string()) return !heap.text(v).empty();
    if (v.is_sequence()) return heap.sequence(v).length() != 0;
    if (!v.is_heap()) return 1;
    switch (heap.class_id(v)) {
        case ClassId::tuple:
            return heap.sequence(v).length() != 0;
        case ClassId::dict:
            return heap.payload<Dict>(v).live != 0;
        case ClassId::range: {
            const std::int64_t n = length_of(*this, v);
            return n < 0 ? -1 : n != 0;
        }
        case ClassId::buffer:
            return 1;
        default:
            break;
    }
    if (!is_instance(v)) {
        if (heap.class_id(v) != ClassId::iterator) return 1;
        const std::int64_t n = view_length_of(v);
        return n != 0;
    }
    Value r = call_dunder(v, Dunder::bool_);
    if (r != Value::absent()) {
        if (r == Value::failed()) return -1;
        if (!r.is_bool()) {
            raise(ErrorKind::TypeError,
                  fmt::format("__bool__ should return bool, returned {}", type_name(r)));
            drop(r);
            return -1;
        }
        return r.is_true();
    }
    if (class_of(v).dunder(Dunder::len) == Value::absent()) return 1;
    const std::int64_t length = length_of(*this, v);
    return length < 0 ? -1 : length != 0;
}

// --- f-strings

Value Interpreter::join_strings(const Value* pieces, std::uint32_t count) {
    std::size_t length = 0;
    for (std::uint32_t i = 0; i < count; ++i) length += heap.text(pieces[i]).size();
    char* out = nullptr;
    const Value v = heap.new_string(length, out);
    if (v == Value::failed()) return v;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string_view text = heap.text(pieces[i]);
        text.copy(out, text.size());
        out += text.size();
    }
    return v;
}

Value Interpreter::format(Value v, char conversion, Value spec) {
    if (!readable(v)) return Value::failed();
    if (spec == Value::absent() && conversion == 0 && v.is_string()) return share(v);
    std::string text;
    const std::string_view how = spec == Value::absent() ? std::string_view{} : heap.text(spec);
    if (!format_value(*this, v, conversion, how, text)) return Value::failed();
    return heap.new_string(text);
}

}  // namespace harness::lang
