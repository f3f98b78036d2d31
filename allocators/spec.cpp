// Parsing of allocator specs. Every failure quotes the part it is about and says what would be accepted.
#include "allocators/spec.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

#include "allocators/allocator.hpp"

namespace harness::allocators {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
}

// The pieces between separators that stand outside all parentheses; the caller has checked that those match.
std::vector<std::string_view> split_outside_parentheses(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    std::size_t start = 0;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')') --depth;
        if (text[i] == separator && depth == 0) {
            pieces.push_back(trimmed(text.substr(start, i - start)));
            start = i + 1;
        }
    }
    pieces.push_back(trimmed(text.substr(start)));
    return pieces;
}

bool parentheses_match(std::string_view text) {
    int depth = 0;
    for (const char c : text) {
        if (c == '(') ++depth;
        if (c == ')' && --depth < 0) return false;
    }
    return depth == 0;
}

Failure malformed(std::string_view part, std::string_view whole) {
    std::string what = part.empty() ? "an allocator is missing"
                                    : "'" + std::string(part) + "' is not name or name(arguments)";
    return pointing_at({std::move(what), "write for example arena, fixed(64K) or pool(32,1M)/arena"}, whole,
                       part);
}

// The columns that a text takes on a terminal, near enough: one for each character of UTF-8.
std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

Failure pointing_at(Failure failure, std::string_view whole, std::string_view piece) {
    // Longer ones would wrap, and then the carets point nowhere.
    constexpr std::size_t shown_max = 200;
    if (!failure.excerpt.empty() || whole.empty() || whole.size() > shown_max) return failure;
    const auto at = static_cast<std::size_t>(piece.data() - whole.data());
    failure.excerpt = "    " + std::string(whole) + "\n" +
                      std::string(4 + columns_of(whole.substr(0, at)), ' ') +
                      std::string(std::max<std::size_t>(columns_of(piece), 1), '^');
    return failure;
}

Outcome<std::vector<SpecPart>> parse_spec(std::string_view spec, std::string_view whole) {
    if (whole.empty()) whole = spec;
    if (!parentheses_match(spec)) {
        return pointing_at({"the parentheses of the allocator do not match", "close each '(' with one ')'"},
                           whole, spec);
    }
    std::vector<SpecPart> parts;
    for (const std::string_view text : split_outside_parentheses(spec, '/')) {
        SpecPart part;
        const std::size_t open = text.find('(');
        part.name = trimmed(text.substr(0, open));
        const auto is_of_name = [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
        };
        if (part.name.empty() || !std::all_of(part.name.begin(), part.name.end(), is_of_name)) {
            return malformed(text, whole);
        }
        if (open != std::string_view::npos) {
            if (text.back() != ')') return malformed(text, whole);
            const std::string_view inside = trimmed(text.substr(open + 1, text.size() - open - 2));
            if (!parentheses_match(inside)) return malformed(text, whole);
            if (!inside.empty()) {
                for (const std::string_view argument : split_outside_parentheses(inside, ',')) {
                    part.arguments.push_back(argument);
                }
            }
        }
        parts.push_back(std::move(part));
    }
    return parts;
}

Outcome<std::uint64_t> parse_quantity(std::string_view text) {
    const Failure failure{"'" + std::string(text) + "' is not a quantity",
                          "write a whole number up to 2^47, with K, M or G for powers of 1024"};
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || number > request_bytes_max) return failure;
    const std::string_view suffix(stopped, static_cast<std::size_t>(end - stopped));
    unsigned shift = 0;
    if (suffix == "K" || suffix == "k") {
        shift = 10;
    } else if (suffix == "M" || suffix == "m") {
        shift = 20;
    } else if (suffix == "G" || suffix == "g") {
        shift = 30;
    } else if (!suffix.empty()) {
        return failure;
    }
    if (number > request_bytes_max >> shift) return failure;
    return number << shift;
}

std::string quantity_text(std::uint64_t quantity) {
    unsigned shift = 0;
    while (shift < 30 && quantity != 0 && quantity % (std::uint64_t{1} << (shift + 10)) == 0) shift += 10;
    constexpr const char* suffixes[] = {"", "K", "M", "G"};
    return std::to_string(quantity >> shift) + suffixes[shift / 10];
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
    std::string nearest;
    // A third of the letters wrong, or two in a short word, is still a slip of the finger.
    std::size_t distance_max = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        // Levenshtein's distance by the usual row of the table (Wagner and Fischer, 1974).
        std::vector<std::size_t> row(candidate.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < word.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i + 1;
            for (std::size_t j = 0; j < candidate.size(); ++j) {
                const std::size_t replaced = diagonal + (word[i] == candidate[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
            }
        }
        if (row.back() < distance_max) {
            distance_max = row.back();
            nearest = candidate;
        }
    }
    return nearest;
}

}  // namespace harness::allocators
