// The instructions of small programs: what the compiler saves, which no output of a program shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lang/compile/compiler.hpp"
#include "lang/syntax/parser.hpp"
#include "tests/lang/idle_machine.hpp"

namespace harness::lang {
namespace {

constexpr std::string_view op_names[] = {
#define OP(name, words, instances, text) #name,
#include "lang/bytecode/opcodes.def"
#undef OP
};

/// The opcodes of the function of that name, from its first instruction on.
std::vector<std::string_view> opcodes(std::string source, std::string_view function,
                                      std::string_view lifetime = "refcount") {
    testing::IdleMachine machine(lifetime);
    Interpreter& vm = *machine.vm;
    std::vector<Diagnostic> errors;
    const std::uint32_t base = machine.sources.add("test.src", std::move(source));
    const Module module = parse(machine.sources, base, vm.names, errors);
    ProgramFacts facts;
    CompileContext context{
        .program = vm.program,
        .names = vm.names,
        .lifetime = vm.lifetime,
        .errors = errors,
        .facts = facts,
        .builtins = vm.builtins_,
        .none_class = vm.class_of(Value::none()),
        .checked = false,
        .elide_counts = true,
        .constant_string = [&](std::string_view text) { return vm.heap.constant_string(text); },
        .import_module = [](NameId, Span) { return std::nullopt; }};
    if (errors.empty()) compile_module(context, module.body, "__main__", {base, base + 1});
    EXPECT_TRUE(errors.empty()) << (errors.empty() ? "" : errors[0].message);
    std::vector<std::string_view> out;
    for (const auto& f : vm.program.functions) {
        if (f->name != function) continue;
        for (auto at = static_cast<std::size_t>(f->entry - f->code.data()); at < f->code.size();) {
            const auto op = static_cast<std::size_t>(op_at(&f->code[at]));
            out.push_back(op_names[op]);
            at += op_words[op];
        }
    }
    EXPECT_FALSE(out.empty()) << "no function " << function;
    return out;
}

using Ops = std::vector<std::string_view>;

bool has(const Ops& ops, std::string_view op) { return std::find(ops.begin(), ops.end(), op) != ops.end(); }

/// What makes, moves or ends a reference at run time.
bool counts_anything(const Ops& ops) {
    return std::any_of(ops.begin(), ops.end(), [](std::string_view op) {
        return op == "share" || op == "share_name" || op.starts_with("drop") || op.starts_with("discard") ||
               op.starts_with("assign_") || op.ends_with("_share") || op.ends_with("_take");
    });
}

TEST(Instructions, of_a_sum_into_a_name_are_one) {
    const Ops ops = opcodes("def f(a, b):\n    x = a + b\n    return x\n", "f", "leak");
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "add"), 1);
    EXPECT_FALSE(has(ops, "move"));
    EXPECT_EQ((Ops{ops[0], ops[1]}), (Ops{"add", "return_"}));
}

TEST(Instructions, with_a_number_take_it_from_the_constants) {
    const Ops ops = opcodes("def f(a):\n    return a * 3 - 1\n", "f", "leak");
    EXPECT_EQ((Ops{ops[0], ops[1], ops[2]}), (Ops{"multiply_constant", "subtract_constant", "return_"}));
}

TEST(Instructions, of_a_condition_compare_and_branch_at_once) {
    const Ops ops = opcodes("def f(a, b):\n    if a < b:\n        return 1\n    return 2\n", "f");
    EXPECT_EQ(ops[0], "jump_not_less");
    EXPECT_FALSE(has(ops, "less") || has(ops, "jump_if_false"));
}

TEST(Instructions, of_a_counted_loop_make_no_range) {
    const Ops ops =
        opcodes("def f(n):\n    t = 0\n    for i in range(n):\n        t = t + i\n    return t\n", "f");
    EXPECT_TRUE(has(ops, "range_begin") && has(ops, "range_next"));
    EXPECT_FALSE(has(ops, "loop_begin") || has(ops, "call_native"));
}

TEST(Instructions, of_a_loop_over_numbers_count_nothing_under_refcount) {
    const Ops ops = opcodes(
        "def f(n):\n    t = 0\n    for i in range(n):\n        if i % 3 == 0:\n            t = t + i * 2\n"
        "    return t\n",
        "f");
    EXPECT_FALSE(counts_anything(ops));
}

TEST(Instructions, of_a_loop_that_reads_a_list_and_its_length_count_nothing_but_the_element) {
    const Ops ops = opcodes(
        "def f(xs):\n    t = 0\n    for i in range(len(xs)):\n        t = t + len(xs)\n    return t\n", "f");
    EXPECT_FALSE(counts_anything(ops));
}

TEST(Instructions, count_where_a_second_name_is_given) {
    EXPECT_TRUE(counts_anything(opcodes("def f(xs):\n    ys = xs\n    return 0\n", "f")));
    EXPECT_FALSE(counts_anything(opcodes("def f(xs):\n    ys = xs\n    return 0\n", "f", "leak")));
}

TEST(Instructions, mark_regions_under_arena_only) {
    const std::string source = "def f():\n    region:\n        x = [1]\n    return 0\n";
    EXPECT_TRUE(has(opcodes(source, "f", "arena"), "region_enter"));
    EXPECT_FALSE(has(opcodes(source, "f", "refcount"), "region_enter"));
}

TEST(Instructions, call_a_global_function_without_loading_it) {
    const Ops ops = opcodes("def g(a):\n    return a\n\ndef f(a):\n    return g(a)\n", "f", "leak");
    EXPECT_TRUE(has(ops, "call_global"));
    EXPECT_FALSE(has(ops, "get_global"));
}

TEST(Instructions, register_a_function_where_it_is_defined) {
    const Ops ops = opcodes("def f():\n    def g():\n        return 1\n    return g()\n\nf()\n", "<main>");
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "register_function"), 1);
    EXPECT_FALSE(
        has(opcodes("def f():\n    def g():\n        return 1\n    return g()\n", "f"), "register_function"));
}

}  // namespace
}  // namespace harness::lang
