// Finding tcmalloc's functions, proving that they serve, and the rarer calls.
#include "allocators/tcmalloc.hpp"

#include <cstdlib>

#include "allocators/peer_library.hpp"

namespace harness::allocators {

namespace {

// The library reports every large request on standard error, also one that it refuses. It reads the threshold
// when it is loaded; 0 is never. A threshold that the user has set stays.
class QuietLoading {
  public:
    QuietLoading() : is_ours_(setenv(name, "0", 0) == 0 && std::getenv(name)[0] == '0') {}
    ~QuietLoading() {
        if (is_ours_) unsetenv(name);
    }
    QuietLoading(const QuietLoading&) = delete;
    QuietLoading& operator=(const QuietLoading&) = delete;

  private:
    static constexpr const char* name = "TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD";
    bool is_ours_;
};

Outcome<TcmallocLibrary> load() {
    const QuietLoading quiet;
    Outcome<PeerLibrary> loaded = PeerLibrary::load(
        "tcmalloc", {"libtcmalloc_minimal.so.4", "libtcmalloc.so.4"}, "libtcmalloc-minimal4");
    if (!loaded.ok()) return loaded.failure();
    PeerLibrary& library = loaded.value();
    TcmallocLibrary found;
    const char* (*version)(int* major, int* minor, const char** patch) = nullptr;
    library.find("tc_malloc", found.malloc);
    library.find("tc_memalign", found.memalign);
    library.find("tc_calloc", found.calloc);
    library.find("tc_free", found.free);
    library.find("tc_free_sized", found.free_sized);
    library.find("tc_nallocx", found.nallocx);
    library.find("tc_malloc_size", found.malloc_size);
    library.find("tc_version", version);
    library.find("MallocExtension_GetOwnership", found.ownership);
    library.find("MallocExtension_GetNumericProperty", found.numeric_property);
    library.find("MallocExtension_MarkThreadIdle", found.mark_thread_idle);
    library.find("MallocExtension_ReleaseFreeMemory", found.release_free_memory);
    if (!library.complete()) return library.failure();
    int major = 0;
    int minor = 0;
    const char* patch = "";
    found.version = version(&major, &minor, &patch);
    found.file = library.file();
    constexpr int owned = 1;
    void* p = found.malloc(64);
    const bool serves = p != nullptr && found.ownership(p) == owned && found.malloc_size(p) >= 64;
    found.free(p);
    if (!serves) return library.does_not_serve();
    return found;
}

}  // namespace

const Outcome<TcmallocLibrary>& tcmalloc_library() {
    static const Outcome<TcmallocLibrary> library = load();
    return library;
}

bool Tcmalloc::resize(void*, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    return !is_refused(n_new, align) && class_bytes(n_old, align) == class_bytes(n_new, align);
}

void* Tcmalloc::reallocate(void* p, std::size_t n_old, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return nullptr;
    return resize(p, n_old, n_new, align) ? p : move_block(*this, p, n_old, n_new, align);
}

Block Tcmalloc::allocate_at_least(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return {};
    const std::size_t given = class_bytes(n, align);
    void* p = allocate(given, align);
    return {p, p == nullptr ? 0 : given};
}

void* Tcmalloc::allocate_zeroed(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    if (align > default_align) {
        void* p = allocate(n, align);
        if (p != nullptr) std::memset(p, 0, n);
        return p;
    }
    void* p = library_.calloc(1, n);
    if (p != nullptr) reserved_.add(class_bytes(n, align));
    return p;
}

std::size_t Tcmalloc::usable_size(void*, std::size_t n, std::size_t align) noexcept {
    return class_bytes(n, align);
}

void Tcmalloc::trim() noexcept {
    // The calling thread's cache goes first, for what it holds cannot be released.
    library_.mark_thread_idle();
    library_.release_free_memory();
}

Figures Tcmalloc::figures() noexcept {
    std::size_t heap_bytes = 0;
    library_.numeric_property("generic.heap_size", &heap_bytes);
    Figures f;
    f.reserved_bytes = reserved_.bytes();
    f.reserved_bytes_peak = reserved_.bytes_peak();
    f.mapped_bytes = std::max<std::uint64_t>(heap_bytes, f.reserved_bytes);
    f.mapped_bytes_peak = std::max(mapped_bytes_peak_.load(std::memory_order_relaxed), f.mapped_bytes);
    mapped_bytes_peak_.store(f.mapped_bytes_peak, std::memory_order_relaxed);
    return f;
}

Outcome<std::string> version_of_tcmalloc() { return version_of_peer(tcmalloc_library()); }

Made make_tcmalloc(FactoryInput&) { return make_peer<Tcmalloc>("tcmalloc", tcmalloc_library()); }

}  // namespace harness::allocators
