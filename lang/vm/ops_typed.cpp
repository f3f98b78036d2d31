// Numbers of declared types. The compiler knows what every operand is, so nothing is asked here but whether a
// result is in range; what is out of it goes to a slow path of its own, so that the others need no register
// more than there are.
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "lang/vm/words.hpp"

namespace harness::lang {

#define A operand_a(word)
#define B operand_b(word)
#define C operand_c(word)
#define W(index) word_of(R, index)
#define U(index) unsigned_of(R, index)

namespace {

constexpr std::int64_t signed_byte(unsigned byte) { return static_cast<std::int8_t>(byte); }

[[gnu::noinline]] void op_too_wide(HARNESS_OPERANDS) {
    S->at = pc;
    raise_too_wide(S);
    HARNESS_GO(op_unwind);
}
[[gnu::noinline]] void op_too_wide_for_value(HARNESS_OPERANDS) {
    S->at = pc;
    raise_too_wide_for_value(S);
    HARNESS_GO(op_unwind);
}
[[gnu::noinline]] void op_divided_by_zero(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise(ErrorKind::ZeroDivisionError, "integer division or modulo by zero");
    HARNESS_GO(op_unwind);
}
[[gnu::noinline]] void op_modulo_zero(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise(ErrorKind::ZeroDivisionError, "integer modulo by zero");
    HARNESS_GO(op_unwind);
}
[[gnu::noinline]] void op_true_division_by_zero(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise(ErrorKind::ZeroDivisionError, "division by zero");
    HARNESS_GO(op_unwind);
}
[[gnu::noinline]] void op_float_division_by_zero(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise(ErrorKind::ZeroDivisionError, "float division by zero");
    HARNESS_GO(op_unwind);
}
[[gnu::noinline]] void op_negative_shift(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise(ErrorKind::ValueError, "negative shift count");
    HARNESS_GO(op_unwind);
}

struct Sum {
    template <class T>
    static bool of(T a, T b, T& out) {
        return !__builtin_add_overflow(a, b, &out);
    }
};
struct Difference {
    template <class T>
    static bool of(T a, T b, T& out) {
        return !__builtin_sub_overflow(a, b, &out);
    }
};
struct Product {
    template <class T>
    static bool of(T a, T b, T& out) {
        return !__builtin_mul_overflow(a, b, &out);
    }
};

/// Which second operand an instruction has.
enum class Second : bool { word, small };
template <Second second>
[[gnu::always_inline]] inline std::int64_t second_of(Value* R, std::uint32_t word) {
    return second == Second::small ? signed_byte(C) : W(C);
}

template <class Operation, Second second = Second::word>
[[gnu::always_inline]] inline void whole(HARNESS_OPERANDS) {
    {
        std::int64_t out;
        if (Operation::of(W(B), second_of<second>(R, word), out)) [[likely]] {
            W(A) = out;
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_too_wide);
}

/// The same operation again, to say what is wrong with its result.
template <class Operation, Second second>
[[gnu::noinline]] void op_refused(HARNESS_OPERANDS) {
    S->at = pc;
    {
        std::int64_t out;
        const auto type = static_cast<Type>(pc[0]);
        // The operation may be refused, or the store, each at its own place.
        if (Operation::of(W(B), second_of<second>(R, word), out)) {
            S->at = pc + 1;
            raise_out_of_range(S, type, static_cast<std::uint64_t>(out), false);
        } else {
            raise_too_wide(S);
        }
    }
    HARNESS_GO(op_unwind);
}
template <class Operation, Second second = Second::word>
[[gnu::always_inline]] inline void whole_checked(HARNESS_OPERANDS) {
    {
        std::int64_t out;
        if (Operation::of(W(B), second_of<second>(R, word), out) && fits_type(static_cast<Type>(pc[0]), out))
            [[likely]] {
            W(A) = out;
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO((op_refused<Operation, second>));
}

template <class Operation>
[[gnu::always_inline]] inline void unsigned_whole(HARNESS_OPERANDS) {
    {
        std::uint64_t out;
        if (Operation::of(U(B), U(C), out)) [[likely]] {
            W(A) = static_cast<std::int64_t>(out);
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_too_wide);
}

}  // namespace

// --- Whole numbers with a sign

void op_int_add(HARNESS_OPERANDS) { whole<Sum>(HARNESS_PASS); }
void op_int_subtract(HARNESS_OPERANDS) { whole<Difference>(HARNESS_PASS); }
void op_int_multiply(HARNESS_OPERANDS) { whole<Product>(HARNESS_PASS); }
void op_int_add_small(HARNESS_OPERANDS) { whole<Sum, Second::small>(HARNESS_PASS); }
void op_int_add_checked(HARNESS_OPERANDS) { whole_checked<Sum>(HARNESS_PASS); }
void op_int_subtract_checked(HARNESS_OPERANDS) { whole_checked<Difference>(HARNESS_PASS); }
void op_int_multiply_checked(HARNESS_OPERANDS) { whole_checked<Product>(HARNESS_PASS); }
void op_int_add_small_checked(HARNESS_OPERANDS) { whole_checked<Sum, Second::small>(HARNESS_PASS); }

namespace {
template <class Operation, Second second>
[[gnu::always_inline]] inline void whole_48(HARNESS_OPERANDS) {
    {
        std::int64_t out;
        if (Operation::of(W(B), second_of<second>(R, word), out) && fits_integer(out)) [[likely]] {
            W(A) = out;
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_too_wide_for_value);
}
}  // namespace
void op_int_add_48(HARNESS_OPERANDS) { whole_48<Sum, Second::word>(HARNESS_PASS); }
void op_int_subtract_48(HARNESS_OPERANDS) { whole_48<Difference, Second::word>(HARNESS_PASS); }
void op_int_multiply_48(HARNESS_OPERANDS) { whole_48<Product, Second::word>(HARNESS_PASS); }
void op_int_add_small_48(HARNESS_OPERANDS) { whole_48<Sum, Second::small>(HARNESS_PASS); }

void op_int_floor_divide(HARNESS_OPERANDS) {
    {
        const std::int64_t x = W(B), y = W(C);
        // Small ones without a sign, the usual case, divide in half the time.
        if ((static_cast<std::uint64_t>(x) | static_cast<std::uint64_t>(y)) >> 32 == 0 && y != 0) [[likely]] {
            W(A) = static_cast<std::uint32_t>(x) / static_cast<std::uint32_t>(y);
            HARNESS_NEXT(0);
        }
        if (y == 0) HARNESS_GO(op_divided_by_zero);
        if (y == -1) {
            std::int64_t out;
            if (__builtin_sub_overflow(std::int64_t{0}, x, &out)) HARNESS_GO(op_too_wide);
            W(A) = out;
            HARNESS_NEXT(0);
        }
        std::int64_t q = x / y;
        if (x % y != 0 && (x < 0) != (y < 0)) --q;
        W(A) = q;
    }
    HARNESS_NEXT(0);
}
void op_int_modulo(HARNESS_OPERANDS) {
    {
        const std::int64_t x = W(B), y = W(C);
        if ((static_cast<std::uint64_t>(x) | static_cast<std::uint64_t>(y)) >> 32 == 0 && y != 0) [[likely]] {
            W(A) = static_cast<std::uint32_t>(x) % static_cast<std::uint32_t>(y);
            HARNESS_NEXT(0);
        }
        if (y == 0) HARNESS_GO(op_modulo_zero);
        // The processor refuses the least number by -1.
        std::int64_t r = y == -1 ? 0 : x % y;
        if (r != 0 && (r < 0) != (y < 0)) r += y;
        W(A) = r;
    }
    HARNESS_NEXT(0);
}
void op_int_and(HARNESS_OPERANDS) {
    W(A) = W(B) & W(C);
    HARNESS_NEXT(0);
}
void op_int_or(HARNESS_OPERANDS) {
    W(A) = W(B) | W(C);
    HARNESS_NEXT(0);
}
void op_int_xor(HARNESS_OPERANDS) {
    W(A) = W(B) ^ W(C);
    HARNESS_NEXT(0);
}
void op_int_and_small(HARNESS_OPERANDS) {
    W(A) = W(B) & std::int64_t{C};
    HARNESS_NEXT(0);
}
void op_int_shift_right_small(HARNESS_OPERANDS) {
    W(A) = W(B) >> C;
    HARNESS_NEXT(0);
}
void op_int_shift_left(HARNESS_OPERANDS) {
    {
        const std::int64_t x = W(B), by = W(C);
        if (by < 0) HARNESS_GO(op_negative_shift);
        if (x != 0 && by > 63) HARNESS_GO(op_too_wide);
        const std::int64_t out = x == 0 ? 0 : static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << by);
        if (x != 0 && out >> by != x) HARNESS_GO(op_too_wide);
        W(A) = out;
    }
    HARNESS_NEXT(0);
}
void op_int_shift_right(HARNESS_OPERANDS) {
    {
        const std::int64_t x = W(B), by = W(C);
        if (by < 0) HARNESS_GO(op_negative_shift);
        W(A) = x >> (by > 63 ? 63 : by);
    }
    HARNESS_NEXT(0);
}
void op_int_negate(HARNESS_OPERANDS) {
    {
        std::int64_t out;
        if (__builtin_sub_overflow(std::int64_t{0}, W(B), &out)) HARNESS_GO(op_too_wide);
        W(A) = out;
    }
    HARNESS_NEXT(0);
}
void op_int_invert(HARNESS_OPERANDS) {
    W(A) = ~W(B);
    HARNESS_NEXT(0);
}
void op_int_divide(HARNESS_OPERANDS) {
    if (W(C) == 0) HARNESS_GO(op_true_division_by_zero);
    R[A] = {std::bit_cast<std::uint64_t>(quotient_of(W(B), W(C)))};
    HARNESS_NEXT(0);
}

namespace {
template <class T>
[[gnu::noinline]] bool raise_to(Value* R, std::uint32_t word) {
    T out;
    if (!power_of(static_cast<T>(W(B)), C, out)) return false;
    W(A) = static_cast<std::int64_t>(out);
    return true;
}
}  // namespace
void op_int_power(HARNESS_OPERANDS) {
    if (!raise_to<std::int64_t>(R, word)) HARNESS_GO(op_too_wide);
    HARNESS_NEXT(0);
}

// --- Whole numbers without a sign

void op_word_add(HARNESS_OPERANDS) { unsigned_whole<Sum>(HARNESS_PASS); }
void op_word_subtract(HARNESS_OPERANDS) { unsigned_whole<Difference>(HARNESS_PASS); }
void op_word_multiply(HARNESS_OPERANDS) { unsigned_whole<Product>(HARNESS_PASS); }
void op_word_floor_divide(HARNESS_OPERANDS) {
    if (W(C) == 0) HARNESS_GO(op_divided_by_zero);
    W(A) = static_cast<std::int64_t>(U(B) / U(C));
    HARNESS_NEXT(0);
}
void op_word_modulo(HARNESS_OPERANDS) {
    if (W(C) == 0) HARNESS_GO(op_modulo_zero);
    W(A) = static_cast<std::int64_t>(U(B) % U(C));
    HARNESS_NEXT(0);
}
void op_word_shift_left(HARNESS_OPERANDS) {
    {
        const std::uint64_t x = U(B);
        const std::int64_t by = W(C);
        if (by < 0) HARNESS_GO(op_negative_shift);
        if (x != 0 && (by > 63 || x << by >> by != x)) HARNESS_GO(op_too_wide);
        W(A) = x == 0 ? 0 : static_cast<std::int64_t>(x << by);
    }
    HARNESS_NEXT(0);
}
void op_word_shift_right(HARNESS_OPERANDS) {
    {
        const std::int64_t by = W(C);
        if (by < 0) HARNESS_GO(op_negative_shift);
        W(A) = by > 63 ? 0 : static_cast<std::int64_t>(U(B) >> by);
    }
    HARNESS_NEXT(0);
}
void op_word_power(HARNESS_OPERANDS) {
    if (!raise_to<std::uint64_t>(R, word)) HARNESS_GO(op_too_wide);
    HARNESS_NEXT(0);
}
void op_word_divide(HARNESS_OPERANDS) {
    if (W(C) == 0) HARNESS_GO(op_true_division_by_zero);
    R[A] = {std::bit_cast<std::uint64_t>(quotient_of(U(B), U(C)))};
    HARNESS_NEXT(0);
}

// --- Into words, and out of them

void op_int_move(HARNESS_OPERANDS) {
    W(A) = W(B);
    HARNESS_NEXT(0);
}
void op_int_load(HARNESS_OPERANDS) {
    W(A) = static_cast<std::int32_t>(word) >> 16;
    HARNESS_NEXT(0);
}
void op_int_load_wide(HARNESS_OPERANDS) {
    W(A) = static_cast<std::int64_t>(std::uint64_t{pc[0]} | std::uint64_t{pc[1]} << 32);
    HARNESS_NEXT(2);
}

namespace {
template <bool Unsigned>
[[gnu::noinline]] void op_out_of_range(HARNESS_OPERANDS) {
    S->at = pc;
    raise_out_of_range(S, static_cast<Type>(pc[0]), U(B), Unsigned);
    HARNESS_GO(op_unwind);
}
}  // namespace
void op_int_check(HARNESS_OPERANDS) {
    {
        const std::int64_t i = W(B);
        if (fits_type(static_cast<Type>(pc[0]), i)) [[likely]] {
            W(A) = i;
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_out_of_range<false>);
}
void op_word_check(HARNESS_OPERANDS) {
    {
        const std::int64_t i = W(B);
        if (i >= 0 && fits_type(static_cast<Type>(pc[0]), i)) [[likely]] {
            W(A) = i;
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_out_of_range<true>);
}
void op_box(HARNESS_OPERANDS) {
    {
        const std::int64_t i = W(B);
        if (fits_integer(i)) [[likely]] {
            R[A] = Value::integer(i);
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_too_wide_for_value);
}
void op_box_word(HARNESS_OPERANDS) {
    if (U(B) > static_cast<std::uint64_t>(integer_max)) HARNESS_GO(op_too_wide_for_value);
    R[A] = Value::integer(W(B));
    HARNESS_NEXT(0);
}
namespace {
[[gnu::noinline]] void op_unbox_slow(HARNESS_OPERANDS) {
    S->at = pc;
    if (!unbox_checked(S, R[B], static_cast<Type>(pc[0]), W(A))) HARNESS_GO(op_unwind);
    HARNESS_NEXT(1);
}
[[gnu::noinline]] void op_float_check_slow(HARNESS_OPERANDS) {
    S->at = pc;
    if (!check_float(S, R[B], static_cast<Type>(pc[0]), R[A])) HARNESS_GO(op_unwind);
    HARNESS_NEXT(1);
}
[[gnu::noinline]] void op_float_round_slow(HARNESS_OPERANDS) {
    S->at = pc;
    if (!check_float(S, R[B], Type::f32, R[A])) HARNESS_GO(op_unwind);
    HARNESS_NEXT(0);
}
}  // namespace
void op_unbox(HARNESS_OPERANDS) {
    {
        const Value v = R[B];
        if (v.is_int() && fits_type(static_cast<Type>(pc[0]), v.as_int())) [[likely]] {
            W(A) = v.as_int();
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_unbox_slow);
}
void op_float_check(HARNESS_OPERANDS) {
    {
        const Value v = R[B];
        if (v.is_float() && static_cast<Type>(pc[0]) != Type::f32) [[likely]] {
            R[A] = v;
            HARNESS_NEXT(1);
        }
    }
    HARNESS_GO(op_float_check_slow);
}
void op_float_round(HARNESS_OPERANDS) {
    {
        const float narrow = static_cast<float>(R[B].as_float());
        if (std::fabs(narrow) <= std::numeric_limits<float>::max()) [[likely]] {
            R[A] = {std::bit_cast<std::uint64_t>(static_cast<double>(narrow))};
            HARNESS_NEXT(0);
        }
    }
    HARNESS_GO(op_float_round_slow);
}
void op_int_to_float(HARNESS_OPERANDS) {
    R[A] = {std::bit_cast<std::uint64_t>(static_cast<double>(W(B)))};
    HARNESS_NEXT(0);
}
void op_word_to_float(HARNESS_OPERANDS) {
    R[A] = {std::bit_cast<std::uint64_t>(static_cast<double>(U(B)))};
    HARNESS_NEXT(0);
}

// --- Floats

// A NaN that comes out needs no look at its bits, as in ops_arithmetic.cpp.
#define HARNESS_FLOAT(name, sign)                                                    \
    void op_float_##name(HARNESS_OPERANDS) {                                         \
        R[A] = {std::bit_cast<std::uint64_t>(R[B].as_float() sign R[C].as_float())}; \
        HARNESS_NEXT(0);                                                             \
    }
HARNESS_FLOAT(add, +)
HARNESS_FLOAT(subtract, -)
HARNESS_FLOAT(multiply, *)
#undef HARNESS_FLOAT
void op_float_divide(HARNESS_OPERANDS) {
    if (R[C].as_float() == 0) HARNESS_GO(op_float_division_by_zero);
    R[A] = {std::bit_cast<std::uint64_t>(R[B].as_float() / R[C].as_float())};
    HARNESS_NEXT(0);
}
void op_float_multiply_add(HARNESS_OPERANDS) {
    {
        const double product = R[B].as_float() * R[C].as_float();
        R[A] = {std::bit_cast<std::uint64_t>(R[pc[0]].as_float() + product)};
    }
    HARNESS_NEXT(1);
}
void op_float_multiply_subtract(HARNESS_OPERANDS) {
    {
        const double product = R[B].as_float() * R[C].as_float();
        R[A] = {std::bit_cast<std::uint64_t>(R[pc[0]].as_float() - product)};
    }
    HARNESS_NEXT(1);
}

namespace {
[[gnu::noinline]] void op_no_root(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise(ErrorKind::ValueError, "math domain error");
    HARNESS_GO(op_unwind);
}
}  // namespace
void op_float_sqrt(HARNESS_OPERANDS) {
    {
        const double x = R[B].as_float();
        if (x < 0) [[unlikely]]
            HARNESS_GO(op_no_root);
        R[A] = {std::bit_cast<std::uint64_t>(__builtin_sqrt(x))};
    }
    HARNESS_NEXT(0);
}

// --- Returns

void op_return_word(HARNESS_OPERANDS) {
    {
        const std::int64_t i = W(A);
        Frame* f = S->frame;
        const std::uint32_t how = f->result_register;
        if ((how & frame_word) == 0 && !fits_integer(i)) HARNESS_GO(op_too_wide_for_value);
        pc = f->return_pc;
        S->frame = --f;
        R = f->base;
        K = f->function->constants;
        if ((how & frame_word) != 0) [[likely]]
            W(how & 0xFF) = i;
        else
            R[how & 0xFF] = Value::integer(i);
    }
    HARNESS_NEXT(0);
}

// --- Jumps

#define HARNESS_JUMP_IF(name, condition)                       \
    void op_jump_##name(HARNESS_OPERANDS) {                    \
        if (condition) pc += static_cast<std::int32_t>(pc[0]); \
        HARNESS_NEXT(1);                                       \
    }
HARNESS_JUMP_IF(int_equal, W(A) == W(B))
HARNESS_JUMP_IF(int_not_equal, W(A) != W(B))
HARNESS_JUMP_IF(int_less, W(A) < W(B))
HARNESS_JUMP_IF(int_less_equal, W(A) <= W(B))
HARNESS_JUMP_IF(int_equal_small, W(A) == signed_byte(B))
HARNESS_JUMP_IF(int_not_equal_small, W(A) != signed_byte(B))
HARNESS_JUMP_IF(int_less_small, W(A) < signed_byte(B))
HARNESS_JUMP_IF(int_greater_equal_small, W(A) >= signed_byte(B))
HARNESS_JUMP_IF(word_less, U(A) < U(B))
HARNESS_JUMP_IF(word_less_equal, U(A) <= U(B))
HARNESS_JUMP_IF(float_less, R[A].as_float() < R[B].as_float())
HARNESS_JUMP_IF(float_not_less, !(R[A].as_float() < R[B].as_float()))
HARNESS_JUMP_IF(float_less_equal, R[A].as_float() <= R[B].as_float())
HARNESS_JUMP_IF(float_not_less_equal, !(R[A].as_float() <= R[B].as_float()))
#undef HARNESS_JUMP_IF

/// X: a CompareOp from == to >=, bit 3: jump where it does not hold, bit 4: the word has no sign.
void op_jump_mixed(HARNESS_OPERANDS) {
    {
        const int order = compare_exactly(W(A), (pc[0] & 16) != 0, R[B].as_float());
        const unsigned kind = pc[0] & 7;
        const bool holds = kind == 0   ? order == 0
                           : kind == 1 ? order != 0
                           : kind == 2 ? order == -1
                           : kind == 3 ? order <= 0
                           : kind == 4 ? order == 1
                                       : order == 0 || order == 1;
        if (holds != ((pc[0] & 8) != 0)) pc += static_cast<std::int32_t>(pc[1]);
    }
    HARNESS_NEXT(2);
}

// --- Counted loops

namespace {
[[gnu::noinline]] void op_range_without_step(HARNESS_OPERANDS) {
    S->at = pc;
    S->raise(ErrorKind::ValueError, "range() arg 3 must not be zero");
    HARNESS_GO(op_unwind);
}
}  // namespace
void op_int_range_begin(HARNESS_OPERANDS) {
    {
        std::int64_t* loop = &W(A);
        const std::int64_t start = loop[0], stop = loop[1], step = loop[2];
        if (step == 0) HARNESS_GO(op_range_without_step);
        if (step > 0 ? stop <= start : stop >= start) {
            pc += static_cast<std::int32_t>(pc[0]);
            HARNESS_NEXT(1);
        }
        // Unsigned, as the way may be longer than the greatest number.
        const auto from = static_cast<std::uint64_t>(start), to = static_cast<std::uint64_t>(stop),
                   by = static_cast<std::uint64_t>(step);
        loop[1] = static_cast<std::int64_t>(step > 0 ? (to - from - 1) / by : (from - to - 1) / (0 - by));
    }
    HARNESS_NEXT(1);
}
void op_int_range_from(HARNESS_OPERANDS) {
    W(A) = R[A].as_int();
    W(A + 1) = static_cast<std::int64_t>(R[A + 1].bits);
    W(A + 2) = static_cast<std::int64_t>(R[A + 2].bits);
    HARNESS_NEXT(0);
}
void op_int_range_next(HARNESS_OPERANDS) {
    {
        std::int64_t* loop = &W(A);
        if (loop[1] != 0) [[likely]] {
            --loop[1];
            const std::int64_t next = loop[0] + loop[2];
            loop[0] = next;
            W(B) = next;
            pc += static_cast<std::int32_t>(pc[0]);
        }
    }
    HARNESS_NEXT(1);
}

}  // namespace harness::lang
