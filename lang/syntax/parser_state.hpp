// The recursive-descent parser as one class, its functions spread over several files by what they read.
// Inside, an error unwinds to the enclosing statement with an exception; none leaves parse().
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lang/syntax/ast.hpp"
#include "lang/syntax/lexer.hpp"
#include "lang/syntax/parser.hpp"
#include "lang/syntax/tree_memory.hpp"

namespace harness::lang {

/// Thrown after an error was reported, caught where a statement begins.
struct SyntaxFailure {};

inline constexpr std::size_t most_errors = 20;

/// The words that mean something only where they stand at the head of a certain form.
struct Words {
    explicit Words(Names& names);
    NameId keep, let, using_, region, defer, spawn, struct_, enum_, match, case_, const_, static_, import,
        unsafe, extern_, underscore, print;
    std::uint64_t statement_filter = 0;  ///< a bit per id modulo 64: most names are told apart by it alone
    bool may_begin_statement(NameId name) const { return (statement_filter >> (name & 63) & 1) != 0; }
};

class Parser {
  public:
    Parser(const SourceMap& sources, std::uint32_t base, Names& names, TreeMemory& memory,
           std::vector<Diagnostic>& errors);

    Block file();

  private:
    // Tokens (parser.cpp).
    void advance() {
        previous_end_ = token_.end;
        token_ = lexer_.next();
        if (token_.kind == TokenKind::error) lexical_error();
    }
    void lexical_error();
    bool at(TokenKind kind) const { return token_.kind == kind; }
    bool at_word(NameId word) const { return token_.kind == TokenKind::name && token_.name == word; }
    bool accept(TokenKind kind) {
        if (token_.kind != kind) return false;
        advance();
        return true;
    }
    Span since(std::uint32_t begin) const { return {begin, previous_end_}; }

    // Nodes.
    template <class T>
    T* node(ExprKind kind, Span span) {
        T* made = memory_.make<T>();
        made->kind = kind;
        made->span = span;
        return made;
    }
    template <class T>
    T* statement(StmtKind kind, std::uint32_t begin) {
        T* made = memory_.make<T>();
        made->kind = kind;
        made->span = since(begin);
        return made;
    }
    /// Sets the height above the given children and refuses what is too high.
    void raise_above(Expr* parent, unsigned highest_child) {
        if (highest_child >= max_expression_height) too_deep(parent->span);
        parent->height = static_cast<std::uint16_t>(highest_child + 1);
    }
    static unsigned height_of(const Expr* expr) { return expr != nullptr ? expr->height : 0U; }
    static unsigned highest(List<Expr*> list);

    /// Counts one level of nesting as long as it lives.
    class Nesting {
      public:
        explicit Nesting(Parser& parser) : parser_(parser) {
            if (++parser_.context_.nesting > max_nesting) parser_.too_deep(parser_.token_.span());
        }
        ~Nesting() { --parser_.context_.nesting; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;

      private:
        Parser& parser_;
    };

    // Errors and recovery (errors.cpp).
    void report(Span span, std::string message, std::string help = {});
    [[noreturn]] void fail(Span span, std::string message, std::string help = {});
    [[noreturn]] void too_deep(Span span);
    /// Ends the reading of a file that defines too many.
    void count_function(Span span);
    [[noreturn]] void fail_expression();
    [[noreturn]] void fail_statement_end(const Expr* before);
    [[noreturn]] void fail_keyword();
    void fail_foreign_operator();
    void expect_close(TokenKind kind, std::uint32_t open, const char* what);
    void expect_colon(std::uint32_t statement_begin, const char* after);
    Token expect_name(const char* what);
    std::string found() const;
    Span missing_place() const;
    void recover(const Token& first);
    void orphan_block();
    std::string_view excerpt(Span span) const;

    // Statements (statements.cpp, simple_statements.cpp).
    void statements();
    void one_statement();
    void one_compound_or_simple();
    bool contextual_statement();
    void simple_line();
    void simple_statement();
    bool contextual_simple_statement();
    void push(Stmt* made) { scratch_.push(made); }
    Block suite(std::uint32_t begin, const char* statement_name);
    void expression_statement();
    Stmt* assignment(std::uint32_t begin, Expr* first);
    Stmt* annotated(std::uint32_t begin, Expr* target);
    Expr* annotation();
    void check_target(const Expr* target, bool starred_allowed = false);
    void if_statement();
    void while_statement();
    void for_statement();
    void try_statement();
    ExceptClause except_clause();
    void return_statement();
    void raise_statement();
    void assert_statement();
    void del_statement();
    void names_statement(StmtKind kind);
    void declare_statement(StmtKind kind, const char* word);
    void keep_statement();
    void defer_statement();
    void import_statement();
    void block_statement(StmtKind kind, const char* word);
    void loop_exit(StmtKind kind, const char* message);
    template <class T>
    void loop_body(T* loop, std::uint32_t begin, const char* word);

    // Definitions (definitions.cpp).
    void decorated();
    void definition(List<Expr*> decorators, std::uint32_t begin);
    void def_statement(List<Expr*> decorators, bool is_extern);
    void class_statement(List<Expr*> decorators);
    void struct_statement(List<Expr*> decorators);
    void enum_statement(List<Expr*> decorators);
    List<NameId> type_parameters();
    List<Parameter> parameters(TokenKind end);
    Parameter parameter(bool annotated);
    void check_parameters(List<Parameter> list);
    void member_lines(std::uint32_t begin, const char* name, bool variants, Block& methods);
    void member(bool variants);
    void variant();
    FieldDecl field();

    // Patterns (patterns.cpp).
    bool match_begins();
    void match_statement();
    MatchCase match_case();
    Pattern* pattern_list();
    Pattern* pattern();
    Pattern* closed_pattern();
    Pattern* name_pattern();
    Pattern* sequence_pattern(TokenKind close);
    Pattern* mapping_pattern();
    Pattern* sequence_element();
    void constructor_parts(Pattern* made);
    void set_parts(Pattern* pattern, List<Pattern*> parts, List<NameId> names = {});
    Pattern* make_pattern(PatternKind kind, Span span);

    // Expressions (expressions.cpp, operators.cpp, displays.cpp, strings.cpp).
    Expr* expression();
    Expr* named_expression();
    Expr* star_expression_list(bool named);
    Expr* starred_or_named();
    Expr* target_list();
    Expr* disjunction();
    Expr* conjunction();
    Expr* inversion();
    Expr* comparison();
    Expr* logical(bool is_and);
    Expr* binary(int minimum);
    Expr* unary();
    Expr* power();
    Expr* postfix();
    Expr* atom();
    Expr* lambda();
    Expr* conditional(std::uint32_t begin, Expr* first);
    Expr* pipe_operand(int minimum);
    Expr* keep_stage();
    Expr* join(std::uint32_t begin, const Token& op, Expr* left, Expr* right);
    bool take_placeholder(Expr* stage);
    Expr* call(std::uint32_t begin, Expr* callee);
    Argument argument();
    void check_arguments(List<Argument> arguments);
    Expr* index(std::uint32_t begin, Expr* object);
    Expr* slice();
    Expr* parenthesised();
    Expr* list_display();
    SequenceExpr* sequence(ExprKind kind, std::uint32_t begin, std::size_t mark);
    Expr* dict_display();
    Expr* comprehension(ExprKind kind, std::uint32_t begin, Expr* key, Expr* element);
    List<CompClause> clauses(unsigned& height);
    Expr* number();
    Expr* string();

    // Strings (strings.cpp).
    struct StringToken {
        std::string_view body;
        std::uint32_t body_begin = 0;
        bool raw = false;
        bool formatted = false;
    };
    StringToken take_apart(const Token& token) const;
    void append_bytes(std::string& out, const StringToken& part, std::size_t from, std::size_t to);
    std::size_t append_escape(std::string& out, const StringToken& part, std::size_t at);
    void formatted_parts(const StringToken& part, std::string& text, unsigned& height);
    std::size_t format_spec(const StringToken& part, std::size_t at, FStringPart& made, unsigned& height);
    std::size_t replacement(const StringToken& part, std::size_t at, unsigned& height);
    void replacement_end(const StringToken& part, std::uint32_t open, std::uint32_t value_begin,
                         FStringPart& made, unsigned& height);
    void flush_text(std::string& text);
    bool at_any_end() const;

    /// What an error in the middle of a statement must put back.
    struct Context {
        int nesting = 0;
        int loops = 0;
        int functions = 0;
        int formatted = 0;  ///< open replacement fields of f-strings
        int quiet = 0;      ///< errors are swallowed: they would only follow from one that was told
        int spec_depth = 0;
    };

    const SourceMap& sources_;
    const std::uint32_t base_;
    Names& names_;
    TreeMemory& memory_;
    std::vector<Diagnostic>& errors_;
    std::size_t errors_before_;
    NameTable table_;
    Lexer lexer_;
    Words words_;
    Token token_;
    std::uint32_t previous_end_;
    ScratchStack scratch_;
    Context context_;
    std::vector<std::uint32_t> stamps_;  ///< per name: the last list in which it was seen, to find duplicates
    std::uint32_t stamp_ = 0;
    std::uint32_t resume_from_ = 0;  ///< recovery goes on behind the line of this offset
    bool stopped_ = false;
    int functions_ = 0;
    std::string text_;                   ///< reused by string literals
    std::vector<FieldDecl> fields_;      ///< of the struct that is being read
    std::vector<VariantDecl> variants_;  ///< of the enum that is being read

    bool seen_before(NameId name);
    void new_list() { ++stamp_; }
};

}  // namespace harness::lang
