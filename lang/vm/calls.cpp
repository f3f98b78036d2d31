// Calling anything: functions with every kind of parameter, closures, builtins, classes, bound methods, and
// calls that C++ makes into the program.
#include <fmt/format.h>

#include <algorithm>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/slices.hpp"
#include "lang/builtins/text.hpp"
#include "lang/vm/dispatch.hpp"

namespace harness::lang {

namespace {

constexpr std::uint32_t most_nested_calls = 900;

}  // namespace

bool Interpreter::push_frame(const Function& function, Value* base, std::uint32_t result,
                             const std::uint32_t* return_pc) {
    Frame* pushed = stack->push_above(frame, &function, base,
                                      {function.registers, function.header.named_slots}, return_pc, result);
    if (pushed == nullptr) {
        raise(ErrorKind::RecursionError, "maximum recursion depth exceeded");
        return false;
    }
    frame = pushed;
    return true;
}

/// Binds the arguments to the parameters in place and pushes the frame. `base` holds `count` values, the last
/// of which the names in `keywords` belong to.
Interpreter::Entered Interpreter::enter_function(const Function& f, Value closure, Value* base,
                                                 std::uint32_t count, std::uint32_t result,
                                                 const std::uint32_t* return_pc, const Value* keywords) {
    if (!f.simple || keywords != nullptr) {
        // The caller answers for what it passed, where it stands: the parameters are laid out above its
        // window.
        Value* above = std::max(frame->base + frame->function->registers, base + count);
        if (above + count + f.registers + 2 >= stack->values_end()) {
            raise(ErrorKind::RecursionError, "maximum recursion depth exceeded");
            return Entered::failed;
        }
        std::copy(base, base + count, above);
        base = above;
        if (!bind_arguments(f, closure, base, count, keywords)) return Entered::failed;
    } else if (count != f.header.parameters) {
        raise_arity(f, count);
        return Entered::failed;
    }
    if (!push_frame(f, base, result, return_pc)) return Entered::failed;
    if (closure.is_heap()) base[f.closure_register] = closure;
    return Entered::frame;
}

static std::string_view type_of_method(const Native& native) {
    const std::pair<std::string_view, std::span<const Native>> types[] = {
        {"str", string_methods()}, {"list", list_methods()},   {"tuple", tuple_methods()},
        {"dict", dict_methods()},  {"slice", slice_methods()}, {"int", int_methods()},
        {"float", float_methods()}};
    for (const auto& [name, methods] : types)
        if (&native >= methods.data() && &native < methods.data() + methods.size()) return name;
    return "object";
}

/// A method of a builtin type that is called by itself, as in str.lower(x), brings no receiver that was
/// looked up: it must be of that type.
static bool receiver_fits(Interpreter& vm, const Native& native, const Value* arguments,
                          std::uint32_t count) {
    if (!native.is_method || native.name == "__init__") return true;
    if (count > 0 && native.name.substr(0, 7) == "object.") return vm.readable(arguments[0]);
    if (count == 0) {
        vm.raise(ErrorKind::TypeError, fmt::format("unbound method {}.{}() needs an argument",
                                                   type_of_method(native), native.name));
        return false;
    }
    if (!vm.readable(arguments[0])) return false;
    if (vm.builtin_method(arguments[0], vm.names.intern(native.name)) == &native) return true;
    vm.raise(ErrorKind::TypeError,
             fmt::format("descriptor '{}' for '{}' objects doesn't apply to a '{}' object", native.name,
                         type_of_method(native), vm.type_name(arguments[0])));
    return false;
}

Interpreter::Entered Interpreter::enter(Value callee, Value* first, std::uint32_t count, std::uint32_t result,
                                        const std::uint32_t* return_pc, const Value* keywords) {
    const auto deliver = [&](Value v) {
        if (v == Value::failed()) return Entered::failed;
        frame->base[result] = v;
        return Entered::done;
    };
    if (callee.is_constant_object()) {
        switch (callee.as_constant<ConstantObject>()->kind) {
            case ConstantKind::function:
                return enter_function(*callee.as_constant<Function>(), Value::none(), first, count, result,
                                      return_pc, keywords);
            case ConstantKind::native: {
                if (!receiver_fits(*this, *callee.as_constant<Native>(), first, count))
                    return Entered::failed;
                // A nested call may use the space above the window, where these arguments may stand.
                std::vector<Value> safe(first, first + count);
                const Native& native = *callee.as_constant<Native>();
                const Entered entered = deliver(call_native(native, safe.data(), count, keywords));
                note_lent(native, return_pc);
                return entered;
            }
            case ConstantKind::class_:
                return construct(*callee.as_constant<ClassInfo>(), first, count, result, return_pc, keywords);
            default:
                break;
        }
    } else if (callee.is_counted()) {
        const ClassId id = heap.class_id(callee);
        if (id == ClassId::closure)
            return enter_function(*heap.payload<Closure>(callee).function, callee, first, count, result,
                                  return_pc, keywords);
        if (id == ClassId::bound_method) {
            // The receiver goes before the arguments: everything moves up by one.
            const BoundMethod method = heap.payload<BoundMethod>(callee);
            return enter_shifted(method.method, method.self, first, count, result, return_pc, keywords);
        }
    }
    if (is_instance(callee)) {
        const Value method = class_of(callee).dunder(Dunder::call);
        if (method != Value::absent())
            return enter_shifted(method, callee, first, count, result, return_pc, keywords);
    }
    raise(ErrorKind::TypeError, fmt::format("'{}' object is not callable", type_name(callee)));
    return Entered::failed;
}

/// Calls `callee` with `self` before the arguments. They stand in a window of the caller's, which does not
/// own the register before them, so they are copied above it.
Interpreter::Entered Interpreter::enter_shifted(Value callee, Value self, Value* first, std::uint32_t count,
                                                std::uint32_t result, const std::uint32_t* return_pc,
                                                const Value* keywords) {
    Value* above = frame->base + frame->function->registers;
    above = std::max(above, first + count);
    if (above + count + 2 >= stack->values_end()) {
        raise(ErrorKind::RecursionError, "maximum recursion depth exceeded");
        return Entered::failed;
    }
    above[0] = self.lent();
    std::copy(first, first + count, above + 1);
    return enter(callee, above, count + 1, result, return_pc, keywords);
}

Interpreter::Entered Interpreter::construct(const ClassInfo& type, Value* first, std::uint32_t count,
                                            std::uint32_t result, const std::uint32_t* return_pc,
                                            const Value* keywords) {
    const auto deliver = [&](Value v) {
        if (v == Value::failed()) return Entered::failed;
        frame->base[result] = v;
        return Entered::done;
    };
    if (type.construct != nullptr) {
        const Entered entered = deliver(call_native(*type.construct, first, count, keywords));
        note_lent(*type.construct, return_pc);
        return entered;
    }
    Value made = heap.new_of(type);
    if (made == Value::failed() && collected_instead()) made = heap.new_of(type);
    if (made == Value::failed()) return Entered::failed;
    if (type.dunder(Dunder::del) != Value::absent()) note_destructor(made);
    const std::uint32_t named = keywords == nullptr ? 0 : static_cast<std::uint32_t>(keywords[0].as_int());
    if (type.is_exception) {
        std::vector<Value> args;
        // The exception is the one owner of what it was given; its __init__ borrows it.
        for (std::uint32_t i = 0; i + named < count; ++i) args.push_back(exception_argument(first[i]));
        if (!set_exception_arguments(made, args.data(), static_cast<std::uint32_t>(args.size()))) {
            drop(made);
            return Entered::failed;
        }
    }
    const Value init = type.dunder(Dunder::init);
    if (init == Value::absent()) {
        if (count != 0 && !type.is_exception) {
            drop(made);
            raise(ErrorKind::TypeError, fmt::format("{}() takes no arguments", type.name));
            return Entered::failed;
        }
        return deliver(made);
    }
    Value* above = std::max(frame->base + frame->function->registers, first + count);
    if (above + count + 4 >= stack->values_end()) {
        drop(made);
        raise(ErrorKind::RecursionError, "maximum recursion depth exceeded");
        return Entered::failed;
    }
    above[0] = made.lent();
    std::copy(first, first + count, above + 1);
    const Function* f = nullptr;
    if (init.is_constant_object() && init.as_constant<ConstantObject>()->kind == ConstantKind::function)
        f = init.as_constant<Function>();
    else if (init.is_counted() && heap.class_id(init) == ClassId::closure)
        f = heap.payload<Closure>(init).function;
    if (f != nullptr && f->is_init) {
        // The frame answers for the new object; its return hands it over (see return_init).
        const Entered entered =
            enter_function(*f, init, above, count + 1, result | frame_constructs, return_pc, keywords);
        if (entered == Entered::failed) drop(made);
        return entered;
    }
    std::vector<Value> arguments(above, above + count + 1);
    const Value done = keywords == nullptr
                           ? call_value(init, arguments.data(), count + 1)
                           : raise(ErrorKind::TypeError, "this __init__ takes no keyword arguments");
    if (done == Value::failed()) {
        drop(made);
        return Entered::failed;
    }
    drop(done);
    return deliver(made);
}

Interpreter::Entered Interpreter::enter_method(Value self, NameId name, Value* first, std::uint32_t count,
                                               std::uint32_t result, const std::uint32_t* return_pc,
                                               const Value* keywords) {
    if (!readable(self)) return Entered::failed;
    // Methods of classes take the receiver as their first argument, in the register where it stands.
    if (is_instance(self)) {
        const ClassInfo& type = class_of(self);
        const auto member = type.members.find(name);
        bool shadowed = member != type.members.end() && member->second.is_field;
        if (member != type.members.end() && !shadowed) {
            const Value method = member->second.value;
            const bool function = (method.is_constant_object() &&
                                   method.as_constant<ConstantObject>()->kind == ConstantKind::function) ||
                                  (method.is_counted() && heap.class_id(method) == ClassId::closure);
            if (function && !has_side_field(self, name)) {
                switch (method_kind(method)) {
                    case MethodKind::plain:
                        return enter(method, first, count + 1, result, return_pc, keywords);
                    case MethodKind::static_:
                        return enter(method, first + 1, count, result, return_pc, keywords);
                    case MethodKind::class_:
                        return enter_shifted(method, Value::constant(&type), first + 1, count, result,
                                             return_pc, keywords);
                    case MethodKind::property:
                        break;  // its value is what is called
                }
            }
            const bool native = method.is_constant_object() &&
                                method.as_constant<ConstantObject>()->kind == ConstantKind::native;
            if (native && !has_side_field(self, name)) {
                std::vector<Value> safe(first, first + count + 1);
                const Value v = call_native(*method.as_constant<Native>(), safe.data(), count + 1, keywords);
                if (v == Value::failed()) return Entered::failed;
                frame->base[result] = v;
                return Entered::done;
            }
        }
    } else if (const Native* native = builtin_method(self, name)) {
        const Value v = lifetime.gives ? give_to_method(*native, first, count, return_pc, keywords)
                                       : call_native(*native, first, count + 1, keywords);
        if (v == Value::failed()) return Entered::failed;
        frame->base[result] = v;
        return Entered::done;
    }
    const Value attribute = get_attribute(self, name);
    if (attribute == Value::failed()) return Entered::failed;
    park(attribute);
    return enter(attribute, first + 1, count, result, return_pc, keywords);
}

/// Whether code of the program runs when it is called, and not a builtin that borrows its arguments.
bool Interpreter::is_of_program(Value callee) const {
    if (callee.is_counted() && heap.live(callee) && heap.class_id(callee) == ClassId::bound_method)
        return is_of_program(heap.payload<BoundMethod>(callee).method);
    if (!callee.is_constant_object()) return true;
    const auto* object = callee.as_constant<ConstantObject>();
    if (object->kind == ConstantKind::class_) return callee.as_constant<ClassInfo>()->construct == nullptr;
    return object->kind != ConstantKind::native;
}

Interpreter::Entered Interpreter::enter_unpacked(Value callee, Value list, Value dict, std::uint32_t result,
                                                 const std::uint32_t* return_pc) {
    Sequence& positional = heap.sequence(list);
    const Dict& named = heap.payload<Dict>(dict);
    const std::uint32_t n = positional.length();
    Value* above = frame->base + frame->function->registers;
    if (above + n + named.live + 4 >= stack->values_end()) {
        raise(ErrorKind::RecursionError, "maximum recursion depth exceeded");
        return Entered::failed;
    }
    // What the list owns is given, as far as a function of the program receives it.
    const bool gives = lifetime.single_owner && is_of_program(callee);
    const auto unpacked = [&](Value& element) {
        const Value v = element;
        if (gives) element = v.lent();
        return lifetime.single_owner && !gives ? v.lent() : v;
    };
    for (std::uint32_t i = 0; i < n; ++i) above[i] = unpacked(positional.elements()[i]);
    std::vector<Value> keywords = {Value::integer(named.live)};
    std::uint32_t at = n;
    for (std::uint32_t i = 0; i < named.used; ++i) {
        DictEntry& entry = named.entries[i];
        if (entry.key == Value::absent()) continue;
        if (!entry.key.is_string()) {
            raise(ErrorKind::TypeError, "keywords must be strings");
            return Entered::failed;
        }
        keywords.push_back(entry.key);
        above[at++] = unpacked(entry.value);
    }
    // A class's constructor may go on after this returns: the names live as long as the dict, which the
    // caller keeps.
    const Entered entered =
        enter(callee, above, at, result, return_pc, named.live != 0 ? keywords.data() : nullptr);
    if (gives && entered == Entered::failed) {
        // Nobody received anything.
        for (std::uint32_t i = 0; i < n; ++i)
            if (owns(above[i])) positional.elements()[i] = above[i];
        at = n;
        for (std::uint32_t i = 0; i < named.used; ++i)
            if (named.entries[i].key != Value::absent()) named.entries[i].value = above[at++];
    }
    return entered;
}

/// As messages about arguments name it.
std::string Interpreter::described(Value callee) const {
    if (callee.is_counted() && heap.live(callee) && heap.class_id(callee) == ClassId::bound_method)
        return described(heap.payload<BoundMethod>(callee).method);
    if (const Function* f = function_behind(callee)) return "__main__." + f->qualified_name + "()";
    if (callee.is_constant_object()) {
        const auto* object = callee.as_constant<ConstantObject>();
        if (object->kind == ConstantKind::native)
            return std::string(callee.as_constant<Native>()->name) + "()";
        if (object->kind == ConstantKind::class_) {
            const auto& type = *callee.as_constant<ClassInfo>();
            return (type.is_builtin ? "" : "__main__.") + std::string(type.name) + "()";
        }
    }
    return fmt::format("{} object", type_name(callee));
}

bool Interpreter::extend_arguments(Value list, Value items, Value callee) {
    if (!readable(items)) return false;
    if (is_iterable(*this, items)) return list_extend(*this, list, items);
    raise(ErrorKind::TypeError, fmt::format("{} argument after * must be an iterable, not {}",
                                            described(callee), type_name(items)));
    return false;
}

bool Interpreter::merge_keywords(Value dict, Value items, Value callee) {
    if (!readable(items)) return false;
    if (!items.is_object() || heap.class_id(items) != ClassId::dict) {
        raise(ErrorKind::TypeError, fmt::format("{} argument after ** must be a mapping, not {}",
                                                described(callee), type_name(items)));
        return false;
    }
    for (std::uint32_t i = 0; i < heap.payload<Dict>(items).used; ++i) {
        const Value key = heap.payload<Dict>(items).entries[i].key;
        if (key == Value::absent() || heap.payload<Dict>(dict).live == 0) continue;
        Value known;
        if (!dict_lookup(*this, dict, key, known)) return false;
        if (known == Value::absent()) continue;
        if (key.is_string())
            raise(ErrorKind::TypeError, fmt::format("{} got multiple values for keyword argument '{}'",
                                                    described(callee), heap.text(key)));
        else
            raise(ErrorKind::TypeError, "keywords must be strings");
        return false;
    }
    return dict_update(*this, dict, items);
}

// --- Calls from C++

Interpreter::NestedCall::NestedCall(Interpreter& vm, std::uint32_t values)
    : vm_(vm), frame_before_(vm.frame), at_before_(vm.at) {
    Value* above = vm.frame->base + vm.frame->function->registers;
    if (vm.nested_ >= most_nested_calls || above + values + 64 >= vm.stack->values_end()) {
        vm.raise(ErrorKind::RecursionError, "maximum recursion depth exceeded");
        return;
    }
    if (!vm.push_frame(vm.boundary_, above, 0, vm.at)) return;
    vm.frame->named_total = frame_before_->named_total;
    result_ = above;
    ++vm.nested_;
}

Interpreter::NestedCall::~NestedCall() {
    if (result_ == nullptr) return;
    --vm_.nested_;
    vm_.frame = frame_before_;
    vm_.at = at_before_;
}

Value Interpreter::NestedCall::run(const std::uint32_t* pc, Value* base, const Value* constants) const {
    vm_.nested_failed_ = false;
    vm_.run_until_halt(pc, base, constants);
    const Value result = vm_.nested_failed_ ? Value::failed() : *result_;
    vm_.nested_failed_ = false;
    return result;
}

Value Interpreter::call_value(Value callee, const Value* arguments, std::uint32_t count) {
    const NestedCall nested(*this, count);
    if (!nested) return Value::failed();
    std::copy(arguments, arguments + count, nested.window());
    // Whoever calls from C++ goes on answering for what it passes.
    if (lifetime.single_owner)
        for (Value& each : std::span(nested.window(), count)) each = each.lent();
    const Entered entered = enter(callee, nested.window(), count, 0, halt_code_, nullptr);
    if (entered == Entered::done) return nested.window()[-1];
    if (entered == Entered::failed) return Value::failed();
    return nested.run(frame->function->entry, frame->base, frame->function->constants);
}

void Interpreter::run_until_halt(const std::uint32_t* pc, Value* R, const Value* K) {
#if HARNESS_TAIL_CALLS
    const std::uint32_t word = *pc;
    table[word & 0xFF].run(this, pc + 1, R, table, word, K);
#else
    resume = {pc, R, table, K};
    while (true) {
        halted = false;
        const Resume r = resume;
        const std::uint32_t word = *r.pc;
        r.table[word & 0xFF].run(this, r.pc + 1, r.R, r.table, word, r.K);
        if (halted) break;
    }
    halted = false;
#endif
}

Value Machine::call(Value callee, const Value* arguments, std::uint32_t count) {
    return interpreter(*this).call_value(callee, arguments, count);
}

Value Machine::call_dunder(Value self, Dunder dunder, const Value* more, std::uint32_t count) {
    if (!is_instance(self)) return Value::absent();
    const Value method = class_of(self).dunder(dunder);
    if (method == Value::absent()) return method;
    // The receiver is lent; under `manual` a method that returns it must return a borrow.
    Value arguments[4] = {lifetime.explicit_release ? self.lent() : self};
    for (std::uint32_t i = 0; i < count && i < 3; ++i) arguments[1 + i] = more[i];
    return call(method, arguments, count + 1);
}

Value Interpreter::call_method_value(Value self, NameId name, Value argument) {
    if (!readable(self)) return Value::failed();
    if (const Native* native = is_instance(self) ? nullptr : builtin_method(self, name)) {
        received_ = 0;
        Value all[2] = {self, argument};
        return call_native(*native, all, 2, nullptr);
    }
    const Value method = get_attribute(self, name);
    if (method == Value::failed()) return method;
    const Value result = call_value(method, &argument, 1);
    drop(method);
    return result;
}

const Function* Interpreter::cacheable_method(Value self, NameId name, std::uint32_t count) const {
    if (!is_instance(self) || !heap.live(self)) return nullptr;
    const ClassInfo& type = class_of(self);
    const auto member = type.members.find(name);
    if (member == type.members.end() || member->second.is_field || member->second.shadowed) return nullptr;
    const Value method = member->second.value;
    if (!method.is_constant_object() || method.as_constant<ConstantObject>()->kind != ConstantKind::function)
        return nullptr;
    const auto* f = method.as_constant<Function>();
    if (!f->simple || f->method_kind != MethodKind::plain || f->header.parameters != count + 1 ||
        has_side_field(self, name))
        return nullptr;
    return f;
}

Machine::DepthGuard::DepthGuard(Machine& machine, std::string_view doing) : machine_(machine), ok_(true) {
    if (++machine_.native_depth_ > 1000) {
        machine_.raise(ErrorKind::RecursionError, fmt::format("maximum recursion depth exceeded {}", doing));
        ok_ = false;
    }
}
Machine::DepthGuard::~DepthGuard() { --machine_.native_depth_; }

}  // namespace harness::lang
