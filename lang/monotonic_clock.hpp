// The clock of phases and pauses.
#pragma once

#include <time.h>

#include <cstdint>

namespace harness::lang {

/// Nanoseconds since some moment before the program; never goes back.
inline std::uint64_t now_ns() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace harness::lang
