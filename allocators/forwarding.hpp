// The plain part of a wrapper: an allocator that hands every operation on to the one it holds.
// A wrapper derives from it and hides what it wants to change; no window is lent, so that it sees every
// block.
#pragma once

#include <utility>

#include "allocators/allocator.hpp"
#include "allocators/capabilities.hpp"

namespace harness::allocators {

template <Allocator A>
class Forwarding {
  public:
    static constexpr Threading threading = A::threading;

    // The inner allocator is built in place from these arguments.
    template <class... Arguments>
    explicit Forwarding(std::in_place_t, Arguments&&... arguments)
        : inner_(std::forward<Arguments>(arguments)...) {}
    Forwarding(const Forwarding&) = delete;
    Forwarding& operator=(const Forwarding&) = delete;

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        return inner_.allocate(n, align);
    }
    void deallocate(void* p, std::size_t n, std::size_t align) noexcept { inner_.deallocate(p, n, align); }
    bool resize(void* p, std::size_t n_old, std::size_t n_new,
                std::size_t align) noexcept requires CanResize<A> {
        return inner_.resize(p, n_old, n_new, align);
    }
    // Always there, for it can be had from the two basic operations.
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        if constexpr (CanReallocate<A>) {
            return inner_.reallocate(p, n_old, n_new, align);
        } else {
            return move_block(inner_, p, n_old, n_new, align);
        }
    }
    Mark mark() noexcept requires CanMark<A> { return inner_.mark(); }
    void release(Mark mark) noexcept requires CanMark<A> { inner_.release(mark); }
    void reset() noexcept requires CanReset<A> { inner_.reset(); }
    bool owns(const void* p) noexcept requires CanTellOwner<A> { return inner_.owns(p); }
    std::size_t usable_size(void* p, std::size_t n,
                            std::size_t align) noexcept requires CanTellUsableSize<A> {
        return inner_.usable_size(p, n, align);
    }
    void trim() noexcept requires CanTrim<A> { inner_.trim(); }
    Figures figures() noexcept requires HasFigures<A> { return inner_.figures(); }

    [[nodiscard]] Capabilities capabilities() const {
        Capabilities has = capabilities_of(inner_);
        has.reallocate = true;
        has.allocate_at_least = false;
        has.allocate_zeroed = false;
        has.child = false;
        return has;
    }
    [[nodiscard]] Threading threading_now() const { return threading_of(inner_); }

    // The wrapped allocator, borrowed; what is done to it directly is not seen by the wrapper.
    [[nodiscard]] A& inner() { return inner_; }

  protected:
    A inner_;
};

}  // namespace harness::allocators
