// What page, fixed, pool, stack, direct and null each claim beyond the common contract.
// The arena, the thread-local one and the peers have files of their own.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <fstream>
#include <thread>
#include <vector>

#include "allocators/null.hpp"
#include "tests/allocators/filled_block.hpp"
#include "tests/allocators/subjects.hpp"

namespace harness::allocators {
namespace {

TEST(Page, rounds_sizes_to_pages_and_counts_them_exactly) {
    Page page;
    void* p = page.allocate(1, 8);
    void* q = page.allocate(page_bytes() + 1, 1 << 16);
    EXPECT_EQ(page.figures().mapped_bytes, 3 * page_bytes());
    EXPECT_EQ(page.figures().reserved_bytes, 3 * page_bytes());
    page.deallocate(p, 1, 8);
    page.deallocate(q, page_bytes() + 1, 1 << 16);
    EXPECT_EQ(page.figures().mapped_bytes, 0U);
}

TEST(Page, a_freed_block_is_no_longer_mapped) {
    Page page;
    void* p = page.allocate(page_bytes(), 8);
    page.deallocate(p, page_bytes(), 8);
    unsigned char resident = 0;
    EXPECT_EQ(mincore(p, page_bytes(), &resident), -1) << "the page answers, so it is still mapped";
}

TEST(Page, growth_keeps_the_same_physical_pages) {
    Page page;
    constexpr std::size_t n = std::size_t{64} << 20;
    auto* p = static_cast<std::byte*>(page.allocate(n, 8));
    ASSERT_NE(p, nullptr);
    p[n - 1] = std::byte{7};
    auto* q = static_cast<std::byte*>(page.reallocate(p, n, 2 * n, 8));
    ASSERT_NE(q, nullptr);
    EXPECT_EQ(q[n - 1], std::byte{7});
    // A copy would have made every page of the old half resident; moving page tables touches none.
    std::vector<unsigned char> resident(n / page_bytes());
    ASSERT_EQ(mincore(q, n, resident.data()), 0);
    std::size_t touched = 0;
    for (const unsigned char one : resident) touched += one & 1U;
    EXPECT_LT(touched, resident.size() / 2);
    page.deallocate(q, 2 * n, 8);
}

TEST(Page, the_kernels_limit_of_mappings_is_a_refusal_and_loses_nothing) {
    std::size_t mappings_max = 0;
    std::ifstream("/proc/sys/vm/max_map_count") >> mappings_max;
    if (mappings_max == 0 || mappings_max > 200000)
        GTEST_SKIP() << "no small limit of mappings on this machine";
    Page page;
    std::vector<void*> blocks;
    // One allocation is one mapping, but the kernel joins neighbours; a hole after each keeps them apart.
    for (std::size_t i = 0; i < mappings_max + 1000; ++i) {
        void* p = page.allocate(2 * page_bytes(), 8);
        if (p == nullptr) break;
        blocks.push_back(p);
        if (mprotect(p, page_bytes(), PROT_READ) != 0) break;
    }
    // Whether the last one was refused as a block or as a split, from here on there is no mapping left.
    EXPECT_LT(blocks.size(), mappings_max);
    for (void* p : blocks) {
        mprotect(p, page_bytes(), PROT_READ | PROT_WRITE);
        page.deallocate(p, 2 * page_bytes(), 8);
    }
    page.trim();
    EXPECT_EQ(page.figures().mapped_bytes, 0U);
    void* p = page.allocate(1, 8);
    EXPECT_NE(p, nullptr);
    page.deallocate(p, 1, 8);
}

TEST(Fixed, a_full_buffer_refuses_and_is_usable_after_the_last_block_goes) {
    alignas(8) std::array<std::byte, 256> memory;
    FixedBuffer fixed(memory);
    void* p = fixed.allocate(200);
    EXPECT_EQ(p, memory.data());
    EXPECT_EQ(fixed.allocate(57), nullptr);
    void* rest = fixed.allocate(56);
    ASSERT_NE(rest, nullptr) << "the last byte of the buffer must be usable";
    EXPECT_EQ(fixed.allocate(1), nullptr);
    fixed.deallocate(rest, 56, 8);
    EXPECT_EQ(fixed.allocate(8), rest);
}

TEST(Fixed, an_unaligned_or_tiny_buffer_is_used_as_far_as_it_goes) {
    alignas(8) std::array<std::byte, 64> memory;
    FixedBuffer unaligned(std::span<std::byte>(memory).subspan(3, 30));
    EXPECT_EQ(unaligned.figures().mapped_bytes, 24U);
    EXPECT_NE(unaligned.allocate(24), nullptr);
    FixedBuffer tiny(std::span<std::byte>(memory).subspan(1, 5));
    EXPECT_EQ(tiny.allocate(1), nullptr);
    EXPECT_EQ(tiny.figures().mapped_bytes, 0U);
    FixedBuffer empty({});
    EXPECT_EQ(empty.allocate(1), nullptr);
}

TEST(Fixed, gives_its_buffer_back_to_the_parent) {
    Page page;
    {
        const Fixed<Borrowed<Page>> fixed(65536, page);
        EXPECT_EQ(page.figures().mapped_bytes, 65536U);
    }
    EXPECT_EQ(page.figures().mapped_bytes, 0U);
}

TEST(Pool, the_slot_freed_last_is_given_first) {
    Pool<Page> pool(48, 100);
    void* p = pool.allocate(48);
    void* q = pool.allocate(20);
    pool.deallocate(p, 48, 8);
    pool.deallocate(q, 20, 8);
    EXPECT_EQ(pool.allocate(33), q);
    EXPECT_EQ(pool.allocate(48), p);
}

TEST(Pool, other_sizes_alignments_and_the_overflow_go_to_the_parent) {
    Pool<Counting<Page>> pool(48, 2);
    const auto asked = [&] { return pool.parent().figures().allocations; };
    ASSERT_EQ(asked(), 1U) << "the slots themselves";
    static_cast<void>(pool.allocate(48, 16));
    static_cast<void>(pool.allocate(1));
    EXPECT_EQ(asked(), 1U);
    void* overflow = pool.allocate(48);
    EXPECT_EQ(asked(), 2U);
    void* large = pool.allocate(49);
    EXPECT_EQ(asked(), 3U);
    void* aligned = pool.allocate(8, 32);
    EXPECT_EQ(asked(), 4U);
    pool.deallocate(overflow, 48, 8);
    pool.deallocate(large, 49, 8);
    pool.deallocate(aligned, 8, 32);
    EXPECT_EQ(pool.parent().figures().deallocations, 3U);
    EXPECT_EQ(pool.figures().reserved_bytes, 96U);
}

TEST(Stack, frees_out_of_order_are_held_until_their_turn) {
    Stack<Page> stack;
    void* a = stack.allocate(40);
    void* b = stack.allocate(40);
    void* c = stack.allocate(40);
    const std::uint64_t full = stack.figures().reserved_bytes;
    stack.deallocate(b, 40, 8);
    EXPECT_EQ(stack.figures().reserved_bytes, full) << "b lies below c and has to wait";
    stack.deallocate(c, 40, 8);
    EXPECT_EQ(stack.figures().reserved_bytes, full - 2 * 48) << "c goes and takes b along";
    EXPECT_EQ(stack.allocate(40), b);
    EXPECT_NE(stack.allocate(40), a);
}

TEST(Stack, held_frees_are_found_across_chunks) {
    Stack<Page> stack(512);
    std::vector<void*> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(stack.allocate(100));
    for (void* p : blocks) stack.deallocate(p, 100, 8);
    EXPECT_EQ(stack.allocate(100), blocks[0]);
}

TEST(Stack, a_mark_holds_back_what_lies_below_it) {
    Stack<Page> stack;
    void* a = stack.allocate(40);
    const Mark mark = stack.mark();
    stack.deallocate(a, 40, 8);
    void* b = stack.allocate(40);
    EXPECT_NE(a, b);
    stack.release(mark);
    EXPECT_EQ(stack.allocate(40), a) << "after the release its turn has come";
}

TEST(Direct, reserved_covers_the_usable_size_and_returns_to_zero) {
    Direct direct;
    void* p = direct.allocate(100);
    EXPECT_GE(direct.figures().reserved_bytes, 108U);
    p = direct.reallocate(p, 100, 5000, 8);
    EXPECT_GE(direct.figures().reserved_bytes, 5008U);
    direct.deallocate(p, 5000, 8);
    EXPECT_EQ(direct.figures().reserved_bytes, 0U);
    EXPECT_GE(direct.figures().reserved_bytes_peak, 5008U);
}

TEST(ThreadCounters, sums_are_exact_with_more_threads_than_slots) {
    ThreadCounters counters;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < counter_slots + 20; ++i) {
        threads.emplace_back([&] {
            for (int step = 0; step < 1000; ++step) counters.add(3);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(counters.bytes(), (counter_slots + 20) * 3000);
}

TEST(Null, hands_out_its_buffer_again_and_again) {
    Null null(4096);
    void* first = null.allocate(48);
    std::vector<void*> seen{first};
    do {
        seen.push_back(null.allocate(48));
    } while (seen.back() != first && seen.size() < 1000);
    EXPECT_EQ(seen.size(), 4096 / 48 + 1) << "neighbours are different blocks until the buffer is through";
    EXPECT_EQ(null.allocate(4097), nullptr);
    EXPECT_NE(null.allocate(4096), nullptr);
    EXPECT_EQ(null.figures().mapped_bytes, 4096U);
}

}  // namespace
}  // namespace harness::allocators
