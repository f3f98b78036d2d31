// Functions by name and number of parameters. Calls of the language go through variables and slots; this is
// for look-up by header, where functions of one name but different arity stand side by side.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/memory/manager/memory_error.hpp"
#include "lang/memory/manager/symbol.hpp"
#include "lang/memory/value.hpp"

namespace harness::lang {

class FunctionTable {
  public:
    /// `names` must outlive the table.
    explicit FunctionTable(const Names& names) : names_(names) {}

    /// Returns the definition that was replaced, or unbound(). Owns no values.
    Value add(Symbol name, std::uint32_t arity, Value definition);
    /// NameError with the nearest name; TypeError when the name is there with other numbers of parameters
    /// only.
    MemoryOutcome<Value> find(Symbol name, std::uint32_t arity) const;
    void clear() { by_name_.clear(); }

  private:
    struct Entry {
        std::uint32_t arity;
        Value definition;
    };

    const Names& names_;
    std::unordered_map<NameId, std::vector<Entry>> by_name_;
};

/// What CPython says of a call with too many or too few positional arguments, without the missing names.
std::string arity_message(std::string_view function, std::uint32_t takes, std::uint32_t given);

}  // namespace harness::lang
