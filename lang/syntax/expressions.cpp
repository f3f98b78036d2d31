// Expressions from postfix chains down to atoms, with calls and subscripts. These run for every operand of a
// program, so the common atoms come first.
#include <charconv>
#include <cstdlib>
#include <limits>

#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

Expr* Parser::named_expression() {
    const std::uint32_t begin = token_.begin;
    Expr* value = expression();
    if (!at(TokenKind::walrus)) return value;
    if (value->kind != ExprKind::name) {
        fail(value->span, "only a name can stand before ':='",
             "assign to the place in a statement of its own");
    }
    const Span name_span = value->span;
    const Nesting nesting(*this);
    advance();
    Expr* assigned = expression();
    auto* made = node<WalrusExpr>(ExprKind::walrus, since(begin));
    made->name = as<NameExpr>(value).name;
    made->name_span = name_span;
    made->value = assigned;
    raise_above(made, height_of(assigned));
    return made;
}

Expr* Parser::postfix() {
    const std::uint32_t begin = token_.begin;
    Expr* value = atom();
    for (;;) {
        if (at(TokenKind::left_paren)) {
            value = call(begin, value);
        } else if (at(TokenKind::dot)) {
            advance();
            if (!at(TokenKind::name)) {
                if (is_keyword(token_.kind)) {
                    fail(token_.span(), found() + " is a keyword and cannot name an attribute",
                         "choose another name");
                }
                fail(at(TokenKind::newline) ? missing_place() : token_.span(), "expected a name after '.'");
            }
            auto* made = node<AttributeExpr>(ExprKind::attribute, {begin, token_.end});
            made->object = value;
            made->name = token_.name;
            made->name_span = token_.span();
            raise_above(made, height_of(value));
            value = made;
            advance();
        } else if (at(TokenKind::left_bracket)) {
            value = index(begin, value);
        } else {
            return value;
        }
    }
}

Expr* Parser::atom() {
    switch (token_.kind) {
        case TokenKind::name: {
            const Token name = token_;
            advance();
            if (name.name == words_.spawn && at(TokenKind::name)) {
                const Nesting nesting(*this);
                Expr* started = postfix();
                if (started->kind != ExprKind::call) {
                    fail(started->span, "'spawn' starts a call", "write 'spawn f(arguments)'");
                }
                auto* made = node<SpawnExpr>(ExprKind::spawn, since(name.begin));
                made->call = started;
                raise_above(made, height_of(started));
                return made;
            }
            auto* made = node<NameExpr>(ExprKind::name, name.span());
            made->name = name.name;
            return made;
        }
        case TokenKind::integer:
        case TokenKind::floating:
            return number();
        case TokenKind::string:
            return string();
        case TokenKind::kw_none: {
            Expr* made = node<Expr>(ExprKind::none, token_.span());
            advance();
            return made;
        }
        case TokenKind::kw_true:
        case TokenKind::kw_false: {
            auto* made = node<BooleanExpr>(ExprKind::boolean, token_.span());
            made->value = at(TokenKind::kw_true);
            advance();
            return made;
        }
        case TokenKind::left_paren:
            return parenthesised();
        case TokenKind::left_bracket:
            return list_display();
        case TokenKind::left_brace:
            return dict_display();
        default:
            fail_expression();
    }
}

namespace {

/// Digits without their underscores, in `buffer` when there are any.
std::string_view without_underscores(std::string_view digits, std::string& buffer) {
    if (digits.find('_') == std::string_view::npos) return digits;
    buffer.assign(digits);
    buffer.erase(std::remove(buffer.begin(), buffer.end(), '_'), buffer.end());
    return buffer;
}

double to_double(std::string_view digits) {
    double value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec == std::errc()) return value;
    // Beyond the range of a double Python gives infinity or zero, and so does strtod.
    return std::strtod(std::string(digits).c_str(), nullptr);
}

}  // namespace

Expr* Parser::number() {
    const Token token = token_;
    std::string_view digits = excerpt(token.span());
    advance();
    if (token.kind == TokenKind::floating) {
        auto* made = node<FloatExpr>(ExprKind::floating, token.span());
        made->value = to_double(without_underscores(digits, text_));
        return made;
    }
    auto* made = node<IntegerExpr>(ExprKind::integer, token.span());
    int base = 10;
    if (digits.size() > 2 && digits[0] == '0') {
        const char mark = static_cast<char>(digits[1] | 32);
        base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
        if (base != 10) digits.remove_prefix(2);
    }
    digits = without_underscores(digits, text_);
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), made->value, base);
    made->too_large = result.ec != std::errc();
    return made;
}

Expr* Parser::call(std::uint32_t begin, Expr* callee) {
    const Nesting nesting(*this);
    const std::uint32_t open = token_.begin;
    const std::size_t mark = scratch_.mark();
    unsigned height = height_of(callee);
    advance();
    while (!at(TokenKind::right_paren)) {
        Argument made = argument();
        if (at(TokenKind::kw_for) && made.kind == Argument::Kind::plain && made.name == 0) {
            made.value = comprehension(ExprKind::generator, open, nullptr, made.value);
            const bool alone = scratch_.count_since<Argument>(mark) == 0;
            if (!alone || (at(TokenKind::comma) && lexer_.peek().kind != TokenKind::right_paren)) {
                fail(made.value->span, "Generator expression must be parenthesized",
                     "only a call's single argument may go without");
            }
        }
        height = std::max(height, height_of(made.value));
        scratch_.push(made);
        if (!accept(TokenKind::comma)) break;
    }
    expect_close(TokenKind::right_paren, open, "arguments");
    auto* made = node<CallExpr>(ExprKind::call, since(begin));
    made->callee = callee;
    made->arguments = scratch_.take<Argument>(mark, memory_);
    if (!made->arguments.empty() && made->arguments[0].value->kind == ExprKind::generator &&
        made->arguments[0].value->span.begin == open) {
        made->arguments[0].value->span.end = previous_end_;
    }
    check_arguments(made->arguments);
    raise_above(made, height);
    return made;
}

Argument Parser::argument() {
    Argument made{};
    if (at(TokenKind::star) || at(TokenKind::double_star)) {
        made.kind = at(TokenKind::star) ? Argument::Kind::unpack : Argument::Kind::unpack_dict;
        advance();
        made.value = expression();
        return made;
    }
    made.value = named_expression();
    if (!at(TokenKind::assign)) return made;
    if (made.value->kind != ExprKind::name) {
        fail(cover(made.value->span, token_.span()),
             "expression cannot contain assignment, perhaps you meant \"==\"?",
             "use '==' to compare; only a parameter's name can stand before '='");
    }
    made.name = as<NameExpr>(made.value).name;
    made.name_span = made.value->span;
    advance();
    made.value = expression();
    return made;
}

void Parser::check_arguments(List<Argument> arguments) {
    bool named = false;
    bool unpacked_dict = false;
    new_list();
    for (const Argument& each : arguments) {
        if (each.name != 0) {
            named = true;
            if (seen_before(each.name)) {
                fail(each.name_span, "keyword argument repeated: " + std::string(names_.text(each.name)),
                     "give each parameter one value");
            }
        } else if (each.kind == Argument::Kind::unpack_dict) {
            unpacked_dict = true;
        } else if (unpacked_dict) {
            fail(each.value->span, "positional argument follows keyword argument unpacking",
                 "put positional arguments first");
        } else if (named && each.kind == Argument::Kind::plain) {
            fail(each.value->span, "positional argument follows keyword argument",
                 "put positional arguments first");
        }
    }
}

Expr* Parser::index(std::uint32_t begin, Expr* object) {
    const Nesting nesting(*this);
    const std::uint32_t open = token_.begin;
    advance();
    if (at(TokenKind::right_bracket)) {
        fail({open, token_.end}, "expected an index between the brackets",
             "write 'x[0]', or 'x[:]' for a copy");
    }
    const std::uint32_t first_begin = token_.begin;
    Expr* position = slice();
    if (at(TokenKind::comma)) {
        const std::size_t mark = scratch_.mark();
        scratch_.push(position);
        while (accept(TokenKind::comma) && !at(TokenKind::right_bracket)) scratch_.push(slice());
        auto* tuple = sequence(ExprKind::tuple, first_begin, mark);
        for (const Expr* each : tuple->elements) {
            if (each->kind == ExprKind::slice) {
                fail(each->span, "a slice has one dimension", "take the slices one after the other");
            }
        }
        position = tuple;
    }
    expect_close(TokenKind::right_bracket, open, "index");
    auto* made = node<IndexExpr>(ExprKind::index, since(begin));
    made->object = object;
    made->index = position;
    raise_above(made, std::max(height_of(object), height_of(position)));
    return made;
}

Expr* Parser::slice() {
    const std::uint32_t begin = token_.begin;
    const auto ends = [&] {
        return at(TokenKind::colon) || at(TokenKind::right_bracket) || at(TokenKind::comma) ||
               at(TokenKind::end);
    };
    Expr* start = at(TokenKind::colon) ? nullptr : named_expression();
    if (start != nullptr && !at(TokenKind::colon)) return start;
    advance();
    Expr* stop = ends() ? nullptr : expression();
    Expr* step = nullptr;
    if (accept(TokenKind::colon) && !ends()) step = expression();
    auto* made = node<SliceExpr>(ExprKind::slice, since(begin));
    made->start = start;
    made->stop = stop;
    made->step = step;
    raise_above(made, std::max({height_of(start), height_of(stop), height_of(step)}));
    return made;
}

}  // namespace harness::lang
