// The cycle collector on random graphs: exactly what no root reaches goes; and the set of its candidates.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "lang/vm/candidates.hpp"
#include "tests/lang/idle_machine.hpp"

namespace harness::lang {
namespace {

using Edges = std::vector<std::pair<std::size_t, std::size_t>>;

std::vector<bool> reachable(std::size_t nodes, const Edges& edges, const std::vector<bool>& roots) {
    std::vector<bool> reached = roots;
    for (bool changed = true; changed;) {
        changed = false;
        for (const auto& [from, to] : edges)
            if (reached[from] && !reached[to]) reached[to] = changed = true;
    }
    reached.resize(nodes);
    return reached;
}

TEST(CycleCollector, releases_exactly_what_no_root_reaches) {
    rc::check([] {
        testing::IdleMachine machine("refcount+cycles");
        Interpreter& vm = *machine.vm;
        ASSERT_TRUE(vm.prepare());
        const std::uint64_t before = machine.live();
        const auto nodes = *rc::gen::inRange<std::size_t>(1, 30);
        const Edges edges = *rc::gen::container<Edges>(
            rc::gen::pair(rc::gen::inRange<std::size_t>(0, nodes), rc::gen::inRange<std::size_t>(0, nodes)));
        const auto roots = *rc::gen::container<std::vector<bool>>(nodes, rc::gen::arbitrary<bool>());

        std::vector<Value> lists;
        for (std::size_t i = 0; i < nodes; ++i)
            lists.push_back(vm.heap.new_list(static_cast<std::uint32_t>(edges.size())));
        for (const auto& [from, to] : edges)
            RC_ASSERT(vm.heap.append(lists[from], vm.store(lists[from], lists[to].lent())));
        for (std::size_t i = 0; i < nodes; ++i)
            if (!roots[i]) vm.drop(lists[i]);
        vm.collect_cycles();

        const std::vector<bool> stay = reachable(nodes, edges, roots);
        RC_ASSERT(machine.live() - before ==
                  static_cast<std::uint64_t>(std::count(stay.begin(), stay.end(), true)));
        // What stays is whole, and its counts are those of the graph that stayed.
        for (std::size_t i = 0; i < nodes; ++i) {
            if (!stay[i]) continue;
            const auto held = std::count_if(edges.begin(), edges.end(),
                                            [&](const auto& e) { return e.second == i && stay[e.first]; });
            RC_ASSERT(vm.heap.header(lists[i]).count == held + (roots[i] ? 1 : 0));
        }
        for (std::size_t i = 0; i < nodes; ++i)
            if (roots[i]) vm.drop(lists[i]);
        vm.collect_cycles();
        RC_ASSERT(machine.live() == before);
    });
}

RC_GTEST_PROP(CandidateSet, agrees_with_a_set, (const std::vector<std::uint16_t>& steps)) {
    CandidateSet candidates;
    std::set<std::uint64_t> model;
    const auto check = [&] { RC_ASSERT(candidates.size() == model.size()); };
    for (const std::uint16_t step : steps) {
        // Few different values, so that adding and removing meet.
        const Value v = Value::tagged(Tag::object, 16 * (std::uint64_t{step} / 2 % 64 + 1));
        if (step % 2 == 0) {
            if (model.insert(v.payload()).second) candidates.add(v);
        } else {
            candidates.remove(v);
            model.erase(v.payload());
        }
        check();
    }
    std::set<std::uint64_t> taken;
    for (const Value v : candidates.take()) taken.insert(v.payload());
    RC_ASSERT(taken == model);
    RC_ASSERT(candidates.size() == 0U);
}

TEST(CandidateSet, grows_and_shifts_back_among_thousands) {
    CandidateSet candidates;
    const auto nth = [](std::uint64_t i) { return Value::tagged(Tag::object, 16 * (i + 1)); };
    for (std::uint64_t i = 0; i < 5000; ++i) candidates.add(nth(i));
    for (std::uint64_t i = 0; i < 5000; i += 2) candidates.remove(nth(i));
    EXPECT_EQ(candidates.size(), 2500U);
    std::set<std::uint64_t> left;
    for (const Value v : candidates.take()) left.insert(v.payload());
    for (std::uint64_t i = 0; i < 5000; ++i) EXPECT_EQ(left.contains(nth(i).payload()), i % 2 == 1);
}

}  // namespace
}  // namespace harness::lang
