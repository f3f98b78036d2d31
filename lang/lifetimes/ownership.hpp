// The lifetime `ownership`: as `scope`, but an owner that is stored, given or bound to another name is moved,
// and its old name is dead (Rust's moves, told by the run where they cannot be proved before).
#pragma once

#include "lang/lifetimes/scope.hpp"

namespace harness::lang {

struct Ownership : Scope {
    static constexpr Lifetime traits() {
        Lifetime l = Scope::traits();
        l.name = "ownership";
        l.summary = "released with its one owner; what is stored or given is moved";
        l.moves = true;
        return l;
    }
    /// A name that only borrows stays a borrow.
    template <bool Checked>
    [[gnu::always_inline]] static Value pass(Interpreter* S, Value& from) {
        const Value v = from;
        if (always_counted(v))
            count_up<Checked>(S, v);
        else if (answers(v))
            from = Checked ? S->moved_marker(v) : Value::moved();
        return v;
    }
};

}  // namespace harness::lang
