// Control flow: branches, loops, exceptions, matches, and the ways out of nested blocks. Every way out ends
// the temporaries and regions of the blocks that it leaves.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"
#include "lang/compile/liveness.hpp"

namespace harness::lang {

void FunctionCompiler::if_statement(const IfStmt& s) {
    JumpList ends;
    Flow after;
    bool first = true;
    for (const IfBranch& b : s.branches) {
        JumpList otherwise;
        branch(b.condition, false, otherwise);
        const Flow at_branch = flow_;
        block(b.body);
        if (first)
            after = flow_;
        else
            after.meet(flow_);
        first = false;
        const bool last = &b == &s.branches.back() && s.otherwise.empty();
        if (!last && flow_.reachable) ends.push_back(emit_jump(Op::jump, 0, 0, s.span));
        flow_ = at_branch;
        patch_all(otherwise, here());
    }
    block(s.otherwise);
    flow_.meet(after);
    patch_all(ends, here());
}

namespace {

void forgotten_place(const Expr* e, std::vector<NameId>& out) {
    if (e == nullptr) return;
    if (e->kind == ExprKind::name) out.push_back(as<NameExpr>(e).name);
}

/// Names that calls of free, deinit and move may leave without a value.
void forgotten_in_expr(const Expr* e, const Names& names, std::vector<NameId>& out) {
    if (e == nullptr) return;
    switch (e->kind) {
        case ExprKind::call: {
            const auto& c = as<CallExpr>(e);
            if (c.callee->kind == ExprKind::name && c.arguments.size() == 1) {
                const std::string_view name = names.text(as<NameExpr>(c.callee).name);
                if (name == "free" || name == "deinit" || name == "move")
                    forgotten_place(c.arguments[0].value, out);
            }
            forgotten_in_expr(c.callee, names, out);
            for (const Argument& a : c.arguments) forgotten_in_expr(a.value, names, out);
            break;
        }
        case ExprKind::pipe:
            forgotten_in_expr(as<PipeExpr>(e).left, names, out);
            forgotten_in_expr(as<PipeExpr>(e).stage, names, out);
            // `x | deinit(_)` ends x.
            forgotten_place(as<PipeExpr>(e).left, out);
            break;
        case ExprKind::attribute:
            forgotten_in_expr(as<AttributeExpr>(e).object, names, out);
            break;
        case ExprKind::index:
            forgotten_in_expr(as<IndexExpr>(e).object, names, out);
            forgotten_in_expr(as<IndexExpr>(e).index, names, out);
            break;
        case ExprKind::tuple:
        case ExprKind::list:
            for (const Expr* x : as<SequenceExpr>(e).elements) forgotten_in_expr(x, names, out);
            break;
        case ExprKind::binary:
            forgotten_in_expr(as<BinaryExpr>(e).left, names, out);
            forgotten_in_expr(as<BinaryExpr>(e).right, names, out);
            break;
        default:
            break;
    }
}

}  // namespace

/// Names that some statement of the block may leave without a value: what a loop must not believe at its
/// start.
std::vector<NameId> FunctionCompiler::forgotten_in(Block body) const {
    std::vector<NameId> out;
    const std::function<void(Block)> walk = [&](Block statements) {
        for (const Stmt* s : statements) {
            switch (s->kind) {
                case StmtKind::del:
                    for (const Expr* t : as<DelStmt>(s).targets) forgotten_place(t, out);
                    break;
                case StmtKind::expression:
                    forgotten_in_expr(as<ExprStmt>(s).value, context_.names, out);
                    break;
                case StmtKind::assign:
                    forgotten_in_expr(as<AssignStmt>(s).value, context_.names, out);
                    break;
                case StmtKind::return_:
                    forgotten_in_expr(as<ReturnStmt>(s).value, context_.names, out);
                    break;
                case StmtKind::if_:
                    for (const IfBranch& b : as<IfStmt>(s).branches) {
                        forgotten_in_expr(b.condition, context_.names, out);
                        walk(b.body);
                    }
                    walk(as<IfStmt>(s).otherwise);
                    break;
                case StmtKind::while_:
                    walk(as<WhileStmt>(s).body);
                    walk(as<WhileStmt>(s).otherwise);
                    break;
                case StmtKind::for_:
                    walk(as<ForStmt>(s).body);
                    walk(as<ForStmt>(s).otherwise);
                    break;
                case StmtKind::try_: {
                    const auto& t = as<TryStmt>(s);
                    walk(t.body);
                    for (const ExceptClause& c : t.handlers) {
                        walk(c.body);
                        if (c.name != 0) out.push_back(c.name);
                    }
                    walk(t.otherwise);
                    walk(t.finally);
                    break;
                }
                case StmtKind::match:
                    for (const MatchCase& c : as<MatchStmt>(s).cases) walk(c.body);
                    break;
                case StmtKind::region:
                case StmtKind::unsafe:
                    walk(as<BlockStmt>(s).body);
                    break;
                default:
                    break;
            }
        }
    };
    walk(body);
    return out;
}

void FunctionCompiler::while_statement(const WhileStmt& s) {
    for (NameId name : forgotten_in(s.body))
        if (const Local* local = find_local(name)) forget(*local);
    exits_.push_back({.kind = Exit::Kind::loop,
                      .owned_mark = active_owned_.size(),
                      .region_mark = open_regions_,
                      .breaks = {},
                      .continues = {},
                      .break_flow = {},
                      .continue_flow = {},
                      .pending = {},
                      .entries = {}});
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
    const std::uint8_t loop = temp(3);
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
    patch_all(continues, here());
    const std::uint8_t variable = direct ? local->reg : loop;
    emit_jump_to(Op::range_next, loop, variable, direct ? body_start : top, span);
    return true;
}

/// A loop over anything else. The items go to the target as borrows; hidden registers hold the iterable.
void FunctionCompiler::loop_over(const Expr* target, const Expr* iterable,
                                 const std::function<void()>& declare, Span span,
                                 const std::function<void()>& body, const Block* otherwise) {
    const std::uint8_t loop = temp(3);
    // What the iterable was made from may be borrowed by it, so it lives as long as the loop.
    const std::size_t pending = pending_drops_.size();
    into_owned(iterable, loop);
    release_temporaries(loop + 3U);
    const std::size_t outer_base = pending_base_;
    pending_base_ = pending_drops_.size();
    const bool owned = counts();
    disown(loop);
    emit(Op::loop_begin, loop, 0, 0, iterable->span);
    if (owned) {
        own(loop);
        own(static_cast<std::uint8_t>(loop + 2));
    }
    if (declare) declare();
    exits_.push_back({.kind = Exit::Kind::loop,
                      .owned_mark = active_owned_.size(),
                      .region_mark = open_regions_,
                      .breaks = {},
                      .continues = {},
                      .break_flow = {},
                      .continue_flow = {},
                      .pending = {},
                      .entries = {}});
    const Flow at_start = flow_;
    const std::uint32_t top = here();
    const Local* local =
        target->kind == ExprKind::name && !class_register_ ? find_local(as<NameExpr>(target).name) : nullptr;
    const bool direct =
        local != nullptr && !local->is_cell && !local->is_parameter && !local->plain && local->type == 0;
    const auto item = static_cast<std::uint8_t>(direct ? local->reg : loop + 2);
    const std::uint32_t leave = emit_jump(Op::loop_next, loop, item, iterable->span);
    if (direct) {
        flow_.set(local->reg);
    } else {
        assign_target(target, {item, Hold::lent, true}, target->span);
        end_statement(span);
    }
    body();
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
    const Flow before = flow_;
    JumpList empty;
    bool broke = false;
    JumpList breaks;
    Flow break_flow;
    const bool counted = counted_for(
        s.target, s.iterable, {}, s.span,
        [&](JumpList& continues) {
            exits_.push_back({.kind = Exit::Kind::loop,
                              .owned_mark = active_owned_.size(),
                              .region_mark = open_regions_,
                              .breaks = {},
                              .continues = {},
                              .break_flow = {},
                              .continue_flow = {},
                              .pending = {},
                              .entries = {}});
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
    release_to(mark);
}

/// Ends the owned temporaries above `owned_mark` and the regions above `region_mark`, without forgetting
/// them: the code that follows textually still has them.
void FunctionCompiler::leave_blocks(std::size_t owned_mark, std::size_t region_mark, Span span,
                                    const Stmt* from, StmtKind kind, int result) {
    for (std::size_t i = active_owned_.size(); i > owned_mark; --i)
        emit(active_owned_[i - 1].holder == OwnedRange::Holder::name ? Op::discard : Op::drop,
             active_owned_[i - 1].reg, 0, 0, span);
    leave_regions(
        region_mark, [&](NameId name) { return liveness().going_on(from, kind, name); }, result, span);
}

/// `from`: the statement, or the `try` whose `finally` it passed through.
void FunctionCompiler::break_or_continue(bool is_break, Span span, const Stmt* from) {
    const StmtKind kind = is_break ? StmtKind::break_ : StmtKind::continue_;
    for (std::size_t i = exits_.size(); i-- > 0;) {
        Exit& exit = exits_[i];
        end_caught_names(i, span);
        if (exit.kind == Exit::Kind::finally) {
            leave_blocks(exit.owned_mark, exit.region_mark, span, from, kind);
            const int why = static_cast<int>(exit.pending.size()) + 2;
            exit.pending.push_back(
                {why, is_break ? Exit::Pending::What::break_ : Exit::Pending::What::continue_});
            constant_operand(Value::integer(why), exit.why, span);
            exit.entries.push_back(emit_jump(Op::jump, 0, 0, span));
            flow_.reachable = false;
            return;
        }
        leave_blocks(exit.owned_mark, exit.region_mark, span, from, kind);
        const std::uint32_t jump = emit_jump(Op::jump, 0, 0, span);
        if (is_break) {
            exit.breaks.push_back(jump);
            if (exit.broke)
                exit.break_flow.meet(flow_);
            else
                exit.break_flow = flow_;
            exit.broke = true;
        } else {
            exit.continues.push_back(jump);
        }
        flow_.reachable = false;
        return;
    }
}

// --- Exceptions

/// Runs `finally` after `body` however the body is left. The exits that pass through are numbered; the code
/// behind `finally` sends each on its way.
void FunctionCompiler::protect_with_finally(const TryStmt* s, Span span, const std::function<void()>& body,
                                            const std::function<void()>& finally) {
    const std::uint8_t why = temp();
    const std::uint8_t value = temp();
    emit(Op::load_none, value, 0, 0, span);
    constant_operand(Value::integer(0), why, span);
    own(value);
    exits_.push_back({.kind = Exit::Kind::finally,
                      .owned_mark = active_owned_.size(),
                      .region_mark = open_regions_,
                      .breaks = {},
                      .continues = {},
                      .break_flow = {},
                      .continue_flow = {},
                      .why = why,
                      .value = value,
                      .pending = {},
                      .entries = {}});
    const Flow at_start = flow_;
    const std::uint32_t from = here();
    body();
    const Flow at_end = flow_;
    const std::uint32_t to = here();
    std::uint32_t normal = 0;
    if (at_end.reachable) normal = emit_jump(Op::jump, 0, 0, span);
    // An error: the exception waits in `value`.
    std::vector<Block> guarded = {s != nullptr ? s->body : body_};
    if (s != nullptr) {
        for (const ExceptClause& clause : s->handlers) guarded.push_back(clause.body);
        guarded.push_back(s->otherwise);
    }
    protect(from, to, guarded, [&](NameId name) { return liveness().in_finally(s, name); });
    emit(Op::catch_, value, 0, 0, span);
    constant_operand(Value::integer(1), why, span);
    Exit exit = std::move(exits_.back());
    exits_.pop_back();
    if (at_end.reachable) patch(normal, here());
    patch_all(exit.entries, here());
    flow_ = at_start;
    const auto caught = caught_;
    finally();
    caught_ = caught;
    const Flow behind = flow_;
    if (behind.reachable) {
        const std::uint32_t raised = constant(Value::integer(1));
        const unsigned mark = next_temp_;
        const auto test = [&](int number) {
            const std::uint32_t k = constant(Value::integer(number));
            if (k < 256) return emit_jump(Op::jump_not_equal_constant, why, k, span);
            const std::uint8_t reg = temp();
            constant_operand(Value::integer(number), reg, span);
            return emit_jump(Op::jump_not_equal, why, reg, span);
        };
        (void)raised;
        const std::uint32_t no_error = test(1);
        emit(Op::reraise, value, 0, 0, span);
        patch(no_error, here());
        const auto owned = active_owned_;
        for (const Exit::Pending& pending : exit.pending) {
            const std::uint32_t other = test(pending.why);
            flow_ = behind;
            if (pending.what == Exit::Pending::What::return_) {
                // The value leaves with the function; this register answers for it until then.
                disown(value);
                leave_function({value, Hold::unnamed, true}, span, s);
                if (counts()) own(value);
            } else {
                break_or_continue(pending.what == Exit::Pending::What::break_, span, s);
            }
            patch(other, here());
        }
        release_to(mark);
    }
    disown(value);
    flow_ = behind;
    if (!at_end.reachable)
        flow_.reachable = false;
    else if (behind.reachable)
        for (unsigned reg = 0; reg < 256; ++reg)
            if (at_end.has(reg) && !flow_.has(reg)) flow_.set(reg);
    if (!behind.reachable) flow_.reachable = false;
}

/// As in Python, the name of an exception ends with its clause; the clause may have ended it already.
void FunctionCompiler::end_caught_name(NameId name, Span span) {
    const Resolved r = resolve(name);
    if (r.kind == Resolved::Kind::local && !r.local.is_cell) {
        if (counts() && !r.local.plain) emit(Op::discard, r.local.reg, 0, 0, span);
        emit(Op::load_unbound, r.local.reg, 0, 0, span);
        needs_init_ = true;
        forget(r.local);
        return;
    }
    const unsigned mark = next_temp_;
    const std::uint8_t unbound = temp();
    emit(Op::load_unbound, unbound, 0, 0, span);
    if (r.kind == Resolved::Kind::global) {
        emit(Op::set_global_take, unbound, 0, 0, span);
        emit_word(r.index);
    } else if (r.kind == Resolved::Kind::local) {
        emit(Op::set_cell_take, r.local.reg, unbound, 0, span);
    } else if (r.kind == Resolved::Kind::capture) {
        const std::uint8_t cell = temp();
        emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
        emit(Op::set_cell_take, cell, unbound, 0, span);
    }
    release_to(mark);
}

/// For a jump out of clauses: the names of those inside the block at `depth` of the exits.
void FunctionCompiler::end_caught_names(std::size_t depth, Span span) {
    for (std::size_t i = caught_names_.size(); i-- > 0 && caught_names_[i].depth > depth;)
        end_caught_name(caught_names_[i].name, span);
}

void FunctionCompiler::handlers(const TryStmt& s, const Flow& at_start) {
    const std::uint8_t exception = temp();
    flow_ = at_start;
    for (NameId name : forgotten_in(s.body))
        if (const Local* local = find_local(name)) forget(*local);
    const Flow in_handler = flow_;
    emit(Op::catch_, exception, 0, 0, s.span);
    own(exception);
    JumpList ends;
    Flow after;
    after.reachable = false;
    bool catches_all = false;
    for (const ExceptClause& clause : s.handlers) {
        flow_ = in_handler;
        const unsigned mark = next_temp_;
        std::uint32_t next = 0;
        Operand types{};
        if (clause.types != nullptr) {
            types = expr(clause.types);
            next = emit_jump(Op::match_exception, exception, types.reg, clause.types->span);
            if (types.hold == Hold::unnamed && counts()) {
                // A tuple of classes is immutable and counted: it ends on both ways.
                emit(Op::discard, types.reg, 0, 0, clause.span);
                disown(types.reg);
            }
        } else {
            catches_all = true;
        }
        if (clause.name != 0) {
            store_name(clause.name, {exception, Hold::lent, true}, clause.name_span);
        }
        caught_.push_back(exception);
        if (clause.name != 0) caught_names_.push_back({clause.name, exits_.size()});
        block(clause.body);
        if (clause.name != 0) caught_names_.pop_back();
        caught_.pop_back();
        if (flow_.reachable) {
            if (clause.name != 0) end_caught_name(clause.name, clause.span);
            if (counts()) emit(Op::drop, exception, 0, 0, clause.span);
            ends.push_back(emit_jump(Op::jump, 0, 0, clause.span));
            after.meet(flow_);
        }
        release_to(mark);
        if (clause.types != nullptr) {
            patch(next, here());
            if (types.hold == Hold::unnamed && counts()) emit(Op::discard, types.reg, 0, 0, clause.span);
        }
        if (catches_all) break;
    }
    if (!catches_all) emit(Op::reraise, exception, 0, 0, s.span);
    disown(exception);
    patch_all(ends, here());
    flow_ = after;
}

void FunctionCompiler::try_statement(const TryStmt& s) {
    const unsigned mark = next_temp_;
    const auto guarded = [&] {
        if (s.handlers.empty()) {
            block(s.body);
            return;
        }
        const Flow at_start = flow_;
        const std::uint32_t from = here();
        block(s.body);
        const std::uint32_t to = here();
        if (flow_.reachable && !s.otherwise.empty()) block(s.otherwise);
        const Flow normal = flow_;
        std::uint32_t over = 0;
        if (normal.reachable) over = emit_jump(Op::jump, 0, 0, s.span);
        if (from != to)
            protect(from, to, {s.body}, [&](NameId name) { return liveness().in_handlers(&s, name); });
        handlers(s, at_start);
        flow_.meet(normal);
        if (normal.reachable) patch(over, here());
    };
    if (s.has_finally)
        protect_with_finally(&s, s.span, guarded, [&] { block(s.finally); });
    else
        guarded();
    release_to(mark);
}

void FunctionCompiler::raise_statement(const RaiseStmt& s) {
    if (s.value == nullptr) {
        if (!caught_.empty()) {
            emit(Op::reraise, caught_.back(), 0, 0, s.span);
        } else {
            emit(Op::raise_static, static_cast<unsigned>(ErrorKind::RuntimeError), 0, 0, s.span);
            emit_word(constant(context_.constant_string("No active exception to reraise")));
        }
    } else {
        const unsigned mark = next_temp_;
        const std::uint8_t reg = temp();
        into_owned(s.value, reg);
        if (s.cause != nullptr) {
            const Operand cause = expr(s.cause);
            finish(cause, s.span);
        }
        emit(Op::raise, reg, 0, 0, s.span);
        disown(reg);
        release_to(mark);
    }
    flow_.reachable = false;
}

void FunctionCompiler::assert_statement(const AssertStmt& s) {
    JumpList fine;
    branch(s.condition, true, fine);
    const Flow after = flow_;
    const unsigned mark = next_temp_;
    const std::uint8_t reg = temp();
    if (s.message != nullptr) into_owned(s.message, reg);
    emit(Op::raise_assertion, reg, s.message != nullptr, 0, s.condition->span);
    disown(reg);
    release_to(mark);
    flow_ = after;
    patch_all(fine, here());
}

}  // namespace harness::lang
