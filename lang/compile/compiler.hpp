// From syntax tree to bytecode, for one lifetime. The compiler decides statically who answers for each value
// (see ownership.md), so that the VM executes as few counts, moves and checks as the lifetime allows.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lang/bytecode/program.hpp"
#include "lang/compile/scopes.hpp"
#include "lang/lifetimes/lifetime.hpp"
#include "lang/source/diagnostic.hpp"

namespace harness::lang {

/// What the compiler needs from the program around it.
struct CompileContext {
    Program& program;
    Names& names;
    const Lifetime& lifetime;
    std::vector<Diagnostic>& errors;
    ProgramFacts& facts;
    const std::unordered_map<NameId, Value>& builtins;  ///< functions and types that every program has
    const ClassInfo& none_class;                        ///< what an annotation None asks for
    bool checked = true;                                ///< handles: reads of names may be verified
    bool elide_counts = true;
    int target_bits = 64;  ///< of pointers, as size_of() and its like tell
    /// A string that outlives the program, for literals and messages.
    std::function<Value(std::string_view)> constant_string;
    /// Index of the module that `import name` means, compiled before this returns; nullopt after reporting an
    /// error.
    std::function<std::optional<std::uint32_t>(NameId name, Span span)> import_module;
};

/// So many errors are told; code behind them is not looked at.
inline constexpr std::size_t most_compile_errors = 20;

/// Compiles one module into `context.program` and returns its index there. `name` is "__main__" for the main
/// one.
std::uint32_t compile_module(CompileContext& context, const Block& body, const std::string& name, Span span);

}  // namespace harness::lang
