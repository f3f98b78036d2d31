// Collects findings: one for each place, however often the walk comes by, and in the order of the source.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lang/check/finding.hpp"

namespace harness::lang::analysis {

class Reports {
  public:
    explicit Reports(const SourceMap& sources) : sources_(sources) {}

    /// A second finding at the same place adds its lifetimes to the first.
    void add(LifetimeSet lifetimes, Diagnostic diagnostic);
    void warn(Diagnostic diagnostic);
    std::vector<Finding> take();

    std::string_view excerpt(Span span) const { return sources_.excerpt(span); }

  private:
    const SourceMap& sources_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Finding> found_;
};

/// So many findings are told.
inline constexpr std::size_t most_findings = 100;

}  // namespace harness::lang::analysis
