// What happens when blocks and programs end by an error or in the regular way: regions and allocators that
// were in use, and the last figures.
#include "lang/builtins/allocator_handles.hpp"
#include "lang/lifetimes/regions.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

/// Regions of this call beyond its first `keep` end; the exception in flight is copied out of them first.
void Interpreter::unwind_regions(const Frame* f, std::uint32_t keep) {
    Regions* regions = heap.regions();
    if (regions == nullptr) return;
    std::uint32_t open = 0;
    for (std::uint32_t depth = regions->depth(); depth > 0 && regions->frame_at(depth) == f; --depth) ++open;
    if (open <= keep) return;
    Value exception = pending;
    const std::uint32_t levels = open - keep;
    if (exception.is_heap() && exception != memory_error_) {
        pending = Value::absent();
        if (!copy_out(&exception, 1, levels)) return;
        pending = exception;
    }
    for (std::uint32_t i = 0; i < levels; ++i) {
        const Value saved = pending;
        pending = Value::absent();
        const bool fine = region_exit();
        if (fine) pending = saved;
    }
}

/// A name of the program's own region outlives every other: under regions what it receives is made to last.
Value Interpreter::to_global(Value v) {
    Regions* regions = heap.regions();
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
    frame = stack->at(0);
    if (frame != nullptr) release_everything();
    if (!lifetime.literals_allocate) end_arenas(*this, true);
    // A program that ended by an error leaves what is live to the harness: that is no leak.
    if (!failed)
        report_leaks(report);
    else
        report.heap.payload_bytes_leaked = 0;
    fill_report(report);
}

}  // namespace harness::lang
