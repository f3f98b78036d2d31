// References to numbers: who asks for them, and what `&x` becomes there. The variable lives in a cell, as if
// a function within had captured it; a global is referred to by its number.
#include "lang/compile/references.hpp"

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

/// The parameter that an argument goes to; null when the call does not say.
const Parameter* parameter_for(List<Parameter> parameters, const CallExpr& call, std::size_t index) {
    const NameId name = call.arguments[index].name;
    for (std::size_t i = 0; i < index; ++i)
        if (name == 0 && call.arguments[i].kind != Argument::Kind::plain) return nullptr;
    std::size_t position = 0;
    for (const Parameter& p : parameters) {
        if (name != 0 ? p.name == name : p.kind == Parameter::Kind::plain && position == index) return &p;
        ++position;
    }
    return nullptr;
}

const Expr* asked_by_all(const std::vector<List<Parameter>>& definitions, const CallExpr& call,
                         std::size_t index, const Names& names) {
    const Expr* asked = nullptr;
    for (const List<Parameter>& parameters : definitions) {
        const Parameter* p = parameter_for(parameters, call, index);
        if (p == nullptr || !is_reference_type(p->annotation, names)) return nullptr;
        asked = p->annotation;
    }
    return asked;
}

}  // namespace

bool is_reference_type(const Expr* annotation, const Names& names) {
    if (annotation == nullptr || annotation->kind != ExprKind::borrow) return false;
    const Expr* type = as<BorrowExpr>(annotation).operand;
    if (type->kind != ExprKind::name) return false;
    const auto primitive = primitive_type(names.text(as<NameExpr>(type).name));
    return primitive.has_value() && *primitive != Type::any && *primitive < Type::char_;
}

const Expr* ReferenceFacts::asked_by(const CallExpr& call, std::size_t index, const Names& names) const {
    const auto look = [&](const Definitions& all, NameId name) -> const Expr* {
        const auto found = all.find(name);
        return found == all.end() ? nullptr : asked_by_all(found->second, call, index, names);
    };
    if (call.arguments[index].kind != Argument::Kind::plain) return nullptr;
    const bool by_name = call.callee->kind == ExprKind::name;
    if (!by_name && call.callee->kind != ExprKind::attribute) return nullptr;
    NameId name = by_name ? as<NameExpr>(call.callee).name : as<AttributeExpr>(call.callee).name;
    if (!by_name && methods_.contains(name)) return look(methods_, name);
    if (functions_.contains(name)) return look(functions_, name);
    for (unsigned depth = 0; depth < 100 && !constructors_.contains(name); ++depth) {
        const auto base = bases_.find(name);
        if (base == bases_.end()) return nullptr;
        name = base->second;
    }
    return look(constructors_, name);
}

const Expr* ReferenceFacts::asked_by_field(NameId field, const Names& names) const {
    const auto found = fields_.find(field);
    if (found == fields_.end()) return nullptr;
    for (const Expr* annotation : found->second)
        if (!is_reference_type(annotation, names)) return nullptr;
    return found->second.front();
}

/// `&place` where `asked`, an annotation, wants a reference.
Operand FunctionCompiler::reference(const BorrowExpr& e, const Expr* asked, int dest) {
    const Expr* place = e.operand;
    const auto content = static_cast<TypeCode>(type_of(asked) & ~type_reference);
    const bool writable = as<BorrowExpr>(asked).writable;
    if (writable && !e.writable) {
        error(e.span, "TypeError", "this is lent to read, and is asked for to be written",
              "write ~& in the place of &");
        return {target(dest), Hold::plain, true};
    }
    if (place->kind != ExprKind::name) {
        if (writable) {
            error(place->span, "TypeError", "only a variable can be lent as a number to write",
                  "put the value into a variable before, and back behind the call");
            return {target(dest), Hold::plain, true};
        }
        const std::uint8_t reg = target(dest);
        const unsigned mark = next_temp_;
        const Operand value = owned_temp(place);
        emit(Op::new_cell, reg, value.reg, 0, e.span);
        if (value.hold == Hold::unnamed) disown(value.reg);
        release_to(mark);
        own(reg);
        return {reg, Hold::unnamed, true};
    }
    const NameId name = as<NameExpr>(place).name;
    const TypeCode declared = type_of_place(name);
    if ((declared & type_reference) != 0) return read_name(name, place->span, dest);
    if (writable && declared != 0 && declared != content) {
        error(
            place->span, "TypeError",
            "'" + std::string(context_.names.text(name)) + "' is declared as another type than is asked for",
            "declare both alike");
        return {target(dest), Hold::plain, true};
    }
    const Resolved r = resolve(name);
    if (r.kind == Resolved::Kind::local && r.local.is_cell) return {r.local.reg, Hold::lent, false};
    const std::uint8_t reg = target(dest);
    if (r.kind == Resolved::Kind::capture) {
        emit(Op::get_capture, reg, fn_->closure_register, r.index, e.span);
        return {reg, Hold::lent, true};
    }
    if (r.kind == Resolved::Kind::global) {
        emit(Op::make_reference, reg, 0, 0, e.span);
        emit_word(r.index);
        own(reg);
        return {reg, Hold::unnamed, true};
    }
    if (r.kind == Resolved::Kind::local)
        error(e.span, "TypeError", "who takes this reference is defined later, in another file",
              "import that file at the top");
    else
        return read_name(name, place->span, dest);
    return {reg, Hold::plain, true};
}

TypeCode FunctionCompiler::type_of_place(NameId name) {
    const Local* local = find_local(name);
    return local != nullptr ? local->type : declared_type(name);
}

/// What a store to `object.attribute` must be, where the object is a reference to a number.
TypeCode FunctionCompiler::referred_type(const Expr* object, NameId attribute) {
    if (object->kind != ExprKind::name || context_.names.text(attribute) != "value") return 0;
    const TypeCode type = type_of_place(as<NameExpr>(object).name);
    return (type & type_reference) == 0 ? TypeCode{0} : static_cast<TypeCode>(type & ~type_reference);
}

/// The annotation by which the target of an assignment asks for a reference; null if it does not.
const Expr* FunctionCompiler::reference_asked_by(const Expr* to) {
    if (to->kind == ExprKind::attribute)
        return context_.facts.references.asked_by_field(as<AttributeExpr>(to).name, context_.names);
    if (to->kind != ExprKind::name) return nullptr;
    const auto found = scope_.annotations.find(as<NameExpr>(to).name);
    const bool asked = found != scope_.annotations.end() && is_reference_type(found->second, context_.names);
    return asked ? found->second : nullptr;
}

}  // namespace harness::lang
