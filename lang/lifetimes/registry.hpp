// The lifetimes by name.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lang/vm/table.hpp"

namespace harness::lang {

std::optional<LifetimeEntry> find_lifetime(std::string_view name, bool checked);
std::vector<std::string_view> lifetime_names();
/// Names of the lifetimes that exist and that this build was not asked for.
std::vector<std::string_view> lifetimes_left_out();

}  // namespace harness::lang
