// Numbers of declared types: which names hold them, stores, comparisons, counted loops. typed.md says what
// they mean.
#include <algorithm>
#include <bit>

#include "lang/compile/function_compiler.hpp"
#include "lang/compile/liveness.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

bool fits_byte(std::int64_t i) { return i >= -128 && i <= 127; }

/// The comparison with its operands exchanged, and its opposite for numbers that are in order.
CompareOp mirrored(CompareOp op) {
    switch (op) {
        case CompareOp::less:
            return CompareOp::greater;
        case CompareOp::less_equal:
            return CompareOp::greater_equal;
        case CompareOp::greater:
            return CompareOp::less;
        case CompareOp::greater_equal:
            return CompareOp::less_equal;
        default:
            return op;
    }
}
CompareOp opposite(CompareOp op) {
    static constexpr CompareOp others[] = {CompareOp::not_equal,     CompareOp::equal,
                                           CompareOp::greater_equal, CompareOp::greater,
                                           CompareOp::less_equal,    CompareOp::less};
    return others[static_cast<unsigned>(op)];
}

/// So far every whole number is a double.
constexpr std::int64_t exact_double = std::int64_t{1} << 53;

}  // namespace

// --- Names

bool FunctionCompiler::is_number_type(TypeCode type) const {
    if (type == 0 || type >= first_named_type) return false;
    const auto primitive = static_cast<Type>(type);
    return is_whole(primitive) || is_floating(primitive) || primitive == Type::bool_;
}

/// Finds the names whose whole numbers can be raw words: nobody else sees them, and nothing ends them but the
/// call. Of some the register says whether they have a value, because they may be read before.
void FunctionCompiler::declare_numbers(List<Parameter> parameters, Block body) {
    has_numbers_ = scopes_.has_annotations;
    if (scope_.annotations.empty() &&
        std::none_of(parameters.begin(), parameters.end(),
                     [](const Parameter& p) { return p.annotation != nullptr; }))
        return;
    std::vector<NameId> names;
    const auto look = [&](NameId name, TypeCode type) {
        if (!is_number_type(type) || scope_.captured.contains(name) || scope_.rebound.contains(name)) return;
        number_names_.insert(name);
        if (is_whole(static_cast<Type>(type))) names.push_back(name);
    };
    for (const Parameter& p : parameters)
        if (p.kind != Parameter::Kind::rest && p.kind != Parameter::Kind::keyword_rest)
            look(p.name, type_of(p.annotation));
    for (const NameId name : scope_.locals)
        if (!number_names_.contains(name) && scope_.annotations.contains(name))
            look(name, declared_type(name));
    if (number_names_.empty()) return;
    for (const NameId name : forgotten_in(body)) number_names_.erase(name);
    if (context_.facts.introspects || scope_.is_generator || names.empty()) return;
    const Liveness early(body, names);
    for (const NameId name : names) {
        if (!number_names_.contains(name)) continue;
        word_names_.insert(name);
        const bool given = std::any_of(parameters.begin(), parameters.end(),
                                       [name](const Parameter& p) { return p.name == name; });
        if (!given && early.at_start(name)) flagged_names_.insert(name);
    }
}

void FunctionCompiler::note_numbers(Local& local) {
    if (!number_names_.contains(local.name)) return;
    local.plain = true;
    local.floating = is_floating(static_cast<Type>(local.type));
    local.word = word_names_.contains(local.name);
    local.flagged = flagged_names_.contains(local.name);
    has_numbers_ |= local.floating || local.word;
    context_.program.has_words |= local.word;
}

/// Behind a store: the register says that the word has a value, unless it is known to say so already.
void FunctionCompiler::note_assigned(const Local& local, Span span) {
    if (local.flagged && !flow_.has(local.reg)) {
        emit(Op::load_true, local.reg, 0, 0, span);
        needs_init_ = true;
    }
    flow_.set(local.reg);
}

// --- Stores

/// A value that may be anything.
void FunctionCompiler::store_checked_number(const Local& local, Operand value, Span span) {
    emit(local.word ? Op::unbox : Op::float_check, local.reg, value.reg, 0, span);
    emit_word(local.type);
    if (value.hold == Hold::unnamed) disown(value.reg);
    if (local.word)
        note_assigned(local, span);
    else
        flow_.set(local.reg);
}

void FunctionCompiler::store_word(const Local& local, Word w, const Number& known, Span span) {
    if (within(known, static_cast<Type>(local.type))) {
        if (w.reg != local.reg) emit(Op::int_move, local.reg, w.reg, 0, span);
    } else {
        emit(known.kind == Number::Kind::word ? Op::word_check : Op::int_check, local.reg, w.reg, 0, span);
        emit_word(local.type);
    }
    note_assigned(local, span);
}

/// Stores to a name of a declared type what is a number before it is a value. False when it is not one, or
/// the name has no such type.
bool FunctionCompiler::typed_store(const Local& local, const Expr* value, Span span) {
    if (!local.word && !local.floating) return false;
    const Number known = number(value);
    if (known.kind == Number::Kind::none) return false;
    const Local where = local;
    const unsigned mark = next_temp_;
    const auto type = static_cast<Type>(where.type);
    if (where.floating) {
        if (type == Type::f32) {
            const Operand o = floating(value);
            emit(Op::float_round, where.reg, o.reg, 0, span);
        } else {
            const Operand o = floating(value, where.reg);
            if (o.reg != where.reg) emit(Op::move, where.reg, o.reg, 0, span);
        }
        flow_.set(where.reg);
        release_temporaries(mark);
        return true;
    }
    if (!known.is_whole()) return false;
    // An int that leaves its 48 bits does so in the operation.
    const Span refused = type == Type::int_ ? value->span : span;
    word_within(value, type, where.reg, refused);
    note_assigned(where, span);
    release_temporaries(mark);
    return true;
}

// --- Comparisons

/// Whether all that is compared is a number, of which one has a declared type. Of a chain those in the middle
/// are read twice, so they must be names or literals.
bool FunctionCompiler::typed_compare(const Expr* e) const {
    if (e->kind != ExprKind::compare) return false;
    const auto& c = as<CompareExpr>(e);
    bool typed = false;
    for (std::size_t i = 0; i < c.operands.size(); ++i) {
        const Number known = number(c.operands[i]);
        if (known.kind == Number::Kind::none) return false;
        typed |= known.typed;
        const bool middle = i > 0 && i + 1 < c.operands.size();
        if (middle && !known.literal && c.operands[i]->kind != ExprKind::name) return false;
    }
    if (c.operators.size() > 1) {
        if (scope_.has_walrus) return false;
        for (std::size_t i = 0; i + 1 < c.operands.size(); ++i)
            if (!number(c.operands[i]).typed && !number(c.operands[i + 1]).typed) return false;
    }
    return typed && std::all_of(c.operators.begin(), c.operators.end(),
                                [](CompareOp op) { return op <= CompareOp::greater_equal; });
}

void FunctionCompiler::typed_jump(CompareOp op, const Expr* left, const Expr* right, bool when,
                                  JumpList& jumps, Span span) {
    using Kind = Number::Kind;
    const unsigned mark = next_temp_;
    Number l = number(left), r = number(right);
    if (l.kind == Kind::floating || r.kind == Kind::floating) {
        const auto exact = [](const Number& n) {
            return n.kind == Kind::floating ||
                   (n.kind == Kind::whole && n.low >= -exact_double && n.high <= exact_double);
        };
        if (!exact(l) || !exact(r)) {
            const bool whole_first = l.is_whole();
            Word w{};
            Operand f{};
            if (whole_first) {
                w = word(left);
                keep_word(w, right, span);
                f = floating(right);
            } else {
                f = floating(left);
                w = word(right);
            }
            const Number& whole = whole_first ? l : r;
            emit(Op::jump_mixed, w.reg, f.reg, 0, span);
            emit_word(static_cast<unsigned>(whole_first ? op : mirrored(op)) | (when ? 0U : 8U) |
                      (whole.kind == Kind::word ? 16U : 0U));
            emit_word(0);
            jumps.push_back(here() - 1);
            release_temporaries(mark);
            return;
        }
        Operand a = floating(left);
        if (!a.temporary && scope_.has_walrus && !inert(right)) {
            const std::uint8_t copy = temp();
            emit(Op::move, copy, a.reg, 0, span);
            a = {copy, Hold::plain, true};
        }
        Operand b = floating(right);
        if (op == CompareOp::greater || op == CompareOp::greater_equal) {
            std::swap(a, b);
            op = mirrored(op);
        }
        // NaN is in no order: that a comparison does not hold is no comparison.
        const Op jump = op == CompareOp::equal       ? (when ? Op::jump_equal : Op::jump_not_equal)
                        : op == CompareOp::not_equal ? (when ? Op::jump_not_equal : Op::jump_equal)
                        : op == CompareOp::less      ? (when ? Op::jump_float_less : Op::jump_float_not_less)
                        : when                       ? Op::jump_float_less_equal
                                                     : Op::jump_float_not_less_equal;
        jumps.push_back(emit_jump(jump, a.reg, b.reg, span));
        release_temporaries(mark);
        return;
    }
    if (!when) op = opposite(op);
    const bool without_sign = (l.kind == Kind::word || r.kind == Kind::word);
    if (l.literal && !without_sign) {
        std::swap(left, right);
        std::swap(l, r);
        op = mirrored(op);
    }
    if (r.literal && !without_sign) {
        std::int64_t i = r.signed_value();
        CompareOp small = op;
        if (op == CompareOp::less_equal || op == CompareOp::greater) {
            small = op == CompareOp::less_equal ? CompareOp::less : CompareOp::greater_equal;
            i = i == std::numeric_limits<std::int64_t>::max() ? i : i + 1;
        }
        if (fits_byte(i)) {
            const Word w = word(left);
            const Op jump = small == CompareOp::equal       ? Op::jump_int_equal_small
                            : small == CompareOp::not_equal ? Op::jump_int_not_equal_small
                            : small == CompareOp::less      ? Op::jump_int_less_small
                                                            : Op::jump_int_greater_equal_small;
            jumps.push_back(emit_jump(jump, w.reg, static_cast<std::uint8_t>(i), span));
            release_temporaries(mark);
            return;
        }
    }
    Word a = word(left);
    keep_word(a, right, span);
    Word b = word(right);
    std::uint32_t over = 0;
    bool skips = false;
    if (without_sign && !(l.has_no_sign() && r.has_no_sign())) {
        // One has a sign: where it is negative the answer is known, else both are alike.
        const bool first = l.kind == Kind::whole;
        const bool holds = op == CompareOp::not_equal ||
                           (first ? op == CompareOp::less || op == CompareOp::less_equal
                                  : op == CompareOp::greater || op == CompareOp::greater_equal);
        const std::uint32_t jump = emit_jump(Op::jump_int_less_small, first ? a.reg : b.reg, 0, span);
        if (holds)
            jumps.push_back(jump);
        else
            over = jump;
        skips = !holds;
    }
    if (op == CompareOp::greater || op == CompareOp::greater_equal) {
        std::swap(a, b);
        op = mirrored(op);
    }
    const Op jump = op == CompareOp::equal       ? Op::jump_int_equal
                    : op == CompareOp::not_equal ? Op::jump_int_not_equal
                    : op == CompareOp::less      ? (without_sign ? Op::jump_word_less : Op::jump_int_less)
                    : without_sign               ? Op::jump_word_less_equal
                                                 : Op::jump_int_less_equal;
    jumps.push_back(emit_jump(jump, a.reg, b.reg, span));
    if (skips) patch(over, here());
    release_temporaries(mark);
}

/// Jumps when the truth of `e` is `when`. False, and nothing done, where `e` is not about numbers of declared
/// types.
bool FunctionCompiler::typed_branch(const Expr* e, bool when, JumpList& jumps) {
    if (typed_compare(e)) {
        const auto& c = as<CompareExpr>(e);
        JumpList fails;
        for (std::size_t i = 0; i < c.operators.size(); ++i) {
            const bool last = i + 1 == c.operators.size();
            const bool holds = when && last;
            typed_jump(c.operators[i], c.operands[i], c.operands[i + 1], holds, when && !last ? fails : jumps,
                       e->span);
        }
        patch_all(fails, here());
        return true;
    }
    if (e->kind != ExprKind::name && e->kind != ExprKind::binary) return false;
    const Number known = number(e);
    if (!known.typed || !known.is_whole()) return false;
    const unsigned mark = next_temp_;
    const Word w = word(e);
    jumps.push_back(
        emit_jump(when ? Op::jump_int_not_equal_small : Op::jump_int_equal_small, w.reg, 0, e->span));
    release_temporaries(mark);
    return true;
}

Operand FunctionCompiler::typed_truth(const Expr* e, int dest) {
    const std::uint8_t reg = target(dest);
    JumpList holds;
    typed_branch(e, true, holds);
    emit(Op::load_false, reg, 0, 0, e->span);
    const std::uint32_t end = emit_jump(Op::jump, 0, 0, e->span);
    patch_all(holds, here());
    emit(Op::load_true, reg, 0, 0, e->span);
    patch(end, here());
    return {reg, Hold::plain, true};
}

/// The word of an index that is a whole number of a declared type.
std::optional<Word> FunctionCompiler::word_index(const Expr* e) {
    if (!has_numbers_) return std::nullopt;
    const Number known = number(e);
    if (!known.typed || known.kind != Number::Kind::whole) return std::nullopt;
    return word(e);
}

// --- Loops

/// Begins `for local in range(…)` with the loop in the words of three registers. `fits`: every value of the
/// loop does, so that the name itself counts.
void FunctionCompiler::typed_range(const Local& local, const CallExpr& range, std::uint8_t loop,
                                   JumpList& exits, bool& fits) {
    using Kind = Number::Kind;
    const auto type = static_cast<Type>(local.type);
    const std::size_t n = range.arguments.size();
    const auto given = [&](unsigned at) -> const Expr* {
        if (n == 1) return at == 1 ? range.arguments[0].value : nullptr;
        return at < n ? range.arguments[at].value : nullptr;
    };
    bool words = true;
    Number parts[3];
    for (unsigned at = 0; at < 3; ++at) {
        const Expr* e = given(at);
        parts[at].kind = Kind::whole;
        parts[at].low = parts[at].high = at == 2 ? 1 : 0;
        if (e != nullptr) parts[at] = number(e);
        words &= parts[at].kind == Kind::whole;
    }
    for (unsigned at = 0; at < 3; ++at) {
        const Expr* e = given(at);
        const auto reg = static_cast<std::uint8_t>(loop + at);
        const unsigned mark = next_temp_;
        if (e == nullptr) {
            if (words)
                word_literal(at == 2 ? 1 : 0, reg, range.span);
            else
                constant_operand(Value::integer(at == 2 ? 1 : 0), reg, range.span);
        } else if (words) {
            const Word w = word(e, reg);
            if (w.reg != reg) emit(Op::int_move, reg, w.reg, 0, e->span);
        } else {
            const Operand o = expr(e, reg);
            if (o.reg != reg) emit(Op::move, reg, o.reg, 0, e->span);
            if (o.hold == Hold::unnamed) disown(o.reg);
        }
        release_temporaries(mark);
    }
    end_statement(range.span);
    if (words) {
        exits.push_back(emit_jump(Op::int_range_begin, loop, 0, range.span));
        Number values{.kind = Kind::whole,
                      .low = std::min(parts[0].low, parts[1].low),
                      .high = std::max(parts[0].high, parts[1].high)};
        if (parts[2].low > 0) {
            values.low = parts[0].low;
            if (parts[1].high > parts[0].low) values.high = std::max(parts[0].low, parts[1].high - 1);
        }
        fits = within(values, type);
    } else {
        exits.push_back(emit_jump(Op::range_begin, loop, 0, range.span));
        emit(Op::int_range_from, loop, 0, 0, range.span);
        fits = fits_type(type, integer_min) && fits_type(type, integer_max);
    }
}

/// Loads the literals of a loop's typed operations into registers before it, those that have no place in an
/// instruction.
void FunctionCompiler::hoist_literals(Block body, const Expr* condition) {
    // A function that is short of registers loads them where they are used.
    constexpr unsigned registers_left = 120;
    const std::size_t most_hoisted = next_temp_ < registers_left ? 10 : 0;
    const auto add = [&](auto& list, std::uint64_t bits) {
        if (list.size() < most_hoisted &&
            std::none_of(list.begin(), list.end(), [bits](const auto& each) { return each.first == bits; }))
            list.emplace_back(bits, std::uint8_t{0});
    };
    const auto pair = [&](const Expr* left, const Expr* right, std::optional<BinaryOp> op) {
        const Number l = number(left), r = number(right);
        if (l.kind == Number::Kind::none || r.kind == Number::Kind::none || (!l.typed && !r.typed)) return;
        for (const Number* each : {&l, &r}) {
            if (!each->literal) continue;
            if (l.kind == Number::Kind::floating || r.kind == Number::Kind::floating) {
                if (op && *op <= BinaryOp::divide && each == &r) continue;
                if (op && *op > BinaryOp::power) continue;
                const double value = each->kind == Number::Kind::floating
                                         ? std::bit_cast<double>(each->value)
                                         : static_cast<double>(each->signed_value());
                if (each->kind != Number::Kind::word)
                    add(hoisted_floats_, std::bit_cast<std::uint64_t>(value));
                continue;
            }
            const std::int64_t i = each->signed_value();
            const bool signs = l.kind == Number::Kind::whole && r.kind == Number::Kind::whole;
            const bool power = i > 0 && (i & (i - 1)) == 0;
            if (!op.has_value()) {
                if (signs && i >= -127 && i < 127) continue;
            } else if (signs) {
                if ((*op == BinaryOp::add || (*op == BinaryOp::subtract && each == &r)) && i > -128 &&
                    i < 128)
                    continue;
                if (each == &r && ((*op == BinaryOp::bit_and && i >= 0 && i <= 255) ||
                                   (*op == BinaryOp::modulo && power && i <= 256) ||
                                   (*op == BinaryOp::floor_divide && power) || *op == BinaryOp::shift_right))
                    continue;
            }
            if (op == BinaryOp::power) continue;
            add(hoisted_words_, each->value);
        }
    };
    const OnExpr look = [&](const Expr* e) {
        if (e->kind == ExprKind::binary) {
            pair(as<BinaryExpr>(e).left, as<BinaryExpr>(e).right, as<BinaryExpr>(e).op);
        } else if (e->kind == ExprKind::compare) {
            const auto& c = as<CompareExpr>(e);
            for (std::size_t i = 0; i + 1 < c.operands.size(); ++i)
                pair(c.operands[i], c.operands[i + 1], std::nullopt);
        }
        each_part(e, look);
    };
    if (condition != nullptr) look(condition);
    each_statement(body, [&](const Stmt* s) {
        each_expression(s, look);
        if (s->kind == StmtKind::augmented_assign)
            pair(as<AugmentedAssignStmt>(s).target, as<AugmentedAssignStmt>(s).value,
                 as<AugmentedAssignStmt>(s).op);
    });
    const Span span = fn_->spans.empty() ? fn_->header.span : fn_->spans.back();
    for (auto& [bits, reg] : hoisted_words_) {
        reg = temp();
        word_literal(bits, reg, span);
    }
    for (auto& [bits, reg] : hoisted_floats_) reg = constant_operand(Value{bits}, temp(), span).reg;
}

}  // namespace harness::lang
