// Collecting scopes: what statements bind and use.
#include <algorithm>

#include "lang/compile/scope_collector.hpp"

namespace harness::lang {

void ScopeCollector::block(Block body) {
    for (const Stmt* s : body) stmt(s);
}

void ScopeCollector::loop_body(Block body) {
    ++loops_;
    block(body);
    --loops_;
}

void ScopeCollector::declared_names(const NamesStmt& s, bool global) {
    for (std::size_t i = 0; i < s.names.size(); ++i) {
        const NameId name = s.names[i];
        const std::string text(names_.text(name));
        const char* word = global ? "global" : "nonlocal";
        if (is_parameter(name)) {
            error(s.name_spans[i], "name '" + text + "' is parameter and " + word);
        } else if (scope_->bound.contains(name)) {
            error(s.name_spans[i], "name '" + text + "' is assigned to before " + word + " declaration",
                  std::string("move the ") + word + " statement to the top of the function");
        } else if (!global && scope_->parent == nullptr) {
            error(s.name_spans[i], "nonlocal declaration not allowed at module level");
        }
        (global ? scope_->global_names : scope_->nonlocal_names).insert(name);
        if (!global) scope_->nonlocal_spans.emplace(name, s.span);
        scope_->used.insert(name);
        if (global) tree_.declared_global.insert(name);
    }
}

void ScopeCollector::pattern(const Pattern& p) {
    at_ = p.span;
    if (p.name != 0) bind_any(p.name);
    expr(p.value);
    for (const Pattern* part : p.parts()) pattern(*part);
}

void ScopeCollector::note_parameters(NameId type, const DefStmt& def) {
    const bool is_static = std::any_of(def.decorators.begin(), def.decorators.end(), [this](const Expr* d) {
        return d->kind == ExprKind::name && names_.text(as<NameExpr>(d).name) == "staticmethod";
    });
    if (def.parameters.empty()) return;
    const List<Parameter> own =
        is_static ? def.parameters : List<Parameter>(def.parameters.begin() + 1, def.parameters.end());
    facts_.references.note_method(def.name, own);
    if (names_.text(def.name) == "__init__") facts_.references.note_constructor(type, own);
}

void ScopeCollector::class_body(NameId name, Block body) {
    classes_.push_back(name);
    for (const Stmt* s : body) {
        if (s->kind == StmtKind::def) {
            const auto& def = as<DefStmt>(s);
            facts_.method_names.insert(def.name);
            note_parameters(name, def);
            if (!def.decorators.empty()) facts_.unusual.insert(def.name);
            def_statement(def, false);
        } else if (s->kind == StmtKind::assign) {
            expr(as<AssignStmt>(s).value);
            for (const Expr* t : as<AssignStmt>(s).targets) {
                if (t->kind != ExprKind::name) continue;
                facts_.method_names.insert(as<NameExpr>(t).name);
                facts_.unusual.insert(as<NameExpr>(t).name);
            }
        } else if (s->kind == StmtKind::annotated_assign) {
            const auto& field = as<AnnotatedAssignStmt>(s);
            expr(field.value);
            if (field.target->kind == ExprKind::name)
                facts_.references.note_field(as<NameExpr>(field.target).name, field.annotation);
        } else if (s->kind == StmtKind::expression) {
            expr(as<ExprStmt>(s).value);
        } else if (s->kind == StmtKind::class_) {
            const auto& inner = as<ClassStmt>(s);
            for (const Expr* d : inner.decorators) expr(d);
            expr(inner.base);
            class_body(inner.name, inner.body);
        }
    }
    classes_.pop_back();
}

void ScopeCollector::def_statement(const DefStmt& s, bool binds) {
    for (const Expr* d : s.decorators) expr(d);
    tree_.has_annotations |=
        s.result != nullptr || std::any_of(s.parameters.begin(), s.parameters.end(),
                                           [](const Parameter& p) { return p.annotation != nullptr; });
    parameters(s.parameters);
    at_ = s.name_span;
    if (binds) bind_any(s.name);
    if (binds) facts_.references.note_function(s);

    if (binds && scope_->parent == nullptr && s.decorators.empty()) defined_once_.push_back(s.name);
    ++scope_->nested_functions;
    function(&s, &s, nullptr, s.parameters, [&] { block(s.body); });
}

void ScopeCollector::struct_statement(const StructStmt& s) {
    const ClassStmt& type = *s.as_class;
    for (const FieldDecl& field : s.fields) facts_.references.note_field(field.name, field.type);
    at_ = s.name_span;
    bind_any(s.name);
    if (scope_->parent == nullptr) defined_once_.push_back(s.name);
    if (const auto [found, fresh] = scope_->classes.try_emplace(s.name, &type); !fresh)
        found->second = nullptr;
    class_body(s.name, type.body);
}

void ScopeCollector::loop_control(const Stmt* s, const char* word) {
    if (loops_ == 0) {
        error(s->span, std::string("'") + word + "' outside loop");
    }
}

bool ScopeCollector::is_counted(const Expr* iterable, const Names& names) {
    if (iterable->kind != ExprKind::call) return false;
    const auto& call = as<CallExpr>(iterable);
    return call.callee->kind == ExprKind::name && names.text(as<NameExpr>(call.callee).name) == "range";
}

void ScopeCollector::stmt(const Stmt* s) {
    switch (s->kind) {
        case StmtKind::expression:
            expr(as<ExprStmt>(s).value);
            break;
        case StmtKind::assign: {
            const auto& a = as<AssignStmt>(s);
            expr(a.value);
            for (const Expr* t : a.targets) {
                lend_to(t, a.value);
                at_ = t->span;
                if (t->kind == ExprKind::name)
                    bind(as<NameExpr>(t).name, {.name = 0, .value = a.value});
                else
                    target(t);
            }
            break;
        }
        case StmtKind::annotated_assign: {
            const auto& a = as<AnnotatedAssignStmt>(s);
            expr(a.value);
            at_ = a.target->span;
            if (a.target->kind == ExprKind::name)
                scope_->annotations.try_emplace(as<NameExpr>(a.target).name, a.annotation);
            lend_to(a.target, a.value);
            if (a.target->kind != ExprKind::name)
                expr(a.target);
            else if (a.value != nullptr)
                bind(as<NameExpr>(a.target).name, {.name = 0, .value = a.value});
            else
                bind(as<NameExpr>(a.target).name, {.name = 0, .value = nullptr});
            break;
        }
        case StmtKind::augmented_assign: {
            const auto& a = as<AugmentedAssignStmt>(s);
            expr(a.value);
            at_ = a.target->span;
            if (a.target->kind == ExprKind::name) {
                bind(as<NameExpr>(a.target).name,
                     {.name = 0, .value = a.target, .other = a.value, .op = a.op});
            } else {
                expr(a.target);
            }
            break;
        }
        case StmtKind::if_:
            for (const IfBranch& branch : as<IfStmt>(s).branches) {
                expr(branch.condition);
                block(branch.body);
            }
            block(as<IfStmt>(s).otherwise);
            break;
        case StmtKind::while_:
            expr(as<WhileStmt>(s).condition);
            loop_body(as<WhileStmt>(s).body);
            block(as<WhileStmt>(s).otherwise);
            break;
        case StmtKind::for_: {
            const auto& f = as<ForStmt>(s);
            expr(f.iterable);
            at_ = f.target->span;
            if (f.target->kind == ExprKind::name && is_counted(f.iterable, names_)) {
                bind(as<NameExpr>(f.target).name, {.name = 0, .value = f.iterable, .counted_loop = true});
            } else {
                target(f.target);
            }
            loop_body(f.body);
            block(f.otherwise);
            break;
        }
        case StmtKind::break_:
            loop_control(s, "break");
            break;
        case StmtKind::continue_:
            loop_control(s, "continue");
            break;
        case StmtKind::return_:
            if (scope_->parent == nullptr) error(s->span, "'return' outside function");
            expr(as<ReturnStmt>(s).value);
            break;
        case StmtKind::def:
            def_statement(as<DefStmt>(s), true);
            break;
        case StmtKind::class_: {
            const auto& c = as<ClassStmt>(s);
            for (const Expr* d : c.decorators) expr(d);
            expr(c.base);
            if (c.base != nullptr && c.base->kind == ExprKind::name)
                facts_.references.note_base(c.name, as<NameExpr>(c.base).name);
            at_ = c.name_span;
            bind_any(c.name);
            if (scope_->parent == nullptr && c.decorators.empty()) defined_once_.push_back(c.name);
            if (const auto [found, fresh] = scope_->classes.try_emplace(c.name, &c); !fresh)
                found->second = nullptr;
            class_body(c.name, c.body);
            break;
        }
        default:
            rare_stmt(s);
    }
}

void ScopeCollector::declare(const DeclareStmt& d) {
    const bool is_static = d.kind == StmtKind::static_;
    const std::string word = is_static ? "static" : "const";
    const std::string text(names_.text(d.name));
    expr(d.value);
    if (is_parameter(d.name)) {
        error(d.name_span, "name '" + text + "' is parameter and " + word);
        return;
    }
    if (is_static) {
        if (scope_->bound.contains(d.name) || scope_->statics.contains(d.name))
            error(d.name_span, "name '" + text + "' is assigned to before static declaration",
                  "declare it first, and once");
        scope_->statics.insert(d.name);
        // At the top level too it is held by the symbol table, not by the main frame.
        if (scope_->parent == nullptr) scope_->free.insert(d.name);
    } else {
        scope_->consts.try_emplace(d.name, d.name_span);
    }
    if (d.annotation != nullptr) scope_->annotations.try_emplace(d.name, d.annotation);
    at_ = d.name_span;
    bind(d.name, {.name = 0, .value = d.value});
}

void ScopeCollector::rare_stmt(const Stmt* s) {
    switch (s->kind) {
        case StmtKind::match:
            expr(as<MatchStmt>(s).subject);
            for (const MatchCase& c : as<MatchStmt>(s).cases) {
                pattern(*c.pattern);
                expr(c.guard);
                block(c.body);
            }
            break;
        case StmtKind::try_: {
            const auto& t = as<TryStmt>(s);
            block(t.body);
            for (const ExceptClause& clause : t.handlers) {
                expr(clause.types);
                at_ = clause.name_span;
                if (clause.name != 0) bind_any(clause.name);
                block(clause.body);
            }
            block(t.otherwise);
            block(t.finally);
            break;
        }
        case StmtKind::raise:
            expr(as<RaiseStmt>(s).value);
            expr(as<RaiseStmt>(s).cause);
            break;
        case StmtKind::assert_:
            expr(as<AssertStmt>(s).condition);
            expr(as<AssertStmt>(s).message);
            break;
        case StmtKind::global:
            declared_names(as<NamesStmt>(s), true);
            break;
        case StmtKind::nonlocal:
            declared_names(as<NamesStmt>(s), false);
            break;
        case StmtKind::del:
            for (const Expr* t : as<DelStmt>(s).targets) {
                target(t);
            }
            break;
        case StmtKind::const_:
        case StmtKind::static_:
            declare(as<DeclareStmt>(s));
            break;
        case StmtKind::let:
            expr(as<DeclareStmt>(s).value);
            enter_block_name(as<DeclareStmt>(s).name);
            break;
        case StmtKind::import:
            at_ = as<ImportStmt>(s).name_span;
            bind_any(as<ImportStmt>(s).alias);
            break;
        case StmtKind::region:
        case StmtKind::unsafe:
            block(as<BlockStmt>(s).body);
            break;
        case StmtKind::keep:
            expr(as<KeepStmt>(s).value);
            if (as<KeepStmt>(s).allocator != nullptr && as<KeepStmt>(s).value->kind == ExprKind::name)
                scope_->kept_using[as<NameExpr>(as<KeepStmt>(s).value).name] = as<KeepStmt>(s).allocator;
            exprs(as<KeepStmt>(s).targets);
            expr(as<KeepStmt>(s).allocator);
            break;
        case StmtKind::struct_:
            if (as<StructStmt>(s).as_class != nullptr) struct_statement(as<StructStmt>(s));
            break;
        case StmtKind::defer:
            scope_->has_defer = true;
            stmt(as<DeferStmt>(s).body);
            break;
        default:
            break;
    }
}

}  // namespace harness::lang
