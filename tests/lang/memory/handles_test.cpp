// Handles: a stale one is recognised for ever, an entry rests before it is used again, the last generation
// retires.
#include "lang/memory/handles.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace harness::lang {
namespace {

constexpr std::uint32_t quarantine = 4096;
int memory[1];

Value make(Handles& handles, std::uint32_t site = 1) { return handles.make(memory, Tag::object, site); }

TEST(Handles, live_from_make_to_release) {
    Handles handles;
    ASSERT_TRUE(handles.activate());
    const Value v = handles.make(memory, Tag::sequence, 5);
    EXPECT_TRUE(v.is_sequence() && v.is_owned());
    EXPECT_TRUE(handles.live(v) && handles.live(v.lent()));
    EXPECT_EQ(handles.address(v), memory);
    EXPECT_EQ(handles.value_at(Handles::index(v)), v);
    handles.release(v, 9);
    EXPECT_FALSE(handles.live(v));
    EXPECT_EQ(handles.entry(v).allocated, 5U);
    EXPECT_EQ(handles.entry(v).released, 9U);
}

TEST(Handles, rest_before_they_are_used_again_and_remember_who_was_there) {
    Handles handles;
    ASSERT_TRUE(handles.activate());
    const Value first = make(handles, 11);
    handles.release(first, 12);
    for (std::uint32_t i = 0; i < quarantine; ++i) {
        const Value other = make(handles);
        EXPECT_NE(Handles::index(other), Handles::index(first));
        handles.release(other, 2);
    }
    const Value again = make(handles, 13);
    ASSERT_EQ(Handles::index(again), Handles::index(first));
    EXPECT_EQ(Handles::generation(again), Handles::generation(first) + 1);
    EXPECT_TRUE(handles.live(again));
    EXPECT_FALSE(handles.live(first));
    EXPECT_EQ(handles.entry(again).before_allocated, 11U);
    EXPECT_EQ(handles.entry(again).before_released, 12U);
}

TEST(Handles, retire_after_their_last_generation) {
    Handles handles;
    ASSERT_TRUE(handles.activate());
    std::vector<Value> round;
    for (std::uint32_t i = 0; i <= quarantine; ++i) round.push_back(make(handles));
    const std::uint32_t entries = handles.size();
    // Each round uses one generation of every entry.
    Value last{};
    for (std::uint32_t generation = 0; generation <= 0xFFFF; ++generation) {
        last = round[0];
        for (const Value v : round) handles.release(v, 2);
        if (generation == 0xFFFF) break;
        for (Value& v : round) v = make(handles);
        if (handles.size() != entries) break;
    }
    EXPECT_FALSE(handles.live(last));
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(Handles::index(make(handles)) == Handles::index(last));
    EXPECT_FALSE(handles.live(last));
}

RC_GTEST_PROP(Handles, agree_with_a_set_of_the_living, ()) {
    Handles handles;
    RC_ASSERT(handles.activate());
    std::vector<Value> living, dead;
    const auto steps = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
    for (const std::uint32_t step : steps) {
        if (step % 3 != 0 || living.empty()) {
            // Enough that entries come back from their rest.
            for (int i = 0; i < 200; ++i) living.push_back(make(handles));
        } else {
            while (living.size() > step % 50) {
                handles.release(living.back(), 1);
                dead.push_back(living.back());
                living.pop_back();
            }
        }
    }
    for (const Value v : living) RC_ASSERT(handles.live(v));
    for (const Value v : dead) RC_ASSERT(!handles.live(v));
    std::unordered_set<std::uint64_t> distinct;
    for (const Value v : living) RC_ASSERT(distinct.insert(v.bits).second);
}

}  // namespace
}  // namespace harness::lang
