// How one handler hands over to the next. Each opcode is a small function that ends in a tail call through
// the table, so that the state of the machine stays in registers; builds that cannot make tail calls return
// to a loop instead.
#pragma once

#include "lang/vm/interpreter.hpp"

// Sanitizers and unoptimised builds do not turn these calls into jumps: the C stack would grow with every
// instruction.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__) || \
    defined(HARNESS_TRAMPOLINE)
#define HARNESS_TAIL_CALLS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer)
#define HARNESS_TAIL_CALLS 0
#else
#define HARNESS_TAIL_CALLS 1
#endif
#else
#define HARNESS_TAIL_CALLS 1
#endif

/// The parameters of every handler: machine, next word, window, table, this word, constants.
#define HARNESS_OPERANDS                                                                                  \
    [[maybe_unused]] Interpreter *S, [[maybe_unused]] const std::uint32_t *pc, [[maybe_unused]] Value *R, \
        [[maybe_unused]] const Handler *table, [[maybe_unused]] std::uint32_t word,                       \
        [[maybe_unused]] const Value *K
#define HARNESS_PASS S, pc, R, table, word, K

#if HARNESS_TAIL_CALLS
#if defined(__clang__)
#define HARNESS_TAIL [[clang::musttail]] return
#else
#define HARNESS_TAIL return
#endif
/// Goes on with the instruction `skip` words behind this one's first.
#define HARNESS_NEXT(skip)                                 \
    do {                                                   \
        word = pc[skip];                                   \
        pc += (skip) + 1;                                  \
        HARNESS_TAIL table[word & 0xFF].run(HARNESS_PASS); \
    } while (0)
/// Goes on in another handler with the same instruction.
#define HARNESS_GO(function) HARNESS_TAIL function(HARNESS_PASS)
/// Begins the same instruction again; a far one has a second word.
#define HARNESS_AGAIN()                                    \
    do {                                                   \
        pc -= (word & 0xFF) == far_opcode ? 1 : 0;         \
        HARNESS_TAIL table[word & 0xFF].run(HARNESS_PASS); \
    } while (0)
#else
#define HARNESS_NEXT(skip)                      \
    do {                                        \
        S->resume = {pc + (skip), R, table, K}; \
        return;                                 \
    } while (0)
#define HARNESS_GO(function)    \
    do {                        \
        function(HARNESS_PASS); \
        return;                 \
    } while (0)
#define HARNESS_AGAIN()                            \
    do {                                           \
        pc -= (word & 0xFF) == far_opcode ? 1 : 0; \
        table[word & 0xFF].run(HARNESS_PASS);      \
        return;                                    \
    } while (0)
#endif

namespace harness::lang {

constexpr unsigned operand_a(std::uint32_t word) { return word >> 8 & 0xFF; }
constexpr unsigned operand_b(std::uint32_t word) { return word >> 16 & 0xFF; }
constexpr unsigned operand_c(std::uint32_t word) { return word >> 24; }

/// Where an error goes on: in the handler that the unwinder found, or out of the interpreter.
void op_unwind(HARNESS_OPERANDS);
/// Goes on in the handler of a far instruction, which its second word names.
void op_far(HARNESS_OPERANDS);

#define OP(name, words, instances, text) HARNESS_DECLARE_##instances(name)
#define HARNESS_DECLARE_plain(name) void op_##name(HARNESS_OPERANDS);
#define HARNESS_DECLARE_owned(name)
#include "lang/bytecode/opcodes.def"
#undef OP
#undef HARNESS_DECLARE_plain
#undef HARNESS_DECLARE_owned

}  // namespace harness::lang
