// The contract of allocator.hpp as one list of tests, run on every allocator there is.
// A capability that a subject does not offer is skipped by name, never silently passed.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "tests/allocators/filled_block.hpp"
#include "tests/allocators/subjects.hpp"

// AddressSanitizer and ThreadSanitizer end the program at a request that no malloc could meet, unless told to
// answer as malloc does.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

namespace harness::allocators {
namespace {

class Conformance : public testing::TestWithParam<Subject> {
  protected:
    std::unique_ptr<AnyAllocator> owner_ = GetParam().make();
    const AllocatorTable& t_ = owner_->table();

    void* take(std::size_t n, std::size_t align = default_align) { return t_.allocate(t_.self, n, align); }
    void give(void* p, std::size_t n, std::size_t align = default_align) {
        t_.deallocate(t_.self, p, n, align);
    }
};

INSTANTIATE_TEST_SUITE_P(All, Conformance, testing::ValuesIn(all_subjects()),
                         [](const auto& subject) { return test_name_of(subject.param.name); });

std::vector<std::size_t> sizes_around_boundaries() {
    std::vector<std::size_t> sizes;
    for (std::size_t power = 1; power <= std::size_t{1} << 18; power *= 2) {
        for (const std::size_t n : {power - 1, power, power + 1}) {
            if (n != 0) sizes.push_back(n);
        }
    }
    for (const std::size_t pages : {3U, 5U, 7U}) {
        for (std::size_t n = pages * 4096 - 1; n <= pages * 4096 + 1; ++n) sizes.push_back(n);
    }
    return sizes;
}

TEST_P(Conformance, aligns_every_block_as_asked_up_to_64_kib) {
    for (std::size_t align = 1; align <= std::size_t{1} << 16; align *= 2) {
        std::vector<FilledBlock> blocks;
        for (const std::size_t n : {1U, 8U, 48U, 4097U}) {
            blocks.push_back(take_filled(t_, n, align, static_cast<unsigned>(n)));
            ASSERT_NE(blocks.back().p, nullptr) << n << " aligned to " << align;
            EXPECT_TRUE(blocks.back().is_aligned()) << n << " aligned to " << align;
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back().p) % default_align, 0U) << n;
        }
        for (; !blocks.empty(); blocks.pop_back()) {
            EXPECT_TRUE(GetParam().overlaps || blocks.back().is_intact());
            give_back(t_, blocks.back());
        }
    }
}

TEST_P(Conformance, serves_sizes_around_powers_of_two_and_pages) {
    std::vector<FilledBlock> blocks;
    for (const std::size_t n : sizes_around_boundaries()) {
        blocks.push_back(take_filled(t_, n, default_align, static_cast<unsigned>(blocks.size())));
        ASSERT_NE(blocks.back().p, nullptr) << n;
    }
    for (; !blocks.empty(); blocks.pop_back()) {
        EXPECT_TRUE(GetParam().overlaps || blocks.back().is_intact()) << blocks.back().n;
        give_back(t_, blocks.back());
    }
}

TEST_P(Conformance, refuses_size_zero_at_every_alignment) {
    for (std::size_t align = 1; align <= std::size_t{1} << 16; align *= 2) EXPECT_EQ(take(0, align), nullptr);
    if (t_.allocate_zeroed != nullptr) {
        EXPECT_EQ(t_.allocate_zeroed(t_.self, 0, 8), nullptr);
    }
    if (t_.allocate_at_least != nullptr) {
        EXPECT_EQ(t_.allocate_at_least(t_.self, 0, 8).p, nullptr);
    }
    const FilledBlock block = take_filled(t_, 48, 8, 1);
    if (t_.resize != nullptr) {
        EXPECT_FALSE(t_.resize(t_.self, block.p, 48, 0, 8));
    }
    if (t_.reallocate != nullptr) {
        EXPECT_EQ(t_.reallocate(t_.self, block.p, 48, 0, 8), nullptr);
    }
    EXPECT_TRUE(block.is_intact());
    give_back(t_, block);
}

TEST_P(Conformance, refuses_sizes_whose_rounding_would_overflow) {
    const FilledBlock block = take_filled(t_, 48, 8, 1);
    ASSERT_NE(block.p, nullptr);
    constexpr auto ptrdiff_max = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
    for (std::size_t align = 1; align <= std::size_t{1} << 16; align *= 2) {
        for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8},
                                    std::size_t{4095}, std::size_t{4096}, align - 1, align}) {
            for (const std::size_t n : {SIZE_MAX - i, ptrdiff_max + i, ptrdiff_max - i}) {
                EXPECT_EQ(take(n, align), nullptr) << n << " aligned to " << align;
                if (t_.allocate_zeroed != nullptr) {
                    EXPECT_EQ(t_.allocate_zeroed(t_.self, n, align), nullptr);
                }
                if (t_.allocate_at_least != nullptr) {
                    EXPECT_EQ(t_.allocate_at_least(t_.self, n, align).p, nullptr);
                }
                if (t_.resize != nullptr) {
                    EXPECT_FALSE(t_.resize(t_.self, block.p, 48, n, 8)) << n;
                }
                if (t_.reallocate != nullptr) {
                    EXPECT_EQ(t_.reallocate(t_.self, block.p, 48, n, 8), nullptr) << n;
                }
            }
        }
    }
    EXPECT_TRUE(block.is_intact());
    give_back(t_, block);
    void* after = take(48);
    ASSERT_NE(after, nullptr) << "no longer usable after refusals";
    give(after, 48);
}

TEST_P(Conformance, keeps_live_blocks_apart_while_others_come_and_go) {
    if (GetParam().overlaps) GTEST_SKIP() << "its blocks overlap";
    std::mt19937 random(20240229);
    std::vector<FilledBlock> blocks;
    for (unsigned step = 0; step < 4000; ++step) {
        if (blocks.size() < 20 || random() % 2 == 0) {
            const std::size_t n = 1 + random() % (random() % 10 == 0 ? 5000 : 100);
            const std::size_t align = std::size_t{1} << (random() % 7);
            blocks.push_back(take_filled(t_, n, align, step));
            ASSERT_NE(blocks.back().p, nullptr) << step;
            ASSERT_TRUE(blocks.back().is_aligned()) << step;
        } else {
            std::swap(blocks[random() % blocks.size()], blocks.back());
            ASSERT_TRUE(blocks.back().is_intact()) << step;
            give_back(t_, blocks.back());
            blocks.pop_back();
        }
    }
    for (const FilledBlock& block : blocks) EXPECT_TRUE(block.is_intact());
    for (const FilledBlock& block : blocks) give_back(t_, block);
}

TEST_P(Conformance, resize_keeps_the_contents_and_a_failed_one_leaves_the_block) {
    if (GetParam().overlaps) GTEST_SKIP() << "its blocks overlap";
    if (t_.resize == nullptr) GTEST_SKIP() << "offers no resize";
    for (const std::size_t n_old : {1U, 8U, 47U, 500U, 5000U}) {
        for (const std::size_t n_new : {2U, 8U, 40U, 64U, 600U, 4096U, 70000U}) {
            FilledBlock block = take_filled(t_, n_old, 8, static_cast<unsigned>(n_old + n_new));
            const FilledBlock neighbour = take_filled(t_, 24, 8, 7);
            const std::size_t kept = std::min(n_old, n_new);
            if (t_.resize(t_.self, block.p, n_old, n_new, 8)) {
                EXPECT_TRUE(block.is_intact(kept)) << n_old << " to " << n_new;
                block.n = n_new;
                block.fill();
            }
            EXPECT_TRUE(block.is_intact()) << n_old << " to " << n_new;
            EXPECT_TRUE(neighbour.is_intact()) << n_old << " to " << n_new;
            give_back(t_, neighbour);
            give_back(t_, block);
        }
    }
}

TEST_P(Conformance, reallocate_keeps_the_contents_and_the_alignment) {
    if (t_.reallocate == nullptr) GTEST_SKIP() << "offers no reallocate";
    for (const std::size_t align : {8U, 64U, 4096U, 16384U}) {
        FilledBlock block = take_filled(t_, 10, align, 3);
        for (const std::size_t n_new : {100U, 5000U, 60000U, 300U, 9U, 200000U, 1U}) {
            const FilledBlock neighbour = take_filled(t_, 24, 8, 7);
            void* moved = t_.reallocate(t_.self, block.p, block.n, n_new, align);
            ASSERT_NE(moved, nullptr) << n_new;
            block.p = moved;
            EXPECT_TRUE(block.is_intact(std::min(block.n, n_new))) << block.n << " to " << n_new;
            block.n = n_new;
            block.fill();
            EXPECT_TRUE(block.is_aligned()) << n_new << " aligned to " << align;
            EXPECT_TRUE(neighbour.is_intact()) << n_new;
            give_back(t_, neighbour);
        }
        give_back(t_, block);
    }
}

TEST_P(Conformance, allocate_zeroed_gives_zero_bytes_even_from_used_memory) {
    if (t_.allocate_zeroed == nullptr) GTEST_SKIP() << "offers no allocate_zeroed";
    for (const std::size_t align : {8U, 256U}) {
        for (int round = 0; round < 20; ++round) {
            give_back(t_, take_filled(t_, 1000, align, 1));
            auto* p = static_cast<std::byte*>(t_.allocate_zeroed(t_.self, 1000, align));
            ASSERT_NE(p, nullptr);
            EXPECT_EQ(std::count(p, p + 1000, std::byte{0}), 1000);
            std::memset(p, 0xff, 1000);
            give(p, 1000, align);
        }
    }
}

TEST_P(Conformance, usable_size_may_be_written_whole) {
    if (t_.usable_size == nullptr) GTEST_SKIP() << "offers no usable_size";
    std::vector<FilledBlock> blocks;
    for (std::size_t n = 1; n < 3000; n += 37) {
        FilledBlock block = take_filled(t_, n, 8, static_cast<unsigned>(n));
        const std::size_t usable = t_.usable_size(t_.self, block.p, n, 8);
        ASSERT_GE(usable, n);
        std::memset(block.p, 0x5a, usable);
        block.fill();
        blocks.push_back(block);
    }
    for (; !blocks.empty(); blocks.pop_back()) {
        EXPECT_TRUE(blocks.back().is_intact());
        give_back(t_, blocks.back());
    }
}

TEST_P(Conformance, allocate_at_least_gives_no_less_and_takes_the_given_size_back) {
    if (t_.allocate_at_least == nullptr) GTEST_SKIP() << "offers no allocate_at_least";
    for (std::size_t n = 1; n < 20000; n = n * 3 + 1) {
        const Block block = t_.allocate_at_least(t_.self, n, 16);
        ASSERT_NE(block.p, nullptr);
        EXPECT_GE(block.n, n);
        std::memset(block.p, 1, block.n);
        give(block.p, block.n, 16);
    }
}

TEST_P(Conformance, figures_are_ordered_and_balance_when_all_is_given_back) {
    if (GetParam().overlaps) GTEST_SKIP() << "its blocks overlap";
    if (t_.figures == nullptr) GTEST_SKIP() << "offers no figures";
    // One round before, so that caches and first chunks are there.
    give(take(100), 100);
    const Figures before = t_.figures(t_.self);
    std::vector<FilledBlock> blocks;
    std::uint64_t asked = 0;
    for (std::size_t n = 1; n < 6000; n += 97) {
        blocks.push_back(take_filled(t_, n, 8, 1));
        asked += n;
    }
    const Figures during = t_.figures(t_.self);
    EXPECT_GE(during.reserved_bytes, before.reserved_bytes + asked);
    EXPECT_LE(during.reserved_bytes, during.mapped_bytes);
    EXPECT_LE(during.reserved_bytes, during.reserved_bytes_peak);
    for (; !blocks.empty(); blocks.pop_back()) give_back(t_, blocks.back());
    const Figures after = t_.figures(t_.self);
    // Arenas give back only the last block, so chunks behind the newest stay taken until the reset.
    if (t_.reset != nullptr) {
        EXPECT_LE(after.reserved_bytes, during.reserved_bytes);
        t_.reset(t_.self);
        EXPECT_LE(t_.figures(t_.self).reserved_bytes, std::max<std::uint64_t>(before.reserved_bytes, 64));
    } else if (GetParam().name.find('/') == std::string::npos) {
        EXPECT_EQ(after.reserved_bytes, before.reserved_bytes);
    }
    EXPECT_GE(after.reserved_bytes_peak, during.reserved_bytes);
    EXPECT_GE(after.mapped_bytes_peak, after.mapped_bytes);
}

TEST_P(Conformance, owns_its_blocks_and_no_foreign_address) {
    if (t_.owns == nullptr) GTEST_SKIP() << "offers no owns";
    const FilledBlock block = take_filled(t_, 100, 8, 1);
    EXPECT_TRUE(t_.owns(t_.self, block.p));
    EXPECT_TRUE(t_.owns(t_.self, static_cast<std::byte*>(block.p) + 99));
    const int on_the_stack = 0;
    const auto on_the_heap = std::make_unique<int>(0);
    EXPECT_FALSE(t_.owns(t_.self, &on_the_stack));
    if (GetParam().name.find("direct") == std::string::npos) {
        EXPECT_FALSE(t_.owns(t_.self, on_the_heap.get()));
    }
    EXPECT_FALSE(t_.owns(t_.self, nullptr));
    EXPECT_FALSE(t_.owns(t_.self, reinterpret_cast<const void*>(&sizes_around_boundaries)));
    give_back(t_, block);
}

TEST_P(Conformance, a_refusal_of_memory_leaves_it_usable) {
    EXPECT_EQ(take(request_bytes_max), nullptr);
    const FilledBlock block = take_filled(t_, 1000, 8, 1);
    ASSERT_NE(block.p, nullptr);
    EXPECT_TRUE(block.is_intact());
    give_back(t_, block);
}

}  // namespace
}  // namespace harness::allocators
