// Declaring, shadowing and leaving scopes. A name keeps its bucket for good, so leaving a scope rewrites
// buckets and never has to close gaps in probe sequences.
#include "lang/memory/manager/symbol_table.hpp"

#include <algorithm>
#include <bit>

#include "allocators/outcome.hpp"

namespace harness::lang {

SymbolTable::Declared SymbolTable::declare(Symbol symbol, DefinitionKind kind, Type type, Span span) {
    return declare_at(symbol, slot_count(), kind, type, span);
}

SymbolTable::Declared SymbolTable::declare_at(Symbol symbol, std::uint32_t slot, DefinitionKind kind,
                                              Type type, Span span) {
    if ((used_ + 1) * 2 > buckets_.size()) grow();
    Bucket& bucket = buckets_[bucket_of(symbol.id)];
    if (bucket.definition == empty_bucket) {
        bucket = {symbol.id, 0};
        ++used_;
    }
    if (bucket.definition != 0 && definitions_[bucket.definition - 1].scope == scope_depth())
        return {definitions_[bucket.definition - 1], false};
    definitions_.push_back({symbol, kind, type, true, slot, scope_depth(), bucket.definition, span});
    bucket.definition = static_cast<std::uint32_t>(definitions_.size());
    if (slot >= by_slot_.size()) by_slot_.resize(slot + std::size_t{1});
    by_slot_[slot] = bucket.definition;
    return {definitions_.back(), true};
}

void SymbolTable::enter_scope() { scope_starts_.push_back(static_cast<std::uint32_t>(definitions_.size())); }

void SymbolTable::leave_scope() {
    HARNESS_CHECK(!scope_starts_.empty(), "leave_scope() without enter_scope()");
    const std::uint32_t start = scope_starts_.back();
    scope_starts_.pop_back();
    for (std::size_t i = definitions_.size(); i-- > start;) {
        Definition& definition = definitions_[i];
        if (!definition.visible) continue;
        definition.visible = false;
        buckets_[bucket_of(definition.symbol.id)].definition = definition.shadows;
    }
}

std::size_t SymbolTable::bucket_of(NameId name) const {
    std::size_t at = home(name);
    while (buckets_[at].definition != empty_bucket && buckets_[at].name != name) at = (at + 1) & mask();
    return at;
}

void SymbolTable::grow() {
    const std::vector<Bucket> old = std::move(buckets_);
    const std::size_t size = std::max<std::size_t>(8, old.size() * 2);
    buckets_.assign(size, Bucket{});
    shift_ = 32 - static_cast<unsigned>(std::countr_zero(size));
    for (const Bucket& bucket : old)
        if (bucket.definition != empty_bucket) buckets_[bucket_of(bucket.name)] = bucket;
}

std::size_t SymbolTable::probes(NameId name) const { return ((bucket_of(name) - home(name)) & mask()) + 1; }

std::size_t SymbolTable::longest_probe() const {
    // A name that is not there is looked for up to the first empty bucket, so runs of used buckets count as
    // well.
    std::size_t longest = 0;
    for (std::size_t start = 0; start < buckets_.size(); ++start) {
        std::size_t length = 1;
        while (buckets_[(start + length - 1) & mask()].definition != empty_bucket) ++length;
        longest = std::max(longest, length);
    }
    return longest;
}

std::size_t SymbolTable::total_probes() const {
    std::size_t total = 0;
    for (const Bucket& bucket : buckets_)
        if (bucket.definition != empty_bucket) total += probes(bucket.name);
    return total;
}

void SymbolTable::clear() { *this = SymbolTable(); }

}  // namespace harness::lang
