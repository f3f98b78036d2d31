// The slow half of the thread-local allocator: new chunks, frees that came from elsewhere, large blocks, and
// what ended threads have left. Each is met once in many calls, so clarity goes before speed here.
#include "allocators/thread_local.hpp"

#include <new>

#include "allocators/factory.hpp"

namespace harness::allocators {

void* ThreadHeaps::take_aligned(Heap& heap, std::size_t n, std::size_t align) noexcept {
    std::byte* start = heap.cursor.load(std::memory_order_relaxed);
    const std::size_t padding = (align - address_of(start)) & (align - 1);
    const std::size_t bytes = padding + round_up(n, bump_granule);
    if (bytes > static_cast<std::size_t>(heap.limit - start)) return nullptr;
    if (padding != 0) add(heap.current.load(std::memory_order_relaxed)->freed_bytes, padding);
    heap.cursor.store(start + bytes, std::memory_order_relaxed);
    return start + padding;
}

namespace {

std::size_t thread_slot() noexcept {
    return thread_slot_or_none == counter_slots ? assign_thread_slot() : thread_slot_or_none;
}

}  // namespace

void* ThreadHeaps::allocate_slowly(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    if (!is_small(n, align)) return allocate_large(n, align);
    const std::size_t index = thread_slot();
    if (index != shared_slot) return take_or_refill(heaps_[index], n, align);
    const std::lock_guard lock(shared_mutex_);
    return take_or_refill(heaps_[shared_slot], n, align);
}

void ThreadHeaps::deallocate_slowly(void* p, std::size_t n, std::size_t align) noexcept {
    if (!is_small(n, align)) return deallocate_large(p, align);
    give_back_from_anywhere(p, round_up(n, bump_granule));
}

void ThreadHeaps::give_back_from_anywhere(void* p, std::size_t bytes) noexcept {
    const std::size_t index = thread_slot();
    Heap* owner = owner_of(p);
    if (owner != &heaps_[index]) return tell(chunk_of(p), *owner, bytes);
    if (index != shared_slot) return give_back(*owner, p, bytes);
    const std::lock_guard lock(shared_mutex_);
    give_back(*owner, p, bytes);
}

bool ThreadHeaps::resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (!is_small(n_old, align) || !is_small(n_new, align)) return n_old == n_new;
    const std::size_t bytes_old = round_up(n_old, bump_granule);
    const std::size_t bytes_new = round_up(n_new, bump_granule);
    if (bytes_new > bytes_old) return grow(p, bytes_old, bytes_new);
    if (bytes_new < bytes_old)
        give_back_from_anywhere(static_cast<std::byte*>(p) + bytes_new, bytes_old - bytes_new);
    return true;
}

bool ThreadHeaps::grow(void* p, std::size_t bytes_old, std::size_t bytes_new) noexcept {
    const std::size_t index = thread_slot();
    Heap& heap = heaps_[index];
    if (owner_of(p) != &heap) return false;
    if (index != shared_slot) return grow_last(heap, p, bytes_old, bytes_new);
    const std::lock_guard lock(shared_mutex_);
    return grow_last(heap, p, bytes_old, bytes_new);
}

bool ThreadHeaps::grow_last(Heap& heap, void* p, std::size_t bytes_old, std::size_t bytes_new) noexcept {
    auto* start = static_cast<std::byte*>(p);
    if (start + bytes_old != heap.cursor.load(std::memory_order_relaxed)) return false;
    if (bytes_new > static_cast<std::size_t>(heap.limit - start)) return false;
    heap.cursor.store(start + bytes_new, std::memory_order_relaxed);
    return true;
}

// Whoever makes the count leave zero also tells the owner. The owner sees none of these bytes before that, so
// the chunk cannot be used again between the two steps, and it is never in the list twice.
void ThreadHeaps::tell(Chunk* chunk, Heap& owner, std::size_t bytes) noexcept {
    if (chunk->freed_elsewhere_bytes.fetch_add(bytes, std::memory_order_acq_rel) != 0) return;
    Chunk* head = owner.told.load(std::memory_order_relaxed);
    do {
        chunk->next_told = head;
    } while (
        !owner.told.compare_exchange_weak(head, chunk, std::memory_order_release, std::memory_order_relaxed));
}

void ThreadHeaps::read_told(Heap& heap) noexcept {
    if (heap.told.load(std::memory_order_relaxed) == nullptr) return;
    Chunk* chunk = heap.told.exchange(nullptr, std::memory_order_acquire);
    while (chunk != nullptr) {
        // Once the count is zero again, the next free may link the chunk anew: read the link before.
        Chunk* next = chunk->next_told;
        add(chunk->freed_bytes, chunk->freed_elsewhere_bytes.exchange(0, std::memory_order_acq_rel));
        if (chunk->freed_bytes.load(std::memory_order_relaxed) ==
            chunk->filled_bytes.load(std::memory_order_relaxed))
            reuse(heap, chunk);
        chunk = next;
    }
}

void ThreadHeaps::note_peak(Heap& heap) noexcept {
    Chunk* current = heap.current.load(std::memory_order_relaxed);
    if (current == nullptr) return;
    heap.high = std::max(heap.high, heap.cursor.load(std::memory_order_relaxed));
    const auto in_current = static_cast<std::uint64_t>(heap.high - begin_of(current));
    const std::uint64_t now = heap.retired_bytes + in_current;
    if (now > heap.reserved_bytes_peak.load(std::memory_order_relaxed))
        heap.reserved_bytes_peak.store(now, std::memory_order_relaxed);
}

// All blocks of a chunk behind the current one are back.
void ThreadHeaps::reuse(Heap& heap, Chunk* chunk) noexcept {
    note_peak(heap);
    heap.retired_bytes -= bytes_of(chunk);
    chunk->freed_bytes.store(0, std::memory_order_relaxed);
    chunk->filled_bytes.store(0, std::memory_order_relaxed);
    if (heap.unused_count == unused_kept) {
        const std::lock_guard lock(mutex_);
        return put_unused(chunk);
    }
    chunk->next = std::exchange(heap.unused, chunk);
    ++heap.unused_count;
}

void* ThreadHeaps::take_or_refill(Heap& heap, std::size_t n, std::size_t align) noexcept {
    if (void* p = take(heap, n, align); p != nullptr) return p;
    return refill(heap) ? take(heap, n, align) : nullptr;
}

// Makes room for any small block, or changes nothing.
bool ThreadHeaps::refill(Heap& heap) noexcept {
    read_told(heap);
    note_peak(heap);
    Chunk* old = heap.current.load(std::memory_order_relaxed);
    if (old != nullptr && old->freed_bytes.load(std::memory_order_relaxed) == used_of(heap, old)) {
        old->freed_bytes.store(0, std::memory_order_relaxed);
        heap.high = begin_of(old);
        heap.cursor.store(heap.high, std::memory_order_relaxed);
        return true;
    }
    Chunk* fresh = heap.unused;
    if (fresh != nullptr) {
        heap.unused = fresh->next;
        --heap.unused_count;
    } else {
        fresh = take_unused_of_all();
        if (fresh == nullptr) return false;
    }
    if (old != nullptr) {
        heap.retired_bytes += bytes_of(old);
        old->filled_bytes.store(used_of(heap, old), std::memory_order_relaxed);
    }
    Span* span = span_of(fresh);
    const auto index = static_cast<std::size_t>(fresh - span->chunks.data());
    span->owners[index].store(&heap, std::memory_order_relaxed);
    fresh->filled_bytes.store(open, std::memory_order_relaxed);
    heap.current.store(fresh, std::memory_order_relaxed);
    heap.high = begin_of(fresh);
    heap.cursor.store(heap.high, std::memory_order_relaxed);
    heap.limit = end_of(fresh);
    return true;
}

// What threads that ended have left comes before another span.
ThreadHeaps::Chunk* ThreadHeaps::take_unused_of_all() noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (unused_ != nullptr) return take_unused();
    }
    collect_from_ended_threads();
    const std::lock_guard lock(mutex_);
    return take_unused();
}

ThreadHeaps::Chunk* ThreadHeaps::take_unused() noexcept {
    if (unused_ == nullptr && !add_span()) return nullptr;
    Chunk* chunk = std::exchange(unused_, unused_->next);
    --span_of(chunk)->unused_chunks;
    return chunk;
}

void ThreadHeaps::put_unused(Chunk* chunk) noexcept {
    chunk->next = std::exchange(unused_, chunk);
    ++span_of(chunk)->unused_chunks;
}

bool ThreadHeaps::add_span() noexcept {
    void* p = parent_allocate(span_bytes, span_bytes);
    if (p == nullptr) return false;
    auto* span = new (p) Span;
    span->next = std::exchange(spans_, span);
    mapped_bytes_ += span_bytes;
    // The lowest comes out first.
    for (std::size_t i = span_chunks; i-- > 0;) put_unused(&span->chunks[i]);
    return true;
}

// The caller has the heap to itself.
void ThreadHeaps::give_up_unused(Heap& heap) noexcept {
    read_told(heap);
    const std::lock_guard lock(mutex_);
    while (heap.unused != nullptr) put_unused(std::exchange(heap.unused, heap.unused->next));
    heap.unused_count = 0;
    Chunk* current = heap.current.load(std::memory_order_relaxed);
    if (current == nullptr) return;
    if (current->freed_bytes.load(std::memory_order_relaxed) != used_of(heap, current)) return;
    note_peak(heap);
    current->freed_bytes.store(0, std::memory_order_relaxed);
    current->filled_bytes.store(0, std::memory_order_relaxed);
    put_unused(current);
    heap.current.store(nullptr, std::memory_order_relaxed);
    heap.cursor.store(nullptr, std::memory_order_relaxed);
    heap.limit = heap.high = nullptr;
}

// A thread's heap waits for the next thread with its number. Until there is one, what it left would be lost
// to the others; its number, taken for a moment, gives the caller the right to look.
void ThreadHeaps::collect_from_ended_threads() noexcept {
    for (std::size_t index = 0; index < shared_slot; ++index) {
        Heap& heap = heaps_[index];
        if (heap.current.load(std::memory_order_relaxed) == nullptr &&
            heap.told.load(std::memory_order_relaxed) == nullptr)
            continue;
        if (!take_idle_thread_slot(index)) continue;
        give_up_unused(heap);
        return_thread_slot(index);
    }
}

void ThreadHeaps::trim() noexcept {
    const std::size_t index = thread_slot();
    if (index != shared_slot) give_up_unused(heaps_[index]);
    {
        const std::lock_guard lock(shared_mutex_);
        give_up_unused(heaps_[shared_slot]);
    }
    collect_from_ended_threads();

    const std::lock_guard lock(mutex_);
    for (Chunk** link = &unused_; *link != nullptr;) {
        if (span_of(*link)->unused_chunks == span_chunks) {
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
    for (Span** link = &spans_; *link != nullptr;) {
        Span* span = *link;
        if (span->unused_chunks == span_chunks) {
            *link = span->next;
            mapped_bytes_ -= span_bytes;
            parent_deallocate(span, span_bytes, span_bytes);
        } else {
            link = &span->next;
        }
    }
    parent_trim();
}

void* ThreadHeaps::link_large(void* start, std::size_t total_bytes, std::size_t align) noexcept {
    auto* block = new (start) Large{nullptr, large_, total_bytes, align};
    if (large_ != nullptr) large_->previous = block;
    large_ = block;
    large_bytes_ += total_bytes;
    large_bytes_peak_ = std::max(large_bytes_peak_, large_bytes_);
    return static_cast<std::byte*>(start) + large_offset(align);
}

void ThreadHeaps::unlink_large(const Large* block) noexcept {
    (block->previous != nullptr ? block->previous->next : large_) = block->next;
    if (block->next != nullptr) block->next->previous = block->previous;
    large_bytes_ -= block->total_bytes;
}

void* ThreadHeaps::allocate_large(std::size_t n, std::size_t align) noexcept {
    align = std::max(align, alignof(Large));
    const std::size_t total_bytes = large_offset(align) + n;
    const std::lock_guard lock(mutex_);
    void* start = parent_allocate(total_bytes, align);
    return start == nullptr ? nullptr : link_large(start, total_bytes, align);
}

void ThreadHeaps::deallocate_large(void* p, std::size_t align) noexcept {
    auto* block = reinterpret_cast<Large*>(static_cast<std::byte*>(p) - large_offset(align));
    const std::lock_guard lock(mutex_);
    const Large was = *block;
    unlink_large(&was);
    parent_deallocate(block, was.total_bytes, was.align);
}

void* ThreadHeaps::reallocate_large(void* p, std::size_t n_new, std::size_t align) noexcept {
    auto* block = reinterpret_cast<Large*>(static_cast<std::byte*>(p) - large_offset(align));
    const std::size_t total_bytes = large_offset(align) + n_new;
    const std::lock_guard lock(mutex_);
    const Large was = *block;
    unlink_large(&was);
    void* start = parent_reallocate(block, was.total_bytes, total_bytes, was.align);
    if (start != nullptr) return link_large(start, total_bytes, was.align);
    link_large(block, was.total_bytes, was.align);
    return nullptr;
}

void ThreadHeaps::return_everything() noexcept {
    while (large_ != nullptr) {
        const Large was = *large_;
        parent_deallocate(large_, was.total_bytes, was.align);
        large_ = was.next;
    }
    while (spans_ != nullptr) {
        Span* next = spans_->next;
        parent_deallocate(spans_, span_bytes, span_bytes);
        spans_ = next;
    }
}

std::uint64_t ThreadHeaps::reserved_bytes_of(const Span& span, Chunk& chunk) noexcept {
    const std::size_t freed = chunk.freed_bytes.load(std::memory_order_relaxed) +
                              chunk.freed_elsewhere_bytes.load(std::memory_order_relaxed);
    const std::size_t filled = chunk.filled_bytes.load(std::memory_order_relaxed);
    if (filled != open) return filled == freed ? 0 : bytes_of(&chunk);
    const auto index = static_cast<std::size_t>(&chunk - span.chunks.data());
    // A thread at work may have moved its cursor elsewhere in this moment.
    const std::size_t used = used_of(*span.owners[index].load(std::memory_order_relaxed), &chunk);
    return used == freed ? 0 : std::min(used, bytes_of(&chunk));
}

Figures ThreadHeaps::figures() noexcept {
    if (const std::size_t index = thread_slot(); index != shared_slot) note_peak(heaps_[index]);
    Figures f;
    for (const Heap& heap : heaps_)
        f.reserved_bytes_peak += heap.reserved_bytes_peak.load(std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    for (Span* span = spans_; span != nullptr; span = span->next) {
        for (Chunk& chunk : span->chunks) f.reserved_bytes += reserved_bytes_of(*span, chunk);
    }
    f.reserved_bytes += large_bytes_;
    f.reserved_bytes_peak = std::max(f.reserved_bytes_peak + large_bytes_peak_, f.reserved_bytes);
    const Figures parent = parent_figures();
    const bool parent_knows = parent.mapped_bytes_peak != 0;
    f.mapped_bytes = parent_knows ? parent.mapped_bytes : mapped_bytes_ + large_bytes_;
    mapped_bytes_peak_ = std::max(mapped_bytes_peak_, f.mapped_bytes);
    f.mapped_bytes_peak = parent_knows ? parent.mapped_bytes_peak : mapped_bytes_peak_;
    return f;
}

Made make_thread_local(FactoryInput& input) {
    return make_over_parent<ThreadLocal, Page>("thread_local", input);
}

}  // namespace harness::allocators
