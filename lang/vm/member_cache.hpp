// What calls and field accesses found by name, remembered for each class. An instruction remembers the one
// class that it saw first; where objects of several classes pass, this table answers without a look-up by
// name.
#pragma once

#include <array>
#include <cstdint>

#include "lang/syntax/names.hpp"

namespace harness::lang {

class MemberCache {
  public:
    /// What was looked for: a method that takes its arguments as they stand, a field to be read,
    /// a method of the class above.
    enum class Kind : std::uint8_t { method = 1, read = 2, above = 3 };

    /// What was noted, which is never 0; 0 for what is not known.
    std::uint64_t find(Kind kind, std::uint32_t class_id, NameId name) const {
        const std::uint64_t key = key_of(kind, class_id, name);
        const Entry& entry = entries_[index_of(key)];
        return entry.key == key ? entry.found : 0;
    }
    void note(Kind kind, std::uint32_t class_id, NameId name, std::uint64_t found) {
        const std::uint64_t key = key_of(kind, class_id, name);
        entries_[index_of(key)] = {key, found};
    }
    void clear() { entries_.fill({}); }

  private:
    struct Entry {
        std::uint64_t key = 0;
        std::uint64_t found = 0;
    };
    static constexpr unsigned index_bits = 8;
    static std::uint64_t key_of(Kind kind, std::uint32_t class_id, NameId name) {
        return std::uint64_t{name} << 32 | class_id << 8 | static_cast<std::uint32_t>(kind);
    }
    static std::size_t index_of(std::uint64_t key) { return key * 0x9E3779B97F4A7C15U >> (64 - index_bits); }
    std::array<Entry, 1U << index_bits> entries_{};
};

}  // namespace harness::lang
