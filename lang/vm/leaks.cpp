// The end of a program: what its names still hold is released as its lifetime says, what is live then is told
// with its places, and the figures are drawn up.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/lifetimes/regions.hpp"
#include "lang/vm/visit.hpp"

namespace harness::lang {

namespace {

constexpr std::size_t places_shown = 10;
constexpr std::size_t cycle_shown = 8;

}  // namespace

// --- Release

/// Classes go last, and in each what destructors may call goes after what they may end.
static void discard_class_values(Interpreter& vm, ClassInfo& type, bool closures) {
    for (auto& [name, member] : type.members) {
        const Value v = member.value;
        if (member.inherited || !v.is_heap()) continue;
        if (closures != (v.is_counted() && vm.heap.class_id(v) == ClassId::closure)) continue;
        member.value = Value::absent();
        for (const auto& other : vm.owned_classes) {
            for (Value& d : other->dunders)
                if (d == v) d = Value::absent();
            for (auto& [other_name, inherited] : other->members)
                if (inherited.inherited && inherited.value == v) inherited.value = Value::absent();
        }
        vm.discard(v);
    }
}

void Interpreter::release_everything() {
    in_exit_ = true;
    if (Regions* regions = heap.regions()) {
        while (true) {
            run_region_destructors();
            const bool last = regions->depth() == 0;
            leave_region();
            if (last) break;
        }
        regions->enter(nullptr);
    }
    if (!lifetime.counts) {
        if (collector != nullptr) collector->end();
        manager->end([](Value) {});
        return;
    }
    end_statics();
    if (lifetime.single_owner && destructors_exist_) destruct_globals();
    std::vector<Value> owners;  // single owners go in one step
    manager->end([&](Value v) { lifetime.single_owner ? owners.push_back(v) : discard(v); },
                 [&] {
                     end_owners(owners);
                     release_unnamed();
                 });
}

/// What no name holds: what was kept to the end, what is in cycles, and the classes.
void Interpreter::release_unnamed() {
    while (!kept_forever_.empty()) {
        const Value kept = kept_forever_.back();
        kept_forever_.pop_back();
        const bool by_hand = lifetime.gives && !always_counted(kept);
        if (!by_hand) discard(kept);
        // What was freed by name meanwhile has no keepers left.
        else if (keepers_.erase(kept.payload()) != 0 && heap.live(kept))
            deinit(kept.owned());
    }
    if (lifetime.collects_cycles) collect_until_quiet();
    for (const bool closures : {false, true})
        for (std::size_t i = owned_classes.size(); i-- > 0;)
            discard_class_values(*this, *owned_classes[i], closures);
    if (lifetime.collects_cycles) collect_until_quiet();
}

// --- What is live

std::vector<Value> Interpreter::live_objects() {
    std::vector<Value> live;
    const Handles& handles = heap.handles();
    if (!handles.active()) return live;
    for (std::uint32_t i = 0; i < handles.size(); ++i)
        if (handles.at(i).address != nullptr && handles.at(i).allocated != no_site)
            live.push_back(handles.value_at(i));
    return live;
}

namespace {

/// A cycle of owning references among live objects, told by the fields that lead round it.
class CycleFinder {
  public:
    CycleFinder(Interpreter& vm, const std::vector<Value>& live) : vm_(vm), live_(live) {}

    /// Empty when there is none.
    std::string find() {
        for (const Value v : live_) {
            if (state_.contains(v.payload()) || v.is_string()) continue;
            if (walk(v)) return text();
        }
        return "";
    }

  private:
    struct Step {
        Value object;
        std::size_t slot;  ///< the one that is being followed
    };
    enum class State : std::uint8_t { on_path, done };

    /// Depth first; true with the cycle as the last part of the path, from `first_` on.
    bool walk(Value root) {
        path_ = {{root, 0}};
        state_[root.payload()] = State::on_path;
        while (!path_.empty()) {
            Step& step = path_.back();
            std::vector<Value> slots;
            vm_.each_slot(step.object, [&](Value slot) { slots.push_back(slot); });
            if (step.slot == slots.size()) {
                state_[step.object.payload()] = State::done;
                path_.pop_back();
                if (!path_.empty()) ++path_.back().slot;
                continue;
            }
            const Value v = slots[step.slot];
            const bool followed = v.is_owned() && !v.is_string() && vm_.heap.live(v);
            const auto known = followed ? state_.find(v.payload()) : state_.end();
            if (followed && known == state_.end()) {
                state_[v.payload()] = State::on_path;
                path_.push_back({v, 0});
                continue;
            }
            if (followed && known->second == State::on_path) {
                first_ = 0;
                while (path_[first_].object.payload() != v.payload()) ++first_;
                return true;
            }
            ++step.slot;
        }
        return false;
    }

    std::string text() const {
        std::string out = "cycle: ";
        for (std::size_t i = first_; i < path_.size(); ++i) {
            if (i - first_ == cycle_shown) {
                out += fmt::format("… {} more → ", path_.size() - i);
                break;
            }
            // The place where the step was made: where what it leads to was stored.
            const Value next = path_[i + 1 < path_.size() ? i + 1 : first_].object;
            const auto& entry = vm_.heap.handles().entry(next);
            const std::uint32_t site = entry.released != no_site ? entry.released : entry.allocated;
            const Place place = vm_.sources.place(vm_.program.span_of_site(site).begin);
            out += fmt::format("{} ({}:{}:{}) → ", label(path_[i]), place.file, place.line, place.column);
        }
        return out + "the first";
    }

    std::string label(const Step& step) const {
        const ClassInfo& type = vm_.class_of(step.object);
        if (type.packed != nullptr) {
            const PackedField& field = type.packed->fields[type.packed->value_fields[step.slot]];
            return fmt::format("{}.{}", type.name, vm_.names.text(field.name));
        }
        if (vm_.is_instance(step.object))
            return fmt::format("{}.{}", type.name, vm_.names.text(type.field_names[step.slot]));
        switch (vm_.heap.class_id(step.object)) {
            case ClassId::list:
            case ClassId::tuple:
                return fmt::format("{}[{}]", type.name, step.slot);
            case ClassId::dict: {
                const Value key = vm_.slots_of(step.object)[step.slot & ~std::size_t{1}];
                if (key.is_string()) return fmt::format("dict['{}']", vm_.heap.text(key));
                if (key.is_int()) return fmt::format("dict[{}]", key.as_int());
                return "dict[…]";
            }
            case ClassId::closure:
                return fmt::format("{}()", vm_.heap.payload<Closure>(step.object).function->name);
            case ClassId::cell:
                return "captured variable";
            default:
                return std::string(type.name);
        }
    }

    Interpreter& vm_;
    const std::vector<Value>& live_;
    std::unordered_map<std::uint64_t, State> state_;
    std::vector<Step> path_;
    std::size_t first_ = 0;
};

std::string how_much(std::uint64_t objects, std::uint64_t bytes) {
    return fmt::format("{} object{}, {} bytes {} still live at the end", objects, objects == 1 ? "" : "s",
                       bytes, objects == 1 ? "is" : "are");
}

}  // namespace

void Interpreter::report_leaks(RunReport& report) {
    const HeapCounts& counts = heap.counts();
    report.heap.payload_bytes_leaked = counts.payload_live();
    if (!lifetime.live_at_exit_is_leak && !options.fail_on_leak) return;
    if (counts.allocations == counts.deallocations) return;
    Defect defect;
    defect.bytes = counts.payload_live() + counts.header_live;
    Diagnostic& d = defect.diagnostic;
    d.name = "LeakError";
    const std::vector<Value> live = live_objects();
    if (live.empty()) {
        const std::uint64_t blocks = counts.allocations - counts.deallocations;
        d.message = fmt::format("{} block{}, {} bytes {} still live at the end", blocks,
                                blocks == 1 ? "" : "s", defect.bytes, blocks == 1 ? "is" : "are");
        d.help = "run without --unchecked to see where they were allocated";
    } else {
        d.message = how_much(live.size(), defect.bytes);
        describe_leak(live, defect);
    }
    report.status = Status::defect;
    report.exit_code = 4;
    report.errors.push_back(d);
    report.defects.push_back(std::move(defect));
}

/// What was allocated at one place and is live at the end.
struct Interpreter::LeakSite {
    Span span;
    std::uint64_t objects = 0, bytes = 0;
    bool goes_along =
        false;  ///< a string or an object of the VM, which goes with what a program releases by hand
};

/// By place: what a program can release by hand first, then the most bytes; else in the order of their
/// making.
std::vector<Interpreter::LeakSite> Interpreter::leak_sites(const std::vector<Value>& live) {
    std::vector<LeakSite> sites;
    std::unordered_map<std::uint64_t, std::size_t> known;
    for (const Value v : live) {
        const Span span = program.span_of_site(heap.handles().entry(v).allocated);
        const auto [found, fresh] =
            known.try_emplace(std::uint64_t{span.begin} << 32 | span.end, sites.size());
        if (fresh) sites.push_back({span, 0, 0, lifetime.gives && always_counted(v)});
        LeakSite& site = sites[found->second];
        ++site.objects;
        site.bytes += heap.requested_bytes(v);
    }
    std::stable_sort(sites.begin(), sites.end(), [](const LeakSite& a, const LeakSite& b) {
        return a.goes_along != b.goes_along ? b.goes_along : a.bytes > b.bytes;
    });
    return sites;
}

/// The places where what is live was allocated, each with how much it is.
void Interpreter::describe_leak(const std::vector<Value>& live, Defect& defect) {
    Diagnostic& d = defect.diagnostic;
    const std::vector<LeakSite> sites = leak_sites(live);
    d.span = defect.allocated = sites[0].span;
    const auto amount = [](std::uint64_t objects, std::uint64_t bytes) {
        return fmt::format("{} object{}, {} bytes", objects, objects == 1 ? "" : "s", bytes);
    };
    if (sites.size() > 1)
        for (std::size_t i = 0; i < sites.size() && i <= places_shown; ++i)
            d.related.push_back({amount(sites[i].objects, sites[i].bytes), sites[i].span});
    const std::string cycle = lifetime.counts_objects ? CycleFinder(*this, live).find() : "";
    if (!cycle.empty()) d.details.push_back(cycle);
    if (sites.size() > places_shown + 1) {
        LeakSite rest{};
        for (std::size_t i = places_shown + 1; i < sites.size(); ++i) {
            rest.objects += sites[i].objects;
            rest.bytes += sites[i].bytes;
        }
        const std::size_t more = sites.size() - places_shown - 1;
        d.related.push_back({fmt::format("and {} more place{} with {}", more, more == 1 ? "" : "s",
                                         amount(rest.objects, rest.bytes)),
                             {},
                             true});
    }
    if (!cycle.empty())
        d.help = "break the cycle, or run with --lifetime refcount+cycles, gc or arena";
    else if (lifetime.explicit_release)
        d.help = "free it with free(x) or deinit(x) before the end";
    else if (lifetime.counts_objects)
        d.help = "end the last reference to it before the end";
    else if (lifetime.single_owner)
        d.help = "let a name or a place own it that ends";
    else
        d.help = "run with a lifetime that releases, for example --lifetime refcount";
}

// --- Figures

/// Over all allocators that serve the program. Each one's peak is its own, so with several the sum is a
/// bound. A library's statistic for the whole process counts once.
static void add_reserved_and_mapped(Interpreter& vm, const allocators::Figures& of_run, HeapFigures& out) {
    std::vector<allocators::Figures> all = figures_of_handles(vm);
    all.insert(all.begin(), of_run);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const allocators::Figures& one = all[i];
        out.reserved_bytes_peak += one.reserved_bytes_peak;
        std::uint64_t mapped = one.mapped_bytes_peak;
        if (one.mapped_by != nullptr) {
            const auto is_same = [&](const allocators::Figures& f) {
                return f.mapped_by != nullptr && std::string_view(f.mapped_by) == one.mapped_by;
            };
            if (std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i), is_same)) continue;
            for (const allocators::Figures& other : all)
                if (is_same(other)) mapped = std::max(mapped, other.mapped_bytes_peak);
        }
        out.mapped_bytes_peak += mapped;
    }
    // Two users of one library share its statistic, and each peak was seen at a moment of its own.
    out.mapped_bytes_peak = std::max(out.mapped_bytes_peak, out.reserved_bytes_peak);
}

void Interpreter::fill_report(RunReport& report) {
    HeapCounts& counts = heap.counts();
    counts.note_peak();
    HeapFigures& out = report.heap;
    out.allocations = counts.allocations;
    out.deallocations = counts.deallocations;
    out.payload_bytes_total = counts.payload_total;
    out.payload_bytes_peak = counts.payload_peak;
    out.header_bytes_peak = counts.header_peak;
    out.requested_bytes_peak = counts.requested_peak;
    out.requested_bytes_total = counts.requested_total();
    out.constant_bytes = heap.constant_bytes();
    const allocators::AllocatorTable& table = heap.run_allocator();
    if (table.figures != nullptr) {
        const allocators::Figures seen = table.figures(table.self);
        add_reserved_and_mapped(*this, seen, out);
        report.counted = {seen.allocations, seen.deallocations, seen.requested_bytes_total,
                          seen.requested_bytes_peak};
    }
    if (stack != nullptr) {
        report.stack.frames_peak = stack->frames_peak();
        report.stack.value_bytes_peak = stack->value_bytes_peak();
        report.stack.window_bytes_peak = stack->window_bytes_peak();
    }
    report.costs = costs;
}

}  // namespace harness::lang
