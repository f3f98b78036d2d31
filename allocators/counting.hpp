// Counts calls and requested bytes of the allocator it wraps, for any question that figures alone cannot
// answer. Thanks to it the allocators themselves need not count, and bump allocation stays a bump.
#pragma once

#include <atomic>
#include <vector>

#include "allocators/forwarding.hpp"

namespace harness::allocators {

// requested_bytes follows every way of release; release() takes it back to where mark() found it, which
// assumes that no block from before the mark was freed in between. Blocks ended in bulk are no deallocations.
template <Allocator A>
class Counting : public Forwarding<A> {
  public:
    template <class... Arguments>
    explicit Counting(Arguments&&... arguments)
        : Forwarding<A>(std::in_place, std::forward<Arguments>(arguments)...) {}

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        void* p = this->inner_.allocate(n, align);
        if (p == nullptr) {
            refusals_.fetch_add(1, std::memory_order_relaxed);
            return nullptr;
        }
        allocations_.fetch_add(1, std::memory_order_relaxed);
        requested_bytes_total_.fetch_add(n, std::memory_order_relaxed);
        change_requested(n, 0);
        return p;
    }

    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        deallocations_.fetch_add(1, std::memory_order_relaxed);
        change_requested(0, n);
        this->inner_.deallocate(p, n, align);
    }

    bool resize(void* p, std::size_t n_old, std::size_t n_new,
                std::size_t align) noexcept requires CanResize<A> {
        if (!this->inner_.resize(p, n_old, n_new, align)) return false;
        count_growth(n_old, n_new);
        return true;
    }

    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        void* moved = Forwarding<A>::reallocate(p, n_old, n_new, align);
        if (moved == nullptr) {
            refusals_.fetch_add(1, std::memory_order_relaxed);
        } else {
            count_growth(n_old, n_new);
        }
        return moved;
    }

    Mark mark() noexcept requires CanMark<A> {
        const Mark mark = this->inner_.mark();
        // A mark at the place of the last one finds the same blocks alive, so it may take its place.
        if (marks_.empty() || marks_.back().mark != mark) marks_.push_back({mark, 0});
        marks_.back().requested_bytes = requested_bytes_.load(std::memory_order_relaxed);
        return mark;
    }

    void release(Mark mark) noexcept requires CanMark<A> {
        while (!marks_.empty() && marks_.back().mark != mark) marks_.pop_back();
        requested_bytes_.store(marks_.empty() ? 0 : marks_.back().requested_bytes, std::memory_order_relaxed);
        this->inner_.release(mark);
    }

    void reset() noexcept requires CanReset<A> {
        marks_.clear();
        requested_bytes_.store(0, std::memory_order_relaxed);
        this->inner_.reset();
    }

    // The wrapped allocator's figures, where it has any, and the counts.
    Figures figures() noexcept {
        Figures f;
        if constexpr (HasFigures<A>) f = this->inner_.figures();
        f.requested_bytes = requested_bytes_.load(std::memory_order_relaxed);
        f.requested_bytes_peak = requested_bytes_peak_.load(std::memory_order_relaxed);
        f.requested_bytes_total = requested_bytes_total_.load(std::memory_order_relaxed);
        f.allocations = allocations_.load(std::memory_order_relaxed);
        f.deallocations = deallocations_.load(std::memory_order_relaxed);
        f.refusals = refusals_.load(std::memory_order_relaxed);
        return f;
    }

    [[nodiscard]] Capabilities capabilities() const {
        Capabilities has = Forwarding<A>::capabilities();
        has.figures = true;
        return has;
    }

  private:
    struct MarkedLevel {
        Mark mark;
        std::uint64_t requested_bytes;
    };

    void change_requested(std::uint64_t added, std::uint64_t removed) noexcept {
        const std::uint64_t difference = added - removed;
        const std::uint64_t now =
            requested_bytes_.fetch_add(difference, std::memory_order_relaxed) + difference;
        std::uint64_t peak = requested_bytes_peak_.load(std::memory_order_relaxed);
        // Only an addition can make a peak; a removal may see the sum while another thread's is still to
        // come.
        while (added > removed && now > peak &&
               !requested_bytes_peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
        }
    }
    void count_growth(std::size_t n_old, std::size_t n_new) noexcept {
        if (n_new > n_old) requested_bytes_total_.fetch_add(n_new - n_old, std::memory_order_relaxed);
        change_requested(n_new, n_old);
    }

    std::atomic<std::uint64_t> requested_bytes_{0};
    std::atomic<std::uint64_t> requested_bytes_peak_{0};
    std::atomic<std::uint64_t> requested_bytes_total_{0};
    std::atomic<std::uint64_t> allocations_{0};
    std::atomic<std::uint64_t> deallocations_{0};
    std::atomic<std::uint64_t> refusals_{0};
    std::vector<MarkedLevel> marks_;
};

}  // namespace harness::allocators
