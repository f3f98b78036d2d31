// jemalloc as a peer: the library's sized interface, linked in under names of its own so that the process
// keeps its malloc. Comparing with a peer means calling it the fastest way it offers, with size and
// alignment.
#pragma once

#include <string>

#include "allocators/thread_counters.hpp"

namespace harness::allocators {

// The entry points of the linked library, so that the hot paths inline down to the library's call.
namespace jemalloc_library {
extern "C" {
void* harness_peer_jemalloc_mallocx(std::size_t n, int flags);
void harness_peer_jemalloc_sdallocx(void* p, std::size_t n, int flags);
void* harness_peer_jemalloc_rallocx(void* p, std::size_t n, int flags);
std::size_t harness_peer_jemalloc_xallocx(void* p, std::size_t n, std::size_t extra, int flags);
std::size_t harness_peer_jemalloc_nallocx(std::size_t n, int flags);
std::size_t harness_peer_jemalloc_sallocx(const void* p, int flags);
int harness_peer_jemalloc_mallctl(const char* name, void* old, std::size_t* old_bytes, void* fresh,
                                  std::size_t fresh_bytes);
}
}  // namespace jemalloc_library

// One library serves the whole process, so two objects of this type share its caches and what it maps.
// There is no owns: the library's look-up of an address may only be asked about addresses that it mapped.
// A sanitizer does not watch these blocks: it replaces malloc, which this never calls.
class Jemalloc {
  public:
    static constexpr Threading threading = Threading::shared;

    Jemalloc() = default;
    Jemalloc(const Jemalloc&) = delete;
    Jemalloc& operator=(const Jemalloc&) = delete;

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (is_refused(n, align)) return nullptr;
        const int flags = flags_of(align);
        void* p = jemalloc_library::harness_peer_jemalloc_mallocx(n, flags);
        if (p != nullptr) reserved_.add(jemalloc_library::harness_peer_jemalloc_nallocx(n, flags));
        return p;
    }

    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        const int flags = flags_of(align);
        reserved_.subtract(jemalloc_library::harness_peer_jemalloc_nallocx(n, flags));
        jemalloc_library::harness_peer_jemalloc_sdallocx(p, n, flags);
    }

    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    Block allocate_at_least(std::size_t n, std::size_t align) noexcept;
    void* allocate_zeroed(std::size_t n, std::size_t align) noexcept;
    std::size_t usable_size(void* p, std::size_t n, std::size_t align) noexcept;
    void trim() noexcept;
    // reserved: this object's blocks by size class. mapped: the library's for the whole process, its peak as
    // seen at the moments somebody asked.
    Figures figures() noexcept;

    // "5.3.0-0-g..." as the linked library tells it.
    static std::string version();

  private:
    static constexpr int zero_flag = 0x40;

    // The library takes the logarithm of the alignment in the low bits; its own minimum needs none.
    static int flags_of(std::size_t align) noexcept { return align <= 8 ? 0 : __builtin_ctzll(align); }

    ThreadCounters reserved_;
    std::atomic<std::uint64_t> mapped_bytes_peak_{0};
};

}  // namespace harness::allocators
