// match statements and their patterns. A pattern is a small language of its own: a plain name binds, a dotted
// name or a literal is compared, a call takes an object apart.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

// Whether the name 'match' begins a statement here: its line must end with ':' and something must stand
// between that cannot go on an expression, or the colon decides.
bool Parser::match_begins() {
    const Lexer::Position here = lexer_.position();
    const Token first = lexer_.next();
    bool begins = false;
    switch (first.kind) {
        case TokenKind::name:
        case TokenKind::integer:
        case TokenKind::floating:
        case TokenKind::string:
        case TokenKind::left_brace:
        case TokenKind::tilde:
        case TokenKind::kw_none:
        case TokenKind::kw_true:
        case TokenKind::kw_false:
        case TokenKind::kw_not:
        case TokenKind::kw_lambda:
            begins = true;
            break;
        case TokenKind::left_paren:
        case TokenKind::left_bracket:
        case TokenKind::minus:
        case TokenKind::plus:
        case TokenKind::amp:
        case TokenKind::star: {
            // match (x): against match(x) or match[i] = 3: only a statement has a ':' before its line ends.
            Token last = first;
            for (Token token = first;
                 token.kind != TokenKind::newline && token.kind != TokenKind::end &&
                 token.kind != TokenKind::error && (token.kind != TokenKind::semicolon || lexer_.depth() > 0);
                 token = lexer_.next()) {
                last = token;
            }
            begins = last.kind == TokenKind::colon;
            break;
        }
        default:
            break;
    }
    lexer_.restore(here);
    return begins;
}

void Parser::match_statement() {
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* subject = star_expression_list(true);
    expect_colon(begin, "after the value of 'match'");
    auto* made = statement<MatchStmt>(StmtKind::match, begin);
    made->subject = subject;
    if (!at(TokenKind::newline)) {
        fail(token_.span(), "expected the cases on lines of their own",
             "begin a new line, indented, with 'case'");
    }
    advance();
    if (!at(TokenKind::indent)) {
        report({begin, begin + 1},
               "expected an indented block after 'match' statement on line " +
                   std::to_string(sources_.place(begin).line),
               "write its 'case' lines, indented");
        return;
    }
    advance();
    std::vector<MatchCase> cases;
    while (!at(TokenKind::dedent) && !at(TokenKind::end)) {
        const std::size_t mark = scratch_.mark();
        const Context context = context_;
        const Token first = token_;
        try {
            cases.push_back(match_case());
        } catch (const SyntaxFailure&) {
            scratch_.cut(mark);
            context_ = context;
            recover(Token{TokenKind::newline, first.begin, first.end, 0});
        }
    }
    if (at(TokenKind::dedent)) advance();
    made->cases = memory_.copy(cases.data(), cases.size());
    push(made);
}

MatchCase Parser::match_case() {
    const std::uint32_t begin = token_.begin;
    if (!at_word(words_.case_)) {
        fail(token_.span(), "expected 'case', found " + found(),
             "the body of 'match' holds 'case' lines only");
    }
    advance();
    MatchCase made{};
    new_list();
    made.pattern = pattern_list();
    if (accept(TokenKind::kw_if)) made.guard = named_expression();
    expect_colon(begin, made.guard != nullptr ? "after the condition" : "after the pattern");
    made.span = since(begin);
    made.body = suite(begin, "'case' statement");
    return made;
}

Pattern* Parser::make_pattern(PatternKind kind, Span span) {
    auto* made = memory_.make<Pattern>();
    made->kind = kind;
    made->span = span;
    return made;
}

void Parser::set_parts(Pattern* pattern, List<Pattern*> parts, List<NameId> names) {
    auto* made = memory_.make<Pattern::Parts>();
    made->patterns = parts;
    made->names = names;
    pattern->inside = made;
}

// a, b without brackets is a sequence.
Pattern* Parser::pattern_list() {
    const std::uint32_t begin = token_.begin;
    Pattern* first = sequence_element();
    if (!at(TokenKind::comma)) {
        if (first->kind == PatternKind::rest) {
            fail(first->span, "a starred pattern stands within a sequence", "write '[first, *rest]'");
        }
        return first;
    }
    const std::size_t mark = scratch_.mark();
    scratch_.push(first);
    while (accept(TokenKind::comma) && !at(TokenKind::colon) && !at(TokenKind::kw_if)) {
        scratch_.push(sequence_element());
    }
    Pattern* made = make_pattern(PatternKind::sequence, since(begin));
    set_parts(made, scratch_.take<Pattern*>(mark, memory_));
    return made;
}

Pattern* Parser::sequence_element() {
    if (!at(TokenKind::star)) return pattern();
    const std::uint32_t begin = token_.begin;
    advance();
    const Token name = expect_name("a name after '*'");
    Pattern* made = make_pattern(PatternKind::rest, since(begin));
    if (name.name != words_.underscore) made->name = name.name;
    return made;
}

// p | q as name
Pattern* Parser::pattern() {
    const Nesting nesting(*this);
    const std::uint32_t begin = token_.begin;
    Pattern* made = closed_pattern();
    if (at(TokenKind::bar)) {
        const std::size_t mark = scratch_.mark();
        scratch_.push(made);
        for (int n = 2; at(TokenKind::bar); ++n) {
            if (n > max_alternatives)
                fail(token_.span(), "a pattern may have at most 10 000 alternatives",
                     "ask 'case x if x in table:' instead");
            advance();
            scratch_.push(closed_pattern());
        }
        made = make_pattern(PatternKind::any_of, since(begin));
        set_parts(made, scratch_.take<Pattern*>(mark, memory_));
    }
    if (accept(TokenKind::kw_as)) {
        const Token name = expect_name("a name after 'as'");
        if (name.name == words_.underscore) fail(name.span(), "cannot use '_' as a target", "choose a name");
        if (made->kind == PatternKind::capture || made->kind == PatternKind::wildcard) {
            // `x as y` binds twice; as in Python the inner pattern must be more than a name to be worth it.
            Pattern* inner = made;
            made = make_pattern(PatternKind::any_of, since(begin));
            set_parts(made, memory_.copy(&inner, 1));
        }
        made->name = name.name;
        made->span = since(begin);
    }
    return made;
}

Pattern* Parser::closed_pattern() {
    const std::uint32_t begin = token_.begin;
    switch (token_.kind) {
        case TokenKind::name:
            return name_pattern();
        case TokenKind::left_paren: {
            const Nesting nesting(*this);
            return sequence_pattern(TokenKind::right_paren);
        }
        case TokenKind::left_bracket: {
            const Nesting nesting(*this);
            return sequence_pattern(TokenKind::right_bracket);
        }
        case TokenKind::left_brace: {
            const Nesting nesting(*this);
            return mapping_pattern();
        }
        case TokenKind::minus: {
            const TokenKind after = lexer_.peek().kind;
            if (after != TokenKind::integer && after != TokenKind::floating) fail_expression();
            Expr* value = unary();
            Pattern* made = make_pattern(PatternKind::value, since(begin));
            made->value = value;
            return made;
        }
        case TokenKind::integer:
        case TokenKind::floating:
        case TokenKind::string:
        case TokenKind::kw_none:
        case TokenKind::kw_true:
        case TokenKind::kw_false: {
            Expr* value = atom();
            if (value->kind == ExprKind::fstring) {
                fail(value->span, "patterns may only match literals and attribute lookups",
                     "compare in a guard");
            }
            Pattern* made = make_pattern(PatternKind::value, since(begin));
            made->value = value;
            return made;
        }
        default:
            fail_foreign_operator();
            fail(token_.span(), "expected a pattern, found " + found());
    }
}

Pattern* Parser::name_pattern() {
    const Token first = token_;
    advance();
    auto* name = node<NameExpr>(ExprKind::name, first.span());
    name->name = first.name;
    Expr* value = name;
    while (accept(TokenKind::dot)) {
        const Token attribute = expect_name("a name after '.'");
        auto* made = node<AttributeExpr>(ExprKind::attribute, since(first.begin));
        made->object = value;
        made->name = attribute.name;
        made->name_span = attribute.span();
        raise_above(made, height_of(value));
        value = made;
    }
    if (at(TokenKind::left_paren)) {
        Pattern* made = make_pattern(PatternKind::constructor, first.span());
        made->value = value;
        const Nesting nesting(*this);
        constructor_parts(made);
        made->span = since(first.begin);
        return made;
    }
    if (value != name) {
        Pattern* made = make_pattern(PatternKind::value, value->span);
        made->value = value;
        return made;
    }
    if (first.name == words_.underscore) return make_pattern(PatternKind::wildcard, first.span());
    Pattern* made = make_pattern(PatternKind::capture, first.span());
    made->name = first.name;
    return made;
}

// (p, field=q) behind a constructor's name.
void Parser::constructor_parts(Pattern* made) {
    const std::uint32_t open = token_.begin;
    advance();
    struct Part {
        Pattern* pattern;
        std::uint64_t name;
    };
    const std::size_t mark = scratch_.mark();
    bool named = false;
    while (!at(TokenKind::right_paren)) {
        Part part{nullptr, 0};
        if (at(TokenKind::name) && lexer_.peek().kind == TokenKind::assign) {
            part.name = token_.name;
            advance();
            advance();
            named = true;
        } else if (named) {
            fail(token_.span(), "positional patterns follow keyword patterns",
                 "put positional patterns first");
        }
        part.pattern = pattern();
        scratch_.push(part);
        if (!accept(TokenKind::comma)) break;
    }
    expect_close(TokenKind::right_paren, open, "patterns");
    const auto parts = scratch_.take<Part>(mark, memory_);
    for (const Part& part : parts) scratch_.push(part.pattern);
    const auto patterns = scratch_.take<Pattern*>(mark, memory_);
    for (const Part& part : parts) scratch_.push(static_cast<NameId>(part.name));
    set_parts(made, patterns, scratch_.take<NameId>(mark, memory_));
}

// {key: p, **rest}; a key is a literal or a dotted name.
Pattern* Parser::mapping_pattern() {
    const std::uint32_t open = token_.begin;
    advance();
    const std::size_t mark = scratch_.mark();
    while (!at(TokenKind::right_brace)) {
        const std::uint32_t begin = token_.begin;
        if (accept(TokenKind::double_star)) {
            const Token name = expect_name("a name after '**'");
            if (name.name == words_.underscore)
                fail(name.span(), "'**_' says nothing in a pattern", "leave it out: other keys are ignored");
            Pattern* rest = make_pattern(PatternKind::rest, since(begin));
            rest->name = name.name;
            scratch_.push(rest);
            accept(TokenKind::comma);
            if (!at(TokenKind::right_brace))
                fail(token_.span(), "'**' ends a mapping pattern", "put it behind all keys");
            break;
        }
        Pattern* key = closed_pattern();
        if (key->kind != PatternKind::value)
            fail(key->span, "a key in a pattern is a literal or a dotted name",
                 "compare other keys in a guard");
        if (!accept(TokenKind::colon)) fail(token_.span(), "expected ':' after the key, found " + found());
        Pattern* part = pattern();
        Pattern* entry = make_pattern(PatternKind::entry, since(begin));
        entry->value = key->value;
        set_parts(entry, memory_.copy(&part, 1));
        scratch_.push(entry);
        if (!accept(TokenKind::comma)) break;
    }
    expect_close(TokenKind::right_brace, open, "patterns");
    Pattern* made = make_pattern(PatternKind::mapping, since(open));
    set_parts(made, scratch_.take<Pattern*>(mark, memory_));
    return made;
}

Pattern* Parser::sequence_pattern(TokenKind close) {
    const std::uint32_t open = token_.begin;
    advance();
    const std::size_t mark = scratch_.mark();
    bool comma = false;
    bool starred = false;
    while (!at(close)) {
        Pattern* part = sequence_element();
        if (part->kind == PatternKind::rest && std::exchange(starred, true)) {
            fail(part->span, "multiple starred names in sequence pattern", "keep one '*' only");
        }
        scratch_.push(part);
        comma = accept(TokenKind::comma);
        if (!comma) break;
    }
    expect_close(close, open, "patterns");
    const auto parts = scratch_.take<Pattern*>(mark, memory_);
    // (p) only groups; (p,) is a sequence of one.
    if (close == TokenKind::right_paren && parts.size() == 1 && !comma) {
        if (starred)
            fail(parts[0]->span, "a starred pattern stands within a sequence", "write '[first, *rest]'");
        return parts[0];
    }
    Pattern* made = make_pattern(PatternKind::sequence, since(open));
    set_parts(made, parts);
    return made;
}

}  // namespace harness::lang
