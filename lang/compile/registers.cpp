// Which names of a function have which registers, and which of them never refer to the heap.
#include <fmt/format.h>

#include <algorithm>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

constexpr std::size_t most_local_names = 180;
/// Of names and blocks; the rest of the 250 is for intermediate values.
constexpr std::size_t most_registers = 230;

/// Builtins whose result is a number, a boolean or None.
constexpr std::string_view plain_results[] = {
    "len",        "ord",      "int",   "float",      "bool",         "hash",     "isinstance",
    "issubclass", "hasattr",  "clock", "random_int", "random_float", "wrap32",   "mulmod",
    "hash48",     "callable", "print", "range_size", "size_of",      "align_of", "offset_of",
};

}  // namespace

bool FunctionCompiler::plain_operator(BinaryOp op) const {
    static constexpr Dunder forward[] = {Dunder::add,      Dunder::sub,  Dunder::mul,    Dunder::truediv,
                                         Dunder::floordiv, Dunder::mod,  Dunder::pow,    Dunder::and_,
                                         Dunder::or_,      Dunder::xor_, Dunder::lshift, Dunder::rshift};
    static constexpr Dunder reflected[] = {
        Dunder::radd, Dunder::rsub,  Dunder::rmul, Dunder::rtruediv, Dunder::rfloordiv, Dunder::rmod,
        Dunder::rpow, Dunder::rand_, Dunder::ror_, Dunder::rxor_,    Dunder::rlshift,   Dunder::rrshift};
    static constexpr Dunder in_place[] = {Dunder::iadd,      Dunder::isub, Dunder::imul,    Dunder::itruediv,
                                          Dunder::ifloordiv, Dunder::imod, Dunder::ipow,    Dunder::iand,
                                          Dunder::ior,       Dunder::ixor, Dunder::ilshift, Dunder::irshift};
    const auto i = static_cast<std::size_t>(op);
    const auto defined = [&](Dunder d) {
        return context_.facts.defines(context_.names.intern(dunder_names[static_cast<std::size_t>(d)]));
    };
    return !defined(forward[i]) && !defined(reflected[i]) && !defined(in_place[i]);
}

/// Whether the expression's value is a number, a boolean, None or a constant in every run. Judged with the
/// names that are still believed to be so (never_heap_), so that loops of assignments can be solved by
/// iteration.
bool FunctionCompiler::never_heap(const Expr* e) const {
    if (e == nullptr) return false;
    switch (e->kind) {
        case ExprKind::integer:
        case ExprKind::floating:
        case ExprKind::none:
        case ExprKind::boolean:
            return true;
        case ExprKind::name: {
            const NameId name = as<NameExpr>(e).name;
            for (std::size_t i = block_locals_.size(); i-- > 0;)
                if (block_locals_[i].name == name) return block_locals_[i].plain;
            return never_heap_.contains(name);
        }
        case ExprKind::unary: {
            const auto& u = as<UnaryExpr>(e);
            if (u.op == UnaryOp::logical_not) return true;
            const Dunder d = u.op == UnaryOp::negate ? Dunder::neg
                             : u.op == UnaryOp::plus ? Dunder::pos
                                                     : Dunder::invert;
            return !context_.facts.defines(context_.names.intern(dunder_names[static_cast<std::size_t>(d)]));
        }
        case ExprKind::binary: {
            const auto& b = as<BinaryExpr>(e);
            if (!plain_operator(b.op)) return never_heap(b.left) && never_heap(b.right);
            switch (b.op) {
                case BinaryOp::add: {
                    // A number on either side leaves only numbers: a str or list on the other is a TypeError.
                    const auto number = [](const Expr* x) {
                        return x->kind == ExprKind::integer || x->kind == ExprKind::floating;
                    };
                    return number(b.left) || number(b.right) || (never_heap(b.left) || never_heap(b.right));
                }
                case BinaryOp::multiply:
                case BinaryOp::bit_or:  // dicts have it too
                    return never_heap(b.left) && never_heap(b.right);
                case BinaryOp::modulo:
                    return never_heap(b.left);
                default:
                    return true;
            }
        }
        case ExprKind::compare: {
            for (Dunder d : {Dunder::eq, Dunder::ne, Dunder::lt, Dunder::le, Dunder::gt, Dunder::ge})
                if (context_.facts.defines(context_.names.intern(dunder_names[static_cast<std::size_t>(d)])))
                    return false;
            return true;
        }
        case ExprKind::conditional:
            return never_heap(as<ConditionalExpr>(e).when_true) &&
                   never_heap(as<ConditionalExpr>(e).when_false);
        case ExprKind::logical:
            return std::all_of(as<LogicalExpr>(e).operands.begin(), as<LogicalExpr>(e).operands.end(),
                               [&](const Expr* x) { return never_heap(x); });
        case ExprKind::walrus:
            return never_heap(as<WalrusExpr>(e).value);
        case ExprKind::call: {
            const Expr* callee = as<CallExpr>(e).callee;
            if (callee->kind != ExprKind::name) return false;
            const NameId id = as<NameExpr>(callee).name;
            const std::string_view name = context_.names.text(id);
            return std::find(std::begin(plain_results), std::end(plain_results), name) !=
                       std::end(plain_results) &&
                   !const_cast<FunctionCompiler*>(this)->user_defines(id);
        }
        default:
            return false;
    }
}

bool FunctionCompiler::binding_never_heap(const Binding& binding) const {
    if (binding.counted_loop) return true;
    if (binding.value == nullptr) return false;
    if (binding.other == nullptr) return never_heap(binding.value);
    if (!never_heap(binding.value)) return false;
    // `name op= other`: the name itself is a number so far.
    return plain_operator(binding.op) && (never_heap(binding.other) || (binding.op != BinaryOp::multiply &&
                                                                        binding.op != BinaryOp::bit_or));
}

/// Gives every local its register: parameters, names that may refer to the heap (cells among them), names
/// that never do, then the names of blocks. A parameter that is assigned gets a register of its own, because
/// the caller still holds what it passed.
void FunctionCompiler::lay_out_names(List<Parameter> parameters, Block body) {
    for (NameId name : scope_.locals) never_heap_.insert(name);
    for (const Parameter& p : parameters) never_heap_.erase(p.name);
    // What other functions bind is not known here.
    for (NameId name : scope_.rebound) never_heap_.erase(name);
    if (scope_.parent == nullptr)
        for (NameId name : scopes_.declared_global) never_heap_.erase(name);
    for (bool changed = true; changed;) {
        changed = false;
        for (const Binding& b : scope_.bindings) {
            if (never_heap_.contains(b.name) && !binding_never_heap(b) &&
                !is_number_type(declared_type(b.name))) {
                never_heap_.erase(b.name);
                changed = true;
            }
        }
    }

    declare_numbers(parameters, body);

    const bool is_module = parent_ == nullptr && scope_.parent == nullptr;
    const auto refuse = [&] {
        too_large(fn_->header.span, "a function may have at most 180 names",
                  "split it into smaller functions");
    };
    if (parameters.size() > most_local_names) refuse();
    unsigned next = 0;
    std::vector<Local> moved_parameters;
    std::unordered_set<NameId> received;  // what a call makes for *rest and **rest belongs to the callee
    for (const Parameter& p : parameters) {
        Local local{.name = p.name, .reg = static_cast<std::uint8_t>(next++), .is_parameter = true};
        if (p.kind != Parameter::Kind::rest && p.kind != Parameter::Kind::keyword_rest)
            local.type = type_of(p.annotation);
        const bool captured = scope_.captured.contains(p.name);
        const bool written = scope_.assigned_parameters.contains(p.name);
        const bool rest = p.kind == Parameter::Kind::rest || p.kind == Parameter::Kind::keyword_rest;
        if (!captured && is_number_type(local.type)) note_numbers(local);
        if (local.plain) never_heap_.insert(p.name);
        if (captured || (written && !local.plain) || rest) moved_parameters.push_back(local);
        if (rest) received.insert(p.name);
        locals_[p.name] = local;
        flow_.set(local.reg);
        fn_->slot_names.push_back(p.name);
    }
    fn_->first_owned = static_cast<std::uint16_t>(next);

    std::size_t in_registers = 0;
    std::vector<NameId> may_own, plain;
    for (NameId name : scope_.locals) {
        if (locals_.contains(name)) continue;
        if (is_module && (module_ != 0 || scope_.free.contains(name) || in_registers >= most_local_names))
            continue;
        ++in_registers;
        (scope_.captured.contains(name) || !never_heap_.contains(name) ? may_own : plain).push_back(name);
    }
    // A parameter that is written or captured has two registers, and every block has its own.
    const std::size_t named = parameters.size() + in_registers;
    const std::size_t needed = named + moved_parameters.size() + scope_.block_slots;
    if (named > most_local_names) refuse();
    if (needed > most_registers)
        too_large(fn_->header.span,
                  fmt::format("the names and blocks of this function need {} registers, and there are {}",
                              needed, most_registers),
                  "split it into smaller functions; a parameter that is captured or assigned counts twice");
    for (const Local& p : moved_parameters) {
        Local local{.name = p.name, .reg = static_cast<std::uint8_t>(next++)};
        local.is_cell = scope_.captured.contains(p.name);
        local.was_parameter = !received.contains(p.name);
        local.is_received = received.contains(p.name) && !scope_.assigned_parameters.contains(p.name);
        local.type = p.type;
        locals_[p.name] = local;
        fn_->slot_names.push_back(p.name);
    }
    for (NameId name : may_own) {
        Local local{.name = name, .reg = static_cast<std::uint8_t>(next++)};
        local.is_cell = scope_.captured.contains(name);
        local.type = declared_type(name);
        locals_[name] = local;
        fn_->slot_names.push_back(name);
    }
    self_base_ = next;
    // Those are an advantage, not a need.
    if (!is_module)
        next += std::min({scope_.nested_functions, 20U, static_cast<unsigned>(most_registers - needed)});
    self_limit_ = next;
    for (unsigned i = self_base_; i < next; ++i) fn_->slot_names.push_back(0);
    block_base_ = next;
    next += scope_.block_slots;
    for (unsigned i = block_base_; i < next; ++i) fn_->slot_names.push_back(0);
    fn_->owned_count = static_cast<std::uint16_t>(next - fn_->first_owned);
    for (NameId name : plain) {
        Local local{.name = name, .reg = static_cast<std::uint8_t>(next++), .plain = true};
        local.type = declared_type(name);
        if (is_number_type(local.type)) note_numbers(local);
        locals_[name] = local;
        fn_->slot_names.push_back(name);
    }
    // What the figures call named slots: each name once, as the source shows it.
    fn_->header.named_slots = static_cast<std::uint16_t>(next - moved_parameters.size() - scope_.block_slots -
                                                         (self_limit_ - self_base_));
    next_temp_ = first_temp_ = next;
    fn_->registers = static_cast<std::uint16_t>(std::max<unsigned>(next, 1));
    // The call puts the closure there before the first instruction, so no temporary of the prologue may share
    // it.
    if (!is_module) fn_->closure_register = temp();

    // One word at the start, skipped when nothing turns out to need it.
    begin_frame();
    // The cells of its names belong to the call.
    if (fn_->is_region && regions()) {
        ++open_regions_;
        region_bodies_.emplace_back();
    }
    const Op own_share = !counts() ? Op::move : single_owner() ? Op::pass : Op::share_name;
    // There may be no memory for the next cell: then *rest and **rest, which nobody else has, end, too.
    for (const Local& p : moved_parameters)
        if (received.contains(p.name)) own(p.reg);
    for (const Local& p : moved_parameters) {
        const Local& local = locals_[p.name];
        const bool is_received = received.contains(p.name);
        if (local.is_cell) {
            const std::uint8_t value = temp();
            emit(is_received ? Op::move : own_share, value, p.reg, 0, fn_->header.span);
            if (is_received && single_owner()) emit(Op::lend, p.reg, p.reg, 0, fn_->header.span);
            if (is_received) disown(p.reg);
            own(value,
                is_received || single_owner() ? OwnedRange::Holder::register_ : OwnedRange::Holder::name);
            emit(Op::new_cell, local.reg, value, 0, fn_->header.span);
            disown(value);
            release_to(value);
        } else {
            emit(is_received ? Op::move : own_share, local.reg, p.reg, 0, fn_->header.span);
            if (is_received && single_owner()) emit(Op::lend, p.reg, p.reg, 0, fn_->header.span);
            if (is_received) disown(p.reg);
        }
        flow_.set(local.reg);
    }
    for (NameId name : may_own) {
        const Local& local = locals_[name];
        if (!local.is_cell) continue;
        const std::uint8_t value = temp();
        emit(Op::load_unbound, value, 0, 0, fn_->header.span);
        emit(Op::new_cell, local.reg, value, 0, fn_->header.span);
        release_to(value);
        flow_.set(local.reg);
    }
}

/// The first instructions of every way into the function.
void FunctionCompiler::begin_frame() {
    emit(Op::init_locals, fn_->first_owned, first_temp_ - fn_->first_owned, 0, fn_->header.span);
    if (fn_->is_region && regions()) emit(Op::region_enter, 0, 0, 0, fn_->header.span);
}

void FunctionCompiler::finish_function() {
    // What a large one has left over was never touched, and costs less than a copy.
    constexpr std::size_t large_words = 1 << 16;
    if (fn_->code.size() < large_words) {
        fn_->code.shrink_to_fit();
        fn_->spans.shrink_to_fit();
        fn_->operand_flags.shrink_to_fit();
    }
    fn_->constants = fn_->constant_pool.data();
    // Without names that may own something, or reads that may come too early, the first word is not needed.
    const bool needed = (counts() && fn_->owned_count > 0) || needs_init_ || context_.facts.introspects;
    const bool any = fn_->slot_names.size() > fn_->header.parameters;
    fn_->entry = fn_->code.data() + (needed && any ? 0 : 1);
    if (signature_ != nullptr) fn_->typed_entry = fn_->code.data() + typed_start_ + (needed && any ? 0 : 1);
    if (!counts()) fn_->owned_count = 0;
    fn_->registers = static_cast<std::uint16_t>(fn_->registers + 1);
    const auto shorter = [](const auto& a, const auto& b) { return a.to - a.from < b.to - b.from; };
    std::stable_sort(fn_->protected_ranges.begin(), fn_->protected_ranges.end(), shorter);
    std::stable_sort(fn_->handled.begin(), fn_->handled.end(), shorter);
}

}  // namespace harness::lang
