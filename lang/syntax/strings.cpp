// String literals: prefixes, escapes, adjacent parts, and the replacement fields of f-strings, whose
// expressions are read in place so that their spans point into the literal.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

namespace {

void append_code_point(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6);
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    } else {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 32);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte that a one-letter escape stands for, or -1.
int simple_escape(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        case 'a':
            return '\a';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'v':
            return '\v';
        case '\\':
        case '\'':
        case '"':
            return c;
        default:
            return -1;
    }
}

}  // namespace

Parser::StringToken Parser::take_apart(const Token& token) const {
    std::string_view text = excerpt(token.span());
    StringToken part;
    std::size_t at = 0;
    for (; text[at] != '"' && text[at] != '\''; ++at) {
        const char letter = static_cast<char>(text[at] | 32);
        part.raw = part.raw || letter == 'r';
        part.formatted = part.formatted || letter == 'f';
    }
    const bool triple = text.size() - at >= 6 && text[at + 1] == text[at] && text[at + 2] == text[at];
    const std::size_t marks = triple ? 3 : 1;
    part.body = text.substr(at + marks, text.size() - at - 2 * marks);
    part.body_begin = token.begin + static_cast<std::uint32_t>(at + marks);
    return part;
}

// Appends the escape whose backslash stands at `at` and returns the position behind it.
std::size_t Parser::append_escape(std::string& out, const StringToken& part, std::size_t at) {
    const std::string_view body = part.body;
    const char letter = body[at + 1];
    if (letter == '\n') return at + 2;
    if (letter == '\r') return at + (at + 2 < body.size() && body[at + 2] == '\n' ? 3 : 2);
    if (const int byte = simple_escape(letter); byte >= 0) {
        out += static_cast<char>(byte);
        return at + 2;
    }
    const auto begin = part.body_begin + static_cast<std::uint32_t>(at);
    if (letter >= '0' && letter <= '7') {
        unsigned value = 0;
        std::size_t end = at + 1;
        while (end < body.size() && end < at + 4 && body[end] >= '0' && body[end] <= '7') {
            value = value * 8 + static_cast<unsigned>(body[end++] - '0');
        }
        if (value > 255) {
            fail({begin, begin + 4}, "octal escape is greater than a byte", "the largest is \\377");
        }
        out += static_cast<char>(static_cast<unsigned char>(value));
        return end;
    }
    if (letter == 'x' || letter == 'u' || letter == 'U') {
        const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const int digit = at + 2 + i < body.size() ? hex_digit(body[at + 2 + i]) : -1;
            if (digit < 0) {
                fail({begin, begin + static_cast<std::uint32_t>(2 + i)},
                     std::string("truncated \\") + letter + " escape",
                     "write " + std::to_string(digits) + " hexadecimal digits after \\" + letter);
            }
            value = value * 16 + static_cast<std::uint32_t>(digit);
        }
        if (letter == 'x') {
            out += static_cast<char>(static_cast<unsigned char>(value));
        } else if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
            fail({begin, begin + static_cast<std::uint32_t>(2 + digits)},
                 "the escape names no Unicode character",
                 "characters go up to \\U0010ffff, without the surrogates");
        } else {
            append_code_point(out, value);
        }
        return at + 2 + digits;
    }
    if (letter == 'N') {
        fail({begin, begin + 2}, "\\N escapes are not part of the language",
             "write the character itself, or \\u....");
    }
    // As in Python, any other backslash stands for itself.
    out += '\\';
    return at + 1;
}

void Parser::append_bytes(std::string& out, const StringToken& part, std::size_t from, std::size_t to) {
    const std::string_view body = part.body;
    while (from < to) {
        const std::size_t special = std::min(body.find_first_of("\\\r", from), to);
        out.append(body, from, special - from);
        from = special;
        if (from >= to) return;
        if (body[from] == '\r') {
            // A line end within the literal is a line feed, whatever the file uses.
            if (from + 1 >= body.size() || body[from + 1] != '\n') out += '\r';
            ++from;
        } else if (part.raw) {
            out += '\\';
            ++from;
        } else {
            from = append_escape(out, part, from);
        }
    }
}

Expr* Parser::string() {
    const std::uint32_t begin = token_.begin;
    const std::size_t mark = scratch_.mark();
    // The member buffer is taken for this literal, since a replacement field may hold another one.
    std::string text = std::move(text_);
    text.clear();
    unsigned height = 0;
    bool formatted = false;
    while (at(TokenKind::string)) {
        const StringToken part = take_apart(token_);
        if (part.formatted) {
            formatted = true;
            formatted_parts(part, text, height);
        } else {
            append_bytes(text, part, 0, part.body.size());
        }
        advance();
    }
    Expr* result = nullptr;
    if (formatted) {
        flush_text(text);
        auto* made = node<FStringExpr>(ExprKind::fstring, since(begin));
        made->parts = scratch_.take<FStringPart>(mark, memory_);
        raise_above(made, height);
        result = made;
    } else {
        auto* made = node<StringExpr>(ExprKind::string, since(begin));
        made->bytes = memory_.copy(text);
        result = made;
    }
    text_ = std::move(text);
    return result;
}

void Parser::flush_text(std::string& text) {
    if (text.empty()) return;
    FStringPart part;
    part.text = memory_.copy(text);
    scratch_.push(part);
    text.clear();
}

void Parser::formatted_parts(const StringToken& part, std::string& text, unsigned& height) {
    const std::string_view body = part.body;
    std::size_t at = 0;
    while (at < body.size()) {
        const std::size_t brace = std::min(body.find_first_of("{}", at), body.size());
        append_bytes(text, part, at, brace);
        at = brace;
        if (at == body.size()) return;
        if (at + 1 < body.size() && body[at + 1] == body[at]) {
            text += body[at];
            at += 2;
            continue;
        }
        if (body[at] == '}') {
            const auto offset = part.body_begin + static_cast<std::uint32_t>(at);
            fail({offset, offset + 1}, "f-string: single '}' is not allowed",
                 "write '}}' for a brace in the text");
        }
        flush_text(text);
        at = replacement(part, at, height);
    }
}

// Reads {value=!r:spec} whose brace stands at `at` and returns the position behind its end.
std::size_t Parser::replacement(const StringToken& part, std::size_t at, unsigned& height) {
    const Nesting nesting(*this);
    const auto open = part.body_begin + static_cast<std::uint32_t>(at);
    const auto body_end = part.body_begin + static_cast<std::uint32_t>(part.body.size());
    if (lexer_.depth() >= max_nesting) too_deep({open, open + 1});
    const Lexer::Position outside = lexer_.position();
    const Token literal = token_;
    const std::uint32_t outside_end = previous_end_;
    ++context_.formatted;
    std::size_t behind = 0;
    try {
        lexer_.enter_part(open, open + 1, body_end);
        advance();
        if (at_any_end()) {
            fail({open, token_.end}, "f-string: empty expression not allowed",
                 "write '{{}}' for braces in the text");
        }
        const std::uint32_t value_begin = open + 1;
        FStringPart made;
        // ':=' without parentheses is no assignment here but a format that begins with '='.
        made.value = star_expression_list(false);
        height = std::max(height, height_of(made.value));
        replacement_end(part, open, value_begin, made, height);
        scratch_.push(made);
        behind = previous_end_ - part.body_begin;
    } catch (const SyntaxFailure&) {
        // Recovery belongs behind the whole literal, in the text as it was before the braces.
        lexer_.restore(outside);
        resume_from_ = literal.end;
        token_ = literal;
        throw;
    }
    --context_.formatted;
    lexer_.restore(outside);
    token_ = literal;
    previous_end_ = outside_end;
    return behind;
}

bool Parser::at_any_end() const {
    return at(TokenKind::right_brace) || at(TokenKind::end) || at(TokenKind::colon) || at(TokenKind::bang) ||
           at(TokenKind::walrus);
}

// The current token is the first behind the value; previous_end_ is left behind the closing brace.
void Parser::replacement_end(const StringToken& part, std::uint32_t open, std::uint32_t value_begin,
                             FStringPart& made, unsigned& height) {
    if (at(TokenKind::assign)) {
        // The text keeps its blanks on both sides of '=', up to what follows.
        advance();
        made.debug = true;
        made.text = memory_.copy(excerpt({value_begin, token_.begin}));
    }
    if (accept(TokenKind::bang)) {
        const std::string_view letter = excerpt(token_.span());
        if (letter != "r" && letter != "s" && letter != "a") {
            fail(token_.span(), "f-string: invalid conversion character: expected 's', 'r', or 'a'");
        }
        made.conversion = letter[0];
        advance();
    }
    // ':=' is the beginning of a format spec here.
    if (at(TokenKind::colon) || at(TokenKind::walrus)) {
        const std::size_t from = token_.begin + 1 - part.body_begin;
        const std::size_t end = format_spec(part, from, made, height);
        previous_end_ = part.body_begin + static_cast<std::uint32_t>(end + 1);
        return;
    }
    if (!at(TokenKind::right_brace)) {
        fail_foreign_operator();
        fail(at(TokenKind::end) ? Span{open, open + 1} : token_.span(), "f-string: expecting '}'",
             "close the brace, or write '{{' for a brace in the text");
    }
    previous_end_ = token_.end;
}

// The format spec from `at` to its closing brace, whose position is returned; may hold fields of its own.
std::size_t Parser::format_spec(const StringToken& part, std::size_t at, FStringPart& made,
                                unsigned& height) {
    const auto offset = [&](std::size_t position) {
        return part.body_begin + static_cast<std::uint32_t>(position);
    };
    if (context_.spec_depth >= 2) fail({offset(at), offset(at)}, "f-string: expressions nested too deeply");
    ++context_.spec_depth;
    const std::size_t mark = scratch_.mark();
    std::string text;
    for (;;) {
        const std::size_t brace = std::min(part.body.find_first_of("{}", at), part.body.size());
        append_bytes(text, part, at, brace);
        at = brace;
        if (at == part.body.size()) {
            fail({offset(at), offset(at)}, "f-string: expecting '}'", "close the brace of the format");
        }
        if (part.body[at] == '}') break;
        flush_text(text);
        at = replacement(part, at, height);
    }
    flush_text(text);
    made.spec = scratch_.take<FStringPart>(mark, memory_);
    --context_.spec_depth;
    return at;
}

}  // namespace harness::lang
