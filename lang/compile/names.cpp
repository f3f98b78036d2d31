// Names to registers, cells, globals and builtins, and whether a name surely has a value where it is read.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

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
    } else {
        if (parent_->scope_.global_names.contains(name)) return std::nullopt;
        const auto outer = parent_->capture_of(name);
        if (!outer) return std::nullopt;
        capture = {false, static_cast<std::uint16_t>(*outer)};
    }
    const auto index = static_cast<std::uint32_t>(fn_->captures.size());
    // Instructions name a cell by one byte.
    if (index > 255)
        too_large(fn_->header.span, "a function may use at most 256 names of the functions around it",
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
    if (flow_.has(local.reg) || (local.word && !local.flagged)) return;
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
    if (refuse_layout_value(name, span)) return {target(dest), Hold::plain, true};
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
            if (r.local.word) return boxed(r.local, span, dest);
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

/// Whether the name stands there for the last time on every way through the function, so that a place that is
/// to own its value may simply have it: not in a loop, nor where a `finally` or a deferred statement follows,
/// and nobody looks at frames.
bool FunctionCompiler::is_last_read(const Expr* e) const {
    if (e->kind != ExprKind::name || !context_.lifetime.counts_objects || !context_.elide_counts)
        return false;
    if (parent_ == nullptr || context_.facts.introspects || scope_.has_defer) return false;
    if (!exits_.empty() || !open_loops_.empty() || !block_locals_.empty()) return false;
    const NameId name = as<NameExpr>(e).name;
    const auto last = scope_.last_read.find(name);
    const auto local = locals_.find(name);
    if (last == scope_.last_read.end() || last->second != e || local == locals_.end()) return false;
    const Local& l = local->second;
    return !l.is_cell && !l.plain && (!l.is_parameter || l.reg < most_given);
}

bool FunctionCompiler::may_pass(const Expr* e) {
    if (!single_owner() || e->kind != ExprKind::name || class_register_.has_value()) return false;
    const Resolved r = resolve(as<NameExpr>(e).name);
    if (r.kind == Resolved::Kind::local) return !r.local.plain;
    return r.kind == Resolved::Kind::global && parent_ == nullptr;
}

/// Under `scope` what a name owns stays with it, but what a parameter was given goes on.
bool FunctionCompiler::hands_over(const Expr* e) {
    if (!may_pass(e)) return false;
    if (context_.lifetime.moves) return true;
    const Resolved r = resolve(as<NameExpr>(e).name);
    return r.kind == Resolved::Kind::local &&
           (r.local.is_parameter || r.local.is_received || r.local.was_parameter);
}

std::optional<Local> FunctionCompiler::handed_local(const Expr* e) {
    if (!hands_over(e)) return std::nullopt;
    const Local* local = find_local(as<NameExpr>(e).name);
    return local != nullptr && !local->is_cell ? std::optional(*local) : std::nullopt;
}

Operand FunctionCompiler::pass(const NameExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const Resolved r = resolve(e.name);
    if (r.kind == Resolved::Kind::global) {
        emit(Op::pass_global, reg, 0, 0, e.span);
        emit_word(r.index);
    } else if (r.local.is_cell) {
        emit(Op::pass_cell, reg, r.local.reg, 0, e.span);
        emit_word(e.name);
    } else {
        check_assigned(r.local, e.span);
        emit(Op::pass, reg, r.local.reg, 0, e.span);
        passed_on(r.local);
    }
    own(reg);
    return {reg, Hold::unnamed, true};
}

/// Of the instructions `move`, `give`, … the one for this name.
Op FunctionCompiler::handing_over(const Local& local, Op move) {
    return local.is_parameter ? given_on(move) : move;
}

const Local* FunctionCompiler::local_in(std::uint8_t reg) const {
    for (const auto& [name, local] : locals_)
        if (local.reg == reg) return &local;
    return nullptr;
}

void FunctionCompiler::store_local(const Local& local, Operand value, Span span) {
    if (local.word || local.floating) {
        store_checked_number(local, value, span);
        return;
    }
    value = checked(value, local.type, span);
    if (local.is_cell) {
        emit(value.hold == Hold::lent ? Op::set_cell_copy : Op::set_cell_take, local.reg, value.reg, 0, span);
    } else if (!counts() || local.plain) {
        // Under regions a parameter says whether it was given; nobody asks other names.
        const bool borrows = regions() && local.is_parameter && value.hold == Hold::lent;
        if (value.reg != local.reg || (borrows && value.temporary))
            emit(borrows ? Op::lend : Op::move, local.reg, value.reg, 0, span);
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
