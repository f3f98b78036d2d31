// A type's bytes as text: which field has which of them, where padding lies, and what would save some.
#pragma once

#include <string>

#include "lang/layout/layout_type.hpp"

namespace harness::lang {

/// Ends with a line end. Long arrays and large types are cut, and the cut is told.
std::string draw(const LayoutType& type, int target_bits);

}  // namespace harness::lang
