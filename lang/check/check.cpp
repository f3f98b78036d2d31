// The door to the static analysis: a program from its source to its findings.
#include "lang/check/check.hpp"

#include <algorithm>
#include <array>

#include "lang/check/function_analysis.hpp"

namespace harness::lang {

std::vector<std::string_view> names_of(LifetimeSet lifetimes) {
    static constexpr std::array<std::string_view, 9> names = {
        "leak", "manual", "refcount", "refcount+cycles", "gc", "arena", "stack", "scope", "ownership"};
    std::vector<std::string_view> members;
    for (std::size_t i = 0; i < names.size(); ++i)
        if ((lifetimes >> i & 1U) != 0) members.push_back(names[i]);
    return members;
}

std::vector<Finding> find_defects(Block program, const Names& names, const SourceMap& sources) {
    using namespace analysis;
    const ProgramIndex index(program, names);
    EffectsOf effects(index);
    Summaries summaries;
    Reports reports(sources);
    // So many statements are looked at in second turns of loops, or a nest of them would cost a power of its
    // depth.
    std::size_t steps = 200'000;
    for (const FunctionScope* scope : index.callees_first()) {
        FunctionAnalysis analysis(index, effects, summaries, reports, *scope, steps);
        if (scope->node == nullptr) {
            analysis.module(program);
        } else {
            const auto& def = as<DefStmt>(scope->node);
            summaries[&def] = analysis.function(def);
        }
    }
    return reports.take();
}

StaticReport check_statically(const std::string& source, const RunOptions& options,
                              allocators::AnyAllocator& allocator, SourceMap& sources) {
    StaticReport report;
    report.errors = check(source, options, allocator, sources);
    if (!report.errors.empty()) return report;
    // The compiler kept its tree to itself; parsing is the cheapest part.
    Names names;
    const std::uint32_t base = sources.base_of(1).value_or(1);
    std::vector<Diagnostic> none;
    const Module program = parse(sources, base, names, none);
    report.findings = find_defects(program.body, names, sources);
    return report;
}

}  // namespace harness::lang
