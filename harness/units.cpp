// Formatting and parsing of figures without locales or streams.
// Both would cost start-up time, and a locale could change what scripts read.
#include "harness/units.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <span>

namespace harness::cli {

namespace {

// Two or three significant digits: one decimal below 100, none above. `limit` is where the next unit begins,
// so that 1023.97 KiB becomes 1.0 MiB instead of 1024 KiB.
std::string scaled(double value, double limit, std::span<const std::string_view> units) {
    std::size_t unit = 0;
    const auto shown = [&] {
        return unit == 0 || value >= 99.95 ? std::round(value) : std::round(value * 10) / 10;
    };
    while (unit + 1 < units.size() && shown() >= limit) {
        value /= limit;
        unit += 1;
    }
    if (unit == 0 || value >= 99.95) return fmt::format("{:.0f} {}", value, units[unit]);
    return fmt::format("{:.1f} {}", value, units[unit]);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The exponent of two that a suffix stands for, or -1 for a text that is no suffix.
int suffix_exponent(std::string_view suffix) {
    if (suffix.empty()) return 0;
    const std::string_view letters = "bkmgt";
    const std::size_t at = letters.find(lower(suffix.front()));
    if (at == std::string_view::npos) return -1;
    std::string rest;
    for (const char c : suffix.substr(1)) rest += lower(c);
    const bool allowed = rest.empty() || (at > 0 && (rest == "b" || rest == "ib"));
    return allowed ? static_cast<int>(at) * 10 : -1;
}

}  // namespace

std::string format_count(std::uint64_t n) {
    const std::string digits = fmt::format("{}", n);
    std::string grouped;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ' ';
        grouped += digits[i];
    }
    return grouped;
}

std::string format_bytes(std::uint64_t bytes) {
    static constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    return scaled(static_cast<double>(bytes), 1024, units);
}

std::string format_duration(std::uint64_t ns) {
    static constexpr std::string_view units[] = {"ns", "µs", "ms", "s"};
    return scaled(static_cast<double>(ns), 1000, units);
}

Outcome<std::uint64_t> parse_bytes(std::string_view text) {
    const Failure wrong{fmt::format("'{}' is not a size", text),
                        "write bytes, or a number with K, M or G: 64M"};
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return wrong;
    const int exponent = suffix_exponent({end, static_cast<std::size_t>(text.data() + text.size() - end)});
    if (exponent < 0) return wrong;
    if (exponent > 0 && number >> (64 - exponent) != 0) {
        return Failure{fmt::format("'{}' is more than 64 bits can count", text), wrong.remedy};
    }
    return number << exponent;
}

Outcome<std::uint64_t> parse_seconds(std::string_view text) {
    const Failure wrong{fmt::format("'{}' is not a time above zero", text),
                        "write seconds: 2, 0.5, 500ms or 200us"};
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !std::isfinite(number)) return wrong;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (!unit.empty() && unit != "s" && unit != "ms" && unit != "us") return wrong;
    const double ns = number * (unit == "ms" ? 1e6 : unit == "us" ? 1e3 : 1e9);
    // Ten years: longer limits are a slip of the unit, and the bound keeps the conversion exact.
    if (ns < 1 || ns > 3.2e17) return wrong;
    return static_cast<std::uint64_t>(ns);
}

}  // namespace harness::cli
