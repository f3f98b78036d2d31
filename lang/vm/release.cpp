// The end of counted objects: destructors, contents, memory, in that order and without recursion. The dead
// wait in a list that is linked through themselves, so that releasing needs neither stack nor memory, however
// deep the data is.
#include "lang/vm/release.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "lang/lifetimes/regions.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

/// What a destructor sees as the count of its object: so far from zero that taking the object out of its
/// dying container and dropping it does not end it twice.
constexpr std::uint32_t held_count = std::uint32_t{1} << 30;

}  // namespace

// --- The list of the dead

void DeadList::push(Value v) {
    if (!checked_) {
        // Objects lie at multiples of eight, which leaves a bit of the link for the one flag that must last.
        auto* head = reinterpret_cast<Header*>(v.payload()) - 1;
        std::uint64_t word;
        std::memcpy(&word, head, sizeof word);
        if ((word >> 16 & flag_weak_content) != 0) heap_.payload<Cell>(v).content = Value::none();
        const std::uint64_t destructed = (word >> 16 & flag_destructing) != 0;
        word = (word & 0xFFFF) | (next_ | destructed) << 16;
        std::memcpy(static_cast<void*>(head), &word, sizeof word);
        next_ = v.payload();
        return;
    }
    if ((heap_.header(v).flags & flag_weak_content) != 0) heap_.payload<Cell>(v).content = Value::none();
    // The entry's link is free as long as the object lives, and its header stays whole for whoever still
    // looks.
    heap_.handles().entry(v).next_free = static_cast<std::uint32_t>(next_);
    next_ = Handles::index(v);
}

Value DeadList::pop() {
    if (checked_) {
        const auto index = static_cast<std::uint32_t>(next_);
        next_ = heap_.handles().at(index).next_free;
        return heap_.handles().value_at(index);
    }
    const std::uint64_t payload = next_;
    auto* head = reinterpret_cast<Header*>(payload) - 1;
    std::uint64_t word;
    std::memcpy(&word, head, sizeof word);
    next_ = word >> 16 & ~std::uint64_t{1};
    const std::uint16_t flags = (word >> 16 & 1) != 0 ? flag_destructing : 0;
    *head = {static_cast<std::uint16_t>(word & 0xFFFF), flags, {0}};
    return Value::tagged(tag_of(head->class_id), payload);
}

Tag DeadList::tag_of(std::uint16_t class_id) const {
    switch (static_cast<ClassId>(class_id)) {
        case ClassId::list:
        case ClassId::tuple:
            return Tag::sequence;
        case ClassId::frozen_tuple:
        case ClassId::cell:
        case ClassId::closure:
        case ClassId::bound_method:
        case ClassId::slice:
        case ClassId::iterator:
            return Tag::counted;
        default:
            break;
    }
    if (class_id < static_cast<std::uint16_t>(ClassId::first_user_class)) return Tag::object;
    return machine_.class_by_id(static_cast<ClassId>(class_id)).is_exception ? Tag::counted : Tag::object;
}

// --- Ending

/// Everything that ends because of one object ends in this call: the outermost one looks for cycles
/// afterwards.
void Interpreter::end_object(Value v) {
    set_site();
    if (v.is_string()) {
        heap.destroy(v);
        return;
    }
    DeadList dead(*this);
    ++ending_;
    if (heap.has_header(v)) {
        bury(v, dead);
    } else {
        // Only an arena that is reset ends lists without a header here; they cannot wait in the list.
        for (const Value slot : slots_of(v)) release_slot(slot, dead);
        release_attached(v, dead);
        heap.destroy(v);
    }
    end_all(dead);
    while (ending_ == 1 && !orphans_.empty()) {
        const Value orphan = orphans_.back();
        orphans_.pop_back();
        deinit(orphan);
    }
    --ending_;
    if (ending_ == 0 && candidates_.size() > candidates_max_) collect_cycles();
}

/// end_all() where an instance is nothing but its fields and its memory. Nothing else is looked up, and no
/// object is walked twice.
void DeadList::end_plain(Interpreter& vm) {
    HeapCounts& counts = heap_.counts();
    const allocators::AllocatorTable& table = heap_.run_allocator();
    counts.note_peak();
    const auto release = [&](Value v) {
        if (!v.is_owned()) return;
        auto* word = reinterpret_cast<std::uint32_t*>(v.payload());
        if (static_cast<std::int32_t>(word[-1]) < 0 || --word[-1] != 0) return;
        v.is_string() ? heap_.destroy(v) : push(v);
    };
    while (!empty()) {
        const Value v = pop();
        auto* head = reinterpret_cast<Header*>(v.payload()) - 1;
        if (head->class_id >= static_cast<std::uint16_t>(ClassId::first_user_class)) [[likely]] {
            const std::uint16_t count = vm.class_by_id(static_cast<ClassId>(head->class_id)).field_count;
            auto* fields = reinterpret_cast<Value*>(head + 1);
            if (count == 0) {
                vm.visit_packed(v, release);
                heap_.destroy(v);
                continue;
            }
            for (std::uint16_t i = 0; i < count; ++i) release(fields[i]);
            ++counts.deallocations;
            counts.payload_freed += count * sizeof(Value);
            counts.header_live -= sizeof(Header);
            counts.header_freed += sizeof(Header);
            table.deallocate(table.self, head, sizeof(Header) + count * sizeof(Value), 8);
        } else {
            for (const Value slot : vm.slots_of(v)) release(slot);
            heap_.destroy(v);
        }
    }
}

/// The last field is popped, and ends, first.
void Interpreter::end_all(DeadList& dead) {
    if (destructors_exist_) return end_all_with_destructors(dead);
    const bool plain = lifetime.counts_objects && !lifetime.collects_cycles && !heap.checked() &&
                       side_tables_.empty() && kept_.empty() && heap.regions() == nullptr &&
                       !heap.has_foreign();
    if (plain) return dead.end_plain(*this);
    while (!dead.empty()) {
        const Value v = dead.pop();
        each_slot(v, [&](Value slot) { release_slot(slot, dead); });
        if (lifetime.gives) orphan_contents(v);
        release_attached(v, dead);
        heap.destroy(v);
    }
}

/// Destructors may look at what their object belonged to: no memory goes before the last of them has run.
void Interpreter::end_all_with_destructors(DeadList& dead) {
    DeadList silent(*this);
    while (!dead.empty()) {
        const Value v = dead.pop();
        if (!let_destruct(v)) continue;
        each_slot(v, [&](Value slot) {
            if (!slot.is_string()) release_slot(slot, dead);
        });
        if (lifetime.gives) orphan_contents(v);
        release_attached(v, dead);
        silent.push(v);
    }
    set_site();
    while (!silent.empty()) {
        const Value v = silent.pop();
        each_slot(v, [&](Value slot) {
            if (slot.is_string()) release_slot(slot, silent);
        });
        heap.destroy(v);
    }
}

/// An object whose count is zero. False when its destructor stored it somewhere, so that it lives on.
bool Interpreter::let_destruct(Value v) {
    if (destructor_of(v) == Value::absent()) return true;
    heap.header(v).count = held_count;
    // What its destructor drops of it is no candidate for a cycle: the object goes right after.
    if (lifetime.collects_cycles) heap.header(v).flags |= flag_possible_root;
    run_destructor(v);
    const std::uint32_t count = heap.header(v).count;
    if (count > held_count) {
        // One more than there are: whoever dropped it may drop it again while the program is unwound.
        heap.header(v).count = count - held_count + 1;
        raise_defect(ErrorKind::EscapeError,
                     fmt::format("__del__ of '{}' stored its object, which ends", type_name(v)), v,
                     "store what the object holds, or a clone of it, but not the object itself");
        return false;
    }
    heap.header(v).count = 0;
    return true;
}

void Interpreter::bury(Value v, DeadList& dead) {
    if (lifetime.collects_cycles && (heap.header(v).flags & flag_possible_root) != 0) candidates_.remove(v);
    dead.push(v);
}

/// What an exception or an iterator owns goes with it; what a closure's cells own does so where they are its
/// one owner, and is the program's duty under `manual`.
void Interpreter::orphan_contents(Value v) {
    const std::uint16_t id = heap.header(v).class_id;
    if (!lifetime.single_owner && id < static_cast<std::uint16_t>(ClassId::first_user_class) &&
        id != static_cast<std::uint16_t>(ClassId::iterator))
        return;
    visit_slots(v, [&](Value slot) {
        if ((slot.is_object() || slot.is_sequence()) && slot.is_owned()) orphans_.push_back(slot);
    });
}

/// What a slot of a dead object held: one reference less.
void Interpreter::release_slot(Value v, DeadList& dead) {
    if (lifetime.counts_objects ? !v.is_owned() : !lifetime.counts || !always_counted(v)) return;
    if (heap.checked()) {
        ++costs.releases;
        if (!heap.live(v)) return;
    }
    // The count of a string stands where that of a header does.
    std::uint32_t& count = static_cast<std::uint32_t*>(heap.address(v))[-1];
    if (static_cast<std::int32_t>(count) < 0) return;
    if (--count != 0) {
        if (lifetime.collects_cycles && !v.is_string()) add_candidate(v);
    } else if (v.is_string()) {
        heap.destroy(v);
    } else {
        bury(v, dead);
    }
}

/// What an object has outside of its payload: what was kept with it, and a side table.
void Interpreter::release_attached(Value v, DeadList& dead) {
    if (!side_tables_.empty()) {
        if (const auto found = side_tables_.find(v.payload()); found != side_tables_.end()) {
            const auto table = std::move(found->second);
            side_tables_.erase(found);
            for (const auto& [name, slot] : table) release_slot(slot, dead);
        }
    }
    if (!kept_.empty()) {
        if (const auto found = kept_.find(v.payload()); found != kept_.end()) {
            const std::vector<Value> kept = std::move(found->second);
            kept_.erase(found);
            for (const Value held : kept) {
                if (lifetime.gives && !always_counted(held)) {
                    if (is_last_keeper(held)) orphans_.push_back(held.owned());
                } else {
                    release_slot(held, dead);
                }
            }
        }
    }
    if (!buffer_shadows.empty()) buffer_shadows.erase(v.payload());
}

// --- Destructors

void Interpreter::note_destructor(Value v) {
    destructors_exist_ = true;
    if (heap.regions() != nullptr) heap.regions()->note_destructor(v);
    if (collector != nullptr) collector->note_destructor(v);
}

void Interpreter::run_destructor(Value v) {
    const Value destructor = destructor_of(v);
    if (destructor == Value::absent() || (heap.header(v).flags & flag_destructing) != 0) return;
    heap.header(v).flags |= flag_destructing;
    // After a defect the program is over.
    if (defect_.has_value()) return;
    ++costs.destructors;
    const Value pending_before = std::exchange(pending, Value::absent());
    Trace trace_before = std::move(trace_);
    trace_ = {};
    const bool exiting = std::exchange(exit_requested_, false);
    const std::uint32_t site_before = heap.site;
    const std::size_t stores = stored_self_.size();
    const bool watched = heap.checked() && !lifetime.counts_objects;
    const Value outer = std::exchange(destructing, watched ? v : Value::none());
    const Value result = call_dunder(v.lent(), Dunder::del);
    destructing = outer;
    if (result != Value::failed())
        drop(result);
    else if (!uncatchable())
        report_swallowed(destructor, v);
    if (stored_self_.size() > stores) judge_stored_self(v, stores);
    exit_requested_ = exit_requested_ || exiting;
    heap.site = site_before;
    if (uncatchable() && !exiting) {
        // A defect, or exit(), in the destructor counts for more than the error that was in flight.
        if (pending_before.is_heap() && pending_before != memory_error_) drop(pending_before);
        return;
    }
    pending = pending_before;
    trace_ = std::move(trace_before);
}

/// Where counts do not tell it: what the destructor stored its object in must not hold it when that is gone.
void Interpreter::judge_stored_self(Value v, std::size_t from) {
    const Regions* regions = heap.regions();
    for (std::size_t i = from; i < stored_self_.size() && !uncatchable(); ++i) {
        const StoredSelf store = stored_self_[i];
        bool held = false;
        if (store.holder == Value::absent()) {
            for (std::size_t g = 0; g < program.global_names.size(); ++g) held |= same_object(globals[g], v);
        } else if (heap.live(store.holder) && !same_object(store.holder, v)) {
            // What is in the same region goes with it.
            const bool stays = regions == nullptr ||
                               regions->surviving_depth_of(store.holder) < regions->surviving_depth_of(v);
            if (stays) visit_slots(store.holder, [&](Value slot) { held |= same_object(slot, v); });
        }
        if (!held) continue;
        raise_defect(ErrorKind::EscapeError,
                     fmt::format("__del__ of '{}' stored its object, which ends", type_name(v)), v,
                     "store what the object holds, or a clone of it, but not the object itself");
        if (defect_.has_value())
            defect_->diagnostic.related.push_back({"stored", program.span_of_site(store.site)});
    }
    stored_self_.resize(from);
}

/// Nobody can catch an error in a destructor, since nobody called it: one line tells of it, and the program
/// goes on.
void Interpreter::report_swallowed(Value destructor, Value self) {
    const Diagnostic d = describe_pending();
    const Value error = std::exchange(pending, Value::absent());
    if (error.is_heap() && error != memory_error_) drop(error);
    std::string_view name = "__del__";
    if (destructor.is_constant_object() &&
        destructor.as_constant<ConstantObject>()->kind == ConstantKind::function)
        name = destructor.as_constant<Function>()->name;
    const Place place = sources.place(d.span.begin);
    const std::string line = fmt::format("{}:{}:{}: ignored in {} of '{}': {}: {}\n", place.file, place.line,
                                         place.column, name, type_name(self), d.name, d.message);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace harness::lang
