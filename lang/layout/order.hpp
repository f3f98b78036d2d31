// What another order of fields would save. Types whose sizes are multiples of their alignments need no
// padding between them when the most aligned come first, so no order is better than that one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lang/layout/layout_type.hpp"

namespace harness::lang {

struct BetterOrder {
    std::uint64_t size = 0;  ///< of the type in that order
    /// The fields in that order; of an enum, those of each variant that changes, behind the variant's name.
    std::vector<std::string> orders;
};

/// The best order of a struct's fields, or of those of an enum's variants. Nothing is to be said where `size`
/// is what it has already.
BetterOrder better_order(const LayoutType& type);

}  // namespace harness::lang
