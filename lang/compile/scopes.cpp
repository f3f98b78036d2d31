// The walk that collects scopes. Nested functions are walked where they stand; what they use and do not bind
// is handed outward when the function around them is complete.
#include "lang/compile/scopes.hpp"

#include <algorithm>

#include "lang/compile/scope_collector.hpp"
#include "lang/syntax/bound_names.hpp"

namespace harness::lang {

void ScopeCollector::module(const Block& body) {
    tree_.module = std::make_unique<FunctionScope>();
    scope_ = tree_.module.get();
    bound_anywhere_ = all_bound_names(body);
    block(body);
    finish(*scope_);
    refer();
    check_constants();
    find_fixed_names();
    for (const auto& [scope, name] : introspections_)
        if (!is_bound(scope, name)) facts_.introspects = true;
}

void ScopeCollector::find_fixed_names() {
    std::unordered_map<NameId, unsigned> bindings;
    const auto count = [&](const FunctionScope& scope) {
        for (const Binding& b : scope.bindings)
            if (owner(scope, b.name) == tree_.module.get()) ++bindings[b.name];
    };
    count(*tree_.module);
    for (const auto& [node, scope] : tree_.functions) count(*scope);
    for (const NameId name : defined_once_)
        if (bindings[name] == 1) tree_.fixed.insert(name);
}

bool ScopeCollector::is_bound(const FunctionScope* scope, NameId name) {
    for (; scope != nullptr; scope = scope->parent)
        if (scope->bound.contains(name) || scope->block_bound.contains(name)) return true;
    return false;
}

void ScopeCollector::error(Span span, std::string message, std::string help) {
    if (errors_.size() >= 20) return;
    errors_.push_back({.name = "SyntaxError",
                       .span = span,
                       .message = std::move(message),
                       .related = {},
                       .details = {},
                       .earlier = {},
                       .help = std::move(help),
                       .stack = {}});
}

void ScopeCollector::bind(NameId name, Binding binding) {
    scope_->used.insert(name);
    binding.name = name;
    binding.span = at_;
    if (!scope_->global_names.contains(name) && !scope_->nonlocal_names.contains(name) &&
        (!scope_->statics.contains(name) || scope_->parent == nullptr)) {
        if (scope_->bound.insert(name).second)
            scope_->locals.push_back(name);
        else if (is_parameter(name))
            scope_->assigned_parameters.insert(name);
    }
    scope_->bindings.push_back(binding);
}

void ScopeCollector::bind_outside(NameId name, const Expr* value) {
    FunctionScope* const inner = scope_;
    while (scope_->is_generator) scope_ = scope_->parent;
    FunctionScope* const host = scope_;
    host->has_walrus = true;
    bind(name, host == inner ? Binding{.name = 0, .value = value} : Binding{.name = 0});
    for (FunctionScope* s = inner; s != host; s = s->parent) {
        s->used.insert(name);
        (host->parent == nullptr ? s->global_names : s->nonlocal_names).insert(name);
    }
    scope_ = inner;
}

const FunctionScope* ScopeCollector::owner(const FunctionScope& scope, NameId name) const {
    if (scope.global_names.contains(name)) return tree_.module.get();
    if (!scope.nonlocal_names.contains(name)) return &scope;
    const FunctionScope* outer = scope.parent;
    while (outer != nullptr && !outer->bound.contains(name)) outer = outer->parent;
    return outer;
}

void ScopeCollector::check_constants() {
    struct Offence {
        NameId name;
        Span store, declared;
    };
    std::vector<Offence> found;
    const auto look = [&](const FunctionScope& scope) {
        for (const Binding& b : scope.bindings) {
            const FunctionScope* holder = owner(scope, b.name);
            if (holder == nullptr) continue;
            const auto constant = holder->consts.find(b.name);
            if (constant != holder->consts.end() && constant->second.begin != b.span.begin)
                found.push_back({b.name, b.span, constant->second});
        }
    };
    look(*tree_.module);
    for (const auto& [node, scope] : tree_.functions) look(*scope);
    std::sort(found.begin(), found.end(),
              [](const Offence& a, const Offence& b) { return a.store.begin < b.store.begin; });
    for (const Offence& each : found) {
        const std::string text(names_.text(each.name));
        error(each.store, "'" + text + "' is a const and is bound once",
              "leave 'const' out at its declaration, or use another name here");
        errors_.back().related.push_back({"declared", each.declared});
    }
}

void ScopeCollector::refer() {
    for (const Lent& lent : lent_) {
        const Expr* asked = lent.call != nullptr ? facts_.references.asked_by(*lent.call, lent.index, names_)
                            : lent.field != 0    ? facts_.references.asked_by_field(lent.field, names_)
                                                 : lent.annotation;
        if (!is_reference_type(asked, names_)) continue;
        FunctionScope* scope = lent.scope;
        if (scope->global_names.contains(lent.name)) scope = tree_.module.get();
        while (scope->parent != nullptr && !scope->bound.contains(lent.name) &&
               !scope->block_bound.contains(lent.name))
            scope = scope->parent;
        scope->rebound.insert(lent.name);
        if (scope->parent != nullptr || scope->block_bound.contains(lent.name))
            scope->captured.insert(lent.name);
        if (scope->parent == nullptr) scope->free.insert(lent.name);
    }
}

void ScopeCollector::lend(const Expr* value, Lent lent) {
    if (value == nullptr || value->kind != ExprKind::borrow) return;
    const Expr* place = as<BorrowExpr>(value).operand;
    if (place->kind != ExprKind::name) return;
    lent.scope = scope_;
    lent.name = as<NameExpr>(place).name;
    lent_.push_back(lent);
}

void ScopeCollector::lend_to(const Expr* to, const Expr* value) {
    if (to->kind == ExprKind::attribute) lend(value, {.field = as<AttributeExpr>(to).name});
    if (to->kind != ExprKind::name) return;
    const auto found = scope_->annotations.find(as<NameExpr>(to).name);
    if (found != scope_->annotations.end()) lend(value, {.annotation = found->second});
}

void ScopeCollector::hand_outward(FunctionScope& inner) {
    FunctionScope& outer = *inner.parent;
    for (NameId name : inner.free) {
        if (inner.nonlocal_names.contains(name) || inner.rebound.contains(name)) outer.rebound.insert(name);
        const bool is_module = outer.parent == nullptr;
        if (is_module) {
            if (outer.block_bound.contains(name)) outer.captured.insert(name);
            outer.free.insert(name);
            continue;
        }
        if (outer.bound.contains(name) || outer.block_bound.contains(name)) outer.captured.insert(name);
        if (!outer.bound.contains(name)) outer.free.insert(name);
    }
}

void ScopeCollector::finish(FunctionScope& scope) {
    for (NameId name : scope.used) {
        if (!scope.bound.contains(name) || scope.global_names.contains(name)) scope.free.insert(name);
    }
    for (NameId name : scope.global_names) tree_.module->free.insert(name);
    for (FunctionScope* child : children_[&scope]) hand_outward(*child);
}

void ScopeCollector::function(const void* node, const Stmt* def, const LambdaExpr* lambda,
                              List<Parameter> parameters, const std::function<void()>& body) {
    auto owned = std::make_unique<FunctionScope>();
    FunctionScope* inner = owned.get();
    inner->node = def;
    inner->lambda = lambda;
    inner->parent = scope_;
    children_[scope_].push_back(inner);
    tree_.functions.emplace(node, std::move(owned));

    auto outer_parameters = std::move(parameters_);
    const auto outer_depth = block_depth_;
    const auto outer_loops = loops_;
    FunctionScope* outer = scope_;
    scope_ = inner;
    parameters_.clear();
    block_depth_ = 0;
    loops_ = 0;
    for (const Parameter& p : parameters) {
        inner->locals.push_back(p.name);
        inner->bound.insert(p.name);
        parameters_.insert(p.name);
    }
    body();
    finish(*inner);
    scope_ = outer;
    parameters_ = std::move(outer_parameters);
    block_depth_ = outer_depth;
    loops_ = outer_loops;
}

ScopeTree collect_scopes(const Block& module, const Names& names, ProgramFacts& facts,
                         std::vector<Diagnostic>& errors) {
    ScopeTree tree;
    ScopeCollector(tree, names, facts, errors).module(module);
    return tree;
}

}  // namespace harness::lang
