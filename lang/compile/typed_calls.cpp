// Calls that pass numbers of declared types as they are, the functions that can be called so, and what prints
// a number without ever making it a value. typed.md says what they mean.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

bool passed_as_number(TypeCode type) {
    if (type == 0 || type >= first_named_type) return false;
    const auto primitive = static_cast<Type>(type);
    return is_whole(primitive) || (is_floating(primitive) && primitive != Type::f32);
}

}  // namespace

/// The one statement of the module that gives the name its meaning, where that is a `def`.
const DefStmt* FunctionCompiler::fixed_def(NameId name) {
    if (!scopes_.fixed.contains(name)) return nullptr;
    if (!scopes_.has_defs) {
        scopes_.has_defs = true;
        const FunctionCompiler* root = this;
        while (root->parent_ != nullptr) root = root->parent_;
        each_statement(root->body_, [&](const Stmt* s) {
            if (s->kind == StmtKind::def) scopes_.defs.emplace(as<DefStmt>(s).name, &as<DefStmt>(s));
        });
    }
    const auto found = scopes_.defs.find(name);
    return found == scopes_.defs.end() ? nullptr : found->second;
}

/// Callers and the function itself ask here, so that they agree.
const Signature& FunctionCompiler::signature_of(const DefStmt& def) {
    const auto [found, fresh] = scopes_.signatures.emplace(&def, Signature{});
    Signature& signature = found->second;
    if (!fresh || fixed_def(def.name) != &def || !def.decorators.empty() || !def.type_parameters.empty() ||
        def.is_extern || context_.facts.introspects)
        return signature;
    const FunctionScope& scope = *scopes_.functions.at(&def);
    if (!scope.captured.empty()) return signature;
    FunctionCompiler* root = this;
    while (root->parent_ != nullptr) root = root->parent_;
    const std::vector<NameId> ended = root->forgotten_in(def.body);
    signature.result = root->type_of(def.result);
    bool numbers = passed_as_number(signature.result);
    for (const Parameter& p : def.parameters) {
        if (p.kind != Parameter::Kind::plain || p.default_value != nullptr) return signature;
        const TypeCode type = root->type_of(p.annotation);
        const bool number = passed_as_number(type);
        if (type == static_cast<TypeCode>(Type::f32)) return signature;
        if (number &&
            (scope.rebound.contains(p.name) || std::find(ended.begin(), ended.end(), p.name) != ended.end()))
            return signature;
        if (!number && scope.assigned_parameters.contains(p.name)) return signature;
        numbers |= number;
        signature.types.push_back(type);
    }
    if (numbers) signature.key = ++context_.program.typed_functions;
    return signature;
}

/// How the function is called, where it is known and every number that it asks for is known to be one.
const Signature* FunctionCompiler::typed_callee(const CallExpr& e) {
    if (!has_numbers_ || e.callee->kind != ExprKind::name || has_unpacking(e)) return nullptr;
    const NameId name = as<NameExpr>(e.callee).name;
    if (!scopes_.fixed.contains(name)) return nullptr;
    const DefStmt* def = fixed_def(name);
    if (def == nullptr || def->parameters.size() != e.arguments.size()) return nullptr;
    const Signature& signature = signature_of(*def);
    if (signature.key == 0) return nullptr;
    // A name of the main program that no function uses is one of its locals.
    const Resolved r = resolve(name);
    const bool local = parent_ == nullptr && r.kind == Resolved::Kind::local && !r.local.is_cell;
    if (r.kind != Resolved::Kind::global && !local) return nullptr;
    for (std::size_t i = 0; i < e.arguments.size(); ++i) {
        if (e.arguments[i].name != 0) return nullptr;
        if (!passed_as_number(signature.types[i])) continue;
        const auto type = static_cast<Type>(signature.types[i]);
        const Number known = number(e.arguments[i].value);
        if (is_floating(type)) {
            if (known.kind == Number::Kind::none) return nullptr;
            continue;
        }
        // What may be out of range is refused by the function, at its parameter; but an int that leaves its
        // 48 bits does so where it is computed.
        if (!known.is_whole() || (!within(known, type) &&
                                  (type != Type::int_ || !known.typed || known.kind == Number::Kind::word)))
            return nullptr;
    }
    return &signature;
}

bool FunctionCompiler::within(const Number& known, Type type) {
    if (known.kind == Number::Kind::word) return is_unsigned_word(type);
    return fits_type(type, known.low) && fits_type(type, known.high);
}

Hold FunctionCompiler::typed_argument(const Expr* e, TypeCode type, std::uint8_t reg) {
    const unsigned mark = next_temp_;
    const auto primitive = static_cast<Type>(type);
    if (is_floating(primitive)) {
        const Operand o = floating(e, reg);
        if (o.reg != reg) emit(Op::move, reg, o.reg, 0, e->span);
    } else {
        word_within(e, primitive, reg, e->span);
    }
    release_temporaries(std::max<unsigned>(mark, reg + 1U));
    return Hold::plain;
}

/// Computes into the register what must be in the range of the type.
void FunctionCompiler::word_within(const Expr* e, Type type, std::uint8_t reg, Span span) {
    const Number known = number(e);
    if (within(known, type)) {
        const Word w = word(e, reg);
        if (w.reg != reg) emit(Op::int_move, reg, w.reg, 0, e->span);
    } else if (e->kind == ExprKind::binary && known.kind == Number::Kind::whole &&
               as<BinaryExpr>(e).op <= BinaryOp::multiply) {
        word(e, reg, {type, span});
    } else {
        const Word w = word(e);
        emit(known.kind == Number::Kind::word ? Op::word_check : Op::int_check, reg, w.reg, 0, span);
        emit_word(static_cast<std::uint32_t>(type));
    }
}

/// The result is a word where the function's is a whole number.
Operand FunctionCompiler::typed_call(const CallExpr& e, const Signature& signature, int dest) {
    const unsigned mark = next_temp_;
    const bool word_result =
        passed_as_number(signature.result) && is_whole(static_cast<Type>(signature.result));
    passing_ = &signature;
    auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), true);
    const std::uint8_t first = args.count == 0 ? temp() : args.first;
    const std::uint8_t at = window(first, 0, args, e.span);
    const bool usable = args.count == 0 || args.holds[0] != Hold::unnamed || !counts();
    Operand result = call_result(dest, first, usable);
    give_arguments(args, true);
    const Resolved callee = resolve(as<NameExpr>(e.callee).name);
    const bool local = callee.kind == Resolved::Kind::local;
    if (local) check_assigned(callee.local, e.callee->span);
    emit(local ? Op::call_typed_local : Op::call_typed, at, args.count, result.reg, e.span);
    emit_word(local ? callee.local.reg : callee.index);
    emit_word(result.reg | (word_result ? frame_word : 0) | given_mask(args, at, 0));
    emit_word(signature.key);
    end_arguments(args, true, e.span, false);
    if (is_number_type(signature.result))
        result.hold = Hold::plain;
    else
        own(result.reg);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
    return result;
}

// --- Returns of numbers

/// Whether the function gives floats, and this is a number that is made one where it is computed.
bool FunctionCompiler::floats_result(const Expr* value) const {
    if (result_type_ >= first_named_type || is_init_) return false;
    const auto type = static_cast<Type>(result_type_);
    if (!is_floating(type) || type == Type::f32) return false;
    const Number known = number(value);
    return known.kind != Number::Kind::none && (known.typed || known.literal);
}

void FunctionCompiler::return_number(const Expr* value, const Stmt* from) {
    const auto type = static_cast<Type>(result_type_);
    const Number known = number(value);
    if (known.is_whole() && within(known, type)) {
        leave_with_word(word(value).reg, value->span, from);
        return;
    }
    const std::uint8_t reg = temp();
    if (known.is_whole()) {
        word_within(value, type, reg, value->span);
    } else {
        const Operand o = expr(value);
        emit(Op::unbox, reg, o.reg, 0, value->span);
        emit_word(result_type_);
        if (o.hold == Hold::unnamed) disown(o.reg);
    }
    leave_with_word(reg, value->span, from);
}

/// As leave_function(), for a word.
void FunctionCompiler::leave_with_word(std::uint8_t reg, Span span, const Stmt* from) {
    for (std::size_t i = exits_.size(); i-- > 0;) {
        Exit& exit = exits_[i];
        if (exit.kind != Exit::Kind::finally) continue;
        // It waits in the word of the register that keeps other values.
        if (reg != exit.value) emit(Op::int_move, exit.value, reg, 0, span);
        end_statement(span);
        end_caught_names(i, span);
        leave_blocks(exit.owned_mark, exit.region_mark, span, from, StmtKind::return_);
        const int why = static_cast<int>(exit.pending.size()) + 2;
        exit.pending.push_back({why, Exit::Pending::What::return_});
        constant_operand(Value::integer(why), exit.why, span);
        exit.entries.push_back(emit_jump(Op::jump, 0, 0, span));
        flow_.reachable = false;
        return;
    }
    end_shared_caught_names({reg, Hold::plain, true}, span);
    end_statement(span);
    leave_blocks(0, 0, span);
    emit(ends_names() ? Op::return_word_clean : Op::return_word, reg, 0, 0, span);
    flow_.reachable = false;
}

// --- What the language itself is asked for

/// Whether the name is the module `math` for certain: imported by one statement of the file's own, above.
bool FunctionCompiler::means_math(const Expr* e) {
    if (e->kind != ExprKind::name) return false;
    const NameId name = as<NameExpr>(e).name;
    const FunctionCompiler* root = this;
    for (; root->parent_ != nullptr; root = root->parent_)
        if (root->scope_.bound.contains(name) || root->scope_.block_bound.contains(name)) return false;
    if (scopes_.declared_global.contains(name) || scopes_.module->block_bound.contains(name)) return false;
    const auto& bindings = scopes_.module->bindings;
    if (std::count_if(bindings.begin(), bindings.end(), [&](const Binding& b) { return b.name == name; }) !=
        1)
        return false;
    const std::uint32_t here = parent_ == nullptr ? e->span.begin : fn_->header.span.begin;
    return std::any_of(root->body_.begin(), root->body_.end(), [&](const Stmt* s) {
        return s->kind == StmtKind::import && as<ImportStmt>(s).alias == name && s->span.begin < here &&
               context_.names.text(as<ImportStmt>(s).name) == "math";
    });
}

/// Of math.sqrt(x) with a number of a declared type: x.
const Expr* FunctionCompiler::rooted(const CallExpr& e) {
    if (e.callee->kind != ExprKind::attribute || e.arguments.size() != 1 || e.arguments[0].name != 0 ||
        e.arguments[0].kind != Argument::Kind::plain)
        return nullptr;
    const auto& callee = as<AttributeExpr>(e.callee);
    if (context_.names.text(callee.name) != "sqrt" || !number(e.arguments[0].value).typed) return nullptr;
    return means_math(callee.object) ? e.arguments[0].value : nullptr;
}

/// Whether the expression is a number of a declared type that may be too wide for a value, but not for its
/// digits.
bool FunctionCompiler::wants_text(const Expr* e) const {
    if (!has_numbers_) return false;
    const Number known = number(e);
    return known.typed && known.is_whole() && !within(known, Type::int_);
}

Operand FunctionCompiler::digits(const Expr* e, std::uint8_t reg) {
    const unsigned mark = next_temp_;
    const Number known = number(e);
    const Word w = word(e);
    emit(Op::box_text, reg, w.reg, known.kind == Number::Kind::word ? 1 : 0, e->span);
    own(reg);
    release_temporaries(std::max<unsigned>(mark, reg + 1U));
    return {reg, Hold::unnamed, true};
}

}  // namespace harness::lang
