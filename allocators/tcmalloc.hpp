// tcmalloc as a peer: the allocator of gperftools, loaded when asked for, through its own names.
// Blocks of its own alignment are freed with their size, as it advises for speed.
#pragma once

#include <string>

#include "allocators/outcome.hpp"
#include "allocators/thread_counters.hpp"

namespace harness::allocators {

// The library's functions, as documented in gperftools/tcmalloc.h and malloc_extension_c.h.
struct TcmallocLibrary {
    void* (*malloc)(std::size_t n) = nullptr;
    void* (*memalign)(std::size_t align, std::size_t n) = nullptr;
    void* (*calloc)(std::size_t count, std::size_t n) = nullptr;
    void (*free)(void* p) = nullptr;
    void (*free_sized)(void* p, std::size_t n) = nullptr;
    std::size_t (*nallocx)(std::size_t n, int flags) = nullptr;
    std::size_t (*malloc_size)(void* p) = nullptr;
    int (*ownership)(const void* p) = nullptr;
    int (*numeric_property)(const char* name, std::size_t* value) = nullptr;
    void (*mark_thread_idle)() = nullptr;
    void (*release_free_memory)() = nullptr;
    // "gperftools 2.10", and the file that it came from.
    std::string version;
    std::string file;
};

// Loads it at the first call; a failure says what is missing and which package has it.
const Outcome<TcmallocLibrary>& tcmalloc_library();

// One library serves the whole process, so two objects of this type share its caches and what it maps.
// A sanitizer does not watch these blocks: it replaces malloc, which this never calls.
class Tcmalloc {
  public:
    static constexpr Threading threading = Threading::shared;

    // The functions are copied, so that a call is one load away.
    explicit Tcmalloc(const TcmallocLibrary& library) : library_(library) {}
    Tcmalloc(const Tcmalloc&) = delete;
    Tcmalloc& operator=(const Tcmalloc&) = delete;

    void* allocate(std::size_t n, std::size_t align = default_align) noexcept {
        if (is_refused(n, align)) return nullptr;
        void* p = align <= default_align ? library_.malloc(n) : library_.memalign(align, n);
        if (p != nullptr) reserved_.add(class_bytes(n, align));
        return p;
    }

    void deallocate(void* p, std::size_t n, std::size_t align) noexcept {
        reserved_.subtract(class_bytes(n, align));
        // The size would name another class than that of a block that was aligned on demand.
        align <= default_align ? library_.free_sized(p, n) : library_.free(p);
    }

    // In place within the size class only, since the size that is given back names the class. The library
    // itself would keep a shrinking block in its class, and copies whatever grows.
    bool resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    void* reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept;
    Block allocate_at_least(std::size_t n, std::size_t align) noexcept;
    void* allocate_zeroed(std::size_t n, std::size_t align) noexcept;
    std::size_t usable_size(void* p, std::size_t n, std::size_t align) noexcept;
    void trim() noexcept;
    // reserved: this object's blocks by size class. mapped: the library's heap for the whole process.
    Figures figures() noexcept;

  private:
    // The library takes the logarithm of the alignment in the low bits of the flags.
    std::size_t class_bytes(std::size_t n, std::size_t align) const noexcept {
        return library_.nallocx(n, align <= default_align ? 0 : __builtin_ctzll(align));
    }

    TcmallocLibrary library_;
    ThreadCounters reserved_;
    std::atomic<std::uint64_t> mapped_bytes_peak_{0};
};

}  // namespace harness::allocators
