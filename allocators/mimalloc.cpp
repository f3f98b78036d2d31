// Finding mimalloc's functions, proving that they serve, and the rarer calls.
#include "allocators/mimalloc.hpp"

#include "allocators/peer_library.hpp"

namespace harness::allocators {

namespace {

// 209 is 2.0.9.
std::string version_text(int number) {
    return std::to_string(number / 100) + '.' + std::to_string(number / 10 % 10) + '.' +
           std::to_string(number % 10);
}

Outcome<MimallocLibrary> load() {
    Outcome<PeerLibrary> loaded =
        PeerLibrary::load("mimalloc", {"libmimalloc.so.2", "libmimalloc.so.2.0"}, "libmimalloc2.0");
    if (!loaded.ok()) return loaded.failure();
    PeerLibrary& library = loaded.value();
    MimallocLibrary found;
    int (*version)() = nullptr;
    library.find("mi_malloc", found.malloc);
    library.find("mi_malloc_aligned", found.malloc_aligned);
    library.find("mi_free", found.free);
    library.find("mi_realloc_aligned", found.realloc_aligned);
    library.find("mi_zalloc_aligned", found.zalloc_aligned);
    library.find("mi_usable_size", found.usable_size);
    library.find("mi_good_size", found.good_size);
    library.find("mi_check_owned", found.check_owned);
    library.find("mi_collect", found.collect);
    library.find("mi_process_info", found.process_info);
    library.find("mi_version", version);
    if (!library.complete()) return library.failure();
    found.version = version_text(version());
    found.file = library.file();
    void* p = found.malloc(64);
    const bool serves = p != nullptr && found.check_owned(p) && found.usable_size(p) >= 64;
    found.free(p);
    if (!serves) return library.does_not_serve();
    return found;
}

}  // namespace

const Outcome<MimallocLibrary>& mimalloc_library() {
    static const Outcome<MimallocLibrary> library = load();
    return library;
}

// The library resizes in place only within the block that it gave.
bool Mimalloc::resize(void* p, std::size_t, std::size_t n_new, std::size_t align) noexcept {
    return !is_refused(n_new, align) && n_new <= library_.usable_size(p);
}

void* Mimalloc::reallocate(void* p, std::size_t, std::size_t n_new, std::size_t align) noexcept {
    if (is_refused(n_new, align)) return nullptr;
    const std::size_t before = library_.usable_size(p);
    void* moved = library_.realloc_aligned(p, n_new, std::max(align, default_align));
    if (moved != nullptr) reserved_.replace(before, library_.usable_size(moved));
    return moved;
}

Block Mimalloc::allocate_at_least(std::size_t n, std::size_t align) noexcept {
    void* p = allocate(n, align);
    return {p, p == nullptr ? 0 : library_.usable_size(p)};
}

void* Mimalloc::allocate_zeroed(std::size_t n, std::size_t align) noexcept {
    if (is_refused(n, align)) return nullptr;
    return counted(library_.zalloc_aligned(n, std::max(align, default_align)));
}

std::size_t Mimalloc::usable_size(void* p, std::size_t, std::size_t) noexcept {
    return library_.usable_size(p);
}

Figures Mimalloc::figures() noexcept {
    std::size_t unused = 0;
    std::size_t committed_bytes = 0;
    std::size_t committed_bytes_peak = 0;
    library_.process_info(&unused, &unused, &unused, &unused, &unused, &committed_bytes,
                          &committed_bytes_peak, &unused);
    Figures f;
    f.reserved_bytes = reserved_.bytes();
    f.reserved_bytes_peak = reserved_.bytes_peak();
    f.mapped_bytes = std::max<std::uint64_t>(committed_bytes, f.reserved_bytes);
    f.mapped_bytes_peak = std::max<std::uint64_t>(
        {committed_bytes_peak, f.mapped_bytes, mapped_bytes_peak_.load(std::memory_order_relaxed)});
    mapped_bytes_peak_.store(f.mapped_bytes_peak, std::memory_order_relaxed);
    return f;
}

Outcome<std::string> version_of_mimalloc() { return version_of_peer(mimalloc_library()); }

Made make_mimalloc(FactoryInput&) { return make_peer<Mimalloc>("mimalloc", mimalloc_library()); }

}  // namespace harness::allocators
