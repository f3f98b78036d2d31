// The mini language of format specifications: reading one, and laying out texts and integers by it. Floats
// differ only in how their digits are made; a number is always sign, prefix, grouped digits and the rest,
// then padded.
#include "lang/builtins/format_spec.hpp"

#include <algorithm>
#include <charconv>

#include "lang/builtins/characters.hpp"
#include "lang/builtins/float_text.hpp"

namespace harness::lang {

namespace {

bool refuse(FormatError& error, std::string message) {
    error = {ErrorKind::ValueError, std::move(message)};
    return false;
}

bool is_align(char c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

/// Reads a number if there is one.
bool take_number(std::string_view& text, std::int64_t& number, FormatError& error) {
    if (text.empty() || !is_digit(text[0])) return true;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{}) return refuse(error, "Too many decimal digits in format string");
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return true;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text[0] != c) return false;
    text.remove_prefix(1);
    return true;
}

/// Fill, alignment, sign and flags: everything before the width.
void take_flags(std::string_view& text, bool numeric, FormatSpec& spec) {
    bool has_fill = false;
    const std::size_t first = text.empty() ? 0 : code_point_at(text, 0).length;
    if (first > 0 && text.size() > first && is_align(text[first])) {
        spec.fill = text.substr(0, first);
        spec.align = text[first];
        has_fill = true;
        text.remove_prefix(first + 1);
    } else if (!text.empty() && is_align(text[0])) {
        spec.align = text[0];
        text.remove_prefix(1);
    }
    if (!text.empty() && (text[0] == '+' || text[0] == '-' || text[0] == ' ')) {
        spec.sign = text[0];
        text.remove_prefix(1);
    }
    spec.positive_zero = take(text, 'z');
    spec.alternate = take(text, '#');
    if (!has_fill && take(text, '0')) {
        spec.fill = "0";
        if (spec.align == 0 && numeric) spec.align = '=';
    }
}

bool take_grouping(std::string_view& text, FormatSpec& spec, FormatError& error) {
    constexpr const char* both = "Cannot specify both ',' and '_'.";
    if (take(text, ',')) spec.grouping = ',';
    if (take(text, '_')) {
        if (spec.grouping != 0) return refuse(error, both);
        spec.grouping = '_';
    }
    if (spec.grouping == '_' && !text.empty() && text[0] == ',') return refuse(error, both);
    return true;
}

bool grouping_suits(const FormatSpec& spec, FormatError& error) {
    if (spec.grouping == 0) return true;
    if (spec.type == 0 || std::string_view("defgEFG%").find(spec.type) != std::string_view::npos) return true;
    if (spec.grouping == '_' && std::string_view("boxX").find(spec.type) != std::string_view::npos)
        return true;
    return refuse(error, std::string("Cannot specify '") + spec.grouping + "' with '" + spec.type + "'.");
}

bool unknown_type(const FormatSpec& spec, std::string_view type_name, FormatError& error) {
    const auto code = static_cast<unsigned char>(spec.type);
    std::string shown(1, spec.type);
    if (code <= ' ' || code >= 0x80) shown = "\\x" + digits_of(code, 16, false);
    return refuse(error,
                  "Unknown format code '" + shown + "' for object of type '" + std::string(type_name) + "'");
}

bool holds(const FormatSpec& spec, FormatError& error) {
    if (spec.width < width_max && spec.precision < width_max) return true;
    error = {ErrorKind::MemoryError, "format width is too large"};
    return false;
}

/// A number in its parts.
struct NumberText {
    bool negative = false;
    std::string_view prefix;
    std::string_view digits;  ///< what grouping applies to
    std::string_view rest;    ///< point, fraction, exponent, percent sign
};

/// Digits with a separator between groups, counted from the right, and with zeros until they are `least`
/// wide.
std::string grouped(std::string_view digits, char separator, int group, std::int64_t least) {
    std::string backwards;
    std::size_t left = digits.size();
    int in_group = 0;
    while (left > 0 || static_cast<std::int64_t>(backwards.size()) < least) {
        // A digit follows every separator, so that the result may be one wider than asked for.
        if (in_group == group) {
            backwards += separator;
            in_group = 0;
        }
        backwards += left > 0 ? digits[--left] : '0';
        ++in_group;
    }
    return {backwards.rbegin(), backwards.rend()};
}

void append_number(const NumberText& number, const FormatSpec& spec, std::string& out) {
    const char sign = number.negative ? '-' : spec.sign == '+' || spec.sign == ' ' ? spec.sign : '\0';
    const std::size_t around = (sign != 0) + number.prefix.size() + number.rest.size();
    const char align = spec.align == 0 ? '>' : spec.align;
    const std::int64_t width = spec.width < 0 ? 0 : spec.width;
    std::string with_groups;
    std::string_view digits = number.digits;
    if (spec.grouping != 0 && !digits.empty()) {
        const bool by_four =
            std::string_view("boxX").find(spec.type) != std::string_view::npos && spec.type != 0;
        const bool zeros = spec.fill == "0" && align == '=';
        with_groups = grouped(digits, spec.grouping, by_four ? 4 : 3,
                              zeros ? width - static_cast<std::int64_t>(around) : 0);
        digits = with_groups;
    }
    std::string head;
    if (sign != 0) head += sign;
    head += number.prefix;
    if (align == '=') {
        out += head;
        head.clear();
        head += digits;
        head += number.rest;
        append_padded(head, width - static_cast<std::int64_t>(around - number.rest.size()), '>', spec.fill,
                      out);
        return;
    }
    head += digits;
    head += number.rest;
    append_padded(head, width, align, spec.fill, out);
}

/// The type c: one character, as text, with a number's alignment.
bool format_character(std::int64_t number, const FormatSpec& spec, std::string& out, FormatError& error) {
    if (spec.sign != 0) return refuse(error, "Sign not allowed with integer format specifier 'c'");
    if (spec.alternate)
        return refuse(error, "Alternate form (#) not allowed with integer format specifier 'c'");
    if (number < 0 || number >= code_point_end) {
        error = {ErrorKind::OverflowError, "%c arg not in range(0x110000)"};
        return false;
    }
    std::string character;
    append_code_point(static_cast<std::uint32_t>(number), character);
    append_padded(character, spec.width, spec.align == 0 || spec.align == '=' ? '>' : spec.align, spec.fill,
                  out);
    return true;
}

/// The layout that a type of the mini language means for a float.
FloatForm form_of(const FormatSpec& spec) {
    FloatForm form;
    form.keep_point = spec.alternate;
    form.upper = is_upper(spec.type);
    form.precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
    switch (to_lower(spec.type)) {
        case 'e':
            form.style = FloatStyle::exponent;
            break;
        case 'f':
        case '%':
            form.style = FloatStyle::fixed;
            break;
        case 'g':
        case 'n':
            form.style = FloatStyle::general;
            break;
        default:
            form.style = spec.precision < 0 ? FloatStyle::repr : FloatStyle::general;
            form.at_least_tenths = true;
    }
    return form;
}

}  // namespace

bool parse_format_spec(std::string_view text, std::string_view type_name, bool numeric, FormatSpec& spec,
                       FormatError& error) {
    spec = {};
    std::string_view left = text;
    take_flags(left, numeric, spec);
    if (!take_number(left, spec.width, error)) return false;
    if (!take_grouping(left, spec, error)) return false;
    if (take(left, '.')) {
        if (!take_number(left, spec.precision, error)) return false;
        if (spec.precision < 0) return refuse(error, "Format specifier missing precision");
    }
    if (left.size() > 1)
        return refuse(error, "Invalid format specifier '" + std::string(text) + "' for object of type '" +
                                 std::string(type_name) + "'");
    spec.type = left.empty() ? '\0' : left[0];
    if (spec.type == 0 && !numeric) spec.type = 's';
    return grouping_suits(spec, error) && holds(spec, error);
}

bool format_text(std::string_view text, const FormatSpec& spec, std::string& out, FormatError& error) {
    if (spec.type != 's') return unknown_type(spec, "str", error);
    if (spec.sign != 0)
        return refuse(error, spec.sign == ' ' ? "Space not allowed in string format specifier"
                                              : "Sign not allowed in string format specifier");
    if (spec.positive_zero)
        return refuse(error, "Negative zero coercion (z) not allowed in string format specifier");
    if (spec.alternate) return refuse(error, "Alternate form (#) not allowed in string format specifier");
    if (spec.align == '=') return refuse(error, "'=' alignment not allowed in string format specifier");
    if (spec.precision >= 0) text = text.substr(0, static_cast<std::size_t>(spec.precision));
    append_padded(text, spec.width, spec.align == 0 ? '<' : spec.align, spec.fill, out);
    return true;
}

bool format_integer(std::int64_t number, const FormatSpec& spec, std::string_view type_name, std::string& out,
                    FormatError& error) {
    const auto bits = static_cast<std::uint64_t>(number);
    return format_whole(number < 0, number < 0 ? 0 - bits : bits, spec, type_name, out, error);
}

bool format_whole(bool negative, std::uint64_t magnitude, const FormatSpec& spec, std::string_view type_name,
                  std::string& out, FormatError& error) {
    unsigned base = 10;
    std::string_view prefix;
    switch (spec.type) {
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
        case '%':
            return format_float(negative ? -static_cast<double>(magnitude) : static_cast<double>(magnitude),
                                spec, type_name, out, error);
        case 0:
        case 'd':
        case 'n':
        case 'c':
            break;
        case 'b':
            base = 2;
            prefix = "0b";
            break;
        case 'o':
            base = 8;
            prefix = "0o";
            break;
        case 'x':
        case 'X':
            base = 16;
            prefix = spec.type == 'x' ? "0x" : "0X";
            break;
        default:
            return unknown_type(spec, type_name, error);
    }
    if (spec.precision >= 0) return refuse(error, "Precision not allowed in integer format specifier");
    if (spec.positive_zero)
        return refuse(error, "Negative zero coercion (z) not allowed in integer format specifier");
    if (spec.type == 'c') {
        // No character has a number that long.
        const auto code = static_cast<std::int64_t>(std::min<std::uint64_t>(magnitude, payload_mask));
        return format_character(negative ? -code : code, spec, out, error);
    }
    const std::string digits = digits_of(magnitude, base, spec.type == 'X');
    append_number({negative, spec.alternate ? prefix : std::string_view{}, digits, {}}, spec, out);
    return true;
}

bool format_float(double number, const FormatSpec& spec, std::string_view type_name, std::string& out,
                  FormatError& error) {
    if (spec.type != 0 && std::string_view("eEfFgGn%").find(spec.type) == std::string_view::npos)
        return unknown_type(spec, type_name, error);
    std::string text;
    append_float(spec.type == '%' ? number * 100 : number, form_of(spec), text);
    if (spec.type == '%') text += '%';
    std::string_view left = text;
    NumberText parts;
    parts.negative = left[0] == '-';
    if (parts.negative) left.remove_prefix(1);
    if (parts.negative && spec.positive_zero) {
        // Only the mantissa decides: 0.0e-05 does not occur, since a zero has the exponent 0.
        const std::size_t mantissa = left.find_first_of("eE%");
        parts.negative = left.substr(0, mantissa).find_first_not_of("0.") != std::string_view::npos;
    }
    std::size_t whole = 0;
    while (whole < left.size() && is_digit(left[whole])) ++whole;
    parts.digits = left.substr(0, whole);
    parts.rest = left.substr(whole);
    append_number(parts, spec, out);
    return true;
}

std::string digits_of(std::uint64_t magnitude, unsigned base, bool upper) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, static_cast<int>(base));
    std::string digits(buffer, end.ptr);
    if (upper)
        for (char& c : digits) c = to_upper(c);
    return digits;
}

void append_padded(std::string_view text, std::int64_t width, char align, std::string_view fill,
                   std::string& out) {
    const auto length = static_cast<std::int64_t>(text.size());
    const auto padding = width > length ? static_cast<std::size_t>(width - length) : 0;
    const std::size_t before = align == '>' ? padding : align == '^' ? padding / 2 : 0;
    const auto pad = [&out, fill](std::size_t count) {
        if (fill.size() == 1) {
            out.append(count, fill[0]);
        } else {
            while (count-- > 0) out += fill;
        }
    };
    out.reserve(out.size() + text.size() + padding * fill.size());
    pad(before);
    out += text;
    pad(padding - before);
}

}  // namespace harness::lang
