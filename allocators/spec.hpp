// The grammar of allocator specs, apart from what the names mean: text to tree, sizes, and the nearest known
// word. It knows no allocator, so that the registry can grow without touching it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "allocators/outcome.hpp"

namespace harness::allocators {

// One `name(argument, ...)` of a spec, all pieces of the text that was parsed; arguments are unparsed,
// trimmed.
struct SpecPart {
    std::string_view name;
    std::vector<std::string_view> arguments;
};

// Splits `a(1)/b/c` into its parts, the outermost allocator first. Slashes and commas inside parentheses
// belong to the argument they stand in. `spec` may be a piece of `whole`, which failures then show.
Outcome<std::vector<SpecPart>> parse_spec(std::string_view spec, std::string_view whole = {});

// The failure with the spec shown and carets under `piece`, a piece of it; one that shows it already is left.
Failure pointing_at(Failure failure, std::string_view whole, std::string_view piece);

// A whole number with an optional suffix K, M or G (powers of 1024), at most 2^47.
Outcome<std::uint64_t> parse_quantity(std::string_view text);

// The same number in the shortest form that parse_quantity reads: 65536 is `64K`.
std::string quantity_text(std::uint64_t quantity);

// The candidate with the smallest edit distance, or "" when none is near enough to be what was meant.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace harness::allocators
