// Chunks for allocators that carve them up, got from a parent and recycled by size: what `arena` and `stack`
// build on. One store serves an arena and all its children, so that a nested region costs no trip to the
// parent.
#pragma once

#include <array>
#include <bit>
#include <utility>

#include "allocators/allocator.hpp"
#include "allocators/page.hpp"

namespace harness::allocators {

// The head of a chunk; the blocks follow it. `bytes` counts the head too and is a power of two.
struct Chunk {
    Chunk* previous;
    std::size_t bytes;

    std::byte* begin() { return reinterpret_cast<std::byte*>(this) + sizeof(Chunk); }
    std::byte* end() { return reinterpret_cast<std::byte*>(this) + bytes; }
};

inline constexpr std::size_t chunk_bytes_min = 256;
inline constexpr std::size_t chunk_bytes_doubling_max = std::size_t{64} << 20;
inline constexpr std::size_t chunk_align = 16;

template <Allocator Parent>
class ChunkStore {
  public:
    template <class... ParentArguments>
    explicit ChunkStore(ParentArguments&&... arguments)
        : parent_(std::forward<ParentArguments>(arguments)...) {}
    ChunkStore(const ChunkStore&) = delete;
    ChunkStore& operator=(const ChunkStore&) = delete;
    ~ChunkStore() { trim(); }

    // A chunk of `bytes_wanted` if it can be had, else a smaller one of at least `bytes_needed`; else
    // nullptr. Both are sizes of whole chunks, head included.
    Chunk* get(std::size_t bytes_wanted, std::size_t bytes_needed) noexcept {
        const std::size_t smallest = std::bit_ceil(std::max(bytes_needed, chunk_bytes_min));
        for (std::size_t bytes = std::max(std::bit_ceil(bytes_wanted), smallest); bytes >= smallest;
             bytes /= 2) {
            if (Chunk* chunk = take_cached(bytes); chunk != nullptr) return chunk;
            if (void* p = parent_.allocate(bytes, chunk_align); p != nullptr) {
                held_bytes_ += bytes;
                held_bytes_peak_ = std::max(held_bytes_peak_, held_bytes_);
                expect_dense_use(p, bytes);
                return new (p) Chunk{nullptr, bytes};
            }
        }
        return nullptr;
    }

    // Keeps the chunk for the next get().
    void put(Chunk* chunk) noexcept {
        Chunk*& bin = bins_[bin_of(chunk->bytes)];
        chunk->previous = bin;
        bin = chunk;
    }

    // Gives every cached chunk back to the parent.
    void trim() noexcept {
        for (Chunk*& bin : bins_) {
            while (bin != nullptr) {
                Chunk* chunk = std::exchange(bin, bin->previous);
                held_bytes_ -= chunk->bytes;
                parent_.deallocate(chunk, chunk->bytes, chunk_align);
            }
        }
        if constexpr (CanTrim<Parent>) parent_.trim();
    }

    // What is mapped: the parent's own figure when it keeps one, else the chunks it gave.
    void add_mapped(Figures& f) noexcept {
        f.mapped_bytes = held_bytes_;
        f.mapped_bytes_peak = held_bytes_peak_;
        if constexpr (HasFigures<Parent>) {
            const Figures parent = parent_.figures();
            if (parent.mapped_bytes_peak != 0) {
                f.mapped_bytes = parent.mapped_bytes;
                f.mapped_bytes_peak = parent.mapped_bytes_peak;
                f.mapped_by = parent.mapped_by;
            }
        }
    }

    [[nodiscard]] Parent& parent() { return parent_; }
    [[nodiscard]] const Parent& parent() const { return parent_; }

  private:
    static std::size_t bin_of(std::size_t bytes) { return static_cast<std::size_t>(std::countr_zero(bytes)); }

    Chunk* take_cached(std::size_t bytes) noexcept {
        Chunk*& bin = bins_[bin_of(bytes)];
        Chunk* chunk = bin;
        if (chunk != nullptr) bin = chunk->previous;
        return chunk;
    }

    Parent parent_;
    std::array<Chunk*, 64> bins_{};
    std::uint64_t held_bytes_ = 0;
    std::uint64_t held_bytes_peak_ = 0;
};

}  // namespace harness::allocators
