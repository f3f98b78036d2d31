// The machine-readable report of one run, schema version 1; json.md beside this file describes every key.
// Keys keep their order and never vanish: what is not known is null, so that no reader takes a guess for a
// figure.
#pragma once

#include <string>

#include "harness/verdict.hpp"

namespace harness::cli {

/// One object on one line, with its line end; a space follows each colon and comma.
std::string json_report(const RunSettings& run, const Verdict& verdict);

}  // namespace harness::cli
