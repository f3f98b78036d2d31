// The handlers that a lifetime shapes: who answers for a value that is copied, stored, overwritten or left
// behind. Templates over the mode (lifetime and checked or not); table.hpp instantiates them once for each.
#pragma once

#include <cstring>

#include "lang/builtins/dict.hpp"
#include "lang/lifetimes/policy.hpp"
#include "lang/lifetimes/regions.hpp"
#include "lang/vm/dispatch.hpp"
#include "lang/vm/operands.hpp"
#include "lang/vm/words.hpp"

namespace harness::lang {

#define A operand_a(word)
#define B operand_b(word)
#define C operand_c(word)

template <class M>
struct Handlers {
    using P = typename M::Policy;
    static constexpr bool checked = M::checked;
    static constexpr bool counts = P::traits().counts;
    static constexpr bool traces = P::traits().traces;
    static constexpr bool single_owner = P::traits().single_owner;
    static constexpr bool regions = P::traits().regions;

    static Value share(Interpreter* S, Value v) { return P::template share<checked>(S, v); }
    static void discard(Interpreter* S, Value v) { P::template discard<checked>(S, v); }
    static void drop(Interpreter* S, Value v) { P::template drop<checked>(S, v); }
    enum How { take, copy, edge, move, give };
    /// How a slow path stores what R[reg] holds: of a parameter a copy, whoever gave it, unless it is the one
    /// owner. after_the_long_way() says what is left of the name then.
    template <How how>
    static How how_by_the_long_way([[maybe_unused]] Value v) {
        if constexpr (single_owner && (how == move || how == give))
            return owns(v) ? take : copy;
        else
            return how == move ? take : how == give ? copy : how;
    }
    template <How how>
    static Value by_the_long_way(Value v) {
        return (single_owner && how == edge) || ((single_owner || regions) && how == copy) ? v.lent() : v;
    }
    template <How how>
    static void after_the_long_way(Interpreter* S, Value& name) {
        if constexpr (single_owner && (how == move || how == give)) {
            if (owns(name)) (void)P::template pass<checked>(S, name);
        } else if constexpr (how == move) {
            name = Value::unbound();
        }
    }
    /// What a place gets of R[reg]; a name that is not read any more holds nothing afterwards.
    template <How how>
    [[gnu::always_inline]] static Value receive(Interpreter* S, Value holder, Value* R, unsigned reg) {
        if constexpr (single_owner && (how == move || how == give)) {
            return store<take>(S, holder, P::template pass<checked>(S, R[reg]));
        } else if constexpr (how == move) {
            const Value v = R[reg];
            R[reg] = Value::unbound();
            return store<take>(S, holder, v);
        } else if constexpr (how == give && !regions) {
            const Value v = R[reg];
            if ((S->frame->result_register >> frame_given_shift >> reg & 1) == 0)
                return store<copy>(S, holder, v);
            R[reg] = Value::none();
            return store<take>(S, holder, v);
        } else {
            return store<how>(S, holder, R[reg]);
        }
    }
    template <How how>
    static Value store(Interpreter* S, Value holder, Value v) {
        // Where a reference was stored is told of cycles that leak.
        if constexpr (checked && P::traits().counts_objects && how != edge) S->note_store(v);
        // Without a count nothing else tells that an object outlives its destructor.
        if constexpr (checked && !P::traits().counts_objects)
            if (v.is_heap() && same_object(v, S->destructing)) S->note_stored_self(holder);
        if constexpr (how == take)
            return P::template store_take<checked>(S, holder, v);
        else if constexpr (how == copy && regions)
            return P::template store_named<checked>(S, holder, v);
        else if constexpr (how == copy || how == give)
            return P::template store_copy<checked>(S, holder, v);
        else
            return P::template store_edge<checked>(S, holder, v);
    }
    /// What a register gets of a field or an element. Under regions nobody asks a register whether it owns,
    /// but a parameter's: what goes there is read by the `share` instructions.
    [[gnu::always_inline]] static Value peek(Value v) { return regions ? v : P::read_place(v); }
    /// An instance with empty fields, in the window that an allocator lends; failed() where that does not do.
    [[gnu::always_inline]] static Value bump_instance(Interpreter* S, const ClassInfo& type) {
        if constexpr (!checked) {
            const std::size_t payload = std::size_t{type.field_count} * sizeof(Value);
            if (char* block = S->heap.bump(payload + sizeof(Header), sizeof(Header))) [[likely]] {
                const std::uint32_t birth =
                    P::traits().regions ? S->heap.quick_birth_word() : P::traits().birth_word;
                const std::uint64_t word = std::uint64_t{birth} << 32 | static_cast<std::uint16_t>(type.id);
                std::memcpy(block, &word, sizeof word);
                auto* fields = reinterpret_cast<Value*>(block + sizeof(Header));
                for (std::uint16_t i = 0; i < type.field_count; ++i) fields[i] = Value::absent();
                return Value::tagged(Tag::object, reinterpret_cast<std::uintptr_t>(fields));
            }
        }
        return Value::failed();
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

    /// Goes on behind a store that may have closed a cycle of owners.
#define HARNESS_NEXT_STORED(skip)                      \
    do {                                               \
        if constexpr (checked && single_owner) {       \
            if (S->uncatchable()) HARNESS_GO(op_dead); \
        }                                              \
        HARNESS_NEXT(skip);                            \
    } while (0)

    [[gnu::noinline]] static void op_dead(HARNESS_OPERANDS) { HARNESS_GO(op_unwind); }

    /// Where a collector may begin: before an instruction that makes something has done anything, all values
    /// are in registers, globals and objects.
#define HARNESS_SAFEPOINT()                \
    do {                                   \
        if constexpr (traces) {            \
            if (S->attention) [[unlikely]] \
                HARNESS_GO(op_safepoint);  \
        }                                  \
    } while (0)
    /// The instruction found no memory before it did anything: with a collector it may try again.
#define HARNESS_NO_MEMORY()        \
    do {                           \
        if constexpr (traces)      \
            HARNESS_GO(op_repeat); \
        else                       \
            HARNESS_GO(op_unwind); \
    } while (0)

    [[gnu::noinline]] static void op_safepoint(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        S->collector->safepoint();
        if (S->uncatchable()) HARNESS_GO(op_unwind);
        HARNESS_AGAIN();
    }
    [[gnu::noinline]] static void op_repeat(HARNESS_OPERANDS) {
        if (!S->collected_instead()) HARNESS_GO(op_unwind);
        HARNESS_AGAIN();
    }

    /// Goes on behind an instruction that overwrote `old`. Its end, if this was the last reference, happens
    /// in a handler of its own: a call in the fast path would have it save registers each time. `operand` is
    /// the one whose value was received, as the macro above wants it.
    enum Operand : unsigned { nothing = 0, in_a = 8, in_b = 16, in_c = 24 };
#define HARNESS_NEXT_WITHOUT(place, old, skip, operand)              \
    do {                                                             \
        if (P::template lose<checked>(S, old)) [[unlikely]] {        \
            S->scratch = old;                                        \
            if constexpr (single_owner) S->scratch_place = &(place); \
            HARNESS_GO((op_end_scratch<skip, operand>));             \
        }                                                            \
        if constexpr (checked && (operand) != nothing) {             \
            if (S->uncatchable()) [[unlikely]] {                     \
                R[word >> (operand)&0xFF] = Value::none();           \
                HARNESS_GO(op_dead);                                 \
            }                                                        \
        }                                                            \
        HARNESS_NEXT(skip);                                          \
    } while (0)
    template <unsigned skip, Operand operand>
    [[gnu::noinline]] static void op_end_scratch(HARNESS_OPERANDS) {
        if (single_owner && owns(S->scratch))
            S->overwritten(*S->scratch_place, S->scratch);
        else
            S->end_object(S->scratch);
        if constexpr (checked && operand != nothing) {
            if (S->uncatchable()) [[unlikely]] {
                R[word >> operand & 0xFF] = Value::none();
                HARNESS_GO(op_dead);
            }
        }
        HARNESS_NEXT(skip);
    }

    static void op_share(HARNESS_OPERANDS) {
        R[A] = share(S, R[B]);
        HARNESS_NEXT(0);
    }
    static void op_share_name(HARNESS_OPERANDS) {
        R[A] = P::template share_name<checked>(S, R[B]);
        HARNESS_NEXT(0);
    }
    static void op_pass(HARNESS_OPERANDS) {
        S->at = pc;
        if (C == 0) {
            R[A] = pass(S, R[B]);
        } else {
            const Value v = R[B];
            if (always_counted(v)) (void)share(S, v);
            R[A] = v;
            R[B] = v.lent();
        }
        HARNESS_NEXT(0);
    }
    static Value pass(Interpreter* S, Value& from) {
        if constexpr (single_owner)
            return P::template pass<checked>(S, from);
        else
            return share(S, from);
    }
    static void op_pass_global(HARNESS_OPERANDS) {
        const Value v = S->globals[pc[0]];
        if (is_marker(v)) [[unlikely]]
            HARNESS_GO(op_global_slow);
        S->at = pc;
        R[A] = pass(S, S->globals[pc[0]]);
        HARNESS_NEXT(1);
    }
    static void op_pass_cell(HARNESS_OPERANDS) {
        auto* cell = static_cast<Cell*>(memory(S, R[B]));
        if (is_marker(cell->content)) [[unlikely]]
            HARNESS_GO(op_cell_slow);
        S->at = pc;
        R[A] = pass(S, cell->content);
        HARNESS_NEXT(1);
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

    /// By hand an operator that worked in place gives a borrow of what the name answers for; that goes on so.
    [[gnu::always_inline]] static Value still_owning(Value old, Value v) {
        return P::traits().explicit_release && same_object(old, v) ? old : v;
    }

    static void op_assign_take(HARNESS_OPERANDS) {
        const Value old = R[A];
        R[A] = still_owning(old, R[B]);
        S->at = pc;
        HARNESS_NEXT_WITHOUT(R[A], old, 0, in_b);
    }
    static void op_assign_copy(HARNESS_OPERANDS) {
        const Value old = R[A];
        R[A] = P::template share_name<checked>(S, R[B]);
        S->at = pc;
        HARNESS_NEXT_WITHOUT(R[A], old, 0, nothing);
    }
    static void op_discard(HARNESS_OPERANDS) {
        S->at = pc;
        const Value old = R[A];
        // Nothing takes its place.
        if constexpr (single_owner) R[A] = Value::none();
        HARNESS_NEXT_WITHOUT(R[A], old, 0, in_a);
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
    static void op_settle(HARNESS_OPERANDS) {
        S->at = pc;
        if (!S->was_lent(pc - 1))
            for (unsigned i = 0; i < B; ++i) {
                if ((pc[0] >> i & 1) == 0) continue;
                const Value v = R[A + i];
                R[A + i] = Value::none();
                end_given(S, v);
            }
        HARNESS_NEXT(1);
    }
    static void op_receive(HARNESS_OPERANDS) {
        S->at = pc;
        S->receive(A, B);
        HARNESS_NEXT(0);
    }
    /// What the called function answered for: the caller counts what is always counted.
    static void end_given(Interpreter* S, Value v) {
        if (!single_owner || always_counted(v)) discard(S, v);
    }
    static void op_end_given(HARNESS_OPERANDS) {
        S->at = pc;
        for (unsigned i = A, end = A + B; i < end; ++i) {
            end_given(S, R[i]);
            if constexpr (single_owner) R[i] = Value::none();
        }
        HARNESS_NEXT(0);
    }
    /// Behind settle: where a builtin was called after all, what a name was to give stays with it.
    static void op_give_back(HARNESS_OPERANDS) {
        if constexpr (single_owner) {
            const Value given = R[A];
            if (owns(given)) {
                Value& place = C == 0   ? R[B]
                               : C == 1 ? static_cast<Cell*>(memory(S, R[B]))->content
                                        : S->globals[pc[0]];
                place = given;
                R[A] = given.lent();
            }
        }
        HARNESS_NEXT(1);
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
            slot = still_owning(old, S->to_global(R[A]));
            HARNESS_NEXT_WITHOUT(slot, old, 1, in_a);
        }
    }
    static void op_set_global_copy(HARNESS_OPERANDS) {
        {
            Value& slot = S->globals[pc[0]];
            const Value old = slot;
            S->at = pc;
            slot = S->to_global(P::template share_name<checked>(S, R[A]));
            HARNESS_NEXT_WITHOUT(slot, old, 1, nothing);
        }
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
        HARNESS_SAFEPOINT();
        S->at = pc;
        S->set_site();
        const Value cell = S->heap.new_cell(R[B]);
        if (cell == Value::failed()) HARNESS_NO_MEMORY();
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
            cell->content = still_owning(old, store<take>(S, R[A], R[B]));
            HARNESS_NEXT_WITHOUT(cell->content, old, 0, in_b);
        }
    }
    static void op_set_cell_copy(HARNESS_OPERANDS) {
        {
            auto* cell = static_cast<Cell*>(memory(S, R[A]));
            const Value old = held_by(cell);
            S->at = pc;
            cell->content = store < regions ? give : copy > (S, R[A], R[B]);
            HARNESS_NEXT_WITHOUT(cell->content, old, 0, nothing);
        }
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
    static void op_make_reference(HARNESS_OPERANDS) {
        S->at = pc;
        S->set_site();
        const Value v = S->heap.new_cell(Value::integer(pc[0]));
        if (v == Value::failed()) HARNESS_GO(op_unwind);
        S->heap.header(v).flags |= flag_global_content;
        R[A] = v;
        HARNESS_NEXT(1);
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
        HARNESS_SAFEPOINT();
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
                R[B] = share(S, peek(item));
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
                if (item.is_no_value() || (checked && !S->readable(item))) [[unlikely]]
                    HARNESS_GO(op_loop_next_slow);
                const Value old = R[B];
                R[B] = share(S, peek(item));
                S->at = pc;
                HARNESS_NEXT_WITHOUT(R[B], old, 1, nothing);
            }
        }
        HARNESS_GO(op_loop_next_slow);
    }

#include "lang/vm/ops_calls.inc"
#include "lang/vm/ops_elements.inc"
#include "lang/vm/ops_memory.inc"
#include "lang/vm/ops_objects.inc"
#include "lang/vm/ops_packed.inc"
#include "lang/vm/ops_typed.inc"
};

#undef A
#undef B
#undef C

}  // namespace harness::lang
