// What objects look like in memory, for all lifetimes. Every heap value points just behind an optional 8-byte
// header (at -8); what follows is the payload that the program asked for. layout.md draws each of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lang/memory/value.hpp"

namespace harness::lang {

/// Kinds that every program has. A user's classes are numbered from first_user_class on.
enum class ClassId : std::uint16_t {
    none = 0,
    list,
    tuple,
    dict,
    cell,
    closure,
    bound_method,
    iterator,  ///< over anything: range, zip, map, dict views, generators, …
    range,
    buffer,
    allocator,  ///< handle
    arena,      ///< handle
    slice,
    frozen_tuple,  ///< a tuple of immutable values; class_id() reports it as tuple
    first_user_class = 32,
};

/// The header at -8 of everything but strings (and of sequences where the lifetime needs one).
struct Header {
    std::uint16_t class_id;
    std::uint16_t flags;
    union {
        std::uint32_t count;   ///< refcount, and counted kinds under the strategies that release
        std::uint32_t region;  ///< arena, stack: tells the region that the object belongs to
        std::uint32_t mark;    ///< gc
    };
};
static_assert(sizeof(Header) == 8);

/// Header flags.
enum : std::uint16_t {
    flag_has_side_table = 1,    ///< the instance has fields beyond those of its class, in a side table
    flag_individual = 2,        ///< arena, stack: allocated on its own, goes with the target it was kept with
    flag_destructing = 4,       ///< its __del__ has begun
    flag_kept = 8,              ///< something was kept with it: the VM holds a list to release with it
    flag_possible_root = 16,    ///< refcount+cycles: is in the candidate buffer
    flag_visited = 32,          ///< a traversal of the VM is under way
    flag_foreign = 64,          ///< made with `using`: the VM's origin table knows its allocator
    flag_weak_content = 256,    ///< a cell: what it holds is not counted
    flag_measured = 1024,       ///< arena, stack: its region may know what it holds, see vm/results.cpp
    flag_global_content = 512,  ///< a cell: it refers to the global of this number
    flag_ended = 128,           ///< a buffer that was given back while references to it remain
};

/// A string: this header, then the bytes and a NUL. The value points at the bytes.
struct StringHeader {
    std::uint32_t length;
    std::uint32_t count;  ///< or region; immortal strings start at immortal_count
};
static_assert(sizeof(StringHeader) == 8);
inline constexpr std::uint32_t immortal_count = 0x8000'0000;

/// The one word before the elements of a list or tuple. While `grown` is clear: length in bits 0–31, capacity
/// in bits 32–61. When a list outgrew its block: bit 63 set, bits 0–47 the address of an outer block that
/// begins with such a word, bits 48–61 the capacity of the first block (all ones: it stands in the first
/// element's place), so that the head never moves, aliases hold, and the block can be given back with the
/// size it was asked for with. Bit 62 marks a list that a traversal without headers is in.
struct Sequence {
    std::uint64_t word;

    static constexpr std::uint64_t grown_bit = std::uint64_t{1} << 63;
    static constexpr std::uint64_t tuple_capacity = 0x3FFF'FFFF;  ///< as capacity: a tuple, which cannot grow
    static constexpr std::uint64_t visited_bit = std::uint64_t{1} << 62;
    static constexpr std::uint64_t wide_capacity = 0x3FFF;

    bool grown() const { return (word & grown_bit) != 0; }
    /// The block that holds length and elements now.
    Sequence* body() { return grown() ? reinterpret_cast<Sequence*>(word & payload_mask) : this; }
    const Sequence* body() const { return const_cast<Sequence*>(this)->body(); }
    std::uint32_t length() const { return static_cast<std::uint32_t>(body()->word); }
    bool is_tuple() const { return word >> 32 == tuple_capacity; }
    /// Elements the current body can hold.
    std::uint32_t capacity() const {
        const std::uint64_t held = body()->word >> 32;
        return held == tuple_capacity ? length() : static_cast<std::uint32_t>(held);
    }
    Value* elements() { return reinterpret_cast<Value*>(&body()->word + 1); }
    const Value* elements() const { return const_cast<Sequence*>(this)->elements(); }
    void set_length(std::uint32_t n) { body()->word = (body()->word & ~std::uint64_t{0xFFFF'FFFF}) | n; }
    /// Capacity of the block that the head stands in.
    std::uint64_t first_capacity() const {
        if (!grown()) return is_tuple() ? length() : word >> 32;
        const std::uint64_t held = word >> 48 & wide_capacity;
        return held == wide_capacity ? (&word)[1] : held;
    }
    static constexpr std::size_t bytes(std::uint64_t capacity) { return (capacity + 1) * 8; }
};

/// An insertion-ordered hash table. The object is these three words; its table is one more block, none while
/// the dict is empty. `entries` points into the middle of that block: from there on stand the entries in the
/// order of their insertion, before it the index, a power of two of slots that are probed linearly. Half of
/// the hash sits in the slot, so that a probe touches an entry only when it is very likely the right one.
struct DictEntry {
    Value key;  ///< absent(): deleted
    Value value;
};
struct DictSlot {
    std::uint32_t hash;  ///< the low half of the key's hash, whose low bits are the slot where probing begins
    std::uint32_t entry;  ///< position of the entry plus one; 0: empty
};
struct Dict {
    DictEntry* entries;  ///< null while there is no table
    std::uint32_t mask;  ///< slots of the index less one
    std::uint32_t used;  ///< entries written, deleted ones included
    std::uint32_t live;
    std::uint32_t version;  ///< changes with every insertion and removal

    static constexpr std::uint32_t capacity_of(std::uint64_t slots) {
        return static_cast<std::uint32_t>(slots * 5 / 8);
    }
    std::uint64_t slot_count() const { return std::uint64_t{mask} + 1; }
    DictSlot* slots() const { return reinterpret_cast<DictSlot*>(entries) - slot_count(); }
    std::uint32_t capacity() const { return entries == nullptr ? 0 : capacity_of(slot_count()); }
    static constexpr std::size_t bytes(std::uint64_t slots) {
        return slots * sizeof(DictSlot) + capacity_of(slots) * sizeof(DictEntry);
    }
    /// The table as it was asked for: its address (null: none) and its size.
    void* table() const { return entries == nullptr ? nullptr : slots(); }
    std::size_t table_bytes() const { return entries == nullptr ? 0 : bytes(slot_count()); }
};

/// One captured variable.
struct Cell {
    Value content;
};

struct Function;
/// A function with captured cells: payload 8 bytes for the function and 8 for each cell.
struct Closure {
    const Function* function;
    Value cells[1];
};
struct BoundMethod {
    Value self;
    Value method;  ///< a function constant, a closure or a builtin
};

/// slice(start, stop, step): each a number or None, or whatever the program puts there.
struct Slice {
    Value start, stop, step;
};

/// State of every iterator but the fused loops: what it walks, where it is, and up to two helpers.
struct Iterator {
    std::uint8_t kind;  ///< IteratorKind, builtins/iterate.hpp
    std::uint8_t done;
    std::uint16_t count;    ///< values held, from `source` on: the payload is 24 + 8 * count bytes
    std::uint32_t version;  ///< dicts: how many entries are still expected
    std::int64_t position;
    std::int64_t limit;
    Value source;  ///< the first of `count` values
    Value more[1];
};

struct Range {
    std::int64_t start, stop, step;
};

/// Raw bytes of the program; the bytes begin at the value's address (after the header, at the alignment asked
/// for). Size and alignment stand before the header: {size:64, front:32, align:32, header:64, bytes…}.
struct BufferPrefix {
    std::uint64_t size;
    std::uint32_t front;  ///< bytes from the start of the block to the first byte of the buffer
    std::uint32_t align;
};

}  // namespace harness::lang
