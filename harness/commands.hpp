// The commands by name. Each lives in a file of its own and takes the arguments behind its name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harness::cli {

/// Returns the exit code.
using CommandFunction = int (*)(const std::vector<std::string>& arguments);

struct Command {
    std::string_view name, summary;
    CommandFunction call;
};

int run_command(const std::vector<std::string>& arguments);
int check_command(const std::vector<std::string>& arguments);
int list_command(const std::vector<std::string>& arguments);
int python_command(const std::vector<std::string>& arguments);
int print_version();

inline constexpr Command commands[] = {
    {"run", "runs one program under one allocator and one lifetime", run_command},
    {"check", "finds what is certainly wrong, then runs programs under every lifetime", check_command},
    {"list", "the allocators and lifetimes that there are", list_command},
    {"python", "prints a program as Python, its memory statements erased", python_command},
};

/// The whole program: finds the command, or helps to find it.
int dispatch(const std::vector<std::string>& arguments);

}  // namespace harness::cli
