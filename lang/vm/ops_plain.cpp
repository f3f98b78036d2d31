// The handlers that no lifetime changes: moves, jumps, counted loops, returns without names to end, errors.
#include "lang/vm/operands.hpp"

namespace harness::lang {

#define A operand_a(word)
#define B operand_b(word)
#define C operand_c(word)

[[gnu::noinline]] static void op_stop(HARNESS_OPERANDS) { S->halted = true; }
void op_unwind(HARNESS_OPERANDS) {
    pc = S->unwind(pc);
    if (pc == nullptr) HARNESS_GO(op_stop);
    R = S->frame->base;
    K = S->frame->function->constants;
    HARNESS_NEXT(0);
}

void op_far(HARNESS_OPERANDS) {
    ++pc;
    HARNESS_GO(table[pc[-1]].run);
}

void op_halt(HARNESS_OPERANDS) {
    S->at = pc;
    S->halted = true;
}

// --- Values into registers

void op_move(HARNESS_OPERANDS) {
    R[A] = R[B];
    HARNESS_NEXT(0);
}
void op_lend(HARNESS_OPERANDS) {
    R[A] = R[B].lent();
    HARNESS_NEXT(0);
}
void op_set_aside(HARNESS_OPERANDS) {
    const Value v = R[B];
    R[A] = owns(v) ? v : Value::none();
    R[B] = v.lent();
    HARNESS_NEXT(0);
}
void op_load_integer(HARNESS_OPERANDS) {
    R[A] = Value::integer(static_cast<std::int32_t>(word) >> 16);
    HARNESS_NEXT(0);
}
void op_load_constant(HARNESS_OPERANDS) {
    R[A] = K[pc[0]];
    HARNESS_NEXT(1);
}
void op_load_none(HARNESS_OPERANDS) {
    R[A] = Value::none();
    HARNESS_NEXT(0);
}
void op_load_true(HARNESS_OPERANDS) {
    R[A] = Value::true_();
    HARNESS_NEXT(0);
}
void op_load_false(HARNESS_OPERANDS) {
    R[A] = Value::false_();
    HARNESS_NEXT(0);
}
void op_load_unbound(HARNESS_OPERANDS) {
    R[A] = Value::unbound();
    HARNESS_NEXT(0);
}
void op_init_locals(HARNESS_OPERANDS) {
    for (unsigned i = A, end = A + B; i < end; ++i) R[i] = Value::unbound();
    HARNESS_NEXT(0);
}

[[gnu::noinline]] static void op_check_bound_slow(HARNESS_OPERANDS) {
    S->at = pc;
    if (S->builtin_instead(R[A], pc[0])) HARNESS_NEXT(1);
    S->raise_no_value(R[A], pc[0]);
    HARNESS_GO(op_unwind);
}
void op_check_bound(HARNESS_OPERANDS) {
    if (R[A].is_marker()) [[unlikely]]
        HARNESS_GO(op_check_bound_slow);
    HARNESS_NEXT(1);
}
/// Compiled for checked runs only.
void op_check_live(HARNESS_OPERANDS) {
    S->at = pc;
    if (!S->readable_fast(R[A]) && !S->readable(R[A])) HARNESS_GO(op_unwind);
    HARNESS_NEXT(0);
}

// --- Jumps

void op_jump(HARNESS_OPERANDS) {
    pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
}

/// Ends what a jump compared, then jumps or not.
template <bool When>
[[gnu::noinline]] static void op_truth_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Value a = R[A];
        const int truth = S->truth(a);
        if (truth >= 0) {
            if (operand_flags(S, pc) & ends_a) S->drop(a);
            if ((truth != 0) == When) pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_unwind);
}
template <bool When>
[[gnu::noinline]] static void op_truth_numbers(HARNESS_OPERANDS) {
    const Value a = R[A];
    bool truth;
    if (a.is_none())
        truth = false;
    else if (a.is_int())
        truth = a.as_int() != 0;
    else
        HARNESS_GO(op_truth_slow<When>);
    if (truth == When) pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
}
template <bool When>
[[gnu::always_inline]] static inline void jump_if(HARNESS_OPERANDS) {
    {
        const Value a = R[A];
        if (a.is_bool()) [[likely]] {
            if (a.is_true() == When) pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_truth_numbers<When>);
}
void op_jump_if_true(HARNESS_OPERANDS) { jump_if<true>(HARNESS_PASS); }
void op_jump_if_false(HARNESS_OPERANDS) { jump_if<false>(HARNESS_PASS); }
void op_jump_if_none(HARNESS_OPERANDS) {
    if (R[A].is_none()) pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
}
void op_jump_if_not_none(HARNESS_OPERANDS) {
    if (!R[A].is_none()) pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
}
void op_jump_if_bound(HARNESS_OPERANDS) {
    if (R[A] != Value::unbound()) pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
}

void op_jump_if_global(HARNESS_OPERANDS) {
    if (S->globals[pc[0]] != Value::unbound()) pc += static_cast<std::int32_t>(pc[1]);
    HARNESS_NEXT(2);
}
void op_match_sequence(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const std::int64_t length = S->length_of_sequence(R[A]);
        if (B != 0 ? length < std::int64_t{pc[0]} : length != std::int64_t{pc[0]})
            pc += static_cast<std::int32_t>(pc[1]);
    }
    HARNESS_NEXT(2);
}

// --- Counted loops

[[gnu::noinline]] static void op_range_begin_slow(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise_bad_range(&R[A]);
    HARNESS_GO(op_unwind);
}
void op_range_begin(HARNESS_OPERANDS) {
    {
        Value* loop = &R[A];
        for (unsigned i = 0; i < 3; ++i)
            if (loop[i].is_bool()) loop[i] = Value::integer(loop[i].is_true());
        if (!loop[0].is_int() || !loop[1].is_int() || !loop[2].is_int() || loop[2].as_int() == 0)
            HARNESS_GO(op_range_begin_slow);
        const std::int64_t start = loop[0].as_int(), stop = loop[1].as_int(), step = loop[2].as_int();
        std::int64_t left = 0;
        if (step > 0 && stop > start) left = (stop - start - 1) / step + 1;
        if (step < 0 && stop < start) left = (start - stop - 1) / -step + 1;
        if (left == 0) {
            pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
        loop[1] = {static_cast<std::uint64_t>(left - 1)};
        // As range_next adds it to a boxed int.
        loop[2] = {static_cast<std::uint64_t>(step)};
    }
    HARNESS_NEXT(1);
}
void op_range_next(HARNESS_OPERANDS) {
    Value* loop = &R[A];
    if (loop[1].bits != 0) [[likely]] {
        --loop[1].bits;
        // What is carried into the tag, or borrowed from it, the tag covers again.
        const Value next{(loop[0].bits + loop[2].bits) | tag_bits(Tag::integer)};
        loop[0] = next;
        R[B] = next;
        pc += static_cast<std::int32_t>(pc[0]);
    }
    HARNESS_NEXT(1);
}

// --- Returns without names to end

/// Back to the caller, which finds the result in the register that it named.
template <bool None>
[[gnu::always_inline]] static inline void return_value(HARNESS_OPERANDS) {
    const Value result = None ? Value::none() : R[A];
    Frame* f = S->frame;
    pc = f->return_pc;
    const std::uint32_t reg = result_register(*f);
    S->frame = --f;
    R = f->base;
    K = f->function->constants;
    R[reg] = result;
    HARNESS_NEXT(0);
}
void op_suspend(HARNESS_OPERANDS) {
    S->at = pc;
    S->set_site();
    if (!S->suspend(R[A], R, pc)) HARNESS_GO(op_unwind);
    HARNESS_NEXT(0);
}
void op_return_(HARNESS_OPERANDS) { return_value<false>(HARNESS_PASS); }
void op_return_none(HARNESS_OPERANDS) { return_value<true>(HARNESS_PASS); }

// --- Errors

void op_raise_unbound(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise_no_value(Value::absent(), pc[0]);
    HARNESS_GO(op_unwind);
}
void op_raise_static(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise_text(static_cast<ErrorKind>(A), K[pc[0]]);
    HARNESS_GO(op_unwind);
}
void op_match_exception(HARNESS_OPERANDS) {
    S->at = pc;
    const int matched = S->matches(R[A], R[B]);
    if (matched < 0) HARNESS_GO(op_unwind);
    if (matched == 0) pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
}
void op_no_match(HARNESS_OPERANDS) { HARNESS_NEXT(0); }

void op_register_function(HARNESS_OPERANDS) {
    S->register_function(pc[0], pc[1]);
    HARNESS_NEXT(2);
}

void op_defer_push(HARNESS_OPERANDS) {
    // The word holds the place of the block in its function.
    S->defers.push_back({S->frame, S->frame->function->code.data() + pc[0]});
    HARNESS_NEXT(1);
}
void op_defer_pop(HARNESS_OPERANDS) {
    if (!S->defers.empty() && S->defers.back().frame == S->frame) {
        pc = S->defers.back().block;
        S->defers.pop_back();
        HARNESS_NEXT(0);
    }
    pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
}

}  // namespace harness::lang
