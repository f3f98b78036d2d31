// Truth: `and`, `or`, comparisons and their chains, as values and as jumps.
#include <utility>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

Operand FunctionCompiler::logical(const LogicalExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    // Built in a register of its own when `dest` is a name that an operand may read.
    const std::uint8_t work = is_name_register(dest) ? temp() : reg;
    const bool plain = never_heap(&e);
    JumpList ends;
    Flow after;
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
        const std::size_t pending = pending_drops_.size();
        into_owned(e.operands[i], work);
        end_statement(e.span, pending);
        const bool last = i + 1 == e.operands.size();
        if (!last) {
            ends.push_back(
                emit_jump(e.is_and ? Op::jump_if_false : Op::jump_if_true, work, 0, e.operands[i]->span));
            if (i == 0)
                after = flow_;
            else
                after.meet(flow_);
            if (!plain && counts()) emit(Op::discard, work, 0, 0, e.span);
        }
        disown(work);
    }
    after.meet(flow_);
    flow_ = after;
    patch_all(ends, here());
    if (work != reg) emit(Op::move, reg, work, 0, e.span);
    release_temporaries(mark);
    if (!plain) own(reg);
    return {reg, plain ? Hold::plain : Hold::unnamed, true};
}

Operand FunctionCompiler::conditional(const ConditionalExpr& e, int dest) {
    const Receiver receiver = std::exchange(receiver_, Receiver::nobody);
    const bool stores = receiver != Receiver::nobody;
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const std::uint8_t work = is_name_register(dest) ? temp() : reg;
    const bool plain = never_heap(&e);
    JumpList otherwise;
    const std::size_t pending = pending_drops_.size();
    branch(e.condition, false, otherwise);
    Flow at_branch = flow_;
    into_owned(e.when_true, work, stores, receiver == Receiver::name);
    end_statement(e.span, pending);
    disown(work);
    const std::uint32_t end = emit_jump(Op::jump, 0, 0, e.span);
    Flow after = flow_;
    flow_ = at_branch;
    patch_all(otherwise, here());
    into_owned(e.when_false, work, stores, receiver == Receiver::name);
    end_statement(e.span, pending);
    disown(work);
    flow_.meet(after);
    patch(end, here());
    if (work != reg) emit(Op::move, reg, work, 0, e.span);
    release_temporaries(mark);
    if (!plain) own(reg);
    return {reg, plain ? Hold::plain : Hold::unnamed, true};
}

namespace {

Op value_op(CompareOp op) {
    static constexpr Op ops[] = {Op::equal,         Op::not_equal, Op::less,   Op::less_equal, Op::greater,
                                 Op::greater_equal, Op::in,        Op::not_in, Op::is,         Op::is_not};
    return ops[static_cast<unsigned>(op)];
}

}  // namespace

/// a < b < c into `work`, which also holds the result where the chain ends early, at a jump to `fails`. On
/// every way out the operands have ended.
void FunctionCompiler::compare_chain(const CompareExpr& e, std::uint8_t work, bool plain, JumpList& fails) {
    const std::size_t pending = pending_drops_.size();
    Operand left = owned_temp(e.operands[0]);
    Flow at_exits;
    at_exits.reachable = false;
    for (std::size_t i = 0; i < e.operators.size(); ++i) {
        const bool last = i + 1 == e.operators.size();
        const Operand right = owned_temp(e.operands[i + 1]);
        std::uint8_t flags = left.hold == Hold::unnamed ? ends_b : 0;
        if (last && right.hold == Hold::unnamed) flags |= ends_c;
        emit(value_op(e.operators[i]), work, left.reg, right.reg, e.span, flags);
        if (left.hold == Hold::unnamed) disown(left.reg);
        at_exits.meet(flow_);
        if (last) {
            if (right.hold == Hold::unnamed) disown(right.reg);
            break;
        }
        if (!plain) own(work);
        if (counts() && (right.hold == Hold::unnamed || pending_drops_.size() > pending)) {
            const std::uint32_t on = emit_jump(Op::jump_if_true, work, 0, e.span);
            if (right.hold == Hold::unnamed) emit(Op::drop, right.reg, 0, 0, e.span);
            for (std::size_t k = pending_drops_.size(); k-- > pending;)
                emit(Op::drop, pending_drops_[k], 0, 0, e.span);
            fails.push_back(emit_jump(Op::jump, 0, 0, e.span));
            patch(on, here());
        } else {
            fails.push_back(emit_jump(Op::jump_if_false, work, 0, e.span));
        }
        if (!plain && counts()) emit(Op::discard, work, 0, 0, e.span);
        if (!plain) disown(work);
        left = right;
    }
    end_statement(e.span, pending);
    flow_ = at_exits;
}

Operand FunctionCompiler::compare(const CompareExpr& e, int dest) {
    const bool plain = never_heap(&e);
    if (e.operators.size() > 1) {
        const std::uint8_t reg = target(dest);
        const unsigned mark = next_temp_;
        // The operands may still read the name that gets the result.
        const std::uint8_t work = is_name_register(dest) ? temp() : reg;
        JumpList ends;
        compare_chain(e, work, plain, ends);
        patch_all(ends, here());
        if (work != reg) emit(Op::move, reg, work, 0, e.span);
        release_temporaries(mark);
        if (plain) return {reg, Hold::plain, true};
        own(reg);
        return {reg, Hold::unnamed, true};
    }
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    Operand left = expr(e.operands[0]);
    keep_across(left, e.operands[1], e.span);
    const Operand right = expr(e.operands[1]);
    std::uint8_t flags = 0;
    if (left.hold == Hold::unnamed) flags |= ends_b;
    if (right.hold == Hold::unnamed) flags |= ends_c;
    emit(value_op(e.operators[0]), reg, left.reg, right.reg, e.span, flags);
    if (left.hold == Hold::unnamed) disown(left.reg);
    if (right.hold == Hold::unnamed) disown(right.reg);
    release_temporaries(mark);
    if (plain) return {reg, Hold::plain, true};
    own(reg);
    return {reg, Hold::unnamed, true};
}

void FunctionCompiler::branch_compare(CompareOp op, Operand left, const Expr* right_expr, bool when,
                                      JumpList& jumps, Span span) {
    if (op == CompareOp::is || op == CompareOp::is_not) {
        if (right_expr->kind == ExprKind::none && left.hold != Hold::unnamed) {
            const bool wants_none = (op == CompareOp::is) == when;
            jumps.push_back(
                emit_jump(wants_none ? Op::jump_if_none : Op::jump_if_not_none, left.reg, 0, span));
            return;
        }
    }
    if (op >= CompareOp::in) {
        keep_across(left, right_expr, span);
        const Operand right = expr(right_expr);
        const std::uint8_t reg = temp();
        std::uint8_t flags = 0;
        if (left.hold == Hold::unnamed) flags |= ends_b;
        if (right.hold == Hold::unnamed) flags |= ends_c;
        const Op value_op = op == CompareOp::in       ? Op::in
                            : op == CompareOp::not_in ? Op::not_in
                            : op == CompareOp::is     ? Op::is
                                                      : Op::is_not;
        emit(value_op, reg, left.reg, right.reg, span, flags);
        if (left.hold == Hold::unnamed) disown(left.reg);
        if (right.hold == Hold::unnamed) disown(right.reg);
        jumps.push_back(emit_jump(when ? Op::jump_if_true : Op::jump_if_false, reg, 0, span));
        return;
    }
    // The fused jumps come in pairs, true before false, in the order of CompareOp.
    static constexpr Op registers[] = {Op::jump_equal,      Op::jump_not_equal, Op::jump_less,
                                       Op::jump_less_equal, Op::jump_greater,   Op::jump_greater_equal};
    static constexpr Op constants[] = {Op::jump_equal_constant,   Op::jump_not_equal_constant,
                                       Op::jump_less_constant,    Op::jump_less_equal_constant,
                                       Op::jump_greater_constant, Op::jump_greater_equal_constant};
    const auto choose = [&](const Op* table) {
        if (op == CompareOp::equal) return when ? table[0] : table[1];
        if (op == CompareOp::not_equal) return when ? table[1] : table[0];
        const Op base = table[static_cast<unsigned>(op)];
        return when ? base : static_cast<Op>(static_cast<unsigned>(base) + 1);
    };
    if (const std::optional<std::uint32_t> k = number_operand(right_expr)) {
        const std::uint8_t flags = left.hold == Hold::unnamed ? ends_a : 0;
        jumps.push_back(emit_jump(choose(constants), left.reg, *k, span, flags));
        if (flags != 0) disown(left.reg);
        return;
    }
    keep_across(left, right_expr, span);
    const Operand right = expr(right_expr);
    std::uint8_t flags = 0;
    if (left.hold == Hold::unnamed) flags |= ends_a;
    if (right.hold == Hold::unnamed) flags |= ends_b;
    jumps.push_back(emit_jump(choose(registers), left.reg, right.reg, span, flags));
    if (left.hold == Hold::unnamed) disown(left.reg);
    if (right.hold == Hold::unnamed) disown(right.reg);
}

/// Jumps when the truth of `e` is `when`, else falls through.
void FunctionCompiler::branch(const Expr* e, bool when, JumpList& jumps) {
    const unsigned mark = next_temp_;
    const std::size_t pending = pending_drops_.size();
    if (e->kind == ExprKind::unary && as<UnaryExpr>(e).op == UnaryOp::logical_not) {
        branch(as<UnaryExpr>(e).operand, !when, jumps);
        return;
    }
    if (e->kind == ExprKind::boolean) {
        if (as<BooleanExpr>(e).value == when) jumps.push_back(emit_jump(Op::jump, 0, 0, e->span));
        return;
    }
    if (e->kind == ExprKind::logical) {
        const auto& l = as<LogicalExpr>(e);
        // `and` jumps on False from every operand; on True only when all of them are. `or` the other way
        // round.
        Flow after;
        if (l.is_and != when) {
            for (std::size_t i = 0; i < l.operands.size(); ++i) {
                branch(l.operands[i], when, jumps);
                if (i == 0) after = flow_;
            }
            flow_ = after;
        } else {
            JumpList skip;
            for (std::size_t i = 0; i < l.operands.size(); ++i) {
                const bool last = i + 1 == l.operands.size();
                branch(l.operands[i], last ? when : !when, last ? jumps : skip);
                if (i == 0) after = flow_;
            }
            flow_ = after;
            patch_all(skip, here());
        }
        return;
    }
    if (has_numbers_ && typed_branch(e, when, jumps)) return;
    if (e->kind == ExprKind::compare && never_heap(e)) {
        const auto& c = as<CompareExpr>(e);
        if (c.operators.size() == 1 && !defers_drops()) {
            branch_compare(c.operators[0], expr(c.operands[0]), c.operands[1], when, jumps, e->span);
            release_to(mark);
            return;
        }
        if (c.operators.size() > 1) {
            const std::uint8_t work = temp();
            JumpList fails;
            compare_chain(c, work, true, fails);
            jumps.push_back(emit_jump(when ? Op::jump_if_true : Op::jump_if_false, work, 0, e->span));
            if (when) {
                patch_all(fails, here());
            } else {
                jumps.insert(jumps.end(), fails.begin(), fails.end());
            }
            release_to(mark);
            return;
        }
    }
    const Operand o = expr(e);
    if (pending_drops_.size() > pending && o.hold != Hold::plain) {
        // The truth is found first, then what was lent goes, then the jump.
        const std::uint8_t truth = temp();
        emit(Op::logical_not, truth, o.reg, 0, e->span, o.hold == Hold::unnamed ? ends_b : 0);
        if (o.hold == Hold::unnamed) disown(o.reg);
        end_statement(e->span, pending);
        jumps.push_back(emit_jump(when ? Op::jump_if_false : Op::jump_if_true, truth, 0, e->span));
    } else {
        end_statement(e->span, pending);
        std::uint8_t flags = o.hold == Hold::unnamed ? ends_a : 0;
        jumps.push_back(emit_jump(when ? Op::jump_if_true : Op::jump_if_false, o.reg, 0, e->span, flags));
        if (flags != 0) disown(o.reg);
    }
    release_to(mark);
}

}  // namespace harness::lang
