// Where the program's objects come from and go back to: one allocator (or one per region), the byte counts, and in
// checked mode the table of handles. It knows layouts, not lifetimes: when something is released is decided above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "allocators/any_allocator.hpp"
#include "lang/memory/handles.hpp"
#include "lang/memory/layout.hpp"

namespace harness::lang {

class Machine;
struct ClassInfo;
struct Function;

/// Payload is what the program asked for, requested adds the headers. Peaks are brought up to date when bytes are
/// given back and when the figures are read, so that an allocation only adds.
struct HeapCounts {
    std::uint64_t allocations = 0, deallocations = 0;
    std::uint64_t payload_total = 0, payload_freed = 0, payload_peak = 0;
    std::uint64_t header_live = 0, header_peak = 0;
    std::uint64_t requested_peak = 0;

    std::uint64_t payload_live() const { return payload_total - payload_freed; }
    void note_peak() {
        const std::uint64_t live = payload_live();
        if (live + header_live > requested_peak) requested_peak = live + header_live;
        if (live > payload_peak) payload_peak = live;
        if (header_live > header_peak) header_peak = header_live;
    }
};

/// What a lifetime tells the heap about layouts; see lifetimes/lifetime.hpp.
struct LayoutRules {
    bool sequence_header = true;     ///< lists and mutable tuples have a Header at -8
    std::uint32_t birth_word = 0;    ///< second half of a new header: count 1, or the region's depth
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
    StringHeader& string_header(Value string) const { return static_cast<StringHeader*>(address(string))[-1]; }
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
        return static_cast<ClassId>(header(v).class_id);
    }
    /// False when the object behind `v` was released: a handle whose generation has passed. Always true unchecked.
    bool live(Value v) const { return !handles_.active() || !v.is_heap() || handles_.live(v); }

    // --- Making objects. All return a value with its owned bit set, or Value::failed() after raising MemoryError.
    // Contents of lists and objects are set to None, of strings left open. Sizes are checked for overflow.
    Value new_string(std::string_view text);
    Value new_string(std::size_t length, char*& bytes);
    /// An empty list whose first block holds `capacity` elements.
    Value new_list(std::uint32_t capacity);
    /// Takes over the elements (they must have been shared or stored already). A tuple of immutable values only is
    /// tagged `counted`, any other `sequence`.
    Value new_tuple(const Value* elements, std::uint32_t length);
    Value new_dict();
    Value new_instance(const ClassInfo& type);
    Value new_cell(Value content);
    Value new_closure(const Function& function, std::uint32_t cells);
    Value new_bound_method(Value self, Value method);
    /// An object of `payload` zeroed bytes with class `id` under tag `tag`.
    Value new_object(ClassId id, std::size_t payload, Tag tag);
    Value new_buffer(std::uint64_t size, std::uint32_t align);

    /// Makes room for one more element at least; false after raising MemoryError. Elements may move, the head not.
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
    /// A block for a container's table (dict entries); counted as payload of the program, without a header.
    void* new_block(std::size_t bytes);
    void free_block(void* block, std::size_t bytes);

    // --- Giving back.
    /// Gives back the memory of one object, with the blocks that belong to it, and ends its handle. What it refers to
    /// is the caller's affair.
    void destroy(Value v);
    /// Payload bytes of an object, its tables and side table included.
    std::uint64_t payload_bytes(Value v) const;

    // --- Used by allocation in the VM's handlers and by regions.
    HeapCounts& counts() { return counts_; }
    const LayoutRules& rules() const { return rules_; }
    Handles& handles() { return handles_; }
    void set_birth_word(std::uint32_t word) { rules_.birth_word = word; }
    const allocators::AllocatorTable& allocator() const { return *allocator_; }
    void set_allocator(const allocators::AllocatorTable& table) { allocator_ = &table; window_ = table.window; }
    bool checked() const { return handles_.active(); }
    std::uint64_t constant_bytes() const { return constant_bytes_; }

    /// `requested` bytes at 8-byte alignment, counted; nullptr when exhausted or over the limit (nothing raised).
    void* allocate(std::size_t requested, std::size_t header, std::size_t align = 8);
    void deallocate(void* block, std::size_t requested, std::size_t header, std::size_t align = 8);

    /// A string that lives as long as the heap, outside the counts: literals, names, single bytes.
    Value constant_string(std::string_view text);
    Value single_byte(unsigned char c) const { return single_bytes_[c]; }

    /// What the next allocation is charged to in checked mode; an index of the program's instructions.
    std::uint32_t site = 0;

  private:
    Value wrap(void* at, Tag tag) { return handles_.active() ? handles_.make(at, tag, site) : Value::tagged(tag, reinterpret_cast<std::uintptr_t>(at)); }
    Value exhausted(std::size_t bytes);

    Machine& machine_;
    const allocators::AllocatorTable* allocator_;
    allocators::BumpWindow* window_;
    LayoutRules rules_;
    HeapCounts counts_;
    std::uint64_t max_bytes_;
    std::uint64_t constant_bytes_ = 0;
    Handles handles_;
    Value single_bytes_[256];
    struct ConstantBlock* constants_ = nullptr;
};

}  // namespace harness::lang
