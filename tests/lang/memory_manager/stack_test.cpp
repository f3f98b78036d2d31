// The call stack: order, limits, figures, and that nothing ever moves.
#include <gtest/gtest.h>

#include "tests/lang/memory_manager/support.hpp"

namespace harness::lang {
namespace {

Stack make_stack(std::uint32_t max_depth, std::uint64_t max_values = 0) {
    return std::move(Stack::create({max_depth, max_values})).value();
}

TEST(Stack, counts_the_main_frame_as_a_frame) {
    Stack stack = make_stack(10);
    EXPECT_TRUE(stack.empty());
    EXPECT_EQ(stack.peek(), nullptr);
    ASSERT_NE(stack.push(nullptr, stack.values(), {1, 1}), nullptr);
    EXPECT_EQ(stack.depth(), 1U);
    EXPECT_EQ(stack.frames_peak(), 1U);
    EXPECT_EQ(stack.value_bytes_peak(), 8U);
}

TEST(Stack, gives_each_frame_its_caller_as_parent) {
    Stack stack = make_stack(10);
    Frame* const main = stack.push(nullptr, stack.values(), {2, 1});
    Frame* const first = stack.push(nullptr, main->base + 2, {3, 2});
    Frame* const second = stack.push(nullptr, first->base + 2, {3, 2});
    EXPECT_EQ(stack.parent(second), first);
    EXPECT_EQ(stack.parent(first), main);
    EXPECT_EQ(stack.parent(main), nullptr);
    EXPECT_EQ(stack.at(0), main);
    EXPECT_EQ(stack.at(2), second);
    EXPECT_EQ(stack.at(3), nullptr);
    stack.pop();
    EXPECT_EQ(stack.peek(), first);
}

TEST(Stack, keeps_what_a_frame_was_pushed_with) {
    Stack stack = make_stack(10);
    const std::uint32_t code[4] = {};
    stack.push(nullptr, stack.values(), {2, 1});
    const Frame* const frame = stack.push(nullptr, stack.values() + 1, {4, 3}, code + 2, 17);
    EXPECT_EQ(frame->base, stack.values() + 1);
    EXPECT_EQ(frame->return_pc, code + 2);
    EXPECT_EQ(frame->result_register, 17U);
    EXPECT_EQ(frame->named_total, 4U);
}

TEST(Stack, refuses_the_frame_beyond_the_depth_limit_and_stays_as_it_was) {
    Stack stack = make_stack(3);
    for (int i = 0; i < 3; ++i) ASSERT_NE(stack.push(nullptr, stack.values(), {1, 1}), nullptr);
    Frame* const current = stack.peek();
    EXPECT_EQ(stack.push(nullptr, stack.values(), {1, 1}), nullptr);
    EXPECT_EQ(stack.push(nullptr, stack.values(), {1000, 1000}), nullptr);
    EXPECT_EQ(stack.peek(), current);
    EXPECT_EQ(stack.frames_peak(), 3U);
    EXPECT_EQ(stack.value_bytes_peak(), 24U);
    EXPECT_EQ(stack.window_bytes_peak(), 8U);
    stack.pop();
    EXPECT_NE(stack.push(nullptr, stack.values(), {1, 1}), nullptr);
}

TEST(Stack, refuses_a_window_beyond_the_value_space) {
    Stack stack = make_stack(10, 100);
    ASSERT_NE(stack.push(nullptr, stack.values(), {100, 1}), nullptr);
    EXPECT_EQ(stack.push(nullptr, stack.values() + 1, {100, 1}), nullptr);
    EXPECT_EQ(stack.depth(), 1U);
    EXPECT_EQ(stack.window_bytes_peak(), 800U);
    EXPECT_NE(stack.push(nullptr, stack.values() + 1, {99, 1}), nullptr);
}

TEST(Stack, holds_two_hundred_thousand_frames_and_every_slot_of_them_can_be_written) {
    Stack stack = make_stack(200'000);
    Value* base = stack.values();
    while (stack.push(nullptr, base, {6, 2}) != nullptr) {
        for (std::uint32_t slot = 0; slot < 6; ++slot) base[slot] = Value::integer(slot);
        base += 4;
    }
    EXPECT_EQ(stack.depth(), 200'000U);
    EXPECT_EQ(stack.value_bytes_peak(), 200'000U * 16);
    EXPECT_EQ(stack.window_bytes_peak(), (199'999U * 4 + 6) * 8);
    EXPECT_EQ(stack.values()[0], Value::integer(0));
}

TEST(Stack, has_a_raw_word_behind_every_slot_where_it_was_asked_for) {
    // More frames than there is room for words: then there are fewer slots.
    Stack stack = std::move(Stack::create({.max_depth = 20'000'000, .words = true})).value();
    const auto slots = static_cast<std::size_t>(stack.values_end() - stack.values());
    EXPECT_EQ(slots, word_distance / sizeof(Value));
    const auto word = [&](std::size_t slot) {
        return reinterpret_cast<std::uint64_t*>(reinterpret_cast<char*>(stack.values()) + word_distance) +
               slot;
    };
    stack.values()[0] = stack.values()[slots - 1] = Value::none();
    *word(0) = *word(slots - 1) = 7;
    EXPECT_EQ(stack.values()[0], Value::none());
    EXPECT_EQ(stack.values()[slots - 1], Value::none());
    EXPECT_EQ(*word(0), 7U);
    EXPECT_EQ(*word(slots - 1), 7U);
}

TEST(Stack, reports_peaks_over_the_chain_not_sums_over_the_run) {
    // fib(10): the main frame and ten calls at once, each with one named slot.
    Stack stack = make_stack(100);
    stack.push(nullptr, stack.values(), {4, 0});
    const auto fib = [&](auto& self, int n) -> void {
        stack.push(nullptr, stack.peek()->base + 2, {4, 1});
        if (n >= 2) {
            self(self, n - 1);
            self(self, n - 2);
        }
        stack.pop();
    };
    fib(fib, 10);
    EXPECT_EQ(stack.frames_peak(), 11U);
    EXPECT_EQ(stack.value_bytes_peak(), 80U);
    EXPECT_LE(stack.window_bytes_peak(), 11U * 4 * 8);
}

TEST(Stack, pushes_above_a_frame_without_making_it_current) {
    Stack stack = make_stack(10);
    Frame* const main = stack.push(nullptr, stack.values(), {1, 1});
    Frame* const above = stack.push_above(main, nullptr, main->base + 1, {1, 1}, nullptr, 0);
    EXPECT_EQ(stack.peek(), main);
    stack.set_top(above);
    EXPECT_EQ(stack.depth(), 2U);
}

TEST(Stack, forgets_frames_and_figures_when_cleared) {
    Stack stack = make_stack(10);
    stack.push(nullptr, stack.values(), {3, 2});
    stack.values()[0] = Value::integer(1);
    stack.clear();
    EXPECT_TRUE(stack.empty());
    EXPECT_EQ(stack.frames_peak(), 0U);
    EXPECT_EQ(stack.value_bytes_peak(), 0U);
    EXPECT_EQ(stack.values()[0].bits, 0U);
}

TEST(Stack, refuses_limits_that_no_machine_can_reserve) {
    const Outcome<Stack> stack = Stack::create({10, std::uint64_t{1} << 40});
    ASSERT_FALSE(stack.ok());
    EXPECT_FALSE(stack.failure().remedy.empty());
    EXPECT_FALSE(Stack::create({0xFFFF'FFFF, 0}).ok());
}

}  // namespace
}  // namespace harness::lang
