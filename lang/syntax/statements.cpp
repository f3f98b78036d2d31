// Blocks and compound statements. Each statement is read within a guard of its own, so that one wrong line
// costs neither its neighbours nor the block around it.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

void Parser::statements() {
    while (!at(TokenKind::dedent) && !at(TokenKind::end)) one_statement();
}

void Parser::one_statement() {
    const std::size_t mark = scratch_.mark();
    const Context context = context_;
    const Token first = token_;
    try {
        one_compound_or_simple();
    } catch (const SyntaxFailure&) {
        scratch_.cut(mark);
        context_ = context;
        recover(first);
    }
}

void Parser::one_compound_or_simple() {
    switch (token_.kind) {
        case TokenKind::name:
            if (words_.may_begin_statement(token_.name) && contextual_statement()) return;
            return simple_line();
        case TokenKind::kw_if:
            return if_statement();
        case TokenKind::kw_while:
            return while_statement();
        case TokenKind::kw_for:
            return for_statement();
        case TokenKind::kw_try:
            return try_statement();
        case TokenKind::kw_def:
            return def_statement({}, false);
        case TokenKind::kw_class:
            return class_statement({});
        case TokenKind::at:
            return decorated();
        case TokenKind::indent: {
            report(token_.span(), "unexpected indent", "align the line with the one before");
            const std::size_t mark = scratch_.mark();
            advance();
            statements();
            scratch_.cut(mark);
            if (at(TokenKind::dedent)) advance();
            return;
        }
        case TokenKind::kw_async:
            fail_keyword();
        case TokenKind::kw_with:
            fail_keyword();
        case TokenKind::kw_from:
            fail_keyword();
        default:
            return simple_line();
    }
}

// Compound statements whose word is a plain name elsewhere; false when this is not one.
bool Parser::contextual_statement() {
    const NameId word = token_.name;
    if (word == words_.match) {
        if (!match_begins()) return false;
        match_statement();
        return true;
    }
    const TokenKind after = lexer_.peek().kind;
    if ((word == words_.region || word == words_.unsafe) && after == TokenKind::colon) {
        if (word == words_.region) {
            block_statement(StmtKind::region, "region");
        } else {
            block_statement(StmtKind::unsafe, "unsafe");
        }
        return true;
    }
    if (word == words_.extern_ && after == TokenKind::kw_def) {
        advance();
        def_statement({}, true);
        return true;
    }
    if (after != TokenKind::name) return false;
    if (word == words_.struct_) {
        struct_statement({});
        return true;
    }
    if (word == words_.enum_) {
        enum_statement({});
        return true;
    }
    return false;
}

// What follows the ':' of a header: an indented block, or simple statements on the same line.
Block Parser::suite(std::uint32_t begin, const char* statement_name) {
    const std::size_t mark = scratch_.mark();
    if (!at(TokenKind::newline)) {
        simple_line();
        return scratch_.take<Stmt*>(mark, memory_);
    }
    advance();
    if (!at(TokenKind::indent)) {
        const Span span =
            at(TokenKind::end) || at(TokenKind::dedent) ? Span{begin, begin + 1} : token_.span();
        report(span,
               std::string("expected an indented block after ") + statement_name + " on line " +
                   std::to_string(sources_.place(begin).line),
               "indent the lines that belong to it, or write 'pass'");
        return {};
    }
    advance();
    statements();
    if (at(TokenKind::dedent)) advance();
    return scratch_.take<Stmt*>(mark, memory_);
}

void Parser::if_statement() {
    const std::uint32_t begin = token_.begin;
    auto* made = memory_.make<IfStmt>();
    const std::size_t mark = scratch_.mark();
    const char* name = "'if' statement";
    do {
        const std::uint32_t branch_begin = token_.begin;
        advance();
        IfBranch branch{};
        branch.condition = named_expression();
        expect_colon(branch_begin, "after the condition");
        if (scratch_.mark() == mark) {
            made->kind = StmtKind::if_;
            made->span = since(begin);
        }
        branch.body = suite(branch_begin, name);
        scratch_.push(branch);
        name = "'elif' statement";
    } while (at(TokenKind::kw_elif));
    if (at(TokenKind::kw_else)) {
        const std::uint32_t else_begin = token_.begin;
        advance();
        if (at(TokenKind::kw_if)) {
            fail({else_begin, token_.end}, "expected ':' after 'else', found 'if'",
                 "write 'elif condition:'");
        }
        expect_colon(else_begin, "after 'else'");
        made->otherwise = suite(else_begin, "'else' statement");
    }
    made->branches = scratch_.take<IfBranch>(mark, memory_);
    push(made);
}

template <class T>
void Parser::loop_body(T* loop, std::uint32_t begin, const char* name) {
    const int outer_loops = context_.loops++;
    loop->body = suite(begin, name);
    context_.loops = outer_loops;
    if (at(TokenKind::kw_else)) {
        const std::uint32_t else_begin = token_.begin;
        advance();
        expect_colon(else_begin, "after 'else'");
        loop->otherwise = suite(else_begin, "'else' statement");
    }
    push(loop);
}

void Parser::while_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* condition = named_expression();
    expect_colon(begin, "after the condition");
    auto* made = statement<WhileStmt>(StmtKind::while_, begin);
    made->condition = condition;
    loop_body(made, begin, "'while' statement");
}

void Parser::for_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* target = target_list();
    if (!at(TokenKind::kw_in)) {
        const Span span = at(TokenKind::newline) ? missing_place() : token_.span();
        fail(span, "expected 'in' after the target of 'for'", "write 'for x in xs:'; count with range(n)");
    }
    advance();
    Expr* iterable = star_expression_list(false);
    expect_colon(begin, "after the iterable");
    auto* made = statement<ForStmt>(StmtKind::for_, begin);
    made->target = target;
    made->iterable = iterable;
    loop_body(made, begin, "'for' statement");
}

void Parser::try_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    expect_colon(begin, "after 'try'");
    auto* made = statement<TryStmt>(StmtKind::try_, begin);
    made->body = suite(begin, "'try' statement");
    const std::size_t mark = scratch_.mark();
    bool bare = false;
    while (at(TokenKind::kw_except)) {
        if (bare) report(token_.span(), "default 'except:' must be last", "move it behind the others");
        const ExceptClause clause = except_clause();
        bare = clause.types == nullptr;
        scratch_.push(clause);
    }
    made->handlers = scratch_.take<ExceptClause>(mark, memory_);
    if (at(TokenKind::kw_else)) {
        const std::uint32_t part = token_.begin;
        if (made->handlers.empty())
            fail(token_.span(), "'else' of a 'try' without 'except'", "write the 'except' first");
        advance();
        expect_colon(part, "after 'else'");
        made->otherwise = suite(part, "'else' statement");
    }
    if (at(TokenKind::kw_finally)) {
        const std::uint32_t part = token_.begin;
        advance();
        expect_colon(part, "after 'finally'");
        made->has_finally = true;
        made->finally = suite(part, "'finally' statement");
    } else if (made->handlers.empty()) {
        // The try itself is marked: the line that follows it may be anywhere.
        report(made->span, "expected 'except' or 'finally' block",
               "add 'except NAME:' or 'finally:' behind the block");
    }
    push(made);
}

ExceptClause Parser::except_clause() {
    const std::uint32_t begin = token_.begin;
    advance();
    ExceptClause clause{};
    if (at(TokenKind::star))
        fail(token_.span(), "'except*' is not part of the language", "write 'except NAME:'");
    if (!at(TokenKind::colon)) {
        clause.types = expression();
        if (at(TokenKind::comma)) {
            fail({clause.types->span.begin, token_.end}, "multiple exception types must be parenthesized",
                 "write 'except (A, B):'");
        }
        if (accept(TokenKind::kw_as)) {
            const Token name = expect_name("a name after 'as'");
            clause.name = name.name;
            clause.name_span = name.span();
        }
    }
    expect_colon(begin, clause.types == nullptr ? "after 'except'" : "after the exception");
    clause.span = since(begin);
    clause.body = suite(begin, "'except' statement");
    return clause;
}

void Parser::block_statement(StmtKind kind, const char* word) {
    const std::uint32_t begin = token_.begin;
    advance();
    advance();
    auto* made = statement<BlockStmt>(kind, begin);
    made->body = suite(begin, word);
    push(made);
}

}  // namespace harness::lang
