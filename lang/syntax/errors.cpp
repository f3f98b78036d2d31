// What the parser says when the text is wrong, and how it finds its way back. One mistake gives one message:
// whatever would only follow from it is skipped with its line and its block.
#include <utility>

#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

std::string_view Parser::excerpt(Span span) const {
    return {lexer_.pointer(span.begin), static_cast<std::size_t>(span.end - span.begin)};
}

void Parser::report(Span span, std::string message, std::string help) {
    if (context_.quiet > 0 || errors_.size() - errors_before_ >= most_errors) return;
    Diagnostic error;
    error.name = "SyntaxError";
    error.span = span;
    error.message = std::move(message);
    error.help = std::move(help);
    errors_.push_back(std::move(error));
    if (errors_.size() - errors_before_ >= most_errors) stopped_ = true;
}

// An error within brackets that are open since an earlier line and never closed is an error of the bracket.
void Parser::fail(Span span, std::string message, std::string help) {
    resume_from_ = token_.begin;
    if (context_.formatted == 0 && !at(TokenKind::newline)) {
        Lexer ahead = lexer_;
        const bool closed =
            (lexer_.depth() == 0 || !only_begins_statement(token_.kind)) && ahead.skip_logical_line();
        if (closed) {
            resume_from_ = ahead.offset(ahead.position().at);
        } else if (lexer_.depth() > 0) {
            const std::uint32_t open = lexer_.open_bracket();
            const bool later_line =
                excerpt({open, std::max(open, token_.begin)}).find('\n') != std::string_view::npos;
            if (later_line || at(TokenKind::end)) {
                resume_from_ = open;
                span = {open, open + 1};
                message = std::string("'") + lexer_.open_bracket_char() + "' was never closed";
                help = "close it, or remove it";
            }
        }
    }
    report(span, std::move(message), std::move(help));
    throw SyntaxFailure{};
}

void Parser::count_function(Span span) {
    if (++functions_ <= max_functions) return;
    report(span, "this file defines more than 30 000 functions",
           "move some of them to a file of their own, and import it");
    stopped_ = true;
    throw SyntaxFailure{};
}

void Parser::too_deep(Span span) {
    fail(span, "expression nested too deeply", "give its parts names of their own, each on a line before");
}

// The place where something is missing: directly behind what was read last.
Span Parser::missing_place() const { return {previous_end_, previous_end_}; }

std::string Parser::found() const {
    switch (token_.kind) {
        case TokenKind::newline:
            return "the end of the line";
        case TokenKind::end:
            return "the end of the file";
        case TokenKind::indent:
            return "a deeper indentation";
        case TokenKind::dedent:
            return "the end of the block";
        case TokenKind::string:
            return "a string";
        default:
            break;
    }
    std::string_view text = excerpt(token_.span());
    if (text.size() > 40) return "'" + std::string(text.substr(0, 40)) + "…'";
    return "'" + std::string(text) + "'";
}

// Operators of other languages, wherever they stand.
void Parser::fail_foreign_operator() {
    const Span span = token_.span();
    if (at(TokenKind::and_and)) fail(span, "'&&' is not an operator", "write 'and'");
    if (at(TokenKind::or_or)) fail(span, "'||' is not an operator", "write 'or'");
    if (at(TokenKind::bang)) fail(span, "'!' is not an operator", "write 'not'");
    if (at(TokenKind::ellipsis))
        fail(span, "'...' is not part of the language", "write 'pass' for an empty body");
}

void Parser::fail_keyword() {
    const Span span = token_.span();
    switch (token_.kind) {
        case TokenKind::kw_yield:
            fail(span, "'yield' is not part of the language",
                 "return a list, or write a generator expression or a class with __iter__ and __next__");
        case TokenKind::kw_await:
        case TokenKind::kw_async:
            fail(span, found() + " is not part of the language",
                 "start a process with 'spawn f(...)' and 'join' it");
        case TokenKind::kw_with:
            fail(span, "'with' statements are not part of the language",
                 "write 'defer close_file(f)' after opening");
        case TokenKind::kw_from:
            fail(span, "'from … import' is not part of the language",
                 "write 'import name' and use name.what");
        case TokenKind::kw_elif:
        case TokenKind::kw_else:
            fail(span, found() + " without a matching 'if'", "indent it as the 'if' that it belongs to");
        case TokenKind::kw_except:
        case TokenKind::kw_finally:
            fail(span, found() + " without a matching 'try'", "indent it as the 'try' that it belongs to");
        case TokenKind::kw_lambda:
            fail(span, "a lambda needs parentheses here", "write '(lambda x: …)'");
        default:
            fail(span, "expected an expression, found the keyword " + found());
    }
}

void Parser::fail_expression() {
    fail_foreign_operator();
    const std::uint32_t two_back = std::max(base_ + 2, previous_end_) - 2;
    const std::string_view before = excerpt({two_back, std::max(two_back, previous_end_)});
    const bool line_ends = at(TokenKind::newline) || at(TokenKind::end) || at(TokenKind::semicolon);
    if (line_ends && (before == "++" || before == "--")) {
        fail({previous_end_ - 2, previous_end_}, "'" + std::string(before) + "' is not an operator",
             std::string("write 'x ") + before[0] + "= 1'");
    }
    if (at(TokenKind::end) && context_.formatted > 0) {
        fail(token_.span(), "f-string: expecting '}'",
             "close the brace; quotes within it must differ from the string's");
    }
    if (at(TokenKind::end) && lexer_.depth() > 0) fail(token_.span(), "unexpected end of the file");
    if (line_ends || at(TokenKind::dedent)) fail(missing_place(), "expected an expression");
    if (at(TokenKind::indent)) fail(token_.span(), "unexpected indent", "align the line with the one before");
    if (is_keyword(token_.kind)) fail_keyword();
    if (at(TokenKind::double_slash) || at(TokenKind::slash)) {
        if (lexer_.first_on_line(token_.begin)) {
            fail(token_.span(), "expected an expression, found " + found(), "comments begin with '#'");
        }
    }
    if (at(TokenKind::star) || at(TokenKind::double_star)) {
        fail(token_.span(), "can't use starred expression here", "unpack within a call, a list or a tuple");
    }
    if (at(TokenKind::assign)) {
        fail(token_.span(), "expected an expression, found '='", "use '==' to compare");
    }
    fail(token_.span(), "expected an expression, found " + found());
}

namespace {

struct ForeignWord {
    std::string_view word, help;
};

/// Statements of other languages, told by their first word.
constexpr ForeignWord foreign_words[] = {
    {"function", "write 'def name(parameters):'"},
    {"func", "write 'def name(parameters):'"},
    {"fn", "write 'def name(parameters):'"},
    {"fun", "write 'def name(parameters):'"},
    {"var", "write 'x = value', or 'let x = value' for a name of this block"},
    {"auto", "write 'x = value'"},
    {"int", "write 'x: int = value'"},
    {"float", "write 'x: float = value'"},
    {"double", "write 'x: float = value'"},
    {"char", "write 'x: char = value'"},
    {"elseif", "write 'elif'"},
    {"elsif", "write 'elif'"},
    {"elif", "indent it as its 'if'"},
    {"switch", "write 'match value:' with 'case' lines"},
    {"throw", "write 'raise'"},
    {"catch", "write 'except NAME as e:'"},
    {"foreach", "write 'for x in xs:'"},
    {"new", "call the class: 'Node(1)'"},
    {"delete", "write 'free(x)' or 'deinit(x)'"},
    {"until", "write 'while not condition:'"},
    {"use", "write 'import name'"},
    {"include", "write 'import name'"},
    {"typedef", "write 'struct' or 'class'"},
    {"impl", "write the methods within 'struct' or 'class'"},
    {"trait", "write a class"},
    {"interface", "write a class"},
    {"loop", "write 'while True:'"},
    {"unless", "write 'if not condition:'"},
};

}  // namespace

// A statement was read and its line goes on: `before` is the expression that it ended with, if any.
void Parser::fail_statement_end(const Expr* before) {
    fail_foreign_operator();
    const bool starts_value = at(TokenKind::name) || at(TokenKind::string) || at(TokenKind::integer) ||
                              at(TokenKind::floating) || at(TokenKind::kw_none) || at(TokenKind::kw_true) ||
                              at(TokenKind::kw_false) || at(TokenKind::left_brace);
    if (before != nullptr && before->kind == ExprKind::name) {
        const NameId name = as<NameExpr>(before).name;
        if (name == words_.print && starts_value) {
            fail({before->span.begin, token_.end},
                 "Missing parentheses in call to 'print'. Did you mean print(...)?", "write 'print(value)'");
        }
        for (const ForeignWord& each : foreign_words) {
            if (names_.text(name) == each.word && (starts_value || at(TokenKind::kw_if))) {
                fail(before->span, "'" + std::string(each.word) + "' does not begin a statement",
                     std::string(each.help));
            }
        }
        if (name == words_.import) fail(token_.span(), "expected a name after 'import'");
    }
    if (at(TokenKind::colon)) {
        fail(token_.span(), "unexpected ':'",
             "only a compound statement (if, while, for, def …) ends with ':'");
    }
    if (at(TokenKind::kw_as)) fail(token_.span(), "unexpected 'as'", "write 'import name as other'");
    if (at(TokenKind::arrow))
        fail(token_.span(), "unexpected '->'", "it stands only before the result type of a def");
    if (at(TokenKind::at)) fail(token_.span(), "'@' is not an operator", "multiply matrices with a function");
    if (at(TokenKind::assign) && token_.end != 0) {
        fail(token_.span(), "unexpected '='", "use '==' to compare");
    }
    if (at(TokenKind::kw_else)) {
        fail(token_.span(), "unexpected 'else'", "write 'a if condition else b', or begin a new line");
    }
    if (at(TokenKind::left_brace)) fail(token_.span(), "unexpected '{'", "blocks are indented behind a ':'");
    fail(token_.span(), "expected the end of the statement, found " + found(),
         "begin a new line, or separate two statements with ';'");
}

void Parser::expect_close(TokenKind kind, std::uint32_t open, const char* what) {
    if (at(kind)) {
        advance();
        return;
    }
    fail_foreign_operator();
    const char close = kind == TokenKind::right_paren ? ')' : kind == TokenKind::right_bracket ? ']' : '}';
    if (at(TokenKind::end))
        fail({open, open + 1}, std::string("'") + lexer_.open_bracket_char() + "' was never closed",
             "close it, or remove it");
    if (at(TokenKind::assign)) fail(token_.span(), "unexpected '='", "use '==' to compare");
    const bool value = at(TokenKind::name) || at(TokenKind::string) || at(TokenKind::integer) ||
                       at(TokenKind::floating) || at(TokenKind::left_brace) || at(TokenKind::kw_none) ||
                       at(TokenKind::kw_true) || at(TokenKind::kw_false) || at(TokenKind::kw_lambda);
    if (value)
        fail(token_.span(), "expected ',' or '" + std::string(1, close) + "', found " + found(),
             "perhaps a comma is missing before it");
    if (at(TokenKind::kw_yield) || at(TokenKind::kw_await) || at(TokenKind::kw_async)) fail_keyword();
    fail(token_.span(), "expected '" + std::string(1, close) + "' after the " + what + ", found " + found());
}

void Parser::expect_colon(std::uint32_t statement_begin, const char* after) {
    if (at(TokenKind::colon)) {
        advance();
        return;
    }
    fail_foreign_operator();
    if (at(TokenKind::assign)) fail(token_.span(), "unexpected '=' in the condition", "use '==' to compare");
    if (at(TokenKind::walrus)) {
        fail(token_.span(), "unexpected ':='", "put the assignment in parentheses, behind a name");
    }
    if (at(TokenKind::left_brace)) {
        fail(token_.span(), std::string("expected ':' ") + after + ", found '{'",
             "blocks are indented behind a ':'");
    }
    // The help shows the line as it should be, as long as it is one that can be shown.
    std::string help = "end the line with ':'";
    const std::string_view written = excerpt({statement_begin, std::max(statement_begin, previous_end_)});
    if (written.size() <= 60 && written.find('\n') == std::string_view::npos) {
        help = "write '" + std::string(written) + ":'";
    }
    if (at(TokenKind::newline) || at(TokenKind::end)) {
        fail(missing_place(), std::string("expected ':' ") + after, std::move(help));
    }
    fail(token_.span(), std::string("expected ':' ") + after + ", found " + found(), std::move(help));
}

Token Parser::expect_name(const char* what) {
    if (!at(TokenKind::name)) {
        std::string message = std::string("expected ") + what;
        if (at(TokenKind::newline) || at(TokenKind::end)) fail(missing_place(), std::move(message));
        if (is_keyword(token_.kind)) {
            fail(token_.span(), message + ", found the keyword " + found(), "choose another name");
        }
        fail(token_.span(), message + ", found " + found());
    }
    const Token name = token_;
    advance();
    return name;
}

// Skips the failed line with the block and the branches that hang on it. `first` is the token that began it.
void Parser::recover(const Token& first) {
    const bool lines_are_no_statements =
        first.kind == TokenKind::name &&
        (first.name == words_.enum_ || first.name == words_.match || first.name == words_.case_);
    if (lines_are_no_statements) ++context_.quiet;
    std::uint32_t from = resume_from_;
    while (!stopped_) {
        try {
            lexer_.resume_after_line(from);
            advance();
            if (at(TokenKind::indent)) orphan_block();
            const bool branch = at(TokenKind::kw_else) || at(TokenKind::kw_elif) ||
                                at(TokenKind::kw_except) || at(TokenKind::kw_finally);
            if (!branch) break;
            Lexer ahead = lexer_;
            from = ahead.skip_logical_line() ? ahead.offset(ahead.position().at) : token_.begin;
        } catch (const SyntaxFailure&) {
            from = resume_from_;
        }
    }
    if (lines_are_no_statements) --context_.quiet;
    // After an error that leaves nothing to read, the parser unwinds as at the end of the file.
    if (stopped_) token_ = {TokenKind::end, token_.begin, token_.begin, 0};
}

// The block of a header that could not be read: its statements are checked, but not for where they may stand.
void Parser::orphan_block() {
    const Context outer = context_;
    context_.loops = 1;
    context_.functions = 1;
    const std::size_t mark = scratch_.mark();
    advance();
    statements();
    scratch_.cut(mark);
    context_ = outer;
    if (at(TokenKind::dedent)) advance();
}

}  // namespace harness::lang
