// The options of `harness check`.
#include "harness/check_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace harness::cli {

namespace {

constexpr const char* examples =
    R"(Examples:
  harness check program.src                          static findings, then every lifetime, checked
  harness check --set depth=8 workloads/trees/*.src
  harness check --lifetimes refcount,gc,arena p.src  these lifetimes only
  harness check --static p.src                       without running it
  generate | harness check --json report.json -

Finds what is certainly wrong before anything runs, then runs each program under every lifetime in checked mode
and tells under which it is legal, whether it prints the same, what it leaks and what it costs.
Ends with 0 if all is well; else with the first of these that applies to any file: 7 a run crashed or the harness
failed, 6 rejected, or wrong under every lifetime, 4 a memory defect under some lifetime, found or met,
5 a limit, 1 a run-time error or an output that differs. 2 is wrong usage.
)";

// Options that go on to the reader of `harness run` as they were typed.
struct Passed {
    std::string allocator, max_heap, max_depth, timeout, seed;
    std::vector<std::string> settings;

    [[nodiscard]] std::vector<std::string> arguments() const {
        std::vector<std::string> words;
        const auto pass = [&](const char* option, const std::string& value) {
            if (!value.empty()) words.insert(words.end(), {option, value});
        };
        pass("--allocator", allocator);
        pass("--max-heap", max_heap);
        pass("--max-depth", max_depth);
        pass("--timeout", timeout);
        pass("--seed", seed);
        for (const std::string& setting : settings) pass("--set", setting);
        return words;
    }
};

void declare(CLI::App& app, CheckSettings& check, std::vector<std::string>& files, std::string& lifetimes,
             Passed& passed) {
    app.name("harness check");
    app.add_option("FILE", files, "programs; - is standard input")->type_name(" ")->required();
    app.add_option("--lifetimes", lifetimes, "some of them, separated by commas, or all")
        ->type_name("NAMES")
        ->default_str("all");
    app.add_flag("--static", check.static_only, "static findings only; nothing is run");
    app.add_option("--allocator", passed.allocator, "where bytes come from; see 'harness list'")
        ->type_name("NAME");
    app.add_option("--set", passed.settings, "sets what param(\"KEY\", …) reads; repeatable")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app.add_option("--timeout", passed.timeout, "limit on each run's wall time; takes s, ms")
        ->type_name("SECONDS");
    app.add_option("--max-heap", passed.max_heap, "limit on requested bytes; takes K, M, G")
        ->type_name("BYTES");
    app.add_option("--max-depth", passed.max_depth, "limit on nested calls")->type_name("N");
    app.add_option("--seed", passed.seed, "of random numbers and process identifiers")->type_name("N");
    app.add_option("--json", check.json_path,
                   "writes findings and verdicts as one JSON object; - is standard output")
        ->type_name("FILE")
        ->check([](const std::string& path) { return path.empty() ? "the file has no name" : ""; });
    app.add_flag("--force", check.force, "lets --json replace an existing file");
    app.add_flag("--quiet", check.quiet, "only findings and errors; no tables");
    for (CLI::Option* option : app.get_options()) {
        if (option->get_items_expected_max() == 0) option->disable_flag_override();
    }
}

// "a,b" to names that exist; the order is that of `harness list`, each once.
std::optional<Failure> choose_lifetimes(const std::string& text, const KnownNames& known,
                                        std::vector<std::string>& chosen) {
    std::vector<std::string> asked;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        asked.push_back(text.substr(at, comma - at));
        at = comma + 1;
    }
    const auto has = [](const std::vector<std::string>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const std::string& name : asked) {
        if (name != "all" && !has(known.lifetimes, name))
            return unknown_name("a lifetime", name, known.lifetimes, "harness list");
    }
    for (const std::string& name : known.lifetimes) {
        if (has(asked, "all") || has(asked, name)) chosen.push_back(name);
    }
    return std::nullopt;
}

}  // namespace

Parsed<CheckSettings> parse_check(const std::vector<std::string>& arguments, const KnownNames& known) {
    CheckSettings check;
    Passed passed;
    std::vector<std::string> files;
    std::string lifetimes = "all";
    const auto bar = std::find(arguments.begin(), arguments.end(), "--");
    CLI::App app(examples);
    declare(app, check, files, lifetimes, passed);
    if (const auto end = read_arguments(app, {arguments.begin(), bar})) {
        if (const auto* help = std::get_if<HelpText>(&*end)) return *help;
        return std::get<Failure>(*end);
    }
    if (const auto failure = choose_lifetimes(lifetimes, known, check.lifetimes)) return *failure;
    if (std::count(files.begin(), files.end(), "-") > 1)
        return Failure{"'-' is given more than once", "standard input holds one program"};
    for (const std::string& file : files) {
        std::vector<std::string> words = passed.arguments();
        words.insert(words.end(), {"--lifetime", check.lifetimes.front()});
        words.push_back(file);
        words.insert(words.end(), bar, arguments.end());
        Parsed<RunSettings> run = parse_run(words, known);
        if (const auto* failure = std::get_if<Failure>(&run)) return *failure;
        check.programs.push_back(std::get<RunSettings>(std::move(run)));
    }
    return check;
}

}  // namespace harness::cli
