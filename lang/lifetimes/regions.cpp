// Opening and ending regions. Both cost little, because regions are opened by every call under some
// lifetimes: region objects, their numbers and their allocators are used again.
#include "lang/lifetimes/regions.hpp"

#include <cstring>
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

Regions::Regions(ObjectHeap& heap, const allocators::AllocatorTable& parent) : heap_(heap), parent_(parent) {
    const HeapCounts& counts = heap.counts();
    gone_ = {counts.allocations, counts.payload_total, counts.header_live + counts.header_freed};
    if (parent_.child != nullptr) {
        spine_ = parent_.child(parent_.self);
        const allocators::AllocatorTable& table = spine_->table();
        if (table.mark == nullptr || table.release == nullptr)
            spine_.reset();
        else
            window_ = table.window;
    }
    enter(nullptr);
}

Regions::~Regions() {
    // Blocks of a program that was cut short: their allocator may outlive this and must not keep them.
    for (; open_count_ > 0; --open_count_) {
        Region& region = *open_[open_count_ - 1];
        for (std::size_t i = region.log.size(); i-- > 0;) {
            const Region::Block& block = region.log[i];
            parent_.deallocate(parent_.self, block.address, block.bytes, block.align);
        }
    }
}

void Regions::leave(std::uint32_t site) {
    Region& region = innermost();
    const bool goes = region.merge_depth == depth();
    if (goes)
        release(region, site);
    else if (region.is_noted || region.used_aside)
        hand_over(region);
    if (region.is_noted) {
        region.log.clear();
        region.objects.clear();
        region.taken_over.clear();
        region.with_destructor.clear();
        region.with_side_table.clear();
        region.outward.clear();
        region.measured.clear();
    }
    region.is_noted = region.is_marked = region.used_aside = region.goes_with_result = false;
    if (open_count_ == 1) {
        region.elsewhere = {};
        open_count_ = 0;
        return;
    }
    step_out(goes ? region.first - 1 : newest_);
}

bool Regions::leave_with(Value& result) {
    Region& region = innermost();
    if (region.is_noted || region.used_aside || region.merge_depth != depth() || depth() == 0) return false;
    const Volume gone = held();
    if (!is_innermost(result)) {
        if (window_ == nullptr || region.is_marked || window_->cursor > told_cursor_) return false;
        count_out(gone);
        window_->cursor = region.cursor;
    } else if (holds_most(result, gone)) {
        region.is_marked = false;
        step_out(newest_);
        return true;
    } else {
        if (!moves_down(result)) return false;
        move_down(result, gone);
    }
    step_out(region.first - 1);
    return true;
}

bool Regions::holds_most(Value result, const Volume& all) const {
    return all.bytes() <= 2 * (heap_.payload_bytes(result) + sizeof(Header));
}

/// The allocator gets to see a move as little as any other going back.
bool Regions::moves_down(Value result) const {
    const Region& region = innermost();
    return result.is_string() && is_innermost(result) && region.is_simple() &&
           region.merge_depth == depth() && depth() != 0 && window_ != nullptr && !region.is_marked &&
           window_->cursor <= told_cursor_ && !heap_.is_limited() && !holds_most(result, held());
}

/// The string becomes the outer region's newest object. Its bytes stand behind the place that they move to.
void Regions::move_down(Value& string, const Volume& gone) {
    const Region& region = innermost();
    const auto* from = reinterpret_cast<const std::byte*>(&heap_.string_header(string));
    const std::uint64_t payload = heap_.payload_bytes(string);
    HeapCounts& counts = heap_.counts();
    ++counts.allocations;
    counts.payload_total += payload;
    counts.header_live += sizeof(StringHeader);
    count_out(gone);
    std::memmove(region.cursor, from, payload + sizeof(StringHeader));
    window_->cursor = region.cursor + ((payload + sizeof(StringHeader) + 7) & ~std::uint64_t{7});
    auto* const header = reinterpret_cast<StringHeader*>(region.cursor);
    header->count = region.first - 1;
    string = Value::tagged(Tag::string, reinterpret_cast<std::uintptr_t>(header + 1));
}

void Regions::count_out(const Volume& gone) {
    HeapCounts& counts = heap_.counts();
    counts.note_peak();
    counts.deallocations += gone.blocks;
    counts.payload_freed += gone.payload;
    counts.header_live -= gone.header;
    counts.header_freed += gone.header;
    gone_ += gone;
}

void Regions::enter(const void* frame) {
    const std::uint32_t depth = open_count_;
    if (depth == open_.size()) {
        open_.push_back(std::make_unique<Region>());
        firsts_.push_back(0);
    }
    // After two thousand million regions whose results live on there are no more numbers: from then on a
    // region is the outer one's.
    const bool is_numbered = newest_ + 1 < immortal_count;
    open(frame, depth == 0 ? 0 : newest_ + is_numbered);
    if (!is_numbered) innermost_->merge_depth = depth - 1;
    number_next(youngest_);
}

/// Out of the innermost region; the next object has this number.
void Regions::step_out(std::uint32_t number) {
    const Volume elsewhere = std::exchange(innermost_->elsewhere, {});
    innermost_ = open_[--open_count_ - 1].get();
    innermost_->elsewhere += elsewhere;
    youngest_ = innermost_->first;
    number_next(number);
}

void Regions::number_next(std::uint32_t number) {
    const bool was_plain = is_plain();
    newest_ = born_ = number;
    aimed_ = 0;
    heap_.set_quick_birth_word(number);
    if (!was_plain) heap_.settle_quick_window();
}

void Regions::set_aim(std::uint32_t aimed) {
    aimed_ = aimed;
    heap_.settle_quick_window();
}

void Regions::pin(std::uint32_t depth) {
    pinned_ = true;
    pinned_depth_ = depth;
    set_aim(0);
}

void Regions::unpin() {
    pinned_ = false;
    born_ = newest_;
    set_aim(0);
}

Regions::Served Regions::serving(std::size_t bytes, std::size_t align) {
    const std::uint32_t last = depth();
    const std::uint32_t wanted = aimed_ != 0 ? depth_of(aimed_ - 1) : pinned_ ? pinned_depth_ : last;
    if (spine_ == nullptr) return {*open_[wanted], parent_, parent_.window};
    if (wanted != last) return serve_aside(wanted);
    const bool fits = window_ != nullptr && align <= 8 &&
                      static_cast<std::size_t>(window_->limit - window_->cursor) >= bytes + 7;
    if (!fits) mark_spine();
    return {*innermost_, spine_->table(), window_};
}

/// A deeper region has the spine.
Regions::Served Regions::serve_aside(std::uint32_t depth) {
    Region& region = *open_[depth];
    told_cursor_ = nullptr;
    if (region.child == nullptr && depth <= deepest_child) region.child = parent_.child(parent_.self);
    if (region.child == nullptr) return {region, parent_, parent_.window};
    const allocators::AllocatorTable& table = region.child->table();
    if (!region.used_aside) {
        region.used_aside = true;
        region.aside_mark = table.mark(table.self);
    }
    return {region, table, table.window};
}

void Regions::note(const Served& served, void* block, std::size_t requested, std::size_t header,
                   std::size_t align) {
    Region& region = served.region;
    if (&region == innermost_) {
        born_ = newest_;
    } else {
        born_ = aimed_ != 0 ? aimed_ - 1 : region.first;
        const Volume volume{1, requested - header, header};
        innermost_->elsewhere += volume;
        region.elsewhere -= volume;
    }
    aimed_ = 0;
    if (&served.table != &parent_) return;
    region.is_noted = true;
    region.log.push_back({block, requested, align});
}

/// Of the spine, where the region began: at most the cursor of its window has moved since then.
allocators::Mark Regions::mark_of(const Region& region) {
    const allocators::AllocatorTable& table = spine_->table();
    if (window_ == nullptr) return table.mark(table.self);
    std::byte* const now = std::exchange(window_->cursor, region.cursor);
    const allocators::Mark mark = table.mark(table.self);
    window_->cursor = now;
    return mark;
}

/// Before more of the spine changes than the cursor of its window: from then on its marks lead back. Regions
/// outside of a marked one are marked.
void Regions::mark_spine() {
    for (std::uint32_t depth = open_count_; depth-- > 0 && !open_[depth]->is_marked;) {
        open_[depth]->mark = mark_of(*open_[depth]);
        open_[depth]->is_marked = true;
    }
    told_cursor_ = nullptr;
}

/// The allocator must see the cursor at its highest, for its figures; below that, going back is a store.
void Regions::go_back(Region& region) {
    std::byte* told = nullptr;
    if (!region.is_marked) {
        if (window_ == nullptr) return;
        if (window_->cursor <= told_cursor_) {
            window_->cursor = region.cursor;
            return;
        }
        told = window_->cursor;
        region.mark = mark_of(region);
    }
    spine_->table().release(spine_->table().self, region.mark);
    told_cursor_ = told;
}

/// Nothing moves: the outer region answers for the memory from now on.
void Regions::hand_over(Region& region) {
    const std::uint32_t to = depth() - 1;
    Region& outer = noted_at(to);
    if (region.used_aside) take_over(outer, {depth(), region.aside_mark});
    for (const Region::Aside& aside : region.taken_over) take_over(outer, aside);
    gather(outer.log, region.log);
    gather(outer.objects, region.objects);
    append(outer.with_destructor, region.with_destructor);
    append(outer.with_side_table, region.with_side_table);
    for (const OutwardStore& store : region.outward)
        if (surviving_depth_of(store.holder) < surviving_depth(to)) outer.outward.push_back(store);
}

void Regions::release(Region& region, std::uint32_t site) {
    const Volume gone = held();
    if (gone.blocks == 0) return;
    count_out(gone);
    if (region.is_noted) {
        Handles& handles = heap_.handles();
        for (const Value v : region.objects)
            if (handles.live(v)) handles.release(v, site);
        for (std::size_t i = region.log.size(); i-- > 0;) {
            const Region::Block& block = region.log[i];
            parent_.deallocate(parent_.self, block.address, block.bytes, block.align);
        }
    }
    if (spine_ == nullptr) return;
    go_back(region);
    if (region.used_aside) region.child->table().release(region.child->table().self, region.aside_mark);
    // All deeper regions are closed, and what they made since this one began went to it or has gone.
    for (const Region::Aside& aside : region.taken_over) {
        const allocators::AllocatorTable& table = open_[aside.depth]->child->table();
        table.release(table.self, aside.mark);
    }
}

/// The first mark is the lowest, and says all.
void Regions::take_over(Region& outer, Region::Aside aside) {
    const auto same = [&](const Region::Aside& known) { return known.depth == aside.depth; };
    if (std::none_of(outer.taken_over.begin(), outer.taken_over.end(), same))
        outer.taken_over.push_back(aside);
}

void Regions::note_measured(Value root, std::uint64_t bytes, std::uint32_t depth) {
    std::vector<MeasuredResult>& all = noted_at(depth).measured;
    if (all.size() == measured_max) all.erase(all.begin(), all.begin() + measured_max / 2);
    all.push_back({root, bytes});
}

}  // namespace harness::lang
