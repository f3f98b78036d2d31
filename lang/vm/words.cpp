// Numbers of declared types: errors, conversions and the exact answers that the handlers do not give at once.
#include "lang/vm/words.hpp"

#include <cmath>
#include <limits>

#include "lang/builtins/format_spec.hpp"

namespace harness::lang {

void raise_too_wide(Interpreter* S) {
    S->raise(ErrorKind::OverflowError, "integer result does not fit in 64 bits");
}

void raise_too_wide_for_value(Interpreter* S) {
    S->raise(ErrorKind::OverflowError, "integer result does not fit in 48 bits");
}

void raise_out_of_range(Interpreter* S, Type type, std::uint64_t number, bool is_unsigned) {
    if (type == Type::int_) return raise_too_wide_for_value(S);
    S->raise(ErrorKind::TypeError,
             out_of_range(type, is_unsigned ? std::to_string(number)
                                            : std::to_string(static_cast<std::int64_t>(number))));
}

bool unbox_checked(Interpreter* S, Value v, Type type, std::int64_t& out) {
    if (!S->check_type(v, static_cast<TypeCode>(type))) return false;
    out = v.as_int();
    return true;
}

bool check_float(Interpreter* S, Value v, Type type, Value& out) {
    if (!S->check_type(v, static_cast<TypeCode>(type))) return false;
    out = v;
    return true;
}

namespace {

/// Above that not every whole number is a double.
constexpr std::uint64_t exact_double = std::uint64_t{1} << 53;

/// Rounded half to even from all bits of the quotient: 55 of them and whether anything is left.
double quotient_of_magnitudes(std::uint64_t a, std::uint64_t b) {
    if (a <= exact_double && b <= exact_double) return static_cast<double>(a) / static_cast<double>(b);
    __extension__ using Wide = unsigned __int128;
    // Shifted so that the quotient has 64 bits or 65, more than a double and its rounding need.
    const int up = 64 + __builtin_clzll(a) - __builtin_clzll(b);
    const Wide scaled = static_cast<Wide>(a) << up;
    Wide quotient = scaled / b;
    if (scaled % b != 0) quotient |= 1;
    int down = 0;
    while (quotient >> 64 != 0) {
        quotient = quotient >> 1 | (quotient & 1);
        ++down;
    }
    // A conversion rounds to even; the last bit stands for all that was cut off.
    return std::ldexp(static_cast<double>(static_cast<std::uint64_t>(quotient)), down - up);
}

std::uint64_t magnitude(std::int64_t i) {
    return i < 0 ? 0 - static_cast<std::uint64_t>(i) : static_cast<std::uint64_t>(i);
}

template <class T>
bool power(T base, unsigned exponent, T& out) {
    T result = 1;
    while (true) {
        if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return false;
        exponent >>= 1;
        if (exponent == 0) break;
        if (__builtin_mul_overflow(base, base, &base)) return false;
    }
    out = result;
    return true;
}

}  // namespace

double quotient_of(std::uint64_t a, std::uint64_t b) { return a == 0 ? 0.0 : quotient_of_magnitudes(a, b); }

double quotient_of(std::int64_t a, std::int64_t b) {
    const double q = quotient_of(magnitude(a), magnitude(b));
    return a != 0 && (a < 0) != (b < 0) ? -q : (a == 0 && b < 0 ? -q : q);
}

int compare_exactly(std::int64_t a, bool is_unsigned, double b) {
    if (std::isnan(b)) return 2;
    const bool negative = !is_unsigned && a < 0;
    if (b >= 18446744073709551616.0) return -1;
    if (b < -9223372036854775808.0) return 1;
    if (negative != (b < 0)) return negative ? -1 : 1;
    const double whole = std::floor(b);
    if (negative) {
        const auto other = static_cast<std::int64_t>(whole);
        if (a != other) return a < other ? -1 : 1;
    } else {
        const auto other = static_cast<std::uint64_t>(whole);
        if (static_cast<std::uint64_t>(a) != other) return static_cast<std::uint64_t>(a) < other ? -1 : 1;
    }
    return whole < b ? -1 : 0;
}

static bool make_string(Interpreter* S, std::string_view text, Value& out) {
    const Value made = S->heap.new_string(text);
    if (made == Value::failed()) return false;
    out = made;
    return true;
}

bool digits_of_word(Interpreter* S, std::int64_t i, bool is_unsigned, Value& out) {
    return make_string(S, is_unsigned ? std::to_string(static_cast<std::uint64_t>(i)) : std::to_string(i),
                       out);
}

bool format_word(Interpreter* S, std::int64_t i, bool is_unsigned, Value spec_text, Value& out) {
    FormatSpec spec;
    FormatError error;
    std::string text;
    const bool negative = !is_unsigned && i < 0;
    if (parse_format_spec(S->heap.text(spec_text), "int", true, spec, error) &&
        format_whole(negative, negative ? magnitude(i) : static_cast<std::uint64_t>(i), spec, "int", text,
                     error))
        return make_string(S, text, out);
    if (error.kind == ErrorKind::MemoryError)
        S->raise_memory_error(static_cast<std::size_t>(width_max));
    else
        S->raise(error.kind, std::move(error.message));
    return false;
}

bool power_of(std::int64_t base, unsigned exponent, std::int64_t& out) { return power(base, exponent, out); }
bool power_of(std::uint64_t base, unsigned exponent, std::uint64_t& out) {
    return power(base, exponent, out);
}

}  // namespace harness::lang
