// list.sort and sorted. Numbers and strings are sorted where they stand; everything else is sorted as pairs
// of a key and a position, and the list is only rearranged once no code of the program can run any more.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "lang/builtins/compare.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/merge_sort.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/scratch.hpp"

namespace harness::lang {

namespace {

struct Keyed {
    Value key;
    std::uint32_t position;
};

Value key_of(Value v) { return v; }
Value key_of(const Keyed& keyed) { return keyed.key; }

/// What the keys have in common decides how they are compared.
enum class KeyType : std::uint8_t { integer, number, string, any };

template <class Item>
KeyType common_type(const Item* items, std::size_t count) {
    bool integers = true, numbers = true, strings = true;
    for (std::size_t i = 0; i < count && (numbers || strings); ++i) {
        const Value key = key_of(items[i]);
        integers = integers && key.is_int();
        numbers = numbers && is_numeric(key);
        strings = strings && key.is_string();
    }
    if (integers) return KeyType::integer;
    if (numbers) return KeyType::number;
    return strings ? KeyType::string : KeyType::any;
}

struct FreeBlock {
    void operator()(void* block) const { std::free(block); }
};
template <class T>
using Block = std::unique_ptr<T, FreeBlock>;

template <class T>
Block<T> new_block(Machine& machine, std::size_t count) {
    const std::size_t bytes = std::max<std::size_t>(1, count) * sizeof(T);
    Block<T> block(static_cast<T*>(std::malloc(bytes)));
    if (block == nullptr) machine.raise_memory_error(bytes);
    return block;
}

template <class Item, class Less>
bool sort_by(Machine& machine, Item* items, std::size_t count, Less less) {
    const Block<Item> scratch = new_block<Item>(machine, count / 2);
    return scratch != nullptr && MergeSort<Item, Less>(items, count, scratch.get(), less).sort();
}

template <class Item>
bool sort_items(Machine& machine, Item* items, std::size_t count) {
    switch (common_type(items, count)) {
        case KeyType::integer:
            return sort_by(machine, items, count, [](const Item& a, const Item& b) -> int {
                return key_of(a).as_int() < key_of(b).as_int();
            });
        case KeyType::number:
            return sort_by(machine, items, count, [](const Item& a, const Item& b) -> int {
                return numeric(key_of(a)) < numeric(key_of(b));
            });
        case KeyType::string:
            return sort_by(machine, items, count,
                           [&heap = machine.heap](const Item& a, const Item& b) -> int {
                               return heap.text(key_of(a)) < heap.text(key_of(b));
                           });
        case KeyType::any:
            break;
    }
    return sort_by(machine, items, count, [&machine](const Item& a, const Item& b) {
        if (!may_read(machine, key_of(a)) || !may_read(machine, key_of(b))) return -1;
        return values_order(machine, key_of(a), key_of(b), CompareKind::less);
    });
}

/// Equal items keep their order in a reversed sort too: reversed before and after, ascending in between.
template <class Item>
bool sort_items(Machine& machine, Item* items, std::size_t count, bool reverse) {
    if (reverse) std::reverse(items, items + count);
    if (!sort_items(machine, items, count)) return false;
    if (reverse) std::reverse(items, items + count);
    return true;
}

/// Fills `keys` with key(element) for each of the held elements.
bool call_keys(Machine& machine, Value key, ScratchValues& held, ScratchValues& keys) {
    if (!keys.reserve(held.size())) return false;
    for (std::size_t i = 0; i < held.size(); ++i) {
        const Value result = machine.call(key, &held[i], 1);
        if (is_failed(result) || !keys.push(result)) return false;
    }
    return true;
}

/// Puts the elements into the order that was found, if they are still those that were sorted.
bool rearrange(Machine& machine, Value list, const Keyed* items, ScratchValues& held) {
    if (!may_read(machine, list)) return false;
    Sequence& s = machine.heap.sequence(list);
    const std::size_t count = held.size();
    bool same = s.length() == count;
    for (std::size_t i = 0; same && i < count; ++i) same = same_object(s.elements()[i], held[i]);
    if (!same) {
        machine.raise(ErrorKind::ValueError, "list modified during sort");
        return false;
    }
    const Block<Value> before = new_block<Value>(machine, count);
    if (before == nullptr) return false;
    std::copy(s.elements(), s.elements() + count, before.get());
    for (std::size_t i = 0; i < count; ++i) s.elements()[i] = before.get()[items[i].position];
    return true;
}

bool sort_with_calls(Machine& machine, Value list, Value key, bool reverse) {
    const std::uint32_t count = machine.heap.sequence(list).length();
    ScratchValues held(machine), keys(machine);
    const Block<Keyed> items = new_block<Keyed>(machine, count);
    if (items == nullptr || !held.reserve(count)) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        const Value element = shared(machine, machine.heap.sequence(list).elements()[i]);
        if (is_failed(element) || !held.push(element)) return false;
    }
    const bool has_key = !is_absent(key) && !key.is_none();
    if (has_key && !call_keys(machine, key, held, keys)) return false;
    for (std::uint32_t i = 0; i < count; ++i) items.get()[i] = {has_key ? keys[i] : held[i], i};
    return sort_items(machine, items.get(), count, reverse) && rearrange(machine, list, items.get(), held);
}

}  // namespace

bool list_sort(Machine& machine, Value list, Value key, bool reverse) {
    Sequence& s = machine.heap.sequence(list);
    for (std::uint32_t i = 0; i < s.length(); ++i)
        if (!may_read(machine, s.elements()[i])) return false;
    const bool has_key = !is_absent(key) && !key.is_none();
    if (has_key || common_type(s.elements(), s.length()) == KeyType::any)
        return sort_with_calls(machine, list, key, reverse);
    return sort_items(machine, s.elements(), s.length(), reverse);
}

}  // namespace harness::lang
