// Source text to syntax tree. Any input gives a tree or located errors, in bounded time, memory and C stack.
#pragma once

#include <memory>
#include <vector>

#include "lang/source/diagnostic.hpp"
#include "lang/syntax/ast.hpp"

namespace harness::lang {

class TreeMemory;  // the bump-allocated block that owns the nodes

/// One parsed file. Nodes live as long as this object.
struct Module {
    Block body;
    std::unique_ptr<TreeMemory> memory;

    Module();
    Module(Module&&) noexcept;
    Module& operator=(Module&&) noexcept;
    ~Module();
};

/// Parses the file that starts at `base` in `sources`. On errors `errors` gets at least one entry (at most
/// 20: the parser recovers at the next statement and goes on), in source order, and the returned tree must
/// not be compiled.
Module parse(const SourceMap& sources, std::uint32_t base, Names& names, std::vector<Diagnostic>& errors);

}  // namespace harness::lang
