// The system calls behind Page. All of it is out of line: no inlining pays beside a system call.
#include "allocators/page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "allocators/factory.hpp"

namespace harness::allocators {

std::size_t page_bytes() noexcept {
    static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

void expect_dense_use(void* p, std::size_t bytes) noexcept {
    constexpr std::size_t huge_page = std::size_t{2} << 20;
    if (bytes >= huge_page) madvise(p, bytes, MADV_HUGEPAGE);
}

Page::~Page() { trim(); }

void Page::count(std::size_t bytes_added, std::size_t bytes_removed) noexcept {
    const std::uint64_t now =
        mapped_bytes_.fetch_add(bytes_added - bytes_removed, std::memory_order_relaxed) + bytes_added -
        bytes_removed;
    std::uint64_t peak = mapped_bytes_peak_.load(std::memory_order_relaxed);
    while (now > peak && !mapped_bytes_peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
}

void* Page::map(std::size_t bytes, std::size_t align) noexcept {
    // A larger alignment than a page is cut out of a larger mapping.
    const std::size_t slack = align > page_bytes() ? align - page_bytes() : 0;
    void* raw = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return nullptr;
    auto* start = static_cast<std::byte*>(raw);
    if (slack == 0) {
        count(bytes, 0);
        return start;
    }
    std::byte* aligned = align_up(start, align);
    const auto head = static_cast<std::size_t>(aligned - start);
    count(bytes + slack, 0);
    if (head != 0) unmap(start, head);
    if (slack != head) unmap(aligned + bytes, slack - head);
    return aligned;
}

void Page::unmap(void* p, std::size_t bytes) noexcept {
    if (munmap(p, bytes) == 0) {
        count(0, bytes);
        return;
    }
    // The kernel had no mapping left to split this one off. Its memory can go at once, its address later.
    madvise(p, bytes, MADV_DONTNEED);
    const std::lock_guard lock(held_mutex_);
    held_ = new (p) Held{held_, bytes};
    holds_any_.store(true, std::memory_order_relaxed);
}

void Page::trim() noexcept {
    while (unmap_one_held()) {
    }
}

bool Page::unmap_one_held() noexcept {
    if (!holds_any_.load(std::memory_order_relaxed)) return false;
    const std::lock_guard lock(held_mutex_);
    for (Held** link = &held_; *link != nullptr; link = &(*link)->next) {
        Held* block = *link;
        const Held record = *block;
        if (munmap(block, record.bytes) != 0) continue;
        *link = record.next;
        count(0, record.bytes);
        holds_any_.store(held_ != nullptr, std::memory_order_relaxed);
        return true;
    }
    return false;
}

void* Page::allocate(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    return map(round_up(n, page_bytes()), align);
}

void Page::deallocate(void* p, std::size_t n, std::size_t) noexcept {
    unmap(p, round_up(n, page_bytes()));
    // Whatever made room for this one may have made room for one that waits.
    unmap_one_held();
}

bool Page::resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return false;
    const std::size_t old_bytes = round_up(n_old, page_bytes());
    const std::size_t new_bytes = round_up(n_new, page_bytes());
    if (old_bytes == new_bytes) return true;
    if (mremap(p, old_bytes, new_bytes, 0) == MAP_FAILED) return false;
    count(new_bytes, old_bytes);
    return true;
}

void* Page::reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return nullptr;
    if (align > page_bytes()) {
        // The kernel moves to any page, so a larger alignment has to be found by hand.
        return resize(p, n_old, n_new, align) ? p : move_block(*this, p, n_old, n_new, align);
    }
    const std::size_t old_bytes = round_up(n_old, page_bytes());
    const std::size_t new_bytes = round_up(n_new, page_bytes());
    if (old_bytes == new_bytes) return p;
    void* moved = mremap(p, old_bytes, new_bytes, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) return nullptr;
    count(new_bytes, old_bytes);
    return moved;
}

std::size_t Page::usable_size(void*, std::size_t n, std::size_t) noexcept {
    return round_up(n, page_bytes());
}

Figures Page::figures() const noexcept {
    Figures f;
    f.mapped_bytes = f.reserved_bytes = mapped_bytes_.load(std::memory_order_relaxed);
    f.mapped_bytes_peak = f.reserved_bytes_peak = mapped_bytes_peak_.load(std::memory_order_relaxed);
    return f;
}

Made make_page(FactoryInput&) { return make_any<Page>("page"); }

}  // namespace harness::allocators
