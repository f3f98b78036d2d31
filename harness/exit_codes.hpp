// The numbers a shell sees, in one place. Scripts and CI gates depend on them, so they never change their
// meaning.
#pragma once

namespace harness::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_program_error = 1;   ///< the program failed at run time
inline constexpr int exit_usage = 2;           ///< the command line is wrong
inline constexpr int exit_regression = 3;      ///< a comparison found a regression
inline constexpr int exit_defect = 4;          ///< the program has a memory defect
inline constexpr int exit_limit = 5;           ///< time, heap, depth or native stack ran out
inline constexpr int exit_rejected = 6;        ///< the program was refused before it ran
inline constexpr int exit_harness_failed = 7;  ///< the harness, the machine or an unchecked cell broke down

/// What a shell shows for a process that a signal ended; used where the harness passes a signal on.
constexpr int exit_of_signal(int signal) { return 128 + signal; }

}  // namespace harness::cli
