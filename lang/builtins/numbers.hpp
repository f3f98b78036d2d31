// What builtins ask of numeric arguments. A bool is an integer wherever Python takes one, although its value
// has a tag of its own, so every builtin goes through these instead of Value::is_int.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "lang/builtins/places.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

/// An int or a bool.
constexpr bool is_integral(Value v) { return v.is_int() || v.is_bool(); }
/// Only for is_integral().
constexpr std::int64_t integral(Value v) { return v.is_int() ? v.as_int() : v.is_true(); }
/// An int, a bool or a float.
constexpr bool is_numeric(Value v) { return v.is_number() || v.is_bool(); }
/// Only for is_numeric(); exact, since an int has 48 bits.
inline double numeric(Value v) { return v.is_float() ? v.as_float() : static_cast<double>(integral(v)); }

/// The result of an operation on ints, or OverflowError where it has more than 48 bits.
inline Value integer_result(Machine& machine, std::int64_t i) {
    if (fits_integer(i)) return Value::integer(i);
    return machine.raise(ErrorKind::OverflowError, "integer result does not fit in 48 bits");
}

/// What __index__ of an instance gives; false after TypeError.
bool index_of_instance(Machine& machine, Value v, std::int64_t& out);

/// The methods of int (and bool) and of float, and what their attributes say; absent() for other names.
std::span<const Native> int_methods();
std::span<const Native> float_methods();
Value number_attribute(Value v, std::string_view name);

/// An int or bool as it is, an instance by its __index__, anything else TypeError: "'float' object cannot be
/// interpreted as an integer".
inline bool to_index(Machine& machine, Value v, std::int64_t& out) {
    if (is_integral(v)) {
        out = integral(v);
        return true;
    }
    return index_of_instance(machine, v, out);
}

/// An integral float as an int: Python's texts for infinity and NaN, OverflowError beyond 48 bits.
inline Value integer_from_float(Machine& machine, double whole) {
    if (std::isnan(whole)) return machine.raise(ErrorKind::ValueError, "cannot convert float NaN to integer");
    if (std::isinf(whole))
        return machine.raise(ErrorKind::OverflowError, "cannot convert float infinity to integer");
    if (whole < static_cast<double>(integer_min) || whole > static_cast<double>(integer_max))
        return machine.raise(ErrorKind::OverflowError, "integer result does not fit in 48 bits");
    return Value::integer(static_cast<std::int64_t>(whole));
}

}  // namespace harness::lang
