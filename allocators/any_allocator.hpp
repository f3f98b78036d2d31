// An allocator of any kind behind one small table of function pointers, made once per run.
// The VM caches the two hot pointers, or bumps the lent window itself, so the erasure costs at most one
// indirect call.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "allocators/allocator.hpp"
#include "allocators/capabilities.hpp"

namespace harness::allocators {

class AnyAllocator;

// The operations of one allocator object. The first three are always there; the rest are nullptr when the
// allocator does not offer them. `self` is the first argument of each and stays valid while its owner lives.
struct AllocatorTable {
    void* self = nullptr;
    void* (*allocate)(void* self, std::size_t n, std::size_t align) noexcept = nullptr;
    void (*deallocate)(void* self, void* p, std::size_t n, std::size_t align) noexcept = nullptr;
    bool (*resize)(void* self, void* p, std::size_t n_old, std::size_t n_new,
                   std::size_t align) noexcept = nullptr;
    void* (*reallocate)(void* self, void* p, std::size_t n_old, std::size_t n_new,
                        std::size_t align) noexcept = nullptr;
    Block (*allocate_at_least)(void* self, std::size_t n, std::size_t align) noexcept = nullptr;
    void* (*allocate_zeroed)(void* self, std::size_t n, std::size_t align) noexcept = nullptr;
    Mark (*mark)(void* self) noexcept = nullptr;
    void (*release)(void* self, Mark mark) noexcept = nullptr;
    void (*reset)(void* self) noexcept = nullptr;
    bool (*owns)(void* self, const void* p) noexcept = nullptr;
    std::size_t (*usable_size)(void* self, void* p, std::size_t n, std::size_t align) noexcept = nullptr;
    void (*trim)(void* self) noexcept = nullptr;
    Figures (*figures)(void* self) noexcept = nullptr;
    // A fresh allocator of the same kind over the same parent, for a nested region. It must be destroyed
    // before the one that made it; children of children may be made and destroyed in any order among
    // themselves.
    std::unique_ptr<AnyAllocator> (*child)(void* self) = nullptr;
    BumpWindow* window = nullptr;
    Threading threading = Threading::single;
};

// Owns one allocator object; move-only. Destroying it returns the allocator's memory.
class AnyAllocator {
  public:
    // Takes the allocator over; its address, and so every pointer in the table, survives moves of this owner.
    template <Allocator A>
    AnyAllocator(std::string_view name, std::unique_ptr<A> allocator);
    AnyAllocator(AnyAllocator&& other) noexcept;
    AnyAllocator& operator=(AnyAllocator&& other) noexcept;
    ~AnyAllocator();

    [[nodiscard]] const AllocatorTable& table() const { return table_; }
    [[nodiscard]] std::string_view name() const { return name_; }

    // The capabilities as found in the table.
    [[nodiscard]] Capabilities capabilities() const;

  private:
    AllocatorTable table_;
    void (*destroy_)(void* self) noexcept = nullptr;
    std::string name_;
};

// Builds an allocator in place and erases it.
template <Allocator A, class... Arguments>
std::unique_ptr<AnyAllocator> make_any(std::string_view name, Arguments&&... arguments) {
    return std::make_unique<AnyAllocator>(name, std::make_unique<A>(std::forward<Arguments>(arguments)...));
}

// An owned AnyAllocator that is itself an Allocator, so that templates over a parent also work over one
// chosen on the command line. Optional operations that the inner one lacks fail softly; capabilities() tells.
class Erased {
  public:
    static constexpr Threading threading = Threading::single;

    explicit Erased(std::unique_ptr<AnyAllocator> inner)
        : inner_(std::move(inner)), table_(inner_->table()) {}

    void* allocate(std::size_t n, std::size_t align) noexcept {
        return table_.allocate(table_.self, n, align);
    }
    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        table_.deallocate(table_.self, p, n, align);
    }
    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        return table_.resize != nullptr && table_.resize(table_.self, p, n_old, n_new, align);
    }
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        if (table_.reallocate == nullptr) return move_block(*this, p, n_old, n_new, align);
        return table_.reallocate(table_.self, p, n_old, n_new, align);
    }
    Mark mark() noexcept { return table_.mark == nullptr ? Mark{} : table_.mark(table_.self); }
    void release(Mark mark) noexcept {
        if (table_.release != nullptr) table_.release(table_.self, mark);
    }
    void reset() noexcept {
        if (table_.reset != nullptr) table_.reset(table_.self);
    }
    bool owns(const void* p) noexcept { return table_.owns != nullptr && table_.owns(table_.self, p); }
    std::size_t usable_size(void* p, std::size_t n, std::size_t align) noexcept {
        return table_.usable_size == nullptr ? n : table_.usable_size(table_.self, p, n, align);
    }
    void trim() noexcept {
        if (table_.trim != nullptr) table_.trim(table_.self);
    }
    Figures figures() noexcept { return table_.figures == nullptr ? Figures{} : table_.figures(table_.self); }

    [[nodiscard]] Capabilities capabilities() const;
    [[nodiscard]] Threading threading_now() const { return table_.threading; }
    [[nodiscard]] std::string_view name() const { return inner_->name(); }

  private:
    std::unique_ptr<AnyAllocator> inner_;
    AllocatorTable table_;
};

// The table of one allocator object, borrowed: the object must outlive every use of the table.
template <Allocator A>
AllocatorTable make_table(A& a) {
    const Capabilities has = capabilities_of(a);
    AllocatorTable t;
    t.self = &a;
    t.allocate = [](void* self, std::size_t n, std::size_t align) noexcept {
        return static_cast<A*>(self)->allocate(n, align);
    };
    t.deallocate = [](void* self, void* p, std::size_t n, std::size_t align) noexcept {
        static_cast<A*>(self)->deallocate(p, n, align);
    };
    if constexpr (CanResize<A>) {
        if (has.resize) {
            t.resize = [](void* self, void* p, std::size_t n_old, std::size_t n_new,
                          std::size_t align) noexcept {
                return static_cast<A*>(self)->resize(p, n_old, n_new, align);
            };
        }
    }
    if constexpr (CanReallocate<A>) {
        if (has.reallocate) {
            t.reallocate = [](void* self, void* p, std::size_t n_old, std::size_t n_new,
                              std::size_t align) noexcept {
                return static_cast<A*>(self)->reallocate(p, n_old, n_new, align);
            };
        }
    }
    if constexpr (CanAllocateAtLeast<A>) {
        if (has.allocate_at_least) {
            t.allocate_at_least = [](void* self, std::size_t n, std::size_t align) noexcept {
                return static_cast<A*>(self)->allocate_at_least(n, align);
            };
        }
    }
    if constexpr (CanAllocateZeroed<A>) {
        if (has.allocate_zeroed) {
            t.allocate_zeroed = [](void* self, std::size_t n, std::size_t align) noexcept {
                return static_cast<A*>(self)->allocate_zeroed(n, align);
            };
        }
    }
    if constexpr (CanMark<A>) {
        if (has.mark) {
            t.mark = [](void* self) noexcept { return static_cast<A*>(self)->mark(); };
            t.release = [](void* self, Mark mark) noexcept { static_cast<A*>(self)->release(mark); };
        }
    }
    if constexpr (CanReset<A>) {
        if (has.reset) t.reset = [](void* self) noexcept { static_cast<A*>(self)->reset(); };
    }
    if constexpr (CanTellOwner<A>) {
        if (has.owns) {
            t.owns = [](void* self, const void* p) noexcept { return static_cast<A*>(self)->owns(p); };
        }
    }
    if constexpr (CanTellUsableSize<A>) {
        if (has.usable_size) {
            t.usable_size = [](void* self, void* p, std::size_t n, std::size_t align) noexcept {
                return static_cast<A*>(self)->usable_size(p, n, align);
            };
        }
    }
    if constexpr (CanTrim<A>) {
        if (has.trim) t.trim = [](void* self) noexcept { static_cast<A*>(self)->trim(); };
    }
    if constexpr (HasFigures<A>) {
        if (has.figures) t.figures = [](void* self) noexcept { return static_cast<A*>(self)->figures(); };
    }
    if constexpr (CanMakeChild<A>) {
        if (has.child) {
            t.child = [](void* self) {
                return std::make_unique<AnyAllocator>("child", static_cast<A*>(self)->make_child());
            };
        }
    }
    if constexpr (HasWindow<A>) t.window = &a.window();
    t.threading = threading_of(a);
    return t;
}

template <Allocator A>
AnyAllocator::AnyAllocator(std::string_view name, std::unique_ptr<A> allocator)
    : table_(make_table(*allocator)),
      destroy_([](void* self) noexcept { delete static_cast<A*>(self); }),
      name_(name) {
    static_cast<void>(allocator.release());
}

}  // namespace harness::allocators
