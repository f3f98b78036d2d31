// `harness python`: the same program for CPython, which makes Python the judge of what a program should
// print.
#include <CLI/CLI.hpp>

#include "harness/command_steps.hpp"
#include "harness/commands.hpp"
#include "harness/console.hpp"
#include "harness/exit_codes.hpp"
#include "lang/run.hpp"

namespace harness::cli {

namespace {

constexpr const char* examples =
    R"(Examples:
  harness python program.src > program.py
  harness python program.src | python3 -

Prints one self-contained Python program: memory statements erased, imports inlined.
What cannot be said in Python ends with exit code 6.
)";

}  // namespace

int python_command(const std::vector<std::string>& arguments) {
    std::string file;
    CLI::App app(examples);
    app.name("harness python");
    app.add_option("FILE", file, "the program; - is standard input")->type_name(" ")->required();
    if (const auto end = read_arguments(app, arguments)) return tell_end(*end).value();
    std::string source;
    if (const auto code = read_source(file, source)) return *code;
    lang::SourceMap sources;
    std::vector<lang::Diagnostic> errors;
    const std::string name = file == "-" ? "<stdin>" : file;
    const std::string text = lang::to_python(source, name, sources, errors);
    std::string messages;
    bool rejected = false;
    for (const lang::Diagnostic& error : errors) {
        messages +=
            (messages.empty() ? "" : "\n") + lang::render(error, sources, {.colour = colour_wanted()});
        rejected = rejected || !error.warning;
    }
    print_err(messages);
    if (rejected) return exit_rejected;
    return print_out(text) ? exit_ok : exit_harness_failed;
}

}  // namespace harness::cli
