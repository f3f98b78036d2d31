// The memory statements: what free, deinit, move, clone, keep, region, using and borrows become under the
// lifetime that is compiled for. Where a lifetime needs nothing of them they end a name, or are not there at
// all.
#include <algorithm>
#include <utility>

#include "lang/compile/function_compiler.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

std::optional<Operand> FunctionCompiler::memory_call(const CallExpr& e, int dest) {
    if (e.callee->kind != ExprKind::name || e.arguments.size() != 1 || e.arguments[0].name != 0 ||
        e.arguments[0].kind != Argument::Kind::plain) {
        return std::nullopt;
    }
    const NameId id = as<NameExpr>(e.callee).name;
    const std::string_view name = context_.names.text(id);
    if (name != "free" && name != "deinit" && name != "move" && name != "clone") return std::nullopt;
    if (user_defines(id)) return std::nullopt;
    const Expr* place = e.arguments[0].value;
    if (name == "free" || name == "deinit") {
        free_call(place, name == "deinit", e.span);
        return constant_operand(Value::none(), dest, e.span);
    }
    if (name == "move") return move_call(place, e.span, dest);
    return clone_call(place, e.span, dest);
}

/// free(place) and deinit(place): the place is dead afterwards; what it held goes as the lifetime has it.
Operand FunctionCompiler::free_call(const Expr* place, bool deep, Span span) {
    const unsigned mark = next_temp_;
    switch (place->kind) {
        case ExprKind::placeholder: {
            emit(deep ? Op::deinit_name : Op::free_name, pipe_value_.reg, 0, 0, place->span);
            emit_word(0);
            pipe_consumed_ = true;
            break;
        }
        case ExprKind::name: {
            const NameId name = as<NameExpr>(place).name;
            const Resolved r = resolve(name);
            if (r.kind == Resolved::Kind::local && !r.local.is_cell) {
                needs_init_ = true;
                const bool was_passed = r.local.was_parameter || r.local.is_received;
                if (r.local.is_parameter || (regions() && was_passed)) {
                    // The caller still holds what it passed: only this name ends, unless memory goes back by
                    // hand.
                    emit(deep ? Op::deinit_name : Op::free_name, r.local.reg, 1, 0, place->span);
                } else {
                    emit(deep ? Op::deinit_name : Op::free_name, r.local.reg, 0, 0, place->span);
                }
                emit_word(name);
                forget(r.local);
            } else if (r.kind == Resolved::Kind::local || r.kind == Resolved::Kind::capture) {
                std::uint8_t cell = r.local.reg;
                if (r.kind == Resolved::Kind::capture) {
                    cell = temp();
                    emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
                }
                emit(Op::free_cell, cell, deep, 0, place->span);
                emit_word(name);
            } else if (r.kind == Resolved::Kind::global) {
                emit(Op::free_global, deep, 0, 0, place->span);
                emit_word(r.index);
            } else {
                emit(Op::raise_unbound, 0, 0, 0, place->span);
                emit_word(name);
            }
            break;
        }
        case ExprKind::attribute: {
            const Operand object = expr(as<AttributeExpr>(place).object);
            emit(Op::free_field, object.reg, deep, 0, place->span);
            emit_word(as<AttributeExpr>(place).name);
            emit_word(0);
            finish(object, span);
            break;
        }
        case ExprKind::index: {
            Operand object = expr(as<IndexExpr>(place).object);
            if (as<IndexExpr>(place).index->kind == ExprKind::slice) {
                error(place->span, "SyntaxError", "a slice is not a place that can be freed");
                break;
            }
            keep_across(object, as<IndexExpr>(place).index, span);
            const Operand at = expr(as<IndexExpr>(place).index);
            emit(Op::free_index, object.reg, at.reg, deep, place->span);
            finish(at, span);
            finish(object, span);
            break;
        }
        default: {
            // An unnamed result: it belongs to this statement.
            const Operand value = owned_temp(place);
            if (context_.lifetime.gives) {
                emit(Op::deinit_value, value.reg, deep, 0, span);
                disown(value.reg);
            } else {
                finish(value, span);
            }
        }
    }
    release_temporaries(mark);
    return {};
}

/// move(place): the value, unnamed; the place is dead until it is stored again, under every lifetime. A place
/// that is only `passing_on` what it owns goes on showing it: `xs[i], xs[j] = xs[j], xs[i]` may name one
/// twice.
Operand FunctionCompiler::move_call(const Expr* place, Span span, int dest, bool passing_on) {
    if (place->kind == ExprKind::placeholder) {
        pipe_consumed_ = true;
        const std::uint8_t reg = target(dest);
        emit(Op::move, reg, pipe_value_.reg, 0, span);
        emit(Op::load_none, pipe_value_.reg, 0, 0, span);
        own(reg);
        return {reg, Hold::unnamed, true};
    }
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    // Among places that change their contents the old one goes on owning until it is overwritten: two of them
    // may be the same, as in xs[i], xs[j] = xs[j], xs[i], and must not lose what they hold.
    const bool stays = std::exchange(permutes_, false);
    switch (place->kind) {
        case ExprKind::name: {
            const NameId name = as<NameExpr>(place).name;
            const Resolved r = resolve(name);
            if (r.kind == Resolved::Kind::local && !r.local.is_cell) {
                check_assigned(r.local, place->span);
                needs_init_ = true;
                if (r.local.is_parameter && counts()) {
                    // The caller's reference stays the caller's; this one is another.
                    single_owner() ? emit(Op::pass, reg, r.local.reg, 1, span)
                                   : emit(Op::share_name, reg, r.local.reg, 0, span);
                    emit(Op::move_name, reg, r.local.reg, 1, span);
                } else {
                    emit(Op::move_name, reg, r.local.reg, 0, span);
                }
                forget(r.local);
            } else if (r.kind == Resolved::Kind::local || r.kind == Resolved::Kind::capture) {
                std::uint8_t cell = r.local.reg;
                if (r.kind == Resolved::Kind::capture) {
                    cell = temp();
                    emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
                }
                emit(Op::move_cell, reg, cell, 0, span);
            } else if (r.kind == Resolved::Kind::global) {
                emit(Op::move_global, reg, 0, 0, place->span);
                emit_word(r.index);
            } else {
                return read_name(name, place->span, dest);
            }
            break;
        }
        case ExprKind::attribute: {
            const Operand object = expr(as<AttributeExpr>(place).object);
            emit(Op::move_field, reg, object.reg, 0, place->span);
            emit_word(as<AttributeExpr>(place).name);
            emit_word(0);
            if (passing_on) {
                emit(stays ? Op::set_field_copy : Op::set_field_edge, object.reg, reg, 0, place->span);
                emit_word(as<AttributeExpr>(place).name);
                emit_word(0);
            }
            finish(object, span);
            break;
        }
        case ExprKind::index: {
            Operand object = expr(as<IndexExpr>(place).object);
            keep_across(object, as<IndexExpr>(place).index, span);
            const Operand at = expr(as<IndexExpr>(place).index);
            emit(Op::move_index, reg, object.reg, at.reg, place->span);
            if (passing_on)
                emit(stays ? Op::set_index_copy : Op::set_index_edge, object.reg, at.reg, reg, place->span);
            finish(at, span);
            finish(object, span);
            break;
        }
        default:
            return expr(place, reg);
    }
    own(reg, stays ? OwnedRange::Holder::name : OwnedRange::Holder::register_);
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

Operand FunctionCompiler::clone_call(const Expr* e, Span span, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const Operand value = expr(e);
    emit(Op::clone, reg, value.reg, 0, span);
    own(reg);
    finish(value, span);
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

/// &x where no call takes it: a reference that answers for nothing. Whoever stores it stores an unowned edge.
Operand FunctionCompiler::borrow(const BorrowExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    Operand value = expr(e.operand);
    if (value.hold == Hold::unnamed) {
        // A borrow of something that nobody holds: it lives to the end of the statement.
        if (counts()) pending_drops_.push_back(value.reg);
        if (value.reg == reg) {
            const std::uint8_t copy = temp();
            emit(Op::lend, copy, value.reg, 0, e.span);
            return {copy, Hold::lent, true};
        }
    }
    emit(Op::lend, reg, value.reg, 0, e.span);
    release_temporaries(mark);
    return {reg, value.hold == Hold::plain ? Hold::plain : Hold::lent, true};
}

/// An allocator serves what the outermost constructor, literal or call of the expression makes.
Operand FunctionCompiler::made_using(const Expr* allocator_expr, const Expr* e) {
    const std::uint8_t allocator = temp();
    into_owned(allocator_expr, allocator);
    emit(Op::using_begin, allocator, 0, 0, allocator_expr->span);
    const UsingCall outer = std::exchange(using_call_, {e, allocator});
    const Operand value = owned_temp(e);
    using_call_ = outer;
    emit(Op::using_end, 0, 0, 0, e->span);
    finish({allocator, Hold::unnamed, true}, e->span);
    return value;
}

/// The name of the allocator must have its value by then.
const Expr* FunctionCompiler::allocator_of_kept(NameId name) {
    const auto found = scope_.kept_using.find(name);
    if (found == scope_.kept_using.end()) return nullptr;
    const NameExpr* root = root_name(found->second);
    if (root == nullptr || !inert(found->second)) return nullptr;
    const Local* local = find_local(root->name);
    return local == nullptr || local->is_cell || flow_.has(local->reg) ? found->second : nullptr;
}

Operand FunctionCompiler::using_expr(const UsingExpr& e, int dest) {
    const Operand value = made_using(e.allocator, e.value);
    if (dest >= 0) {
        emit(Op::move, static_cast<unsigned>(dest), value.reg, 0, e.span);
        if (value.hold == Hold::unnamed) {
            disown(value.reg);
            own(static_cast<std::uint8_t>(dest));
        }
        return {static_cast<std::uint8_t>(dest), value.hold, true};
    }
    return value;
}

void FunctionCompiler::keep_statement(const Expr* value, List<Expr*> targets, const Expr* allocator,
                                      Span span) {
    const unsigned mark = next_temp_;
    Operand kept{};
    const Local* named = value->kind == ExprKind::name ? find_local(as<NameExpr>(value).name) : nullptr;
    if (value->kind == ExprKind::placeholder)
        kept = pipe_value_;
    else if (context_.lifetime.moves && named != nullptr && !named->is_cell && !named->word)
        kept = {named->reg, Hold::lent, false};  // where the store moved it already, there is nothing to do
    else
        kept = expr(value);
    if (allocator != nullptr) {
        const Operand a = expr(allocator);
        finish(a, span);
    }
    if (targets.empty()) emit(Op::keep, kept.reg, 255, 0, span);
    for (const Expr* target : targets) {
        const Operand t = expr(target);
        emit(Op::keep, kept.reg, t.reg, static_cast<unsigned>(targets.size() > 1), span);
        finish(t, span);
    }
    if (value->kind != ExprKind::placeholder) finish(kept, span);
    release_temporaries(mark);
}

/// The targets have their values now. What was unnamed belonged to its register until here.
void FunctionCompiler::keep_after_assignment(std::size_t from, Span span) {
    for (std::size_t i = from; i < pending_keeps_.size(); ++i) {
        const PendingKeep& pending = pending_keeps_[i];
        next_temp_ = std::max<unsigned>(next_temp_, pending.kept.reg + 1U);
        const unsigned mark = next_temp_;
        const Operand t = expr(pending.target);
        emit(Op::keep, pending.kept.reg, t.reg, static_cast<unsigned>(pending.shared), span);
        finish(t, span);
        release_to(mark);
    }
    for (std::size_t i = from; i < pending_keeps_.size(); ++i) {
        const Operand& kept = pending_keeps_[i].kept;
        const bool again = i > from && pending_keeps_[i - 1].kept.reg == kept.reg;
        if (again || kept.hold != Hold::unnamed || !counts()) continue;
        if (!context_.lifetime.explicit_release) emit(Op::drop, kept.reg, 0, 0, span);
        disown(kept.reg);
    }
    pending_keeps_.resize(from);
}

/// a | stage: the left value becomes an unnamed variable that the stage sees as `_`.
Operand FunctionCompiler::pipe(const PipeExpr& e, int dest) {
    const bool from_name = e.left->kind == ExprKind::name;
    const Expr* allocator =
        e.stage->kind == ExprKind::keep_stage ? as<KeepStageExpr>(e.stage).allocator : nullptr;
    Operand left = from_name              ? evaluate(e.left, -1)
                   : allocator != nullptr ? made_using(allocator, e.left)
                                          : owned_temp(e.left);
    const Operand outer = pipe_value_;
    const bool outer_consumed = pipe_consumed_;
    pipe_value_ = left;
    pipe_consumed_ = false;
    Operand result{};
    if (e.stage->kind == ExprKind::keep_stage) {
        const auto& keep = as<KeepStageExpr>(e.stage);
        Expr placeholder{};
        placeholder.kind = ExprKind::placeholder;
        placeholder.span = e.stage->span;
        const auto comes_later = [&](const Expr* target) {
            return target->kind == ExprKind::name && std::find(assigning_.begin(), assigning_.end(),
                                                               as<NameExpr>(target).name) != assigning_.end();
        };
        if (std::any_of(keep.targets.begin(), keep.targets.end(), comes_later)) {
            const bool shared = keep.targets.size() > 1;
            for (const Expr* target : keep.targets)
                if (comes_later(target)) pending_keeps_.push_back({left, target, shared});
            for (Expr* target : keep.targets)
                if (!comes_later(target)) keep_statement(&placeholder, {&target, 1}, nullptr, e.span);
            if (keep.allocator != nullptr) finish(expr(keep.allocator), e.span);
            // Its register answers for it until then, unless the name is its one owner.
            if (single_owner() && &e == assigned_pipe_)
                for (PendingKeep& pending : pending_keeps_)
                    if (pending.kept.reg == left.reg) pending.kept.hold = Hold::lent;
            if (left.hold == Hold::unnamed && !(single_owner() && &e == assigned_pipe_))
                left.hold = Hold::lent;
            left.temporary = false;
            pipe_value_ = outer;
            pipe_consumed_ = outer_consumed;
            if (dest < 0) return left;
            emit(counts() && left.hold == Hold::lent ? Op::share : Op::move, static_cast<unsigned>(dest),
                 left.reg, 0, e.span);
            if (counts() && left.hold == Hold::lent) own(static_cast<std::uint8_t>(dest));
            return {static_cast<std::uint8_t>(dest),
                    counts() && left.hold == Hold::lent ? Hold::unnamed : left.hold, true};
        }
        keep_statement(&placeholder, keep.targets, keep.allocator, e.span);
        if (context_.lifetime.explicit_release && left.hold == Hold::unnamed) {
            // What it is kept with answers for it now.
            disown(left.reg);
            left.hold = Hold::lent;
        }
        result = left;
        if (dest >= 0 && left.reg != dest) {
            emit(counts() && left.hold == Hold::lent ? Op::share : Op::move, static_cast<unsigned>(dest),
                 left.reg, 0, e.span);
            if (left.hold == Hold::unnamed) disown(left.reg), own(static_cast<std::uint8_t>(dest));
            result = {static_cast<std::uint8_t>(dest), left.hold, true};
        }
        pipe_value_ = outer;
        pipe_consumed_ = outer_consumed;
        return result;
    }
    if (from_name && e.stage->kind == ExprKind::call) {
        // `x | deinit(_)` ends the name itself.
        const auto& stage = as<CallExpr>(e.stage);
        if (stage.arguments.size() == 1 && stage.arguments[0].value->kind == ExprKind::placeholder &&
            (is_builtin(stage.callee, "deinit") || is_builtin(stage.callee, "free"))) {
            free_call(e.left, is_builtin(stage.callee, "deinit"), e.span);
            pipe_value_ = outer;
            pipe_consumed_ = outer_consumed;
            return constant_operand(Value::none(), dest, e.span);
        }
    }
    result = expr(e.stage, dest);
    if (left.hold == Hold::unnamed && counts()) {
        if (result.reg == left.reg) {
            // Cannot happen: `left` stays below the stage's registers.
            error(e.span, "SyntaxError", "this pipe is too involved", "give the stages names");
        }
        if (defers_drops() && !pipe_consumed_)
            pending_drops_.push_back(left.reg);
        else {
            emit(pipe_consumed_ ? Op::discard : Op::drop, left.reg, 0, 0, e.span);
            disown(left.reg);
        }
    }
    pipe_value_ = outer;
    pipe_consumed_ = outer_consumed;
    return result;
}

/// Under regions: what is made to be stored in `holder` is made where the holder lives. True if `value` is a
/// call, which may make nothing: region_hint_end() follows then, lest something later be made there.
bool FunctionCompiler::region_hint(const Expr* holder, const Expr* value) {
    const bool makes = value->kind == ExprKind::list || value->kind == ExprKind::dict ||
                       value->kind == ExprKind::call || value->kind == ExprKind::list_comp ||
                       value->kind == ExprKind::dict_comp || value->kind == ExprKind::tuple;
    if (!makes) return false;
    if (value->kind == ExprKind::call && is_builtin(as<CallExpr>(value).callee, "move")) return false;
    const NameExpr* root = root_name(holder);
    if (root == nullptr) return false;
    const Local* local = find_local(root->name);
    if (local == nullptr || local->is_cell || local->plain || !flow_.has(local->reg)) return false;
    emit(Op::aim, local->reg, 0, 0, value->span);
    return value->kind == ExprKind::call;
}

void FunctionCompiler::region_hint_end(Span span) {
    const unsigned mark = next_temp_;
    const std::uint8_t nothing = temp();
    emit(Op::load_none, nothing, 0, 0, span);
    emit(Op::aim, nothing, 0, 0, span);
    release_to(mark);
}

}  // namespace harness::lang
