// The contract of every allocator: one concept with two operations, and the optional capabilities beside it.
// Code that needs speed takes the allocator's static type; everyone else uses the erased AnyAllocator.
//
// Rules that hold for all of them, tested on all of them by tests/allocators:
//  - sizes and alignments are in bytes; an alignment is a power of two, at least up to 2^16;
//  - size 0 is refused, and so is any size whose rounding would overflow: the answer is nullptr;
//  - nullptr means refused or exhausted; the allocator stays usable and every other block stays valid;
//  - a block belongs to the caller until it gives it back with the very n and align it asked for
//    (after a successful resize or reallocate: the new n);
//  - a block is aligned to 8 bytes even if less was asked for; its content is not initialised;
//  - no operation throws; an allocator's destruction returns all its memory to where it came from.
//
// Optional capabilities, found by `requires` (see the concepts below):
//   bool  resize(p, n_old, n_new, align)       in place; false leaves the block as it was
//   void* reallocate(p, n_old, n_new, align)   may move, keeps min(n_old, n_new) bytes; nullptr leaves the
//   block Block allocate_at_least(n, align)          tells how much it really gave; freed with that size
//   void* allocate_zeroed(n, align)            a block of zero bytes
//   Mark  mark(), void release(mark)           frees everything allocated since; marks end in reverse order
//   void  reset()                              frees everything
//   bool  owns(p)                              true exactly for addresses inside memory handed out by it
//   size_t usable_size(p, n, align)            bytes that may be written, at least n
//   void  trim()                               gives unused memory back to where it came from
//   Figures figures()                          see Figures
//   BumpWindow& window()                       see BumpWindow
//   unique_ptr<A> make_child()                 a fresh instance over the same parent; it must go before its
//   maker
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace harness::allocators {

// Who may call what: `single` is for one thread at a time; `free_from_any` lets each thread allocate and any
// thread free; `shared` allows every operation from every thread.
enum class Threading { single, free_from_any, shared };

template <class A>
concept Allocator = requires(A a, void* p, std::size_t n, std::size_t align) {
    { a.allocate(n, align) }
    noexcept->std::same_as<void*>;
    { a.deallocate(p, n, align) }
    noexcept->std::same_as<void>;
    { A::threading } -> std::convertible_to<Threading>;
};

inline constexpr std::size_t default_align = 8;

// User space of x86-64 ends at 2^47, so a larger request can never be met; and below this bound no rounding,
// header or alignment slack overflows 64 bits.
inline constexpr std::size_t request_bytes_max = std::size_t{1} << 47;
inline constexpr std::size_t align_max = std::size_t{1} << 30;

// True for what every allocator refuses. The subtraction makes size 0 the largest of all sizes.
constexpr bool is_refused(std::size_t n, std::size_t align) {
    return n - 1 >= request_bytes_max || align > align_max;
}

constexpr std::size_t round_up(std::size_t n, std::size_t power_of_two) {
    return (n + power_of_two - 1) & ~(power_of_two - 1);
}

inline std::byte* align_up(std::byte* p, std::size_t align) {
    auto address = reinterpret_cast<std::uintptr_t>(p);
    return p + (round_up(address, align) - address);
}

// What an allocator holds, in bytes. `reserved` is what its blocks take including rounding and metadata;
// `mapped` is what it has from the operating system (or, over a parent, from that parent). reserved <=
// mapped. The fields from `requested_bytes` on are filled by counting(A) only and are 0 elsewhere: a block
// that is bumped through a BumpWindow is no call, so nobody else could count it.
struct Figures {
    std::uint64_t reserved_bytes = 0;
    std::uint64_t reserved_bytes_peak = 0;
    std::uint64_t mapped_bytes = 0;
    std::uint64_t mapped_bytes_peak = 0;
    // The library whose statistic for the whole process `mapped` is; nullptr: it is this allocator's alone.
    const char* mapped_by = nullptr;
    std::uint64_t requested_bytes = 0;
    std::uint64_t requested_bytes_peak = 0;
    std::uint64_t requested_bytes_total = 0;
    std::uint64_t allocations = 0;
    std::uint64_t deallocations = 0;
    std::uint64_t refusals = 0;
};

// The free space of a bump-like allocator, lent by reference. The borrower may take n bytes itself:
// round n up to 8, take them at `cursor` if they fit below `limit`, advance `cursor`. Both stay multiples
// of 8. When the space is too small it calls allocate(), which may move the window to another place. Where
// there are marks, the borrower may also set `cursor` back to a place behind which nothing is used any more,
// as long as `limit` stays; figures then know the highest place that a call of the allocator saw.
struct BumpWindow {
    std::byte* cursor = nullptr;
    std::byte* limit = nullptr;
};

// A place to return to; only the allocator that made it can read it.
struct Mark {
    void* chunk = nullptr;
    std::byte* cursor = nullptr;
    std::byte* top = nullptr;

    bool operator==(const Mark&) const = default;
};

// A block with the size that was really given.
struct Block {
    void* p = nullptr;
    std::size_t n = 0;
};

template <class A>
concept CanResize = requires(A a, void* p, std::size_t n) {
    { a.resize(p, n, n, n) }
    noexcept->std::same_as<bool>;
};
template <class A>
concept CanReallocate = requires(A a, void* p, std::size_t n) {
    { a.reallocate(p, n, n, n) }
    noexcept->std::same_as<void*>;
};
template <class A>
concept CanAllocateAtLeast = requires(A a, std::size_t n) {
    { a.allocate_at_least(n, n) }
    noexcept->std::same_as<Block>;
};
template <class A>
concept CanAllocateZeroed = requires(A a, std::size_t n) {
    { a.allocate_zeroed(n, n) }
    noexcept->std::same_as<void*>;
};
template <class A>
concept CanMark = requires(A a, Mark mark) {
    { a.mark() }
    noexcept->std::same_as<Mark>;
    { a.release(mark) }
    noexcept;
};
template <class A>
concept CanReset = requires(A a) {
    { a.reset() }
    noexcept;
};
template <class A>
concept CanTellOwner = requires(A a, const void* p) {
    { a.owns(p) }
    noexcept->std::same_as<bool>;
};
template <class A>
concept CanTellUsableSize = requires(A a, void* p, std::size_t n) {
    { a.usable_size(p, n, n) }
    noexcept->std::same_as<std::size_t>;
};
template <class A>
concept CanTrim = requires(A a) {
    { a.trim() }
    noexcept;
};
template <class A>
concept HasFigures = requires(A a) {
    { a.figures() }
    noexcept->std::same_as<Figures>;
};
template <class A>
concept HasWindow = requires(A a) {
    { a.window() }
    noexcept->std::same_as<BumpWindow&>;
};

// Moves a block with the two basic operations when an allocator has no better way; nullptr leaves it alone.
template <Allocator A>
void* move_block(A& a, void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    void* moved = a.allocate(n_new, align);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, p, std::min(n_old, n_new));
    a.deallocate(p, n_old, align);
    return moved;
}

}  // namespace harness::allocators
