// The C library's malloc and free behind the common interface, the yardstick that every program starts from.
// Whatever replaces malloc in the process (a sanitizer, a preloaded library) is measured through it too.
#pragma once

#include <malloc.h>

#include <cstdlib>

#include "allocators/thread_counters.hpp"

namespace harness::allocators {

class Direct {
  public:
    static constexpr Threading threading = Threading::shared;

    Direct() = default;
    Direct(const Direct&) = delete;
    Direct& operator=(const Direct&) = delete;

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (is_refused(n, align)) return nullptr;
        return counted(align <= alignof(std::max_align_t) ? std::malloc(n) : allocate_aligned(n, align));
    }

    void deallocate(void* p, std::size_t, std::size_t) noexcept {
        reserved_.subtract(reserved_bytes_of(p));
        std::free(p);
    }

    void* allocate_zeroed(std::size_t n, std::size_t align) noexcept;
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    std::size_t usable_size(void* p, std::size_t, std::size_t) noexcept { return malloc_usable_size(p); }
    void trim() noexcept { malloc_trim(0); }

    // reserved: the blocks of this object with the C library's rounding and headers. mapped: what the C
    // library holds for the whole process, at the moments somebody asked.
    Figures figures() noexcept;

  private:
    // The word before each block that glibc keeps for itself.
    static constexpr std::uint64_t header_bytes = 8;

    static std::uint64_t reserved_bytes_of(void* p) noexcept { return malloc_usable_size(p) + header_bytes; }
    static void* allocate_aligned(std::size_t n, std::size_t align) noexcept;

    void* counted(void* p) noexcept {
        if (p != nullptr) reserved_.add(reserved_bytes_of(p));
        return p;
    }

    ThreadCounters reserved_;
    std::atomic<std::uint64_t> mapped_bytes_peak_{0};
};

}  // namespace harness::allocators
