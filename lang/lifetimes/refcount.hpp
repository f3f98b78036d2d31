// The lifetime `refcount`: an object goes, destructor first, when the last reference to it goes. Cycles leak
// and are reported; `refcount+cycles` finds them by trial deletion among the objects that lost a reference
// without dying (Bacon and Rajan, "Concurrent cycle collection in reference counted systems", 2001, the
// synchronous form).
#pragma once

#include "lang/lifetimes/policy.hpp"

namespace harness::lang {

struct Refcount {
    static constexpr Lifetime traits() {
        Lifetime l;
        l.name = "refcount";
        l.summary = "released with the last reference; cycles are reported";
        l.counts = true;
        l.counts_objects = true;
        l.live_at_exit_is_leak = true;
        l.birth_word = 1;
        return l;
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value share(Interpreter* S, Value v) {
        if (!v.is_heap()) return v;
        if constexpr (Checked) {
            ++S->costs.retains;
            if (!S->heap.handles().live(v)) return v;
        }
        std::uint32_t& count = object_count<Checked>(S, v);
        // Objects of an arena handle and constants are immortal: they end with what they belong to, and a
        // name that outlives them must not touch their memory.
        if (static_cast<std::int32_t>(count) < 0) return v;
        ++count;
        return v.owned();
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value share_name(Interpreter* S, Value v) {
        return share<Checked>(S, v);
    }
    template <bool Checked>
    [[gnu::always_inline]] static void discard(Interpreter* S, Value v) {
        if (answers(v)) count_down<Checked>(S, v);
    }
    /// discard(), but the end of the object is left to the caller when this says so.
    template <bool Checked>
    [[gnu::always_inline]] static bool lose(Interpreter* S, Value v) {
        return answers(v) && lose_count<Checked>(S, v);
    }
    template <bool Checked>
    [[gnu::always_inline]] static void drop(Interpreter* S, Value v) {
        discard<Checked>(S, v);
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value store_copy(Interpreter* S, Value, Value v) {
        return share<Checked>(S, v);
    }
    template <bool Checked>
    static Value store_take(Interpreter*, Value, Value v) {
        return v;
    }
    template <bool Checked>
    static Value store_edge(Interpreter* S, Value, Value v) {
        if (always_counted(v)) return share<Checked>(S, v);
        return v.lent();
    }
    template <bool Checked>
    static Value take(Interpreter* S, Value v) {
        return v.is_owned() ? v : share<Checked>(S, v);
    }
    static Value read_place(Value v) { return v; }
    static Value read_name(Value v) { return v; }
};

struct RefcountCycles : Refcount {
    static constexpr Lifetime traits() {
        Lifetime l = Refcount::traits();
        l.name = "refcount+cycles";
        l.summary = "released with the last reference; cycles are collected";
        l.collects_cycles = true;
        return l;
    }
    template <bool Checked>
    static void discard(Interpreter* S, Value v) {
        if (!v.is_owned()) return;
        if (v.is_string()) {
            count_down<Checked>(S, v);
            return;
        }
        if constexpr (Checked) {
            ++S->costs.releases;
            if (!S->heap.handles().live(v)) return;
        }
        if (static_cast<std::int32_t>(object_count<Checked>(S, v)) < 0) return;
        if (--object_count<Checked>(S, v) == 0)
            S->end_object(v);
        else
            S->note_possible_root(v);
    }
    template <bool Checked>
    static bool lose(Interpreter* S, Value v) {
        discard<Checked>(S, v);
        return false;
    }
    template <bool Checked>
    static void drop(Interpreter* S, Value v) {
        discard<Checked>(S, v);
    }
};

}  // namespace harness::lang
