// Calls: what certainly becomes of each argument, as far as it is known what is called.
#include <algorithm>

#include "lang/check/function_analysis.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang::analysis {

namespace {

bool is_plain_call(const CallExpr& e) {
    return std::all_of(e.arguments.begin(), e.arguments.end(),
                       [](const Argument& a) { return a.kind == Argument::Kind::plain && a.name == 0; });
}

/// Arguments fit the parameters one by one, so that each is known.
bool fits(const CallExpr& e, const DefStmt& def, std::size_t skipped) {
    if (!is_plain_call(e) || e.arguments.size() + skipped > def.parameters.size()) return false;
    for (std::size_t i = 0; i < def.parameters.size(); ++i) {
        const Parameter& p = def.parameters[i];
        if (p.kind != Parameter::Kind::plain) return false;
        if (i >= e.arguments.size() + skipped && p.default_value == nullptr) return false;
    }
    return true;
}

}  // namespace

std::vector<Result> FunctionAnalysis::arguments(const CallExpr& e) {
    std::vector<Result> results;
    for (const Argument& a : e.arguments) {
        results.push_back(expression(a.value));
        read_gone(results.back().value.object, a.value->span);
    }
    return results;
}

/// Under `ownership` a name that owns hands on what it owns.
void FunctionAnalysis::give(const Result& argument, Span at) {
    if (argument.hold != Edge::Kind::named || argument.name == 0) return;
    Variable* variable = tracked(argument.name);
    if (variable == nullptr) return;
    const Object* held = state_.object(argument.value.object);
    const bool owns = held != nullptr && held->owner == argument.name && !held->lost;
    if (owns)
        variable->given = certain(at), variable->given_to_name = false;
    else
        variable->given.weaken();
}

Result FunctionAnalysis::call(const CallExpr& e) {
    if (e.callee->kind == ExprKind::attribute) return call_method(e);
    if (e.callee->kind != ExprKind::name) {
        expression(e.callee);
        return call_unknown(e, nullptr);
    }
    const NameId name = as<NameExpr>(e.callee).name;
    if (index_.is_builtin(name)) return builtin_call(e, index_.text(name));
    if (const DefStmt* def = index_.function(name); def != nullptr && fits(e, *def, 0))
        return call_known(e, *def, nullptr);
    if (const ClassStmt* type = index_.class_of(name)) return construct(e, *type);
    name_read(as<NameExpr>(e.callee));
    return call_unknown(e, nullptr);
}

Result FunctionAnalysis::builtin_call(const CallExpr& e, std::string_view name) {
    const bool alone = e.arguments.size() == 1 && is_plain_call(e);
    if (alone && (name == "free" || name == "deinit")) return end_place(e, name == "deinit");
    if (alone && name == "move") return move(e);
    if (name == "dealloc" && is_plain_call(e) && (alone || e.arguments.size() == 2))
        return end_handle(e, true);
    if (name == "destroy_arena" && alone) return end_handle(e, true);
    if (name == "exit" && is_plain_call(e)) {
        arguments(e);
        state_.reachable = false;
        return {};
    }
    if (!only_looks(name) || !is_plain_call(e)) return call_unknown(e, nullptr);
    const std::vector<Result> passed = arguments(e);
    run_unseen_code();
    if (name == "list" || name == "dict")
        return fresh(name == "list" ? Object::Kind::list : Object::Kind::dict, nullptr, e.span);
    if (name == "clone" && alone) {
        if (const Object* source = state_.object(passed[0].value.object);
            source != nullptr && !source->external())
            return fresh(source->kind, source->type, e.span);
        return {};
    }
    if (name == "len" || name == "str" || name == "int" || name == "float" || name == "print" ||
        name == "bool" || name == "repr" || name == "isinstance" || name == "hasattr")
        return {.value = Value::plain()};
    return {};
}

Result FunctionAnalysis::call_method(const CallExpr& e) {
    const auto& callee = as<AttributeExpr>(e.callee);
    const Result receiver = expression(callee.object);
    const ObjectId id = receiver.value.object;
    const Object* object = state_.object(id);
    const std::string_view name = index_.text(callee.name);
    const bool sequence = object != nullptr && !object->external() &&
                          (object->kind == Object::Kind::list || object->kind == Object::Kind::dict);
    if (object != nullptr && object->kind == Object::Kind::instance && object->type != nullptr) {
        const DefStmt* def =
            index_.is_plain_class(*object->type) ? index_.method(*object->type, callee.name) : nullptr;
        if (def != nullptr && fits(e, *def, 1)) return call_known(e, *def, &receiver);
        return call_unknown(e, &receiver);
    }
    if (!sequence && index_.may_be_defined(callee.name)) {
        const DefStmt* def = index_.only_method(callee.name);
        // The name may be a list's or a string's method, too.
        const bool also_builtin = method_only_looks(name) || name == "append" || name == "insert" ||
                                  name == "pop" || name == "remove" || name == "clear" || name == "extend" ||
                                  name == "update" || name == "sort" || name == "reverse" ||
                                  name == "setdefault" || name == "popitem";
        if (def != nullptr && !also_builtin && fits(e, *def, 1)) return call_known(e, *def, &receiver);
        return call_unknown(e, &receiver);
    }
    if (method_only_looks(name) && is_plain_call(e)) {
        const std::vector<Result> passed = arguments(e);
        run_unseen_code();
        if (name == "copy" && sequence) return fresh(state_.object(id)->kind, nullptr, e.span);
        return {};
    }
    const bool append = name == "append" && e.arguments.size() == 1;
    const bool insert = name == "insert" && e.arguments.size() == 2;
    if ((append || insert) && is_plain_call(e)) {
        std::vector<Result> passed;
        for (const Argument& a : e.arguments) passed.push_back(handed_on(a.value));
        writes_to(id);
        const Argument& what = e.arguments[append ? 0 : 1];
        store(id, 0, passed.back(), {.store = e.span, .place = callee.object->span});
        give(passed.back(), what.value->span);
        return {.value = Value::plain()};
    }
    if ((name == "reverse" || (name == "sort" && !index_.has_operators())) && e.arguments.empty())
        return {.value = Value::plain()};
    if (name == "pop" || name == "popitem" || name == "clear" || name == "remove" || name == "extend" ||
        name == "update" || name == "setdefault") {
        for (const Result& each : arguments(e)) use_up(each, e.span);
        writes_to(id);
        run_unseen_code();
        if (name != "extend") state_.cut(id, 0);
        return {};
    }
    return call_unknown(e, &receiver);
}

Result FunctionAnalysis::call_unknown(const CallExpr& e, const Result* receiver) {
    std::vector<Result> passed;
    for (const Argument& a : e.arguments) passed.push_back(expression(a.value));
    if (receiver != nullptr) passed.push_back(*receiver);
    for (const Result& each : passed) {
        use_up(each, e.span);
        if (each.value.object != 0) {
            state_.expose(each.value.object, index_.has_keep());
            // It may have been ended under `manual`, or kept.
            if (Object* held = state_.object(each.value.object)) held->lost = true, held->released.weaken();
        }
    }
    state_.expose(index_.has_keep());
    writes_heap_ = true;
    keeps_ = keeps_ || index_.has_keep();
    return {};
}

ObjectId FunctionAnalysis::find_place(const PlacePath& path, const std::vector<Result>& passed) {
    ObjectId at = 0;
    if (path.root == Root::parameter) {
        if (path.parameter >= passed.size()) return 0;
        at = passed[path.parameter].value.object;
    } else if (path.root == Root::global && scope_.parent != nullptr && index_.is_stable(scope_, path.name) &&
               !scope_.bound.contains(path.name)) {
        at = external(Root::global, path.name, 0, 0);
    }
    for (const NameId field : path.fields) {
        const Object* holder = state_.object(at);
        if (holder == nullptr) return 0;
        if (const Edge* edge = state_.edge(at, field))
            at = edge->target;
        else if (holder->external() && !stored_fields_.contains(field) && !writes_heap_)
            at = external(Root::field, 0, at, field);
        else
            return 0;
    }
    return at;
}

void FunctionAnalysis::apply_stores(const Summary& summary, const std::vector<Result>& passed,
                                    const CallExpr& e) {
    std::vector<std::pair<ObjectId, const StoreEffect*>> made;
    for (const StoreEffect& effect : summary.stores)
        made.emplace_back(find_place(effect.holder, passed), &effect);
    if (summary.writes_heap) {
        for (const Result& each : passed)
            if (each.value.object != 0) state_.expose(each.value.object, summary.keeps);
        state_.expose(summary.keeps);
        writes_heap_ = true;
    }
    for (const auto& [holder, effect] : made) {
        if (effect->parameter >= passed.size()) continue;
        const Result& argument = passed[effect->parameter];
        Result stored = argument;
        // What the callee was lent it can only lend on.
        if (effect->kind == Edge::Kind::lent) stored.hold = Edge::Kind::lent;
        store(holder, effect->field, stored,
              {.store = effect->store, .place = effect->place, .call = e.span});
    }
}

Result FunctionAnalysis::call_known(const CallExpr& e, const DefStmt& def, const Result* receiver) {
    const auto found = summaries_.find(&def);
    if (found == summaries_.end() || !found->second.known) return call_unknown(e, receiver);
    const Summary& summary = found->second;
    std::vector<Result> passed;
    if (receiver != nullptr) {
        passed.push_back(*receiver);
        passed.back().hold = Edge::Kind::lent;  // `self` always is
    }
    for (const Result& each : arguments(e)) passed.push_back(each);
    if (!state_.reachable) return {};
    if (!summary.returns) {
        state_.reachable = false;
        return {};
    }
    apply_stores(summary, passed, e);
    const std::size_t skipped = receiver != nullptr ? 1 : 0;
    for (std::size_t i = 0; i < passed.size(); ++i) {
        if (Object* held = state_.object(passed[i].value.object)) {
            held->shared = true;
            if (summary.keeps) held->lost = true;
            if (i < summary.released.size()) {
                if (summary.released[i].sure() && !held->external())
                    held->released = certain(e.arguments.size() > i - skipped && i >= skipped
                                                 ? e.arguments[i - skipped].value->span
                                                 : e.span);
                else if (summary.released[i].possible())
                    held->released.weaken();
            }
        }
        if (i >= skipped) give(passed[i], e.arguments[i - skipped].value->span);
    }
    keeps_ = keeps_ || summary.keeps;
    if (summary.gives_gone.sure()) {
        const Result result = fresh(Object::Kind::other, nullptr, {});
        if (Object* object = state_.object(result.value.object)) {
            object->gone = summary.gives_gone;
            object->lost = object->shared = true;
        }
        return {.value = result.value, .hold = Edge::Kind::lent, .name = 0};
    }
    return summary.gives_new ? fresh(summary.result, summary.result_type, e.span) : Result{};
}

Result FunctionAnalysis::construct(const CallExpr& e, const ClassStmt& type) {
    if (!index_.is_plain_class(type)) return call_unknown(e, nullptr);
    NameId init = 0;
    for (const Stmt* s : type.body)
        if (s->kind == StmtKind::def && index_.text(as<DefStmt>(s).name) == "__init__")
            init = as<DefStmt>(s).name;
    const DefStmt* def = nullptr;
    if (init != 0)
        def = index_.method(type, init);
    else if (type.base != nullptr)
        return call_unknown(e, nullptr), fresh(Object::Kind::instance, &type, e.span);
    if (def == nullptr && init == 0) {
        for (const Result& each : arguments(e)) use_up(each, e.span);
        return fresh(Object::Kind::instance, &type, e.span);
    }
    const auto found = def == nullptr || !fits(e, *def, 1) ? summaries_.end() : summaries_.find(def);
    if (found == summaries_.end() || !found->second.known) {
        call_unknown(e, nullptr);
        const Result made = fresh(Object::Kind::instance, &type, e.span);
        if (Object* object = state_.object(made.value.object)) object->shared = true;
        return made;
    }
    const Summary& summary = found->second;
    std::vector<Result> passed{Result{}};
    for (const Result& each : arguments(e)) passed.push_back(each);
    if (!state_.reachable) return {};
    const Result made = fresh(Object::Kind::instance, &type, e.span);
    passed[0] = {.value = made.value, .hold = Edge::Kind::lent, .name = 0};
    if (made.value.object != 0)
        for (const NewField& field : summary.new_fields) {
            Result part = fresh(field.kind, field.type, field.made);
            store(made.value.object, field.field, part, {.store = field.made, .place = field.made});
        }
    apply_stores(summary, passed, e);
    if (Object* object = state_.object(made.value.object)) object->shared = object->lost = summary.keeps;
    for (std::size_t i = 1; i < passed.size(); ++i) give(passed[i], e.arguments[i - 1].value->span);
    return made;
}

}  // namespace harness::lang::analysis
