// The one form in which everything that goes wrong is told: place, cause, remedy. Front end, VM and checks
// fill in Diagnostics; a single printer turns them into text, so that all errors look alike.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lang/source/source_map.hpp"

namespace harness::lang {

/// A further place that belongs to an error, for example "allocated" or "released"; printed with its source
/// line.
struct Related {
    std::string label;  ///< without the colon
    Span span;
    bool is_rest = false;  ///< no place but a line that says what was left out
};

/// An error that was being handled when this one was raised, or the cause that it names.
struct Earlier {
    bool is_cause = false;
    std::string name, message;
    Span span;
};

/// One line of the call stack, innermost first.
struct StackLine {
    std::string function;
    Span span;
    std::uint64_t left_out = 0;  ///< when not 0: no call, but so many that are not listed
};

struct Diagnostic {
    std::string name;     ///< "SyntaxError", "LeakError", …
    Span span;            ///< what the caret marks; {0, 0} prints no source line
    std::string message;  ///< one line, no full stop
    std::vector<Related> related;
    std::vector<std::string> details;  ///< further lines, printed indented by two, for example a cycle's path
    std::vector<Earlier> earlier;      ///< the latest first
    std::uint64_t earlier_left_out = 0;
    std::string help;              ///< the remedy, one line; empty prints none
    std::vector<StackLine> stack;  ///< empty for static errors
    bool warning = false;
};

struct PrintOptions {
    bool colour = false;
};

/// The text of one diagnostic, as the reference shows it; ends with a line end. Long source lines are cut
/// around the span, tabs and control bytes are made visible, deep stacks are folded (the first 10 and the
/// last 10 lines).
std::string render(const Diagnostic& diagnostic, const SourceMap& sources, PrintOptions options = {});

/// The candidate nearest to `name` by edit distance, or empty when none is near enough to be a misspelling
/// (distance at most a third of the length, at least 1).
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace harness::lang
