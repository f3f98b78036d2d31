// The methods of lists and tuples and their constructors.
#include <algorithm>
#include <string>
#include <utility>

#include "lang/builtins/compare.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

Sequence& self_of(Machine& machine, const Value* arguments) { return machine.heap.sequence(arguments[0]); }

Value done(bool ok) { return ok ? Value::none() : Value::failed(); }

/// Takes the element at `at` out of the list; the slot's responsibility goes to the caller.
Value remove_at(Sequence& s, std::int64_t at) {
    Value* elements = s.elements();
    const Value removed = elements[at];
    std::copy(elements + at + 1, elements + s.length(), elements + at);
    s.set_length(s.length() - 1);
    return removed;
}

/// The first position in [from, to) whose element equals the item: -1 when there is none, -2 after raising.
std::int64_t position_of(Machine& machine, Value sequence, Value item, std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
        const Value element = element_at(machine, sequence, static_cast<std::uint64_t>(i));
        if (is_failed(element)) return -2;
        if (is_absent(element)) break;
        const int equal = elements_equal(machine, element, item);
        if (equal < 0) return -2;
        if (equal > 0) return i;
    }
    return -1;
}

bool bound_argument(Machine& machine, Value v, std::int64_t length, std::int64_t& out) {
    if (is_absent(v)) return true;
    if (!is_integral(v)) {
        machine.raise(ErrorKind::TypeError, "slice indices must be integers or have an __index__ method");
        return false;
    }
    out = integral(v);
    if (out < 0) out = std::max<std::int64_t>(0, out + length);
    return true;
}

/// index() of both types; failed() after raising, absent() when the item is not there.
Value find_index(Machine& machine, const Value* arguments) {
    const std::int64_t length = self_of(machine, arguments).length();
    std::int64_t from = 0, to = integer_max;
    if (!bound_argument(machine, arguments[2], length, from) ||
        !bound_argument(machine, arguments[3], length, to))
        return Value::failed();
    const std::int64_t at = position_of(machine, arguments[0], arguments[1], from, to);
    if (at == -2) return Value::failed();
    return at == -1 ? Value::absent() : Value::integer(at);
}

Value list_index(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value at = find_index(machine, arguments);
    if (!is_absent(at)) return at;
    std::string message;
    if (!append_repr(machine, arguments[1], message)) return Value::failed();
    return machine.raise(ErrorKind::ValueError, message + " is not in list");
}

Value tuple_index(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value at = find_index(machine, arguments);
    if (!is_absent(at)) return at;
    return machine.raise(ErrorKind::ValueError, "tuple.index(x): x not in tuple");
}

Value sequence_count(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t count = 0;
    for (std::uint64_t i = 0;; ++i) {
        const Value element = element_at(machine, arguments[0], i);
        if (is_failed(element)) return element;
        if (is_absent(element)) return Value::integer(count);
        const int equal = elements_equal(machine, element, arguments[1]);
        if (equal < 0) return Value::failed();
        count += equal;
    }
}

Value native_append(Machine& machine, const Value* arguments, std::uint32_t) {
    return done(list_append(machine, arguments[0], arguments[1]));
}

Value native_extend(Machine& machine, const Value* arguments, std::uint32_t) {
    return done(list_extend(machine, arguments[0], arguments[1]));
}

Value native_insert(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t at;
    if (!to_index(machine, arguments[1], at)) return Value::failed();
    // Appending first lets one place deal with growth; the new element then moves down to where it belongs.
    if (!list_append(machine, arguments[0], arguments[2])) return Value::failed();
    Sequence& s = self_of(machine, arguments);
    const std::int64_t length = std::int64_t{s.length()} - 1;
    if (at < 0) at = std::max<std::int64_t>(0, at + length);
    at = std::min(at, length);
    Value* elements = s.elements();
    const Value inserted = elements[length];
    std::copy_backward(elements + at, elements + length, elements + length + 1);
    elements[at] = inserted;
    return Value::none();
}

Value native_pop(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t at = -1;
    if (!is_absent(arguments[1]) && !to_index(machine, arguments[1], at)) return Value::failed();
    Sequence& s = self_of(machine, arguments);
    if (s.length() == 0) return machine.raise_index_error("pop from empty list", at, 0);
    if (at < 0) at += s.length();
    if (at < 0 || at >= s.length())
        return machine.raise_index_error("pop index out of range", at, s.length());
    if (!may_read(machine, s.elements()[at])) return Value::failed();
    return machine.take(remove_at(s, at));
}

Value native_remove(Machine& machine, const Value* arguments, std::uint32_t) {
    const std::int64_t at = position_of(machine, arguments[0], arguments[1], 0, integer_max);
    if (at == -2 || !may_read(machine, arguments[0])) return Value::failed();
    Sequence& s = self_of(machine, arguments);
    // The comparison that found it may have shortened the list.
    if (at == -1 || at >= s.length())
        return machine.raise(ErrorKind::ValueError, "list.remove(x): x not in list");
    machine.discard(remove_at(s, at));
    return Value::none();
}

Value native_reverse(Machine& machine, const Value* arguments, std::uint32_t) {
    Sequence& s = self_of(machine, arguments);
    std::reverse(s.elements(), s.elements() + s.length());
    return Value::none();
}

Value native_sort(Machine& machine, const Value* arguments, std::uint32_t) {
    const int reverse = is_absent(arguments[2]) ? 0 : machine.truth(arguments[2]);
    return done(reverse >= 0 && list_sort(machine, arguments[0], arguments[1], reverse == 1));
}

Value native_copy(Machine& machine, const Value* arguments, std::uint32_t) {
    return list_from(machine, arguments[0]);
}

Value native_clear(Machine& machine, const Value* arguments, std::uint32_t) {
    return done(list_clear(machine, arguments[0]));
}

Value native_list(Machine& machine, const Value* arguments, std::uint32_t) {
    return is_absent(arguments[0]) ? machine.heap.new_list(0) : list_from(machine, arguments[0]);
}

Value native_tuple(Machine& machine, const Value* arguments, std::uint32_t) {
    return is_absent(arguments[0]) ? machine.heap.new_tuple(nullptr, 0) : tuple_from(machine, arguments[0]);
}

constexpr Native of_lists[] = {
    {"append", native_append, "object", 1, true},
    {"extend", native_extend, "iterable", 1, true},
    {"insert", native_insert, "index object", 2, true},
    {"pop", native_pop, "index", 0, true},
    {"remove", native_remove, "value", 1, true},
    {"reverse", native_reverse, "", 0, true},
    {"sort", native_sort, "* key reverse", 0, true},
    {"index", list_index, "value start stop", 1, true},
    {"count", sequence_count, "value", 1, true},
    {"copy", native_copy, "", 0, true},
    {"clear", native_clear, "", 0, true},
};

constexpr Native of_tuples[] = {
    {"index", tuple_index, "value start stop", 1, true},
    {"count", sequence_count, "value", 1, true},
};

}  // namespace

std::span<const Native> list_methods() { return of_lists; }
std::span<const Native> tuple_methods() { return of_tuples; }

constexpr Native construct_list{"list", native_list, "iterable", 0};
constexpr Native construct_tuple{"tuple", native_tuple, "iterable", 0};

}  // namespace harness::lang
