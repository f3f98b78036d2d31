// The steps that commands have in common: each tells what stops it, and says with which exit code.
// A command that reads `if (const auto code = …) return *code;` shows the order of its steps and nothing
// else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harness/command_line.hpp"
#include "harness/files.hpp"

namespace harness::cli {

/// Prints the help that was asked for; the exit code of the command.
int tell_help(const HelpText& help);

/// Tells what is wrong with the command line; the exit code of the command.
int refuse(const Failure& failure);

/// Nothing where the arguments gave settings to act on.
template <class... Ends>
std::optional<int> tell_end(const std::variant<Ends...>& end) {
    if (const auto* help = std::get_if<HelpText>(&end)) return tell_help(*help);
    if (const auto* failure = std::get_if<Failure>(&end)) return refuse(*failure);
    return std::nullopt;
}

/// Appends the text of `file`, or of standard input for "-".
std::optional<int> read_source(const std::string& file, std::string& source);

/// An empty path asks for no report.
std::optional<int> open_report(OutputFile& report, const std::string& path, bool force);

std::optional<int> write_report(OutputFile& report, std::string_view text);

}  // namespace harness::cli
