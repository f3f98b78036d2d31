// The mini language of format specifications, for the types that have one. Pure functions over text and
// numbers, so that f-strings, format(), str.format and % share them and tests need no machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lang/vm/machine.hpp"

namespace harness::lang {

/// Why a specification was refused: the exception to raise.
struct FormatError {
    ErrorKind kind = ErrorKind::ValueError;
    std::string message;
};

struct FormatSpec {
    std::string_view fill = " ";  ///< one character: a byte, or a UTF-8 sequence
    char align = 0;               ///< < > ^ =, or 0 for the type's own
    char sign = 0;                ///< + - or space, or 0
    bool positive_zero = false;   ///< z: what rounds to -0 is printed without its sign
    bool alternate = false;       ///< #
    char grouping = 0;            ///< , or _, or 0
    std::int64_t width = -1;      ///< -1: not given
    std::int64_t precision = -1;
    char type = 0;
};

/// Reads a specification; `type_name` is for messages, `numeric` tells whether numbers' defaults apply. The
/// fill points into `text` or to static storage.
bool parse_format_spec(std::string_view text, std::string_view type_name, bool numeric, FormatSpec& spec,
                       FormatError& error);

// Each appends the formatted value, or is false with `error` set. A width or precision that no string could
// hold is a MemoryError.
bool format_text(std::string_view text, const FormatSpec& spec, std::string& out, FormatError& error);
/// `type_name`: "int" or "bool".
bool format_integer(std::int64_t number, const FormatSpec& spec, std::string_view type_name, std::string& out,
                    FormatError& error);
/// The same of a number that may need 64 bits and a sign.
bool format_whole(bool negative, std::uint64_t magnitude, const FormatSpec& spec, std::string_view type_name,
                  std::string& out, FormatError& error);
bool format_float(double number, const FormatSpec& spec, std::string_view type_name, std::string& out,
                  FormatError& error);

/// The digits of a magnitude in base 2, 8, 10 or 16.
std::string digits_of(std::uint64_t magnitude, unsigned base, bool upper);

/// `text` in `width` columns.
void append_padded(std::string_view text, std::int64_t width, char align, std::string_view fill,
                   std::string& out);

/// Formats that ask for more columns are refused as MemoryError: they are laid out outside the heap's bounds.
inline constexpr std::int64_t width_max = 1 << 28;

}  // namespace harness::lang
