// Making and clearing the stack; what happens in a call is inline in the header. The sizes of the two
// reservations are decided here, so that every limit is checked once, before the program runs.
#include "lang/memory/manager/stack.hpp"

#include <algorithm>
#include <utility>

namespace harness::lang {

namespace {
/// Reserved for each frame unless asked otherwise: what a compiler with 8-bit register operands can use at
/// most.
constexpr std::uint64_t values_per_frame = 256;
/// A main frame alone may be larger than the average.
constexpr std::uint64_t values_at_least = 65'536;
}  // namespace

Outcome<Stack> Stack::create(StackLimits limits) {
    if (limits.max_values == 0) {
        const std::uint64_t generous = std::max(limits.max_depth * values_per_frame, values_at_least);
        limits.max_values = std::min<std::uint64_t>(generous, Reservation::max_bytes / sizeof(Value));
    }
    if (limits.max_values > Reservation::max_bytes / sizeof(Value))
        return Failure{"the value stack is over the limit of 16 GiB", "ask for a smaller --max-depth"};
    if (limits.words)
        limits.max_values = std::min<std::uint64_t>(limits.max_values, word_distance / sizeof(Value));
    Outcome<Reservation> frames = Reservation::create((std::size_t{limits.max_depth} + 1) * sizeof(Frame));
    if (!frames) return frames.failure();
    const std::size_t words = limits.words ? word_distance : 0;
    Outcome<Reservation> values = Reservation::create(words + limits.max_values * sizeof(Value));
    if (!values) return values.failure();
    return Stack(std::move(frames).value(), std::move(values).value(), limits);
}

Stack::Stack(Reservation frames, Reservation values, StackLimits limits)
    : frames_(static_cast<Frame*>(frames.data())),
      values_(static_cast<Value*>(values.data())),
      frame_space_(std::move(frames)),
      value_space_(std::move(values)) {
    frames_end_ = frames_ + limits.max_depth + 1;
    values_end_ = values_ + limits.max_values;
    reset();
}

void Stack::reset() {
    top_ = frame_peak_ = frames_;
    window_peak_ = values_;
    named_peak_ = 0;
}

void Stack::clear() {
    frame_space_.clear();
    value_space_.clear();
    reset();
}

}  // namespace harness::lang
