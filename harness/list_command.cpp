// `harness list`: what can be chosen, one name a line with what it is.
// Names stand in the first column, so that scripts can take them from there.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "allocators/registry.hpp"
#include "harness/command_steps.hpp"
#include "harness/commands.hpp"
#include "harness/console.hpp"
#include "harness/exit_codes.hpp"
#include "lang/run.hpp"

namespace harness::cli {

namespace {

constexpr const char* examples =
    R"(Examples:
  harness list                    everything
  harness list allocators         only these, without a head
  harness list lifetimes | cut -d' ' -f1

Any allocator works with any lifetime; allocators also nest: pool(32,1M)/arena/page.
)";

std::string_view threading_text(allocators::Threading threading) {
    switch (threading) {
        case allocators::Threading::single:
            return "single";
        case allocators::Threading::free_from_any:
            return "free from any";
        case allocators::Threading::shared:
            return "shared";
    }
    return "";
}

// Its version, or what would bring it.
std::string peer_text(const std::string& name) {
    const Outcome<std::string> version = allocators::peer_version(name);
    return version.ok() ? version.value() : "missing: " + version.failure().remedy;
}

std::string allocator_lines() {
    const std::vector<allocators::AllocatorInfo> all = allocators::list_allocators();
    std::size_t name_width = 0, parameter_width = 0;
    const auto shown_name = [](const allocators::AllocatorInfo& info) {
        return info.kind == allocators::AllocatorKind::wrapper ? info.name + "(A)" : info.name;
    };
    for (const auto& info : all) {
        name_width = std::max(name_width, shown_name(info).size());
        parameter_width = std::max(parameter_width, info.parameters.size());
    }
    std::string text;
    for (const auto& info : all) {
        text += fmt::format("{:{}}  {:13}  {:{}}  {}", shown_name(info), name_width,
                            threading_text(info.threading), info.parameters, parameter_width, info.summary);
        if (info.kind == allocators::AllocatorKind::peer) text += fmt::format(" ({})", peer_text(info.name));
        text += '\n';
    }
    return text;
}

std::string lifetime_lines() {
    const std::vector<lang::LifetimeInfo> all = lang::list_lifetimes();
    std::size_t name_width = 0;
    for (const auto& info : all) name_width = std::max(name_width, info.name.size());
    std::string text;
    for (const auto& info : all) text += fmt::format("{:{}}  {}\n", info.name, name_width, info.summary);
    return text;
}

}  // namespace

int list_command(const std::vector<std::string>& arguments) {
    std::string what;
    CLI::App app(examples);
    app.name("harness list");
    app.add_option("WHAT", what, "allocators or lifetimes; everything if left out")->type_name(" ");
    if (const auto end = read_arguments(app, arguments)) return tell_end(*end).value();
    std::string text;
    if (what.empty()) {
        text = "allocators: name, threads, parameters, what it is\n" + allocator_lines() + "\nlifetimes\n" +
               lifetime_lines();
    } else if (what == "allocators") {
        text = allocator_lines();
    } else if (what == "lifetimes") {
        text = lifetime_lines();
    } else {
        return refuse(
            unknown_name("something to list", what, {"allocators", "lifetimes"}, "harness list --help"));
    }
    return print_out(text) ? exit_ok : exit_harness_failed;
}

}  // namespace harness::cli
