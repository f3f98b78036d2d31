// The numbering of threads behind ThreadCounters: lowest free number first, given back when the thread ends.
// Numbers are bits of one word, so that taking one needs no lock and no memory.
#include "allocators/thread_counters.hpp"

#include <bit>

namespace harness::allocators {

namespace {

std::atomic<std::uint64_t>& taken_slots() {
    static std::atomic<std::uint64_t> taken{0};
    return taken;
}

struct SlotOfThread {
    std::size_t index;

    SlotOfThread() : index(shared_slot) {
        std::uint64_t taken = taken_slots().load(std::memory_order_relaxed);
        for (;;) {
            const auto lowest = static_cast<std::size_t>(std::countr_one(taken));
            if (lowest >= shared_slot) return;
            // Acquire pairs with the release below: the number's former thread has finished its additions.
            if (taken_slots().compare_exchange_weak(taken, taken | std::uint64_t{1} << lowest,
                                                    std::memory_order_acquire, std::memory_order_relaxed)) {
                index = lowest;
                return;
            }
        }
    }
    ~SlotOfThread() {
        thread_slot_or_none = shared_slot;
        if (index != shared_slot) return_thread_slot(index);
    }
};

}  // namespace

std::size_t assign_thread_slot() noexcept {
    // Its destructor gives the number back at the thread's end.
    thread_local const SlotOfThread slot;
    thread_slot_or_none = slot.index;
    return slot.index;
}

bool take_idle_thread_slot(std::size_t index) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << index;
    return (taken_slots().fetch_or(bit, std::memory_order_acquire) & bit) == 0;
}

void return_thread_slot(std::size_t index) noexcept {
    taken_slots().fetch_and(~(std::uint64_t{1} << index), std::memory_order_release);
}

std::uint64_t ThreadCounters::bytes() const noexcept {
    std::uint64_t sum = 0;
    for (const Slot& slot : slots_) sum += slot.bytes.load(std::memory_order_relaxed);
    return sum;
}

std::uint64_t ThreadCounters::bytes_peak() const noexcept {
    std::int64_t sum = 0;
    for (const Slot& slot : slots_) sum += slot.bytes_peak.load(std::memory_order_relaxed);
    return static_cast<std::uint64_t>(sum);
}

}  // namespace harness::allocators
