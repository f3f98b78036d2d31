// offset_of(): where a field, or a field within a field, begins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lang/layout/layout_type.hpp"

namespace harness::lang {

struct FoundOffset {
    bool found = false;
    std::uint64_t offset = 0;
    std::string message, help;  ///< when there is no such field
};

/// `path` is a field of a struct, or `Variant.field` of an enum, and so on behind further dots.
FoundOffset offset_of(const LayoutType& type, std::string_view path);

}  // namespace harness::lang
