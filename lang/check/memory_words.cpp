// free, deinit, move and keep.
#include <fmt/format.h>

#include <algorithm>

#include "lang/check/function_analysis.hpp"

namespace harness::lang::analysis {

void FunctionAnalysis::release(ObjectId id, Span at, bool deep, NameId name) {
    std::vector<ObjectId> work{id};
    for (std::size_t i = 0; i < work.size(); ++i) {
        Object* object = state_.object(work[i]);
        if (object == nullptr) continue;
        // What came from elsewhere may be a number or a string, which are nobody's to free.
        if (i > 0 && object->external()) {
            object->released.weaken();
            continue;
        }
        if (object->released.sure()) {
            Diagnostic d;
            d.name = "DoubleFreeError";
            d.span = at;
            if (i > 0)
                d.message = "an object that is owned here was already freed";
            else
                d.message = name != 0 ? quoted(name) + " was already freed" : "this object was already freed";
            if (!(object->made == Span{})) d.related.push_back({"allocated", object->made});
            d.related.push_back({"released", object->released.at});
            if (again_) d.details.emplace_back("in the second turn of the loop");
            d.help = i > 0 ? "let one place own it; store '&' and the name in the other" : "free it once";
            reports_.add(under::manual, std::move(d));
            object->released = uncertain();
            continue;
        }
        object->released = certain(at);
        object->owner = 0;
        if (!deep) break;
        for (const Edge& edge : state_.edges) {
            if (edge.holder != work[i] || edge.kind == Edge::Kind::lent) continue;
            if (std::find(work.begin(), work.end(), edge.target) == work.end()) work.push_back(edge.target);
        }
    }
}

/// Under `scope` and `ownership` an owner may not be ended while something that lives on refers to the
/// object.
void FunctionAnalysis::check_holders(const Object& ended, Span at) {
    for (const Edge& edge : state_.edges) {
        if (edge.target != ended.id || edge.holder == ended.id || edge.kind == Edge::Kind::unnamed) continue;
        const Object* holder = state_.object(edge.holder);
        if (holder == nullptr || (!holder->external() && holder->owner == 0)) continue;
        LifetimeSet lifetimes = edge.lent_under_scope ? under::scope : LifetimeSet{0};
        if (edge.kind == Edge::Kind::lent && edge.lent_under_ownership)
            lifetimes = static_cast<LifetimeSet>(lifetimes | under::ownership);
        if (lifetimes != 0) report_escape(edge, ended, lifetimes, at, false);
    }
}

void FunctionAnalysis::end_name(NameId name, Span at, bool deep) {
    if (!state_.reachable) return;
    Variable* variable = tracked(name);
    if (variable == nullptr) {
        state_.expose(index_.has_keep());
        writes_heap_ = true;
        return;
    }
    Diagnostic d;
    d.span = at;
    if (again_) d.details.emplace_back("in the second turn of the loop");
    if (variable->freed.sure()) {
        d.name = "DoubleFreeError";
        d.message = quoted(name) + " was already freed";
        d.related.push_back({"released", variable->freed.at});
        d.help = "free it once; after that the name is dead";
        reports_.add(under::all, std::move(d));
    } else if (variable->moved.sure()) {
        d.name = "UseAfterMoveError";
        d.message = quoted(name) + " was moved away";
        d.related.push_back({"moved", variable->moved.at});
        d.help = "leave this out: the place that it was moved to answers for it";
        reports_.add(under::all, std::move(d));
    } else {
        if (variable->given.sure()) {
            d.name = "UseAfterMoveError";
            d.message = quoted(name) + " was given away";
            d.related.push_back({"given", variable->given.at});
            d.help = "leave this out: what it was given to answers for it";
            reports_.add(under::ownership, std::move(d));
        }
        const ObjectId id = variable->value.object;
        if (const Object* owned = state_.object(id); owned != nullptr && owned->owner == name && !owned->lost)
            check_holders(*owned, at);
        if (id != 0) release(id, at, deep, name);
        // What else it owns is not known.
        if (deep && id != 0) {
            for (Object& each : state_.objects)
                if (each.id != id && each.shared) each.released.weaken();
        }
        if (const Object* ended = state_.object(id); ended != nullptr && ended->external())
            writes_heap_ = true;
    }
    variable = tracked(name);
    variable->freed = certain(at);
    variable->moved = variable->given = {};
}

Result FunctionAnalysis::end_place(const CallExpr& e, bool deep) {
    const Expr* place = e.arguments[0].value;
    if (place->kind == ExprKind::name) {
        end_name(as<NameExpr>(place).name, place->span, deep);
        return {.value = Value::plain()};
    }
    if (place->kind == ExprKind::placeholder && placeholder_ != nullptr && placeholder_->name != 0 &&
        placeholder_->hold == Edge::Kind::named) {
        end_name(placeholder_->name, place->span, deep);
        return {.value = Value::plain()};
    }
    const Result ended = expression(place);
    if (const ObjectId id = ended.value.object; id != 0) {
        release(id, place->span, deep, 0);
        if (Object* object = state_.object(id)) object->released.join(uncertain());
        state_.expose(id, index_.has_keep());
    }
    if (place->kind == ExprKind::attribute || place->kind == ExprKind::index) {
        writes_heap_ = true;
        state_.cut(0, place->kind == ExprKind::attribute ? as<AttributeExpr>(place).name : 0);
    }
    run_unseen_code();
    make_hole(place, false);
    return {.value = Value::plain()};
}

Result FunctionAnalysis::move(const CallExpr& e) {
    const Expr* place = e.arguments[0].value;
    const Result result = handed_on(place);
    if (place->kind == ExprKind::name) {
        Variable* variable = tracked(as<NameExpr>(place).name);
        if (variable == nullptr) {
            state_.expose(index_.has_keep());
            writes_heap_ = true;
            return {};
        }
        const ObjectId id = variable->value.object;
        variable->value = {};
        variable->moved = certain(place->span);
        variable->freed = variable->given = {};
        if (Object* held = state_.object(id)) {
            // A borrow that is moved stays a borrow; what is owned has no owner until it is received.
            if (held->owner != variable->name)
                return {.value = Value::of(id), .hold = Edge::Kind::lent, .name = 0};
            held->owner = 0;
        }
        return {.value = Value::of(id), .hold = Edge::Kind::unnamed, .name = 0};
    }
    if (place->kind == ExprKind::attribute || place->kind == ExprKind::index) {
        writes_heap_ = true;
        state_.cut(0, place->kind == ExprKind::attribute ? as<AttributeExpr>(place).name : 0);
    }
    use_up(result, place->span);
    if (Object* held = state_.object(result.value.object)) held->owner = 0;
    make_hole(place, true);
    return {};
}

void FunctionAnalysis::make_hole(const Expr* place, bool moved) {
    if (place->kind != ExprKind::attribute || state_.holes.size() >= most_edges) return;
    const auto& attribute = as<AttributeExpr>(place);
    if (attribute.object->kind != ExprKind::name || !index_.is_plain_field(attribute.name)) return;
    const Variable* holder = state_.variable(as<NameExpr>(attribute.object).name);
    if (holder == nullptr || holder->value.object == 0 || holder->freed.possible() ||
        holder->moved.possible())
        return;
    state_.holes.push_back({holder->value.object, attribute.name, moved, place->span});
}

/// dealloc, destroy_arena and reallocate end what a name holds, once.
Result FunctionAnalysis::end_handle(const CallExpr& e, bool ends) {
    const Expr* place = e.arguments[e.arguments.size() - 1].value;
    for (std::size_t i = 0; i + 1 < e.arguments.size(); ++i) expression(e.arguments[i].value);
    if (place->kind == ExprKind::name && ends)
        end_name(as<NameExpr>(place).name, place->span, false);
    else
        use_up(expression(place), place->span);
    return {.value = Value::plain()};
}

Result FunctionAnalysis::kept_name(const NameExpr& e) {
    Variable* variable = tracked(e.name);
    if (variable == nullptr) return name_read(e);
    const Event given = variable->given;
    variable->given = {};
    const Result result = name_read(e);
    if (Variable* again = tracked(e.name); again != nullptr && again->given.is == Event::Certainty::no)
        again->given = given;
    return result;
}

/// A cycle of `keep` releases nothing: each waits for the next.
void FunctionAnalysis::keep(const Result& what, const Expr* value, List<Expr*> targets, Span at) {
    keeps_ = true;
    const ObjectId kept = what.value.object;
    for (const Expr* target : targets) {
        const Result with = expression(target);
        const ObjectId to = with.value.object;
        if (kept == 0 || to == 0 || kept == to || state_.object(kept)->external() ||
            state_.object(to)->external())
            continue;
        std::vector<std::pair<ObjectId, std::size_t>> work{{to, 0}};
        const KeepEdge* closing = nullptr;
        std::vector<ObjectId> seen;
        std::vector<Span> path;
        for (std::size_t i = 0; i < work.size() && closing == nullptr; ++i) {
            for (const KeepEdge& each : state_.keeps) {
                if (each.what != work[i].first) continue;
                if (each.target == kept) {
                    closing = &each;
                    path.push_back(each.at);
                    for (std::size_t back = i; back > 0; back = work[back].second) {
                        for (const KeepEdge& step : state_.keeps)
                            if (step.what == work[work[back].second].first && step.target == work[back].first)
                                path.insert(path.begin(), step.at);
                    }
                    break;
                }
                if (std::find(seen.begin(), seen.end(), each.target) != seen.end()) continue;
                seen.push_back(each.target);
                work.emplace_back(each.target, i);
            }
        }
        if (closing != nullptr) {
            Diagnostic d;
            d.name = "ReferenceCycleError";
            d.span = at;
            const std::string what_text =
                value->kind == ExprKind::name ? quoted(as<NameExpr>(value).name) : "it";
            const std::string with_text =
                target->kind == ExprKind::name ? quoted(as<NameExpr>(target).name) : "that";
            d.message = fmt::format("{0} would wait for {1}, which waits for {0}", what_text, with_text);
            for (const Span step : path) d.related.push_back({"kept", step});
            d.help =
                "leave this 'keep' out and keep both with one central object; in an arena cycles are "
                "harmless";
            Diagnostic leak = d;
            leak.name = "LeakError";
            reports_.add(static_cast<LifetimeSet>(under::scope | under::ownership), std::move(d));
            reports_.add(under::refcount, std::move(leak));
        } else if (state_.keeps.size() < most_edges) {
            state_.keeps.push_back({kept, to, at});
        }
    }
    if (Object* held = state_.object(kept)) {
        held->owner = 0;
        held->lost = held->shared = true;
    }
}

}  // namespace harness::lang::analysis
