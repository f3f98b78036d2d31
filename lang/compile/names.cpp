// Names to registers, cells, globals and builtins; which names can never refer to the heap; and whether a
// name surely has a value where it is read.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

constexpr std::size_t most_local_names = 180;
/// Of names and blocks; the rest of the 250 is for intermediate values.
constexpr std::size_t most_registers = 230;

/// Builtins whose result is a number, a boolean or None.
constexpr std::string_view plain_results[] = {
    "len",        "ord",        "int",     "float",    "bool",       "hash",
    "isinstance", "issubclass", "hasattr", "clock",    "random_int", "random_float",
    "wrap32",     "mulmod",     "hash48",  "callable", "print",      "range_size",
};

}  // namespace

FunctionCompiler::FunctionCompiler(CompileContext& context, ScopeTree& scopes, const FunctionScope& scope,
                                   FunctionCompiler* parent, std::uint32_t module)
    : context_(context), scopes_(scopes), scope_(scope), parent_(parent), module_(module) {
    context_.program.functions.push_back(std::make_unique<Function>());
    fn_ = context_.program.functions.back().get();
    // Reserving 0.. keeps index 0 of constants for numbers that fit the byte operands.
    fn_->code.reserve(32);
    if (parent != nullptr) fn_->header.parent = &parent->fn_->header;
}

bool FunctionCompiler::user_defines(NameId name) {
    for (const FunctionCompiler* f = this; f != nullptr; f = f->parent_) {
        if (f->scope_.bound.contains(name) || f->scope_.block_bound.contains(name)) return true;
    }
    return scopes_.module->bound.contains(name) || scopes_.declared_global.contains(name);
}

bool FunctionCompiler::is_builtin(const Expr* e, std::string_view name) {
    if (e->kind != ExprKind::name) return false;
    const NameId id = as<NameExpr>(e).name;
    return context_.names.text(id) == name && !user_defines(id);
}

bool FunctionCompiler::plain_operator(BinaryOp op) const {
    static constexpr Dunder forward[] = {Dunder::add,      Dunder::sub,  Dunder::mul,    Dunder::truediv,
                                         Dunder::floordiv, Dunder::mod,  Dunder::pow,    Dunder::and_,
                                         Dunder::or_,      Dunder::xor_, Dunder::lshift, Dunder::rshift};
    static constexpr Dunder reflected[] = {
        Dunder::radd, Dunder::rsub,  Dunder::rmul, Dunder::rtruediv, Dunder::rfloordiv, Dunder::rmod,
        Dunder::rpow, Dunder::rand_, Dunder::ror_, Dunder::rxor_,    Dunder::rlshift,   Dunder::rrshift};
    const auto i = static_cast<std::size_t>(op);
    const auto defined = [&](Dunder d) {
        return context_.facts.defines(context_.names.intern(dunder_names[static_cast<std::size_t>(d)]));
    };
    return !defined(forward[i]) && !defined(reflected[i]) && !(op == BinaryOp::add && defined(Dunder::iadd));
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
                    return never_heap(b.left) && never_heap(b.right);
                case BinaryOp::bit_or:
                    return never_heap(b.left) && never_heap(b.right);  // dicts have it too
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
void FunctionCompiler::lay_out_names(List<Parameter> parameters) {
    for (NameId name : scope_.locals) never_heap_.insert(name);
    for (const Parameter& p : parameters) never_heap_.erase(p.name);
    // What other functions bind is not known here.
    for (NameId name : scope_.rebound) never_heap_.erase(name);
    if (scope_.parent == nullptr)
        for (NameId name : scopes_.declared_global) never_heap_.erase(name);
    for (bool changed = true; changed;) {
        changed = false;
        for (const Binding& b : scope_.bindings) {
            if (never_heap_.contains(b.name) && !binding_never_heap(b)) {
                never_heap_.erase(b.name);
                changed = true;
            }
        }
    }

    const bool is_module = parent_ == nullptr && scope_.parent == nullptr;
    const auto refuse = [&] {
        too_large(fn_->span, "a function may have at most 180 names", "split it into smaller functions");
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
        if (captured || written || rest) moved_parameters.push_back(local);
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
    if (named > most_local_names || needed > most_registers) refuse();
    for (const Local& p : moved_parameters) {
        Local local{.name = p.name, .reg = static_cast<std::uint8_t>(next++)};
        local.is_cell = scope_.captured.contains(p.name);
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
        locals_[name] = {.name = name,
                         .reg = static_cast<std::uint8_t>(next++),
                         .plain = true,
                         .type = declared_type(name)};
        fn_->slot_names.push_back(name);
    }
    // What the figures call named slots: each name once, as the source shows it.
    fn_->named_slots = static_cast<std::uint16_t>(next - moved_parameters.size() - scope_.block_slots -
                                                  (self_limit_ - self_base_));
    next_temp_ = first_temp_ = next;
    fn_->registers = static_cast<std::uint16_t>(std::max<unsigned>(next, 1));
    // The call puts the closure there before the first instruction, so no temporary of the prologue may share
    // it.
    if (!is_module) fn_->closure_register = temp();

    // One word at the start, skipped when nothing turns out to need it.
    emit(Op::init_locals, fn_->first_owned, next - fn_->first_owned, 0, fn_->span);
    for (const Local& p : moved_parameters) {
        const Local& local = locals_[p.name];
        if (local.is_cell) {
            const std::uint8_t value = temp();
            emit(counts() && !received.contains(p.name) ? Op::share_name : Op::move, value, p.reg, 0,
                 fn_->span);
            emit(Op::new_cell, local.reg, value, 0, fn_->span);
            release_to(value);
        } else {
            emit(counts() && !received.contains(p.name) ? Op::share_name : Op::move, local.reg, p.reg, 0,
                 fn_->span);
        }
        flow_.set(local.reg);
    }
    for (NameId name : may_own) {
        const Local& local = locals_[name];
        if (!local.is_cell) continue;
        const std::uint8_t value = temp();
        emit(Op::load_unbound, value, 0, 0, fn_->span);
        emit(Op::new_cell, local.reg, value, 0, fn_->span);
        release_to(value);
        flow_.set(local.reg);
    }
}

void FunctionCompiler::finish_function() {
    fn_->code.shrink_to_fit();
    fn_->spans.shrink_to_fit();
    fn_->operand_flags.shrink_to_fit();
    fn_->constants = fn_->constant_pool.data();
    // Without names that may own something, or reads that may come too early, the first word is not needed.
    const bool needed = (counts() && fn_->owned_count > 0) || needs_init_ || context_.facts.introspects;
    fn_->entry = fn_->code.data() + (needed || fn_->slot_names.size() == fn_->parameters ? 0 : 1);
    if (!counts()) fn_->owned_count = 0;
    fn_->registers = static_cast<std::uint16_t>(fn_->registers + 1);
    std::stable_sort(fn_->protected_ranges.begin(), fn_->protected_ranges.end(),
                     [](const Protected& a, const Protected& b) { return a.to - a.from < b.to - b.from; });
}

const Local* FunctionCompiler::find_local(NameId name) const {
    for (std::size_t i = block_locals_.size(); i-- > 0;)
        if (block_locals_[i].name == name) return &block_locals_[i];
    const auto found = locals_.find(name);
    if (found == locals_.end() || scope_.global_names.contains(name)) return nullptr;
    return &found->second;
}

/// Index of the cell in this function's closure that a name of an enclosing function lives in.
std::optional<std::uint32_t> FunctionCompiler::capture_of(NameId name) {
    if (const auto found = capture_index_.find(name); found != capture_index_.end()) return found->second;
    if (parent_ == nullptr) return std::nullopt;
    Capture capture{};
    if (const Local* local = parent_->find_local(name); local != nullptr && local->is_cell) {
        capture = {true, local->reg};
    } else if (parent_->scope_.global_names.contains(name)) {
        return std::nullopt;
    } else if (const auto outer = parent_->capture_of(name)) {
        capture = {false, static_cast<std::uint16_t>(*outer)};
    } else {
        return std::nullopt;
    }
    const auto index = static_cast<std::uint32_t>(fn_->captures.size());
    // Instructions name a cell by one byte.
    if (index > 255)
        too_large(fn_->span, "a function may use at most 256 names of the functions around it",
                  "pass some of them as arguments, or keep them in one object");
    fn_->captures.push_back(capture);
    capture_index_.emplace(name, index);
    return index;
}

std::uint32_t FunctionCompiler::global_slot(NameId name) {
    ModuleInfo& info = *context_.program.modules[module_].info;
    const auto [found, fresh] =
        info.globals.emplace(name, static_cast<std::uint32_t>(context_.program.global_names.size()));
    if (fresh) {
        NameId full = name;
        if (module_ != 0) {
            full =
                context_.names.intern(std::string(info.name) + "." + std::string(context_.names.text(name)));
        }
        context_.program.global_names.push_back(full);
    }
    return found->second;
}

/// The global behind a name that this function declares `static`; its symbol is the function's and the
/// variable's name.
std::uint32_t FunctionCompiler::static_slot(NameId name) {
    const auto [found, fresh] =
        static_slots_.emplace(name, static_cast<std::uint32_t>(context_.program.global_names.size()));
    if (!fresh) return found->second;
    std::string symbol = fn_->qualified_name + "." + std::string(context_.names.text(name));
    if (module_ != 0) symbol = std::string(context_.program.modules[module_].info->name) + "." + symbol;
    auto& all = context_.program.global_names;
    const std::string first = symbol;
    for (unsigned n = 2; std::find(all.begin(), all.end(), context_.names.intern(symbol)) != all.end(); ++n)
        symbol = first + "#" + std::to_string(n);
    all.push_back(context_.names.intern(symbol));
    context_.program.static_slots.push_back(found->second);
    return found->second;
}

/// The global `args` of the program, which exists where some code reads it and no code binds it.
std::uint32_t FunctionCompiler::args_slot() {
    auto& slot = context_.program.args_slot;
    if (!slot.has_value()) {
        slot = static_cast<std::uint32_t>(context_.program.global_names.size());
        context_.program.global_names.push_back(context_.names.intern("args"));
    }
    return *slot;
}

Resolved FunctionCompiler::resolve(NameId name) {
    Resolved r;
    for (FunctionCompiler* f = this; f->parent_ != nullptr && f->find_local(name) == nullptr;
         f = f->parent_) {
        if (!f->scope_.statics.contains(name)) continue;
        r.kind = Resolved::Kind::global;
        r.index = f->static_slot(name);
        return r;
    }
    if (const Local* local = find_local(name)) {
        r.kind = Resolved::Kind::local;
        r.local = *local;
        return r;
    }
    if (!scope_.global_names.contains(name)) {
        if (const auto index = capture_of(name)) {
            r.kind = Resolved::Kind::capture;
            r.index = *index;
            return r;
        }
    }
    const FunctionScope& module = *scopes_.module;
    const bool is_global = module.bound.contains(name) || scopes_.declared_global.contains(name);
    if (is_global || scope_.global_names.contains(name)) {
        r.kind = Resolved::Kind::global;
        r.index = global_slot(name);
        return r;
    }
    if (const auto found = context_.builtins.find(name); found != context_.builtins.end()) {
        r.kind = Resolved::Kind::builtin;
        r.builtin = found->second;
        return r;
    }
    if (context_.names.text(name) == "args") {
        r.kind = Resolved::Kind::global;
        r.index = args_slot();
    }
    return r;
}

/// Emits a check where a local may have no value yet, or no more.
void FunctionCompiler::check_assigned(const Local& local, Span span) {
    if (flow_.has(local.reg)) return;
    emit(Op::check_bound, local.reg, 0, 0, span);
    emit_word(local.name);
    needs_init_ = true;
    flow_.set(local.reg);
}

/// Reads a name: a local stays in its register, anything else is loaded. With `must_own` the result is
/// unnamed, for places that could be overwritten while the value is in use.
Operand FunctionCompiler::read_name(NameId name, Span span, int dest, bool must_own) {
    if (class_body_names_.first != nullptr && class_attributes_.contains(name)) {
        const std::uint8_t reg = target(dest);
        emit(counts() ? Op::get_field_share : Op::get_field, reg, class_body_names_.second, 0, span);
        emit_word(name);
        emit_word(0);
        if (counts()) own(reg);
        return {reg, counts() ? Hold::unnamed : Hold::lent, true};
    }
    const Resolved r = resolve(name);
    switch (r.kind) {
        case Resolved::Kind::local: {
            if (r.local.is_cell) {
                const std::uint8_t reg = target(dest);
                emit(must_own && counts() ? Op::get_cell_share : Op::get_cell, reg, r.local.reg, 0, span);
                emit_word(name);
                const Hold hold = must_own && counts() ? Hold::unnamed : Hold::lent;
                if (hold == Hold::unnamed) own(reg);
                return {reg, hold, true};
            }
            check_assigned(r.local, span);
            return {r.local.reg, r.local.plain ? Hold::plain : Hold::lent, false};
        }
        case Resolved::Kind::capture: {
            const std::uint8_t cell = temp();
            const std::uint8_t reg = dest >= 0 ? static_cast<std::uint8_t>(dest) : cell;
            if (r.index > 255) error(span, "SyntaxError", "a function may capture at most 256 names");
            emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
            emit(must_own && counts() ? Op::get_cell_share : Op::get_cell, reg, cell, 2, span);
            emit_word(name);
            if (dest >= 0) release_to(cell);
            const Hold hold = must_own && counts() ? Hold::unnamed : Hold::lent;
            if (hold == Hold::unnamed) own(reg);
            return {reg, hold, true};
        }
        case Resolved::Kind::global: {
            const std::uint8_t reg = target(dest);
            emit(must_own && counts() ? Op::get_global_share : Op::get_global, reg, 0, 0, span);
            emit_word(r.index);
            const Hold hold = must_own && counts() ? Hold::unnamed : Hold::lent;
            if (hold == Hold::unnamed) own(reg);
            return {reg, hold, true};
        }
        case Resolved::Kind::builtin:
            if ((parent_ != nullptr || module_ != 0) && context_.names.text(name) == "system") {
                error(span, "CapabilityError", "'system' is a name of the main program's top level alone",
                      "hand the capability to the function: def f(memory): …, f(system.memory)");
            }
            return constant_operand(r.builtin, dest, span);
        case Resolved::Kind::unknown: {
            if (context_.names.text(name) == "__name__")
                return constant_operand(context_.constant_string(context_.program.modules[module_].name),
                                        dest, span);
            emit(Op::raise_unbound, 0, 0, 0, span);
            emit_word(name);
            return {target(dest), Hold::plain, true};
        }
    }
    return {};
}

/// Whether an instruction may write its result straight into the local: nothing must be ended there.
bool FunctionCompiler::can_target(const Local& local) const {
    return !local.is_cell && !local.is_parameter && local.type == 0 && (!counts() || local.plain);
}

void FunctionCompiler::store_local(const Local& local, Operand value, Span span) {
    value = checked(value, local.type, span);
    if (local.is_cell) {
        emit(value.hold == Hold::lent ? Op::set_cell_copy : Op::set_cell_take, local.reg, value.reg, 0, span);
    } else if (!counts() || local.plain) {
        if (value.reg != local.reg) emit(Op::move, local.reg, value.reg, 0, span);
    } else {
        emit(value.hold == Hold::lent ? Op::assign_copy : Op::assign_take, local.reg, value.reg, 0, span);
    }
    if (value.hold == Hold::unnamed) disown(value.reg);
    flow_.set(local.reg);
}

void FunctionCompiler::store_name(NameId name, Operand value, Span span) {
    if (class_register_.has_value()) {
        emit(Op::set_class_attribute, class_register_->reg, value.reg, 0, span);
        emit_word(name);
        if (value.hold == Hold::unnamed) disown(value.reg);
        return;
    }
    Resolved r = resolve(name);
    switch (r.kind) {
        case Resolved::Kind::local:
            store_local(r.local, value, span);
            return;
        case Resolved::Kind::capture: {
            for (const FunctionCompiler* f = parent_; f != nullptr; f = f->parent_) {
                const Local* outer = f->find_local(name);
                if (outer == nullptr) continue;
                value = checked(value, outer->type, span);
                break;
            }
            const std::uint8_t cell = temp();
            emit(Op::get_capture, cell, fn_->closure_register, r.index, span);
            emit(value.hold == Hold::lent ? Op::set_cell_copy : Op::set_cell_take, cell, value.reg, 0, span);
            break;
        }
        default:
            value = checked(value, declared_type(name), span);
            emit(value.hold == Hold::lent ? Op::set_global_copy : Op::set_global_take, value.reg, 0, 0, span);
            emit_word(r.kind == Resolved::Kind::global ? r.index : global_slot(name));
    }
    if (value.hold == Hold::unnamed) disown(value.reg);
}

}  // namespace harness::lang
