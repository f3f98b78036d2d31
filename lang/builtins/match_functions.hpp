// What match statements call. The names have a dot, so that no program can write them.
#pragma once

#include <span>

#include "lang/vm/machine.hpp"

namespace harness::lang {

std::span<const Native> match_functions();

}  // namespace harness::lang
