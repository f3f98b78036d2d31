// What a struct defines beside its layout is what a class defines: a constructor that takes its fields,
// methods, and default(). It is made as a tree of its own, so that every later pass knows it already.
#pragma once

#include "lang/syntax/ast.hpp"
#include "lang/syntax/tree_memory.hpp"

namespace harness::lang {

/// Gives each struct at the top level of `file` its class.
void make_struct_classes(Block file, Names& names, TreeMemory& memory);

/// The name of the receiver in a constructor that was made so: no program can write it.
inline constexpr std::string_view made_receiver = "(self)";

}  // namespace harness::lang
