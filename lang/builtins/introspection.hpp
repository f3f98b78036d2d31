// A program looking at itself: its frames, names, functions and figures. The natives ask the memory manager,
// and know of the running program what the few functions here tell.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lang/memory/manager/memory_manager.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

struct Figure {
    std::string_view name;
    std::uint64_t value;
};

/// The memory of names of the running program, its current frame the one that asks.
MemoryManager& memory_of(Machine& machine);
/// What memory() says, by the names of the run's JSON.
void append_figures(Machine& machine, std::vector<Figure>& figures);
/// The function or closure that runs in a frame; a borrow, unbound() when the closure is gone already.
Value function_in(Machine& machine, const Frame& frame);
/// What a registered definition is called by: itself, or the object of that name that has its defaults and
/// captures; a borrow, unbound() when the name holds something else.
Value function_named(Machine& machine, std::string_view name, Value definition);

/// Raises the error under its name in the language and gives Value::failed(). Where Python has the error, its
/// text is all that a program sees; elsewhere the remedy is part of the message.
Value raise_error(Machine& machine, const MemoryError& error);

/// locals globals frames memory heap_get lookup_fn frame_get frame_fn.
std::span<const Native> introspection_functions();

}  // namespace harness::lang
