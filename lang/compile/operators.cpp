// Unary and binary operators, and `:=`.
#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

Operand FunctionCompiler::unary(const UnaryExpr& e, int dest) {
    if (e.op == UnaryOp::logical_not) {
        const std::uint8_t reg = target(dest);
        const unsigned mark = next_temp_;
        const Operand o = expr(e.operand);
        emit(Op::logical_not, reg, o.reg, 0, e.span, o.hold == Hold::unnamed ? ends_b : 0);
        if (o.hold == Hold::unnamed) disown(o.reg);
        release_temporaries(mark);
        return {reg, Hold::plain, true};
    }
    if (e.op == UnaryOp::negate && e.operand->kind == ExprKind::integer) {
        const auto& literal = as<IntegerExpr>(e.operand);
        if (!literal.too_large && literal.value <= static_cast<std::uint64_t>(integer_max) + 1)
            return constant_operand(Value::integer(-static_cast<std::int64_t>(literal.value)), dest, e.span);
    }
    if (e.op == UnaryOp::negate && e.operand->kind == ExprKind::floating)
        return constant_operand(Value::floating(-as<FloatExpr>(e.operand).value), dest, e.span);
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const Operand o = expr(e.operand);
    const Op op = e.op == UnaryOp::negate ? Op::negate : e.op == UnaryOp::plus ? Op::plus : Op::invert;
    emit(op, reg, o.reg, 0, e.span, o.hold == Hold::unnamed ? ends_b : 0);
    if (o.hold == Hold::unnamed) disown(o.reg);
    release_temporaries(mark);
    if (never_heap(&e)) return {reg, Hold::plain, true};
    own(reg);
    return {reg, Hold::unnamed, true};
}

/// A literal number as the operand of an instruction, by its place among the constants; none where it is
/// another expression, or the instruction has no room for the place.
std::optional<std::uint32_t> FunctionCompiler::number_operand(const Expr* e) {
    Value v{};
    if (e->kind == ExprKind::integer && !as<IntegerExpr>(e).too_large &&
        as<IntegerExpr>(e).value <= static_cast<std::uint64_t>(integer_max)) {
        v = Value::integer(static_cast<std::int64_t>(as<IntegerExpr>(e).value));
    } else if (e->kind == ExprKind::floating) {
        v = Value::floating(as<FloatExpr>(e).value);
    } else {
        return std::nullopt;
    }
    if (fn_->constant_pool.size() >= 256 && !constant_index_.contains(v.bits)) return std::nullopt;
    const std::uint32_t k = constant(v);
    return k < 256 ? std::optional(k) : std::nullopt;
}

/// left op right, where left is evaluated already. With `into_left` the result goes to the local that left
/// is, whose old value the instruction ends.
Operand FunctionCompiler::binary_op(BinaryOp op, Operand left, const Expr* right_expr, Span span, int dest,
                                    bool into_left) {
    const auto opcode = static_cast<Op>(static_cast<unsigned>(Op::add) + static_cast<unsigned>(op));
    std::uint8_t flags = left.hold == Hold::unnamed ? ends_b : 0;
    if (into_left && counts()) flags = static_cast<std::uint8_t>(flags | ends_a);
    if (augmented_) flags = static_cast<std::uint8_t>(flags | augmented);
    augmented_ = false;
    const std::optional<std::uint32_t> is_constant =
        op <= BinaryOp::modulo ? number_operand(right_expr) : std::nullopt;
    const unsigned mark = next_temp_;
    const std::uint8_t name_reg = left.reg;
    std::uint8_t right_reg = 0;
    Operand right{};
    if (!is_constant) {
        keep_across(left, right_expr, span);
        if (left.hold == Hold::unnamed) flags |= ends_b;
        right = expr(right_expr);
        right_reg = right.reg;
        if (right.hold == Hold::unnamed) flags |= ends_c;
    }
    std::uint8_t reg = 0;
    if (into_left)
        reg = name_reg;
    else if (dest >= 0)
        reg = static_cast<std::uint8_t>(dest);
    else if (left.temporary)
        reg = left.reg;
    else if (!is_constant && right.temporary)
        reg = right.reg;
    else
        reg = temp();
    if (is_constant) {
        const auto constant_op =
            static_cast<Op>(static_cast<unsigned>(Op::add_constant) + static_cast<unsigned>(op));
        emit(constant_op, reg, left.reg, *is_constant, span, flags);
    } else {
        emit(opcode, reg, left.reg, right_reg, span, flags);
    }
    if (left.hold == Hold::unnamed) disown(left.reg);
    if (!is_constant && right.hold == Hold::unnamed) disown(right.reg);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 || into_left ? mark : reg + 1U));
    return {reg, Hold::unnamed, true};
}

Operand FunctionCompiler::binary(const BinaryExpr& e, int dest) {
    const Operand left = expr(e.left);
    Operand result = binary_op(e.op, left, e.right, e.span, dest);
    if (never_heap(&e))
        result.hold = Hold::plain;
    else
        own(result.reg);
    return result;
}

Operand FunctionCompiler::walrus(const WalrusExpr& e, int dest) {
    const Operand value = owned_temp(e.value);
    const std::uint8_t reg = target(dest);
    emit(counts() && value.hold == Hold::unnamed ? Op::share : Op::move, reg, value.reg, 0, e.span);
    store_name(e.name, value, e.name_span);
    if (counts() && value.hold == Hold::unnamed) own(reg);
    return {reg,
            value.hold == Hold::unnamed && counts() ? Hold::unnamed
            : value.hold == Hold::plain             ? Hold::plain
                                                    : Hold::lent,
            true};
}

}  // namespace harness::lang
