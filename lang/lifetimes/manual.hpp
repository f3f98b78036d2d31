// The lifetime `manual`: objects go at `free` and `deinit`, and what is live at exit is a leak. Strings,
// closures and the other values that nobody can free by hand are counted.
#pragma once

#include "lang/lifetimes/policy.hpp"

namespace harness::lang {

struct Manual : ObjectsUncounted {
    static constexpr Lifetime traits() {
        Lifetime l = ObjectsUncounted::traits();
        l.name = "manual";
        l.summary = "released by free and deinit; what is live at exit is a leak";
        l.explicit_release = true;
        return l;
    }
    /// Another name for the same object: it may stand for it everywhere, also where a place is to own it.
    template <bool Checked>
    [[gnu::always_inline]] static Value share_name(Interpreter* S, Value v) {
        if (always_counted(v)) count_up<Checked>(S, v);
        return v;
    }
    template <bool Checked>
    [[gnu::always_inline]] static void discard(Interpreter* S, Value v) {
        if (always_counted(v)) count_down<Checked>(S, v);
    }
    template <bool Checked>
    [[gnu::always_inline]] static bool lose(Interpreter* S, Value v) {
        return always_counted(v) && lose_count<Checked>(S, v);
    }
    /// An unnamed value that was only lent goes with all that it owns.
    template <bool Checked>
    [[gnu::always_inline]] static void drop(Interpreter* S, Value v) {
        if (always_counted(v))
            count_down<Checked>(S, v);
        else if (v.is_owned())
            S->deinit(v);
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value store_copy(Interpreter* S, Value, Value v) {
        return share_name<Checked>(S, v);
    }
    template <bool Checked>
    static Value store_take(Interpreter*, Value, Value v) {
        return v;
    }
    template <bool Checked>
    static Value store_edge(Interpreter* S, Value, Value v) {
        return share<Checked>(S, v).lent();
    }
    /// A name's value stays as it is.
    static Value read_name(Value v) { return v; }
};

}  // namespace harness::lang
