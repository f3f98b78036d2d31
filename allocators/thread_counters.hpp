// A byte counter that many threads add to without locking each other: one slot a thread, summed on demand.
// It keeps the price of accounting for the fast general allocators at an addition instead of an atomic one.
#pragma once

#include <array>
#include <atomic>

#include "allocators/allocator.hpp"

namespace harness::allocators {

inline constexpr std::size_t counter_slots = 64;

inline constexpr std::size_t shared_slot = counter_slots - 1;

// The calling thread's number, or counter_slots before its first count. It is the only state here that is not
// in an object, for there is one of each thread in the process; constant initialisation makes reading it a
// single load.
inline thread_local constinit std::size_t thread_slot_or_none = counter_slots;

// Numbers the calling thread: unique among living threads while there are fewer than counter_slots of them;
// any further thread gets `shared_slot`, and so does a thread whose own destructors have begun.
std::size_t assign_thread_slot() noexcept;

// Takes a number that no living thread has, so that the caller may tidy up what its last thread left; false
// if it is taken. What that thread did happened before. The caller gives it back with return_thread_slot().
bool take_idle_thread_slot(std::size_t index) noexcept;
void return_thread_slot(std::size_t index) noexcept;

class ThreadCounters {
  public:
    void add(std::uint64_t bytes) noexcept {
        Slot& slot = slot_of_thread();
        const std::uint64_t now = change(slot, bytes);
        // Signed, for a thread that frees what others allocated goes below zero.
        const auto level = static_cast<std::int64_t>(now);
        if (level > slot.bytes_peak.load(std::memory_order_relaxed)) {
            slot.bytes_peak.store(level, std::memory_order_relaxed);
        }
    }

    void subtract(std::uint64_t bytes) noexcept { change(slot_of_thread(), 0 - bytes); }

    void replace(std::uint64_t bytes_old, std::uint64_t bytes_new) noexcept {
        subtract(bytes_old);
        add(bytes_new);
    }

    // The sum over all threads, exact when none is at work.
    [[nodiscard]] std::uint64_t bytes() const noexcept;
    // Exact if one thread did all the work; with several the sum of their own peaks, which may be more.
    [[nodiscard]] std::uint64_t bytes_peak() const noexcept;

  private:
    struct alignas(64) Slot {
        std::atomic<std::uint64_t> bytes{0};
        std::atomic<std::int64_t> bytes_peak{0};
    };

    Slot& slot_of_thread() noexcept {
        std::size_t index = thread_slot_or_none;
        if (index == counter_slots) [[unlikely]] {
            index = assign_thread_slot();
        }
        return slots_[index];
    }

    // A thread alone on its slot needs no atomic addition, only that readers see whole values.
    std::uint64_t change(Slot& slot, std::uint64_t difference) noexcept {
        if (&slot == &slots_[shared_slot]) [[unlikely]] {
            return slot.bytes.fetch_add(difference, std::memory_order_relaxed) + difference;
        }
        const std::uint64_t now = slot.bytes.load(std::memory_order_relaxed) + difference;
        slot.bytes.store(now, std::memory_order_relaxed);
        return now;
    }

    std::array<Slot, counter_slots> slots_;
};

}  // namespace harness::allocators
