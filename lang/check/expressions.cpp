// What expressions read, make and use up.
#include <algorithm>

#include "lang/check/function_analysis.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang::analysis {

Result FunctionAnalysis::expression(const Expr* e) {
    switch (e->kind) {
        case ExprKind::integer:
        case ExprKind::floating:
        case ExprKind::string:
        case ExprKind::none:
        case ExprKind::boolean:
            return {.value = Value::plain()};
        case ExprKind::name:
            return name_read(as<NameExpr>(e));
        case ExprKind::placeholder:
            if (placeholder_ == nullptr) return {};
            return {.value = placeholder_->value, .hold = placeholder_->hold, .name = 0};
        case ExprKind::borrow: {
            const Expr* place = as<BorrowExpr>(e).operand;
            Result result = expression(place);
            // A borrow of something that nobody holds lives to the end of its statement.
            if (result.hold == Edge::Kind::unnamed) return {};
            result.hold = Edge::Kind::lent;
            if (place->kind != ExprKind::name) result.name = 0;
            return result;
        }
        case ExprKind::attribute:
            return attribute_read(as<AttributeExpr>(e));
        case ExprKind::list:
        case ExprKind::tuple:
        case ExprKind::dict:
            return display(e);
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator: {
            expression(as<ComprehensionExpr>(e).clauses[0].iterable);
            weaken(state_, effects_.expression(e), index_.has_keep());
            if (e->kind == ExprKind::generator) return {};
            return fresh(e->kind == ExprKind::list_comp ? Object::Kind::list : Object::Kind::dict, nullptr,
                         e->span);
        }
        case ExprKind::call:
            return call(as<CallExpr>(e));
        case ExprKind::logical: {
            const auto& logical = as<LogicalExpr>(e);
            use_up(expression(logical.operands[0]), e->span);
            for (std::size_t i = 1; i < logical.operands.size(); ++i) {
                State before = state_;
                use_up(expression(logical.operands[i]), e->span);
                state_.join(before);
            }
            return {};
        }
        case ExprKind::conditional: {
            const auto& c = as<ConditionalExpr>(e);
            expression(c.condition);
            return branches(c.when_true, c.when_false);
        }
        case ExprKind::compare: {
            const auto& compare = as<CompareExpr>(e);
            for (std::size_t i = 0; i < compare.operands.size(); ++i) {
                State before = i < 2 ? State{} : state_;
                expression(compare.operands[i]);
                if (i >= 2) state_.join(before);
            }
            run_unseen_code();
            return {.value = Value::plain()};
        }
        case ExprKind::walrus: {
            const auto& walrus = as<WalrusExpr>(e);
            const Result result = expression(walrus.value);
            use_up(result, e->span);
            if (Variable* variable = tracked(walrus.name)) {
                overwrite(*variable, nullptr);
                *variable = {.name = walrus.name};
            }
            return {};
        }
        case ExprKind::pipe: {
            const auto& pipe = as<PipeExpr>(e);
            const Result left = expression(pipe.left);
            const Result* outer = placeholder_;
            placeholder_ = &left;
            Result result;
            if (pipe.stage->kind == ExprKind::keep_stage) {
                use_up(left, e->span);
                if (Object* held = state_.object(left.value.object)) held->owner = 0, held->lost = true;
                keeps_ = true;
                for (const Expr* target : as<KeepStageExpr>(pipe.stage).targets)
                    if (target->kind != ExprKind::name) expression(target);
            } else {
                result = expression(pipe.stage);
            }
            placeholder_ = outer;
            return result;
        }
        case ExprKind::lambda:
            for (const Parameter& p : as<LambdaExpr>(e).parameters)
                if (p.default_value != nullptr) use_up(expression(p.default_value), p.span);
            return {};
        case ExprKind::spawn:
        case ExprKind::using_allocator:
        case ExprKind::starred:
        case ExprKind::keep_stage:
            each_part(e, [&](const Expr* part) { use_up(expression(part), part->span); });
            state_.expose(index_.has_keep());
            return {};
        default:
            each_lent(e);
            run_unseen_code();
            return {};
    }
}

void FunctionAnalysis::each_lent(const Expr* e) {
    each_part(e, [&](const Expr* part) { expression(part); });
}

/// Operators, comparisons and printing, where the program defines any of them.
void FunctionAnalysis::run_unseen_code() {
    if (!index_.has_operators()) return;
    writes_heap_ = true;
    for (Object& each : state_.objects) each.shared = true;
    state_.edges.clear();
    state_.holes.clear();
}

Result FunctionAnalysis::name_read(const NameExpr& e) {
    if (!state_.reachable) return {};
    Variable* variable = tracked(e.name);
    if (variable == nullptr) {
        if (is_tracked(e.name)) return {};
        if (scope_.parent == nullptr || scope_.bound.contains(e.name) || scope_.block_bound.contains(e.name))
            return {};
        if (!index_.is_stable(scope_, e.name)) return {};
        return {
            .value = Value::of(external(Root::global, e.name, 0, 0)), .hold = Edge::Kind::named, .name = 0};
    }
    const Result result{.value = variable->value, .hold = Edge::Kind::named, .name = e.name};
    Diagnostic d;
    d.span = e.span;
    if (again_) d.details.emplace_back("in the second turn of the loop");
    if (variable->freed.sure()) {
        d.name = "UseAfterFreeError";
        d.message = quoted(e.name) + " was freed";
        d.related.push_back({"released", variable->freed.at});
        d.help = "leave this use out, or free " + quoted(e.name) + " behind it";
        reports_.add(under::all, std::move(d));
    } else if (variable->moved.sure()) {
        d.name = "UseAfterMoveError";
        d.message = quoted(e.name) + " was moved away";
        d.related.push_back({"moved", variable->moved.at});
        d.help = "use the place that it was moved to, or clone it before";
        reports_.add(under::all, std::move(d));
    } else {
        if (variable->given.sure()) {
            Diagnostic given = d;
            given.name = "UseAfterMoveError";
            given.message = quoted(e.name) + " was given away";
            given.related.push_back({"given", variable->given.at});
            given.help =
                variable->given_to_name
                    ? "use the name that it was assigned to, or write '&" + std::string(index_.text(e.name)) +
                          "' there"
                    : "lend it there with '&" + std::string(index_.text(e.name)) + "', or clone it before";
            reports_.add(under::ownership, std::move(given));
            variable->given = uncertain();
        }
        if (!handing_on_) {
            read_released(variable->value.object, e.span);
            read_gone(variable->value.object, e.span);
        }
        return result;
    }
    // Told once; what follows would only repeat it.
    variable->freed = variable->moved = variable->given = uncertain();
    state_.forget_value(*variable);
    return {};
}

Result FunctionAnalysis::handed_on(const Expr* e) {
    if (e->kind != ExprKind::name) return expression(e);
    handing_on_ = true;
    const Result result = name_read(as<NameExpr>(e));
    handing_on_ = false;
    return result;
}

/// Under `manual`, through another name or place than the one that ended it.
void FunctionAnalysis::read_released(ObjectId id, Span at) {
    Object* held = state_.object(id);
    if (held == nullptr || !held->released.sure()) return;
    Diagnostic d;
    d.message = "this object was already freed";
    if (!(held->made == Span{})) d.related.push_back({"allocated", held->made});
    d.related.push_back({"released", held->released.at});
    d.help = "release it later, or leave this use out";
    tell_ended(std::move(d), at, under::manual);
    held->released = uncertain();
}

/// What a function returned from inside of something that ended with it.
void FunctionAnalysis::read_gone(ObjectId id, Span at) {
    Object* held = state_.object(id);
    if (held == nullptr || !held->gone.sure()) return;
    Diagnostic d;
    d.message = "this object ended with the function that returned it";
    d.related.push_back({"returned", held->gone.at});
    const std::string place(reports_.excerpt(held->gone.at));
    d.help = "write 'return move(" + place + ")' or 'return clone(" + place + ")' there";
    tell_ended(std::move(d), at, static_cast<LifetimeSet>(under::scope | under::ownership));
    held->gone = uncertain();
}

void FunctionAnalysis::tell_ended(Diagnostic d, Span at, LifetimeSet lifetimes) {
    d.name = "UseAfterFreeError";
    d.span = at;
    if (again_) d.details.emplace_back("in the second turn of the loop");
    reports_.add(lifetimes, std::move(d));
}

void FunctionAnalysis::read_hole(ObjectId holder, NameId field, const Expr* e) {
    const auto hole = std::find_if(state_.holes.begin(), state_.holes.end(), [&](const Hole& each) {
        return each.holder == holder && each.field == field;
    });
    if (hole == state_.holes.end()) return;
    Diagnostic d;
    d.name = hole->moved ? "UseAfterMoveError" : "UseAfterFreeError";
    d.span = e->span;
    const std::string place = "'" + std::string(reports_.excerpt(e->span)) + "'";
    d.message = place + (hole->moved ? " was moved away" : " was freed");
    d.related.push_back({hole->moved ? "moved" : "released", hole->at});
    if (again_) d.details.emplace_back("in the second turn of the loop");
    d.help = hole->moved ? "use the place that it was moved to, or store something here before"
                         : "leave this use out, or store something here before";
    reports_.add(under::all, std::move(d));
    state_.holes.erase(hole);
}

Result FunctionAnalysis::attribute_read(const AttributeExpr& e) {
    const Result object = expression(e.object);
    const Object* holder = state_.object(object.value.object);
    if (holder == nullptr || !index_.is_plain_field(e.name)) return {};
    read_hole(holder->id, e.name, &e);
    if (const Edge* edge = state_.edge(holder->id, e.name)) {
        const ObjectId target = edge->target;
        if (!handing_on_) read_released(target, e.span);
        return {.value = Value::of(target), .hold = Edge::Kind::lent, .name = 0};
    }
    // What lay there when the function was called lies there still if nothing here can have stored.
    if (!holder->external() || stored_fields_.contains(e.name) || writes_heap_) return {};
    return {.value = Value::of(external(Root::field, 0, holder->id, e.name)),
            .hold = Edge::Kind::lent,
            .name = 0};
}

Result FunctionAnalysis::display(const Expr* e) {
    const bool is_dict = e->kind == ExprKind::dict;
    std::vector<std::pair<Result, Span>> parts;
    if (is_dict) {
        for (const Expr* key : as<DictExpr>(e).keys)
            if (key != nullptr) use_up(expression(key), key->span);
        run_unseen_code();
    }
    for (const Expr* part : is_dict ? as<DictExpr>(e).values : as<SequenceExpr>(e).elements)
        parts.emplace_back(handed_on(part), part->span);
    if (e->kind == ExprKind::tuple) {
        for (const auto& [part, span] : parts) use_up(part, span);
        return {};
    }
    const Result made = fresh(is_dict ? Object::Kind::dict : Object::Kind::list, nullptr, e->span);
    for (const auto& [part, span] : parts) {
        store(made.value.object, 0, part, {.store = e->span, .place = e->span});
        if (part.hold == Edge::Kind::named) give(part, span);
    }
    return made;
}

Result FunctionAnalysis::branches(const Expr* first, const Expr* second) {
    const State before = state_;
    const Result a = expression(first);
    use_up(a, first->span);
    State after = std::move(state_);
    state_ = before;
    const Result b = expression(second);
    use_up(b, second->span);
    state_.join(after);
    return {};
}

void FunctionAnalysis::use_up(const Result& result, Span at) {
    Object* held = state_.object(result.value.object);
    if (held != nullptr) {
        held->shared = true;
        held->lost = true;
        held->released.weaken();
    }
    if (result.hold != Edge::Kind::named || result.name == 0) return;
    if (Variable* variable = tracked(result.name)) variable->given.weaken();
    static_cast<void>(at);
}

bool FunctionAnalysis::is_tracked(NameId name) const {
    return scope_.bound.contains(name) && !scope_.global_names.contains(name) &&
           !scope_.nonlocal_names.contains(name) && !scope_.captured.contains(name) &&
           !scope_.rebound.contains(name) && !scope_.block_bound.contains(name) &&
           !scope_.statics.contains(name) && !(scope_.parent == nullptr && index_.touched_by_functions(name));
}

Variable* FunctionAnalysis::tracked(NameId name) {
    if (Variable* known = state_.variable(name)) return known;
    if (!is_tracked(name) || state_.variables.size() >= most_variables) return nullptr;
    state_.variables.push_back({.name = name, .value = {}, .freed = {}, .moved = {}, .given = {}});
    return &state_.variables.back();
}

Object* FunctionAnalysis::make(Object::Kind kind, const ClassStmt* type, Span made) {
    if (state_.objects.size() >= most_objects) {
        // Those that no name and no place refers to are of no use any more.
        std::erase_if(state_.objects, [&](const Object& each) {
            for (const Variable& v : state_.variables)
                if (v.value.object == each.id) return false;
            for (const Edge& edge : state_.edges)
                if (edge.holder == each.id || edge.target == each.id) return false;
            return !each.external();
        });
        if (state_.objects.size() >= most_objects) return nullptr;
    }
    state_.objects.push_back(
        {.id = next_object_++, .kind = kind, .type = type, .made = made, .region = region_});
    return &state_.objects.back();
}

Result FunctionAnalysis::fresh(Object::Kind kind, const ClassStmt* type, Span made) {
    const Object* object = make(kind, type, made);
    return {
        .value = object == nullptr ? Value{} : Value::of(object->id), .hold = Edge::Kind::unnamed, .name = 0};
}

ObjectId FunctionAnalysis::external(Root root, NameId name, ObjectId parent, NameId field) {
    for (const Object& each : state_.objects)
        if (each.root == root && each.root_name == name && each.parent == parent && each.field == field)
            return each.id;
    Object* object = make(Object::Kind::other, nullptr, {});
    if (object == nullptr) return 0;
    object->root = root;
    object->root_name = name;
    object->parent = parent;
    object->field = field;
    object->shared = object->lost = true;
    object->region = 0;
    return object->id;
}

}  // namespace harness::lang::analysis
