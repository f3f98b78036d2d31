// Functions, classes, and the statements with clauses of their own: match and try. Each function opens a
// scope in which names are bound anew.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lang/python/writer.hpp"

namespace harness::lang {

namespace {

constexpr std::string_view erased_decorators[] = {
    "region",          "align",     "global_allocator", "manual_memory", "arena_memory", "scope_memory",
    "refcount_memory", "gc_memory", "ownership_memory", "stack_memory",  "leak_memory",
};

}  // namespace

void PythonWriter::match(const MatchStmt& made) {
    begin_line();
    out_ += "match ";
    expression(made.subject);
    out_ += ":\n";
    ++indent_;
    for (const MatchCase& each : made.cases) {
        begin_line();
        out_ += "case ";
        pattern(each.pattern);
        if (each.guard != nullptr) {
            out_ += " if ";
            expression(each.guard);
        }
        out_ += ":\n";
        block(each.body);
    }
    --indent_;
}

void PythonWriter::pattern(const Pattern* made) {
    const auto parts = [&](const char* separator) {
        for (std::size_t i = 0; i < made->parts().size(); ++i) {
            if (i > 0) out_ += separator;
            if (i < made->part_names().size() && made->part_names()[i] != 0) {
                out_ += name_text(made->part_names()[i]) + "=";
            }
            pattern(made->parts()[i]);
        }
    };
    const bool named =
        made->name != 0 && made->kind != PatternKind::capture && made->kind != PatternKind::rest;
    if (named) out_ += '(';
    switch (made->kind) {
        case PatternKind::wildcard:
            out_ += '_';
            break;
        case PatternKind::capture:
            name(made->name);
            break;
        case PatternKind::rest:
            out_ += '*';
            if (made->name == 0) {
                out_ += '_';
            } else {
                name(made->name);
            }
            break;
        case PatternKind::value:
            expression(made->value, Level::unary);
            break;
        case PatternKind::any_of:
            out_ += '(';
            parts(" | ");
            out_ += ')';
            break;
        case PatternKind::sequence:
            out_ += '[';
            parts(", ");
            out_ += ']';
            break;
        case PatternKind::mapping:
            out_ += '{';
            for (const Pattern* part : made->parts()) {
                if (part->kind == PatternKind::rest) out_ += '*';
                pattern(part);
                out_ += ", ";
            }
            out_ += '}';
            break;
        case PatternKind::entry:
            expression(made->value, Level::unary);
            out_ += ": ";
            parts("");
            break;
        case PatternKind::constructor:
            expression(made->value, Level::postfix);
            out_ += '(';
            parts(", ");
            out_ += ')';
            break;
    }
    if (!named) return;
    out_ += " as ";
    name(made->name);
    out_ += ')';
}

void PythonWriter::try_statement(const TryStmt& made) {
    line("try:");
    block(made.body);
    for (const ExceptClause& clause : made.handlers) {
        begin_line();
        out_ += "except";
        if (clause.types != nullptr) {
            out_ += ' ';
            expression(clause.types, Level::conditional);
        }
        if (clause.name != 0) {
            out_ += " as ";
            name(clause.name);
        }
        out_ += ":\n";
        block(clause.body);
    }
    loop_else(made.otherwise);
    if (!made.has_finally) return;
    line("finally:");
    block(made.finally);
}

void PythonWriter::decorators(List<Expr*> list) {
    for (const Expr* each : list) {
        const Expr* callee = each->kind == ExprKind::call ? as<CallExpr>(each).callee : each;
        if (callee->kind == ExprKind::name) {
            const NameId id = as<NameExpr>(callee).name;
            const bool memory = std::find(std::begin(erased_decorators), std::end(erased_decorators),
                                          names_.text(id)) != std::end(erased_decorators);
            if (memory && is_builtin(callee, id)) continue;
        }
        begin_line();
        out_ += '@';
        expression(each);
        out_ += '\n';
    }
}

void PythonWriter::parameters(List<Parameter> list) {
    bool starred = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Parameter& each = list[i];
        if (i > 0) out_ += ", ";
        if (each.kind == Parameter::Kind::keyword_only && !std::exchange(starred, true)) out_ += "*, ";
        if (each.kind == Parameter::Kind::rest) {
            starred = true;
            out_ += '*';
        }
        if (each.kind == Parameter::Kind::keyword_rest) out_ += "**";
        out_ += name_text(each.name);
        if (each.default_value == nullptr) continue;
        out_ += '=';
        expression(each.default_value, Level::conditional);
    }
}

void PythonWriter::def(const DefStmt& made) {
    if (made.is_extern)
        return unsupported(made.span, "an extern function", "call a function of the language");
    decorators(made.decorators);
    begin_line();
    out_ += "def " + name_text(made.name) + "(";
    parameters(made.parameters);
    out_ += "):\n";
    Scope scope;
    scope.kind = ScopeKind::function;
    scope.names = bound_names(made.body);
    scope.result_is_float = is_float(made.result);
    const std::size_t renamed = renamed_.size();
    for (const Parameter& each : made.parameters) scope.parameters.push_back(each.name);
    if (renamed > 0) {
        // What the function binds itself hides a block-local of the same name around it.
        for (const NameId id : scope.parameters) renamed_.push_back({id, ""});
        for (const NameId id : scope.names.bound) renamed_.push_back({id, ""});
    }
    const bool has_defer = scope.names.has_defer;
    scopes_.push_back(std::move(scope));
    ++indent_;
    for (const Parameter& each : made.parameters) {
        refuse_reference(each.annotation);
        if (is_float(each.annotation)) line(fmt::format("{0} = _h_as_float({0})", name_text(each.name)));
    }
    function_body(made.body, has_defer);
    --indent_;
    scopes_.pop_back();
    renamed_.resize(renamed);
}

void PythonWriter::class_(const ClassStmt& made) {
    decorators(made.decorators);
    begin_line();
    out_ += "class " + name_text(made.name);
    if (made.base != nullptr) {
        out_ += '(';
        expression(made.base);
        out_ += ')';
    }
    out_ += ":\n";
    Scope scope;
    scope.kind = ScopeKind::class_;
    scope.names = bound_names(made.body);
    scopes_.push_back(std::move(scope));
    block(made.body);
    // deinit(self) is the other spelling of __del__.
    const auto defines = [&](std::string_view name, std::size_t parameters) {
        return std::any_of(made.body.begin(), made.body.end(), [&](const Stmt* member) {
            return member->kind == StmtKind::def && names_.text(as<DefStmt>(member).name) == name &&
                   as<DefStmt>(member).parameters.size() == parameters;
        });
    };
    if (defines("deinit", 1) && !defines("__del__", 1)) line("    __del__ = deinit");
    scopes_.pop_back();
}

}  // namespace harness::lang
