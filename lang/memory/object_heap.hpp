// Where the program's objects come from and go back to: one allocator (or one per region), the byte counts,
// and in checked mode the table of handles. It knows layouts, not lifetimes: when something is released is
// decided above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "allocators/any_allocator.hpp"
#include "lang/memory/handles.hpp"
#include "lang/memory/layout.hpp"

namespace harness::lang {

class Collector;
class Machine;
class Regions;
struct ClassInfo;
struct Function;

/// Payload is what the program asked for, requested adds the headers. Peaks are brought up to date when bytes
/// are given back and when the figures are read, so that an allocation only adds.
struct HeapCounts {
    std::uint64_t allocations = 0, deallocations = 0;
    std::uint64_t payload_total = 0, payload_freed = 0, payload_peak = 0;
    std::uint64_t header_live = 0, header_freed = 0, header_peak = 0;
    std::uint64_t requested_peak = 0;

    std::uint64_t payload_live() const { return payload_total - payload_freed; }
    std::uint64_t requested_total() const { return payload_total + header_live + header_freed; }
    void note_peak() {
        const std::uint64_t live = payload_live();
        if (live + header_live > requested_peak) requested_peak = live + header_live;
        if (live > payload_peak) payload_peak = live;
        if (header_live > header_peak) header_peak = header_live;
    }
};

/// What a lifetime tells the heap about layouts; see lifetimes/lifetime.hpp.
struct LayoutRules {
    bool sequence_header = true;   ///< lists and mutable tuples have a Header at -8
    std::uint32_t birth_word = 0;  ///< second half of a new header: count 1, the region's depth, or a mark
    bool foreign_lent =
        false;            ///< what an allocator of the program made ends with that: no name answers for it
    bool traces = false;  ///< gc
};

class ObjectHeap {
  public:
    ObjectHeap(Machine& machine, const allocators::AllocatorTable& allocator, LayoutRules rules, bool checked,
               std::uint64_t max_bytes);
    ObjectHeap(const ObjectHeap&) = delete;
    ObjectHeap& operator=(const ObjectHeap&) = delete;
    ~ObjectHeap();

    // --- From value to memory. The value must be of that kind; in checked mode a stale handle must have been
    // refused before (live()).
    void* address(Value v) const {
        if (handles_.active()) return handles_.address(v);
        return reinterpret_cast<void*>(v.payload());
    }
    const char* bytes(Value string) const { return static_cast<const char*>(address(string)); }
    StringHeader& string_header(Value string) const {
        return static_cast<StringHeader*>(address(string))[-1];
    }
    std::string_view text(Value string) const {
        const char* p = bytes(string);
        return {p, reinterpret_cast<const StringHeader*>(p)[-1].length};
    }
    Sequence& sequence(Value v) const { return *static_cast<Sequence*>(address(v)); }
    template <class T>
    T& payload(Value v) const {
        return *static_cast<T*>(address(v));
    }
    /// The header of anything that has one: not of strings, and of sequences only where has_header() says so.
    Header& header(Value v) const { return static_cast<Header*>(address(v))[-1]; }
    bool has_header(Value v) const { return !v.is_string() && (!v.is_sequence() || rules_.sequence_header); }
    /// list, tuple, dict, … or a user's class; works for headerless sequences too. Not for strings.
    ClassId class_id(Value v) const {
        if (v.is_sequence()) return sequence(v).is_tuple() ? ClassId::tuple : ClassId::list;
        const auto id = static_cast<ClassId>(header(v).class_id);
        return id == ClassId::frozen_tuple ? ClassId::tuple : id;
    }
    /// False when the object behind `v` was released: a handle whose generation has passed. Always true
    /// unchecked.
    bool live(Value v) const { return !handles_.active() || !v.is_heap() || handles_.live(v); }

    // --- Making objects. All return a value with its owned bit set, or Value::failed() after raising
    // MemoryError. Contents of lists and objects are set to None, of strings left open. Sizes are checked for
    // overflow.
    Value new_string(std::string_view text);
    Value new_string(std::size_t length, char*& bytes);
    /// An empty list whose first block holds `capacity` elements.
    Value new_list(std::uint32_t capacity);
    /// Takes over the elements (they must have been shared or stored already). A tuple of immutable values
    /// only is tagged `counted`, any other `sequence`.
    Value new_tuple(const Value* elements, std::uint32_t length);
    Value new_dict();
    Value new_instance(const ClassInfo& type);
    Value new_packed(const ClassInfo& type);  ///< a struct
    Value new_of(const ClassInfo& type);      ///< either
    Value new_cell(Value content);
    Value new_closure(const Function& function, std::uint32_t cells);
    Value new_bound_method(Value self, Value method);
    Value new_slice(Value start, Value stop, Value step);
    /// An object of `payload` zeroed bytes with class `id` under tag `tag`.
    Value new_object(ClassId id, std::size_t payload, Tag tag);
    Value new_buffer(std::uint64_t size, std::uint32_t align);

    /// Makes room for one more element at least; false after raising MemoryError. Elements may move, the head
    /// not.
    bool grow_list(Value list, std::uint32_t wanted);
    /// Appends a value that was already stored (see Lifetime::store). False after raising.
    bool append(Value list, Value element) {
        Sequence& s = sequence(list);
        const std::uint32_t n = s.length();
        if (n == s.capacity() && !grow_list(list, n + 1)) return false;
        s.elements()[n] = element;
        s.set_length(n + 1);
        return true;
    }
    /// A block for the table of `owner` (dict entries, a list's elements), from where the owner came from;
    /// counted as payload of the program, without a header. nullptr after raising MemoryError.
    void* new_block(std::size_t bytes, Value owner = Value::none());
    void free_block(void* block, std::size_t bytes, Value owner = Value::none());

    /// A block from the window that the run's allocator lends, counted; nullptr when there is no such window,
    /// it is full, or something wants to know of each block.
    char* bump(std::size_t requested, std::size_t header) {
        const std::size_t rounded = (requested + 7) & ~std::size_t{7};
        if (quick_window_ == nullptr ||
            static_cast<std::size_t>(quick_window_->limit - quick_window_->cursor) < rounded)
            return nullptr;
        char* block = reinterpret_cast<char*>(quick_window_->cursor);
        quick_window_->cursor += rounded;
        ++counts_.allocations;
        counts_.payload_total += requested - header;
        counts_.header_live += header;
        return block;
    }

    /// What the header of an object says that bump() made: its region, where there are regions.
    std::uint32_t quick_birth_word() const { return quick_birth_word_; }
    /// For the regions, when what serves the next object has changed.
    void settle_quick_window();
    void drop_quick_window() { quick_window_ = nullptr; }
    void set_quick_birth_word(std::uint32_t word) { quick_birth_word_ = word; }

    // --- Giving back.
    /// Gives back the memory of one object, with the blocks that belong to it, and ends its handle. What it
    /// refers to is the caller's affair.
    void destroy(Value v);
    /// Payload bytes of an object, its tables and side table included.
    std::uint64_t payload_bytes(Value v) const;
    /// The same with the header: what the allocator was asked for.
    std::uint64_t requested_bytes(Value v) const;

    const BufferPrefix& buffer_prefix(Value buffer) const;
    /// Bytes between the start of an object's block and its payload; not of strings, sequences and buffers.
    std::size_t front_bytes(Value v) const;

    // --- What regions, lifetimes and the VM use.
    HeapCounts& counts() { return counts_; }
    const HeapCounts& counts() const { return counts_; }
    const LayoutRules& rules() const { return rules_; }
    Handles& handles() { return handles_; }
    const Handles& handles() const { return handles_; }
    Regions* regions() { return regions_.get(); }
    /// Regions are opened and closed from now on; the program's own is the first.
    void use_regions();
    const allocators::AllocatorTable& allocator() const { return *allocator_; }
    bool checked() const { return handles_.active(); }
    bool is_limited() const { return max_bytes_ != 0; }
    std::uint64_t constant_bytes() const { return constant_bytes_; }
    /// Objects come from `table` (null: the run's allocator) until this is called again; their origin is
    /// remembered.
    const allocators::AllocatorTable* use_allocator(const allocators::AllocatorTable* table);
    /// The allocator that a block came from.
    const allocators::AllocatorTable& origin(const void* block) const;
    bool has_foreign() const { return !foreign_.empty(); }
    bool has_arenas() const { return had_arenas_; }  ///< now, or earlier
    /// Objects are told to the collector when they are made.
    void use_collector(Collector& collector);
    void set_birth_word(std::uint32_t word) { rules_.birth_word = word; }
    const allocators::AllocatorTable& run_allocator() const { return *run_allocator_; }

    /// One object of an arena handle. The number tells it from a later one at the same address.
    struct Made {
        Value value;
        const void* block;
        std::uint64_t number;
    };
    /// Objects from `table` are noted in `log` from now on, and end with the arena: where objects are
    /// counted, their count is immortal and the reference to them owns nothing, so that discarding a name
    /// never touches memory that a reset gave back. `log` must stay until forget_arena().
    void register_arena(const allocators::AllocatorTable* table, std::vector<Made>* log);
    void forget_arena(const allocators::AllocatorTable* table) { arenas_.erase(table); }
    /// Whether a noted object has its memory still.
    bool still_made(const Made& made) const;
    /// Marks a buffer as given back although references to it remain, and lets its bytes go at once where the
    /// allocator can shrink a block in place; the block itself goes with the last reference.
    void end_buffer(Value buffer, bool shrink);

    /// `requested` bytes at `align`, counted; nullptr when exhausted or over the limit (nothing raised).
    void* allocate(std::size_t requested, std::size_t header, std::size_t align = 8);
    void deallocate(void* block, std::size_t requested, std::size_t header, std::size_t align = 8);
    /// The value for a block that begins `front` bytes before the object.
    Value adopt(void* at, Tag tag) { return wrap(at, tag); }

    /// A value for something off the heap that looks like an object; it is nobody's to release.
    Value adopt_constant(void* at, Tag tag);
    /// A string that lives as long as the heap, outside the counts: literals, names, single bytes.
    Value constant_string(std::string_view text);
    Value single_byte(unsigned char c) const { return single_bytes_[c]; }

    /// What the next allocation is charged to in checked mode; an index of the program's instructions.
    std::uint32_t site = 0;

  private:
    Value wrap(void* at, Tag tag) {
        const Value v = handles_.active() ? wrap_checked(at, tag)
                                          : Value::tagged(tag, reinterpret_cast<std::uintptr_t>(at));
        return notes_made_ ? note_made(v) : v;
    }
    Value wrap_checked(void* at, Tag tag);
    Value note_made(Value v);
    Value exhausted(std::size_t bytes);
    /// With a collector: finishes the cycle that is under way, and tries again.
    void* allocate_after_cycle(std::size_t requested, std::size_t header, std::size_t align);

    std::uint32_t birth_word() const;

    allocators::BumpWindow* quick_window_ = nullptr;  ///< see bump()
    std::uint32_t quick_birth_word_ = 0;
    Machine& machine_;
    const allocators::AllocatorTable* allocator_;  ///< serves the next object
    const allocators::AllocatorTable* run_allocator_;
    allocators::BumpWindow* window_;
    LayoutRules rules_;
    HeapCounts counts_;
    std::uint64_t max_bytes_;
    std::uint64_t constant_bytes_ = 0;
    Handles handles_;
    std::unique_ptr<Regions> regions_;
    /// A block from an allocator other than the run's.
    struct Foreign {
        const allocators::AllocatorTable* table;
        std::uint64_t number;
    };
    std::unordered_map<const void*, Foreign> foreign_;
    std::unordered_map<const allocators::AllocatorTable*, std::vector<Made>*> arenas_;
    std::vector<Made>* log_ = nullptr;  ///< of the arena that serves the next object, if one does
    Collector* collector_ = nullptr;
    bool notes_made_ = false;  ///< there is one of these two
    bool had_arenas_ = false;
    const void* newest_foreign_ = nullptr;
    std::uint64_t foreign_made_ = 0;
    Value single_bytes_[256];
    std::vector<std::unique_ptr<char[]>> constants_;
    std::unordered_map<std::string_view, Value> constant_index_;
};

}  // namespace harness::lang
