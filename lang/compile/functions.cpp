// Functions and classes: prologue, body, ways to return, closures, defaults, and what a class statement
// makes.
#include <algorithm>
#include <utility>

#include "lang/compile/function_compiler.hpp"

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
    fn_->span = span;
    fn_->header.kind = ScopeKind::global;
    fn_->header.name = context_.names.intern(fn_->name);
    try {
        lay_out_names({});
        function_body(body, span);
        finish_function();
    } catch (const TooLarge&) {
    }
    return fn_;
}

Function* FunctionCompiler::compile_def(const DefStmt& def, std::string name) {
    fn_->name = std::move(name);
    fn_->span = def.name_span;
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
    fn_->parameters = static_cast<std::uint16_t>(def.parameters.size());
    is_init_ = class_ != nullptr && context_.names.text(def.name) == "__init__";
    fn_->is_init = is_init_;
    fn_->is_region = has_decorator(def.decorators, context_.names, "region") &&
                     !user_defines(context_.names.intern("region"));
    for (NameId each : def.type_parameters) type_parameters_.insert(each);
    result_type_ = type_of(def.result);
    fn_->qualified_name = parent_->fn_->header.kind == ScopeKind::global
                              ? fn_->name
                              : parent_->fn_->qualified_name + ".<locals>." + fn_->name;
    try {
        def_body(def);
    } catch (const TooLarge&) {
    }
    return fn_;
}

/// Registers, checks of parameters, statements.
void FunctionCompiler::def_body(const DefStmt& def) {
    lay_out_names(def.parameters);
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
    if (fn_->is_region && regions()) {
        emit(Op::region_enter, 0, 0, 0, def.name_span);
        ++open_regions_;
        region_bodies_.emplace_back();
    }
    function_body(def.body, def.name_span);
    finish_function();
}

Function* FunctionCompiler::compile_lambda(const LambdaExpr& lambda) {
    fn_->name = "<lambda>";
    fn_->span = lambda.span;
    fn_->header.name = context_.names.intern(fn_->name);
    fn_->header.kind = ScopeKind::closure;
    for (const Parameter& p : lambda.parameters) {
        fn_->parameter_info.push_back(
            {p.name, p.default_value != nullptr, p.kind == Parameter::Kind::keyword_only});
        if (p.kind == Parameter::Kind::rest) fn_->has_rest = true;
        if (p.kind == Parameter::Kind::keyword_rest) fn_->has_keyword_rest = true;
        if (p.kind != Parameter::Kind::plain || p.default_value != nullptr) fn_->simple = false;
    }
    fn_->parameters = static_cast<std::uint16_t>(lambda.parameters.size());
    fn_->qualified_name = parent_->fn_->header.kind == ScopeKind::global
                              ? fn_->name
                              : parent_->fn_->qualified_name + ".<locals>." + fn_->name;
    try {
        lay_out_names(lambda.parameters);
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
        } else if (counts() && fn_->owned_count > 0) {
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
    const Span span = fn_->span;
    const std::uint32_t next = here();
    const std::uint32_t done = emit_jump(Op::defer_pop, 0, 0, span);
    const Exit* around = nullptr;
    (void)around;
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
        leave_blocks(exit.owned_mark, exit.region_mark, span, from, StmtKind::return_, exit.value);
        const int why = static_cast<int>(exit.pending.size()) + 2;
        exit.pending.push_back({why, Exit::Pending::What::return_});
        constant_operand(Value::integer(why), exit.why, span);
        exit.entries.push_back(emit_jump(Op::jump, 0, 0, span));
        flow_.reachable = false;
        return;
    }
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
        emit(fn_->owned_count > 0 ? Op::return_clean : Op::return_, value.reg, 0, 0, span);
    } else {
        if (regions() && open_regions_ > 0) {
            if (!value.temporary) {
                const std::uint8_t result = temp();
                emit(Op::move, result, value.reg, 0, span);
                value.reg = result;
            }
            leave_blocks(0, 0, span, nullptr, StmtKind::return_, value.reg);
        }
        emit(Op::return_, value.reg, 0, 0, span);
    }
    flow_.reachable = false;
}

/// The value of a function expression: a constant when it captures nothing and its defaults are constants.
Operand FunctionCompiler::make_function(Function* function, List<Parameter> parameters, Span span, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    // It is one of the last: only functions within it came later.
    auto index = static_cast<std::uint32_t>(context_.program.functions.size()) - 1;
    while (context_.program.functions[index].get() != function) --index;
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

/// Names that methods of the class define as properties: they are no fields.
std::unordered_set<NameId> FunctionCompiler::properties_of(const ClassStmt& s) {
    std::unordered_set<NameId> properties;
    for (const Stmt* member : s.body)
        if (member->kind == StmtKind::def &&
            method_decorators(as<DefStmt>(member)).kind == MethodKind::property)
            properties.insert(as<DefStmt>(member).name);
    return properties;
}

/// Fields that the class's methods assign through their first parameter get fixed offsets; annotations in the
/// class body give them types.
void FunctionCompiler::collect_fields(const ClassStmt& s, ClassTemplate& out) {
    std::unordered_set<NameId> seen = properties_of(s);
    const auto add = [&](NameId name) {
        if (seen.insert(name).second) out.own_fields.push_back(name);
    };
    for (const Stmt* member : s.body) {
        if (member->kind != StmtKind::annotated_assign) continue;
        const auto& a = as<AnnotatedAssignStmt>(member);
        if (a.target->kind != ExprKind::name) continue;
        add(as<NameExpr>(a.target).name);
        const TypeCode type = type_of(a.annotation);
        if (type != 0) out.typed_fields.push_back({as<NameExpr>(a.target).name, type});
    }
    NameId self = 0;
    const std::function<void(const Expr*)> assigned = [&](const Expr* t) {
        if (t->kind == ExprKind::attribute && as<AttributeExpr>(t).object->kind == ExprKind::name &&
            as<NameExpr>(as<AttributeExpr>(t).object).name == self) {
            add(as<AttributeExpr>(t).name);
        } else if (t->kind == ExprKind::tuple || t->kind == ExprKind::list) {
            for (const Expr* part : as<SequenceExpr>(t).elements) assigned(part);
        }
    };
    const std::function<void(Block)> walk = [&](Block body) {
        for (const Stmt* st : body) {
            switch (st->kind) {
                case StmtKind::assign:
                    for (const Expr* t : as<AssignStmt>(st).targets) assigned(t);
                    break;
                case StmtKind::annotated_assign: {
                    const auto& a = as<AnnotatedAssignStmt>(st);
                    assigned(a.target);
                    if (a.target->kind == ExprKind::attribute) {
                        const TypeCode type = type_of(a.annotation);
                        if (type != 0) out.typed_fields.push_back({as<AttributeExpr>(a.target).name, type});
                    }
                    break;
                }
                case StmtKind::if_:
                    for (const IfBranch& b : as<IfStmt>(st).branches) walk(b.body);
                    walk(as<IfStmt>(st).otherwise);
                    break;
                case StmtKind::while_:
                    walk(as<WhileStmt>(st).body);
                    break;
                case StmtKind::for_:
                    assigned(as<ForStmt>(st).target);
                    walk(as<ForStmt>(st).body);
                    break;
                case StmtKind::try_:
                    walk(as<TryStmt>(st).body);
                    for (const ExceptClause& c : as<TryStmt>(st).handlers) walk(c.body);
                    walk(as<TryStmt>(st).otherwise);
                    walk(as<TryStmt>(st).finally);
                    break;
                case StmtKind::region:
                    walk(as<BlockStmt>(st).body);
                    break;
                default:
                    break;
            }
        }
    };
    // __init__ first, so that offsets follow the order in which objects are filled.
    for (int pass = 0; pass < 2; ++pass) {
        for (const Stmt* member : s.body) {
            if (member->kind != StmtKind::def) continue;
            const auto& def = as<DefStmt>(member);
            if ((context_.names.text(def.name) == "__init__") != (pass == 0) || def.parameters.empty())
                continue;
            self = def.parameters[0].name;
            walk(def.body);
        }
    }
}

void FunctionCompiler::class_statement(const ClassStmt& s) {
    const unsigned mark = next_temp_;
    const std::function<Operand(int)> make = [&](int) { return class_value(s); };
    store_name(s.name, decorate(applied_decorators(s.decorators), make, -1), s.name_span);
    release_to(mark);
}

Operand FunctionCompiler::class_value(const ClassStmt& s) {
    const std::uint8_t type = temp();
    unsigned base = 255;
    Operand base_value{};
    if (s.base != nullptr) {
        base_value = expr(s.base);
        base = base_value.reg;
    }
    const std::uint32_t index = class_template(s);
    {
        ClassTemplate& info = *context_.program.classes[index];
        info.name = std::string(context_.names.text(s.name));
        info.span = s.name_span;
        const ClassStmt* outer = std::exchange(class_, &s);
        collect_fields(s, info);
        class_ = outer;
    }
    emit(Op::make_class, type, base, 0, s.base != nullptr ? s.base->span : s.name_span);
    emit_word(index);
    emit_word(0);
    if (s.base != nullptr) finish(base_value, s.span);
    release_to(type + 1U);

    const auto outer_attributes = std::move(class_attributes_);
    class_attributes_.clear();
    const auto outer_register = class_register_;
    const ClassStmt* outer_class = class_;
    const std::uint8_t type_register = type;
    for (const Stmt* member : s.body) {
        class_register_ = Local{.name = s.name, .reg = type_register};
        class_ = &s;
        switch (member->kind) {
            case StmtKind::def:
                def_statement(as<DefStmt>(member));
                class_attributes_.insert(as<DefStmt>(member).name);
                break;
            case StmtKind::class_:
                class_statement(as<ClassStmt>(member));
                break;
            case StmtKind::pass:
                break;
            case StmtKind::expression:
                if (as<ExprStmt>(member).value->kind != ExprKind::string) {
                    error(member->span, "SyntaxError", "a class body holds methods and assignments only",
                          "move the statement before or after the class");
                }
                break;
            case StmtKind::annotated_assign:
            case StmtKind::assign: {
                const bool annotated = member->kind == StmtKind::annotated_assign;
                const Expr* value =
                    annotated ? as<AnnotatedAssignStmt>(member).value : as<AssignStmt>(member).value;
                if (value == nullptr) break;
                const std::uint8_t reg = temp();
                // Names of the class body are attributes of the class being made.
                class_register_.reset();
                class_body_names_ = {&s, type_register};
                into_owned(value, reg, true);
                class_body_names_ = {};
                if (annotated) {
                    const TypeCode declared = type_of(as<AnnotatedAssignStmt>(member).annotation);
                    if (declared != 0) check_type(reg, declared, value->span);
                }
                end_statement(member->span);
                disown(reg);
                const auto store = [&](const Expr* t) {
                    if (t->kind != ExprKind::name) {
                        error(t->span, "SyntaxError", "a class body assigns to plain names only");
                        return;
                    }
                    emit(Op::set_class_attribute, type_register, reg, 0, member->span);
                    emit_word(as<NameExpr>(t).name);
                    class_attributes_.insert(as<NameExpr>(t).name);
                };
                if (annotated)
                    store(as<AnnotatedAssignStmt>(member).target);
                else
                    for (const Expr* t : as<AssignStmt>(member).targets) store(t);
                release_to(reg);
                break;
            }
            default:
                error(member->span, "SyntaxError", "a class body holds methods and assignments only",
                      "move the statement before or after the class");
        }
        release_to(type + 1U);
    }
    class_attributes_ = outer_attributes;
    class_register_ = outer_register;
    class_ = outer_class;
    return {type, Hold::plain, true};
}

}  // namespace harness::lang
