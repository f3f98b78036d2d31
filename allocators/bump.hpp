// The arithmetic on one bump window that `arena` and `fixed` share: take, give back the last, grow the last.
// It is a handful of instructions, inlined everywhere, and the only place where they are written down.
#pragma once

#include "allocators/allocator.hpp"

namespace harness::allocators {

inline constexpr std::size_t bump_granule = 8;

// Takes n bytes from the window, or gives nullptr when they do not fit, n being 0 or absurd included: the
// room is a multiple of the granule, so one comparison that lets size 0 wrap around covers all of it.
[[gnu::always_inline]] inline void* bump_take(BumpWindow& window, std::size_t n, std::size_t align) noexcept {
    std::byte* start = window.cursor;
    if (align > bump_granule) {
        const auto address = reinterpret_cast<std::uintptr_t>(start);
        const std::size_t padding = (align - address) & (align - 1);
        if (padding > static_cast<std::size_t>(window.limit - start)) return nullptr;
        start += padding;
    }
    const auto room = static_cast<std::size_t>(window.limit - start);
    if (n - 1 >= room) return nullptr;
    window.cursor = start + round_up(n, bump_granule);
    return start;
}

[[gnu::always_inline]] inline bool is_last(const BumpWindow& window, const void* p, std::size_t n) noexcept {
    return static_cast<const std::byte*>(p) + round_up(n, bump_granule) == window.cursor;
}

// In place: the last block up to the limit, any other only within its own rounding or by shrinking.
inline bool bump_resize(BumpWindow& window, void* p, std::size_t n_old, std::size_t n_new) noexcept {
    if (n_new - 1 >= request_bytes_max) return false;
    if (!is_last(window, p, n_old)) return round_up(n_new, bump_granule) == round_up(n_old, bump_granule);
    auto* start = static_cast<std::byte*>(p);
    if (round_up(n_new, bump_granule) > static_cast<std::size_t>(window.limit - start)) return false;
    window.cursor = start + round_up(n_new, bump_granule);
    return true;
}

}  // namespace harness::allocators
