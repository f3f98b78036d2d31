// The methods of dict and its constructor. What they hand out is shared, what they are given is stored as a
// borrow.
#include <string>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/scratch.hpp"

namespace harness::lang {

namespace {

Dict& dict_of(Machine& machine, Value v) { return machine.heap.payload<Dict>(v); }

bool is_dict(Machine& machine, Value v) {
    return v.is_object() && !machine.is_instance(v) && machine.heap.class_id(v) == ClassId::dict;
}

Value native_get(Machine& machine, const Value* arguments, std::uint32_t) {
    Value found;
    if (!dict_lookup(machine, arguments[0], arguments[1], found)) return Value::failed();
    if (!is_absent(found)) return shared(machine, found);
    return is_absent(arguments[2]) ? Value::none() : shared(machine, arguments[2]);
}

Value native_setdefault(Machine& machine, const Value* arguments, std::uint32_t) {
    Value found;
    if (!dict_lookup(machine, arguments[0], arguments[1], found)) return Value::failed();
    if (is_absent(found)) {
        const Value fallback = is_absent(arguments[2]) ? Value::none() : arguments[2];
        if (!dict_set(machine, arguments[0], arguments[1], fallback)) return Value::failed();
        // What was stored, not the argument: storing into a region may have made a copy.
        if (!dict_lookup(machine, arguments[0], arguments[1], found)) return Value::failed();
    }
    return shared(machine, found);
}

Value native_pop(Machine& machine, const Value* arguments, std::uint32_t) {
    Value taken;
    if (!dict_remove(machine, arguments[0], arguments[1], taken)) return Value::failed();
    if (!is_absent(taken)) return may_read(machine, taken) ? taken : Value::failed();
    if (!is_absent(arguments[2])) return shared(machine, arguments[2]);
    return machine.raise_key_error(arguments[1], arguments[0]);
}

Value native_popitem(Machine& machine, const Value* arguments, std::uint32_t) {
    Dict& dict = dict_of(machine, arguments[0]);
    if (dict.live == 0) return machine.raise(ErrorKind::KeyError, "popitem(): dictionary is empty");
    // The last entry in use is always a live one. Its tuple comes first: without memory for it the entry
    // stays.
    const std::uint32_t last = dict.used - 1;
    if (!may_read(machine, dict.entries[last].value)) return Value::failed();
    Value pair[2] = {shared(machine, dict.entries[last].key), dict.entries[last].value};
    const Value made = machine.heap.new_tuple(pair, 2);
    if (is_failed(made)) {
        machine.drop(pair[0]);
        return made;
    }
    machine.heap.sequence(made).elements()[1] = dict_remove_entry(machine, arguments[0], last);
    return made;
}

Value native_keys(Machine& machine, const Value* arguments, std::uint32_t) {
    return new_view(machine, IteratorKind::keys_view, arguments[0]);
}

Value native_values(Machine& machine, const Value* arguments, std::uint32_t) {
    return new_view(machine, IteratorKind::values_view, arguments[0]);
}

Value native_items(Machine& machine, const Value* arguments, std::uint32_t) {
    return new_view(machine, IteratorKind::items_view, arguments[0]);
}

Value native_copy(Machine& machine, const Value* arguments, std::uint32_t) {
    return dict_copy(machine, arguments[0]);
}

Value native_clear(Machine& machine, const Value* arguments, std::uint32_t) {
    dict_clear(machine, arguments[0]);
    return Value::none();
}

bool update_from_dict(Machine& machine, Value dict, Value other) {
    if (same_object(dict, other)) return true;
    if (!dict_reserve(machine, dict, dict_of(machine, other).live)) return false;
    const std::uint32_t live = dict_of(machine, other).live;
    DictEntry entry;
    std::uint32_t position = 0;
    int more;
    while ((more = next_entry(machine, other, position, entry)) == 1) {
        if (!dict_set(machine, dict, entry.key, entry.value.lent())) return false;
        // Ending what was overwritten may have run a destructor.
        if (!may_read(machine, dict) || !may_read(machine, other)) return false;
        if (dict_of(machine, other).live == live) continue;
        machine.raise(ErrorKind::RuntimeError, "dict mutated during update");
        return false;
    }
    return more == 0;
}

bool bad_element(Machine& machine, ErrorKind kind, std::size_t at, const std::string& before,
                 const std::string& after) {
    machine.raise(kind, before + "dictionary update sequence element #" + std::to_string(at) + after);
    return false;
}

/// Takes one element of an update sequence apart and stores it.
bool update_pair(Machine& machine, Value dict, Value element, std::size_t at) {
    if (!is_iterable(machine, element))
        return bad_element(machine, ErrorKind::TypeError, at, "cannot convert ", " to a sequence");
    ScratchValues parts(machine);
    Iteration each(machine, element);
    Value part;
    while (each.next(part))
        if (!parts.push(part)) return false;
    if (each.failed()) return false;
    if (!may_read(machine, dict)) return false;
    if (parts.size() != 2)
        return bad_element(machine, ErrorKind::ValueError, at, "",
                           " has length " + std::to_string(parts.size()) + "; 2 is required");
    const Value key = parts[0];
    const Value value = parts[1];
    parts.release();
    const bool ok = dict_set_unnamed(machine, dict, key, value);
    machine.drop(key);
    return ok;
}

bool update_from_pairs(Machine& machine, Value dict, Value pairs) {
    Iteration each(machine, pairs);
    Value element;
    for (std::size_t at = 0; each.next(element); ++at) {
        const bool ok = update_pair(machine, dict, element, at);
        machine.drop(element);
        if (!ok) return false;
    }
    return !each.failed();
}

/// update(other=(), **items)
Value native_update(Machine& machine, const Value* arguments, std::uint32_t) {
    for (int i = 1; i <= 2; ++i)
        if (!is_absent(arguments[i]) && !dict_update(machine, arguments[0], arguments[i]))
            return Value::failed();
    return Value::none();
}

/// dict(other=(), **items)
Value native_dict(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value made = machine.heap.new_dict();
    if (is_failed(made)) return made;
    for (int i = 0; i < 2; ++i) {
        if (is_absent(arguments[i]) || dict_update(machine, made, arguments[i])) continue;
        machine.drop(made);
        return Value::failed();
    }
    return made;
}

/// dict.fromkeys(iterable, value=None): every key has the same value.
Value native_fromkeys(Machine& machine, const Value* arguments, std::uint32_t) {
    UnnamedValue made(machine, machine.heap.new_dict());
    if (made.failed()) return Value::failed();
    const Value value = is_absent(arguments[1]) ? Value::none() : arguments[1];
    Iteration each(machine, arguments[0]);
    Value key;
    while (each.next(key)) {
        const bool set = dict_set(machine, made.get(), key, value);
        machine.drop(key);
        if (!set) return Value::failed();
    }
    return each.failed() ? Value::failed() : made.take();
}

constexpr Native methods[] = {
    {"get", native_get, "key default", 1, true}, {"setdefault", native_setdefault, "key default", 1, true},
    {"pop", native_pop, "key default", 1, true}, {"popitem", native_popitem, "", 0, true},
    {"keys", native_keys, "", 0, true},          {"values", native_values, "", 0, true},
    {"items", native_items, "", 0, true},        {"update", native_update, "other **items", 0, true},
    {"copy", native_copy, "", 0, true},          {"clear", native_clear, "", 0, true},
};

}  // namespace

bool dict_update(Machine& machine, Value dict, Value other) {
    take_region_along(machine, dict, other);
    return is_dict(machine, other) ? update_from_dict(machine, dict, other)
                                   : update_from_pairs(machine, dict, other);
}

std::span<const Native> dict_methods() { return methods; }

constexpr Native dict_fromkeys{"fromkeys", native_fromkeys, "iterable value", 1};
constexpr Native construct_dict{"dict", native_dict, "other **items", 0};

}  // namespace harness::lang
