// The handlers that a lifetime shapes: who answers for a value that is copied, stored, overwritten or left
// behind. Templates over the mode (lifetime and checked or not); table.hpp instantiates them once for each.
#pragma once

#include <cstring>

#include "lang/lifetimes/policy.hpp"
#include "lang/vm/dispatch.hpp"

namespace harness::lang {

#define A operand_a(word)
#define B operand_b(word)
#define C operand_c(word)

template <class M>
struct Handlers {
    using P = typename M::Policy;
    static constexpr bool checked = M::checked;
    static constexpr bool counts = P::traits().counts;

    static Value share(Interpreter* S, Value v) { return P::template share<checked>(S, v); }
    static void discard(Interpreter* S, Value v) { P::template discard<checked>(S, v); }
    static void drop(Interpreter* S, Value v) { P::template drop<checked>(S, v); }
    enum How { take, copy, edge };
    template <How how>
    static Value store(Interpreter* S, Value holder, Value v) {
        // Where a reference was stored is told of cycles that leak.
        if constexpr (checked && P::traits().counts_objects && how != edge) S->note_store(v);
        // Without a count nothing else tells that an object outlives its destructor.
        if constexpr (checked && !P::traits().counts_objects)
            if (v.is_heap() && same_object(v, S->destructing)) S->note_stored_self(holder);
        if constexpr (how == take)
            return P::template store_take<checked>(S, holder, v);
        else if constexpr (how == copy)
            return P::template store_copy<checked>(S, holder, v);
        else
            return P::template store_edge<checked>(S, holder, v);
    }
    /// Whether memory behind a reference may be looked at; checked runs find out, others believe.
    static bool alive(Interpreter* S, Value v) { return object_live<checked>(S, v); }
    static void* memory(Interpreter* S, Value v) { return object_address<checked>(S, v); }

    // --- Ends of fast paths

    /// Goes on behind an instruction that ended something. What ended may have been a defect, or have run
    /// into one: in checked runs the program is over here. `consumed` is a register whose value was received.
#define HARNESS_NEXT_ENDED(skip, consumed)       \
    do {                                         \
        if constexpr (checked) {                 \
            if (S->uncatchable()) [[unlikely]] { \
                R[consumed] = Value::none();     \
                HARNESS_GO(op_dead);             \
            }                                    \
        }                                        \
        HARNESS_NEXT(skip);                      \
    } while (0)

    [[gnu::noinline]] static void op_dead(HARNESS_OPERANDS) { HARNESS_GO(op_unwind); }

    static void op_share(HARNESS_OPERANDS) {
        R[A] = share(S, R[B]);
        HARNESS_NEXT(0);
    }
    static void op_share_name(HARNESS_OPERANDS) {
        R[A] = P::template share_name<checked>(S, R[B]);
        HARNESS_NEXT(0);
    }
    static void op_load_string(HARNESS_OPERANDS) {
        if constexpr (P::traits().literals_allocate) {
            S->at = pc;
            S->set_site();
            const Value v = S->heap.new_string(S->heap.text(K[pc[0]]));
            if (v == Value::failed()) HARNESS_GO(op_unwind);
            R[A] = v;
        } else {
            R[A] = K[pc[0]];
        }
        HARNESS_NEXT(1);
    }

    // --- Names

    static void op_assign_take(HARNESS_OPERANDS) {
        {
            const Value old = R[A];
            R[A] = R[B];
            S->at = pc;
            discard(S, old);
        }
        HARNESS_NEXT_ENDED(0, B);
    }
    static void op_assign_copy(HARNESS_OPERANDS) {
        {
            const Value old = R[A];
            R[A] = P::template share_name<checked>(S, R[B]);
            S->at = pc;
            discard(S, old);
        }
        HARNESS_NEXT(0);
    }
    static void op_discard(HARNESS_OPERANDS) {
        S->at = pc;
        discard(S, R[A]);
        HARNESS_NEXT_ENDED(0, A);
    }
    static void op_drop(HARNESS_OPERANDS) {
        S->at = pc;
        drop(S, R[A]);
        HARNESS_NEXT_ENDED(0, A);
    }
    static void op_drop_range(HARNESS_OPERANDS) {
        S->at = pc;
        for (unsigned i = A, end = A + B; i < end; ++i) drop(S, R[i]);
        HARNESS_NEXT(0);
    }
    static void op_discard_range(HARNESS_OPERANDS) {
        S->at = pc;
        for (unsigned i = A, end = A + B; i < end; ++i) discard(S, R[i]);
        HARNESS_NEXT(0);
    }

    [[gnu::noinline]] static void op_global_slow(HARNESS_OPERANDS) {
        S->at = pc;
        {
            S->scratch = S->globals[pc[0]];
            if (B == 1 || S->missing_global(pc[0], S->scratch)) {
                R[A] = S->scratch;
                HARNESS_NEXT(1);
            }
        }
        HARNESS_GO(op_unwind);
    }
    static bool is_marker(Value v) { return v.is_marker(); }

    static void op_get_global(HARNESS_OPERANDS) {
        const Value v = S->globals[pc[0]];
        if (is_marker(v)) [[unlikely]]
            HARNESS_GO(op_global_slow);
        R[A] = P::read_name(v);
        HARNESS_NEXT(1);
    }
    static void op_get_global_share(HARNESS_OPERANDS) {
        const Value v = S->globals[pc[0]];
        if (is_marker(v)) [[unlikely]]
            HARNESS_GO(op_global_slow);
        R[A] = share(S, P::read_name(v));
        HARNESS_NEXT(1);
    }
    static void op_set_global_take(HARNESS_OPERANDS) {
        {
            Value& slot = S->globals[pc[0]];
            const Value old = slot;
            S->at = pc;
            slot = S->to_global(R[A]);
            discard(S, old);
        }
        HARNESS_NEXT_ENDED(1, A);
    }
    static void op_set_global_copy(HARNESS_OPERANDS) {
        {
            Value& slot = S->globals[pc[0]];
            const Value old = slot;
            S->at = pc;
            slot = S->to_global(P::template share_name<checked>(S, R[A]));
            discard(S, old);
        }
        HARNESS_NEXT(1);
    }
    static void op_delete_global(HARNESS_OPERANDS) {
        S->at = pc;
        {
            Value& slot = S->globals[pc[0]];
            const Value old = slot;
            S->scratch = old;
            if (is_marker(old) && !S->missing_global(pc[0], S->scratch)) HARNESS_GO(op_unwind);
            slot = Value::unbound();
            discard(S, old);
        }
        HARNESS_NEXT(1);
    }

    // --- Cells

    static void op_new_cell(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        const Value cell = S->heap.new_cell(R[B]);
        if (cell == Value::failed()) HARNESS_GO(op_unwind);
        R[A] = cell;
        HARNESS_NEXT(0);
    }
    [[gnu::noinline]] static void op_cell_slow(HARNESS_OPERANDS) {
        S->at = pc;
        const Value v = static_cast<Cell*>(memory(S, R[B]))->content;
        if (C == 1) {
            R[A] = v;
            HARNESS_NEXT(1);
        }
        if (C == 2 && v == Value::unbound())
            S->raise_free_variable(pc[0]);
        else
            S->raise_no_value(v, pc[0]);
        HARNESS_GO(op_unwind);
    }
    static void op_get_cell(HARNESS_OPERANDS) {
        const Value v = static_cast<Cell*>(memory(S, R[B]))->content;
        if (is_marker(v)) [[unlikely]]
            HARNESS_GO(op_cell_slow);
        R[A] = P::read_name(v);
        HARNESS_NEXT(1);
    }
    static void op_get_cell_share(HARNESS_OPERANDS) {
        const Value v = static_cast<Cell*>(memory(S, R[B]))->content;
        if (is_marker(v)) [[unlikely]]
            HARNESS_GO(op_cell_slow);
        R[A] = share(S, P::read_name(v));
        HARNESS_NEXT(1);
    }
    static void op_set_cell_take(HARNESS_OPERANDS) {
        {
            auto* cell = static_cast<Cell*>(memory(S, R[A]));
            const Value old = held_by(cell);
            S->at = pc;
            cell->content = store<take>(S, R[A], R[B]);
            discard(S, old);
        }
        HARNESS_NEXT_ENDED(0, B);
    }
    static void op_set_cell_copy(HARNESS_OPERANDS) {
        {
            auto* cell = static_cast<Cell*>(memory(S, R[A]));
            const Value old = held_by(cell);
            S->at = pc;
            cell->content = store<copy>(S, R[A], R[B]);
            discard(S, old);
        }
        HARNESS_NEXT(0);
    }
    /// What the cell answers for; it answers for its next content again.
    static Value held_by(Cell* cell) {
        Header& head = reinterpret_cast<Header*>(cell)[-1];
        if ((head.flags & flag_weak_content) == 0) return cell->content;
        head.flags = static_cast<std::uint16_t>(head.flags & ~flag_weak_content);
        return Value::none();
    }
    static void op_set_cell_weak(HARNESS_OPERANDS) {
        {
            auto* cell = static_cast<Cell*>(memory(S, R[A]));
            const Value old = held_by(cell);
            S->at = pc;
            cell->content = R[B];
            reinterpret_cast<Header*>(cell)[-1].flags |= flag_weak_content;
            discard(S, old);
        }
        HARNESS_NEXT(0);
    }
    static void op_get_capture(HARNESS_OPERANDS) {
        R[A] = static_cast<Closure*>(memory(S, R[B]))->cells[C];
        HARNESS_NEXT(0);
    }

    // --- Loops over anything but counted ranges

    static void op_loop_begin(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        if (!S->loop_begin(&R[A])) HARNESS_GO(op_unwind);
        HARNESS_NEXT(0);
    }
    [[gnu::noinline]] static void op_loop_next_slow(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        {
            Value* loop = &R[A];
            const int got = S->loop_next(loop, &S->scratch);
            const Value item = S->scratch;
            if (got < 0) HARNESS_GO(op_unwind);
            if (got == 0) {
                pc += static_cast<std::int32_t>(pc[0]);
                HARNESS_NEXT(1);
            }
            if (B == A + 2) {
                const Value old = loop[2];
                loop[2] = item;
                drop(S, old);
            } else {
                // The item is unnamed: the loop keeps it, the name borrows it.
                const Value before = loop[2];
                loop[2] = item;
                const Value old = R[B];
                R[B] = share(S, P::read_place(item));
                discard(S, old);
                drop(S, before);
            }
        }
        HARNESS_NEXT(1);
    }
    static void op_loop_next(HARNESS_OPERANDS) {
        {
            Value* loop = &R[A];
            if (loop[0].is_sequence()) [[likely]] {
                if (!alive(S, loop[0])) HARNESS_GO(op_loop_next_slow);
                const auto* s = static_cast<Sequence*>(memory(S, loop[0]))->body();
                const std::uint64_t position = loop[1].bits;
                if (position >= static_cast<std::uint32_t>(s->word)) {
                    pc += static_cast<std::int32_t>(pc[0]);
                    HARNESS_NEXT(1);
                }
                loop[1].bits = position + 1;
                const Value item = reinterpret_cast<const Value*>(&s->word + 1)[position];
                if (checked && !S->readable(item)) HARNESS_GO(op_loop_next_slow);
                const Value old = R[B];
                R[B] = share(S, P::read_place(item));
                S->at = pc;
                discard(S, old);
                HARNESS_NEXT(1);
            }
        }
        HARNESS_GO(op_loop_next_slow);
    }

    // --- Fields

    /// Finds the field by name and remembers where it was for objects of the same class.
    template <bool Own>
    [[gnu::noinline]] static void op_get_field_slow(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        {
            const Value object = R[B];
            std::uint16_t& slot = S->scratch_slot;
            if (S->find_field_slot(object, pc[0], S->scratch_slot)) {
                const auto* head = static_cast<Header*>(memory(S, object)) - 1;
                const_cast<std::uint32_t*>(pc)[1] = std::uint32_t{head->class_id} | std::uint32_t{slot} << 16;
                const Value v = static_cast<Value*>(memory(S, object))[slot];
                if (!S->readable(v)) HARNESS_GO(op_dead);
                R[A] = Own ? share(S, P::read_place(v)) : P::read_place(v);
                HARNESS_NEXT(2);
            }
            const Value v = S->get_attribute(object, pc[0]);
            if (v == Value::failed()) HARNESS_GO(op_unwind);
            if constexpr (!Own && counts) S->park(v);
            R[A] = v;
        }
        HARNESS_NEXT(2);
    }
    template <bool Own>
    [[gnu::always_inline]] static void read_field(HARNESS_OPERANDS) {
        {
            const Value object = R[B];
            if ((object.is_object() || object.is_counted()) && alive(S, object)) [[likely]] {
                const auto* fields = static_cast<Value*>(memory(S, object));
                const std::uint32_t cache = pc[1];
                if (reinterpret_cast<const Header*>(fields)[-1].class_id == (cache & 0xFFFF)) [[likely]] {
                    const Value v = fields[cache >> 16];
                    if (!v.is_no_value()) [[likely]] {
                        if (!checked || S->readable_fast(v)) {
                            R[A] = Own ? share(S, P::read_place(v)) : P::read_place(v);
                            HARNESS_NEXT(2);
                        }
                    }
                }
            }
        }
        HARNESS_GO(op_get_field_slow<Own>);
    }
    static void op_get_field(HARNESS_OPERANDS) { read_field<false>(HARNESS_PASS); }
    static void op_get_field_share(HARNESS_OPERANDS) { read_field<true>(HARNESS_PASS); }

    template <How how>
    [[gnu::noinline]] static void op_set_field_slow(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        {
            const Value object = R[A];
            const std::uint16_t& slot = S->scratch_slot;
            if (S->find_field_slot(object, pc[0], S->scratch_slot, true)) {
                const auto* head = static_cast<Header*>(memory(S, object)) - 1;
                const_cast<std::uint32_t*>(pc)[1] = std::uint32_t{head->class_id} | std::uint32_t{slot} << 16;
            }
            if (!S->set_field(object, pc[0], R[B], how)) HARNESS_GO(op_unwind);
        }
        HARNESS_NEXT(2);
    }
    template <How how>
    [[gnu::always_inline]] static void write_field(HARNESS_OPERANDS) {
        {
            const Value object = R[A];
            if ((object.is_object() || object.is_counted()) && alive(S, object)) [[likely]] {
                auto* fields = static_cast<Value*>(memory(S, object));
                const std::uint32_t cache = pc[1];
                if (reinterpret_cast<const Header*>(fields)[-1].class_id == (cache & 0xFFFF)) [[likely]] {
                    S->at = pc;
                    Value& place = fields[cache >> 16];
                    const Value old = place;
                    place = store<how>(S, object, R[B]);
                    discard(S, old);
                    HARNESS_NEXT_ENDED(2, B);
                }
            }
        }
        HARNESS_GO(op_set_field_slow<how>);
    }
    static void op_set_field_take(HARNESS_OPERANDS) { write_field<take>(HARNESS_PASS); }
    static void op_set_field_copy(HARNESS_OPERANDS) { write_field<copy>(HARNESS_PASS); }
    static void op_set_field_edge(HARNESS_OPERANDS) { write_field<edge>(HARNESS_PASS); }
    static void op_delete_field(HARNESS_OPERANDS) {
        S->at = pc;
        if (!S->delete_field(R[A], pc[0])) HARNESS_GO(op_unwind);
        HARNESS_NEXT(1);
    }
    static void op_move_field(HARNESS_OPERANDS) {
        S->at = pc;
        const Value v = S->move_out(R[B], pc[0], Value::none(), true);
        if (v == Value::failed()) HARNESS_GO(op_unwind);
        R[A] = v;
        HARNESS_NEXT(2);
    }

    // --- Elements

    template <bool Own>
    [[gnu::noinline]] static void op_get_index_slow(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        {
            const Value v = S->get_index(R[B], R[C], S->scratch_flag);
            if (v == Value::failed()) HARNESS_GO(op_unwind);
            if (S->scratch_flag) {
                if constexpr (!Own && counts) S->park(v);
                R[A] = v;
            } else {
                if (!S->readable(v)) HARNESS_GO(op_dead);
                R[A] = Own ? share(S, P::read_place(v)) : P::read_place(v);
            }
        }
        HARNESS_NEXT(0);
    }
    template <bool Own>
    [[gnu::always_inline]] static void read_index(HARNESS_OPERANDS) {
        {
            const Value object = R[B], index = R[C];
            if (object.is_sequence() && index.is_int() && alive(S, object)) [[likely]] {
                const auto* s = static_cast<Sequence*>(memory(S, object))->body();
                const std::int64_t i = index.as_int();
                if (static_cast<std::uint64_t>(i) < static_cast<std::uint32_t>(s->word)) [[likely]] {
                    const Value v = reinterpret_cast<const Value*>(&s->word + 1)[i];
                    if (!checked || S->readable_fast(v)) {
                        R[A] = Own ? share(S, P::read_place(v)) : P::read_place(v);
                        HARNESS_NEXT(0);
                    }
                }
            }
        }
        HARNESS_GO(op_get_index_slow<Own>);
    }
    static void op_get_index(HARNESS_OPERANDS) { read_index<false>(HARNESS_PASS); }
    static void op_get_index_share(HARNESS_OPERANDS) { read_index<true>(HARNESS_PASS); }

    template <How how>
    [[gnu::noinline]] static void op_set_index_slow(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        if (!S->set_index(R[A], R[B], R[C], how)) HARNESS_GO(op_unwind);
        HARNESS_NEXT(0);
    }
    template <How how>
    [[gnu::always_inline]] static void write_index(HARNESS_OPERANDS) {
        {
            const Value object = R[A], index = R[B];
            if (object.is_sequence() && index.is_int() && alive(S, object)) [[likely]] {
                auto* head = static_cast<Sequence*>(memory(S, object));
                auto* s = head->body();
                const std::int64_t i = index.as_int();
                if (static_cast<std::uint64_t>(i) < static_cast<std::uint32_t>(s->word) && !head->is_tuple())
                    [[likely]] {
                    S->at = pc;
                    Value& place = reinterpret_cast<Value*>(&s->word + 1)[i];
                    const Value old = place;
                    place = store<how>(S, object, R[C]);
                    discard(S, old);
                    HARNESS_NEXT_ENDED(0, C);
                }
            }
        }
        HARNESS_GO(op_set_index_slow<how>);
    }
    static void op_set_index_take(HARNESS_OPERANDS) { write_index<take>(HARNESS_PASS); }
    static void op_set_index_copy(HARNESS_OPERANDS) { write_index<copy>(HARNESS_PASS); }
    static void op_set_index_edge(HARNESS_OPERANDS) { write_index<edge>(HARNESS_PASS); }
    static void op_delete_index(HARNESS_OPERANDS) {
        S->at = pc;
        if (!S->delete_index(R[A], R[B])) HARNESS_GO(op_unwind);
        HARNESS_NEXT(0);
    }
    static void op_move_index(HARNESS_OPERANDS) {
        S->at = pc;
        const Value v = S->move_out(R[B], 0, R[C], false);
        if (v == Value::failed()) HARNESS_GO(op_unwind);
        R[A] = v;
        HARNESS_NEXT(0);
    }
    static void op_get_slice(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        const Value v = S->get_slice(R[B], &R[C]);
        if (v == Value::failed()) HARNESS_GO(op_unwind);
        R[A] = v;
        HARNESS_NEXT(0);
    }
    static void op_set_slice(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        if (!S->set_slice(R[A], &R[B], R[C])) HARNESS_GO(op_unwind);
        HARNESS_NEXT(0);
    }
    static void op_delete_slice(HARNESS_OPERANDS) {
        S->at = pc;
        if (!S->delete_slice(R[A], &R[B])) HARNESS_GO(op_unwind);
        HARNESS_NEXT(0);
    }

#include "lang/vm/ops_calls.inc"
#include "lang/vm/ops_memory.inc"
#include "lang/vm/ops_objects.inc"
};

#undef A
#undef B
#undef C

}  // namespace harness::lang
