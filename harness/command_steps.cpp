// Telling what stops a command, and choosing its exit code.
#include "harness/command_steps.hpp"

#include "harness/console.hpp"
#include "harness/exit_codes.hpp"

namespace harness::cli {

int tell_help(const HelpText& help) { return print_out(help.text) ? exit_ok : exit_harness_failed; }

int refuse(const Failure& failure) {
    complain(failure);
    return exit_usage;
}

std::optional<int> read_source(const std::string& file, std::string& source) {
    Outcome<std::string> read = read_input(file);
    if (!read) return refuse(read.failure());
    source += std::move(read).value();
    return std::nullopt;
}

std::optional<int> open_report(OutputFile& report, const std::string& path, bool force) {
    if (path.empty()) return std::nullopt;
    const auto refusal = report.open(path, force);
    if (!refusal) return std::nullopt;
    complain(refusal->failure);
    return refusal->exists ? exit_usage : exit_harness_failed;
}

std::optional<int> write_report(OutputFile& report, std::string_view text) {
    const auto failure = report.commit(text);
    if (!failure) return std::nullopt;
    complain(*failure);
    return exit_harness_failed;
}

}  // namespace harness::cli
