// The shared tests of releasing in bulk and of lending: marks, resets, children, windows, and threads as
// claimed. They run on every allocator that offers the capability, found through the same list as the
// conformance tests.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "tests/allocators/filled_block.hpp"
#include "tests/allocators/subjects.hpp"

namespace harness::allocators {
namespace {

class Bulk : public testing::TestWithParam<Subject> {
  protected:
    std::unique_ptr<AnyAllocator> owner_ = GetParam().make();
    const AllocatorTable& t_ = owner_->table();

    void* take(std::size_t n, std::size_t align = default_align) { return t_.allocate(t_.self, n, align); }
};

INSTANTIATE_TEST_SUITE_P(All, Bulk, testing::ValuesIn(all_subjects()),
                         [](const auto& subject) { return test_name_of(subject.param.name); });

TEST_P(Bulk, release_ends_what_came_after_the_mark_and_keeps_the_rest) {
    if (t_.mark == nullptr) GTEST_SKIP() << "offers no mark";
    std::vector<FilledBlock> kept;
    for (unsigned i = 0; i < 100; ++i) kept.push_back(take_filled(t_, 40, 8, i));
    const Mark outer = t_.mark(t_.self);
    void* first_after = take(40);
    std::vector<void*> firsts;
    for (int round = 0; round < 3; ++round) {
        const Mark inner = t_.mark(t_.self);
        firsts.push_back(take(48));
        for (unsigned i = 0; i < 5000; ++i) ASSERT_NE(take_filled(t_, 64, 8, i).p, nullptr);
        t_.release(t_.self, inner);
    }
    EXPECT_EQ(firsts[1], firsts[2]) << "released memory is not used again";
    t_.release(t_.self, outer);
    for (const FilledBlock& block : kept) EXPECT_TRUE(block.is_intact());
    if (t_.owns != nullptr) {
        EXPECT_FALSE(t_.owns(t_.self, first_after));
    }
}

TEST_P(Bulk, release_of_a_mark_on_an_empty_allocator_empties_it) {
    if (t_.mark == nullptr || t_.owns == nullptr) GTEST_SKIP() << "offers no mark or no owns";
    const Mark mark = t_.mark(t_.self);
    void* p = take(40);
    ASSERT_TRUE(t_.owns(t_.self, p));
    t_.release(t_.self, mark);
    EXPECT_FALSE(t_.owns(t_.self, p));
    EXPECT_NE(take(40), nullptr);
}

TEST_P(Bulk, reset_ends_everything_and_memory_stops_growing) {
    if (t_.reset == nullptr) GTEST_SKIP() << "offers no reset";
    std::uint64_t mapped_bytes = 0;
    for (int round = 0; round < 20; ++round) {
        for (unsigned i = 0; i < 20000; ++i) ASSERT_NE(take(48), nullptr);
        if (round == 4) mapped_bytes = t_.figures(t_.self).mapped_bytes;
        t_.reset(t_.self);
    }
    EXPECT_EQ(t_.figures(t_.self).mapped_bytes, mapped_bytes);
}

TEST_P(Bulk, children_are_independent_and_their_end_keeps_the_others) {
    if (t_.child == nullptr) GTEST_SKIP() << "offers no child";
    const FilledBlock own = take_filled(t_, 100, 8, 1);
    std::unique_ptr<AnyAllocator> first = t_.child(t_.self);
    std::unique_ptr<AnyAllocator> second = first->table().child(first->table().self);
    const FilledBlock in_first = take_filled(first->table(), 5000, 8, 2);
    FilledBlock in_second;
    for (unsigned i = 0; i < 1000; ++i) in_second = take_filled(second->table(), 1000, 64, i);
    first.reset();
    EXPECT_TRUE(in_second.is_intact()) << "the child of a child outlives its maker";
    EXPECT_TRUE(own.is_intact());
    EXPECT_FALSE(t_.owns(t_.self, in_second.p));
    second->table().reset(second->table().self);
    EXPECT_TRUE(own.is_intact());
    EXPECT_NE(in_first.p, in_second.p);
}

TEST_P(Bulk, a_borrower_of_the_window_and_allocate_get_different_bytes) {
    if (t_.window == nullptr) GTEST_SKIP() << "lends no window";
    const std::uint64_t reserved_before = t_.figures(t_.self).reserved_bytes;
    std::vector<FilledBlock> blocks;
    for (unsigned i = 0; i < 20000; ++i) {
        FilledBlock block{nullptr, 8 + i % 40, 8, i};
        const std::size_t bytes = round_up(block.n, 8);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(t_.window->cursor) % 8, 0U);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(t_.window->limit) % 8, 0U);
        if (i % 3 != 0 && static_cast<std::size_t>(t_.window->limit - t_.window->cursor) >= bytes) {
            block.p = t_.window->cursor;
            t_.window->cursor += bytes;
        } else {
            block.p = take(block.n);
        }
        ASSERT_NE(block.p, nullptr);
        block.fill();
        blocks.push_back(block);
    }
    std::uint64_t asked = 0;
    for (const FilledBlock& block : blocks) {
        EXPECT_TRUE(block.is_intact());
        asked += round_up(block.n, 8);
    }
    EXPECT_GE(t_.figures(t_.self).reserved_bytes, reserved_before + asked);
}

// Bytes of address space of this process.
std::uint64_t address_space_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t pages = 0;
    statm >> pages;
    return pages * page_bytes();
}

TEST_P(Bulk, destruction_leaves_nothing_mapped) {
    const std::string& name = GetParam().name;
    if (name.find("direct") != std::string::npos || name.find("Direct") != std::string::npos ||
        name.find("malloc") != std::string::npos || name == "page") {
        GTEST_SKIP() << "its blocks are the caller's or the library's, not the object's";
    }
    if (GetParam().overlaps) GTEST_SKIP() << "it gives no more than its buffer";
    owner_.reset();
    constexpr int rounds = 40;
    constexpr std::size_t bytes = std::size_t{2} << 20;
    std::uint64_t before = 0;
    for (int round = -1; round < rounds; ++round) {
        if (round == 0) before = address_space_bytes();
        const std::unique_ptr<AnyAllocator> made = GetParam().make();
        const AllocatorTable& t = made->table();
        // Blocks of a parent of a pool are given back, all others are left to the destructor.
        void* p = t.allocate(t.self, bytes, 8);
        ASSERT_NE(p, nullptr);
        if (name.find("pool") == 0 || name.find("Pool") == 0) t.deallocate(t.self, p, bytes, 8);
    }
    EXPECT_LT(address_space_bytes(), before + rounds * bytes / 2);
}

TEST_P(Bulk, serves_threads_as_its_type_claims) {
    if (t_.threading == Threading::single) GTEST_SKIP() << "claims one thread only";
    constexpr unsigned thread_count = 4;
    std::mutex exchange_mutex;
    std::vector<FilledBlock> exchange;
    std::atomic<unsigned> damaged{0};
    const auto work = [&](unsigned thread) {
        std::mt19937 random(thread);
        for (unsigned step = 0; step < 4000; ++step) {
            const FilledBlock made =
                take_filled(t_, 1 + random() % 300, std::size_t{1} << (random() % 6), thread * 4000 + step);
            FilledBlock other;
            {
                const std::lock_guard lock(exchange_mutex);
                exchange.push_back(made);
                std::swap(exchange[random() % exchange.size()], exchange.back());
                // Blocks of any thread are freed by any other, and some stay for a while.
                if (exchange.size() > 50) {
                    other = exchange.back();
                    exchange.pop_back();
                }
            }
            if (other.p == nullptr) continue;
            if (!other.is_intact() || !other.is_aligned()) damaged.fetch_add(1);
            give_back(t_, other);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < thread_count; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
    for (const FilledBlock& block : exchange) {
        EXPECT_TRUE(block.is_intact());
        give_back(t_, block);
    }
    EXPECT_EQ(damaged.load(), 0U);
    if (t_.reset == nullptr && t_.figures != nullptr) {
        EXPECT_EQ(t_.figures(t_.self).reserved_bytes, 0U);
    }
}

TEST(Registered, threading_in_the_list_is_that_of_the_default_object) {
    for (const AllocatorInfo& info : list_allocators()) {
        if (info.kind == AllocatorKind::peer && !peer_version(info.name).ok()) continue;
        EXPECT_EQ(make_allocator(info.default_spec).value()->table().threading, info.threading) << info.name;
    }
}

}  // namespace
}  // namespace harness::allocators
