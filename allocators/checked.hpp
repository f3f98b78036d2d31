// Knows every live block of the allocator it wraps and judges every release by that, without touching the
// blocks. Defects go to a sink that is handed in, so a test can count them and a program can add its source
// place.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "allocators/defect.hpp"
#include "allocators/forwarding.hpp"

namespace harness::allocators {

// Reports a free (or resize, or reallocate) of an address that is no live block, as a double free if a block
// was freed there before, and one with another size or alignment than the block's. The first kind is not
// passed on, the second is with the true values, so the wrapped allocator never sees a defective call.
template <Allocator A>
class Checked : public Forwarding<A> {
  public:
    // `defects` is borrowed and must outlive this object.
    template <class... Arguments>
    explicit Checked(DefectSink& defects, Arguments&&... arguments)
        : Forwarding<A>(std::in_place, std::forward<Arguments>(arguments)...), defects_(defects) {}

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        void* p = this->inner_.allocate(n, align);
        if (p != nullptr) remember(p, n, align);
        return p;
    }

    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        Known block;
        if (!take(p, n, align, block)) return;
        this->inner_.deallocate(p, block.n, block.align);
    }

    bool resize(void* p, std::size_t n_old, std::size_t n_new,
                std::size_t align) noexcept requires CanResize<A> {
        Known block;
        if (!take(p, n_old, align, block)) return false;
        const bool resized = this->inner_.resize(p, block.n, n_new, block.align);
        remember(p, resized ? n_new : block.n, block.align, block.serial);
        return resized;
    }

    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        Known block;
        if (!take(p, n_old, align, block)) return nullptr;
        void* moved = Forwarding<A>::reallocate(p, block.n, n_new, block.align);
        if (moved == nullptr) {
            remember(p, block.n, block.align, block.serial);
        } else {
            remember(moved, n_new, block.align);
        }
        return moved;
    }

    Mark mark() noexcept requires CanMark<A> {
        const std::lock_guard lock(mutex_);
        const Mark mark = this->inner_.mark();
        if (marks_.empty() || marks_.back().mark != mark) marks_.push_back({mark, 0});
        marks_.back().serial = serial_;
        return mark;
    }

    void release(Mark mark) noexcept requires CanMark<A> {
        const std::lock_guard lock(mutex_);
        while (!marks_.empty() && marks_.back().mark != mark) marks_.pop_back();
        forget_after(marks_.empty() ? 0 : marks_.back().serial);
        this->inner_.release(mark);
    }

    void reset() noexcept requires CanReset<A> {
        const std::lock_guard lock(mutex_);
        marks_.clear();
        forget_after(0);
        this->inner_.reset();
    }

    // Blocks that are allocated and not given back.
    [[nodiscard]] std::size_t live_blocks() {
        const std::lock_guard lock(mutex_);
        return live_.size();
    }

  private:
    struct Known {
        std::size_t n = 0;
        std::size_t align = 0;
        std::uint64_t serial = 0;
    };
    struct MarkedSerial {
        Mark mark;
        std::uint64_t serial;
    };

    // `serial` 0 makes a block the youngest.
    void remember(void* p, std::size_t n, std::size_t align, std::uint64_t serial = 0) noexcept {
        const std::lock_guard lock(mutex_);
        live_[p] = {n, align, serial == 0 ? ++serial_ : serial};
        freed_.erase(p);
    }

    // Takes the block off the live ones before it is really freed: afterwards another thread may get its
    // address.
    bool take(void* p, std::size_t n, std::size_t align, Known& block) noexcept {
        const std::lock_guard lock(mutex_);
        const auto found = live_.find(p);
        if (found == live_.end()) {
            const auto freed = freed_.find(p);
            const bool is_double = freed != freed_.end();
            defects_.report({is_double ? DefectKind::double_free : DefectKind::invalid_free, p, n, align,
                             is_double ? freed->second : 0, 0});
            return false;
        }
        block = found->second;
        if (block.n != n) defects_.report({DefectKind::wrong_size, p, n, align, block.n, block.align});
        if (block.align != align)
            defects_.report({DefectKind::wrong_align, p, n, align, block.n, block.align});
        live_.erase(found);
        freed_[p] = block.n;
        return true;
    }

    void forget_after(std::uint64_t serial) noexcept {
        for (auto it = live_.begin(); it != live_.end();) {
            if (it->second.serial > serial) {
                freed_[it->first] = it->second.n;
                it = live_.erase(it);
            } else {
                ++it;
            }
        }
    }

    DefectSink& defects_;
    std::mutex mutex_;
    std::unordered_map<void*, Known> live_;
    // Addresses where a block was freed and none has been allocated since, with that block's size.
    std::unordered_map<void*, std::size_t> freed_;
    std::vector<MarkedSerial> marks_;
    std::uint64_t serial_ = 0;
};

}  // namespace harness::allocators
