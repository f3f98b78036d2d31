// The module math: the C library's functions with Python's errors. A result that is not a number where the
// argument was one is a domain error, an infinite one a range error.
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "lang/builtins/functions.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

bool real(Machine& machine, Value v, double& out) {
    if (is_numeric(v)) {
        out = numeric(v);
        return true;
    }
    if (v.is_heap() && !v.is_string() && machine.is_instance(v)) {
        const Value converted = machine.call_dunder(v, Dunder::float_);
        if (is_failed(converted)) return false;
        if (converted.is_float()) {
            out = converted.as_float();
            return true;
        }
        if (!is_absent(converted)) machine.drop(converted);
    }
    machine.raise(ErrorKind::TypeError, "must be real number, not " + std::string(machine.type_name(v)));
    return false;
}

Value domain_error(Machine& machine) { return machine.raise(ErrorKind::ValueError, "math domain error"); }
Value range_error(Machine& machine) { return machine.raise(ErrorKind::OverflowError, "math range error"); }

/// A function of one number whose infinite results are range errors (exp) or domain errors (log 0).
template <double (*function)(double), bool overflows = false>
Value unary(Machine& machine, const Value* arguments, std::uint32_t) {
    double x;
    if (!real(machine, arguments[0], x)) return Value::failed();
    const double result = function(x);
    if (std::isnan(result) && !std::isnan(x)) return domain_error(machine);
    if (std::isinf(result) && std::isfinite(x))
        return overflows ? range_error(machine) : domain_error(machine);
    return Value::floating(result);
}

template <double (*function)(double)>
Value plain(Machine& machine, const Value* arguments, std::uint32_t) {
    double x;
    return real(machine, arguments[0], x) ? Value::floating(function(x)) : Value::failed();
}

template <bool (*function)(double)>
Value test(Machine& machine, const Value* arguments, std::uint32_t) {
    double x;
    return real(machine, arguments[0], x) ? Value::boolean(function(x)) : Value::failed();
}

double c_sqrt(double x) { return std::sqrt(x); }
double c_sin(double x) { return std::sin(x); }
double c_cos(double x) { return std::cos(x); }
double c_tan(double x) { return std::tan(x); }
double c_asin(double x) { return std::asin(x); }
double c_acos(double x) { return std::acos(x); }
double c_atan(double x) { return std::atan(x); }
double c_exp(double x) { return std::exp(x); }
double c_log2(double x) { return std::log2(x); }
double c_log10(double x) { return std::log10(x); }
double c_fabs(double x) { return std::fabs(x); }
double c_degrees(double x) { return x * (180.0 / std::numbers::pi); }
double c_radians(double x) { return x * (std::numbers::pi / 180.0); }
bool c_isnan(double x) { return std::isnan(x); }
bool c_isinf(double x) { return std::isinf(x); }
bool c_isfinite(double x) { return std::isfinite(x); }

/// log(x[, base])
Value native_log(Machine& machine, const Value* arguments, std::uint32_t) {
    double x, base;
    if (!real(machine, arguments[0], x)) return Value::failed();
    if (x <= 0) return domain_error(machine);
    if (is_absent(arguments[1])) return Value::floating(std::log(x));
    if (!real(machine, arguments[1], base)) return Value::failed();
    if (base <= 0) return domain_error(machine);
    if (base == 1) return machine.raise(ErrorKind::ZeroDivisionError, "float division by zero");
    return Value::floating(std::log(x) / std::log(base));
}

/// floor, ceil and trunc: ints as they are, floats to an int.
template <double (*function)(double)>
Value whole(Machine& machine, const Value* arguments, std::uint32_t) {
    if (is_integral(arguments[0])) return Value::integer(integral(arguments[0]));
    double x;
    return real(machine, arguments[0], x) ? integer_from_float(machine, function(x)) : Value::failed();
}

double c_floor(double x) { return std::floor(x); }
double c_ceil(double x) { return std::ceil(x); }
double c_trunc(double x) { return std::trunc(x); }

Value native_trunc(Machine& machine, const Value* arguments, std::uint32_t count) {
    if (is_numeric(arguments[0])) return whole<c_trunc>(machine, arguments, count);
    return machine.raise(ErrorKind::TypeError, "type " + std::string(machine.type_name(arguments[0])) +
                                                   " doesn't define __trunc__ method");
}

Value native_pow(Machine& machine, const Value* arguments, std::uint32_t) {
    double x, y;
    if (!real(machine, arguments[0], x) || !real(machine, arguments[1], y)) return Value::failed();
    const double result = std::pow(x, y);
    if (std::isfinite(x) && std::isfinite(y)) {
        if (std::isnan(result)) return domain_error(machine);
        if (std::isinf(result)) return x == 0 ? domain_error(machine) : range_error(machine);
    }
    return Value::floating(result);
}

Value native_fmod(Machine& machine, const Value* arguments, std::uint32_t) {
    double x, y;
    if (!real(machine, arguments[0], x) || !real(machine, arguments[1], y)) return Value::failed();
    const double result = std::fmod(x, y);
    if (std::isnan(result) && !std::isnan(x) && !std::isnan(y)) return domain_error(machine);
    return Value::floating(result);
}

Value native_atan2(Machine& machine, const Value* arguments, std::uint32_t) {
    double y, x;
    if (!real(machine, arguments[0], y) || !real(machine, arguments[1], x)) return Value::failed();
    return Value::floating(std::atan2(y, x));
}

/// The length of a vector with any number of components, scaled so that no square overflows or vanishes.
Value native_hypot(Machine& machine, const Value* arguments, std::uint32_t count) {
    if (count == 2) {
        double x, y;
        if (!real(machine, arguments[0], x) || !real(machine, arguments[1], y)) return Value::failed();
        return Value::floating(std::hypot(x, y));
    }
    double largest = 0, x;
    bool has_nan = false;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!real(machine, arguments[i], x)) return Value::failed();
        has_nan = has_nan || std::isnan(x);
        if (std::fabs(x) > largest) largest = std::fabs(x);
    }
    if (largest == 0 || std::isinf(largest))
        return Value::floating(largest == 0 && has_nan ? std::numeric_limits<double>::quiet_NaN() : largest);
    double squares = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!real(machine, arguments[i], x)) return Value::failed();
        squares += (x / largest) * (x / largest);
    }
    return Value::floating(largest * std::sqrt(squares));
}

Value native_gcd(Machine& machine, const Value* arguments, std::uint32_t count) {
    std::int64_t result = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::int64_t x;
        if (!to_index(machine, arguments[i], x)) return Value::failed();
        result = std::gcd(result, x);
    }
    return integer_result(machine, result);
}

/// The largest int whose square is no larger. The float is off by one at most, as an int has 48 bits.
Value native_isqrt(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t x;
    if (!to_index(machine, arguments[0], x)) return Value::failed();
    if (x < 0) return machine.raise(ErrorKind::ValueError, "isqrt() argument must be nonnegative");
    auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(x)));
    while (root * root > x) --root;
    while ((root + 1) * (root + 1) <= x) ++root;
    return Value::integer(root);
}

Value native_factorial(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t n;
    if (!to_index(machine, arguments[0], n)) return Value::failed();
    if (n < 0) return machine.raise(ErrorKind::ValueError, "factorial() not defined for negative values");
    std::int64_t result = 1;
    for (std::int64_t i = 2; i <= n && fits_integer(result); ++i) result *= i;
    return integer_result(machine, result);
}

constexpr Native table[] = {
    {"sqrt", unary<c_sqrt>, "x", 1},
    {"sin", unary<c_sin>, "x", 1},
    {"cos", unary<c_cos>, "x", 1},
    {"tan", unary<c_tan>, "x", 1},
    {"asin", unary<c_asin>, "x", 1},
    {"acos", unary<c_acos>, "x", 1},
    {"atan", unary<c_atan>, "x", 1},
    {"atan2", native_atan2, "y x", 2},
    {"exp", unary<c_exp, true>, "x", 1},
    {"log", native_log, "x base", 1},
    {"log2", unary<c_log2>, "x", 1},
    {"log10", unary<c_log10>, "x", 1},
    {"floor", whole<c_floor>, "x", 1},
    {"ceil", whole<c_ceil>, "x", 1},
    {"trunc", native_trunc, "x", 1},
    {"pow", native_pow, "x y", 2},
    {"fabs", plain<c_fabs>, "x", 1},
    {"fmod", native_fmod, "x y", 2},
    {"hypot", native_hypot, "coordinates...", 0},
    {"gcd", native_gcd, "integers...", 0},
    {"isqrt", native_isqrt, "n", 1},
    {"factorial", native_factorial, "n", 1},
    {"isnan", test<c_isnan>, "x", 1},
    {"isinf", test<c_isinf>, "x", 1},
    {"isfinite", test<c_isfinite>, "x", 1},
    {"degrees", plain<c_degrees>, "x", 1},
    {"radians", plain<c_radians>, "x", 1},
};

constexpr NamedNumber constants[] = {
    {"pi", std::numbers::pi},
    {"e", std::numbers::e},
    {"tau", 2 * std::numbers::pi},
    {"inf", std::numeric_limits<double>::infinity()},
    {"nan", std::numeric_limits<double>::quiet_NaN()},
};

}  // namespace

std::span<const Native> math_functions() { return table; }
std::span<const NamedNumber> math_constants() { return constants; }

}  // namespace harness::lang
