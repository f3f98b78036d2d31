// Regions: the phases of a program under the lifetimes `arena` and `stack`. A region has an allocator of its
// own where the run's allocator can make one, and else a log of blocks; either way all it holds goes at its
// end (Tofte and Talpin, "Region-based memory management", 1997, with regions that the program marks instead
// of inferred ones).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "allocators/any_allocator.hpp"
#include "lang/memory/value.hpp"

namespace harness::lang {

class ObjectHeap;

/// A store of a reference to something in a deeper region: judged when that region ends.
struct OutwardStore {
    Value holder;
    Value stored;
    std::uint32_t site;
};

/// A result that was handed over with its region, and the bytes that it was found to hold at least.
struct MeasuredResult {
    Value root;
    std::uint64_t bytes;
};

/// What a measurement of results works with, kept for the next one.
struct MeasureRoom {
    std::vector<Value> waiting, visited;
    std::vector<MeasuredResult> parts;
};

struct Region {
    std::uint32_t number = 0;       ///< what the headers of its objects say
    std::uint32_t merge_depth = 0;  ///< where its contents go when it ends, a depth; its own: nowhere
    const void* frame = nullptr;    ///< the call that opened it
    allocators::Mark mark;          ///< of the spine, when the region began
    bool has_number = false;
    bool goes_with_result = false;  ///< its result holds most of it, see Interpreter::copy_out
    /// Serves while a deeper region has the spine. It stays with the depth; what regions handed over stands
    /// below the mark.
    std::unique_ptr<allocators::AnyAllocator> child;
    bool used_aside = false;                            ///< `child` has served since the region began
    allocators::Mark aside_mark;                        ///< of `child`, when it began to serve
    const allocators::AllocatorTable* table = nullptr;  ///< what serves it now
    allocators::BumpWindow* window = nullptr;           ///< of the same, if it lends one
    /// What deeper regions made in their allocators aside and handed over: to where these go back.
    struct Aside {
        std::uint32_t depth;
        allocators::Mark mark;
    };
    std::vector<Aside> taken_over;
    struct Block {
        void* address;
        std::size_t bytes;
        std::size_t align;
    };
    std::vector<Block> log;              ///< blocks that the run's allocator made one by one
    std::vector<Value> objects;          ///< checked mode: handles to end
    std::vector<Value> with_destructor;  ///< in the order of their making
    std::vector<Value> with_side_table;  ///< fields beyond those of their classes, which the VM keeps
    std::vector<OutwardStore> outward;
    std::vector<MeasuredResult> measured;  ///< the latest ones
    std::uint64_t allocations = 0, payload = 0, header = 0;
};

/// The stack of open regions. They nest, so the objects of all of them stand in one allocator, the spine: a
/// region begins with a mark of it and ends by a release, and to hand its contents over to the region outside
/// nothing has to be done. Only what is made for a region that is not the innermost, such as a copy of a
/// result, comes from an allocator aside. Where the run's allocator cannot make such children, all blocks are
/// logged and freed one by one.
///
/// An object's header (a string's, too) names its region by a number; numbers of regions that merged into
/// another stay valid until that one ends, and lead to it as in a forest of disjoint sets (Galler and Fischer
/// 1964). Foreign objects, which an allocator
/// handle of the program made, belong to the program's own region, number 0, as far as stores are judged.
class Regions {
  public:
    /// The program's own region is opened. Both references must outlive this.
    Regions(ObjectHeap& heap, const allocators::AllocatorTable& parent);
    ~Regions();
    Regions(const Regions&) = delete;
    Regions& operator=(const Regions&) = delete;

    void enter(const void* frame);
    /// The same, put off until something is made there: most calls make nothing.
    void enter_when_used(const void* frame) {
        if (pending_.empty()) heap_drops_quick_window();
        pending_.push_back(frame);
    }
    /// Ends the innermost region if nothing was made in it yet; false if something was.
    bool leave_unused() {
        if (pending_.empty()) return false;
        pending_.pop_back();
        if (pending_.empty()) settle_quick_window();
        return true;
    }
    /// How many of the innermost regions are still put off; depth() does not count them.
    std::uint32_t unused() const { return static_cast<std::uint32_t>(pending_.size()); }
    void enter_unused();
    void forget_unused() { pending_.clear(); }
    /// Ends the innermost region: its contents go, or are handed over to the region that they were promoted
    /// to. `site` is told as the place of their release.
    void leave(std::uint32_t site);

    /// Depth of the innermost region; the program's own is 0.
    std::uint32_t depth() const { return open_count_ - 1; }
    Region& innermost() { return *open_[open_count_ - 1]; }
    const void* innermost_frame() const { return open_[open_count_ - 1]->frame; }
    const void* frame_at(std::uint32_t depth) const { return open_[depth]->frame; }

    /// The number of the region that the next object is made in, and the one that the last object was made
    /// in.
    std::uint32_t current() const { return aimed_ != 0 ? aimed_ - 1 : target_; }
    std::uint32_t born() const { return born_; }
    /// The region that the next object is made in.
    Region& serving() {
        if (aimed_ != 0) return serving_at(depth_of(aimed_ - 1));
        if (!pending_.empty() && !pinned_) enter_unused();
        return *target_region_;
    }
    Region& region(std::uint32_t number) { return *open_[depth_of(number)]; }
    std::uint32_t depth_of(std::uint32_t number) const {
        if (number >= numbers_.size()) return 0;
        while (numbers_[number].leads_to != number) number = shortened(number);
        return numbers_[number].depth;
    }
    /// Where an object lives: 0 for constants, and for what is no object or no longer one.
    std::uint32_t depth_of_value(Value v) const;
    /// Where the contents of an open region will be when it has ended: its own depth unless it was promoted.
    std::uint32_t surviving_depth(std::uint32_t depth) const {
        while (open_[depth]->merge_depth < depth) depth = open_[depth]->merge_depth;
        return depth;
    }
    std::uint32_t surviving_depth_of(Value v) const { return surviving_depth(depth_of_value(v)); }

    /// The next object is made in the region of `holder`, when that is one of the heap.
    void aim(Value holder);
    void clear_aim() {
        if (aimed_ != 0) drop_aim();
    }
    bool aimed() const { return aimed_ != 0; }
    /// All objects are made in the region of this depth until unpin(), whatever was aimed at before.
    void pin(std::uint32_t depth);
    void unpin();
    /// The spine's window while the next object belongs into it and there is nothing to note of it; what is
    /// taken from it is counted by the heap alone, until settle_counts().
    allocators::BumpWindow* quick_window() const {
        const bool plain = spine_ != nullptr && open_count_ != 0 && aimed_ == 0 && born_ == target_ &&
                           pending_.empty() && target_region_ == open_[open_count_ - 1].get();
        return plain ? spine_->table().window : nullptr;
    }
    /// Brings the counts of the innermost region up to date.
    void settle_counts();

    /// What the region of depth `from` holds will live as long as the region of depth `to`. Regions in
    /// between may be referred to from it, so they are promoted as well.
    void promote(std::uint32_t from, std::uint32_t to) {
        for (std::uint32_t d = to + 1; d <= from; ++d)
            open_[d]->merge_depth = std::min(open_[d]->merge_depth, to);
    }
    /// Something named was stored where it may not live long enough: judged at the end of its region.
    void note_outward(Value holder, Value stored, std::uint32_t site) {
        open_[depth_of_value(stored)]->outward.push_back({holder, stored, site});
    }
    void note_side_table(Value v) { open_[depth_of_value(v)]->with_side_table.push_back(v); }
    void note_destructor(Value v) { open_[depth_of_value(v)]->with_destructor.push_back(v); }

    // --- What the heap tells.
    /// A block was made in `region`, that of current(); an aim is thereby used up.
    void note(void* block, std::size_t requested, std::size_t header, std::size_t align, Region& region) {
        born_ = current();
        aimed_ = 0;
        ++region.allocations;
        region.payload += requested - header;
        region.header += header;
        note_foreign(requested, header);
        if (region.table == &parent_) region.log.push_back({block, requested, align});
    }
    /// The heap counts a block that is not the innermost region's, or that was counted there.
    void note_foreign(std::size_t requested, std::size_t header) {
        ++seen_.allocations;
        seen_.payload += requested - header;
        seen_.header += header;
    }
    /// Checked mode: the handle for the object that was noted last.
    void note_handle(Value v) { region(born_).objects.push_back(v); }

    /// Remembers what a result held, for the next measurement that meets it.
    MeasureRoom& measure_room() { return room_; }
    void note_measured(Value root, std::uint64_t bytes, std::uint32_t depth);

  private:
    /// A number that headers may name.
    struct Number {
        std::uint32_t leads_to;  ///< another number whose region took this one's over, or itself
        std::uint32_t next;      ///< in the ring of all numbers that lead to the same region
        std::uint32_t depth;     ///< of the region, where leads_to is the number itself
    };
    /// One step on the way to the region, which the next search is spared.
    std::uint32_t shortened(std::uint32_t number) const {
        Number& step = numbers_[number];
        step.leads_to = numbers_[step.leads_to].leads_to;
        return step.leads_to;
    }
    /// Of the heap's counts, what regions have been told.
    struct Seen {
        std::uint64_t allocations, payload, header;
    };
    void serve(Region& region);
    void drop_aim();
    void settle_quick_window();
    void heap_drops_quick_window();
    Region& serving_at(std::uint32_t depth) {
        Region& region = *open_[depth];
        if (depth + 1 != open_count_ && spine_ != nullptr) serve_aside(region, depth);
        return region;
    }
    void serve_aside(Region& region, std::uint32_t depth);
    void serve_from_spine(Region& region);
    void give_number(Region& region, std::uint32_t depth);
    void free_numbers(Region& region);
    void release(Region& region, std::uint32_t site);
    void hand_over(Region& region, std::uint32_t to);
    static void take_over(Region& outer, Region::Aside aside);

    ObjectHeap& heap_;
    const allocators::AllocatorTable& parent_;
    Seen seen_;
    std::unique_ptr<allocators::AnyAllocator> spine_;
    /// Beyond the open ones stand regions with their allocators for the next calls.
    std::vector<std::unique_ptr<Region>> open_;
    std::uint32_t open_count_ = 0;
    std::vector<const void*> pending_;  ///< calls whose regions are put off
    bool pinned_ = false;
    MeasureRoom room_;
    mutable std::vector<Number> numbers_;
    std::vector<std::uint32_t> free_numbers_;
    std::uint32_t target_ = 0;
    Region* target_region_ = nullptr;
    std::uint32_t aimed_ = 0;  ///< number + 1
    std::uint32_t born_ = 0;
};

}  // namespace harness::lang
