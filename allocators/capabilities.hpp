// Which optional operations an allocator offers, as a set of bits known at run time.
// An erased allocator and the wrappers around it have every operation in their type, so only the object can
// tell.
#pragma once

#include <memory>

#include "allocators/allocator.hpp"

namespace harness::allocators {

struct Capabilities {
    bool resize = false;
    bool reallocate = false;
    bool allocate_at_least = false;
    bool allocate_zeroed = false;
    bool mark = false;
    bool reset = false;
    bool owns = false;
    bool usable_size = false;
    bool trim = false;
    bool figures = false;
    bool child = false;
};

template <class A>
concept CanMakeChild = requires(A a) {
    { a.make_child() } -> std::same_as<std::unique_ptr<A>>;
};

template <Allocator A>
Capabilities capabilities_of(const A& a) {
    if constexpr (requires { a.capabilities(); }) {
        return a.capabilities();
    } else {
        return {.resize = CanResize<A>,
                .reallocate = CanReallocate<A>,
                .allocate_at_least = CanAllocateAtLeast<A>,
                .allocate_zeroed = CanAllocateZeroed<A>,
                .mark = CanMark<A>,
                .reset = CanReset<A>,
                .owns = CanTellOwner<A>,
                .usable_size = CanTellUsableSize<A>,
                .trim = CanTrim<A>,
                .figures = HasFigures<A>,
                .child = CanMakeChild<A>};
    }
}

// The threading of this object: that of its type, unless the type only forwards to another.
template <Allocator A>
Threading threading_of(const A& a) {
    if constexpr (requires { a.threading_now(); }) {
        return a.threading_now();
    } else {
        return A::threading;
    }
}

}  // namespace harness::allocators
