// The options of `harness run`.
// CLI11 collects the texts; those that need more than a conversion are read here, with messages of our own.
#include "harness/run_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <limits>

#include "allocators/registry.hpp"
#include "harness/units.hpp"

namespace harness::cli {

namespace {

constexpr const char* examples =
    R"(Examples:
  harness run program.src                                 checked, refcount, on malloc
  harness run --allocator arena --lifetime leak p.src --stats
  harness run p.src --set depth=18 --json - --quiet       one JSON object after the output
  harness run --unchecked --timeout 10 --max-heap 2G p.src
  harness run --layout Example --target-bits 32 p.src     the bytes of a struct or enum of the program
  generate | harness run - -- these are args

Runs one program under one allocator and one lifetime, in a child process that may fail safely.
Ends with 0 if all is well, 1 for a run-time error, 2 for wrong usage, 4 for a memory defect, 5 for a limit,
6 for a rejected program, 7 if the cell crashed or the harness failed.
)";

// Options as they were typed, before our own reading.
struct Texts {
    std::vector<std::string> settings;
    std::string max_heap, max_depth, timeout, seed, gc_pause;
    std::optional<std::string> strategy;
    bool unchecked = false, debug = false, no_elision = false, gc_stress = false;
};

void declare(CLI::App& app, RunSettings& run, Texts& texts) {
    app.name("harness run");
    app.add_option("FILE", run.file, "the program; - is standard input")->type_name(" ")->required();
    auto* allocator =
        app.add_option("--allocator", run.allocator, "where bytes come from; see 'harness list'");
    allocator->type_name("NAME")->capture_default_str();
    auto* lifetime = app.add_option("--lifetime", run.lifetime, "when they go back; see 'harness list'");
    lifetime->type_name("NAME")->capture_default_str();
    auto* unchecked =
        app.add_flag("--unchecked", texts.unchecked, "full speed, without finding memory defects");
    app.add_flag("--fail-on-leak", run.fail_on_leak, "a leak ends with exit code 4 under every lifetime");
    // Several values after one --set would swallow FILE, so each --set takes exactly one.
    app.add_option("--set", texts.settings, "sets what param(\"KEY\", …) reads; repeatable")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app.add_option("--json", run.json_path, "writes the report as one JSON object; - is standard output")
        ->type_name("FILE")
        ->check([](const std::string& path) { return path.empty() ? "the file has no name" : ""; });
    app.add_flag("--force", run.force, "lets --json replace an existing file");
    app.add_option("--target-bits", run.target_bits, "32 or 64: of pointers and usize in layouts")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::IsMember({32, 64}));
    app.add_option("--layout", run.layout, "draws the bytes of a type of the program, which is not run")
        ->type_name("TYPE")
        ->check([](const std::string& type) { return type.empty() ? "name a type" : ""; });
    app.add_flag("--stats", run.stats, "prints the full table of figures");
    app.add_flag("--quiet", run.quiet, "leaves the summary line out");
    app.add_option("--max-heap", texts.max_heap, "limit on requested bytes; takes K, M, G")
        ->type_name("BYTES");
    app.add_option("--max-depth", texts.max_depth, "limit on nested calls")
        ->type_name("N")
        ->default_str(std::to_string(run.max_depth));
    app.add_option("--timeout", texts.timeout, "limit on wall time; takes s, ms")->type_name("SECONDS");
    app.add_option("--seed", texts.seed, "of random numbers and process identifiers")
        ->type_name("N")
        ->default_str(std::to_string(run.seed));
    app.add_option("--memory-strategy", texts.strategy,
                   "auto (refcount), manual or arena: another --lifetime")
        ->type_name("NAME")
        ->excludes(lifetime);
    app.add_flag("--memory-debug", texts.debug, "checked, on the debugging allocator")
        ->excludes(unchecked)
        ->excludes(allocator);
    app.add_option("--gc-pause", texts.gc_pause, "a step of the collector stops after this; takes s, ms, us")
        ->type_name("SECONDS")
        ->default_str("1ms");
    app.add_flag("--no-elision", texts.no_elision)->group("");
    app.add_flag("--gc-stress", texts.gc_stress)->group("");
    // Else --unchecked=false would be one more way to write nothing.
    for (CLI::Option* option : app.get_options()) {
        if (option->get_items_expected_max() == 0) option->disable_flag_override();
    }
}

std::optional<Failure> read_settings(const std::vector<std::string>& texts, RunSettings& run) {
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            return Failure{fmt::format("--set '{}' has no key and value", text), "write --set depth=18"};
        }
        const std::string key = text.substr(0, equals);
        const std::string value = text.substr(equals + 1);
        const auto same = [&](const auto& setting) { return setting.first == key; };
        const auto before = std::find_if(run.settings.begin(), run.settings.end(), same);
        // The last one counts, so that a script can be given its exceptions behind its habits.
        if (before != run.settings.end())
            before->second = value;
        else
            run.settings.emplace_back(key, value);
    }
    return std::nullopt;
}

// Leaves `number` as it is when nothing was given.
template <class T>
std::optional<Failure> read_number(std::string_view option, const std::string& text, T& number) {
    if (text.empty()) return std::nullopt;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && stopped == end) return std::nullopt;
    return Failure{fmt::format("{}: '{}' is not a whole number", option, text),
                   fmt::format("write one from 0 to {}", std::numeric_limits<T>::max())};
}

std::optional<Failure> read_limits(const Texts& texts, RunSettings& run) {
    if (!texts.max_heap.empty()) {
        const auto bytes = parse_bytes(texts.max_heap);
        if (!bytes) return Failure{"--max-heap: " + bytes.failure().message, bytes.failure().remedy};
        if (bytes.value() == 0)
            return Failure{"--max-heap: 0 leaves nothing to run in", "leave it out for no limit"};
        run.max_heap_bytes = bytes.value();
    }
    if (!texts.timeout.empty()) {
        const auto ns = parse_seconds(texts.timeout);
        if (!ns) return Failure{"--timeout: " + ns.failure().message, ns.failure().remedy};
        run.timeout_ns = ns.value();
    }
    if (!texts.gc_pause.empty()) {
        const auto ns = parse_seconds(texts.gc_pause);
        if (!ns) return Failure{"--gc-pause: " + ns.failure().message, ns.failure().remedy};
        run.gc_pause_ns = ns.value();
    }
    if (auto failure = read_number("--max-depth", texts.max_depth, run.max_depth)) return failure;
    if (run.max_depth == 0)
        return Failure{"--max-depth: 0 leaves no call, not even the program", "write at least 1"};
    return read_number("--seed", texts.seed, run.seed);
}

std::optional<Failure> choose_cell(const Texts& texts, const KnownNames& known, RunSettings& run) {
    if (texts.strategy == "auto") {
        run.lifetime = "refcount";
    } else if (texts.strategy == "manual" || texts.strategy == "arena") {
        run.lifetime = *texts.strategy;
    } else if (texts.strategy.has_value()) {
        return unknown_name("a memory strategy", *texts.strategy, {"auto", "manual", "arena"},
                            "harness run --help");
    }
    const auto has = [](const std::vector<std::string>& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (texts.debug) run.allocator = has(known.allocators, "general") ? "general" : "direct";
    if (allocators::has_overlapping_blocks(run.allocator)) {
        return Failure{"'" + run.allocator +
                           "': 'null' hands out the same bytes again and again, so no program can run on it",
                       "use --allocator fixed to see the language's own share"};
    }
    if (has(known.lifetimes_left_out, run.lifetime)) {
        return Failure{fmt::format("the lifetime '{}' is not in this build, which has {}", run.lifetime,
                                   fmt::join(known.lifetimes, ", ")),
                       "configure it without -DHARNESS_LIFETIMES, or with this name in it"};
    }
    if (!has(known.lifetimes, run.lifetime)) {
        return unknown_name("a lifetime", run.lifetime, known.lifetimes, "harness list");
    }
    return std::nullopt;
}

}  // namespace

Parsed<RunSettings> parse_run(const std::vector<std::string>& arguments, const KnownNames& known) {
    RunSettings run;
    Texts texts;
    const auto bar = std::find(arguments.begin(), arguments.end(), "--");
    if (bar != arguments.end()) run.args.assign(bar + 1, arguments.end());

    if (std::find(known.allocators.begin(), known.allocators.end(), "slab") != known.allocators.end()) {
        run.allocator = "slab";
    }
    // A build with one lifetime needs no option to use it.
    if (known.lifetimes.size() == 1) run.lifetime = known.lifetimes.front();
    CLI::App app(examples);
    declare(app, run, texts);
    if (const auto end = read_arguments(app, {arguments.begin(), bar})) {
        if (const auto* help = std::get_if<HelpText>(&*end)) return *help;
        return std::get<Failure>(*end);
    }
    if (const auto failure = read_settings(texts.settings, run)) return *failure;
    if (const auto failure = read_limits(texts, run)) return *failure;
    run.checked = !texts.unchecked;
    run.elide_counts = !texts.no_elision;
    run.gc_stress = texts.gc_stress;
    if (const auto failure = choose_cell(texts, known, run)) return *failure;
    return run;
}

}  // namespace harness::cli
