// Slices of lists and tuples: reading, assigning and deleting, with any step. Replaced elements are set aside
// first and end last, when the list already is what the statement asked for.
#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>
#include <utility>

#include "lang/builtins/iterate.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/scratch.hpp"

namespace harness::lang {

namespace {

bool slice_part(Machine& machine, Value part, std::int64_t fallback, std::int64_t& out) {
    if (part.is_none() || is_absent(part)) {
        out = fallback;
        return true;
    }
    if (is_integral(part)) {
        out = integral(part);
        return true;
    }
    machine.raise(ErrorKind::TypeError, "slice indices must be integers or None or have an __index__ method");
    return false;
}

/// What a slice is to be filled with: values already stored for the list, in memory that outlives changes of
/// it.
class Stored {
  public:
    Stored(Machine& machine, Value list) : machine_(machine), list_(list), values_(machine) {}
    Stored(const Stored&) = delete;
    Stored& operator=(const Stored&) = delete;
    ~Stored() {
        for (std::size_t i = 0; i < stored_; ++i) machine_.drop(std::exchange(values_[i], Value::none()));
    }
    /// Collects the elements, then stores them; in between nothing of the list is touched.
    bool collect(Value iterable) {
        Iteration each(machine_, iterable);
        if (!each.ok() || !values_.reserve(each.expected())) return false;
        Value element;
        while (each.next(element))
            if (!values_.push(element)) return false;
        return !each.failed();
    }
    bool store() {
        for (; stored_ < values_.size(); ++stored_) {
            const Value v = machine_.store_unnamed(list_, std::exchange(values_[stored_], Value::none()));
            if (is_failed(v)) return false;
            values_[stored_] = v;
        }
        return true;
    }
    std::size_t size() const { return values_.size(); }
    Value* data() { return values_.data(); }
    /// The list's slots answer for them now.
    void release() {
        values_.release();
        stored_ = 0;
    }

  private:
    Machine& machine_;
    Value list_;
    ScratchValues values_;
    std::size_t stored_ = 0;
};

/// A reference to an object that the place does not answer for.
bool is_edge(Value v) { return (v.is_object() || v.is_sequence()) && !v.is_owned(); }

/// Where one place owns each object, a slice may be filled with borrows of what it held: `xs[:] = xs[::-1]`,
/// or only those of `xs` that pass a test. The object stays then, and its new place answers for it in the old
/// one's stead.
class Successors {
  public:
    explicit Successors(Machine& machine) : machine_(machine) {}
    Successors(const Successors&) = delete;
    Successors& operator=(const Successors&) = delete;
    ~Successors() { std::free(order_); }

    /// Asked before anything changes; false after MemoryError.
    bool reserve(std::size_t removed, Stored& stored) {
        if (removed == 0 || std::none_of(stored.data(), stored.data() + stored.size(), is_edge)) return true;
        order_ = static_cast<std::size_t*>(std::malloc(removed * sizeof(std::size_t)));
        if (order_ == nullptr) machine_.raise_memory_error(removed * sizeof(std::size_t));
        return order_ != nullptr;
    }
    void pass_on(RemovedValues& removed, Stored& stored) {
        if (order_ == nullptr) return;
        std::iota(order_, order_ + removed.size(), std::size_t{0});
        const auto bits = [&removed](std::size_t i) { return removed[i].owned().bits; };
        std::sort(order_, order_ + removed.size(),
                  [&bits](std::size_t a, std::size_t b) { return bits(a) < bits(b); });
        for (Value* place = stored.data(); place != stored.data() + stored.size(); ++place) {
            if (!is_edge(*place)) continue;
            const std::uint64_t wanted = place->owned().bits;
            const std::size_t* found =
                std::lower_bound(order_, order_ + removed.size(), wanted,
                                 [&bits](std::size_t i, std::uint64_t b) { return bits(i) < b; });
            for (; found != order_ + removed.size() && bits(*found) == wanted; ++found) {
                if (!removed[*found].is_owned()) continue;
                std::swap(*place, removed[*found]);
                break;
            }
        }
    }

  private:
    Machine& machine_;
    std::size_t* order_ = nullptr;
};

/// Replaces `count` elements from `start` on by the stored ones.
bool splice(Machine& machine, Value list, std::int64_t start, std::int64_t count, Stored& stored) {
    Sequence& s = machine.heap.sequence(list);
    const std::uint32_t length = s.length();
    const auto inserted = static_cast<std::int64_t>(stored.size());
    const std::int64_t wanted = length + inserted - count;
    if (wanted >= std::int64_t{Sequence::tuple_capacity}) {
        machine.raise_memory_error(static_cast<std::size_t>(wanted) * sizeof(Value));
        return false;
    }
    RemovedValues removed(machine);
    Successors successors(machine);
    if (!removed.reserve(static_cast<std::size_t>(count)) || !stored.store() ||
        !successors.reserve(static_cast<std::size_t>(count), stored))
        return false;
    if (wanted > s.capacity() && !machine.heap.grow_list(list, static_cast<std::uint32_t>(wanted)))
        return false;
    Value* elements = s.elements();
    for (std::int64_t i = 0; i < count; ++i) removed.add(elements[start + i]);
    successors.pass_on(removed, stored);
    Value* const behind = elements + start + count;
    if (inserted < count)
        std::copy(behind, elements + length, behind + (inserted - count));
    else
        std::copy_backward(behind, elements + length, elements + wanted);
    std::copy(stored.data(), stored.data() + inserted, elements + start);
    s.set_length(static_cast<std::uint32_t>(wanted));
    stored.release();
    return true;
}

bool assign_extended(Machine& machine, Value list, const SliceBounds& at, Stored& stored) {
    if (static_cast<std::int64_t>(stored.size()) != at.count) {
        machine.raise(ErrorKind::ValueError, "attempt to assign sequence of size " +
                                                 std::to_string(stored.size()) +
                                                 " to extended slice of size " + std::to_string(at.count));
        return false;
    }
    RemovedValues removed(machine);
    Successors successors(machine);
    if (!removed.reserve(stored.size()) || !stored.store() || !successors.reserve(stored.size(), stored))
        return false;
    Value* elements = machine.heap.sequence(list).elements();
    for (std::int64_t i = 0; i < at.count; ++i) removed.add(elements[at.start + i * at.step]);
    successors.pass_on(removed, stored);
    for (std::int64_t i = 0; i < at.count; ++i) elements[at.start + i * at.step] = stored.data()[i];
    stored.release();
    return true;
}

}  // namespace

bool resolve_slice(Machine& machine, Value start, Value stop, Value step, std::int64_t length,
                   SliceBounds& out) {
    if (!slice_part(machine, step, 1, out.step)) return false;
    if (out.step == 0) {
        machine.raise(ErrorKind::ValueError, "slice step cannot be zero");
        return false;
    }
    const bool down = out.step < 0;
    const std::int64_t lowest = down ? -1 : 0;
    const std::int64_t highest = down ? length - 1 : length;
    if (!slice_part(machine, start, down ? integer_max : 0, out.start)) return false;
    if (!slice_part(machine, stop, down ? integer_min : integer_max, out.stop)) return false;
    for (std::int64_t* place : {&out.start, &out.stop}) {
        if (*place < 0) *place += length;
        *place = std::clamp(*place, lowest, highest);
    }
    if (down)
        out.count = out.start > out.stop ? (out.start - out.stop - 1) / -out.step + 1 : 0;
    else
        out.count = out.stop > out.start ? (out.stop - out.start - 1) / out.step + 1 : 0;
    return true;
}

Value sequence_get_slice(Machine& machine, Value sequence, Value start, Value stop, Value step) {
    SliceBounds at;
    const Sequence& source = machine.heap.sequence(sequence);
    if (!resolve_slice(machine, start, stop, step, source.length(), at)) return Value::failed();
    if (is_tuple(machine, sequence)) {
        if (at.count == source.length() && at.step == 1) return shared(machine, sequence);
        ScratchValues values(machine);
        for (std::int64_t i = 0; i < at.count; ++i) {
            const Value element = shared(machine, source.elements()[at.start + i * at.step]);
            if (is_failed(element) || !values.push(element)) return Value::failed();
        }
        const Value made = machine.heap.new_tuple(values.data(), static_cast<std::uint32_t>(values.size()));
        if (!is_failed(made)) values.release();
        return made;
    }
    const Value made = machine.heap.new_list(static_cast<std::uint32_t>(at.count));
    for (std::int64_t i = 0; i < at.count && !is_failed(made); ++i) {
        const Value stored = stored_copy(machine, made, source.elements()[at.start + i * at.step]);
        if (!is_failed(stored) && machine.heap.append(made, stored)) continue;
        machine.drop(made);
        return Value::failed();
    }
    return made;
}

bool list_set_slice(Machine& machine, Value list, Value start, Value stop, Value step, Value iterable) {
    Stored stored(machine, list);
    const bool plain = step.is_none() || is_absent(step) || (is_integral(step) && integral(step) == 1);
    if (!is_iterable(machine, iterable)) {
        machine.raise(ErrorKind::TypeError,
                      plain ? "can only assign an iterable" : "must assign iterable to extended slice");
        return false;
    }
    if (!stored.collect(iterable) || !may_read(machine, list)) return false;
    // Only now is the length final: collecting may have run code that changed the list.
    SliceBounds at;
    if (!resolve_slice(machine, start, stop, step, machine.heap.sequence(list).length(), at)) return false;
    return at.step == 1 ? splice(machine, list, at.start, at.count, stored)
                        : assign_extended(machine, list, at, stored);
}

bool list_delete_slice(Machine& machine, Value list, Value start, Value stop, Value step) {
    Sequence& s = machine.heap.sequence(list);
    SliceBounds at;
    if (!resolve_slice(machine, start, stop, step, s.length(), at)) return false;
    if (at.count == 0) return true;
    if (at.step < 0) {
        at.start += (at.count - 1) * at.step;
        at.step = -at.step;
    }
    RemovedValues removed(machine);
    if (!removed.reserve(static_cast<std::size_t>(at.count))) return false;
    Value* elements = s.elements();
    std::int64_t written = at.start;
    for (std::int64_t i = at.start; i < s.length(); ++i) {
        const std::int64_t from_start = i - at.start;
        if (from_start % at.step == 0 && from_start / at.step < at.count)
            removed.add(elements[i]);
        else
            elements[written++] = elements[i];
    }
    s.set_length(static_cast<std::uint32_t>(written));
    return true;
}

}  // namespace harness::lang
