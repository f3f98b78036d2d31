// A stable merge sort that uses the order its input already has: natural runs, short ones completed by binary
// insertion, merged in the order of powersort (Munro and Wild, "Nearly-Optimal Mergesorts", ESA 2018). It is
// a template so that sorting numbers compares numbers, while a comparison of the program may fail and stops
// the sort.
#pragma once

#include <algorithm>
#include <cstddef>

namespace harness::lang {

/// `less(a, b)` gives 1 or 0, or a negative number to stop. `Item` must be trivially copyable. The scratch
/// memory must hold half as many items as are sorted. After a stop the items are in no particular order, and
/// some may be missing.
template <class Item, class Less>
class MergeSort {
  public:
    MergeSort(Item* items, std::size_t count, Item* scratch, Less less)
        : items_(items), count_(count), scratch_(scratch), less_(less) {}

    /// False when a comparison stopped it.
    bool sort() {
        std::size_t at = 0;
        while (at < count_) {
            const std::size_t length = make_run(at);
            if (length == 0 || !push({at, length, 0})) return false;
            at += length;
        }
        while (depth_ > 1)
            if (!merge_top()) return false;
        return true;
    }

  private:
    struct Run {
        std::size_t start, length;
        unsigned power;  ///< depth in the ideal merge tree of the boundary behind the run
    };
    static constexpr std::size_t run_min = 32;
    static constexpr std::size_t depth_max =
        72;  ///< powers grow strictly along the stack and have at most 64 bits

    /// The length of the run that begins at `start`, ascending when it returns; 0 when stopped.
    std::size_t make_run(std::size_t start) {
        const std::size_t left = count_ - start;
        if (left < 2) return left;
        Item* run = items_ + start;
        std::size_t length = 2;
        const int descends = less_(run[1], run[0]);
        if (descends < 0) return 0;
        for (; length < left; ++length) {
            const int lower = less_(run[length], run[length - 1]);
            if (lower < 0) return 0;
            if (lower != descends) break;
        }
        if (descends != 0) std::reverse(run, run + length);
        const std::size_t wanted = std::min(left, run_min);
        for (; length < wanted; ++length)
            if (!insert(run, length)) return 0;
        return length;
    }

    /// Moves run[sorted] to its place among the items before it.
    bool insert(Item* run, std::size_t sorted) {
        const Item item = run[sorted];
        std::size_t at;
        if (!upper_bound(run, sorted, item, at)) return false;
        std::copy_backward(run + at, run + sorted, run + sorted + 1);
        run[at] = item;
        return true;
    }

    /// How many of the `count` items go before `item`, with those equal to it (upper) or without (lower).
    bool upper_bound(const Item* first, std::size_t count, const Item& item, std::size_t& at) {
        return search(first, count, at, [&](const Item& probe) {
            const int before = less_(item, probe);
            return before < 0 ? before : 1 - before;
        });
    }
    bool lower_bound(const Item* first, std::size_t count, const Item& item, std::size_t& at) {
        return search(first, count, at, [&](const Item& probe) { return less_(probe, item); });
    }
    template <class Before>
    static bool search(const Item* first, std::size_t count, std::size_t& at, Before before) {
        at = 0;
        while (count > 0) {
            const std::size_t half = count / 2;
            const int goes_before = before(first[at + half]);
            if (goes_before < 0) return false;
            if (goes_before != 0) {
                at += half + 1;
                count -= half + 1;
            } else {
                count = half;
            }
        }
        return true;
    }

    /// The first bit in which the middles of two neighbouring runs, as fractions of the whole, differ.
    unsigned power(const Run& left, const Run& right) const {
        // Twice the middles; they stay below twice the count, so the doubling below cannot overflow.
        std::size_t a = 2 * left.start + left.length;
        std::size_t b = 2 * right.start + right.length;
        const std::size_t whole = 2 * count_;
        for (unsigned bits = 1;; ++bits) {
            a *= 2;
            b *= 2;
            const bool a_high = a >= whole;
            const bool b_high = b >= whole;
            if (a_high != b_high) return bits;
            if (a_high) {
                a -= whole;
                b -= whole;
            }
        }
    }

    bool push(Run run) {
        if (depth_ > 0) {
            const unsigned boundary = power(runs_[depth_ - 1], run);
            while (depth_ > 1 && runs_[depth_ - 2].power > boundary)
                if (!merge_top()) return false;
            runs_[depth_ - 1].power = boundary;
        }
        runs_[depth_++] = run;
        return true;
    }

    bool merge_top() {
        Run& left = runs_[depth_ - 2];
        const Run& right = runs_[depth_ - 1];
        if (!merge(items_ + left.start, left.length, right.length)) return false;
        left.length += right.length;
        --depth_;
        return true;
    }

    /// Merges two neighbouring runs. What already is in its place at both ends is left alone, and the shorter
    /// of what remains goes through the scratch memory.
    bool merge(Item* left, std::size_t left_count, std::size_t right_count) {
        Item* right = left + left_count;
        std::size_t in_place;
        if (!upper_bound(left, left_count, right[0], in_place)) return false;
        left += in_place;
        left_count -= in_place;
        if (left_count == 0) return true;
        if (!lower_bound(right, right_count, right[-1], right_count)) return false;
        if (right_count == 0) return true;
        return left_count <= right_count ? merge_up(left, left_count, right_count)
                                         : merge_down(left, left_count, right_count);
    }

    bool merge_up(Item* out, std::size_t left_count, std::size_t right_count) {
        const Item* right = out + left_count;
        const Item* const right_end = right + right_count;
        std::copy(out, out + left_count, scratch_);
        const Item* left = scratch_;
        const Item* const left_end = scratch_ + left_count;
        while (left != left_end && right != right_end) {
            const int lower = less_(*right, *left);
            if (lower < 0) return false;
            *out++ = lower != 0 ? *right++ : *left++;
        }
        std::copy(left, left_end, out);
        return true;
    }

    bool merge_down(Item* first, std::size_t left_count, std::size_t right_count) {
        const Item* left = first + left_count;
        Item* out = first + left_count + right_count;
        std::copy(first + left_count, out, scratch_);
        const Item* right = scratch_ + right_count;
        while (left != first && right != scratch_) {
            const int lower = less_(right[-1], left[-1]);
            if (lower < 0) return false;
            *--out = lower != 0 ? *--left : *--right;
        }
        std::copy_backward(static_cast<const Item*>(scratch_), right, out);
        return true;
    }

    Item* items_;
    std::size_t count_;
    Item* scratch_;
    Less less_;
    Run runs_[depth_max];
    std::size_t depth_ = 0;
};

}  // namespace harness::lang
