// `harness run`: one program, one allocator, one lifetime, in a child process that may fail safely.
// The parent reads the command line and the source, the child runs, the parent judges and tells.
#include <utility>

#include "harness/cell.hpp"
#include "harness/command_steps.hpp"
#include "harness/commands.hpp"
#include "harness/console.hpp"
#include "harness/exit_codes.hpp"
#include "harness/json_report.hpp"
#include "harness/run_options.hpp"
#include "harness/summary.hpp"
#include "harness/verdict.hpp"
#include "lang/run.hpp"

namespace harness::cli {

namespace {

void tell(const RunSettings& run, const Verdict& verdict) {
    std::string text;
    if (verdict.report) {
        for (const std::string& message : verdict.report->rendered)
            text += (text.empty() ? "" : "\n") + message;
    }
    print_err(text);
    if (!verdict.trouble.message.empty()) complain(verdict.trouble);
    if (!run.quiet) print_err(summary_line(run, verdict));
    if (run.stats) print_err(stats_table(run, verdict));
}

// Draws instead of running, so no child is needed.
int show_layout(const RunSettings& run, std::string source) {
    lang::SourceMap sources;
    std::vector<lang::Diagnostic> errors;
    const std::string file = run.file == "-" ? "<stdin>" : run.file;
    const std::string drawing =
        lang::draw_layout(std::move(source), file, run.layout, run.target_bits, sources, errors);
    std::string messages;
    for (const lang::Diagnostic& error : errors)
        messages +=
            (messages.empty() ? "" : "\n") + lang::render(error, sources, {.colour = colour_wanted()});
    print_err(messages);
    if (!errors.empty()) return exit_rejected;
    return print_out(drawing) ? exit_ok : exit_harness_failed;
}

}  // namespace

int run_command(const std::vector<std::string>& arguments) {
    const Parsed<RunSettings> parsed = parse_run(arguments, known_names());
    if (const auto code = tell_end(parsed)) return *code;
    const RunSettings& run = std::get<RunSettings>(parsed);
    std::string source;
    if (const auto code = read_source(run.file, source)) return *code;
    if (!run.layout.empty()) return show_layout(run, std::move(source));
    OutputFile json;
    if (const auto code = open_report(json, run.json_path, run.force)) return *code;
    const bool colour = colour_wanted();
    Outcome<Ending> ending = supervise([&] { return run_cell(run, source, colour); }, run.timeout_ns);
    if (!ending) {
        complain(ending.failure());
        return exit_harness_failed;
    }
    const Verdict verdict = judge(std::move(ending).value(), run);
    // An allocator that could not be made is a slip on the command line, not a run to report on.
    if (verdict.report && verdict.exit_code == exit_usage && !verdict.trouble.message.empty())
        return refuse(verdict.trouble);
    tell(run, verdict);
    if (!run.json_path.empty()) {
        if (const auto code = write_report(json, json_report(run, verdict))) return *code;
    }
    return pass_on(verdict.pass_on, verdict.exit_code);
}

}  // namespace harness::cli
