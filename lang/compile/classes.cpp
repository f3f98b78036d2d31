// Class statements: their fields, their methods and the order in which they are made.
#include <algorithm>
#include <utility>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

/// Names that methods of the class define as properties: they are no fields.
std::unordered_set<NameId> FunctionCompiler::properties_of(const ClassStmt& s) {
    std::unordered_set<NameId> properties;
    for (const Stmt* member : s.body)
        if (member->kind == StmtKind::def &&
            method_decorators(as<DefStmt>(member)).kind == MethodKind::property)
            properties.insert(as<DefStmt>(member).name);
    return properties;
}

/// Fields that the class's methods assign through their first parameter get fixed offsets; annotations in the
/// class body give them types.
void FunctionCompiler::collect_fields(const ClassStmt& s, ClassTemplate& out) {
    std::unordered_set<NameId> seen = properties_of(s);
    const auto add = [&](NameId name) {
        if (seen.insert(name).second) out.own_fields.push_back(name);
    };
    for (const Stmt* member : s.body) {
        if (member->kind != StmtKind::annotated_assign) continue;
        const auto& a = as<AnnotatedAssignStmt>(member);
        if (a.target->kind != ExprKind::name) continue;
        add(as<NameExpr>(a.target).name);
        const TypeCode type = type_of(a.annotation);
        if (type != 0) out.typed_fields.push_back({as<NameExpr>(a.target).name, type});
    }
    NameId self = 0;
    const std::function<void(const Expr*)> assigned = [&](const Expr* t) {
        if (t->kind == ExprKind::attribute && as<AttributeExpr>(t).object->kind == ExprKind::name &&
            as<NameExpr>(as<AttributeExpr>(t).object).name == self) {
            add(as<AttributeExpr>(t).name);
        } else if (t->kind == ExprKind::tuple || t->kind == ExprKind::list) {
            for (const Expr* part : as<SequenceExpr>(t).elements) assigned(part);
        }
    };
    const std::function<void(Block)> walk = [&](Block body) {
        for (const Stmt* st : body) {
            switch (st->kind) {
                case StmtKind::assign:
                    for (const Expr* t : as<AssignStmt>(st).targets) assigned(t);
                    break;
                case StmtKind::annotated_assign: {
                    const auto& a = as<AnnotatedAssignStmt>(st);
                    assigned(a.target);
                    if (a.target->kind == ExprKind::attribute) {
                        const TypeCode type = type_of(a.annotation);
                        if (type != 0) out.typed_fields.push_back({as<AttributeExpr>(a.target).name, type});
                    }
                    break;
                }
                case StmtKind::if_:
                    for (const IfBranch& b : as<IfStmt>(st).branches) walk(b.body);
                    walk(as<IfStmt>(st).otherwise);
                    break;
                case StmtKind::while_:
                    walk(as<WhileStmt>(st).body);
                    break;
                case StmtKind::for_:
                    assigned(as<ForStmt>(st).target);
                    walk(as<ForStmt>(st).body);
                    break;
                case StmtKind::try_:
                    walk(as<TryStmt>(st).body);
                    for (const ExceptClause& c : as<TryStmt>(st).handlers) walk(c.body);
                    walk(as<TryStmt>(st).otherwise);
                    walk(as<TryStmt>(st).finally);
                    break;
                case StmtKind::region:
                    walk(as<BlockStmt>(st).body);
                    break;
                default:
                    break;
            }
        }
    };
    // __init__ first, so that offsets follow the order in which objects are filled.
    for (int pass = 0; pass < 2; ++pass) {
        for (const Stmt* member : s.body) {
            if (member->kind != StmtKind::def) continue;
            const auto& def = as<DefStmt>(member);
            if ((context_.names.text(def.name) == "__init__") != (pass == 0) || def.parameters.empty())
                continue;
            self = def.parameters[0].name;
            walk(def.body);
        }
    }
}

void FunctionCompiler::class_statement(const ClassStmt& s) {
    const unsigned mark = next_temp_;
    const std::function<Operand(int)> make = [&](int) { return class_value(s); };
    store_name(s.name, decorate(applied_decorators(s.decorators), make, -1), s.name_span);
    release_to(mark);
}

Operand FunctionCompiler::class_value(const ClassStmt& s) {
    const std::uint8_t type = temp();
    unsigned base = 255;
    Operand base_value{};
    if (s.base != nullptr) {
        base_value = expr(s.base);
        base = base_value.reg;
    }
    const std::uint32_t index = class_template(s);
    {
        ClassTemplate& info = *context_.program.classes[index];
        info.name = std::string(context_.names.text(s.name));
        info.span = s.name_span;
        const ClassStmt* outer = std::exchange(class_, &s);
        if (s.declares != nullptr)
            pack_fields(as<StructStmt>(s.declares), info);
        else
            collect_fields(s, info);
        class_ = outer;
    }
    emit(Op::make_class, type, base, 0, s.base != nullptr ? s.base->span : s.name_span);
    emit_word(index);
    emit_word(0);
    if (s.base != nullptr) finish(base_value, s.span);
    release_to(type + 1U);

    const auto outer_attributes = std::move(class_attributes_);
    class_attributes_.clear();
    const auto outer_register = class_register_;
    const ClassStmt* outer_class = class_;
    const std::uint8_t type_register = type;
    for (const Stmt* member : s.body) {
        class_register_ = Local{.name = s.name, .reg = type_register};
        class_ = &s;
        switch (member->kind) {
            case StmtKind::def:
                def_statement(as<DefStmt>(member));
                class_attributes_.insert(as<DefStmt>(member).name);
                break;
            case StmtKind::class_:
                class_statement(as<ClassStmt>(member));
                break;
            case StmtKind::pass:
                break;
            case StmtKind::expression:
                if (as<ExprStmt>(member).value->kind != ExprKind::string) {
                    error(member->span, "SyntaxError", "a class body holds methods and assignments only",
                          "move the statement before or after the class");
                }
                break;
            case StmtKind::annotated_assign:
            case StmtKind::assign: {
                const bool annotated = member->kind == StmtKind::annotated_assign;
                const Expr* value =
                    annotated ? as<AnnotatedAssignStmt>(member).value : as<AssignStmt>(member).value;
                if (value == nullptr) break;
                const std::uint8_t reg = temp();
                // Names of the class body are attributes of the class being made.
                class_register_.reset();
                class_body_names_ = {&s, type_register};
                into_owned(value, reg, true);
                class_body_names_ = {};
                if (annotated) {
                    const TypeCode declared = type_of(as<AnnotatedAssignStmt>(member).annotation);
                    if (declared != 0) check_type(reg, declared, value->span);
                }
                end_statement(member->span);
                disown(reg);
                const auto store = [&](const Expr* t) {
                    if (t->kind != ExprKind::name) {
                        error(t->span, "SyntaxError", "a class body assigns to plain names only");
                        return;
                    }
                    emit(Op::set_class_attribute, type_register, reg, 0, member->span);
                    emit_word(as<NameExpr>(t).name);
                    class_attributes_.insert(as<NameExpr>(t).name);
                };
                if (annotated)
                    store(as<AnnotatedAssignStmt>(member).target);
                else
                    for (const Expr* t : as<AssignStmt>(member).targets) store(t);
                release_to(reg);
                break;
            }
            default:
                error(member->span, "SyntaxError", "a class body holds methods and assignments only",
                      "move the statement before or after the class");
        }
        release_to(type + 1U);
    }
    class_attributes_ = outer_attributes;
    class_register_ = outer_register;
    class_ = outer_class;
    return {type, Hold::plain, true};
}

}  // namespace harness::lang
