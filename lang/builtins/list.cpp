// Lists and tuples: places, growth, concatenation and repetition. Elements leave a list before they end, so
// that a destructor of the program always finds the list in order.
#include "lang/builtins/list.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/scratch.hpp"

namespace harness::lang {

namespace {

bool has_class(Machine& machine, Value v, ClassId id) {
    if (!v.is_sequence() && !v.is_counted()) return false;
    return !machine.is_instance(v) && machine.heap.class_id(v) == id;
}

Sequence& sequence_of(Machine& machine, Value v) { return machine.heap.sequence(v); }

/// Resolves an index that may be negative against the length; false after raising. `doing` completes the
/// IndexError.
bool place_of(Machine& machine, Value sequence, Value index, const char* doing, std::int64_t& at) {
    const std::string type = is_tuple(machine, sequence) ? "tuple" : "list";
    if (!is_integral(index)) {
        machine.raise(ErrorKind::TypeError, type + " indices must be integers or slices, not " +
                                                std::string(machine.type_name(index)));
        return false;
    }
    const std::int64_t length = sequence_of(machine, sequence).length();
    at = integral(index);
    if (at < 0) at += length;
    if (at >= 0 && at < length) return true;
    machine.raise_index_error(type + doing, integral(index), length);
    return false;
}

/// Appends copies of elements that stay where they are; the room must be there. No program code runs.
bool append_copies(Machine& machine, Value list, const Sequence& source, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        const Value stored = stored_copy(machine, list, source.elements()[i]);
        if (is_failed(stored) || !machine.heap.append(list, stored)) return false;
    }
    return true;
}

/// Shares elements for a tuple that is being built.
bool push_shared(Machine& machine, ScratchValues& values, const Sequence& source) {
    for (std::uint32_t i = 0; i < source.length(); ++i) {
        const Value element = shared(machine, source.elements()[i]);
        if (is_failed(element) || !values.push(element)) return false;
    }
    return true;
}

Value tuple_of(Machine& machine, ScratchValues& values) {
    if (values.size() >= Sequence::tuple_capacity)
        return machine.raise_memory_error(values.size() * sizeof(Value));
    const Value made = machine.heap.new_tuple(values.data(), static_cast<std::uint32_t>(values.size()));
    if (!is_failed(made)) values.release();
    return made;
}

Value list_of(Machine& machine, ScratchValues& values) {
    if (values.size() >= Sequence::tuple_capacity)
        return machine.raise_memory_error(values.size() * sizeof(Value));
    const Value made = machine.heap.new_list(static_cast<std::uint32_t>(values.size()));
    if (is_failed(made)) return made;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Value stored = machine.store_unnamed(made, std::exchange(values[i], Value::none()));
        if (!is_failed(stored) && machine.heap.append(made, stored)) continue;
        machine.drop(made);
        return Value::failed();
    }
    return made;
}

/// The length of `length` repeated `count` times, or -1 after MemoryError.
std::int64_t repeated_length(Machine& machine, std::int64_t length, std::int64_t count) {
    if (count <= 0 || length == 0) return 0;
    if (length <= std::int64_t{Sequence::tuple_capacity - 1} / count) return length * count;
    machine.raise_memory_error(static_cast<std::size_t>(count) * sizeof(Value));
    return -1;
}

bool make_room(Machine& machine, Value list, std::uint64_t more) {
    const Sequence& s = sequence_of(machine, list);
    const std::uint64_t wanted = s.length() + more;
    if (wanted <= s.capacity()) return true;
    if (wanted < Sequence::tuple_capacity)
        return machine.heap.grow_list(list, static_cast<std::uint32_t>(wanted));
    machine.raise_memory_error(wanted * sizeof(Value));
    return false;
}

bool fails_to_concatenate(Machine& machine, Value other, const std::string& type) {
    machine.raise(ErrorKind::TypeError, "can only concatenate " + type + " (not \"" +
                                            std::string(machine.type_name(other)) + "\") to " + type);
    return false;
}

}  // namespace

bool is_list(Machine& machine, Value v) { return has_class(machine, v, ClassId::list); }
bool is_tuple(Machine& machine, Value v) { return has_class(machine, v, ClassId::tuple); }

Value sequence_get(Machine& machine, Value sequence, Value index) {
    std::int64_t at;
    if (!place_of(machine, sequence, index, " index out of range", at)) return Value::failed();
    return shared(machine, sequence_of(machine, sequence).elements()[at]);
}

bool list_set(Machine& machine, Value list, Value index, Value lent) {
    std::int64_t at;
    if (!place_of(machine, list, index, " assignment index out of range", at)) return false;
    const Value stored = machine.store(list, lent);
    if (is_failed(stored)) return false;
    Value& place = sequence_of(machine, list).elements()[at];
    const Value old = std::exchange(place, stored);
    machine.discard_overwritten(place, old);
    return true;
}

bool list_delete(Machine& machine, Value list, Value index) {
    std::int64_t at;
    if (!place_of(machine, list, index, " assignment index out of range", at)) return false;
    Sequence& s = sequence_of(machine, list);
    Value* elements = s.elements();
    const Value old = elements[at];
    std::copy(elements + at + 1, elements + s.length(), elements + at);
    s.set_length(s.length() - 1);
    machine.discard(old);
    return true;
}

bool list_append(Machine& machine, Value list, Value lent) {
    if (!make_room(machine, list, 1)) return false;
    const Value stored = machine.store(list, lent);
    return !is_failed(stored) && machine.heap.append(list, stored);
}

bool list_append_unnamed(Machine& machine, Value list, Value unnamed) {
    if (!make_room(machine, list, 1)) {
        machine.drop(unnamed);
        return false;
    }
    const Value stored = machine.store_unnamed(list, unnamed);
    return !is_failed(stored) && machine.heap.append(list, stored);
}

bool list_clear(Machine& machine, Value list) {
    Sequence& s = sequence_of(machine, list);
    RemovedValues removed(machine);
    if (!removed.reserve(s.length())) return false;
    for (std::uint32_t i = 0; i < s.length(); ++i) removed.add(s.elements()[i]);
    s.set_length(0);
    return true;
}

bool list_extend(Machine& machine, Value list, Value iterable) {
    take_region_along(machine, list, iterable);
    if (is_list(machine, iterable) || is_tuple(machine, iterable)) {
        const Sequence& source = sequence_of(machine, iterable);
        const std::uint32_t count = source.length();
        return make_room(machine, list, count) && append_copies(machine, list, source, count);
    }
    Iteration each(machine, iterable);
    if (!make_room(machine, list, each.expected())) return false;
    Value element;
    while (each.next(element)) {
        if (!may_read(machine, list)) {
            machine.drop(element);
            return false;
        }
        if (!list_append_unnamed(machine, list, element)) return false;
    }
    return !each.failed();
}

bool list_repeat_in_place(Machine& machine, Value list, std::int64_t count) {
    const std::uint32_t length = sequence_of(machine, list).length();
    const std::int64_t wanted = repeated_length(machine, length, count);
    if (wanted < 0) return false;
    if (wanted == 0) return list_clear(machine, list);
    if (!make_room(machine, list, static_cast<std::uint64_t>(wanted - length))) return false;
    for (std::int64_t i = 1; i < count; ++i)
        if (!append_copies(machine, list, sequence_of(machine, list), length)) return false;
    return true;
}

Value list_concat(Machine& machine, Value a, Value b) {
    if (!is_list(machine, b)) {
        fails_to_concatenate(machine, b, "list");
        return Value::failed();
    }
    const Sequence& x = sequence_of(machine, a);
    const Sequence& y = sequence_of(machine, b);
    const std::uint64_t length = std::uint64_t{x.length()} + y.length();
    if (length >= Sequence::tuple_capacity) return machine.raise_memory_error(length * sizeof(Value));
    const Value made = machine.heap.new_list(static_cast<std::uint32_t>(length));
    if (is_failed(made)) return made;
    if (append_copies(machine, made, x, x.length()) && append_copies(machine, made, y, y.length()))
        return made;
    machine.drop(made);
    return Value::failed();
}

Value tuple_concat(Machine& machine, Value a, Value b) {
    if (!is_tuple(machine, b)) {
        fails_to_concatenate(machine, b, "tuple");
        return Value::failed();
    }
    if (sequence_of(machine, b).length() == 0) return shared(machine, a);
    ScratchValues values(machine);
    const bool ok = push_shared(machine, values, sequence_of(machine, a)) &&
                    push_shared(machine, values, sequence_of(machine, b));
    return ok ? tuple_of(machine, values) : Value::failed();
}

Value sequence_repeat(Machine& machine, Value sequence, std::int64_t count) {
    const Sequence& source = sequence_of(machine, sequence);
    const std::int64_t length = repeated_length(machine, source.length(), count);
    if (length < 0) return Value::failed();
    const std::int64_t rounds = length == 0 ? 0 : count;
    if (is_tuple(machine, sequence)) {
        ScratchValues values(machine);
        for (std::int64_t i = 0; i < rounds; ++i)
            if (!push_shared(machine, values, source)) return Value::failed();
        return tuple_of(machine, values);
    }
    const Value made = machine.heap.new_list(static_cast<std::uint32_t>(length));
    for (std::int64_t i = 0; i < rounds && !is_failed(made); ++i) {
        if (append_copies(machine, made, source, source.length())) continue;
        machine.drop(made);
        return Value::failed();
    }
    return made;
}

Value list_from(Machine& machine, Value iterable) {
    // The first block of a list is the only one that is never given back while it lives, so its size is found
    // out before the list is made.
    ScratchValues values(machine);
    if (!is_list(machine, iterable) && !is_tuple(machine, iterable)) {
        Iteration each(machine, iterable);
        if (!values.reserve(each.expected())) return Value::failed();
        Value element;
        while (each.next(element))
            if (!values.push(element)) return Value::failed();
        if (each.failed()) return Value::failed();
        return list_of(machine, values);
    }
    const Sequence& source = sequence_of(machine, iterable);
    const Value made = machine.heap.new_list(source.length());
    if (is_failed(made) || append_copies(machine, made, source, source.length())) return made;
    machine.drop(made);
    return Value::failed();
}

Value tuple_from(Machine& machine, Value iterable) {
    if (is_tuple(machine, iterable)) return shared(machine, iterable);
    ScratchValues values(machine);
    Iteration each(machine, iterable);
    Value element;
    while (each.next(element))
        if (!values.push(element)) return Value::failed();
    return each.failed() ? Value::failed() : tuple_of(machine, values);
}

}  // namespace harness::lang
