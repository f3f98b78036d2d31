// What happens when blocks and programs end by an error or in the regular way: regions and allocators that
// were in use, and the last figures.
#include <utility>
#include <vector>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/lifetimes/regions.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

void Interpreter::unwind_regions(const Frame& f, std::uint32_t keep, std::span<const std::uint8_t> live) {
    Regions* regions = heap.regions();
    if (regions == nullptr) return;
    const std::uint32_t depth = regions->depth();
    std::uint32_t open = 0;
    while (depth > open && regions->frame_at(depth - open) == &f) ++open;
    if (open <= keep) return;
    const std::uint32_t levels = open - keep;
    const bool in_flight = pending.is_heap() && pending != memory_error_;
    std::vector<Value> leaving;
    for (const std::uint8_t reg : live) leaving.push_back(f.base[reg]);
    if (in_flight) leaving.push_back(std::exchange(pending, Value::absent()));
    if (copy_out(leaving.data(), static_cast<std::uint32_t>(leaving.size()), levels)) {
        for (std::size_t i = 0; i < live.size(); ++i) f.base[live[i]] = leaving[i];
        if (in_flight) pending = leaving.back();
    } else {
        // Without memory for copies all of it lives on; MemoryError takes the place of what was in flight.
        regions->promote(depth, depth - levels);
    }
    for (std::uint32_t i = 0; i < levels; ++i) {
        const Value saved = std::exchange(pending, Value::absent());
        if (region_exit()) pending = saved;
    }
}

/// A name of the program's own region outlives every other: under regions what it receives is made to last.
Value Interpreter::to_global(Value v) {
    Regions* regions = heap.regions();
    if (v.is_heap() && same_object(v, destructing)) {
        note_stored_self(Value::absent());
        return v;
    }
    if (regions != nullptr && v.is_heap() && regions->depth() != 0)
        return store_across(Value::none(), v, true);
    return v;
}

void Interpreter::finish(bool failed, RunReport& report) {
    in_exit_ = true;
    heap.counts().note_peak();
    for (Value& v : parked_) {
        const Value old = v;
        v = Value::none();
        drop(old);
    }
    const Value last = pending;
    pending = Value::absent();
    defect_.reset();
    exit_requested_ = false;
    if (last.is_heap() && last != memory_error_) drop(last);
    deinit_abandoned();
    frame = stack->at(0);
    if (frame != nullptr) {
        // The frames above the main one gave back what they had when they were left.
        stack->set_top(frame);
        release_everything();
    }
    if (!lifetime.literals_allocate) end_arenas(*this, true);
    // A program that ended by an error leaves what is live to the harness: that is no leak.
    if (!failed)
        report_leaks(report);
    else
        report.heap.payload_bytes_leaked = 0;
    fill_report(report);
}

}  // namespace harness::lang
