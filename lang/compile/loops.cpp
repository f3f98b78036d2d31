// `while` and `for`, the counted ones and those over anything else, for statements and comprehensions.
#include <algorithm>
#include <utility>

#include "lang/compile/function_compiler.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

/// Expressions that may receive what a name among their parts owns; any other only looks at its parts.
static bool hands_parts_over(const Expr* e) {
    switch (e->kind) {
        case ExprKind::call:
        case ExprKind::list:
        case ExprKind::tuple:
        case ExprKind::dict:
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
        case ExprKind::conditional:
        case ExprKind::pipe:
        case ExprKind::walrus:
        case ExprKind::using_allocator:
            return true;
        default:
            return false;
    }
}

/// Names that some statement of the block may leave without a value: what a loop must not believe at its
/// start.
std::vector<NameId> FunctionCompiler::forgotten_in(Block body) const {
    std::vector<NameId> out;
    const auto place = [&](const Expr* e) {
        if (e->kind == ExprKind::name) out.push_back(as<NameExpr>(e).name);
    };
    const OnExpr moved = [&](const Expr* e) {
        const Local* local = e->kind == ExprKind::name ? find_local(as<NameExpr>(e).name) : nullptr;
        if (local != nullptr && !local->plain) place(e);
    };
    const OnExpr look = [&](const Expr* e) {
        if (e->kind == ExprKind::call && as<CallExpr>(e).arguments.size() == 1 &&
            as<CallExpr>(e).callee->kind == ExprKind::name) {
            const std::string_view callee = context_.names.text(as<NameExpr>(as<CallExpr>(e).callee).name);
            if (callee == "free" || callee == "deinit" || callee == "move")
                place(as<CallExpr>(e).arguments[0].value);
        } else if (e->kind == ExprKind::pipe) {
            place(as<PipeExpr>(e).left);  // `x | deinit(_)` ends x
        }
        if (context_.lifetime.moves && hands_parts_over(e)) each_part(e, moved);
        each_part(e, look);
    };
    each_statement(body, [&](const Stmt* s) {
        if (context_.lifetime.moves && s->kind == StmtKind::assign) moved(as<AssignStmt>(s).value);
        if (context_.lifetime.moves && s->kind == StmtKind::annotated_assign &&
            as<AnnotatedAssignStmt>(s).value != nullptr)
            moved(as<AnnotatedAssignStmt>(s).value);
        if (s->kind == StmtKind::del)
            for (const Expr* t : as<DelStmt>(s).targets) place(t);
        if (s->kind == StmtKind::try_)
            for (const ExceptClause& c : as<TryStmt>(s).handlers)
                if (c.name != 0) out.push_back(c.name);
        each_expression(s, look);
    });
    return out;
}

void FunctionCompiler::while_statement(const WhileStmt& s) {
    const unsigned mark = next_temp_;
    const bool outermost = !in_loop();
    if (has_numbers_ && outermost) hoist_literals(s.body, s.condition);
    for (NameId name : forgotten_in(s.body))
        if (const Local* local = find_local(name)) forget(*local);
    open_exit(Exit::Kind::loop);
    // The condition stands at the end, so that a round costs one jump; the first test enters there by a copy.
    const bool forever = s.condition->kind == ExprKind::boolean && as<BooleanExpr>(s.condition).value;
    JumpList leave;
    if (!forever) branch(s.condition, false, leave);
    const Flow at_start = flow_;
    const std::uint32_t top = here();
    block(s.body);
    patch_all(exits_.back().continues, here());
    flow_ = at_start;
    if (forever) {
        emit_jump_to(Op::jump, 0, 0, top, s.span);
        flow_.reachable = false;
    } else {
        JumpList again;
        branch(s.condition, true, again);
        patch_all(again, top);
        flow_ = at_start;
    }
    patch_all(leave, here());
    Exit exit = std::move(exits_.back());
    exits_.pop_back();
    if (!s.otherwise.empty()) block(s.otherwise);
    if (exit.broke) {
        patch_all(exit.breaks, here());
        flow_.meet(exit.break_flow);
    }
    if (outermost) {
        hoisted_words_.clear();
        hoisted_floats_.clear();
        release_to(mark);
    }
}

/// for … in range(…): a counted loop in three registers. False when the iterable is something else.
/// `declare` runs once the iterable is evaluated; what it declares are the names of a comprehension.
bool FunctionCompiler::counted_for(const Expr* target, const Expr* iterable,
                                   const std::function<void()>& declare, Span span,
                                   const std::function<void(JumpList&)>& body, JumpList& exits) {
    if (iterable->kind != ExprKind::call || !is_builtin(as<CallExpr>(iterable).callee, "range")) return false;
    const auto& call = as<CallExpr>(iterable);
    if (call.arguments.empty() || call.arguments.size() > 3 || has_unpacking(call)) return false;
    for (const Argument& a : call.arguments)
        if (a.name != 0) return false;
    if (target->kind != ExprKind::name) return false;
    const Local* counter = class_register_ ? nullptr : find_local(as<NameExpr>(target).name);
    if (counter != nullptr && counter->word && !declare) {
        const Local local = *counter;
        const std::uint8_t words = temp(3);
        open_loops_.push_back(words);
        bool fits = false;
        typed_range(local, call, words, exits, fits);
        const std::uint32_t start = here();
        if (fits) {
            emit(Op::int_move, local.reg, words, 0, target->span);
            note_assigned(local, target->span);
        } else {
            store_word(local, {words, false}, {.kind = Number::Kind::whole}, target->span);
        }
        const std::uint32_t behind = here();
        JumpList continues;
        body(continues);
        open_loops_.pop_back();
        patch_all(continues, here());
        emit_jump_to(Op::int_range_next, words, fits ? local.reg : words, fits ? behind : start, span);
        return true;
    }
    const std::uint8_t loop = temp(3);
    open_loops_.push_back(loop);
    const auto put = [&](std::size_t argument, unsigned at, std::int64_t otherwise) {
        const auto reg = static_cast<std::uint8_t>(loop + at);
        if (argument >= call.arguments.size()) {
            constant_operand(Value::integer(otherwise), reg, span);
            return;
        }
        const Expr* value = call.arguments[argument].value;
        const unsigned mark = next_temp_;
        const Operand o = expr(value, reg);
        if (o.reg != reg) emit(Op::move, reg, o.reg, 0, value->span);
        if (o.hold == Hold::unnamed) disown(o.reg);
        release_temporaries(mark);
    };
    if (call.arguments.size() == 1) {
        put(9, 0, 0);
        put(0, 1, 0);
    } else {
        put(0, 0, 0);
        put(1, 1, 0);
    }
    put(2, 2, 1);
    end_statement(span);
    if (declare) declare();
    exits.push_back(emit_jump(Op::range_begin, loop, 0, iterable->span));
    const Local* local = find_local(as<NameExpr>(target).name);
    const bool direct =
        local != nullptr && !local->is_cell && !local->is_parameter && local->type == 0 && local->plain;
    const std::uint32_t top = here();
    if (direct)
        emit(Op::move, local->reg, loop, 0, target->span), flow_.set(local->reg);
    else
        assign_target(target, {loop, Hold::plain, false}, target->span);
    const std::uint32_t body_start = here();
    JumpList continues;
    body(continues);
    open_loops_.pop_back();
    patch_all(continues, here());
    const std::uint8_t variable = direct ? local->reg : loop;
    emit_jump_to(Op::range_next, loop, variable, direct ? body_start : top, span);
    return true;
}

/// A loop over anything else. The items go to the target as borrows; hidden registers hold the iterable.
void FunctionCompiler::loop_over(const Expr* target, const Expr* iterable,
                                 const std::function<void()>& declare, Span span,
                                 const std::function<void()>& body, const Block* otherwise) {
    const Span walked = iterable != nullptr ? iterable->span : span;
    const std::uint8_t loop = iterable != nullptr ? temp(3) : *std::exchange(given_loop_, std::nullopt);
    open_loops_.push_back(loop);
    // What the iterable was made from may be borrowed by it, so it lives as long as the loop.
    const std::size_t pending = pending_drops_.size();
    if (iterable != nullptr) {
        into_owned(iterable, loop);
        release_temporaries(loop + 3U);
    }
    const std::size_t outer_base = pending_base_;
    pending_base_ = pending_drops_.size();
    const bool owned = counts();
    if (iterable != nullptr) {
        disown(loop);
        emit(Op::loop_begin, loop, 0, 0, iterable->span);
    }
    if (owned) {
        own(loop);
        own(static_cast<std::uint8_t>(loop + 2));
    }
    if (declare) declare();
    open_exit(Exit::Kind::loop);
    const Flow at_start = flow_;
    const std::uint32_t top = here();
    const Local* local =
        target->kind == ExprKind::name && !class_register_ ? find_local(as<NameExpr>(target).name) : nullptr;
    const bool direct =
        local != nullptr && !local->is_cell && !local->is_parameter && !local->plain && local->type == 0;
    const auto item = static_cast<std::uint8_t>(direct ? local->reg : loop + 2);
    const std::uint32_t leave = emit_jump(Op::loop_next, loop, item, walked);
    if (direct) {
        flow_.set(local->reg);
    } else {
        assign_target(target, {item, Hold::lent, true}, target->span);
        end_statement(span);
    }
    body();
    open_loops_.pop_back();
    patch_all(exits_.back().continues, here());
    emit_jump_to(Op::jump, 0, 0, top, span);
    patch(leave, here());
    flow_ = at_start;
    Exit exit = std::move(exits_.back());
    exits_.pop_back();
    const auto end_loop = [&] {
        if (!owned) return;
        emit(Op::drop, loop + 2U, 0, 0, span);
        emit(Op::drop, loop, 0, 0, span);
    };
    end_loop();
    if (exit.broke) {
        const auto saved = active_owned_;
        if (owned) {
            disown(static_cast<std::uint8_t>(loop + 2));
            disown(loop);
        }
        if (otherwise != nullptr) block(*otherwise);
        const bool falls = flow_.reachable;
        std::uint32_t over = 0;
        if (falls) over = emit_jump(Op::jump, 0, 0, span);
        patch_all(exit.breaks, here());
        const Flow end_flow = flow_;
        if (owned) {
            own(loop);
            own(static_cast<std::uint8_t>(loop + 2));
        }
        end_loop();
        flow_ = exit.break_flow;
        flow_.meet(end_flow);
        if (falls) patch(over, here());
    }
    if (owned) {
        disown(static_cast<std::uint8_t>(loop + 2));
        disown(loop);
    }
    if (!exit.broke && otherwise != nullptr) block(*otherwise);
    pending_base_ = outer_base;
    end_statement(span, pending);
}

void FunctionCompiler::for_statement(const ForStmt& s) {
    for (NameId name : forgotten_in(s.body))
        if (const Local* local = find_local(name)) forget(*local);
    const unsigned mark = next_temp_;
    const bool outermost = !in_loop();
    if (has_numbers_ && outermost) hoist_literals(s.body, nullptr);
    const Flow before = flow_;
    JumpList empty;
    bool broke = false;
    JumpList breaks;
    Flow break_flow;
    const bool counted = counted_for(
        s.target, s.iterable, {}, s.span,
        [&](JumpList& continues) {
            open_exit(Exit::Kind::loop);
            block(s.body);
            continues = std::move(exits_.back().continues);
            broke = exits_.back().broke;
            breaks = std::move(exits_.back().breaks);
            break_flow = exits_.back().break_flow;
            exits_.pop_back();
            flow_.reachable = true;
        },
        empty);
    if (counted) {
        flow_ = before;
        patch_all(empty, here());
        if (!s.otherwise.empty()) block(s.otherwise);
        if (broke) {
            patch_all(breaks, here());
            flow_.meet(break_flow);
        }
    } else {
        loop_over(
            s.target, s.iterable, {}, s.span, [&] { block(s.body); },
            s.otherwise.empty() ? nullptr : &s.otherwise);
    }
    if (outermost) {
        hoisted_words_.clear();
        hoisted_floats_.clear();
    }
    release_to(mark);
}

}  // namespace harness::lang
