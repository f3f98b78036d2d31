// The heap of names: simple and composite keys, stable slots, and its error.
#include <gtest/gtest.h>

#include "tests/lang/memory_manager/support.hpp"

namespace harness::lang {
namespace {

struct HeapTest : ::testing::Test {
    Names names;
    Symbols symbols{names};
    lang::testing::FakeFacts facts;
    Heap heap = std::move(Heap::create(names, 1000)).value();

    Symbol symbol(std::string_view text) { return symbols.parse(text).value(); }
};

TEST_F(HeapTest, keeps_simple_and_composite_symbols_apart) {
    EXPECT_EQ(heap.declare(symbol("name"), DefinitionKind::data).value(), 0U);
    EXPECT_EQ(heap.declare(symbol("module.name"), DefinitionKind::data).value(), 1U);
    EXPECT_EQ(heap.set(symbol("name"), Value::integer(1), facts).value(), Value::unbound());
    EXPECT_EQ(heap.set(symbol("module.name"), Value::integer(2), facts).value(), Value::unbound());
    EXPECT_EQ(heap.get(symbol("name")).value(), Value::integer(1));
    EXPECT_EQ(heap.get(symbol("module.name")).value(), Value::integer(2));
    EXPECT_EQ(heap.slots()[1], Value::integer(2));
    EXPECT_FALSE(heap.contains(symbol("module")));
}

TEST_F(HeapTest, never_moves_its_slots) {
    const Value* const before = heap.slots();
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(heap.declare({names.intern("g" + std::to_string(i))}, DefinitionKind::data));
    EXPECT_EQ(heap.slots(), before);
    EXPECT_EQ(heap.size(), 1000U);
    EXPECT_EQ(heap.slots()[999], Value::unbound());
    const MemoryOutcome<std::uint32_t> full = heap.declare(symbol("more"), DefinitionKind::data);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, MemoryErrorKind::heap_invalid_key);
}

TEST_F(HeapTest, returns_the_replaced_value_to_its_caller) {
    ASSERT_TRUE(heap.declare(symbol("x"), DefinitionKind::data));
    EXPECT_EQ(heap.set(symbol("x"), Value::integer(1), facts).value(), Value::unbound());
    EXPECT_EQ(heap.set(symbol("x"), Value::integer(2), facts).value(), Value::integer(1));
}

TEST_F(HeapTest, names_the_nearest_key_when_there_is_none) {
    ASSERT_TRUE(heap.declare(symbol("module.total"), DefinitionKind::data));
    const MemoryOutcome<Value> missing = heap.get(symbol("module.totl"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(error_name(missing.error().kind), "HeapInvalidKeyError");
    EXPECT_EQ(missing.error().message, "'module.totl' is not a key of the heap");
    EXPECT_EQ(missing.error().remedy, "did you mean 'module.total'?");
    EXPECT_EQ(heap.get(symbol("module.total")).error().message, "'module.total' has no value yet");
    EXPECT_FALSE(heap.set(symbol("other"), Value::integer(1), facts));
}

TEST_F(HeapTest, refuses_a_second_definition_of_a_key) {
    ASSERT_TRUE(heap.declare(symbol("x"), DefinitionKind::data));
    EXPECT_EQ(heap.declare(symbol("x"), DefinitionKind::data).error().message,
              "'x' is already defined in the heap");
}

TEST_F(HeapTest, checks_types_on_storage) {
    ASSERT_TRUE(heap.declare(symbol("x"), DefinitionKind::data, Type::u8));
    ASSERT_TRUE(heap.set(symbol("x"), Value::integer(255), facts));
    EXPECT_EQ(heap.set(symbol("x"), Value::integer(256), facts).error().message,
              "256 is out of range for u8 (0 to 255)");
    EXPECT_EQ(heap.get(symbol("x")).value(), Value::integer(255));
}

}  // namespace
}  // namespace harness::lang
