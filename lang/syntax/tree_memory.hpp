// The block that owns all nodes of one tree. Nodes are never freed singly, so taking one is a bump of a
// pointer and dropping the tree is a walk over a few chunks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace harness::lang {

class TreeMemory {
  public:
    /// Bytes that live as long as this object; `align` is a power of two.
    void* allocate(std::size_t bytes, std::size_t align) {
        const std::size_t padding = (align - reinterpret_cast<std::uintptr_t>(cursor_) % align) % align;
        if (bytes + padding > static_cast<std::size_t>(limit_ - cursor_)) return allocate_in_new_chunk(bytes);
        char* place = cursor_ + padding;
        cursor_ = place + bytes;
        return place;
    }

    /// A node with its defaults set.
    template <class T>
    T* make() {
        static_assert(std::is_trivially_destructible_v<T>, "nodes are dropped without being destroyed");
        return ::new (allocate(sizeof(T), alignof(T))) T{};
    }

    template <class T>
    std::span<T> copy(const T* items, std::size_t count) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (count == 0) return {};
        T* place = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
        std::memcpy(static_cast<void*>(place), items, count * sizeof(T));
        return {place, count};
    }

    std::string_view copy(std::string_view text) {
        const auto owned = copy(text.data(), text.size());
        return {owned.data(), owned.size()};
    }

  private:
    void* allocate_in_new_chunk(std::size_t bytes) {
        // Chunks double up to 256 KiB, so that a small program stays small and a large one wastes little.
        const std::size_t wanted =
            std::min<std::size_t>(std::size_t{4096} << std::min<std::size_t>(chunks_.size(), 6), 256 * 1024);
        const std::size_t size = std::max(wanted, bytes);
        // A new chunk is aligned for every node; one made for a single large list leaves the current one in
        // use.
        chunks_.push_back(std::unique_ptr<char[]>(new char[size]));
        char* place = chunks_.back().get();
        if (bytes >= wanted / 2) return place;
        cursor_ = place + bytes;
        limit_ = place + size;
        return place;
    }

    char* cursor_ = nullptr;
    char* limit_ = nullptr;
    std::vector<std::unique_ptr<char[]>> chunks_;
};

/// A stack of bytes for lists whose length is not known yet. It grows by realloc, which moves large blocks by
/// remapping them, so that a list of a million elements is not held twice while it grows.
class ScratchStack {
  public:
    std::size_t mark() const { return used_; }
    void cut(std::size_t mark) { used_ = mark; }

    template <class T>
    void push(const T& item) {
        static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);
        if (capacity_ - used_ < sizeof(T)) grow(sizeof(T));
        std::memcpy(bytes_.get() + used_, &item, sizeof(T));
        used_ += sizeof(T);
    }

    template <class T>
    std::size_t count_since(std::size_t mark) const {
        return (used_ - mark) / sizeof(T);
    }

    /// The item at `index` of those pushed since `mark`.
    template <class T>
    T at(std::size_t mark, std::size_t index) const {
        T item;
        std::memcpy(&item, bytes_.get() + mark + index * sizeof(T), sizeof(T));
        return item;
    }

    /// Moves everything pushed since `mark` into `memory`.
    template <class T>
    std::span<T> take(std::size_t mark, TreeMemory& memory) {
        const std::size_t bytes = used_ - mark;
        used_ = mark;
        if (bytes == 0) return {};
        void* place = memory.allocate(bytes, alignof(T));
        std::memcpy(place, bytes_.get() + mark, bytes);
        return {static_cast<T*>(place), bytes / sizeof(T)};
    }

  private:
    void grow(std::size_t bytes);

    struct Release {
        void operator()(char* block) const;
    };
    std::unique_ptr<char, Release> bytes_;
    std::size_t used_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace harness::lang
