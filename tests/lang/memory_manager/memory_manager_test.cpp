// The coordinator: look-up chain, declaration and assignment, calls, functions, frames by index, life cycle.
#include <gtest/gtest.h>

#include "tests/lang/memory_manager/support.hpp"

namespace harness::lang {
namespace {

using testing::string_of;
using testing::World;

struct MemoryManagerTest : ::testing::Test {
    World world;
    MemoryManager& memory = *world.manager;

    void SetUp() override { ASSERT_TRUE(memory.initialise(*world.main)); }
    Symbol symbol(std::string_view text) { return world.symbol(text); }
    const Function* function(std::string_view name, std::uint16_t parameters,
                             std::vector<std::string_view> slots, ScopeKind kind = ScopeKind::function,
                             const Function* parent = nullptr) {
        return world.function(name, parameters, std::move(slots), kind,
                              parent == nullptr ? world.main : parent);
    }
    Value get(std::string_view name) {
        const MemoryOutcome<Value> got = memory.get_var(symbol(name));
        return got ? got.value() : Value::failed();
    }
    void declare(std::string_view name, std::int64_t value, Type type = Type::any) {
        ASSERT_TRUE(memory.declare_var(symbol(name), type, Value::integer(value)));
    }
    static void ignore(Value) {}
};

TEST_F(MemoryManagerTest, looks_in_the_current_frame_then_its_parents_then_the_heap) {
    declare("a", 1);
    declare("b", 1);
    declare("c", 1);
    const Function* const outer = function("outer", 0, {"b", "c"});
    const Function* const block = function("block", 0, {"c"}, ScopeKind::block, outer);
    ASSERT_TRUE(memory.enter(*outer));
    declare("b", 2);
    declare("c", 2);
    ASSERT_TRUE(memory.enter(*block));
    declare("c", 3);
    EXPECT_EQ(get("a"), Value::integer(1));
    EXPECT_EQ(get("b"), Value::integer(2));
    EXPECT_EQ(get("c"), Value::integer(3));
    memory.leave(ignore);
    EXPECT_EQ(get("c"), Value::integer(2));
    memory.leave(ignore);
    EXPECT_EQ(get("c"), Value::integer(1));
}

TEST_F(MemoryManagerTest, does_not_look_in_the_caller_of_a_function) {
    const Function* const caller = function("caller", 0, {"x"});
    const Function* const callee = function("callee", 0, {});
    ASSERT_TRUE(memory.enter(*caller));
    declare("x", 1);
    ASSERT_TRUE(memory.enter(*callee));
    EXPECT_EQ(memory.get_var(symbol("x")).error().kind, MemoryErrorKind::name);
}

TEST_F(MemoryManagerTest, finds_the_enclosing_scope_of_a_closure_below_other_frames) {
    const Function* const outer = function("outer", 0, {"x"});
    const Function* const between = function("between", 0, {"x"});
    const Function* const closure = function("closure", 0, {}, ScopeKind::closure, outer);
    const Frame* const home = memory.enter(*outer).value();
    declare("x", 1);
    ASSERT_TRUE(memory.enter(*between));
    declare("x", 2);
    const Frame* const frame = memory.enter(*closure).value();
    EXPECT_EQ(memory.scope_parent(frame), home);
    EXPECT_EQ(memory.stack().parent(frame), memory.stack().at(2));
    EXPECT_EQ(get("x"), Value::integer(1));
}

TEST_F(MemoryManagerTest, goes_on_to_the_main_frame_when_an_enclosing_call_is_over) {
    const Function* const outer = function("outer", 0, {"x"});
    const Function* const closure = function("closure", 0, {}, ScopeKind::closure, outer);
    const Frame* const frame = memory.enter(*closure).value();
    EXPECT_EQ(memory.scope_parent(frame), memory.stack().at(0));
}

TEST_F(MemoryManagerTest, names_the_nearest_name_when_there_is_none) {
    declare("total", 1);
    ASSERT_TRUE(memory.enter(*function("f", 0, {"counter"})));
    const MemoryOutcome<Value> missing = memory.get_var(symbol("totl"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(error_name(missing.error().kind), "NameError");
    EXPECT_EQ(missing.error().message, "name 'totl' is not defined");
    EXPECT_EQ(missing.error().remedy, "did you mean 'total'?");
    EXPECT_EQ(memory.assign_var(symbol("countr"), Value::none()).error().remedy, "did you mean 'counter'?");
    EXPECT_EQ(memory.get_var(symbol("zzzzzz")).error().remedy, "");
}

TEST_F(MemoryManagerTest, tells_a_local_without_a_value_from_a_name_that_is_not_there) {
    ASSERT_TRUE(memory.enter(*function("f", 0, {"x"})));
    const MemoryOutcome<Value> got = memory.get_var(symbol("x"));
    ASSERT_FALSE(got);
    EXPECT_EQ(error_name(got.error().kind), "UnboundLocalError");
    EXPECT_EQ(got.error().message,
              "cannot access local variable 'x' where it is not associated with a value");
}

TEST_F(MemoryManagerTest, gives_every_call_its_own_variables) {
    const Function* const f = function("f", 1, {"n", "x"});
    const Value one[] = {Value::integer(1)};
    const Value two[] = {Value::integer(2)};
    ASSERT_TRUE(memory.enter(*f, one));
    declare("x", 10);
    ASSERT_TRUE(memory.enter(*f, two));
    EXPECT_EQ(get("n"), Value::integer(2));
    declare("x", 20);
    memory.leave(ignore);
    EXPECT_EQ(get("n"), Value::integer(1));
    EXPECT_EQ(get("x"), Value::integer(10));
}

TEST_F(MemoryManagerTest, refuses_a_second_declaration_in_the_same_scope) {
    declare("g", 1);
    EXPECT_EQ(memory.declare_var(symbol("g"), Type::any, Value::none()).error().message,
              "name 'g' is already declared in this scope");
    ASSERT_TRUE(memory.enter(*function("f", 0, {"x"})));
    declare("x", 1);
    EXPECT_FALSE(memory.declare_var(symbol("x"), Type::any, Value::none()));
    EXPECT_EQ(get("x"), Value::integer(1));
}

TEST_F(MemoryManagerTest, declares_new_names_while_the_frame_has_slots) {
    ASSERT_TRUE(memory.enter(*world.function("f", 0, {"a"}, ScopeKind::function, world.main, 2)));
    declare("b", 2);
    EXPECT_EQ(get("b"), Value::integer(2));
    EXPECT_EQ(memory.declare_var(symbol("c"), Type::any, Value::none()).error().message,
              "the frame has no slot left for the name 'c'");
    EXPECT_FALSE(memory.heap().contains(symbol("c")));
}

TEST_F(MemoryManagerTest, puts_composite_symbols_into_the_heap_from_anywhere) {
    ASSERT_TRUE(memory.enter(*function("f", 0, {})));
    declare("module.name", 5);
    EXPECT_TRUE(memory.heap().contains(symbol("module.name")));
    EXPECT_EQ(get("module.name"), Value::integer(5));
}

TEST_F(MemoryManagerTest, gives_globals_by_the_text_of_their_names) {
    declare("limit", 1);
    declare("module.limit", 2);
    EXPECT_EQ(memory.heap_get("limit").value(), Value::integer(1));
    EXPECT_EQ(memory.heap_get("module.limit").value(), Value::integer(2));
    EXPECT_EQ(error_name(memory.heap_get("module.").error().kind), "HeapInvalidKeyError");
    EXPECT_EQ(memory.heap_get("module.limt").error().remedy, "did you mean 'module.limit'?");
}

TEST_F(MemoryManagerTest, checks_types_on_declaration_and_assignment) {
    EXPECT_EQ(memory.declare_var(symbol("x"), Type::u8, Value::integer(300)).error().message,
              "300 is out of range for u8 (0 to 255)");
    EXPECT_FALSE(memory.heap().contains(symbol("x")));
    declare("x", 200, Type::u8);
    EXPECT_EQ(memory.assign_var(symbol("x"), string_of(2)).error().message, "expected u8, got str");
    EXPECT_EQ(get("x"), Value::integer(200));
    ASSERT_TRUE(memory.declare_var(symbol("f"), Type::f64, Value::integer(1)));
    EXPECT_EQ(get("f"), Value::floating(1.0));
}

TEST_F(MemoryManagerTest, returns_what_an_assignment_replaced) {
    declare("x", 1);
    EXPECT_EQ(memory.assign_var(symbol("x"), Value::integer(2)).value(), Value::integer(1));
    EXPECT_EQ(get("x"), Value::integer(2));
}

TEST_F(MemoryManagerTest, binds_arguments_by_count_and_type) {
    World& w = world;
    const Function* const f = function("f", 1, {});
    f->header.slots->declare(symbol("n"), DefinitionKind::data, Type::i8);
    const Value big[] = {Value::integer(128)};
    EXPECT_EQ(memory.enter(*f).error().message, "f() takes 1 positional argument but 0 were given");
    EXPECT_EQ(memory.stack().depth(), 1U);
    const Function* const g = w.function("g", 1, {}, ScopeKind::function, w.main, 1);
    g->header.slots->declare(symbol("n"), DefinitionKind::data, Type::i8);
    EXPECT_EQ(memory.enter(*g, big).error().message, "128 is out of range for i8 (-128 to 127)");
    EXPECT_EQ(memory.stack().depth(), 1U);
}

TEST_F(MemoryManagerTest, remembers_where_a_call_returns_to) {
    const std::uint32_t code[2] = {};
    const Frame* const frame = memory.enter(*function("f", 0, {}), {}, code + 1).value();
    EXPECT_EQ(frame->return_pc, code + 1);
    EXPECT_EQ(memory.header(frame).kind, ScopeKind::function);
    EXPECT_EQ(memory.header(memory.stack().at(0)).kind, ScopeKind::global);
}

TEST_F(MemoryManagerTest, hands_over_the_values_of_a_frame_last_first) {
    ASSERT_TRUE(memory.enter(*function("f", 0, {"a", "b", "c"})));
    declare("a", 1);
    declare("c", 3);
    std::vector<Value> released;
    memory.leave([&](Value v) { released.push_back(v); });
    EXPECT_EQ(released, (std::vector<Value>{Value::integer(3), Value::integer(1)}));
}

TEST_F(MemoryManagerTest, finds_functions_by_name_and_number_of_parameters) {
    const Function* const one = function("f", 1, {"a"});
    const Function* const two = function("f", 2, {"a", "b"});
    EXPECT_EQ(memory.register_fn(one->header, Value::constant(one)), Value::unbound());
    EXPECT_EQ(memory.register_fn(two->header, Value::constant(two)), Value::unbound());
    EXPECT_EQ(memory.lookup_fn(symbol("f"), 1).value(), Value::constant(one));
    EXPECT_EQ(memory.lookup_fn(two->header).value(), Value::constant(two));
    EXPECT_EQ(memory.register_fn(one->header, Value::constant(two)), Value::constant(one));
    EXPECT_EQ(memory.lookup_fn(symbol("f"), 3).error().message,
              "f() takes 1 positional argument but 3 were given");
    EXPECT_EQ(memory.lookup_fn(symbol("ff"), 1).error().remedy, "did you mean 'f'?");
}

TEST_F(MemoryManagerTest, gives_names_and_functions_of_frames_by_index) {
    const Function* const f = function("f", 0, {"x", "y"});
    const Function* const block = function("block", 0, {}, ScopeKind::block, f);
    ASSERT_TRUE(memory.enter(*f));
    declare("x", 1);
    ASSERT_TRUE(memory.enter(*block));
    EXPECT_EQ(memory.frame_get(1, symbol("x")).value(), Value::integer(1));
    EXPECT_EQ(memory.frame_get(1, symbol("y")).error().message, "'y' has no value yet in frame 1");
    EXPECT_EQ(memory.frame_get(2, symbol("x")).error().message, "frame 2 has no name 'x'");
    EXPECT_EQ(memory.frame_get(9, symbol("x")).error().message, "there is no frame 9: the stack has 3");
    EXPECT_EQ(memory.frame_get(-1, symbol("x")).error().message, "there is no frame -1: the stack has 3");
    EXPECT_EQ(memory.frame_get(1, symbol("yy")).error().remedy, "did you mean 'y'?");
    EXPECT_EQ(error_name(memory.frame_get(9, symbol("x")).error().kind), "StackFrameGetError");
    EXPECT_EQ(memory.frame_fn(1).value()->function, f);
    EXPECT_EQ(error_name(memory.frame_fn(2).error().kind), "StackFrameNotFnError");
    EXPECT_EQ(memory.frame_fn(2).error().message, "frame 2 is a Block frame, not that of a function");
    EXPECT_EQ(error_name(memory.frame_fn(3).error().kind), "StackFrameGetError");
}

TEST_F(MemoryManagerTest, ends_deep_recursion_with_an_error_and_its_state_intact) {
    World small(0, {{50, 0}, 10});
    ASSERT_TRUE(small.manager->initialise(*small.main));
    const Function* const f = small.function("f", 0, {"x"}, ScopeKind::function, small.main);
    while (small.manager->enter(*f)) {
    }
    EXPECT_EQ(small.manager->stack().depth(), 50U);
    EXPECT_EQ(small.manager->enter(*f).error().message, "maximum recursion depth exceeded");
    small.manager->leave(ignore);
    EXPECT_TRUE(small.manager->enter(*f));
}

TEST_F(MemoryManagerTest, lists_frames_with_depth_parent_and_return_line) {
    const std::uint32_t lines[] = {0, 7, 8};
    const Function* const outer = function("outer", 0, {});
    const Function* const closure = function("closure", 0, {}, ScopeKind::closure, outer);
    const Function* const block = function("block", 0, {}, ScopeKind::block, closure);
    ASSERT_TRUE(memory.enter(*outer, {}, lines + 1));
    ASSERT_TRUE(memory.enter(*closure, {}, lines + 2));
    ASSERT_TRUE(memory.enter(*block));
    const std::vector<FrameInfo> frames = memory.frames();
    ASSERT_EQ(frames.size(), 4U);
    const auto is = [&](std::size_t i, ScopeKind kind, std::uint32_t depth, std::int64_t parent,
                        std::uint32_t line) {
        return frames[i].kind() == kind && frames[i].depth == depth && frames[i].parent == parent &&
               frames[i].return_line == line;
    };
    EXPECT_TRUE(is(0, ScopeKind::global, 0, -1, 0));
    EXPECT_TRUE(is(1, ScopeKind::function, 1, 0, 7));
    EXPECT_TRUE(is(2, ScopeKind::closure, 2, 1, 8));
    EXPECT_TRUE(is(3, ScopeKind::block, 2, 2, 0));
}

TEST_F(MemoryManagerTest, lists_names_that_have_a_value) {
    declare("g", 1);
    declare("module.name", 2);
    ASSERT_TRUE(memory.enter(*function("f", 0, {"x", "y"})));
    declare("y", 3);
    const auto texts = [&](const std::vector<NamedValue>& names) {
        std::string all;
        for (const NamedValue& each : names) {
            all += memory.symbols().text(each.symbol);
            all += '=' + std::to_string(each.value.as_int()) + ' ';
        }
        return all;
    };
    EXPECT_EQ(texts(memory.locals()), "y=3 ");
    EXPECT_EQ(texts(memory.globals()), "g=1 module.name=2 ");
    EXPECT_EQ(texts(memory.names_of(memory.frames()[0])), "g=1 ");
    EXPECT_EQ(memory.frame_get(0, symbol("g")).value(), Value::integer(1));
    memory.leave(ignore);
    EXPECT_EQ(texts(memory.locals()), "g=1 module.name=2 ");
}

TEST(MemoryManagerLifeCycle, lets_a_program_shadow_builtins_and_uncovers_them) {
    World world;
    MemoryManager& memory = *world.manager;
    const Builtin builtins[] = {{world.symbol("len"), Value::integer(1)}};
    ASSERT_TRUE(memory.initialise(*world.main, builtins));
    EXPECT_EQ(memory.heap_get("len").value(), Value::integer(1));
    EXPECT_TRUE(memory.globals().empty());
    ASSERT_TRUE(memory.declare_var(world.symbol("len"), Type::any, Value::integer(2)));
    EXPECT_EQ(memory.heap_get("len").value(), Value::integer(2));
    EXPECT_EQ(memory.get_var(world.symbol("len")).value(), Value::integer(2));
    EXPECT_EQ(memory.assign_var(world.symbol("len"), Value::unbound()).value(), Value::integer(2));
    EXPECT_EQ(memory.heap_get("len").value(), Value::integer(1));
    EXPECT_EQ(memory.get_var(world.symbol("len")).value(), Value::integer(1));
}

TEST(MemoryManagerLifeCycle, knows_the_names_until_all_is_released) {
    World world;
    MemoryManager& memory = *world.manager;
    const Function* const f = world.function("f", 0, {}, ScopeKind::function, world.main);
    ASSERT_TRUE(memory.initialise(*world.main));
    memory.register_fn(f->header, Value::constant(f));
    bool known = false;
    memory.end([](Value) {}, [&] { known = static_cast<bool>(memory.lookup_fn(f->header)); });
    EXPECT_TRUE(known);
    EXPECT_EQ(error_name(memory.lookup_fn(f->header).error().kind), "NameError");
}

TEST(MemoryManagerLifeCycle, releases_every_frame_once_though_releasing_looks_at_other_frames) {
    World world;
    MemoryManager& memory = *world.manager;
    ASSERT_TRUE(memory.initialise(*world.main));
    const Function* const f = world.function("f", 0, {"x"}, ScopeKind::function, world.main);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(memory.enter(*f));
        ASSERT_TRUE(memory.declare_var(world.symbol("x"), Type::any, Value::integer(i)));
    }
    Frame* const top = memory.stack().peek();
    std::vector<std::int64_t> released;
    memory.end([&](Value v) {
        memory.stack().set_top(top);
        released.push_back(v.as_int());
    });
    EXPECT_EQ(released, (std::vector<std::int64_t>{2, 1, 0}));
    EXPECT_TRUE(memory.stack().empty());
}

TEST(MemoryManagerLifeCycle, begins_with_a_main_frame_and_the_builtins) {
    World world;
    MemoryManager& memory = *world.manager;
    EXPECT_EQ(memory.state(), MemoryManager::State::created);
    EXPECT_FALSE(memory.run());
    const Builtin builtins[] = {{world.symbol("pi"), Value::floating(3.14), DefinitionKind::literal}};
    ASSERT_TRUE(memory.initialise(*world.main, builtins));
    EXPECT_EQ(memory.stack().depth(), 1U);
    EXPECT_EQ(memory.get_var(world.symbol("pi")).value(), Value::floating(3.14));
    EXPECT_TRUE(memory.run());
    EXPECT_EQ(memory.state(), MemoryManager::State::running);
}

TEST(MemoryManagerLifeCycle, takes_every_step_once) {
    World world;
    MemoryManager& memory = *world.manager;
    int released = 0;
    const auto count = [&](Value) { ++released; };
    memory.end(count);
    EXPECT_EQ(memory.state(), MemoryManager::State::created);
    Frame* const main = memory.initialise(*world.main).value();
    EXPECT_EQ(memory.initialise(*world.main).value(), main);
    EXPECT_EQ(memory.stack().depth(), 1U);
    EXPECT_TRUE(memory.run());
    EXPECT_TRUE(memory.run());
    ASSERT_TRUE(memory.declare_var(world.symbol("x"), Type::any, Value::integer(1)));
    memory.end(count);
    memory.end(count);
    EXPECT_EQ(released, 1);
    EXPECT_FALSE(memory.run());
}

TEST(MemoryManagerLifeCycle, ends_by_popping_all_frames_and_clearing_the_heap) {
    World world;
    MemoryManager& memory = *world.manager;
    ASSERT_TRUE(memory.initialise(*world.main));
    ASSERT_TRUE(memory.declare_var(world.symbol("g"), Type::any, Value::integer(1)));
    ASSERT_TRUE(memory.declare_var(world.symbol("h"), Type::any, Value::integer(2)));
    const Function* const f = world.function("f", 0, {"x"}, ScopeKind::function, world.main);
    for (int i = 10; i < 12; ++i) {
        ASSERT_TRUE(memory.enter(*f));
        ASSERT_TRUE(memory.declare_var(world.symbol("x"), Type::any, Value::integer(i)));
    }
    std::vector<std::int64_t> released;
    memory.end([&](Value v) { released.push_back(v.as_int()); });
    EXPECT_EQ(released, (std::vector<std::int64_t>{11, 10, 2, 1}));
    EXPECT_TRUE(memory.stack().empty());
    EXPECT_FALSE(memory.heap().contains(world.symbol("g")));
    EXPECT_EQ(memory.stack().frames_peak(), 3U);
}

TEST(MemoryManagerLifeCycle, can_begin_anew) {
    World world;
    MemoryManager& memory = *world.manager;
    ASSERT_TRUE(memory.initialise(*world.main));
    ASSERT_TRUE(memory.declare_var(world.symbol("g"), Type::any, Value::integer(1)));
    memory.end([](Value) {});
    ASSERT_TRUE(memory.initialise(*world.main));
    EXPECT_EQ(memory.stack().frames_peak(), 1U);
    EXPECT_FALSE(memory.get_var(world.symbol("g")));
}

TEST(ScopeKind, has_the_names_that_programs_see) {
    EXPECT_EQ(scope_name(ScopeKind::global), "Global");
    EXPECT_EQ(scope_name(ScopeKind::function), "Function");
    EXPECT_EQ(scope_name(ScopeKind::block), "Block");
    EXPECT_EQ(scope_name(ScopeKind::closure), "Closure");
}

}  // namespace
}  // namespace harness::lang
