// One finding for each place.
#include "lang/check/reports.hpp"

#include <algorithm>

namespace harness::lang::analysis {

void Reports::add(LifetimeSet lifetimes, Diagnostic diagnostic) {
    const std::pair place{diagnostic.span.begin, diagnostic.span.end};
    const auto at = found_.find(place);
    if (at == found_.end()) {
        if (found_.size() >= most_findings) return;
        Finding finding;
        finding.outcomes.push_back({lifetimes, std::move(diagnostic)});
        found_.emplace(place, std::move(finding));
        return;
    }
    Finding& finding = at->second;
    // Lifetimes that were spoken of already end by that error.
    lifetimes = static_cast<LifetimeSet>(lifetimes & ~finding.lifetimes());
    if (lifetimes == 0) return;
    const auto same = std::find_if(finding.outcomes.begin(), finding.outcomes.end(),
                                   [&](const auto& each) { return each.diagnostic.name == diagnostic.name; });
    if (same != finding.outcomes.end())
        same->lifetimes = static_cast<LifetimeSet>(same->lifetimes | lifetimes);
    else
        finding.outcomes.push_back({lifetimes, std::move(diagnostic)});
}

void Reports::warn(Diagnostic diagnostic) {
    diagnostic.warning = true;
    if (!found_.contains({diagnostic.span.begin, diagnostic.span.end})) add(0, std::move(diagnostic));
}

std::vector<Finding> Reports::take() {
    std::vector<Finding> all;
    for (auto& [place, finding] : found_) all.push_back(std::move(finding));
    return all;
}

}  // namespace harness::lang::analysis
