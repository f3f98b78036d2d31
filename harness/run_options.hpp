// What `harness run` was asked to do, and how the command line says it.
// Parsing is apart from running, so that every option can be tested without a program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/command_line.hpp"

namespace harness::cli {

struct RunSettings {
    std::string file;                  ///< "-" is standard input
    std::string allocator = "direct";  ///< a spec of the registry, not yet looked up
    std::string lifetime = "refcount";
    bool checked = true;
    bool fail_on_leak = false;
    bool elide_counts = true;
    bool gc_stress = false;
    std::uint64_t gc_pause_ns = 1'000'000;
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<std::string> args;
    std::uint64_t max_heap_bytes = 0;  ///< 0: no limit
    std::uint32_t max_depth = 200'000;
    std::uint64_t timeout_ns = 0;  ///< 0: no limit
    std::uint64_t seed = 1;
    std::string json_path;  ///< empty: none; "-" is standard output
    bool force = false;     ///< an existing JSON file may be replaced
    int target_bits = 64;   ///< of pointers in layouts
    std::string layout;     ///< the type whose bytes are drawn instead of running anything; empty: none
    bool stats = false;
    bool quiet = false;
};

/// The names that may be chosen from; those of allocators are only used for defaults that depend on what
/// exists.
struct KnownNames {
    std::vector<std::string> allocators;
    std::vector<std::string> lifetimes;
    std::vector<std::string> lifetimes_left_out{};  ///< that exist, but not in this build
};

/// Reads the arguments after `run`. Everything behind a bare `--` belongs to the program.
Parsed<RunSettings> parse_run(const std::vector<std::string>& arguments, const KnownNames& known);

}  // namespace harness::cli
