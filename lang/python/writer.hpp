// Writes one file's tree as Python statements. Expressions are appended with the fewest parentheses, since
// CPython takes no more than 200 of them within each other.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lang/source/diagnostic.hpp"
#include "lang/syntax/ast.hpp"
#include "lang/syntax/bound_names.hpp"

namespace harness::lang {

/// Python's binding strengths, loosest first.
enum class Level : std::uint8_t {
    any,
    conditional,
    logical_or,
    logical_and,
    logical_not,
    comparison,
    bit_or,
    bit_xor,
    bit_and,
    shift,
    sum,
    product,
    unary,
    power,
    postfix,
};

class PythonWriter {
  public:
    PythonWriter(const SourceMap& sources, Names& names, std::vector<Diagnostic>& errors);

    /// The file's statements; `main` wraps them into the function `_h_main` that the epilogue starts.
    std::string file(Block body, bool main);

    struct Import {
        NameId name;
        Span span;
    };
    /// Modules that the last file asked for, in order, `math` left out.
    const std::vector<Import>& imports() const { return imports_; }

  private:
    enum class ScopeKind : std::uint8_t { file, function, class_ };
    struct Scope {
        ScopeKind kind = ScopeKind::file;
        BoundNames names;
        std::vector<NameId> parameters;
        bool result_is_float = false;
    };
    struct Renamed {
        NameId name;
        std::string text;  ///< empty: the name itself again, in a scope that binds it anew
    };
    /// A pipe being written as nested calls: `next` is the stage whose result the placeholder stands for.
    struct Chain {
        const Expr* start = nullptr;
        std::vector<const Expr*> stages;
    };

    // Lines and names.
    void begin_line();
    void line(std::string_view text);
    void name(NameId id);
    std::string name_text(NameId id) const;
    void unsupported(Span span, const std::string& what, std::string help);
    bool is_builtin(const Expr* callee, NameId word) const;
    void refuse_reference(const Expr* annotation);
    bool is_float(const Expr* annotation) const;
    bool lives_here(NameId id) const;
    std::string_view excerpt(Span span) const { return sources_.excerpt(span); }

    // Statements.
    void block(Block statements);
    void lines(Block statements);
    void statement(const Stmt* stmt);
    void expression_statement(const ExprStmt& made);
    void end_of_name(const Expr* operand);
    void assign(const AssignStmt& made);
    void annotated(const AnnotatedAssignStmt& made);
    void declare(const DeclareStmt& made);
    void static_(const DeclareStmt& made);
    void del(const DelStmt& made);
    void names_line(const NamesStmt& made, const char* word);
    void import(const ImportStmt& made);
    void defer(const DeferStmt& made);
    void if_statement(const IfStmt& made);
    void loop_else(Block otherwise);
    void match(const MatchStmt& made);
    void pattern(const Pattern* made);
    void try_statement(const TryStmt& made);
    void def(const DefStmt& made);
    void class_(const ClassStmt& made);
    void struct_(const StructStmt& made);
    void struct_default(const StructStmt& made);
    void decorators(List<Expr*> list);
    void parameters(List<Parameter> list);
    void function_body(Block body, bool has_defer);
    void value_or_float(const Expr* value, bool to_float);

    // Expressions.
    void expression(const Expr* expr, Level least = Level::any);
    void name_read(const NameExpr& made);
    void operators(const Expr* expr);
    void displays(const Expr* expr);
    void expressions(List<Expr*> list);
    void call(const CallExpr& made);
    void argument_list(List<Argument> arguments);
    void comprehension(const ComprehensionExpr& made);
    void lambda(const LambdaExpr& made);
    void slice(const SliceExpr& made);
    void pipe(const Expr* expr);
    bool nests(const Expr* stage) const;
    void stage(const Chain& chain, std::size_t count);
    void stage_as_lambda(const Expr* stage);
    const Expr* passed_on(const Expr* stage) const;
    void string(std::string_view bytes);
    void escaped(std::string_view bytes, bool braces);
    void fstring(const FStringExpr& made);
    bool fits_fstring(List<FStringPart> parts, std::string& text);
    void joined(List<FStringPart> parts);

    const SourceMap& sources_;
    Names& names_;
    std::vector<Diagnostic>& errors_;
    std::string out_;
    int indent_ = 0;
    int counter_ = 0;
    std::vector<Scope> scopes_;
    std::vector<Renamed> renamed_;
    std::vector<std::string> extra_globals_;  ///< renamed block-locals of the file itself
    std::vector<NameId> bound_in_file_;
    std::vector<Import> imports_;
    const Chain* chain_ = nullptr;
    std::size_t chain_count_ = 0;

    NameId free_, deinit_, move_, clone_, locals_, globals_, import_, math_, float_, f32_, f64_;
    std::vector<std::pair<NameId, const char*>> untranslatable_;  ///< sorted by id, with the remedy
};

}  // namespace harness::lang
