// Membership: `item in container`. A file of its own because each kind of container has its own way to look.
#include <string>

#include "lang/builtins/compare.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

int sequence_contains(Machine& machine, Value container, Value item) {
    for (std::uint64_t i = 0;; ++i) {
        const Value element = element_at(machine, container, i);
        if (is_failed(element)) return -1;
        if (is_absent(element)) return 0;
        const int equal = elements_equal(machine, element, item);
        if (equal != 0) return equal;
    }
}

int string_contains(Machine& machine, Value container, Value item) {
    if (item.is_string())
        return machine.heap.text(container).find(machine.heap.text(item)) != std::string_view::npos;
    machine.raise(ErrorKind::TypeError, "'in <string>' requires string as left operand, not " +
                                            std::string(machine.type_name(item)));
    return -1;
}

bool range_contains(const Range& range, double number) {
    const auto whole = static_cast<std::int64_t>(number);
    if (static_cast<double>(whole) != number) return false;
    if (range.step > 0 ? whole < range.start || whole >= range.stop
                       : whole > range.start || whole <= range.stop)
        return false;
    return (whole - range.start) % range.step == 0;
}

/// Walks whatever can be iterated over until an element equals the item.
int search(Machine& machine, Value container, Value item) {
    Iteration each(machine, container);
    Value element;
    while (each.next(element)) {
        const int equal = elements_equal(machine, element, item);
        machine.drop(element);
        if (equal != 0) return equal;
    }
    return each.failed() ? -1 : 0;
}

int instance_contains(Machine& machine, Value container, Value item) {
    const Value result = machine.call_dunder(container, Dunder::contains, &item, 1);
    return is_absent(result) ? 2 : truth_of_unnamed(machine, result);
}

int dict_contains(Machine& machine, Value dict, Value key) {
    Value found;
    if (!dict_lookup(machine, dict, key, found)) return -1;
    return !is_absent(found);
}

}  // namespace

int values_contain(Machine& machine, Value container, Value item) {
    if (container.is_string()) return string_contains(machine, container, item);
    if (container.is_heap()) {
        if (machine.is_instance(container)) {
            const int answer = instance_contains(machine, container, item);
            if (answer != 2) return answer;
        } else {
            switch (machine.heap.class_id(container)) {
                case ClassId::list:
                case ClassId::tuple:
                    return sequence_contains(machine, container, item);
                case ClassId::dict:
                    return dict_contains(machine, container, item);
                case ClassId::range:
                    if (is_numeric(item) && std::fabs(numeric(item)) < 0x1p62)
                        return range_contains(machine.heap.payload<Range>(container), numeric(item));
                    break;
                case ClassId::iterator: {
                    const int answer = view_contains(machine, container, item);
                    if (answer != 2) return answer;
                    break;
                }
                default:
                    break;
            }
        }
        if (is_iterable(machine, container)) return search(machine, container, item);
    }
    machine.raise(ErrorKind::TypeError,
                  "argument of type '" + std::string(machine.type_name(container)) + "' is not iterable");
    return -1;
}

}  // namespace harness::lang
