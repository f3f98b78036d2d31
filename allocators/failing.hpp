// Lets a chosen allocation fail, so that a test can walk through every place where memory may run out.
// Failing each allocation in turn is how the handling of exhaustion is tested everywhere else.
#pragma once

#include <atomic>

#include "allocators/forwarding.hpp"

namespace harness::allocators {

// Counts, from 1, every call that may need memory: allocate, reallocate, and a resize that grows. Those from
// the `nth` on fail, `times` of them, or all if `times` is 0. `nth` 0 never fails.
template <Allocator A>
class Failing : public Forwarding<A> {
  public:
    template <class... Arguments>
    explicit Failing(std::uint64_t nth, std::uint64_t times, Arguments&&... arguments)
        : Forwarding<A>(std::in_place, std::forward<Arguments>(arguments)...), nth_(nth), times_(times) {}

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        return fails_now() ? nullptr : this->inner_.allocate(n, align);
    }
    bool resize(void* p, std::size_t n_old, std::size_t n_new,
                std::size_t align) noexcept requires CanResize<A> {
        if (n_new > n_old && fails_now()) return false;
        return this->inner_.resize(p, n_old, n_new, align);
    }
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        return fails_now() ? nullptr : Forwarding<A>::reallocate(p, n_old, n_new, align);
    }

    // How many calls were counted so far.
    [[nodiscard]] std::uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }

  private:
    bool fails_now() noexcept {
        const std::uint64_t call = calls_.fetch_add(1, std::memory_order_relaxed) + 1;
        return nth_ != 0 && call >= nth_ && (times_ == 0 || call - nth_ < times_);
    }

    std::uint64_t nth_;
    std::uint64_t times_;
    std::atomic<std::uint64_t> calls_{0};
};

}  // namespace harness::allocators
