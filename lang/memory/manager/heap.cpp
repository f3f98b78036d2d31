// Declaring and reaching globals by name. The VM does neither in a running program: it has the slots'
// numbers.
#include "lang/memory/manager/heap.hpp"

#include <fmt/format.h>

#include <utility>

#include "lang/memory/manager/suggestion.hpp"

namespace harness::lang {

Outcome<Heap> Heap::create(const Names& names, std::uint32_t max_slots) {
    Outcome<Reservation> space = Reservation::create(std::size_t{max_slots} * sizeof(Value));
    if (!space) return space.failure();
    return Heap(names, std::move(space).value(), max_slots);
}

Heap::Heap(const Names& names, Reservation space, std::uint32_t max_slots)
    : names_(&names),
      space_(std::move(space)),
      slots_(static_cast<Value*>(space_.data())),
      max_slots_(max_slots) {}

MemoryOutcome<std::uint32_t> Heap::declare(Symbol symbol, DefinitionKind kind, Type type, Span span) {
    if (size() == max_slots_)
        return MemoryError{
            MemoryErrorKind::heap_invalid_key,
            fmt::format("'{}' is one name too many: the heap holds {}", names_->text(symbol.id), max_slots_),
            "keep values in a list or dict instead of in names"};
    const SymbolTable::Declared declared = table_.declare(symbol, kind, type, span);
    if (!declared.added)
        return MemoryError{MemoryErrorKind::heap_invalid_key,
                           fmt::format("'{}' is already defined in the heap", names_->text(symbol.id)),
                           "assign to it, or choose another name"};
    slots_[declared.definition.slot] = Value::unbound();
    return declared.definition.slot;
}

MemoryOutcome<Value> Heap::get(Symbol symbol) const {
    const Definition* const found = find_for_reading(symbol);
    if (found == nullptr || slots_[found->slot] == Value::unbound()) return invalid_key(symbol);
    return slots_[found->slot];
}

MemoryOutcome<Value> Heap::set(Symbol symbol, Value value, const ValueFacts& facts) {
    const Definition* const found = find(symbol);
    if (found == nullptr) return invalid_key(symbol);
    if (!validate(found->type, value, facts)) return type_error(found->type, value, facts);
    return std::exchange(slots_[found->slot], value);
}

MemoryError Heap::invalid_key(Symbol symbol) const {
    const std::string_view name = names_->text(symbol.id);
    if (contains(symbol))
        return {MemoryErrorKind::heap_invalid_key, fmt::format("'{}' has no value yet", name),
                "assign to it first"};
    Candidates candidates(*names_);
    candidates.add(table_);
    return {MemoryErrorKind::heap_invalid_key, fmt::format("'{}' is not a key of the heap", name),
            candidates.suggest(name)};
}

}  // namespace harness::lang
