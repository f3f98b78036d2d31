// One walk over the whole file, nested functions and classes included.
#include "lang/check/program_index.hpp"

#include <algorithm>

#include "lang/syntax/bound_names.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang::analysis {

/// Visits everything once and files it in the index.
class IndexWalk {
  public:
    explicit IndexWalk(ProgramIndex& index) : index_(index) {}

    void module(Block body) {
        scope_ = index_.scopes_.module.get();
        block(body);
    }

  private:
    void block(Block body) {
        for (const Stmt* s : body) statement(s);
    }

    void statement(const Stmt* s) {
        if (s->kind == StmtKind::defer) return statement(as<DeferStmt>(s).body);
        each_expression(s, [this](const Expr* e) { expression(e); });
        switch (s->kind) {
            case StmtKind::def:
                return function(as<DefStmt>(s), nullptr);
            case StmtKind::class_:
                return class_body(as<ClassStmt>(s));
            case StmtKind::struct_:
                if (as<StructStmt>(s).as_class != nullptr) class_body(*as<StructStmt>(s).as_class);
                return;
            case StmtKind::enum_:
                return methods(as<EnumStmt>(s).methods, nullptr);
            case StmtKind::keep:
                index_.has_keep_ = true;
                break;
            case StmtKind::import:
                if (index_.names_.text(as<ImportStmt>(s).name) != "math") index_.has_imports_ = true;
                break;
            case StmtKind::assign:
                for (const Expr* t : as<AssignStmt>(s).targets) field(t);
                break;
            case StmtKind::annotated_assign:
                field(as<AnnotatedAssignStmt>(s).target);
                break;
            case StmtKind::for_:
                field(as<ForStmt>(s).target);
                break;
            default:
                break;
        }
        each_block(s, [this](Block inner) { block(inner); });
    }

    void field(const Expr* target) {
        if (target->kind == ExprKind::attribute) index_.fields_.insert(as<AttributeExpr>(target).name);
        if (target->kind == ExprKind::tuple || target->kind == ExprKind::list)
            for (const Expr* part : as<SequenceExpr>(target).elements) field(part);
        if (target->kind == ExprKind::starred) field(as<StarredExpr>(target).value);
    }

    void enter(const void* node, const std::function<void()>& body) {
        const FunctionScope* outer = scope_;
        if (const auto found = index_.scopes_.functions.find(node); found != index_.scopes_.functions.end())
            scope_ = found->second.get();
        body();
        scope_ = outer;
    }

    void function(const DefStmt& def, const ClassStmt* owner) {
        if (owner != nullptr) index_.own_methods_[owner][def.name] = &def;
        enter(&def, [&] { block(def.body); });
    }

    void methods(Block body, const ClassStmt* owner) {
        for (const Stmt* s : body) {
            if (s->kind != StmtKind::def) {
                statement(s);
                continue;
            }
            const auto& def = as<DefStmt>(s);
            each_expression(s, [this](const Expr* e) { expression(e); });
            index_.methods_[def.name].push_back(&def);
            const std::string_view name = index_.names_.text(def.name);
            if (name.starts_with("__") && name != "__init__") index_.has_operators_ = true;
            function(def, owner);
        }
    }

    void class_body(const ClassStmt& type) {
        for (const Stmt* s : type.body) {
            if (s->kind != StmtKind::assign) continue;
            for (const Expr* t : as<AssignStmt>(s).targets)
                if (t->kind == ExprKind::name) index_.class_names_.insert(as<NameExpr>(t).name);
        }
        methods(type.body, &type);
    }

    void call(const CallExpr& e) {
        if (e.callee->kind == ExprKind::name) {
            const NameId name = as<NameExpr>(e.callee).name;
            index_.called_[scope_].push_back(name);
            index_.note_arguments(index_.name_calls_[name], e, 0);
            const std::string_view text = index_.names_.text(name);
            if ((text == "free" || text == "deinit" || text == "move") && scope_->parent != nullptr &&
                e.arguments.size() == 1 && e.arguments[0].value->kind == ExprKind::name &&
                !scope_->bound.contains(as<NameExpr>(e.arguments[0].value).name))
                index_.ended_in_functions_.insert(as<NameExpr>(e.arguments[0].value).name);
        } else if (e.callee->kind == ExprKind::attribute) {
            const auto& callee = as<AttributeExpr>(e.callee);
            index_.called_[scope_].push_back(callee.name);
            index_.note_arguments(index_.method_calls_[callee.name], e, 0);
            expression(callee.object);
        } else {
            expression(e.callee);
        }
        for (const Argument& a : e.arguments) expression(a.value);
    }

    void expression(const Expr* e) {
        switch (e->kind) {
            case ExprKind::call:
                return call(as<CallExpr>(e));
            case ExprKind::name:
                index_.name_calls_[as<NameExpr>(e).name].other_uses = true;
                return;
            case ExprKind::attribute:
                index_.method_calls_[as<AttributeExpr>(e).name].other_uses = true;
                return expression(as<AttributeExpr>(e).object);
            case ExprKind::keep_stage:
                index_.has_keep_ = true;
                break;
            case ExprKind::pipe:
                pipe(as<PipeExpr>(e));
                return;
            case ExprKind::lambda:
            case ExprKind::generator:
                enter(e, [&] { each_part(e, [this](const Expr* part) { expression(part); }); });
                return;
            default:
                break;
        }
        each_part(e, [this](const Expr* part) { expression(part); });
    }

    void pipe(const PipeExpr& e) {
        expression(e.left);
        if (scope_->parent != nullptr && e.left->kind == ExprKind::name &&
            !scope_->bound.contains(as<NameExpr>(e.left).name))
            index_.ended_in_functions_.insert(as<NameExpr>(e.left).name);  // perhaps by `| deinit(_)`
        expression(e.stage);
    }

    ProgramIndex& index_;
    const FunctionScope* scope_ = nullptr;
};

ProgramIndex::ProgramIndex(Block program, const Names& names) : names_(names) {
    std::vector<Diagnostic> errors;
    scopes_ = collect_scopes(program, names, facts_, errors);
    for (const NameId name : all_bound_names(program)) bound_.insert(name);
    for (const Stmt* s : program) {
        if (s->kind == StmtKind::class_ && scopes_.fixed.contains(as<ClassStmt>(s).name))
            classes_.emplace(as<ClassStmt>(s).name, &as<ClassStmt>(s));
        if (s->kind == StmtKind::def && scopes_.fixed.contains(as<DefStmt>(s).name))
            functions_.emplace(as<DefStmt>(s).name, &as<DefStmt>(s));
    }
    IndexWalk(*this).module(program);
    find_bindings();
    order(program);
}

/// `@region` changes nothing of what a function is.
void ProgramIndex::find_bindings() {
    std::unordered_map<NameId, unsigned> bindings;
    for (const Binding& b : scopes_.module->bindings) ++bindings[b.name];
    for (const auto& [node, scope] : scopes_.functions)
        for (const NameId name : scope->global_names) bindings[name] += 2;
    for (const auto& [node, scope] : scopes_.functions) {
        if (scope->node == nullptr || scope->node->kind != StmtKind::def ||
            scope->parent != scopes_.module.get())
            continue;
        const auto& def = as<DefStmt>(scope->node);
        const bool region = def.decorators.size() == 1 && def.decorators[0]->kind == ExprKind::name &&
                            names_.text(as<NameExpr>(def.decorators[0]).name) == "region" &&
                            is_builtin(as<NameExpr>(def.decorators[0]).name);
        if (region && bindings[def.name] == 1 && !methods_.contains(def.name))
            functions_.emplace(def.name, &def);
    }
}

const DefStmt* ProgramIndex::function(NameId name) const {
    const auto found = functions_.find(name);
    return found == functions_.end() || found->second->is_extern ? nullptr : found->second;
}

const ClassStmt* ProgramIndex::class_of(NameId name) const {
    const auto found = classes_.find(name);
    return found == classes_.end() ? nullptr : found->second;
}

const DefStmt* ProgramIndex::method(const ClassStmt& type, NameId name) const {
    const ClassStmt* at = &type;
    for (int depth = 0; at != nullptr && depth < 100; ++depth) {
        if (const auto own = own_methods_.find(at); own != own_methods_.end()) {
            if (const auto found = own->second.find(name); found != own->second.end())
                return found->second->decorators.empty() ? found->second : nullptr;
        }
        if (at->base == nullptr || at->base->kind != ExprKind::name) return nullptr;
        at = class_of(as<NameExpr>(at->base).name);
    }
    return nullptr;
}

const DefStmt* ProgramIndex::only_method(NameId name) const {
    if (has_imports_ || fields_.contains(name) || class_names_.contains(name)) return nullptr;
    const auto found = methods_.find(name);
    if (found == methods_.end() || found->second.size() != 1) return nullptr;
    return found->second[0]->decorators.empty() ? found->second[0] : nullptr;
}

bool ProgramIndex::is_plain_class(const ClassStmt& type) const {
    const ClassStmt* at = &type;
    for (int depth = 0; depth < 100; ++depth) {
        if (!at->decorators.empty() || !at->type_parameters.empty()) return false;
        if (at->base == nullptr) return true;
        if (at->base->kind != ExprKind::name) return false;
        at = class_of(as<NameExpr>(at->base).name);
        if (at == nullptr) return false;
    }
    return false;
}

bool ProgramIndex::is_plain_field(NameId name) const {
    return !has_imports_ && !methods_.contains(name) && !class_names_.contains(name);
}

bool ProgramIndex::is_stable(const FunctionScope& reader, NameId name) const {
    if (ended_in_functions_.contains(name)) return false;
    const FunctionScope* holder = reader.parent;
    while (holder != nullptr && !holder->bound.contains(name)) {
        if (holder->block_bound.contains(name)) return false;
        holder = holder->parent;
    }
    if (holder == nullptr || holder->block_bound.contains(name) || holder->rebound.contains(name))
        return false;
    if (holder->parent == nullptr) {
        if (scopes_.declared_global.contains(name) || holder->statics.contains(name)) return false;
    }
    return true;
}

void ProgramIndex::note_arguments(Calls& calls, const CallExpr& call, std::size_t skipped) const {
    std::size_t position = skipped;
    for (const Argument& a : call.arguments) {
        if (a.kind != Argument::Kind::plain || a.name != 0) {
            calls.everything = true;
            continue;
        }
        if (calls.unnamed.size() <= position) {
            calls.unnamed.resize(position + 1, false);
            calls.not_borrowed.resize(position + 1, false);
        }
        const ExprKind kind = a.value->kind;
        if (kind != ExprKind::borrow) {
            calls.not_borrowed[position] = true;
            if (kind != ExprKind::name && kind != ExprKind::attribute && kind != ExprKind::index)
                calls.unnamed[position] = true;
        } else if (as<BorrowExpr>(a.value).operand->kind != ExprKind::name &&
                   as<BorrowExpr>(a.value).operand->kind != ExprKind::attribute) {
            calls.unnamed[position] = calls.not_borrowed[position] = true;
        }
        ++position;
    }
}

bool ProgramIndex::always_lent(const DefStmt& def, std::size_t parameter, bool under_ownership) const {
    if (has_imports_) return false;
    const auto lends = [&](const Calls& calls, std::size_t position) {
        if (calls.other_uses || calls.everything) return false;
        const std::vector<bool>& not_lent = under_ownership ? calls.not_borrowed : calls.unnamed;
        return position >= not_lent.size() || !not_lent[position];
    };
    if (methods_.contains(def.name)) {
        if (parameter == 0) return true;  // self
        const auto constructors = names_.text(def.name) == "__init__";
        if (constructors) return false;
        const auto found = method_calls_.find(def.name);
        return found == method_calls_.end() || lends(found->second, parameter - 1);
    }
    if (function(def.name) != &def) return false;
    const auto found = name_calls_.find(def.name);
    return found == name_calls_.end() || lends(found->second, parameter);
}

/// A depth-first search with a stack of its own, because a program may call through thousands of functions.
void ProgramIndex::order(Block program) {
    std::vector<const FunctionScope*> all;
    const auto callees = [&](const FunctionScope* scope) {
        std::vector<const FunctionScope*> found;
        const auto add = [&](const DefStmt* def) {
            if (def == nullptr) return;
            if (const auto at = scopes_.functions.find(def); at != scopes_.functions.end())
                found.push_back(at->second.get());
        };
        const auto called = called_.find(scope);
        if (called == called_.end()) return found;
        for (const NameId name : called->second) {
            add(function(name));
            if (const ClassStmt* type = class_of(name))
                if (const auto own = own_methods_.find(type); own != own_methods_.end())
                    for (const auto& [method, def] : own->second)
                        if (names_.text(method) == "__init__") add(def);
            if (const auto methods = methods_.find(name);
                methods != methods_.end() && methods->second.size() < 4)
                for (const DefStmt* def : methods->second) add(def);
        }
        return found;
    };
    std::vector<const FunctionScope*> roots;
    for (const auto& [node, scope] : scopes_.functions)
        if (scope->node != nullptr && scope->node->kind == StmtKind::def) roots.push_back(scope.get());
    std::sort(roots.begin(), roots.end(), [](const FunctionScope* a, const FunctionScope* b) {
        return a->node->span.begin < b->node->span.begin;
    });
    std::unordered_set<const FunctionScope*> seen;
    struct Visit {
        const FunctionScope* scope;
        std::vector<const FunctionScope*> next;
    };
    for (const FunctionScope* root : roots) {
        if (!seen.insert(root).second) continue;
        std::vector<Visit> stack;
        stack.push_back({root, callees(root)});
        while (!stack.empty()) {
            if (stack.back().next.empty()) {
                order_.push_back(stack.back().scope);
                stack.pop_back();
                continue;
            }
            const FunctionScope* next = stack.back().next.back();
            stack.back().next.pop_back();
            if (next->node != nullptr && seen.insert(next).second) stack.push_back({next, callees(next)});
        }
    }
    order_.push_back(scopes_.module.get());
    static_cast<void>(program);
}

}  // namespace harness::lang::analysis
