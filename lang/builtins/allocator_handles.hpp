// Allocators as values of the program: made from the capability `system.memory` or carved out of the current
// one, printed, compared and handed around like functions, since they live off the measured heap.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lang/vm/interpreter.hpp"

namespace harness::lang {

/// The module `system`, a constant; only the main module may name it. `system.memory` makes allocators.
Value make_system(Interpreter& self);

/// A handle for the program; `name` is its kind as printed. The interpreter owns it.
Interpreter::Handle& add_handle(Interpreter& self, std::string name,
                                std::unique_ptr<allocators::AnyAllocator> allocator, bool is_arena);
/// An arena whose chunks come from the allocator that serves the program at this place, the first of `bytes`.
Interpreter::Handle& carve_arena(Interpreter& self, std::uint64_t bytes);

/// Ends every object of an arena, destructors first, newest first, and makes its room free again. Arenas that
/// were carved out of it are destroyed with it.
void reset_handle(Interpreter& self, Interpreter::Handle& handle);
/// The same, and gives its memory back; the handle refuses everything from then on.
void destroy_handle(Interpreter& self, Interpreter::Handle& handle);
/// At the end of the program, before leaks are looked for: what lives in arenas goes with them. Destructors
/// run only if asked for.
void end_arenas(Interpreter& self, bool run_destructors);
/// The figures of all allocators that the program made beside the run's, ended ones included.
std::vector<allocators::Figures> figures_of_handles(Interpreter& self);
/// When no object is left: allocators go, those that were carved out of others first. Must be called before
/// the run's allocator goes.
void release_handles(Interpreter& self);

/// The handle behind the allocator of a buffer; a handle for the run's own allocator is made when first asked
/// for.
Value allocator_of_buffer(Interpreter& self, Value buffer);
/// `.kind` and `.is_destroyed`; absent() for any other name.
Value allocator_attribute(Machine& machine, Value allocator, NameId name);
/// a.alloc(n), a.dealloc(b), a.reset(), a.destroy()
std::span<const Native> allocator_methods();
/// "<allocator arena>"
void append_allocator(const ConstantObject* allocator, std::string& out);
/// False after UseAfterFreeError: the arena was destroyed.
bool handle_usable(Interpreter& self, const Interpreter::Handle& handle);

}  // namespace harness::lang
