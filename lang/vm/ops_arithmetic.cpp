// Arithmetic without a lifetime's part: numbers are settled here; whatever may refer to the heap goes to a
// slow path, which also ends operands that were unnamed.
#include <bit>

#include "lang/vm/operands.hpp"

namespace harness::lang {

#define A operand_a(word)
#define B operand_b(word)
#define C operand_c(word)

/// Addition and multiplication make lists of what their operands hold, and | a dict.
template <unsigned Operation>
inline constexpr bool joins = Operation == 0 || Operation == 2 || Operation == 8;

/// By hand an unnamed operand goes with all that it owns, and the result must not lose its elements.
static void hand_on_elements(Interpreter* S, std::uint8_t flags, bool adds, Value result, Value b, Value c) {
    if (!S->lifetime.gives) return;
    if (flags & ends_b) S->hand_on_elements(b, result, false);
    if (flags & ends_c) S->hand_on_elements(c, result, adds);
}

/// How many words there are up to the end of the store behind `x.f op= y`, where the place holds the result
/// already; else 0. A program's __setitem__ or setter is called all the same.
static std::uint32_t words_to_skip(const Interpreter* S, std::uint8_t flags, Value before, Value result,
                                   const std::uint32_t* next, const Value* R) {
    if ((flags & in_place) == 0 || !result.is_heap() || !same_object(before, result)) return 0;
    std::uint32_t words = 0;
    while (true) {
        const std::uint32_t word = next[words];
        const Op op = op_at(&next[words]);
        if (op == Op::set_field_take && S->is_instance(R[A])) {
            std::uint16_t slot = 0;
            const NameId name = next[words + 1];
            if (!S->find_field_slot(R[A], name, slot) && !S->has_side_field(R[A], name)) return 0;
        }
        words += op_words[static_cast<std::size_t>(op)];
        if (op == Op::set_field_take) return words;
        if (op == Op::set_index_take) return S->is_instance(R[A]) ? 0 : words;
    }
}

/// A safepoint behind an instruction that made something.
[[gnu::noinline]] static void op_attend(HARNESS_OPERANDS) {
    S->collector->safepoint();
    if (S->uncatchable()) HARNESS_GO(op_unwind);
    HARNESS_NEXT(0);
}

/// Under regions `xs += [[1]]` must know whether somebody names the list; names hold the same bit.
static Value second_operand(const Interpreter* S, std::uint8_t flags, Value c) {
    return !S->lifetime.regions || !c.is_heap() ? c : (flags & ends_c) != 0 ? c.owned() : c.lent();
}

template <unsigned Operation, Last last>
[[gnu::noinline]] static void op_binary_slow(HARNESS_OPERANDS) {
    S->at = pc;
    S->set_site();
    {
        const std::uint8_t flags = operand_flags(S, pc);
        const Value before = R[A], b = R[B], c = last_operand<last>(R, K, C);
        const Value result = S->binary(Operation, b, second_operand(S, flags, c), (flags & augmented) != 0);
        if (result != Value::failed()) {
            R[A] = result;
            if constexpr (joins<Operation>) hand_on_elements(S, flags, Operation == 0, result, b, c);
            end_operands(S, flags, R[A], before, b, c);
            if (S->heap.checked() && S->uncatchable()) HARNESS_GO(op_unwind);
            if (S->attention) [[unlikely]]
                HARNESS_GO(op_attend);
            const std::uint32_t skipped = words_to_skip(S, flags, b, result, pc, R);
            HARNESS_NEXT(skipped);
        }
        // Values of the language can be joined again; what the program defines may have done something.
        const bool repeatable =
            S->collector != nullptr && (flags & augmented) == 0 && !S->is_instance(b) && !S->is_instance(c);
        if (repeatable && S->collected_instead()) HARNESS_AGAIN();
    }
    HARNESS_GO(op_unwind);
}

struct AddOp {
    static constexpr unsigned number = 0;
    static constexpr bool has_typed = true;
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
    static constexpr bool has_typed = true;
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
    static constexpr bool has_typed = true;
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
    static constexpr bool has_typed = true;
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
    static constexpr bool has_typed = false;
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
    static constexpr bool has_typed = false;
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

/// The result of an operation on boxed floats needs no look at its bits: a NaN that comes out is one of the
/// operands, or the processor's own, whose bits no other value has.
[[gnu::always_inline]] static inline Value boxed(double result) {
    return {std::bit_cast<std::uint64_t>(result)};
}

/// Gives this instruction another opcode from here on.
[[gnu::always_inline]] static inline void become(const std::uint32_t* pc, Op op) {
    std::uint32_t& word = const_cast<std::uint32_t*>(pc)[-1];
    word = (word & ~0xFFU) | static_cast<std::uint32_t>(op);
}

template <class Operation, Last last>
inline constexpr Op generic = static_cast<Op>(static_cast<unsigned>(last == Last::constant ? Op::add_constant
                                                                                           : Op::add) +
                                              Operation::number);
template <class Operation, Last last>
inline constexpr Op typed =
    static_cast<Op>(static_cast<unsigned>(last == Last::constant ? Op::add_floats_constant : Op::add_floats) +
                    Operation::number);

/// Numbers that are not both ints. Apart from them, so that the ints need no register more than there are.
template <class Operation, Last last>
[[gnu::noinline]] static void op_binary_numbers(HARNESS_OPERANDS) {
    {
        const Value b = R[B], c = last_operand<last>(R, K, C);
        if (b.is_number() && c.is_number() && !both_ints(b, c)) {
            double out;
            if constexpr (Operation::has_typed)
                if (b.is_float() && c.is_float()) become(pc, typed<Operation, last>);
            if (Operation::floats(b.to_float(), c.to_float(), out)) {
                R[A] = boxed(out);
                HARNESS_NEXT(0);
            }
        }
    }
    HARNESS_GO((op_binary_slow<Operation::number, last>));
}
template <class Operation, Last last>
[[gnu::always_inline]] static inline void arithmetic(HARNESS_OPERANDS) {
    {
        const Value b = R[B], c = last_operand<last>(R, K, C);
        Value out;
        if (both_ints(b, c) && Operation::ints(b, c, out)) [[likely]] {
            R[A] = out;
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO((op_binary_numbers<Operation, last>));
}

template <class Operation, Last last>
[[gnu::noinline]] static void op_untyped(HARNESS_OPERANDS) {
    become(pc, generic<Operation, last>);
    arithmetic<Operation, last>(HARNESS_PASS);
}
template <class Operation, Last last>
[[gnu::always_inline]] static inline void float_arithmetic(HARNESS_OPERANDS) {
    {
        const Value b = R[B], c = last_operand<last>(R, K, C);
        double out;
        // A constant operand was found to be a float when the instruction changed.
        if (b.is_float() && (last == Last::constant || c.is_float()) &&
            Operation::floats(b.as_float(), c.as_float(), out)) [[likely]] {
            R[A] = boxed(out);
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO((op_untyped<Operation, last>));
}

void op_add(HARNESS_OPERANDS) { arithmetic<AddOp, Last::in_register>(HARNESS_PASS); }
void op_subtract(HARNESS_OPERANDS) { arithmetic<SubtractOp, Last::in_register>(HARNESS_PASS); }
void op_multiply(HARNESS_OPERANDS) { arithmetic<MultiplyOp, Last::in_register>(HARNESS_PASS); }
void op_divide(HARNESS_OPERANDS) { arithmetic<DivideOp, Last::in_register>(HARNESS_PASS); }
void op_floor_divide(HARNESS_OPERANDS) { arithmetic<FloorDivideOp, Last::in_register>(HARNESS_PASS); }
void op_modulo(HARNESS_OPERANDS) { arithmetic<ModuloOp, Last::in_register>(HARNESS_PASS); }
void op_power(HARNESS_OPERANDS) { HARNESS_GO((op_binary_slow<6, Last::in_register>)); }
void op_add_constant(HARNESS_OPERANDS) { arithmetic<AddOp, Last::constant>(HARNESS_PASS); }
void op_subtract_constant(HARNESS_OPERANDS) { arithmetic<SubtractOp, Last::constant>(HARNESS_PASS); }
void op_multiply_constant(HARNESS_OPERANDS) { arithmetic<MultiplyOp, Last::constant>(HARNESS_PASS); }
void op_divide_constant(HARNESS_OPERANDS) { arithmetic<DivideOp, Last::constant>(HARNESS_PASS); }
void op_floor_divide_constant(HARNESS_OPERANDS) { arithmetic<FloorDivideOp, Last::constant>(HARNESS_PASS); }
void op_modulo_constant(HARNESS_OPERANDS) { arithmetic<ModuloOp, Last::constant>(HARNESS_PASS); }

void op_add_floats(HARNESS_OPERANDS) { float_arithmetic<AddOp, Last::in_register>(HARNESS_PASS); }
void op_subtract_floats(HARNESS_OPERANDS) { float_arithmetic<SubtractOp, Last::in_register>(HARNESS_PASS); }
void op_multiply_floats(HARNESS_OPERANDS) { float_arithmetic<MultiplyOp, Last::in_register>(HARNESS_PASS); }
void op_divide_floats(HARNESS_OPERANDS) { float_arithmetic<DivideOp, Last::in_register>(HARNESS_PASS); }
void op_add_floats_constant(HARNESS_OPERANDS) { float_arithmetic<AddOp, Last::constant>(HARNESS_PASS); }
void op_subtract_floats_constant(HARNESS_OPERANDS) {
    float_arithmetic<SubtractOp, Last::constant>(HARNESS_PASS);
}
void op_multiply_floats_constant(HARNESS_OPERANDS) {
    float_arithmetic<MultiplyOp, Last::constant>(HARNESS_PASS);
}
void op_divide_floats_constant(HARNESS_OPERANDS) { float_arithmetic<DivideOp, Last::constant>(HARNESS_PASS); }

void op_bit_and(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C])) {
        R[A] = {R[B].bits & R[C].bits};
        HARNESS_NEXT(0);
    }
    HARNESS_GO((op_binary_slow<7, Last::in_register>));
}
void op_bit_or(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C])) {
        R[A] = {R[B].bits | R[C].bits};
        HARNESS_NEXT(0);
    }
    HARNESS_GO((op_binary_slow<8, Last::in_register>));
}
void op_bit_xor(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C])) {
        R[A] = {tag_bits(Tag::integer) | (R[B].bits ^ R[C].bits)};
        HARNESS_NEXT(0);
    }
    HARNESS_GO((op_binary_slow<9, Last::in_register>));
}
void op_shift_left(HARNESS_OPERANDS) { HARNESS_GO((op_binary_slow<10, Last::in_register>)); }
void op_shift_right(HARNESS_OPERANDS) {
    if (both_ints(R[B], R[C]) && static_cast<std::uint64_t>(R[C].as_int()) < 48) {
        R[A] = Value::integer(R[B].as_int() >> R[C].as_int());
        HARNESS_NEXT(0);
    }
    HARNESS_GO((op_binary_slow<11, Last::in_register>));
}

template <unsigned Operation>
[[gnu::noinline]] static void op_unary_slow(HARNESS_OPERANDS) {
    S->at = pc;
    {
        const Value b = R[B];
        const Value result = S->unary(Operation, b);
        if (result != Value::failed()) {
            R[A] = result;
            end_operands(S, operand_flags(S, pc), R[A], Value::none(), b, Value::none());
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

}  // namespace harness::lang
