// Comparisons, to a value and to a jump. Numbers are settled here; the rest goes to a slow path, which also
// ends operands that were unnamed.
#include "lang/vm/operands.hpp"

namespace harness::lang {

#define A operand_a(word)
#define B operand_b(word)
#define C operand_c(word)

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
            end_operands(S, operand_flags(S, pc), R[A], Value::none(), b, c);
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

template <unsigned Kind, bool When, Last last>
[[gnu::noinline]] static void op_jump_compare_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Value a = R[A], b = last_operand<last>(R, K, B);
        const int truth = S->compare_values(Kind, a, b, nullptr);
        if (truth >= 0) {
            const std::uint8_t flags = operand_flags(S, pc);
            if (flags & ends_a) S->drop(a);
            if (flags & ends_b) S->drop(b);
            if ((truth != 0) == When) pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_unwind);
}
/// Numbers that are not both ints, apart from them as in arithmetic.
template <unsigned Kind, bool When, Last last>
[[gnu::noinline]] static void op_jump_compare_numbers(HARNESS_OPERANDS) {
    const int known = compare_numbers<Kind>(R[A], last_operand<last>(R, K, B));
    if (known >= 0) [[likely]] {
        if ((known != 0) == When) pc += static_cast<std::int32_t>(pc[0]);
        HARNESS_NEXT(1);
    }
    HARNESS_GO((op_jump_compare_slow<Kind, When, last>));
}
template <unsigned Kind, bool When, Last last>
[[gnu::always_inline]] static inline void jump_compare(HARNESS_OPERANDS) {
    {
        const Value a = R[A], b = last_operand<last>(R, K, B);
        if (both_ints(a, b)) [[likely]] {
            if (holds<Kind>(static_cast<std::int64_t>(a.bits << 16),
                            static_cast<std::int64_t>(b.bits << 16)) == When)
                pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO((op_jump_compare_numbers<Kind, When, last>));
}
#define HARNESS_JUMP(name, kind, when)                                                                   \
    void op_jump_##name(HARNESS_OPERANDS) { jump_compare<kind, when, Last::in_register>(HARNESS_PASS); } \
    void op_jump_##name##_constant(HARNESS_OPERANDS) {                                                   \
        jump_compare<kind, when, Last::constant>(HARNESS_PASS);                                          \
    }
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

}  // namespace harness::lang
