// Which names each function binds, uses and hands to the functions within it. One walk over the tree before
// code is made; the compiler resolves every name from what this pass collected.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/compile/references.hpp"
#include "lang/compile/sparse.hpp"
#include "lang/source/diagnostic.hpp"
#include "lang/syntax/ast.hpp"

namespace harness::lang {

class LayoutTable;

/// How a local name gets a value, for finding the names that can never refer to the heap.
struct Binding {
    NameId name;
    const Expr* value = nullptr;  ///< null: anything may be bound
    const Expr* other = nullptr;  ///< the second operand of an augmented assignment, whose first is the name
    BinaryOp op = BinaryOp::add;
    bool counted_loop = false;  ///< the variable of `for … in range(…)`
    Span span{};                ///< of the place that binds it
};

using NameSet = Sparse<std::unordered_set<NameId>>;

struct FunctionScope {
    const Stmt* node = nullptr;  ///< DefStmt; null for the module and for lambdas
    const LambdaExpr* lambda = nullptr;
    FunctionScope* parent = nullptr;  ///< the enclosing function; null for the module
    std::vector<NameId> locals;       ///< in order of their first binding, parameters first
    NameSet bound;                    ///< the same as a set
    NameSet block_bound;              ///< names of comprehensions and `let`, anywhere inside
    NameSet global_names, nonlocal_names;
    NameSet used;      ///< read or written here
    NameSet free;      ///< used here or within, bound further out
    NameSet captured;  ///< bound here, used by a function within
    NameSet rebound;   ///< assigned by a function within that declares them nonlocal
    NameSet assigned_parameters;
    std::vector<Binding> bindings;
    Sparse<std::unordered_map<NameId, const Expr*>> last_read;  ///< where each name stands last in the text
    unsigned block_slots = 0;  ///< most names of nested blocks that live at one time
    Sparse<std::unordered_map<NameId, Span>> nonlocal_spans;
    unsigned nested_functions = 0;                    ///< defs within, each of which may refer to itself
    Sparse<std::unordered_map<NameId, Span>> consts;  ///< declared by `const`, with the place
    NameSet statics;  ///< declared by `static`: globals that only this function sees
    Sparse<std::unordered_map<NameId, const Expr*>> annotations;   ///< of names, for every store to them
    Sparse<std::unordered_map<NameId, const ClassStmt*>> classes;  ///< null where several statements make it
    Sparse<std::unordered_map<NameId, const Expr*>>
        kept_using;             ///< by name, the allocator of `keep x using a`
    bool is_generator = false;  ///< a generator expression that is a function of its own
    bool has_walrus = false;
    bool has_defer = false;
};

/// What the whole program defines; decides which operators can run code of the program.
struct ProgramFacts {
    std::unordered_set<NameId> method_names;  ///< of all classes
    ReferenceFacts references;
    /// Names that some class gives another meaning than a plain method's: decorated ones, attributes.
    std::unordered_set<NameId> unusual;
    bool introspects = false;  ///< some function looks at frames: locals must hold what they seem to
    bool defines(NameId name) const { return method_names.contains(name); }
};

/// How a function of the module is called by those who know what they pass: numbers of declared types as
/// such.
struct Signature {
    std::uint32_t key = 0;             ///< 0: it is not called so
    std::vector<std::uint16_t> types;  ///< of the parameters
    std::uint16_t result = 0;
};

struct ScopeTree {
    /// Names of the module that one undecorated `def` or `class` binds, and nothing else.
    std::unordered_set<NameId> fixed;
    std::unique_ptr<FunctionScope> module;
    std::unordered_set<NameId> declared_global;  ///< by `global` in any function
    std::unordered_map<const void*, std::unique_ptr<FunctionScope>>
        functions;  ///< by DefStmt, LambdaExpr or generator
    std::unordered_map<const ClassStmt*, std::uint32_t> class_templates;  ///< those that have one already
    std::unordered_map<const Expr*, std::uint16_t> types;                 ///< of annotations, once known
    LayoutTable* layouts = nullptr;          ///< the structs and enums of the module, while it is compiled
    LayoutTable* machine_layouts = nullptr;  ///< the same on 64 bits, as their values lie in memory
    std::unordered_map<NameId, const DefStmt*> defs;  ///< those of `fixed` names, once somebody asks
    bool has_defs = false;
    bool has_annotations = false;  ///< some function says what types it takes or gives
    std::unordered_map<const DefStmt*, Signature> signatures;  ///< once known
};

/// Collects the scopes of one module; errors (`return` outside a function, a name both global and parameter
/// …) are appended to `errors`.
ScopeTree collect_scopes(const Block& module, const Names& names, ProgramFacts& facts,
                         std::vector<Diagnostic>& errors);

}  // namespace harness::lang
