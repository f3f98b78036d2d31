// JSON as the harness prints it: one object on one line, a space behind each colon and comma. Shared by all
// commands that write reports, so that their objects look alike.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/cell_report.hpp"

namespace harness::cli {

using Json = nlohmann::ordered_json;

/// Without a line end. Bytes that are no UTF-8 are replaced.
std::string one_line(const Json& value);

/// {kind, file, line, column, message}: how errors, defects and findings begin.
Json error_json(const ErrorReport& error);

}  // namespace harness::cli
