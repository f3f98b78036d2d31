// The judgement on one cell: how it went, the exit code that follows, and every figure that is known.
// The summary line, the table and the JSON are three views of this one value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/cell_report.hpp"
#include "harness/run_options.hpp"
#include "harness/supervisor.hpp"

namespace harness::cli {

enum class CellStatus : std::uint8_t { ok, error, defect, limit, rejected, crashed };

std::string_view status_name(CellStatus status);

struct Verdict {
    CellStatus status = CellStatus::ok;
    int exit_code = 0;
    std::string signal;  ///< the name of the signal that ended the child, else empty
    int pass_on = 0;     ///< a signal by which the harness should end itself as well, else 0
    Failure trouble;     ///< what the harness itself has to say; empty when the program told all
    std::optional<CellReport> report;  ///< nothing when the child did not live to send it
    Ending ending;                     ///< what the kernel counted; `sent` is empty
};

/// Judges how the child ended. A whole report counts even if the child broke down after sending it.
Verdict judge(Ending ending, const RunSettings& run);

}  // namespace harness::cli
