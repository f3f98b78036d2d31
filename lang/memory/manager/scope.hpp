// The kinds of scope, and what is known about a function before it runs. Frames point at this description, so
// that look-up by name, errors and introspection cost a running call nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "lang/source/source_map.hpp"
#include "lang/syntax/names.hpp"

namespace harness::lang {

class SymbolTable;

enum class ScopeKind : std::uint8_t { global, function, block, closure };

constexpr std::string_view scope_name(ScopeKind kind) {
    constexpr std::string_view names[] = {"Global", "Function", "Block", "Closure"};
    return names[static_cast<std::size_t>(kind)];
}

/// What the compiler knows of one scope: the main program, a function, a closure, or a block with variables
/// of its own. It outlives every frame that refers to it and owns nothing.
struct FunctionHeader {
    NameId name = 0;
    std::uint16_t parameters = 0;   ///< the first `parameters` slots are the parameters, in order
    std::uint16_t named_slots = 0;  ///< parameters and locals, at the start of the frame's window
    ScopeKind kind = ScopeKind::function;
    Span span{};                   ///< of the definition
    SymbolTable* slots = nullptr;  ///< name → slot of the frame's window; null when there are none
    const FunctionHeader* parent =
        nullptr;  ///< the scope that this one is written in; null for the main program
};

}  // namespace harness::lang
