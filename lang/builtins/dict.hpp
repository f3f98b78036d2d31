// The operations on dicts that the VM and the builtins share. Open addressing with linear probing and
// deletion by shifting back (Knuth, volume 3, section 6.4, algorithm R), over entries kept in the order of
// their insertion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lang/builtins/hashing.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

/// Payload bytes of the table, to be added to those of the object itself; the table starts at Dict::table().
inline std::size_t dict_block_bytes(const Dict& dict) { return dict.table_bytes(); }

/// The value stored under a key for which `matches(key)` holds and whose hash is `hash`; null where there is
/// none. The pointer holds until the next insertion or removal.
template <class Matches>
Value* dict_probe(const Dict& dict, std::uint64_t hash, Matches matches) {
    if (dict.live == 0) return nullptr;
    const DictSlot* slots = dict.slots();
    const auto low = static_cast<std::uint32_t>(hash);
    for (std::uint32_t at = low & dict.mask; slots[at].entry != 0; at = (at + 1) & dict.mask)
        if (slots[at].hash == low && matches(dict.entries[slots[at].entry - 1].key))
            return &dict.entries[slots[at].entry - 1].value;
    return nullptr;
}

/// For handlers that know the key's type. Both give null where there is no such key and never raise.
inline Value* dict_find_int(const ObjectHeap& heap, const Dict& dict, std::int64_t i) {
    const Value wanted = Value::integer(i);
    return dict_probe(dict, hash_integer(i), [&heap, wanted](Value key) {
        return key == wanted || (!key.is_int() && keys_equal(heap, key, wanted));
    });
}
inline Value* dict_find_string(const ObjectHeap& heap, const Dict& dict, std::string_view text,
                               std::uint64_t hash) {
    return dict_probe(dict, hash, [&heap, text](Value key) {
        return key.is_string() && heap.live(key) && heap.text(key) == text;
    });
}
/// For an int or a string; null also for other keys, which may have more to say.
Value* dict_find_simple(const ObjectHeap& heap, const Dict& dict, Value key);
/// For a key that hash_value accepted and gave `hash`.
Value* dict_find(Machine& machine, const Dict& dict, Value key, std::uint64_t hash);

/// dict[key] as a borrow, absent() where there is none; false after raising (unhashable key).
bool dict_lookup(Machine& machine, Value dict, Value key, Value& borrow);

/// dict[key] = value for a lent value, and for an unnamed one, which is received even where it fails. What
/// the entry held before is discarded last, when the dict holds the new value. False after raising.
bool dict_set(Machine& machine, Value dict, Value key, Value lent);
bool dict_set_unnamed(Machine& machine, Value dict, Value key, Value unnamed);
/// dict[key] = &value: the entry refers to an object of the heap and does not own it.
bool dict_set_edge(Machine& machine, Value dict, Value key, Value lent);

/// Removes the key. `taken` is its value, unnamed, or absent() where there was none; false after raising.
bool dict_remove(Machine& machine, Value dict, Value key, Value& taken);
/// The same for the entry at a position that is in use.
Value dict_remove_entry(Machine& machine, Value dict, std::uint32_t position);

/// Room for `more` entries without growth in between; false after MemoryError.
bool dict_reserve(Machine& machine, Value dict, std::uint32_t more);

/// Ends all entries. The dict is empty before the first destructor runs.
void dict_clear(Machine& machine, Value dict);

/// A shallow copy; unnamed.
Value dict_copy(Machine& machine, Value dict);

/// dict.update(other): a dict, or an iterable of pairs. False after raising.
bool dict_update(Machine& machine, Value dict, Value other);

/// The methods of dict, and the constructor: `construct_dict` is handed positional and keyword arguments.
std::span<const Native> dict_methods();
extern const Native dict_fromkeys;
extern const Native construct_dict;

}  // namespace harness::lang
