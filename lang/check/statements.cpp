// Control flow: blocks, branches, loops, handlers. States are joined where ways meet; a way that ends leaves
// a state that nothing reaches.
#include "lang/check/function_analysis.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang::analysis {

namespace {

State unreachable() {
    State state;
    state.reachable = false;
    return state;
}

bool is_true(const Expr* e) {
    if (e->kind == ExprKind::boolean) return as<BooleanExpr>(e).value;
    return e->kind == ExprKind::integer && as<IntegerExpr>(e).value != 0;
}

bool is_false(const Expr* e) { return e->kind == ExprKind::boolean && !as<BooleanExpr>(e).value; }

/// Nothing in the body leaves the loop by its own words; errors and exit() aside.
bool stays(Block body) {
    bool leaves = false;
    each_statement(body, [&](const Stmt* s) {
        leaves = leaves || s->kind == StmtKind::break_ || s->kind == StmtKind::return_ ||
                 s->kind == StmtKind::raise || s->kind == StmtKind::try_;
    });
    return !leaves;
}

}  // namespace

void FunctionAnalysis::block(Block body) {
    for (std::size_t i = 0; i < body.size(); ++i) {
        const State before = body[i]->kind == StmtKind::return_ ? state_ : State{};
        statement(body[i]);
        if (state_.reachable) continue;
        if (i + 1 < body.size()) {
            if (body[i]->kind == StmtKind::return_) state_ = before;
            unreachable_end(body.subspan(i + 1), body[i]);
            state_ = unreachable();
        }
        return;
    }
}

void FunctionAnalysis::statement(const Stmt* s) {
    if (again_ && steps_ > 0) --steps_;
    switch (s->kind) {
        case StmtKind::expression: {
            expression(as<ExprStmt>(s).value);
            return;
        }
        case StmtKind::assign: {
            const auto& a = as<AssignStmt>(s);
            const Result result = handed_on(a.value);
            if (a.targets.size() == 1) return assign(a.targets[0], a.value, result);
            use_up(result, a.value->span);
            for (const Expr* t : a.targets) forget_target(t);
            return;
        }
        case StmtKind::augmented_assign: {
            const auto& a = as<AugmentedAssignStmt>(s);
            if (a.target->kind == ExprKind::name)
                name_read(as<NameExpr>(a.target));
            else
                each_lent(a.target);
            const Result result = expression(a.value);
            run_unseen_code();
            use_up(result, a.value->span);
            if (a.target->kind == ExprKind::name) {
                // A list goes on being the same; a number is another.
                Variable* variable = tracked(as<NameExpr>(a.target).name);
                if (variable == nullptr) return;
                const Object* held = state_.object(variable->value.object);
                if (held == nullptr || held->kind == Object::Kind::instance || held->external())
                    forget_target(a.target);
                return;
            }
            return forget_target(a.target);
        }
        case StmtKind::if_:
            return if_statement(as<IfStmt>(s));
        case StmtKind::while_:
            return while_statement(as<WhileStmt>(s));
        case StmtKind::for_:
            return for_statement(as<ForStmt>(s));
        case StmtKind::break_:
            return leave_loop(true);
        case StmtKind::continue_:
            return leave_loop(false);
        case StmtKind::return_: {
            const Expr* value = as<ReturnStmt>(s).value;
            // `return a, b` hands both on.
            std::optional<Result> result;
            if (value != nullptr && value->kind == ExprKind::tuple) {
                for (const Expr* part : as<SequenceExpr>(value).elements) {
                    const Result each = handed_on(part);
                    use_up(each, part->span);
                    if (Object* held = state_.object(each.value.object)) held->owner = 0;
                }
                result = Result{};
            } else if (value != nullptr) {
                result = handed_on(value);
            }
            if (state_.reachable) leave(s, value, result);
            return;
        }
        default:
            return rare_statement(s);
    }
}

void FunctionAnalysis::rare_statement(const Stmt* s) {
    switch (s->kind) {
        case StmtKind::annotated_assign: {
            const auto& a = as<AnnotatedAssignStmt>(s);
            if (a.value == nullptr) return forget_target(a.target);
            // The type may convert what is stored, so the name is not followed further.
            use_up(expression(a.value), a.value->span);
            return forget_target(a.target);
        }
        case StmtKind::const_:
        case StmtKind::static_:
        case StmtKind::let:
            use_up(expression(as<DeclareStmt>(s).value), as<DeclareStmt>(s).value->span);
            return;
        case StmtKind::match:
            return match_statement(as<MatchStmt>(s));
        case StmtKind::try_:
            return try_statement(as<TryStmt>(s));
        case StmtKind::region:
            return region_statement(as<BlockStmt>(s));
        case StmtKind::unsafe:
            weaken(state_, effects_.block(as<BlockStmt>(s).body), true);
            return;
        case StmtKind::raise:
            each_expression(s, [&](const Expr* e) { use_up(expression(e), e->span); });
            state_ = unreachable();
            return;
        case StmtKind::assert_: {
            expression(as<AssertStmt>(s).condition);
            if (is_false(as<AssertStmt>(s).condition)) state_ = unreachable();
            return;
        }
        case StmtKind::del:
            for (const Expr* t : as<DelStmt>(s).targets) {
                if (t->kind == ExprKind::name)
                    name_read(as<NameExpr>(t));
                else
                    each_lent(t);
                forget_target(t);
            }
            return;
        case StmtKind::keep: {
            const auto& k = as<KeepStmt>(s);
            // Under `ownership` it may have been moved by the store: then this has nothing to do.
            const Result what =
                k.value->kind == ExprKind::name ? kept_name(as<NameExpr>(k.value)) : expression(k.value);
            if (k.allocator != nullptr) expression(k.allocator);
            return keep(what, k.value, k.targets, s->span);
        }
        case StmtKind::def:
            for (const Expr* d : as<DefStmt>(s).decorators) use_up(expression(d), d->span);
            for (const Parameter& p : as<DefStmt>(s).parameters)
                if (p.default_value != nullptr) use_up(expression(p.default_value), p.span);
            if (Variable* variable = tracked(as<DefStmt>(s).name)) overwrite(*variable, nullptr);
            return;
        case StmtKind::class_:
        case StmtKind::struct_:
        case StmtKind::import:
            run_unseen_code();
            state_.expose(index_.has_keep());
            return;
        case StmtKind::defer:
            // It runs at every exit, so what it speaks of is not certain any more.
            weaken(state_, effects_.block(Block(const_cast<Stmt**>(&as<DeferStmt>(s).body), 1)), true);
            has_defer_ = true;
            return;
        default:
            return;
    }
}

void FunctionAnalysis::if_statement(const IfStmt& s) {
    State after = unreachable();
    for (const IfBranch& branch : s.branches) {
        expression(branch.condition);
        if (!state_.reachable) break;
        const State otherwise = state_;
        if (is_false(branch.condition)) continue;
        block(branch.body);
        after.join(state_);
        state_ = is_true(branch.condition) ? unreachable() : otherwise;
        if (!state_.reachable) break;
    }
    if (state_.reachable) block(s.otherwise);
    after.join(state_);
    state_ = std::move(after);
}

void FunctionAnalysis::match_statement(const MatchStmt& s) {
    use_up(expression(s.subject), s.subject->span);
    run_unseen_code();
    State after = state_;  // no case may fit
    const State before = state_;
    for (const MatchCase& c : s.cases) {
        state_ = before;
        Effects binds;
        const std::function<void(const Pattern&)> names = [&](const Pattern& p) {
            if (p.name != 0) binds.assigned.push_back(p.name);
            for (const Pattern* part : p.parts()) names(*part);
        };
        names(*c.pattern);
        weaken(state_, binds, false);
        if (c.guard != nullptr) expression(c.guard);
        block(c.body);
        after.join(state_);
    }
    state_ = std::move(after);
}

void FunctionAnalysis::leave_loop(bool by_break) {
    if (!loops_.empty()) {
        Loop& loop = loops_.back();
        State left = state_;
        pass_finals(left, loop.finals);
        (by_break ? loop.broken : loop.continued).join(left);
    }
    state_ = unreachable();
}

void FunctionAnalysis::pass_finals(State& state, std::size_t from) const {
    for (std::size_t i = from; i < finals_.size(); ++i) weaken(state, finals_[i], index_.has_keep());
}

/// The body of a loop, from here to where it would begin again. Its variable is a number if `counted`.
void FunctionAnalysis::turn(Block body, const Expr* target, bool counted) {
    if (target != nullptr) forget_target(target);
    if (counted && target->kind == ExprKind::name)
        if (Variable* variable = tracked(as<NameExpr>(target).name)) variable->value = Value::plain();
    loops_.back().continued = unreachable();
    block(body);
    state_.join(loops_.back().continued);
}

/// All turns: afterwards the state holds at the head of any further one. Where two turns are sure to come,
/// both are looked at with what is certain then; else one from what holds at the head of every turn.
void FunctionAnalysis::turns(const Stmt* loop, Block body, bool two_are_sure, const Expr* target,
                             bool counted) {
    const Effects& effects = effects_.statement(loop);
    if (two_are_sure && steps_ > 0 && stays(body)) {
        turn(body, target, counted);
        if (!state_.reachable) return;
        const bool outer = again_;
        again_ = true;
        turn(body, target, counted);
        again_ = outer;
        weaken(state_, effects, index_.has_keep());
        return;
    }
    weaken(state_, effects, index_.has_keep());
    State head = state_;
    turn(body, target, counted);
    state_ = std::move(head);
}

void FunctionAnalysis::while_statement(const WhileStmt& s) {
    loops_.push_back({unreachable(), unreachable(), finals_.size()});
    const bool forever = is_true(s.condition);
    if (forever) {
        turns(&s, s.body, true, nullptr, false);
        state_ = unreachable();
    } else {
        weaken(state_, effects_.statement(&s), index_.has_keep());
        expression(s.condition);
        if (!is_false(s.condition)) turns(&s, s.body, false, nullptr, false);
    }
    const State broken = std::move(loops_.back().broken);
    loops_.pop_back();
    if (state_.reachable) block(s.otherwise);
    state_.join(broken);
}

void FunctionAnalysis::for_statement(const ForStmt& s) {
    expression(s.iterable);
    if (!state_.reachable) return;
    bool twice = false, counted = false;
    if (s.iterable->kind == ExprKind::list || s.iterable->kind == ExprKind::tuple) {
        twice = as<SequenceExpr>(s.iterable).elements.size() >= 2;
        for (const Expr* e : as<SequenceExpr>(s.iterable).elements)
            twice = twice && e->kind != ExprKind::starred;
    } else if (s.iterable->kind == ExprKind::call) {
        const auto& range = as<CallExpr>(s.iterable);
        counted = range.callee->kind == ExprKind::name &&
                  index_.is_builtin(as<NameExpr>(range.callee).name) &&
                  index_.text(as<NameExpr>(range.callee).name) == "range";
        twice = counted && range.arguments.size() == 1 &&
                range.arguments[0].value->kind == ExprKind::integer &&
                as<IntegerExpr>(range.arguments[0].value).value >= 2;
    }
    loops_.push_back({unreachable(), unreachable(), finals_.size()});
    turns(&s, s.body, twice, s.target, counted);
    const State broken = std::move(loops_.back().broken);
    loops_.pop_back();
    if (state_.reachable) block(s.otherwise);
    state_.join(broken);
}

void FunctionAnalysis::try_statement(const TryStmt& s) {
    const State before = state_;
    State anywhere = before;  // what holds wherever the body may stop
    weaken(anywhere, effects_.statement(&s), index_.has_keep());
    if (s.has_finally) finals_.push_back(effects_.block(s.finally));
    block(s.body);
    if (state_.reachable) block(s.otherwise);
    State after = std::move(state_);
    for (const ExceptClause& clause : s.handlers) {
        state_ = anywhere;
        if (clause.name != 0)
            if (Variable* variable = tracked(clause.name)) *variable = {.name = clause.name};
        block(clause.body);
        after.join(state_);
    }
    if (!s.has_finally) {
        state_ = std::move(after);
        return;
    }
    finals_.pop_back();
    const bool goes_on = after.reachable;
    state_ = std::move(anywhere);
    block(s.finally);
    if (goes_on && state_.reachable) {
        // Behind it, what held before it holds still where it changed nothing.
        weaken(after, effects_.block(s.finally), index_.has_keep());
        state_ = std::move(after);
        return;
    }
    state_ = unreachable();
}

void FunctionAnalysis::region_statement(const BlockStmt& s) {
    const std::uint16_t outer = region_;
    region_ = static_cast<std::uint16_t>(next_object_ % 0xFFFE + 1);
    const std::uint16_t own = region_;
    block(s.body);
    if (state_.reachable) check_region_end(&s, own);
    region_ = outer;
    // What was made inside and lives on lives as what surrounds it does.
    for (Object& each : state_.objects)
        if (each.region == own) each.region = outer, each.lost = true;
}

}  // namespace harness::lang::analysis
