// The child process: it runs the work and, on any signal that ends it, first writes what the program had
// printed. The handlers use only async-signal-safe calls and keep no state of their own.
#include "harness/child.hpp"

#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "lang/memory/leak_check.hpp"

namespace harness::cli {

namespace {

// A sanitizer explains a crash better than we can, so its handlers stay.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool has_sanitizer = true;
#else
constexpr bool has_sanitizer = false;
#endif
#else
constexpr bool has_sanitizer = false;
#endif

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// fflush may not be called from a handler, for it locks and may allocate. The buffer itself may be read: if
// the signal came in the middle of a write, a few bytes at the very end can be missing or doubled.
void write_pending_output() {
    const char* begin = stdout->_IO_write_base;
    const char* end = stdout->_IO_write_ptr;
    if (begin != nullptr && end > begin)
        write_all(STDOUT_FILENO, {begin, static_cast<std::size_t>(end - begin)});
}

// Where the interrupted code's stack ended, or 0 on a processor we do not know.
std::uintptr_t stack_pointer_of(const void* context) {
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
    return static_cast<std::uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.sp);
#else
    static_cast<void>(context);
    return 0;
#endif
}

// A fault right at the stack pointer is the guard page below the stack: nothing else lies so near.
bool is_stack_overflow(const siginfo_t& info, const void* context) {
    constexpr std::uintptr_t reach_bytes = 256 * 1024;
    const auto fault = reinterpret_cast<std::uintptr_t>(info.si_addr);
    const std::uintptr_t stack = stack_pointer_of(context);
    return stack != 0 && fault + reach_bytes > stack && fault < stack + 4096;
}

// SA_RESETHAND has restored the default action, so raising the signal again ends the process by that very
// signal as soon as the handler returns.
void end_by_signal(int signal, siginfo_t* info, void* context) {
    write_pending_output();
    if (signal == SIGSEGV && info->si_code > 0 && is_stack_overflow(*info, context)) _exit(exit_native_stack);
    std::raise(signal);
}

// Signals that the caller has chosen to ignore, as nohup does, stay ignored.
void handle(int signal) {
    struct sigaction old {};
    if (sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) return;
    struct sigaction action {};
    action.sa_sigaction = end_by_signal;
    action.sa_flags = static_cast<int>(SA_SIGINFO | SA_RESETHAND | SA_ONSTACK);
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

}  // namespace

void be_child(const std::function<std::string()>& work, int report_fd, int parent) {
    // An exhausted stack can only be reported from another one; this frame lives as long as the process.
    alignas(16) char other_stack[64 * 1024];
    stack_t stack{};
    stack.ss_sp = other_stack;
    stack.ss_size = sizeof other_stack;
    sigaltstack(&stack, nullptr);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) handle(signal);
    if (!has_sanitizer) {
        for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) handle(signal);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);  // it died before the line above

    const std::string report = work();
    // Below it ends without the check for leaks that a sanitizer makes at an exit.
    if (lang::found_leaks()) _exit(EXIT_FAILURE);
    write_all(report_fd, report);
    // The rest of a normal exit, static destructors above all, belongs to the parent.
    _exit(EXIT_SUCCESS);
}

}  // namespace harness::cli
