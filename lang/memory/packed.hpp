// Objects whose fields are packed by their declared types: what stands at which byte of a struct's payload.
// Only references are whole values; everything else is read and written by its kind.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "lang/memory/value.hpp"

namespace harness::lang {

enum class PackedKind : std::uint8_t {
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,
    i64,
    u64,
    f32,
    f64,
    bool_,
    char_,   ///< four bytes, as in every layout
    value,   ///< a value of the language: a reference, or anything at all
    option,  ///< a tag, and behind it a field of the kind `held`
};

struct PackedField {
    std::uint32_t name = 0;  ///< NameId
    PackedKind kind = PackedKind::value;
    PackedKind held = PackedKind::value;  ///< of an option
    std::uint16_t type = 0;               ///< the TypeCode that a store is checked against
    std::uint32_t offset = 0;
    std::uint32_t held_offset = 0;  ///< of an option: where the value stands that it holds

    /// Whether a part of it is a whole value, which counts as a reference.
    bool has_value() const {
        return kind == PackedKind::value || (kind == PackedKind::option && held == PackedKind::value);
    }
    std::uint32_t value_offset() const { return kind == PackedKind::option ? held_offset : offset; }
};

struct PackedType {
    std::uint32_t bytes = 0;
    std::uint32_t align = 1;
    std::vector<PackedField> fields;          ///< in the order of their declaration
    std::vector<std::uint32_t> value_fields;  ///< indices of those that hold a reference
    std::vector<std::byte> image;             ///< a new object's bytes
};

/// The bytes before a header at -8, so that what follows it has the alignment.
constexpr std::size_t front_of(std::size_t align) { return align > 8 ? align : 8; }

template <class T>
[[gnu::always_inline]] inline T load_packed(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
template <class T>
[[gnu::always_inline]] inline void store_packed_as(char* at, T value) {
    std::memcpy(at, &value, sizeof value);
}

/// A number, bool or 64-bit int that a value can hold; absent() for all else.
[[gnu::always_inline]] inline Value load_packed_number(PackedKind kind, const char* at) {
    switch (kind) {
        case PackedKind::i8:
            return Value::integer(load_packed<std::int8_t>(at));
        case PackedKind::u8:
            return Value::integer(load_packed<std::uint8_t>(at));
        case PackedKind::i16:
            return Value::integer(load_packed<std::int16_t>(at));
        case PackedKind::u16:
            return Value::integer(load_packed<std::uint16_t>(at));
        case PackedKind::i32:
            return Value::integer(load_packed<std::int32_t>(at));
        case PackedKind::u32:
            return Value::integer(load_packed<std::uint32_t>(at));
        case PackedKind::i64:
        case PackedKind::u64: {
            const auto wide = load_packed<std::int64_t>(at);
            return fits_integer(wide) ? Value::integer(wide) : Value::absent();
        }
        case PackedKind::f32:
            return Value::floating(static_cast<double>(load_packed<float>(at)));
        case PackedKind::f64:
            return Value::floating(load_packed<double>(at));
        case PackedKind::bool_:
            return Value::boolean(load_packed<std::uint8_t>(at) != 0);
        default:
            return Value::absent();
    }
}

/// Stores a value that the kind takes as it is; false leaves the rest (conversions, refusals) to the caller.
[[gnu::always_inline]] inline bool store_packed_number(PackedKind kind, char* at, Value v) {
    const std::int64_t i = v.as_int();
    const auto fits = [&](std::int64_t low, std::int64_t high) {
        return v.is_int() && i >= low && i <= high;
    };
    switch (kind) {
        case PackedKind::i8:
            if (!fits(-128, 127)) return false;
            store_packed_as(at, static_cast<std::int8_t>(i));
            return true;
        case PackedKind::u8:
            if (!fits(0, 255)) return false;
            store_packed_as(at, static_cast<std::uint8_t>(i));
            return true;
        case PackedKind::i16:
            if (!fits(-32'768, 32'767)) return false;
            store_packed_as(at, static_cast<std::int16_t>(i));
            return true;
        case PackedKind::u16:
            if (!fits(0, 65'535)) return false;
            store_packed_as(at, static_cast<std::uint16_t>(i));
            return true;
        case PackedKind::i32:
            if (!fits(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()))
                return false;
            store_packed_as(at, static_cast<std::int32_t>(i));
            return true;
        case PackedKind::u32:
            if (!fits(0, std::numeric_limits<std::uint32_t>::max())) return false;
            store_packed_as(at, static_cast<std::uint32_t>(i));
            return true;
        case PackedKind::i64:
            if (!v.is_int()) return false;
            store_packed_as(at, i);
            return true;
        case PackedKind::u64:
            if (!v.is_int() || i < 0) return false;
            store_packed_as(at, i);
            return true;
        case PackedKind::f32: {
            if (!v.is_float()) return false;
            const double wide = v.as_float();
            const auto narrow = static_cast<float>(wide);
            if (std::isfinite(wide) && !std::isfinite(narrow)) return false;
            store_packed_as(at, narrow);
            return true;
        }
        case PackedKind::f64:
            if (!v.is_float()) return false;
            store_packed_as(at, v.as_float());
            return true;
        case PackedKind::bool_:
            if (!v.is_bool()) return false;
            store_packed_as(at, static_cast<std::uint8_t>(v.is_true()));
            return true;
        default:
            return false;
    }
}

}  // namespace harness::lang
