// Dicts: probing, growth and removal. Growth also takes out the deleted entries, so a dict that is filled and
// emptied in turn stays in a table that fits what it holds.
#include "lang/builtins/dict.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

constexpr std::uint64_t slots_min = 4;
constexpr std::uint64_t slots_max = std::uint64_t{1} << 31;

void place(DictSlot* slots, std::uint32_t mask, DictSlot slot) {
    std::uint32_t at = slot.hash & mask;
    while (slots[at].entry != 0) at = (at + 1) & mask;
    slots[at] = slot;
}

/// Copies the live entries to `to` in order. Where some are missing, each old entry's value then says what
/// became of it: the number that slots give it in the new table.
void move_entries(Dict& dict, DictEntry* to) {
    if (dict.live == dict.used) {
        if (dict.used != 0) std::memcpy(static_cast<void*>(to), dict.entries, dict.used * sizeof(DictEntry));
        return;
    }
    std::uint32_t written = 0;
    for (std::uint32_t i = 0; i < dict.used; ++i) {
        if (is_absent(dict.entries[i].key)) continue;
        to[written++] = dict.entries[i];
        dict.entries[i].value = Value{written};
    }
}

/// Moves the table into a new block with `count` slots; false after MemoryError, with nothing changed.
bool rebuild(Machine& machine, Value owner, std::uint64_t count) {
    Dict& dict = machine.heap.payload<Dict>(owner);
    auto* slots = static_cast<DictSlot*>(machine.heap.new_block(Dict::bytes(count), owner));
    if (slots == nullptr) return false;
    std::memset(static_cast<void*>(slots), 0, count * sizeof(DictSlot));
    auto* entries = reinterpret_cast<DictEntry*>(slots + count);
    const auto mask = static_cast<std::uint32_t>(count - 1);
    const bool compacts = dict.live != dict.used;
    move_entries(dict, entries);
    if (dict.live != 0) {
        const DictSlot* old = dict.slots();
        for (std::uint64_t i = 0; i < dict.slot_count(); ++i) {
            DictSlot slot = old[i];
            if (slot.entry == 0) continue;
            if (compacts) slot.entry = static_cast<std::uint32_t>(dict.entries[slot.entry - 1].value.bits);
            place(slots, mask, slot);
        }
    }
    if (dict.entries != nullptr) machine.heap.free_block(dict.table(), dict.table_bytes(), owner);
    dict.entries = entries;
    dict.mask = mask;
    dict.used = dict.live;
    return true;
}

/// Slots for at least `wanted` entries.
std::uint64_t slots_for(std::uint64_t wanted) {
    std::uint64_t slots = slots_min;
    while (Dict::capacity_of(slots) < wanted && slots < slots_max) slots *= 2;
    return slots;
}

/// Makes room for one more entry. A table that is nearly full of live entries doubles; one with many deleted
/// entries is rebuilt at the size that leaves a third free, so that growth costs a constant for each
/// insertion.
bool make_room(Machine& machine, Value owner) {
    const Dict& dict = machine.heap.payload<Dict>(owner);
    if (dict.used < dict.capacity()) return true;
    const std::uint64_t wanted = std::uint64_t{dict.live} + dict.live / 2 + 1;
    if (dict.live >= Dict::capacity_of(slots_max)) {
        machine.raise_memory_error(Dict::bytes(slots_max * 2));
        return false;
    }
    return rebuild(machine, owner, slots_for(wanted));
}

/// Writes an entry whose key is not there yet; there must be room.
void insert(Dict& dict, Value stored_key, Value stored_value, std::uint64_t hash) {
    const std::uint32_t position = dict.used++;
    dict.entries[position] = {stored_key, stored_value};
    place(dict.slots(), dict.mask, {static_cast<std::uint32_t>(hash), position + 1});
    ++dict.live;
    ++dict.version;
}

/// Empties the slot at `at` and moves back what was pushed on by it, so that no probe meets a gap.
void close_gap(Dict& dict, std::uint32_t at) {
    DictSlot* slots = dict.slots();
    std::uint32_t gap = at;
    for (std::uint32_t next = (gap + 1) & dict.mask; slots[next].entry != 0; next = (next + 1) & dict.mask) {
        const std::uint32_t home = slots[next].hash & dict.mask;
        // The slot may move to the gap unless its home lies behind the gap.
        if (((next - home) & dict.mask) < ((next - gap) & dict.mask)) continue;
        slots[gap] = slots[next];
        gap = next;
    }
    slots[gap].entry = 0;
}

/// The index slot that refers to an entry.
std::uint32_t slot_of(const Dict& dict, std::uint32_t position, std::uint64_t hash) {
    std::uint32_t at = static_cast<std::uint32_t>(hash) & dict.mask;
    while (dict.slots()[at].entry != position + 1) at = (at + 1) & dict.mask;
    return at;
}

/// Takes an entry out of the table. Trailing deleted entries are given up at once, so that popitem and
/// last-in first-out use never fill the table with them.
DictEntry unlink(Dict& dict, std::uint32_t position, std::uint64_t hash) {
    close_gap(dict, slot_of(dict, position, hash));
    const DictEntry entry = dict.entries[position];
    dict.entries[position] = {Value::absent(), Value::absent()};
    --dict.live;
    ++dict.version;
    while (dict.used > 0 && is_absent(dict.entries[dict.used - 1].key)) --dict.used;
    return entry;
}

/// Room comes first, so that nothing was stored when there is none.
template <class Store>
bool set(Machine& machine, Value dict, Value key, Store store) {
    std::uint64_t hash;
    if (!hash_value(machine, key, hash)) {
        store.abandon();
        return false;
    }
    if (Value* place = dict_find(machine, machine.heap.payload<Dict>(dict), key, hash)) {
        const Value stored = store();
        if (is_failed(stored)) return false;
        const Value old = std::exchange(*place, stored);
        machine.discard_overwritten(*place, old);
        return true;
    }
    if (!make_room(machine, dict)) {
        store.abandon();
        return false;
    }
    const Value stored = store();
    if (is_failed(stored)) return false;
    const Value stored_key = machine.store(dict, key);
    if (is_failed(stored_key)) {
        store.undo(stored);
        return false;
    }
    insert(machine.heap.payload<Dict>(dict), stored_key, stored, hash);
    return true;
}

struct StoreLent {
    Machine& machine;
    Value container, value;
    Value operator()() const { return machine.store(container, value); }
    void abandon() const {}
    void undo(Value stored) const { machine.discard(machine.lifetime.single_owner ? stored.lent() : stored); }
};

struct StoreUnnamed {
    Machine& machine;
    Value container, value;
    Value operator()() const { return machine.store_unnamed(container, value); }
    void abandon() const { machine.drop(value); }
    void undo(Value stored) const { machine.drop(stored); }
};

struct StoreEdge {
    Machine& machine;
    Value container, value;
    Value operator()() const { return machine.lifetime.store_edge(machine, container, value); }
    void abandon() const {}
    void undo(Value stored) const { machine.discard(stored); }
};

}  // namespace

Value* dict_find_simple(const ObjectHeap& heap, const Dict& dict, Value key) {
    if (key.is_int()) return dict_find_int(heap, dict, key.as_int());
    if (!key.is_string() || !heap.live(key)) return nullptr;
    const std::string_view text = heap.text(key);
    return dict_find_string(heap, dict, text, hash_bytes(text));
}

Value* dict_find(Machine& machine, const Dict& dict, Value key, std::uint64_t hash) {
    const ObjectHeap& heap = machine.heap;
    if (key.is_int()) return dict_find_int(heap, dict, key.as_int());
    if (key.is_string()) return dict_find_string(heap, dict, heap.text(key), hash);
    return dict_probe(dict, hash, [&heap, key](Value other) { return keys_equal(heap, other, key); });
}

bool dict_lookup(Machine& machine, Value dict, Value key, Value& borrow) {
    std::uint64_t hash;
    if (!hash_value(machine, key, hash)) return false;
    const Value* found = dict_find(machine, machine.heap.payload<Dict>(dict), key, hash);
    borrow = found == nullptr ? Value::absent() : *found;
    return true;
}

bool dict_set(Machine& machine, Value dict, Value key, Value lent) {
    return set(machine, dict, key, StoreLent{machine, dict, lent});
}

bool dict_set_unnamed(Machine& machine, Value dict, Value key, Value unnamed) {
    return set(machine, dict, key, StoreUnnamed{machine, dict, unnamed});
}

bool dict_set_edge(Machine& machine, Value dict, Value key, Value lent) {
    return set(machine, dict, key, StoreEdge{machine, dict, lent});
}

bool dict_remove(Machine& machine, Value dict, Value key, Value& taken) {
    taken = Value::absent();
    std::uint64_t hash;
    if (!hash_value(machine, key, hash)) return false;
    Dict& d = machine.heap.payload<Dict>(dict);
    const Value* found = dict_find(machine, d, key, hash);
    if (found == nullptr) return true;
    const auto offset = reinterpret_cast<const char*>(found) - reinterpret_cast<const char*>(d.entries);
    const auto position = static_cast<std::size_t>(offset) / sizeof(DictEntry);
    const DictEntry entry = unlink(d, static_cast<std::uint32_t>(position), hash);
    taken = machine.take(entry.value);
    machine.discard(entry.key);
    return true;
}

Value dict_remove_entry(Machine& machine, Value dict, std::uint32_t position) {
    Dict& d = machine.heap.payload<Dict>(dict);
    std::uint64_t hash;
    if (!hash_value(machine, d.entries[position].key, hash)) return Value::failed();
    const DictEntry entry = unlink(d, position, hash);
    const Value taken = machine.take(entry.value);
    machine.discard(entry.key);
    return taken;
}

bool dict_reserve(Machine& machine, Value dict, std::uint32_t more) {
    const Dict& d = machine.heap.payload<Dict>(dict);
    const std::uint64_t wanted = std::uint64_t{d.live} + more;
    if (wanted <= d.live || std::uint64_t{d.used} + more <= d.capacity()) return true;
    return rebuild(machine, dict, slots_for(wanted));
}

void dict_clear(Machine& machine, Value dict) {
    Dict& d = machine.heap.payload<Dict>(dict);
    const Dict old = d;
    if (old.entries == nullptr) return;
    d = Dict{nullptr, 0, 0, 0, old.version + 1};
    for (std::uint32_t i = 0; i < old.used; ++i) {
        if (is_absent(old.entries[i].key)) continue;
        machine.discard(old.entries[i].key);
        machine.discard(old.entries[i].value);
    }
    machine.heap.free_block(old.table(), old.table_bytes(), dict);
}

Value dict_copy(Machine& machine, Value dict) {
    const Value copy = machine.heap.new_dict();
    if (is_failed(copy)) return copy;
    if (dict_update(machine, copy, dict)) return copy;
    machine.drop(copy);
    return Value::failed();
}

}  // namespace harness::lang
