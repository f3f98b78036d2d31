// Calls: builtins, methods and classes each have the shortest instruction that serves them.
#include <algorithm>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

/// Builtins that run no code of the program and keep nothing, so that places may be lent to them as they are.
constexpr std::string_view pure_natives[] = {"len",    "ord",   "chr",  "isinstance", "wrap32",     "mulmod",
                                             "hash48", "range", "type", "callable",   "random_int", "clock"};

/// What these do with a number they do with its digits.
constexpr std::string_view printing_natives[] = {"print", "str"};

constexpr std::string_view releasing_natives[] = {"dealloc", "reset_arena", "destroy_arena", "reallocate"};

/// Methods of builtin types that store an argument.
constexpr std::string_view storing_methods[] = {"append", "insert", "setdefault",
                                                "push",   "write",  "fromkeys"};

/// What these make goes on walking their arguments.
constexpr std::string_view iterator_makers[] = {"iter", "enumerate", "zip", "map", "filter", "reversed"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

Operand FunctionCompiler::native_call(Value native, const CallExpr& e, int dest, bool lends) {
    const unsigned mark = next_temp_;
    const bool pure = native.as_constant<ConstantObject>()->kind == ConstantKind::native &&
                      contains(pure_natives, native.as_constant<Native>()->name) &&
                      !context_.facts.defines(context_.names.intern("__len__"));
    if (has_unpacking(e) ||
        std::any_of(e.arguments.begin(), e.arguments.end(), [](const Argument& a) { return a.name != 0; })) {
        const std::uint8_t callee = temp();
        constant_operand(native, callee, e.span);
        if (has_unpacking(e)) {
            release_to(mark);
            return unpacked_call(e, dest);
        }
        texts_ = contains(printing_natives, native.as_constant<Native>()->name);
        const auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), !lends);
        std::uint8_t at = callee;
        if (args.first != callee + 1) {
            at = temp(args.count + 1);
            emit(Op::move, at, callee, 0, e.span);
            for (unsigned i = 0; i < args.count; ++i) emit(Op::move, at + 1U + i, args.first + i, 0, e.span);
        }
        const Operand result = call_result(dest, callee, true);
        emit(Op::call_keywords, at, args.count, result.reg, e.span);
        emit_word(args.keyword_names - 1);
        end_arguments(args, !lends, e.span);
        own(result.reg);
        release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
        return result;
    }
    // A dead buffer is just what these are to tell of.
    const bool releases = contains(releasing_natives, native.as_constant<Native>()->name);
    if (releases) check_live_arguments_ = false;
    texts_ = contains(printing_natives, native.as_constant<Native>()->name);
    const auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), !lends, pure);
    check_live_arguments_ = true;
    const std::uint8_t first = args.count == 0 ? temp() : args.first;
    const bool usable = args.count == 0 || args.holds[0] != Hold::unnamed || !counts();
    const Operand result = call_result(dest, first, usable);
    // What gives memory back is told at the argument that it is about.
    const bool about_argument = args.count > 0 && releases;
    emit(Op::call_native, first, args.count, result.reg,
         about_argument ? e.arguments.back().value->span : e.span);
    emit_word(constant(native));
    if (context_.lifetime.gives && contains(iterator_makers, native.as_constant<Native>()->name))
        for (unsigned i = 0; i < args.count; ++i)
            if (args.holds[i] == Hold::unnamed)
                emit(Op::receive, result.reg, args.first + i, 0, e.arguments[i].value->span);
    end_arguments(args, !lends, e.span);
    Operand out = result;
    if (never_heap(&e))
        out.hold = Hold::plain;
    else
        own(out.reg);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
    return out;
}

std::optional<Operand> FunctionCompiler::builtin_call(const CallExpr& e, int dest) {
    if (e.callee->kind != ExprKind::name) return std::nullopt;
    const NameId id = as<NameExpr>(e.callee).name;
    const Resolved r = resolve(id);
    if (r.kind != Resolved::Kind::builtin) return std::nullopt;
    const std::string_view name = context_.names.text(id);
    if (!e.arguments.empty() && e.arguments[0].value->kind == ExprKind::generator) {
        if (e.arguments.size() == 1 && name == "any") return short_circuit_generator(e, true, dest);
        if (e.arguments.size() == 1 && name == "all") return short_circuit_generator(e, false, dest);
        // The loop in place makes the list, which so owns what is made for it.
        if (e.arguments.size() == 1 && name == "list" && !has_unpacking(e) && e.arguments[0].name == 0 &&
            !scopes_.functions.contains(e.arguments[0].value))
            return expr(e.arguments[0].value, dest);
    }
    if (name == "repr" && e.arguments.size() == 1 && wants_text(e.arguments[0].value)) {
        const auto* type = context_.builtins.at(context_.names.intern("str")).as_constant<ClassInfo>();
        return native_call(Value::constant(type->construct), e, dest);
    }
    const auto* object = r.builtin.as_constant<ConstantObject>();
    if (object->kind == ConstantKind::native) return native_call(r.builtin, e, dest);
    if (object->kind == ConstantKind::class_) {
        const auto* type = r.builtin.as_constant<ClassInfo>();
        if (type->construct != nullptr && !has_unpacking(e))
            return native_call(Value::constant(type->construct), e, dest);
    }
    return std::nullopt;
}

/// Whether method calls by this name pass their arguments to code of the program, or to something that stores
/// them.
static bool receives(const ProgramFacts& facts, NameId name, std::string_view text) {
    return facts.defines(name) || contains(storing_methods, text);
}

Operand FunctionCompiler::append_call(const CallExpr& e, const AttributeExpr& callee, int dest) {
    const unsigned mark = next_temp_;
    const Expr* item = e.arguments[0].value;
    // The generic path calls R[A].append(R[A+1]), so both stand in one window.
    const std::uint8_t list = temp();
    const std::uint8_t value = temp();
    Operand object = expr(callee.object, list);
    if (object.reg != list)
        emit(Op::move, list, object.reg, 0, callee.object->span);
    else if (object.hold == Hold::lent && !inert(item) && counts()) {
        emit(Op::share, list, list, 0, e.span);
        own(list);
        object.hold = Hold::unnamed;
    }
    if (object.reg != list && object.hold == Hold::unnamed) {
        disown(object.reg);
        own(list);
    }
    object.reg = list;
    const bool hinted = regions() && region_hint(callee.object, item);
    // The last of a name stays where it is; the generic path finds it there, too.
    const std::optional<Local> handed = handed_local(item);
    const Local* named =
        regions() && item->kind == ExprKind::name ? find_local(as<NameExpr>(item).name) : nullptr;
    const bool stays = named != nullptr && !named->is_cell && !named->plain;
    const bool last = handed.has_value() || stays || is_last_read(item);
    storing_call_ = true;
    const Hold hold = last ? Hold::lent : argument(item, value, true, true);
    storing_call_ = false;
    passed_ = nullptr;
    if (hinted) region_hint_end(item->span);
    const bool lent = hold == Hold::lent || item->kind == ExprKind::borrow;
    Op op = lent ? Op::append_method_copy : Op::append_method_take;
    std::uint8_t from = value;
    if (last) {
        const Local local = *find_local(as<NameExpr>(item).name);
        check_assigned(local, item->span);
        if (context_.checked) emit(Op::check_live, local.reg, 0, 0, item->span);
        if (!stays) op = handing_over(local, Op::append_method_move);
        if (stays && is_given(local.reg)) op = Op::append_method_give;
        from = local.reg;
    }
    emit(op, list, from, 0, e.span);
    emit_word(callee.name);
    emit_word(item->kind == ExprKind::borrow ? 1 : 0);
    if (hold == Hold::unnamed) disown(value);
    if (handed.has_value()) passed_on(*handed);
    finish(object, e.span);
    const Operand result = constant_operand(Value::none(), dest, e.span);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
    return result;
}

Operand FunctionCompiler::method_call(const CallExpr& e, const AttributeExpr& callee, int dest) {
    const std::string_view name = context_.names.text(callee.name);
    // What is not a plain method, static ones for example, is bound first and then called as a value.
    if (is_super_call(callee.object))
        return as<CallExpr>(callee.object).arguments.empty() && !context_.facts.unusual.contains(callee.name)
                   ? super_call(e, callee, dest)
                   : plain_call(e, dest);
    const bool keywords =
        std::any_of(e.arguments.begin(), e.arguments.end(), [](const Argument& a) { return a.name != 0; });
    if (name == "append" && e.arguments.size() == 1 && !keywords && !context_.facts.defines(callee.name))
        return append_call(e, callee, dest);
    const unsigned mark = next_temp_;
    const bool given = receives(context_.facts, callee.name, name) ||
                       (context_.lifetime.gives && !is_builtin_method_name(name));
    // A receiver is lent, so that a method which returns `self` returns a borrow. One that nobody names lives
    // to the end of the statement.
    const bool lends = context_.lifetime.explicit_release && context_.facts.defines(callee.name);
    const bool may_be_unnamed = (single_owner() || lends) && callee.object->kind != ExprKind::name;
    const std::uint8_t keeper = may_be_unnamed ? temp() : 0;
    const std::uint8_t self = temp();
    // Only methods of the program can overwrite the place that the receiver was read from.
    const bool pure = !context_.facts.defines(callee.name) &&
                      std::all_of(e.arguments.begin(), e.arguments.end(),
                                  [&](const Argument& a) { return inert(a.value); });
    const Hold self_hold = argument(callee.object, self, false, pure, lends);
    if (may_be_unnamed && self_hold == Hold::unnamed) {
        emit(Op::set_aside, keeper, self, 0, e.span);
        own(keeper);
        pending_drops_.push_back(keeper);
    }
    storing_call_ = contains(storing_methods, name) && !context_.facts.defines(callee.name);
    auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), given);
    storing_call_ = false;
    const std::uint8_t at = window(self, 1, args, e.span);
    const Operand result = call_result(dest, self, self_hold != Hold::unnamed || !counts());
    give_arguments(args, given);
    if (keywords) {
        emit(Op::call_method_keywords, at, args.count, result.reg, e.span);
        emit_word(callee.name);
        emit_word(args.keyword_names - 1);
    } else {
        emit(Op::call_method, at, args.count, result.reg, e.span);
        emit_word(callee.name);
        emit_word(0);
        emit_words64(0);
    }
    // A builtin type may have a method of that name, too, or a field may hold a function. What a builtin
    // stores of its arguments is known where they have one owner, and what setdefault() did not store
    // everywhere.
    end_arguments(args, given, e.span,
                  single_owner() || name == "setdefault" || !contains(storing_methods, name) ||
                      context_.facts.defines(callee.name));
    if (self_hold == Hold::unnamed && counts()) finish({self, Hold::unnamed, true}, e.span);
    own(result.reg);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
    return result;
}

bool FunctionCompiler::is_super_call(const Expr* e) {
    return e->kind == ExprKind::call && is_builtin(as<CallExpr>(e).callee, "super");
}

/// Of super(): the class whose base is asked into one register, the instance (or class) into the other. False
/// after an error.
bool FunctionCompiler::super_operands(const CallExpr& e, Operand& type, Operand& self) {
    const FunctionCompiler* method = this;
    while (method != nullptr && method->class_ == nullptr) method = method->parent_;
    const bool named = e.arguments.size() == 2 && !has_unpacking(e);
    if (named) {
        type = expr(e.arguments[0].value);
        keep_across(type, e.arguments[1].value, e.span);
        self = expr(e.arguments[1].value);
        return true;
    }
    if (!e.arguments.empty()) {
        error(e.span, "SyntaxError", "super() takes no arguments here, or a class and an instance of it",
              "write super()");
        return false;
    }
    if (method == nullptr || method->scope_.locals.empty()) {
        error(e.span, "SyntaxError", "super() stands only in a method", "call the base class by its name");
        return false;
    }
    // The class is found by its name, as a method sees it.
    type = read_name(method->class_->name, e.span, temp());
    self = read_name(method->scope_.locals.front(), e.span, -1);
    return true;
}

/// super().x where it is not called at once: whatever the class above has, bound to the instance.
Operand FunctionCompiler::super_attribute(const AttributeExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    Operand type, self;
    if (!super_operands(as<CallExpr>(e.object), type, self)) return {reg, Hold::plain, true};
    emit(Op::super_attribute, reg, type.reg, self.reg, e.span);
    emit_word(e.name);
    own(reg);
    finish(self, e.span);
    finish(type, e.span);
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

/// super().m(…): the method above the class that is being compiled, with this function's first parameter.
Operand FunctionCompiler::super_call(const CallExpr& e, const AttributeExpr& callee, int dest) {
    const unsigned mark = next_temp_;
    const std::uint8_t function = temp(2);  // and the instance behind it
    const std::uint8_t class_register = temp();
    Operand type, self;
    if (!super_operands(as<CallExpr>(callee.object), type, self)) return {target(dest), Hold::plain, true};
    emit(Op::super_method, function, type.reg, self.reg, e.span);
    emit_word(callee.name);
    emit_word(0);
    release_to(class_register);
    const bool keywords =
        std::any_of(e.arguments.begin(), e.arguments.end(), [](const Argument& a) { return a.name != 0; });
    auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), true);
    const std::uint8_t at = window(function, 2, args, e.span);
    const Operand result = call_result(dest, function, true);
    give_arguments(args, true);
    if (keywords) {
        emit(Op::call_keywords, at, args.count + 1, result.reg, e.span);
        emit_word(args.keyword_names - 1);
    } else {
        emit(Op::call, at, args.count + 1, result.reg, e.span);
    }
    end_arguments(args, true, e.span);
    own(result.reg);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
    return result;
}

/// f(*args, **more): the positional arguments as one list, the named ones as one dict.
Operand FunctionCompiler::unpacked_call(const CallExpr& e, int dest) {
    const unsigned mark = next_temp_;
    const std::uint8_t callee = temp();
    const std::uint8_t list = temp();
    const std::uint8_t dict = temp();
    if (e.callee->kind == ExprKind::attribute) {
        // A bound method serves where there is no window to put the receiver into.
        const Operand method = attribute(as<AttributeExpr>(e.callee), callee, true);
        if (method.reg != callee) emit(Op::move, callee, method.reg, 0, e.span);
    } else {
        const Operand o = owned_temp(e.callee);
        emit(Op::move, callee, o.reg, 0, e.span);
        if (o.hold == Hold::unnamed) disown(o.reg), own(callee);
        release_to(dict + 1U);
    }
    // As in Python, only a list of arguments that is unpacked alone names the function where it is none.
    const bool alone =
        std::count_if(e.arguments.begin(), e.arguments.end(), [](const Argument& a) {
            return a.kind == Argument::Kind::unpack || (a.kind == Argument::Kind::plain && a.name == 0);
        }) == 1;
    emit(Op::make_list, list, 0, 0, e.span);
    own(list);
    emit(Op::make_dict, dict, 0, 0, e.span);
    own(dict);
    bool merged = false;  // a dict came before: a name may be there already
    for (const Argument& a : e.arguments) {
        const unsigned inner = next_temp_;
        if (a.kind == Argument::Kind::unpack) {
            const Operand items = expr(a.value);
            if (alone)
                emit(Op::extend_arguments, list, items.reg, callee, a.value->span);
            else
                emit(Op::extend_list, list, items.reg, 0, a.value->span);
            finish(items, e.span);
        } else if (a.kind == Argument::Kind::unpack_dict) {
            const Operand items = expr(a.value);
            emit(Op::merge_keywords, dict, items.reg, callee, a.value->span);
            finish(items, e.span);
            merged = true;
        } else if (a.name != 0) {
            const std::uint8_t key = temp();
            emit(Op::load_constant, key, 0, 0, a.name_span);
            emit_word(constant(context_.constant_string(context_.names.text(a.name))));
            const std::uint8_t value = temp();
            into_owned(a.value, value);
            const std::uint8_t into = merged ? temp() : dict;
            if (merged) {
                emit(Op::make_dict, into, 0, 0, a.value->span);
                own(into);
            }
            emit(Op::dict_insert_take, into, key, value, a.value->span);
            disown(value);
            if (merged) {
                emit(Op::merge_keywords, dict, into, callee, a.value->span);
                finish({into, Hold::unnamed, true}, a.value->span);
            }
        } else {
            const std::uint8_t value = temp();
            into_owned(a.value, value);
            emit(Op::append_take, list, value, 0, a.value->span);
            disown(value);
        }
        release_temporaries(inner);
    }
    const std::uint8_t result = dest >= 0 ? static_cast<std::uint8_t>(dest) : temp();
    emit(Op::call_unpacked, callee, 0, result, e.span);
    if (counts()) {
        emit(Op::drop_range, callee, 3, 0, e.span);
        disown(dict);
        disown(list);
        disown(callee);
    }
    own(result);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result + 1U));
    return {result, Hold::unnamed, true};
}

Operand FunctionCompiler::plain_call(const CallExpr& e, int dest) {
    if (const Signature* signature = typed_callee(e))
        if (!is_number_type(signature->result) || signature->result == static_cast<TypeCode>(Type::bool_))
            return typed_call(e, *signature, dest);
    const unsigned mark = next_temp_;
    const bool keywords =
        std::any_of(e.arguments.begin(), e.arguments.end(), [](const Argument& a) { return a.name != 0; });
    if (e.callee->kind == ExprKind::name && !keywords) {
        const NameId name = as<NameExpr>(e.callee).name;
        const Resolved r = resolve(name);
        if (r.kind == Resolved::Kind::global && scopes_.module->classes.contains(name)) {
            const std::uint8_t self = temp();
            auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), true);
            const std::uint8_t at = window(self, 1, args, e.span);
            const Operand result = call_result(dest, self, true);
            give_arguments(args, true);
            emit(Op::construct, at, args.count, result.reg, e.span);
            emit_word(r.index);
            emit_word(result.reg | frame_constructs | given_mask(args, at, 1));
            end_arguments(args, true, e.span, !scopes_.fixed.contains(name));
            own(result.reg);
            release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
            return result;
        }
        if (r.kind == Resolved::Kind::global) {
            auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), true);
            const std::uint8_t first = args.count == 0 ? temp() : args.first;
            const std::uint8_t at = window(first, 0, args, e.span);
            const bool usable = args.count == 0 || args.holds[0] != Hold::unnamed || !counts();
            const Operand result = call_result(dest, first, usable);
            give_arguments(args, true);
            const std::uint32_t given = given_mask(args, at, 0);
            emit(given != 0 ? Op::call_global_give : Op::call_global, at, args.count, result.reg, e.span);
            emit_word(r.index);
            if (given != 0) emit_word(result.reg | given);
            end_arguments(args, true, e.span, !scopes_.fixed.contains(as<NameExpr>(e.callee).name));
            own(result.reg);
            release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
            return result;
        }
    }
    const std::uint8_t callee = temp();
    const bool from_name = e.callee->kind == ExprKind::name;
    const Hold callee_hold =
        argument(e.callee, callee, false, from_name && find_local(as<NameExpr>(e.callee).name) != nullptr);
    auto args = arguments(e, static_cast<std::uint8_t>(next_temp_), true);
    const std::uint8_t at = window(callee, 1, args, e.span);
    const Operand result = call_result(dest, callee, callee_hold != Hold::unnamed || !counts());
    give_arguments(args, true);
    if (keywords) {
        emit(Op::call_keywords, at, args.count, result.reg, e.span);
        emit_word(args.keyword_names - 1);
    } else {
        emit(Op::call, at, args.count, result.reg, e.span);
    }
    end_arguments(args, true, e.span, true);
    if (callee_hold == Hold::unnamed && counts()) finish({callee, Hold::unnamed, true}, e.span);
    own(result.reg);
    release_temporaries(std::max<unsigned>(mark, dest >= 0 ? mark : result.reg + 1U));
    return result;
}

Operand FunctionCompiler::call(const CallExpr& e, int dest) {
    if (auto done = memory_call(e, dest)) return *done;
    if (auto done = layout_call(e, dest)) return *done;
    if (auto done = builtin_call(e, dest)) return *done;
    if (has_unpacking(e)) return unpacked_call(e, dest);
    if (e.callee->kind == ExprKind::attribute) return method_call(e, as<AttributeExpr>(e.callee), dest);
    return plain_call(e, dest);
}

}  // namespace harness::lang
