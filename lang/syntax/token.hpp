// Tokens as the lexer hands them to the parser, one at a time. A token is 16 bytes and owns nothing; its text
// stays in the source.
#pragma once

#include <cstdint>

#include "lang/source/source_map.hpp"
#include "lang/syntax/names.hpp"

namespace harness::lang {

enum class TokenKind : std::uint8_t {
    end,
    newline,
    indent,
    dedent,
    error,
    name,
    integer,
    floating,
    string,
    left_paren,
    right_paren,
    left_bracket,
    right_bracket,
    left_brace,
    right_brace,
    comma,
    colon,
    semicolon,
    dot,
    ellipsis,
    at,
    arrow,
    assign,
    walrus,
    tilde,
    // Binary operators in the order of BinaryOp, then their assignments in the same order.
    plus,
    minus,
    star,
    slash,
    double_slash,
    percent,
    double_star,
    amp,
    bar,
    caret,
    shift_left,
    shift_right,
    plus_assign,
    minus_assign,
    star_assign,
    slash_assign,
    double_slash_assign,
    percent_assign,
    double_star_assign,
    amp_assign,
    bar_assign,
    caret_assign,
    shift_left_assign,
    shift_right_assign,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    // Not of the language; known so that the remedy can be told.
    bang,
    and_and,
    or_or,
    kw_and,
    kw_as,
    kw_assert,
    kw_async,
    kw_await,
    kw_break,
    kw_class,
    kw_continue,
    kw_def,
    kw_del,
    kw_elif,
    kw_else,
    kw_except,
    kw_false,
    kw_finally,
    kw_for,
    kw_from,
    kw_global,
    kw_if,
    kw_in,
    kw_is,
    kw_lambda,
    kw_none,
    kw_nonlocal,
    kw_not,
    kw_or,
    kw_pass,
    kw_raise,
    kw_return,
    kw_true,
    kw_try,
    kw_while,
    kw_with,
    kw_yield,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    NameId name = 0;  ///< of a name token

    Span span() const { return {begin, end}; }
};

/// Keywords that cannot stand within brackets: seeing one there shows that a bracket was never closed.
constexpr bool only_begins_statement(TokenKind kind) {
    switch (kind) {
        case TokenKind::kw_assert:
        case TokenKind::kw_break:
        case TokenKind::kw_class:
        case TokenKind::kw_continue:
        case TokenKind::kw_def:
        case TokenKind::kw_del:
        case TokenKind::kw_elif:
        case TokenKind::kw_except:
        case TokenKind::kw_finally:
        case TokenKind::kw_global:
        case TokenKind::kw_nonlocal:
        case TokenKind::kw_pass:
        case TokenKind::kw_raise:
        case TokenKind::kw_return:
        case TokenKind::kw_try:
        case TokenKind::kw_while:
            return true;
        default:
            return false;
    }
}

constexpr bool is_keyword(TokenKind kind) { return kind >= TokenKind::kw_and; }

}  // namespace harness::lang
