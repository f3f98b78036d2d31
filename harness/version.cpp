// `harness --version`: everything that a figure depends on besides the machine.
#include <fmt/core.h>
#include <gnu/libc-version.h>

#include "allocators/registry.hpp"
#include "harness/commands.hpp"
#include "harness/console.hpp"
#include "harness/exit_codes.hpp"

namespace harness::cli {

namespace {

#if defined(__clang__)
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "g++ " __VERSION__;
#endif

}  // namespace

int print_version() {
    std::string text =
        fmt::format("harness {}\ncompiler  {} ({})\n", HARNESS_VERSION, compiler, HARNESS_BUILD_TYPE);
    text += fmt::format("direct    glibc {}\n", gnu_get_libc_version());
    for (const auto& info : allocators::list_allocators()) {
        if (info.kind != allocators::AllocatorKind::peer) continue;
        const Outcome<std::string> version = allocators::peer_version(info.name);
        text += fmt::format("{:9} {}\n", info.name, version.ok() ? version.value() : "missing");
    }
    return print_out(text) ? exit_ok : exit_harness_failed;
}

}  // namespace harness::cli
