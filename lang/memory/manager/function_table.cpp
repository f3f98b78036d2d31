// Look-up of functions by header, and the errors that tell a wrong name from a wrong number of parameters.
#include "lang/memory/manager/function_table.hpp"

#include <fmt/format.h>

#include <utility>

#include "lang/memory/manager/suggestion.hpp"

namespace harness::lang {

Value FunctionTable::add(Symbol name, std::uint32_t arity, Value definition) {
    std::vector<Entry>& entries = by_name_[name.id];
    for (Entry& entry : entries)
        if (entry.arity == arity) return std::exchange(entry.definition, definition);
    entries.push_back({arity, definition});
    return Value::unbound();
}

MemoryOutcome<Value> FunctionTable::find(Symbol name, std::uint32_t arity) const {
    const std::string_view text = names_.text(name.id);
    const auto found = by_name_.find(name.id);
    if (found == by_name_.end()) {
        Candidates candidates(names_);
        for (const auto& [known, entries] : by_name_) candidates.add(names_.text(known));
        return MemoryError{MemoryErrorKind::name, fmt::format("name '{}' is not defined", text),
                           candidates.suggest(text)};
    }
    for (const Entry& entry : found->second)
        if (entry.arity == arity) return entry.definition;
    return MemoryError{MemoryErrorKind::type, arity_message(text, found->second.front().arity, arity),
                       "look it up by the number of parameters in its definition"};
}

std::string arity_message(std::string_view function, std::uint32_t takes, std::uint32_t given) {
    return fmt::format("{}() takes {} positional argument{} but {} {} given", function, takes,
                       takes == 1 ? "" : "s", given, given == 1 ? "was" : "were");
}

}  // namespace harness::lang
