// How builtins read the places of containers: an element may have been moved away or freed, and whatever the
// program does in between may free the container too. Checked runs tell this exactly, so every such read goes
// through here.
#pragma once

#include <cstdint>

#include "lang/builtins/text.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

inline bool is_absent(Value v) { return v == Value::absent(); }
inline bool is_failed(Value v) { return v == Value::failed(); }

/// False after UseAfterFreeError or UseAfterMoveError. Numbers and live objects pass without a call.
inline bool may_read(Machine& machine, Value v) {
    if (v.is_heap() ? machine.heap.live(v) : !v.is_moved() && !v.is_freed()) return true;
    return readable(machine, v);
}

/// What a builtin gives out when it hands on something that a container, a name or the caller goes on
/// holding: an unnamed value, or failed() after raising. It is lent first, since only the place it was read
/// from answers for the object.
inline Value shared(Machine& machine, Value borrow) {
    if (!may_read(machine, borrow)) return Value::failed();
    return borrow.is_heap() ? machine.share(borrow.lent()) : borrow;
}

/// What to write into a place of `container` for an element that stays in another place as well; failed()
/// after raising.
inline Value stored_copy(Machine& machine, Value container, Value element) {
    if (!may_read(machine, element)) return Value::failed();
    return machine.store(container, element.lent());
}

/// Element `i` of a list or tuple as a borrow, absent() behind the last one, failed() after raising. For
/// loops that run program code: list and length are looked up anew.
inline Value element_at(Machine& machine, Value sequence, std::uint64_t i) {
    if (!may_read(machine, sequence)) return Value::failed();
    const Sequence& s = machine.heap.sequence(sequence);
    if (i >= s.length()) return Value::absent();
    const Value element = s.elements()[i];
    return may_read(machine, element) ? element : Value::failed();
}

/// The next entry of a dict in use, from `position` on, which moves behind it: 1, 0 at the end, -1 after
/// raising. For loops that run program code.
inline int next_entry(Machine& machine, Value dict, std::uint32_t& position, DictEntry& entry) {
    if (!may_read(machine, dict)) return -1;
    const Dict& d = machine.heap.payload<Dict>(dict);
    while (position < d.used && is_absent(d.entries[position].key)) ++position;
    if (position >= d.used) return 0;
    entry = d.entries[position++];
    return may_read(machine, entry.key) && may_read(machine, entry.value) ? 1 : -1;
}

}  // namespace harness::lang
