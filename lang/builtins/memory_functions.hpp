// The functions of the language that ask for memory and give it back by name: buffers from an allocator, and
// arenas. They stand for what other languages' programs do with malloc and free, so every misuse of them is
// told apart.
#pragma once

#include <span>

#include "lang/vm/machine.hpp"

namespace harness::lang {

/// allocate allocate_aligned reallocate alloc dealloc create_arena reset_arena destroy_arena
std::span<const Native> memory_functions();

// What methods of allocators share with them. Arguments as those of the functions.
Value builtin_alloc(Machine& machine, const Value* arguments, std::uint32_t count);
Value builtin_dealloc(Machine& machine, const Value* arguments, std::uint32_t count);
Value builtin_reset_arena(Machine& machine, const Value* arguments, std::uint32_t count);
Value builtin_destroy_arena(Machine& machine, const Value* arguments, std::uint32_t count);

}  // namespace harness::lang
