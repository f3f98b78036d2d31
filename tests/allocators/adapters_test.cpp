// The adapters over every allocator there is: the C++ library's containers and the C interface must see the
// same contract, with exceptions or messages in place of nullptr.
#include <gtest/gtest.h>

#include <list>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "allocators/c_interface.h"
#include "allocators/memory_resource.hpp"
#include "tests/allocators/filled_block.hpp"
#include "tests/allocators/subjects.hpp"

namespace harness::allocators {
namespace {

class Adapted : public testing::TestWithParam<Subject> {};

INSTANTIATE_TEST_SUITE_P(All, Adapted, testing::ValuesIn(all_subjects()),
                         [](const auto& subject) { return test_name_of(subject.param.name); });

// Grows, erases and copies, so that nodes, arrays and strings of many sizes come and go.
template <class Map>
void exercise(Map& map) {
    for (int i = 0; i < 2000; ++i) map[i % 500].assign(static_cast<std::size_t>(i % 90), 'x');
    for (int i = 0; i < 500; i += 2) map.erase(i);
    const Map copy(map, map.get_allocator());
    EXPECT_EQ(copy.size(), 250U);
    for (const auto& [key, text] : copy) EXPECT_EQ(text.size(), static_cast<std::size_t>(key + 1500) % 90);
}

TEST_P(Adapted, polymorphic_containers_live_on_it) {
    if (GetParam().overlaps) GTEST_SKIP() << "its blocks overlap";
    const std::unique_ptr<AnyAllocator> owner = GetParam().make();
    MemoryResource memory(*owner);
    std::pmr::map<int, std::pmr::string> tree(&memory);
    exercise(tree);
    std::pmr::unordered_map<int, std::pmr::string> table(&memory);
    exercise(table);
}

TEST_P(Adapted, a_resource_gives_an_address_for_size_zero_and_throws_when_exhausted) {
    const std::unique_ptr<AnyAllocator> owner = GetParam().make();
    MemoryResource memory(*owner);
    void* p = memory.allocate(0, 8);
    EXPECT_NE(p, nullptr);
    memory.deallocate(p, 0, 8);
    EXPECT_THROW(static_cast<void>(memory.allocate(request_bytes_max * 2, 8)), std::bad_alloc);
    void* aligned = memory.allocate(100, 256);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(aligned) % 256, 0U);
    memory.deallocate(aligned, 100, 256);
}

TEST_P(Adapted, a_handle_in_c_keeps_the_contract) {
    // Typed compositions have no spec.
    if (!make_allocator(GetParam().name).ok()) GTEST_SKIP() << "has no spec";
    char message[10] = "";
    harness_allocator* handle = harness_allocator_create(GetParam().name.c_str(), message, sizeof message);
    ASSERT_NE(handle, nullptr);
    EXPECT_STREQ(message, "");
    FilledBlock block{harness_allocator_allocate(handle, 100, 8), 100, 8, 1};
    ASSERT_NE(block.p, nullptr);
    block.fill();
    EXPECT_EQ(harness_allocator_allocate(handle, 0, 8), nullptr);
    EXPECT_EQ(harness_allocator_reallocate(handle, block.p, 100, SIZE_MAX, 8), nullptr);
    EXPECT_TRUE(block.is_intact());
    block.p = harness_allocator_reallocate(handle, block.p, 100, 5000, 8);
    ASSERT_NE(block.p, nullptr);
    EXPECT_TRUE(block.is_intact());
    harness_allocator_figures figures{};
    if (harness_allocator_get_figures(handle, &figures, sizeof figures) == 1) {
        EXPECT_GE(figures.reserved_bytes, 5000U);
        EXPECT_LE(figures.reserved_bytes, figures.mapped_bytes);
        harness_allocator_figures first_only{};
        harness_allocator_get_figures(handle, &first_only, sizeof first_only.reserved_bytes);
        EXPECT_EQ(first_only.reserved_bytes, figures.reserved_bytes);
        EXPECT_EQ(first_only.mapped_bytes, 0U) << "an older program has no room for it";
    }
    harness_allocator_deallocate(handle, block.p, 5000, 8);
    const auto made = make_allocator(GetParam().name);
    EXPECT_EQ(harness_allocator_reset(handle), made.value()->table().reset != nullptr ? 1 : 0);
    EXPECT_EQ(static_cast<int>(harness_allocator_threading(handle)),
              static_cast<int>(made.value()->table().threading));
    harness_allocator_destroy(handle);
}

TEST(ContainerAllocator, containers_of_all_kinds_take_their_memory_there) {
    Counting<Arena<Page>> arena;
    using Source = Counting<Arena<Page>>;
    {
        std::vector<int, ContainerAllocator<int, Source>> squares(arena);
        for (int i = 0; i < 1000; ++i) squares.push_back(i * i);
        std::list<int, ContainerAllocator<int, Source>> list(squares.begin(), squares.end(), arena);
        std::map<int, int, std::less<>, ContainerAllocator<std::pair<const int, int>, Source>> map(arena);
        for (const int square : list) map[square % 100] = square;
        auto copy = map;
        EXPECT_EQ(copy, map);
        auto moved = std::move(squares);
        EXPECT_EQ(moved[999], 998001);
        EXPECT_GT(arena.figures().allocations, 1000U);
    }
    EXPECT_EQ(arena.figures().allocations, arena.figures().deallocations);
    EXPECT_EQ(arena.figures().requested_bytes, 0U) << "sizes were given back as they were asked for";
}

TEST(ContainerAllocator, throws_when_exhausted_and_leaves_the_container_as_it_was) {
    Fixed<Page> fixed(std::size_t{64} << 10);
    std::vector<int, ContainerAllocator<int, Fixed<Page>>> v(100, 7, fixed);
    EXPECT_THROW(v.reserve(100000), std::bad_alloc);
    EXPECT_EQ(v.size(), 100U);
    EXPECT_EQ(v.back(), 7);
    ContainerAllocator<int, Fixed<Page>> allocator(fixed);
    EXPECT_THROW(static_cast<void>(allocator.allocate(SIZE_MAX / 2)), std::bad_array_new_length);
}

TEST(ContainerAllocator, is_equal_when_it_has_the_same_source) {
    Arena<Page> first;
    Arena<Page> second;
    const ContainerAllocator<int, Arena<Page>> a(first);
    EXPECT_EQ(a, (ContainerAllocator<long, Arena<Page>>(first)));
    EXPECT_NE(a, (ContainerAllocator<int, Arena<Page>>(second)));
    const MemoryResource on_first(first);
    EXPECT_TRUE(on_first.is_equal(MemoryResource(first)));
    EXPECT_FALSE(on_first.is_equal(MemoryResource(second)));
    EXPECT_FALSE(on_first.is_equal(*std::pmr::new_delete_resource()));
}

TEST(MemoryResource, a_shared_allocator_serves_containers_of_many_threads) {
    const auto owner = std::move(make_allocator("thread_local")).value();
    MemoryResource memory(*owner);
    std::vector<std::pmr::map<int, std::pmr::string>> maps;
    for (int i = 0; i < 4; ++i) maps.emplace_back(&memory);
    std::vector<std::thread> threads;
    for (auto& map : maps) threads.emplace_back([&map] { exercise(map); });
    for (std::thread& thread : threads) thread.join();
    // This thread frees what the others made.
    maps.clear();
    EXPECT_EQ(owner->table().figures(owner->table().self).reserved_bytes, 0U);
}

TEST(CInterface, a_bad_spec_gives_a_message_cut_to_its_room) {
    char message[200];
    EXPECT_EQ(harness_allocator_create("arean", message, sizeof message), nullptr);
    EXPECT_STREQ(message, "there is no allocator 'arean'\nhelp: did you mean 'arena'?");
    char small[9];
    EXPECT_EQ(harness_allocator_create("arean", small, sizeof small), nullptr);
    EXPECT_STREQ(small, "there is");
    EXPECT_EQ(harness_allocator_create("arean", nullptr, 0), nullptr);
    EXPECT_EQ(harness_allocator_create(nullptr, message, sizeof message), nullptr);
    EXPECT_STRNE(message, "");
    harness_allocator_destroy(nullptr);
}

TEST(CInterface, the_library_is_of_the_headers_version) {
    EXPECT_EQ(harness_allocators_c_version(), HARNESS_ALLOCATORS_C_VERSION);
}

}  // namespace
}  // namespace harness::allocators
