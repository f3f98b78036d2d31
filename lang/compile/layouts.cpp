// Structs and enums in the compiler: their statements, and what size_of, align_of and offset_of make of
// types.
#include <fmt/format.h>

#include "lang/compile/function_compiler.hpp"
#include "lang/layout/layout_table.hpp"
#include "lang/layout/offsets.hpp"

namespace harness::lang {

void FunctionCompiler::layout_statement(const Stmt* s) {
    const NameId name = name_of_declaration(s);
    if (scopes_.layouts == nullptr) return;
    if (scopes_.layouts->declaration(name) != s) {
        error(s->span, "SyntaxError", "structs and enums stand at the top level of their file",
              "move the declaration there");
        return;
    }
    static_cast<void>(scopes_.layouts->of(s));
    const Block methods = s->kind == StmtKind::struct_ ? as<StructStmt>(s).methods : as<EnumStmt>(s).methods;
    if (!methods.empty())
        error(methods[0]->span, "SyntaxError",
              "methods of structs and enums are not part of the language yet", "write a function");
}

bool FunctionCompiler::refuse_layout_value(NameId name, Span span) {
    if (scopes_.layouts == nullptr || !scopes_.layouts->declares(name)) return false;
    error(span, "SyntaxError", "values of structs and enums are not part of the language yet",
          "use a class; size_of, align_of and offset_of take the type");
    return true;
}

/// size_of(T), align_of(T), offset_of(T, "b"): numbers that the layout decides, unless the program has
/// functions of these names.
std::optional<Operand> FunctionCompiler::layout_call(const CallExpr& e, int dest) {
    if (e.callee->kind != ExprKind::name) return std::nullopt;
    const NameId id = as<NameExpr>(e.callee).name;
    const std::string_view name = context_.names.text(id);
    const bool offset = name == "offset_of";
    if ((name != "size_of" && name != "align_of" && !offset) || user_defines(id)) return std::nullopt;
    const Operand none{target(dest), Hold::plain, true};
    const std::size_t wanted = offset ? 2 : 1;
    bool plain = e.arguments.size() == wanted;
    for (const Argument& a : e.arguments) plain = plain && a.name == 0 && a.kind == Argument::Kind::plain;
    if (!plain || (offset && e.arguments[1].value->kind != ExprKind::string)) {
        error(e.span, "TypeError",
              offset ? "offset_of() takes a type and the name of a field"
                     : fmt::format("{}() takes a type", name),
              offset ? "write offset_of(Example, \"b\")" : fmt::format("write {}(u32)", name));
        return none;
    }
    const LayoutType* type = scopes_.layouts->of(e.arguments[0].value);
    if (type == nullptr) return none;
    std::uint64_t number = name == "size_of" ? type->own_size : type->align;
    if (offset) {
        const Expr* field = e.arguments[1].value;
        const FoundOffset found = offset_of(*type, as<StringExpr>(field).bytes);
        if (!found.found) {
            error(field->span, "AttributeError", found.message, found.help);
            return none;
        }
        number = found.offset;
    }
    return constant_operand(Value::integer(static_cast<std::int64_t>(number)), none.reg, e.span);
}

}  // namespace harness::lang
