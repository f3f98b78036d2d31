// Dicts against a model, with keys that share their slots; and the size of their tables.
#include "lang/builtins/dict.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tests/lang/idle_machine.hpp"

namespace harness::lang {
namespace {

/// In the order of insertion, as Python keeps it.
using Model = std::vector<std::pair<std::int64_t, std::int64_t>>;

auto find(Model& model, std::int64_t key) {
    return std::find_if(model.begin(), model.end(), [key](const auto& entry) { return entry.first == key; });
}

/// Keys whose hashes begin at one of the first two slots of any table of up to 64 slots.
std::vector<std::int64_t> colliding_keys(std::size_t count) {
    std::vector<std::int64_t> keys;
    for (std::int64_t i = 0; keys.size() < count; ++i)
        if ((hash_integer(i) & 63) < 2) keys.push_back(i);
    return keys;
}

Model entries_of(const Dict& dict) {
    Model all;
    for (std::uint32_t i = 0; i < dict.used; ++i)
        if (dict.entries[i].key != Value::absent())
            all.emplace_back(dict.entries[i].key.as_int(), dict.entries[i].value.as_int());
    return all;
}

void agrees_with_a_model(const std::vector<std::int64_t>& keys) {
    testing::IdleMachine machine("refcount");
    Interpreter& vm = *machine.vm;
    const Value dict = vm.heap.new_dict();
    Model model;
    const auto steps = *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::arbitrary<std::uint16_t>());
    for (const std::uint16_t step : steps) {
        const std::int64_t key = keys[step / 4 % keys.size()];
        const auto known = find(model, key);
        if (step % 4 == 0) {
            Value taken = Value::none();
            RC_ASSERT(dict_remove(vm, dict, Value::integer(key), taken));
            RC_ASSERT(taken == (known == model.end() ? Value::absent() : Value::integer(known->second)));
            if (known != model.end()) model.erase(known);
        } else {
            RC_ASSERT(dict_set(vm, dict, Value::integer(key), Value::integer(step)));
            if (known == model.end())
                model.emplace_back(key, step);
            else
                known->second = step;
        }
        const Dict& now = vm.heap.payload<Dict>(dict);
        RC_ASSERT(now.live == model.size());
        RC_ASSERT(now.used <= now.capacity());
    }
    const Dict& after = vm.heap.payload<Dict>(dict);
    RC_ASSERT(entries_of(after) == model);
    for (const std::int64_t key : keys) {
        const Value* const found = dict_find_int(vm.heap, after, key);
        const auto known = find(model, key);
        RC_ASSERT((found == nullptr) == (known == model.end()));
        if (found != nullptr) RC_ASSERT(found->as_int() == known->second);
    }
    vm.drop(dict);
}

RC_GTEST_PROP(DictModel, agrees_when_keys_collide, ()) { agrees_with_a_model(colliding_keys(24)); }

RC_GTEST_PROP(DictModel, agrees_for_any_keys, ()) {
    agrees_with_a_model(*rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return i >> 16; }))));
}

TEST(DictTable, has_none_while_it_is_empty_and_doubles) {
    testing::IdleMachine machine("refcount");
    Interpreter& vm = *machine.vm;
    const Value dict = vm.heap.new_dict();
    const Dict& now = vm.heap.payload<Dict>(dict);
    EXPECT_EQ(now.table(), nullptr);
    EXPECT_EQ(now.table_bytes(), 0U);
    std::uint64_t slots = 0;
    for (std::int64_t i = 0; i < 1000; ++i) {
        ASSERT_TRUE(dict_set(vm, dict, Value::integer(i), Value::none()));
        if (now.slot_count() != slots) {
            EXPECT_TRUE(slots == 0 || now.slot_count() == 2 * slots) << slots << " to " << now.slot_count();
            slots = now.slot_count();
        }
        EXPECT_LE(now.used, now.capacity());
    }
    EXPECT_EQ(vm.heap.payload_bytes(dict), sizeof(Dict) + Dict::bytes(slots));
    vm.drop(dict);
}

TEST(DictTable, stays_small_when_entries_come_and_go) {
    testing::IdleMachine machine("refcount");
    Interpreter& vm = *machine.vm;
    const Value dict = vm.heap.new_dict();
    for (std::int64_t i = 0; i < 10'000; ++i) {
        ASSERT_TRUE(dict_set(vm, dict, Value::integer(i), Value::none()));
        Value taken = Value::none();
        if (i < 4) continue;
        ASSERT_TRUE(dict_remove(vm, dict, Value::integer(i - 4), taken));
    }
    EXPECT_EQ(vm.heap.payload<Dict>(dict).live, 4U);
    EXPECT_LE(vm.heap.payload<Dict>(dict).slot_count(), 32U);
    vm.drop(dict);
}

TEST(DictKeys, of_equal_numbers_are_one_and_versions_tell_of_changes) {
    testing::IdleMachine machine("refcount");
    Interpreter& vm = *machine.vm;
    const Value dict = vm.heap.new_dict();
    ASSERT_TRUE(dict_set(vm, dict, Value::integer(1), Value::integer(10)));
    const std::uint32_t version = vm.heap.payload<Dict>(dict).version;
    ASSERT_TRUE(dict_set(vm, dict, Value::floating(1.0), Value::integer(11)));
    ASSERT_TRUE(dict_set(vm, dict, Value::true_(), Value::integer(12)));
    EXPECT_EQ(vm.heap.payload<Dict>(dict).live, 1U);
    EXPECT_EQ(vm.heap.payload<Dict>(dict).version, version) << "no key came or went";
    Value found = Value::none();
    ASSERT_TRUE(dict_lookup(vm, dict, Value::integer(1), found));
    EXPECT_EQ(found, Value::integer(12));
    ASSERT_TRUE(dict_set(vm, dict, Value::none(), Value::none()));
    EXPECT_NE(vm.heap.payload<Dict>(dict).version, version);
    vm.drop(dict);
}

}  // namespace
}  // namespace harness::lang
