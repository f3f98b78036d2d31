// Assignments: which name or place holds an object from now on, and which one no longer does.
#include <algorithm>

#include "lang/check/function_analysis.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang::analysis {

namespace {

bool mentions_only_plain(const Expr* e, const std::function<bool(NameId)>& is_plain) {
    if (e->kind == ExprKind::name) return is_plain(as<NameExpr>(e).name);
    if (e->kind == ExprKind::call && as<CallExpr>(e).callee->kind == ExprKind::attribute) return false;
    bool all = true;
    each_part(e, [&](const Expr* part) { all = all && mentions_only_plain(part, is_plain); });
    return all;
}

}  // namespace

/// The name that owns what the result is, if that is what it is.
NameId FunctionAnalysis::own_name(const Result& result) {
    if (result.hold != Edge::Kind::named || result.name == 0) return 0;
    const Object* held = state_.object(result.value.object);
    return held != nullptr && held->owner == result.name ? result.name : 0;
}

bool FunctionAnalysis::is_constructor() const {
    return def_ != nullptr && index_.text(def_->name) == "__init__";
}

void FunctionAnalysis::writes_to(ObjectId holder) {
    const Object* object = state_.object(holder);
    if (object == nullptr || (object->external() && !(is_constructor() && object->root == Root::parameter &&
                                                      object->parameter == 0)))
        writes_heap_ = true;
}

void FunctionAnalysis::assign(const Expr* target, const Expr* source, const Result& result) {
    if (!state_.reachable) return;
    switch (target->kind) {
        case ExprKind::name:
            return bind(as<NameExpr>(target).name, result, source);
        case ExprKind::attribute: {
            const auto& attribute = as<AttributeExpr>(target);
            const Result holder = expression(attribute.object);
            writes_to(holder.value.object);
            if (!index_.is_plain_field(attribute.name)) {
                state_.cut(0, attribute.name);
                return use_up(result, source->span);
            }
            state_.cut(holder.value.object, attribute.name);
            store(holder.value.object, attribute.name, result,
                  {.store = cover(target->span, source->span), .place = target->span});
            return give(result, source->span);
        }
        case ExprKind::index: {
            const auto& index = as<IndexExpr>(target);
            const Result holder = expression(index.object);
            writes_to(holder.value.object);
            if (index.index != nullptr) use_up(expression(index.index), index.index->span);
            state_.cut(holder.value.object, 0);
            if (index.index == nullptr || index.index->kind == ExprKind::slice || index_.has_operators() ||
                index_.has_imports()) {
                state_.cut(0, 0);
                return use_up(result, source->span);
            }
            store(holder.value.object, 0, result,
                  {.store = cover(target->span, source->span), .place = index.object->span});
            return give(result, source->span);
        }
        default:
            use_up(result, source->span);
            if (source->kind == ExprKind::tuple || source->kind == ExprKind::list) {
                // A swap or a permutation hands ownership round.
                for (const Expr* part : as<SequenceExpr>(source).elements) {
                    if (part->kind != ExprKind::name) continue;
                    if (Variable* variable = state_.variable(as<NameExpr>(part).name)) {
                        if (Object* held = state_.object(variable->value.object))
                            held->owner = 0, held->lost = true;
                        variable->given.weaken();
                    }
                }
            }
            forget_target(target);
    }
}

void FunctionAnalysis::forget_target(const Expr* target) {
    switch (target->kind) {
        case ExprKind::name:
            if (Variable* variable = tracked(as<NameExpr>(target).name)) {
                overwrite(*variable, nullptr);
                *variable = {.name = as<NameExpr>(target).name};
            }
            return;
        case ExprKind::tuple:
        case ExprKind::list:
            for (const Expr* part : as<SequenceExpr>(target).elements) forget_target(part);
            return;
        case ExprKind::starred:
            return forget_target(as<StarredExpr>(target).value);
        case ExprKind::attribute:
            writes_heap_ = true;
            each_lent(target);
            return state_.cut(0, as<AttributeExpr>(target).name);
        default:
            writes_heap_ = true;
            each_lent(target);
            return state_.cut(0, 0);
    }
}

/// The old content of a name goes. Under `scope` that is the end of what it owned, which nothing that stays
/// may still refer to.
void FunctionAnalysis::overwrite(Variable& variable, const Expr* source) {
    Object* old = state_.object(variable.value.object);
    if (old == nullptr) return;
    if (old->owner == variable.name && !old->lost && !old->released.possible() && source != nullptr &&
        !has_defer_) {
        const auto is_plain = [&](NameId name) {
            if (index_.class_of(name) != nullptr || index_.function(name) != nullptr ||
                index_.is_builtin(name))
                return true;
            const Variable* other = state_.variable(name);
            return other != nullptr && other->value == Value::plain();
        };
        if (mentions_only_plain(source, is_plain)) check_holders(*old, source->span);
    }
    if (old->owner == variable.name) old->owner = 0, old->lost = true;
}

void FunctionAnalysis::bind(NameId name, const Result& result, const Expr* source) {
    Variable* variable = tracked(name);
    if (variable == nullptr) {
        // A global or a cell: it owns what it is given, as a name does.
        if (Object* held = state_.object(result.value.object))
            held->owner = 0, held->lost = held->shared = true;
        if (result.hold == Edge::Kind::named && result.name != 0)
            if (Variable* old = tracked(result.name)) old->given.weaken();
        if (!scope_.bound.contains(name) || scope_.global_names.contains(name)) writes_heap_ = true;
        return;
    }
    Value value = result.value;
    if (result.hold == Edge::Kind::named && result.name == name) return;
    overwrite(*variable, source);
    variable = tracked(name);
    const NameId from = own_name(result);
    *variable = {.name = name, .value = value};
    Object* held = state_.object(value.object);
    if (held == nullptr) return;
    // Functions that read it may do with the object what they like.
    if (scope_.parent == nullptr && scope_.free.contains(name)) held->lost = held->shared = true;
    if (result.hold == Edge::Kind::unnamed && held->owner == 0 && !held->external()) {
        held->owner = name;
    } else if (from != 0) {
        held->owner = name;
        if (Variable* old = tracked(from)) {
            old->given = certain(source->span);
            old->given_to_name = true;
        }
    }
}

/// `holder.field` holds the result from now on. What `edge` does not say of itself follows from the result.
void FunctionAnalysis::store(ObjectId holder, NameId field, const Result& result, Edge edge) {
    Object* target = state_.object(result.value.object);
    if (target == nullptr) return;
    target->shared = true;
    if (holder == 0 || state_.object(holder) == nullptr || state_.edges.size() >= most_edges) {
        // Held somewhere, and nobody here knows by what.
        if (result.hold == Edge::Kind::unnamed) target->lost = true;
        return;
    }
    edge.kind = result.hold;
    edge.holder = holder;
    edge.target = target->id;
    edge.field = field;
    edge.name = result.name;
    const Object* place = state_.object(holder);
    const Object* root = place;
    while (root != nullptr && root->root == Root::field) root = state_.object(root->parent);
    if (root != nullptr && root->root == Root::parameter && def_ != nullptr) {
        edge.lent_under_scope = index_.always_lent(*def_, root->parameter, false);
        edge.lent_under_ownership = index_.always_lent(*def_, root->parameter, true);
    }
    state_.edges.push_back(edge);
}

}  // namespace harness::lang::analysis
