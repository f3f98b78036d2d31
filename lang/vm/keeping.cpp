// How long things live beyond their place: regions and what is stored across them, `keep`, and `using`, which
// says where the next objects come from.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "lang/lifetimes/regions.hpp"
#include "lang/vm/copier.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

// --- Regions

void Interpreter::aim(Value holder) {
    if (Regions* regions = heap.regions()) regions->aim(holder);
}

/// False after EscapeError. The region has ended either way.
bool Interpreter::region_exit() {
    Regions* regions = heap.regions();
    if (regions == nullptr || regions->depth() == 0) return true;
    Region& region = regions->innermost();
    bool fine = true;
    if (region.is_noted) {
        set_site();
        if (!region.with_destructor.empty()) run_region_destructors();
        fine = region.outward.empty() || judge_outward_stores();
    }
    if (region.goes_with_result) regions->promote(regions->depth(), regions->depth() - 1);
    leave_region();
    return fine;
}

/// What was noted of its objects by their addresses must not be found by others, later at the same places.
void Interpreter::leave_region() {
    Regions& regions = *heap.regions();
    const Region& region = regions.innermost();
    if (region.merge_depth == regions.depth())
        for (const Value v : region.with_side_table) side_tables_.erase(v.payload());
    regions.leave(heap.site);
}

std::unordered_map<NameId, Value>& Interpreter::side_table_of(Value object) {
    Header& head = heap.header(object);
    if ((head.flags & flag_has_side_table) == 0) {
        head.flags |= flag_has_side_table;
        if (heap.regions() != nullptr) heap.regions()->note_side_table(object);
    }
    return side_tables_[object.payload()];
}

/// Destructors of the innermost region, the youngest object first, while all memory is there. They may make
/// more objects with destructors; what is handed over to an outer region keeps its duty.
void Interpreter::run_region_destructors() {
    Regions& regions = *heap.regions();
    Region& region = regions.innermost();
    const std::uint32_t depth = regions.depth();
    while (!region.with_destructor.empty() && regions.surviving_depth(depth) == depth) {
        const Value v = region.with_destructor.back();
        region.with_destructor.pop_back();
        if (heap.live(v)) run_destructor(v);
    }
    set_site();
}

/// Whether what was stored in objects outside of the innermost region is still there: then it would dangle.
bool Interpreter::judge_outward_stores() {
    Regions& regions = *heap.regions();
    std::vector<OutwardStore> stores;
    stores.swap(regions.innermost().outward);
    if (stores.empty() || uncatchable()) return true;
    const std::uint32_t survives_at = regions.surviving_depth(regions.depth());
    std::unordered_map<std::uint64_t, std::unordered_set<std::uint64_t>> held;
    for (const OutwardStore& store : stores) {
        if (!heap.live(store.stored) || !heap.live(store.holder)) continue;
        if (regions.surviving_depth_of(store.holder) >= survives_at) continue;
        if (survives_at < regions.depth()) {
            // It goes on in an outer region, whose end judges it.
            regions.innermost().outward.push_back(store);
            continue;
        }
        const auto known = held.find(store.holder.payload());
        auto& inside = known != held.end() ? known->second : held[store.holder.payload()];
        if (known == held.end())
            visit_slots(store.holder, [&](Value slot) {
                if (slot.is_heap()) inside.insert(slot.payload());
            });
        if (!inside.contains(store.stored.payload())) continue;
        raise_escape(store.stored, store.holder, store.site);
        return false;
    }
    return true;
}

/// Under regions the memory of what a program ends stays, but nobody reads it any more: what was stored in it
/// escapes to nobody.
void Interpreter::forget_outward_stores(Value ended, bool deep) {
    Regions& regions = *heap.regions();
    bool any = false;
    for (std::uint32_t depth = 0; depth <= regions.depth(); ++depth)
        any = any || !regions.at(depth).outward.empty();
    if (!any) return;
    std::vector<Value> work{ended};
    std::unordered_set<std::uint64_t> holders{ended.payload()};
    while (deep && !work.empty()) {
        const Value v = work.back();
        work.pop_back();
        if (!heap.live(v) || v.is_string()) continue;
        visit_slots(v, [&](Value slot) {
            if (slot.is_heap() && slot.is_owned() && holders.insert(slot.payload()).second)
                work.push_back(slot);
        });
    }
    for (std::uint32_t depth = 0; depth <= regions.depth(); ++depth)
        std::erase_if(regions.at(depth).outward,
                      [&](const OutwardStore& store) { return holders.contains(store.holder.payload()); });
}

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// The two sides of a store as they are written: `box.item = cell`, or `items.append(cell)`. Empty when the
/// source says it in another way.
struct StoreText {
    std::string_view place, value;
};
StoreText text_of_store(std::string_view source) {
    const std::size_t assign = source.find(" = ");
    if (assign != std::string_view::npos)
        return {trimmed(source.substr(0, assign)), trimmed(source.substr(assign + 3))};
    const std::size_t append = source.find(".append(");
    if (append != std::string_view::npos && source.back() == ')')
        return {trimmed(source.substr(0, append)),
                trimmed(source.substr(append + 8, source.size() - append - 9))};
    return {};
}

bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z');
    });
}

}  // namespace

void Interpreter::raise_escape(Value stored, Value holder, std::uint32_t site) {
    const Span store_span = program.span_of_site(site);
    const StoreText text = text_of_store(sources.excerpt(store_span));
    const std::string value = is_name(text.value) ? fmt::format("'{}'", text.value)
                                                  : fmt::format("this {} object", type_name(stored));
    const std::string place = text.place.empty() ? fmt::format("a {} object outside of it", type_name(holder))
                                                 : std::string(text.place);
    const bool by_call = lifetime.single_owner ? leaving_ : frame->function->is_region;
    const std::string ends = by_call                 ? "ends with " + frame->function->name + "()"
                             : lifetime.single_owner ? "ends with its owner"
                                                     : "ends with its region";
    std::string help = lifetime.single_owner
                           ? "hand it over with move(…), or keep it with what it is stored in"
                           : "keep it with what it is stored in, or store a clone made outside";
    if (is_name(text.value)) {
        const std::string_view root = text.place.substr(0, text.place.find_first_of(".["));
        if (is_name(root))
            help = fmt::format("write 'keep {} with {}' before {}", text.value, root,
                               by_call                 ? "the return"
                               : lifetime.single_owner ? "its owner ends"
                                                       : "its region ends");
    }
    raise_defect(ErrorKind::EscapeError, fmt::format("{} {}, but {} still refers to it", value, ends, place),
                 stored, std::move(help));
    if (!defect_.has_value()) return;
    Diagnostic& d = defect_->diagnostic;
    d.related.push_back({"ends", current_span()});
    d.span = store_span;
}

/// A store into something that lives longer than what is stored. Strings and tuples of such are copied to
/// where the holder lives; an unnamed object takes its region along; a named one is judged when its region
/// ends.
Value Interpreter::store_across(Value holder, Value v, bool unnamed) {
    Regions* regions = heap.regions();
    if (regions == nullptr || !v.is_heap() || !heap.live(v)) return v;
    const std::uint32_t from = regions->depth_of_value(v);
    const std::uint32_t to = regions->surviving_depth_of(holder);
    if (regions->surviving_depth(from) <= to) return v.owned();
    const bool frozen =
        v.is_counted() && heap.header(v).class_id == static_cast<std::uint16_t>(ClassId::frozen_tuple);
    if (v.is_string() || frozen) {
        set_site();
        const Value in_flight = pending;
        Value copy = v;
        if (Copier::out_of_regions(*this, &copy, 1, to)) return copy;
        // Without memory for a copy the original takes its region along, so that a store never fails.
        pending = in_flight;
        regions->promote(from, to);
        return v.owned();
    }
    // Closures and the like belong to nobody who could be asked to keep them.
    if (unnamed || v.is_counted() || v.is_owned())
        regions->promote(from, to);
    else if (heap.checked())
        regions->note_outward(holder, v, site_at(frame, at));
    return v.owned();
}

void take_region_along(Machine& machine, Value holder, Value given) {
    if (!machine.lifetime.regions || !given.is_heap() || !given.is_owned() || given.is_string()) return;
    if (given.is_counted() &&
        machine.heap.header(given).class_id == static_cast<std::uint16_t>(ClassId::frozen_tuple))
        return;
    (void)machine.store_unnamed(holder, given);
}

// --- keep

/// `shared`: the statement names several targets, of which the last to go takes it along. That is so for
/// several statements, too, so nothing else follows from it.
bool Interpreter::keep(Value kept, Value target, bool forever, bool) {
    if (lifetime.moves && kept.is_moved()) return true;
    if (!readable(kept) || (!forever && !readable(target))) return false;
    if (!kept.is_heap() || (!forever && !target.is_heap())) return true;
    if (Regions* regions = heap.regions()) {
        const std::uint32_t from = regions->depth_of_value(kept);
        const std::uint32_t to = forever ? 0 : regions->surviving_depth_of(target);
        if (!kept.is_string() && regions->surviving_depth(from) > to) regions->promote(from, to);
        return true;
    }
    if ((!lifetime.counts && !lifetime.traces) || same_object(kept, target)) return true;
    if (lifetime.single_owner && heap.checked() && !forever && owner_follows(kept, target)) return false;
    const Value held = share(kept);
    if (forever) {
        kept_forever_.push_back(held);
    } else {
        kept_[target.payload()].push_back(held);
        if (heap.has_header(target)) heap.header(target).flags |= flag_kept;
    }
    if (lifetime.gives && !always_counted(held)) ++keepers_[held.payload()].targets;
    return true;
}

// --- using

bool Interpreter::using_begin(Value allocator) {
    if (!readable(allocator)) return false;
    const Handle* handle = handle_of(allocator);
    if (handle == nullptr && is_instance(allocator)) {
        raise(ErrorKind::TypeError,
              fmt::format("a '{}' cannot serve 'using' yet: only allocators of the language can",
                          type_name(allocator)));
        return false;
    }
    if (handle == nullptr) {
        raise(ErrorKind::TypeError, fmt::format("'{}' object is not an allocator", type_name(allocator)));
        return false;
    }
    if (handle->destroyed) {
        raise_defect(ErrorKind::UseAfterFreeError, "this allocator was already destroyed", allocator,
                     "destroy it after its last use");
        return false;
    }
    const allocators::AllocatorTable* table =
        handle->source == &heap.run_allocator() ? nullptr : handle->source;
    using_stack_.push_back({frame, heap.use_allocator(table)});
    return true;
}

void Interpreter::using_end() {
    if (using_stack_.empty()) return;
    heap.use_allocator(using_stack_.back().before);
    using_stack_.pop_back();
}

/// Frames stand in the order of calls. Windows overlap, so the frame tells what its base cannot.
void Interpreter::unwind_using(const Value*) {
    while (!using_stack_.empty() && using_stack_.back().frame >= frame) using_end();
}

}  // namespace harness::lang
