// The walk that collects scopes. Nested functions are walked where they stand; what they use and do not bind
// is handed outward when the function around them is complete.
#include "lang/compile/scopes.hpp"

#include <algorithm>

#include "lang/python/bound_names.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

class Collector {
  public:
    Collector(ScopeTree& tree, const Names& names, ProgramFacts& facts, std::vector<Diagnostic>& errors)
        : tree_(tree), names_(names), facts_(facts), errors_(errors) {}

    void module(const Block& body) {
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

  private:
    /// `&name` as an argument or on its way into a place.
    struct Lent {
        const CallExpr* call = nullptr;
        std::size_t index = 0;
        NameId field = 0;
        const Expr* annotation = nullptr;
        FunctionScope* scope = nullptr;
        NameId name = 0;
    };

    void find_fixed_names() {
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

    /// Whether the name is the program's own where the scope reads it.
    static bool is_bound(const FunctionScope* scope, NameId name) {
        for (; scope != nullptr; scope = scope->parent)
            if (scope->bound.contains(name) || scope->block_bound.contains(name)) return true;
        return false;
    }

    void error(Span span, std::string message, std::string help = "") {
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

    void bind(NameId name, Binding binding) {
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
    void bind_any(NameId name) { bind(name, {.name = name}); }

    /// What `:=` binds within a generator belongs to the function around it.
    void bind_outside(NameId name, const Expr* value) {
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

    bool is_parameter(NameId name) const { return parameters_.contains(name); }

    /// Everything that an assignment to `target` binds, with an unknown value.
    void target(const Expr* e) {
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

    /// The scope that a store to the name in `scope` reaches.
    const FunctionScope* owner(const FunctionScope& scope, NameId name) const {
        if (scope.global_names.contains(name)) return tree_.module.get();
        if (!scope.nonlocal_names.contains(name)) return &scope;
        const FunctionScope* outer = scope.parent;
        while (outer != nullptr && !outer->bound.contains(name)) outer = outer->parent;
        return outer;
    }

    /// A name declared by `const` has no other binding, wherever it is made.
    void check_constants() {
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

    /// A variable that is lent as a number where that asks for a reference lives in a cell, or is a global.
    void refer() {
        for (const Lent& lent : lent_) {
            const Expr* asked = lent.call != nullptr
                                    ? facts_.references.asked_by(*lent.call, lent.index, names_)
                                : lent.field != 0 ? facts_.references.asked_by_field(lent.field, names_)
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
    void lend(const Expr* value, Lent lent) {
        if (value == nullptr || value->kind != ExprKind::borrow) return;
        const Expr* place = as<BorrowExpr>(value).operand;
        if (place->kind != ExprKind::name) return;
        lent.scope = scope_;
        lent.name = as<NameExpr>(place).name;
        lent_.push_back(lent);
    }
    void lend_to(const Expr* to, const Expr* value) {
        if (to->kind == ExprKind::attribute) lend(value, {.field = as<AttributeExpr>(to).name});
        if (to->kind != ExprKind::name) return;
        const auto found = scope_->annotations.find(as<NameExpr>(to).name);
        if (found != scope_->annotations.end()) lend(value, {.annotation = found->second});
    }

    void hand_outward(FunctionScope& inner) {
        FunctionScope& outer = *inner.parent;
        for (NameId name : inner.free) {
            if (inner.nonlocal_names.contains(name) || inner.rebound.contains(name))
                outer.rebound.insert(name);
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

    void finish(FunctionScope& scope) {
        for (NameId name : scope.used) {
            if (!scope.bound.contains(name) || scope.global_names.contains(name)) scope.free.insert(name);
        }
        for (NameId name : scope.global_names) tree_.module->free.insert(name);
        for (FunctionScope* child : children_[&scope]) hand_outward(*child);
    }

    template <class Body>
    void function(const void* node, const Stmt* def, const LambdaExpr* lambda, List<Parameter> parameters,
                  Body body) {
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

    void parameters(List<Parameter> list) {
        for (const Parameter& p : list) expr(p.default_value);
    }

    // Blocks with names of their own; `depth` counts how many such names live at one time.
    void enter_block_name(NameId name) {
        scope_->block_bound.insert(name);
        ++block_depth_;
        scope_->block_slots = std::max(scope_->block_slots, block_depth_);
    }

    void block_target(const Expr* e, unsigned& entered) {
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

    void comprehension(const ComprehensionExpr& c) {
        // The first iterable alone is evaluated before the names exist.
        const bool in_place = c.kind != ExprKind::generator || &c == at_once_;
        expr(c.clauses[0].iterable);
        if (in_place) return comprehension_body(c);
        function(&c, nullptr, nullptr, {}, [&] {
            scope_->is_generator = true;
            comprehension_body(c);
        });
    }

    void comprehension_body(const ComprehensionExpr& c) {
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

    void exprs(List<Expr*> list) {
        for (const Expr* e : list) expr(e);
    }

    void expr(const Expr* e) {
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
                if (as<PipeExpr>(e).left->kind == ExprKind::name &&
                    as<PipeExpr>(e).stage->kind == ExprKind::call)
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
    void parts(const Expr* e) {
        each_part(e, [this](const Expr* part) { expr(part); });
    }

    /// free(x), deinit(x) and move(x) leave a parameter without a value, which the caller's register must
    /// keep.
    void ends_name(const CallExpr& call, NameId name) {
        if (call.callee->kind != ExprKind::name) return;
        const std::string_view callee = names_.text(as<NameExpr>(call.callee).name);
        if ((callee == "free" || callee == "deinit" || callee == "move") && is_parameter(name))
            scope_->assigned_parameters.insert(name);
    }

    /// Builtins that walk a generator to its end before they do anything else, so that nobody sees whether it
    /// was lazy: it is made in place. (`any` and `all` stop, in place too.)
    bool takes_all(const CallExpr& call) const {
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

    /// Such a function may be called under another name, so it counts where it is mentioned.
    void note_introspection(NameId id) {
        const std::string_view name = names_.text(id);
        if (name == "locals" || name == "globals" || name == "frames" || name == "frame_get" ||
            name == "heap_get")
            introspections_.emplace_back(scope_, id);
    }

    void special_call(const CallExpr& call) {
        if (call.callee->kind != ExprKind::name) return;
        const std::string_view callee = names_.text(as<NameExpr>(call.callee).name);
        if (call.arguments.size() == 1 && call.arguments[0].value->kind == ExprKind::name)
            ends_name(call, as<NameExpr>(call.arguments[0].value).name);
        // super() finds its class by name.
        if (callee == "super" && !classes_.empty()) scope_->used.insert(classes_.back());
    }

    void block(Block body) {
        for (const Stmt* s : body) stmt(s);
    }

    void loop_body(Block body) {
        ++loops_;
        block(body);
        --loops_;
    }

    void declared_names(const NamesStmt& s, bool global) {
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

    void pattern(const Pattern& p) {
        at_ = p.span;
        if (p.name != 0) bind_any(p.name);
        expr(p.value);
        for (const Pattern* part : p.parts()) pattern(*part);
    }

    void note_parameters(NameId type, const DefStmt& def) {
        const bool is_static =
            std::any_of(def.decorators.begin(), def.decorators.end(), [this](const Expr* d) {
                return d->kind == ExprKind::name && names_.text(as<NameExpr>(d).name) == "staticmethod";
            });
        if (def.parameters.empty()) return;
        const List<Parameter> own =
            is_static ? def.parameters : List<Parameter>(def.parameters.begin() + 1, def.parameters.end());
        facts_.references.note_method(def.name, own);
        if (names_.text(def.name) == "__init__") facts_.references.note_constructor(type, own);
    }

    void class_body(NameId name, Block body) {
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

    void def_statement(const DefStmt& s, bool binds) {
        for (const Expr* d : s.decorators) expr(d);
        parameters(s.parameters);
        at_ = s.name_span;
        if (binds) bind_any(s.name);
        if (binds) facts_.references.note_function(s);

        if (binds && scope_->parent == nullptr && s.decorators.empty()) defined_once_.push_back(s.name);
        ++scope_->nested_functions;
        function(&s, &s, nullptr, s.parameters, [&] { block(s.body); });
    }

    void loop_control(const Stmt* s, const char* word) {
        if (loops_ == 0) {
            error(s->span, std::string("'") + word + "' outside loop");
        }
    }

    static bool is_counted(const Expr* iterable, const Names& names) {
        if (iterable->kind != ExprKind::call) return false;
        const auto& call = as<CallExpr>(iterable);
        return call.callee->kind == ExprKind::name && names.text(as<NameExpr>(call.callee).name) == "range";
    }

    void stmt(const Stmt* s) {
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

    void declare(const DeclareStmt& d) {
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

    void rare_stmt(const Stmt* s) {
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
                exprs(as<KeepStmt>(s).targets);
                expr(as<KeepStmt>(s).allocator);
                break;
            case StmtKind::defer:
                scope_->has_defer = true;
                stmt(as<DeferStmt>(s).body);
                break;
            default:
                break;
        }
    }

    ScopeTree& tree_;
    const Names& names_;
    ProgramFacts& facts_;
    std::vector<Diagnostic>& errors_;
    FunctionScope* scope_ = nullptr;
    std::unordered_set<NameId> parameters_;
    std::unordered_map<const FunctionScope*, std::vector<FunctionScope*>> children_;
    std::vector<NameId> classes_;
    std::vector<Lent> lent_;

    std::vector<NameId> defined_once_;  ///< or more often, or bound in another way, too
    std::vector<std::pair<const FunctionScope*, NameId>> introspections_;
    std::vector<NameId> bound_anywhere_;  ///< in this module, sorted
    const Expr* at_once_ = nullptr;       ///< the generator that its call takes whole
    unsigned block_depth_ = 0;
    unsigned loops_ = 0;
    Span at_{};  ///< of the place that binds names now
};

}  // namespace

ScopeTree collect_scopes(const Block& module, const Names& names, ProgramFacts& facts,
                         std::vector<Diagnostic>& errors) {
    ScopeTree tree;
    Collector(tree, names, facts, errors).module(module);
    return tree;
}

}  // namespace harness::lang
