// Statements as s-expressions, blocks in braces, and the entry of the dumper. Every node is written in full,
// so that two trees are equal exactly when their dumps are.
#include "lang/syntax/dump.hpp"

#include <fmt/format.h>

#include "lang/syntax/dumper.hpp"

namespace harness::lang {

namespace {

constexpr const char* binary_names[] = {"+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>"};

}  // namespace

void Dumper::statement(const Stmt* stmt) {
    switch (stmt->kind) {
        case StmtKind::expression:
            return expression(as<ExprStmt>(stmt).value);
        case StmtKind::break_:
            return word("break");
        case StmtKind::continue_:
            return word("continue");
        case StmtKind::pass:
            return word("pass");
        case StmtKind::def:
        case StmtKind::class_:
        case StmtKind::struct_:
        case StmtKind::enum_:
            return definition(stmt);
        case StmtKind::if_:
        case StmtKind::while_:
        case StmtKind::for_:
        case StmtKind::match:
        case StmtKind::try_:
        case StmtKind::region:
        case StmtKind::unsafe:
            return compound(stmt);
        default:
            return simple(stmt);
    }
}

void Dumper::simple(const Stmt* stmt) {
    switch (stmt->kind) {
        case StmtKind::assign:
            open("=");
            children(as<AssignStmt>(stmt).targets);
            child(as<AssignStmt>(stmt).value);
            break;
        case StmtKind::annotated_assign:
            open(":");
            child(as<AnnotatedAssignStmt>(stmt).target);
            child(as<AnnotatedAssignStmt>(stmt).annotation);
            optional("", as<AnnotatedAssignStmt>(stmt).value);
            break;
        case StmtKind::augmented_assign:
            open(
                fmt::format("{}=", binary_names[static_cast<std::size_t>(as<AugmentedAssignStmt>(stmt).op)]));
            child(as<AugmentedAssignStmt>(stmt).target);
            child(as<AugmentedAssignStmt>(stmt).value);
            break;
        case StmtKind::return_:
            open("return");
            optional("", as<ReturnStmt>(stmt).value);
            break;
        case StmtKind::raise:
            open("raise");
            optional("", as<RaiseStmt>(stmt).value);
            optional("from=", as<RaiseStmt>(stmt).cause);
            break;
        case StmtKind::assert_:
            open("assert");
            child(as<AssertStmt>(stmt).condition);
            optional("", as<AssertStmt>(stmt).message);
            break;
        case StmtKind::global:
        case StmtKind::nonlocal:
            open(stmt->kind == StmtKind::global ? "global" : "nonlocal");
            for (const NameId id : as<NamesStmt>(stmt).names) name(id);
            break;
        case StmtKind::del:
            open("del");
            children(as<DelStmt>(stmt).targets);
            break;
        case StmtKind::const_:
        case StmtKind::static_:
        case StmtKind::let:
            open(stmt->kind == StmtKind::const_ ? "const" : stmt->kind == StmtKind::let ? "let" : "static");
            name(as<DeclareStmt>(stmt).name);
            optional(":", as<DeclareStmt>(stmt).annotation);
            child(as<DeclareStmt>(stmt).value);
            break;
        case StmtKind::import:
            open("import");
            name(as<ImportStmt>(stmt).name);
            if (as<ImportStmt>(stmt).alias != as<ImportStmt>(stmt).name) name(as<ImportStmt>(stmt).alias);
            break;
        case StmtKind::keep:
            open("keep");
            child(as<KeepStmt>(stmt).value);
            if (!as<KeepStmt>(stmt).targets.empty()) out_ += " with";
            children(as<KeepStmt>(stmt).targets);
            optional("using=", as<KeepStmt>(stmt).allocator);
            break;
        case StmtKind::defer:
            open("defer ");
            statement(as<DeferStmt>(stmt).body);
            break;
        default:
            open("?");
            break;
    }
    close();
}

void Dumper::compound(const Stmt* stmt) {
    switch (stmt->kind) {
        case StmtKind::if_: {
            const auto& made = as<IfStmt>(stmt);
            open("if");
            for (const IfBranch& branch : made.branches) {
                child(branch.condition);
                out_ += ' ';
                block(branch.body);
            }
            if (!made.otherwise.empty()) {
                out_ += " else ";
                block(made.otherwise);
            }
            break;
        }
        case StmtKind::while_:
        case StmtKind::for_: {
            Block otherwise;
            if (stmt->kind == StmtKind::while_) {
                open("while");
                child(as<WhileStmt>(stmt).condition);
                out_ += ' ';
                block(as<WhileStmt>(stmt).body);
                otherwise = as<WhileStmt>(stmt).otherwise;
            } else {
                open("for");
                child(as<ForStmt>(stmt).target);
                child(as<ForStmt>(stmt).iterable);
                out_ += ' ';
                block(as<ForStmt>(stmt).body);
                otherwise = as<ForStmt>(stmt).otherwise;
            }
            if (!otherwise.empty()) {
                out_ += " else ";
                block(otherwise);
            }
            break;
        }
        case StmtKind::match:
            match_statement(as<MatchStmt>(stmt));
            break;
        case StmtKind::try_:
            try_statement(as<TryStmt>(stmt));
            break;
        default:
            open(stmt->kind == StmtKind::region ? "region " : "unsafe ");
            block(as<BlockStmt>(stmt).body);
            break;
    }
    close();
}

void Dumper::try_statement(const TryStmt& made) {
    open("try ");
    block(made.body);
    for (const ExceptClause& clause : made.handlers) {
        out_ += " (except";
        optional("", clause.types);
        if (clause.name != 0) out_ += fmt::format(" as {}", names_.text(clause.name));
        out_ += ' ';
        block(clause.body);
        close();
    }
    if (!made.otherwise.empty()) {
        out_ += " else ";
        block(made.otherwise);
    }
    if (made.has_finally) {
        out_ += " finally ";
        block(made.finally);
    }
}

void Dumper::match_statement(const MatchStmt& made) {
    open("match");
    child(made.subject);
    for (const MatchCase& each : made.cases) {
        out_ += " (case ";
        pattern(each.pattern);
        optional("if ", each.guard);
        out_ += ' ';
        block(each.body);
        close();
    }
}

void Dumper::pattern(const Pattern* made) {
    const bool named =
        made->name != 0 && made->kind != PatternKind::capture && made->kind != PatternKind::rest;
    if (named) open("as ");
    switch (made->kind) {
        case PatternKind::wildcard:
            word("_");
            break;
        case PatternKind::capture:
            word(fmt::format("?{}", names_.text(made->name)));
            break;
        case PatternKind::rest:
            word(fmt::format("*{}", names_.text(made->name)));
            break;
        case PatternKind::value:
            expression(made->value);
            break;
        case PatternKind::any_of:
        case PatternKind::sequence:
        case PatternKind::mapping:
        case PatternKind::entry:
        case PatternKind::constructor:
            open(made->kind == PatternKind::any_of     ? "|"
                 : made->kind == PatternKind::sequence ? "seq"
                 : made->kind == PatternKind::mapping  ? "map"
                 : made->kind == PatternKind::entry    ? "key"
                                                       : "make");
            if (made->value != nullptr) child(made->value);
            for (std::size_t i = 0; i < made->parts().size(); ++i) {
                out_ += ' ';
                if (i < made->part_names().size() && made->part_names()[i] != 0) {
                    out_ += fmt::format("{}=", names_.text(made->part_names()[i]));
                }
                pattern(made->parts()[i]);
            }
            close();
            break;
    }
    if (named) {
        name(made->name);
        close();
    }
}

void Dumper::head(List<Expr*> decorators, NameId id, List<NameId> types) {
    for (const Expr* each : decorators) optional("@", each);
    name(id);
    if (types.empty()) return;
    out_ += '[';
    for (std::size_t i = 0; i < types.size(); ++i)
        out_ += fmt::format("{}{}", i > 0 ? " " : "", names_.text(types[i]));
    out_ += ']';
}

void Dumper::fields(List<FieldDecl> list) {
    for (const FieldDecl& each : list) {
        out_ += fmt::format(" {}:", names_.text(each.name));
        expression(each.type);
        if (each.default_value == nullptr) continue;
        out_ += '=';
        expression(each.default_value);
    }
}

void Dumper::definition(const Stmt* stmt) {
    if (stmt->kind == StmtKind::def) {
        const auto& made = as<DefStmt>(stmt);
        open(made.is_extern ? "extern-def" : "def");
        head(made.decorators, made.name, made.type_parameters);
        out_ += ' ';
        parameters(made.parameters);
        optional("->", made.result);
        if (!made.is_extern) {
            out_ += ' ';
            block(made.body);
        }
    } else if (stmt->kind == StmtKind::class_) {
        const auto& made = as<ClassStmt>(stmt);
        open("class");
        head(made.decorators, made.name, made.type_parameters);
        optional("base=", made.base);
        out_ += ' ';
        block(made.body);
    } else if (stmt->kind == StmtKind::struct_) {
        const auto& made = as<StructStmt>(stmt);
        open("struct");
        head(made.decorators, made.name, made.type_parameters);
        fields(made.fields);
        if (!made.methods.empty()) {
            out_ += ' ';
            block(made.methods);
        }
    } else {
        const auto& made = as<EnumStmt>(stmt);
        open("enum");
        head(made.decorators, made.name, made.type_parameters);
        for (const VariantDecl& each : made.variants) {
            out_ += fmt::format(" ({}", names_.text(each.name));
            fields(each.fields);
            close();
        }
        if (!made.methods.empty()) {
            out_ += ' ';
            block(made.methods);
        }
    }
    close();
}

std::string dump(Block block, const Names& names) {
    Dumper dumper(names);
    dumper.lines(block);
    return dumper.take();
}

}  // namespace harness::lang
