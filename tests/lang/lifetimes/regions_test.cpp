// Regions: numbers, depths, promotion, and that all that a region holds goes at its end; and the registry of
// lifetimes.
#include "lang/lifetimes/regions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

#include "tests/lang/idle_machine.hpp"

namespace harness::lang {
namespace {

using testing::IdleMachine;

struct RegionsTest : ::testing::Test {
    IdleMachine machine{"arena"};
    ObjectHeap& heap = machine.vm->heap;
    Regions& regions = *heap.regions();
};

TEST_F(RegionsTest, begin_with_the_programs_own) {
    EXPECT_EQ(regions.depth(), 0U);
    EXPECT_EQ(regions.innermost().frame, nullptr);
}

TEST_F(RegionsTest, release_at_their_end_what_was_made_in_them) {
    const std::uint64_t outside = machine.live();
    const Value kept = heap.new_list(2);
    regions.enter(&machine);
    EXPECT_EQ(regions.innermost().frame, &machine);
    const Value inner = heap.new_list(3);
    EXPECT_EQ(regions.depth_of_value(kept), 0U);
    EXPECT_EQ(regions.depth_of_value(inner), 1U);
    EXPECT_EQ(machine.live(), outside + 2);
    regions.leave(0);
    EXPECT_EQ(machine.live(), outside + 1);
    EXPECT_EQ(regions.depth(), 0U);
}

TEST_F(RegionsTest, hand_over_what_was_promoted) {
    regions.enter(nullptr);
    regions.enter(nullptr);
    const std::uint64_t before = machine.live();
    const Value inner = heap.new_list(3);
    regions.promote(2, 1);
    EXPECT_EQ(regions.surviving_depth_of(inner), 1U);
    regions.leave(0);
    EXPECT_EQ(machine.live(), before + 1);
    EXPECT_EQ(regions.depth_of_value(inner), 1U);
    regions.leave(0);
    EXPECT_EQ(machine.live(), before);
}

TEST_F(RegionsTest, in_which_nothing_was_made_end_at_once) {
    ASSERT_TRUE(regions.enter_at_once(&machine) || (regions.enter(&machine), true));
    ASSERT_TRUE(regions.enter_at_once(&regions) || (regions.enter(&regions), true));
    EXPECT_EQ(regions.depth(), 2U);
    EXPECT_EQ(regions.frame_at(1), &machine);
    EXPECT_TRUE(regions.leave_unused());
    const Value made = heap.new_list(1);
    EXPECT_EQ(regions.depth_of_value(made), 1U);
    EXPECT_TRUE(regions.is_innermost(made));
    EXPECT_FALSE(regions.leave_unused());
    regions.leave(0);
    EXPECT_EQ(regions.depth(), 0U);
    EXPECT_FALSE(regions.leave_unused());
}

// The string stands behind other things in its region, with more bytes than they leave free before it.
TEST(Regions, are_left_by_a_string_that_moves_down) {
    IdleMachine machine("stack", false, "arena");
    ObjectHeap& heap = machine.vm->heap;
    Regions& regions = *heap.regions();
    const std::string text(100, 'x');
    heap.new_list(1);  // with the first chunk
    // The allocator must be told how far its cursor went; from then on that is known.
    regions.enter(nullptr);
    heap.new_list(400);
    regions.leave(0);
    const std::uint64_t outside = machine.live();
    for (int i = 0; i < 5; ++i) {
        regions.enter(nullptr);
        heap.new_list(40);
        Value string = heap.new_string(text);
        const void* before = heap.bytes(string);
        ASSERT_TRUE(regions.leave_with(string));
        EXPECT_NE(heap.bytes(string), before);
        EXPECT_EQ(heap.text(string), text);
        EXPECT_EQ(regions.depth_of_value(string), 0U);
        const Value behind = heap.new_string("behind");
        EXPECT_EQ(heap.text(string), text);
        EXPECT_EQ(heap.text(behind), "behind");
    }
    EXPECT_EQ(machine.live(), outside + 10);
}

TEST(Regions, are_taken_along_by_a_result_that_holds_most) {
    IdleMachine machine("stack", false, "arena");
    ObjectHeap& heap = machine.vm->heap;
    Regions& regions = *heap.regions();
    regions.enter(nullptr);
    regions.enter(nullptr);
    heap.new_list(1);
    Value result = heap.new_list(9);
    EXPECT_TRUE(regions.leave_with(result));
    EXPECT_EQ(regions.depth_of_value(result), 1U);
    EXPECT_EQ(regions.held().blocks, 2U);
    regions.leave(0);
    EXPECT_EQ(regions.depth(), 0U);
}

TEST_F(RegionsTest, make_one_object_where_it_is_aimed_at) {
    const Value holder = heap.new_list(1);
    regions.enter(nullptr);
    regions.aim(holder);
    EXPECT_TRUE(regions.aimed());
    EXPECT_EQ(regions.depth_of_value(heap.new_list(1)), 0U);
    EXPECT_FALSE(regions.aimed());
    EXPECT_EQ(regions.depth_of_value(heap.new_list(1)), 1U);
    regions.leave(0);
}

TEST(Regions, agree_with_a_stack_of_counts_over_any_nesting) {
    rc::check([] {
        IdleMachine machine("arena");
        ObjectHeap& heap = machine.vm->heap;
        Regions& regions = *heap.regions();
        std::vector<std::uint64_t> objects = {machine.live()};
        std::vector<std::size_t> merges = {0};
        const auto steps = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
        for (const std::uint8_t step : steps) {
            const std::size_t top = objects.size() - 1;
            if (step % 5 == 0) {
                regions.enter(nullptr);
                objects.push_back(0);
                merges.push_back(top + 1);
            } else if (step % 5 == 1 && top > 0) {
                std::size_t to = top;
                while (merges[to] < to) to = merges[to];
                const std::uint64_t held = objects.back();
                objects.pop_back();
                merges.pop_back();
                if (to < top) objects[top - 1] += held;
                regions.leave(0);
            } else if (step % 5 == 2 && top > 0) {
                const std::size_t to = step / 5 % (top + 1);
                regions.promote(static_cast<std::uint32_t>(top), static_cast<std::uint32_t>(to));
                for (std::size_t d = to + 1; d <= top; ++d) merges[d] = std::min(merges[d], to);
            } else {
                const Value made = heap.new_list(step % 7);
                RC_ASSERT(regions.depth_of_value(made) == top);
                ++objects.back();
            }
            std::uint64_t all = 0;
            for (const std::uint64_t each : objects) all += each;
            RC_ASSERT(machine.live() == all);
        }
    });
}

// Whatever is promoted, aimed at and ended: what lives keeps its content and its depth, so no block is given
// back too early or twice.
TEST(Regions, keep_the_contents_of_all_that_lives) {
    rc::check([](bool children, bool checked) {
        // With children all regions share a spine, without them blocks are logged.
        IdleMachine machine("arena", checked, children ? "arena" : "direct");
        ObjectHeap& heap = machine.vm->heap;
        Regions& regions = *heap.regions();
        struct Made {
            Value list;
            std::int64_t content;
        };
        std::vector<std::vector<Made>> made(1);
        std::vector<std::size_t> merges = {0};
        std::int64_t next = 0;
        const auto steps =
            *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::arbitrary<std::uint16_t>());
        for (const std::uint16_t step : steps) {
            const std::size_t top = made.size() - 1;
            const std::size_t other = step / 8 % (top + 1);
            if (step % 8 < 2) {
                if (step % 8 == 0 || !regions.enter_at_once(nullptr)) regions.enter(nullptr);
                made.emplace_back();
                merges.push_back(top + 1);
            } else if (step % 8 == 2 && top > 0) {
                std::size_t to = top;
                while (merges[to] < to) to = merges[to];
                const std::vector<Made> held = std::move(made.back());
                made.pop_back();
                merges.pop_back();
                if (to < top) made[top - 1].insert(made[top - 1].end(), held.begin(), held.end());
                if (!held.empty() || !regions.leave_unused()) regions.leave(0);
            } else if (step % 8 == 3) {
                regions.promote(static_cast<std::uint32_t>(top), static_cast<std::uint32_t>(other));
                for (std::size_t d = other + 1; d <= top; ++d) merges[d] = std::min(merges[d], other);
            } else {
                const bool aside = step % 8 == 4 && !made[other].empty();
                if (aside) regions.aim(made[other].front().list);
                const std::size_t depth = aside ? other : top;
                const Value list = heap.new_list(step % 5);
                for (std::uint32_t i = 0; i < step % 5U; ++i) heap.append(list, Value::integer(next));
                RC_ASSERT(regions.depth_of_value(list) == depth);
                made[depth].push_back({list, next++});
            }
            for (std::size_t depth = 0; depth < made.size(); ++depth)
                for (const Made& each : made[depth]) {
                    RC_ASSERT(heap.live(each.list));
                    RC_ASSERT(regions.depth_of_value(each.list) == depth);
                    const Sequence& s = heap.sequence(each.list);
                    for (std::uint32_t i = 0; i < s.length(); ++i)
                        RC_ASSERT(s.elements()[i] == Value::integer(each.content));
                }
        }
    });
}

TEST_F(RegionsTest, are_handed_over_level_by_level_without_moving_what_they_hold) {
    // As the results of a deep recursion are: each level adds one object to all that it was given.
    constexpr std::uint32_t levels = 20'000;
    const std::uint64_t before = machine.live();
    regions.enter(nullptr);
    for (std::uint32_t i = 0; i < levels; ++i) regions.enter(nullptr);
    const Value deepest = heap.new_list(1);
    for (std::uint32_t i = 0; i < levels; ++i) {
        regions.promote(regions.depth(), regions.depth() - 1);
        regions.leave(0);
        heap.new_list(1);
    }
    EXPECT_EQ(regions.depth_of_value(deepest), 1U);
    EXPECT_EQ(machine.live(), before + levels + 1);
    regions.leave(0);
    EXPECT_EQ(machine.live(), before);
}

TEST(Registry, has_every_lifetime_once_in_both_modes) {
    const std::vector<std::string_view> names = lifetime_names();
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
    for (const std::string_view name : {"leak", "manual", "refcount", "refcount+cycles", "arena"}) {
        for (const bool checked : {false, true}) {
            const auto entry = find_lifetime(name, checked);
            ASSERT_TRUE(entry.has_value()) << name;
            EXPECT_EQ(entry->lifetime.name, name);
            EXPECT_FALSE(entry->lifetime.summary.empty());
            EXPECT_NE(entry->checked, entry->unchecked);
        }
    }
    EXPECT_FALSE(find_lifetime("refcounts", true).has_value());
    EXPECT_FALSE(find_lifetime("", true).has_value());
}

}  // namespace
}  // namespace harness::lang
