// One lock around every operation of the allocator it wraps: any allocator becomes safe to share.
// It is also the baseline against which allocators with threads in mind have to show their worth.
#pragma once

#include <mutex>

#include "allocators/forwarding.hpp"

namespace harness::allocators {

// Marks, releases and resets end other threads' blocks too; agreeing on them is the callers' affair.
template <Allocator A>
class Locked : public Forwarding<A> {
  public:
    static constexpr Threading threading = Threading::shared;

    template <class... Arguments>
    explicit Locked(Arguments&&... arguments)
        : Forwarding<A>(std::in_place, std::forward<Arguments>(arguments)...) {}

    [[nodiscard]] Threading threading_now() const { return threading; }

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        const std::lock_guard lock(mutex_);
        return this->inner_.allocate(n, align);
    }
    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        const std::lock_guard lock(mutex_);
        this->inner_.deallocate(p, n, align);
    }
    bool resize(void* p, std::size_t n_old, std::size_t n_new,
                std::size_t align) noexcept requires CanResize<A> {
        const std::lock_guard lock(mutex_);
        return this->inner_.resize(p, n_old, n_new, align);
    }
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        const std::lock_guard lock(mutex_);
        return Forwarding<A>::reallocate(p, n_old, n_new, align);
    }
    Mark mark() noexcept requires CanMark<A> {
        const std::lock_guard lock(mutex_);
        return this->inner_.mark();
    }
    void release(Mark mark) noexcept requires CanMark<A> {
        const std::lock_guard lock(mutex_);
        this->inner_.release(mark);
    }
    void reset() noexcept requires CanReset<A> {
        const std::lock_guard lock(mutex_);
        this->inner_.reset();
    }
    bool owns(const void* p) noexcept requires CanTellOwner<A> {
        const std::lock_guard lock(mutex_);
        return this->inner_.owns(p);
    }
    std::size_t usable_size(void* p, std::size_t n,
                            std::size_t align) noexcept requires CanTellUsableSize<A> {
        const std::lock_guard lock(mutex_);
        return this->inner_.usable_size(p, n, align);
    }
    void trim() noexcept requires CanTrim<A> {
        const std::lock_guard lock(mutex_);
        this->inner_.trim();
    }
    Figures figures() noexcept requires HasFigures<A> {
        const std::lock_guard lock(mutex_);
        return this->inner_.figures();
    }

  private:
    std::mutex mutex_;
};

}  // namespace harness::allocators
