// Opening and ending regions. Both cost little, because regions are opened by every call under some
// lifetimes: region objects, their numbers and their allocators are used again.
#include "lang/lifetimes/regions.hpp"

#include <utility>

#include "lang/memory/object_heap.hpp"

namespace harness::lang {

namespace {

/// Each child has a chunk of its own; a deep recursion of small calls does better with a log.
constexpr std::uint32_t deepest_child = 64;

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
    if (to.empty()) {
        to.swap(from);
        return;
    }
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
}

}  // namespace

Regions::Regions(ObjectHeap& heap, const allocators::AllocatorTable& parent) : heap_(heap), parent_(parent) {
    enter(nullptr);
}

Regions::~Regions() {
    // Blocks of a program that was cut short: their allocator may outlive this and must not keep them.
    while (!open_.empty()) {
        Region& region = *open_.back();
        for (std::size_t i = region.log.size(); i-- > 0;) {
            const Region::Block& block = region.log[i];
            parent_.deallocate(parent_.self, block.address, block.bytes, block.align);
        }
        open_.pop_back();
    }
}

void Regions::enter(const void* frame) {
    std::unique_ptr<Region> region;
    if (spare_.empty()) {
        region = std::make_unique<Region>();
    } else {
        region = std::move(spare_.back());
        spare_.pop_back();
    }
    const auto depth = static_cast<std::uint32_t>(open_.size());
    if (depth > deepest_child)
        region->child.reset();
    else if (region->child == nullptr && parent_.child != nullptr)
        region->child = parent_.child(parent_.self);
    region->table = region->child != nullptr ? &region->child->table() : &parent_;
    region->window = region->table->window;
    if (free_numbers_.empty()) {
        region->number = static_cast<std::uint32_t>(depth_of_.size());
        depth_of_.push_back(depth);
    } else {
        region->number = free_numbers_.back();
        free_numbers_.pop_back();
        depth_of_[region->number] = depth;
    }
    region->merge_depth = depth;
    region->frame = frame;
    serve(*region);
    aimed_ = 0;
    open_.push_back(std::move(region));
}

void Regions::leave(std::uint32_t site) {
    const std::uint32_t last = depth();
    const std::uint32_t to = surviving_depth(last);
    std::unique_ptr<Region> region = std::move(open_.back());
    open_.pop_back();
    if (to < last) {
        hand_over(*region, to);
    } else {
        release(*region, site);
        free_numbers_.push_back(region->number);
        free_numbers_.insert(free_numbers_.end(), region->aliases.begin(), region->aliases.end());
    }
    region->aliases.clear();
    region->with_destructor.clear();
    region->with_side_table.clear();
    region->outward.clear();
    region->allocations = region->payload = region->header = 0;
    aimed_ = 0;
    if (open_.empty()) return;
    serve(*open_.back());
    spare_.push_back(std::move(region));
}

/// Nothing moves: the outer region answers for the memory from now on, and the old numbers mean the outer
/// region.
void Regions::hand_over(Region& region, std::uint32_t to) {
    Region& outer = *open_[to];
    depth_of_[region.number] = to;
    for (const std::uint32_t alias : region.aliases) depth_of_[alias] = to;
    outer.aliases.push_back(region.number);
    append(outer.aliases, region.aliases);
    if (region.child != nullptr) outer.merged.push_back(std::move(region.child));
    append(outer.merged, region.merged);
    append(outer.log, region.log);
    append(outer.objects, region.objects);
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
    while (!region.merged.empty()) region.merged.pop_back();
    if (region.child == nullptr) return;
    const allocators::AllocatorTable& table = region.child->table();
    // One that cannot be emptied is made anew.
    if (table.reset != nullptr)
        table.reset(table.self);
    else
        region.child.reset();
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
}

}  // namespace harness::lang
