// Last in, first out: freeing the top gives its room back at once, freeing anything below waits for its turn.
// It fits programs that free in the reverse order, at nearly the price of an arena and with its memory
// reused.
#pragma once

#include <utility>

#include "allocators/bump.hpp"
#include "allocators/chunk_store.hpp"
#include "allocators/page.hpp"

namespace harness::allocators {

inline constexpr std::size_t stack_first_chunk_bytes_default = std::size_t{64} << 10;

// Before each block stands one word: the distance back to the word of the block below, 0 for the lowest of
// its chunk, and a bit that says "freed, but not on top". The distance makes the padding of large alignments
// skippable.
template <Allocator Parent>
class Stack {
  public:
    static constexpr Threading threading = Threading::single;

    template <class... ParentArguments>
    explicit Stack(std::size_t first_chunk_bytes = stack_first_chunk_bytes_default,
                   ParentArguments&&... arguments)
        : store_(std::forward<ParentArguments>(arguments)...), first_chunk_bytes_(first_chunk_bytes) {}
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    ~Stack() {
        while (newest_ != nullptr) leave_chunk();
    }

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (void* p = push(n, align); p != nullptr) [[likely]]
            return p;
        return allocate_in_new_chunk(n, align);
    }

    void deallocate(void* p, std::size_t, std::size_t) noexcept {
        Header* header = header_of(p);
        if (header != top_) {
            header->word |= held_bit;
            return;
        }
        note_peak();
        pop();
        if (top_ == nullptr || is_held(top_)) pop_held();
    }

    // The top grows in place up to the end of its chunk; any other block only within its rounding.
    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t) noexcept {
        note_peak();
        if (header_of(p) == top_) return bump_resize(window_, p, n_old, n_new);
        return n_new != 0 && round_up(n_new, bump_granule) == round_up(n_old, bump_granule);
    }

    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
        return resize(p, n_old, n_new, align) ? p : move_block(*this, p, n_old, n_new, align);
    }

    // A mark is a block without content, so what lies below it and is freed meanwhile waits until its
    // release.
    Mark mark() noexcept;
    void release(Mark mark) noexcept;
    void reset() noexcept;

    bool owns(const void* p) noexcept;
    std::size_t usable_size(void*, std::size_t n, std::size_t) noexcept { return round_up(n, bump_granule); }
    void trim() noexcept { store_.trim(); }
    Figures figures() noexcept;

    [[nodiscard]] Parent& parent() { return store_.parent(); }

  private:
    struct Header {
        std::uint64_t word;
    };
    static constexpr std::uint64_t held_bit = 1;

    static Header* header_of(void* p) { return static_cast<Header*>(p) - 1; }
    static bool is_held(const Header* header) { return (header->word & held_bit) != 0; }

    // What a chunk above the first needs to know of the one below it; lies at the chunk's beginning.
    struct Below {
        Header* top;
        std::byte* cursor;
    };

    static std::byte* first_place_in(Chunk* chunk) { return chunk->begin() + sizeof(Below); }
    static Below& below(Chunk* chunk) { return *reinterpret_cast<Below*>(chunk->begin()); }

    void* push(std::size_t n, std::size_t align) noexcept {
        std::byte* start = window_.cursor;
        auto room = static_cast<std::size_t>(window_.limit - start);
        std::size_t before = sizeof(Header);
        if (align > bump_granule) {
            const auto address = reinterpret_cast<std::uintptr_t>(start) + sizeof(Header);
            before += (align - address) & (align - 1);
        }
        if (before > room || n - 1 >= room - before) return nullptr;
        start += before;
        window_.cursor = start + round_up(n, bump_granule);
        Header* header = header_of(start);
        header->word = top_ == nullptr ? 0
                                       : static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(header) -
                                                                    reinterpret_cast<std::byte*>(top_));
        top_ = header;
        return start;
    }
    [[gnu::noinline]] void* allocate_in_new_chunk(std::size_t n, std::size_t align) noexcept;

    // Takes the top block off. Padding that an alignment put before its word goes with the block below.
    void pop() noexcept {
        const std::uint64_t distance = top_->word & ~held_bit;
        auto* place = reinterpret_cast<std::byte*>(top_);
        window_.cursor = distance == 0 ? first_place_in(newest_) : place;
        top_ = distance == 0 ? nullptr : reinterpret_cast<Header*>(place - distance);
    }

    // Goes on with what waited for its turn, down through the chunks.
    [[gnu::noinline]] void pop_held() noexcept;

    // Lets the newest chunk go and continues where the one below it stood.
    void leave_chunk() noexcept;

    [[nodiscard]] std::uint64_t reserved_bytes() const {
        if (newest_ == nullptr) return 0;
        return older_chunk_bytes_ +
               static_cast<std::uint64_t>(window_.cursor - reinterpret_cast<std::byte*>(newest_));
    }
    void note_peak() noexcept { reserved_bytes_peak_ = std::max(reserved_bytes_peak_, reserved_bytes()); }

    BumpWindow window_;
    Header* top_ = nullptr;
    Chunk* newest_ = nullptr;
    std::uint64_t older_chunk_bytes_ = 0;
    std::uint64_t reserved_bytes_peak_ = 0;
    ChunkStore<Parent> store_;
    std::size_t first_chunk_bytes_;
};

template <Allocator Parent>
void* Stack<Parent>::allocate_in_new_chunk(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    const std::size_t slack = align > bump_granule ? align : 0;
    const std::size_t needed =
        sizeof(Chunk) + sizeof(Below) + sizeof(Header) + slack + round_up(n, bump_granule);
    const std::size_t doubled =
        newest_ == nullptr ? first_chunk_bytes_
                           : std::max(newest_->bytes, std::min(newest_->bytes * 2, chunk_bytes_doubling_max));
    Chunk* chunk = store_.get(std::max(doubled, needed), needed);
    if (chunk == nullptr) return nullptr;
    if (newest_ != nullptr) older_chunk_bytes_ += newest_->bytes;
    chunk->previous = newest_;
    new (chunk->begin()) Below{top_, window_.cursor};
    newest_ = chunk;
    top_ = nullptr;
    window_ = {first_place_in(chunk), chunk->end()};
    return push(n, align);
}

template <Allocator Parent>
void Stack<Parent>::leave_chunk() noexcept {
    Chunk* chunk = newest_;
    newest_ = chunk->previous;
    top_ = below(chunk).top;
    if (newest_ == nullptr) {
        window_ = {};
    } else {
        older_chunk_bytes_ -= newest_->bytes;
        window_ = {below(chunk).cursor, newest_->end()};
    }
    store_.put(chunk);
}

template <Allocator Parent>
void Stack<Parent>::pop_held() noexcept {
    for (;;) {
        if (top_ != nullptr) {
            if (!is_held(top_)) return;
            pop();
        } else if (newest_ != nullptr && newest_->previous != nullptr) {
            leave_chunk();
        } else {
            return;
        }
    }
}

template <Allocator Parent>
Mark Stack<Parent>::mark() noexcept {
    void* sentinel = allocate(1, default_align);
    if (sentinel != nullptr) return {newest_, static_cast<std::byte*>(sentinel), nullptr};
    // No room for a mark block: note the top instead. What is freed below it meanwhile is then not held back.
    return {newest_, nullptr, reinterpret_cast<std::byte*>(top_)};
}

template <Allocator Parent>
void Stack<Parent>::release(Mark mark) noexcept {
    note_peak();
    while (newest_ != nullptr && newest_ != mark.chunk) leave_chunk();
    if (mark.cursor != nullptr) {
        top_ = header_of(mark.cursor);
        pop();
    } else {
        while (reinterpret_cast<std::byte*>(top_) > mark.top) pop();
    }
    pop_held();
}

template <Allocator Parent>
void Stack<Parent>::reset() noexcept {
    note_peak();
    Chunk* largest = newest_;
    for (Chunk* chunk = newest_; chunk != nullptr; chunk = chunk->previous) {
        if (chunk->bytes > largest->bytes) largest = chunk;
    }
    if (largest == nullptr) return;
    while (newest_ != nullptr) {
        Chunk* chunk = std::exchange(newest_, newest_->previous);
        if (chunk != largest) store_.put(chunk);
    }
    largest->previous = nullptr;
    new (largest->begin()) Below{nullptr, nullptr};
    newest_ = largest;
    older_chunk_bytes_ = 0;
    top_ = nullptr;
    window_ = {first_place_in(largest), largest->end()};
}

template <Allocator Parent>
bool Stack<Parent>::owns(const void* p) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(p);
    const std::byte* used = window_.cursor;
    for (Chunk* chunk = newest_; chunk != nullptr; chunk = chunk->previous) {
        if (address >= reinterpret_cast<std::uintptr_t>(first_place_in(chunk)) &&
            address < reinterpret_cast<std::uintptr_t>(used)) {
            return true;
        }
        used = below(chunk).cursor;
    }
    return false;
}

template <Allocator Parent>
Figures Stack<Parent>::figures() noexcept {
    note_peak();
    Figures f;
    f.reserved_bytes = reserved_bytes();
    f.reserved_bytes_peak = reserved_bytes_peak_;
    store_.add_mapped(f);
    return f;
}

}  // namespace harness::allocators
