// Reserving address space with mmap. It is its own file because it is the library's only call to the system.
#include "lang/memory/manager/reservation.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace harness::lang {

Outcome<Reservation> Reservation::create(std::size_t bytes) {
    if (bytes > max_bytes)
        return Failure{fmt::format("a reservation of {} bytes is over the limit of {}", bytes, max_bytes),
                       "ask for a smaller --max-depth"};
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t usable = (bytes + page - 1) / page * page;
    void* const at = mmap(nullptr, usable + page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return Failure{
            fmt::format("cannot reserve {} bytes of address space: {}", usable + page, std::strerror(errno)),
            "ask for a smaller --max-depth, or raise the limit on address space (ulimit -v)"};
    // Touching one slot must not make the kernel clear two megabytes: short programs would pay for it, and
    // resident memory would depend on the machine's setting. Kernels without huge pages refuse the advice,
    // which is as good.
    (void)madvise(at, usable, MADV_NOHUGEPAGE);
    Reservation made(at, usable + page);
    if (mprotect(static_cast<char*>(at) + usable, page, PROT_NONE) != 0)
        return Failure{fmt::format("cannot protect the page behind a reservation: {}", std::strerror(errno)),
                       "raise the limit on mappings (sysctl vm.max_map_count)"};
    return made;
}

void Reservation::clear() {
    if (at_ != nullptr) (void)madvise(at_, mapped_, MADV_DONTNEED);
}

Reservation::~Reservation() {
    if (at_ != nullptr) munmap(at_, mapped_);
}

}  // namespace harness::lang
