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
    const Operand o = evaluate(e, dest);
    if (context_.elide_counts || o.hold != Hold::lent || !context_.lifetime.counts_objects) return o;
    // What `&e` is and what a pipe hands on are borrows by meaning, not for speed.
    if (e->kind == ExprKind::borrow || e->kind == ExprKind::placeholder) return o;
    const std::uint8_t reg = o.temporary ? o.reg : temp();
    emit(Op::share, reg, o.reg, 0, e->span);
    own(reg);
    return {reg, Hold::unnamed, true};
}

Operand FunctionCompiler::evaluate(const Expr* e, int dest) {
    if (has_numbers_)
        if (const auto made = typed_value(e, dest)) return *made;
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
        case ExprKind::generator:
            if (scopes_.functions.contains(e)) return generator(as<ComprehensionExpr>(e), dest);
            [[fallthrough]];
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
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

Hold FunctionCompiler::into_owned(const Expr* e, std::uint8_t reg, bool stores, bool binds) {
    const unsigned mark = next_temp_;
    if (may_pass(e) && (binds || (stores && (hands_over(e) || passes_on(e)))))
        return pass(as<NameExpr>(e), reg).hold;
    if (stores) received_by(binds ? Receiver::name : Receiver::place, e);
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

// --- Places

Operand FunctionCompiler::attribute(const AttributeExpr& e, int dest, bool must_own) {
    if (is_super_call(e.object)) return super_attribute(e, dest);
    const std::uint8_t reg = target(dest);
    const unsigned inner = next_temp_;
    const Operand object = expr(e.object);
    const bool own_result = counts() && (must_own || object.hold == Hold::unnamed);
    const bool says = own_result || (regions() && must_own);
    emit(says ? Op::get_field_share : Op::get_field, reg, object.reg, 0, e.span);
    emit_word(e.name);
    emit_word(0);
    if (own_result) own(reg);
    finish(object, e.span);
    release_temporaries(inner);
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
    const std::optional<Word> place = word_index(e.index);
    const Operand at = place ? Operand{place->reg, Hold::plain, false} : expr(e.index);
    const bool own_result = counts() && (must_own || object.hold == Hold::unnamed ||
                                         context_.facts.defines(context_.names.intern("__getitem__")));
    const bool says = own_result || (regions() && must_own);
    if (place)
        emit(says ? Op::get_index_int_share : Op::get_index_int, reg, object.reg, at.reg, e.span);
    else
        emit(says ? Op::get_index_share : Op::get_index, reg, object.reg, at.reg, e.span);
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

}  // namespace harness::lang
