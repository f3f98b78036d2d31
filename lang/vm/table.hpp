// One table of handlers for each lifetime and each way of checking; a lifetime's source file instantiates its
// own.
#pragma once

#include <array>

#include "lang/vm/ops_owned.hpp"

namespace harness::lang {

/// What the registry of lifetimes holds for each: its description and its two tables.
struct LifetimeEntry {
    Lifetime lifetime;
    const Handler* unchecked;
    const Handler* checked;
};

template <class M>
constexpr auto make_table() {
    std::array<Handler, table_size> t{};
    for (Handler& h : t) h.run = &op_halt;
#define HARNESS_ENTRY_plain(name) &op_##name
#define HARNESS_ENTRY_owned(name) &Handlers<M>::op_##name
#define OP(name, words, instances, text) t[table_place(Op::name)].run = HARNESS_ENTRY_##instances(name);
#include "lang/bytecode/opcodes.def"
#undef OP
#undef HARNESS_ENTRY_plain
#undef HARNESS_ENTRY_owned
    t[far_opcode].run = &op_far;
    return t;
}

/// The faces of the policy's functions for slow paths and builtins.
template <class P, bool Checked>
constexpr Lifetime make_lifetime() {
    Lifetime l = P::traits();
    l.share = [](Machine& m, Value v) { return P::template share<Checked>(&interpreter(m), v); };
    l.drop = [](Machine& m, Value v) { P::template drop<Checked>(&interpreter(m), v); };
    l.store = [](Machine& m, Value c, Value v) {
        if constexpr (Checked && P::traits().counts_objects) interpreter(m).note_store(v);
        // An argument that was given is received; what is read from a place has been lent before.
        if constexpr (P::traits().single_owner)
            if (owns(v)) return interpreter(m).receive_once(c, v);
        return P::template store_copy<Checked>(&interpreter(m), c, v);
    };
    l.store_unnamed = [](Machine& m, Value c, Value v) {
        if constexpr (Checked && P::traits().counts_objects) interpreter(m).note_store(v);
        return P::template store_take<Checked>(&interpreter(m), c, v);
    };
    l.store_edge = [](Machine& m, Value c, Value v) {
        return P::template store_edge<Checked>(&interpreter(m), c, v);
    };
    l.take = [](Machine& m, Value v) { return P::template take<Checked>(&interpreter(m), v); };
    l.discard = [](Machine& m, Value v) { P::template discard<Checked>(&interpreter(m), v); };
    l.read_place = [](Value v) { return P::read_place(v); };
    return l;
}

template <class P>
struct LifetimeTables {
    static constexpr auto unchecked = make_table<Mode<P, false>>();
    static constexpr auto checked = make_table<Mode<P, true>>();
};

}  // namespace harness::lang
