// The hash of a text. Dicts of strings live by it, so it takes eight bytes at a step and no longer than a
// comparison.
#include <bit>
#include <cstring>

#include "lang/builtins/hashing.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

/// A number of the machine's own, the first byte lowest whatever the machine's order.
template <class Word>
std::uint64_t load(const char* bytes) {
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    if constexpr (std::endian::native == std::endian::big)
        word = sizeof word == 8 ? static_cast<Word>(__builtin_bswap64(word))
                                : static_cast<Word>(__builtin_bswap32(static_cast<std::uint32_t>(word)));
    return word;
}

/// Up to eight bytes as a number: two loads that may overlap, so that there is no loop (as wyhash does it).
/// Together with the length, no two texts give the same.
std::uint64_t last_word(const char* bytes, std::size_t count) {
    if (count >= 4) return load<std::uint32_t>(bytes) | load<std::uint32_t>(bytes + count - 4) << 32;
    if (count == 0) return 0;
    const auto byte = [bytes](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(bytes[i])}; };
    return byte(0) | byte(count / 2) << 8 | byte(count - 1) << 16;
}

}  // namespace

// Eight bytes at a time are folded in by mix_hash, whose product spreads every bit of its input over both
// halves. The length goes in first, so that texts which differ in trailing NULs differ in hash. Two words
// that cancel exactly can be constructed by someone who wants to; texts that occur collide no more often than
// random numbers do, in the low bits as in the high ones, which the tests measure.
std::uint64_t hash_bytes(std::string_view bytes) {
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t hash = left * 0x9E37'79B9'7F4A'7C15U;
    for (; left > 8; at += 8, left -= 8) hash = mix_hash(hash ^ load<std::uint64_t>(at));
    // A multiplication by an odd number keeps the running hash apart from the last word, which may equal it.
    return mix_hash(hash * 31 + last_word(at, left));
}

}  // namespace harness::lang
