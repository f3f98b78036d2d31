// What the static analysis has to say: a defect that is certain, and the lifetimes under which it is one.
// Most mistakes with memory are mistakes under some strategies only, and some have another name under each.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lang/source/diagnostic.hpp"

namespace harness::lang {

/// A set of lifetimes, as one bit each.
using LifetimeSet = std::uint16_t;

namespace under {
inline constexpr LifetimeSet leak = 1, manual = 2, refcount = 4, refcount_cycles = 8, gc = 16, arena = 32,
                             stack = 64, scope = 128, ownership = 256;
inline constexpr LifetimeSet all = 511;
}  // namespace under

/// The names of the set's members, in the order of the bits.
std::vector<std::string_view> names_of(LifetimeSet lifetimes);

struct Finding {
    /// What a run ends with under some lifetimes; without lifetimes it is a warning.
    struct Outcome {
        LifetimeSet lifetimes = 0;
        Diagnostic diagnostic;
    };
    std::vector<Outcome> outcomes;  ///< at least one, all at one place; no lifetime is in two

    Span span() const { return outcomes.front().diagnostic.span; }
    LifetimeSet lifetimes() const {
        LifetimeSet all = 0;
        for (const Outcome& each : outcomes) all = static_cast<LifetimeSet>(all | each.lifetimes);
        return all;
    }
};

}  // namespace harness::lang
