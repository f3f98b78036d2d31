// A block whose every byte is known, so that a test sees at once when somebody else wrote into it.
// The pattern depends on the block's number; two neighbours never hold the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "allocators/any_allocator.hpp"

namespace harness::allocators {

struct FilledBlock {
    void* p = nullptr;
    std::size_t n = 0;
    std::size_t align = 0;
    unsigned number = 0;

    [[nodiscard]] std::byte pattern(std::size_t i) const {
        return static_cast<std::byte>((number * 167U + static_cast<unsigned>(i) * 13U + 5U) & 0xffU);
    }
    void fill() const {
        for (std::size_t i = 0; i < n; ++i) static_cast<std::byte*>(p)[i] = pattern(i);
    }
    // Whether the first `length` bytes still hold the pattern.
    [[nodiscard]] bool is_intact(std::size_t length) const {
        for (std::size_t i = 0; i < length; ++i) {
            if (static_cast<const std::byte*>(p)[i] != pattern(i)) return false;
        }
        return true;
    }
    [[nodiscard]] bool is_intact() const { return is_intact(n); }
    [[nodiscard]] bool is_aligned() const { return reinterpret_cast<std::uintptr_t>(p) % align == 0; }
    [[nodiscard]] bool overlaps(const FilledBlock& other) const {
        const auto a = reinterpret_cast<std::uintptr_t>(p);
        const auto b = reinterpret_cast<std::uintptr_t>(other.p);
        return a < b + other.n && b < a + n;
    }
};

inline FilledBlock take_filled(const AllocatorTable& t, std::size_t n, std::size_t align, unsigned number) {
    FilledBlock block{t.allocate(t.self, n, align), n, align, number};
    if (block.p != nullptr) block.fill();
    return block;
}

inline void give_back(const AllocatorTable& t, const FilledBlock& block) {
    t.deallocate(t.self, block.p, block.n, block.align);
}

}  // namespace harness::allocators
