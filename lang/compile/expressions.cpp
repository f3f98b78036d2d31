// Expressions to instructions: each evaluates into some register and says who answers for what is there.
#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

Operand FunctionCompiler::constant_operand(Value v, int dest, Span span) {
    const std::uint8_t reg = target(dest);
    if (v.is_none())
        emit(Op::load_none, reg, 0, 0, span);
    else if (v.is_bool())
        emit(v.is_true() ? Op::load_true : Op::load_false, reg, 0, 0, span);
    else if (v.is_int() && v.as_int() >= -32768 && v.as_int() < 32768)
        emit(Op::load_integer, reg, static_cast<unsigned>(v.as_int()) & 255U,
             static_cast<unsigned>(v.as_int()) >> 8 & 255U, span);
    else {
        emit(Op::load_constant, reg, 0, 0, span);
        emit_word(constant(v));
    }
    return {reg, Hold::plain, true};
}

Operand FunctionCompiler::integer_expr(const IntegerExpr& e, int dest) {
    if (e.too_large || e.value > static_cast<std::uint64_t>(integer_max)) {
        emit(Op::raise_static, static_cast<unsigned>(ErrorKind::OverflowError), 0, 0, e.span);
        emit_word(constant(context_.constant_string("integer literal does not fit in 48 bits")));
        return {target(dest), Hold::plain, true};
    }
    return constant_operand(Value::integer(static_cast<std::int64_t>(e.value)), dest, e.span);
}

Operand FunctionCompiler::expr(const Expr* e, int dest) {
    switch (e->kind) {
        case ExprKind::integer:
            return integer_expr(as<IntegerExpr>(e), dest);
        case ExprKind::floating:
            return constant_operand(Value::floating(as<FloatExpr>(e).value), dest, e->span);
        case ExprKind::string: {
            const std::uint8_t reg = target(dest);
            emit(Op::load_string, reg, 0, 0, e->span);
            emit_word(constant(context_.constant_string(as<StringExpr>(e).bytes)));
            if (!context_.lifetime.literals_allocate) return {reg, Hold::plain, true};
            return {reg, Hold::unnamed, true};
        }
        case ExprKind::fstring:
            return fstring(as<FStringExpr>(e), dest);
        case ExprKind::none:
            return constant_operand(Value::none(), dest, e->span);
        case ExprKind::boolean:
            return constant_operand(Value::boolean(as<BooleanExpr>(e).value), dest, e->span);
        case ExprKind::name:
            return read_name(as<NameExpr>(e).name, e->span, dest);
        case ExprKind::tuple:
        case ExprKind::list:
            return sequence(as<SequenceExpr>(e), dest);
        case ExprKind::dict:
            return dict_literal(as<DictExpr>(e), dest);
        case ExprKind::unary:
            return unary(as<UnaryExpr>(e), dest);
        case ExprKind::binary:
            return binary(as<BinaryExpr>(e), dest);
        case ExprKind::logical:
            return logical(as<LogicalExpr>(e), dest);
        case ExprKind::compare:
            return compare(as<CompareExpr>(e), dest);
        case ExprKind::conditional:
            return conditional(as<ConditionalExpr>(e), dest);
        case ExprKind::lambda:
            return lambda(as<LambdaExpr>(e), dest);
        case ExprKind::call:
            return call(as<CallExpr>(e), dest);
        case ExprKind::index:
            return index(as<IndexExpr>(e), dest, false);
        case ExprKind::attribute:
            return attribute(as<AttributeExpr>(e), dest, false);
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            return comprehension(as<ComprehensionExpr>(e), e->kind, dest);
        case ExprKind::borrow:
            return borrow(as<BorrowExpr>(e), dest);
        case ExprKind::using_allocator:
            return using_expr(as<UsingExpr>(e), dest);
        case ExprKind::pipe:
            return pipe(as<PipeExpr>(e), dest);
        case ExprKind::walrus:
            return walrus(as<WalrusExpr>(e), dest);
        case ExprKind::made:
            return (*static_cast<const MadeExpr*>(e)->make)(dest);
        case ExprKind::placeholder:
            return {pipe_value_.reg, pipe_value_.hold == Hold::plain ? Hold::plain : Hold::lent, false};
        case ExprKind::starred:
            error(e->span, "SyntaxError", "can't use starred expression here");
            break;
        case ExprKind::slice:
            error(e->span, "SyntaxError", "a slice stands only in an index");
            break;
        default:
            error(e->span, "SyntaxError", "this expression is not supported here",
                  "see the language reference for where it may stand");
    }
    return {target(dest), Hold::plain, true};
}

Hold FunctionCompiler::into(const Expr* e, std::uint8_t reg) {
    const unsigned mark = next_temp_;
    const Operand o = expr(e, reg);
    if (o.reg != reg) {
        emit(Op::move, reg, o.reg, 0, e->span);
        if (o.hold == Hold::unnamed) {
            disown(o.reg);
            own(reg);
        }
    }
    release_temporaries(std::max<unsigned>(mark, reg + 1U));
    return o.hold;
}

Hold FunctionCompiler::into_owned(const Expr* e, std::uint8_t reg, bool stores) {
    const unsigned mark = next_temp_;
    const Operand o = stores && passes_on(e) ? move_call(e, e->span, reg, true) : expr(e, reg);
    if (o.hold == Hold::lent && counts()) {
        emit(stores && e->kind == ExprKind::name ? Op::share_name : Op::share, reg, o.reg, 0, e->span);
    } else if (o.reg != reg) {
        emit(Op::move, reg, o.reg, 0, e->span);
        if (o.hold == Hold::unnamed) disown(o.reg);
    }
    if (o.hold != Hold::unnamed || o.reg != reg) {
        const bool of_name = stores && e->kind == ExprKind::name && o.hold == Hold::lent;
        if (o.hold != Hold::plain)
            own(reg, of_name ? OwnedRange::Holder::name : OwnedRange::Holder::register_);
    }
    release_temporaries(std::max<unsigned>(mark, reg + 1U));
    return o.hold == Hold::plain ? Hold::plain : Hold::unnamed;
}

/// An unnamed copy of the expression's value in a fresh register.
Operand FunctionCompiler::owned_temp(const Expr* e) {
    const std::uint8_t reg = temp();
    const Hold hold = into_owned(e, reg);
    return {reg, hold, true};
}

/// Whether evaluating the expression runs no code of the program and overwrites no place.
bool FunctionCompiler::inert(const Expr* e) const {
    if (e == nullptr) return true;
    switch (e->kind) {
        case ExprKind::integer:
        case ExprKind::floating:
        case ExprKind::string:
        case ExprKind::none:
        case ExprKind::boolean:
        case ExprKind::name:
            return true;
        case ExprKind::unary:
            return inert(as<UnaryExpr>(e).operand) && never_heap(e);
        case ExprKind::binary:
            return inert(as<BinaryExpr>(e).left) && inert(as<BinaryExpr>(e).right) &&
                   plain_operator(as<BinaryExpr>(e).op);
        case ExprKind::attribute:
            return inert(as<AttributeExpr>(e).object);
        case ExprKind::index:
            return inert(as<IndexExpr>(e).object) && as<IndexExpr>(e).index->kind != ExprKind::slice &&
                   inert(as<IndexExpr>(e).index) &&
                   !context_.facts.defines(context_.names.intern("__getitem__"));
        case ExprKind::borrow:
            return inert(as<BorrowExpr>(e).operand);
        default:
            return false;
    }
}

/// Makes a lent value that was loaded from a place safe against what is evaluated next.
void FunctionCompiler::keep_across(Operand& operand, const Expr* following, Span span) {
    if (operand.hold != Hold::lent || inert(following)) return;
    if (!operand.temporary) {
        if (!scope_.has_walrus) return;
        const std::uint8_t copy = temp();
        emit(counts() ? Op::share : Op::move, copy, operand.reg, 0, span);
        operand = {copy, counts() ? Hold::unnamed : Hold::lent, true};
        if (counts()) own(copy);
        return;
    }
    if (!counts()) return;
    emit(Op::share, operand.reg, operand.reg, 0, span);
    operand.hold = Hold::unnamed;
    own(operand.reg);
}

// --- Strings

/// Evaluates the pieces of an f-string into consecutive registers; all are unnamed strings or literals.
std::uint8_t FunctionCompiler::fstring_pieces(List<FStringPart> parts, Span span, unsigned& count) {
    const std::uint8_t first = static_cast<std::uint8_t>(next_temp_);
    count = 0;
    for (const FStringPart& part : parts) {
        if (!part.text.empty() || part.value == nullptr) {
            const std::uint8_t reg = temp();
            emit(Op::load_constant, reg, 0, 0, span);
            emit_word(constant(context_.constant_string(part.text)));
            ++count;
        }
        if (part.value == nullptr) continue;
        const std::uint8_t reg = temp();
        const unsigned mark = next_temp_;
        const std::size_t pending = pending_drops_.size();
        Operand value = expr(part.value);
        for (const FStringPart& inner : part.spec) keep_across(value, inner.value, part.value->span);
        std::uint32_t spec = 0;
        std::uint8_t spec_reg = 0;
        if (!part.spec.empty()) {
            unsigned pieces = 0;
            const std::uint8_t from = fstring_pieces(part.spec, span, pieces);
            spec_reg = temp();
            emit(Op::join_strings, spec_reg, from, pieces, span);
            for (unsigned i = 0; i < pieces; ++i) disown(static_cast<std::uint8_t>(from + i));
            own(spec_reg);
            spec = spec_reg + 1U;
        }
        char conversion = part.conversion;
        if (part.debug && conversion == 0 && part.spec.empty()) conversion = 'r';
        emit(Op::format_value, reg, value.reg, static_cast<unsigned char>(conversion), part.value->span);
        emit_word(spec);
        own(reg);
        if (spec != 0) {
            emit(Op::discard, spec_reg, 0, 0, span);
            disown(spec_reg);
        }
        finish(value, span);
        // The pieces stand side by side, and none refers to what it was made from.
        end_statement(span, pending);
        release_to(mark);
        ++count;
    }
    return first;
}

Operand FunctionCompiler::fstring(const FStringExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned inner = next_temp_;
    // Long ones are joined in parts, so that the registers suffice.
    constexpr std::size_t most = 60;
    unsigned count = 0;
    std::uint8_t first = 0;
    if (e.parts.size() <= most) {
        first = fstring_pieces(e.parts, e.span, count);
    } else {
        first = static_cast<std::uint8_t>(next_temp_);
        for (std::size_t at = 0; at < e.parts.size(); at += most) {
            const std::uint8_t part = temp();
            unsigned pieces = 0;
            const std::uint8_t from =
                fstring_pieces(e.parts.subspan(at, std::min(most, e.parts.size() - at)), e.span, pieces);
            emit(Op::join_strings, part, from, pieces, e.span);
            for (unsigned i = 0; i < pieces; ++i) disown(static_cast<std::uint8_t>(from + i));
            own(part);
            release_to(part + 1U);
            ++count;
        }
    }
    emit(Op::join_strings, reg, first, count, e.span);
    for (unsigned i = 0; i < count; ++i) disown(static_cast<std::uint8_t>(first + i));
    own(reg);
    release_to(inner);
    return {reg, Hold::unnamed, true};
}

// --- Containers

Operand FunctionCompiler::sequence(const SequenceExpr& e, int dest) {
    const bool is_list = e.kind == ExprKind::list;
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    constexpr std::size_t chunk = 32;
    bool starred = false;
    for (const Expr* element : e.elements) starred |= element->kind == ExprKind::starred;
    // Elements that leave something waiting for the end of the statement do not stand side by side.
    bool apart = starred;
    if (defers_drops())
        for (const Expr* element : e.elements)
            apart |= !inert(element) && element->kind != ExprKind::list && element->kind != ExprKind::tuple;
    const std::size_t at_once = apart ? 0 : std::min(e.elements.size(), chunk);
    const auto first = static_cast<std::uint8_t>(next_temp_);
    for (std::size_t i = 0; i < at_once; ++i) into_owned(e.elements[i], temp(), true);
    const bool whole = !apart && e.elements.size() <= chunk;
    // Built in a register of its own: `dest` may be read by the elements that follow.
    const std::uint8_t list = whole ? reg : temp();
    emit(whole && !is_list ? Op::make_tuple : Op::make_list, list, first, static_cast<unsigned>(at_once),
         e.span);
    for (std::size_t i = 0; i < at_once; ++i) disown(static_cast<std::uint8_t>(first + i));
    own(list);
    if (!whole) {
        for (std::size_t i = at_once; i < e.elements.size(); ++i) {
            const unsigned inner = next_temp_;
            const Expr* element = e.elements[i];
            if (element->kind == ExprKind::starred) {
                const Operand items = expr(as<StarredExpr>(element).value);
                emit(Op::extend_list, list, items.reg, 0, element->span);
                finish(items, element->span);
            } else {
                const std::uint8_t value = temp();
                into_owned(element, value, true);
                emit(Op::append_take, list, value, 0, element->span);
                disown(value);
            }
            release_temporaries(inner);
        }
        if (!is_list) emit(Op::list_to_tuple, list, 0, 0, e.span);
        emit(Op::move, reg, list, 0, e.span);
        disown(list);
        own(reg);
    }
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

Operand FunctionCompiler::dict_literal(const DictExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const std::uint8_t dict = dest >= 0 ? temp() : reg;
    emit(Op::make_dict, dict, 0, 0, e.span);
    own(dict);
    for (std::size_t i = 0; i < e.values.size(); ++i) {
        const unsigned inner = next_temp_;
        if (e.keys[i] == nullptr) {
            const Operand items = expr(e.values[i]);
            emit(Op::dict_update, dict, items.reg, 0, e.values[i]->span);
            finish(items, e.span);
        } else {
            Operand key = expr(e.keys[i]);
            keep_across(key, e.values[i], e.keys[i]->span);
            const Operand value = expr(e.values[i]);
            const bool take = value.hold == Hold::unnamed;
            emit(take ? Op::dict_insert_take : Op::dict_insert, dict, key.reg, value.reg, e.keys[i]->span);
            if (value.hold == Hold::unnamed) disown(value.reg);
            finish(key, e.span);
        }
        release_temporaries(inner);
    }
    if (dict != reg) {
        emit(Op::move, reg, dict, 0, e.span);
        disown(dict);
        own(reg);
    }
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

// --- Operators

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

/// left op right, where left is evaluated already. With `into_left` the result goes to the local that left
/// is, whose old value the instruction ends.
Operand FunctionCompiler::binary_op(BinaryOp op, Operand left, const Expr* right_expr, Span span, int dest,
                                    bool into_left) {
    const auto opcode = static_cast<Op>(static_cast<unsigned>(Op::add) + static_cast<unsigned>(op));
    std::uint8_t flags = left.hold == Hold::unnamed ? ends_b : 0;
    if (into_left && counts()) flags = static_cast<std::uint8_t>(flags | ends_a);
    if (augmented_) flags = static_cast<std::uint8_t>(flags | augmented);
    augmented_ = false;
    const auto is_constant = [&]() -> std::optional<std::uint32_t> {
        if (op > BinaryOp::modulo) return std::nullopt;
        Value v{};
        if (right_expr->kind == ExprKind::integer && !as<IntegerExpr>(right_expr).too_large &&
            as<IntegerExpr>(right_expr).value <= static_cast<std::uint64_t>(integer_max)) {
            v = Value::integer(static_cast<std::int64_t>(as<IntegerExpr>(right_expr).value));
        } else if (right_expr->kind == ExprKind::floating) {
            v = Value::floating(as<FloatExpr>(right_expr).value);
        } else {
            return std::nullopt;
        }
        if (fn_->constant_pool.size() >= 256 && !constant_index_.contains(v.bits)) return std::nullopt;
        const std::uint32_t k = constant(v);
        return k < 256 ? std::optional(k) : std::nullopt;
    }();
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

Operand FunctionCompiler::logical(const LogicalExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    // Built in a register of its own when `dest` is a name that an operand may read.
    const std::uint8_t work = is_name_register(dest) ? temp() : reg;
    const bool plain = never_heap(&e);
    JumpList ends;
    Flow after;
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
        const std::size_t pending = pending_drops_.size();
        into_owned(e.operands[i], work);
        end_statement(e.span, pending);
        const bool last = i + 1 == e.operands.size();
        if (!last) {
            ends.push_back(
                emit_jump(e.is_and ? Op::jump_if_false : Op::jump_if_true, work, 0, e.operands[i]->span));
            if (i == 0)
                after = flow_;
            else
                after.meet(flow_);
            if (!plain && counts()) emit(Op::discard, work, 0, 0, e.span);
        }
        disown(work);
    }
    after.meet(flow_);
    flow_ = after;
    patch_all(ends, here());
    if (work != reg) emit(Op::move, reg, work, 0, e.span);
    release_temporaries(mark);
    if (!plain) own(reg);
    return {reg, plain ? Hold::plain : Hold::unnamed, true};
}

Operand FunctionCompiler::conditional(const ConditionalExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const std::uint8_t work = is_name_register(dest) ? temp() : reg;
    const bool plain = never_heap(&e);
    JumpList otherwise;
    const std::size_t pending = pending_drops_.size();
    branch(e.condition, false, otherwise);
    Flow at_branch = flow_;
    into_owned(e.when_true, work);
    end_statement(e.span, pending);
    disown(work);
    const std::uint32_t end = emit_jump(Op::jump, 0, 0, e.span);
    Flow after = flow_;
    flow_ = at_branch;
    patch_all(otherwise, here());
    into_owned(e.when_false, work);
    end_statement(e.span, pending);
    disown(work);
    flow_.meet(after);
    patch(end, here());
    if (work != reg) emit(Op::move, reg, work, 0, e.span);
    release_temporaries(mark);
    if (!plain) own(reg);
    return {reg, plain ? Hold::plain : Hold::unnamed, true};
}

namespace {

Op value_op(CompareOp op) {
    static constexpr Op ops[] = {Op::equal,         Op::not_equal, Op::less,   Op::less_equal, Op::greater,
                                 Op::greater_equal, Op::in,        Op::not_in, Op::is,         Op::is_not};
    return ops[static_cast<unsigned>(op)];
}

}  // namespace

/// a < b < c into `work`, which also holds the result where the chain ends early, at a jump to `fails`. On
/// every way out the operands have ended.
void FunctionCompiler::compare_chain(const CompareExpr& e, std::uint8_t work, bool plain, JumpList& fails) {
    const std::size_t pending = pending_drops_.size();
    Operand left = owned_temp(e.operands[0]);
    Flow at_exits;
    at_exits.reachable = false;
    for (std::size_t i = 0; i < e.operators.size(); ++i) {
        const bool last = i + 1 == e.operators.size();
        const Operand right = owned_temp(e.operands[i + 1]);
        std::uint8_t flags = left.hold == Hold::unnamed ? ends_b : 0;
        if (last && right.hold == Hold::unnamed) flags |= ends_c;
        emit(value_op(e.operators[i]), work, left.reg, right.reg, e.span, flags);
        if (left.hold == Hold::unnamed) disown(left.reg);
        at_exits.meet(flow_);
        if (last) {
            if (right.hold == Hold::unnamed) disown(right.reg);
            break;
        }
        if (!plain) own(work);
        if (counts() && (right.hold == Hold::unnamed || pending_drops_.size() > pending)) {
            const std::uint32_t on = emit_jump(Op::jump_if_true, work, 0, e.span);
            if (right.hold == Hold::unnamed) emit(Op::drop, right.reg, 0, 0, e.span);
            for (std::size_t k = pending_drops_.size(); k-- > pending;)
                emit(Op::drop, pending_drops_[k], 0, 0, e.span);
            fails.push_back(emit_jump(Op::jump, 0, 0, e.span));
            patch(on, here());
        } else {
            fails.push_back(emit_jump(Op::jump_if_false, work, 0, e.span));
        }
        if (!plain && counts()) emit(Op::discard, work, 0, 0, e.span);
        if (!plain) disown(work);
        left = right;
    }
    end_statement(e.span, pending);
    flow_ = at_exits;
}

Operand FunctionCompiler::compare(const CompareExpr& e, int dest) {
    const bool plain = never_heap(&e);
    if (e.operators.size() > 1) {
        const std::uint8_t reg = target(dest);
        const unsigned mark = next_temp_;
        // The operands may still read the name that gets the result.
        const std::uint8_t work = is_name_register(dest) ? temp() : reg;
        JumpList ends;
        compare_chain(e, work, plain, ends);
        patch_all(ends, here());
        if (work != reg) emit(Op::move, reg, work, 0, e.span);
        release_temporaries(mark);
        if (plain) return {reg, Hold::plain, true};
        own(reg);
        return {reg, Hold::unnamed, true};
    }
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    Operand left = expr(e.operands[0]);
    keep_across(left, e.operands[1], e.span);
    const Operand right = expr(e.operands[1]);
    std::uint8_t flags = 0;
    if (left.hold == Hold::unnamed) flags |= ends_b;
    if (right.hold == Hold::unnamed) flags |= ends_c;
    emit(value_op(e.operators[0]), reg, left.reg, right.reg, e.span, flags);
    if (left.hold == Hold::unnamed) disown(left.reg);
    if (right.hold == Hold::unnamed) disown(right.reg);
    release_temporaries(mark);
    if (plain) return {reg, Hold::plain, true};
    own(reg);
    return {reg, Hold::unnamed, true};
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

// --- Places

Operand FunctionCompiler::attribute(const AttributeExpr& e, int dest, bool must_own) {
    const unsigned mark = next_temp_;
    const std::uint8_t reg = target(dest);
    const unsigned inner = next_temp_;
    const Operand object = expr(e.object);
    const bool own_result = counts() && (must_own || object.hold == Hold::unnamed);
    emit(own_result ? Op::get_field_share : Op::get_field, reg, object.reg, 0, e.span);
    emit_word(e.name);
    emit_word(0);
    if (own_result) own(reg);
    finish(object, e.span);
    release_temporaries(inner);
    (void)mark;
    return {reg, own_result ? Hold::unnamed : Hold::lent, true};
}

/// The bounds of a slice in three registers; the object is kept while they are evaluated.
FunctionCompiler::SliceBounds FunctionCompiler::slice_bounds(const SliceExpr& s, Operand& object, Span span) {
    for (const Expr* bound : {s.start, s.stop, s.step}) keep_across(object, bound, span);
    SliceBounds bounds{.first = temp(3)};
    for (unsigned i = 0; const Expr* bound : {s.start, s.stop, s.step}) {
        const auto at = static_cast<std::uint8_t>(bounds.first + i);
        if (bound == nullptr)
            emit(Op::load_none, at, 0, 0, span);
        else
            bounds.holds[i] = into_owned(bound, at);
        ++i;
    }
    return bounds;
}

void FunctionCompiler::end_slice_bounds(const SliceBounds& bounds, Span span) {
    for (unsigned i = 0; i < 3; ++i)
        finish({static_cast<std::uint8_t>(bounds.first + i), bounds.holds[i], true}, span);
}

Operand FunctionCompiler::index(const IndexExpr& e, int dest, bool must_own) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    Operand object = expr(e.object);
    if (e.index->kind == ExprKind::slice) {
        const auto& s = as<SliceExpr>(e.index);
        const SliceBounds bounds = slice_bounds(s, object, e.span);
        emit(Op::get_slice, reg, object.reg, bounds.first, e.span);
        own(reg);
        end_slice_bounds(bounds, e.span);
        finish(object, e.span);
        release_temporaries(mark);
        return {reg, Hold::unnamed, true};
    }
    keep_across(object, e.index, e.span);
    const Operand at = expr(e.index);
    const bool own_result = counts() && (must_own || object.hold == Hold::unnamed ||
                                         context_.facts.defines(context_.names.intern("__getitem__")));
    emit(own_result ? Op::get_index_share : Op::get_index, reg, object.reg, at.reg, e.span);
    if (own_result) own(reg);
    finish(at, e.span);
    finish(object, e.span);
    release_temporaries(mark);
    return {reg, own_result ? Hold::unnamed : Hold::lent, true};
}

Operand FunctionCompiler::lambda(const LambdaExpr& e, int dest) {
    FunctionCompiler inner(context_, scopes_, *scopes_.functions.at(&e), this, module_);
    return make_function(inner.compile_lambda(e), e.parameters, e.span, dest);
}

// --- Conditions

void FunctionCompiler::branch_compare(CompareOp op, const Expr* left_expr, Operand left,
                                      const Expr* right_expr, bool when, JumpList& jumps, Span span) {
    if (op == CompareOp::is || op == CompareOp::is_not) {
        if (right_expr->kind == ExprKind::none && left.hold != Hold::unnamed) {
            const bool wants_none = (op == CompareOp::is) == when;
            jumps.push_back(
                emit_jump(wants_none ? Op::jump_if_none : Op::jump_if_not_none, left.reg, 0, span));
            return;
        }
    }
    if (op >= CompareOp::in) {
        keep_across(left, right_expr, span);
        const Operand right = expr(right_expr);
        const std::uint8_t reg = temp();
        std::uint8_t flags = 0;
        if (left.hold == Hold::unnamed) flags |= ends_b;
        if (right.hold == Hold::unnamed) flags |= ends_c;
        const Op value_op = op == CompareOp::in       ? Op::in
                            : op == CompareOp::not_in ? Op::not_in
                            : op == CompareOp::is     ? Op::is
                                                      : Op::is_not;
        emit(value_op, reg, left.reg, right.reg, span, flags);
        if (left.hold == Hold::unnamed) disown(left.reg);
        if (right.hold == Hold::unnamed) disown(right.reg);
        jumps.push_back(emit_jump(when ? Op::jump_if_true : Op::jump_if_false, reg, 0, span));
        return;
    }
    // The fused jumps come in pairs, true before false, in the order of CompareOp.
    static constexpr Op registers[] = {Op::jump_equal,      Op::jump_not_equal, Op::jump_less,
                                       Op::jump_less_equal, Op::jump_greater,   Op::jump_greater_equal};
    static constexpr Op constants[] = {Op::jump_equal_constant,   Op::jump_not_equal_constant,
                                       Op::jump_less_constant,    Op::jump_less_equal_constant,
                                       Op::jump_greater_constant, Op::jump_greater_equal_constant};
    const auto choose = [&](const Op* table) {
        if (op == CompareOp::equal) return when ? table[0] : table[1];
        if (op == CompareOp::not_equal) return when ? table[1] : table[0];
        const Op base = table[static_cast<unsigned>(op)];
        return when ? base : static_cast<Op>(static_cast<unsigned>(base) + 1);
    };
    if (right_expr->kind == ExprKind::integer &&
        as<IntegerExpr>(right_expr).value <= static_cast<std::uint64_t>(integer_max) &&
        !as<IntegerExpr>(right_expr).too_large && fn_->constant_pool.size() < 256) {
        const std::uint32_t k =
            constant(Value::integer(static_cast<std::int64_t>(as<IntegerExpr>(right_expr).value)));
        if (k < 256) {
            std::uint8_t flags = left.hold == Hold::unnamed ? ends_a : 0;
            jumps.push_back(emit_jump(choose(constants), left.reg, k, span, flags));
            if (flags != 0) disown(left.reg);
            return;
        }
    }
    keep_across(left, right_expr, span);
    const Operand right = expr(right_expr);
    std::uint8_t flags = 0;
    if (left.hold == Hold::unnamed) flags |= ends_a;
    if (right.hold == Hold::unnamed) flags |= ends_b;
    jumps.push_back(emit_jump(choose(registers), left.reg, right.reg, span, flags));
    if (left.hold == Hold::unnamed) disown(left.reg);
    if (right.hold == Hold::unnamed) disown(right.reg);
    (void)left_expr;
}

/// Jumps when the truth of `e` is `when`, else falls through.
void FunctionCompiler::branch(const Expr* e, bool when, JumpList& jumps) {
    const unsigned mark = next_temp_;
    const std::size_t pending = pending_drops_.size();
    if (e->kind == ExprKind::unary && as<UnaryExpr>(e).op == UnaryOp::logical_not) {
        branch(as<UnaryExpr>(e).operand, !when, jumps);
        return;
    }
    if (e->kind == ExprKind::boolean) {
        if (as<BooleanExpr>(e).value == when) jumps.push_back(emit_jump(Op::jump, 0, 0, e->span));
        return;
    }
    if (e->kind == ExprKind::logical) {
        const auto& l = as<LogicalExpr>(e);
        // `and` jumps on False from every operand; on True only when all of them are. `or` the other way
        // round.
        Flow after;
        if (l.is_and != when) {
            for (std::size_t i = 0; i < l.operands.size(); ++i) {
                branch(l.operands[i], when, jumps);
                if (i == 0) after = flow_;
            }
            flow_ = after;
        } else {
            JumpList skip;
            for (std::size_t i = 0; i < l.operands.size(); ++i) {
                const bool last = i + 1 == l.operands.size();
                branch(l.operands[i], last ? when : !when, last ? jumps : skip);
                if (i == 0) after = flow_;
            }
            flow_ = after;
            patch_all(skip, here());
        }
        return;
    }
    if (e->kind == ExprKind::compare && never_heap(e)) {
        const auto& c = as<CompareExpr>(e);
        if (c.operators.size() == 1 && !defers_drops()) {
            branch_compare(c.operators[0], c.operands[0], expr(c.operands[0]), c.operands[1], when, jumps,
                           e->span);
            release_to(mark);
            return;
        }
        if (c.operators.size() > 1) {
            const std::uint8_t work = temp();
            JumpList fails;
            compare_chain(c, work, true, fails);
            jumps.push_back(emit_jump(when ? Op::jump_if_true : Op::jump_if_false, work, 0, e->span));
            if (when) {
                patch_all(fails, here());
            } else {
                jumps.insert(jumps.end(), fails.begin(), fails.end());
            }
            release_to(mark);
            return;
        }
    }
    const Operand o = expr(e);
    if (pending_drops_.size() > pending && o.hold != Hold::plain) {
        // The truth is found first, then what was lent goes, then the jump.
        const std::uint8_t truth = temp();
        emit(Op::logical_not, truth, o.reg, 0, e->span, o.hold == Hold::unnamed ? ends_b : 0);
        if (o.hold == Hold::unnamed) disown(o.reg);
        end_statement(e->span, pending);
        jumps.push_back(emit_jump(when ? Op::jump_if_false : Op::jump_if_true, truth, 0, e->span));
    } else {
        end_statement(e->span, pending);
        std::uint8_t flags = o.hold == Hold::unnamed ? ends_a : 0;
        jumps.push_back(emit_jump(when ? Op::jump_if_true : Op::jump_if_false, o.reg, 0, e->span, flags));
        if (flags != 0) disown(o.reg);
    }
    release_to(mark);
}

}  // namespace harness::lang
