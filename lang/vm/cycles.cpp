// Garbage in cycles, for refcount+cycles: trial deletion among the objects that lost a reference without
// dying (Bacon and Rajan, "Concurrent cycle collection in reference counted systems", 2001, the synchronous
// form), with explicit lists in place of recursion.

#include <algorithm>

#include "lang/monotonic_clock.hpp"
#include "lang/vm/release.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

/// Used by nobody else, and clear outside of a collection.
constexpr std::uint16_t flag_reached = 0x4000;
constexpr std::size_t candidates_min = 1000;
/// At exit destructors may leave new garbage behind, without end if they are so written.
constexpr int exit_rounds_max = 100;

}  // namespace

bool Interpreter::add_candidate(Value v) {
    if (v.is_string()) return false;
    Header& head = heap.header(v);
    // Frozen tuples hold nothing that could lead back to them; an immortal object is not ours to end.
    if ((head.flags & flag_possible_root) != 0 || head.count >= immortal_count ||
        head.class_id == static_cast<std::uint16_t>(ClassId::frozen_tuple)) {
        return false;
    }
    head.flags |= flag_possible_root;
    candidates_.add(v);
    return true;
}

/// One collection. `traced_` holds everything that the candidates reach; flag_visited marks it.
class CycleCollector {
  public:
    explicit CycleCollector(Interpreter& vm) : vm_(vm), heap_(vm.heap) {}

    void collect() {
        delete_on_trial();
        restore_what_is_reached();
        split();
        // After a destructor stored one of them, all of them live on.
        if (!garbage_.empty() && run_destructors())
            release();
        else
            for (const Value v : garbage_) flags(v) &= static_cast<std::uint16_t>(~flag_visited);
    }

  private:
    std::uint16_t& flags(Value v) const { return heap_.header(v).flags; }
    std::uint32_t& count(Value v) const { return heap_.header(v).count; }

    /// Whether a place holds a counted reference to something that may be part of a cycle.
    bool counts(Value v) const {
        if (!v.is_owned() || v.is_string() || !heap_.live(v)) return false;
        const Header& head = heap_.header(v);
        return head.count < immortal_count &&
               head.class_id != static_cast<std::uint16_t>(ClassId::frozen_tuple);
    }
    template <class Visit>
    void each_reference(Value v, Visit visit) {
        vm_.visit_slots(v, [&](Value slot) {
            if (counts(slot)) visit(slot);
        });
        if (vm_.kept_.empty()) return;
        if (const auto kept = vm_.kept_.find(v.payload()); kept != vm_.kept_.end())
            for (const Value held : kept->second)
                if (counts(held)) visit(held);
    }
    void trace(Value v) {
        if ((flags(v) & flag_visited) != 0) return;
        flags(v) |= flag_visited;
        traced_.push_back(v);
    }

    /// Takes every reference inside of the traced graph away; what remains of the counts comes from outside.
    void delete_on_trial() {
        for (const Value v : vm_.candidates_.take()) {
            flags(v) &= static_cast<std::uint16_t>(~flag_possible_root);
            trace(v);
        }
        for (std::size_t i = 0; i < traced_.size(); ++i) {
            const Value v = traced_[i];
            vm_.costs.traced_bytes += heap_.payload_bytes(v);
            each_reference(v, [&](Value to) {
                --count(to);
                trace(to);
            });
        }
    }

    /// Gives back the references that come from anything with a reference from outside.
    void restore_what_is_reached() {
        std::vector<Value> work;
        const auto reach = [&](Value v) {
            if ((flags(v) & flag_reached) != 0) return;
            flags(v) |= flag_reached;
            work.push_back(v);
        };
        for (const Value v : traced_) {
            if (count(v) == 0) continue;
            reach(v);
            while (!work.empty()) {
                const Value from = work.back();
                work.pop_back();
                each_reference(from, [&](Value to) {
                    ++count(to);
                    reach(to);
                });
            }
        }
    }

    /// Garbage is what nothing reached; its references count again, so that destructors see a consistent
    /// heap.
    void split() {
        for (const Value v : traced_) {
            if ((flags(v) & flag_reached) == 0)
                garbage_.push_back(v);
            else
                flags(v) &= static_cast<std::uint16_t>(~(flag_reached | flag_visited));
        }
        for (const Value v : garbage_) each_reference(v, [&](Value to) { ++count(to); });
    }

    /// False when something that was garbage is referred to from outside afterwards.
    bool run_destructors() {
        if (std::none_of(garbage_.begin(), garbage_.end(),
                         [&](Value v) { return vm_.destructor_of(v) != Value::absent(); })) {
            return true;
        }
        for (const Value v : garbage_) ++count(v);
        for (const Value v : garbage_) vm_.run_destructor(v);
        const auto each_inner = [&](auto visit) {
            for (const Value v : garbage_)
                each_reference(v, [&](Value to) {
                    if ((flags(to) & flag_visited) != 0) visit(to);
                });
        };
        for (const Value v : garbage_) --count(v);
        each_inner([&](Value to) { --count(to); });
        const auto escaped =
            std::find_if(garbage_.begin(), garbage_.end(), [&](Value v) { return count(v) != 0; });
        each_inner([&](Value to) { ++count(to); });
        if (escaped == garbage_.end()) return true;
        vm_.raise_defect(ErrorKind::EscapeError,
                         "__del__ stored an object of the cycle of '" + std::string(vm_.type_name(*escaped)) +
                             "' that was being collected",
                         *escaped, "store a clone of it, or keep a reference to the cycle");
        return false;
    }

    void release() {
        DeadList dead(vm_);
        const auto leave = [&](Value slot) {
            if (!counts(slot) || (flags(slot) & flag_visited) == 0) vm_.release_slot(slot, dead);
        };
        for (const Value v : garbage_) {
            vm_.visit_slots(v, [&](Value slot) { leave(slot); });
            vm_.side_tables_.erase(v.payload());
            if (const auto kept = vm_.kept_.find(v.payload()); kept != vm_.kept_.end()) {
                for (const Value held : kept->second) leave(held);
                vm_.kept_.erase(kept);
            }
        }
        vm_.end_all(dead);
        for (const Value v : garbage_) {
            if ((flags(v) & flag_possible_root) != 0) vm_.candidates_.remove(v);
            heap_.destroy(v);
        }
    }

    Interpreter& vm_;
    ObjectHeap& heap_;
    std::vector<Value> traced_, garbage_;
};

void Interpreter::collect_cycles() {
    if (ending_ != 0) return;
    ++ending_;
    const std::uint64_t begin = now_ns();
    set_site();
    CycleCollector(*this).collect();
    ++costs.collections;
    costs.note_pause(now_ns() - begin);
    // As many candidates as half of what lives: the work is then a constant for each lost reference.
    const std::uint64_t live = heap.counts().allocations - heap.counts().deallocations;
    candidates_max_ = std::max<std::size_t>(candidates_min, live / 2);
    --ending_;
}

void Interpreter::collect_until_quiet() {
    for (int round = 0; round < exit_rounds_max && candidates_.size() != 0; ++round) collect_cycles();
}

}  // namespace harness::lang
