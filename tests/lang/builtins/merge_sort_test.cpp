// The merge sort against the standard library's stable sort, on inputs with every kind of order in them.
#include "lang/builtins/merge_sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace harness::lang {
namespace {

struct Item {
    std::int64_t key;
    std::size_t position;
    friend bool operator==(const Item&, const Item&) = default;
};

bool by_key(const Item& a, const Item& b) { return a.key < b.key; }

/// Sorts and tells how many comparisons it took.
std::size_t sort_items(std::vector<Item>& items) {
    std::size_t comparisons = 0;
    const auto less = [&comparisons](const Item& a, const Item& b) -> int {
        ++comparisons;
        return by_key(a, b);
    };
    std::vector<Item> scratch(items.size() / 2 + 1);
    MergeSort<Item, decltype(less)> sorter(items.data(), items.size(), scratch.data(), less);
    EXPECT_TRUE(sorter.sort());
    return comparisons;
}

std::vector<Item> numbered(const std::vector<std::int64_t>& keys) {
    std::vector<Item> items;
    for (const std::int64_t key : keys) items.push_back({key, items.size()});
    return items;
}

TEST(merge_sort, agrees_with_the_standard_stable_sort) {
    constexpr std::uint32_t seed = 20'261;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 3000; ++round) {
        std::vector<std::int64_t> keys(random() % 500);
        const auto distinct = static_cast<std::int64_t>(1 + random() % 60);
        const std::uint32_t shape = random() % 4;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto at = static_cast<std::int64_t>(i);
            if (shape == 0) keys[i] = static_cast<std::int64_t>(random()) % distinct;
            if (shape == 1) keys[i] = at / 7 % distinct;
            if (shape == 2) keys[i] = -at / distinct;
            if (shape == 3) keys[i] = at % 50 < 25 ? at : -at;
        }
        std::vector<Item> items = numbered(keys);
        std::vector<Item> expected = items;
        std::stable_sort(expected.begin(), expected.end(), by_key);
        sort_items(items);
        ASSERT_EQ(items, expected) << "round " << round;
    }
}

TEST(merge_sort, takes_one_comparison_per_element_of_an_ordered_input) {
    std::vector<std::int64_t> keys(10'000);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<std::int64_t>(i);
    std::vector<Item> rising = numbered(keys);
    EXPECT_EQ(sort_items(rising), keys.size() - 1);
    std::reverse(keys.begin(), keys.end());
    std::vector<Item> falling = numbered(keys);
    EXPECT_EQ(sort_items(falling), keys.size() - 1);
    EXPECT_EQ(falling.front().key, 0);
}

TEST(merge_sort, joins_two_ordered_halves_in_linear_time) {
    std::vector<std::int64_t> keys;
    for (std::int64_t i = 0; i < 5000; ++i) keys.push_back(2 * i);
    for (std::int64_t i = 0; i < 5000; ++i) keys.push_back(2 * i + 1);
    std::vector<Item> items = numbered(keys);
    EXPECT_LT(sort_items(items), 21'000U);
    EXPECT_TRUE(std::is_sorted(items.begin(), items.end(), by_key));
}

TEST(merge_sort, stops_at_the_first_comparison_that_fails) {
    for (int failing = 1; failing < 200; failing += 7) {
        std::vector<int> items(100), scratch(51);
        for (std::size_t i = 0; i < items.size(); ++i) items[i] = static_cast<int>(i * 37 % 100);
        int left = failing;
        const auto less = [&left](int a, int b) -> int { return --left == 0 ? -1 : a < b; };
        MergeSort<int, decltype(less)> sorter(items.data(), items.size(), scratch.data(), less);
        EXPECT_FALSE(sorter.sort());
        EXPECT_EQ(left, 0);
    }
}

}  // namespace
}  // namespace harness::lang
