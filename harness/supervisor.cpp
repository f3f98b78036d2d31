// The parent's side of the supervision: one poll loop over the pipe, the child's end, the clock and the
// signals. Signals arrive through a descriptor, so no handler and no global state is needed.
#include "harness/supervisor.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "harness/child.hpp"

namespace harness::cli {

namespace {

using Clock = std::chrono::steady_clock;

// How long a child may take to write its pending output after it was asked to end.
constexpr std::chrono::milliseconds grace{250};

// A descriptor that closes itself.
class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

// Blocks the signals that the loop reads from a descriptor, and puts the old mask back.
class BlockedSignals {
  public:
    BlockedSignals() {
        sigemptyset(&set_);
        for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
        sigprocmask(SIG_BLOCK, &set_, &old_);
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals() { sigprocmask(SIG_SETMASK, &old_, nullptr); }

    [[nodiscard]] const sigset_t& set() const { return set_; }

  private:
    sigset_t set_{}, old_{};
};

std::uint64_t nanoseconds(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

Failure system_failure(std::string_view what) {
    return {fmt::format("cannot {}: {}", what, std::strerror(errno)),
            "free memory or processes and run again"};
}

// One child from fork to its end.
class Watch {
  public:
    Watch(pid_t child, Clock::time_point started, int pipe_fd, int signal_fd, std::uint64_t timeout_ns)
        : child_(child), pipe_fd_(pipe_fd), signal_fd_(signal_fd), started_(started) {
        if (timeout_ns != 0) {
            has_deadline_ = true;
            deadline_ = started_ + std::chrono::nanoseconds(timeout_ns);
        }
    }

    Ending until_the_end() {
        while (!gone_) {
            pollfd watched[] = {{signal_fd_, POLLIN, 0}, {pipe_fd_, POLLIN, 0}};
            const timespec left = time_left();
            const int ready = ppoll(watched, 2, has_deadline_ ? &left : nullptr, nullptr);
            if (has_deadline_ && Clock::now() >= deadline_) end_child(EndedBy::time_limit);
            if (ready <= 0) continue;
            if (watched[1].revents != 0) receive();
            if (watched[0].revents != 0) read_signals();
        }
        receive();
        return std::move(ending_);
    }

  private:
    [[nodiscard]] timespec time_left() const {
        if (!has_deadline_) return {};
        const auto left = std::chrono::nanoseconds(deadline_ - Clock::now()).count();
        if (left <= 0) return {};
        return {left / 1'000'000'000, left % 1'000'000'000};
    }

    // Takes what is in the pipe without waiting. A pipe without a writer is not asked again.
    void receive() {
        char block[16 * 1024];
        while (pipe_fd_ >= 0) {
            const ssize_t size = ::read(pipe_fd_, block, sizeof block);
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) return;
            if (size == 0) pipe_fd_ = -1;
            ending_.sent.append(block, static_cast<std::size_t>(size));
        }
    }

    void read_signals() {
        signalfd_siginfo info{};
        while (::read(signal_fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            const int signal = static_cast<int>(info.ssi_signo);
            if (signal == SIGCHLD) {
                reap();
            } else {
                interrupted_by_ = signal;
                end_child(EndedBy::interrupt);
            }
        }
    }

    // Asks politely first, so that the child can write its output; at the second time it is killed.
    void end_child(EndedBy why) {
        if (gone_) return;
        kill(child_, reason_ == EndedBy::itself ? SIGTERM : SIGKILL);
        if (reason_ == EndedBy::itself) reason_ = why;
        has_deadline_ = true;
        deadline_ = Clock::now() + grace;
    }

    void reap() {
        int status = 0;
        rusage usage{};
        if (gone_ || wait4(child_, &status, WNOHANG, &usage) != child_) return;
        gone_ = true;
        const auto wall = std::chrono::nanoseconds(Clock::now() - started_).count();
        ending_.wall_ns = static_cast<std::uint64_t>(wall);
        ending_.user_ns = nanoseconds(usage.ru_utime);
        ending_.system_ns = nanoseconds(usage.ru_stime);
        ending_.peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
        ending_.minor_faults = static_cast<std::uint64_t>(usage.ru_minflt);
        ending_.major_faults = static_cast<std::uint64_t>(usage.ru_majflt);
        conclude(status);
    }

    void conclude(int status) {
        ending_.by = reason_;
        if (reason_ == EndedBy::interrupt) {
            ending_.code = interrupted_by_;
        } else if (WIFSIGNALED(status)) {
            ending_.code = WTERMSIG(status);
            // Ctrl-C reaches both processes, and the child's end may be seen first.
            if (reason_ == EndedBy::itself) {
                ending_.by = ending_.code == SIGINT ? EndedBy::interrupt : EndedBy::signal;
            }
        } else {
            ending_.code = WEXITSTATUS(status);
            if (reason_ == EndedBy::itself && ending_.code == exit_native_stack)
                ending_.by = EndedBy::native_stack;
        }
    }

    pid_t child_;
    int pipe_fd_, signal_fd_;
    Clock::time_point started_, deadline_;
    bool has_deadline_ = false;
    bool gone_ = false;
    EndedBy reason_ = EndedBy::itself;
    int interrupted_by_ = 0;
    Ending ending_;
};

}  // namespace

Outcome<Ending> supervise(const std::function<std::string()>& work, std::uint64_t timeout_ns) {
    // A caller that ignores SIGCHLD would have the kernel throw the child's status and figures away.
    std::signal(SIGCHLD, SIG_DFL);
    const BlockedSignals blocked;
    const Descriptor signals(signalfd(-1, &blocked.set(), SFD_NONBLOCK | SFD_CLOEXEC));
    if (signals.get() < 0) return system_failure("watch for signals");
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) return system_failure("make a pipe");
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    fcntl(reading.get(), F_SETFL, O_NONBLOCK);

    // Text in a buffer now would be printed by both processes.
    std::fflush(stdout);
    std::fflush(stderr);
    const pid_t parent = getpid();
    // Before the fork, for a short child may be gone before the parent runs again.
    const Clock::time_point started = Clock::now();
    const pid_t child = fork();
    if (child < 0) return system_failure("start a process");
    if (child == 0) be_child(work, writing.get(), parent);
    writing.close();
    return Watch(child, started, reading.get(), signals.get(), timeout_ns).until_the_end();
}

std::string signal_name(int signal) {
    const char* const abbreviation = sigabbrev_np(signal);
    return abbreviation == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", abbreviation);
}

}  // namespace harness::cli
