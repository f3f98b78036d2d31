// The methods of int and float, and __index__ of the program's classes.
#include <bit>

#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

std::uint64_t magnitude(Value v) {
    const std::int64_t i = integral(v);
    return i < 0 ? -static_cast<std::uint64_t>(i) : static_cast<std::uint64_t>(i);
}

Value int_bit_length(Machine&, const Value* arguments, std::uint32_t) {
    return Value::integer(static_cast<std::int64_t>(std::bit_width(magnitude(arguments[0]))));
}

Value int_bit_count(Machine&, const Value* arguments, std::uint32_t) {
    return Value::integer(std::popcount(magnitude(arguments[0])));
}

Value int_conjugate(Machine&, const Value* arguments, std::uint32_t) {
    return Value::integer(integral(arguments[0]));
}

Value int_as_integer_ratio(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value both[2] = {Value::integer(integral(arguments[0])), Value::integer(1)};
    return machine.heap.new_tuple(both, 2);
}

Value float_is_integer(Machine&, const Value* arguments, std::uint32_t) {
    const double d = arguments[0].as_float();
    return Value::boolean(std::isfinite(d) && std::trunc(d) == d);
}

Value float_conjugate(Machine&, const Value* arguments, std::uint32_t) { return arguments[0]; }

/// The fraction in lowest terms, whose denominator is a power of two.
Value float_as_integer_ratio(Machine& machine, const Value* arguments, std::uint32_t) {
    const double d = arguments[0].as_float();
    if (std::isinf(d))
        return machine.raise(ErrorKind::OverflowError, "cannot convert Infinity to integer ratio");
    if (std::isnan(d)) return machine.raise(ErrorKind::ValueError, "cannot convert NaN to integer ratio");
    double numerator = d, denominator = 1;
    while (std::trunc(numerator) != numerator) {
        numerator *= 2;
        denominator *= 2;
    }
    const Value both[2] = {integer_from_float(machine, numerator), integer_from_float(machine, denominator)};
    if (is_failed(both[0]) || is_failed(both[1])) return Value::failed();
    return machine.heap.new_tuple(both, 2);
}

constexpr Native methods_of_int[] = {
    {"as_integer_ratio", int_as_integer_ratio, "", 0, true},
    {"bit_count", int_bit_count, "", 0, true},
    {"bit_length", int_bit_length, "", 0, true},
    {"conjugate", int_conjugate, "", 0, true},
};

constexpr Native methods_of_float[] = {
    {"as_integer_ratio", float_as_integer_ratio, "", 0, true},
    {"conjugate", float_conjugate, "", 0, true},
    {"is_integer", float_is_integer, "", 0, true},
};

}  // namespace

std::span<const Native> int_methods() { return methods_of_int; }
std::span<const Native> float_methods() { return methods_of_float; }

Value number_attribute(Value v, std::string_view name) {
    const bool whole = is_integral(v);
    if (name == "real") return whole ? Value::integer(integral(v)) : v;
    if (name == "imag") return whole ? Value::integer(0) : Value::floating(0);
    if (whole && name == "numerator") return Value::integer(integral(v));
    if (whole && name == "denominator") return Value::integer(1);
    return Value::absent();
}

bool index_of_instance(Machine& machine, Value v, std::int64_t& out) {
    if (v.is_heap() && !v.is_string() && machine.is_instance(v)) {
        const Value result = machine.call_dunder(v, Dunder::index);
        if (is_failed(result)) return false;
        if (is_integral(result)) {
            out = integral(result);
            return true;
        }
        if (!is_absent(result)) {
            const std::string type(machine.type_name(result));
            machine.drop(result);
            machine.raise(ErrorKind::TypeError, "__index__ returned non-int (type " + type + ")");
            return false;
        }
    }
    machine.raise(ErrorKind::TypeError,
                  "'" + std::string(machine.type_name(v)) + "' object cannot be interpreted as an integer");
    return false;
}

}  // namespace harness::lang
