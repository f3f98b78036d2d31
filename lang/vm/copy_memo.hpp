// What a deep copy has already copied: a map from the payload of an original to its copy. Every reference of
// what is copied asks it once, so it is one array with linear probing, with nothing removed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lang/memory/value.hpp"

namespace harness::lang {

class CopyMemo {
  public:
    /// The copy, or absent().
    Value find(std::uint64_t original) const {
        if (entries_.empty()) return Value::absent();
        std::size_t at = home(original);
        while (entries_[at].copy != Value::absent() && entries_[at].original != original)
            at = (at + 1) & mask();
        return entries_[at].copy;
    }
    /// The original must not be known yet.
    void add(std::uint64_t original, Value copy) {
        if ((size_ + 1) * 2 > entries_.size()) grow();
        place({original, copy});
        ++size_;
    }

    /// Nothing is known any more; the room of a small memo stays.
    void clear() {
        if (size_ == 0) return;
        size_ = 0;
        if (entries_.size() > room_max)
            entries_ = {};
        else
            std::fill(entries_.begin(), entries_.end(), Entry{});
    }

  private:
    static constexpr std::size_t room_max = 256;
    struct Entry {
        std::uint64_t original = 0;
        Value copy = Value::absent();
    };
    std::size_t mask() const { return entries_.size() - 1; }
    std::size_t home(std::uint64_t original) const {
        return (original * 0x9E37'79B9'7F4A'7C15U >> 20) & mask();
    }
    void place(const Entry& entry) {
        std::size_t at = home(entry.original);
        while (entries_[at].copy != Value::absent()) at = (at + 1) & mask();
        entries_[at] = entry;
    }
    void grow() {
        std::vector<Entry> old(entries_.empty() ? 16 : entries_.size() * 2);
        old.swap(entries_);
        for (const Entry& entry : old)
            if (entry.copy != Value::absent()) place(entry);
    }

    std::vector<Entry> entries_;
    std::size_t size_ = 0;
};

/// What a copy works with, kept for the next one: most are of a few objects.
struct CopyRoom {
    struct Pair {
        Value original, copy;
    };
    struct Edge {
        Value* place;
        Value original;
    };
    CopyMemo memo;
    std::vector<Value> results;
    std::vector<Pair> waiting;
    std::vector<Edge> edges;
    std::vector<Pair> with_duty;  ///< whose originals had yet to run __del__

    void clear() {
        memo.clear();
        results.clear();
        waiting.clear();
        edges.clear();
        with_duty.clear();
    }
};

}  // namespace harness::lang
