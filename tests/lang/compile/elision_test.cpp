// What the compiler leaves out of a program that is counted: the same program with every count must print the
// same, and execute many more.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "allocators/registry.hpp"
#include "lang/run.hpp"

namespace harness::lang {
namespace {

constexpr const char* lists_of_nodes = R"(
class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right

def make(depth):
    if depth == 0:
        return Node(None, None)
    return Node(make(depth - 1), make(depth - 1))

def wrap(node):
    out = Node(None, None)
    out.left = node
    return out

def count(tree):
    if tree.left is None:
        return 1
    return 1 + count(tree.left) + (0 if tree.right is None else count(tree.right))

kept = []
for i in range(5):
    kept.append(wrap(make(4)))
total = 0
for tree in kept:
    total += count(tree)
print(total)
)";

RunReport report_of(const char* source, bool elide) {
    const auto allocator = std::move(allocators::make_allocator("direct")).value();
    SourceMap sources;
    RunOptions options;
    options.file = "elision.src";
    options.elide_counts = elide;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::tmpfile(), &std::fclose);
    options.out = out.get();
    return run(source, options, *allocator, sources);
}

TEST(elision, a_program_with_all_counts_prints_the_same_and_frees_all) {
    const RunReport elided = report_of(lists_of_nodes, true), whole = report_of(lists_of_nodes, false);
    EXPECT_EQ(elided.status, Status::ok);
    EXPECT_EQ(whole.status, Status::ok);
    EXPECT_EQ(elided.output_xxh3, whole.output_xxh3);
    EXPECT_EQ(elided.output_bytes, whole.output_bytes);
    EXPECT_EQ(elided.heap.payload_bytes_leaked, 0U);
    EXPECT_EQ(whole.heap.payload_bytes_leaked, 0U);
    EXPECT_EQ(elided.heap.allocations, whole.heap.allocations);
    EXPECT_LT(2 * (elided.costs.retains + elided.costs.releases), whole.costs.retains + whole.costs.releases);
}

constexpr const char* constructors = R"(
class Pair:
    def __init__(self, first, second):
        self.first = first
        self.second = second

def make():
    return Pair(Pair(1, 2), [3])

x = make()
print(x.first.second, x.second[0])
)";

TEST(elision, what_a_constructor_is_given_and_stores_is_never_counted_up) {
    EXPECT_EQ(report_of(constructors, true).costs.retains, 0U);
    EXPECT_GT(report_of(constructors, false).costs.retains, 4U);
}

}  // namespace
}  // namespace harness::lang
