// From the first word of the command line to the command, and the help of the program as a whole.
#include <fmt/core.h>

#include "harness/command_line.hpp"
#include "harness/commands.hpp"
#include "harness/console.hpp"
#include "harness/exit_codes.hpp"

namespace harness::cli {

namespace {

constexpr std::string_view examples =
    R"(Examples:
  harness run program.src                          checked, on malloc, by reference counts
  harness run --allocator arena --lifetime leak program.src --stats
  harness run program.src --set depth=18 --json report.json
  harness check program.src                        what is wrong with it, under which lifetimes
  harness python program.src | python3 -           the same program under CPython
  harness list                                     allocators and lifetimes to choose from

)";

std::string help() {
    std::string text(examples);
    text += "Usage: harness COMMAND [OPTIONS] …\n\nCommands:\n";
    for (const Command& command : commands) text += fmt::format("  {:10}{}\n", command.name, command.summary);
    text += "\nOptions:\n  --help    this text; after a command, the command's\n";
    text += "  --version of the harness, its compiler and its allocators\n";
    return text;
}

int unknown_command(const std::string& word) {
    // A program's name in the command's place is the most frequent slip.
    if (word.find('.') != std::string::npos || word.find('/') != std::string::npos) {
        complain({fmt::format("'{}' is not a command", word),
                  fmt::format("did you mean 'harness run {}'?", word)});
        return exit_usage;
    }
    std::vector<std::string> names{"--help", "--version"};
    for (const Command& command : commands) names.emplace_back(command.name);
    complain(unknown_name("a command", word, names, "harness --help"));
    return exit_usage;
}

}  // namespace

int dispatch(const std::vector<std::string>& arguments) {
    if (arguments.empty()) {
        print_err(help());
        return exit_usage;
    }
    const std::string& word = arguments.front();
    if (word == "--help" || word == "-h" || word == "help")
        return print_out(help()) ? exit_ok : exit_harness_failed;
    if (word == "--version") return print_version();
    for (const Command& command : commands) {
        if (command.name == word) return command.call({arguments.begin() + 1, arguments.end()});
    }
    return unknown_command(word);
}

}  // namespace harness::cli
