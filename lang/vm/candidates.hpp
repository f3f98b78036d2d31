// The candidates of cycle collection: a set of object references that is filled at every lost reference and
// emptied when objects die, so both must cost next to nothing. Open addressing with linear probing; removal
// shifts entries back (Knuth, volume 3, section 6.4, algorithm R), so that the set never fills with traces of
// the dead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lang/memory/value.hpp"

namespace harness::lang {

class CandidateSet {
  public:
    std::size_t size() const { return size_; }

    /// The value must not be in the set; the flag in its header tells.
    void add(Value v) {
        if ((size_ + 1) * 2 > slots_.size()) grow();
        place(v);
        ++size_;
    }
    void remove(Value v) {
        if (size_ == 0) return;
        std::size_t gap = home(v);
        while (slots_[gap].payload() != v.payload()) {
            if (slots_[gap] == empty) return;
            gap = (gap + 1) & mask();
        }
        for (std::size_t next = (gap + 1) & mask(); slots_[next] != empty; next = (next + 1) & mask()) {
            // What stands between its home and here may move to the gap unless its home lies behind the gap.
            if (((next - home(slots_[next])) & mask()) < ((next - gap) & mask())) continue;
            slots_[gap] = slots_[next];
            gap = next;
        }
        slots_[gap] = empty;
        --size_;
    }
    /// Hands all out and is empty.
    std::vector<Value> take() {
        std::vector<Value> all;
        all.reserve(size_);
        for (Value& v : slots_)
            if (v != empty) all.push_back(std::exchange(v, empty));
        size_ = 0;
        return all;
    }

  private:
    static constexpr Value empty = Value::absent();
    std::size_t mask() const { return slots_.size() - 1; }
    std::size_t home(Value v) const { return (v.payload() * 0x9E37'79B9'7F4A'7C15U >> 20) & mask(); }
    void place(Value v) {
        std::size_t at = home(v);
        while (slots_[at] != empty) at = (at + 1) & mask();
        slots_[at] = v;
    }
    void grow() {
        std::vector<Value> old(slots_.empty() ? 1024 : slots_.size() * 2, empty);
        old.swap(slots_);
        for (const Value v : old)
            if (v != empty) place(v);
    }

    std::vector<Value> slots_;
    std::size_t size_ = 0;
};

}  // namespace harness::lang
