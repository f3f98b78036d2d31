// What the tests of the memory manager stand on: a Function of their own, since the VM's is not linked here,
// and facts about a few fake heap values, which are told apart by their payload.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lang/memory/manager/memory_manager.hpp"

namespace harness::lang {

struct Function {
    FunctionHeader header;
};

namespace testing {

class FakeProgram : public ProgramView {
  public:
    const FunctionHeader& header(const Function& function) const override { return function.header; }
    std::uint32_t return_line(const Frame& frame) const override {
        return frame.return_pc == nullptr ? 0 : *frame.return_pc;
    }
};

/// Strings have their length as payload; the lists and dicts are single values that nothing stands behind.
inline Value string_of(std::size_t length) { return Value::tagged(Tag::string, 0x1000 + length); }
inline constexpr Value a_list = Value::tagged(Tag::sequence, 0x2000);
inline constexpr Value a_tuple = Value::tagged(Tag::sequence, 0x3000);
inline constexpr Value a_dict = Value::tagged(Tag::object, 0x4000);

class FakeFacts : public ValueFacts {
  public:
    Type basic_type(Value v) const override {
        if (v.is_string()) return Type::str;
        if (v == a_list) return Type::list;
        return v == a_dict ? Type::dict : Type::any;
    }
    std::string_view type_name(Value v) const override {
        if (v.is_none()) return "NoneType";
        if (v.is_bool()) return "bool";
        if (v.is_number()) return v.is_int() ? "int" : "float";
        if (v == a_tuple) return "tuple";
        return lang::type_name(basic_type(v));
    }
    std::size_t string_length(Value v) const override { return v.payload() - 0x1000; }
};

/// A manager with a main program that has `main_slots` slots, and functions to run in it.
class World {
  public:
    explicit World(std::uint16_t main_slots = 4, MemoryOptions options = {}) {
        manager = std::move(MemoryManager::create(options, names, facts, program)).value();
        main = function("main", 0, {}, ScopeKind::global, nullptr, main_slots);
    }

    Symbol symbol(std::string_view text) { return manager->symbols().parse(text).value(); }

    /// A function whose first slots are `slots`; `room` slots in all if that is more.
    const Function* function(std::string_view name, std::uint16_t parameters,
                             std::vector<std::string_view> slots, ScopeKind kind, const Function* parent,
                             std::uint16_t room = 0) {
        SymbolTable& table = *tables_.emplace_back(std::make_unique<SymbolTable>());
        for (const std::string_view slot : slots) table.declare({names.intern(slot)}, DefinitionKind::data);
        Function& made = *functions_.emplace_back(std::make_unique<Function>());
        const auto count = static_cast<std::uint16_t>(slots.size());
        made.header = {names.intern(name),
                       parameters,
                       count > room ? count : room,
                       kind,
                       {},
                       &table,
                       parent == nullptr ? nullptr : &parent->header};
        return &made;
    }

    Names names;
    FakeFacts facts;
    FakeProgram program;
    std::unique_ptr<MemoryManager> manager;
    const Function* main = nullptr;

  private:
    std::vector<std::unique_ptr<SymbolTable>> tables_;
    std::vector<std::unique_ptr<Function>> functions_;
};

}  // namespace testing
}  // namespace harness::lang
