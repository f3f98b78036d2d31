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
            set(machine_.names.text(named.symbol.id), handed_out(named.value));
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

Value globals(Machine& machine, const Value*, std::uint32_t) {
    return dict_of(machine, memory_of(machine).globals());
}

Value locals(Machine& machine, const Value*, std::uint32_t) {
    return dict_of(machine, memory_of(machine).locals());
}

Value frame_dict(Machine& machine, const MemoryManager& memory, const FrameInfo& frame) {
    NewDict dict(machine);
    dict.set("name", machine.heap.new_string(machine.names.text(frame.scope->name)));
    dict.set("kind", machine.heap.new_string(scope_name(frame.kind())));
    dict.set("depth", Value::integer(frame.depth));
    dict.set("return_line", frame.return_line == 0 ? Value::none() : Value::integer(frame.return_line));
    dict.set("parent", frame.parent < 0 ? Value::none() : Value::integer(frame.parent));
    dict.set("slots", dict_of(machine, memory.names_of(frame)));
    return dict.take();
}

Value frames(Machine& machine, const Value*, std::uint32_t) {
    const MemoryManager& memory = memory_of(machine);
    const std::vector<FrameInfo> all = memory.frames();
    const Value list = machine.heap.new_list(static_cast<std::uint32_t>(all.size()));
    if (failed(list)) return list;
    for (const FrameInfo& info : all) {
        const Value frame = frame_dict(machine, memory, info);
        if (failed(frame) || !list_append_unnamed(machine, list, frame)) {
            machine.drop(list);
            return Value::failed();
        }
    }
    return list;
}

Value memory(Machine& machine, const Value*, std::uint32_t) {
    std::vector<Figure> figures;
    append_figures(machine, figures);
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

Value shared_or_raised(Machine& machine, const MemoryOutcome<Value>& outcome) {
    return outcome ? machine.share(outcome.value()) : raise_error(machine, outcome.error());
}

Value heap_get(Machine& machine, const Value* arguments, std::uint32_t) {
    std::string_view symbol;
    if (!name_argument(machine, "heap_get", arguments[0], symbol)) return Value::failed();
    const MemoryOutcome<Value> found = memory_of(machine).heap_get(symbol);
    if (found && !machine.heap.live(found.value()))
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
    const auto parameters = static_cast<std::uint32_t>(std::min<std::int64_t>(arity, 0xFFFF));
    const MemoryOutcome<Value> found =
        memory_of(machine).lookup_fn(Symbol{machine.names.intern(name)}, parameters);
    if (!found) return raise_error(machine, found.error());
    const Value function = function_named(machine, name, found.value());
    if (function != Value::unbound()) return machine.share(function);
    return raise_error(machine, {MemoryErrorKind::name,
                                 "name '" + std::string(name) + "' no longer holds that function", ""});
}

Value frame_get(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t index;
    std::string_view name;
    if (!to_index(machine, arguments[0], index) || !name_argument(machine, "frame_get", arguments[1], name))
        return Value::failed();
    const MemoryOutcome<Value> found =
        memory_of(machine).frame_get(index, Symbol{machine.names.intern(name)});
    if (found && !machine.heap.live(found.value()))
        return raise_error(machine,
                           {MemoryErrorKind::stack_frame_get,
                            "'" + std::string(name) + "' has no value in frame " + std::to_string(index),
                            "assign to it first"});
    return shared_or_raised(machine, found);
}

Value frame_fn(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t index;
    if (!to_index(machine, arguments[0], index)) return Value::failed();
    const MemoryOutcome<const Frame*> found = memory_of(machine).frame_fn(index);
    if (!found) return raise_error(machine, found.error());
    const Value function = function_in(machine, *found.value());
    if (function != Value::unbound()) return machine.share(function);
    return raise_error(machine, {MemoryErrorKind::stack_frame_not_fn,
                                 "the function of frame " + std::to_string(index) + " is released",
                                 "keep a name for it while it runs"});
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

std::span<const Native> introspection_functions() { return functions; }

}  // namespace harness::lang
