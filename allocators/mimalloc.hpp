// mimalloc as a peer: the distribution's library, loaded when asked for, through its own names.
// Its free takes no size, so the block's size class is asked of the library for the accounting.
#pragma once

#include <string>

#include "allocators/outcome.hpp"
#include "allocators/thread_counters.hpp"

namespace harness::allocators {

// The library's functions, as documented in mimalloc.h.
struct MimallocLibrary {
    void* (*malloc)(std::size_t n) = nullptr;
    void* (*malloc_aligned)(std::size_t n, std::size_t align) = nullptr;
    void (*free)(void* p) = nullptr;
    void* (*realloc_aligned)(void* p, std::size_t n, std::size_t align) = nullptr;
    void* (*zalloc_aligned)(std::size_t n, std::size_t align) = nullptr;
    std::size_t (*usable_size)(const void* p) = nullptr;
    std::size_t (*good_size)(std::size_t n) = nullptr;
    // Whether the calling thread's heap has this block; it looks through the heap.
    bool (*check_owned)(const void* p) = nullptr;
    void (*collect)(bool force) = nullptr;
    void (*process_info)(std::size_t* elapsed_ms, std::size_t* user_ms, std::size_t* system_ms,
                         std::size_t* resident_bytes, std::size_t* resident_bytes_peak,
                         std::size_t* committed_bytes, std::size_t* committed_bytes_peak,
                         std::size_t* page_faults) = nullptr;
    // "2.0.9", and the file that it came from.
    std::string version;
    std::string file;
};

// Loads it at the first call; a failure says what is missing and which package has it.
const Outcome<MimallocLibrary>& mimalloc_library();

// One library serves the whole process, so two objects of this type share its heaps and what it maps.
// A sanitizer does not watch these blocks: it replaces malloc, which this never calls.
class Mimalloc {
  public:
    static constexpr Threading threading = Threading::shared;

    // The functions are copied, so that a call is one load away.
    explicit Mimalloc(const MimallocLibrary& library) : library_(library) {}
    Mimalloc(const Mimalloc&) = delete;
    Mimalloc& operator=(const Mimalloc&) = delete;

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (is_refused(n, align)) return nullptr;
        return counted(align <= default_align ? library_.malloc(n) : library_.malloc_aligned(n, align));
    }

    void deallocate(void* p, std::size_t, std::size_t) noexcept {
        reserved_.subtract(library_.usable_size(p));
        library_.free(p);
    }

    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    Block allocate_at_least(std::size_t n, std::size_t align) noexcept;
    void* allocate_zeroed(std::size_t n, std::size_t align) noexcept;
    std::size_t usable_size(void* p, std::size_t n, std::size_t align) noexcept;
    void trim() noexcept { library_.collect(true); }
    // reserved: this object's blocks with the library's rounding. mapped: what the library has committed for
    // the whole process.
    Figures figures() noexcept;

  private:
    void* counted(void* p) noexcept {
        if (p != nullptr) reserved_.add(library_.usable_size(p));
        return p;
    }

    MimallocLibrary library_;
    ThreadCounters reserved_;
    std::atomic<std::uint64_t> mapped_bytes_peak_{0};
};

}  // namespace harness::allocators
