// Writes the tree form by form. It is recursive, as every pass over the tree may be: the parser bounds the
// height.
#include "lang/syntax/dump.hpp"

#include <fmt/format.h>

namespace harness::lang {

namespace {

constexpr const char* binary_names[] = {"+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>"};
constexpr const char* unary_names[] = {"-", "+", "~", "not"};
constexpr const char* compare_names[] = {"==", "!=", "<", "<=", ">", ">=", "in", "not-in", "is", "is-not"};

class Dumper {
  public:
    explicit Dumper(const Names& names) : names_(names) {}

    void block(Block statements) {
        out_ += '{';
        for (std::size_t i = 0; i < statements.size(); ++i) {
            if (i > 0) out_ += "; ";
            statement(statements[i]);
        }
        out_ += '}';
    }

    void lines(Block statements) {
        for (const Stmt* each : statements) {
            statement(each);
            out_ += '\n';
        }
    }

    std::string take() { return std::move(out_); }

  private:
    void word(std::string_view text) { out_ += text; }
    void open(std::string_view head) {
        out_ += '(';
        out_ += head;
    }
    void close() { out_ += ')'; }
    void name(NameId id) {
        out_ += ' ';
        out_ += names_.text(id);
    }
    void child(const Expr* expr) {
        out_ += ' ';
        expression(expr);
    }
    void optional(const char* label, const Expr* expr) {
        if (expr == nullptr) return;
        out_ += ' ';
        out_ += label;
        expression(expr);
    }
    void children(List<Expr*> list) {
        for (const Expr* each : list) child(each);
    }
    void quoted(std::string_view bytes) {
        out_ += '"';
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
                out_ += fmt::format("\\x{:02x}", byte);
            } else {
                out_ += c;
            }
        }
        out_ += '"';
    }

    void expression(const Expr* expr);
    void compound_expression(const Expr* expr);
    void clauses(const ComprehensionExpr& comp);
    void arguments(List<Argument> list);
    void parts(List<FStringPart> list);
    void parameters(List<Parameter> list);
    void statement(const Stmt* stmt);
    void simple(const Stmt* stmt);
    void compound(const Stmt* stmt);
    void definition(const Stmt* stmt);
    void head(List<Expr*> decorators, NameId id, List<NameId> types);
    void fields(List<FieldDecl> list);
    void pattern(const Pattern* made);
    void try_statement(const TryStmt& made);
    void match_statement(const MatchStmt& made);

    const Names& names_;
    std::string out_;
};

void Dumper::expression(const Expr* expr) {
    if (expr == nullptr) return word("-");
    switch (expr->kind) {
        case ExprKind::integer: {
            const auto& made = as<IntegerExpr>(expr);
            return word(made.too_large ? "huge" : std::to_string(made.value));
        }
        case ExprKind::floating:
            return word(fmt::format("{:#}", as<FloatExpr>(expr).value));
        case ExprKind::string:
            return quoted(as<StringExpr>(expr).bytes);
        case ExprKind::none:
            return word("None");
        case ExprKind::boolean:
            return word(as<BooleanExpr>(expr).value ? "True" : "False");
        case ExprKind::name:
            return word(names_.text(as<NameExpr>(expr).name));
        case ExprKind::placeholder:
            return word("$");
        default:
            return compound_expression(expr);
    }
}

void Dumper::compound_expression(const Expr* expr) {
    switch (expr->kind) {
        case ExprKind::fstring:
            open("f");
            parts(as<FStringExpr>(expr).parts);
            break;
        case ExprKind::tuple:
        case ExprKind::list:
            open(expr->kind == ExprKind::tuple ? "tuple" : "list");
            children(as<SequenceExpr>(expr).elements);
            break;
        case ExprKind::dict: {
            const auto& made = as<DictExpr>(expr);
            open("dict");
            for (std::size_t i = 0; i < made.keys.size(); ++i) {
                out_ += ' ';
                if (made.keys[i] != nullptr) {
                    expression(made.keys[i]);
                    out_ += ':';
                } else {
                    out_ += "**";
                }
                expression(made.values[i]);
            }
            break;
        }
        case ExprKind::unary:
            open(unary_names[static_cast<std::size_t>(as<UnaryExpr>(expr).op)]);
            child(as<UnaryExpr>(expr).operand);
            break;
        case ExprKind::binary:
            open(binary_names[static_cast<std::size_t>(as<BinaryExpr>(expr).op)]);
            child(as<BinaryExpr>(expr).left);
            child(as<BinaryExpr>(expr).right);
            break;
        case ExprKind::logical:
            open(as<LogicalExpr>(expr).is_and ? "and" : "or");
            children(as<LogicalExpr>(expr).operands);
            break;
        case ExprKind::compare: {
            const auto& made = as<CompareExpr>(expr);
            open("compare");
            child(made.operands[0]);
            for (std::size_t i = 0; i < made.operators.size(); ++i) {
                out_ += ' ';
                out_ += compare_names[static_cast<std::size_t>(made.operators[i])];
                child(made.operands[i + 1]);
            }
            break;
        }
        case ExprKind::conditional:
            open("if");
            child(as<ConditionalExpr>(expr).condition);
            child(as<ConditionalExpr>(expr).when_true);
            child(as<ConditionalExpr>(expr).when_false);
            break;
        case ExprKind::lambda:
            open("lambda");
            parameters(as<LambdaExpr>(expr).parameters);
            child(as<LambdaExpr>(expr).body);
            break;
        case ExprKind::call:
            open("call");
            child(as<CallExpr>(expr).callee);
            arguments(as<CallExpr>(expr).arguments);
            break;
        case ExprKind::index:
            open("index");
            child(as<IndexExpr>(expr).object);
            child(as<IndexExpr>(expr).index);
            break;
        case ExprKind::slice:
            open("slice");
            child(as<SliceExpr>(expr).start);
            child(as<SliceExpr>(expr).stop);
            child(as<SliceExpr>(expr).step);
            break;
        case ExprKind::attribute:
            open(".");
            child(as<AttributeExpr>(expr).object);
            name(as<AttributeExpr>(expr).name);
            break;
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            open(expr->kind == ExprKind::list_comp   ? "list-for"
                 : expr->kind == ExprKind::dict_comp ? "dict-for"
                                                     : "generator");
            clauses(as<ComprehensionExpr>(expr));
            break;
        case ExprKind::borrow:
            open(as<BorrowExpr>(expr).writable ? "~&" : "&");
            child(as<BorrowExpr>(expr).operand);
            break;
        case ExprKind::using_allocator:
            open("using");
            child(as<UsingExpr>(expr).value);
            child(as<UsingExpr>(expr).allocator);
            break;
        case ExprKind::pipe:
            open("pipe");
            child(as<PipeExpr>(expr).left);
            child(as<PipeExpr>(expr).stage);
            break;
        case ExprKind::keep_stage:
            open("keep");
            children(as<KeepStageExpr>(expr).targets);
            optional("using=", as<KeepStageExpr>(expr).allocator);
            break;
        case ExprKind::walrus:
            open(":=");
            name(as<WalrusExpr>(expr).name);
            child(as<WalrusExpr>(expr).value);
            break;
        case ExprKind::starred:
            open("*");
            child(as<StarredExpr>(expr).value);
            break;
        case ExprKind::array_type:
            open("array");
            child(as<ArrayTypeExpr>(expr).element);
            child(as<ArrayTypeExpr>(expr).count);
            break;
        case ExprKind::spawn:
            open("spawn");
            child(as<SpawnExpr>(expr).call);
            break;
        default:
            open("?");
            break;
    }
    close();
}

void Dumper::clauses(const ComprehensionExpr& comp) {
    if (comp.key != nullptr) child(comp.key);
    child(comp.element);
    for (const CompClause& clause : comp.clauses) {
        out_ += " (for";
        child(clause.target);
        child(clause.iterable);
        children(clause.conditions);
        close();
    }
}

void Dumper::arguments(List<Argument> list) {
    for (const Argument& each : list) {
        out_ += ' ';
        if (each.kind == Argument::Kind::unpack) out_ += '*';
        if (each.kind == Argument::Kind::unpack_dict) out_ += "**";
        if (each.name != 0) out_ += fmt::format("{}=", names_.text(each.name));
        expression(each.value);
    }
}

void Dumper::parts(List<FStringPart> list) {
    for (const FStringPart& part : list) {
        out_ += ' ';
        if (part.value == nullptr) {
            quoted(part.text);
            continue;
        }
        open("value");
        if (part.debug) {
            out_ += ' ';
            quoted(part.text);
        }
        child(part.value);
        if (part.conversion != 0) out_ += fmt::format(" !{}", part.conversion);
        if (!part.spec.empty()) {
            out_ += " :";
            parts(part.spec);
        }
        close();
    }
}

void Dumper::parameters(List<Parameter> list) {
    constexpr const char* marks[] = {"", "/", "*", "**"};
    open("");
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Parameter& each = list[i];
        if (i > 0) out_ += ' ';
        out_ += marks[static_cast<std::size_t>(each.kind)];
        out_ += names_.text(each.name);
        if (each.annotation != nullptr) {
            out_ += ':';
            expression(each.annotation);
        }
        if (each.default_value != nullptr) {
            out_ += '=';
            expression(each.default_value);
        }
    }
    close();
}

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
        case PatternKind::constructor:
            open(made->kind == PatternKind::any_of     ? "|"
                 : made->kind == PatternKind::sequence ? "seq"
                                                       : "make");
            if (made->kind == PatternKind::constructor) child(made->value);
            for (std::size_t i = 0; i < made->parts.size(); ++i) {
                out_ += ' ';
                if (i < made->part_names.size() && made->part_names[i] != 0) {
                    out_ += fmt::format("{}=", names_.text(made->part_names[i]));
                }
                pattern(made->parts[i]);
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

}  // namespace

std::string dump(Block block, const Names& names) {
    Dumper dumper(names);
    dumper.lines(block);
    return dumper.take();
}

}  // namespace harness::lang
