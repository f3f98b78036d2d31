// Arguments in consecutive registers, where the called function's window begins, and the ends of what was
// passed.
#include <algorithm>
#include <utility>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

bool FunctionCompiler::has_unpacking(const CallExpr& e) const {
    return std::any_of(e.arguments.begin(), e.arguments.end(),
                       [](const Argument& a) { return a.kind != Argument::Kind::plain; });
}

/// One argument into its register of the window. `given`: the callee answers for it from now on, where that
/// matters. `lent`: it is a borrow there even if nothing says so.
Hold FunctionCompiler::argument(const Expr* e, std::uint8_t reg, bool given, bool pure, bool lent) {
    const bool borrowed = lent || e->kind == ExprKind::borrow;
    const Expr* value = e->kind == ExprKind::borrow ? as<BorrowExpr>(e).operand : e;
    const bool bits_matter = context_.lifetime.gives || regions();
    const bool to_pass = given && !borrowed && may_pass(value) &&
                         (context_.lifetime.moves || (storing_call_ && hands_over(value)));
    const unsigned mark = next_temp_;
    Operand o{};
    bool says_whether_given = true;  // of what is lent, under regions
    const bool must_own = counts() && !pure;
    if (value->kind == ExprKind::placeholder && !borrowed && given) pipe_consumed_ = true;
    switch (value->kind) {
        case ExprKind::name: {
            if (to_pass) {
                if (context_.checked && check_live_arguments_) {
                    const Operand named = read_name(as<NameExpr>(value).name, value->span, reg);
                    emit(Op::check_live, named.reg, 0, 0, value->span);
                }
                passed_ = &as<NameExpr>(value);
                return pass(*passed_, reg).hold;
            }
            // A name that is given stands for its object: where the callee stores it, the place is to own it.
            const bool keeps_bit = given && !borrowed && context_.lifetime.explicit_release;
            o = read_name(as<NameExpr>(value).name, value->span, reg, must_own && !keeps_bit);
            if (keeps_bit && must_own && o.hold == Hold::lent && o.temporary) {
                emit(Op::share_name, o.reg, o.reg, 0, value->span);
                o.hold = Hold::unnamed;
                own(o.reg, OwnedRange::Holder::name);
            }
            if (context_.checked && check_live_arguments_ && o.hold != Hold::plain)
                emit(Op::check_live, o.reg, 0, 0, value->span);
            break;
        }
        case ExprKind::attribute:
            o = given && !single_owner() && passes_on(value)
                    ? move_call(value, value->span, reg, true)
                    : attribute(as<AttributeExpr>(value), reg, must_own || regions());
            break;
        case ExprKind::index:
            o = given && !single_owner() && passes_on(value)
                    ? move_call(value, value->span, reg, true)
                    : index(as<IndexExpr>(value), reg, must_own || regions());
            break;
        default:
            o = expr(value, reg);
            says_whether_given = false;
            // A function may give back a borrow of what is gone.
            if (context_.checked && check_live_arguments_ && context_.lifetime.gives &&
                value->kind == ExprKind::call && o.hold == Hold::unnamed)
                emit(Op::check_live, o.reg, 0, 0, value->span);
    }
    // A name's object stays with the name; but what a parameter was given unnamed it gives on.
    const bool stays = o.hold == Hold::lent && !o.temporary &&
                       (single_owner() || (regions() && !(given && !borrowed && is_given(o.reg))));
    if (o.reg != reg) {
        emit(bits_matter && (borrowed || stays) ? Op::lend : Op::move, reg, o.reg, 0, e->span);
        if (o.hold == Hold::unnamed) {
            disown(o.reg);
            own(reg);
        }
    } else if (o.hold == Hold::lent && bits_matter && (borrowed || (regions() && !says_whether_given))) {
        emit(Op::lend, reg, reg, 0, e->span);
    }
    release_temporaries(std::max<unsigned>(mark, reg + 1U));
    if (!context_.elide_counts && context_.lifetime.counts_objects && o.hold == Hold::lent && !borrowed &&
        value->kind != ExprKind::placeholder) {
        emit(Op::share, reg, reg, 0, e->span);
        own(reg);
        return Hold::unnamed;
    }
    return o.hold;
}

FunctionCompiler::Arguments FunctionCompiler::arguments(const CallExpr& e, std::uint8_t first, bool given,
                                                        bool pure) {
    Arguments args;
    const Signature* const signature = std::exchange(passing_, nullptr);
    const bool texts = std::exchange(texts_, false);
    const auto is_word = [&](std::size_t index) {
        return signature != nullptr && signature->types[index] != 0 &&
               signature->types[index] < first_named_type &&
               is_whole(static_cast<Type>(signature->types[index]));
    };
    args.first = first;
    std::vector<Value> names;
    // Under `manual`, what is lent must end with its statement while the callee sees a borrow: two registers.
    std::vector<std::pair<Operand, const Expr*>> lent_unnamed;
    const auto evaluate = [&](const Argument& a, std::uint8_t to) {
        const auto index = static_cast<std::size_t>(&a - e.arguments.data());
        if (signature != nullptr) args.words.push_back(is_word(index));
        if (is_word(index) || (signature != nullptr && is_number_type(signature->types[index]) &&
                               signature->types[index] != static_cast<TypeCode>(Type::bool_)))
            return typed_argument(a.value, signature->types[index], to);
        if (texts && a.name == 0 && wants_text(a.value)) return digits(a.value, to).hold;
        const Expr* asked = a.value->kind == ExprKind::borrow
                                ? context_.facts.references.asked_by(e, index, context_.names)
                                : nullptr;
        if (asked == nullptr) return argument(a.value, to, given, pure);
        const unsigned mark = next_temp_;
        const Operand o = reference(as<BorrowExpr>(a.value), asked, to);
        if (o.reg != to) emit(Op::move, to, o.reg, 0, a.value->span);
        release_temporaries(std::max<unsigned>(mark, to + 1U));
        return o.hold;
    };
    // What a call makes comes from the allocator that is named behind it, its arguments do not.
    const bool pauses = using_call_.call == &e && !e.arguments.empty();
    const std::uint8_t allocator = using_call_.allocator;
    if (pauses) emit(Op::using_end, 0, 0, 0, e.span);
    for (const Argument& a : e.arguments) {
        const std::uint8_t reg = temp();
        if (reg != first + args.count) {
            // Something keeps registers to the end of the statement: go on behind it, with what there is
            // moved up.
            const auto moved = static_cast<std::uint8_t>(next_temp_);
            for (unsigned i = 0; i < args.count; ++i) {
                const std::uint8_t to = temp();
                const auto from = static_cast<std::uint8_t>(args.first + i);
                emit(is_word(i) ? Op::int_move : Op::move, to, from, 0, a.value->span);
                if (args.holds[i] == Hold::unnamed) {
                    disown(from);
                    own(to);
                }
            }
            args.first = moved;
            first = moved;
            const std::uint8_t next = temp();
            args.holds.push_back(evaluate(a, next));
        } else {
            args.holds.push_back(evaluate(a, reg));
        }
        ++args.count;
        args.passed.push_back(std::exchange(passed_, nullptr));
        if (a.name != 0) names.push_back(context_.constant_string(context_.names.text(a.name)));
        if (defers_drops() && a.value->kind == ExprKind::borrow && args.holds.back() == Hold::unnamed) {
            // The callee sees the borrow; the owner waits in a register behind the window.
            args.holds.back() = Hold::lent;
            lent_unnamed.push_back(
                {{static_cast<std::uint8_t>(args.first + args.count - 1), Hold::unnamed, true}, a.value});
        }
    }
    if (pauses) emit(Op::using_begin, allocator, 0, 0, e.span);
    for (auto& [operand, value] : lent_unnamed) {
        const std::uint8_t keeper = temp();
        emit(Op::move, keeper, operand.reg, 0, value->span);
        emit(Op::lend, operand.reg, operand.reg, 0, value->span);
        disown(operand.reg);
        own(keeper);
        pending_drops_.push_back(keeper);
    }
    if (!names.empty()) {
        // The names go into the constants as a run: their number, then each.
        args.keyword_names = static_cast<std::uint32_t>(fn_->constant_pool.size()) + 1;
        fn_->constant_pool.push_back(Value::integer(static_cast<std::int64_t>(names.size())));
        for (Value v : names) fn_->constant_pool.push_back(v);
    }
    return args;
}

namespace {

/// Whether two expressions name the same place and can be evaluated twice without effect.
bool same_place(const Expr* a, const Expr* b) {
    if (a->kind != b->kind) return false;
    switch (a->kind) {
        case ExprKind::none:
            return true;
        case ExprKind::boolean:
            return as<BooleanExpr>(a).value == as<BooleanExpr>(b).value;
        case ExprKind::string:
            return as<StringExpr>(a).bytes == as<StringExpr>(b).bytes;
        case ExprKind::unary:
            return as<UnaryExpr>(a).op == as<UnaryExpr>(b).op &&
                   same_place(as<UnaryExpr>(a).operand, as<UnaryExpr>(b).operand);
        case ExprKind::tuple:
            return std::equal(as<SequenceExpr>(a).elements.begin(), as<SequenceExpr>(a).elements.end(),
                              as<SequenceExpr>(b).elements.begin(), as<SequenceExpr>(b).elements.end(),
                              same_place);
        case ExprKind::name:
            return as<NameExpr>(a).name == as<NameExpr>(b).name;
        case ExprKind::integer:
            return as<IntegerExpr>(a).value == as<IntegerExpr>(b).value;
        case ExprKind::attribute:
            return as<AttributeExpr>(a).name == as<AttributeExpr>(b).name &&
                   same_place(as<AttributeExpr>(a).object, as<AttributeExpr>(b).object);
        case ExprKind::index:
            return same_place(as<IndexExpr>(a).object, as<IndexExpr>(b).object) &&
                   same_place(as<IndexExpr>(a).index, as<IndexExpr>(b).index);
        case ExprKind::binary:
            return as<BinaryExpr>(a).op == as<BinaryExpr>(b).op &&
                   same_place(as<BinaryExpr>(a).left, as<BinaryExpr>(b).left) &&
                   same_place(as<BinaryExpr>(a).right, as<BinaryExpr>(b).right);
        default:
            return false;
    }
}

}  // namespace

/// Under `manual`: a place that is overwritten in the same step gives what it owns to the new value. A name
/// need not: another name stands for the same object in its full right.
bool FunctionCompiler::passes_on(const Expr* place) const {
    return (place->kind != ExprKind::name || single_owner()) && context_.lifetime.gives &&
           std::any_of(passing_on_.begin(), passing_on_.end(),
                       [&](const Expr* p) { return same_place(p, place); });
}

/// Before the call: under `manual` the called function may store what it is given, free it or pass it on. An
/// error that comes out of it must not end that again.
void FunctionCompiler::give_arguments(const Arguments& args, bool given) {
    if (!given || !context_.lifetime.gives) return;
    for (unsigned i = 0; i < args.count; ++i) {
        if (args.holds[i] != Hold::unnamed) continue;
        const auto reg = static_cast<std::uint8_t>(args.first + i);
        const auto active = std::find_if(active_owned_.rbegin(), active_owned_.rend(),
                                         [reg](const ActiveOwned& a) { return a.reg == reg; });
        if (active == active_owned_.rend() || active->holder != OwnedRange::Holder::register_) continue;
        disown(reg);
        own(reg, OwnedRange::Holder::called);
    }
}

/// After the call: unnamed arguments end. What was given to a function of the program is that function's
/// affair, up to the strings and the VM's own objects, which are always counted.
void FunctionCompiler::end_arguments(const Arguments& args, bool given, Span span, bool settles) {
    if (!counts()) return;
    if (given && settles && defers_drops()) return settle_arguments(args, span);
    for (unsigned i = 0; i < args.count;) {
        if (args.holds[i] != Hold::unnamed) {
            ++i;
            continue;
        }
        unsigned run = 1;
        while (i + run < args.count && args.holds[i + run] == Hold::unnamed) ++run;
        const auto reg = static_cast<std::uint8_t>(args.first + i);
        if (given || !defers_drops()) {
            if (given && single_owner())
                emit(Op::end_given, reg, run, 0, span);
            else
                emit(run == 1 ? (given ? Op::discard : Op::drop)
                              : (given ? Op::discard_range : Op::drop_range),
                     reg, run == 1 ? 0 : run, 0, span);
            for (unsigned k = 0; k < run; ++k) disown(static_cast<std::uint8_t>(reg + k));
        } else {
            for (unsigned k = 0; k < run; ++k) pending_drops_.push_back(static_cast<std::uint8_t>(reg + k));
        }
        i += run;
    }
}

/// The name owns again what a builtin only borrowed.
void FunctionCompiler::give_back(const NameExpr& e, std::uint8_t reg) {
    const Resolved r = resolve(e.name);
    const bool is_global = r.kind == Resolved::Kind::global;
    emit(Op::give_back, reg, r.local.reg, is_global ? 2 : r.local.is_cell ? 1 : 0, e.span);
    emit_word(r.index);
}

/// The same where what is called may be a builtin: then what it only borrowed goes with the statement.
void FunctionCompiler::settle_arguments(const Arguments& args, Span span) {
    constexpr unsigned bits = 32;
    std::uint32_t given = 0;
    std::vector<std::uint8_t> places;
    for (unsigned i = 0; i < args.count; ++i) {
        if (args.holds[i] != Hold::unnamed) continue;
        const auto reg = static_cast<std::uint8_t>(args.first + i);
        const auto active = std::find_if(active_owned_.rbegin(), active_owned_.rend(),
                                         [reg](const ActiveOwned& a) { return a.reg == reg; });
        const bool named = active != active_owned_.rend() && active->holder == OwnedRange::Holder::name;
        if (named || i >= bits)
            places.push_back(reg);
        else
            given |= std::uint32_t{1} << i;
    }
    if (given != 0) {
        const unsigned count = std::min(args.count, bits);
        emit(Op::settle, args.first, count, 0, span);
        emit_word(given);
        for (unsigned i = 0; i < count; ++i) {
            if ((given >> i & 1) == 0) continue;
            const auto reg = static_cast<std::uint8_t>(args.first + i);
            disown(reg);
            own(reg);
            pending_drops_.push_back(reg);
            if (args.passed[i] != nullptr) give_back(*args.passed[i], reg);
        }
    }
    for (const std::uint8_t reg : places) {
        emit(Op::discard, reg, 0, 0, span);
        disown(reg);
    }
}

/// Which registers of the window hold values that the caller answers for and would end behind the call, as a
/// frame has it: the called function may hand them on and leave None. Only where objects are counted.
std::uint32_t FunctionCompiler::given_mask(const Arguments& args, std::uint8_t at, unsigned before) const {
    if (!context_.lifetime.counts_objects || !context_.elide_counts || args.first != at + before) return 0;
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < args.count && i + before < most_given; ++i)
        if (args.holds[i] == Hold::unnamed) mask |= 1U << (i + before);
    return mask << frame_given_shift;
}

/// Where a call's result goes: where it is wanted, into the window's first register when that is free, else
/// above.
Operand FunctionCompiler::call_result(int dest, std::uint8_t free_register, bool free_is_usable) {
    if (dest >= 0) return {static_cast<std::uint8_t>(dest), Hold::unnamed, true};
    if (free_is_usable) return {free_register, Hold::unnamed, true};
    return {temp(), Hold::unnamed, true};
}

/// Where a call's window begins: the callee and what else stands in the `before` registers from `first` on,
/// then the arguments. Behind them lie the registers of the called function, so what waits for the end of the
/// statement must not be there: then the window moves up.
std::uint8_t FunctionCompiler::window(std::uint8_t first, unsigned before, Arguments& args, Span span) {
    const bool together = args.count == 0 || args.first == first + before;
    if (together && next_temp_ <= first + before + args.count) return first;
    const std::uint8_t at = temp(before + args.count);
    for (unsigned i = 0; i < before; ++i) emit(Op::move, at + i, first + i, 0, span);
    for (unsigned i = 0; i < args.count; ++i)
        emit(i < args.words.size() && args.words[i] ? Op::int_move : Op::move, at + before + i,
             args.first + i, 0, span);
    if (!single_owner()) return at;
    // What is received is seen where the call finds it.
    for (unsigned i = 0; i < args.count; ++i) {
        if (args.holds[i] != Hold::unnamed) continue;
        disown(static_cast<std::uint8_t>(args.first + i));
        own(static_cast<std::uint8_t>(at + before + i));
    }
    args.first = static_cast<std::uint8_t>(at + before);
    return at;
}

}  // namespace harness::lang
