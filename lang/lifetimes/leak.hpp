// The lifetime `leak`: nothing is ever released. What every program costs when nobody cleans up, and the
// floor that the other lifetimes are measured from.
#pragma once

#include "lang/lifetimes/policy.hpp"

namespace harness::lang {

struct Leak : Unjudged {
    static constexpr Lifetime traits() {
        Lifetime l;
        l.name = "leak";
        l.summary = "nothing is released";
        l.sequence_header = false;
        l.literals_allocate = true;
        return l;
    }
    template <bool Checked>
    static Value store_edge(Interpreter*, Value, Value v) {
        return v.lent();
    }
};

}  // namespace harness::lang
