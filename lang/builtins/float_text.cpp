// Floats as decimal text: first the significant digits and the place of the point, then their layout.
// Python's rules for when an exponent is shown are in uses_exponent().
#include "lang/builtins/float_text.hpp"

#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>

namespace harness::lang {

namespace {

/// Digits d1 d2 d3 … whose value is 0.d1d2d3… · 10^point.
struct Digits {
    std::string text;
    int point = 0;
};

/// The longest exact float has 309 digits before the point and 1074 behind it; more are zeros.
constexpr int exact_digits_max = 1100;

Digits significant_digits(double magnitude, const FloatForm& form) {
    char buffer[309 + exact_digits_max + 16];
    std::to_chars_result end{};
    const int precision = form.precision < exact_digits_max ? form.precision : exact_digits_max;
    if (form.style == FloatStyle::repr)
        end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::scientific);
    else if (form.style == FloatStyle::fixed)
        end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::fixed, precision);
    else
        end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::scientific,
                            form.style == FloatStyle::exponent ? precision : precision - 1);
    const std::string_view made(buffer, static_cast<std::size_t>(end.ptr - buffer));
    Digits digits;
    const std::size_t mark = made.find('e');
    const std::string_view mantissa = made.substr(0, mark);
    const std::size_t dot = mantissa.find('.');
    digits.text = mantissa.substr(0, dot);
    digits.point = static_cast<int>(digits.text.size());
    if (dot != std::string_view::npos) digits.text += mantissa.substr(dot + 1);
    if (mark != std::string_view::npos) {
        int exponent = 0;
        const char* first = made.data() + mark + 1;
        std::from_chars(*first == '+' ? first + 1 : first, end.ptr, exponent);
        digits.point += exponent;
    }
    return digits;
}

/// Python shows an exponent from 1e16 on for repr, from 10^precision on for general, and below 1e-4 for both.
bool uses_exponent(const FloatForm& form, int point) {
    if (form.style == FloatStyle::exponent) return true;
    if (form.style == FloatStyle::fixed) return false;
    const int most = form.style == FloatStyle::repr ? 16 : form.precision - (form.at_least_tenths ? 1 : 0);
    return point <= -4 || point > most;
}

void append_exponent(int exponent, bool upper, std::string& out) {
    out += upper ? 'E' : 'e';
    out += exponent < 0 ? '-' : '+';
    const std::string number = std::to_string(std::abs(exponent));
    if (number.size() < 2) out += '0';
    out += number;
}

/// Writes the digits around the point: `behind` of them stand behind it, zeros where there are no digits.
void append_digits(const std::string& digits, int point, int behind, bool keep_point, std::string& out) {
    const auto count = static_cast<int>(digits.size());
    if (point <= 0) {
        out += '0';
    } else {
        const int whole = point < count ? point : count;
        out.append(digits, 0, static_cast<std::size_t>(whole));
        out.append(static_cast<std::size_t>(point - whole), '0');
    }
    if (behind <= 0 && !keep_point) return;
    out += '.';
    if (behind <= 0) return;
    const int zeros = point >= 0 ? 0 : (-point < behind ? -point : behind);
    out.append(static_cast<std::size_t>(zeros), '0');
    const int first = point > 0 ? point : 0;
    int digits_behind = behind - zeros;
    if (first < count) {
        const int taken = count - first < digits_behind ? count - first : digits_behind;
        out.append(digits, static_cast<std::size_t>(first), static_cast<std::size_t>(taken));
        digits_behind -= taken;
    }
    out.append(static_cast<std::size_t>(digits_behind), '0');
}

}  // namespace

void append_float(double number, FloatForm form, std::string& out) {
    if (std::isnan(number)) {
        out += form.upper ? "NAN" : "nan";
        return;
    }
    if (std::signbit(number)) out += '-';
    if (std::isinf(number)) {
        out += form.upper ? "INF" : "inf";
        return;
    }
    if (form.style == FloatStyle::general && form.precision == 0) form.precision = 1;
    Digits digits = significant_digits(std::fabs(number), form);
    const bool trimmed =
        form.style == FloatStyle::repr || (form.style == FloatStyle::general && !form.keep_point);
    if (trimmed) {
        while (digits.text.size() > 1 && digits.text.back() == '0') digits.text.pop_back();
    }
    const bool with_exponent = uses_exponent(form, digits.point);
    const int point = with_exponent ? 1 : digits.point;
    int behind = static_cast<int>(digits.text.size()) - point;
    if (form.style == FloatStyle::fixed || form.style == FloatStyle::exponent) behind = form.precision;
    if (form.style == FloatStyle::general && form.keep_point) behind = form.precision - point;
    if (form.at_least_tenths && !with_exponent && behind < 1) behind = 1;
    append_digits(digits.text, point, behind, form.keep_point, out);
    if (with_exponent) append_exponent(digits.point - 1, form.upper, out);
}

void append_float_repr(double number, std::string& out) {
    append_float(number, {.style = FloatStyle::repr, .at_least_tenths = true}, out);
}

}  // namespace harness::lang
