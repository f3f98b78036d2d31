// Bump allocation in one buffer of fixed size, which may be the caller's own and may lie on the stack.
// Nothing grows and nothing falls back: when the buffer is full the answer is nullptr, which makes the worst
// case known.
#pragma once

#include <span>
#include <utility>

#include "allocators/bump.hpp"
#include "allocators/page.hpp"

namespace harness::allocators {

inline constexpr std::size_t fixed_bytes_default = std::size_t{64} << 20;

// Over memory that the caller owns and keeps until this object and all its blocks are done with.
// Freeing and growing work for the last block; others wait for release() or reset().
class FixedBuffer {
  public:
    static constexpr Threading threading = Threading::single;

    // Up to 7 bytes at either end are lost if the memory is not aligned to 8.
    explicit FixedBuffer(std::span<std::byte> memory) noexcept;
    FixedBuffer(const FixedBuffer&) = delete;
    FixedBuffer& operator=(const FixedBuffer&) = delete;

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        return bump_take(window_, n, align);
    }

    void deallocate(void* p, std::size_t n, std::size_t) noexcept {
        if (is_last(window_, p, n)) go_back(static_cast<std::byte*>(p));
    }

    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t) noexcept {
        if (n_new < n_old && is_last(window_, p, n_old)) note_peak();
        return bump_resize(window_, p, n_old, n_new);
    }

    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        return resize(p, n_old, n_new, align) ? p : move_block(*this, p, n_old, n_new, align);
    }

    Mark mark() noexcept { return {nullptr, window_.cursor, nullptr}; }
    void release(Mark mark) noexcept { go_back(mark.cursor); }
    void reset() noexcept { go_back(begin_); }
    bool owns(const void* p) noexcept;
    std::size_t usable_size(void*, std::size_t n, std::size_t) noexcept { return round_up(n, bump_granule); }
    // mapped is the size of the buffer; this object cannot know how much of it the kernel has backed.
    Figures figures() noexcept;
    BumpWindow& window() noexcept { return window_; }

  private:
    void note_peak() noexcept { high_cursor_ = std::max(high_cursor_, window_.cursor); }
    void go_back(std::byte* cursor) noexcept {
        note_peak();
        window_.cursor = cursor;
    }

    BumpWindow window_;
    std::byte* begin_;
    std::byte* high_cursor_;
};

// The parent and the buffer it gave: a base of Fixed, for it must exist before FixedBuffer does.
template <Allocator Parent>
class FixedMemory {
  protected:
    template <class... ParentArguments>
    explicit FixedMemory(std::size_t bytes, ParentArguments&&... arguments)
        : parent_(std::forward<ParentArguments>(arguments)...),
          start_(static_cast<std::byte*>(parent_.allocate(bytes, bump_granule))),
          bytes_(start_ == nullptr ? 0 : bytes) {}
    ~FixedMemory() {
        if (start_ != nullptr) parent_.deallocate(start_, bytes_, bump_granule);
    }
    FixedMemory(const FixedMemory&) = delete;
    FixedMemory& operator=(const FixedMemory&) = delete;

    [[nodiscard]] std::span<std::byte> memory() const { return {start_, bytes_}; }

  private:
    Parent parent_;
    std::byte* start_;
    std::size_t bytes_;
};

// FixedBuffer over memory that is taken from a parent at construction and given back at the end. If the
// parent has none to give, every allocation is refused; ready() tells.
template <Allocator Parent>
class Fixed : private FixedMemory<Parent>, public FixedBuffer {
  public:
    template <class... ParentArguments>
    explicit Fixed(std::size_t bytes = fixed_bytes_default, ParentArguments&&... arguments)
        : FixedMemory<Parent>(bytes, std::forward<ParentArguments>(arguments)...),
          FixedBuffer(this->memory()) {}

    [[nodiscard]] bool ready() const { return !this->memory().empty(); }
};

}  // namespace harness::allocators
