// Opening and ending regions. Both cost little, because regions are opened by every call under some
// lifetimes: region objects, their numbers and their allocators are used again.
#include "lang/lifetimes/regions.hpp"

#include <utility>

#include "lang/memory/object_heap.hpp"

namespace harness::lang {

namespace {

/// Each child has a chunk of its own; a deep recursion of small calls does better with a log.
constexpr std::uint32_t deepest_child = 64;
/// More than this many are not remembered: a search through all of them must stay cheap.
constexpr std::size_t measured_max = 16;

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
    if (from.empty()) return;
    if (to.empty()) {
        to.swap(from);
        return;
    }
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
}

/// The same in any order: the shorter one moves, so that a result which many calls hand on is not moved by
/// each.
template <class T>
void gather(std::vector<T>& to, std::vector<T>& from) {
    if (to.size() < from.size()) to.swap(from);
    append(to, from);
}

}  // namespace

Regions::Regions(ObjectHeap& heap, const allocators::AllocatorTable& parent)
    : heap_(heap),
      parent_(parent),
      seen_{heap.counts().allocations, heap.counts().payload_total,
            heap.counts().header_live + heap.counts().header_freed} {
    if (parent_.child != nullptr) {
        spine_ = parent_.child(parent_.self);
        const allocators::AllocatorTable& table = spine_->table();
        if (table.mark == nullptr || table.release == nullptr) spine_.reset();
    }
    enter(nullptr);
}

Regions::~Regions() {
    // Blocks of a program that was cut short: their allocator may outlive this and must not keep them.
    for (; open_count_ > 0; --open_count_) {
        Region& region = innermost();
        for (std::size_t i = region.log.size(); i-- > 0;) {
            const Region::Block& block = region.log[i];
            parent_.deallocate(parent_.self, block.address, block.bytes, block.align);
        }
    }
}

void Regions::enter(const void* frame) {
    const std::uint32_t depth = open_count_;
    if (depth != 0) settle_counts();
    if (depth == open_.size()) open_.push_back(std::make_unique<Region>());
    Region& region = *open_[depth];
    ++open_count_;
    if (!region.has_number) give_number(region, depth);
    region.merge_depth = depth;
    region.frame = frame;
    if (spine_ != nullptr) {
        region.mark = spine_->table().mark(spine_->table().self);
        serve_from_spine(region);
    } else {
        region.table = &parent_;
        region.window = parent_.window;
    }
    aimed_ = 0;
    serve(region);
}

void Regions::serve(Region& region) {
    target_ = born_ = region.number;
    target_region_ = &region;
    heap_.set_quick_birth_word(target_);
    heap_.settle_quick_window();
}

void Regions::settle_counts() {
    const HeapCounts& counts = heap_.counts();
    const Seen now{counts.allocations, counts.payload_total, counts.header_live + counts.header_freed};
    Region& region = innermost();
    region.allocations += now.allocations - seen_.allocations;
    region.payload += now.payload - seen_.payload;
    region.header += now.header - seen_.header;
    seen_ = now;
}

void Regions::enter_unused() {
    std::vector<const void*> frames;
    frames.swap(pending_);
    for (const void* frame : frames) enter(frame);
    // Its room is for the next ones.
    frames.clear();
    frames.swap(pending_);
}

void Regions::settle_quick_window() { heap_.settle_quick_window(); }
void Regions::heap_drops_quick_window() { heap_.drop_quick_window(); }

void Regions::pin(std::uint32_t depth) {
    pinned_ = true;
    aimed_ = 0;
    serve(serving_at(depth));
}

void Regions::unpin() {
    pinned_ = false;
    aimed_ = 0;
    serve(innermost());
}

void Regions::serve_from_spine(Region& region) {
    region.table = &spine_->table();
    region.window = region.table->window;
}

/// A deeper region has the spine.
void Regions::serve_aside(Region& region, std::uint32_t depth) {
    if (region.child == nullptr && depth <= deepest_child) region.child = parent_.child(parent_.self);
    region.table = region.child != nullptr ? &region.child->table() : &parent_;
    region.window = region.table->window;
    if (region.used_aside || region.child == nullptr) return;
    region.used_aside = true;
    region.aside_mark = region.table->mark(region.table->self);
}

void Regions::give_number(Region& region, std::uint32_t depth) {
    if (free_numbers_.empty()) {
        region.number = static_cast<std::uint32_t>(numbers_.size());
        numbers_.push_back({});
    } else {
        region.number = free_numbers_.back();
        free_numbers_.pop_back();
    }
    numbers_[region.number] = {region.number, region.number, depth};
    region.has_number = true;
}

/// The numbers that led to it mean nothing any more; its own is for the next region of its depth.
void Regions::free_numbers(Region& region) {
    for (std::uint32_t n = numbers_[region.number].next; n != region.number; n = numbers_[n].next)
        free_numbers_.push_back(n);
    numbers_[region.number].next = region.number;
}

void Regions::leave(std::uint32_t site) {
    const std::uint32_t last = depth();
    const std::uint32_t to = surviving_depth(last);
    settle_counts();
    Region& region = innermost();
    --open_count_;
    if (to < last) {
        hand_over(region, to);
    } else {
        release(region, site);
        free_numbers(region);
    }
    region.with_destructor.clear();
    region.with_side_table.clear();
    region.outward.clear();
    region.measured.clear();
    region.goes_with_result = region.used_aside = false;
    region.allocations = region.payload = region.header = 0;
    aimed_ = 0;
    if (open_count_ == 0) return;
    if (spine_ != nullptr) serve_from_spine(innermost());
    serve(innermost());
}

/// Nothing moves: the outer region answers for the memory from now on, and the old numbers mean the outer
/// region.
void Regions::hand_over(Region& region, std::uint32_t to) {
    Region& outer = *open_[to];
    numbers_[region.number].leads_to = outer.number;
    std::swap(numbers_[region.number].next, numbers_[outer.number].next);
    region.has_number = false;
    if (region.used_aside) take_over(outer, {open_count_, region.aside_mark});
    for (const Region::Aside& aside : region.taken_over) take_over(outer, aside);
    region.taken_over.clear();
    if (!region.log.empty()) gather(outer.log, region.log);
    if (!region.objects.empty()) gather(outer.objects, region.objects);
    append(outer.with_destructor, region.with_destructor);
    append(outer.with_side_table, region.with_side_table);
    for (const OutwardStore& store : region.outward)
        if (surviving_depth_of(store.holder) < to) outer.outward.push_back(store);
    outer.allocations += region.allocations;
    outer.payload += region.payload;
    outer.header += region.header;
}

void Regions::release(Region& region, std::uint32_t site) {
    HeapCounts& counts = heap_.counts();
    counts.note_peak();
    counts.deallocations += region.allocations;
    counts.payload_freed += region.payload;
    counts.header_live -= region.header;
    counts.header_freed += region.header;
    Handles& handles = heap_.handles();
    for (const Value v : region.objects)
        if (handles.live(v)) handles.release(v, site);
    region.objects.clear();
    for (std::size_t i = region.log.size(); i-- > 0;) {
        const Region::Block& block = region.log[i];
        parent_.deallocate(parent_.self, block.address, block.bytes, block.align);
    }
    region.log.clear();
    if (spine_ == nullptr || region.allocations == 0) return;
    spine_->table().release(spine_->table().self, region.mark);
    if (region.used_aside) region.child->table().release(region.child->table().self, region.aside_mark);
    // All deeper regions are closed, and what they made since this one began went to it or has gone.
    for (const Region::Aside& aside : region.taken_over) {
        const allocators::AllocatorTable& table = open_[aside.depth]->child->table();
        table.release(table.self, aside.mark);
    }
    region.taken_over.clear();
}

/// The first mark is the lowest, and says all.
void Regions::take_over(Region& outer, Region::Aside aside) {
    const auto same = [&](const Region::Aside& known) { return known.depth == aside.depth; };
    if (std::none_of(outer.taken_over.begin(), outer.taken_over.end(), same))
        outer.taken_over.push_back(aside);
}

void Regions::note_measured(Value root, std::uint64_t bytes, std::uint32_t depth) {
    std::vector<MeasuredResult>& all = open_[depth]->measured;
    if (all.size() == measured_max) all.erase(all.begin(), all.begin() + measured_max / 2);
    all.push_back({root, bytes});
}

std::uint32_t Regions::depth_of_value(Value v) const {
    if (!v.is_heap() || !heap_.live(v)) return 0;
    const std::uint32_t number = v.is_string() ? heap_.string_header(v).count : heap_.header(v).region;
    return number >= immortal_count ? 0 : depth_of(number);
}

void Regions::aim(Value holder) {
    aimed_ = 0;
    if (!holder.is_heap() || !heap_.live(holder)) return;
    const std::uint32_t number = holder.is_string() ? immortal_count : heap_.header(holder).region;
    if (number < immortal_count) aimed_ = number + 1;
    heap_.settle_quick_window();
}

void Regions::drop_aim() {
    aimed_ = 0;
    heap_.settle_quick_window();
}

}  // namespace harness::lang
