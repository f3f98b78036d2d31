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
#include "lang/memory/object_heap.hpp"

namespace harness::lang {

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

/// Blocks and their bytes, as the heap counts them.
struct Volume {
    std::uint64_t blocks = 0, payload = 0, header = 0;

    Volume& operator+=(const Volume& other) {
        blocks += other.blocks, payload += other.payload, header += other.header;
        return *this;
    }
    Volume& operator-=(const Volume& other) {
        blocks -= other.blocks, payload -= other.payload, header -= other.header;
        return *this;
    }
    friend Volume operator-(Volume a, const Volume& b) { return a -= b; }
    std::uint64_t bytes() const { return payload + header; }
};

struct Region {
    std::uint32_t first = 0;  ///< its objects have this number or a later one, those outside an earlier one
    std::uint32_t merge_depth = 0;  ///< where its contents go when it ends, a depth; its own: nowhere
    const void* frame = nullptr;    ///< the call that opened it
    std::byte* cursor = nullptr;    ///< of the spine's window, when the region began
    Volume before;                  ///< by the heap then, without what has gone with regions since
    Volume elsewhere;               ///< since then, but not for this region
    bool goes_with_result = false;  ///< its result holds most of it, see Interpreter::copy_out
    bool is_marked = false;
    bool is_noted = false;    ///< there is more to end than the spine: any of what follows
    bool used_aside = false;  ///< `child` has served since the region began
    allocators::Mark mark;    ///< of the spine, where the region began
    /// Serves while a deeper region has the spine. It stays with the depth; what regions handed over stands
    /// below the mark.
    std::unique_ptr<allocators::AnyAllocator> child;
    allocators::Mark aside_mark;  ///< of `child`, when it began to serve
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

    /// Nothing but what checked mode notes.
    bool is_simple() const {
        return !used_aside && taken_over.empty() && log.empty() && with_destructor.empty() &&
               with_side_table.empty() && measured.empty();
    }
};

/// The stack of open regions. They nest, so the objects of all of them stand in one allocator, the spine: a
/// region begins where its cursor stands and ends by going back there, and to hand its contents over to the
/// region outside nothing has to be done. Only what is made for a region that is not the innermost, such as a
/// copy of a result, comes from an allocator aside. Where the run's allocator cannot make such children, all
/// blocks are logged and freed one by one.
///
/// An object's header (a string's, too) has a number that grows with each region that begins. So all that is
/// younger than a region's first number belongs to it or to a deeper one, and an object's region is found by
/// a search through the first numbers; what a region hands over when it ends belongs to the one outside
/// without being touched. When a region's contents go, its numbers are free again. Foreign objects, which an
/// allocator handle of the program made, belong to the program's own region, number 0, as far as stores are
/// judged.
class Regions {
  public:
    /// The program's own region is opened. Both references must outlive this.
    Regions(ObjectHeap& heap, const allocators::AllocatorTable& parent);
    ~Regions();
    Regions(const Regions&) = delete;
    Regions& operator=(const Regions&) = delete;

    void enter(const void* frame);
    /// The same where nothing is in the way; false, with nothing done, where something is.
    bool enter_at_once(const void* frame) {
        if (open_count_ == open_.size() || !is_plain() || newest_ + 1 >= immortal_count) return false;
        open(frame, newest_ + 1);
        newest_ = born_ = youngest_;
        heap_.set_quick_birth_word(youngest_);
        return true;
    }
    /// Ends the innermost region if nothing was made since it began, nor noted; false if something was.
    bool leave_unused() {
        Region& region = *innermost_;
        if (region.is_noted || heap_.counts().allocations != region.before.blocks + gone_.blocks)
            return false;
        if (open_count_ == 1 || region.merge_depth != depth() || !is_plain()) return false;
        region.is_marked = false;
        innermost_ = open_[--open_count_ - 1].get();
        youngest_ = innermost_->first;
        newest_ = born_ = region.first - 1;
        heap_.set_quick_birth_word(newest_);
        return true;
    }
    /// Ends the innermost region as `result` leaves it, where that takes one look: the result is older, or
    /// holds at least half of the region, which then goes on in the outer one, or is a string, which moves
    /// down to where the region began. False, with nothing done, where more is to be done.
    bool leave_with(Value& result);
    /// Whether leave_with() would move the result down, but for what is noted of it in checked mode.
    bool moves_down(Value result) const;
    /// Ends the innermost region: its contents go, or are handed over to the region outside where they were
    /// promoted. `site` is told as the place of their release.
    void leave(std::uint32_t site);

    /// Depth of the innermost region; the program's own is 0.
    std::uint32_t depth() const { return open_count_ - 1; }
    Region& innermost() { return *innermost_; }
    const Region& innermost() const { return *innermost_; }
    Region& at(std::uint32_t depth) { return *open_[depth]; }
    /// The first number of the innermost region.
    std::uint32_t youngest() const { return youngest_; }
    const void* frame_at(std::uint32_t depth) const { return open_[depth]->frame; }
    /// What was made for the innermost region and those that it took over.
    Volume held() const { return made() - innermost_->before - innermost_->elsewhere; }

    /// The number of the last object.
    std::uint32_t born() const { return born_; }
    /// The region that the next block is made in, and what serves it; its window first, if it lends one.
    struct Served {
        Region& region;
        const allocators::AllocatorTable& table;
        allocators::BumpWindow* window;
    };
    Served serving(std::size_t bytes, std::size_t align);
    std::uint32_t depth_of(std::uint32_t number) const {
        if (number >= youngest_) return depth();
        const auto end = firsts_.begin() + open_count_;
        return static_cast<std::uint32_t>(std::upper_bound(firsts_.begin(), end, number) - firsts_.begin() -
                                          1);
    }
    /// Where an object lives: 0 for constants, and for what is no object or no longer one.
    std::uint32_t depth_of_value(Value v) const {
        const std::uint32_t number = number_of(v);
        return number >= immortal_count ? 0 : depth_of(number);
    }
    /// Where the contents of an open region will be when it has ended: its own depth unless it was promoted.
    std::uint32_t surviving_depth(std::uint32_t depth) const {
        while (open_[depth]->merge_depth < depth) depth = open_[depth]->merge_depth;
        return depth;
    }
    std::uint32_t surviving_depth_of(Value v) const { return surviving_depth(depth_of_value(v)); }
    /// Whether an object is of the innermost region.
    bool is_innermost(Value v) const {
        const std::uint32_t number = number_of(v);
        return number >= youngest_ && number < immortal_count;
    }

    /// The next object is made in the region of `holder`, when that is one of the heap.
    void aim(Value holder) {
        const std::uint32_t number = holder.is_string() ? immortal_count : number_of(holder);
        const bool is_outside = number < youngest_;
        if (is_outside || aimed_ != 0) set_aim(is_outside ? number + 1 : 0);
    }
    void clear_aim() {
        if (aimed_ != 0) set_aim(0);
    }
    bool aimed() const { return aimed_ != 0; }
    /// All objects are made in the region of this depth until unpin(), whatever was aimed at before.
    void pin(std::uint32_t depth);
    void unpin();
    /// The spine's window while the next object belongs into it and there is nothing to note of it.
    allocators::BumpWindow* quick_window() const {
        return is_plain() && open_count_ != 0 ? window_ : nullptr;
    }

    /// What the region of depth `from` holds will live as long as the region of depth `to`. Regions in
    /// between may be referred to from it, so they are promoted as well.
    void promote(std::uint32_t from, std::uint32_t to) {
        for (std::uint32_t d = to + 1; d <= from; ++d)
            open_[d]->merge_depth = std::min(open_[d]->merge_depth, to);
    }
    /// Something named was stored where it may not live long enough: judged at the end of its region.
    void note_outward(Value holder, Value stored, std::uint32_t site) {
        noted_at(depth_of_value(stored)).outward.push_back({holder, stored, site});
    }
    void note_side_table(Value v) { noted_at(depth_of_value(v)).with_side_table.push_back(v); }
    void note_destructor(Value v) { noted_at(depth_of_value(v)).with_destructor.push_back(v); }

    // --- What the heap tells.
    /// A block was made in `region`, that of serving(); an aim is thereby used up.
    void note(const Served& served, void* block, std::size_t requested, std::size_t header,
              std::size_t align);
    /// The heap counts a block that is no region's; an aim is used up by it, too.
    void note_foreign(std::size_t requested, std::size_t header) {
        clear_aim();
        innermost_->elsewhere += {1, requested - header, header};
    }
    /// Checked mode: the handle for the object that was noted last.
    void note_handle(Value v) { noted_at(depth_of(born_)).objects.push_back(v); }

    /// Remembers what a result held, for the next measurement that meets it.
    MeasureRoom& measure_room() { return room_; }
    void note_measured(Value root, std::uint64_t bytes, std::uint32_t depth);

  private:
    Region& noted_at(std::uint32_t depth) {
        open_[depth]->is_noted = true;
        return *open_[depth];
    }
    /// Of what is no object, or no longer one, the number of constants.
    std::uint32_t number_of(Value v) const {
        if (!v.is_heap() || !heap_.live(v)) return immortal_count;
        return v.is_string() ? heap_.string_header(v).count : heap_.header(v).region;
    }
    /// By the heap, without what has gone with regions.
    Volume made() const {
        const HeapCounts& counts = heap_.counts();
        return Volume{counts.allocations, counts.payload_total, counts.header_live + counts.header_freed} -
               gone_;
    }
    void set_aim(std::uint32_t aimed);
    /// The next object is numbered as the last one was.
    bool is_plain() const { return aimed_ == 0 && !pinned_ && born_ == newest_; }
    void open(const void* frame, std::uint32_t first) {
        Region& region = *open_[open_count_];
        region.first = firsts_[open_count_] = first;
        region.merge_depth = open_count_;
        region.frame = frame;
        region.cursor = window_ != nullptr ? window_->cursor : nullptr;
        region.before = made();
        ++open_count_;
        innermost_ = &region;
        youngest_ = first;
    }
    void step_out(std::uint32_t number);
    bool holds_most(Value result, const Volume& all) const;
    void count_out(const Volume& gone);
    void move_down(Value& string, const Volume& gone);
    /// The innermost region has changed, or what its numbers are.
    void number_next(std::uint32_t number);
    Served serve_aside(std::uint32_t depth);
    allocators::Mark mark_of(const Region& region);
    void mark_spine();
    void go_back(Region& region);
    void release(Region& region, std::uint32_t site);
    void hand_over(Region& region);
    static void take_over(Region& outer, Region::Aside aside);

    ObjectHeap& heap_;
    const allocators::AllocatorTable& parent_;
    std::unique_ptr<allocators::AnyAllocator> spine_;
    allocators::BumpWindow* window_ = nullptr;  ///< of the spine, if it lends one
    /// Going back in the window from here or below tells its allocator nothing new.
    std::byte* told_cursor_ = nullptr;
    /// Beyond the open ones stand regions with their allocators for the next calls.
    std::vector<std::unique_ptr<Region>> open_;
    std::vector<std::uint32_t> firsts_;  ///< of the open ones, and room
    std::uint32_t open_count_ = 0;
    Region* innermost_ = nullptr;
    std::uint32_t youngest_ = 0;
    std::uint32_t newest_ = 0;  ///< the number that the innermost region gives now
    std::uint32_t born_ = 0;
    std::uint32_t aimed_ = 0;  ///< number + 1
    bool pinned_ = false;
    std::uint32_t pinned_depth_ = 0;
    Volume gone_;  ///< with regions
    MeasureRoom room_;
};

}  // namespace harness::lang
