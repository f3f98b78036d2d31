// The handlers that no lifetime changes: moves, arithmetic, comparisons and jumps. Numbers are settled here;
// whatever may refer to the heap goes to a slow path, which also ends operands that were unnamed.
#include <cmath>

#include "lang/builtins/compare.hpp"
#include "lang/vm/dispatch.hpp"

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

// --- Arithmetic

/// Ends unnamed operands after a slow path, and with `ends_a` what the destination held before.
static void end_operands(Interpreter* S, const std::uint32_t* pc, Value a_before, Value b, Value c) {
    const Function& f = *S->frame->function;
    const std::uint8_t flags = f.operand_flags[static_cast<std::size_t>(pc - f.code.data()) - 1];
    if (flags == 0) return;
    if (flags & ends_b) S->drop(b);
    if (flags & ends_c) S->drop(c);
    if (flags & ends_a) S->discard(a_before);
}

/// Addition and multiplication make lists of what their operands hold.
template <unsigned Operation>
inline constexpr bool joins = Operation == 0 || Operation == 2;

/// By hand an unnamed operand goes with all that it owns, and the result must not lose its elements.
static void hand_on_elements(Interpreter* S, const std::uint32_t* pc, bool adds, Value result, Value b,
                             Value c) {
    if (!S->lifetime.explicit_release) return;
    const Function& f = *S->frame->function;
    const std::uint8_t flags = f.operand_flags[static_cast<std::size_t>(pc - f.code.data()) - 1];
    if (flags & ends_b) S->hand_on_elements(b, result, false);
    if (flags & ends_c) S->hand_on_elements(c, result, adds);
}

template <unsigned Operation>
[[gnu::noinline]] static void op_binary_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Function& f = *S->frame->function;
        const bool in_place =
            (f.operand_flags[static_cast<std::size_t>(pc - f.code.data()) - 1] & augmented) != 0;
        const Value before = R[A], b = R[B], c = R[C];
        const Value result = S->binary(Operation, b, c, in_place);
        if (result != Value::failed()) {
            R[A] = result;
            if constexpr (joins<Operation>) hand_on_elements(S, pc, Operation == 0, result, b, c);
            end_operands(S, pc, before, b, c);
            if (S->heap.checked() && S->uncatchable()) HARNESS_GO(op_unwind);
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_unwind);
}
template <unsigned Operation>
[[gnu::noinline]] static void op_binary_constant_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Function& f = *S->frame->function;
        const bool in_place =
            (f.operand_flags[static_cast<std::size_t>(pc - f.code.data()) - 1] & augmented) != 0;
        const Value before = R[A], b = R[B];
        const Value result = S->binary(Operation, b, K[C], in_place);
        if (result != Value::failed()) {
            R[A] = result;
            if constexpr (joins<Operation>) hand_on_elements(S, pc, Operation == 0, result, b, Value::none());
            end_operands(S, pc, before, b, Value::none());
            if (S->heap.checked() && S->uncatchable()) HARNESS_GO(op_unwind);
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_unwind);
}

[[gnu::always_inline]] static inline bool both_ints(Value a, Value b) {
    return (a.bits & b.bits) >> 48 == 0xFFFF;
}

struct AddOp {
    static constexpr unsigned number = 0;
    /// The 48-bit sum, found out of range by the 64-bit overflow of the operands shifted to the top.
    static bool ints(Value a, Value b, Value& out) {
        std::int64_t r;
        if (__builtin_add_overflow(static_cast<std::int64_t>(a.bits << 16),
                                   static_cast<std::int64_t>(b.bits << 16), &r))
            return false;
        out = {tag_bits(Tag::integer) | static_cast<std::uint64_t>(r) >> 16};
        return true;
    }
    static bool floats(double a, double b, double& out) {
        out = a + b;
        return true;
    }
};
struct SubtractOp {
    static constexpr unsigned number = 1;
    static bool ints(Value a, Value b, Value& out) {
        std::int64_t r;
        if (__builtin_sub_overflow(static_cast<std::int64_t>(a.bits << 16),
                                   static_cast<std::int64_t>(b.bits << 16), &r))
            return false;
        out = {tag_bits(Tag::integer) | static_cast<std::uint64_t>(r) >> 16};
        return true;
    }
    static bool floats(double a, double b, double& out) {
        out = a - b;
        return true;
    }
};
struct MultiplyOp {
    static constexpr unsigned number = 2;
    static bool ints(Value a, Value b, Value& out) {
        std::int64_t r;
        if (__builtin_mul_overflow(static_cast<std::int64_t>(a.bits << 16), b.as_int(), &r)) return false;
        out = {tag_bits(Tag::integer) | static_cast<std::uint64_t>(r) >> 16};
        return true;
    }
    static bool floats(double a, double b, double& out) {
        out = a * b;
        return true;
    }
};
struct DivideOp {
    static constexpr unsigned number = 3;
    static bool ints(Value a, Value b, Value& out) {
        if (b.as_int() == 0) return false;
        out = Value::floating(static_cast<double>(a.as_int()) / static_cast<double>(b.as_int()));
        return true;
    }
    static bool floats(double a, double b, double& out) {
        if (b == 0) return false;
        out = a / b;
        return true;
    }
};
struct FloorDivideOp {
    static constexpr unsigned number = 4;
    static bool ints(Value a, Value b, Value& out) {
        const std::int64_t x = a.as_int(), y = b.as_int();
        if (y == 0) return false;
        std::int64_t q = x / y;
        if (x % y != 0 && (x < 0) != (y < 0)) --q;
        if (!fits_integer(q)) return false;
        out = Value::integer(q);
        return true;
    }
    static bool floats(double, double, double&) { return false; }
};
struct ModuloOp {
    static constexpr unsigned number = 5;
    static bool ints(Value a, Value b, Value& out) {
        const std::int64_t x = a.as_int(), y = b.as_int();
        if (y == 0) return false;
        // Small positive operands, the usual case, divide in half the time.
        if ((static_cast<std::uint64_t>(x) | static_cast<std::uint64_t>(y)) >> 32 == 0) {
            out = Value::integer(static_cast<std::uint32_t>(x) % static_cast<std::uint32_t>(y));
            return true;
        }
        std::int64_t r = x % y;
        if (r != 0 && (r < 0) != (y < 0)) r += y;
        out = Value::integer(r);
        return true;
    }
    static bool floats(double, double, double&) { return false; }
};

template <class Operation>
[[gnu::always_inline]] static inline void arithmetic(HARNESS_OPERANDS) {
    {
        const Value b = R[B], c = R[C];
        if (both_ints(b, c)) {
            Value out;
            if (Operation::ints(b, c, out)) [[likely]] {
                R[A] = out;
                HARNESS_NEXT(0);
            }
        } else if (b.is_float()) {
            double out;
            if (c.is_float()) {
                if (Operation::floats(b.as_float(), c.as_float(), out)) {
                    R[A] = Value::floating(out);
                    HARNESS_NEXT(0);
                }
            } else if (c.is_int() && Operation::floats(b.as_float(), static_cast<double>(c.as_int()), out)) {
                R[A] = Value::floating(out);
                HARNESS_NEXT(0);
            }
        } else if (b.is_int() && c.is_float()) {
            double out;
            if (Operation::floats(static_cast<double>(b.as_int()), c.as_float(), out)) {
                R[A] = Value::floating(out);
                HARNESS_NEXT(0);
            }
        }
    }
    HARNESS_GO(op_binary_slow<Operation::number>);
}

template <class Operation>
[[gnu::always_inline]] static inline void arithmetic_constant(HARNESS_OPERANDS) {
    {
        const Value b = R[B], c = K[C];
        if (both_ints(b, c)) {
            Value out;
            if (Operation::ints(b, c, out)) [[likely]] {
                R[A] = out;
                HARNESS_NEXT(0);
            }
        } else if (b.is_float()) {
            double out;
            if (Operation::floats(b.as_float(), c.to_float(), out)) {
                R[A] = Value::floating(out);
                HARNESS_NEXT(0);
            }
        } else if (b.is_int() && c.is_float()) {
            double out;
            if (Operation::floats(static_cast<double>(b.as_int()), c.as_float(), out)) {
                R[A] = Value::floating(out);
                HARNESS_NEXT(0);
            }
        }
    }
    HARNESS_GO(op_binary_constant_slow<Operation::number>);
}

void op_add(HARNESS_OPERANDS) { arithmetic<AddOp>(HARNESS_PASS); }
void op_subtract(HARNESS_OPERANDS) { arithmetic<SubtractOp>(HARNESS_PASS); }
void op_multiply(HARNESS_OPERANDS) { arithmetic<MultiplyOp>(HARNESS_PASS); }
void op_divide(HARNESS_OPERANDS) { arithmetic<DivideOp>(HARNESS_PASS); }
void op_floor_divide(HARNESS_OPERANDS) { arithmetic<FloorDivideOp>(HARNESS_PASS); }
void op_modulo(HARNESS_OPERANDS) { arithmetic<ModuloOp>(HARNESS_PASS); }
void op_power(HARNESS_OPERANDS) { HARNESS_GO(op_binary_slow<6>); }
void op_add_constant(HARNESS_OPERANDS) { arithmetic_constant<AddOp>(HARNESS_PASS); }
void op_subtract_constant(HARNESS_OPERANDS) { arithmetic_constant<SubtractOp>(HARNESS_PASS); }
void op_multiply_constant(HARNESS_OPERANDS) { arithmetic_constant<MultiplyOp>(HARNESS_PASS); }
void op_divide_constant(HARNESS_OPERANDS) { arithmetic_constant<DivideOp>(HARNESS_PASS); }
void op_floor_divide_constant(HARNESS_OPERANDS) { arithmetic_constant<FloorDivideOp>(HARNESS_PASS); }
void op_modulo_constant(HARNESS_OPERANDS) { arithmetic_constant<ModuloOp>(HARNESS_PASS); }

void op_bit_and(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C])) {
        R[A] = {R[B].bits & R[C].bits};
        HARNESS_NEXT(0);
    }
    HARNESS_GO(op_binary_slow<7>);
}
void op_bit_or(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C])) {
        R[A] = {R[B].bits | R[C].bits};
        HARNESS_NEXT(0);
    }
    HARNESS_GO(op_binary_slow<8>);
}
void op_bit_xor(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C])) {
        R[A] = {tag_bits(Tag::integer) | (R[B].bits ^ R[C].bits)};
        HARNESS_NEXT(0);
    }
    HARNESS_GO(op_binary_slow<9>);
}
void op_shift_left(HARNESS_OPERANDS) { HARNESS_GO(op_binary_slow<10>); }
void op_shift_right(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C]) && static_cast<std::uint64_t>(R[C].as_int()) < 48) {
        R[A] = Value::integer(R[B].as_int() >> R[C].as_int());
        HARNESS_NEXT(0);
    }
    HARNESS_GO(op_binary_slow<11>);
}

template <unsigned Operation>
[[gnu::noinline]] static void op_unary_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Value b = R[B];
        const Value result = S->unary(Operation, b);
        if (result != Value::failed()) {
            R[A] = result;
            end_operands(S, pc, Value::none(), b, Value::none());
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_unwind);
}
void op_negate(HARNESS_OPERANDS) {
    if (R[B].is_int() && R[B].as_int() != integer_min) {
        R[A] = Value::integer(-R[B].as_int());
        HARNESS_NEXT(0);
    }
    if (R[B].is_float()) {
        R[A] = Value::floating(-R[B].as_float());
        HARNESS_NEXT(0);
    }
    HARNESS_GO(op_unary_slow<0>);
}
void op_plus(HARNESS_OPERANDS) { HARNESS_GO(op_unary_slow<1>); }
void op_invert(HARNESS_OPERANDS) { HARNESS_GO(op_unary_slow<2>); }
void op_logical_not(HARNESS_OPERANDS) {
    if (R[B].is_bool()) {
        R[A] = Value::boolean(!R[B].is_true());
        HARNESS_NEXT(0);
    }
    HARNESS_GO(op_unary_slow<3>);
}

// --- Comparisons

enum Comparison : unsigned {
    c_equal,
    c_not_equal,
    c_less,
    c_less_equal,
    c_greater,
    c_greater_equal,
    c_in,
    c_not_in,
    c_is,
    c_is_not
};

template <unsigned Kind, class T>
[[gnu::always_inline]] static inline bool holds(T a, T b) {
    if constexpr (Kind == c_equal)
        return a == b;
    else if constexpr (Kind == c_not_equal)
        return a != b;
    else if constexpr (Kind == c_less)
        return a < b;
    else if constexpr (Kind == c_less_equal)
        return a <= b;
    else if constexpr (Kind == c_greater)
        return a > b;
    else
        return a >= b;
}

/// Numbers only: 1, 0, or -1 when the slow path must decide.
template <unsigned Kind>
[[gnu::always_inline]] static inline int compare_numbers(Value a, Value b) {
    if (both_ints(a, b))
        return holds<Kind>(static_cast<std::int64_t>(a.bits << 16), static_cast<std::int64_t>(b.bits << 16));
    if (a.is_float()) {
        if (b.is_float()) return holds<Kind>(a.as_float(), b.as_float());
        if (b.is_int()) return holds<Kind>(a.as_float(), static_cast<double>(b.as_int()));
    } else if (a.is_int() && b.is_float()) {
        return holds<Kind>(static_cast<double>(a.as_int()), b.as_float());
    }
    return -1;
}

template <unsigned Kind>
[[gnu::noinline]] static void op_compare_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Value b = R[B], c = R[C];
        const int truth = S->compare_values(Kind, b, c, &S->scratch);
        if (truth >= 0) {
            R[A] = S->scratch;
            end_operands(S, pc, Value::none(), b, c);
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_unwind);
}
template <unsigned Kind>
[[gnu::always_inline]] static inline void compare(HARNESS_OPERANDS) {
    const int known = compare_numbers<Kind>(R[B], R[C]);
    if (known >= 0) {
        R[A] = Value::boolean(known != 0);
        HARNESS_NEXT(0);
    }
    HARNESS_GO(op_compare_slow<Kind>);
}
void op_equal(HARNESS_OPERANDS) { compare<c_equal>(HARNESS_PASS); }
void op_not_equal(HARNESS_OPERANDS) { compare<c_not_equal>(HARNESS_PASS); }
void op_less(HARNESS_OPERANDS) { compare<c_less>(HARNESS_PASS); }
void op_less_equal(HARNESS_OPERANDS) { compare<c_less_equal>(HARNESS_PASS); }
void op_greater(HARNESS_OPERANDS) { compare<c_greater>(HARNESS_PASS); }
void op_greater_equal(HARNESS_OPERANDS) { compare<c_greater_equal>(HARNESS_PASS); }
void op_in(HARNESS_OPERANDS) { HARNESS_GO(op_compare_slow<c_in>); }
void op_not_in(HARNESS_OPERANDS) { HARNESS_GO(op_compare_slow<c_not_in>); }
void op_is(HARNESS_OPERANDS) { HARNESS_GO(op_compare_slow<c_is>); }
void op_is_not(HARNESS_OPERANDS) { HARNESS_GO(op_compare_slow<c_is_not>); }

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
            const Function& f = *S->frame->function;
            if (f.operand_flags[static_cast<std::size_t>(pc - f.code.data()) - 1] & ends_a) S->drop(a);
            if ((truth != 0) == When) pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_unwind);
}
template <bool When>
[[gnu::always_inline]] static inline void jump_if(HARNESS_OPERANDS) {
    const Value a = R[A];
    bool truth;
    if (a.is_bool())
        truth = a.is_true();
    else if (a.is_none())
        truth = false;
    else if (a.is_int())
        truth = a.as_int() != 0;
    else
        HARNESS_GO(op_truth_slow<When>);
    if (truth == When) pc += static_cast<std::int32_t>(pc[0]);
    HARNESS_NEXT(1);
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

template <unsigned Kind, bool When, bool Constant>
[[gnu::noinline]] static void op_jump_compare_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Value a = R[A], b = Constant ? K[B] : R[B];
        const int truth = S->compare_values(Kind, a, b, nullptr);
        if (truth >= 0) {
            const Function& f = *S->frame->function;
            const std::uint8_t flags = f.operand_flags[static_cast<std::size_t>(pc - f.code.data()) - 1];
            if (flags & ends_a) S->drop(a);
            if (!Constant && (flags & ends_b)) S->drop(b);
            if ((truth != 0) == When) pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_unwind);
}
template <unsigned Kind, bool When, bool Constant>
[[gnu::always_inline]] static inline void jump_compare(HARNESS_OPERANDS) {
    const int known = compare_numbers<Kind>(R[A], Constant ? K[B] : R[B]);
    if (known >= 0) [[likely]] {
        if ((known != 0) == When) pc += static_cast<std::int32_t>(pc[0]);
        HARNESS_NEXT(1);
    }
    HARNESS_GO((op_jump_compare_slow<Kind, When, Constant>));
}
#define HARNESS_JUMP(name, kind, when)                                                       \
    void op_jump_##name(HARNESS_OPERANDS) { jump_compare<kind, when, false>(HARNESS_PASS); } \
    void op_jump_##name##_constant(HARNESS_OPERANDS) { jump_compare<kind, when, true>(HARNESS_PASS); }
HARNESS_JUMP(equal, c_equal, true)
HARNESS_JUMP(not_equal, c_equal, false)
HARNESS_JUMP(less, c_less, true)
HARNESS_JUMP(not_less, c_less, false)
HARNESS_JUMP(less_equal, c_less_equal, true)
HARNESS_JUMP(not_less_equal, c_less_equal, false)
HARNESS_JUMP(greater, c_greater, true)
HARNESS_JUMP(not_greater, c_greater, false)
HARNESS_JUMP(greater_equal, c_greater_equal, true)
HARNESS_JUMP(not_greater_equal, c_greater_equal, false)
#undef HARNESS_JUMP

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
    }
    HARNESS_NEXT(1);
}
void op_range_next(HARNESS_OPERANDS) {
    Value* loop = &R[A];
    if (loop[1].bits != 0) [[likely]] {
        --loop[1].bits;
        const Value next = Value::integer(loop[0].as_int() + loop[2].as_int());
        loop[0] = next;
        R[B] = next;
        pc += static_cast<std::int32_t>(pc[0]);
    }
    HARNESS_NEXT(1);
}

// --- Returns without names to end

void op_return_(HARNESS_OPERANDS) {
    const Value result = R[A];
    Frame* f = S->frame;
    pc = f->return_pc;
    const std::uint32_t reg = f->result_register;
    --f;
    S->frame = f;
    R = f->base;
    K = f->function->constants;
    R[reg] = result;
    HARNESS_NEXT(0);
}
void op_return_none(HARNESS_OPERANDS) {
    Frame* f = S->frame;
    pc = f->return_pc;
    const std::uint32_t reg = f->result_register;
    --f;
    S->frame = f;
    R = f->base;
    K = f->function->constants;
    R[reg] = Value::none();
    HARNESS_NEXT(0);
}

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
