// Which names a scope defines, in the order in which it defines them. The compiler turns names into slots
// with it; what remains at run time serves look-up by name, errors and introspection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lang/memory/manager/symbol.hpp"
#include "lang/memory/manager/types.hpp"
#include "lang/source/source_map.hpp"

namespace harness::lang {

enum class DefinitionKind : std::uint8_t { data, literal, function };

/// One definition. It stays in its table when its scope is left, so that its slot keeps a name.
struct Definition {
    Symbol symbol;
    DefinitionKind kind = DefinitionKind::data;
    Type type = Type::any;
    bool visible = true;  ///< false once its scope was left
    std::uint32_t slot = 0;
    std::uint32_t scope = 0;    ///< nesting: 0 for the table's own scope
    std::uint32_t shadows = 0;  ///< 1 + index of the definition that this one hides; 0: none
    Span span{};
};

/// Names to definitions, with nested scopes. A simple symbol and a composite one are keys alike. References
/// to definitions hold until the next declaration.
class SymbolTable {
  public:
    /// What declare() did: `added` is false when the symbol is already defined in this very scope, and
    /// `definition` is the one that stands.
    struct Declared {
        const Definition& definition;
        bool added;
    };

    /// Defines a symbol in the current scope, under the next slot that was never given or under a slot of the
    /// caller's choice. A definition of the same symbol in an outer scope is hidden until the current scope
    /// is left.
    Declared declare(Symbol symbol, DefinitionKind kind, Type type = Type::any, Span span = {});
    Declared declare_at(Symbol symbol, std::uint32_t slot, DefinitionKind kind, Type type = Type::any,
                        Span span = {});

    void enter_scope();
    /// Ends the innermost scope: its definitions are no longer found, what they hid is. There must be one.
    void leave_scope();
    std::uint32_t scope_depth() const { return static_cast<std::uint32_t>(scope_starts_.size()); }

    /// The visible definition of a symbol; nullptr when there is none. Constant time, see longest_probe().
    const Definition* find(Symbol symbol) const {
        if (buckets_.empty()) return nullptr;
        for (std::size_t at = home(symbol.id);; at = (at + 1) & mask()) {
            const Bucket bucket = buckets_[at];
            if (bucket.definition == empty_bucket) return nullptr;
            if (bucket.name == symbol.id)
                return bucket.definition == 0 ? nullptr : &definitions_[bucket.definition - 1];
        }
    }
    /// The definition that was given a slot last, visible or not; nullptr when none was. Constant time.
    const Definition* at_slot(std::uint32_t slot) const {
        return slot < by_slot_.size() && by_slot_[slot] != 0 ? &definitions_[by_slot_[slot] - 1] : nullptr;
    }

    /// All definitions in the order of their declaration, also those whose scope was left.
    std::span<const Definition> definitions() const { return definitions_; }
    std::size_t size() const { return definitions_.size(); }
    /// One more than the highest slot that was ever given.
    std::uint32_t slot_count() const { return static_cast<std::uint32_t>(by_slot_.size()); }

    /// How many buckets a look-up inspects at most, and how many all look-ups of the defined names inspect
    /// together.
    std::size_t longest_probe() const;
    std::size_t total_probes() const;

    void clear();

  private:
    /// `definition` is 1 + an index into definitions_; 0: the name has no visible definition, but keeps its
    /// bucket.
    struct Bucket {
        NameId name = 0;
        std::uint32_t definition = empty_bucket;
    };
    static constexpr std::uint32_t empty_bucket = 0xFFFF'FFFF;

    std::size_t mask() const { return buckets_.size() - 1; }
    /// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): ids are dense small numbers,
    /// the golden ratio spreads any run of them evenly, and the top bits are the well-mixed ones.
    std::size_t home(NameId name) const { return (name * 0x9E37'79B9U) >> shift_; }
    std::size_t bucket_of(NameId name) const;
    std::size_t probes(NameId name) const;
    void grow();

    std::vector<Definition> definitions_;
    std::vector<std::uint32_t> by_slot_;       ///< 1 + index into definitions_; 0: none
    std::vector<std::uint32_t> scope_starts_;  ///< size of definitions_ when each open scope was entered
    std::vector<Bucket> buckets_;  ///< a power of two, at most half of them used; none while empty
    std::size_t used_ = 0;         ///< buckets that have a name
    unsigned shift_ = 32;          ///< 32 - log2(buckets_.size())
};

}  // namespace harness::lang
