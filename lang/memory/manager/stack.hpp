// The call stack: frames, and the values in their windows. Both lie in reserved address space and never move,
// so the VM keeps raw pointers into them, and pushing a frame is a handful of instructions inlined into the
// call's handler.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allocators/outcome.hpp"
#include "lang/memory/manager/reservation.hpp"
#include "lang/memory/value.hpp"

namespace harness::lang {

struct Function;

/// One call under way. Owns nothing: the values in its window are the VM's to release before the frame is
/// popped.
struct Frame {
    const Function* function;        ///< what runs
    Value* base;                     ///< its window: arguments, locals, temporaries
    const std::uint32_t* return_pc;  ///< where the caller goes on
    std::uint32_t named_total;       ///< named slots of this frame and of all below it
    std::uint32_t result_register;   ///< of the caller's window; how its bits are used is the VM's affair
};
static_assert(sizeof(Frame) == 32);

/// What a call needs, in numbers that the compiler knows.
struct FrameShape {
    std::uint32_t window;  ///< slots from the frame's base on: named ones, temporaries, outgoing arguments
    std::uint32_t named_slots;  ///< parameters and locals
};

struct StackLimits {
    std::uint32_t max_depth = 200'000;  ///< frames, the main frame included
    std::uint64_t max_values =
        0;               ///< slots in all windows together; 0: 256 for each frame, as far as 16 GiB go
    bool words = false;  ///< a raw word beside each slot; then the slots are as many as 2 GiB hold, at most
};

/// So many bytes behind a slot lies its raw word, where a function may keep a number of a declared type.
/// Apart from the slots, because whoever looks through those takes every one for a value; at a fixed
/// distance, so that one register reaches both and the distance is part of the instruction (it has 31 bits
/// there).
inline constexpr std::size_t word_distance = (std::size_t{1} << 31) - (std::size_t{1} << 16);

class Stack {
  public:
    /// Fails when the address space for the limits cannot be had.
    static Outcome<Stack> create(StackLimits limits);

    Stack(Stack&&) = default;
    Stack& operator=(Stack&&) = default;

    /// Puts a frame above `caller` without making it the current one, for a VM that carries the current frame
    /// in a register and calls set_top() when it leaves its handlers. `base` must lie at or above the
    /// caller's base; windows may overlap. nullptr when the depth or the value space is exhausted: nothing
    /// has changed then.
    ///
    /// A limit is looked at only when its peak rises: the comparison with the peak serves as both.
    [[gnu::always_inline]] inline Frame* push_above(Frame* caller, const Function* function, Value* base,
                                                    FrameShape shape, const std::uint32_t* return_pc,
                                                    std::uint32_t result_register) {
        Frame* const frame = caller + 1;
        Value* const window_end = base + shape.window;
        const std::uint32_t named_total = caller->named_total + shape.named_slots;
        if (window_end > window_peak_) [[unlikely]] {
            if (window_end > values_end_ || frame >= frames_end_) return nullptr;
            window_peak_ = window_end;
        }
        if (frame > frame_peak_) [[unlikely]] {
            if (frame >= frames_end_) return nullptr;
            frame_peak_ = frame;
        }
        if (named_total > named_peak_) [[unlikely]]
            named_peak_ = named_total;
        *frame = {function, base, return_pc, named_total, result_register};
        return frame;
    }

    /// The same above the current frame; the new frame is the current one.
    Frame* push(const Function* function, Value* base, FrameShape shape,
                const std::uint32_t* return_pc = nullptr, std::uint32_t result_register = 0) {
        Frame* const frame = push_above(top_, function, base, shape, return_pc, result_register);
        if (frame != nullptr) [[likely]]
            top_ = frame;
        return frame;
    }
    /// Removes the current frame; there must be one. What its window held must have been released.
    void pop() { --top_; }

    /// The current frame, or nullptr when there is none.
    Frame* peek() { return empty() ? nullptr : top_; }
    const Frame* peek() const { return empty() ? nullptr : top_; }
    /// The frame below, that of the caller; nullptr for the main frame.
    Frame* parent(const Frame* frame) {
        return frame - frames_ > 1 ? frames_ + (frame - frames_ - 1) : nullptr;
    }
    const Frame* parent(const Frame* frame) const { return frame - frames_ > 1 ? frame - 1 : nullptr; }
    /// The frame at a depth: 0 is the main frame, depth() - 1 the current one; nullptr outside.
    Frame* at(std::size_t index) { return index < depth() ? frames_ + 1 + index : nullptr; }
    const Frame* at(std::size_t index) const { return index < depth() ? frames_ + 1 + index : nullptr; }

    /// Frames, the main one included.
    std::size_t depth() const { return static_cast<std::size_t>(top_ - frames_); }
    bool empty() const { return top_ == frames_; }
    /// What push() puts the next frame above; for an empty stack a record with no slots, which is no frame.
    Frame* top() { return top_; }
    void set_top(Frame* frame) { top_ = frame; }
    /// Makes the frame at `depth - 1` the current one; 0: none. Frames above are forgotten, none may be new.
    void set_depth(std::size_t depth) { top_ = frames_ + depth; }
    /// The first slot of the value space, the base of the main frame.
    Value* values() { return values_; }
    const Value* values() const { return values_; }
    const Value* values_end() const { return values_end_; }

    // --- Figures, since creation or clear().
    std::size_t frames_peak() const { return static_cast<std::size_t>(frame_peak_ - frames_); }
    /// 8 bytes for each named slot, the most that one call chain held.
    std::size_t value_bytes_peak() const { return std::size_t{named_peak_} * sizeof(Value); }
    /// Bytes from the first slot to the end of the farthest window, temporaries included.
    std::size_t window_bytes_peak() const {
        return static_cast<std::size_t>(window_peak_ - values_) * sizeof(Value);
    }

    /// Drops all frames and figures; the memory goes back to the system.
    void clear();

  private:
    Stack(Reservation frames, Reservation values, StackLimits limits);
    void reset();

    Frame* top_ = nullptr;
    Frame* frame_peak_ = nullptr;
    Value* window_peak_ = nullptr;
    std::uint32_t named_peak_ = 0;
    const Frame* frames_end_ = nullptr;
    const Value* values_end_ = nullptr;
    Frame* frames_ = nullptr;  ///< [0] is the record below the main frame
    Value* values_ = nullptr;
    Reservation frame_space_;
    Reservation value_space_;
};

}  // namespace harness::lang
