// The family for code that knows the C++ library only: a std::pmr::memory_resource and an allocator for
// containers, both over any allocator of the family. Where the family answers nullptr these throw
// std::bad_alloc, as the library's users expect; they are the only code here that throws.
#pragma once

#include <limits>
#include <memory_resource>
#include <new>

#include "allocators/any_allocator.hpp"

namespace harness::allocators {

// The library may ask for 0 bytes and must get an address; the family refuses that.
constexpr std::size_t at_least_one(std::size_t n) { return n == 0 ? 1 : n; }

// Over an allocator that somebody else owns, of static type or chosen by name; it must outlive this object
// and all that was allocated. Threads may use it as they may use that allocator.
class MemoryResource final : public std::pmr::memory_resource {
  public:
    explicit MemoryResource(const AllocatorTable& table) : table_(table) {}
    explicit MemoryResource(const AnyAllocator& allocator) : table_(allocator.table()) {}
    template <Allocator A>
    explicit MemoryResource(A& allocator) : table_(make_table(allocator)) {}

  private:
    void* do_allocate(std::size_t n, std::size_t align) override {
        void* p = table_.allocate(table_.self, at_least_one(n), align);
        if (p == nullptr) throw std::bad_alloc();
        return p;
    }
    void do_deallocate(void* p, std::size_t n, std::size_t align) override {
        table_.deallocate(table_.self, p, at_least_one(n), align);
    }
    // Blocks may be freed through any resource over the same allocator.
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        const auto* resource = dynamic_cast<const MemoryResource*>(&other);
        return resource != nullptr && resource->table_.self == table_.self;
    }

    AllocatorTable table_;
};

// For containers, over an allocator of known type, so that its operations inline:
//     Arena<Page> arena;
//     std::vector<int, ContainerAllocator<int, Arena<Page>>> v(arena);
// The allocator is borrowed and must outlive the container. It stays with its container: neither assignment
// nor swap exchanges it, a copy of the container shares it.
template <class T, Allocator A>
class ContainerAllocator {
  public:
    using value_type = T;

    // Implicit, as containers take it from their constructor's argument.
    ContainerAllocator(A& allocator) noexcept : allocator_(&allocator) {}
    template <class U>
    ContainerAllocator(const ContainerAllocator<U, A>& other) noexcept : allocator_(&other.allocator()) {}

    [[nodiscard]] T* allocate(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
        void* p = allocator_->allocate(at_least_one(count * sizeof(T)), alignof(T));
        if (p == nullptr) throw std::bad_alloc();
        return static_cast<T*>(p);
    }
    void deallocate(T* p, std::size_t count) noexcept {
        allocator_->deallocate(p, at_least_one(count * sizeof(T)), alignof(T));
    }

    [[nodiscard]] A& allocator() const noexcept { return *allocator_; }

    template <class U>
    bool operator==(const ContainerAllocator<U, A>& other) const noexcept {
        return allocator_ == &other.allocator();
    }

  private:
    A* allocator_;
};

}  // namespace harness::allocators
