// Comprehensions and generator expressions, as loops in place: their names are the block's own, and `any` and
// `all` over a generator stop with the first answer, as in Python.
#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

/// The loops of a comprehension around its body. As in Python all its names are its own: one set of cells for
/// each time that it runs, and only the first iterable is evaluated outside of them.
void FunctionCompiler::comprehension_loops(const ComprehensionExpr& e, const std::function<void()>& body) {
    const std::size_t names = block_locals_.size();
    const auto declare_names = [&] {
        for (const CompClause& clause : e.clauses) declare_targets(clause.target, names, e.span);
    };
    comprehension_clause(e, 0, declare_names, body);
    while (block_locals_.size() > names) {
        const Local local = block_locals_.back();
        block_locals_.pop_back();
        --block_used_;
        if (counts()) {
            emit(Op::discard, local.reg, 0, 0, e.span);
            emit(Op::load_unbound, local.reg, 0, 0, e.span);
        }
        flow_.clear(local.reg);
    }
}

/// Gives the names of a target registers of the block, those above `first` only once.
void FunctionCompiler::declare_targets(const Expr* target, std::size_t first, Span span) {
    if (target->kind == ExprKind::tuple || target->kind == ExprKind::list) {
        for (const Expr* part : as<SequenceExpr>(target).elements) declare_targets(part, first, span);
        return;
    }
    if (target->kind == ExprKind::starred) return declare_targets(as<StarredExpr>(target).value, first, span);
    if (target->kind != ExprKind::name) return;
    Local local{.name = as<NameExpr>(target).name};
    for (std::size_t i = first; i < block_locals_.size(); ++i)
        if (block_locals_[i].name == local.name) return;
    needs_init_ = true;
    local.reg = static_cast<std::uint8_t>(block_base_ + block_used_++);
    flow_.clear(local.reg);
    if (scope_.captured.contains(local.name)) {
        const std::uint8_t value = temp();
        const std::uint8_t cell = temp();
        emit(Op::load_unbound, value, 0, 0, span);
        emit(Op::new_cell, cell, value, 0, span);
        own(cell);
        store_local(local, {cell, Hold::unnamed, true}, span);
        release_to(value);
        local.is_cell = true;
    } else if (!counts()) {
        emit(Op::load_unbound, local.reg, 0, 0, span);
    }
    block_locals_.push_back(local);
}

void FunctionCompiler::comprehension_clause(const ComprehensionExpr& e, std::size_t index,
                                            const std::function<void()>& declare,
                                            const std::function<void()>& body) {
    if (index == e.clauses.size()) {
        body();
        return;
    }
    const CompClause& clause = e.clauses[index];
    const unsigned mark = next_temp_;
    const auto inner = [&] {
        JumpList skip;
        for (const Expr* condition : clause.conditions) branch(condition, false, skip);
        comprehension_clause(e, index + 1, {}, body);
        exits_.back().continues.insert(exits_.back().continues.end(), skip.begin(), skip.end());
    };
    if (index == 0 && given_loop_) {
        loop_over(clause.target, nullptr, declare, clause.iterable->span, inner, nullptr);
        release_to(mark);
        return;
    }
    JumpList empty;
    open_exit(Exit::Kind::loop);
    const Flow before = flow_;
    const bool counted = counted_for(
        clause.target, clause.iterable, declare, e.span,
        [&](JumpList& continues) {
            inner();
            continues = std::move(exits_.back().continues);
            exits_.back().continues.clear();
        },
        empty);
    exits_.pop_back();
    if (counted) {
        flow_ = before;
        patch_all(empty, here());
    } else {
        loop_over(clause.target, clause.iterable, declare, e.span, inner, nullptr);
    }
    release_to(mark);
}

Operand FunctionCompiler::comprehension(const ComprehensionExpr& e, ExprKind kind, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const std::uint8_t made = dest >= 0 ? temp() : reg;
    const bool is_dict = kind == ExprKind::dict_comp;
    emit(is_dict ? Op::make_dict : Op::make_list, made, 0, 0, e.span);
    own(made);
    comprehension_loops(e, [&] {
        const unsigned inner = next_temp_;
        const std::size_t pending = pending_drops_.size();
        if (is_dict) {
            Operand key = expr(e.key);
            keep_across(key, e.element, e.key->span);
            const Operand value = stored_value(e.element);
            emit(value.hold == Hold::unnamed ? Op::dict_insert_take : Op::dict_insert, made, key.reg,
                 value.reg, e.key->span);
            if (value.hold == Hold::unnamed) disown(value.reg);
            finish(key, e.span);
        } else {
            const std::uint8_t value = temp();
            into_owned(e.element, value, true);
            emit(Op::append_take, made, value, 0, e.element->span);
            disown(value);
        }
        end_statement(e.span, pending);
        release_to(inner);
    });
    if (made != reg) {
        emit(Op::move, reg, made, 0, e.span);
        disown(made);
        own(reg);
    }
    release_to(mark);
    return {reg, Hold::unnamed, true};
}

/// A generator whose consumer may look at each element before the next is made: a function over the first
/// iterable, called for one element at a time.
Operand FunctionCompiler::generator(const ComprehensionExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const Operand iterable = owned_temp(e.clauses[0].iterable);
    FunctionCompiler inner(context_, scopes_, *scopes_.functions.at(&e), this, module_);
    const Operand function = make_function(inner.compile_generator(e), {}, e.span, -1);
    emit(Op::make_generator, reg, function.reg, iterable.reg, e.clauses[0].iterable->span);
    own(reg);
    if (defers_drops() && iterable.hold == Hold::unnamed)
        emit(Op::receive, reg, iterable.reg, 0, e.clauses[0].iterable->span);
    finish(function, e.span);
    finish(iterable, e.span);
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

Function* FunctionCompiler::compile_generator(const ComprehensionExpr& e) {
    fn_->name = "<genexpr>";
    fn_->header.span = e.span;
    fn_->header.name = context_.names.intern(fn_->name);
    fn_->header.kind = ScopeKind::closure;
    fn_->qualified_name = parent_->fn_->header.kind == ScopeKind::global
                              ? fn_->name
                              : parent_->fn_->qualified_name + ".<locals>." + fn_->name;
    try {
        lay_out_names({}, {});
        fn_->generator_register = temp();
        given_loop_ = temp(3);
        comprehension_loops(e, [&] { yield_value(e.element); });
        if (counts() && fn_->owned_count > 0) {
            const std::uint8_t none = temp();
            emit(Op::load_none, none, 0, 0, e.span);
            emit(Op::return_clean, none, 0, 0, e.span);
        } else {
            emit(Op::return_none, 0, 0, 0, e.span);
        }
        finish_function();
    } catch (const TooLarge&) {
    }
    return fn_;
}

/// Hands out one element. Only loops, their names and what waits for the end of a statement live across it.
void FunctionCompiler::yield_value(const Expr* element) {
    const unsigned mark = next_temp_;
    const std::size_t pending = pending_drops_.size();
    const std::uint8_t value = temp();
    into_owned(element, value);
    end_statement(element->span, pending);
    disown(value);
    auto& kept = fn_->kept_registers;
    for (const std::uint8_t loop : open_loops_)
        for (unsigned i = 0; i < 3; ++i) kept.push_back(static_cast<std::uint8_t>(loop + i));
    for (unsigned i = 0; i < block_used_; ++i) kept.push_back(static_cast<std::uint8_t>(block_base_ + i));
    kept.insert(kept.end(), pending_drops_.begin(), pending_drops_.end());
    emit(Op::suspend, fn_->generator_register, 0, 0, element->span);
    emit(Op::return_, value, 0, 0, element->span);
    release_to(mark);
}

/// any(… for …) and all(… for …): the loop ends with the first element that decides.
Operand FunctionCompiler::short_circuit_generator(const CallExpr& call, bool stop_on, int dest) {
    const auto& e = as<ComprehensionExpr>(call.arguments[0].value);
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const std::uint8_t result = dest >= 0 ? temp() : reg;
    emit(stop_on ? Op::load_false : Op::load_true, result, 0, 0, call.span);
    JumpList found;
    const std::size_t owned_outside = active_owned_.size();
    std::vector<Local> names_at_exit;
    comprehension_loops(e, [&] {
        JumpList on;
        branch(e.element, !stop_on, on);
        emit(stop_on ? Op::load_true : Op::load_false, result, 0, 0, call.span);
        leave_blocks(owned_outside, open_regions_, call.span);
        if (names_at_exit.empty()) names_at_exit = block_locals_;
        found.push_back(emit_jump(Op::jump, 0, 0, call.span));
        patch_all(on, here());
    });
    if (counts()) {
        // Leaving early skipped the ends of the clauses' names.
        const std::uint32_t over = emit_jump(Op::jump, 0, 0, call.span);
        patch_all(found, here());
        for (std::size_t i = block_locals_.size(); i < names_at_exit.size(); ++i) {
            emit(Op::discard, names_at_exit[i].reg, 0, 0, call.span);
            emit(Op::load_unbound, names_at_exit[i].reg, 0, 0, call.span);
        }
        patch(over, here());
    } else {
        patch_all(found, here());
    }
    if (result != reg) emit(Op::move, reg, result, 0, call.span);
    release_to(mark);
    return {reg, Hold::plain, true};
}

}  // namespace harness::lang
