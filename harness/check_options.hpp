// What `harness check` was asked to do. Everything that a run understands is read as `run` reads it, so that
// an option means the same in both commands.
#pragma once

#include <string>
#include <vector>

#include "harness/run_options.hpp"

namespace harness::cli {

struct CheckSettings {
    std::vector<RunSettings> programs;   ///< one for each file; their lifetime is set for each run
    std::vector<std::string> lifetimes;  ///< in the order of `harness list`
    bool static_only = false;
    bool quiet = false;
    std::string json_path;  ///< empty: none; "-" is standard output
    bool force = false;
};

/// Reads the arguments after `check`. Everything behind a bare `--` belongs to the programs.
Parsed<CheckSettings> parse_check(const std::vector<std::string>& arguments, const KnownNames& known);

}  // namespace harness::cli
