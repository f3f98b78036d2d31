// The lifetime `scope`: an object is owned by one name or one place, and goes when its owner goes: at the end
// of the function, when it is overwritten, or with what it was stored in. Everything else is a borrow, and a
// checked run finds the borrow that outlives its owner (the owners and borrows of Clarke, Potter and Noble,
// "Ownership types for flexible alias protection", 1998, judged when the owner goes).
#pragma once

#include "lang/lifetimes/policy.hpp"

namespace harness::lang {

struct Scope : ObjectsUncounted {
    static constexpr Lifetime traits() {
        Lifetime l = ObjectsUncounted::traits();
        l.name = "scope";
        l.summary = "released with its owner: a name, or the place that it was handed to";
        l.single_owner = true;
        return l;
    }
    /// Another name for the same object borrows it.
    template <bool Checked>
    [[gnu::always_inline]] static Value share_name(Interpreter* S, Value v) {
        return share<Checked>(S, v);
    }
    /// What a name answers for leaves it; the name goes on as a borrow.
    template <bool Checked>
    [[gnu::always_inline]] static Value pass(Interpreter* S, Value& from) {
        const Value v = from;
        if (always_counted(v)) count_up<Checked>(S, v);
        from = v.lent();
        return v;
    }
    template <bool Checked>
    [[gnu::always_inline]] static void discard(Interpreter* S, Value v) {
        if (always_counted(v))
            count_down<Checked>(S, v);
        else if (v.is_owned())
            S->deinit(v);
    }
    /// discard(), but the end of it is left to the caller when this says so: overwritten() or end_owned().
    template <bool Checked>
    [[gnu::always_inline]] static bool lose(Interpreter* S, Value v) {
        return answers(v) && (!always_counted(v) || lose_count<Checked>(S, v));
    }
    template <bool Checked>
    [[gnu::always_inline]] static void drop(Interpreter* S, Value v) {
        discard<Checked>(S, v);
    }
    /// A named object stays with its name: the place borrows it.
    template <bool Checked>
    [[gnu::always_inline]] static Value store_copy(Interpreter* S, Value holder, Value v) {
        if (always_counted(v)) {
            count_up<Checked>(S, v);
            return v;
        }
        if constexpr (Checked)
            if (v.is_heap()) S->note_borrow(holder, v);
        return v.lent();
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value store_take(Interpreter* S, Value holder, Value v) {
        if constexpr (Checked)
            if (v.is_heap() && !always_counted(v))
                v.is_owned() ? S->note_owner(holder, v) : S->note_borrow(holder, v);
        return v;
    }
    template <bool Checked>
    static Value store_edge(Interpreter* S, Value holder, Value v) {
        return store_copy<Checked>(S, holder, v);
    }
    [[gnu::always_inline]] static Value read_name(Value v) { return v.lent(); }
};

}  // namespace harness::lang
