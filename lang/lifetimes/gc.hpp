// The lifetime `gc`: an object goes some time after the program can no longer reach it. Nothing is counted;
// what leaves a place on the heap is shown to the collector while it marks.
#pragma once

#include "lang/lifetimes/policy.hpp"

namespace harness::lang {

struct Gc : Unjudged {
    static constexpr Lifetime traits() {
        Lifetime l;
        l.name = "gc";
        l.summary = "released some time after it became unreachable, by mark and sweep";
        l.traces = true;
        return l;
    }
    /// An edge is traced as well.
    template <bool Checked>
    static Value store_edge(Interpreter*, Value, Value v) {
        return v;
    }
    template <bool Checked>
    [[gnu::always_inline]] static void discard(Interpreter* S, Value v) {
        if (S->marking) [[unlikely]]
            S->collector->shade(v);
    }
    template <bool Checked>
    [[gnu::always_inline]] static bool lose(Interpreter* S, Value v) {
        discard<Checked>(S, v);
        return false;
    }
    template <bool Checked>
    static Value take(Interpreter* S, Value v) {
        discard<Checked>(S, v);
        return v;
    }
};

}  // namespace harness::lang
