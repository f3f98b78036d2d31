// Where each object has one owner (`scope`, `ownership`): what ends with an owner, what an overwriting value
// hands on, and the borrows that a checked run judges when their owner goes.
#include <fmt/format.h>

#include <array>
#include <unordered_set>
#include <utility>

#include "lang/lifetimes/policy.hpp"
#include "lang/vm/borrows.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

/// How many objects of a new value are looked through for the old one. A list cell that is put before the
/// rest of its list needs one; a bound keeps an overwriting store from costing as much as what it stores is
/// large.
constexpr std::size_t most_searched = 16;

}  // namespace

void Machine::discard_overwritten(Value& place, Value old) {
    if (lifetime.single_owner)
        interpreter(*this).overwritten(place, old);
    else
        discard(old);
}

void Interpreter::overwritten(Value& place, Value old) {
    if (!owns(old)) {
        if (always_counted(old)) discard(old);
        return;
    }
    if (same_object(place, old)) {
        place = place.owned();
        return;
    }
    std::array<Value, most_searched> searched;
    std::size_t count = 0;
    if (owns(place)) searched[count++] = place;
    for (std::size_t i = 0; i < count; ++i) {
        if (!heap.live(searched[i])) continue;
        bool found = false;
        visit_slots(searched[i], [&](Value& slot) {
            if (found || !slot.is_heap() || always_counted(slot)) return;
            if (same_object(slot, old)) {
                slot = slot.owned();
                found = true;
            } else if (count < most_searched && slot.is_owned()) {
                searched[count++] = slot;
            }
        });
        if (found) return;
    }
    deinit(old);
}

void Interpreter::end_names(const Frame& f, int stays, Value* result) {
    const Function& function = *f.function;
    const unsigned parameters = function.header.parameters;
    // Most functions have few names that own something.
    std::array<Value, 16> few;
    std::vector<Value> many;
    std::size_t count = 0;
    const auto end = [&](Value& name, Value after) {
        const Value v = std::exchange(name, after);
        if (result != nullptr && same_object(*result, v))
            *result = v;
        else if (count < few.size())
            few[count++] = v;
        else
            many.push_back(v);
    };
    for (unsigned i = function.first_owned + function.owned_count; i-- > function.first_owned;)
        if (static_cast<int>(i) != stays && answers(f.base[i])) end(f.base[i], Value::unbound());
    for (unsigned i = parameters; i-- > 0;)
        if (static_cast<int>(i) != stays && owns(f.base[i])) end(f.base[i], Value::none());
    if (!many.empty()) many.insert(many.begin(), few.begin(), few.end());
    const bool outer = std::exchange(leaving_, true);
    end_owners(many.empty() ? std::span(few.data(), count) : std::span(many));
    leaving_ = outer;
}

void Interpreter::end_owners(std::span<Value> owners) {
    std::size_t count = 0;
    // Nothing has two owners, whatever the program does: this would be a mistake of the VM.
    for (const Value v : owners)
        if (owns(v) && !heap.live(v) && !uncatchable())
            raise_defect(ErrorKind::DoubleFreeError, "what is owned here was already released", v);
    for (const Value v : owners)
        if (always_counted(v) || (owns(v) && ends_now(v))) owners[count++] = v;
    if (count == 0) return;
    std::vector<Value> more;
    deinit_together(owners.first(count), more);
}

/// All that the root owns, holders before what they hold and the last place first, so that a bump allocator
/// gets back last in first out what was made from its parts. Nothing has two owners, so nothing need be
/// marked for that; in checked runs what ends is.
void Interpreter::walk_single_owner(Value root, std::vector<Value>& more) {
    const std::size_t base = walking_.size();
    walking_.push_back(root);
    const bool attached =
        !(buffer_shadows.empty() && keepers_.empty() && side_tables_.empty() && kept_.empty());
    while (walking_.size() > base) {
        const Value v = walking_.back();
        walking_.pop_back();
        mark_ending(v);
        each_slot(v, [&](Value& slot) {
            if (owns(slot)) {
                if (heap.checked() ? is_deinited_with_holder(slot) : ends_now(slot)) walking_.push_back(slot);
            } else if (always_counted(slot)) {
                const Value counted = std::exchange(slot, Value::none());
                discard(counted);
            }
        });
        if (attached) leave_attached(v, &more);
    }
}

/// The destructors of all that goes with these owners, before any memory does: an owner's before those of
/// what it owns, the last place first; what was kept just before the last of its targets. The walk that
/// follows finds the same objects, so what it will find gone is only noted here.
void Interpreter::destruct_with_kept(std::span<const Value> owners) {
    struct Waiting {
        Value object;
        bool kept_done;
    };
    std::vector<Waiting> waiting;
    std::unordered_set<std::uint64_t> seen;
    std::unordered_map<std::uint64_t, Keepers> keepers;
    if (!keepers_.empty()) keepers = keepers_;
    const auto goes = [&](Value v) {
        if (v.is_heap() && owns(v) && heap.live(v) && seen.insert(v.payload()).second)
            waiting.push_back({v, false});
    };
    for (std::size_t i = owners.size(); i-- > 0;) goes(owners[i]);
    while (!waiting.empty()) {
        const Waiting next = waiting.back();
        waiting.pop_back();
        if (!heap.live(next.object)) continue;
        if (!next.kept_done) {
            waiting.push_back({next.object, true});
            const auto kept = kept_.find(next.object.payload());
            if (kept == kept_.end()) continue;
            for (const Value held : kept->second) {
                const auto keeper = keepers.find(held.payload());
                if (keeper == keepers.end() || --keeper->second.targets != 0) continue;
                const bool gone = keeper->second.owner_gone;
                keepers.erase(keeper);
                if (gone) goes(held.owned());
            }
            continue;
        }
        run_destructor(next.object);
        if (!heap.live(next.object)) continue;
        visit_slots(next.object, [&](Value slot) {
            if (!owns(slot)) return;
            if (const auto keeper = keepers.find(slot.payload()); keeper != keepers.end())
                keeper->second.owner_gone = true;
            else
                goes(slot);
        });
    }
}

/// Before the program's names end: destructors still see each of them. The objects go later, in one step.
void Interpreter::destruct_globals() {
    std::vector<Value> owned;
    const auto look = [&](Value v) {
        if (owns(v) && heap.live(v) && ends_now(v)) owned.push_back(v);
    };
    // Names that no function reads are in the main frame.
    const Function& main = *frame->function;
    for (unsigned i = main.first_owned + main.owned_count; i-- > main.first_owned;) look(frame->base[i]);
    for (std::size_t i = program.global_names.size(); i-- > 0;) look(globals[i]);
    destruct_with_kept(owned);
}

Value Interpreter::receive_once(Value holder, Value given) {
    if (received_ == given.payload()) return store(holder, given.lent());
    received_ = given.payload();
    return store_unnamed(holder, given);
}

void Interpreter::note_received(std::span<Value> arguments) {
    if (received_ == 0) return;
    for (Value& each : arguments)
        if (owns(each) && each.payload() == received_) each = each.lent();
    received_ = 0;
}

// --- Borrows

void Interpreter::note_borrow(Value holder, Value v) {
    // Closures, iterators and the like are not asked: who calls them is told at the read.
    if (holder.is_string() || !holder.is_heap() || !heap.live(v) || !heap.live(holder)) return;
    if (holder.is_counted()) {
        const std::uint16_t id = heap.header(holder).class_id;
        if (id != static_cast<std::uint16_t>(ClassId::cell) &&
            id < static_cast<std::uint16_t>(ClassId::first_user_class))
            return;
    }
    if (borrows_.is_large()) forget_old_borrows();
    borrows_.note(Handles::index(v), holder.lent(), site_at(frame, at));
}

/// Of an object that is stored in the same holder again and again one store is enough; a small holder is
/// asked whether it has it still.
void Interpreter::forget_old_borrows() {
    constexpr std::size_t small = 16;
    std::uint32_t last = Borrows::none;
    std::unordered_set<std::uint64_t> holders;
    borrows_.shrink([&](std::uint32_t target, Value holder) {
        if (std::exchange(last, target) != target) holders.clear();
        if (!heap.live(holder) || !holders.insert(holder.payload()).second) return false;
        return slots_of(holder).size() > small || holds(holder, heap.handles().value_at(target));
    });
}

bool Interpreter::holds(Value holder, Value v) {
    bool found = false;
    visit_slots(holder, [&](Value slot) { found = found || same_object(slot, v); });
    return found;
}

/// Of what is marked from `first` on and is about to go: whether something that stays still refers to it.
/// False after EscapeError.
bool Interpreter::judge_borrows(std::size_t first) {
    for (std::size_t i = first; i < deinited_.size(); ++i) {
        const Value v = deinited_[i];
        const std::uint32_t index = Handles::index(v);
        // With the program all that refers to it goes, too.
        if (borrows_.has_any(index) && !uncatchable() && !in_exit_)
            borrows_.each(index, [&](Value holder, std::uint32_t site) {
                if (!heap.live(holder) || is_ending(holder) || !holds(holder, v)) return true;
                // A cell that no closure shares is a name, which is told when it is read.
                const bool is_name = holder.is_counted() && heap.class_id(holder) == ClassId::cell &&
                                     heap.header(holder).count <= 1;
                if (is_name) return true;
                raise_escape(v, holder, site);
                return false;
            });
        borrows_.forget(index);
    }
    return !uncatchable();
}

namespace {

/// How far a chain of owners is followed: a cycle is short, a list may be long.
constexpr std::size_t most_owners = 10'000;

}  // namespace

/// Whether the holder owns `v` in one of its places, or was told to keep it.
bool Interpreter::is_owner(Value holder, Value v) {
    bool owned = false;
    visit_slots(holder, [&](Value slot) { owned = owned || (slot.is_owned() && same_object(slot, v)); });
    if (owned || kept_.empty()) return owned;
    const auto kept = kept_.find(holder.payload());
    if (kept == kept_.end()) return false;
    return std::any_of(kept->second.begin(), kept->second.end(),
                       [v](Value each) { return same_object(each, v); });
}

/// Whether `owner` is inside of what `v` owns; both are live. Chains of owners are followed upwards; what is
/// kept with several waits for each of them.
bool Interpreter::is_owned_by(Value owner, Value v) {
    std::vector<Value> others;
    std::unordered_set<std::uint32_t> seen;
    Value at = owner;
    for (std::size_t i = 0; i < most_owners; ++i) {
        if (same_object(at, v)) return true;
        Value above = Value::none();
        borrows_.each_owner(Handles::index(at), [&](std::uint32_t index) {
            const Value holder = heap.handles().value_at(index);
            if (!heap.live(holder) || !is_owner(holder, at)) return;
            if (above.is_none())
                above = holder;
            else if (seen.insert(index).second)
                others.push_back(holder);
        });
        if (above.is_none()) {
            if (others.empty()) return false;
            above = others.back();
            others.pop_back();
        }
        at = above;
    }
    return false;
}

/// A cycle of owners would never go: whoever stores what it is itself inside of is told at once. A holder
/// that nobody owns cannot close one, and neither can what owns nothing.
void Interpreter::note_owner(Value holder, Value v) {
    if (!holder.is_heap() || holder.is_string() || !heap.live(v) || !heap.live(holder)) return;
    const std::uint32_t index = Handles::index(holder);
    if (borrows_.owner(index) != Borrows::none || same_object(holder, v)) {
        bool owns_any = same_object(holder, v) || (!kept_.empty() && kept_.contains(v.payload()));
        visit_packed(v, [&](Value slot) { owns_any = owns_any || owns(slot); });
        for (const Value slot : slots_of(v)) {
            owns_any = owns_any || owns(slot);
            if (owns_any) break;
        }
        if (owns_any && is_owned_by(holder, v)) raise_cycle(v, holder);
    }
    borrows_.set_owner(Handles::index(v), index);
}

/// The same of what is kept: it would go with something that goes with it. True after the error.
bool Interpreter::owner_follows(Value kept, Value target) {
    if (!heap.live(kept) || !heap.live(target)) return false;
    if (is_owned_by(target, kept)) {
        raise_cycle(kept, target);
        return true;
    }
    borrows_.add_owner(Handles::index(kept), Handles::index(target));
    return false;
}

void Interpreter::raise_cycle(Value v, Value holder) {
    if (uncatchable()) return;
    raise_defect(ErrorKind::ReferenceCycleError,
                 fmt::format("this '{}' would be owned by what it owns itself, a '{}'", type_name(v),
                             type_name(holder)),
                 v, "store '&x' in the one that only refers to the other: an edge owns nothing");
}

}  // namespace harness::lang
