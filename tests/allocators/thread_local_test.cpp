// What the thread-local allocator claims beyond the common contract: who meets whom, and what is used again.
// The parent counts its calls, since "used again" means that it is not asked.
#include "allocators/thread_local.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <set>
#include <thread>
#include <vector>

#include "tests/allocators/filled_block.hpp"
#include "tests/allocators/subjects.hpp"

namespace harness::allocators {
namespace {

using Counted = ThreadLocal<Counting<Page>>;

std::uint64_t parent_calls(Counted& a) { return a.parent().figures().allocations; }

std::vector<void*> take_many(Counted& a, std::size_t count, std::size_t n) {
    std::vector<void*> blocks(count);
    for (void*& p : blocks) p = a.allocate(n);
    return blocks;
}

void give_many(Counted& a, const std::vector<void*>& blocks, std::size_t n) {
    for (void* p : blocks) a.deallocate(p, n, 8);
}

TEST(ThreadLocal, takes_a_span_for_many_blocks_and_uses_its_chunks_again) {
    Counted a;
    std::deque<void*> queue;
    for (int i = 0; i < 1000000; ++i) {
        queue.push_back(a.allocate(48));
        ASSERT_NE(queue.back(), nullptr);
        if (queue.size() > 1000) {
            a.deallocate(queue.front(), 48, 8);
            queue.pop_front();
        }
    }
    EXPECT_EQ(parent_calls(a), 1U) << "48 MB went through one span of 1 MiB";
    for (void* p : queue) a.deallocate(p, 48, 8);
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
}

TEST(ThreadLocal, frees_from_another_thread_reach_the_owners_chunks) {
    Counted a;
    constexpr std::size_t count = 100000;
    const std::vector<void*> first = take_many(a, count, 48);
    const std::uint64_t calls = parent_calls(a);
    EXPECT_GE(a.figures().reserved_bytes, count * 48);
    std::thread([&] { give_many(a, first, 48); }).join();
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
    const std::vector<void*> second = take_many(a, count, 48);
    EXPECT_EQ(parent_calls(a), calls);
    give_many(a, second, 48);
}

TEST(ThreadLocal, a_chunk_is_used_again_only_when_all_of_its_blocks_are_back) {
    Counted a;
    constexpr std::size_t blocks_in_chunk = Counted::chunk_bytes / 48;
    const std::vector<void*> blocks = take_many(a, blocks_in_chunk * 4, 48);
    const FilledBlock kept{blocks[blocks_in_chunk * 2], 48, 8, 1};
    kept.fill();
    std::thread([&] {
        for (void* p : blocks)
            if (p != kept.p) a.deallocate(p, 48, 8);
    }).join();
    for (int round = 0; round < 10; ++round) give_many(a, take_many(a, blocks_in_chunk * 4, 48), 48);
    EXPECT_TRUE(kept.is_intact());
    EXPECT_EQ(parent_calls(a), 1U);
    a.deallocate(kept.p, 48, 8);
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
}

TEST(ThreadLocal, threads_do_not_share_chunks) {
    Counted a;
    constexpr unsigned thread_count = 8;
    std::vector<std::set<std::uintptr_t>> chunks(thread_count);
    std::vector<std::thread> threads;
    std::atomic<unsigned> running{0};
    for (unsigned i = 0; i < thread_count; ++i) {
        threads.emplace_back([&, i] {
            // All have their numbers before one ends, else another takes over what it left.
            static_cast<void>(a.allocate(8));
            running.fetch_add(1);
            while (running.load() < thread_count) std::this_thread::yield();
            for (void* p : take_many(a, 10000, 24))
                chunks[i].insert(reinterpret_cast<std::uintptr_t>(p) / Counted::chunk_bytes);
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::set<std::uintptr_t> all;
    std::size_t sum = 0;
    for (const auto& of_one : chunks) {
        sum += of_one.size();
        all.insert(of_one.begin(), of_one.end());
    }
    EXPECT_EQ(all.size(), sum);
}

TEST(ThreadLocal, what_an_ended_thread_left_serves_others) {
    Counted a;
    constexpr std::size_t count = 100000;
    std::vector<void*> of_other;
    std::thread([&] { of_other = take_many(a, count, 48); }).join();
    const std::uint64_t calls = parent_calls(a);
    give_many(a, of_other, 48);
    const std::vector<void*> own = take_many(a, count, 48);
    EXPECT_LE(parent_calls(a), calls + 1);
    give_many(a, own, 48);
}

TEST(ThreadLocal, a_pipeline_of_two_threads_needs_no_more_than_what_is_under_way) {
    Counted a;
    constexpr std::size_t total = 300000;
    constexpr std::size_t under_way_max = 2000;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<FilledBlock> queue;
    unsigned damaged = 0;
    std::thread consumer([&] {
        for (std::size_t i = 0; i < total; ++i) {
            FilledBlock block;
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return !queue.empty(); });
                block = queue.front();
                queue.pop_front();
            }
            changed.notify_one();
            if (!block.is_intact()) ++damaged;
            a.deallocate(block.p, block.n, block.align);
        }
    });
    for (std::size_t i = 0; i < total; ++i) {
        const FilledBlock block{a.allocate(40), 40, 8, static_cast<unsigned>(i)};
        block.fill();
        {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return queue.size() < under_way_max; });
            queue.push_back(block);
        }
        changed.notify_one();
    }
    consumer.join();
    EXPECT_EQ(damaged, 0U);
    EXPECT_EQ(parent_calls(a), 1U);
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
}

TEST(ThreadLocal, serves_more_threads_than_there_are_numbers) {
    Counted a;
    constexpr unsigned thread_count = counter_slots + 16;
    std::atomic<unsigned> running{0};
    std::atomic<unsigned> damaged{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < thread_count; ++i) {
        threads.emplace_back([&, i] {
            running.fetch_add(1);
            while (running.load() < thread_count) std::this_thread::yield();
            std::deque<FilledBlock> live;
            for (unsigned step = 0; step < 500; ++step) {
                live.push_back({a.allocate(8 + step % 200), 8 + step % 200, 8, i * 1000 + step});
                live.back().fill();
                if (step % 3 == 0) continue;
                if (!live.front().is_intact()) damaged.fetch_add(1);
                a.deallocate(live.front().p, live.front().n, 8);
                live.pop_front();
            }
            for (const FilledBlock& block : live) a.deallocate(block.p, block.n, 8);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(damaged.load(), 0U);
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
}

TEST(ThreadLocal, a_thread_in_its_last_destructors_still_allocates_and_frees) {
    Counted a;
    struct Last {
        Counted* a = nullptr;
        void* early = nullptr;
        ~Last() {
            a->deallocate(early, 48, 8);
            a->deallocate(a->allocate(48), 48, 8);
        }
    };
    std::thread([&] {
        // Made before the thread gets its number, so destroyed after it was given back.
        thread_local Last last;
        last.a = &a;
        last.early = a.allocate(48);
    }).join();
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
}

TEST(ThreadLocal, the_last_block_is_given_back_and_grows_in_place) {
    Counted a;
    void* first = a.allocate(40);
    void* last = a.allocate(40);
    EXPECT_TRUE(a.resize(last, 40, 4000, 8));
    EXPECT_FALSE(a.resize(first, 40, 48, 8));
    EXPECT_TRUE(a.resize(first, 40, 24, 8)) << "any block may shrink";
    a.deallocate(last, 4000, 8);
    EXPECT_EQ(a.allocate(16), last);
    a.deallocate(last, 16, 8);
    a.deallocate(first, 24, 8);
    EXPECT_EQ(a.figures().reserved_bytes, 0U) << "what was shrunk off was given back";
}

TEST(ThreadLocal, another_threads_block_shrinks_but_does_not_grow_in_place) {
    Counted a;
    void* p = a.allocate(400);
    std::thread([&] {
        EXPECT_FALSE(a.resize(p, 400, 408, 8));
        EXPECT_TRUE(a.resize(p, 400, 40, 8));
        a.deallocate(p, 40, 8);
    }).join();
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
}

TEST(ThreadLocal, large_blocks_come_from_the_parent_and_move_with_it) {
    Counted a;
    FilledBlock block{a.allocate(Counted::small_bytes_max + 1), Counted::small_bytes_max + 1, 8, 5};
    block.fill();
    EXPECT_EQ(parent_calls(a), 1U);
    void* neighbour = a.allocate(100000, 1 << 16);
    void* moved = a.reallocate(block.p, block.n, 5000000, 8);
    ASSERT_NE(moved, nullptr);
    block.p = moved;
    EXPECT_TRUE(block.is_intact());
    EXPECT_GE(a.figures().reserved_bytes, 5100000U);
    a.deallocate(moved, 5000000, 8);
    a.deallocate(neighbour, 100000, 1 << 16);
    EXPECT_EQ(a.figures().mapped_bytes, 0U);
    EXPECT_GE(a.figures().reserved_bytes_peak, 5100000U);
}

TEST(ThreadLocal, trim_gives_unused_spans_back) {
    Counted a;
    const std::vector<void*> blocks = take_many(a, 1000000, 48);
    const std::uint64_t mapped = a.figures().mapped_bytes;
    EXPECT_GE(mapped, 48000000U);
    void* kept = a.allocate(48);
    std::thread([&] { give_many(a, blocks, 48); }).join();
    EXPECT_EQ(a.figures().mapped_bytes, mapped);
    a.trim();
    EXPECT_EQ(a.figures().mapped_bytes, Counted::span_bytes);
    a.deallocate(kept, 48, 8);
    a.trim();
    EXPECT_EQ(a.figures().mapped_bytes, 0U);
    EXPECT_NE(a.allocate(48), nullptr);
}

TEST(ThreadLocal, the_end_returns_all_memory_to_the_parent) {
    Page page;
    {
        ThreadLocal<Borrowed<Page>> a(page);
        for (int i = 0; i < 100000; ++i) ASSERT_NE(a.allocate(100), nullptr);
        for (int i = 0; i < 10; ++i) ASSERT_NE(a.allocate(100000), nullptr);
        EXPECT_GT(page.figures().mapped_bytes, 11000000U);
    }
    EXPECT_EQ(page.figures().mapped_bytes, 0U);
}

TEST(ThreadLocal, a_refusal_by_the_parent_is_a_refusal_and_no_more) {
    ThreadLocal<Fixed<Page>> a(std::size_t{4} << 20);
    std::vector<FilledBlock> blocks;
    for (unsigned i = 0;; ++i) {
        const FilledBlock block{a.allocate(1000), 1000, 8, i};
        if (block.p == nullptr) break;
        block.fill();
        blocks.push_back(block);
    }
    EXPECT_GT(blocks.size(), 2000U);
    for (const FilledBlock& block : blocks) {
        EXPECT_TRUE(block.is_intact());
        a.deallocate(block.p, block.n, 8);
    }
    EXPECT_EQ(a.figures().reserved_bytes, 0U);
    EXPECT_NE(a.allocate(1000), nullptr);
}

}  // namespace
}  // namespace harness::allocators
