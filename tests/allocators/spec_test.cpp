// The specs that users type: what they mean, and what a slip of the finger is answered with.
// The registry's list is tested here too, for a spec is its other half.
#include "allocators/spec.hpp"

#include <gtest/gtest.h>

#include <set>

#include "allocators/registry.hpp"

namespace harness::allocators {
namespace {

Failure failure_of(std::string_view spec) {
    const auto made = make_allocator(spec);
    EXPECT_FALSE(made.ok()) << spec;
    return made.ok() ? Failure{} : made.failure();
}

TEST(Quantity, suffixes_are_powers_of_1024) {
    EXPECT_EQ(parse_quantity("0").value(), 0U);
    EXPECT_EQ(parse_quantity("17").value(), 17U);
    EXPECT_EQ(parse_quantity("64K").value(), 65536U);
    EXPECT_EQ(parse_quantity("1M").value(), 1048576U);
    EXPECT_EQ(parse_quantity("3g").value(), std::uint64_t{3} << 30);
}

TEST(Quantity, rejects_what_is_no_number_or_too_large) {
    for (const char* text :
         {"", "K", "-1", "1.5K", "64KB", "1 K", "0x10", "200000G", "99999999999999999999"}) {
        EXPECT_FALSE(parse_quantity(text).ok()) << text;
    }
}

TEST(Quantity, text_is_read_back_as_the_same_number) {
    for (const std::uint64_t n : {0ULL, 1ULL, 1023ULL, 1024ULL, 65536ULL, 1536ULL, 1ULL << 30, 1ULL << 40}) {
        EXPECT_EQ(parse_quantity(quantity_text(n)).value(), n) << quantity_text(n);
    }
    EXPECT_EQ(quantity_text(65536), "64K");
}

TEST(Spec, parts_are_outermost_first_with_their_arguments) {
    const auto parts = parse_spec(" pool( 32 , 1M ) / arena/page").value();
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[0].name, "pool");
    EXPECT_EQ(parts[0].arguments, (std::vector<std::string_view>{"32", "1M"}));
    EXPECT_EQ(parts[1].name, "arena");
    EXPECT_EQ(parts[2].name, "page");
}

TEST(Spec, separators_inside_parentheses_belong_to_the_argument) {
    const auto parts = parse_spec("failing(pool(32,1M)/arena, 17)").value();
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].arguments, (std::vector<std::string_view>{"pool(32,1M)/arena", "17"}));
}

TEST(Spec, a_failure_shows_the_whole_spec_with_carets_under_the_wrong_part) {
    EXPECT_EQ(failure_of("pool(32,1M)/arean/page").excerpt,
              "    pool(32,1M)/arean/page\n"
              "                ^^^^^");
    EXPECT_EQ(failure_of("counting(locked(fixed(0)))").excerpt,
              "    counting(locked(fixed(0)))\n"
              "                          ^");
    EXPECT_EQ(failure_of("arena/").excerpt,
              "    arena/\n"
              "          ^");
    // A letter of two bytes takes one column.
    EXPECT_EQ(failure_of("fixed(\xC3\xBC)/page").excerpt,
              "    fixed(\xC3\xBC)/page\n"
              "          ^");
    EXPECT_EQ(failure_of(std::string(300, 'x')).excerpt, "");
}

TEST(Spec, nothing_is_made_of_zero_bytes) {
    for (const char* spec : {"arena(0)", "stack(0)", "fixed(0)", "pool(0)", "pool(64,0)"}) {
        EXPECT_NE(failure_of(spec).message.find("0 leaves nothing"), std::string::npos) << spec;
    }
    EXPECT_TRUE(make_allocator("failing(direct,0,0)").ok());
}

TEST(Spec, malformed_text_is_a_failure_with_a_remedy) {
    for (const char* spec : {"", "/", "arena/", "/page", "arena(", "arena)", "arena)(", "arena()x", "a b",
                             "(1)", "arena(1)(2)", "arena,page", "counting(arena", "counting((arena))"}) {
        const Failure failure = failure_of(spec);
        EXPECT_FALSE(failure.message.empty()) << spec;
        EXPECT_FALSE(failure.remedy.empty()) << spec;
    }
}

TEST(Registry, a_misspelt_name_gets_the_nearest_one_suggested) {
    EXPECT_EQ(failure_of("arean").remedy, "did you mean 'arena'?");
    EXPECT_EQ(failure_of("pol(32)").remedy, "did you mean 'pool'?");
    EXPECT_EQ(failure_of("jemaloc").remedy, "did you mean 'jemalloc'?");
    EXPECT_EQ(failure_of("counting(stak)").remedy, "did you mean 'stack'?");
    EXPECT_NE(failure_of("something_else").remedy.find("choose one of page, arena"), std::string::npos);
}

TEST(Registry, numbers_are_checked_against_the_parameters) {
    EXPECT_NE(failure_of("pool(32,1M,3)").message.find("at most 2"), std::string::npos);
    EXPECT_NE(failure_of("pool(x)").message.find("slot_bytes"), std::string::npos);
    EXPECT_NE(failure_of("direct(1)").message.find("at most 0"), std::string::npos);
    EXPECT_FALSE(failure_of("fixed(0)").remedy.empty());
    EXPECT_FALSE(failure_of("pool(64,0)").remedy.empty());
    EXPECT_FALSE(failure_of("fixed(1M)/fixed(64K)").remedy.empty());
}

TEST(Registry, only_what_stands_over_a_parent_takes_one) {
    EXPECT_NE(failure_of("page/arena").message.find("takes no parent"), std::string::npos);
    EXPECT_NE(failure_of("counting(arena)/page").remedy.find("parentheses"), std::string::npos);
    EXPECT_NE(failure_of("counting").message.find("needs an allocator"), std::string::npos);
}

TEST(Registry, numbers_reach_the_allocator) {
    const auto fixed = std::move(make_allocator("fixed(64K)")).value();
    EXPECT_EQ(fixed->table().figures(fixed->table().self).mapped_bytes, 65536U);
    const auto failing = std::move(make_allocator("failing(direct,2,1)")).value();
    const AllocatorTable& t = failing->table();
    void* first = t.allocate(t.self, 8, 8);
    EXPECT_NE(first, nullptr);
    EXPECT_EQ(t.allocate(t.self, 8, 8), nullptr);
    t.deallocate(t.self, first, 8, 8);
}

TEST(Registry, a_parent_in_the_spec_is_where_the_memory_comes_from) {
    const auto made = std::move(make_allocator("arena(1K)/fixed(64K)")).value();
    const AllocatorTable& t = made->table();
    EXPECT_EQ(t.allocate(t.self, 70000, 8), nullptr);
    EXPECT_NE(t.allocate(t.self, 20000, 8), nullptr);
    EXPECT_EQ(t.figures(t.self).mapped_bytes, 65536U);
}

TEST(Registry, finds_overlapping_blocks_wherever_they_are_named) {
    for (const char* spec : {"null", "null(64K)", "counting(null)", "locked(failing(null,3))"})
        EXPECT_TRUE(has_overlapping_blocks(spec)) << spec;
    for (const char* spec : {"arena", "counting(arena)", "pool(32,1M)/arena/page", "nul", "null(", ""})
        EXPECT_FALSE(has_overlapping_blocks(spec)) << spec;
}

TEST(Registry, lists_each_allocator_once_with_a_spec_that_makes_it) {
    std::set<std::string> names;
    for (const AllocatorInfo& info : list_allocators()) {
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        EXPECT_FALSE(info.summary.empty()) << info.name;
        if (info.kind == AllocatorKind::peer && !peer_version(info.name).ok()) continue;
        const auto made = make_allocator(info.default_spec);
        ASSERT_TRUE(made.ok()) << info.default_spec << ": " << made.failure().message;
        EXPECT_EQ(made.value()->name(), info.name);
    }
    for (const char* name :
         {"page", "arena", "fixed", "direct", "pool", "stack", "thread_local", "null", "jemalloc", "mimalloc",
          "tcmalloc", "counting", "failing", "checked", "locked"}) {
        EXPECT_EQ(names.count(name), 1U) << name;
    }
}

}  // namespace
}  // namespace harness::allocators
