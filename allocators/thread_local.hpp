// A bump pointer for each thread, so that threads take memory without meeting each other; whatever cannot be
// bumped falls back on the parent. A chunk counts the bytes that came back instead of listing free blocks and
// is used again as a whole, as the fragments of a network driver's page are (Linux, page_frag_alloc). Frees
// from other threads are added to the block's chunk, and the chunk is told to its owner once: the message
// list of mimalloc (Leijen, Zorn, de Moura, 2019) with chunks in place of blocks.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <utility>

#include "allocators/bump.hpp"
#include "allocators/page.hpp"
#include "allocators/thread_counters.hpp"

namespace harness::allocators {

// Everything but the parent, which is reached through virtual functions: they are called once for each span
// of chunks and for blocks that are too large for a chunk, never on the fast paths.
class ThreadHeaps {
  public:
    static constexpr Threading threading = Threading::free_from_any;

    static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;
    static constexpr std::size_t span_chunks = 16;
    static constexpr std::size_t span_bytes = span_chunks * chunk_bytes;
    // Larger ones go to the parent. Size and alignment alone decide, for a free must know as well.
    static constexpr std::size_t small_bytes_max = std::size_t{16} << 10;
    static constexpr std::size_t small_align_max = 4096;

    ThreadHeaps() = default;
    ThreadHeaps(const ThreadHeaps&) = delete;
    ThreadHeaps& operator=(const ThreadHeaps&) = delete;

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        const std::size_t index = thread_slot_or_none;
        if (index < shared_slot && is_small(n, align)) [[likely]] {
            if (void* p = take(heaps_[index], n, align); p != nullptr) [[likely]]
                return p;
        }
        return allocate_slowly(n, align);
    }

    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        const std::size_t index = thread_slot_or_none;
        if (index < shared_slot && is_small(n, align) && owner_of(p) == &heaps_[index]) [[likely]] {
            return give_back(heaps_[index], p, round_up(n, bump_granule));
        }
        deallocate_slowly(p, n, align);
    }

    // Grows only the last block of the calling thread, and shrinks any.
    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;

    std::size_t usable_size(void*, std::size_t n, std::size_t align) noexcept {
        return is_small(n, align) ? round_up(n, bump_granule) : n;
    }

    // Gives unused spans back to the parent, among them what threads that ended have left.
    void trim() noexcept;

    // reserved: the chunk that a thread bumps in up to its cursor, any other chunk whole, both from its first
    // block until all its blocks are back; and larger blocks. It looks at every chunk. mapped: the parent's
    // figure when it keeps one.
    Figures figures() noexcept;

  protected:
    ~ThreadHeaps() = default;

    static bool is_small(std::size_t n, std::size_t align) {
        return n - 1 < small_bytes_max && align <= small_align_max;
    }

    // For a block that was large before and stays so.
    void* reallocate_large(void* p, std::size_t n_new, std::size_t align) noexcept;

    virtual void* parent_allocate(std::size_t n, std::size_t align) noexcept = 0;
    virtual void parent_deallocate(void* p, std::size_t n, std::size_t align) noexcept = 0;
    virtual void* parent_reallocate(void* p, std::size_t n_old, std::size_t n_new,
                                    std::size_t align) noexcept = 0;
    virtual void parent_trim() noexcept = 0;
    virtual Figures parent_figures() noexcept = 0;

    // Must be called by the destructor of the class that has the parent.
    void return_everything() noexcept;

  private:
    // The two halves lie on cache lines of their own: the first is the owner's, the second everybody else's.
    // All that several threads see is atomic, but only `freed_elsewhere` and `told` are ever contended.
    struct Chunk {
        // Bytes given back by the owner, padding for alignment included.
        alignas(64) std::atomic<std::size_t> freed_bytes{0};
        // Bytes that were handed out: `open` while a cursor still runs in it, 0 when it is unused.
        std::atomic<std::size_t> filled_bytes{0};
        Chunk* next = nullptr;
        // Bytes given back by other threads since the owner last looked.
        alignas(64) std::atomic<std::size_t> freed_elsewhere_bytes{0};
        Chunk* next_told = nullptr;
    };
    static constexpr std::size_t open = ~std::size_t{0};

    // What belongs to the thread with this number, or is shared under shared_mutex_ for the last one.
    struct alignas(64) Heap {
        std::atomic<std::byte*> cursor{nullptr};
        std::byte* limit = nullptr;
        // The furthest place that the cursor went back from.
        std::byte* high = nullptr;
        std::atomic<Chunk*> current{nullptr};
        // Chunks behind the current one, counted whole.
        std::uint64_t retired_bytes = 0;
        std::atomic<std::uint64_t> reserved_bytes_peak{0};
        Chunk* unused = nullptr;
        std::size_t unused_count = 0;
        // Chunks with frees from other threads, pushed by these, taken all at once by the owner.
        alignas(64) std::atomic<Chunk*> told{nullptr};
    };

    // A megabyte from the parent, aligned to its size, so that a block's address leads here. The records of
    // all chunks lie together: at the chunks' own starts they would compete for the same few cache sets.
    struct Span {
        std::array<std::atomic<Heap*>, span_chunks> owners{};
        std::array<Chunk, span_chunks> chunks;
        Span* next = nullptr;
        std::size_t unused_chunks = 0;
    };

    // Stands before each block from the parent, so that the blocks can be found when everything ends.
    struct Large {
        Large* previous;
        Large* next;
        std::size_t total_bytes;
        std::size_t align;
    };

    static constexpr std::size_t unused_kept = 4;

    // The parent's block, which the record begins, starts this much before ours.
    static std::size_t large_offset(std::size_t align) { return std::max(align, sizeof(Large)); }

    static std::uintptr_t address_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }
    static Span* span_of(void* p) {
        return reinterpret_cast<Span*>(static_cast<std::byte*>(p) - (address_of(p) & (span_bytes - 1)));
    }
    static std::size_t index_of(const void* p) { return address_of(p) / chunk_bytes % span_chunks; }
    static Chunk* chunk_of(void* p) { return &span_of(p)->chunks[index_of(p)]; }
    static Heap* owner_of(void* p) { return span_of(p)->owners[index_of(p)].load(std::memory_order_relaxed); }
    static std::byte* begin_of(Chunk* chunk) {
        Span* span = span_of(chunk);
        const auto index = static_cast<std::size_t>(chunk - span->chunks.data());
        auto* start = reinterpret_cast<std::byte*>(span) + index * chunk_bytes;
        // The gap keeps the last block of one chunk apart from the first of the next, so that no block ends
        // at another chunk's cursor; its size differs, so that first blocks do not share a cache set.
        return start + (index == 0 ? round_up(sizeof(Span), 64) : index * 64);
    }
    static std::byte* end_of(Chunk* chunk) { return align_up(begin_of(chunk), chunk_bytes); }
    static std::size_t bytes_of(Chunk* chunk) {
        return static_cast<std::size_t>(end_of(chunk) - begin_of(chunk));
    }
    // Bytes handed out from the chunk that the heap bumps in.
    static std::size_t used_of(const Heap& heap, Chunk* current) {
        return static_cast<std::size_t>(heap.cursor.load(std::memory_order_relaxed) - begin_of(current));
    }

    // Only the owner writes these, so that an addition need not be an atomic one.
    static void add(std::atomic<std::size_t>& count, std::size_t bytes) {
        count.store(count.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    }

    static void* take(Heap& heap, std::size_t n, std::size_t align) noexcept {
        if (align > bump_granule) return take_aligned(heap, n, align);
        std::byte* start = heap.cursor.load(std::memory_order_relaxed);
        const std::size_t bytes = round_up(n, bump_granule);
        if (bytes > static_cast<std::size_t>(heap.limit - start)) return nullptr;
        heap.cursor.store(start + bytes, std::memory_order_relaxed);
        return start;
    }
    static void* take_aligned(Heap& heap, std::size_t n, std::size_t align) noexcept;

    void give_back(Heap& heap, void* p, std::size_t bytes) noexcept {
        auto* start = static_cast<std::byte*>(p);
        if (std::byte* cursor = heap.cursor.load(std::memory_order_relaxed); start + bytes == cursor) {
            if (cursor > heap.high) heap.high = cursor;
            heap.cursor.store(start, std::memory_order_relaxed);
            return;
        }
        Chunk* chunk = chunk_of(p);
        const std::size_t freed = chunk->freed_bytes.load(std::memory_order_relaxed) + bytes;
        chunk->freed_bytes.store(freed, std::memory_order_relaxed);
        if (freed == chunk->filled_bytes.load(std::memory_order_relaxed)) [[unlikely]] {
            reuse(heap, chunk);
        }
    }

    [[gnu::noinline]] void* allocate_slowly(std::size_t n, std::size_t align) noexcept;
    [[gnu::noinline]] void deallocate_slowly(void* p, std::size_t n, std::size_t align) noexcept;
    void give_back_from_anywhere(void* p, std::size_t bytes) noexcept;
    bool grow(void* p, std::size_t bytes_old, std::size_t bytes_new) noexcept;
    static bool grow_last(Heap& heap, void* p, std::size_t bytes_old, std::size_t bytes_new) noexcept;
    void* take_or_refill(Heap& heap, std::size_t n, std::size_t align) noexcept;
    bool refill(Heap& heap) noexcept;
    void read_told(Heap& heap) noexcept;
    [[gnu::noinline]] void reuse(Heap& heap, Chunk* chunk) noexcept;
    static void tell(Chunk* chunk, Heap& owner, std::size_t bytes) noexcept;
    static void note_peak(Heap& heap) noexcept;
    static std::uint64_t reserved_bytes_of(const Span& span, Chunk& chunk) noexcept;

    // The first three need mutex_, the others take it.
    Chunk* take_unused() noexcept;
    void put_unused(Chunk* chunk) noexcept;
    bool add_span() noexcept;
    Chunk* take_unused_of_all() noexcept;
    void give_up_unused(Heap& heap) noexcept;
    void collect_from_ended_threads() noexcept;

    void* allocate_large(std::size_t n, std::size_t align) noexcept;
    void deallocate_large(void* p, std::size_t align) noexcept;
    void* link_large(void* start, std::size_t total_bytes, std::size_t align) noexcept;
    void unlink_large(const Large* block) noexcept;

    std::array<Heap, counter_slots> heaps_;
    std::mutex shared_mutex_;
    // Guards all below and the parent.
    std::mutex mutex_;
    Span* spans_ = nullptr;
    Chunk* unused_ = nullptr;
    Large* large_ = nullptr;
    std::uint64_t large_bytes_ = 0;
    std::uint64_t large_bytes_peak_ = 0;
    std::uint64_t mapped_bytes_ = 0;
    std::uint64_t mapped_bytes_peak_ = 0;
};

// The parent may be for one thread only: it is called under a lock.
template <Allocator Parent>
class ThreadLocal final : public ThreadHeaps {
  public:
    template <class... ParentArguments>
    explicit ThreadLocal(ParentArguments&&... arguments)
        : parent_(std::forward<ParentArguments>(arguments)...) {}
    ~ThreadLocal() { return_everything(); }

    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        if (is_refused(n_new, align)) return nullptr;
        if (!is_small(n_old, align) && !is_small(n_new, align)) return reallocate_large(p, n_new, align);
        return resize(p, n_old, n_new, align) ? p : move_block(*this, p, n_old, n_new, align);
    }

    // The parent, borrowed; not to be used while other threads use this allocator.
    [[nodiscard]] Parent& parent() { return parent_; }

  private:
    void* parent_allocate(std::size_t n, std::size_t align) noexcept override {
        return parent_.allocate(n, align);
    }
    void parent_deallocate(void* p, std::size_t n, std::size_t align) noexcept override {
        parent_.deallocate(p, n, align);
    }
    void* parent_reallocate(void* p, std::size_t n_old, std::size_t n_new,
                            std::size_t align) noexcept override {
        if constexpr (CanReallocate<Parent>) {
            return parent_.reallocate(p, n_old, n_new, align);
        } else {
            return move_block(parent_, p, n_old, n_new, align);
        }
    }
    void parent_trim() noexcept override {
        if constexpr (CanTrim<Parent>) parent_.trim();
    }
    Figures parent_figures() noexcept override {
        if constexpr (HasFigures<Parent>) {
            return parent_.figures();
        } else {
            return {};
        }
    }

    Parent parent_;
};

}  // namespace harness::allocators
