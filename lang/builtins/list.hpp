// The operations on lists and tuples that the VM and the builtins share: places, slices, concatenation,
// sorting. Both are laid out as a Sequence; lists can grow, tuples cannot be changed.
#pragma once

#include <cstdint>
#include <span>

#include "lang/vm/machine.hpp"

namespace harness::lang {

bool is_list(Machine& machine, Value v);
bool is_tuple(Machine& machine, Value v);

/// A slice applied to a length: `count` positions from `start` on, `step` apart. `stop` is where Python's
/// slice stops, which slice assignment with step 1 needs when it is before the start.
struct SliceBounds {
    std::int64_t start, stop, step, count;
};
/// start, stop and step are None or absent() where left out. False after TypeError or ValueError.
bool resolve_slice(Machine& machine, Value start, Value stop, Value step, std::int64_t length,
                   SliceBounds& out);

// Functions that give a Value give an unnamed one, or failed(); those that give a bool are false after
// raising. Arguments are lent.

/// Element `index` of a list or tuple.
Value sequence_get(Machine& machine, Value sequence, Value index);
/// sequence[start:stop:step], a new object of the same type.
Value sequence_get_slice(Machine& machine, Value sequence, Value start, Value stop, Value step);
/// a + b for two lists or two tuples; TypeError 'can only concatenate list (not "tuple") to list'.
Value list_concat(Machine& machine, Value a, Value b);
Value tuple_concat(Machine& machine, Value a, Value b);
/// sequence * count for a list or tuple; a count below 1 gives an empty one.
Value sequence_repeat(Machine& machine, Value sequence, std::int64_t count);

bool list_set(Machine& machine, Value list, Value index, Value lent);
bool list_delete(Machine& machine, Value list, Value index);
bool list_set_slice(Machine& machine, Value list, Value start, Value stop, Value step, Value iterable);
bool list_delete_slice(Machine& machine, Value list, Value start, Value stop, Value step);
/// list += iterable, list.extend(iterable). Seen by every alias.
bool list_extend(Machine& machine, Value list, Value iterable);
/// list *= count.
bool list_repeat_in_place(Machine& machine, Value list, std::int64_t count);
bool list_append(Machine& machine, Value list, Value lent);
/// Receives the element even where it fails.
bool list_append_unnamed(Machine& machine, Value list, Value unnamed);
/// Ends all elements, the last one first; the list is empty before that.
bool list_clear(Machine& machine, Value list);

/// A new list or tuple of the elements of anything that can be iterated over.
Value list_from(Machine& machine, Value iterable);
Value tuple_from(Machine& machine, Value iterable);

/// Sorts in place, stably. `key` is a callable, None or absent(). An error in a comparison leaves the list as
/// it was; a list that the program changed meanwhile is ValueError and stays as the program left it.
bool list_sort(Machine& machine, Value list, Value key, bool reverse);

std::span<const Native> list_methods();
std::span<const Native> tuple_methods();
extern const Native construct_list;
extern const Native construct_tuple;

}  // namespace harness::lang
