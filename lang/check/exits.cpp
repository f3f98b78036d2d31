// The ways out of a function: what its names own ends there, and nothing that lives on may refer to it. This
// is an escape analysis turned round: not "may it leave the function?" (Choi et al., "Escape analysis for
// Java", 1999) but "has it certainly been left behind in something that stays?".
#include <algorithm>

#include "lang/check/function_analysis.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang::analysis {

FunctionAnalysis::FunctionAnalysis(const ProgramIndex& index, EffectsOf& effects, const Summaries& summaries,
                                   Reports& reports, const FunctionScope& scope, std::size_t& steps)
    : index_(index),
      effects_(effects),
      summaries_(summaries),
      reports_(reports),
      scope_(scope),
      steps_(steps) {}

void FunctionAnalysis::module(Block body) { block(body); }

Summary FunctionAnalysis::function(const DefStmt& def) {
    def_ = &def;
    for (const Expr* d : def.decorators)
        is_region_ =
            is_region_ || (d->kind == ExprKind::name && index_.text(as<NameExpr>(d).name) == "region");
    each_statement(def.body, [&](const Stmt* s) {
        if (s->kind == StmtKind::keep && as<KeepStmt>(s).value->kind == ExprKind::name)
            kept_or_moved_.insert(as<NameExpr>(as<KeepStmt>(s).value).name);
        const OnExpr look = [&](const Expr* e) {
            if (e->kind == ExprKind::call) {
                const auto& call = as<CallExpr>(e);
                if (call.callee->kind == ExprKind::name && call.arguments.size() == 1 &&
                    call.arguments[0].value->kind == ExprKind::name &&
                    index_.text(as<NameExpr>(call.callee).name) == "move")
                    kept_or_moved_.insert(as<NameExpr>(call.arguments[0].value).name);
            }
            if (e->kind == ExprKind::pipe && as<PipeExpr>(e).left->kind == ExprKind::name)
                kept_or_moved_.insert(as<NameExpr>(as<PipeExpr>(e).left).name);
            if (e->kind != ExprKind::lambda) each_part(e, look);
        };
        each_expression(s, look);
        const auto field = [&](const Expr* t) {
            if (t->kind == ExprKind::attribute) stored_fields_.insert(as<AttributeExpr>(t).name);
        };
        if (s->kind == StmtKind::assign)
            for (const Expr* t : as<AssignStmt>(s).targets) field(t);
        if (s->kind == StmtKind::augmented_assign) field(as<AugmentedAssignStmt>(s).target);
    });
    std::uint32_t number = 0;
    for (const Parameter& p : def.parameters) {
        if (Variable* variable = p.kind == Parameter::Kind::plain ? tracked(p.name) : nullptr) {
            if (Object* object = make(Object::Kind::other, nullptr, {})) {
                object->root = Root::parameter;
                object->root_name = p.name;
                object->parameter = number;
                object->shared = object->lost = true;
                variable->value = Value::of(object->id);
            }
        }
        ++number;
    }
    block(def.body);
    if (state_.reachable) leave(nullptr, nullptr, std::nullopt);
    return summarise(def);
}

/// Whether the object certainly goes on living when the function's own names end.
bool FunctionAnalysis::outlives(const State& state, ObjectId holder, const std::vector<ObjectId>& handed_on,
                                int depth) const {
    const Object* object = state.object(holder);
    if (object == nullptr || depth > 8) return false;
    if (object->external()) return true;
    if (std::find(handed_on.begin(), handed_on.end(), holder) != handed_on.end()) return true;
    if (object->owner != 0) return false;
    // What was put without a name into something that stays lives with it.
    return std::any_of(state.edges.begin(), state.edges.end(), [&](const Edge& each) {
        return each.target == holder && each.holder != holder && each.kind == Edge::Kind::unnamed &&
               outlives(state, each.holder, handed_on, depth + 1);
    });
}

/// Whether the object certainly goes when the function is left: a name here owns it, or what owns it does.
bool FunctionAnalysis::ends_here(const State& state, const Object& object) const {
    if (object.external() || object.lost || object.gone.possible()) return false;
    if (object.owner != 0) return true;
    return std::any_of(state.edges.begin(), state.edges.end(), [&](const Edge& each) {
        const Object* holder = state.object(each.holder);
        return each.target == object.id && each.kind == Edge::Kind::unnamed && holder != nullptr &&
               holder->owner != 0 && !holder->lost && !holder->external();
    });
}

void FunctionAnalysis::leave(const Stmt* at, const Expr* returned, std::optional<Result> result) {
    std::vector<ObjectId> handed_on;
    if (result.has_value()) {
        const Object* object = state_.object(result->value.object);
        const bool owned = object != nullptr && !object->external() &&
                           (result->hold == Edge::Kind::unnamed ||
                            (object->owner != 0 && object->owner == own_name(*result)));
        if (owned) handed_on.push_back(object->id);
    }
    State state = state_;
    Event gone;
    if (const Object* object = result.has_value() ? state.object(result->value.object) : nullptr;
        object != nullptr && handed_on.empty() && returned != nullptr && returned->kind != ExprKind::borrow &&
        !has_defer_ && ends_here(state, *object))
        gone = certain(returned->span);
    pass_finals(state, 0);
    if (!has_defer_) check_escapes(state, at, handed_on);
    if (exits_.size() < 64)
        exits_.push_back({std::move(state), result, gone});
    else
        exits_.back().state.join(state), exits_.back().result = Result{}, exits_.back().gone.join(gone);
    state_.reachable = false;
}

void FunctionAnalysis::check_escapes(State& state, const Stmt* at, const std::vector<ObjectId>& handed_on) {
    if (def_ == nullptr) return;
    const Span ends = at != nullptr ? at->span : def_->name_span;
    for (const Edge& edge : state.edges) {
        const Object* target = state.object(edge.target);
        const Object* holder = state.object(edge.holder);
        if (target == nullptr || holder == nullptr || edge.kind == Edge::Kind::unnamed) continue;
        if (target->external() || target->owner == 0 || target->lost) continue;
        if (std::find(handed_on.begin(), handed_on.end(), target->id) != handed_on.end()) continue;
        if (!outlives(state, edge.holder, handed_on)) continue;
        LifetimeSet lifetimes = 0;
        const auto also = [&](LifetimeSet more) { lifetimes = static_cast<LifetimeSet>(lifetimes | more); };
        const bool lent = edge.kind == Edge::Kind::lent;
        if (edge.lent_under_scope) also(under::scope);
        if (lent && edge.lent_under_ownership) also(under::ownership);
        // Results are copied out of a region with all that they hold.
        if (holder->external() && !kept_or_moved_.contains(target->owner) && target->region == 0) {
            also(under::stack);
            if (is_region_) also(under::arena);
        }
        if (lifetimes != 0)
            report_escape(edge, *target, lifetimes, ends, at != nullptr && !handed_on.empty());
    }
}

void FunctionAnalysis::check_region_end(const Stmt* at, std::uint16_t region) {
    for (const Edge& edge : state_.edges) {
        const Object* target = state_.object(edge.target);
        const Object* holder = state_.object(edge.holder);
        if (target == nullptr || holder == nullptr || edge.kind == Edge::Kind::unnamed || edge.name == 0)
            continue;
        if (target->external() || target->owner == 0 || target->lost || target->region != region) continue;
        if (holder->region == region || kept_or_moved_.contains(target->owner)) continue;
        if (!holder->external() && holder->owner == 0) continue;
        report_escape(edge, *target, static_cast<LifetimeSet>(under::arena | under::stack), at->span, false);
    }
}

void FunctionAnalysis::report_escape(const Edge& edge, const Object& target, LifetimeSet lifetimes, Span ends,
                                     bool returned) {
    Diagnostic d;
    d.name = "EscapeError";
    const NameId owner = target.owner;
    const bool by_call = !(edge.call == Span{});
    d.span = by_call ? edge.call : edge.store;
    const std::string place(reports_.excerpt(edge.place));
    std::string holder;
    if (const Object* object = state_.object(edge.holder)) {
        holder =
            object->root == Root::parameter || object->root == Root::global || object->root == Root::captured
                ? std::string(index_.text(object->root_name))
            : object->owner != 0 ? std::string(index_.text(object->owner))
                                 : std::string();
    }
    if (holder.empty())
        holder = by_call ? "what it was stored in" : std::string(reports_.excerpt(edge.place));
    const std::string left = def_ == nullptr ? "this block" : std::string(index_.text(def_->name)) + "()";
    d.message =
        quoted(owner) + " ends with " + left + ", but " + (by_call ? holder : place) + " still refers to it";
    if (!(target.made == Span{})) d.related.push_back({"allocated", target.made});
    if (by_call) d.related.push_back({"stored", edge.store});
    d.related.push_back({"ends", ends});
    static_cast<void>(returned);
    if (again_) d.details.emplace_back("in the second turn of the loop");
    d.help = "write 'keep " + std::string(index_.text(owner)) + " with " + holder + "' behind it";
    reports_.add(lifetimes, std::move(d));
}

std::optional<PlacePath> FunctionAnalysis::path_of(const State& state, ObjectId id) const {
    PlacePath path;
    for (int depth = 0; depth < 4; ++depth) {
        const Object* object = state.object(id);
        if (object == nullptr) return std::nullopt;
        switch (object->root) {
            case Root::parameter:
                path.root = Root::parameter;
                path.parameter = object->parameter;
                return path;
            case Root::global: {
                // A captured variable has no name that a caller could use.
                const FunctionScope* module = index_.scopes().module.get();
                if (!module->bound.contains(object->root_name)) return std::nullopt;
                for (const FunctionScope* s = scope_.parent; s != module && s != nullptr; s = s->parent)
                    if (s->bound.contains(object->root_name)) return std::nullopt;
                path.root = Root::global;
                path.name = object->root_name;
                return path;
            }
            case Root::field:
                path.fields.insert(path.fields.begin(), object->field);
                id = object->parent;
                break;
            default:
                return std::nullopt;
        }
    }
    return std::nullopt;
}

/// What holds on every way out.
Summary FunctionAnalysis::summarise(const DefStmt& def) {
    Summary summary;
    summary.known = !def.is_extern;
    summary.writes_heap = writes_heap_;
    summary.keeps = keeps_;
    summary.returns = !exits_.empty();
    if (exits_.empty()) return summary;
    // The result is new if every way out gives a new one of one kind.
    bool all_new = true;
    for (const Exit& exit : exits_) {
        const Object* object = exit.result ? exit.state.object(exit.result->value.object) : nullptr;
        const bool is_new = object != nullptr && !object->external() && object->kind != Object::Kind::other &&
                            (exit.result->hold == Edge::Kind::unnamed || object->owner != 0) && !object->lost;
        all_new = all_new && is_new;
        if (!is_new) break;
        if (&exit == &exits_.front()) {
            summary.result = object->kind;
            summary.result_type = object->type;
        }
        all_new = all_new && summary.result == object->kind && summary.result_type == object->type;
    }
    summary.gives_new = all_new;
    summary.gives_gone = exits_.front().gone;
    for (const Exit& exit : exits_) summary.gives_gone.join(exit.gone);
    State end = exits_.front().state;
    for (std::size_t i = 1; i < exits_.size(); ++i) end.join(exits_[i].state);
    summary.released.resize(def.parameters.size());
    std::vector<ObjectId> parameters(def.parameters.size(), 0);
    for (const Object& each : end.objects)
        if (each.root == Root::parameter) {
            parameters[each.parameter] = each.id;
            summary.released[each.parameter] = each.released;
        }
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i] == 0) summary.released[i] = uncertain();
    for (const Edge& edge : end.edges) {
        const Object* target = end.object(edge.target);
        if (target == nullptr) continue;
        const auto holder = path_of(end, edge.holder);
        if (!holder) continue;
        if (target->root == Root::parameter)
            summary.stores.push_back(
                {*holder, edge.field, target->parameter, edge.kind, edge.store, edge.place});
        else if (holder->root == Root::parameter && holder->parameter == 0 && holder->fields.empty() &&
                 edge.kind == Edge::Kind::unnamed && target->kind != Object::Kind::other && edge.field != 0)
            summary.new_fields.push_back({edge.field, target->kind, target->type, target->made});
    }
    return summary;
}

/// Statements behind one that always leaves. What was to be freed there is not.
void FunctionAnalysis::unreachable_end(Block behind, const Stmt* leaves) {
    for (const Stmt* s : behind) {
        if (s->kind != StmtKind::expression) continue;
        const Expr* e = as<ExprStmt>(s).value;
        if (e->kind != ExprKind::call || as<CallExpr>(e).callee->kind != ExprKind::name ||
            as<CallExpr>(e).arguments.size() != 1)
            continue;
        const NameId callee = as<NameExpr>(as<CallExpr>(e).callee).name;
        const std::string_view word = index_.text(callee);
        if (!index_.is_builtin(callee) || (word != "free" && word != "deinit")) continue;
        const Expr* place = as<CallExpr>(e).arguments[0].value;
        Diagnostic d;
        d.span = e->span;
        d.name = "LeakError";
        d.related.push_back({"leaves", leaves->span});
        d.help = "write it before the place that leaves, or 'defer " +
                 std::string(reports_.excerpt(e->span)) + "' where the object is made";
        const Variable* variable =
            place->kind == ExprKind::name ? state_.variable(as<NameExpr>(place).name) : nullptr;
        const Object* held = variable == nullptr ? nullptr : state_.object(variable->value.object);
        const bool leaks = leaves->kind == StmtKind::return_ && held != nullptr &&
                           held->owner == variable->name && !held->shared && !held->lost &&
                           !held->released.possible() && finals_.empty() && !has_defer_ && region_ == 0;
        d.message =
            "this is never reached" + (leaks ? ", so " + quoted(variable->name) + " is never released" : "");
        if (leaks) {
            d.related.insert(d.related.begin(), {"allocated", held->made});
            reports_.add(under::manual, std::move(d));
        } else {
            d.name = "UnreachableFree";
            reports_.warn(std::move(d));
        }
    }
}

}  // namespace harness::lang::analysis
