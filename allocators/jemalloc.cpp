// The rarer calls into jemalloc, its figures and its version, all through the documented mallctl names.
// Built without the library it still registers, and says what is missing.
#include "allocators/jemalloc.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

#ifdef HARNESS_HAS_JEMALLOC

using namespace jemalloc_library;

namespace {

std::uint64_t read_size(const char* name) noexcept {
    std::size_t value = 0;
    std::size_t bytes = sizeof(value);
    return harness_peer_jemalloc_mallctl(name, &value, &bytes, nullptr, 0) == 0 ? value : 0;
}

}  // namespace

bool Jemalloc::resize(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return false;
    const int flags = flags_of(align);
    // The library would also shrink a block to a smaller class half way; only the class of n_new will do, for
    // the block is given back with that size.
    const std::size_t wanted = harness_peer_jemalloc_nallocx(n_new, flags);
    const std::size_t before = harness_peer_jemalloc_nallocx(n_old, flags);
    if (wanted == before) return true;
    const std::size_t real = harness_peer_jemalloc_xallocx(p, n_new, 0, flags);
    if (real == wanted) {
        reserved_.replace(before, wanted);
        return true;
    }
    if (real != before) harness_peer_jemalloc_xallocx(p, n_old, 0, flags);
    return false;
}

void* Jemalloc::reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return nullptr;
    const int flags = flags_of(align);
    void* moved = harness_peer_jemalloc_rallocx(p, n_new, flags);
    if (moved != nullptr) {
        reserved_.replace(harness_peer_jemalloc_nallocx(n_old, flags),
                          harness_peer_jemalloc_nallocx(n_new, flags));
    }
    return moved;
}

Block Jemalloc::allocate_at_least(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return {};
    const std::size_t given = harness_peer_jemalloc_nallocx(n, flags_of(align));
    if (given == 0) return {};
    void* p = allocate(given, align);
    return {p, p == nullptr ? 0 : given};
}

void* Jemalloc::allocate_zeroed(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    const int flags = flags_of(align);
    void* p = harness_peer_jemalloc_mallocx(n, flags | zero_flag);
    if (p != nullptr) reserved_.add(harness_peer_jemalloc_nallocx(n, flags));
    return p;
}

std::size_t Jemalloc::usable_size(void*, std::size_t n, std::size_t align) noexcept {
    return harness_peer_jemalloc_nallocx(n, flags_of(align));
}

void Jemalloc::trim() noexcept {
    harness_peer_jemalloc_mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
    // 4096 is the documented number that stands for all arenas.
    harness_peer_jemalloc_mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

Figures Jemalloc::figures() noexcept {
    // Writing the epoch makes the library refresh its statistics.
    std::uint64_t epoch = 1;
    harness_peer_jemalloc_mallctl("epoch", nullptr, nullptr, &epoch, sizeof(epoch));
    Figures f;
    f.reserved_bytes = reserved_.bytes();
    f.reserved_bytes_peak = reserved_.bytes_peak();
    f.mapped_bytes = read_size("stats.mapped");
    // Nobody asked at the peak itself, but what was reserved then was mapped.
    f.mapped_bytes_peak =
        std::max({mapped_bytes_peak_.load(std::memory_order_relaxed), f.mapped_bytes, f.reserved_bytes_peak});
    f.mapped_by = "jemalloc";
    mapped_bytes_peak_.store(f.mapped_bytes_peak, std::memory_order_relaxed);
    return f;
}

std::string Jemalloc::version() {
    const char* text = nullptr;
    std::size_t bytes = sizeof(text);
    if (harness_peer_jemalloc_mallctl("version", &text, &bytes, nullptr, 0) != 0) return "unknown";
    return text;
}

Outcome<std::string> version_of_jemalloc() { return Jemalloc::version(); }

Made make_jemalloc(FactoryInput&) { return make_any<Jemalloc>("jemalloc"); }

#else

namespace {

Failure missing() {
    return {"this build has no jemalloc: its static archive was not found when it was configured",
            "install the package libjemalloc-dev, then configure and build again"};
}

}  // namespace

Outcome<std::string> version_of_jemalloc() { return missing(); }

Made make_jemalloc(FactoryInput&) { return missing(); }

#endif

}  // namespace harness::allocators
