// The functions of the language that make iterators or advance them, and the class range. All of them are
// lazy: what they are given is walked only when somebody asks for an element.
#include <string>

#include "lang/builtins/functions.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

/// Writes a lent value, or a fresh iterator over a lent iterable, into value `i` of a new iterator object.
bool hold_lent(Machine& machine, Value made, std::uint32_t i, Value lent) {
    const Value stored = machine.store(made, lent.lent());
    if (is_failed(stored)) return false;
    (&machine.heap.payload<Iterator>(made).source)[i] = stored;
    return true;
}

bool hold_iterator(Machine& machine, Value made, std::uint32_t i, Value iterable) {
    const Value walking = make_iterator(machine, iterable);
    if (is_failed(walking)) return false;
    const Value stored = machine.store_unnamed(made, walking);
    if (is_failed(stored)) return false;
    (&machine.heap.payload<Iterator>(made).source)[i] = stored;
    return true;
}

/// An iterator object whose first `lent` values are arguments as they are, the others iterators over
/// arguments.
Value combine(Machine& machine, IteratorKind kind, const Value* arguments, std::uint32_t count,
              std::uint32_t lent) {
    if (count > 0xFFFF) return machine.raise(ErrorKind::ValueError, "too many iterables");
    const Value made = new_iterator(machine, kind, static_cast<std::uint16_t>(count));
    if (is_failed(made)) return made;
    for (std::uint32_t i = 0; i < count; ++i) {
        const bool ok = i < lent ? hold_lent(machine, made, i, arguments[i])
                                 : hold_iterator(machine, made, i, arguments[i]);
        if (ok) continue;
        machine.drop(made);
        return Value::failed();
    }
    return made;
}

}  // namespace

Value builtin_iter(Machine& machine, const Value* arguments, std::uint32_t) {
    if (is_absent(arguments[1])) return make_iterator(machine, arguments[0]);
    if (!is_callable(machine, arguments[0]))
        return machine.raise(ErrorKind::TypeError, "iter(v, w): v must be callable");
    return combine(machine, IteratorKind::sentinel, arguments, 2, 2);
}

Value builtin_next(Machine& machine, const Value* arguments, std::uint32_t) {
    if (!is_iterator(machine, arguments[0]))
        return machine.raise(ErrorKind::TypeError, "'" + std::string(machine.type_name(arguments[0])) +
                                                       "' object is not an iterator");
    const Value element = iterator_next(machine, arguments[0]);
    if (!is_absent(element)) return element;
    if (!is_absent(arguments[1])) return shared(machine, arguments[1]);
    return machine.raise(ErrorKind::StopIteration, "");
}

Value builtin_enumerate(Machine& machine, const Value* arguments, std::uint32_t) {
    std::int64_t start = 0;
    if (!is_absent(arguments[1]) && !to_index(machine, arguments[1], start)) return Value::failed();
    const Value made = combine(machine, IteratorKind::enumerate, arguments, 1, 0);
    if (!is_failed(made)) machine.heap.payload<Iterator>(made).position = start;
    return made;
}

Value builtin_zip(Machine& machine, const Value* arguments, std::uint32_t count) {
    return combine(machine, IteratorKind::zip, arguments, count, 0);
}

Value builtin_map(Machine& machine, const Value* arguments, std::uint32_t count) {
    if (count < 2) return machine.raise(ErrorKind::TypeError, "map() must have at least two arguments.");
    return combine(machine, IteratorKind::map, arguments, count, 1);
}

Value builtin_filter(Machine& machine, const Value* arguments, std::uint32_t) {
    return combine(machine, IteratorKind::filter, arguments, 2, 1);
}

Value builtin_reversed(Machine& machine, const Value* arguments, std::uint32_t) {
    if (arguments[0].is_heap()) {
        const Value own = machine.call_dunder(arguments[0], Dunder::reversed);
        if (!is_absent(own)) return own;
    }
    return make_reversed(machine, arguments[0]);
}

namespace {

Value native_range(Machine& machine, const Value* arguments, std::uint32_t) {
    Range range{0, 0, 1};
    if (is_absent(arguments[1])) {
        if (!to_index(machine, arguments[0], range.stop)) return Value::failed();
    } else if (!to_index(machine, arguments[0], range.start) ||
               !to_index(machine, arguments[1], range.stop)) {
        return Value::failed();
    }
    if (!is_absent(arguments[2]) && !to_index(machine, arguments[2], range.step)) return Value::failed();
    if (range.step == 0) return machine.raise(ErrorKind::ValueError, "range() arg 3 must not be zero");
    const Value made = machine.heap.new_object(ClassId::range, sizeof(Range), Tag::counted);
    if (!is_failed(made)) machine.heap.payload<Range>(made) = range;
    return made;
}

}  // namespace

constexpr Native construct_range{"range", native_range, "start stop step", 1};

}  // namespace harness::lang
