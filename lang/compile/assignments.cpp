// Assignments: plain, unpacked, in parallel, annotated and augmented ones.
#include <algorithm>
#include <cassert>
#include <utility>

#include "lang/compile/function_compiler.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

void FunctionCompiler::assign(const AssignStmt& s) {
    if (s.value->kind == ExprKind::pipe && assigning_.empty()) {
        for (const Expr* target : s.targets)
            if (target->kind == ExprKind::name) assigning_.push_back(as<NameExpr>(target).name);
        assigned_pipe_ = s.value;
        const std::size_t keeps = pending_keeps_.size();
        if (!assigning_.empty()) {
            assign(s);
            assigning_.clear();
            keep_after_assignment(keeps, s.span);
            return;
        }
    }
    if (s.targets.size() == 1) {
        assign_expr(s.targets[0], s.value, s.span);
        return;
    }
    const bool passes = may_pass(s.value) && s.targets.back()->kind == ExprKind::name;
    Operand value = passes ? pass(as<NameExpr>(s.value), -1) : owned_temp(s.value);
    for (std::size_t i = 0; i < s.targets.size(); ++i) {
        // All but the last target get references of their own.
        const bool last = i + 1 == s.targets.size();
        Operand each = value;
        if (!last && value.hold == Hold::unnamed) each.hold = Hold::lent;
        if (!last) each.temporary = false;
        const unsigned mark = next_temp_;
        assign_target(s.targets[i], each, s.targets[i]->span);
        release_to(mark);
    }
}

void FunctionCompiler::assign_expr(const Expr* target, const Expr* value, Span span) {
    if (value->kind == ExprKind::borrow) {
        if (const Expr* asked = reference_asked_by(target)) {
            assign_target(target, reference(as<BorrowExpr>(value), asked, -1), span);
            return;
        }
    }
    switch (target->kind) {
        case ExprKind::name: {
            const Expr* allocator = value->kind != ExprKind::using_allocator
                                        ? allocator_of_kept(as<NameExpr>(target).name)
                                        : nullptr;
            if (allocator != nullptr) {
                store_name(as<NameExpr>(target).name, made_using(allocator, value), span);
                return;
            }
            const Local* local = class_register_ ? nullptr : find_local(as<NameExpr>(target).name);
            if (local != nullptr && typed_store(*local, value, span)) return;
            if (local != nullptr && can_target(*local)) {
                // The name may be read by its own new value, so it is written by the last instruction only;
                // what builds in place works elsewhere first (see logical, conditional, sequence).
                const Local where = *local;
                const bool reads_itself =
                    value->kind == ExprKind::list || value->kind == ExprKind::tuple ||
                    value->kind == ExprKind::list_comp || value->kind == ExprKind::dict_comp ||
                    value->kind == ExprKind::generator || value->kind == ExprKind::dict ||
                    value->kind == ExprKind::call || value->kind == ExprKind::walrus ||
                    value->kind == ExprKind::pipe || value->kind == ExprKind::compare;
                const unsigned mark = next_temp_;
                const bool safe =
                    !reads_itself || (value->kind == ExprKind::call && inert_arguments(value)) ||
                    (value->kind == ExprKind::compare && as<CompareExpr>(value).operators.size() == 1);
                const Operand o = expr(value, safe ? where.reg : -1);
                if (o.reg != where.reg) emit(Op::move, where.reg, o.reg, 0, span);
                if (o.hold == Hold::unnamed) disown(o.reg);
                flow_.set(where.reg);
                release_to(std::max(mark, static_cast<unsigned>(mark)));
                return;
            }
            if (may_pass(value)) {
                store_name(as<NameExpr>(target).name, pass(as<NameExpr>(value), -1), span);
                return;
            }
            received_by(Receiver::name, value);
            Operand o = expr(value);
            store_name(as<NameExpr>(target).name, o, span);
            return;
        }
        case ExprKind::tuple:
        case ExprKind::list:
            if ((value->kind == ExprKind::tuple || value->kind == ExprKind::list) &&
                assign_parallel(as<SequenceExpr>(target), as<SequenceExpr>(value), span)) {
                return;
            }
            [[fallthrough]];
        default: {
            const bool hinted = regions() &&
                                (target->kind == ExprKind::attribute || target->kind == ExprKind::index) &&
                                region_hint(target, value);
            if (value->kind == ExprKind::borrow) {
                // p.f = &e: an edge that answers for nothing.
                const Operand o = expr(as<BorrowExpr>(value).operand);
                edge_ = true;
                assign_target(target, {o.reg, o.hold, o.temporary}, span);
                edge_ = false;
                return;
            }
            passing_on_.push_back(target);
            const bool is_place = target->kind == ExprKind::attribute || target->kind == ExprKind::index;
            const std::optional<Local> handed = is_place ? handed_local(value) : std::nullopt;
            const Operand made = handed.has_value() ? expr(value) : stored_value(value);
            passing_on_.pop_back();
            if (hinted) region_hint_end(value->span);
            // Taking apart is told at the targets, but what is gone at its own place.
            const bool apart = target->kind == ExprKind::tuple || target->kind == ExprKind::list;
            if (context_.checked && apart && made.hold != Hold::plain)
                emit(Op::check_live, made.reg, 0, 0, value->span);
            last_ = handed.has_value() || (made.hold == Hold::lent && !made.temporary && is_last_read(value));
            assign_target(target, made, span);
            last_ = false;
            if (handed.has_value()) passed_on(*handed);
        }
    }
}

/// Whether a call's arguments can be evaluated without touching the name that gets the result: they are all
/// in registers of their own before the call.
bool FunctionCompiler::inert_arguments(const Expr* call_expr) const {
    const auto& c = as<CallExpr>(call_expr);
    return std::none_of(c.arguments.begin(), c.arguments.end(),
                        [](const Argument& a) { return a.kind != Argument::Kind::plain; }) &&
           c.callee->kind != ExprKind::pipe;
}

/// a, b = x, y without a tuple: every right side is evaluated into a register of its own first.
bool FunctionCompiler::assign_parallel(const SequenceExpr& target, const SequenceExpr& value, Span span) {
    if (target.elements.size() != value.elements.size() || target.elements.size() > 16) return false;
    for (std::size_t i = 0; i < target.elements.size(); ++i)
        if (target.elements[i]->kind == ExprKind::starred || value.elements[i]->kind == ExprKind::starred)
            return false;
    std::vector<Operand> values;
    const std::size_t before = passing_on_.size();
    passing_on_.insert(passing_on_.end(), target.elements.begin(), target.elements.end());
    const auto word_target = [&](std::size_t i) -> const Local* {
        const Expr* t = target.elements[i];
        const Local* local =
            t->kind == ExprKind::name && !class_register_ ? find_local(as<NameExpr>(t).name) : nullptr;
        return local != nullptr && local->word && number(value.elements[i]).is_whole() ? local : nullptr;
    };
    for (std::size_t i = 0; i < value.elements.size(); ++i) {
        const std::uint8_t reg = temp();
        if (word_target(i) != nullptr) {
            const Word w = word(value.elements[i], reg);
            if (w.reg != reg) emit(Op::int_move, reg, w.reg, 0, value.elements[i]->span);
            release_temporaries(reg + 1U);
            values.push_back({reg, Hold::plain, true});
            continue;
        }
        permutes_ = context_.lifetime.explicit_release && passes_on(value.elements[i]);
        const Hold hold =
            into_owned(value.elements[i], reg, true, target.elements[i]->kind == ExprKind::name);
        permutes_ = false;
        values.push_back({reg, hold, true});
    }
    passing_on_.resize(before);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (const Local* local = word_target(i))
            store_word(*local, {values[i].reg, true}, number(value.elements[i]), target.elements[i]->span);
        else
            assign_target(target.elements[i], values[i], span);
    }
    return true;
}

/// Whether the register is a parameter's, whose value may have been given unnamed.
bool FunctionCompiler::is_given(std::uint8_t reg) const {
    return std::any_of(locals_.begin(), locals_.end(), [&](const auto& each) {
        const Local& local = each.second;
        return local.reg == reg && (local.is_parameter || local.is_received);
    });
}

/// Stores an evaluated value. Unnamed ones are received by the place.
void FunctionCompiler::assign_target(const Expr* target, Operand value, Span span) {
    const bool edge = edge_;
    const Local* last = std::exchange(last_, false) ? local_in(value.reg) : nullptr;
    const auto choose = [&](Op take, Op copy, Op edge_op, Op move) {
        if (last != nullptr && value.reg == last->reg) return handing_over(*last, move);
        if (edge || value.hold != Hold::lent) return edge ? edge_op : take;
        return regions() && !value.temporary && is_given(value.reg) ? given_on(move) : copy;
    };
    switch (target->kind) {
        case ExprKind::name:
            store_name(as<NameExpr>(target).name, value, span);
            return;
        case ExprKind::attribute: {
            const auto& a = as<AttributeExpr>(target);
            refuse_write(target);
            edge_ = false;
            value = checked(value, referred_type(a.object, a.name), span);
            const Operand object = expr(a.object);
            emit(choose(Op::set_field_take, Op::set_field_copy, Op::set_field_edge, Op::set_field_move),
                 object.reg, value.reg, 0, span);
            emit_word(a.name);
            emit_word(0);
            if (value.hold == Hold::unnamed) {
                if (edge)
                    finish(value, span);
                else
                    disown(value.reg);
            }
            finish(object, span);
            return;
        }
        case ExprKind::index: {
            const auto& i = as<IndexExpr>(target);
            refuse_write(target);
            edge_ = false;
            Operand object = expr(i.object);
            if (i.index->kind == ExprKind::slice) {
                const auto& s = as<SliceExpr>(i.index);
                const SliceBounds bounds = slice_bounds(s, object, span);
                // A list takes the elements; a __setitem__ of the program is given the value itself.
                const bool given = value.hold == Hold::unnamed && context_.lifetime.gives;
                emit(Op::set_slice, object.reg, bounds.first, value.reg, span, given ? ends_c : 0);
                end_slice_bounds(bounds, span);
                finish(value, span);
                finish(object, span);
                return;
            }
            keep_across(object, i.index, span);
            // What is not simply stored needs the place as a value.
            const bool moves = edge || (last != nullptr && value.reg == last->reg);
            const std::optional<Word> place = moves ? std::nullopt : word_index(i.index);
            const Operand at = place ? Operand{place->reg, Hold::plain, false} : expr(i.index);
            if (place)
                emit(value.hold == Hold::lent ? Op::set_index_int_copy : Op::set_index_int_take, object.reg,
                     at.reg, value.reg, span);
            else
                emit(choose(Op::set_index_take, Op::set_index_copy, Op::set_index_edge, Op::set_index_move),
                     object.reg, at.reg, value.reg, span);
            if (value.hold == Hold::unnamed) {
                if (edge)
                    finish(value, span);
                else
                    disown(value.reg);
            }
            finish(at, span);
            finish(object, span);
            return;
        }
        case ExprKind::tuple:
        case ExprKind::list:
            assign_unpacked(as<SequenceExpr>(target), value, span);
            return;
        case ExprKind::starred:
            error(target->span, "SyntaxError", "starred assignment target must be in a list or tuple");
            return;
        default:
            error(target->span, "SyntaxError", "cannot assign to this expression");
    }
}

/// A parameter annotated &T is lent for reading: nothing is written through it.
void FunctionCompiler::refuse_write(const Expr* target) {
    const NameExpr* root = root_name(target);
    if (root == nullptr || !read_only_.contains(root->name)) return;
    error(target->span, "TypeError",
          "'" + std::string(context_.names.text(root->name)) + "' is borrowed to read",
          "annotate the parameter ~&T and pass ~&x to write through it");
}

void FunctionCompiler::assign_unpacked(const SequenceExpr& target, Operand value, Span span) {
    const std::size_t n = target.elements.size();
    std::size_t star = n;
    for (std::size_t i = 0; i < n; ++i) {
        if (target.elements[i]->kind != ExprKind::starred) continue;
        if (star != n)
            error(target.elements[i]->span, "SyntaxError", "multiple starred expressions in assignment");
        star = i;
    }
    if (n > 60) {
        error(target.span, "SyntaxError", "too many targets in one assignment (at most 60)");
        return;
    }
    const std::uint8_t first =
        n == 0 ? static_cast<std::uint8_t>(next_temp_) : temp(static_cast<unsigned>(n));
    if (star == n) {
        const bool take = value.hold == Hold::unnamed;
        emit(take ? Op::unpack_take : Op::unpack, first, static_cast<unsigned>(n), value.reg, target.span);
        if (take) disown(value.reg);
    } else {
        emit(Op::unpack_rest, first, static_cast<unsigned>(star), value.reg, target.span);
        const bool take = value.hold == Hold::unnamed && defers_drops();
        emit_word(static_cast<std::uint32_t>(n - star - 1) | static_cast<std::uint32_t>(take) << 16);
        if (take)
            disown(value.reg);
        else
            finish(value, span);
    }
    if (counts())
        for (std::size_t i = 0; i < n; ++i) own(static_cast<std::uint8_t>(first + i));
    for (std::size_t i = 0; i < n; ++i) {
        const Expr* t = target.elements[i];
        if (t->kind == ExprKind::starred) t = as<StarredExpr>(t).value;
        const unsigned mark = next_temp_;
        assign_target(t, {static_cast<std::uint8_t>(first + i), Hold::unnamed, true}, t->span);
        release_to(mark);
    }
}

void FunctionCompiler::annotated_assign(const AnnotatedAssignStmt& s) {
    if (s.value == nullptr) return;
    // Stores to names and fields are checked against what the whole scope says of them.
    const Local* local = s.target->kind == ExprKind::name && !class_register_
                             ? find_local(as<NameExpr>(s.target).name)
                             : nullptr;
    if (local != nullptr && s.value->kind != ExprKind::borrow && typed_store(*local, s.value, s.value->span))
        return;
    if (s.target->kind == ExprKind::name && s.value->kind != ExprKind::borrow)
        store_name(as<NameExpr>(s.target).name,
                   may_pass(s.value) ? pass(as<NameExpr>(s.value), -1) : expr(s.value), s.value->span);
    else
        assign_expr(s.target, s.value, s.span);
}

/// `static x = e`: a global that only this function sees, given its value the first time.
void FunctionCompiler::static_statement(const DeclareStmt& s) {
    const Resolved r = resolve(s.name);
    if (parent_ == nullptr) context_.program.static_slots.push_back(r.index);
    emit(Op::jump_if_global, 0, 0, 0, s.span);
    emit_word(r.index);
    emit_word(0);
    const std::uint32_t over = here() - 1;
    const Flow before = flow_;
    store_name(s.name, owned_temp(s.value), s.value->span);
    end_statement(s.span);
    flow_ = before;
    patch(over, here());
}

void FunctionCompiler::augmented_assign(const AugmentedAssignStmt& s) {
    switch (s.target->kind) {
        case ExprKind::name: {
            const NameId name = as<NameExpr>(s.target).name;
            const Local* found = find_local(name);
            if (found != nullptr && (found->word || found->floating) && !class_register_) {
                BinaryExpr sum{};
                sum.kind = ExprKind::binary;
                sum.span = s.span;
                sum.op = s.op;
                sum.left = s.target;
                sum.right = s.value;
                if (number(&sum).typed && typed_store(*found, &sum, s.span)) return;
            }
            if (found != nullptr && !found->is_cell && !found->is_parameter && found->type == 0) {
                const Local local = *found;
                check_assigned(local, s.target->span);
                augmented_ = true;
                if (inert(s.value) || local.plain || !counts()) {
                    const Operand left{local.reg, local.plain ? Hold::plain : Hold::lent, false};
                    binary_op(s.op, left, s.value, s.span, -1, true);
                } else {
                    Operand result = binary_op(s.op, {local.reg, Hold::lent, false}, s.value, s.span, -1);
                    own(result.reg);
                    store_local(local, result, s.span);
                }
                return;
            }
            const Operand left = read_name(name, s.target->span, -1);
            augmented_ = true;
            Operand result = binary_op(s.op, left, s.value, s.span, temp());
            own(result.reg);
            store_name(name, result, s.span);
            return;
        }
        case ExprKind::attribute: {
            const auto& a = as<AttributeExpr>(s.target);
            Operand object = expr(a.object);
            keep_across(object, s.value, s.span);
            const std::uint8_t old = temp();
            emit(counts() && !inert(s.value) ? Op::get_field_share : Op::get_field, old, object.reg, 0,
                 s.target->span);
            emit_word(a.name);
            emit_word(0);
            const bool owned = counts() && !inert(s.value);
            if (owned) own(old);
            augmented_ = true;
            Operand result =
                binary_op(s.op, {old, owned ? Hold::unnamed : Hold::lent, false}, s.value, s.span, temp());
            store_in_place();
            if (const TypeCode type = referred_type(a.object, a.name); type != 0)
                check_type(result.reg, type, s.span);
            own(result.reg);
            emit(Op::set_field_take, object.reg, result.reg, 0, s.span);
            emit_word(a.name);
            emit_word(0);
            disown(result.reg);
            finish(object, s.span);
            return;
        }
        case ExprKind::index: {
            const auto& i = as<IndexExpr>(s.target);
            if (i.index->kind == ExprKind::slice) {
                augmented_slice(s, i);
                return;
            }
            Operand object = expr(i.object);
            keep_across(object, i.index, s.span);
            if (object.hold == Hold::lent && object.temporary) keep_across(object, s.value, s.span);
            std::optional<Word> place = word_index(i.index);
            if (place) keep_word(*place, s.value, s.span);
            Operand at = place ? Operand{place->reg, Hold::plain, false} : expr(i.index);
            keep_across(at, s.value, s.span);
            const std::uint8_t old = temp();
            const bool owned = counts() && !inert(s.value);
            if (place)
                emit(owned ? Op::get_index_int_share : Op::get_index_int, old, object.reg, at.reg,
                     s.target->span);
            else
                emit(owned ? Op::get_index_share : Op::get_index, old, object.reg, at.reg, s.target->span);
            if (owned) own(old);
            augmented_ = true;
            Operand result =
                binary_op(s.op, {old, owned ? Hold::unnamed : Hold::lent, false}, s.value, s.span, temp());
            store_in_place();
            own(result.reg);
            emit(place ? Op::set_index_int_take : Op::set_index_take, object.reg, at.reg, result.reg, s.span);
            disown(result.reg);
            finish(at, s.span);
            finish(object, s.span);
            return;
        }
        default:
            error(s.target->span, "SyntaxError", "illegal target for augmented assignment");
    }
}

/// By hand reading a place is a borrow. An operator that worked in place gives that borrow back, and what the
/// place owned must not become one by being stored again: the last instruction may skip the store.
void FunctionCompiler::store_in_place() {
    if (!context_.lifetime.explicit_release) return;
    fn_->operand_flags.back() = static_cast<std::uint8_t>(fn_->operand_flags.back() | in_place);
}

/// x[a:b] += e: the bounds are evaluated once.
void FunctionCompiler::augmented_slice(const AugmentedAssignStmt& s, const IndexExpr& place) {
    const auto& slice = as<SliceExpr>(place.index);
    Operand object = expr(place.object);
    if (object.hold == Hold::lent) keep_across(object, s.value, s.span);
    const SliceBounds bounds = slice_bounds(slice, object, s.span);
    const std::uint8_t old = temp();
    emit(Op::get_slice, old, object.reg, bounds.first, s.target->span);
    own(old);
    augmented_ = true;
    const Operand result = binary_op(s.op, {old, Hold::lent, false}, s.value, s.span, temp());
    own(result.reg);
    emit(Op::set_slice, object.reg, bounds.first, result.reg, s.span);
    finish({result.reg, Hold::unnamed, true}, s.span);
    finish({old, Hold::unnamed, true}, s.span);
    end_slice_bounds(bounds, s.span);
    finish(object, s.span);
}

}  // namespace harness::lang
