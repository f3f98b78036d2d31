// From the end of a process to a verdict, in words that name the remedy.
#include "harness/verdict.hpp"

#include <fmt/core.h>

#include <csignal>

#include "harness/exit_codes.hpp"
#include "harness/units.hpp"

namespace harness::cli {

namespace {

CellStatus cell_status(lang::Status status) {
    switch (status) {
        case lang::Status::ok:
            return CellStatus::ok;
        case lang::Status::error:
            return CellStatus::error;
        case lang::Status::defect:
            return CellStatus::defect;
        case lang::Status::limit:
            return CellStatus::limit;
        case lang::Status::rejected:
            return CellStatus::rejected;
    }
    return CellStatus::crashed;
}

std::string_view crash_remedy(int signal, const RunSettings& run) {
    if (signal == SIGKILL)
        return "most often the system ran out of memory; limit the program with --max-heap";
    if (run.checked) return "a checked program must not do this: please report it with the program";
    return "run it without --unchecked to find the defect";
}

void judge_signal(Verdict& verdict, const RunSettings& run) {
    const int signal = verdict.ending.code;
    verdict.signal = signal_name(signal);
    verdict.status = CellStatus::crashed;
    if (signal == SIGPIPE) {
        // The reader of the output has seen enough, as `head` does: an end that nobody needs to hear about.
        verdict.exit_code = exit_of_signal(signal);
        verdict.pass_on = signal;
        return;
    }
    verdict.exit_code = exit_harness_failed;
    verdict.trouble = {fmt::format("the program was ended by {} ({})", verdict.signal,
                                   sigdescr_np(signal) == nullptr ? "unknown" : sigdescr_np(signal)),
                       std::string(crash_remedy(signal, run))};
}

void judge_loss(Verdict& verdict, const RunSettings& run) {
    const Ending& ending = verdict.ending;
    switch (ending.by) {
        case EndedBy::signal:
            return judge_signal(verdict, run);
        case EndedBy::time_limit:
            verdict.status = CellStatus::limit;
            verdict.exit_code = exit_limit;
            verdict.trouble = {
                fmt::format("the time limit of {} was reached", format_duration(run.timeout_ns)),
                "raise it with --timeout SECONDS"};
            return;
        case EndedBy::native_stack:
            verdict.status = CellStatus::limit;
            verdict.exit_code = exit_limit;
            verdict.trouble = {"the native stack is exhausted",
                               "raise it with 'ulimit -s', or nest less deeply"};
            return;
        case EndedBy::interrupt:
            verdict.status = CellStatus::crashed;
            verdict.signal = signal_name(ending.code);
            verdict.exit_code = exit_of_signal(ending.code);
            verdict.pass_on = ending.code;
            verdict.trouble = {
                fmt::format("interrupted by {} after {}", verdict.signal, format_duration(ending.wall_ns)),
                "the output up to here is complete, the figures are not known"};
            return;
        case EndedBy::itself:
            verdict.status = CellStatus::crashed;
            verdict.exit_code = exit_harness_failed;
            verdict.trouble = {
                fmt::format("the child process ended with code {} and without a report", ending.code),
                std::string(crash_remedy(0, run))};
            return;
    }
}

}  // namespace

std::string_view status_name(CellStatus status) {
    switch (status) {
        case CellStatus::ok:
            return "ok";
        case CellStatus::error:
            return "error";
        case CellStatus::defect:
            return "defect";
        case CellStatus::limit:
            return "limit";
        case CellStatus::rejected:
            return "rejected";
        case CellStatus::crashed:
            return "crashed";
    }
    return "unknown";
}

Verdict judge(Ending ending, const RunSettings& run) {
    Verdict verdict;
    verdict.report = decode(ending.sent);
    ending.sent.clear();
    verdict.ending = std::move(ending);
    if (!verdict.report) {
        judge_loss(verdict, run);
        return verdict;
    }
    verdict.status = cell_status(verdict.report->status);
    verdict.exit_code = verdict.report->exit_code;
    verdict.trouble = verdict.report->trouble;
    // The program's own figures stand, but output that could not be written makes the run worthless.
    if (!verdict.trouble.message.empty() && verdict.status == CellStatus::ok) {
        verdict.status = CellStatus::crashed;
        verdict.exit_code = exit_harness_failed;
    }
    return verdict;
}

}  // namespace harness::cli
