// Numbers, strings, operators and what is none of them. They are apart from the main loop because each is a
// small grammar of its own with errors of its own.
#include <algorithm>

#include "lang/syntax/lexer.hpp"

namespace harness::lang {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

const char* skip_digits(const char* at) {
    while (is_digit(*at) || (*at == '_' && is_digit(at[1]))) ++at;
    return at;
}

std::string quoted(char c) { return std::string("'") + c + "'"; }

const char* bracket_name(char open) {
    return open == '(' ? "parenthesis" : open == '[' ? "bracket" : "brace";
}

char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

}  // namespace

Token Lexer::number(const char* begin) {
    const char* at = begin;
    TokenKind kind = TokenKind::integer;
    const char second = *begin == '0' ? static_cast<char>(begin[1] | 32) : '\0';
    if (second == 'x' || second == 'o' || second == 'b') {
        const char* const what = second == 'x'   ? "invalid hexadecimal literal"
                                 : second == 'o' ? "invalid octal literal"
                                                 : "invalid binary literal";
        at += 2;
        const char* digits = at;
        while (is_digit(*at) || is_letter(*at)) ++at;
        bool valid = at > digits && at[-1] != '_';
        for (const char* c = digits; c < at; ++c) {
            const char lower = static_cast<char>(*c | 32);
            const bool digit = second == 'x'   ? is_digit(*c) || (lower >= 'a' && lower <= 'f')
                               : second == 'o' ? *c >= '0' && *c <= '7'
                                               : *c == '0' || *c == '1';
            valid = valid && (digit || (*c == '_' && c[1] != '_'));
        }
        if (!valid) return fail(begin, at, what);
        return take(TokenKind::integer, begin, at - begin);
    }
    at = skip_digits(at);
    if (*at == '.') {
        kind = TokenKind::floating;
        ++at;
        if (is_digit(*at)) at = skip_digits(at);
    }
    if ((*at | 32) == 'e') {
        const char* exponent = at + 1;
        if (*exponent == '+' || *exponent == '-') ++exponent;
        if (is_digit(*exponent)) {
            kind = TokenKind::floating;
            at = skip_digits(exponent);
        }
    }
    if (is_letter(*at)) {
        const char* end = at;
        while (is_digit(*end) || is_letter(*end)) ++end;
        if ((*at | 32) == 'j' && end == at + 1) {
            return fail(begin, end, "complex numbers are not part of the language",
                        "keep the two parts in a tuple");
        }
        return fail(
            begin, end, "invalid decimal literal",
            *at == '_' ? "put single underscores between digits" : "a name cannot begin with a digit");
    }
    if (kind == TokenKind::integer && *begin == '0' && at - begin > 1) {
        const char* c = begin;
        while (c < at && (*c == '0' || *c == '_')) ++c;
        if (c < at) {
            return fail(begin, at, "leading zeros in decimal integer literals are not permitted",
                        "drop the zeros, or write 0o for an octal number");
        }
    }
    return take(kind, begin, at - begin);
}

Token Lexer::string(const char* begin, const char* quote) {
    const char mark = *quote;
    const char* const limit = place_.limit;
    const bool triple = quote + 2 < limit && quote[1] == mark && quote[2] == mark;
    const char* at = quote + (triple ? 3 : 1);
    for (; at < limit; ++at) {
        if (*at == '\\') {
            if (at + 2 < limit && at[1] == '\r' && at[2] == '\n') ++at;
            ++at;
        } else if (*at == mark) {
            if (!triple) return take(TokenKind::string, begin, at + 1 - begin);
            if (at + 2 < limit && at[1] == mark && at[2] == mark)
                return take(TokenKind::string, begin, at + 3 - begin);
        } else if (*at == '\n' && !triple) {
            break;
        }
    }
    if (triple) {
        return fail(begin, quote + 3, "unterminated triple-quoted string literal",
                    "end it with " + std::string(3, mark), Loss::rest_of_file);
    }
    const char* end = std::min(at, limit);
    if (end > begin + 1 && end[-1] == '\r') --end;
    return fail(begin, end, "unterminated string literal",
                "end it with " + std::string(1, mark) + " on the same line");
}

Token Lexer::open(const char* begin, TokenKind kind) {
    if (place_.depth >= max_nesting) {
        return fail(begin, begin + 1, "brackets nested too deeply",
                    "at most 200 brackets may be open at once; name the inner parts first",
                    Loss::rest_of_file);
    }
    brackets_[static_cast<std::size_t>(place_.depth++)] = {offset(begin), *begin};
    return take(kind, begin, 1);
}

Token Lexer::close(const char* begin, TokenKind kind, char open) {
    if (place_.depth == 0)
        return fail(begin, begin + 1, "unmatched " + quoted(*begin), "remove it, or open it before");
    const char expected = brackets_[static_cast<std::size_t>(place_.depth - 1)].open;
    if (expected != open) {
        return fail(begin, begin + 1,
                    std::string("closing ") + bracket_name(open) + " " + quoted(*begin) +
                        " does not match opening " + bracket_name(expected) + " " + quoted(expected),
                    "close with " + quoted(closing(expected)));
    }
    --place_.depth;
    return take(kind, begin, 1);
}

Token Lexer::foreign_character(const char* begin) {
    const auto byte = static_cast<unsigned char>(*begin);
    if (*begin == '\\') {
        return fail(begin, begin + 1, "unexpected character after line continuation character",
                    "'\\' must be the last character of its line");
    }
    if (*begin == '$' || *begin == '`')
        return fail(begin, begin + 1, "unexpected character " + quoted(*begin));
    if (*begin == '?') {
        return fail(begin, begin + 1, "unexpected character '?'", "write 'a if condition else b'");
    }
    if (byte < 0x80) return fail(begin, begin + 1, "unexpected control character", "remove it");
    const char* end = begin + 1;
    while ((static_cast<unsigned char>(*end) & 0xc0) == 0x80) ++end;
    const std::string_view text(begin, static_cast<std::size_t>(end - begin));
    std::string help = "names are ASCII: letters, digits and '_'";
    if (text == "“" || text == "”" || text == "‘" || text == "’") help = "quote with ' or \"";
    if (text == "\xc2\xa0") help = "this is a no-break space; type a plain one";
    if (text == "−" || text == "–") help = "type a plain '-'";
    if (text == "×") help = "multiply with '*'";
    if (text == "≤" || text == "≥" || text == "≠") help = "compare with '<=', '>=' or '!='";
    return fail(begin, end, "invalid character '" + std::string(text) + "'", help);
}

Token Lexer::punctuation(const char* begin) {
    // The source ends with a NUL, so the two characters after the first may always be read.
    const char second = begin[1];
    const char third = second != '\0' ? begin[2] : '\0';
    using K = TokenKind;
    // An operator X, or X=, or XX, or XX=.
    const auto plain_or_assign = [&](K plain, K assign) {
        return second == '=' ? take(assign, begin, 2) : take(plain, begin, 1);
    };
    const auto maybe_doubled = [&](K plain, K assign, K doubled, K doubled_assign) {
        if (second != *begin) return plain_or_assign(plain, assign);
        return third == '=' ? take(doubled_assign, begin, 3) : take(doubled, begin, 2);
    };
    switch (*begin) {
        case '(':
            return open(begin, K::left_paren);
        case '[':
            return open(begin, K::left_bracket);
        case '{':
            return open(begin, K::left_brace);
        case ')':
            return close(begin, K::right_paren, '(');
        case ']':
            return close(begin, K::right_bracket, '[');
        case '}':
            return close(begin, K::right_brace, '{');
        case ',':
            return take(K::comma, begin, 1);
        case ';':
            return take(K::semicolon, begin, 1);
        case ':':
            return second == '=' ? take(K::walrus, begin, 2) : take(K::colon, begin, 1);
        case '.':
            if (is_digit(second)) {
                const char* at = skip_digits(begin + 1);
                if ((*at | 32) == 'e') {
                    const char* exponent = at + 1 + (at[1] == '+' || at[1] == '-' ? 1 : 0);
                    if (is_digit(*exponent)) at = skip_digits(exponent);
                }
                if (is_letter(*at)) return fail(begin, at + 1, "invalid decimal literal");
                return take(K::floating, begin, at - begin);
            }
            return second == '.' && third == '.' ? take(K::ellipsis, begin, 3) : take(K::dot, begin, 1);
        case '@':
            if (second == '=')
                return fail(begin, begin + 2, "'@=' is not part of the language",
                            "multiply matrices with a function");
            return take(K::at, begin, 1);
        case '~':
            return take(K::tilde, begin, 1);
        case '=':
            return second == '=' ? take(K::equal, begin, 2) : take(K::assign, begin, 1);
        case '+':
            return plain_or_assign(K::plus, K::plus_assign);
        case '-':
            return second == '>' ? take(K::arrow, begin, 2) : plain_or_assign(K::minus, K::minus_assign);
        case '*':
            return maybe_doubled(K::star, K::star_assign, K::double_star, K::double_star_assign);
        case '/':
            return maybe_doubled(K::slash, K::slash_assign, K::double_slash, K::double_slash_assign);
        case '%':
            return plain_or_assign(K::percent, K::percent_assign);
        case '^':
            return plain_or_assign(K::caret, K::caret_assign);
        case '&':
            return second == '&' ? take(K::and_and, begin, 2) : plain_or_assign(K::amp, K::amp_assign);
        case '|':
            return second == '|' ? take(K::or_or, begin, 2) : plain_or_assign(K::bar, K::bar_assign);
        case '<':
            return second == '=' ? take(K::less_equal, begin, 2)
                                 : maybe_doubled(K::less, K::less_equal, K::shift_left, K::shift_left_assign);
        case '>':
            return second == '='
                       ? take(K::greater_equal, begin, 2)
                       : maybe_doubled(K::greater, K::greater_equal, K::shift_right, K::shift_right_assign);
        case '!':
            return second == '=' ? take(K::not_equal, begin, 2) : take(K::bang, begin, 1);
        default:
            return foreign_character(begin);
    }
}

}  // namespace harness::lang
