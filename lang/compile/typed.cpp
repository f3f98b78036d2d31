// Numbers of declared types: what is known of an expression before it is computed, and the instructions that
// compute it from raw words and from registers that surely hold floats. typed.md says what they mean.
#include <algorithm>
#include <bit>
#include <utility>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

std::int64_t clamped(Wide i) { return static_cast<std::int64_t>(std::clamp<Wide>(i, least, most)); }

/// The bounds of what an operation on whole numbers can give; what leaves 64 bits is an error.
void bound(BinaryOp op, const Number& l, const Number& r, Number& out) {
    const auto set = [&out](Wide low, Wide high) {
        out.low = clamped(low);
        out.high = clamped(high);
    };
    switch (op) {
        case BinaryOp::add:
            return set(Wide{l.low} + r.low, Wide{l.high} + r.high);
        case BinaryOp::subtract:
            return set(Wide{l.low} - r.high, Wide{l.high} - r.low);
        case BinaryOp::multiply: {
            const Wide corners[] = {Wide{l.low} * r.low, Wide{l.low} * r.high, Wide{l.high} * r.low,
                                    Wide{l.high} * r.high};
            return set(*std::min_element(std::begin(corners), std::end(corners)),
                       *std::max_element(std::begin(corners), std::end(corners)));
        }
        case BinaryOp::floor_divide:
            if (r.low >= 1)
                set(std::min<Wide>(l.low, 0), std::max<Wide>(l.high, 0));
            else
                set(std::min<Wide>(l.low, -Wide{l.high}), std::max<Wide>(l.high, -Wide{l.low}));
            return;
        case BinaryOp::modulo:
            return set(std::min<Wide>(Wide{r.low} + 1, 0), std::max<Wide>(Wide{r.high} - 1, 0));
        case BinaryOp::bit_and:
            if (l.low >= 0 || r.low >= 0)
                set(0, l.low >= 0 && r.low >= 0 ? std::min(l.high, r.high) : l.low >= 0 ? l.high : r.high);
            return;
        case BinaryOp::bit_or:
        case BinaryOp::bit_xor: {
            // Within the power of two that holds both.
            const auto magnitude = [](std::int64_t i) { return static_cast<std::uint64_t>(i < 0 ? ~i : i); };
            const std::uint64_t all =
                magnitude(l.low) | magnitude(l.high) | magnitude(r.low) | magnitude(r.high);
            const auto bits = static_cast<unsigned>(std::bit_width(all));
            const Wide power = Wide{1} << bits;
            return set(l.low >= 0 && r.low >= 0 ? Wide{0} : -power, power - 1);
        }
        case BinaryOp::shift_right:
            return set(std::min<Wide>(l.low, 0), std::max<Wide>(l.high, 0));
        default:
            return;
    }
}

/// What a place of the type holds.
Number whole_of(Type type) {
    Number out;
    out.typed = true;
    out.kind = is_unsigned_word(type) ? Number::Kind::word : Number::Kind::whole;
    const IntBounds& bounds = word_checks.ints[static_cast<std::size_t>(type)];
    out.low = static_cast<std::int64_t>(bounds.low);
    out.high = static_cast<std::int64_t>(bounds.low + bounds.width);
    return out;
}

bool fits_byte(std::int64_t i) { return i >= -128 && i <= 127; }

Op plus(Op first, BinaryOp op) {
    return static_cast<Op>(static_cast<unsigned>(first) + static_cast<unsigned>(op));
}

Op word_op(BinaryOp op, bool without_sign) {
    switch (op) {
        case BinaryOp::add:
            return without_sign ? Op::word_add : Op::int_add;
        case BinaryOp::subtract:
            return without_sign ? Op::word_subtract : Op::int_subtract;
        case BinaryOp::multiply:
            return without_sign ? Op::word_multiply : Op::int_multiply;
        case BinaryOp::floor_divide:
            return without_sign ? Op::word_floor_divide : Op::int_floor_divide;
        case BinaryOp::modulo:
            return without_sign ? Op::word_modulo : Op::int_modulo;
        case BinaryOp::shift_left:
            return without_sign ? Op::word_shift_left : Op::int_shift_left;
        case BinaryOp::shift_right:
            return without_sign ? Op::word_shift_right : Op::int_shift_right;
        case BinaryOp::bit_and:
            return Op::int_and;
        case BinaryOp::bit_or:
            return Op::int_or;
        default:
            return Op::int_xor;
    }
}

}  // namespace

// --- What is known

/// Of what the operator gives; nothing unless one of the operands has a declared type.
Number FunctionCompiler::number_of(BinaryOp op, const Number& l, const Number& r) {
    using Kind = Number::Kind;
    Number out;
    if (l.kind == Kind::none || r.kind == Kind::none || (!l.typed && !r.typed)) return out;
    out.typed = true;
    if (l.kind == Kind::floating || r.kind == Kind::floating) {
        if (op <= BinaryOp::power) out.kind = Kind::floating;
        return out;
    }
    switch (op) {
        case BinaryOp::divide:
            out.kind = Kind::floating;
            return out;
        case BinaryOp::power:
            // A negative exponent would give a float.
            if (r.literal && r.kind == Kind::whole && r.low >= 0 && r.high <= 255) out.kind = l.kind;
            return out;
        case BinaryOp::shift_left:
        case BinaryOp::shift_right:
            out.kind = l.kind;
            if (out.kind == Kind::whole) bound(op, l, r, out);
            return out;
        default:
            if ((l.kind == Kind::word || r.kind == Kind::word) && l.has_no_sign() && r.has_no_sign()) {
                out.kind = Kind::word;
                return out;
            }
            out.kind = Kind::whole;
            if (l.kind == Kind::whole && r.kind == Kind::whole) bound(op, l, r, out);
            return out;
    }
}

Number FunctionCompiler::number(const Expr* e) const {
    using Kind = Number::Kind;
    Number out;
    // Every level asks about those below it.
    constexpr unsigned highest = 250;
    if (e->height > highest) return out;
    switch (e->kind) {
        case ExprKind::integer: {
            const auto& literal = as<IntegerExpr>(e);
            if (literal.too_large) return out;
            out.kind = literal.value > static_cast<std::uint64_t>(most) ? Kind::word : Kind::whole;
            out.literal = true;
            out.value = literal.value;
            if (out.kind == Kind::whole) out.low = out.high = out.signed_value();
            return out;
        }
        case ExprKind::floating:
            out.kind = Kind::floating;
            out.literal = true;
            out.value = std::bit_cast<std::uint64_t>(as<FloatExpr>(e).value);
            return out;
        case ExprKind::name: {
            const NameId name = as<NameExpr>(e).name;
            if (class_body_names_.first != nullptr && class_attributes_.contains(name)) return out;
            const Local* local = find_local(name);
            if (local == nullptr || (!local->word && !local->floating)) return out;
            out.typed = true;
            if (local->floating) {
                out.kind = Kind::floating;
                return out;
            }
            return whole_of(static_cast<Type>(local->type));
        }
        case ExprKind::unary: {
            const auto& u = as<UnaryExpr>(e);
            if (u.op == UnaryOp::logical_not) return out;
            Number of = number(u.operand);
            if (of.kind == Kind::floating) {
                if (u.op == UnaryOp::invert) return out;
                if (u.op == UnaryOp::negate) of.value ^= std::uint64_t{1} << 63;
                return of;
            }
            if (of.kind == Kind::none || u.op == UnaryOp::plus) return of;
            if (of.literal && u.op == UnaryOp::negate && of.value <= std::uint64_t{1} << 63) {
                out.kind = Kind::whole;
                out.literal = true;
                out.value = 0 - of.value;
                out.low = out.high = out.signed_value();
                return out;
            }
            if (of.kind == Kind::word || !of.typed) return out;
            out.kind = Kind::whole;
            out.typed = true;
            const bool inverts = u.op == UnaryOp::invert;
            out.low = inverts ? ~of.high : clamped(-Wide{of.high});
            out.high = inverts ? ~of.low : clamped(-Wide{of.low});
            return out;
        }
        case ExprKind::binary: {
            const auto& b = as<BinaryExpr>(e);
            return number_of(b.op, number(b.left), number(b.right));
        }
        case ExprKind::conditional: {
            const auto& c = as<ConditionalExpr>(e);
            const Number l = number(c.when_true), r = number(c.when_false);
            if (l.kind == Kind::none || r.kind == Kind::none || (!l.typed && !r.typed)) return out;
            out.typed = true;
            if (l.kind == Kind::floating || r.kind == Kind::floating) {
                // An int stays one there.
                if (l.kind == r.kind) out.kind = Kind::floating;
                return out;
            }
            if (l.kind == Kind::whole && r.kind == Kind::whole) {
                out.kind = Kind::whole;
                out.low = std::min(l.low, r.low);
                out.high = std::max(l.high, r.high);
            } else if (l.has_no_sign() && r.has_no_sign()) {
                out.kind = Kind::word;
            }
            return out;
        }
        case ExprKind::call: {
            const auto& call = as<CallExpr>(e);
            auto* self = const_cast<FunctionCompiler*>(this);
            if (self->rooted(call) != nullptr) {
                out.kind = Kind::floating;
                out.typed = true;
                return out;
            }
            if (call.callee->kind != ExprKind::name) return out;
            if (const Signature* signature = self->typed_callee(call)) {
                if (!is_number_type(signature->result)) return out;
                const auto type = static_cast<Type>(signature->result);
                if (is_whole(type))
                    out = whole_of(type);
                else if (is_floating(type))
                    out.kind = Kind::floating;
                out.typed = out.kind != Kind::none;
                return out;
            }
            if (call.arguments.size() != 1 || call.arguments[0].name != 0 ||
                call.arguments[0].kind != Argument::Kind::plain)
                return out;
            if (self->is_builtin(call.callee, "len")) {
                out.kind = Kind::whole;
                out.low = 0;
                out.high = integer_max;
                return out;
            }
            const Number of = number(call.arguments[0].value);
            if (!of.typed) return out;
            if (of.is_whole() && self->is_builtin(call.callee, "int")) return of;
            if (self->is_builtin(call.callee, "float")) {
                out.kind = of.kind == Kind::none ? Kind::none : Kind::floating;
                out.typed = true;
            }
            return out;
        }
        default:
            return out;
    }
}

// --- Whole numbers

Word FunctionCompiler::word_literal(std::uint64_t value, int dest, Span span) {
    if (dest < 0)
        for (const auto& [bits, reg] : hoisted_words_)
            if (bits == value) return {reg, false};
    const std::uint8_t reg = target(dest);
    const auto i = static_cast<std::int64_t>(value);
    if (i >= -32768 && i < 32768) {
        emit(Op::int_load, reg, static_cast<unsigned>(i) & 255U, static_cast<unsigned>(i) >> 8 & 255U, span);
    } else {
        emit(Op::int_load_wide, reg, 0, 0, span);
        emit_words64(value);
    }
    return {reg, dest < 0};
}

/// Names are read where they are, so what is evaluated next must not bind them.
void FunctionCompiler::keep_word(Word& left, const Expr* following, Span span) {
    if (left.temporary || !scope_.has_walrus || inert(following)) return;
    const std::uint8_t copy = temp();
    emit(Op::int_move, copy, left.reg, 0, span);
    left = {copy, true};
}

/// Where one operand has a sign and the other has none, both are read with one.
Word FunctionCompiler::signed_word(const Expr* e, Span span) {
    Word w = word(e);
    if (number(e).kind != Number::Kind::word) return w;
    const std::uint8_t reg = w.temporary ? w.reg : temp();
    emit(Op::word_check, reg, w.reg, 0, span);
    emit_word(static_cast<std::uint32_t>(Type::i64));
    return {reg, true};
}

/// Forms with a small literal on the right; of + one on either side.
std::optional<Word> FunctionCompiler::word_with_small(const BinaryExpr& e, int dest, Bound& bound) {
    const Expr* left = e.left;
    Number k = number(e.right);
    if (e.op == BinaryOp::add && !k.literal) {
        left = e.right;
        k = number(e.left);
    }
    if (!k.literal || k.kind != Number::Kind::whole || number(left).kind != Number::Kind::whole)
        return std::nullopt;
    const std::int64_t i = k.signed_value();
    const bool power_of_two = i > 0 && (i & (i - 1)) == 0;
    Op op{};
    unsigned small = 0;
    if (e.op == BinaryOp::add && fits_byte(i)) {
        op = Op::int_add_small;
        small = static_cast<std::uint8_t>(i);
    } else if (e.op == BinaryOp::subtract && fits_byte(i) && i != -128) {
        op = Op::int_add_small;
        small = static_cast<std::uint8_t>(-i);
    } else if (e.op == BinaryOp::bit_and && i >= 0 && i <= 255) {
        op = Op::int_and_small;
        small = static_cast<unsigned>(i);
    } else if (e.op == BinaryOp::modulo && power_of_two && i <= 256) {
        // As Python's, the remainder has the sign of the divisor.
        op = Op::int_and_small;
        small = static_cast<unsigned>(i - 1);
    } else if (e.op == BinaryOp::floor_divide && power_of_two) {
        op = Op::int_shift_right_small;
        small = static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(i)));
    } else if (e.op == BinaryOp::shift_right && i >= 0 && i <= 63) {
        op = Op::int_shift_right_small;
        small = static_cast<unsigned>(i);
    } else {
        return std::nullopt;
    }
    const unsigned mark = next_temp_;
    const Word w = word(left);
    const std::uint8_t reg = dest >= 0 ? static_cast<std::uint8_t>(dest) : w.temporary ? w.reg : temp();
    if (op == Op::int_add_small && bound.type == Type::int_) {
        emit(Op::int_add_small_48, reg, w.reg, small, e.span);
    } else if (op == Op::int_add_small && bound.type != Type::any) {
        emit(Op::int_add_small_checked, reg, w.reg, small, e.span);
        emit_word(static_cast<std::uint32_t>(bound.type));
        fn_->spans.back() = bound.span;
    } else {
        emit(op, reg, w.reg, small, e.span);
    }
    release_temporaries(dest >= 0 ? mark : std::max<unsigned>(mark, reg + 1U));
    return Word{reg, dest < 0};
}

Word FunctionCompiler::word_binary(const BinaryExpr& e, int dest, Bound bound) {
    if (auto done = word_with_small(e, dest, bound)) return *done;
    const Number l = number(e.left), r = number(e.right);
    const bool without_sign = number_of(e.op, l, r).kind == Number::Kind::word;
    const unsigned mark = next_temp_;
    const bool mixed = !without_sign && e.op != BinaryOp::shift_left && e.op != BinaryOp::shift_right;
    Word left = mixed ? signed_word(e.left, e.span) : word(e.left);
    std::uint8_t right_reg = 0;
    Word right{};
    if (e.op == BinaryOp::power) {
        right_reg = static_cast<std::uint8_t>(r.value);
    } else {
        keep_word(left, e.right, e.span);
        right = signed_word_or(e.right, mixed, e.span);
        right_reg = right.reg;
    }
    const std::uint8_t reg = dest >= 0         ? static_cast<std::uint8_t>(dest)
                             : left.temporary  ? left.reg
                             : right.temporary ? right.reg
                                               : temp();
    if (e.op == BinaryOp::power) {
        emit(without_sign ? Op::word_power : Op::int_power, reg, left.reg, right_reg, e.span);
    } else if (bound.type == Type::int_ && e.op <= BinaryOp::multiply && !without_sign) {
        emit(plus(Op::int_add_48, e.op), reg, left.reg, right_reg, e.span);
    } else if (bound.type != Type::any && e.op <= BinaryOp::multiply && !without_sign) {
        emit(plus(Op::int_add_checked, e.op), reg, left.reg, right_reg, e.span);
        emit_word(static_cast<std::uint32_t>(bound.type));
        fn_->spans.back() = bound.span;
    } else {
        emit(word_op(e.op, without_sign), reg, left.reg, right_reg, e.span);
    }
    release_temporaries(dest >= 0 ? mark : std::max<unsigned>(mark, reg + 1U));
    return {reg, dest < 0};
}

Word FunctionCompiler::signed_word_or(const Expr* e, bool mixed, Span span) {
    return mixed ? signed_word(e, span) : word(e);
}

Word FunctionCompiler::word_conditional(const ConditionalExpr& e) {
    const std::uint8_t reg = temp();
    const auto put = [&](const Expr* value) {
        const Word w = word(value, reg);
        if (w.reg != reg) emit(Op::int_move, reg, w.reg, 0, value->span);
        release_temporaries(reg + 1U);
    };
    either(e, put);
    return {reg, true};
}

/// Both branches of a conditional expression, each put where the value is wanted.
void FunctionCompiler::either(const ConditionalExpr& e, const std::function<void(const Expr*)>& put) {
    JumpList otherwise;
    branch(e.condition, false, otherwise);
    const Flow at_branch = flow_;
    put(e.when_true);
    const std::uint32_t end = emit_jump(Op::jump, 0, 0, e.span);
    const Flow after = flow_;
    flow_ = at_branch;
    patch_all(otherwise, here());
    put(e.when_false);
    flow_.meet(after);
    patch(end, here());
}

/// The word of an expression of which number() says that it is whole. A name's is where it is, whatever
/// `dest` says; anything else is put there by its last instruction.
Word FunctionCompiler::word(const Expr* e, int dest, Bound bound) {
    const Number known = number(e);
    if (known.literal) return word_literal(known.value, dest, e->span);
    switch (e->kind) {
        case ExprKind::name: {
            const Local local = *find_local(as<NameExpr>(e).name);
            check_assigned(local, e->span);
            return {local.reg, false};
        }
        case ExprKind::unary: {
            const auto& u = as<UnaryExpr>(e);
            const unsigned mark = next_temp_;
            const Word w = word(u.operand);
            if (u.op == UnaryOp::plus) return w;
            const std::uint8_t reg = dest >= 0     ? static_cast<std::uint8_t>(dest)
                                     : w.temporary ? w.reg
                                                   : temp();
            emit(u.op == UnaryOp::negate ? Op::int_negate : Op::int_invert, reg, w.reg, 0, e->span);
            release_temporaries(dest >= 0 ? mark : std::max<unsigned>(mark, reg + 1U));
            return {reg, dest < 0};
        }
        case ExprKind::binary:
            return word_binary(as<BinaryExpr>(e), dest, bound);
        case ExprKind::conditional:
            return word_conditional(as<ConditionalExpr>(e));
        default: {
            const auto& call = as<CallExpr>(e);
            if (const Signature* signature = typed_callee(call)) {
                const Operand result = typed_call(call, *signature, dest);
                return {result.reg, dest < 0};
            }
            if (known.typed) return word(call.arguments[0].value, dest, bound);  // int(x)
            const std::uint8_t reg = target(dest);
            const unsigned mark = next_temp_;
            const Operand o = expr(e);
            emit(Op::unbox, reg, o.reg, 0, e->span);
            emit_word(static_cast<std::uint32_t>(Type::i64));
            release_temporaries(mark);
            return {reg, dest < 0};
        }
    }
}

// --- Floats

/// The register of an expression of which number() says that it is a number, as a float.
Operand FunctionCompiler::floating(const Expr* e, int dest) {
    const Number known = number(e);
    if (known.literal) {
        const double value = known.kind == Number::Kind::floating ? std::bit_cast<double>(known.value)
                             : known.kind == Number::Kind::word   ? static_cast<double>(known.value)
                                                                  : static_cast<double>(known.signed_value());
        if (dest < 0)
            for (const auto& [bits, reg] : hoisted_floats_)
                if (bits == std::bit_cast<std::uint64_t>(value)) return {reg, Hold::plain, false};
        return constant_operand(Value::floating(value), dest, e->span);
    }
    if (known.is_whole()) {
        const std::uint8_t reg = target(dest);
        const unsigned mark = next_temp_;
        const Word w = word(e);
        emit(known.kind == Number::Kind::word ? Op::word_to_float : Op::int_to_float, reg, w.reg, 0, e->span);
        release_temporaries(mark);
        return {reg, Hold::plain, true};
    }
    switch (e->kind) {
        case ExprKind::name: {
            const Local local = *find_local(as<NameExpr>(e).name);
            check_assigned(local, e->span);
            return {local.reg, Hold::plain, false};
        }
        case ExprKind::unary: {
            const auto& u = as<UnaryExpr>(e);
            const unsigned mark = next_temp_;
            const Operand o = floating(u.operand);
            if (u.op == UnaryOp::plus) return o;
            const std::uint8_t reg = dest >= 0     ? static_cast<std::uint8_t>(dest)
                                     : o.temporary ? o.reg
                                                   : temp();
            emit(Op::negate, reg, o.reg, 0, e->span);
            release_temporaries(dest >= 0 ? mark : std::max<unsigned>(mark, reg + 1U));
            return {reg, Hold::plain, true};
        }
        case ExprKind::binary:
            return floating_binary(as<BinaryExpr>(e), dest);
        case ExprKind::conditional: {
            const std::uint8_t reg = temp();
            either(as<ConditionalExpr>(e), [&](const Expr* value) {
                const Operand o = floating(value, reg);
                if (o.reg != reg) emit(Op::move, reg, o.reg, 0, value->span);
                release_temporaries(reg + 1U);
            });
            return {reg, Hold::plain, true};
        }
        default: {
            const auto& call = as<CallExpr>(e);
            if (const Signature* signature = typed_callee(call)) return typed_call(call, *signature, dest);
            const Expr* argument = rooted(call);
            if (argument == nullptr) return floating(call.arguments[0].value, dest);  // float(x)
            const unsigned mark = next_temp_;
            const Operand o = floating(argument);
            const std::uint8_t reg = dest >= 0     ? static_cast<std::uint8_t>(dest)
                                     : o.temporary ? o.reg
                                                   : temp();
            emit(Op::float_sqrt, reg, o.reg, 0, e->span);
            release_temporaries(dest >= 0 ? mark : std::max<unsigned>(mark, reg + 1U));
            return {reg, Hold::plain, true};
        }
    }
}

Operand FunctionCompiler::floating_binary(const BinaryExpr& e, int dest) {
    const unsigned mark = next_temp_;
    const auto place = [&](bool left_temporary, std::uint8_t left, bool right_temporary, std::uint8_t right) {
        return dest >= 0         ? static_cast<std::uint8_t>(dest)
               : left_temporary  ? left
               : right_temporary ? right
                                 : temp();
    };
    const auto done = [&](std::uint8_t reg) -> Operand {
        release_temporaries(dest >= 0 ? mark : std::max<unsigned>(mark, reg + 1U));
        return {reg, Hold::plain, true};
    };
    const Number l = number(e.left), r = number(e.right);
    if (l.is_whole() && r.is_whole()) {  // true division
        const bool without_sign = l.has_no_sign() && r.has_no_sign();
        Word left = signed_word_or(e.left, !without_sign, e.span);
        keep_word(left, e.right, e.span);
        const Word right = signed_word_or(e.right, !without_sign, e.span);
        const std::uint8_t reg = place(left.temporary, left.reg, right.temporary, right.reg);
        emit(without_sign ? Op::word_divide : Op::int_divide, reg, left.reg, right.reg, e.span);
        return done(reg);
    }
    const auto first = [&](const Expr* value, const Expr* following) {
        Operand o = floating(value);
        if (!o.temporary && scope_.has_walrus && !inert(following)) {
            const std::uint8_t copy = temp();
            emit(Op::move, copy, o.reg, 0, value->span);
            o = {copy, Hold::plain, true};
        }
        return o;
    };
    // c + a * b, c - a * b and a * b + c are one instruction.
    const auto product = [&](const Expr* x) -> const BinaryExpr* {
        if (x->kind != ExprKind::binary || as<BinaryExpr>(x).op != BinaryOp::multiply) return nullptr;
        const auto& b = as<BinaryExpr>(x);
        const Number bl = number(b.left), br = number(b.right);
        return number(x).kind == Number::Kind::floating && !bl.literal && !br.literal ? &b : nullptr;
    };
    if (e.op == BinaryOp::add || e.op == BinaryOp::subtract) {
        const BinaryExpr* right = product(e.right);
        const BinaryExpr* left = e.op == BinaryOp::add && right == nullptr ? product(e.left) : nullptr;
        if (const BinaryExpr* b = right != nullptr ? right : left) {
            Operand c{};
            if (right != nullptr) c = first(e.left, e.right);
            const Operand x = first(b->left, right != nullptr ? b->right : &e);
            const Operand y = left != nullptr ? first(b->right, e.right) : floating(b->right);
            if (left != nullptr) c = floating(e.right);
            const std::uint8_t reg =
                c.temporary && dest < 0 ? c.reg : place(x.temporary, x.reg, y.temporary, y.reg);
            emit(e.op == BinaryOp::add ? Op::float_multiply_add : Op::float_multiply_subtract, reg, x.reg,
                 y.reg, e.span);
            emit_word(c.reg);
            return done(reg);
        }
    }
    if (e.op <= BinaryOp::divide && r.literal) {
        double value = std::bit_cast<double>(r.value);
        if (r.kind == Number::Kind::whole) value = static_cast<double>(r.signed_value());
        if (r.kind == Number::Kind::word) value = static_cast<double>(r.value);
        const Value v = Value::floating(value);
        if (fn_->constant_pool.size() < 256 || constant_index_.contains(v.bits)) {
            const std::uint32_t k = constant(v);
            if (k < 256) {
                const Operand left = floating(e.left);
                const std::uint8_t reg = place(left.temporary, left.reg, false, 0);
                emit(plus(Op::add_floats_constant, e.op), reg, left.reg, k, e.span);
                return done(reg);
            }
        }
    }
    const Operand left = first(e.left, e.right);
    const Operand right = floating(e.right);
    const std::uint8_t reg = place(left.temporary, left.reg, right.temporary, right.reg);
    emit(e.op <= BinaryOp::divide ? plus(Op::float_add, e.op) : plus(Op::add, e.op), reg, left.reg, right.reg,
         e.span);
    return done(reg);
}

// --- Values

void FunctionCompiler::box_word(std::uint8_t reg, Word w, Number::Kind kind, Span span) {
    emit(kind == Number::Kind::word ? Op::box_word : Op::box, reg, w.reg, 0, span);
}

/// A name as the value that untyped code sees.
Operand FunctionCompiler::boxed(const Local& local, Span span, int dest) {
    check_assigned(local, span);
    const std::uint8_t reg = target(dest);
    box_word(reg, {local.reg, false},
             is_unsigned_word(static_cast<Type>(local.type)) ? Number::Kind::word : Number::Kind::whole,
             span);
    return {reg, Hold::plain, true};
}

/// An operator on numbers of declared types where a value is asked for; nothing when it is none.
std::optional<Operand> FunctionCompiler::typed_value(const Expr* e, int dest) {
    switch (e->kind) {
        case ExprKind::compare:
            return typed_compare(e) ? std::optional(typed_truth(e, dest)) : std::nullopt;
        case ExprKind::unary:
        case ExprKind::binary:
        case ExprKind::conditional:
        case ExprKind::call:
            break;
        default:
            return std::nullopt;
    }
    const Number known = number(e);
    if (!known.typed || known.kind == Number::Kind::none) return std::nullopt;
    if (known.kind == Number::Kind::floating) return floating(e, dest);
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    box_word(reg, word(e), known.kind, e->span);
    release_temporaries(mark);
    return Operand{reg, Hold::plain, true};
}

}  // namespace harness::lang
