// Raw bytes of the program: reading and writing them at any offset, and what a byte that was never written
// is. Every access is judged here, in checked and unchecked runs alike, since a buffer is what programs
// overrun.
#pragma once

#include <cstdint>
#include <span>

#include "lang/vm/machine.hpp"

namespace harness::lang {

// Functions that give a Value give failed() after raising, those that give a bool are false then. `buffer`
// must be an object of class buffer, or a handle that was one.

bool is_buffer(const Machine& machine, Value v);
/// A buffer from the allocator in use whose bytes count as never written; `align` is a power of two.
Value new_unwritten_buffer(Machine& machine, std::uint64_t size, std::uint32_t align);
/// Whether the buffer may be used; else UseAfterFreeError was raised.
bool buffer_usable(Machine& machine, Value buffer);
/// len(buffer): -1 after raising.
std::int64_t buffer_length(Machine& machine, Value buffer);
/// buffer[index] and buffer[index] = v, as unsigned bytes.
Value buffer_get(Machine& machine, Value buffer, Value index);
bool buffer_set(Machine& machine, Value buffer, Value index, Value v);
/// `.size` and `.allocator`; absent() for any other name.
Value buffer_attribute(Machine& machine, Value buffer, NameId name);
/// u8 to f64, set_u8 to set_f64, fill.
std::span<const Native> buffer_methods();

/// Which bytes of `from` were written holds for the first bytes of `to` as well: for clones and copies. The
/// bytes themselves are copied by the caller.
void copy_buffer_shadow(Machine& machine, Value from, Value to);
/// To be called before the memory of a buffer goes: what was noted about its bytes goes, too.
void forget_buffer(Machine& machine, Value buffer);

}  // namespace harness::lang
