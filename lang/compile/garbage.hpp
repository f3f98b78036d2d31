// What a call leaves behind, read off the text of its function: under `stack` a function that leaves nothing
// needs no region.
#pragma once

#include <functional>

#include "lang/syntax/ast.hpp"

namespace harness::lang {

/// Whether a call may make an object that neither leaves it as its result, or as a part of that, nor is
/// stored at once in what a parameter refers to. What joins intermediate strings leaves those behind; up to
/// eight operands that is less than what leaves. `is_class`: whether calling that name makes an instance of a
/// class of the program.
bool leaves_garbage(const DefStmt& def, const std::function<bool(NameId)>& is_class);

}  // namespace harness::lang
