// What a person reads after a run: the one line, and with --stats the table.
// Both go to standard error, because standard output belongs to the program.
#pragma once

#include <string>

#include "harness/verdict.hpp"

namespace harness::cli {

/// One line with its line end: "arena × refcount: ok, 12.4 ms, 34 567 allocations, peak 1.2 MiB payload, 0 B
/// leaked". Figures that nobody measured are left out.
std::string summary_line(const RunSettings& run, const Verdict& verdict);

/// All figures, a blank line first. A dash stands for what is not measured.
std::string stats_table(const RunSettings& run, const Verdict& verdict);

}  // namespace harness::cli
