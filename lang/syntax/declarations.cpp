// Statements that declare names or say how long things live: global, let, const, keep, defer, import. All of
// their words but global and nonlocal are names of the program wherever the form does not fit.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

void Parser::names_statement(StmtKind kind) {
    const std::uint32_t begin = token_.begin;
    advance();
    const std::size_t mark = scratch_.mark();
    do scratch_.push(expect_name("a name"));
    while (accept(TokenKind::comma));
    const auto tokens = scratch_.take<Token>(mark, memory_);
    for (const Token& each : tokens) scratch_.push(each.name);
    auto* made = statement<NamesStmt>(kind, begin);
    made->names = scratch_.take<NameId>(mark, memory_);
    for (const Token& each : tokens) scratch_.push(each.span());
    made->name_spans = scratch_.take<Span>(mark, memory_);
    push(made);
}

void Parser::declare_statement(StmtKind kind, const char* word) {
    const std::uint32_t begin = token_.begin;
    advance();
    const Token name = expect_name("a name");
    Expr* type = accept(TokenKind::colon) ? annotation() : nullptr;
    if (!at(TokenKind::assign)) {
        const Span span = at(TokenKind::newline) ? missing_place() : token_.span();
        fail(span, std::string("expected '=' and a value after the name of '") + word + "'",
             std::string("write '") + word + " " + std::string(names_.text(name.name)) + " = value'");
    }
    advance();
    Expr* value = star_expression_list(false);
    auto* made = statement<DeclareStmt>(kind, begin);
    made->name = name.name;
    made->name_span = name.span();
    made->annotation = type;
    made->value = value;
    push(made);
}

// keep x with y, z using a
void Parser::keep_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* value = binary(1);
    const std::size_t mark = scratch_.mark();
    if (accept(TokenKind::kw_with)) {
        do scratch_.push(binary(1));
        while (accept(TokenKind::comma));
    }
    Expr* allocator = nullptr;
    if (at_word(words_.using_)) {
        advance();
        allocator = binary(1);
    }
    auto* made = statement<KeepStmt>(StmtKind::keep, begin);
    made->value = value;
    made->targets = scratch_.take<Expr*>(mark, memory_);
    made->allocator = allocator;
    push(made);
}

void Parser::defer_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    if (at_word(words_.defer) && lexer_.peek().kind == TokenKind::name) {
        fail(token_.span(), "'defer' cannot defer a 'defer'",
             "write one 'defer' per line; the last runs first");
    }
    if (at(TokenKind::kw_return) || at(TokenKind::kw_break) || at(TokenKind::kw_continue)) {
        fail(token_.span(), found() + " cannot be deferred",
             "a deferred statement runs when the function is left");
    }
    const std::size_t mark = scratch_.mark();
    simple_statement();
    const auto bodies = scratch_.take<Stmt*>(mark, memory_);
    if (bodies.size() != 1)
        fail({begin, previous_end_}, "'defer' takes one statement", "write one 'defer' for each");
    auto* made = statement<DeferStmt>(StmtKind::defer, begin);
    made->body = bodies[0];
    push(made);
}

// import a, b as c: one node for each module.
void Parser::import_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    do {
        const Token name = expect_name("a module's name after 'import'");
        if (at(TokenKind::dot)) {
            fail({name.begin, token_.end}, "a module's name has no dots",
                 "the file 'name.src' lies beside this one");
        }
        const NameId alias = accept(TokenKind::kw_as) ? expect_name("a name after 'as'").name : name.name;
        auto* made = statement<ImportStmt>(StmtKind::import, begin);
        made->name = name.name;
        made->name_span = name.span();
        made->alias = alias;
        push(made);
    } while (accept(TokenKind::comma));
}

}  // namespace harness::lang
