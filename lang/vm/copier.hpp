// Deep copies with one memo, so that sharing and cycles are the same in the copy: clone(x), and what leaves a
// region. The work waits in a list, not on the C++ stack, however deep the data is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lang/vm/copy_memo.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

class Copier {
  public:
    /// A copy of all that `root` leads to; unnamed, or failed() after MemoryError. Strings, tuples of such,
    /// functions and handles are shared. An unowned edge leads to the copy of its target when that is copied
    /// anyway.
    static Value clone(Interpreter& vm, Value root);
    /// Replaces each value that would end with a region deeper than `depth` by a copy in that region, and
    /// what it leads to likewise. The duty to run __del__ goes to the copy. False after MemoryError, with
    /// `values` unchanged.
    static bool out_of_regions(Interpreter& vm, Value* values, std::uint32_t count, std::uint32_t depth);

    /// Whether a value would end with a region deeper than `depth`.
    static bool leaves(const Interpreter& vm, Value v, std::uint32_t depth);

  private:
    using Pair = CopyRoom::Pair;
    using Edge = CopyRoom::Edge;

    Copier(Interpreter& vm, std::optional<std::uint32_t> depth)
        : vm_(vm), heap_(vm.heap), depth_(depth), room_(vm.copy_room) {
        room_.clear();
    }

    /// Fills everything that is waiting; false after raising.
    bool work_off();
    bool fill(Pair pair);
    bool fill_side_table(Pair pair);
    bool fill_packed(Pair pair);
    /// What the copy's place holds for what the original's holds; `place` is where it will stand.
    Value map(Value v, Value* place);
    bool is_copied(Value v) const;
    /// A new object of the same shape, noted and waiting to be filled.
    Value shell(Value v);
    Value new_like(Value v);
    Value new_dict_like(Value v);
    Value new_tuple_like(Value v);
    void give_up_destructors();

    Interpreter& vm_;
    ObjectHeap& heap_;
    std::optional<std::uint32_t> depth_;  ///< regions: copy what lives deeper
    CopyRoom& room_;
};

}  // namespace harness::lang
