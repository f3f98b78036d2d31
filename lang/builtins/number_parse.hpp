// Numbers read from text as int() and float() read them. Pure functions: what a failure says is the caller's
// affair.
#pragma once

#include <cstdint>
#include <string_view>

namespace harness::lang {

enum class ParsedNumber : std::uint8_t {
    ok,
    invalid,
    too_large,  ///< well formed, but beyond 48 bits
};

/// White space around, a sign, single underscores between digits. Base 0 goes by the prefix 0x, 0o or 0b;
/// bases 16, 8 and 2 allow theirs. The base must be 0 or 2 to 36.
ParsedNumber parse_integer(std::string_view text, unsigned base, std::int64_t& number);

/// The same for a float: decimal, "inf", "infinity" and "nan" in any case. False when the text is none of
/// these; what is too large is infinite.
bool parse_float(std::string_view text, double& number);

}  // namespace harness::lang
