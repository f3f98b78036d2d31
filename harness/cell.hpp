// One cell of the matrix: a program, an allocator and a lifetime, run in the process that calls. The commands
// that run programs share it; each supervises a child that does this.
#pragma once

#include <string>

#include "harness/run_options.hpp"
#include "lang/run.hpp"

namespace harness::cli {

/// The allocators and lifetimes that this program was built with.
KnownNames known_names();

/// What the language is asked to do for these settings; output goes to stdout.
lang::RunOptions run_options(const RunSettings& run);

/// The child's work: runs the program and gives its encoded report.
std::string run_cell(const RunSettings& run, const std::string& source, bool colour);

/// Ends the harness by the signal that ended its work, so that a shell sees what really happened; gives
/// `exit_code` when there is none.
int pass_on(int signal, int exit_code);

}  // namespace harness::cli
