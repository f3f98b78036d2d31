// Text: the printed forms of all values, formatting, conversions between text and numbers, and str itself.
// Strings are immutable bytes, so lengths, places and widths count bytes and case is ASCII's; all else is as
// in Python 3.11.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lang/vm/machine.hpp"

namespace harness::lang {

// Arguments are lent. Functions that give a Value give an unnamed one, or failed() after raising; those that
// give a bool are false after raising, and `out` then holds what had been written so far.

// --- Hooks that the VM defines.
/// A container that is being printed, and those around it: where one turns up again, it is not entered.
struct Printing {
    Value container;
    const Printing* outer;
};
/// The innermost container that is being printed, also from within a __repr__; null at first.
const Printing*& innermost_printing(Machine& machine);
/// False after UseAfterFreeError or UseAfterMoveError, for a value found in a place that was freed or moved
/// away, or that refers to something released.
bool readable(Machine& machine, Value v);

// --- Printed forms. __str__, __repr__ and __format__ of the program's classes may run.
/// str(v), appended.
bool append_str(Machine& machine, Value v, std::string& out);
/// repr(v), appended. A list or dict inside itself is [...] or {...}.
bool append_repr(Machine& machine, Value v, std::string& out);
/// The same of an instance as if its class had neither __repr__ nor __str__.
bool append_plain_repr(Machine& machine, Value v, std::string& out);
bool append_plain_str(Machine& machine, Value v, std::string& out);
/// ascii(v), appended: repr() with everything beyond ASCII escaped.
bool append_ascii(Machine& machine, Value v, std::string& out);
/// str(v) as a value; a str is itself.
Value str_of(Machine& machine, Value v);

// --- Formatting.
/// format(v, spec), appended, as f-strings have it: `conversion` is 's', 'r', 'a', or 0 for none.
bool format_value(Machine& machine, Value v, char conversion, std::string_view spec, std::string& out);
/// format % arguments.
Value string_percent(Machine& machine, Value format, Value arguments);

// --- What operators do with strings. The values must be strings.
Value string_concat(Machine& machine, Value a, Value b);
/// s * n; a count below 1 gives the empty string.
Value string_repeat(Machine& machine, Value s, std::int64_t n);
/// s[i], a string of one byte that nobody allocates.
Value string_index(Machine& machine, Value s, std::int64_t i);
/// s[start:stop:step]; each is an int, a bool, None or absent().
Value string_slice(Machine& machine, Value s, Value start, Value stop, Value step);
/// Below, equal to or above 0, by bytes.
int string_compare(const ObjectHeap& heap, Value a, Value b);
/// part in whole.
bool string_contains(const ObjectHeap& heap, Value whole, Value part);
/// The same on every machine and in every run.
std::uint64_t hash_bytes(std::string_view bytes);

// --- Conversions.
/// int(text, base): base 0 or 2 to 36. ValueError, or OverflowError beyond 48 bits.
Value int_from_text(Machine& machine, std::string_view text, int base);
/// float(text), or ValueError.
Value float_from_text(Machine& machine, std::string_view text);
/// int(number): cut off towards zero; ValueError for NaN, OverflowError for infinity and beyond 48 bits.
Value int_from_float(Machine& machine, double number);

// --- For the table of names that every program has.
/// The methods of str. `format` takes "args... **names": count says how many arguments there are, the
/// receiver first, and the last is a dict of the keyword arguments, or absent().
std::span<const Native> string_methods();
/// ord chr repr format ascii bin hex oct.
std::span<const Native> text_functions();
extern const Native construct_str;
extern const Native construct_int;
extern const Native construct_float;
extern const Native construct_bool;

}  // namespace harness::lang
