// The heap of objects: its byte counts against a model, the growth of lists, and the layout of their heads.
#include "lang/memory/object_heap.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "tests/lang/idle_machine.hpp"

namespace harness::lang {
namespace {

using testing::IdleMachine;

struct Sum {
    std::uint64_t allocations = 0, deallocations = 0, payload = 0, header = 0;
};
Sum sum_of(const ObjectHeap& heap) {
    const HeapCounts& c = heap.counts();
    return {c.allocations, c.deallocations, c.payload_live(), c.header_live};
}

class ObjectHeapCounts : public ::testing::TestWithParam<bool> {};

TEST_P(ObjectHeapCounts, agree_with_a_model_over_any_sequence_of_makings_and_endings) {
    rc::check([checked = GetParam()] {
        IdleMachine machine("refcount", checked);
        ObjectHeap& heap = machine.vm->heap;
        const Sum before = sum_of(heap);
        std::vector<std::pair<Value, std::uint64_t>> made;
        std::uint64_t payload = 0, peak = 0, allocations = 0;
        const auto steps = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
        for (const std::uint8_t step : steps) {
            if (step % 4 == 0 && !made.empty()) {
                const std::size_t at = step / 4 % made.size();
                heap.destroy(made[at].first);
                payload -= made[at].second;
                made.erase(made.begin() + static_cast<std::ptrdiff_t>(at));
                continue;
            }
            const std::uint64_t n = step / 4;
            if (step % 4 == 1)
                made.emplace_back(heap.new_string(std::string(n, 'x')), n + 1);
            else if (step % 4 == 2)
                made.emplace_back(heap.new_list(static_cast<std::uint32_t>(n)), 8 + 8 * n);
            else
                made.emplace_back(heap.new_cell(Value::integer(1)), 8);
            payload += made.back().second;
            peak = std::max(peak, payload);
            ++allocations;
            RC_ASSERT(heap.payload_bytes(made.back().first) == made.back().second);
        }
        HeapCounts& counts = heap.counts();
        counts.note_peak();
        RC_ASSERT(counts.payload_live() - before.payload == payload);
        RC_ASSERT(counts.header_live - before.header == 8 * made.size());
        RC_ASSERT(counts.payload_peak == before.payload + peak);
        RC_ASSERT(counts.allocations - before.allocations == allocations);
        RC_ASSERT(counts.deallocations - before.deallocations == allocations - made.size());
        for (const auto& [v, bytes] : made) heap.destroy(v);
        RC_ASSERT(counts.payload_live() == before.payload && counts.header_live == before.header);
    });
}
INSTANTIATE_TEST_SUITE_P(both, ObjectHeapCounts, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "checked" : "unchecked"; });

TEST(ObjectHeap, grows_a_list_from_nothing_to_four_and_then_by_doubling) {
    IdleMachine machine("refcount");
    ObjectHeap& heap = machine.vm->heap;
    const Value list = heap.new_list(0);
    const Sequence* const head = &heap.sequence(list);
    std::vector<std::uint32_t> capacities = {head->capacity()};
    for (int i = 0; i < 33; ++i) {
        ASSERT_TRUE(heap.append(list, Value::integer(i)));
        EXPECT_EQ(&heap.sequence(list), head) << "the head never moves";
        if (head->capacity() != capacities.back()) capacities.push_back(head->capacity());
    }
    EXPECT_EQ(capacities, (std::vector<std::uint32_t>{0, 4, 8, 16, 32, 64}));
    for (int i = 0; i < 33; ++i) EXPECT_EQ(head->elements()[i], Value::integer(i));
    EXPECT_EQ(head->first_capacity(), 0U);
    EXPECT_EQ(heap.payload_bytes(list), Sequence::bytes(0) + Sequence::bytes(64));
    const std::uint64_t live = machine.live();
    heap.destroy(list);
    EXPECT_EQ(machine.live(), live - 2) << "the head and the outer block";
}

TEST(ObjectHeap, remembers_the_size_of_a_first_block_that_14_bits_cannot_hold) {
    IdleMachine machine("refcount");
    ObjectHeap& heap = machine.vm->heap;
    for (const std::uint32_t capacity : {0x3FFEU, 0x3FFFU, 0x4000U, 100'000U}) {
        const std::uint64_t before = heap.counts().payload_live();
        const Value list = heap.new_list(capacity);
        for (std::uint32_t i = 0; i <= capacity; ++i) ASSERT_TRUE(heap.append(list, Value::integer(i)));
        EXPECT_TRUE(heap.sequence(list).grown());
        EXPECT_EQ(heap.sequence(list).first_capacity(), capacity);
        EXPECT_EQ(heap.sequence(list).elements()[0], Value::integer(0));
        heap.destroy(list);
        EXPECT_EQ(heap.counts().payload_live(), before);
    }
}

TEST(ObjectHeap, tags_tuples_by_what_they_hold) {
    IdleMachine machine("refcount");
    ObjectHeap& heap = machine.vm->heap;
    const Value list = heap.new_list(0);
    const Value numbers[] = {Value::integer(1), Value::none()};
    const Value frozen = heap.new_tuple(numbers, 2);
    const Value mutable_ = heap.new_tuple(&list, 1);
    EXPECT_TRUE(frozen.is_counted());
    EXPECT_TRUE(mutable_.is_sequence());
    EXPECT_EQ(heap.class_id(frozen), ClassId::tuple);
    EXPECT_EQ(heap.class_id(mutable_), ClassId::tuple);
    EXPECT_EQ(heap.class_id(list), ClassId::list);
    EXPECT_TRUE(heap.sequence(mutable_).is_tuple());
    EXPECT_FALSE(heap.sequence(list).is_tuple());
    for (const Value v : {frozen, mutable_, list}) heap.destroy(v);
}

TEST(ObjectHeap, keeps_constants_out_of_the_counts_and_makes_each_once) {
    IdleMachine machine("refcount");
    ObjectHeap& heap = machine.vm->heap;
    const std::uint64_t allocations = heap.counts().allocations;
    const Value a = heap.constant_string("a constant");
    EXPECT_EQ(heap.constant_string("a constant"), a);
    EXPECT_EQ(heap.text(a), "a constant");
    EXPECT_NE(heap.constant_string("another"), a);
    EXPECT_EQ(heap.counts().allocations, allocations);
    EXPECT_GE(heap.string_header(a).count, immortal_count);
}

TEST(ObjectHeap, recognises_what_it_destroyed_in_checked_runs) {
    IdleMachine machine("refcount", true);
    ObjectHeap& heap = machine.vm->heap;
    const Value v = heap.new_dict();
    EXPECT_TRUE(heap.live(v));
    heap.destroy(v);
    EXPECT_FALSE(heap.live(v));
}

}  // namespace
}  // namespace harness::lang
