// The primitive types and what each accepts, checked on every store. The VM checks annotations with the same
// functions, so the cases that are right (an int in range, a float) are decided inline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "lang/memory/manager/memory_error.hpp"
#include "lang/memory/value.hpp"

namespace harness::lang {

/// `any` is 0, so that a zeroed description checks nothing. The two types of pointer width exist once for
/// each width; both are printed by the name that the program wrote.
enum class Type : std::uint8_t {
    any,
    i8,
    u8,
    i16,
    u16,
    i32,
    u32,
    i64,
    u64,
    isize32,
    usize32,
    isize64,
    usize64,
    int_,
    f32,
    f64,
    float_,
    bool_,
    char_,
    str,
    list,
    dict,
    count_
};

/// Name and bounds; the bounds are those of the type itself, wider than what a value can hold for 64-bit
/// types.
struct TypeInfo {
    std::string_view name;
    std::int64_t low = 0;    ///< integers only
    std::uint64_t high = 0;  ///< integers only
    bool is_integer = false;
};
const TypeInfo& type_info(Type type);
inline std::string_view type_name(Type type) { return type_info(type).name; }

/// The primitive type of that name; `isize` and `usize` as wide as the target's pointers (32 or 64 bits).
/// Nothing for any other name.
std::optional<Type> primitive_type(std::string_view name, int target_bits = 64);

/// What a check must ask of whoever knows the objects behind values.
class ValueFacts {
  public:
    virtual ~ValueFacts() = default;
    /// str, list or dict for values of these, `any` for every other value.
    virtual Type basic_type(Value v) const = 0;
    /// As type(v).__name__ gives it.
    virtual std::string_view type_name(Value v) const = 0;
    /// Bytes of a str.
    virtual std::size_t string_length(Value v) const = 0;
};

/// Which ints a type accepts as they are: those with i - low ≤ width, unsigned. Types that accept none have a
/// `low` that no int of the language can equal.
struct IntBounds {
    std::uint64_t low = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::min());
    std::uint64_t width = 0;
};
struct TypeChecks {
    IntBounds ints[static_cast<std::size_t>(Type::count_)];
    /// Bit n: Type n accepts floats as they are.
    std::uint32_t floats = 0;
};
consteval TypeChecks make_type_checks() {
    TypeChecks checks;
    const auto set = [&checks](Type type, std::int64_t low, std::int64_t high) {
        checks.ints[static_cast<std::size_t>(type)] = {
            static_cast<std::uint64_t>(low),
            static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low)};
    };
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min() + 1;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    for (const Type wide : {Type::any, Type::i64, Type::isize64, Type::int_}) set(wide, least, most);
    for (const Type wide : {Type::u64, Type::usize64}) set(wide, 0, most);
    set(Type::i8, -128, 127);
    set(Type::u8, 0, 255);
    set(Type::i16, -32'768, 32'767);
    set(Type::u16, 0, 65'535);
    for (const Type word : {Type::i32, Type::isize32}) set(word, -2'147'483'648, 2'147'483'647);
    for (const Type word : {Type::u32, Type::usize32}) set(word, 0, 4'294'967'295);
    for (const Type type : {Type::any, Type::f64, Type::float_})
        checks.floats |= 1U << static_cast<unsigned>(type);
    return checks;
}
inline constexpr TypeChecks type_checks = make_type_checks();

/// Which whole numbers of 64 bits a type of ints accepts where they are not boxed: all of i64, and of int
/// what a value can hold. Of the unsigned ones of 64 bits the half that a signed number has.
consteval TypeChecks make_word_checks() {
    TypeChecks checks = make_type_checks();
    constexpr auto all = std::numeric_limits<std::uint64_t>::max();
    constexpr auto least = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::min());
    for (const Type wide : {Type::any, Type::i64, Type::isize64})
        checks.ints[static_cast<std::size_t>(wide)] = {least, all};
    checks.ints[static_cast<std::size_t>(Type::int_)] = {static_cast<std::uint64_t>(integer_min),
                                                         payload_mask};
    return checks;
}
inline constexpr TypeChecks word_checks = make_word_checks();
[[gnu::always_inline]] inline bool fits_type(Type type, std::int64_t i) {
    const IntBounds& bounds = word_checks.ints[static_cast<std::size_t>(type)];
    return static_cast<std::uint64_t>(i) - bounds.low <= bounds.width;
}
/// Types whose places hold whole numbers, those of them without a sign, and those that hold floats.
constexpr bool is_whole(Type type) { return type >= Type::i8 && type <= Type::int_; }
constexpr bool is_unsigned_word(Type type) { return type == Type::u64 || type == Type::usize64; }
constexpr bool is_floating(Type type) { return type >= Type::f32 && type <= Type::float_; }

/// Whether the value may be stored under the type as it is. False also where only convert() can tell.
[[gnu::always_inline]] inline bool conforms(Type type, Value value) {
    if (value.is_int()) {
        const IntBounds& bounds = type_checks.ints[static_cast<std::size_t>(type)];
        return static_cast<std::uint64_t>(value.as_int()) - bounds.low <= bounds.width;
    }
    return value.is_float() && (type_checks.floats >> static_cast<unsigned>(type) & 1) != 0;
}

/// The cases that conforms() leaves open: values that are no numbers, ints where a float is asked for, floats
/// that must be rounded to f32. Replaces `value` by what is to be stored; false, and `value` as it was, when
/// the type does not accept it. Ownership stays where it is: only numbers are replaced.
[[gnu::cold]] bool convert(Type type, Value& value, const ValueFacts& facts);

/// Checks a value on its way into a place of that type.
inline bool validate(Type type, Value& value, const ValueFacts& facts) {
    return conforms(type, value) || convert(type, value, facts);
}

/// Rounds to f32; false, and the number as it was, when no f32 is near.
bool round_to_f32(double& number);

/// What is said of a whole number that the type does not hold; `digits` are its own.
std::string out_of_range(Type type, std::string_view digits);

/// The TypeError for a value that validate() refused, for example "300 is out of range for u8 (0 to 255)".
MemoryError type_error(Type type, Value value, const ValueFacts& facts);

}  // namespace harness::lang
