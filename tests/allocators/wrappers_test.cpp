// What the wrappers claim: exact counts, failures exactly where asked, every defective free found.
// Whether they keep the common contract is tested with all other allocators.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "allocators/checked.hpp"
#include "allocators/counting.hpp"
#include "allocators/failing.hpp"
#include "tests/allocators/subjects.hpp"

namespace harness::allocators {
namespace {

class RecordingSink final : public DefectSink {
  public:
    void report(const Defect& defect) noexcept override { defects.push_back(defect); }
    std::vector<Defect> defects;
};

TEST(Counting, counts_calls_and_requested_bytes_exactly) {
    Counting<Direct> counting;
    void* p = counting.allocate(41);
    void* q = counting.allocate(100);
    EXPECT_EQ(counting.allocate(0), nullptr);
    p = counting.reallocate(p, 41, 50, 8);
    counting.deallocate(q, 100, 8);
    const Figures f = counting.figures();
    EXPECT_EQ(f.allocations, 2U);
    EXPECT_EQ(f.deallocations, 1U);
    EXPECT_EQ(f.refusals, 1U);
    EXPECT_EQ(f.requested_bytes, 50U);
    EXPECT_EQ(f.requested_bytes_peak, 150U);
    EXPECT_EQ(f.requested_bytes_total, 150U);
    EXPECT_GE(f.reserved_bytes, 58U) << "the wrapped allocator's figures come along";
    counting.deallocate(p, 50, 8);
}

TEST(Counting, follows_marks_and_resets) {
    Counting<Arena<Page>> counting;
    static_cast<void>(counting.allocate(10));
    const Mark outer = counting.mark();
    static_cast<void>(counting.allocate(20));
    const Mark inner = counting.mark();
    static_cast<void>(counting.allocate(30));
    counting.release(inner);
    EXPECT_EQ(counting.figures().requested_bytes, 30U);
    counting.release(outer);
    EXPECT_EQ(counting.figures().requested_bytes, 10U);
    counting.reset();
    EXPECT_EQ(counting.figures().requested_bytes, 0U);
    EXPECT_EQ(counting.figures().requested_bytes_peak, 60U);
}

TEST(Failing, the_nth_allocation_fails_once) {
    Failing<Arena<Page>> failing(3, 1);
    for (int call = 1; call <= 6; ++call) EXPECT_EQ(failing.allocate(8) == nullptr, call == 3) << call;
}

TEST(Failing, times_zero_is_for_good_and_nth_zero_is_never) {
    Failing<Arena<Page>> for_good(3, 0);
    for (int call = 1; call <= 6; ++call) EXPECT_EQ(for_good.allocate(8) == nullptr, call >= 3) << call;
    Failing<Arena<Page>> never(0, 0);
    for (int call = 1; call <= 6; ++call) EXPECT_NE(never.allocate(8), nullptr);
}

TEST(Failing, growth_counts_and_a_failed_one_leaves_the_block) {
    Failing<Arena<Page>> failing(2, 2);
    auto* p = static_cast<int*>(failing.allocate(sizeof(int)));
    *p = 42;
    EXPECT_FALSE(failing.resize(p, sizeof(int), 64, 8));
    EXPECT_EQ(failing.reallocate(p, sizeof(int), 64, 8), nullptr);
    EXPECT_EQ(*p, 42);
    EXPECT_TRUE(failing.resize(p, sizeof(int), 64, 8));
    EXPECT_EQ(failing.calls(), 4U);
}

TEST(Checked, a_correct_program_has_no_defects) {
    RecordingSink sink;
    Checked<Direct> checked(sink);
    void* p = checked.allocate(48, 64);
    p = checked.reallocate(p, 48, 5000, 64);
    checked.deallocate(p, 5000, 64);
    EXPECT_TRUE(sink.defects.empty());
    EXPECT_EQ(checked.live_blocks(), 0U);
}

TEST(Checked, finds_a_double_free_with_the_size_of_the_block) {
    RecordingSink sink;
    Checked<Direct> checked(sink);
    void* p = checked.allocate(48);
    checked.deallocate(p, 48, 8);
    checked.deallocate(p, 48, 8);
    ASSERT_EQ(sink.defects.size(), 1U);
    EXPECT_EQ(sink.defects[0].kind, DefectKind::double_free);
    EXPECT_EQ(sink.defects[0].p, p);
    EXPECT_EQ(sink.defects[0].n_allocated, 48U);
    EXPECT_NE(describe(sink.defects[0]).find("48 bytes"), std::string::npos);
}

TEST(Checked, finds_a_free_of_what_is_no_block) {
    RecordingSink sink;
    Checked<Page> checked(sink);
    int local = 0;
    auto* p = static_cast<std::byte*>(checked.allocate(48));
    checked.deallocate(&local, 4, 8);
    checked.deallocate(p + 8, 40, 8);
    EXPECT_EQ(checked.reallocate(&local, 4, 8, 8), nullptr);
    ASSERT_EQ(sink.defects.size(), 3U);
    for (const Defect& defect : sink.defects) EXPECT_EQ(defect.kind, DefectKind::invalid_free);
    checked.deallocate(p, 48, 8);
    EXPECT_EQ(sink.defects.size(), 3U);
}

TEST(Checked, finds_a_wrong_size_or_alignment_and_frees_with_the_right_one) {
    RecordingSink sink;
    Checked<Counting<Direct>> checked(sink);
    checked.deallocate(checked.allocate(48), 40, 8);
    checked.deallocate(checked.allocate(48, 64), 48, 8);
    ASSERT_EQ(sink.defects.size(), 2U);
    EXPECT_EQ(sink.defects[0].kind, DefectKind::wrong_size);
    EXPECT_EQ(sink.defects[0].n_allocated, 48U);
    EXPECT_EQ(sink.defects[1].kind, DefectKind::wrong_align);
    EXPECT_EQ(sink.defects[1].align_allocated, 64U);
    EXPECT_EQ(checked.figures().requested_bytes, 0U);
}

TEST(Checked, a_block_ended_in_bulk_is_no_longer_one) {
    RecordingSink sink;
    Checked<Arena<Page>> checked(sink);
    void* before = checked.allocate(48);
    const Mark mark = checked.mark();
    void* after = checked.allocate(48);
    checked.release(mark);
    checked.deallocate(after, 48, 8);
    ASSERT_EQ(sink.defects.size(), 1U);
    EXPECT_EQ(sink.defects[0].kind, DefectKind::double_free);
    checked.deallocate(before, 48, 8);
    EXPECT_EQ(sink.defects.size(), 1U);
    static_cast<void>(checked.allocate(48));
    checked.reset();
    EXPECT_EQ(checked.live_blocks(), 0U);
}

TEST(Checked, the_sink_handed_to_the_registry_hears_of_it) {
    RecordingSink sink;
    const auto made = std::move(make_allocator("counting(checked(arena))", sink)).value();
    const AllocatorTable& t = made->table();
    int local = 0;
    t.deallocate(t.self, &local, 4, 8);
    EXPECT_EQ(sink.defects.size(), 1U);
}

}  // namespace
}  // namespace harness::allocators
