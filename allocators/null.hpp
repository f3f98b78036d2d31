// Bytes of one buffer, handed out again and again: what a native driver costs when its allocator costs
// nothing. Its blocks overlap, so only drivers that do not rely on what they wrote may use it.
#pragma once

#include "allocators/bump.hpp"
#include "allocators/page.hpp"

namespace harness::allocators {

inline constexpr std::size_t null_bytes_default = std::size_t{1} << 20;

// Keeps every rule of the contract but one: blocks overlap once the buffer has been gone through. Nothing
// larger than the buffer can be had.
class Null {
  public:
    static constexpr Threading threading = Threading::single;

    explicit Null(std::size_t bytes = null_bytes_default) noexcept
        : bytes_(round_up(bytes, bump_granule)),
          begin_(static_cast<std::byte*>(page_.allocate(bytes_, bump_granule))),
          window_{begin_, begin_ == nullptr ? nullptr : begin_ + bytes_} {}
    Null(const Null&) = delete;
    Null& operator=(const Null&) = delete;
    ~Null() {
        if (ready()) page_.deallocate(begin_, bytes_, bump_granule);
    }

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (void* p = bump_take(window_, n, align); p != nullptr) [[likely]]
            return p;
        window_.cursor = begin_;
        return bump_take(window_, n, align);
    }

    void deallocate(void*, std::size_t, std::size_t) noexcept {}

    // There is no neighbour to respect, only the end of the buffer.
    bool resize(void* p, std::size_t, std::size_t n_new, std::size_t) noexcept {
        return n_new - 1 < static_cast<std::size_t>(window_.limit - static_cast<std::byte*>(p));
    }

    // The buffer, which is all that is ever taken.
    Figures figures() noexcept {
        Figures f;
        f.reserved_bytes = f.reserved_bytes_peak = f.mapped_bytes = f.mapped_bytes_peak = bytes_;
        return f;
    }

    [[nodiscard]] bool ready() const { return begin_ != nullptr; }

  private:
    Page page_;
    std::size_t bytes_;
    std::byte* begin_;
    BumpWindow window_;
};

}  // namespace harness::allocators
