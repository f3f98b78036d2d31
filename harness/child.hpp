// The child's side of the supervision: signals, the native stack, and the promise that printed text is not
// lost. Apart from the parent's side because everything here runs in the process that may break at any
// moment.
#pragma once

#include <functional>
#include <string>

namespace harness::cli {

/// The exit code by which a child says that its native stack is exhausted; not used by anything else.
inline constexpr int exit_native_stack = 119;

/// Runs `work` with the signal handlers in place, sends its result through `report_fd` and ends the process.
/// `parent` is the supervisor: when it dies, the child is killed, so that no program runs on unsupervised.
[[noreturn]] void be_child(const std::function<std::string()>& work, int report_fd, int parent);

}  // namespace harness::cli
