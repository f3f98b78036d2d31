// The lifetime `leak`: nothing is ever released. What every program costs when nobody cleans up, and the
// floor that the other lifetimes are measured from.
#pragma once

#include "lang/lifetimes/policy.hpp"

namespace harness::lang {

struct Leak : Unanswered {
    static constexpr Lifetime traits() {
        Lifetime l;
        l.name = "leak";
        l.summary = "nothing is released";
        l.sequence_header = false;
        l.literals_allocate = true;
        return l;
    }
    template <bool Checked>
    static Value store_copy(Interpreter*, Value, Value v) {
        return v;
    }
    template <bool Checked>
    static Value store_take(Interpreter*, Value, Value v) {
        return v;
    }
    template <bool Checked>
    static Value store_edge(Interpreter*, Value, Value v) {
        return v.lent();
    }
    template <bool Checked>
    static Value take(Interpreter*, Value v) {
        return v;
    }
    static Value read_place(Value v) { return v; }
    static Value read_name(Value v) { return v; }
};

}  // namespace harness::lang
