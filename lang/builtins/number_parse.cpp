// Numbers read from text. The grammar is checked here, so that the library's conversion only ever sees plain
// decimal digits and the locale has no say.
#include "lang/builtins/number_parse.hpp"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>
#include <system_error>

#include "lang/builtins/characters.hpp"
#include "lang/memory/value.hpp"

namespace harness::lang {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// Takes a sign off the front; true for a minus.
bool take_sign(std::string_view& text) {
    if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
    const bool negative = text[0] == '-';
    text.remove_prefix(1);
    return negative;
}

unsigned base_of_prefix(std::string_view text) {
    if (text.size() < 2 || text[0] != '0') return 0;
    const char letter = to_lower(text[1]);
    return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (to_lower(text[i]) != lower[i]) return false;
    return true;
}

/// Moves digits from the front of `text` to `out` without their underscores, which must each stand between
/// two digits. False for a misplaced one; `count` is how many digits there were.
bool take_digits(std::string_view& text, std::string& out, std::size_t& count) {
    count = 0;
    while (!text.empty()) {
        if (text[0] == '_') {
            if (count == 0 || text.size() < 2 || !is_digit(text[1])) return false;
        } else if (is_digit(text[0])) {
            out += text[0];
            ++count;
        } else {
            break;
        }
        text.remove_prefix(1);
    }
    return true;
}

/// Whether the text is a decimal float; `plain` is then the same without underscores.
bool is_decimal_float(std::string_view text, std::string& plain) {
    std::size_t whole = 0;
    std::size_t fraction = 0;
    if (!take_digits(text, plain, whole)) return false;
    if (!text.empty() && text[0] == '.') {
        plain += '.';
        text.remove_prefix(1);
        if (!take_digits(text, plain, fraction)) return false;
    }
    if (whole + fraction == 0) return false;
    if (!text.empty() && to_lower(text[0]) == 'e') {
        text.remove_prefix(1);
        plain += 'e';
        if (take_sign(text)) plain += '-';
        std::size_t exponent = 0;
        if (!take_digits(text, plain, exponent) || exponent == 0) return false;
    }
    return text.empty();
}

}  // namespace

ParsedNumber parse_integer(std::string_view text, unsigned base, std::int64_t& number) {
    text = trimmed(text);
    const bool negative = take_sign(text);
    const unsigned prefix = base_of_prefix(text);
    bool may_begin_with_underscore = false;
    bool only_zeros = false;
    if (prefix != 0 && (base == 0 || base == prefix)) {
        base = prefix;
        text.remove_prefix(2);
        may_begin_with_underscore = true;
    } else if (base == 0) {
        // As in the language itself: a leading zero is for prefixes, so 012 is refused and 00 is not.
        base = 10;
        only_zeros = !text.empty() && text[0] == '0';
    }
    std::uint64_t magnitude = 0;
    bool large = false;
    bool after_digit = may_begin_with_underscore;
    bool has_digits = false;
    for (const char c : text) {
        if (c == '_') {
            if (!after_digit) return ParsedNumber::invalid;
            after_digit = false;
            continue;
        }
        const unsigned digit = digit_value(c);
        if (digit >= base || (only_zeros && digit != 0)) return ParsedNumber::invalid;
        magnitude = magnitude * base + digit;
        if (magnitude > static_cast<std::uint64_t>(integer_max) + 1) {
            large = true;
            magnitude = 0;
        }
        after_digit = has_digits = true;
    }
    if (!has_digits || !after_digit) return ParsedNumber::invalid;
    number = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
    return large || !fits_integer(number) ? ParsedNumber::too_large : ParsedNumber::ok;
}

bool parse_float(std::string_view text, double& number) {
    text = trimmed(text);
    const bool negative = take_sign(text);
    if (equals_ignoring_case(text, "inf") || equals_ignoring_case(text, "infinity")) {
        number = std::numeric_limits<double>::infinity();
    } else if (equals_ignoring_case(text, "nan")) {
        number = std::numeric_limits<double>::quiet_NaN();
    } else {
        std::string plain;
        plain.reserve(text.size());
        if (!is_decimal_float(text, plain)) return false;
        const auto read = std::from_chars(plain.data(), plain.data() + plain.size(), number);
        // Out of range says neither in which direction nor how far; strtod gives infinity, zero or the
        // subnormal.
        if (read.ec == std::errc::result_out_of_range) number = std::strtod(plain.c_str(), nullptr);
    }
    if (negative) number = -number;
    return true;
}

}  // namespace harness::lang
