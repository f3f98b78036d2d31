// How each kind of iterator comes to its next element. A step reads all it needs from the iterator before it
// calls the program, since that call may use the same iterator.
#include <string_view>

#include "lang/builtins/compare.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/scratch.hpp"

namespace harness::lang {

namespace {

Value finish(Iterator& it) {
    it.done = 1;
    return Value::absent();
}

Value step_sequence(Machine& machine, Iterator& it) {
    const Sequence& s = machine.heap.sequence(it.source);
    if (it.position < 0 || it.position >= s.length()) return finish(it);
    const Value element = s.elements()[it.position];
    it.position += iterator_kind(it) == IteratorKind::sequence ? 1 : -1;
    return shared(machine, element);
}

Value step_string(Machine& machine, Iterator& it) {
    const std::string_view text = machine.heap.text(it.source);
    if (it.position < 0 || it.position >= static_cast<std::int64_t>(text.size())) return finish(it);
    const char c = text[static_cast<std::size_t>(it.position)];
    it.position += iterator_kind(it) == IteratorKind::string ? 1 : -1;
    return machine.heap.single_byte(static_cast<unsigned char>(c));
}

Value step_range(Iterator& it) {
    if (it.limit == 0) return finish(it);
    --it.limit;
    const std::int64_t i = it.position;
    it.position += it.source.as_int();
    return Value::integer(i);
}

/// A tuple of two borrows; unnamed.
Value new_pair(Machine& machine, Value first, Value second) {
    Value pair[2] = {shared(machine, first), Value::none()};
    if (is_failed(pair[0])) return pair[0];
    pair[1] = shared(machine, second);
    Value made = pair[1];
    if (!is_failed(made)) {
        made = machine.heap.new_tuple(pair, 2);
        if (!is_failed(made)) return made;
        machine.drop(pair[1]);
    }
    machine.drop(pair[0]);
    return made;
}

/// Finds the next entry in the iterator's direction; null at the end.
const DictEntry* advance(const Dict& dict, Iterator& it, bool backwards) {
    while (it.position >= 0 && it.position < dict.used) {
        const DictEntry& entry = dict.entries[it.position];
        it.position += backwards ? -1 : 1;
        if (!is_absent(entry.key)) return &entry;
    }
    return nullptr;
}

Value step_dict(Machine& machine, Iterator& it) {
    const Dict& dict = machine.heap.payload<Dict>(it.source);
    if (dict.live != it.limit) {
        it.limit = -1;  // The error repeats, whatever becomes of the dict.
        return machine.raise(ErrorKind::RuntimeError, "dictionary changed size during iteration");
    }
    const IteratorKind kind = iterator_kind(it);
    const DictEntry* entry = advance(dict, it, kind >= IteratorKind::reversed_keys);
    if (entry == nullptr) return finish(it);
    if (it.version == 0) {
        it.done = 1;
        return machine.raise(ErrorKind::RuntimeError, "dictionary keys changed during iteration");
    }
    --it.version;
    if (kind == IteratorKind::dict_keys || kind == IteratorKind::reversed_keys)
        return shared(machine, entry->key);
    if (kind == IteratorKind::dict_values || kind == IteratorKind::reversed_values)
        return shared(machine, entry->value);
    return new_pair(machine, entry->key, entry->value);
}

Value& held(Machine& machine, Value iterator, std::uint32_t i) {
    return (&machine.heap.payload<Iterator>(iterator).source)[i];
}

/// The next elements of the iterators from value `first` on, pushed to `row`: 1, 0 when one of them has
/// ended, -1 after raising.
int next_row(Machine& machine, Value iterator, std::uint32_t first, ScratchValues& row) {
    const std::uint32_t count = machine.heap.payload<Iterator>(iterator).count;
    for (std::uint32_t i = first; i < count; ++i) {
        const Value element = iterator_next(machine, held(machine, iterator, i));
        if (is_failed(element)) return -1;
        if (is_absent(element)) {
            finish(machine.heap.payload<Iterator>(iterator));
            return 0;
        }
        if (!row.push(element)) return -1;
    }
    return 1;
}

Value step_zip(Machine& machine, Value iterator) {
    ScratchValues row(machine);
    if (machine.heap.payload<Iterator>(iterator).count == 0) return Value::absent();
    const int more = next_row(machine, iterator, 0, row);
    if (more != 1) return more == 0 ? Value::absent() : Value::failed();
    const Value made = machine.heap.new_tuple(row.data(), static_cast<std::uint32_t>(row.size()));
    if (!is_failed(made)) row.release();
    return made;
}

Value step_map(Machine& machine, Value iterator) {
    ScratchValues row(machine);
    const int more = next_row(machine, iterator, 1, row);
    if (more != 1) return more == 0 ? Value::absent() : Value::failed();
    return machine.call(held(machine, iterator, 0), row.data(), static_cast<std::uint32_t>(row.size()));
}

Value step_filter(Machine& machine, Value iterator) {
    for (;;) {
        const Value element = iterator_next(machine, held(machine, iterator, 1));
        if (is_failed(element) || is_absent(element)) return element;
        const Value predicate = held(machine, iterator, 0);
        const int kept = predicate.is_none()
                             ? machine.truth(element)
                             : truth_of_unnamed(machine, machine.call(predicate, &element, 1));
        if (kept == 1) return element;
        machine.drop(element);
        if (kept < 0) return Value::failed();
    }
}

Value step_enumerate(Machine& machine, Value iterator) {
    const Value element = iterator_next(machine, held(machine, iterator, 0));
    if (is_failed(element) || is_absent(element)) return element;
    const Value number = integer_result(machine, machine.heap.payload<Iterator>(iterator).position++);
    const Value pair[2] = {number, element};
    const Value made = is_failed(number) ? number : machine.heap.new_tuple(pair, 2);
    if (is_failed(made)) machine.drop(element);
    return made;
}

Value step_protocol(Machine& machine, Value iterator) {
    Iterator& it = machine.heap.payload<Iterator>(iterator);
    if (it.position < 0) return finish(it);
    if (!may_read(machine, it.source)) return Value::failed();
    const Value index = Value::integer(it.position);
    it.position += iterator_kind(it) == IteratorKind::protocol ? 1 : -1;
    const Value element = machine.call_dunder(it.source, Dunder::getitem, &index, 1);
    if (!is_failed(element)) return element;
    if (!forget_error(machine, ErrorKind::IndexError) && !forget_error(machine, ErrorKind::StopIteration))
        return element;
    return finish(machine.heap.payload<Iterator>(iterator));
}

Value step_sentinel(Machine& machine, Value iterator) {
    const Value element = machine.call(held(machine, iterator, 0), nullptr, 0);
    if (is_failed(element)) {
        if (!forget_error(machine, ErrorKind::StopIteration)) return element;
        return finish(machine.heap.payload<Iterator>(iterator));
    }
    const int ended = elements_equal(machine, element, held(machine, iterator, 1));
    if (ended == 0) return element;
    machine.drop(element);
    if (ended < 0) return Value::failed();
    return finish(machine.heap.payload<Iterator>(iterator));
}

Value step_instance(Machine& machine, Value instance) {
    const Value element = machine.call_dunder(instance, Dunder::next);
    if (is_failed(element) && forget_error(machine, ErrorKind::StopIteration)) return Value::absent();
    return element;
}

/// The next element of a walk over one container: the kinds before the views.
Value step_container(Machine& machine, Value iterator) {
    Iterator& it = machine.heap.payload<Iterator>(iterator);
    if (!may_read(machine, it.source)) return Value::failed();
    switch (iterator_kind(it)) {
        case IteratorKind::sequence:
        case IteratorKind::reversed_sequence:
            return step_sequence(machine, it);
        case IteratorKind::string:
        case IteratorKind::reversed_string:
            return step_string(machine, it);
        case IteratorKind::range:
            return step_range(it);
        default:
            return step_dict(machine, it);
    }
}

/// The next element of an iterator made of others, or of calls of the program.
Value step_combined(Machine& machine, Value iterator) {
    // Iterators over iterators nest as deep as the program likes.
    const Machine::DepthGuard guard(machine, "while calling a Python object");
    if (!guard) return Value::failed();
    switch (iterator_kind(machine.heap.payload<Iterator>(iterator))) {
        case IteratorKind::enumerate:
            return step_enumerate(machine, iterator);
        case IteratorKind::zip:
            return step_zip(machine, iterator);
        case IteratorKind::map:
            return step_map(machine, iterator);
        case IteratorKind::filter:
            return step_filter(machine, iterator);
        case IteratorKind::sentinel:
            return step_sentinel(machine, iterator);
        case IteratorKind::generator:
            return resume_generator(machine, iterator);
        default:
            return step_protocol(machine, iterator);
    }
}

}  // namespace

Value iterator_next(Machine& machine, Value iterator) {
    if (machine.is_instance(iterator)) return step_instance(machine, iterator);
    const Iterator& it = machine.heap.payload<Iterator>(iterator);
    if (it.done != 0) return Value::absent();
    return iterator_kind(it) < IteratorKind::keys_view ? step_container(machine, iterator)
                                                       : step_combined(machine, iterator);
}

}  // namespace harness::lang
