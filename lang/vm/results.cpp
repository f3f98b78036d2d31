// What becomes of a region's memory when a result leaves it: copies of the result, and the rest goes; or all
// of it stays with the region outside, which costs nothing. It stays when the result holds most of it, so
// that a tree which is built by recursion is not copied by each call on its way up.
#include <string>
#include <vector>

#include "lang/lifetimes/regions.hpp"
#include "lang/vm/copier.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

/// Results below this are measured again by every call that hands them on.
constexpr std::uint64_t noted_bytes_min = 512;
/// So many objects are looked at even when the sum is high enough, because a closer figure spares later ones.
constexpr std::size_t looked_at_min = 64;

}  // namespace

/// Adds up what results hold of the innermost region: each object once, strings as often as they are met.
class ResultMeasure {
  public:
    explicit ResultMeasure(Interpreter& vm)
        : vm_(vm),
          heap_(vm.heap),
          regions_(*vm.heap.regions()),
          depth_(regions_.depth()),
          waiting_(regions_.measure_room().waiting),
          visited_(regions_.measure_room().visited),
          parts_(regions_.measure_room().parts) {}
    ResultMeasure(const ResultMeasure&) = delete;
    ResultMeasure& operator=(const ResultMeasure&) = delete;
    ~ResultMeasure() { forget(); }

    /// Whether the values hold at least half of the bytes of the region.
    bool hold_most(const Value* values, std::uint32_t count) {
        enough_ = (regions_.held().bytes() + 1) / 2;
        looks_closer_ = enough_ >= noted_bytes_min / 2;
        if (add_up(values, count)) return true;
        if (!trusted_) return false;
        // What is known of earlier results is what they held at least.
        forget();
        trusts_ = false;
        return add_up(values, count);
    }
    /// For the measurements of the calls outside; to be told when hold_most() was true.
    void note() {
        for (const MeasuredResult& part : parts_) {
            if (part.bytes < noted_bytes_min || part.root.is_string()) continue;
            heap_.header(part.root).flags |= flag_measured;
            regions_.note_measured(part.root, part.bytes, depth_ - 1);
        }
    }

  private:
    bool is_inside(Value v) const { return regions_.is_innermost(v); }
    bool add_up(const Value* values, std::uint32_t count) {
        parts_.clear();
        bytes_ = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            const Value v = values[i];
            if (!is_inside(v)) continue;
            // A tuple is most often unpacked where it arrives.
            const bool several = !v.is_string() && heap_.class_id(v) == ClassId::tuple;
            if (!several) {
                add_part(v);
            } else if (mark(v)) {
                bytes_ += heap_.payload_bytes(v) + sizeof(Header);
                for (const Value element : vm_.slots_of(v))
                    if (is_inside(element)) add_part(element);
            }
        }
        return bytes_ >= enough_;
    }
    void add_part(Value root) {
        const std::uint64_t before = bytes_;
        waiting_.push_back(root);
        while (!waiting_.empty() &&
               (bytes_ < enough_ || (looks_closer_ && visited_.size() < looked_at_min))) {
            const Value v = waiting_.back();
            waiting_.pop_back();
            look_at(v);
        }
        waiting_.clear();
        parts_.push_back({root, bytes_ - before});
    }
    void look_at(Value v) {
        if (v.is_string()) {
            bytes_ += heap_.payload_bytes(v) + sizeof(Header);
            return;
        }
        if (!mark(v)) return;
        if (trusts_ && (heap_.header(v).flags & flag_measured) != 0) {
            const std::vector<MeasuredResult>& known = regions_.innermost().measured;
            for (std::size_t i = known.size(); i-- > 0;) {
                if (!same_object(known[i].root, v)) continue;
                trusted_ = true;
                bytes_ += known[i].bytes;
                return;
            }
        }
        bytes_ += heap_.payload_bytes(v) + sizeof(Header);
        vm_.visit_slots(v, [&](Value slot) {
            if (is_inside(slot)) waiting_.push_back(slot);
        });
    }
    /// False when it was there before.
    bool mark(Value v) {
        auto& flags = heap_.header(v).flags;
        if ((flags & flag_visited) != 0) return false;
        flags |= flag_visited;
        visited_.push_back(v);
        return true;
    }
    void forget() {
        for (const Value v : visited_) heap_.header(v).flags &= static_cast<std::uint16_t>(~flag_visited);
        visited_.clear();
    }

    Interpreter& vm_;
    ObjectHeap& heap_;
    Regions& regions_;
    std::uint32_t depth_;
    std::uint64_t enough_ = 0;
    std::uint64_t bytes_ = 0;
    bool looks_closer_ = false;
    bool trusts_ = true;    ///< takes the figures of earlier measurements
    bool trusted_ = false;  ///< has taken one
    std::vector<Value>& waiting_;
    std::vector<Value>& visited_;
    std::vector<MeasuredResult>& parts_;
};

/// A region with destructors ends when it ends, so that they run when they should.
bool Interpreter::results_hold_most(const Value* values, std::uint32_t count) {
    const Regions& regions = *heap.regions();
    if (!regions.innermost().with_destructor.empty()) return false;
    // Most often a call makes one object and returns it.
    if (count == 1 && regions.held().bytes() <= 2 * (heap.payload_bytes(values[0]) + sizeof(Header)))
        return true;
    ResultMeasure measure(*this);
    if (!measure.hold_most(values, count)) return false;
    measure.note();
    return true;
}

/// Results leave the innermost `levels` regions, which end right after this: as copies, or with their region.
bool Interpreter::copy_out(Value* values, std::uint32_t count, std::uint32_t levels) {
    Regions* regions = heap.regions();
    if (regions == nullptr) return true;
    const std::uint32_t depth = regions->depth();
    const std::uint32_t to = depth > levels ? depth - levels : 0;
    bool needed = false;
    for (std::uint32_t i = 0; i < count; ++i) needed = needed || Copier::leaves(*this, values[i], to);
    if (!needed) return true;
    if (levels == 1 && depth != 0 && results_hold_most(values, count)) {
        regions->innermost().goes_with_result = true;
        return true;
    }
    return Copier::out_of_regions(*this, values, count, to);
}

/// One result leaves the innermost region, which ends. False after raising.
bool Interpreter::leave_with_result(Value& result) {
    Regions* regions = heap.regions();
    if (regions == nullptr || !regions->moves_down(result)) return copy_out(&result, 1, 1) && region_exit();
    // What an unchecked run does without a second look, with the same figures: the copy is there before the
    // region ends, and then stands where that began.
    const std::string text(heap.text(result));
    HeapCounts& counts = heap.counts();
    counts.payload_total += text.size() + 1;
    counts.header_live += sizeof(StringHeader);
    counts.note_peak();
    counts.payload_total -= text.size() + 1;
    counts.header_live -= sizeof(StringHeader);
    ++costs.copies;
    costs.copied_bytes += text.size() + 1;
    if (!region_exit()) return false;
    result = heap.new_string(text);
    return result != Value::failed();
}

}  // namespace harness::lang
