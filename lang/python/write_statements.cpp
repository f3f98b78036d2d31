// Statements in Python, with the bookkeeping that blocks of our language need there: names of a block of
// their own, statements deferred to a function's end, and names that end before their function does.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "lang/python/writer.hpp"

namespace harness::lang {

namespace {

struct Untranslatable {
    std::string_view name;
    const char* help;
};

constexpr const char* use_lists = "hold the data in a list; buffers exist only under 'harness run'";
constexpr const char* use_run = "run the program with 'harness run'";
constexpr const char* use_objects = "let Python manage the memory: remove the allocator";

constexpr Untranslatable untranslatable[] = {
    {"allocate", use_lists},
    {"allocate_aligned", use_lists},
    {"reallocate", use_lists},
    {"alloc", use_lists},
    {"dealloc", use_lists},
    {"create_arena", use_objects},
    {"reset_arena", use_objects},
    {"destroy_arena", use_objects},
    {"system", use_objects},
    {"size_of", use_run},
    {"align_of", use_run},
    {"offset_of", use_run},
    {"fields", use_run},
    {"join", "call the function where it stands"},
    {"channel", "use a list as a queue"},
    {"send", "use a list as a queue"},
    {"recv", "use a list as a queue"},
    {"processes", use_run},
    {"qubit", use_run},
    {"qubits", use_run},
    {"release", use_run},
    {"is_available", use_run},
    {"allocated", use_run},
    {"measure", use_run},
    {"frames", use_run},
    {"memory", use_run},
    {"heap_get", use_run},
    {"lookup_fn", use_run},
    {"frame_get", use_run},
    {"frame_fn", use_run},
    {"Vec", "use a list"},
    {"Box", "use the value itself"},
    {"MaybeUninit", "use a name that is set later"},
};

}  // namespace

PythonWriter::PythonWriter(const SourceMap& sources, Names& names, std::vector<Diagnostic>& errors)
    : sources_(sources),
      names_(names),
      errors_(errors),
      free_(names.intern("free")),
      deinit_(names.intern("deinit")),
      move_(names.intern("move")),
      clone_(names.intern("clone")),
      locals_(names.intern("locals")),
      globals_(names.intern("globals")),
      import_(names.intern("import")),
      math_(names.intern("math")),
      float_(names.intern("float")),
      f32_(names.intern("f32")),
      f64_(names.intern("f64")) {
    for (const Untranslatable& each : untranslatable)
        untranslatable_.emplace_back(names.intern(each.name), each.help);
    std::sort(untranslatable_.begin(), untranslatable_.end());
}

std::string PythonWriter::file(Block body, bool main) {
    out_.clear();
    imports_.clear();
    extra_globals_.clear();
    renamed_.clear();
    bound_in_file_ = all_bound_names(body);
    scopes_.assign(1, Scope{});
    scopes_.back().names = bound_names(body);
    indent_ = main ? 1 : 0;
    function_body(body, scopes_.back().names.has_defer);
    if (!main) return std::move(out_);
    std::string head = "def _h_main():\n";
    std::string globals;
    for (const NameId id : scopes_.back().names.bound)
        globals += (globals.empty() ? "" : ", ") + name_text(id);
    for (const std::string& each : extra_globals_) globals += (globals.empty() ? "" : ", ") + each;
    if (!globals.empty()) head += "    global " + globals + "\n";
    return head + out_;
}

void PythonWriter::begin_line() { out_.append(static_cast<std::size_t>(indent_) * 4, ' '); }

void PythonWriter::line(std::string_view text) {
    begin_line();
    out_ += text;
    out_ += '\n';
}

std::string PythonWriter::name_text(NameId id) const {
    // 'import' is the one word that is a name here and a keyword there.
    return id == import_ ? "import_" : std::string(names_.text(id));
}

void PythonWriter::name(NameId id) {
    for (std::size_t i = renamed_.size(); i-- > 0;) {
        if (renamed_[i].name != id) continue;
        if (renamed_[i].text.empty()) break;
        out_ += renamed_[i].text;
        return;
    }
    out_ += name_text(id);
}

void PythonWriter::unsupported(Span span, const std::string& what, std::string help) {
    constexpr std::size_t most_errors = 20;
    if (errors_.size() >= most_errors) return;
    Diagnostic error;
    error.name = "PythonError";
    error.span = span;
    error.message = what + " cannot be said in Python";
    error.help = std::move(help);
    errors_.push_back(std::move(error));
}

bool PythonWriter::is_builtin(const Expr* callee, NameId word) const {
    return callee->kind == ExprKind::name && as<NameExpr>(callee).name == word &&
           !std::binary_search(bound_in_file_.begin(), bound_in_file_.end(), word);
}

/// A reference to a number is a variable that two names share.
void PythonWriter::refuse_reference(const Expr* annotation) {
    if (annotation == nullptr || annotation->kind != ExprKind::borrow) return;
    const Expr* type = as<BorrowExpr>(annotation).operand;
    if (type->kind != ExprKind::name) return;
    constexpr std::string_view numbers[] = {"int", "float", "bool", "f32", "f64", "isize", "usize", "i8",
                                            "u8",  "i16",   "u16",  "i32", "u32", "i64",   "u64"};
    const std::string_view name = names_.text(as<NameExpr>(type).name);
    if (std::find(std::begin(numbers), std::end(numbers), name) != std::end(numbers))
        unsupported(annotation->span, "a reference to a number",
                    "return the new value, or keep it in a field");
}

bool PythonWriter::is_float(const Expr* annotation) const {
    if (annotation == nullptr || annotation->kind != ExprKind::name) return false;
    const NameId type = as<NameExpr>(annotation).name;
    return type == float_ || type == f32_ || type == f64_;
}

/// Whether `del` of the name here ends the name that is meant, and not one that only Python would make local.
bool PythonWriter::lives_here(NameId id) const {
    const Scope& scope = scopes_.back();
    if (scope.kind == ScopeKind::class_) return false;
    const auto holds = [&](const std::vector<NameId>& list) {
        return std::find(list.begin(), list.end(), id) != list.end();
    };
    const bool renamed = std::any_of(renamed_.begin(), renamed_.end(), [&](const Renamed& each) {
        return each.name == id && !each.text.empty();
    });
    return renamed || scope.names.binds(id) || holds(scope.parameters) ||
           holds(scope.names.declared_global) || holds(scope.names.declared_nonlocal);
}

void PythonWriter::block(Block statements) {
    ++indent_;
    lines(statements);
    --indent_;
}

void PythonWriter::lines(Block statements) {
    const std::size_t renamed = renamed_.size();
    for (const Stmt* each : statements) statement(each);
    if (statements.empty()) line("pass");
    renamed_.resize(renamed);
}

void PythonWriter::function_body(Block body, bool has_defer) {
    if (!has_defer) return lines(body);
    line("with _h_ExitStack() as _h_deferred:");
    block(body);
}

void PythonWriter::statement(const Stmt* stmt) {
    const auto head = [&](const char* word, const Expr* value) {
        begin_line();
        out_ += word;
        expression(value);
        out_ += ":\n";
    };
    switch (stmt->kind) {
        case StmtKind::expression:
            return expression_statement(as<ExprStmt>(stmt));
        case StmtKind::assign:
            return assign(as<AssignStmt>(stmt));
        case StmtKind::annotated_assign:
            return annotated(as<AnnotatedAssignStmt>(stmt));
        case StmtKind::augmented_assign: {
            constexpr const char* text[] = {" += ",  " -= ", " *= ", " /= ", " //= ", " %= ",
                                            " **= ", " &= ", " |= ", " ^= ", " <<= ", " >>= "};
            const auto& made = as<AugmentedAssignStmt>(stmt);
            begin_line();
            expression(made.target);
            out_ += text[static_cast<std::size_t>(made.op)];
            expression(made.value);
            out_ += '\n';
            return;
        }
        case StmtKind::if_:
            return if_statement(as<IfStmt>(stmt));
        case StmtKind::while_:
            head("while ", as<WhileStmt>(stmt).condition);
            block(as<WhileStmt>(stmt).body);
            return loop_else(as<WhileStmt>(stmt).otherwise);
        case StmtKind::for_:
            begin_line();
            out_ += "for ";
            expression(as<ForStmt>(stmt).target);
            out_ += " in ";
            expression(as<ForStmt>(stmt).iterable);
            out_ += ":\n";
            block(as<ForStmt>(stmt).body);
            return loop_else(as<ForStmt>(stmt).otherwise);
        case StmtKind::break_:
            return line("break");
        case StmtKind::continue_:
            return line("continue");
        case StmtKind::pass:
        case StmtKind::keep:
            return line("pass");
        case StmtKind::return_: {
            const auto& made = as<ReturnStmt>(stmt);
            begin_line();
            out_ += "return";
            if (made.value != nullptr) {
                out_ += ' ';
                value_or_float(made.value, scopes_.back().result_is_float);
            }
            out_ += '\n';
            return;
        }
        case StmtKind::def:
            return def(as<DefStmt>(stmt));
        case StmtKind::class_:
            return class_(as<ClassStmt>(stmt));
        case StmtKind::struct_:
            if (as<StructStmt>(stmt).as_class == nullptr)
                return unsupported(stmt->span, "a struct in a block", "declare it at the top level");
            return struct_(as<StructStmt>(stmt));
        case StmtKind::enum_:
            return unsupported(stmt->span, "an enum", "write a class for each variant");
        case StmtKind::match:
            return match(as<MatchStmt>(stmt));
        case StmtKind::try_:
            return try_statement(as<TryStmt>(stmt));
        case StmtKind::raise: {
            const auto& made = as<RaiseStmt>(stmt);
            begin_line();
            out_ += "raise";
            if (made.value != nullptr) {
                out_ += ' ';
                expression(made.value);
            }
            if (made.cause != nullptr) {
                out_ += " from ";
                expression(made.cause);
            }
            out_ += '\n';
            return;
        }
        case StmtKind::assert_: {
            const auto& made = as<AssertStmt>(stmt);
            begin_line();
            out_ += "assert ";
            expression(made.condition, Level::conditional);
            if (made.message != nullptr) {
                out_ += ", ";
                expression(made.message, Level::conditional);
            }
            out_ += '\n';
            return;
        }
        case StmtKind::global:
            return names_line(as<NamesStmt>(stmt), "global ");
        case StmtKind::nonlocal:
            return names_line(as<NamesStmt>(stmt), "nonlocal ");
        case StmtKind::del:
            return del(as<DelStmt>(stmt));
        case StmtKind::const_:
        case StmtKind::static_:
        case StmtKind::let:
            return declare(as<DeclareStmt>(stmt));
        case StmtKind::import:
            return import(as<ImportStmt>(stmt));
        case StmtKind::region:
            line("if True:");
            return block(as<BlockStmt>(stmt).body);
        case StmtKind::defer:
            return defer(as<DeferStmt>(stmt));
        case StmtKind::unsafe:
            return unsupported(stmt->span, "an unsafe block", "keep raw memory out of the program");
    }
}

void PythonWriter::value_or_float(const Expr* value, bool to_float) {
    if (!to_float) return expression(value);
    out_ += "_h_as_float(";
    expression(value, Level::conditional);
    out_ += ')';
}

void PythonWriter::expression_statement(const ExprStmt& made) {
    const Expr* value = made.value;
    if (value->kind == ExprKind::call) {
        const auto& called = as<CallExpr>(value);
        const bool ends = is_builtin(called.callee, free_) || is_builtin(called.callee, deinit_);
        if (ends && called.arguments.size() == 1) return end_of_name(called.arguments[0].value);
    }
    if (value->kind == ExprKind::pipe && as<PipeExpr>(value).stage->kind == ExprKind::call) {
        const auto& last = as<CallExpr>(as<PipeExpr>(value).stage);
        const Expr* left = as<PipeExpr>(value).left;
        const bool ends = is_builtin(last.callee, free_) || is_builtin(last.callee, deinit_);
        if (ends && left->kind == ExprKind::name) return end_of_name(left);
    }
    begin_line();
    expression(value);
    out_ += '\n';
}

// free(x), deinit(x): the name ends; a place only loses its content, which Python cannot show.
void PythonWriter::end_of_name(const Expr* operand) {
    if (operand->kind == ExprKind::borrow) operand = as<BorrowExpr>(operand).operand;
    if (operand->kind != ExprKind::name || !lives_here(as<NameExpr>(operand).name)) return line("pass");
    begin_line();
    out_ += "del ";
    expression(operand);
    out_ += '\n';
}

void PythonWriter::assign(const AssignStmt& made) {
    begin_line();
    for (const Expr* each : made.targets) {
        expression(each);
        out_ += " = ";
    }
    expression(made.value);
    out_ += '\n';
}

void PythonWriter::annotated(const AnnotatedAssignStmt& made) {
    refuse_reference(made.annotation);
    if (made.value == nullptr) return line("pass");
    begin_line();
    expression(made.target);
    out_ += " = ";
    value_or_float(made.value, is_float(made.annotation));
    out_ += '\n';
}

void PythonWriter::declare(const DeclareStmt& made) {
    if (made.kind == StmtKind::static_) return static_(made);
    begin_line();
    std::string target = name_text(made.name);
    if (made.kind == StmtKind::let) {
        target = fmt::format("{}_h_{}", names_.text(made.name), ++counter_);
        if (scopes_.back().kind == ScopeKind::file) extra_globals_.push_back(target);
    }
    out_ += target + " = ";
    // The value is read before the new name begins, so `let x = x + 1` sees the outer one.
    value_or_float(made.value, is_float(made.annotation));
    out_ += '\n';
    if (made.kind == StmtKind::let) renamed_.push_back({made.name, target});
}

// A static of a function becomes a global of its own, which has a value from the first time on.
void PythonWriter::static_(const DeclareStmt& made) {
    std::string target = name_text(made.name);
    if (scopes_.back().kind != ScopeKind::file) {
        target = fmt::format("{}_h_{}", names_.text(made.name), ++counter_);
        line("global " + target);
    }
    line("try:");
    line("    " + target);
    line("except NameError:");
    begin_line();
    out_ += "    " + target + " = ";
    value_or_float(made.value, is_float(made.annotation));
    out_ += '\n';
    if (target != name_text(made.name)) renamed_.push_back({made.name, target});
}

void PythonWriter::del(const DelStmt& made) {
    begin_line();
    out_ += "del ";
    expressions(made.targets);
    out_ += '\n';
}

void PythonWriter::names_line(const NamesStmt& made, const char* word) {
    // At the top of a file every name is global already, and Python refuses to hear it late.
    if (scopes_.size() == 1) return line("pass");
    begin_line();
    out_ += word;
    for (std::size_t i = 0; i < made.names.size(); ++i)
        out_ += (i > 0 ? ", " : "") + name_text(made.names[i]);
    out_ += '\n';
}

void PythonWriter::import(const ImportStmt& made) {
    if (made.name == math_) {
        return line(made.alias == made.name ? "import math" : "import math as " + name_text(made.alias));
    }
    imports_.push_back({made.name, made.name_span});
    line(fmt::format("{} = _h_import(\"{}\")", name_text(made.alias), names_.text(made.name)));
}

// The statement becomes a function that the function's ExitStack calls, last first.
void PythonWriter::defer(const DeferStmt& made) {
    Stmt* body = made.body;
    const Block alone(&body, 1);
    const std::string helper = fmt::format("_h_defer_{}", ++counter_);
    const std::size_t mark = out_.size();
    line("def " + helper + "():");
    ++indent_;
    const BoundNames bound = bound_names(alone);
    const Scope& scope = scopes_.back();
    for (const NameId id : bound.bound) {
        const auto& globals = scope.names.declared_global;
        const bool global =
            scope.kind == ScopeKind::file || std::find(globals.begin(), globals.end(), id) != globals.end();
        line((global ? "global " : "nonlocal ") + name_text(id));
    }
    const std::size_t before = out_.size();
    statement(body);
    const std::string_view written = std::string_view(out_).substr(before);
    const bool ends_name =
        body->kind == StmtKind::expression &&
        written.substr(std::min(written.size(), static_cast<std::size_t>(indent_) * 4)).starts_with("del ");
    --indent_;
    if (ends_name) {
        // A name that would end when its function is left ends then without help.
        out_.resize(mark);
        return line("pass");
    }
    line("_h_deferred.callback(" + helper + ")");
}

void PythonWriter::if_statement(const IfStmt& made) {
    for (std::size_t i = 0; i < made.branches.size(); ++i) {
        begin_line();
        out_ += i == 0 ? "if " : "elif ";
        expression(made.branches[i].condition);
        out_ += ":\n";
        block(made.branches[i].body);
    }
    loop_else(made.otherwise);
}

void PythonWriter::loop_else(Block otherwise) {
    if (otherwise.empty()) return;
    line("else:");
    block(otherwise);
}

}  // namespace harness::lang
