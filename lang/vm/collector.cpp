// Roots, marking, sweeping and the pace of all three.
#include "lang/vm/collector.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "lang/monotonic_clock.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

/// Below this, what lives is not worth a cycle.
constexpr std::uint64_t first_cycle_bytes = 1 << 20;
/// The program makes so many bytes between two steps, and a step looks at so many times as many: marking is
/// done before the heap has grown by a quarter.
constexpr std::uint64_t step_bytes = 32 << 10;
constexpr std::uint64_t step_factor = 4;
/// Marking or sweeping one object looks at its header, too.
constexpr std::uint64_t bytes_per_object = 16;
constexpr std::uint64_t objects_per_clock = 256;
/// Above the innermost window stand the arguments of a call that has not begun.
constexpr std::ptrdiff_t slots_above = 512;
constexpr int exit_rounds_max = 100;

/// Zero bits are the float 0.0. Whole pages of a large range are given back instead of written.
void clear(Value* from, Value* to) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = (reinterpret_cast<std::uintptr_t>(from) + page - 1) & ~(page - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(to) & ~(page - 1);
    if (end > begin && end - begin >= 64 * page &&
        madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED) == 0) {
        std::fill(from, reinterpret_cast<Value*>(begin), Value{0});
        from = reinterpret_cast<Value*>(end);
    }
    std::fill(from, to, Value{0});
}

}  // namespace

Collector::Collector(Interpreter& vm, std::uint64_t pause_ns)
    : vm_(vm),
      pause_ns_(pause_ns),
      interval_(vm.options.gc_stress ? 0 : step_bytes),
      begin_at_(first_cycle_bytes) {
    if (vm.options.gc_stress)
        begin_at_ = 0;
    else if (vm.options.max_heap_bytes != 0)
        begin_at_ = std::min(begin_at_, vm.options.max_heap_bytes / 2);
    vm_.heap.set_birth_word(epoch_);
}

std::uint64_t Collector::live_bytes() const {
    const HeapCounts& counts = vm_.heap.counts();
    return counts.payload_live() + counts.header_live;
}

/// Near a limit, steps come sooner: the next cycle must begin before it is reached.
std::uint64_t Collector::interval() const {
    const std::uint64_t limit = vm_.options.max_heap_bytes, live = live_bytes();
    return limit == 0 ? interval_ : std::min(interval_, (limit - std::min(limit, live)) / 8);
}

std::uint32_t& Collector::mark_of(Value v) const {
    // The mark of a string stands where that of a header does.
    return static_cast<std::uint32_t*>(vm_.heap.address(v))[-1];
}

// --- Pace

void Collector::note(Value made) {
    objects_.push_back(made);
    if (vm_.heap.counts().payload_total >= next_step_ && !pausing_) step();
}

void Collector::step() {
    next_step_ = vm_.heap.counts().payload_total + interval();
    if (phase_ == Phase::idle) {
        vm_.attention = vm_.attention || due() || !doomed_.empty();
        return;
    }
    pausing_ = true;
    const std::uint64_t begin = now_ns();
    if (phase_ == Phase::marking) {
        if (!mark(interval_ * step_factor, begin + pause_ns_)) end_marking();
    } else if (!sweep(interval_ * step_factor, begin + pause_ns_)) {
        end_sweep();
    }
    vm_.costs.note_pause(now_ns() - begin);
    pausing_ = false;
}

void Collector::safepoint() {
    vm_.attention = false;
    // The functions of the language in between may hold what nothing else does.
    if (vm_.nested_ != 0) return;
    if (due()) begin_cycle();
    if (!doomed_.empty()) run_destructors();
}

void Collector::finish_cycle() {
    pausing_ = true;
    const std::uint64_t begin = now_ns();
    while (phase_ != Phase::idle) {
        if (phase_ == Phase::marking) {
            if (!mark(~std::uint64_t{0}, ~std::uint64_t{0})) end_marking();
        } else if (!sweep(~std::uint64_t{0}, ~std::uint64_t{0})) {
            end_sweep();
        }
    }
    vm_.costs.note_pause(now_ns() - begin);
    pausing_ = false;
}

bool Collector::reclaim() {
    if (phase_ == Phase::idle || pausing_) return false;
    const std::uint64_t before = live_bytes();
    finish_cycle();
    // What became unreachable since it began is left for another one, soon.
    begin_at_ = 0;
    vm_.attention = true;
    return live_bytes() < before;
}

bool Collector::reclaim_all() {
    if (vm_.nested_ != 0 || pausing_) return false;
    const std::uint64_t before = live_bytes();
    if (phase_ != Phase::idle) finish_cycle();
    begin_cycle();
    finish_cycle();
    const std::uint64_t after = live_bytes();
    // The allocator's limit is where it was met: cycles begin half-way from now on.
    begin_at_ = std::min(begin_at_, after + (before - std::min(before, after)) / 2 + 1);
    return after < before;
}

// --- Marking

void Collector::shade(Value v) {
    if (!v.is_heap() || !vm_.heap.live(v)) return;
    if (members_only_ && !members_.contains(v.payload())) return;
    std::uint32_t& mark = mark_of(v);
    if (mark >= epoch_) return;
    mark = epoch_;
    if (!v.is_string()) to_scan_.push_back(v);
}

void Collector::begin_cycle() {
    const std::uint64_t begin = now_ns();
    pausing_ = true;
    ++vm_.costs.collections;
    ++epoch_;
    vm_.heap.set_birth_word(epoch_);
    members_only_ = vm_.heap.has_arenas() && !vm_.heap.checked();
    if (members_only_)
        for (const Value v : objects_) members_.insert(v.payload());
    mark_roots();
    phase_ = Phase::marking;
    vm_.marking = true;
    next_step_ = vm_.heap.counts().payload_total + interval();
    vm_.costs.note_pause(now_ns() - begin);
    pausing_ = false;
    // Half of them at once, the others as slowly as may be.
    if (vm_.options.gc_stress && epoch_ % 2 == 0) finish_cycle();
}

/// Windows overlap without gaps, so all of them are one range. A register that its function has not written
/// yet holds what an earlier call left there, which lives still: what lies above the windows is cleared
/// here, and nothing that was written since has been swept.
void Collector::mark_stack() {
    Stack& stack = *vm_.stack;
    Value* const peak = stack.values() + stack.window_bytes_peak() / sizeof(Value);
    const Frame& innermost = *vm_.frame;
    Value* const top = innermost.base + innermost.function->registers;
    Value* const end = std::min(const_cast<Value*>(stack.values_end()), top + slots_above);
    for (const Value* slot = stack.values(); slot != end; ++slot) shade(*slot);
    if (end < peak) clear(end, peak);
}

void Collector::mark_roots() {
    mark_stack();
    const Heap& names = vm_.manager->heap();
    for (std::uint32_t i = 0; i < names.size(); ++i) shade(names.slots()[i]);
    shade(vm_.pending);
    shade(vm_.scratch);
    for (const Value v : vm_.parked_) shade(v);
    for (const Value v : vm_.kept_forever_) shade(v);
    for (const Value v : doomed_) shade(v);
    for (const auto& type : vm_.owned_classes)
        for (const auto& [name, member] : type->members)
            if (!member.inherited) shade(member.value);
    // What an arena handle of the program holds goes with that, whoever refers to it; what it refers to is
    // reachable.
    for (const auto& handle : vm_.handles)
        for (const ObjectHeap::Made& made : handle->objects)
            if (vm_.heap.still_made(made) && vm_.heap.live(made.value)) mark_places_of(made.value);
}

void Collector::mark_places_of(Value v) {
    if (v.is_string()) return;
    vm_.visit_slots(v, [this](Value slot) { shade(slot); });
    if (vm_.kept_.empty()) return;
    if (const auto kept = vm_.kept_.find(v.payload()); kept != vm_.kept_.end())
        for (const Value held : kept->second) shade(held);
}

bool Collector::mark(std::uint64_t bytes, std::uint64_t until_ns) {
    std::uint64_t done = 0;
    for (std::uint64_t n = 1; !to_scan_.empty(); ++n) {
        const Value v = to_scan_.back();
        to_scan_.pop_back();
        mark_places_of(v);
        std::uint64_t looked_at = bytes_per_object + vm_.slots_of(v).size_bytes();
        vm_.visit_packed(v, [&](Value) { looked_at += sizeof(Value); });
        vm_.costs.traced_bytes += looked_at;
        done += looked_at;
        if (done >= bytes || (n % objects_per_clock == 0 && now_ns() >= until_ns)) break;
    }
    return !to_scan_.empty();
}

/// What has a destructor is held with all it leads to until that has run.
void Collector::end_marking() {
    const auto reachable = [this](Value v) { return mark_of(v) >= epoch_; };
    const auto first = std::stable_partition(with_destructor_.begin(), with_destructor_.end(), reachable);
    if (first != with_destructor_.end()) {
        doomed_.insert(doomed_.end(), first, with_destructor_.end());
        with_destructor_.erase(first, with_destructor_.end());
        for (const Value v : doomed_) shade(v);
        vm_.attention = true;
        if (!to_scan_.empty()) return;
    }
    members_.clear();
    members_only_ = false;
    vm_.marking = false;
    phase_ = Phase::sweeping;
    swept_ = kept_ = 0;
    sweep_end_ = objects_.size();
}

// --- Sweeping

void Collector::destroy(Value v) {
    vm_.side_tables_.erase(v.payload());
    vm_.kept_.erase(v.payload());
    vm_.buffer_shadows.erase(v.payload());
    if (v.is_counted()) vm_.caught_traces_.erase(v.payload());
    vm_.heap.destroy(v);
}

bool Collector::sweep(std::uint64_t bytes, std::uint64_t until_ns) {
    std::uint64_t done = 0;
    for (std::uint64_t n = 1; swept_ != sweep_end_; ++n) {
        const Value v = objects_[swept_++];
        if (mark_of(v) >= epoch_)
            objects_[kept_++] = v;
        else
            destroy(v);
        done += bytes_per_object;
        if (done >= bytes || (n % objects_per_clock == 0 && now_ns() >= until_ns)) break;
    }
    return swept_ != sweep_end_;
}

void Collector::end_sweep() {
    objects_.erase(objects_.begin() + static_cast<std::ptrdiff_t>(kept_),
                   objects_.begin() + static_cast<std::ptrdiff_t>(sweep_end_));
    phase_ = Phase::idle;
    const std::uint64_t live = live_bytes(), limit = vm_.options.max_heap_bytes;
    begin_at_ = vm_.options.gc_stress ? 0 : std::max(first_cycle_bytes, live * 2);
    if (limit != 0) begin_at_ = std::min(begin_at_, live + (limit - std::min(limit, live)) / 2);
}

bool Interpreter::collected_instead() {
    if (collector == nullptr || pending != memory_error_ || !collector->reclaim_all()) return false;
    pending = Value::absent();
    return true;
}

// --- Destructors and the end

/// An error in a destructor is swallowed; a defect or exit() in it ends the program, and the others wait.
void Collector::run_destructors() {
    while (!doomed_.empty() && !vm_.uncatchable()) {
        const Value v = doomed_.back();
        doomed_.pop_back();
        vm_.run_destructor(v);
    }
}

void Collector::end() {
    if (phase_ != Phase::idle) finish_cycle();
    pausing_ = true;
    for (int round = 0; round < exit_rounds_max && !(doomed_.empty() && with_destructor_.empty()); ++round) {
        run_destructors();
        doomed_ = std::exchange(with_destructor_, {});
        run_destructors();
        if (vm_.uncatchable()) break;
    }
    for (const Value v : objects_) destroy(v);
    objects_.clear();
}

}  // namespace harness::lang
