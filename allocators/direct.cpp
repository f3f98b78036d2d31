// The rarer operations of Direct and its figures, which ask the C library about the whole process.
// They are out of line because each is far dearer than a call.
#include "allocators/direct.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

void* Direct::allocate_aligned(std::size_t n, std::size_t align) noexcept {
    void* p = nullptr;
    return posix_memalign(&p, align, n) == 0 ? p : nullptr;
}

void* Direct::allocate_zeroed(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    if (align <= alignof(std::max_align_t)) return counted(std::calloc(n, 1));
    void* p = allocate(n, align);
    if (p != nullptr) std::memset(p, 0, n);
    return p;
}

void* Direct::reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return nullptr;
    // The C library's realloc forgets alignments beyond its own.
    if (align > alignof(std::max_align_t)) return move_block(*this, p, n_old, n_new, align);
    const std::uint64_t reserved_before = reserved_bytes_of(p);
    void* moved = std::realloc(p, n_new);
    if (moved != nullptr) reserved_.replace(reserved_before, reserved_bytes_of(moved));
    return moved;
}

Figures Direct::figures() noexcept {
    const struct mallinfo2 info = mallinfo2();
    Figures f;
    f.reserved_bytes = reserved_.bytes();
    f.reserved_bytes_peak = reserved_.bytes_peak();
    // A malloc that replaces the C library's does not answer; then at least its blocks are mapped.
    f.mapped_bytes = std::max<std::uint64_t>(std::uint64_t{info.arena} + info.hblkhd, f.reserved_bytes);
    // Nobody asked at the peak itself, but what was reserved then was mapped.
    f.mapped_bytes_peak =
        std::max({mapped_bytes_peak_.load(std::memory_order_relaxed), f.mapped_bytes, f.reserved_bytes_peak});
    f.mapped_by = "malloc";
    mapped_bytes_peak_.store(f.mapped_bytes_peak, std::memory_order_relaxed);
    return f;
}

Made make_direct(FactoryInput&) { return make_any<Direct>("direct"); }

}  // namespace harness::allocators
