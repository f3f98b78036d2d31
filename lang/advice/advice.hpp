// What to do about a run-time error: one sentence, and the exact part of the source that is wrong. Everything
// here happens when an error is printed; an error that the program catches costs nothing of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lang/source/diagnostic.hpp"

namespace harness::lang {

/// What only the running program knew about an error, as plain data.
struct ErrorFacts {
    bool by_language =
        false;  ///< the language found the mistake; an error that the program raises says all itself
    std::int64_t index = 0;    ///< that was asked for
    std::int64_t length = -1;  ///< of what was indexed, looked into or taken apart; -1: unknown
    std::string nearest;       ///< an existing key (as repr) or attribute that looks like the one asked for
    std::string other_key;     ///< an existing key that differs from the one asked for in type alone, as repr
    std::string other_type;    ///< its type
    std::vector<std::string> attributes;  ///< of an object of a class of the program
    Span function{};                      ///< where the function that was called wrongly is defined
    std::vector<std::string> parameters;  ///< its parameters
};

/// Sets `help` and narrows `span` to the operand, subscript, name or argument that is wrong. Leaves both
/// alone where nothing certain can be said.
void advise(Diagnostic& diagnostic, const ErrorFacts& facts, const SourceMap& sources);

/// Whether `text` matches the pattern, in which each `*` stands for any text; those texts go to `captures`.
bool matches_pattern(std::string_view pattern, std::string_view text,
                     std::vector<std::string_view>& captures);

}  // namespace harness::lang
