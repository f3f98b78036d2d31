// Runs a piece of work in a child process and outlives whatever happens to it: crash, endless loop, exhausted
// stack, lack of memory, Ctrl-C. A measurement that is finished is never lost, and a hang is never passed on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "allocators/outcome.hpp"

namespace harness::cli {

enum class EndedBy : std::uint8_t {
    itself,        ///< the child's work returned, or the child called exit; `code` is its exit code
    signal,        ///< `code` is the signal
    native_stack,  ///< the child ran out of its native stack
    time_limit,
    interrupt,  ///< the harness was asked to stop by the signal `code`
};

/// How a child ended, what it sent, and what the kernel counted for it alone.
struct Ending {
    EndedBy by = EndedBy::itself;
    int code = 0;
    std::string sent;  ///< what the work returned, whole only if the child lived long enough
    std::uint64_t wall_ns = 0, user_ns = 0, system_ns = 0;
    std::uint64_t peak_rss_bytes = 0;
    std::uint64_t minor_faults = 0, major_faults = 0;
};

/// Forks, runs `work` in the child, and returns when the child is gone. The bytes that `work` returns reach
/// `sent`. What the work left in stdout's buffer is written before that, also when a signal ends the child.
/// `timeout_ns` 0 means no limit. The caller must have one thread. Fails only when the system refuses to
/// fork.
Outcome<Ending> supervise(const std::function<std::string()>& work, std::uint64_t timeout_ns);

/// "SIGSEGV" for 11; "signal 77" for a number without a name.
std::string signal_name(int signal);

}  // namespace harness::cli
