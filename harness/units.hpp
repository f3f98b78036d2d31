// Numbers with units, for people: sizes and times are read from options, sizes, times and counts are printed.
// Everything that prints a figure uses these, so that the summary, the table and the messages agree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "allocators/outcome.hpp"

namespace harness::cli {

/// Groups of three digits with a space between: 34567 is "34 567".
std::string format_count(std::uint64_t n);

/// Bytes in the largest binary unit that leaves at least 1: "48 B", "1.2 MiB", "340 KiB".
std::string format_bytes(std::uint64_t bytes);

/// Nanoseconds in the largest unit that leaves at least 1: "830 ns", "12.4 ms", "3.1 s". Seconds are the
/// largest.
std::string format_duration(std::uint64_t ns);

/// Reads whole numbers with an optional binary suffix in either case: "4096", "64K", "8MiB", "2g".
Outcome<std::uint64_t> parse_bytes(std::string_view text);

/// Reads seconds as "2", "0.5", "500ms", "2s"; gives nanoseconds. Zero and negative times are refused.
Outcome<std::uint64_t> parse_seconds(std::string_view text);

}  // namespace harness::cli
