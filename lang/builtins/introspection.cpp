// The functions of introspection. They hand out values as any read does (a share of a borrow), in dicts and
// lists of the program; names without a value are left out. A name whose object was freed elsewhere is handed
// out as the borrow that it is: an unchecked run cannot tell, and both runs make the same dicts.
#include "lang/builtins/introspection.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

constexpr bool failed(Value v) { return v == Value::failed(); }

/// Whether the name is bound. What it is bound to may have been freed under another name.
bool has_value(Value v) { return v != Value::unbound() && !v.is_moved() && !v.is_freed(); }

/// A dict that is being filled; unnamed until it is taken.
class NewDict {
  public:
    explicit NewDict(Machine& machine) : machine_(machine), dict_(machine.heap.new_dict()) {}
    NewDict(const NewDict&) = delete;
    NewDict& operator=(const NewDict&) = delete;
    ~NewDict() {
        if (!failed(dict_)) machine_.drop(dict_);
    }

    /// Receives the value even where it fails; nothing is done after the first failure.
    void set(std::string_view key, Value unnamed) {
        if (failed(unnamed) || failed(dict_)) {
            if (!failed(unnamed)) machine_.drop(unnamed);
            return fail();
        }
        // Keys are names of the program's text, so the heap's own constants are few.
        if (!dict_set_unnamed(machine_, dict_, machine_.heap.constant_string(key), unnamed)) fail();
    }
    void set(const std::vector<NamedValue>& names) {
        for (const NamedValue& named : names)
            if (has_value(named.value)) set(machine_.names.text(named.name), handed_out(named.value));
    }
    /// The dict, unnamed, or failed() when anything failed.
    Value take() { return std::exchange(dict_, Value::failed()); }

  private:
    /// What is no longer there cannot be shared; whoever reads it is told.
    Value handed_out(Value v) { return machine_.heap.live(v) ? machine_.share(v) : v.lent(); }
    void fail() {
        if (!failed(dict_)) machine_.drop(take());
    }

    Machine& machine_;
    Value dict_;
};

Value dict_of(Machine& machine, const std::vector<NamedValue>& names) {
    NewDict dict(machine);
    dict.set(names);
    return dict.take();
}

/// Adds an inner scope's names: those that are there already are shadowed in place.
void shadow(std::vector<NamedValue>& names, const std::vector<NamedValue>& inner) {
    for (const NamedValue& named : inner) {
        const auto hidden = std::find_if(names.begin(), names.end(), [&named](const NamedValue& other) {
            return other.name == named.name;
        });
        if (hidden == names.end())
            names.push_back(named);
        else
            hidden->value = named.value;
    }
}

Value globals(Machine& machine, const Value*, std::uint32_t) {
    std::vector<NamedValue> names;
    introspection_of(machine).append_globals(names);
    return dict_of(machine, names);
}

Value locals(Machine& machine, const Value*, std::uint32_t) {
    const IntrospectionSource& source = introspection_of(machine);
    // The blocks of the current call belong to it; they lie directly above its own frame.
    const std::size_t count = source.frame_count();
    std::size_t own = count - 1;
    while (own > 0 && source.frame(own).kind == ScopeKind::block) --own;
    std::vector<NamedValue> names;
    if (source.frame(own).kind == ScopeKind::global)
        source.append_globals(names);
    else
        source.append_slots(own, names);
    for (std::size_t block = own + 1; block < count; ++block) {
        std::vector<NamedValue> inner;
        source.append_slots(block, inner);
        shadow(names, inner);
    }
    return dict_of(machine, names);
}

Value frame_dict(Machine& machine, const IntrospectionSource& source, std::size_t index) {
    const FrameView frame = source.frame(index);
    std::vector<NamedValue> slots;
    source.append_slots(index, slots);
    NewDict dict(machine);
    dict.set("name", machine.heap.new_string(machine.names.text(frame.name)));
    dict.set("kind", machine.heap.new_string(scope_name(frame.kind)));
    dict.set("depth", Value::integer(frame.depth));
    dict.set("return_line", frame.return_line == 0 ? Value::none() : Value::integer(frame.return_line));
    dict.set("parent", frame.parent < 0 ? Value::none() : Value::integer(frame.parent));
    dict.set("slots", dict_of(machine, slots));
    return dict.take();
}

Value frames(Machine& machine, const Value*, std::uint32_t) {
    const IntrospectionSource& source = introspection_of(machine);
    const std::size_t count = source.frame_count();
    const Value list = machine.heap.new_list(static_cast<std::uint32_t>(count));
    if (failed(list)) return list;
    for (std::size_t index = 0; index < count; ++index) {
        const Value frame = frame_dict(machine, source, index);
        if (failed(frame) || !list_append_unnamed(machine, list, frame)) {
            machine.drop(list);
            return Value::failed();
        }
    }
    return list;
}

Value memory(Machine& machine, const Value*, std::uint32_t) {
    std::vector<Figure> figures;
    introspection_of(machine).append_figures(figures);
    NewDict dict(machine);
    for (const Figure& figure : figures) {
        const auto most = static_cast<std::uint64_t>(integer_max);
        dict.set(figure.name, Value::integer(static_cast<std::int64_t>(std::min(figure.value, most))));
    }
    return dict.take();
}

/// A name that was handed in as a str; false after TypeError.
bool name_argument(Machine& machine, const char* function, Value argument, std::string_view& name) {
    if (argument.is_string()) {
        name = machine.heap.text(argument);
        return true;
    }
    machine.raise(ErrorKind::TypeError, std::string(function) + "() takes the name as a str, not " +
                                            std::string(machine.type_name(argument)));
    return false;
}

/// A frame's index; false after TypeError or StackFrameGetError.
bool frame_argument(Machine& machine, const IntrospectionSource& source, Value argument, std::size_t& index) {
    std::int64_t number;
    if (!to_index(machine, argument, number)) return false;
    if (number >= 0 && static_cast<std::uint64_t>(number) < source.frame_count()) {
        index = static_cast<std::size_t>(number);
        return true;
    }
    raise_error(machine, {MemoryErrorKind::stack_frame_get,
                          "there is no frame " + std::to_string(number) + ": the stack has " +
                              std::to_string(source.frame_count()),
                          "frames are numbered from 0, the main frame"});
    return false;
}

Value shared_or_raised(Machine& machine, const MemoryOutcome<Value>& outcome) {
    return outcome ? machine.share(outcome.value()) : raise_error(machine, outcome.error());
}

Value heap_get(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string_view symbol;
    if (!name_argument(machine, "heap_get", arguments[0], symbol)) return Value::failed();
    const MemoryOutcome<Value> found = introspection_of(machine).heap_get(symbol);
    if (found && !(has_value(found.value()) && machine.heap.live(found.value())))
        return raise_error(machine, {MemoryErrorKind::heap_invalid_key,
                                     "'" + std::string(symbol) + "' has no value", "assign to it first"});
    return shared_or_raised(machine, found);
}

Value lookup_fn(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string_view name;
    std::int64_t arity;
    if (!name_argument(machine, "lookup_fn", arguments[0], name) || !to_index(machine, arguments[1], arity))
        return Value::failed();
    if (arity < 0) return machine.raise(ErrorKind::ValueError, "a number of parameters cannot be negative");
    return shared_or_raised(machine,
                            introspection_of(machine).lookup_fn(
                                name, static_cast<std::uint32_t>(std::min<std::int64_t>(arity, 0xFFFF))));
}

Value frame_get(Machine& machine, const Value* arguments, std::uint32_t) {
    const IntrospectionSource& source = introspection_of(machine);
    std::size_t index;
    std::string_view name;
    if (!frame_argument(machine, source, arguments[0], index) ||
        !name_argument(machine, "frame_get", arguments[1], name))
        return Value::failed();
    std::vector<NamedValue> slots;
    source.append_slots(index, slots);
    bool known = false;
    for (const NamedValue& slot : slots) {
        if (machine.names.text(slot.name) != name) continue;
        if (has_value(slot.value) && machine.heap.live(slot.value)) return machine.share(slot.value);
        known = true;
    }
    const std::string frame = "frame " + std::to_string(index);
    const std::string quoted = "'" + std::string(name) + "'";
    return raise_error(machine,
                       {MemoryErrorKind::stack_frame_get,
                        known ? quoted + " has no value in " + frame : frame + " has no name " + quoted,
                        known ? "assign to it first" : "frames() lists the names of every frame"});
}

Value frame_fn(Machine& machine, const Value* arguments, std::uint32_t) {
    const IntrospectionSource& source = introspection_of(machine);
    std::size_t index;
    if (!frame_argument(machine, source, arguments[0], index)) return Value::failed();
    const ScopeKind kind = source.frame(index).kind;
    if (kind == ScopeKind::function || kind == ScopeKind::closure)
        return machine.share(source.frame_function(index));
    return raise_error(machine, {MemoryErrorKind::stack_frame_not_fn,
                                 "frame " + std::to_string(index) + " is a " + std::string(scope_name(kind)) +
                                     " frame, not that of a function",
                                 "ask for the frame of a call"});
}

constexpr Native functions[] = {
    {"locals", locals, "", 0},
    {"globals", globals, "", 0},
    {"frames", frames, "", 0},
    {"memory", memory, "", 0},
    {"heap_get", heap_get, "symbol", 1},
    {"lookup_fn", lookup_fn, "name arity", 2},
    {"frame_get", frame_get, "index name", 2},
    {"frame_fn", frame_fn, "index", 1},
};

}  // namespace

Value raise_error(Machine& machine, const MemoryError& error) {
    constexpr ErrorKind kinds[] = {
        ErrorKind::HeapInvalidKeyError, ErrorKind::StackFrameGetError, ErrorKind::StackFrameNotFnError,
        ErrorKind::NameError,           ErrorKind::UnboundLocalError,  ErrorKind::TypeError,
        ErrorKind::RecursionError,
    };
    static_assert(std::size(kinds) == static_cast<std::size_t>(MemoryErrorKind::recursion) + 1);
    const bool python_has_it = error.kind >= MemoryErrorKind::name;
    const bool with_remedy = !python_has_it && !error.remedy.empty();
    return machine.raise(kinds[static_cast<std::size_t>(error.kind)],
                         with_remedy ? error.message + "; " + error.remedy : error.message);
}

std::span<const Native> introspection_functions() { return functions; }

}  // namespace harness::lang
