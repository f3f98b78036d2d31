// Decorators: those of the language say how a function is compiled, those of methods how a class finds them,
// and all others are functions of the program that are called with what they stand above.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

constexpr std::string_view later_decorators[] = {
    "align",           "global_allocator", "manual_memory",    "arena_memory", "scope_memory",
    "refcount_memory", "gc_memory",        "ownership_memory", "stack_memory", "leak_memory",
};
constexpr std::string_view method_kinds[] = {"staticmethod", "classmethod", "property"};

template <class Words>
bool contains(const Words& words, std::string_view word) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

const NameExpr* decorator_name(const Expr* decorator) {
    if (decorator->kind == ExprKind::call) decorator = as<CallExpr>(decorator).callee;
    return decorator->kind == ExprKind::name ? &as<NameExpr>(decorator) : nullptr;
}

}  // namespace

/// The decorators that are called, outermost first. Those that the language does not know are rejected here:
/// a misspelt one would silently change what a program means.
std::vector<const Expr*> FunctionCompiler::applied_decorators(List<Expr*> decorators) {
    std::vector<const Expr*> applied;
    for (const Expr* each : decorators) {
        const NameExpr* name = decorator_name(each);
        if (name == nullptr || user_defines(name->name) || context_.builtins.contains(name->name) ||
            class_attributes_.contains(name->name)) {
            applied.push_back(each);
            continue;
        }
        const std::string text(context_.names.text(name->name));
        if (text == "region" && each->kind == ExprKind::name) continue;
        if (contains(later_decorators, text)) {
            error(each->span, "SyntaxError", "'@" + text + "' is not part of the language yet",
                  "choose the strategy for the whole program with --lifetime");
            continue;
        }
        if (contains(method_kinds, text)) {
            error(each->span, "SyntaxError", "'@" + text + "' stands alone above a method of a class",
                  "move it into the class, or remove it");
            continue;
        }
        std::vector<std::string_view> known(std::begin(later_decorators), std::end(later_decorators));
        known.insert(known.end(), std::begin(method_kinds), std::end(method_kinds));
        known.push_back("region");
        for (const NameId bound : scopes_.module->locals) known.push_back(context_.names.text(bound));
        const std::string_view near = nearest(text, known);
        error(each->span, "NameError", "there is no decorator '" + text + "'",
              near.empty() ? "a decorator is a function of the program, or one of the language's own"
                           : "did you mean '@" + std::string(near) + "'?");
    }
    return applied;
}

/// What the decorators of a method make of it: @staticmethod, @classmethod, @property, @name.setter.
FunctionCompiler::Method FunctionCompiler::method_decorators(const DefStmt& def) {
    Method method;
    if (def.decorators.size() != 1) return method;
    const Expr* only = def.decorators[0];
    if (only->kind == ExprKind::attribute) {
        const auto& a = as<AttributeExpr>(only);
        method.is_setter = context_.names.text(a.name) == "setter" && a.object->kind == ExprKind::name &&
                           as<NameExpr>(a.object).name == def.name && class_attributes_.contains(def.name);
        return method;
    }
    if (only->kind != ExprKind::name || user_defines(as<NameExpr>(only).name)) return method;
    const std::string_view name = context_.names.text(as<NameExpr>(only).name);
    if (name == "staticmethod") method.kind = MethodKind::static_;
    if (name == "classmethod") method.kind = MethodKind::class_;
    if (name == "property") method.kind = MethodKind::property;
    return method;
}

/// @a @b above a definition is a(b(…)): the decorators are evaluated in their order, then the definition,
/// then they are called, the last one first.
Operand FunctionCompiler::decorate(const std::vector<const Expr*>& decorators,
                                   const std::function<Operand(int)>& make, int dest) {
    if (decorators.empty()) return make(dest);
    MadeExpr made{};
    made.kind = ExprKind::made;
    made.span = decorators.back()->span;
    made.make = &make;
    std::vector<CallExpr> calls(decorators.size());
    std::vector<Argument> arguments(decorators.size());
    Expr* inner = &made;
    for (std::size_t i = decorators.size(); i-- > 0;) {
        arguments[i].value = inner;
        calls[i].kind = ExprKind::call;
        calls[i].span = decorators[i]->span;
        calls[i].callee = const_cast<Expr*>(decorators[i]);
        calls[i].arguments = List<Argument>(&arguments[i], 1);
        inner = &calls[i];
    }
    return expr(inner, dest);
}

}  // namespace harness::lang
