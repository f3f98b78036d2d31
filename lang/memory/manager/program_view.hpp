// What the manager asks of whoever runs the program. Functions are opaque to it, so all that it knows of a
// frame beyond its slots comes through here; a runner that needs nothing special overrides header() alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lang/memory/manager/scope.hpp"
#include "lang/memory/manager/stack.hpp"

namespace harness::lang {

class ProgramView {
  public:
    virtual ~ProgramView() = default;

    virtual const FunctionHeader& header(const Function& function) const = 0;

    /// What a call of the function takes of the stack.
    virtual FrameShape shape(const Function& function) const {
        return {header(function).named_slots, header(function).named_slots};
    }
    /// The slots whose values are handed over when the frame is left.
    virtual std::span<Value> owned_slots(const Frame& frame) const {
        return {frame.base, header(*frame.function).named_slots};
    }
    /// The blocks with names of their own that are open where the frame stands, outermost first. Only for
    /// runners whose blocks use slots of their function's frame; a block that is entered has a frame.
    virtual void append_blocks(const Frame&, std::vector<const FunctionHeader*>&) const {}
    /// Line of the call that made the frame, in its caller's file; 0 when nothing called it.
    virtual std::uint32_t return_line(const Frame&) const { return 0; }
    /// False for frames that no call of the program made.
    virtual bool is_shown(const Frame&) const { return true; }

    /// Where the value of a slot's name lies: the slot itself, or the box that it refers to.
    virtual Value& place(Value& slot) const { return slot; }
    /// Whether a read of the name would give this value.
    virtual bool has_value(Value value) const { return value != Value::unbound(); }
};

}  // namespace harness::lang
