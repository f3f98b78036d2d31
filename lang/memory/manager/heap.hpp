// The heap of names: what is defined for the whole program, by simple and by composite symbols. (The heap of
// objects is another class, ObjectHeap.) Its slots never move, so that the VM reads a global with one load.
#pragma once

#include <cstdint>

#include "allocators/outcome.hpp"
#include "lang/memory/manager/memory_error.hpp"
#include "lang/memory/manager/reservation.hpp"
#include "lang/memory/manager/symbol_table.hpp"
#include "lang/memory/value.hpp"

namespace harness::lang {

/// Owns the places of the globals, not what they refer to: whoever takes a value out, by set() or before
/// clear(), releases it.
class Heap {
  public:
    static constexpr std::uint32_t default_max_slots = 1U << 20;

    /// Reserves the addresses of `max_slots` slots; memory is used for those that are declared. `names` must
    /// outlive the heap. Fails when the address space cannot be had.
    static Outcome<Heap> create(const Names& names, std::uint32_t max_slots = default_max_slots);

    /// Defines a symbol and gives it the next slot, which holds no value yet. HeapInvalidKeyError when the
    /// symbol is defined already or all slots are taken.
    MemoryOutcome<std::uint32_t> declare(Symbol symbol, DefinitionKind kind, Type type = Type::any,
                                         Span span = {});

    /// What is declared from now on may shadow what was declared before.
    void enter_scope() { table_.enter_scope(); }

    bool contains(Symbol symbol) const { return table_.find(symbol) != nullptr; }
    const Definition* find(Symbol symbol) const { return table_.find(symbol); }
    /// The definition that a read of the symbol goes to: one without a value uncovers what it shadows.
    /// nullptr when there is none.
    const Definition* find_for_reading(Symbol symbol) const {
        const Definition* found = find(symbol);
        while (found != nullptr && found->shadows != 0 && slots_[found->slot] == Value::unbound())
            found = &table_.definitions()[found->shadows - 1];
        return found;
    }
    /// A borrow of the symbol's value. HeapInvalidKeyError when the symbol is not defined or has no value.
    MemoryOutcome<Value> get(Symbol symbol) const;
    /// Stores a value, checked and converted by the definition's type, and returns what it replaced. On
    /// HeapInvalidKeyError or TypeError nothing has changed.
    MemoryOutcome<Value> set(Symbol symbol, Value value, const ValueFacts& facts);

    /// The slots, by number; the address holds for the heap's life. Slots that were not declared must not be
    /// read.
    Value* slots() { return slots_; }
    const Value* slots() const { return slots_; }
    std::uint32_t size() const { return table_.slot_count(); }
    /// Definitions in the order of their declaration.
    const SymbolTable& table() const { return table_; }

    /// Forgets all definitions and values.
    void clear() { table_.clear(); }

  private:
    Heap(const Names& names, Reservation space, std::uint32_t max_slots);
    MemoryError invalid_key(Symbol symbol) const;

    const Names* names_;
    Reservation space_;
    Value* slots_;
    std::uint32_t max_slots_;
    SymbolTable table_;
};

}  // namespace harness::lang
