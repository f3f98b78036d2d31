// The functions of the language on numbers: abs, divmod, pow, round.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "lang/builtins/functions.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

std::string quoted_type(Machine& machine, Value v) { return "'" + std::string(machine.type_name(v)) + "'"; }

/// A tuple of two numbers.
Value number_pair(Machine& machine, Value first, Value second) {
    if (is_failed(first)) return first;
    const Value pair[2] = {first, second};
    return machine.heap.new_tuple(pair, 2);
}

Value divmod_ints(Machine& machine, std::int64_t a, std::int64_t b) {
    if (b == 0) return machine.raise(ErrorKind::ZeroDivisionError, "integer division or modulo by zero");
    std::int64_t quotient = a / b;
    std::int64_t rest = a % b;
    if (rest != 0 && (rest < 0) != (b < 0)) {
        rest += b;
        --quotient;
    }
    return number_pair(machine, integer_result(machine, quotient), Value::integer(rest));
}

/// The quotient is rounded to a whole number, the rest has the sign of the divisor; zeros keep a sign.
Value divmod_floats(Machine& machine, double a, double b) {
    if (b == 0) return machine.raise(ErrorKind::ZeroDivisionError, "float divmod()");
    double rest = std::fmod(a, b);
    double quotient = (a - rest) / b;
    if (rest == 0) {
        rest = std::copysign(0.0, b);
    } else if ((rest < 0) != (b < 0)) {
        rest += b;
        quotient -= 1;
    }
    if (quotient == 0) {
        quotient = std::copysign(0.0, a / b);
    } else {
        const double whole = std::floor(quotient);
        quotient = quotient - whole > 0.5 ? whole + 1 : whole;
    }
    return number_pair(machine, Value::floating(quotient), Value::floating(rest));
}

/// x rounded to a multiple of 10^digits (digits > 0), halves to the even multiple.
Value round_int(Machine& machine, std::int64_t x, std::int64_t digits) {
    if (digits > 15) return Value::integer(0);  // Half of 10^16 is more than any int.
    std::int64_t unit = 1;
    for (std::int64_t i = 0; i < digits; ++i) unit *= 10;
    std::int64_t multiple = x / unit;
    std::int64_t rest = x % unit;
    if (rest < 0) {
        rest += unit;
        --multiple;
    }
    if (rest * 2 > unit || (rest * 2 == unit && multiple % 2 != 0)) ++multiple;
    return integer_result(machine, multiple * unit);
}

/// The decimal exponent of a finite x other than 0. Eighteen digits tell any double from the next power of
/// ten.
int decimal_exponent(double x) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17e", x);
    const char* exponent = text;
    while (*exponent != 'e') ++exponent;
    return std::atoi(exponent + 1);
}

/// x rounded to `digits` decimals. printf rounds the exact value, halves to even, and strtod finds the double
/// nearest to what it wrote, so the result is the correctly rounded one.
Value round_float(Machine& machine, double x, std::int64_t digits) {
    constexpr std::int64_t digits_max = 323, digits_min = -308;
    if (digits > digits_max || !std::isfinite(x) || x == 0) return Value::floating(x);
    if (digits < digits_min) return Value::floating(std::copysign(0.0, x));
    char text[700];
    if (digits >= 0) {
        std::snprintf(text, sizeof text, "%.*f", static_cast<int>(digits), x);
    } else {
        const std::int64_t kept = decimal_exponent(x) + digits;
        if (kept < -1) return Value::floating(std::copysign(0.0, x));
        if (kept == -1) {
            // No digit is kept: what remains is 0 or one unit, by the comparison with half a unit.
            std::snprintf(text, sizeof text, "5e%lld", static_cast<long long>(-digits - 1));
            if (std::fabs(x) <= std::strtod(text, nullptr)) return Value::floating(std::copysign(0.0, x));
            std::snprintf(text, sizeof text, "%s1e%lld", x < 0 ? "-" : "", static_cast<long long>(-digits));
        } else {
            std::snprintf(text, sizeof text, "%.*e", static_cast<int>(kept), x);
        }
    }
    const double rounded = std::strtod(text, nullptr);
    if (std::isinf(rounded))
        return machine.raise(ErrorKind::OverflowError, "rounded value too large to represent");
    return Value::floating(rounded);
}

/// The inverse of a modulo m, by the extended algorithm of Euclid; 0 where there is none.
std::int64_t inverse(std::int64_t a, std::int64_t m) {
    std::int64_t r = m, next_r = a % m, t = 0, next_t = 1;
    while (next_r != 0) {
        const std::int64_t quotient = r / next_r;
        const std::int64_t old_r = r, old_t = t;
        r = next_r;
        t = next_t;
        next_r = old_r - quotient * next_r;
        next_t = old_t - quotient * next_t;
    }
    if (r != 1) return 0;
    return t < 0 ? t + m : t;
}

Value power_modulo(Machine& machine, std::int64_t base, std::int64_t exponent, std::int64_t modulus) {
    if (modulus == 0) return machine.raise(ErrorKind::ValueError, "pow() 3rd argument cannot be 0");
    const std::int64_t m = modulus < 0 ? -modulus : modulus;
    std::int64_t b = base % m;
    if (b < 0) b += m;
    if (exponent < 0) {
        if (m != 1) b = inverse(b, m);
        if (b == 0 && m != 1)
            return machine.raise(ErrorKind::ValueError, "base is not invertible for the given modulus");
        exponent = -exponent;
    }
    __extension__ using Wide = __int128;
    std::int64_t result = 1 % m;
    for (; exponent > 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result = static_cast<std::int64_t>(Wide{result} * b % m);
        b = static_cast<std::int64_t>(Wide{b} * b % m);
    }
    if (modulus < 0 && result != 0) result -= m;
    return Value::integer(result);
}

/// __divmod__ of one, __rdivmod__ of the other; not_implemented() when neither knows.
Value divmod_of_instances(Machine& machine, Value a, Value b) {
    Value r = machine.call_dunder(a, Dunder::divmod, &b, 1);
    if (!is_absent(r) && r != Value::not_implemented()) return r;
    r = machine.call_dunder(b, Dunder::rdivmod, &a, 1);
    return is_absent(r) ? Value::not_implemented() : r;
}

}  // namespace

Value builtin_abs(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value v = arguments[0];
    if (is_integral(v)) return integer_result(machine, integral(v) < 0 ? -integral(v) : integral(v));
    if (v.is_float()) return Value::floating(std::fabs(v.as_float()));
    if (v.is_heap() && !v.is_string() && machine.is_instance(v)) {
        const Value result = machine.call_dunder(v, Dunder::abs);
        if (!is_absent(result)) return result;
    }
    return machine.raise(ErrorKind::TypeError, "bad operand type for abs(): " + quoted_type(machine, v));
}

Value builtin_divmod(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value a = arguments[0], b = arguments[1];
    if (is_integral(a) && is_integral(b)) return divmod_ints(machine, integral(a), integral(b));
    if (is_numeric(a) && is_numeric(b)) return divmod_floats(machine, numeric(a), numeric(b));
    const Value answer = divmod_of_instances(machine, a, b);
    if (answer != Value::not_implemented()) return answer;
    return machine.raise(ErrorKind::TypeError,
                         "unsupported operand type(s) for divmod(): " + quoted_type(machine, a) + " and " +
                             quoted_type(machine, b));
}

Value builtin_pow(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value modulus = arguments[2];
    if (is_absent(modulus) || modulus.is_none()) return power_values(machine, arguments[0], arguments[1]);
    for (int i = 0; i < 3; ++i)
        if (!is_integral(arguments[i]))
            return machine.raise(ErrorKind::TypeError,
                                 "pow() 3rd argument not allowed unless all arguments are integers");
    return power_modulo(machine, integral(arguments[0]), integral(arguments[1]), integral(modulus));
}

Value builtin_round(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value v = arguments[0];
    if (v.is_heap() && machine.is_instance(v)) {
        const bool digits_given = !is_absent(arguments[1]);
        const Value answer = machine.call_dunder(v, Dunder::round, arguments + 1, digits_given ? 1 : 0);
        if (!is_absent(answer)) return answer;
    }
    if (!is_numeric(v))
        return machine.raise(ErrorKind::TypeError, "type " + std::string(machine.type_name(v)) +
                                                       " doesn't define __round__ method");
    const bool whole = is_absent(arguments[1]) || arguments[1].is_none();
    std::int64_t digits = 0;
    if (!whole && !to_index(machine, arguments[1], digits)) return Value::failed();
    if (is_integral(v))
        return digits >= 0 ? Value::integer(integral(v)) : round_int(machine, integral(v), -digits);
    // nearbyint rounds halves to even, which is the mode that C++ programs start in.
    return whole ? integer_from_float(machine, std::nearbyint(v.as_float()))
                 : round_float(machine, v.as_float(), digits);
}

}  // namespace harness::lang
