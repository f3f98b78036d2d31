// int(), float(), bool() and str(): the constructors of the basic types, and the readings of text that they
// rest on.
#include <cmath>
#include <string>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/number_parse.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

/// A special method's result, which must pass `suits`; else TypeError "C.__int__ returned non-int (type
/// str)".
template <class Suits>
Value checked(Machine& machine, Value self, Dunder dunder, const char* wanted, Value result, Suits suits) {
    if (is_failed(result) || suits(result)) return result;
    std::string message = std::string(machine.type_name(self)) + "." +
                          std::string(dunder_names[static_cast<std::size_t>(dunder)]) + " returned non-" +
                          wanted + " (type " + std::string(machine.type_name(result)) + ")";
    machine.drop(result);
    return machine.raise(ErrorKind::TypeError, std::move(message));
}

bool may_have_methods(Machine& machine, Value v) {
    return v.is_heap() && !v.is_string() && machine.is_instance(v);
}

Value native_str(Machine& machine, const Value* arguments, std::uint32_t) {
    if (is_absent(arguments[0])) return machine.heap.new_string("");
    return str_of(machine, arguments[0]);
}

Value int_with_base(Machine& machine, Value text, Value base_argument) {
    std::int64_t base;
    if (!to_index(machine, base_argument, base)) return Value::failed();
    if (is_absent(text)) return machine.raise(ErrorKind::TypeError, "int() missing string argument");
    if (!text.is_string())
        return machine.raise(ErrorKind::TypeError, "int() can't convert non-string with explicit base");
    if (base != 0 && (base < 2 || base > 36))
        return machine.raise(ErrorKind::ValueError, "int() base must be >= 2 and <= 36, or 0");
    return int_from_text(machine, machine.heap.text(text), static_cast<int>(base));
}

Value native_int(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value x = arguments[0];
    if (!is_absent(arguments[1])) return int_with_base(machine, x, arguments[1]);
    if (is_absent(x)) return Value::integer(0);
    if (is_integral(x)) return Value::integer(integral(x));
    if (x.is_float()) return int_from_float(machine, x.as_float());
    if (x.is_string()) return int_from_text(machine, machine.heap.text(x), 10);
    if (may_have_methods(machine, x)) {
        const Value result = machine.call_dunder(x, Dunder::int_);
        if (!is_absent(result)) {
            if (is_integral(result)) return Value::integer(integral(result));
            return checked(machine, x, Dunder::int_, "int", result, [](Value) { return false; });
        }
    }
    return machine.raise(ErrorKind::TypeError,
                         "int() argument must be a string, a bytes-like object or a real number, not '" +
                             std::string(machine.type_name(x)) + "'");
}

Value native_float(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value x = arguments[0];
    if (is_absent(x)) return Value::floating(0.0);
    if (is_numeric(x)) return Value::floating(numeric(x));
    if (x.is_string()) return float_from_text(machine, machine.heap.text(x));
    if (may_have_methods(machine, x)) {
        const Value result = machine.call_dunder(x, Dunder::float_);
        if (!is_absent(result))
            return checked(machine, x, Dunder::float_, "float", result, [](Value v) { return v.is_float(); });
    }
    return machine.raise(ErrorKind::TypeError, "float() argument must be a string or a real number, not '" +
                                                   std::string(machine.type_name(x)) + "'");
}

Value native_bool(Machine& machine, const Value* arguments, std::uint32_t) {
    if (is_absent(arguments[0])) return Value::false_();
    const int truth = machine.truth(arguments[0]);
    return truth < 0 ? Value::failed() : Value::boolean(truth != 0);
}

}  // namespace

Value int_from_text(Machine& machine, std::string_view text, int base) {
    std::int64_t number = 0;
    switch (parse_integer(text, static_cast<unsigned>(base), number)) {
        case ParsedNumber::ok:
            return Value::integer(number);
        case ParsedNumber::too_large:
            return machine.raise(ErrorKind::OverflowError, "integer result does not fit in 48 bits");
        case ParsedNumber::invalid:
            break;
    }
    std::string quoted;
    append_quoted(text, quoted);
    // Python shows no more of the text than this.
    constexpr std::size_t shown_max = 200;
    if (quoted.size() > shown_max) quoted.resize(shown_max);
    return machine.raise(ErrorKind::ValueError,
                         "invalid literal for int() with base " + std::to_string(base) + ": " + quoted);
}

Value float_from_text(Machine& machine, std::string_view text) {
    double number;
    if (parse_float(text, number)) return Value::floating(number);
    std::string message = "could not convert string to float: ";
    append_quoted(text, message);
    return machine.raise(ErrorKind::ValueError, std::move(message));
}

Value int_from_float(Machine& machine, double number) {
    return integer_from_float(machine, std::trunc(number));
}

constexpr Native construct_str{"str", native_str, "object", 0};
constexpr Native construct_int{"int", native_int, "x base", 0};
constexpr Native construct_float{"float", native_float, "x", 0};
constexpr Native construct_bool{"bool", native_bool, "x", 0};

}  // namespace harness::lang
