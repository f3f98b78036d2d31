// What free, deinit and move do to names and places. Under `manual` memory goes back here: one object alone,
// or everything that it owns, by a walk that needs neither stack nor memory.
#include <fmt/format.h>

#include <unordered_set>
#include <utility>

#include "lang/builtins/dict.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

/// The visited mark of what deinit has begun. A list without a header keeps it in its word, where only the
/// address of its body and its length may be read until it is taken off.
bool is_visited(const ObjectHeap& heap, Value v) {
    if (heap.has_header(v)) return (heap.header(v).flags & flag_visited) != 0;
    return (heap.sequence(v).word & Sequence::visited_bit) != 0;
}
void set_visited(const ObjectHeap& heap, Value v, bool on) {
    if (heap.has_header(v)) {
        auto& flags = heap.header(v).flags;
        flags = static_cast<std::uint16_t>(on ? flags | flag_visited : flags & ~flag_visited);
        return;
    }
    auto& word = heap.sequence(v).word;
    word = on ? word | Sequence::visited_bit : word & ~Sequence::visited_bit;
}

}  // namespace

// --- Everything that an object owns

bool Interpreter::is_ending(Value v) const { return is_visited(heap, v); }

/// It is given back when the walk is over.
void Interpreter::mark_ending(Value v) {
    if (heap.checked()) set_visited(heap, v, true);
    deinited_.push_back(v);
}

/// Whether deinit of a holder goes on to what its place refers to.
bool Interpreter::is_deinited_with_holder(Value v) {
    if (!owns(v)) return false;
    if (!heap.live(v)) {
        // Two places may own one object: the first of them that this deinit came to ended it.
        const auto& entry = heap.handles().entry(v);
        if (entry.generation == Handles::generation(v) && entry.released == heap.site) return false;
        if (!uncatchable())
            raise_defect(ErrorKind::DoubleFreeError, "an object that is owned here was already freed", v,
                         "let one place own it, and store '&x' in the others");
        return false;
    }
    // What was kept with something goes with that.
    return !is_visited(heap, v) && ends_now(v);
}

void Interpreter::deinit(Value root) {
    if (!root.is_heap()) return;
    if (lifetime.single_owner) return end_owners({&root, 1});
    // Two unnamed values may own one object. While an error takes both away they wait for the end of that.
    if (unwinding_ || pending != Value::absent()) {
        abandoned_.push_back(root);
        return;
    }
    if (!abandoned_.empty()) deinit_abandoned();
    std::vector<Value> more;
    deinit_together({&root, 1}, more);
    deinit_what_follows(more);
}

void Interpreter::deinit_abandoned() {
    if (abandoned_.empty()) return;
    const Value saved = std::exchange(pending, Value::absent());
    const std::vector<Value> roots = std::exchange(abandoned_, {});
    std::vector<Value> more;
    deinit_together(roots, more);
    deinit_what_follows(more);
    pending = saved;
}

void Interpreter::deinit_what_follows(std::vector<Value>& more) {
    while (!more.empty()) {
        const std::vector<Value> roots = std::exchange(more, {});
        deinit_together(roots, more);
    }
}

/// Ends everything that the roots own, each once. `more` receives what was kept with some of it.
void Interpreter::deinit_together(std::span<const Value> roots, std::vector<Value>& more) {
    if (destructors_exist_ && lifetime.single_owner) {
        destruct_with_kept(roots);
    } else if (destructors_exist_) {
        for (const Value root : roots)
            if (!always_counted(root) && heap.live(root)) destruct_owned(root);
    }
    set_site();
    const std::size_t first = deinited_.size();
    for (const Value root : roots) {
        if (always_counted(root))
            discard(root);
        else if (lifetime.single_owner) {
            if (!heap.checked() || (heap.live(root) && !is_visited(heap, root)))
                walk_single_owner(root, more);
        } else if (heap.live(root) && !is_visited(heap, root))
            walk_owned(root, more);
    }
    if (lifetime.single_owner) {
        // What was kept goes in the same step.
        while (!more.empty()) {
            const Value kept = more.back();
            more.pop_back();
            if (!heap.checked() || (heap.live(kept) && !is_visited(heap, kept)))
                walk_single_owner(kept, more);
        }
        if (heap.checked()) judge_borrows(first);
    }
    // Memory goes when all walks are over: another place may lead to the same object, whose mark must be
    // there then. It goes in the order in which they came by, holders before what they hold and the last
    // place first: what was made from its parts goes as under `refcount`, last in first out, so that a bump
    // allocator can take it back.
    for (std::size_t i = first; i < deinited_.size(); ++i) {
        if (!lifetime.single_owner || heap.checked()) set_visited(heap, deinited_[i], false);
        heap.destroy(deinited_[i]);
    }
    deinited_.resize(first);
}

/// Destructors run before the walk: they may look at everything, while the walk turns references round.
void Interpreter::destruct_owned(Value root) {
    std::vector<Value> waiting = {root};
    std::unordered_set<std::uint64_t> seen = {root.payload()};
    while (!waiting.empty()) {
        const Value v = waiting.back();
        waiting.pop_back();
        if (!heap.live(v)) continue;
        run_destructor(v);
        if (!heap.live(v)) continue;
        visit_slots(v, [&](Value slot) {
            if (owns(slot) && heap.live(slot) && seen.insert(slot.payload()).second) waiting.push_back(slot);
        });
    }
}

/// Depth first, with the way back kept in the place that led down (Schorr and Waite, "An efficient
/// machine-independent procedure for garbage collection in various list structures", 1967). Places are gone
/// through from the last to the first; where to go on in an object stands in its last place, which is done
/// with by then. It holds the way back itself while the walk is below that very place: a reference or
/// absent(), and so no number.
void Interpreter::walk_owned(Value root, std::vector<Value>& more) {
    Value current = root;
    Value way_back = Value::absent();
    std::span<Value> slots = slots_of(current);
    std::size_t left = slots.size();
    set_visited(heap, current, true);
    deinited_.push_back(current);
    // The places of a struct do not stand side by side: what it owns is walked behind it.
    const std::size_t first = walking_.size();
    const auto put_off = [&] {
        visit_packed(current, [&](Value& slot) {
            const Value v = slot;
            if (is_deinited_with_holder(v)) {
                set_visited(heap, v, true);
                deinited_.push_back(v);
                walking_.push_back(v);
            } else if (always_counted(v)) {
                slot = Value::none();
                discard(v);
            }
        });
    };
    while (true) {
        if (slots.empty()) put_off();
        bool down = false;
        while (left > 0 && !down) {
            Value& slot = slots[left - 1];
            const Value v = slot;
            if (is_deinited_with_holder(v)) {
                slot = way_back;
                if (left != slots.size()) slots.back() = Value::integer(static_cast<std::int64_t>(left));
                way_back = current;
                current = v;
                set_visited(heap, current, true);
                deinited_.push_back(current);
                slots = slots_of(current);
                left = slots.size();
                down = true;
            } else {
                --left;
                if (!always_counted(v)) continue;
                slot = Value::none();
                discard(v);
            }
        }
        if (down) continue;
        leave_attached(current, &more);
        if (way_back == Value::absent()) {
            if (walking_.size() == first) break;
            current = walking_.back();
            walking_.pop_back();
            slots = slots_of(current);
            left = slots.size();
            continue;
        }
        current = way_back;
        slots = slots_of(current);
        left = slots.back().is_int() ? static_cast<std::size_t>(slots.back().as_int()) : slots.size();
        way_back = slots[left - 1];
        slots[left - 1] = Value::none();
        --left;
    }
}

void Interpreter::hand_on_somewhere(Value from, Value heir) {
    if (!from.is_sequence() || !heir.is_sequence() || same_object(from, heir)) return;
    std::unordered_map<std::uint64_t, Value*> given;
    for (Value& v : slots_of(from))
        if (owns(v)) given.emplace(v.payload(), &v);
    if (given.empty()) return;
    for (Value& place : slots_of(heir)) {
        const auto giver = given.find(place.payload());
        if (giver == given.end() || place.is_owned() || !same_object(place, *giver->second)) continue;
        place = *giver->second;
        *giver->second = giver->second->lent();
        given.erase(giver);
    }
}

void Interpreter::hand_on_elements(Value from, Value heir, bool at_end) {
    const auto is_dict = [&](Value v) { return v.is_object() && heap.class_id(v) == ClassId::dict; };
    if (same_object(from, heir)) return;
    if (is_dict(from) && is_dict(heir)) return hand_on_values(from, heir);
    if (!from.is_sequence() || !heir.is_sequence()) return;
    Sequence& giver = heap.sequence(from);
    Sequence& taker = heap.sequence(heir);
    const std::uint32_t n = giver.length();
    if (taker.length() < n) return;
    Value* to = taker.elements() + (at_end ? taker.length() - n : 0);
    for (std::uint32_t i = 0; i < n; ++i) {
        Value& v = giver.elements()[i];
        if (!owns(v) || !same_object(v, to[i])) continue;
        to[i] = v;
        v = v.lent();
    }
}

/// What an object has outside of its payload. Its side table's counted values end; `more`, where given,
/// receives what else goes with the object.
void Interpreter::leave_attached(Value v, std::vector<Value>* more) {
    if (!buffer_shadows.empty()) buffer_shadows.erase(v.payload());
    if (!keepers_.empty()) keepers_.erase(v.payload());
    if (!side_tables_.empty()) {
        if (const auto found = side_tables_.find(v.payload()); found != side_tables_.end()) {
            const auto table = std::move(found->second);
            side_tables_.erase(found);
            for (const auto& [name, slot] : table) {
                if (always_counted(slot))
                    discard(slot);
                else if (more != nullptr && is_deinited_with_holder(slot))
                    more->push_back(slot);
            }
        }
    }
    if (kept_.empty()) return;
    const auto found = kept_.find(v.payload());
    if (found == kept_.end()) return;
    const std::vector<Value> kept = std::move(found->second);
    kept_.erase(found);
    for (const Value held : kept) {
        if (always_counted(held)) {
            discard(held);
            continue;
        }
        if (is_last_keeper(held) && more != nullptr) more->push_back(held.owned());
    }
}

/// Whether the end of its owner ends the object. What was kept waits for its targets.
bool Interpreter::ends_now(Value owned) {
    if (keepers_.empty()) return true;
    const auto keepers = keepers_.find(owned.payload());
    if (keepers == keepers_.end()) return true;
    keepers->second.owner_gone = true;
    return false;
}

/// A keeper of the object has gone. With several it goes with the last; what was freed by name meanwhile has
/// none left.
bool Interpreter::is_last_keeper(Value held) {
    const auto keepers = keepers_.find(held.payload());
    if (keepers == keepers_.end() || --keepers->second.targets != 0) return false;
    const bool owned = lifetime.single_owner && !keepers->second.owner_gone;
    keepers_.erase(keepers);
    return !owned;
}

// --- free and deinit

/// That object alone: what it owns stays, but nobody could reach the counted values in it.
void Interpreter::free_alone(Value v) {
    set_site();
    run_destructor(v);
    if (!heap.live(v)) return;
    set_site();
    visit_slots(v, [&](Value& slot) {
        const Value held = slot;
        if (!always_counted(held)) return;
        slot = Value::none();
        discard(held);
    });
    leave_attached(v, nullptr);
    heap.destroy(v);
}

/// The last reference to a closure goes, and with it what the cells own that nobody shares.
void Interpreter::free_closure(Value closure) {
    if (heap.header(closure).count != 1) return;
    for (const Value cell : slots_of(closure)) {
        if (!cell.is_counted() || heap.class_id(cell) != ClassId::cell || heap.header(cell).count != 1)
            continue;
        Value& content = heap.payload<Cell>(cell).content;
        if (!owns(content)) continue;
        const Value owned = content;
        content = freed_marker(owned);
        deinit(owned);
    }
}

bool Interpreter::free_by_hand(Value v, bool deep, bool parameter) {
    if (always_counted(v)) {
        if (parameter) return true;
        if (deep && v.is_counted() && heap.class_id(v) == ClassId::closure) free_closure(v);
        discard(v);
        return !uncatchable();
    }
    if (!heap.live(v)) {
        const std::string place(sources.excerpt(current_span()));
        raise_defect(ErrorKind::DoubleFreeError, fmt::format("'{}' was already freed", place), v,
                     "free it once; every other name of it is dead then, too");
        return false;
    }
    if (deep)
        deinit(v);
    else
        free_alone(v);
    return !uncatchable();
}

/// The place no longer holds the value, or will not when this returns true. A parameter's value is the
/// caller's, unless memory goes back by hand.
bool Interpreter::free_value(Value v, bool deep, bool parameter) {
    if (!v.is_heap()) return true;
    set_site();
    if (lifetime.explicit_release) return free_by_hand(v, deep, parameter);
    if (lifetime.single_owner && !always_counted(v) && !heap.live(v)) return free_by_hand(v, deep, parameter);
    if (lifetime.counts && (!parameter || (lifetime.single_owner && owns(v)))) {
        discard(v);
        return !uncatchable();
    }
    if (marking) collector->shade(v);
    if (lifetime.regions && heap.checked() && (!parameter || v.is_owned())) forget_outward_stores(v, deep);
    return true;
}

std::uint32_t Interpreter::note_ending(Value v) {
    const std::uint32_t allocated = v.is_heap() && heap.live(v) ? heap.handles().entry(v).allocated : no_site;
    const Ending ending{allocated, site_at(frame, at)};
    const std::uint64_t key = std::uint64_t{ending.allocated} << 32 | ending.ended;
    const auto [found, fresh] = ending_index_.emplace(key, static_cast<std::uint32_t>(endings_.size()));
    if (fresh) endings_.push_back(ending);
    return found->second;
}

void Interpreter::raise_ended(ErrorKind kind, std::string message, Value marker, std::string help) {
    if (uncatchable()) return;
    raise_defect(kind, std::move(message), Value::none(), std::move(help));
    const Ending ending = endings_[marker.ending()];
    Diagnostic& d = defect_->diagnostic;
    if (ending.allocated != no_site) {
        defect_->allocated = program.span_of_site(ending.allocated);
        d.related.push_back({"allocated", defect_->allocated});
    }
    if (ending.ended == no_site) return;
    defect_->released = program.span_of_site(ending.ended);
    d.related.push_back({marker.is_moved() ? "moved" : "released", defect_->released});
}

// --- Places

/// The place inside of an object that `object.name` or `object[index]` denotes; null where its value is
/// computed, or after raising.
Value* Interpreter::find_place(Value object, NameId name, Value index, bool is_field) {
    if (!readable(object)) return nullptr;
    if (is_field) {
        std::uint16_t slot = 0;
        if (find_field_slot(object, name, slot)) return &heap.payload<Value>(object) + slot;
        if (const PackedField* field = packed_field(object, name)) return packed_place(object, *field);
        if (is_instance(object))
            return has_side_field(object, name) ? &side_tables_[object.payload()][name] : nullptr;
        if (!object.is_constant_object()) return nullptr;
        const auto* constant = object.as_constant<ConstantObject>();
        if (constant->kind == ConstantKind::class_) {
            auto* type = object.as_constant<ClassInfo>();
            const auto member = type->members.find(name);
            const bool own = !type->is_builtin && member != type->members.end() && !member->second.is_field &&
                             !member->second.inherited;
            return own ? &member->second.value : nullptr;
        }
        if (constant->kind == ConstantKind::module) {
            const auto* module = object.as_constant<ModuleInfo>();
            const auto global = module->globals.find(name);
            return global != module->globals.end() ? &globals[global->second] : nullptr;
        }
        return nullptr;
    }
    if (object.is_sequence() && index.is_int()) {
        Sequence& s = heap.sequence(object);
        const std::int64_t at = index.as_int() < 0 ? index.as_int() + s.length() : index.as_int();
        return at >= 0 && at < s.length() ? s.elements() + at : nullptr;
    }
    if (object.is_object() && heap.class_id(object) == ClassId::dict) {
        std::uint64_t hash = 0;
        return hash_value(*this, index, hash) ? dict_find(*this, heap.payload<Dict>(object), index, hash)
                                              : nullptr;
    }
    return nullptr;
}

/// True with the place in `place`; or with the computed value of something that has no place. False after
/// raising.
bool Interpreter::read_place(Value object, NameId name, Value index, bool is_field, Value*& place,
                             Value& computed) {
    place = find_place(object, name, index, is_field);
    if (place != nullptr || uncatchable()) return place != nullptr;
    if (pending != Value::absent()) return false;
    // Reading it raises what there is to raise.
    if (is_field) {
        computed = get_attribute(object, name);
        return computed != Value::failed();
    }
    bool unnamed = false;
    computed = get_index(object, index, unnamed);
    if (computed == Value::failed()) return false;
    if (!unnamed) computed = share(computed);
    return true;
}

bool Interpreter::free_place(Value object, NameId name, Value index, bool is_field, bool deep) {
    Value* place = nullptr;
    Value v = Value::none();
    if (!read_place(object, name, index, is_field, place, v)) return false;
    if (place == nullptr) {
        drop(v);
        return !uncatchable();
    }
    v = *place;
    if (v.is_freed()) {
        const std::string text(sources.excerpt(current_span()));
        raise_ended(ErrorKind::DoubleFreeError, fmt::format("'{}' was already freed", text), v,
                    "free it once; the place is dead until something is stored there");
        return false;
    }
    if (v.is_moved()) return readable(v);
    *place = freed_marker(v);
    return free_value(v, deep, false);
}

Value Interpreter::move_out(Value object, NameId name, Value index, bool is_field) {
    Value* place = nullptr;
    Value v = Value::none();
    if (!read_place(object, name, index, is_field, place, v)) return Value::failed();
    if (place == nullptr) return v;
    v = *place;
    if (!readable(v)) return Value::failed();
    *place = moved_marker(v);
    return take(v);
}

}  // namespace harness::lang
