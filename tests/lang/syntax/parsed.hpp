// One text parsed, with everything that belongs to it. All tests of the parser begin with it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lang/syntax/dump.hpp"
#include "lang/syntax/parser.hpp"

namespace harness::lang {

struct Parsed {
    explicit Parsed(std::string text)
        : base(sources.add("t.src", std::move(text))), module(parse(sources, base, names, errors)) {}

    std::string tree() const { return dump(module.body, names); }

    /// All errors as the user sees them.
    std::string messages() const {
        std::string text;
        for (const Diagnostic& each : errors) text += render(each, sources);
        return text;
    }

    /// "LINE:COLUMN message" of each error, one a line.
    std::string places() const {
        std::string text;
        for (const Diagnostic& each : errors) {
            const Place place = sources.place(each.span.begin);
            text +=
                std::to_string(place.line) + ":" + std::to_string(place.column) + " " + each.message + "\n";
        }
        return text;
    }

    SourceMap sources;
    Names names;
    std::vector<Diagnostic> errors;
    std::uint32_t base;
    Module module;
};

/// The tree of a correct text, or the messages.
inline std::string tree(std::string text) {
    const Parsed parsed(std::move(text));
    return parsed.errors.empty() ? parsed.tree() : parsed.messages();
}

}  // namespace harness::lang
