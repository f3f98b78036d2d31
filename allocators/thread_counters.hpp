// A byte counter that many threads add to without locking each other: one slot a thread, summed on demand.
// It keeps the price of accounting for the fast general allocators at an addition instead of an atomic one.
#pragma once

#include <array>
#include <atomic>

#include "allocators/allocator.hpp"

namespace harness::allocators {

inline constexpr std::size_t counter_slots = 64;

// A number of the calling thread, unique among living threads while there are at most counter_slots - 1 of
// them; any further thread gets the last number, which they share.
std::size_t thread_slot() noexcept;

class ThreadCounters {
  public:
    // Adds a difference, negative as two's complement.
    void add(std::uint64_t difference) noexcept {
        const std::size_t index = thread_slot();
        Slot& slot = slots_[index];
        if (index == counter_slots - 1) [[unlikely]] {
            const std::uint64_t now =
                slot.bytes.fetch_add(difference, std::memory_order_relaxed) + difference;
            raise(slot, now);
            return;
        }
        const std::uint64_t now = slot.bytes.load(std::memory_order_relaxed) + difference;
        slot.bytes.store(now, std::memory_order_relaxed);
        raise(slot, now);
    }

    // The sum over all threads, exact when none is at work.
    [[nodiscard]] std::uint64_t bytes() const noexcept;
    // Exact if one thread did all the work; with several the sum of their own peaks, an upper bound.
    [[nodiscard]] std::uint64_t bytes_peak() const noexcept;

  private:
    struct alignas(64) Slot {
        std::atomic<std::uint64_t> bytes{0};
        std::atomic<std::int64_t> bytes_peak{0};
    };

    // Signed, for a thread that frees what others allocated goes below zero.
    static void raise(Slot& slot, std::uint64_t now) noexcept {
        const auto level = static_cast<std::int64_t>(now);
        if (level > slot.bytes_peak.load(std::memory_order_relaxed)) {
            slot.bytes_peak.store(level, std::memory_order_relaxed);
        }
    }

    std::array<Slot, counter_slots> slots_;
};

}  // namespace harness::allocators
