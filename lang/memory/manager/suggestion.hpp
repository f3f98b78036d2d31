// The remedy for a name that is not there: the nearest one that is. Collected only when an error is being
// made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lang/memory/manager/symbol_table.hpp"

namespace harness::lang {

class Candidates {
  public:
    explicit Candidates(const Names& names) : names_(names) {}

    /// Adds the visible names of a table.
    void add(const SymbolTable& table) {
        for (const Definition& definition : table.definitions())
            if (definition.visible) texts_.push_back(names_.text(definition.symbol.id));
    }
    /// The same, but only what a program can write where the name is missing: not the composite names by
    /// which the heap knows what belongs to other files and functions.
    void add_writable(const SymbolTable& table) {
        for (const Definition& definition : table.definitions()) {
            const std::string_view text = names_.text(definition.symbol.id);
            if (definition.visible && text.find_first_of(".#") == std::string_view::npos)
                texts_.push_back(text);
        }
    }
    void add(std::string_view name) { texts_.push_back(name); }

    /// "did you mean 'total'?", or empty when nothing is near enough to be meant.
    std::string suggest(std::string_view name) const;

  private:
    const Names& names_;
    std::vector<std::string_view> texts_;
};

}  // namespace harness::lang
