// Bump allocation in chunks that double: an allocation is one comparison and one addition, release is in
// bulk. The classic for phases whose objects die together (Hanson, "Fast allocation and deallocation of
// memory based on object lifetimes", 1990); children over the same chunks make nested regions cheap.
#pragma once

#include <memory>
#include <utility>

#include "allocators/bump.hpp"
#include "allocators/chunk_store.hpp"
#include "allocators/outcome.hpp"
#include "allocators/page.hpp"

namespace harness::allocators {

inline constexpr std::size_t arena_first_chunk_bytes_default = std::size_t{64} << 10;

// Blocks of 8-byte granules, aligned further on demand. Freeing or growing works in place for the last block;
// other blocks wait for reset(), release() or the end. Chunks that are let go are kept for the next growth,
// which is why reset() costs the same whatever was allocated; trim() gives them back to the parent.
template <Allocator Parent>
class Arena {
  public:
    static constexpr Threading threading = Threading::single;

    // `first_chunk_bytes` is rounded up to a power of two; the parent is built from the remaining arguments.
    template <class... ParentArguments>
    explicit Arena(std::size_t first_chunk_bytes = arena_first_chunk_bytes_default,
                   ParentArguments&&... arguments)
        : owned_(std::make_unique<Family>(std::forward<ParentArguments>(arguments)...)),
          family_(owned_.get()),
          first_chunk_bytes_(first_chunk_bytes) {
        join_family(nullptr);
    }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (void* p = bump_take(window_, n, align); p != nullptr) [[likely]]
            return p;
        return allocate_in_new_chunk(n, align);
    }

    void deallocate(void* p, std::size_t n, std::size_t) noexcept {
        if (is_last(window_, p, n)) step_back(static_cast<std::byte*>(p));
    }

    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t) noexcept {
        if (n_new < n_old && is_last(window_, p, n_old)) settle_peak();
        return bump_resize(window_, p, n_old, n_new);
    }

    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        return resize(p, n_old, n_new, align) ? p : move_block(*this, p, n_old, n_new, align);
    }

    Mark mark() noexcept { return {newest_, window_.cursor, nullptr}; }

    void release(Mark mark) noexcept;

    // Keeps the largest chunk and lets the others go. There are few, since they double, and usually none,
    // since the next round of the same size fits in the largest one.
    void reset() noexcept;

    bool owns(const void* p) noexcept;
    std::size_t usable_size(void*, std::size_t n, std::size_t) noexcept { return round_up(n, bump_granule); }
    void trim() noexcept { family_->store.trim(); }

    // Of the root: the whole family. Of a child: its own chunks, which the root's figures contain.
    Figures figures() noexcept;

    BumpWindow& window() noexcept { return window_; }

    // An empty arena over the same chunks; it must be destroyed before the root is.
    std::unique_ptr<Arena> make_child() { return std::unique_ptr<Arena>(new Arena(*this, ChildTag{})); }

    // The parent, borrowed.
    [[nodiscard]] Parent& parent() { return family_->store.parent(); }

  private:
    struct ChildTag {};

    struct Family {
        template <class... ParentArguments>
        explicit Family(ParentArguments&&... arguments)
            : store(std::forward<ParentArguments>(arguments)...) {}
        ChunkStore<Parent> store;
        // What all members reserve, as of the last time each was read: cursors move without notice.
        std::uint64_t reserved_bytes = 0;
        std::uint64_t reserved_bytes_peak = 0;
        Arena* youngest = nullptr;
    };

    // How many of the youngest members are read when one of them goes back, see settle_family().
    static constexpr int settled_members_max = 16;

    Arena(Arena& relative, ChildTag)
        : family_(relative.family_),
          first_chunk_bytes_(std::max(relative.first_chunk_bytes_ / 2, child_floor)) {
        join_family(family_->youngest);
    }
    static constexpr std::size_t child_floor = 4096;

    void join_family(Arena* older) noexcept {
        older_ = older;
        if (older != nullptr) older->younger_ = this;
        family_->youngest = this;
    }
    void leave_family() noexcept {
        (younger_ != nullptr ? younger_->older_ : family_->youngest) = older_;
        if (older_ != nullptr) older_->younger_ = younger_;
    }

    // Bytes of this member: older chunks count whole, since their tails are lost, the newest up to the
    // cursor.
    [[nodiscard]] std::uint64_t own_reserved_bytes() const {
        if (newest_ == nullptr) return 0;
        return older_chunk_bytes_ +
               static_cast<std::uint64_t>(window_.cursor - reinterpret_cast<std::byte*>(newest_));
    }

    void settle() noexcept {
        const std::uint64_t now = own_reserved_bytes();
        own_peak_ = std::max(own_peak_, now);
        family_->reserved_bytes += now - settled_bytes_;
        settled_bytes_ = now;
    }

    // Brings the family's total up to date before something is taken off it. Reading only the youngest
    // members bounds the cost of leaving a deep nest; an older one is read when it next goes back itself.
    void settle_family() noexcept {
        int left = settled_members_max;
        for (Arena* member = family_->youngest; member != nullptr && left > 0;
             member = member->older_, --left) {
            if (member != this) member->settle();
        }
        settle();
        family_->reserved_bytes_peak = std::max(family_->reserved_bytes_peak, family_->reserved_bytes);
    }

    // Before the cursor goes back by one block. An arena without relatives cannot reach a new peak below the
    // highest place it was seen at, so that most frees cost one comparison.
    void settle_peak() noexcept {
        if (window_.cursor > high_cursor_ || older_ != nullptr || younger_ != nullptr) {
            high_cursor_ = window_.cursor;
            settle_family();
        }
    }

    void step_back(std::byte* cursor) noexcept {
        settle_peak();
        window_.cursor = cursor;
    }

    void open(Chunk* chunk) noexcept {
        newest_ = chunk;
        window_ = chunk == nullptr ? BumpWindow{} : BumpWindow{chunk->begin(), chunk->end()};
        high_cursor_ = window_.cursor;
    }

    [[gnu::noinline]] void* allocate_in_new_chunk(std::size_t n, std::size_t align) noexcept;

    std::unique_ptr<Family> owned_;
    BumpWindow window_;
    std::byte* high_cursor_ = nullptr;
    Chunk* newest_ = nullptr;
    std::uint64_t older_chunk_bytes_ = 0;
    std::uint64_t settled_bytes_ = 0;
    std::uint64_t own_peak_ = 0;
    std::uint64_t own_chunk_bytes_peak_ = 0;
    Family* family_;
    Arena* older_ = nullptr;
    Arena* younger_ = nullptr;
    std::size_t first_chunk_bytes_;
};

template <Allocator Parent>
Arena<Parent>::~Arena() {
    HARNESS_CHECK(owned_ == nullptr || (family_->youngest == this && older_ == nullptr),
                  "children must be destroyed before the arena they were made from");
    settle_family();
    while (newest_ != nullptr) family_->store.put(std::exchange(newest_, newest_->previous));
    family_->reserved_bytes -= settled_bytes_;
    leave_family();
}

template <Allocator Parent>
void* Arena<Parent>::allocate_in_new_chunk(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    const std::size_t slack = align > chunk_align ? align - chunk_align : 0;
    const std::size_t needed = sizeof(Chunk) + slack + round_up(n, bump_granule);
    const std::size_t doubled =
        newest_ == nullptr ? first_chunk_bytes_
                           : std::max(newest_->bytes, std::min(newest_->bytes * 2, chunk_bytes_doubling_max));
    Chunk* chunk = family_->store.get(std::max(doubled, needed), needed);
    if (chunk == nullptr) return nullptr;
    if (newest_ != nullptr) older_chunk_bytes_ += newest_->bytes;
    chunk->previous = newest_;
    open(chunk);
    own_chunk_bytes_peak_ = std::max(own_chunk_bytes_peak_, older_chunk_bytes_ + chunk->bytes);
    return bump_take(window_, n, align);
}

template <Allocator Parent>
void Arena<Parent>::release(Mark mark) noexcept {
    settle_family();
    auto* kept = static_cast<Chunk*>(mark.chunk);
    if (newest_ == kept) {
        window_.cursor = mark.cursor;
        high_cursor_ = mark.cursor;
    } else {
        while (newest_ != kept) {
            Chunk* chunk = newest_;
            newest_ = chunk->previous;
            if (newest_ != nullptr) older_chunk_bytes_ -= newest_->bytes;
            family_->store.put(chunk);
        }
        open(kept);
        if (kept != nullptr) window_.cursor = high_cursor_ = mark.cursor;
    }
    settle();
}

template <Allocator Parent>
void Arena<Parent>::reset() noexcept {
    settle_family();
    if (newest_ != nullptr) {
        Chunk* largest = newest_;
        for (Chunk* chunk = newest_; chunk != nullptr; chunk = chunk->previous) {
            if (chunk->bytes > largest->bytes) largest = chunk;
        }
        while (newest_ != nullptr) {
            Chunk* chunk = std::exchange(newest_, newest_->previous);
            if (chunk != largest) family_->store.put(chunk);
        }
        largest->previous = nullptr;
        older_chunk_bytes_ = 0;
        open(largest);
    }
    settle();
}

template <Allocator Parent>
bool Arena<Parent>::owns(const void* p) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(p);
    for (Chunk* chunk = newest_; chunk != nullptr; chunk = chunk->previous) {
        const auto begin = reinterpret_cast<std::uintptr_t>(chunk->begin());
        const std::byte* used = chunk == newest_ ? window_.cursor : chunk->end();
        if (address >= begin && address < reinterpret_cast<std::uintptr_t>(used)) return true;
    }
    return false;
}

template <Allocator Parent>
Figures Arena<Parent>::figures() noexcept {
    settle_family();
    Figures f;
    if (owned_ != nullptr) {
        f.reserved_bytes = family_->reserved_bytes;
        f.reserved_bytes_peak = family_->reserved_bytes_peak;
        family_->store.add_mapped(f);
    } else {
        f.reserved_bytes = settled_bytes_;
        f.reserved_bytes_peak = own_peak_;
        f.mapped_bytes = newest_ == nullptr ? 0 : older_chunk_bytes_ + newest_->bytes;
        f.mapped_bytes_peak = own_chunk_bytes_peak_;
    }
    return f;
}

}  // namespace harness::allocators
