// Writing to the two standard streams.
#include "harness/console.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace harness::cli {

bool colour_wanted() {
    const char* const no_colour = std::getenv("NO_COLOR");
    if (no_colour != nullptr && *no_colour != '\0') return false;
    const char* const terminal = std::getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

void occupy_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
        // The lowest free number is taken, and those below are occupied. The wrong direction makes every use
        // fail.
        open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

void complain(const Failure& failure) {
    std::string text;
    if (colour_wanted()) {
        text = fmt::format("\x1b[1mharness: \x1b[31m{}\x1b[0m\n", failure.message);
    } else {
        text = fmt::format("harness: {}\n", failure.message);
    }
    if (!failure.excerpt.empty()) text += failure.excerpt + "\n";
    if (!failure.remedy.empty()) text += fmt::format("help: {}\n", failure.remedy);
    print_err(text);
}

bool print_out(std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (written && std::fflush(stdout) == 0) return true;
    complain({fmt::format("cannot write to standard output: {}", std::strerror(errno)),
              "make room where standard output goes, or open it"});
    return false;
}

void print_err(std::string_view text) {
    std::fflush(stdout);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace harness::cli
