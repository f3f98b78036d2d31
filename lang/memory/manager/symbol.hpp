// Names as keys: a symbol is one interned name, a composite symbol a dotted one ("module.name",
// "module.fn.local"). Both are one number, so that every table compares and hashes a single word whatever the
// name looks like.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/syntax/names.hpp"

namespace harness::lang {

struct Symbol {
    NameId id = 0;

    friend bool operator==(Symbol, Symbol) = default;
};

/// A dotted name: the symbol of its whole text, and its parts. The parts belong to the Symbols that made it.
struct CompositeSymbol {
    Symbol whole;
    std::span<const NameId> parts;  ///< at least two

    operator Symbol() const { return whole; }
    NameId module() const { return parts.front(); }
    NameId last() const { return parts.back(); }
};

/// Makes symbols of texts and remembers the parts of composite ones. `names` must outlive it.
class Symbols {
  public:
    explicit Symbols(Names& names) : names_(names) {}

    /// The symbol of one name or of several joined by dots. Nothing when a part is empty, starts with a digit
    /// or holds anything but ASCII letters, digits and underscores.
    std::optional<Symbol> parse(std::string_view text);
    /// The composite symbol of at least two names.
    CompositeSymbol compose(std::span<const NameId> parts);
    /// The composite symbol behind a symbol that parse() or compose() made; nothing for a simple one.
    std::optional<CompositeSymbol> composite(Symbol symbol) const;
    std::string_view text(Symbol symbol) const { return names_.text(symbol.id); }

  private:
    Names& names_;
    std::unordered_map<NameId, std::vector<NameId>> parts_;
};

}  // namespace harness::lang
