// Words, jumps, registers, and the ranges in which a register answers for a value. The lowest layer of the
// function compiler: everything above speaks in these terms.
#include <algorithm>

#include "allocators/outcome.hpp"
#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {
constexpr unsigned last_register = 250;
}

void FunctionCompiler::emit_word(std::uint32_t word) {
    fn_->code.push_back(word);
    fn_->spans.push_back(fn_->spans.empty() ? Span{} : fn_->spans.back());
    fn_->operand_flags.push_back(0);
}

void FunctionCompiler::emit_words64(std::uint64_t word) {
    emit_word(static_cast<std::uint32_t>(word));
    emit_word(static_cast<std::uint32_t>(word >> 32));
}

/// Emits the first word; returns its position. Further words are the caller's.
std::uint32_t FunctionCompiler::emit(Op op, unsigned a, unsigned b, unsigned c, Span span,
                                     std::uint8_t flags) {
    // Every count that an instruction holds has its limit where it is made; this is for those forgotten.
    if ((a | b | c) > 0xFF) too_large(span, "too many parts in one statement", "split it into smaller ones");
    const std::uint32_t at = here();
    // Whoever walks the code relies on it: the disassembler, and what resets known methods.
    HARNESS_CHECK(at == next_instruction_, "an instruction has not got the words that it is declared with");
    next_instruction_ = at + op_words[static_cast<std::size_t>(op)];
    fn_->code.push_back(encode(op, a, b, c));
    fn_->spans.push_back(span);
    fn_->operand_flags.push_back(flags);
    if (is_far(op)) {
        emit_word(static_cast<std::uint32_t>(table_place(op)));
        fn_->operand_flags.back() = flags;
    }
    return at;
}

/// Emits a jump with an open target; returns the position of the word to patch.
std::uint32_t FunctionCompiler::emit_jump(Op op, unsigned a, unsigned b, Span span, std::uint8_t flags) {
    emit(op, a, b, 0, span, flags);
    emit_word(0);
    return here() - 1;
}

void FunctionCompiler::emit_jump_to(Op op, unsigned a, unsigned b, std::uint32_t target, Span span) {
    patch(emit_jump(op, a, b, span), target);
}

/// Jumps count from the word after their offset.
void FunctionCompiler::patch(std::uint32_t jump_word, std::uint32_t target) {
    fn_->code[jump_word] = target - (jump_word + 1);
}

void FunctionCompiler::patch_all(const JumpList& jumps, std::uint32_t target) {
    for (std::uint32_t jump : jumps) patch(jump, target);
}

std::uint32_t FunctionCompiler::constant(Value v) {
    const auto [found, fresh] =
        constant_index_.emplace(v.bits, static_cast<std::uint32_t>(fn_->constant_pool.size()));
    if (fresh) fn_->constant_pool.push_back(v);
    return found->second;
}

std::uint8_t FunctionCompiler::temp(unsigned count) {
    const unsigned first = next_temp_;
    if (first + count > last_register)
        too_large(fn_->spans.empty() ? fn_->header.span : fn_->spans.back(),
                  "too many names and intermediate values in one function",
                  "split the function, or the expression, into smaller ones");
    next_temp_ = first + count;
    fn_->registers = std::max<std::uint16_t>(fn_->registers, static_cast<std::uint16_t>(next_temp_));
    return static_cast<std::uint8_t>(first);
}

void FunctionCompiler::too_large(Span span, std::string message, std::string help) {
    error(span, "SyntaxError", std::move(message), std::move(help));
    throw TooLarge{};
}

void FunctionCompiler::release_temporaries(unsigned mark) {
    for (std::uint8_t reg : pending_drops_) mark = std::max(mark, reg + 1U);
    for (const PendingKeep& pending : pending_keeps_) mark = std::max(mark, pending.kept.reg + 1U);
    next_temp_ = mark;
}

void FunctionCompiler::error(Span span, std::string name, std::string message, std::string help) {
    if (context_.errors.size() >= most_compile_errors) return;
    Diagnostic d;
    d.name = std::move(name);
    d.span = span;
    d.message = std::move(message);
    d.help = std::move(help);
    context_.errors.push_back(std::move(d));
}

/// From the next instruction on, unwinding ends what `reg` holds.
void FunctionCompiler::own(std::uint8_t reg, OwnedRange::Holder holder) {
    if (counts()) active_owned_.push_back({reg, here(), holder});
}

void FunctionCompiler::disown(std::uint8_t reg) {
    for (std::size_t i = active_owned_.size(); i-- > 0;) {
        if (active_owned_[i].reg != reg) continue;
        const ActiveOwned& active = active_owned_[i];
        if (active.from < here()) fn_->owned.push_back({active.from, here(), reg, active.holder});
        active_owned_.erase(active_owned_.begin() + static_cast<std::ptrdiff_t>(i));
        return;
    }
}

void FunctionCompiler::finish(const Operand& operand, Span span) {
    if (operand.hold != Hold::unnamed || !counts()) return;
    if (defers_drops()) {
        // A result may be a borrow into this value, so it lives to the end of the statement.
        pending_drops_.push_back(operand.reg);
        return;
    }
    emit(Op::drop, operand.reg, 0, 0, span);
    disown(operand.reg);
}

/// Ends an operand whose content was given away: strings and what the VM counts go, objects were received.
void FunctionCompiler::finish_given(const Operand& operand, Span span) {
    if (operand.hold != Hold::unnamed || !counts()) return;
    emit(Op::discard, operand.reg, 0, 0, span);
    disown(operand.reg);
}

/// Ends the unnamed values that were lent during the statement (or since `from`), last first.
void FunctionCompiler::end_statement(Span span, std::size_t from) {
    while (pending_drops_.size() > from) {
        const std::uint8_t reg = pending_drops_.back();
        pending_drops_.pop_back();
        emit(Op::drop, reg, 0, 0, span);
        disown(reg);
    }
}

}  // namespace harness::lang
