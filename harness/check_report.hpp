// What `harness check` has to tell of one program: findings, one verdict for each lifetime, and how they
// compare. The table, the summary, the JSON and the exit code are views of this one value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/json_text.hpp"
#include "harness/verdict.hpp"

namespace harness::cli {

/// A certain defect that was found without running the program.
struct FindingReport {
    ErrorReport error;
    std::string help, rendered;
    std::vector<std::pair<std::string, std::string>> lifetimes;  ///< of those asked for, with the error there
    bool everywhere = false;                                     ///< under every lifetime that there is
    bool warning = false;                                        ///< a mistake, but no defect
};

/// The static part, as it comes from the child that made it.
struct StaticPart {
    std::vector<ErrorReport> errors;  ///< the program is rejected
    std::vector<std::string> rendered_errors;
    std::vector<FindingReport> findings;
    Failure trouble;  ///< the allocator could not be made, or the child broke down
    int exit_code = 0;
};

std::string encode(const StaticPart& part);
std::optional<StaticPart> decode_static(std::string_view bytes);

enum class SameOutput : std::uint8_t { same, different, cut_short, unknown };

struct CheckedCell {
    std::string lifetime;
    Verdict verdict;
    SameOutput output = SameOutput::unknown;
};

struct CheckReport {
    std::string file;
    StaticPart found;
    std::vector<CheckedCell> cells;  ///< empty for a rejected program, and with --static
};

/// Fills in `output` of every cell. What `leak` prints is the measure where it ran well, because it depends
/// on no release; else what most of the others print that ended best.
void compare_outputs(std::vector<CheckedCell>& cells);

/// "yes", or what went wrong: "LeakError", "time limit", "SIGSEGV".
std::string legality(const Verdict& verdict);

/// Rows of: lifetime, legal, prints the same, leaked, allocations, peak payload, time.
std::string verdict_table(const CheckReport& report);

/// One line with its line end: "p.src: legal under 7 of 7 lifetimes, all print the same".
std::string check_summary(const CheckReport& report);

/// The gravest of what was found and met; the order is the one of `harness check --help`.
int exit_code_of(const CheckReport& report);
int gravest(int a, int b);

/// The object of one program within the JSON report of `check`.
Json check_json(const CheckReport& report);

}  // namespace harness::cli
