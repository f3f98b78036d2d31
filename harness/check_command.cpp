// `harness check`: what is certainly wrong with a program, then the program under every lifetime, each run in
// a child process of its own. The parent only compares and tells.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "allocators/registry.hpp"
#include "harness/cell.hpp"
#include "harness/check_options.hpp"
#include "harness/check_report.hpp"
#include "harness/command_steps.hpp"
#include "harness/commands.hpp"
#include "harness/console.hpp"
#include "harness/exit_codes.hpp"
#include "harness/supervisor.hpp"
#include "lang/check/check.hpp"

namespace harness::cli {

namespace {

// A list of words as one reads it: "scope and stack", "a, b and c".
std::string enumerate(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    return text;
}

// What is a defect only under lifetimes that nobody asked for is none here.
std::optional<FindingReport> tell_finding(const lang::Finding& finding, const lang::SourceMap& sources,
                                          const std::vector<std::string>& asked, bool colour) {
    FindingReport told;
    std::optional<lang::Diagnostic> first;
    told.everywhere = finding.outcomes.size() == 1 && finding.lifetimes() == lang::under::all;
    for (const lang::Finding::Outcome& outcome : finding.outcomes) {
        const auto members = lang::names_of(outcome.lifetimes);
        std::vector<std::string> lifetimes;
        for (const std::string& name : asked)
            if (std::find(members.begin(), members.end(), name) != members.end()) lifetimes.push_back(name);
        if (lifetimes.empty() && !outcome.diagnostic.warning) continue;
        if (!first) first = outcome.diagnostic;
        const std::string& error = outcome.diagnostic.name;
        if (told.everywhere)
            first->details.emplace_back("under every lifetime");
        else if (!lifetimes.empty())
            first->details.push_back("under " + enumerate(lifetimes) +
                                     (error == first->name ? "" : ": " + error));
        for (std::string& name : lifetimes) told.lifetimes.emplace_back(std::move(name), error);
    }
    if (!first) return std::nullopt;
    const lang::Place place = sources.place(first->span.begin);
    told.error = {first->name, first->message, {std::string(place.file), place.line, place.column}};
    told.help = first->help;
    told.warning = first->warning;
    told.rendered = lang::render(*first, sources, {.colour = colour});
    return told;
}

// The child's work for the part that runs nothing.
std::string check_statically(const RunSettings& run, const std::vector<std::string>& lifetimes,
                             const std::string& source, bool colour) {
    StaticPart part;
    auto allocator = allocators::make_allocator(run.allocator);
    if (!allocator) {
        part.trouble = allocator.failure();
        part.exit_code = exit_usage;
        return encode(part);
    }
    lang::SourceMap sources;
    const lang::StaticReport report =
        lang::check_statically(source, run_options(run), *allocator.value(), sources);
    for (const lang::Diagnostic& error : report.errors) {
        const lang::Place place = sources.place(error.span.begin);
        part.rendered_errors.push_back(lang::render(error, sources, {.colour = colour}));
        part.errors.push_back(
            {error.name, error.message, {std::string(place.file), place.line, place.column}});
    }
    for (const lang::Finding& finding : report.findings) {
        if (auto told = tell_finding(finding, sources, lifetimes, colour))
            part.findings.push_back(std::move(*told));
    }
    return encode(part);
}

// The program's output is compared, not shown.
std::string run_silently(const RunSettings& run, const std::string& source, bool colour) {
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing >= 0) dup2(nothing, STDOUT_FILENO);
    return run_cell(run, source, colour);
}

// One check of one program, from its source to its exit code.
class Check {
  public:
    Check(const CheckSettings& settings, const RunSettings& run) : settings_(settings), run_(run) {
        report_.file = run.file == "-" ? "<stdin>" : run.file;
    }

    /// False when nothing can follow, not even another program; exit_code() and signal() say why.
    bool go(const std::string& source) {
        const Outcome<Ending> ending =
            supervise([&] { return check_statically(run_, settings_.lifetimes, source, colour_); }, 0);
        if (!ending) return fail(ending.failure(), exit_harness_failed);
        auto part = decode_static(ending.value().sent);
        if (!part) {
            const Verdict verdict = judge(ending.value(), run_);
            signal_ = verdict.pass_on;
            return fail(verdict.trouble, verdict.exit_code);
        }
        report_.found = std::move(*part);
        if (!report_.found.trouble.message.empty())
            return fail(report_.found.trouble, report_.found.exit_code);
        tell_static_part();
        const bool whole = !report_.found.errors.empty() || settings_.static_only || run_all(source);
        compare_outputs(report_.cells);
        tell_runs();
        exit_code_ = exit_code_of(report_);
        return whole;
    }

    [[nodiscard]] const CheckReport& report() const { return report_; }
    [[nodiscard]] int exit_code() const { return exit_code_; }
    [[nodiscard]] int signal() const { return signal_; }
    [[nodiscard]] bool written() const { return written_; }

  private:
    bool fail(const Failure& failure, int code) {
        complain(failure);
        exit_code_ = code;
        return false;
    }

    void separate() {
        if (told_any_) print_err("\n");
        told_any_ = true;
    }

    void tell_static_part() {
        for (const std::string& text : report_.found.rendered_errors) separate(), print_err(text);
        for (const FindingReport& finding : report_.found.findings) separate(), print_err(finding.rendered);
    }

    bool run_all(const std::string& source) {
        for (const std::string& lifetime : settings_.lifetimes) {
            RunSettings run = run_;
            run.lifetime = lifetime;
            Outcome<Ending> ending =
                supervise([&] { return run_silently(run, source, colour_); }, run.timeout_ns);
            if (!ending) return fail(ending.failure(), exit_harness_failed);
            report_.cells.push_back({lifetime, judge(std::move(ending).value(), run), SameOutput::unknown});
            signal_ = report_.cells.back().verdict.pass_on;
            if (signal_ != 0) return false;  // what is finished is told all the same
        }
        return true;
    }

    [[nodiscard]] bool was_found(const ErrorReport& error, const std::string& lifetime) const {
        return std::any_of(report_.found.findings.begin(), report_.found.findings.end(),
                           [&](const auto& finding) {
                               return finding.error.place == error.place &&
                                      std::find(finding.lifetimes.begin(), finding.lifetimes.end(),
                                                std::pair(lifetime, error.kind)) != finding.lifetimes.end();
                           });
    }

    // Nothing for a cell that ended well, and for one that ended as was found before.
    [[nodiscard]] std::string message_of(const CheckedCell& cell) const {
        const Verdict& verdict = cell.verdict;
        if (verdict.status == CellStatus::ok) return "";
        if (!verdict.trouble.message.empty()) {
            const Failure& trouble = verdict.trouble;
            return fmt::format("harness: {}\n{}", trouble.message,
                               trouble.remedy.empty() ? "" : fmt::format("help: {}\n", trouble.remedy));
        }
        if (!verdict.report || verdict.report->rendered.empty()) return "";
        const auto& errors = verdict.report->errors;
        if (!errors.empty() && was_found(errors.front(), cell.lifetime)) return "";
        return verdict.report->rendered.front();
    }

    // The first message of every cell that failed; the same message of several cells once, with their names.
    void tell_runs() {
        std::vector<std::pair<std::vector<std::string>, std::string>> messages;
        for (const CheckedCell& cell : report_.cells) {
            std::string text = message_of(cell);
            if (text.empty()) continue;
            const auto same = std::find_if(messages.begin(), messages.end(),
                                           [&](const auto& message) { return message.second == text; });
            if (same == messages.end())
                messages.emplace_back(std::vector{cell.lifetime}, std::move(text));
            else
                same->first.push_back(cell.lifetime);
        }
        for (const auto& [lifetimes, text] : messages) {
            separate();
            const bool all = lifetimes.size() > 1 && lifetimes.size() == report_.cells.size();
            print_err(fmt::format("under {}:\n{}", all ? "every lifetime" : enumerate(lifetimes), text));
        }
        if (settings_.quiet || settings_.json_path == "-") return;
        if (!report_.cells.empty()) {
            // Only where both streams are read as one.
            if (isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1) separate();
            written_ = print_out(verdict_table(report_));
        }
        written_ = print_out(check_summary(report_)) && written_;
    }

    const CheckSettings& settings_;
    const RunSettings& run_;
    const bool colour_ = colour_wanted();
    CheckReport report_;
    int exit_code_ = 0, signal_ = 0;
    bool told_any_ = false, written_ = true;
};

std::string whole_report(const CheckSettings& settings, const Json& programs, int exit_code) {
    Json json;
    json["schema"] = 1;
    json["exit_code"] = exit_code;
    json["allocator"] = settings.programs.front().allocator;
    json["lifetimes"] = settings.lifetimes;
    json["programs"] = programs;
    json["harness"] = HARNESS_VERSION;
    return one_line(json) + '\n';
}

}  // namespace

int check_command(const std::vector<std::string>& arguments) {
    const Parsed<CheckSettings> parsed = parse_check(arguments, known_names());
    if (const auto code = tell_end(parsed)) return *code;
    const CheckSettings& settings = std::get<CheckSettings>(parsed);
    OutputFile json;
    // A name that is misspelt is told before the first program runs.
    std::vector<std::string> sources;
    for (const RunSettings& run : settings.programs) {
        if (const auto code = read_source(run.file, sources.emplace_back())) return *code;
    }
    if (const auto code = open_report(json, settings.json_path, settings.force)) return *code;
    int exit_code = exit_ok, signal = 0;
    Json programs = Json::array();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        Check check(settings, settings.programs[i]);
        if (i > 0 && !settings.quiet && settings.json_path != "-") print_out("\n");
        const bool whole = check.go(sources[i]);
        if (!whole && check.exit_code() == exit_usage) return exit_usage;
        programs.push_back(check_json(check.report()));
        exit_code = check.written() ? gravest(exit_code, check.exit_code()) : exit_harness_failed;
        signal = check.signal();
        if (!whole || !check.written()) break;
    }
    if (!settings.json_path.empty()) {
        if (const auto code = write_report(json, whole_report(settings, programs, exit_code))) return *code;
    }
    return pass_on(signal, exit_code);
}

}  // namespace harness::cli
