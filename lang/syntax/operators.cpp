// Expressions from the conditional down to the operators of power. Left-deep chains are loops, so that only
// what is nested costs C stack.
#include "lang/syntax/parser_state.hpp"

namespace harness::lang {

namespace {

constexpr int bar_level = 1;

/// Binding strength of the binary operators between comparison and unary; 0 for everything else.
constexpr int strength(TokenKind kind) {
    switch (kind) {
        case TokenKind::bar:
            return bar_level;
        case TokenKind::caret:
            return 2;
        case TokenKind::amp:
            return 3;
        case TokenKind::shift_left:
        case TokenKind::shift_right:
            return 4;
        case TokenKind::plus:
        case TokenKind::minus:
            return 5;
        case TokenKind::star:
        case TokenKind::slash:
        case TokenKind::double_slash:
        case TokenKind::percent:
            return 6;
        default:
            return 0;
    }
}

constexpr BinaryOp binary_op(TokenKind kind) {
    return static_cast<BinaryOp>(static_cast<int>(kind) - static_cast<int>(TokenKind::plus));
}

}  // namespace

Expr* Parser::expression() {
    if (at(TokenKind::kw_lambda)) return lambda();
    const std::uint32_t begin = token_.begin;
    Expr* value = disjunction();
    if (at_word(words_.using_)) {
        advance();
        Expr* allocator = binary(bar_level);
        auto* made = node<UsingExpr>(ExprKind::using_allocator, since(begin));
        made->value = value;
        made->allocator = allocator;
        raise_above(made, std::max(height_of(value), height_of(allocator)));
        value = made;
    }
    return at(TokenKind::kw_if) ? conditional(begin, value) : value;
}

// a if b else c if d else e: the chain is collected first and built from its end.
Expr* Parser::conditional(std::uint32_t begin, Expr* first) {
    struct Link {
        Expr* value;
        Expr* condition;
        std::uint64_t begin;
    };
    const std::size_t mark = scratch_.mark();
    Expr* value = first;
    while (at(TokenKind::kw_if)) {
        advance();
        Expr* condition = disjunction();
        if (!at(TokenKind::kw_else)) {
            fail(missing_place(), "expected 'else' after the condition of a conditional expression",
                 "write 'a if condition else b'");
        }
        advance();
        scratch_.push(Link{value, condition, begin});
        begin = token_.begin;
        if (at(TokenKind::kw_lambda)) {
            value = lambda();
            break;
        }
        value = disjunction();
        if (at_word(words_.using_)) {
            advance();
            auto* made = node<UsingExpr>(ExprKind::using_allocator, {});
            made->value = value;
            made->allocator = binary(bar_level);
            made->span = since(begin);
            raise_above(made, std::max(height_of(value), height_of(made->allocator)));
            value = made;
        }
    }
    const auto links = scratch_.take<Link>(mark, memory_);
    for (std::size_t i = links.size(); i-- > 0;) {
        const Link& link = links[i];
        auto* made =
            node<ConditionalExpr>(ExprKind::conditional, since(static_cast<std::uint32_t>(link.begin)));
        made->condition = link.condition;
        made->when_true = link.value;
        made->when_false = value;
        raise_above(made, std::max({height_of(link.condition), height_of(link.value), height_of(value)}));
        value = made;
    }
    return value;
}

Expr* Parser::logical(bool is_and) {
    const TokenKind word = is_and ? TokenKind::kw_and : TokenKind::kw_or;
    const std::uint32_t begin = token_.begin;
    Expr* first = is_and ? inversion() : conjunction();
    if (!at(word)) return first;
    const std::size_t mark = scratch_.mark();
    scratch_.push(first);
    while (accept(word)) scratch_.push(is_and ? inversion() : conjunction());
    auto* made = node<LogicalExpr>(ExprKind::logical, since(begin));
    made->is_and = is_and;
    made->operands = scratch_.take<Expr*>(mark, memory_);
    raise_above(made, highest(made->operands));
    return made;
}

Expr* Parser::disjunction() { return logical(false); }
Expr* Parser::conjunction() { return logical(true); }

Expr* Parser::inversion() {
    if (!at(TokenKind::kw_not)) return comparison();
    const Nesting nesting(*this);
    const std::uint32_t begin = token_.begin;
    advance();
    Expr* operand = inversion();
    auto* made = node<UnaryExpr>(ExprKind::unary, since(begin));
    made->op = UnaryOp::logical_not;
    made->operand = operand;
    raise_above(made, height_of(operand));
    return made;
}

namespace {

constexpr bool compares(TokenKind kind) {
    return (kind >= TokenKind::equal && kind <= TokenKind::greater_equal) || kind == TokenKind::kw_in ||
           kind == TokenKind::kw_is || kind == TokenKind::kw_not;
}

}  // namespace

Expr* Parser::comparison() {
    const std::uint32_t begin = token_.begin;
    Expr* first = binary(bar_level);
    if (!compares(token_.kind)) return first;
    // Operands go onto the scratch stack, operators into a word each beside them.
    struct Pair {
        Expr* operand;
        std::uint64_t op;
    };
    const std::size_t mark = scratch_.mark();
    while (compares(token_.kind)) {
        const Token op = token_;
        CompareOp kind = CompareOp::equal;
        advance();
        if (op.kind == TokenKind::kw_not) {
            if (!at(TokenKind::kw_in))
                fail(op.span(), "expected 'in' after 'not'", "write 'a not in b' or 'not a'");
            advance();
            kind = CompareOp::not_in;
        } else if (op.kind == TokenKind::kw_in) {
            kind = CompareOp::in;
        } else if (op.kind == TokenKind::kw_is) {
            kind = accept(TokenKind::kw_not) ? CompareOp::is_not : CompareOp::is;
        } else {
            kind = static_cast<CompareOp>(static_cast<int>(op.kind) - static_cast<int>(TokenKind::equal));
            if (op.kind == TokenKind::less && at(TokenKind::greater) && token_.begin == op.end) {
                fail({op.begin, token_.end}, "'<>' is not an operator",
                     "write '!=' to compare for difference");
            }
            if (at(TokenKind::assign) && token_.begin == op.end) {
                const std::string written(excerpt({op.begin, token_.end}));
                fail({op.begin, token_.end}, "'" + written + "' is not an operator",
                     "write '" + written.substr(0, 2) + "'; '==' never converts types");
            }
        }
        Expr* operand = binary(bar_level);
        scratch_.push(Pair{operand, static_cast<std::uint64_t>(kind)});
    }
    const auto pairs = scratch_.take<Pair>(mark, memory_);
    auto* made = node<CompareExpr>(ExprKind::compare, since(begin));
    scratch_.push(first);
    for (const Pair& pair : pairs) scratch_.push(pair.operand);
    made->operands = scratch_.take<Expr*>(mark, memory_);
    auto* operators = static_cast<CompareOp*>(memory_.allocate(pairs.size(), 1));
    for (std::size_t i = 0; i < pairs.size(); ++i) operators[i] = static_cast<CompareOp>(pairs[i].op);
    made->operators = {operators, pairs.size()};
    raise_above(made, highest(made->operands));
    return made;
}

Expr* Parser::binary(int minimum) {
    const std::uint32_t begin = token_.begin;
    Expr* left = unary();
    for (int level = strength(token_.kind); level >= minimum && level > 0; level = strength(token_.kind)) {
        const Token op = token_;
        advance();
        Expr* right = op.kind == TokenKind::bar ? pipe_operand(level + 1) : binary(level + 1);
        left = join(begin, op, left, right);
    }
    return left;
}

Expr* Parser::pipe_operand(int minimum) {
    if (at_word(words_.keep)) {
        const Token after = lexer_.peek();
        if (after.kind == TokenKind::name && after.name == words_.underscore) return keep_stage();
    }
    return binary(minimum);
}

// keep _ with result, other using a
Expr* Parser::keep_stage() {
    const std::uint32_t begin = token_.begin;
    advance();
    advance();
    const std::size_t mark = scratch_.mark();
    if (accept(TokenKind::kw_with)) {
        do scratch_.push(binary(bar_level + 1));
        while (accept(TokenKind::comma));
    }
    Expr* allocator = nullptr;
    if (at_word(words_.using_)) {
        advance();
        allocator = binary(bar_level + 1);
    }
    auto* made = node<KeepStageExpr>(ExprKind::keep_stage, since(begin));
    made->targets = scratch_.take<Expr*>(mark, memory_);
    made->allocator = allocator;
    raise_above(made, std::max(highest(made->targets), height_of(allocator)));
    return made;
}

/// Marks the one placeholder of a stage; false when the expression is no stage.
bool Parser::take_placeholder(Expr* stage) {
    if (stage->kind == ExprKind::keep_stage) return true;
    if (stage->kind != ExprKind::call) return false;
    bool found = false;
    for (const Argument& argument : as<CallExpr>(stage).arguments) {
        if (argument.kind != Argument::Kind::plain) continue;
        Expr* value = argument.value;
        if (value->kind == ExprKind::borrow) value = as<BorrowExpr>(value).operand;
        if (value->kind != ExprKind::name || as<NameExpr>(value).name != words_.underscore) continue;
        if (found) {
            fail(value->span, "a pipe's stage takes the value once",
                 "name the value first, then pass it twice");
        }
        value->kind = ExprKind::placeholder;
        found = true;
    }
    return found;
}

Expr* Parser::join(std::uint32_t begin, const Token& op, Expr* left, Expr* right) {
    const unsigned height = std::max(height_of(left), height_of(right));
    if (op.kind == TokenKind::bar && take_placeholder(right)) {
        auto* made = node<PipeExpr>(ExprKind::pipe, since(begin));
        made->left = left;
        made->stage = right;
        raise_above(made, height);
        return made;
    }
    auto* made = node<BinaryExpr>(ExprKind::binary, since(begin));
    made->op = binary_op(op.kind);
    made->left = left;
    made->right = right;
    raise_above(made, height);
    return made;
}

Expr* Parser::unary() {
    UnaryOp op;
    switch (token_.kind) {
        case TokenKind::minus:
            op = UnaryOp::negate;
            break;
        case TokenKind::plus:
            op = UnaryOp::plus;
            break;
        case TokenKind::tilde:
        case TokenKind::amp:
            op = UnaryOp::invert;
            break;
        default:
            return power();
    }
    const Nesting nesting(*this);
    const std::uint32_t begin = token_.begin;
    bool borrows = accept(TokenKind::amp);
    const bool writable = !borrows && op == UnaryOp::invert && lexer_.peek().kind == TokenKind::amp;
    if (!borrows) advance();
    if (writable) {
        advance();
        borrows = true;
    }
    if (borrows) {
        Expr* operand = postfix();
        auto* made = node<BorrowExpr>(ExprKind::borrow, since(begin));
        made->operand = operand;
        made->writable = writable;
        raise_above(made, height_of(operand));
        return made;
    }
    Expr* operand = unary();
    auto* made = node<UnaryExpr>(ExprKind::unary, since(begin));
    made->op = op;
    made->operand = operand;
    raise_above(made, height_of(operand));
    return made;
}

Expr* Parser::power() {
    const std::uint32_t begin = token_.begin;
    Expr* base = postfix();
    if (!at(TokenKind::double_star)) return base;
    const Nesting nesting(*this);
    advance();
    Expr* exponent = unary();
    auto* made = node<BinaryExpr>(ExprKind::binary, since(begin));
    made->op = BinaryOp::power;
    made->left = base;
    made->right = exponent;
    raise_above(made, std::max(height_of(base), height_of(exponent)));
    return made;
}

Expr* Parser::lambda() {
    const Nesting nesting(*this);
    const std::uint32_t begin = token_.begin;
    advance();
    const List<Parameter> list = parameters(TokenKind::colon);
    if (!at(TokenKind::colon)) {
        fail(missing_place(), "expected ':' after the parameters of the lambda", "write 'lambda x: x + 1'");
    }
    advance();
    const Context outer = context_;
    Expr* body = expression();
    context_ = outer;
    count_function(since(begin));
    auto* made = node<LambdaExpr>(ExprKind::lambda, since(begin));
    made->parameters = list;
    made->body = body;
    unsigned height = height_of(body);
    for (const Parameter& each : list) height = std::max(height, height_of(each.default_value));
    raise_above(made, height);
    return made;
}

}  // namespace harness::lang
