// The generator behind random_int and random_float. Programs must print the same on every machine, so the
// method is part of the language: splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
// Generators", OOPSLA 2014).
#pragma once

#include <cstdint>

namespace harness::lang {

class Machine;

inline constexpr std::uint64_t splitmix_step = 0x9E37'79B9'7F4A'7C15U;

/// Splitmix64's finaliser of a state that has just been stepped.
constexpr std::uint64_t splitmix_mix(std::uint64_t stepped) {
    std::uint64_t z = stepped;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31);
}

/// One per running program.
struct RandomState {
    std::uint64_t state = 0;

    constexpr void seed(std::uint64_t s) { state = s; }
    constexpr std::uint64_t next() { return splitmix_mix(state += splitmix_step); }
};

/// Hook that the VM defines: the generator of the program that this machine runs.
RandomState& random_state(Machine& machine);

}  // namespace harness::lang
