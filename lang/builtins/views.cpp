// The live views that dict.keys(), values() and items() give, and the printed forms of iterator objects. A
// view is an iterator object that is never advanced: it only names its dict.
#include <string>

#include "lang/builtins/compare.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

const Iterator& iterator_of(const ObjectHeap& heap, Value v) { return heap.payload<Iterator>(v); }

int items_contain(Machine& machine, Value dict, Value item) {
    if (!item.is_heap() || item.is_string() || machine.is_instance(item) ||
        machine.heap.class_id(item) != ClassId::tuple)
        return 0;
    const Sequence& pair = machine.heap.sequence(item);
    if (pair.length() != 2) return 0;
    Value found;
    if (!dict_lookup(machine, dict, pair.elements()[0], found)) return -1;
    return is_absent(found) ? 0 : elements_equal(machine, found, pair.elements()[1]);
}

int values_view_contains(Machine& machine, Value dict, Value item) {
    DictEntry entry;
    std::uint32_t position = 0;
    int more;
    while ((more = next_entry(machine, dict, position, entry)) == 1) {
        const int equal = elements_equal(machine, entry.value, item);
        if (equal != 0) return equal;
    }
    return more;
}

/// Appends one element of a view as repr prints it.
bool append_entry(Machine& machine, std::string& out, IteratorKind kind, const DictEntry& entry) {
    if (kind == IteratorKind::keys_view) return append_repr(machine, entry.key, out);
    // What an element's __repr__ does to the dict must not end the value that is being printed.
    const Value held = shared(machine, entry.value);
    if (is_failed(held)) return false;
    bool ok = true;
    if (kind == IteratorKind::items_view) {
        out += '(';
        ok = append_repr(machine, entry.key, out);
        out += ", ";
    }
    ok = ok && append_repr(machine, held, out);
    if (kind == IteratorKind::items_view) out += ')';
    machine.drop(held);
    return ok;
}

}  // namespace

Value new_view(Machine& machine, IteratorKind kind, Value dict) {
    const Value view = new_iterator(machine, kind, 1);
    if (is_failed(view)) return view;
    const Value stored = machine.store(view, dict.lent());
    if (is_failed(stored)) {
        machine.drop(view);
        return stored;
    }
    machine.heap.payload<Iterator>(view).source = stored;
    return view;
}

int view_contains(Machine& machine, Value iterator, Value item) {
    const Iterator& it = iterator_of(machine.heap, iterator);
    if (!is_view(iterator_kind(it))) return 2;
    if (!may_read(machine, it.source)) return -1;
    switch (iterator_kind(it)) {
        case IteratorKind::keys_view: {
            Value found;
            if (!dict_lookup(machine, it.source, item, found)) return -1;
            return !is_absent(found);
        }
        case IteratorKind::values_view:
            return values_view_contains(machine, it.source, item);
        default:
            return items_contain(machine, it.source, item);
    }
}

int views_equal(Machine& machine, Value a, Value b) {
    const IteratorKind kind = iterator_kind(iterator_of(machine.heap, a));
    if (kind != iterator_kind(iterator_of(machine.heap, b))) return 0;
    if (kind != IteratorKind::keys_view && kind != IteratorKind::items_view) return 0;
    const std::int64_t length = view_length(machine, a);
    const std::int64_t other = length < 0 ? -1 : view_length(machine, b);
    if (length < 0 || other < 0) return -1;
    if (length != other) return 0;
    Iteration each(machine, a);
    Value element;
    while (each.next(element)) {
        const int found = view_contains(machine, b, element);
        machine.drop(element);
        if (found != 1) return found;
    }
    return each.failed() ? -1 : 1;
}

std::int64_t view_length(Machine& machine, Value view) {
    const Value dict = iterator_of(machine.heap, view).source;
    return may_read(machine, dict) ? std::int64_t{machine.heap.payload<Dict>(dict).live} : -1;
}

std::string_view iterator_type_name(IteratorKind kind) {
    switch (kind) {
        case IteratorKind::sequence:
            return "list_iterator";
        case IteratorKind::string:
            return "str_iterator";
        case IteratorKind::range:
            return "range_iterator";
        case IteratorKind::reversed_sequence:
        case IteratorKind::reversed_string:
        case IteratorKind::reversed_protocol:
            return "reversed";
        case IteratorKind::dict_keys:
            return "dict_keyiterator";
        case IteratorKind::dict_values:
            return "dict_valueiterator";
        case IteratorKind::dict_items:
            return "dict_itemiterator";
        case IteratorKind::reversed_keys:
            return "dict_reversekeyiterator";
        case IteratorKind::reversed_values:
            return "dict_reversevalueiterator";
        case IteratorKind::reversed_items:
            return "dict_reverseitemiterator";
        case IteratorKind::keys_view:
            return "dict_keys";
        case IteratorKind::values_view:
            return "dict_values";
        case IteratorKind::items_view:
            return "dict_items";
        case IteratorKind::enumerate:
            return "enumerate";
        case IteratorKind::zip:
            return "zip";
        case IteratorKind::map:
            return "map";
        case IteratorKind::filter:
            return "filter";
        case IteratorKind::protocol:
            return "iterator";
        case IteratorKind::sentinel:
            return "callable_iterator";
        case IteratorKind::generator:
            break;
    }
    return "generator";
}

bool append_iterator_repr(Machine& machine, std::string& out, Value iterator) {
    const Iterator& it = iterator_of(machine.heap, iterator);
    const IteratorKind kind = iterator_kind(it);
    const std::string_view name = iterator_type_name(kind);
    if (!is_view(kind)) {
        out.append("<").append(name).append(" object>");
        return true;
    }
    out.append(name).append("([");
    DictEntry entry;
    std::uint32_t position = 0;
    for (bool first = true;; first = false) {
        const int more = next_entry(machine, it.source, position, entry);
        if (more < 0) return false;
        if (more == 0) break;
        if (!first) out += ", ";
        if (!append_entry(machine, out, kind, entry)) return false;
    }
    out.append("])");
    return true;
}

}  // namespace harness::lang
