// Which names a block of statements binds in its own scope. Python decides by it what is local, and so must
// the translation when it declares globals, deletes names and renames block-local ones.
#pragma once

#include <vector>

#include "lang/syntax/ast.hpp"

namespace harness::lang {

/// Sorted, without duplicates. `let` names are not among them: they belong to their block.
struct BoundNames {
    std::vector<NameId> bound;
    std::vector<NameId> declared_global;
    std::vector<NameId> declared_nonlocal;
    bool has_defer = false;

    bool binds(NameId name) const;
};

/// What the statements of one function, class or file bind; nested definitions count with their own name
/// only.
BoundNames bound_names(Block block);

/// The names bound anywhere in the block, nested definitions and parameters included.
std::vector<NameId> all_bound_names(Block block);

}  // namespace harness::lang
