// Functions: prologue, body, ways to return, closures, defaults.
#include <algorithm>
#include <utility>

#include "lang/compile/function_compiler.hpp"
#include "lang/compile/garbage.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

bool has_decorator(List<Expr*> decorators, const Names& names, std::string_view name) {
    return std::any_of(decorators.begin(), decorators.end(), [&](const Expr* d) {
        return d->kind == ExprKind::name && names.text(as<NameExpr>(d).name) == name;
    });
}

bool is_constant_default(const Expr* e) {
    switch (e->kind) {
        case ExprKind::integer:
            return !as<IntegerExpr>(e).too_large &&
                   as<IntegerExpr>(e).value <= static_cast<std::uint64_t>(integer_max);
        case ExprKind::floating:
        case ExprKind::none:
        case ExprKind::boolean:
        case ExprKind::string:
            return true;
        default:
            return false;
    }
}

}  // namespace

Function* FunctionCompiler::compile_module_body(const Block& body, std::string name, Span span) {
    fn_->name = std::move(name);
    fn_->header.span = span;
    fn_->header.kind = ScopeKind::global;
    fn_->header.name = context_.names.intern(fn_->name);
    try {
        lay_out_names({}, body);
        function_body(body, span);
        finish_function();
    } catch (const TooLarge&) {
    }
    return fn_;
}

Function* FunctionCompiler::compile_def(const DefStmt& def, std::string name) {
    fn_->name = std::move(name);
    fn_->header.span = def.name_span;
    fn_->header.name = def.name;
    fn_->header.kind =
        parent_ != nullptr && parent_->parent_ == nullptr ? ScopeKind::function : ScopeKind::closure;
    for (const Parameter& p : def.parameters) {
        fn_->parameter_info.push_back(
            {p.name, p.default_value != nullptr, p.kind == Parameter::Kind::keyword_only});
        if (p.kind == Parameter::Kind::rest) fn_->has_rest = true;
        if (p.kind == Parameter::Kind::keyword_rest) fn_->has_keyword_rest = true;
        if (p.kind != Parameter::Kind::plain || p.default_value != nullptr) fn_->simple = false;
    }
    fn_->header.parameters = static_cast<std::uint16_t>(def.parameters.size());
    fn_->is_made = def.is_made;
    is_init_ = class_ != nullptr && context_.names.text(def.name) == "__init__";
    fn_->is_init = is_init_;
    fn_->is_region = (has_decorator(def.decorators, context_.names, "region") &&
                      !user_defines(context_.names.intern("region"))) ||
                     (context_.lifetime.call_regions && leaves_garbage(def, [&](NameId name) {
                          return scopes_.module->classes.contains(name);
                      }));
    for (NameId each : def.type_parameters) type_parameters_.insert(each);
    result_type_ = type_of(def.result);
    fn_->qualified_name = parent_->fn_->header.kind == ScopeKind::global
                              ? fn_->name
                              : parent_->fn_->qualified_name + ".<locals>." + fn_->name;
    if (const Signature& signature = signature_of(def); signature.key != 0) signature_ = &signature;
    try {
        def_body(def);
    } catch (const TooLarge&) {
    }
    return fn_;
}

/// Registers, checks of parameters, statements.
void FunctionCompiler::def_body(const DefStmt& def) {
    lay_out_names(def.parameters, def.body);
    for (const auto& [outer_name, span] : scope_.nonlocal_spans)
        if (!capture_of(outer_name))
            error(span, "SyntaxError",
                  "no binding for nonlocal '" + std::string(context_.names.text(outer_name)) + "' found",
                  "bind it in an enclosing function, or use global");
    for (const Parameter& p : def.parameters)
        if (p.annotation != nullptr && p.annotation->kind == ExprKind::borrow &&
            !as<BorrowExpr>(p.annotation).writable)
            read_only_.insert(p.name);
    for (const Parameter& p : def.parameters) {
        const Local place = *find_local(p.name);
        if (place.type == 0) continue;
        if (!place.is_cell) {
            if (place.word || place.floating)
                store_checked_number(place, {place.reg, Hold::plain, false}, p.span);
            else
                check_type(place.reg, place.type, p.span);
            continue;
        }
        const unsigned mark = next_temp_;
        const std::uint8_t value = temp();
        emit(counts() ? Op::get_cell_share : Op::get_cell, value, place.reg, 0, p.span);
        emit_word(p.name);
        if (counts()) own(value);
        check_type(value, place.type, p.span);
        emit(Op::set_cell_take, place.reg, value, 0, p.span);
        if (counts()) disown(value);
        release_to(mark);
    }
    if (signature_ != nullptr) {
        // Those who know what they pass begin here, with all but the checks of numbers.
        const std::uint32_t over = emit_jump(Op::jump, 0, 0, def.name_span);
        typed_start_ = here();
        begin_frame();
        for (const Parameter& p : def.parameters) {
            const Local place = *find_local(p.name);
            if (place.type != 0 && !place.word && !place.floating) check_type(place.reg, place.type, p.span);
            // Whoever ends parameters looks at the registers, which nobody has written.
            if (place.word && single_owner()) emit(Op::load_none, place.reg, 0, 0, p.span);
        }
        patch(over, here());
        fn_->typed_key = signature_->key;
    }
    fn_->first_statement = here();
    function_body(def.body, def.name_span);
    finish_function();
}

Function* FunctionCompiler::compile_lambda(const LambdaExpr& lambda) {
    fn_->name = "<lambda>";
    fn_->header.span = lambda.span;
    fn_->header.name = context_.names.intern(fn_->name);
    fn_->header.kind = ScopeKind::closure;
    for (const Parameter& p : lambda.parameters) {
        fn_->parameter_info.push_back(
            {p.name, p.default_value != nullptr, p.kind == Parameter::Kind::keyword_only});
        if (p.kind == Parameter::Kind::rest) fn_->has_rest = true;
        if (p.kind == Parameter::Kind::keyword_rest) fn_->has_keyword_rest = true;
        if (p.kind != Parameter::Kind::plain || p.default_value != nullptr) fn_->simple = false;
    }
    fn_->header.parameters = static_cast<std::uint16_t>(lambda.parameters.size());
    fn_->qualified_name = parent_->fn_->header.kind == ScopeKind::global
                              ? fn_->name
                              : parent_->fn_->qualified_name + ".<locals>." + fn_->name;
    try {
        lay_out_names(lambda.parameters, {});
        const Operand value = expr(lambda.body);
        return_value(value, lambda.body->span);
        finish_function();
    } catch (const TooLarge&) {
    }
    return fn_;
}

/// The statements of a function, the deferred ones behind them, and the return at the end.
void FunctionCompiler::function_body(const Block& body, Span span) {
    body_ = body;
    const auto statements = [&] {
        block(body);
        if (!flow_.reachable) return;
        const std::uint8_t none = temp();
        if (scope_.has_defer && fn_->header.kind == ScopeKind::global) {
            release_to(none);
            return;
        }
        if (scope_.has_defer || (fn_->is_region && regions()) || result_type_ != 0 || is_init_ ||
            !exits_.empty()) {
            emit(Op::load_none, none, 0, 0, span);
            return_value({none, Hold::plain, true}, span);
        } else if (fn_->header.kind == ScopeKind::global && module_ == 0) {
            emit(Op::halt, 0, 0, 0, span);
        } else if (ends_names()) {
            emit(Op::load_none, none, 0, 0, span);
            emit(Op::return_clean, none, 0, 0, span);
        } else {
            emit(Op::return_none, 0, 0, 0, span);
        }
        release_to(none);
        flow_.reachable = false;
    };
    if (scope_.has_defer) {
        protect_with_finally(nullptr, span, statements, [&] { defers_epilogue(); });
        if (flow_.reachable)
            emit(fn_->header.kind == ScopeKind::global && module_ == 0 ? Op::halt : Op::return_none, 0, 0, 0,
                 span);
    } else {
        statements();
        // A protected body may end without an instruction behind it.
        emit(fn_->header.kind == ScopeKind::global && module_ == 0 ? Op::halt : Op::return_none, 0, 0, 0,
             span);
    }
}

/// Runs what `defer` remembered, last first. A deferred statement that fails does not keep the others from
/// running.
void FunctionCompiler::defers_epilogue() {
    const Span span = fn_->header.span;
    const std::uint32_t next = here();
    const std::uint32_t done = emit_jump(Op::defer_pop, 0, 0, span);
    for (std::size_t i = 0; i < deferred_.size(); ++i) {
        const auto [word, deferred] = deferred_[i];
        fn_->code[word] = here();
        // Whatever the statement may read was possibly assigned.
        const Flow before = flow_;
        flow_ = Flow{};
        for (const auto& [name, local] : locals_)
            if (local.is_parameter || local.is_cell) flow_.set(local.reg);
        needs_init_ = true;
        statement(deferred);
        flow_ = before;
        emit_jump_to(Op::jump, 0, 0, next, span);
    }
    patch(done, here());
}

void FunctionCompiler::defer_statement(const DeferStmt& s) {
    emit(Op::defer_push, 0, 0, 0, s.span);
    emit_word(0);
    deferred_.emplace_back(here() - 1, s.body);
}

/// `return value`: through the blocks around it, then out.
void FunctionCompiler::return_value(Operand value, Span span, const Stmt* from) {
    leave_function(checked(value, result_type_, span), span, from);
}

void FunctionCompiler::leave_function(Operand value, Span span, const Stmt* from) {
    const Local* local = nullptr;
    if (!value.temporary && value.hold == Hold::lent) {
        for (const auto& [name, candidate] : locals_)
            if (candidate.reg == value.reg && !candidate.is_parameter && !candidate.is_cell &&
                !candidate.plain)
                local = &candidate;
    }
    for (std::size_t i = exits_.size(); i-- > 0;) {
        Exit& exit = exits_[i];
        if (exit.kind != Exit::Kind::finally) continue;
        // The value waits where `finally` keeps it; its code sends it on.
        if (value.hold == Hold::lent && counts())
            emit(value.temporary ? Op::share : Op::share_name, exit.value, value.reg, 0, span);
        else if (value.reg != exit.value)
            emit(Op::move, exit.value, value.reg, 0, span);
        if (value.hold == Hold::unnamed) disown(value.reg);
        end_statement(span);
        end_caught_names(i, span);
        leave_blocks(exit.owned_mark, exit.region_mark, span, from, StmtKind::return_, exit.value);
        const int why = static_cast<int>(exit.pending.size()) + 2;
        exit.pending.push_back({why, Exit::Pending::What::return_});
        constant_operand(Value::integer(why), exit.why, span);
        exit.entries.push_back(emit_jump(Op::jump, 0, 0, span));
        flow_.reachable = false;
        return;
    }
    value = end_shared_caught_names(value, span);
    if (is_init_) {
        if (value.hold == Hold::unnamed) disown(value.reg);
        end_statement(span);
        leave_blocks(0, 0, span);
        emit(Op::return_init, value.reg, 0, 0, span);
        flow_.reachable = false;
        return;
    }
    if (counts()) {
        if (local != nullptr && pending_drops_.empty() && active_owned_.empty() && fn_->owned_count > 0) {
            emit(Op::return_local, value.reg, 0, 0, span);
            flow_.reachable = false;
            return;
        }
        const bool owned = value.hold == Hold::unnamed;
        if (value.hold == Hold::lent) {
            const std::uint8_t result = temp();
            emit(value.temporary ? Op::share : Op::share_name, result, value.reg, 0, span);
            value = {result, Hold::unnamed, true};
        }
        if (owned) disown(value.reg);
        end_statement(span);
        leave_blocks(0, 0, span);
        emit(ends_names() ? Op::return_clean : Op::return_, value.reg, returns_borrow_ ? 1 : 0, 0, span);
    } else {
        // Nobody reads the register any more but this: a copy may take its place.
        if (regions() && open_regions_ > 0)
            leave_blocks(0, 0, span, nullptr, StmtKind::return_, value.hold == Hold::plain ? -1 : value.reg);
        emit(Op::return_, value.reg, 0, 0, span);
    }
    flow_.reachable = false;
}

std::uint32_t FunctionCompiler::index_of(const Function* function) const {
    // It was compiled a moment ago: only functions inside of it stand behind it.
    std::size_t index = context_.program.functions.size() - 1;
    while (context_.program.functions[index].get() != function) --index;
    return static_cast<std::uint32_t>(index);
}

/// The value of a function expression: a constant when it captures nothing and its defaults are constants.
Operand FunctionCompiler::make_function(Function* function, List<Parameter> parameters, Span span, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const std::uint32_t index = index_of(function);
    bool constants_only = true;
    for (const Parameter& p : parameters)
        if (p.default_value != nullptr && !is_constant_default(p.default_value)) constants_only = false;
    if (function->captures.empty() && constants_only) {
        for (const Parameter& p : parameters) {
            if (p.default_value == nullptr) continue;
            const Expr* d = p.default_value;
            Value v = Value::none();
            if (d->kind == ExprKind::integer)
                v = Value::integer(static_cast<std::int64_t>(as<IntegerExpr>(d).value));
            else if (d->kind == ExprKind::floating)
                v = Value::floating(as<FloatExpr>(d).value);
            else if (d->kind == ExprKind::boolean)
                v = Value::boolean(as<BooleanExpr>(d).value);
            else if (d->kind == ExprKind::string)
                v = context_.constant_string(as<StringExpr>(d).bytes);
            function->default_constants.push_back(v);
        }
        release_to(mark);
        return constant_operand(Value::constant(function), reg, span);
    }
    const auto first = static_cast<std::uint8_t>(next_temp_);
    unsigned defaults = 0;
    for (const Parameter& p : parameters) {
        if (p.default_value == nullptr) continue;
        const std::uint8_t value = temp();
        const std::size_t pending = pending_drops_.size();
        into_owned(p.default_value, value, true);
        end_statement(span, pending);  // the defaults stand side by side
        release_to(value + 1U);
        ++defaults;
    }
    emit(Op::make_function, reg, first, defaults, span);
    emit_word(index);
    for (unsigned i = 0; i < defaults; ++i) disown(static_cast<std::uint8_t>(first + i));
    own(reg);
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

void FunctionCompiler::def_statement(const DefStmt& s) {
    const unsigned mark = next_temp_;
    std::string name(context_.names.text(s.name));
    FunctionCompiler inner(context_, scopes_, *scopes_.functions.at(&s), this, module_);
    if (class_register_) {
        inner.class_ = class_;
        name = std::string(context_.names.text(class_->name)) + "." + name;
    }
    if (s.is_extern) {
        error(s.span, "SyntaxError", "foreign functions are not part of the language yet",
              "write the function in the language");
        return;
    }
    const Method method = class_register_ ? method_decorators(s) : Method{};
    const bool has_kind = method.kind != MethodKind::plain || method.is_setter;
    const std::vector<const Expr*> decorators =
        has_kind ? std::vector<const Expr*>{} : applied_decorators(s.decorators);
    Function* function = inner.compile_def(s, std::move(name));
    function->method_kind = method.kind;
    const std::function<Operand(int)> make = [&](int dest) {
        return make_function(function, s.parameters, s.name_span, dest);
    };
    // Decorators and defaults see the names of the class body above them.
    const auto outer_names = class_body_names_;
    if (class_register_) class_body_names_ = {class_, class_register_->reg};
    Operand value = decorate(decorators, make, -1);
    class_body_names_ = outer_names;
    if (parent_ == nullptr && !class_register_ && decorators.empty()) {
        const std::string module =
            module_ == 0 ? "" : std::string(context_.program.modules[module_].info->name) + ".";
        emit(Op::register_function, 0, 0, 0, s.name_span);
        emit_word(index_of(function));
        emit_word(context_.names.intern(module + std::string(context_.names.text(s.name))));
    }
    const Local* self = class_register_ ? nullptr : find_local(s.name);
    const bool recursive =
        counts() && decorators.empty() && self != nullptr && self->is_cell && value.hold == Hold::unnamed &&
        self_base_ < self_limit_ &&
        std::any_of(function->captures.begin(), function->captures.end(),
                    [&](const Capture& c) { return c.from_parent_register && c.index == self->reg; });
    if (recursive) {
        // The function's reference to itself is not counted: the frame holds the closure, the cell only
        // refers to it.
        const auto holder = static_cast<std::uint8_t>(self_base_++);
        const std::uint8_t cell = self->reg;
        emit(Op::assign_take, holder, value.reg, 0, s.name_span);
        disown(value.reg);
        emit(Op::set_cell_weak, cell, holder, 0, s.name_span);
        release_to(mark);
        return;
    }
    const NameId name_of_place =
        method.is_setter ? context_.names.intern(std::string(context_.names.text(s.name)) + ".setter")
                         : s.name;
    store_name(name_of_place, value, s.name_span);
    release_to(mark);
}

}  // namespace harness::lang
