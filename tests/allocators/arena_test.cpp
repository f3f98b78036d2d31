// What the arena claims beyond the common contract: chunks, marks, children and exact figures.
// Its parent is borrowed here, so that the tests can look at it after the arena has gone.
#include "allocators/arena.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "tests/allocators/subjects.hpp"

namespace harness::allocators {
namespace {

TEST(Arena, reset_keeps_the_largest_chunk) {
    Arena<Page> arena(4096);
    for (int i = 0; i < 11000; ++i) ASSERT_NE(arena.allocate(100), nullptr);
    arena.reset();
    arena.trim();
    // 11 000 blocks of 104 bytes fill chunks of 4 KiB to 512 KiB and part of one of 1 MiB.
    EXPECT_EQ(arena.figures().mapped_bytes, std::uint64_t{1} << 20);
    EXPECT_EQ(arena.window().limit - arena.window().cursor,
              static_cast<std::ptrdiff_t>((std::size_t{1} << 20) - sizeof(Chunk)));
}

TEST(Arena, reset_keeps_the_largest_chunk_when_it_is_not_the_newest) {
    Arena<Fixed<Page>> arena(32768, std::size_t{100000});
    ASSERT_NE(arena.allocate(60000), nullptr);
    ASSERT_NE(arena.allocate(20000), nullptr) << "the parent has room for a smaller chunk only";
    arena.reset();
    EXPECT_EQ(arena.window().limit - arena.window().cursor,
              static_cast<std::ptrdiff_t>(65536 - sizeof(Chunk)));
}

TEST(Arena, chunks_double) {
    Arena<Counting<Page>> arena(4096);
    for (int i = 0; i < 100000; ++i) ASSERT_NE(arena.allocate(40), nullptr);
    // 4 MB in chunks of 4 KiB, 8 KiB, ... 2 MiB, 4 MiB.
    EXPECT_LE(arena.parent().figures().allocations, 11U);
}

TEST(Arena, the_second_round_of_the_same_size_needs_no_parent) {
    Arena<Counting<Page>> arena;
    std::uint64_t calls = 0;
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 100000; ++i) ASSERT_NE(arena.allocate(48), nullptr);
        arena.reset();
        if (round == 2) calls = arena.parent().figures().allocations;
    }
    EXPECT_EQ(arena.parent().figures().allocations, calls);
}

TEST(Arena, the_last_block_grows_in_place_and_gives_back) {
    Arena<Page> arena;
    void* first = arena.allocate(40);
    void* last = arena.allocate(40);
    EXPECT_TRUE(arena.resize(last, 40, 4000, 8));
    EXPECT_FALSE(arena.resize(first, 40, 48, 8));
    EXPECT_TRUE(arena.resize(first, 40, 35, 8)) << "still the same granules";
    arena.deallocate(last, 4000, 8);
    EXPECT_EQ(arena.allocate(16), last);
}

TEST(Arena, reserved_bytes_are_granules_and_one_chunk_header) {
    Arena<Page> arena;
    EXPECT_EQ(arena.figures().reserved_bytes, 0U);
    for (int i = 0; i < 10; ++i) static_cast<void>(arena.allocate(41));
    EXPECT_EQ(arena.figures().reserved_bytes, 10 * 48 + sizeof(Chunk));
    arena.window().cursor += 16;
    EXPECT_EQ(arena.figures().reserved_bytes, 10 * 48 + 16 + sizeof(Chunk))
        << "bumping the window counts too";
}

TEST(Arena, the_peak_is_seen_although_nobody_asked_at_the_time) {
    Arena<Page> arena;
    const Mark mark = arena.mark();
    arena.deallocate(arena.allocate(8000), 8000, 8);
    static_cast<void>(arena.allocate(1000));
    arena.release(mark);
    EXPECT_EQ(arena.figures().reserved_bytes, 0U);
    EXPECT_EQ(arena.figures().reserved_bytes_peak, 8000 + sizeof(Chunk));
}

TEST(Arena, the_peak_of_a_family_is_that_of_the_sum) {
    Arena<Page> root;
    static_cast<void>(root.allocate(1000));
    for (int round = 0; round < 3; ++round) {
        const std::unique_ptr<Arena<Page>> child = root.make_child();
        static_cast<void>(child->allocate(2000));
        EXPECT_EQ(child->figures().reserved_bytes, 2000 + sizeof(Chunk));
    }
    static_cast<void>(root.allocate(504));
    EXPECT_EQ(root.figures().reserved_bytes, 1504 + sizeof(Chunk));
    EXPECT_EQ(root.figures().reserved_bytes_peak, 3000 + 2 * sizeof(Chunk));
}

TEST(Arena, children_recycle_the_chunks_of_former_ones) {
    Arena<Counting<Page>> root;
    for (int i = 0; i < 1000; ++i) {
        const auto child = root.make_child();
        ASSERT_NE(child->allocate(100), nullptr);
        ASSERT_NE(child->allocate(100000), nullptr);
    }
    EXPECT_LE(root.parent().figures().allocations, 2U);
}

TEST(Arena, destruction_gives_everything_back_to_the_parent) {
    Page page;
    {
        Arena<Borrowed<Page>> arena(4096, page);
        const auto child = arena.make_child();
        for (int i = 0; i < 10000; ++i) {
            ASSERT_NE(arena.allocate(100), nullptr);
            ASSERT_NE(child->allocate(100), nullptr);
        }
        EXPECT_GT(page.figures().mapped_bytes, 2000000U);
    }
    EXPECT_EQ(page.figures().mapped_bytes, 0U);
}

TEST(Arena, a_refusal_by_the_parent_is_a_refusal_and_no_more) {
    Arena<FixedBuffer> arena(4096, std::span<std::byte>{});
    EXPECT_EQ(arena.allocate(1), nullptr);
    alignas(16) std::byte memory[8192];
    Arena<FixedBuffer> small(4096, std::span(memory));
    void* p = small.allocate(3000);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(small.allocate(6000), nullptr);
    EXPECT_NE(small.allocate(500), nullptr);
}

TEST(ArenaDeathTest, a_child_that_outlives_its_root_is_a_programmers_error) {
    const auto outlive = [] {
        auto root = std::make_unique<Arena<Page>>();
        const auto child = root->make_child();
        root.reset();
    };
    EXPECT_DEATH(outlive(), "children must be destroyed before");
}

}  // namespace
}  // namespace harness::allocators
