// A program looking at itself: its frames, names, functions and figures. The natives know the running program
// through one small interface, so that they need nothing of the interpreter's inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lang/memory/manager/memory_error.hpp"
#include "lang/memory/manager/scope.hpp"
#include "lang/vm/machine.hpp"

namespace harness::lang {

/// One scope under way: the main program, a call, or a block with names of its own inside of either.
struct FrameView {
    NameId name = 0;  ///< of the function; of a block, that of the function it is in
    ScopeKind kind = ScopeKind::function;
    std::uint32_t depth = 0;  ///< calls below it: 0 for the main program and its blocks
    std::uint32_t return_line =
        0;  ///< of the call that made it, in its caller's file; 0 for the main program and blocks
    std::int64_t parent = -1;  ///< index of the frame of the scope that it is written in; -1 for none
};

/// A name and a borrow of its value, which may be unbound(), moved() or freed().
struct NamedValue {
    NameId name;
    Value value;
};

struct Figure {
    std::string_view name;
    std::uint64_t value;
};

/// What the interpreter tells. Frames are numbered from 0, the main program, up to the one that asks, which
/// is last; a block's frame follows that of its function. Indices handed in are in range.
class IntrospectionSource {
  public:
    virtual ~IntrospectionSource() = default;

    virtual std::size_t frame_count() const = 0;
    virtual FrameView frame(std::size_t index) const = 0;
    /// The names of that frame alone, in the order of their slots.
    virtual void append_slots(std::size_t index, std::vector<NamedValue>& names) const = 0;
    /// The function or closure that runs in a frame of kind function or closure; a borrow.
    virtual Value frame_function(std::size_t index) const = 0;
    /// The names of the main program, wherever they lie, in the order of their declaration, then those of
    /// modules, which are composite.
    virtual void append_globals(std::vector<NamedValue>& names) const = 0;
    /// A global by its simple or composite name; a borrow, or HeapInvalidKeyError.
    virtual MemoryOutcome<Value> heap_get(std::string_view symbol) const = 0;
    /// A function by name and number of parameters; a borrow, or NameError or TypeError.
    virtual MemoryOutcome<Value> lookup_fn(std::string_view name, std::uint32_t arity) const = 0;
    /// What memory() says, by the names of the run's JSON.
    virtual void append_figures(std::vector<Figure>& figures) const = 0;
};

/// The source of a running program; the interpreter defines it. Holds as long as the machine.
const IntrospectionSource& introspection_of(Machine& machine);

/// Raises the error under its name in the language and gives Value::failed(). Where Python has the error, its
/// text is all that a program sees; elsewhere the remedy is part of the message.
Value raise_error(Machine& machine, const MemoryError& error);

/// locals globals frames memory heap_get lookup_fn frame_get frame_fn.
std::span<const Native> introspection_functions();

}  // namespace harness::lang
