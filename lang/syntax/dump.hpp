// A tree as compact s-expressions. Tests compare trees by it, and a reader can see with it what the parser
// made of a line.
#pragma once

#include <string>

#include "lang/syntax/ast.hpp"
#include "lang/syntax/names.hpp"

namespace harness::lang {

/// Statements separated by line ends, blocks in braces.
std::string dump(Block block, const Names& names);

}  // namespace harness::lang
