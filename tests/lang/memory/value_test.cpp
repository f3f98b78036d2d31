// Values: every kind comes back from its bits as it went in, and no two kinds share a pattern.
#include "lang/memory/value.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace harness::lang {
namespace {

/// How many of the kinds, which exclude each other, claim the value.
int claims(Value v) {
    return v.is_float() + v.is_int() + v.is_none() + v.is_bool() + v.is_string() + v.is_object() +
           v.is_sequence() + v.is_counted() + v.is_constant_object() + v.is_no_value();
}

const std::vector<Tag> heap_tags = {Tag::string,   Tag::object_borrowed, Tag::object, Tag::sequence_borrowed,
                                    Tag::sequence, Tag::counted};

TEST(Value, keeps_integers_up_to_both_ends_of_48_bits) {
    for (const std::int64_t i : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, integer_min, integer_max,
                                 integer_min + 1, integer_max - 1}) {
        EXPECT_TRUE(fits_integer(i));
        EXPECT_TRUE(Value::integer(i).is_int());
        EXPECT_EQ(Value::integer(i).as_int(), i);
    }
    EXPECT_FALSE(fits_integer(integer_max + 1));
    EXPECT_FALSE(fits_integer(integer_min - 1));
    EXPECT_EQ(Value::integer(integer_max + 1).as_int(), integer_min) << "48 bits and no more";
}

RC_GTEST_PROP(Value, keeps_every_integer_that_fits, ()) {
    const std::int64_t i = *rc::gen::arbitrary<std::int64_t>() >> 16;
    RC_ASSERT(Value::integer(i).as_int() == i);
    RC_ASSERT(claims(Value::integer(i)) == 1);
}

RC_GTEST_PROP(Value, keeps_every_float_whatever_its_bits, (std::uint64_t bits)) {
    const double d = std::bit_cast<double>(bits);
    const Value v = Value::floating(d);
    RC_ASSERT(v.is_float());
    RC_ASSERT(claims(v) == 1);
    if (std::isnan(d))
        RC_ASSERT(v.bits == positive_nan);
    else
        RC_ASSERT(std::bit_cast<std::uint64_t>(v.as_float()) == bits);
}

TEST(Value, takes_a_negative_nan_for_no_tag) {
    const Value v = Value::floating(-std::numeric_limits<double>::quiet_NaN());
    EXPECT_TRUE(v.is_float());
    EXPECT_EQ(v, Value::floating(std::nan("")));
    EXPECT_TRUE(Value::floating(-std::numeric_limits<double>::infinity()).is_float());
}

TEST(Value, has_one_kind_each) {
    std::vector<Value> all = {Value::none(),   Value::true_(),    Value::false_(),       Value::failed(),
                              Value::absent(), Value::unbound(),  Value::moved(),        Value::moved(7),
                              Value::freed(),  Value::freed(~0U), Value::floating(-0.0), Value::integer(-1)};
    static const int function = 0;
    all.push_back(Value::constant(&function));
    for (const Tag tag : heap_tags)
        for (const std::uint64_t payload : {std::uint64_t{0}, std::uint64_t{0x7FFF'FFFF'FFF8}, payload_mask})
            all.push_back(Value::tagged(tag, payload));
    for (const Value v : all) EXPECT_EQ(claims(v), 1) << std::hex << v.bits;
    EXPECT_EQ(Value::constant(&function).as_constant<const int>(), &function);
}

TEST(Value, tells_markers_apart_and_keeps_their_number) {
    EXPECT_TRUE(Value::unbound().is_marker());
    EXPECT_FALSE(Value::absent().is_marker());
    EXPECT_FALSE(Value::failed().is_marker());
    for (const std::uint32_t n : {0U, 1U, 0xFFFF'FFFFU}) {
        EXPECT_TRUE(Value::moved(n).is_moved() && !Value::moved(n).is_freed() && Value::moved(n).is_marker());
        EXPECT_TRUE(Value::freed(n).is_freed() && !Value::freed(n).is_moved() && Value::freed(n).is_marker());
        EXPECT_EQ(Value::moved(n).ending(), n);
        EXPECT_EQ(Value::freed(n).ending(), n);
    }
    EXPECT_FALSE(Value::unbound().is_moved() || Value::unbound().is_freed());
}

RC_GTEST_PROP(Value, changes_the_owned_bit_and_nothing_else, (std::uint64_t bits)) {
    const Value v = Value::tagged(*rc::gen::elementOf(heap_tags), bits & payload_mask);
    const bool either = v.is_object() || v.is_sequence();
    RC_ASSERT(v.lent().payload() == v.payload() && v.owned().payload() == v.payload());
    RC_ASSERT(v.owned().is_owned());
    RC_ASSERT(v.lent().is_owned() == !either);
    RC_ASSERT(same_object(v.lent(), v.owned()));
    RC_ASSERT(v.is_heap() && v.lent().is_heap());
    RC_ASSERT((v.lent() == v.owned()) == !either);
}

TEST(Value, has_booleans_with_one_bit_between_them) {
    EXPECT_EQ(Value::boolean(true), Value::true_());
    EXPECT_EQ(Value::boolean(false), Value::false_());
    EXPECT_TRUE(Value::true_().is_true());
    EXPECT_FALSE(Value::false_().is_true() || Value::none().is_bool() || Value::integer(1).is_bool());
}

}  // namespace
}  // namespace harness::lang
