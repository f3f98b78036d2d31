// What stands in brackets (tuples, lists, dicts, comprehensions) and the comma lists that need none. They
// share the scratch stack, on which a list of any length waits until its end is seen.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

Expr* Parser::starred_or_named() {
    if (!at(TokenKind::star)) return named_expression();
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* value = binary(1);
    auto* made = node<StarredExpr>(ExprKind::starred, since(begin));
    made->value = value;
    raise_above(made, height_of(value));
    return made;
}

namespace {

/// Tokens behind a comma with which a list without brackets ends.
bool ends_list(TokenKind kind) {
    switch (kind) {
        case TokenKind::newline:
        case TokenKind::semicolon:
        case TokenKind::assign:
        case TokenKind::colon:
        case TokenKind::right_paren:
        case TokenKind::right_bracket:
        case TokenKind::right_brace:
        case TokenKind::kw_in:
        case TokenKind::walrus:
        case TokenKind::bang:
        case TokenKind::end:
            return true;
        default:
            return kind >= TokenKind::plus_assign && kind <= TokenKind::shift_right_assign;
    }
}

}  // namespace

// The elements that were read since `mark`.
SequenceExpr* Parser::sequence(ExprKind kind, std::uint32_t begin, std::size_t mark) {
    auto* made = node<SequenceExpr>(kind, since(begin));
    made->elements = scratch_.take<Expr*>(mark, memory_);
    raise_above(made, highest(made->elements));
    return made;
}

// a, *b, c without brackets; a single element stays what it is.
Expr* Parser::star_expression_list(bool named) {
    const std::uint32_t begin = token_.begin;
    const auto element = [&] { return named || at(TokenKind::star) ? starred_or_named() : expression(); };
    Expr* first = element();
    if (!at(TokenKind::comma)) {
        if (first->kind == ExprKind::starred && !at(TokenKind::assign)) {
            fail(first->span, "can't use starred expression here",
                 "write a comma after it for a tuple of one list");
        }
        return first;
    }
    const std::size_t mark = scratch_.mark();
    scratch_.push(first);
    while (accept(TokenKind::comma) && !ends_list(token_.kind)) scratch_.push(element());
    return sequence(ExprKind::tuple, begin, mark);
}

// The targets of a for: without comparison, so that 'in' ends them.
Expr* Parser::target_list() {
    const std::uint32_t begin = token_.begin;
    const auto element = [&] { return at(TokenKind::star) ? starred_or_named() : binary(1); };
    Expr* target = element();
    if (at(TokenKind::comma)) {
        const std::size_t mark = scratch_.mark();
        scratch_.push(target);
        while (accept(TokenKind::comma) && !ends_list(token_.kind)) scratch_.push(element());
        target = sequence(ExprKind::tuple, begin, mark);
    }
    check_target(target);
    return target;
}

Expr* Parser::parenthesised() {
    const Nesting nesting(*this);
    const std::uint32_t open = token_.begin;
    advance();
    if (accept(TokenKind::right_paren)) return node<SequenceExpr>(ExprKind::tuple, since(open));
    Expr* first = starred_or_named();
    if (at(TokenKind::kw_for)) {
        Expr* made = comprehension(ExprKind::generator, open, nullptr, first);
        expect_close(TokenKind::right_paren, open, "generator");
        made->span = since(open);
        return made;
    }
    if (!at(TokenKind::comma)) {
        expect_close(TokenKind::right_paren, open, "expression");
        if (first->kind == ExprKind::starred) {
            fail(first->span, "cannot use starred expression here", "write a comma after it for a tuple");
        }
        return first;
    }
    const std::size_t mark = scratch_.mark();
    scratch_.push(first);
    while (accept(TokenKind::comma) && !at(TokenKind::right_paren)) scratch_.push(starred_or_named());
    expect_close(TokenKind::right_paren, open, "tuple");
    return sequence(ExprKind::tuple, open, mark);
}

Expr* Parser::list_display() {
    const Nesting nesting(*this);
    const std::uint32_t open = token_.begin;
    advance();
    const std::size_t mark = scratch_.mark();
    if (!at(TokenKind::right_bracket)) {
        Expr* first = starred_or_named();
        if (at(TokenKind::kw_for)) {
            Expr* made = comprehension(ExprKind::list_comp, open, nullptr, first);
            expect_close(TokenKind::right_bracket, open, "comprehension");
            made->span = since(open);
            return made;
        }
        if (accept(TokenKind::semicolon)) {
            Expr* count = expression();
            expect_close(TokenKind::right_bracket, open, "count");
            auto* made = node<ArrayTypeExpr>(ExprKind::array_type, since(open));
            made->element = first;
            made->count = count;
            raise_above(made, std::max(height_of(first), height_of(count)));
            return made;
        }
        scratch_.push(first);
        while (accept(TokenKind::comma) && !at(TokenKind::right_bracket)) scratch_.push(starred_or_named());
    }
    expect_close(TokenKind::right_bracket, open, "list");
    return sequence(ExprKind::list, open, mark);
}

Expr* Parser::dict_display() {
    const Nesting nesting(*this);
    const std::uint32_t open = token_.begin;
    advance();
    struct Entry {
        Expr* key;
        Expr* value;
    };
    const std::size_t mark = scratch_.mark();
    unsigned height = 0;
    while (!at(TokenKind::right_brace)) {
        Entry entry{};
        if (accept(TokenKind::double_star)) {
            entry.value = binary(1);
        } else {
            entry.key = at(TokenKind::star) ? starred_or_named() : expression();
            if (at(TokenKind::comma) || at(TokenKind::right_brace) || at(TokenKind::kw_for)) {
                fail({open, previous_end_}, "sets are not part of the language",
                     "use a dict with None values, or a list");
            }
            if (!at(TokenKind::colon)) {
                fail(missing_place(), "expected ':' after the key", "write '{key: value}'");
            }
            advance();
            entry.value = expression();
            if (at(TokenKind::kw_for)) {
                Expr* made = comprehension(ExprKind::dict_comp, open, entry.key, entry.value);
                expect_close(TokenKind::right_brace, open, "comprehension");
                made->span = since(open);
                return made;
            }
        }
        height = std::max({height, height_of(entry.key), height_of(entry.value)});
        scratch_.push(entry);
        if (!accept(TokenKind::comma)) break;
    }
    expect_close(TokenKind::right_brace, open, "dict");
    auto* made = node<DictExpr>(ExprKind::dict, since(open));
    // Entries are pairs on the scratch stack; keys and values part here, without a third copy.
    const std::size_t count = scratch_.count_since<Entry>(mark);
    made->keys = {static_cast<Expr**>(memory_.allocate(count * sizeof(Expr*), alignof(Expr*))), count};
    made->values = {static_cast<Expr**>(memory_.allocate(count * sizeof(Expr*), alignof(Expr*))), count};
    for (std::size_t i = 0; i < count; ++i) {
        const auto entry = scratch_.at<Entry>(mark, i);
        made->keys[i] = entry.key;
        made->values[i] = entry.value;
    }
    scratch_.cut(mark);
    raise_above(made, height);
    return made;
}

// The current token is the first 'for'; the caller sets the end of the span when the bracket is closed.
Expr* Parser::comprehension(ExprKind kind, std::uint32_t begin, Expr* key, Expr* element) {
    if (element->kind == ExprKind::starred) {
        fail(element->span, "iterable unpacking cannot be used in comprehension",
             "add a second 'for' over it");
    }
    unsigned height = std::max(height_of(key), height_of(element));
    const List<CompClause> list = clauses(height);
    auto* made = node<ComprehensionExpr>(kind, since(begin));
    made->key = key;
    made->element = element;
    made->clauses = list;
    raise_above(made, height);
    return made;
}

List<CompClause> Parser::clauses(unsigned& height) {
    const std::size_t mark = scratch_.mark();
    while (accept(TokenKind::kw_for)) {
        CompClause clause{};
        clause.target = target_list();
        if (!at(TokenKind::kw_in)) {
            fail(missing_place(), "expected 'in' after the target of 'for'", "write 'for x in xs'");
        }
        advance();
        clause.iterable = disjunction();
        const std::size_t conditions = scratch_.mark();
        while (accept(TokenKind::kw_if)) scratch_.push(disjunction());
        clause.conditions = scratch_.take<Expr*>(conditions, memory_);
        height = std::max(
            {height, height_of(clause.target), height_of(clause.iterable), highest(clause.conditions)});
        scratch_.push(clause);
    }
    return scratch_.take<CompClause>(mark, memory_);
}

}  // namespace harness::lang
