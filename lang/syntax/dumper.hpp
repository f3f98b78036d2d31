// The dumper's class, shared by the file that writes expressions and the one that writes statements.
// It is no part of the interface; users include dump.hpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lang/syntax/ast.hpp"

namespace harness::lang {

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

}  // namespace harness::lang
