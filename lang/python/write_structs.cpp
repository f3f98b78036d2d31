// Structs in Python: classes that print, compare and refuse unknown fields as a struct does. What a field's
// type refuses is not refused there; what it converts is converted.
#include <fmt/format.h>

#include "lang/python/writer.hpp"

namespace harness::lang {

void PythonWriter::struct_(const StructStmt& made) {
    begin_line();
    out_ += "class " + name_text(made.name) + ":\n";
    Scope scope;
    scope.kind = ScopeKind::class_;
    scope.names = bound_names(made.methods);
    scopes_.push_back(std::move(scope));
    ++indent_;
    std::string slots, equal, texts, floats, short_floats;
    for (const FieldDecl& field : made.fields) {
        const std::string text = name_text(field.name);
        slots += fmt::format("\"{}\", ", text);
        equal += fmt::format("_h_self.{0}, ", text);
        texts += fmt::format("{}{}={{_h_self.{}!r}}", texts.empty() ? "" : ", ", text, text);
        const Expr* held = field.type;
        if (held->kind == ExprKind::call && as<CallExpr>(held).arguments.size() == 1)
            held = as<CallExpr>(held).arguments[0].value;  // Option(T)
        if (held->kind != ExprKind::name) continue;
        const std::string_view type = names_.text(as<NameExpr>(held).name);
        if (type == "f32") short_floats += fmt::format("\"{}\", ", text);
        if (type == "f64" || type == "float") floats += fmt::format("\"{}\", ", text);
    }
    line(fmt::format("__slots__ = ({})", slots));
    line(fmt::format("__match_args__ = ({})", slots));
    line("__hash__ = None");
    line("def __setattr__(_h_self, _h_name, _h_value):");
    line(fmt::format("    object.__setattr__(_h_self, _h_name, _h_stored(_h_name, _h_value, ({}), ({})))",
                     floats, short_floats));
    line("def __eq__(_h_self, _h_other):");
    line("    if type(_h_self) is not type(_h_other): return NotImplemented");
    std::string other = equal;
    for (std::size_t at = other.find("_h_self"); at != std::string::npos; at = other.find("_h_self", at))
        other.replace(at, 7, "_h_other");
    line(fmt::format("    return ({}) == ({})", equal, other));
    line("def __repr__(_h_self):");
    line(fmt::format("    return f\"{}({})\"", names_.text(made.name), texts));
    begin_line();
    out_ += "def __init__(_h_self";
    for (const FieldDecl& field : made.fields) {
        out_ += ", " + name_text(field.name);
        if (field.default_value == nullptr) continue;
        out_ += '=';
        expression(field.default_value, Level::conditional);
    }
    out_ += "):\n";
    for (const FieldDecl& field : made.fields)
        line(fmt::format("    _h_self.{0} = {0}", name_text(field.name)));
    if (made.fields.empty()) line("    pass");
    struct_default(made);
    --indent_;
    block(made.methods);
    scopes_.pop_back();
}

/// The method that the parser made, whose numbers stand nowhere in the text.
void PythonWriter::struct_default(const StructStmt& made) {
    const auto& methods = made.as_class->body;
    if (methods.size() < 2 || !as<DefStmt>(methods[1]).is_made) return;
    line("@staticmethod");
    line("def default():");
    const Stmt* only = as<DefStmt>(methods[1]).body[0];
    if (only->kind == StmtKind::raise) {
        const auto& error = as<CallExpr>(as<RaiseStmt>(only).value);
        begin_line();
        out_ += "    raise TypeError(";
        string(as<StringExpr>(error.arguments[0].value).bytes);
        out_ += ")\n";
        return;
    }
    begin_line();
    out_ += "    return " + name_text(made.name) + "(";
    for (const Argument& each : as<CallExpr>(as<ReturnStmt>(only).value).arguments) {
        out_ += name_text(each.name) + "=";
        if (each.value->kind == ExprKind::integer)
            out_ += '0';
        else if (each.value->kind == ExprKind::floating)
            out_ += "0.0";
        else
            expression(each.value);
        out_ += ", ";
    }
    out_ += ")\n";
}

}  // namespace harness::lang
