// The ends of slow paths: operands that were unnamed end with the instruction that used them.
#pragma once

#include "lang/vm/dispatch.hpp"

namespace harness::lang {

/// What the compiler noted for the instruction whose first word is before `pc`.
inline std::uint8_t operand_flags(Interpreter* S, const std::uint32_t* pc) {
    const Function& f = *S->frame->function;
    return f.operand_flags[static_cast<std::size_t>(pc - f.code.data()) - 1];
}

/// Ends unnamed operands after a slow path, and with `ends_a` what the destination held before.
inline void end_operands(Interpreter* S, std::uint8_t flags, Value& a, Value a_before, Value b, Value c) {
    if (flags & ends_b) S->drop(b);
    if (flags & ends_c) S->drop(c);
    if (flags & ends_a) S->discard_overwritten(a, a_before);
}

[[gnu::always_inline]] inline bool both_ints(Value a, Value b) { return (a.bits & b.bits) >> 48 == 0xFFFF; }

/// The last operand of an instruction: a register, or a constant of the function.
enum class Last : bool { in_register, constant };

template <Last last>
[[gnu::always_inline]] inline Value last_operand(const Value* R, const Value* K, unsigned index) {
    return last == Last::constant ? K[index] : R[index];
}

}  // namespace harness::lang
