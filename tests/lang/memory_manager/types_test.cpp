// Every primitive type at both ends of its range, what it converts and what it refuses, with the exact texts.
#include <gtest/gtest.h>

#include "tests/lang/memory_manager/support.hpp"

namespace harness::lang {
namespace {

using testing::a_dict;
using testing::a_list;
using testing::a_tuple;
using testing::FakeFacts;
using testing::string_of;

const FakeFacts facts;

bool accepts(Type type, Value value) { return validate(type, value, facts); }
Value stored(Type type, Value value) { return validate(type, value, facts) ? value : Value::failed(); }
std::string refusal(Type type, Value value) { return type_error(type, value, facts).message; }

constexpr Type all_types[] = {Type::any,     Type::i8,      Type::u8,      Type::i16,   Type::u16,
                              Type::i32,     Type::u32,     Type::i64,     Type::u64,   Type::isize32,
                              Type::usize32, Type::isize64, Type::usize64, Type::int_,  Type::f32,
                              Type::f64,     Type::float_,  Type::bool_,   Type::char_, Type::str,
                              Type::list,    Type::dict};
static_assert(std::size(all_types) == static_cast<std::size_t>(Type::count_));

TEST(Types, accept_both_ends_of_their_range_and_refuse_what_lies_beyond) {
    for (const Type type : all_types) {
        const TypeInfo& info = type_info(type);
        if (!info.is_integer) continue;
        SCOPED_TRACE(info.name);
        // A value holds 48 bits, so the ends of the wider types are those of the value.
        const std::int64_t low = std::max(info.low, integer_min);
        const auto high =
            static_cast<std::int64_t>(std::min(info.high, static_cast<std::uint64_t>(integer_max)));
        EXPECT_TRUE(accepts(type, Value::integer(low)));
        EXPECT_TRUE(accepts(type, Value::integer(high)));
        EXPECT_TRUE(accepts(type, Value::integer(0)));
        if (low > integer_min) {
            EXPECT_FALSE(accepts(type, Value::integer(low - 1)));
        }
        if (high < integer_max) {
            EXPECT_FALSE(accepts(type, Value::integer(high + 1)));
        }
        EXPECT_EQ(accepts(type, Value::integer(integer_min)), info.low <= integer_min);
        EXPECT_EQ(accepts(type, Value::integer(integer_max)), high == integer_max);
    }
}

TEST(Types, of_integers_take_neither_bools_nor_floats_nor_none) {
    for (const Type type : all_types) {
        if (!type_info(type).is_integer) continue;
        SCOPED_TRACE(type_name(type));
        for (const Value value : {Value::true_(), Value::floating(1.0), Value::none(), string_of(1), a_list})
            EXPECT_FALSE(accepts(type, value));
    }
}

TEST(Types, say_the_exact_range_in_a_refusal) {
    EXPECT_EQ(refusal(Type::u8, Value::integer(300)), "300 is out of range for u8 (0 to 255)");
    EXPECT_EQ(refusal(Type::i8, Value::integer(-129)), "-129 is out of range for i8 (-128 to 127)");
    EXPECT_EQ(refusal(Type::u64, Value::integer(-1)),
              "-1 is out of range for u64 (0 to 18446744073709551615)");
    EXPECT_EQ(refusal(Type::usize32, Value::integer(-1)), "-1 is out of range for usize (0 to 4294967295)");
    EXPECT_EQ(refusal(Type::f32, Value::floating(1e300)),
              "1e+300 is out of range for f32 (-3.4028235e+38 to 3.4028235e+38)");
    EXPECT_EQ(refusal(Type::u8, string_of(3)), "expected u8, got str");
    EXPECT_EQ(refusal(Type::u8, Value::true_()), "expected u8, got bool");
    EXPECT_EQ(refusal(Type::str, Value::none()), "expected str, got NoneType");
    EXPECT_EQ(refusal(Type::list, a_tuple), "expected list, got tuple");
    EXPECT_EQ(refusal(Type::char_, string_of(3)), "expected char, got a str of length 3");
    EXPECT_EQ(error_name(type_error(Type::u8, Value::integer(300), facts).kind), "TypeError");
}

TEST(Types, convert_an_int_where_a_float_is_asked_for) {
    for (const Type type : {Type::f32, Type::f64, Type::float_}) {
        SCOPED_TRACE(type_name(type));
        EXPECT_EQ(stored(type, Value::integer(-3)), Value::floating(-3.0));
        EXPECT_EQ(stored(type, Value::floating(0.5)), Value::floating(0.5));
        EXPECT_FALSE(accepts(type, Value::true_()));
        EXPECT_FALSE(accepts(type, string_of(1)));
    }
    EXPECT_EQ(stored(Type::f64, Value::integer(integer_max)), Value::floating(140'737'488'355'327.0));
}

TEST(Types, round_to_f32_and_refuse_what_it_cannot_hold) {
    EXPECT_EQ(stored(Type::f32, Value::floating(0.1)), Value::floating(static_cast<double>(0.1F)));
    const double most = std::numeric_limits<float>::max();
    EXPECT_EQ(stored(Type::f32, Value::floating(most)), Value::floating(most));
    EXPECT_EQ(stored(Type::f32, Value::floating(-most)), Value::floating(-most));
    EXPECT_FALSE(accepts(Type::f32, Value::floating(1e39)));
    EXPECT_FALSE(accepts(Type::f32, Value::floating(-1e39)));
    const double infinite = std::numeric_limits<double>::infinity();
    EXPECT_EQ(stored(Type::f32, Value::floating(infinite)), Value::floating(infinite));
    EXPECT_EQ(stored(Type::f64, Value::floating(1e308)), Value::floating(1e308));
}

TEST(Types, of_other_kinds_take_their_own_kind_only) {
    const Value samples[] = {Value::true_(), string_of(1), a_list, a_dict};
    const Type types[] = {Type::bool_, Type::str, Type::list, Type::dict};
    for (std::size_t type = 0; type < 4; ++type)
        for (std::size_t sample = 0; sample < 4; ++sample)
            EXPECT_EQ(accepts(types[type], samples[sample]), type == sample);
    for (const Type type : types) {
        EXPECT_FALSE(accepts(type, Value::none()));
        EXPECT_FALSE(accepts(type, Value::integer(0)));
        EXPECT_FALSE(accepts(type, Value::floating(0)));
    }
    EXPECT_TRUE(accepts(Type::bool_, Value::false_()));
    EXPECT_TRUE(accepts(Type::char_, string_of(1)));
    EXPECT_FALSE(accepts(Type::char_, string_of(0)));
    EXPECT_FALSE(accepts(Type::char_, string_of(2)));
    EXPECT_FALSE(accepts(Type::char_, Value::integer(65)));
}

TEST(Types, any_takes_everything_as_it_is) {
    for (const Value value : {Value::none(), Value::true_(), Value::integer(integer_min),
                              Value::floating(1e300), string_of(9), a_list, a_tuple, a_dict})
        EXPECT_EQ(stored(Type::any, value), value);
}

TEST(Types, leave_a_refused_value_alone) {
    Value value = Value::floating(1e300);
    EXPECT_FALSE(validate(Type::f32, value, facts));
    EXPECT_EQ(value, Value::floating(1e300));
}

TEST(Types, are_found_by_the_names_that_programs_write) {
    for (const Type type : all_types) {
        const std::string_view name = type_name(type);
        const bool narrow = type == Type::isize32 || type == Type::usize32;
        EXPECT_EQ(primitive_type(name, narrow ? 32 : 64), type) << name;
    }
    EXPECT_EQ(primitive_type("Point"), std::nullopt);
    EXPECT_EQ(primitive_type(""), std::nullopt);
}

}  // namespace
}  // namespace harness::lang
