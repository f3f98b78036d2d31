// Statements of one line: assignments in all their forms, the small keyword statements and the memory
// statements. Several of them may share a line, separated by ';'.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

void Parser::simple_line() {
    for (;;) {
        simple_statement();
        if (!accept(TokenKind::semicolon)) break;
        if (at(TokenKind::newline)) break;
    }
    if (!at(TokenKind::newline)) fail_statement_end(nullptr);
    advance();
}

void Parser::simple_statement() {
    const std::uint32_t begin = token_.begin;
    switch (token_.kind) {
        case TokenKind::name:
            if (words_.may_begin_statement(token_.name) && contextual_simple_statement()) return;
            return expression_statement();
        case TokenKind::kw_return:
            return return_statement();
        case TokenKind::kw_break:
            return loop_exit(StmtKind::break_, "'break' outside loop");
        case TokenKind::kw_continue:
            return loop_exit(StmtKind::continue_, "'continue' not properly in loop");
        case TokenKind::ellipsis:
        case TokenKind::kw_pass:
            advance();
            return push(statement<Stmt>(StmtKind::pass, begin));
        case TokenKind::kw_raise:
            return raise_statement();
        case TokenKind::kw_assert:
            return assert_statement();
        case TokenKind::kw_del:
            return del_statement();
        case TokenKind::kw_global:
            return names_statement(StmtKind::global);
        case TokenKind::kw_nonlocal:
            return names_statement(StmtKind::nonlocal);
        case TokenKind::kw_if:
        case TokenKind::kw_while:
        case TokenKind::kw_for:
        case TokenKind::kw_try:
        case TokenKind::kw_def:
        case TokenKind::kw_class:
            fail(token_.span(), found() + " must begin a line of its own",
                 "put it on the next line, indented");
        default:
            return expression_statement();
    }
}

// Statements whose word is a plain name elsewhere; false when this is not one. Two names in a row are never
// an expression, so a name behind the word decides.
bool Parser::contextual_simple_statement() {
    const NameId word = token_.name;
    const Token after = lexer_.peek();
    if (word == words_.defer) {
        const bool begins = after.kind == TokenKind::name || after.kind == TokenKind::string ||
                            (after.kind >= TokenKind::kw_and && after.kind != TokenKind::kw_and &&
                             after.kind != TokenKind::kw_or && after.kind != TokenKind::kw_in &&
                             after.kind != TokenKind::kw_is && after.kind != TokenKind::kw_not &&
                             after.kind != TokenKind::kw_if && after.kind != TokenKind::kw_else);
        if (begins) defer_statement();
        return begins;
    }
    if (word == words_.keep && after.kind == TokenKind::string) {
        keep_statement();
        return true;
    }
    if (after.kind != TokenKind::name || after.name == words_.using_) return false;
    if (word == words_.keep) {
        keep_statement();
    } else if (word == words_.let) {
        declare_statement(StmtKind::let, "let");
    } else if (word == words_.const_) {
        declare_statement(StmtKind::const_, "const");
    } else if (word == words_.static_) {
        declare_statement(StmtKind::static_, "static");
    } else if (word == words_.import) {
        import_statement();
    } else {
        return false;
    }
    return true;
}

namespace {

/// What an expression is called in the message that it cannot be assigned to; null when it can be.
const char* unassignable(const Expr* target) {
    switch (target->kind) {
        case ExprKind::name:
        case ExprKind::attribute:
        case ExprKind::index:
        case ExprKind::tuple:
        case ExprKind::list:
            return nullptr;
        case ExprKind::integer:
        case ExprKind::floating:
        case ExprKind::string:
            return "literal";
        case ExprKind::fstring:
            return "f-string expression";
        case ExprKind::none:
            return "None";
        case ExprKind::boolean:
            return as<BooleanExpr>(target).value ? "True" : "False";
        case ExprKind::placeholder:
            return "the placeholder of a pipe";
        case ExprKind::dict:
            return "dict literal";
        case ExprKind::compare:
            return "comparison";
        case ExprKind::conditional:
            return "conditional expression";
        case ExprKind::lambda:
            return "lambda";
        case ExprKind::call:
        case ExprKind::made:
        case ExprKind::spawn:
            return "function call";
        case ExprKind::list_comp:
            return "list comprehension";
        case ExprKind::dict_comp:
            return "dict comprehension";
        case ExprKind::generator:
            return "generator expression";
        case ExprKind::borrow:
            return "borrow";
        case ExprKind::pipe:
        case ExprKind::keep_stage:
            return "pipe";
        case ExprKind::walrus:
            return "named expression";
        case ExprKind::starred:
            return "starred expression";
        case ExprKind::array_type:
            return "array";
        case ExprKind::slice:
        case ExprKind::unary:
        case ExprKind::binary:
        case ExprKind::logical:
        case ExprKind::using_allocator:
            return "expression";
    }
    return "expression";
}

}  // namespace

void Parser::check_target(const Expr* target, bool starred_allowed) {
    if (target->kind == ExprKind::starred && starred_allowed)
        return check_target(as<StarredExpr>(target).value);
    if (const char* what = unassignable(target); what != nullptr) {
        if (target->kind == ExprKind::starred) {
            fail(target->span, "starred assignment target must be in a list or tuple", "write '*rest, = xs'");
        }
        const bool comparable = at(TokenKind::assign);
        fail(target->span, std::string("cannot assign to ") + what,
             comparable ? "use '==' to compare; assign to a name, a field or an element"
                        : "assign to a name, a field or an element");
    }
    if (target->kind != ExprKind::tuple && target->kind != ExprKind::list) return;
    bool starred = false;
    for (const Expr* each : as<SequenceExpr>(target).elements) {
        if (each->kind == ExprKind::starred) {
            if (starred) fail(each->span, "multiple starred expressions in assignment", "keep one '*' only");
            starred = true;
        }
        check_target(each, true);
    }
}

void Parser::expression_statement() {
    const std::uint32_t begin = token_.begin;
    Expr* first = star_expression_list(false);
    switch (token_.kind) {
        case TokenKind::newline:
        case TokenKind::semicolon: {
            auto* made = statement<ExprStmt>(StmtKind::expression, begin);
            made->value = first;
            return push(made);
        }
        case TokenKind::assign:
            return push(assignment(begin, first));
        case TokenKind::colon: {
            const TokenKind after = lexer_.peek().kind;
            if (after == TokenKind::newline) fail_statement_end(first);
            return push(annotated(begin, first));
        }
        case TokenKind::walrus: {
            if (first->kind != ExprKind::name) {
                fail(first->span, "only a name can stand before ':='", "write '=' to assign to a place");
            }
            const std::size_t mark = scratch_.mark();
            scratch_.push(first);
            advance();
            Expr* value = star_expression_list(false);
            auto* made = statement<AssignStmt>(StmtKind::assign, begin);
            made->targets = scratch_.take<Expr*>(mark, memory_);
            made->value = value;
            return push(made);
        }
        default:
            break;
    }
    if (token_.kind < TokenKind::plus_assign || token_.kind > TokenKind::shift_right_assign)
        fail_statement_end(first);
    const Token op = token_;
    if (first->kind == ExprKind::tuple || first->kind == ExprKind::list) {
        fail(first->span,
             "'" + std::string(first->kind == ExprKind::tuple ? "tuple" : "list") +
                 "' is an illegal expression for augmented assignment",
             "change one place at a time");
    }
    check_target(first);
    advance();
    Expr* value = star_expression_list(false);
    auto* made = statement<AugmentedAssignStmt>(StmtKind::augmented_assign, begin);
    made->target = first;
    made->op = static_cast<BinaryOp>(static_cast<int>(op.kind) - static_cast<int>(TokenKind::plus_assign));
    made->value = value;
    made->op_span = op.span();
    push(made);
}

Stmt* Parser::assignment(std::uint32_t begin, Expr* first) {
    const std::size_t mark = scratch_.mark();
    Expr* value = first;
    while (at(TokenKind::assign)) {
        check_target(value);
        scratch_.push(value);
        advance();
        value = star_expression_list(false);
    }
    auto* made = statement<AssignStmt>(StmtKind::assign, begin);
    made->targets = scratch_.take<Expr*>(mark, memory_);
    made->value = value;
    return made;
}

// The type behind ':' or '->'. Everything that is an expression is accepted; a later pass knows the types.
Expr* Parser::annotation() { return expression(); }

Stmt* Parser::annotated(std::uint32_t begin, Expr* target) {
    if (target->kind == ExprKind::tuple || target->kind == ExprKind::list) {
        fail(target->span, "only single target (not tuple) can be annotated",
             "annotate each name on its own");
    }
    if (target->kind != ExprKind::name && target->kind != ExprKind::attribute &&
        target->kind != ExprKind::index) {
        fail(target->span, "illegal target for annotation",
             "only a name, a field or an element can have a type");
    }
    advance();
    Expr* type = annotation();
    Expr* value = accept(TokenKind::assign) ? star_expression_list(false) : nullptr;
    auto* made = statement<AnnotatedAssignStmt>(StmtKind::annotated_assign, begin);
    made->target = target;
    made->annotation = type;
    made->value = value;
    return made;
}

void Parser::return_statement() {
    const std::uint32_t begin = token_.begin;
    if (context_.functions == 0)
        report(token_.span(), "'return' outside function", "end a program with exit(n)");
    advance();
    Expr* value = at(TokenKind::newline) || at(TokenKind::semicolon) ? nullptr : star_expression_list(false);
    auto* made = statement<ReturnStmt>(StmtKind::return_, begin);
    made->value = value;
    push(made);
}

void Parser::loop_exit(StmtKind kind, const char* message) {
    const std::uint32_t begin = token_.begin;
    if (context_.loops == 0) report(token_.span(), message, "it belongs in the body of 'while' or 'for'");
    advance();
    push(statement<Stmt>(kind, begin));
}

void Parser::raise_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* value = at(TokenKind::newline) || at(TokenKind::semicolon) ? nullptr : expression();
    Expr* cause = value != nullptr && accept(TokenKind::kw_from) ? expression() : nullptr;
    auto* made = statement<RaiseStmt>(StmtKind::raise, begin);
    made->value = value;
    made->cause = cause;
    push(made);
}

void Parser::assert_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* condition = expression();
    if (at(TokenKind::assign)) fail(token_.span(), "unexpected '=' in the condition", "use '==' to compare");
    Expr* message = accept(TokenKind::comma) ? expression() : nullptr;
    auto* made = statement<AssertStmt>(StmtKind::assert_, begin);
    made->condition = condition;
    made->message = message;
    push(made);
}

void Parser::del_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    const std::size_t mark = scratch_.mark();
    do {
        if (scratch_.mark() > mark && (at(TokenKind::newline) || at(TokenKind::semicolon))) break;
        Expr* target = binary(1);
        if (const char* what = unassignable(target); what != nullptr) {
            fail(target->span, std::string("cannot delete ") + what, "delete a name, a field or an element");
        }
        scratch_.push(target);
    } while (accept(TokenKind::comma));
    auto* made = statement<DelStmt>(StmtKind::del, begin);
    made->targets = scratch_.take<Expr*>(mark, memory_);
    push(made);
}

}  // namespace harness::lang
