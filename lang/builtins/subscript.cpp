// container[key] as formats ask for it. The kinds that only the VM's own operator knows are not subscriptable
// in a format.
#include "lang/builtins/subscript.hpp"

#include <string>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

Value byte_of(Machine& machine, Value text, Value key) {
    if (is_integral(key)) return string_index(machine, text, integral(key));
    return machine.raise(ErrorKind::TypeError, "string indices must be integers, not '" +
                                                   std::string(machine.type_name(key)) + "'");
}

Value entry_of(Machine& machine, Value dict, Value key) {
    Value borrow;
    if (!dict_lookup(machine, dict, key, borrow)) return Value::failed();
    return is_absent(borrow) ? machine.raise_key_error(key) : shared(machine, borrow);
}

}  // namespace

Value subscript_of(Machine& machine, Value container, Value key) {
    if (container.is_string()) return byte_of(machine, container, key);
    if (container.is_heap()) {
        if (machine.is_instance(container)) {
            const Value item = machine.call_dunder(container, Dunder::getitem, &key, 1);
            if (!is_absent(item)) return item;
        } else {
            const ClassId id = machine.heap.class_id(container);
            if (id == ClassId::list || id == ClassId::tuple) return sequence_get(machine, container, key);
            if (id == ClassId::dict) return entry_of(machine, container, key);
        }
    }
    return machine.raise(ErrorKind::TypeError,
                         "'" + std::string(machine.type_name(container)) + "' object is not subscriptable");
}

}  // namespace harness::lang
