// Annotations: which type a name, parameter, field or result has, and the check that every store to it makes.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

/// Types of the language that annotations may name and that are not checked.
constexpr std::string_view unchecked_types[] = {
    "object", "Vec",   "Box",       "MaybeUninit", "ref",   "file",    "function",
    "buffer", "arena", "allocator", "qubit",       "array", "process", "channel",
};

}  // namespace

void FunctionCompiler::check_type(std::uint8_t reg, TypeCode type, Span span) {
    emit(Op::check_type, reg, 0, 0, span);
    emit_word(type);
}

/// The value as a place of that type takes it, in a register that may be converted in place.
Operand FunctionCompiler::checked(Operand value, TypeCode type, Span span) {
    if (type == 0) return value;
    if (!value.temporary) {
        const std::uint8_t copy = temp();
        emit(Op::move, copy, value.reg, 0, span);
        value = {copy, value.hold, true};
    }
    check_type(value.reg, type, span);
    return value;
}

/// What the scope that binds the name says of it. One annotation holds for every store.
TypeCode FunctionCompiler::declared_type(NameId name) {
    const FunctionScope* scope = scopes_.module.get();
    for (const FunctionCompiler* f = this; f != nullptr && !scope_.global_names.contains(name);
         f = f->parent_) {
        if (!f->scope_.statics.contains(name) && !f->scope_.bound.contains(name)) continue;
        scope = &f->scope_;
        break;
    }
    const auto found = scope->annotations.find(name);
    return found == scope->annotations.end() ? TypeCode{0} : type_of(found->second);
}

bool FunctionCompiler::is_type_parameter(NameId name) const {
    for (const FunctionCompiler* f = this; f != nullptr; f = f->parent_) {
        if (f->type_parameters_.contains(name)) return true;
        if (f->class_ == nullptr) continue;
        const auto& all = f->class_->type_parameters;
        if (std::find(all.begin(), all.end(), name) != all.end()) return true;
    }
    return false;
}

/// The one class statement that gives the name its meaning here; null when there is none, or several, or the
/// name is bound in another way too.
const ClassStmt* FunctionCompiler::class_named(NameId name) const {
    const FunctionScope* scope = &scope_;
    while (scope->parent != nullptr && !scope->bound.contains(name)) scope = scope->parent;
    const auto found = scope->classes.find(name);
    if (found == scope->classes.end() || scopes_.declared_global.contains(name)) return nullptr;
    const auto bindings = std::count_if(scope->bindings.begin(), scope->bindings.end(),
                                        [&](const Binding& b) { return b.name == name; });
    return bindings == 1 && found->second->decorators.empty() ? found->second : nullptr;
}

/// The number of the template that the class statement will fill, which annotations may need before that.
std::uint32_t FunctionCompiler::class_template(const ClassStmt& s) {
    const auto [found, fresh] =
        scopes_.class_templates.emplace(&s, static_cast<std::uint32_t>(context_.program.classes.size()));
    if (fresh) context_.program.classes.push_back(std::make_unique<ClassTemplate>());
    return found->second;
}

TypeCode FunctionCompiler::named_type(NamedType type) {
    auto& all = context_.program.named_types;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].builtin == type.builtin && all[i].declared == type.declared)
            return static_cast<TypeCode>(first_named_type + i);
    if (all.size() > 10'000) return 0;
    all.push_back(std::move(type));
    return static_cast<TypeCode>(first_named_type + all.size() - 1);
}

TypeCode FunctionCompiler::type_of_name(NameId name, Span span) {
    const std::string text(context_.names.text(name));
    if (is_type_parameter(name)) return 0;
    if (refuse_layout_value(name, span)) return 0;
    if (user_defines(name)) {
        const ClassStmt* declared = class_named(name);
        if (declared == nullptr) return 0;
        return named_type({text, nullptr, context_.program.classes[class_template(*declared)].get()});
    }
    if (const auto primitive = primitive_type(text)) return static_cast<TypeCode>(*primitive);
    if (text == "bytes") return static_cast<TypeCode>(Type::str);
    if (text == "object") return 0;
    if (const auto found = context_.builtins.find(name); found != context_.builtins.end()) {
        const Value builtin = found->second;
        const bool is_class = builtin.is_constant_object() &&
                              builtin.as_constant<ConstantObject>()->kind == ConstantKind::class_;
        return is_class ? named_type({text, builtin.as_constant<ClassInfo>(), nullptr}) : TypeCode{0};
    }
    if (std::find(std::begin(unchecked_types), std::end(unchecked_types), text) != std::end(unchecked_types))
        return 0;
    std::vector<std::string_view> candidates(std::begin(unchecked_types), std::end(unchecked_types));
    for (unsigned i = 0; i < first_named_type; ++i) candidates.push_back(type_name(static_cast<Type>(i)));
    for (const auto& [each, statement] : scopes_.module->classes)
        candidates.push_back(context_.names.text(each));
    std::sort(candidates.begin(), candidates.end());
    const std::string_view near = nearest(text, candidates);
    error(span, "NameError", "there is no type '" + text + "'",
          near.empty() ? "name a type of the language or a class of the program"
                       : "did you mean '" + std::string(near) + "'?");
    return 0;
}

/// The type that an annotation asks for; 0 for those that are read and not checked.
TypeCode FunctionCompiler::type_of(const Expr* annotation) {
    if (annotation == nullptr) return 0;
    if (const auto known = scopes_.types.find(annotation); known != scopes_.types.end()) return known->second;
    TypeCode type = 0;
    switch (annotation->kind) {
        case ExprKind::name:
            type = type_of_name(as<NameExpr>(annotation).name, annotation->span);
            break;
        case ExprKind::string:
            type = type_of_name(context_.names.intern(as<StringExpr>(annotation).bytes), annotation->span);
            break;
        case ExprKind::none:
            type = named_type({"None", &context_.none_class, nullptr});
            break;
        case ExprKind::binary: {
            // T | None; other unions are read and not checked.
            const auto& either = as<BinaryExpr>(annotation);
            const bool first = either.left->kind == ExprKind::none;
            if (!first && either.right->kind != ExprKind::none) {
                type_of(either.left);
                type_of(either.right);
                break;
            }
            type = type_of(first ? either.right : either.left);
            if (type != 0) type |= type_optional;
            break;
        }
        case ExprKind::index:  // list[int]: the container is checked, what it holds is not
            type = type_of(as<IndexExpr>(annotation).object);
            break;
        case ExprKind::borrow: {
            type = type_of(as<BorrowExpr>(annotation).operand);
            if (is_reference_type(annotation, context_.names)) type |= type_reference;
            break;
        }
        case ExprKind::call: {
            const auto& call = as<CallExpr>(annotation);
            if (call.callee->kind != ExprKind::name || call.arguments.size() != 1) break;
            const std::string_view name = context_.names.text(as<NameExpr>(call.callee).name);
            if (name != "Option" && name != "owned" && name != "borrowed") break;
            type = type_of(call.arguments[0].value);
            if (name == "Option" && type != 0) type |= type_optional;
            break;
        }
        default:
            break;
    }
    scopes_.types.emplace(annotation, type);
    return type;
}

}  // namespace harness::lang
