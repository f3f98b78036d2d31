// The supervisor against children that do what broken programs do.
#include "harness/supervisor.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "lang/memory/leak_check.hpp"

namespace harness::cli {

namespace {

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

Ending watch(const std::function<std::string()>& work, std::uint64_t timeout_ns = 0) {
    Outcome<Ending> ending = supervise(work, timeout_ns);
    EXPECT_TRUE(ending.ok());
    return ending.ok() ? std::move(ending).value() : Ending{};
}

std::string sleep_long() {
    std::this_thread::sleep_for(std::chrono::minutes(10));
    return "";
}

// Each call needs its frame afterwards, so the compiler cannot turn the recursion into a loop.
int recurse(int depth) {
    volatile char frame[4096];
    frame[0] = static_cast<char>(depth);
    if (depth < 0) return 0;  // never: a stack of 2^31 frames does not fit
    return recurse(depth + 1) + frame[0];
}

TEST(Supervisor, what_the_work_returns_arrives) {
    const Ending ending = watch([] { return std::string("report"); });
    EXPECT_EQ(ending.by, EndedBy::itself);
    EXPECT_EQ(ending.code, 0);
    EXPECT_EQ(ending.sent, "report");
    EXPECT_GT(ending.peak_rss_bytes, 0U);
    EXPECT_GT(ending.wall_ns, 0U);
}

TEST(Supervisor, a_report_larger_than_the_pipe_arrives_whole) {
    const Ending ending = watch([] { return std::string(5'000'000, 'x'); });
    EXPECT_EQ(ending.sent.size(), 5'000'000U);
}

TEST(Supervisor, an_exit_inside_the_work_is_told_with_its_code) {
    const Ending ending = watch([]() -> std::string { std::_Exit(3); });
    EXPECT_EQ(ending.by, EndedBy::itself);
    EXPECT_EQ(ending.code, 3);
    EXPECT_EQ(ending.sent, "");
}

TEST(Supervisor, every_deadly_signal_is_told_by_its_number) {
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGKILL, SIGTERM, SIGPIPE}) {
        if (has_sanitizer && signal != SIGKILL && signal != SIGTERM && signal != SIGPIPE) continue;
        const Ending ending = watch([signal] {
            const rlimit no_core{0, 0};
            setrlimit(RLIMIT_CORE, &no_core);
            kill(getpid(), signal);
            return sleep_long();
        });
        EXPECT_EQ(ending.by, EndedBy::signal) << signal;
        EXPECT_EQ(ending.code, signal);
    }
}

TEST(Supervisor, an_exhausted_native_stack_is_not_an_ordinary_crash) {
    if (has_sanitizer) GTEST_SKIP() << "the sanitizer reports it";
    const Ending ending = watch([] { return std::to_string(recurse(0)); });
    EXPECT_EQ(ending.by, EndedBy::native_stack);
}

// The sanitizer's own check comes at an exit, which a child never reaches.
TEST(Supervisor, what_a_child_forgets_is_found_under_the_sanitizer) {
    if (!lang::finds_leaks) GTEST_SKIP() << "only the sanitizer looks for it";
    const auto work = [](bool forgets) {
        return watch([forgets] {
            // A register or the stack may still refer to the last one.
            for (int i = 0; i < 10; ++i) {
                char* volatile block = new char[100];
                if (!forgets) delete[] block;
            }
            return std::string("report");
        });
    };
    EXPECT_EQ(work(false).sent, "report");
    testing::internal::CaptureStderr();
    const Ending ending = work(true);
    const std::string told = testing::internal::GetCapturedStderr();
    EXPECT_EQ(ending.sent, "");
    EXPECT_EQ(ending.code, EXIT_FAILURE);
    EXPECT_NE(told.find("detected memory leaks"), std::string::npos) << told;
}

TEST(Supervisor, a_wild_write_is_an_ordinary_crash) {
    if (has_sanitizer) GTEST_SKIP() << "the sanitizer reports it";
    const Ending ending = watch([] {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        *reinterpret_cast<volatile char*>(std::uintptr_t{4096}) = 1;
        return std::string();
    });
    EXPECT_EQ(ending.by, EndedBy::signal);
    EXPECT_EQ(ending.code, SIGSEGV);
}

TEST(Supervisor, an_endless_loop_ends_at_the_time_limit) {
    const Ending ending = watch(
        []() -> std::string {
            volatile int turns = 0;
            while (true) turns = turns + 1;
        },
        50'000'000);
    EXPECT_EQ(ending.by, EndedBy::time_limit);
    EXPECT_GE(ending.wall_ns, 50'000'000U);
    EXPECT_LT(ending.wall_ns, 5'000'000'000U);
}

TEST(Supervisor, a_child_that_refuses_to_end_is_killed) {
    const Ending ending = watch(
        [] {
            std::signal(SIGTERM, SIG_IGN);
            return sleep_long();
        },
        20'000'000);
    EXPECT_EQ(ending.by, EndedBy::time_limit);
    EXPECT_LT(ending.wall_ns, 5'000'000'000U);
}

TEST(Supervisor, an_interrupt_ends_the_child_and_spares_the_harness) {
    const pid_t self = getpid();
    const Ending ending = watch([self] {
        kill(self, SIGINT);
        return sleep_long();
    });
    EXPECT_EQ(ending.by, EndedBy::interrupt);
    EXPECT_EQ(ending.code, SIGINT);
}

TEST(Supervisor, a_child_of_the_child_that_holds_the_pipe_does_not_hang_it) {
    const Ending ending = watch([] {
        if (fork() == 0) {
            std::this_thread::sleep_for(std::chrono::seconds(2));
            std::_Exit(0);
        }
        return std::string("done");
    });
    EXPECT_EQ(ending.sent, "done");
    EXPECT_LT(ending.wall_ns, 1'500'000'000U);
}

// Printed text must be written whatever ends the child; the test reads it from a file that stands for stdout.
std::string output_of(const std::function<std::string()>& work, std::uint64_t timeout_ns) {
    std::FILE* const file = std::tmpfile();
    std::fflush(stdout);
    const int saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    watch(work, timeout_ns);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    std::rewind(file);
    char text[256];
    const std::size_t size = std::fread(text, 1, sizeof text, file);
    std::fclose(file);
    return {text, size};
}

TEST(Supervisor, buffered_output_survives_a_time_limit) {
    const auto work = [] {
        std::fputs("printed before", stdout);
        return sleep_long();
    };
    EXPECT_EQ(output_of(work, 100'000'000), "printed before");
}

TEST(Supervisor, buffered_output_survives_a_crash) {
    if (has_sanitizer) GTEST_SKIP() << "the sanitizer handles the signal";
    const auto work = []() -> std::string {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        std::fputs("printed before", stdout);
        std::raise(SIGSEGV);
        return "";
    };
    EXPECT_EQ(output_of(work, 0), "printed before");
}

TEST(Supervisor, signals_have_names) {
    EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
    EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
    EXPECT_EQ(signal_name(12345), "signal 12345");
}

}  // namespace

}  // namespace harness::cli
