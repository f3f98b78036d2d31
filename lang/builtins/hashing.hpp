// Hashes of values: what may be a key of a dict, and how equal keys of different types come to one hash. The
// bits are the same on every machine and in every run, although no program can see an order that depends on
// them.
#pragma once

#include <cstdint>

#include "lang/vm/machine.hpp"

namespace harness::lang {

/// One multiplication whose two halves are folded, so that every bit of the input reaches the low bits of the
/// result (the step of Wang Yi's wyhash). The multiplier is the best of 300 random ones: multiples of any
/// power of two, in a half-full table of up to 2^16 slots, take at most 2.7 probes on average, where random
/// keys would take 1.5.
constexpr std::uint64_t mix_hash(std::uint64_t a) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a} * 0x6B2D'DC59'760D'03DDU;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The hash of an int, and of a bool or float that equals it.
constexpr std::uint64_t hash_integer(std::int64_t i) { return mix_hash(static_cast<std::uint64_t>(i)); }

/// The hash by which dicts find `key`: None, bool, int, float, str, functions and classes by identity, and
/// tuples of these. False after TypeError "unhashable type: 'list'".
bool hash_value(Machine& machine, Value key, std::uint64_t& out);

/// The builtin hash(): the int itself (-2 for -1, as in Python), else 47 bits of hash_value or what __hash__
/// says.
Value hash_builtin(Machine& machine, Value v);

/// Whether two keys that hash_value accepted are equal; cannot fail, and goes no deeper than hash_value went.
bool keys_equal(const ObjectHeap& heap, Value a, Value b);

}  // namespace harness::lang
