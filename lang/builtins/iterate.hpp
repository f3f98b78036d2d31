// Iteration over anything: the C++ loop that builtins use, the iterator objects that programs hold, and the
// views of dicts. The VM's fused loops over lists, tuples, strings, ranges and dicts have their own code; all
// else comes here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lang/vm/machine.hpp"

namespace harness::lang {

/// What an Iterator object does. `source` and what follows it hold, by kind, what the comment says.
enum class IteratorKind : std::uint8_t {
    sequence,           ///< a list or tuple; live: elements appended meanwhile are seen
    string,             ///< a str; position: the next byte
    range,              ///< the step as an int; position: the next value, limit: how many are left
    reversed_sequence,  ///< a list or tuple; position: the next index, downwards
    reversed_string,    ///< a str; the same
    dict_keys,  ///< the dict; position: the next entry, limit: its live entries at the start, version: left
    dict_values,
    dict_items,
    reversed_keys,  ///< the same, downwards
    reversed_values,
    reversed_items,
    keys_view,  ///< the dict; a view is iterable any number of times and is no iterator itself
    values_view,
    items_view,
    enumerate,          ///< an iterator; position: the next number
    zip,                ///< iterators
    map,                ///< a callable, then iterators
    filter,             ///< a callable or None, then an iterator
    protocol,           ///< an instance with __getitem__; position: the next index
    reversed_protocol,  ///< an instance with __len__ and __getitem__
    sentinel,           ///< a callable and the value that ends it
    generator,          ///< the VM's own: resume_generator knows
};

inline constexpr std::size_t iterator_bytes(std::uint32_t values) {
    return offsetof(Iterator, source) + values * sizeof(Value);
}

// --- Hooks that the VM defines.
/// Runs a generator to its next yield: an unnamed value, absent() at its end, failed() after raising.
Value resume_generator(Machine& machine, Value iterator);
/// Forgets the pending error and returns true if it is of that kind or derives from it.
bool forget_error(Machine& machine, ErrorKind kind);

// --- Iterator objects.
/// iter(iterable): unnamed; failed() after TypeError "'int' object is not iterable".
Value make_iterator(Machine& machine, Value iterable);
/// reversed(sequence): unnamed, or failed().
Value make_reversed(Machine& machine, Value sequence);
/// Whether make_iterator would know what to do.
bool is_iterable(Machine& machine, Value v);
/// Whether iterator_next may be asked: iterator objects that are no views, and instances with __next__.
bool is_iterator(Machine& machine, Value v);
/// The next element, unnamed; absent() at the end, failed() after raising. Only for is_iterator().
Value iterator_next(Machine& machine, Value iterator);
/// A new iterator object with room for `values` values, all None; or failed().
Value new_iterator(Machine& machine, IteratorKind kind, std::uint16_t values);

inline IteratorKind iterator_kind(const Iterator& iterator) {
    return static_cast<IteratorKind>(iterator.kind);
}
/// type(v).__name__: "list_iterator", "dict_items", "zip" …
std::string_view iterator_type_name(IteratorKind kind);
/// Appends the printed form: dict_items([('a', 1)]), <zip object>. False after raising.
bool append_iterator_repr(Machine& machine, std::string& out, Value iterator);

// --- Views of dicts.
inline bool is_view(IteratorKind kind) {
    return kind >= IteratorKind::keys_view && kind <= IteratorKind::items_view;
}
Value new_view(Machine& machine, IteratorKind kind, Value dict);
/// item in view: 1, 0, -1 after raising; 2 when `iterator` is no view.
int view_contains(Machine& machine, Value iterator, Value item);
/// == of two iterator objects: key and item views compare as sets, all others by identity.
int views_equal(Machine& machine, Value a, Value b);
/// Number of elements of a view; -1 after raising, when its dict was freed.
std::int64_t view_length(Machine& machine, Value view);

/// How many numbers a range holds; the ends and the step have 48 bits, so nothing overflows.
constexpr std::int64_t range_length(const Range& r) {
    if (r.step > 0) return r.stop > r.start ? (r.stop - r.start - 1) / r.step + 1 : 0;
    return r.start > r.stop ? (r.start - r.stop - 1) / -r.step + 1 : 0;
}

/// A loop over anything:
///     Iteration each(machine, iterable);
///     while (each.next(value)) …
///     if (each.failed()) return Value::failed();
/// The values are unnamed. The iterable must outlive the loop. No object is made for the builtin containers.
class Iteration {
  public:
    Iteration(Machine& machine, Value iterable);
    Iteration(const Iteration&) = delete;
    Iteration& operator=(const Iteration&) = delete;
    ~Iteration();

    bool ok() const { return mode_ != Mode::failed; }
    bool failed() const { return mode_ == Mode::failed; }
    bool next(Value& value);
    /// How many elements are expected; 0 where that is not known.
    std::size_t expected() const;

  private:
    enum class Mode : std::uint8_t { failed, done, sequence, string, range, dict, iterator };
    bool next_key(Value& value);

    Machine& machine_;
    Value source_;
    Value iterator_ = Value::none();  ///< ours to drop
    std::int64_t position_ = 0;
    std::int64_t limit_ = 0;  ///< range: how many are left; dict: its live entries at the start
    std::int64_t step_ = 0;   ///< range: the step; dict: how many entries are still expected
    Mode mode_;
};

/// The class range.
extern const Native construct_range;

}  // namespace harness::lang
