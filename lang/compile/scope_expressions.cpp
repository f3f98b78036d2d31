// Collecting scopes: what expressions bind and use.
#include <algorithm>

#include "lang/compile/scope_collector.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

void ScopeCollector::target(const Expr* e) {
    at_ = e->span;
    switch (e->kind) {
        case ExprKind::name:
            bind_any(as<NameExpr>(e).name);
            break;
        case ExprKind::tuple:
        case ExprKind::list:
            for (const Expr* part : as<SequenceExpr>(e).elements) target(part);
            break;
        case ExprKind::starred:
            target(as<StarredExpr>(e).value);
            break;
        default:
            expr(e);
    }
}

void ScopeCollector::parameters(List<Parameter> list) {
    for (const Parameter& p : list) expr(p.default_value);
}

void ScopeCollector::enter_block_name(NameId name) {
    scope_->block_bound.insert(name);
    ++block_depth_;
    scope_->block_slots = std::max(scope_->block_slots, block_depth_);
}

void ScopeCollector::block_target(const Expr* e, unsigned& entered) {
    switch (e->kind) {
        case ExprKind::name:
            enter_block_name(as<NameExpr>(e).name);
            ++entered;
            break;
        case ExprKind::tuple:
        case ExprKind::list:
            for (const Expr* part : as<SequenceExpr>(e).elements) block_target(part, entered);
            break;
        case ExprKind::starred:
            block_target(as<StarredExpr>(e).value, entered);
            break;
        default:
            expr(e);
    }
}

void ScopeCollector::comprehension(const ComprehensionExpr& c) {
    // The first iterable alone is evaluated before the names exist.
    const bool in_place = c.kind != ExprKind::generator || &c == at_once_;
    expr(c.clauses[0].iterable);
    if (in_place) return comprehension_body(c);
    function(&c, nullptr, nullptr, {}, [&] {
        scope_->is_generator = true;
        comprehension_body(c);
    });
}

void ScopeCollector::comprehension_body(const ComprehensionExpr& c) {
    unsigned entered = 0;
    for (const CompClause& clause : c.clauses) block_target(clause.target, entered);
    for (const CompClause& clause : c.clauses) {
        if (&clause != &c.clauses[0]) expr(clause.iterable);
        for (const Expr* condition : clause.conditions) expr(condition);
    }
    expr(c.key);
    expr(c.element);
    block_depth_ -= entered;
}

void ScopeCollector::exprs(List<Expr*> list) {
    for (const Expr* e : list) expr(e);
}

void ScopeCollector::expr(const Expr* e) {
    if (e == nullptr) return;
    switch (e->kind) {
        case ExprKind::name:
            scope_->used.insert(as<NameExpr>(e).name);
            if (const Expr*& last = scope_->last_read[as<NameExpr>(e).name];
                last == nullptr || last->span.begin <= e->span.begin)
                last = e;
            note_introspection(as<NameExpr>(e).name);
            break;
        case ExprKind::lambda: {
            const auto& l = as<LambdaExpr>(e);
            parameters(l.parameters);
            function(e, nullptr, &l, l.parameters, [&] { expr(l.body); });
            break;
        }
        case ExprKind::call:
            special_call(as<CallExpr>(e));
            for (std::size_t i = 0; i < as<CallExpr>(e).arguments.size(); ++i)
                lend(as<CallExpr>(e).arguments[i].value, {.call = &as<CallExpr>(e), .index = i});
            if (takes_all(as<CallExpr>(e))) at_once_ = as<CallExpr>(e).arguments[0].value;
            return parts(e);
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            comprehension(as<ComprehensionExpr>(e));
            break;
        case ExprKind::pipe:
            if (as<PipeExpr>(e).left->kind == ExprKind::name && as<PipeExpr>(e).stage->kind == ExprKind::call)
                ends_name(as<CallExpr>(as<PipeExpr>(e).stage), as<NameExpr>(as<PipeExpr>(e).left).name);
            return parts(e);
        case ExprKind::walrus:
            scope_->has_walrus = true;
            expr(as<WalrusExpr>(e).value);
            at_ = as<WalrusExpr>(e).name_span;
            bind_outside(as<WalrusExpr>(e).name, as<WalrusExpr>(e).value);
            break;
        default:
            return parts(e);
    }
}

void ScopeCollector::parts(const Expr* e) {
    each_part(e, [this](const Expr* part) { expr(part); });
}

void ScopeCollector::ends_name(const CallExpr& call, NameId name) {
    if (call.callee->kind != ExprKind::name) return;
    const std::string_view callee = names_.text(as<NameExpr>(call.callee).name);
    if ((callee == "free" || callee == "deinit" || callee == "move") && is_parameter(name))
        scope_->assigned_parameters.insert(name);
}

bool ScopeCollector::takes_all(const CallExpr& call) const {
    if (call.arguments.size() != 1 || call.arguments[0].kind != Argument::Kind::plain ||
        call.arguments[0].name != 0)
        return false;
    if (call.callee->kind == ExprKind::attribute)
        return as<AttributeExpr>(call.callee).object->kind == ExprKind::string &&
               names_.text(as<AttributeExpr>(call.callee).name) == "join";
    if (call.callee->kind != ExprKind::name) return false;
    const NameId callee = as<NameExpr>(call.callee).name;
    static constexpr std::string_view known[] = {"any", "all", "list", "tuple", "sorted"};
    return std::find(std::begin(known), std::end(known), names_.text(callee)) != std::end(known) &&
           !std::binary_search(bound_anywhere_.begin(), bound_anywhere_.end(), callee);
}

void ScopeCollector::note_introspection(NameId id) {
    const std::string_view name = names_.text(id);
    if (name == "locals" || name == "globals" || name == "frames" || name == "frame_get" ||
        name == "heap_get")
        introspections_.emplace_back(scope_, id);
}

void ScopeCollector::special_call(const CallExpr& call) {
    if (call.callee->kind != ExprKind::name) return;
    const std::string_view callee = names_.text(as<NameExpr>(call.callee).name);
    if (call.arguments.size() == 1 && call.arguments[0].value->kind == ExprKind::name)
        ends_name(call, as<NameExpr>(call.arguments[0].value).name);
    // super() finds its class by name.
    if (callee == "super" && !classes_.empty()) scope_->used.insert(classes_.back());
}

}  // namespace harness::lang
