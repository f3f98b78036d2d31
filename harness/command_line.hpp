// What all commands share when they read their arguments: three possible ends, and help for a misspelt name.
// CLI11 does the reading; its exceptions and its types stay behind this file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "allocators/outcome.hpp"

namespace CLI {
class App;
}

namespace harness::cli {

/// The text for --help, which goes to standard output.
struct HelpText {
    std::string text;
};

/// Settings to act on, help to print, or what is wrong with the command line.
template <class Settings>
using Parsed = std::variant<Settings, HelpText, Failure>;

/// Lets `app` read the arguments. Nothing returned means that its variables are set; an unknown option is
/// told with the nearest one that exists.
std::optional<std::variant<HelpText, Failure>> read_arguments(CLI::App& app,
                                                              std::vector<std::string> arguments);

/// "'lifetim' is not a lifetime" with the nearest of the candidates, or with where to look them up.
Failure unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& candidates,
                     std::string_view where_listed);

}  // namespace harness::cli
