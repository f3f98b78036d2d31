// The static analysis of a program's memory: what is wrong on every execution that gets there is told before
// anything runs. It never guesses; what it cannot prove is left to the checked run. See README.md.
#pragma once

#include <string>
#include <vector>

#include "allocators/any_allocator.hpp"
#include "lang/check/finding.hpp"
#include "lang/run.hpp"
#include "lang/syntax/parser.hpp"

namespace harness::lang {

/// The certain defects of one parsed file, in source order, each place once.
std::vector<Finding> find_defects(Block program, const Names& names, const SourceMap& sources);

struct StaticReport {
    std::vector<Diagnostic> errors;  ///< the program is rejected with these, and was not analysed then
    std::vector<Finding> findings;
};

/// Everything that can be said of the program without running it. The rules of run() hold for `allocator` and
/// `sources`.
StaticReport check_statically(const std::string& source, const RunOptions& options,
                              allocators::AnyAllocator& allocator, SourceMap& sources);

}  // namespace harness::lang
