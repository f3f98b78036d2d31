// Classes of bytes and the few facts about UTF-8 that text needs. A str is bytes, so case and classes are
// ASCII's, but its printed form must not tear a sequence that a terminal can show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace harness::lang {

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr bool is_printable(char c) { return c >= ' ' && c <= '~'; }
/// What split() and strip() take for white space: the separators 0x1C to 0x1F belong to it.
constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}
/// Where splitlines() breaks; "\r\n" is one break.
constexpr bool is_line_break(char c) { return (c >= '\n' && c <= '\r') || (c >= '\x1c' && c <= '\x1e'); }
constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

/// The value of a digit in any base up to 36, or 99.
constexpr unsigned digit_value(char c) {
    if (is_digit(c)) return static_cast<unsigned>(c - '0');
    if (is_alpha(c)) return static_cast<unsigned>(to_lower(c) - 'a') + 10;
    return 99;
}

/// One code point as it stands in a text: its bytes, or none where the text is no valid UTF-8 there.
struct CodePoint {
    std::uint32_t code;
    std::size_t length;
};

/// What begins at `at`; overlong forms, surrogates and codes beyond 0x10FFFF are not valid.
constexpr CodePoint code_point_at(std::string_view text, std::size_t at) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t first = byte(at);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() - at < length) return {0, 0};
    std::uint32_t code = first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80) return {0, 0};
        code = code << 6 | (byte(at + i) & 0x3FU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {0, 0};
    return {code, length};
}

inline constexpr std::uint32_t code_point_end = 0x110000;

/// The UTF-8 form of a code below code_point_end; surrogates get the form that their number would have.
inline void append_code_point(std::uint32_t code, std::string& out) {
    const auto rest = [code](unsigned shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += rest(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | code >> 12);
        out += rest(6);
        out += rest(0);
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        out += rest(12);
        out += rest(6);
        out += rest(0);
    }
}

/// A text in quotes as repr() shows it: single quotes unless only double ones save escapes; printable ASCII
/// and valid UTF-8 as they are, all else escaped. With `ascii_only`, as ascii() shows it.
void append_quoted(std::string_view text, std::string& out, bool ascii_only = false);

/// A text that is already printable, with every byte beyond ASCII escaped.
void append_ascii_escaped(std::string_view text, std::string& out);

}  // namespace harness::lang
