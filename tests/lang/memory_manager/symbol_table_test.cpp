// Symbols and symbol tables: order, shadowing, scopes, constant-time look-up, and a comparison with a simple
// model.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

#include "tests/lang/memory_manager/support.hpp"

namespace harness::lang {
namespace {

TEST(Symbols, are_equal_when_their_texts_are) {
    Names names;
    Symbols symbols(names);
    EXPECT_EQ(symbols.parse("total"), symbols.parse("total"));
    EXPECT_NE(symbols.parse("total"), symbols.parse("totals"));
    EXPECT_EQ(symbols.text(*symbols.parse("a.b")), "a.b");
}

TEST(Symbols, know_the_parts_of_composite_ones) {
    Names names;
    Symbols symbols(names);
    const Symbol whole = *symbols.parse("module.fn.local");
    const CompositeSymbol composite = *symbols.composite(whole);
    ASSERT_EQ(composite.parts.size(), 3U);
    EXPECT_EQ(names.text(composite.module()), "module");
    EXPECT_EQ(names.text(composite.parts[1]), "fn");
    EXPECT_EQ(names.text(composite.last()), "local");
    EXPECT_FALSE(symbols.composite(*symbols.parse("module")).has_value());
}

TEST(Symbols, composed_of_parts_equal_parsed_ones) {
    Names names;
    Symbols symbols(names);
    const NameId parts[] = {names.intern("module"), names.intern("name")};
    EXPECT_EQ(symbols.compose(parts).whole, *symbols.parse("module.name"));
}

TEST(Symbols, refuse_what_is_no_name_and_intern_nothing_for_it) {
    Names names;
    Symbols symbols(names);
    const std::size_t before = names.size();
    for (const char* text : {"", ".", "a.", ".a", "a..b", "1a", "a.1", "a b", "a-b", "ä"})
        EXPECT_FALSE(symbols.parse(text).has_value()) << text;
    EXPECT_EQ(names.size(), before);
}

TEST(SymbolTable, keeps_the_order_of_declaration) {
    SymbolTable table;
    for (const NameId id : {7U, 3U, 5U, 1U}) table.declare({id}, DefinitionKind::data);
    std::vector<NameId> order;
    for (const Definition& definition : table.definitions()) order.push_back(definition.symbol.id);
    EXPECT_EQ(order, (std::vector<NameId>{7, 3, 5, 1}));
    EXPECT_EQ(table.find({5})->slot, 2U);
}

TEST(SymbolTable, keeps_everything_that_a_definition_says) {
    SymbolTable table;
    table.declare_at({4}, 9, DefinitionKind::literal, Type::u8, {10, 12});
    const Definition& definition = *table.find({4});
    EXPECT_EQ(definition.kind, DefinitionKind::literal);
    EXPECT_EQ(definition.type, Type::u8);
    EXPECT_EQ(definition.slot, 9U);
    EXPECT_EQ(definition.span, (Span{10, 12}));
    EXPECT_EQ(table.at_slot(9), &definition);
    EXPECT_EQ(table.at_slot(8), nullptr);
    EXPECT_EQ(table.at_slot(10), nullptr);
}

TEST(SymbolTable, reports_a_second_declaration_in_the_same_scope) {
    SymbolTable table;
    EXPECT_TRUE(table.declare({1}, DefinitionKind::data, Type::u8).added);
    const SymbolTable::Declared again = table.declare({1}, DefinitionKind::data, Type::str);
    EXPECT_FALSE(again.added);
    EXPECT_EQ(again.definition.type, Type::u8);
    EXPECT_EQ(table.size(), 1U);
}

TEST(SymbolTable, shadows_in_an_inner_scope_and_restores_when_it_is_left) {
    SymbolTable table;
    table.declare({1}, DefinitionKind::data, Type::u8);
    table.enter_scope();
    EXPECT_EQ(table.find({1})->type, Type::u8);
    EXPECT_TRUE(table.declare({1}, DefinitionKind::data, Type::str).added);
    EXPECT_EQ(table.find({1})->type, Type::str);
    table.declare({2}, DefinitionKind::data);
    table.leave_scope();
    EXPECT_EQ(table.find({1})->type, Type::u8);
    EXPECT_EQ(table.find({2}), nullptr);
    EXPECT_EQ(table.at_slot(2)->symbol, Symbol{2});
    table.enter_scope();
    EXPECT_TRUE(table.declare({2}, DefinitionKind::data).added);
}

TEST(SymbolTable, looks_up_in_constant_time) {
    // The ids of one program are a dense run, or every n-th of one when several tables share the names.
    for (const NameId stride : {1U, 2U, 7U, 64U, 1000U}) {
        for (const NameId count : {10U, 1'000U, 100'000U}) {
            SymbolTable table;
            for (NameId i = 1; i <= count; ++i) table.declare({i * stride}, DefinitionKind::data);
            EXPECT_LE(table.total_probes(), count * std::size_t{2}) << "stride " << stride;
            EXPECT_LE(table.longest_probe(), 40U) << "stride " << stride << " count " << count;
        }
    }
}

TEST(SymbolTable, is_empty_after_clear) {
    SymbolTable table;
    table.declare({1}, DefinitionKind::data);
    table.clear();
    EXPECT_EQ(table.find({1}), nullptr);
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.slot_count(), 0U);
}

/// The model: a stack of ordinary maps, searched from the innermost outwards.
class Model {
  public:
    bool declare(NameId id, std::uint32_t slot) { return scopes_.back().emplace(id, slot).second; }
    void enter() { scopes_.emplace_back(); }
    void leave() { scopes_.pop_back(); }
    std::size_t depth() const { return scopes_.size() - 1; }
    std::optional<std::uint32_t> find(NameId id) const {
        for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
            if (const auto found = scope->find(id); found != scope->end()) return found->second;
        return std::nullopt;
    }

  private:
    std::vector<std::map<NameId, std::uint32_t>> scopes_{1};
};

TEST(SymbolTable, agrees_with_a_stack_of_maps_after_any_sequence_of_steps) {
    // A failure prints its seed; RC_PARAMS="seed=N" replays it.
    EXPECT_TRUE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps) {
        SymbolTable table;
        Model model;
        std::vector<NameId> declared;
        for (const auto& [step, name] : steps) {
            const NameId id = name % 24;
            if (step % 8 == 0) {
                table.enter_scope();
                model.enter();
            } else if (step % 8 == 1 && model.depth() > 0) {
                table.leave_scope();
                model.leave();
            } else {
                const std::uint32_t slot = table.slot_count();
                const bool added = table.declare({id}, DefinitionKind::data).added;
                RC_ASSERT(added == model.declare(id, slot));
                if (added) declared.push_back(id);
            }
            RC_ASSERT(table.scope_depth() == model.depth());
            for (NameId any = 0; any < 25; ++any) {
                const Definition* const found = table.find({any});
                const std::optional<std::uint32_t> expected = model.find(any);
                RC_ASSERT((found != nullptr) == expected.has_value());
                if (found != nullptr) RC_ASSERT(found->slot == *expected);
            }
        }
        RC_ASSERT(table.size() == declared.size());
        for (std::uint32_t slot = 0; slot < declared.size(); ++slot) {
            RC_ASSERT(table.definitions()[slot].symbol.id == declared[slot]);
            RC_ASSERT(table.at_slot(slot)->symbol.id == declared[slot]);
        }
    }));
}

}  // namespace
}  // namespace harness::lang
