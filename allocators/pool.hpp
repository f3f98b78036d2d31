// Slots of one size, preallocated, with a free list through the free ones: the fastest way to serve one type.
// Whatever does not fit a slot, or finds no slot free, goes to the parent, so that any program runs on a
// pool. The free list inside the free slots is Kenwright's variant ("Fast efficient fixed-size memory pool",
// 2012), which threads the list only through slots that were used before and so need not touch the pool at
// the start.
#pragma once

#include <bit>
#include <utility>

#include "allocators/bump.hpp"
#include "allocators/page.hpp"

namespace harness::allocators {

inline constexpr std::size_t pool_slot_bytes_default = 64;
inline constexpr std::size_t pool_slots_default = std::size_t{64} << 10;

// Serves n bytes from a slot if n is at most the slot's size and the alignment at most the slot's own, that
// is the largest power of two in its size.
template <Allocator Parent>
class Pool {
  public:
    static constexpr Threading threading = Threading::single;

    // The slot's size is rounded up to 8. If the parent cannot give the slots there are none, and ready() is
    // false.
    template <class... ParentArguments>
    explicit Pool(std::size_t slot_bytes = pool_slot_bytes_default, std::size_t slots = pool_slots_default,
                  ParentArguments&&... arguments)
        : parent_(std::forward<ParentArguments>(arguments)...),
          slot_bytes_(round_up(std::max<std::size_t>(slot_bytes, 1), bump_granule)) {
        const bool is_absurd = slot_bytes_ >= request_bytes_max || slots > request_bytes_max / slot_bytes_;
        if (slots != 0 && !is_absurd) {
            begin_ = static_cast<std::byte*>(parent_.allocate(slots * slot_bytes_, slot_align()));
        }
        end_ = begin_ == nullptr ? nullptr : begin_ + slots * slot_bytes_;
        untouched_ = begin_;
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() {
        if (ready()) parent_.deallocate(begin_, pool_bytes(), slot_align());
    }

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (n - 1 < slot_bytes_ && align <= slot_align()) [[likely]] {
            if (FreeSlot* slot = free_; slot != nullptr) {
                free_ = slot->next;
                count_slot();
                return slot;
            }
            if (untouched_ != end_) {
                count_slot();
                return std::exchange(untouched_, untouched_ + slot_bytes_);
            }
        }
        return allocate_from_parent(n, align);
    }

    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        if (is_slot(p)) [[likely]] {
            free_ = new (p) FreeSlot{free_};
            reserved_bytes_ -= slot_bytes_;
        } else {
            reserved_bytes_ -= round_up(n, bump_granule);
            parent_.deallocate(p, n, align);
        }
    }

    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;

    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        return resize(p, n_old, n_new, align) ? p : move_block(*this, p, n_old, n_new, align);
    }

    std::size_t usable_size(void* p, std::size_t n, std::size_t) noexcept {
        return is_slot(p) ? slot_bytes_ : n;
    }

    // reserved: slots in use, and what the parent was asked for, rounded to 8. mapped: the parent's figure,
    // or else the slots and those blocks.
    Figures figures() noexcept;

    [[nodiscard]] bool ready() const { return begin_ != nullptr; }
    [[nodiscard]] Parent& parent() { return parent_; }

  private:
    struct FreeSlot {
        FreeSlot* next;
    };

    [[nodiscard]] std::size_t slot_align() const { return slot_bytes_ & (0 - slot_bytes_); }
    [[nodiscard]] std::size_t pool_bytes() const { return static_cast<std::size_t>(end_ - begin_); }
    [[nodiscard]] bool is_slot(const void* p) const {
        return reinterpret_cast<std::uintptr_t>(p) - reinterpret_cast<std::uintptr_t>(begin_) < pool_bytes();
    }

    void count_slot() noexcept { count(slot_bytes_); }
    void count(std::uint64_t bytes) noexcept {
        reserved_bytes_ += bytes;
        reserved_bytes_peak_ = std::max(reserved_bytes_peak_, reserved_bytes_);
    }

    [[gnu::noinline]] void* allocate_from_parent(std::size_t n, std::size_t align) noexcept {
        if (is_refused(n, align)) return nullptr;
        void* p = parent_.allocate(n, align);
        if (p != nullptr) count(round_up(n, bump_granule));
        return p;
    }

    Parent parent_;
    std::size_t slot_bytes_;
    FreeSlot* free_ = nullptr;
    std::byte* begin_ = nullptr;
    std::byte* end_ = nullptr;
    std::byte* untouched_ = nullptr;
    std::uint64_t reserved_bytes_ = 0;
    std::uint64_t reserved_bytes_peak_ = 0;
};

template <Allocator Parent>
bool Pool<Parent>::resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return false;
    if (is_slot(p)) return n_new <= slot_bytes_;
    if constexpr (CanResize<Parent>) {
        if (!parent_.resize(p, n_old, n_new, align)) return false;
        reserved_bytes_ -= round_up(n_old, bump_granule);
        count(round_up(n_new, bump_granule));
        return true;
    } else {
        return false;
    }
}

template <Allocator Parent>
Figures Pool<Parent>::figures() noexcept {
    Figures f;
    f.reserved_bytes = reserved_bytes_;
    f.reserved_bytes_peak = reserved_bytes_peak_;
    f.mapped_bytes = pool_bytes() + reserved_bytes_;
    f.mapped_bytes_peak = pool_bytes() + reserved_bytes_peak_;
    if constexpr (HasFigures<Parent>) {
        const Figures parent = parent_.figures();
        if (parent.mapped_bytes_peak != 0) {
            f.mapped_bytes = parent.mapped_bytes;
            f.mapped_bytes_peak = parent.mapped_bytes_peak;
            f.mapped_by = parent.mapped_by;
        }
    }
    return f;
}

}  // namespace harness::allocators
