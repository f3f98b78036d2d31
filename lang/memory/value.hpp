// The value: eight bytes, NaN-boxed. Everything that a program can hold in a name, a field or an element is
// one of these; the layout is the contract between compiler, VM, lifetimes and builtins, and is described in
// layout.md.
#pragma once

#include <bit>
#include <cstdint>

namespace harness::lang {

/// The top 16 bits of every value that is not a float. A float is stored as it is; the only NaN that is ever
/// stored is positive, so that every bit pattern above 0xFFF8'0000'0000'0000 is free for tags.
///
/// Objects and sequences come in two tags that differ in bit 48, the *owned* bit: a place whose value has it
/// set is responsible for what it refers to, a place without it holds an unowned edge or a borrow.
enum class Tag : std::uint16_t {
    constant = 0xFFF8,  ///< None, booleans, markers, and off-heap functions, classes, modules
    string = 0xFFF9,    ///< immutable bytes; shared and counted, never owned by hand
    object_borrowed = 0xFFFA,
    object = 0xFFFB,  ///< instances, dicts, buffers, handles: what has a header with a class
    sequence_borrowed = 0xFFFC,
    sequence = 0xFFFD,  ///< lists, and tuples that hold something mutable
    counted = 0xFFFE,   ///< closures, cells, bound methods, iterators, immutable tuples, exceptions
    integer = 0xFFFF,   ///< 48 bits, signed
};

inline constexpr std::uint64_t payload_mask = 0x0000'FFFF'FFFF'FFFF;
inline constexpr std::uint64_t owned_bit = std::uint64_t{1} << 48;
inline constexpr std::uint64_t last_float = 0xFFF8'0000'0000'0000;
inline constexpr std::uint64_t positive_nan = 0x7FF8'0000'0000'0000;
inline constexpr std::int64_t integer_max = (std::int64_t{1} << 47) - 1;
inline constexpr std::int64_t integer_min = -(std::int64_t{1} << 47);

constexpr std::uint64_t tag_bits(Tag tag) { return std::uint64_t{static_cast<std::uint16_t>(tag)} << 48; }

inline constexpr std::uint64_t first_marker = tag_bits(Tag::constant) | std::uint64_t{1} << 47;
inline constexpr std::uint64_t moved_marker = first_marker | std::uint64_t{1} << 45;
inline constexpr std::uint64_t freed_marker = first_marker | std::uint64_t{1} << 46;

struct Value {
    std::uint64_t bits;

    // These live at the bottom of the constant tag, below any address that a constant object can have.
    static constexpr Value none() { return {tag_bits(Tag::constant) | 1}; }
    static constexpr Value false_() { return {tag_bits(Tag::constant) | 2}; }
    static constexpr Value true_() { return {tag_bits(Tag::constant) | 3}; }
    /// What an operator's method returns for an operand that it does not know.
    static constexpr Value not_implemented() { return {tag_bits(Tag::constant) | 4}; }
    static constexpr Value boolean(bool b) { return {tag_bits(Tag::constant) | (2U + b)}; }
    // What is no value stands above every address (first_marker), so that one comparison finds it.
    /// What a C++ function returns after it has raised an error in the VM.
    static constexpr Value failed() { return {first_marker}; }
    /// An absent optional argument, the end of an iteration, an empty or deleted dict entry.
    static constexpr Value absent() { return {first_marker | 1}; }
    /// A name that has no value (yet, or since `del`).
    static constexpr Value unbound() { return {first_marker | 2}; }
    /// A place whose content was moved away, and one whose content was freed. Checked runs number what they
    /// know of the end; 0 is nothing.
    static constexpr Value moved(std::uint32_t ending = 0) { return {moved_marker | ending}; }
    static constexpr Value freed(std::uint32_t ending = 0) { return {freed_marker | ending}; }

    static constexpr Value integer(std::int64_t i) {
        return {tag_bits(Tag::integer) | (static_cast<std::uint64_t>(i) & payload_mask)};
    }
    static Value floating(double d) {
        if (d != d) return {positive_nan};
        return {std::bit_cast<std::uint64_t>(d)};
    }
    static Value constant(const void* off_heap) {
        return {tag_bits(Tag::constant) | reinterpret_cast<std::uintptr_t>(off_heap)};
    }
    static constexpr Value tagged(Tag tag, std::uint64_t payload) { return {tag_bits(tag) | payload}; }

    constexpr Tag tag() const { return static_cast<Tag>(bits >> 48); }
    constexpr std::uint64_t payload() const { return bits & payload_mask; }

    constexpr bool is_float() const { return bits <= last_float; }
    constexpr bool is_int() const { return bits >= tag_bits(Tag::integer); }
    constexpr bool is_number() const { return is_int() || is_float(); }
    constexpr bool is_none() const { return bits == none().bits; }
    constexpr bool is_bool() const { return (bits | 1) == true_().bits; }
    constexpr bool is_true() const { return bits == true_().bits; }
    constexpr bool is_string() const { return tag() == Tag::string; }
    constexpr bool is_object() const { return bits >> 49 == tag_bits(Tag::object) >> 49; }
    constexpr bool is_sequence() const { return bits >> 49 == tag_bits(Tag::sequence) >> 49; }
    constexpr bool is_counted() const { return tag() == Tag::counted; }
    /// Whether the value refers to something on the heap.
    constexpr bool is_heap() const { return bits >= tag_bits(Tag::string) && bits < tag_bits(Tag::integer); }
    /// An off-heap function, class, module or builtin.
    constexpr bool is_constant_object() const {
        return bits > (tag_bits(Tag::constant) | 4096) && bits < first_marker;
    }
    /// unbound(), moved(), freed(): what a name can hold instead of a value.
    constexpr bool is_marker() const { return bits >= unbound().bits && bits < tag_bits(Tag::string); }
    /// A marker, absent() or failed().
    constexpr bool is_no_value() const { return bits >= first_marker && bits < tag_bits(Tag::string); }
    constexpr bool is_moved() const { return bits >> 45 == moved_marker >> 45; }
    constexpr bool is_freed() const { return bits >> 45 == freed_marker >> 45; }
    /// Of moved() and freed(): the number that they were made with.
    constexpr std::uint32_t ending() const { return static_cast<std::uint32_t>(bits); }
    /// Whether the place that holds this value answers for what it refers to: strings and counted values
    /// always, objects and sequences by their owned bit.
    constexpr bool is_owned() const {
        return is_heap() && (!(is_object() || is_sequence()) || (bits & owned_bit) != 0);
    }
    /// The same reference without the responsibility; strings and counted values stay as they are.
    constexpr Value lent() const { return is_object() || is_sequence() ? Value{bits & ~owned_bit} : *this; }
    constexpr Value owned() const { return is_object() || is_sequence() ? Value{bits | owned_bit} : *this; }

    constexpr std::int64_t as_int() const { return static_cast<std::int64_t>(bits << 16) >> 16; }
    double as_float() const { return std::bit_cast<double>(bits); }
    /// The number as a double; only for is_number().
    double to_float() const { return is_int() ? static_cast<double>(as_int()) : as_float(); }
    template <class T>
    T* as_constant() const {
        return reinterpret_cast<T*>(payload());
    }

    /// Same bits: for constants and numbers only. Heap references compare by same_object().
    friend constexpr bool operator==(Value, Value) = default;
};

static_assert(sizeof(Value) == 8);

/// `is`: the same object, whether the place owns it or not.
constexpr bool same_object(Value a, Value b) {
    return a == b || (a.is_heap() && b.is_heap() && a.owned() == b.owned());
}

/// Strings and what the VM counts under every lifetime that releases.
constexpr bool always_counted(Value v) { return v.is_string() || v.is_counted(); }

/// Whether the place that holds the value answers for an object that is not counted.
constexpr bool owns(Value v) { return v.tag() == Tag::object || v.tag() == Tag::sequence; }

constexpr bool fits_integer(std::int64_t i) { return i >= integer_min && i <= integer_max; }

}  // namespace harness::lang
