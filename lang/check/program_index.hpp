// What the analysis of one function needs to know of the whole file: which names certainly are which
// functions and classes, what code runs unseen, and how each function is called.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/compile/scopes.hpp"
#include "lang/syntax/ast.hpp"

namespace harness::lang::analysis {

class ProgramIndex {
  public:
    ProgramIndex(Block program, const Names& names);

    const Names& names() const { return names_; }
    const ScopeTree& scopes() const { return scopes_; }
    std::string_view text(NameId name) const { return names_.text(name); }
    /// The program binds the name nowhere, so it is the language's own wherever it is read.
    bool is_builtin(NameId name) const { return !bound_.contains(name); }

    /// The function or class that a name of the module is for good; null if that is not certain.
    const DefStmt* function(NameId name) const;
    const ClassStmt* class_of(NameId name) const;
    /// What `object.name(…)` calls for an instance of exactly this class, bases included; null: not certain.
    const DefStmt* method(const ClassStmt& type, NameId name) const;
    /// The same for a receiver that is not known: there must be one in the whole program.
    const DefStmt* only_method(NameId name) const;
    /// Every base is a class of the program, so nothing but its own `__init__` runs when it is called.
    bool is_plain_class(const ClassStmt& type) const;
    /// Whether the attribute can be anything but a field that holds what was stored.
    bool is_plain_field(NameId name) const;
    /// Whether some class of the program may give `name` a meaning of its own for a receiver that is not
    /// known.
    bool may_be_defined(NameId name) const { return has_imports_ || methods_.contains(name); }

    bool has_keep() const { return has_keep_ || has_imports_; }
    bool has_imports() const { return has_imports_; }
    /// Operators, printing and comparing may run code of the program.
    bool has_operators() const { return has_operators_; }

    /// A name of the module that functions only read, so that it holds one object while a function runs.
    bool is_stable(const FunctionScope& reader, NameId name) const;
    /// A name of the module that some function binds or ends.
    bool touched_by_functions(NameId name) const {
        return scopes_.declared_global.contains(name) || ended_in_functions_.contains(name);
    }
    /// Whether each call in the file lends this parameter: under `scope` a named object, under `ownership`
    /// `&e`.
    bool always_lent(const DefStmt& def, std::size_t parameter, bool under_ownership) const;

    /// All functions, callees before their callers as far as that is possible.
    const std::vector<const FunctionScope*>& callees_first() const { return order_; }

  private:
    struct Calls {
        bool other_uses = false;  ///< it is more than called
        std::vector<bool> unnamed, not_borrowed;
        bool everything = false;  ///< a call whose arguments cannot be told apart
    };
    friend class IndexWalk;
    void note_arguments(Calls& calls, const CallExpr& call, std::size_t skipped) const;
    void order(Block program);
    void find_bindings();

    const Names& names_;
    ProgramFacts facts_;
    ScopeTree scopes_;
    std::unordered_set<NameId> bound_;
    std::unordered_map<NameId, const DefStmt*> functions_;
    std::unordered_map<NameId, const ClassStmt*> classes_;
    std::unordered_map<NameId, std::vector<const DefStmt*>> methods_;  ///< of all classes
    std::unordered_map<const ClassStmt*, std::unordered_map<NameId, const DefStmt*>> own_methods_;
    std::unordered_set<NameId> fields_;       ///< stored as an attribute somewhere
    std::unordered_set<NameId> class_names_;  ///< attributes of classes
    std::unordered_set<NameId> ended_in_functions_;
    std::unordered_map<const FunctionScope*, std::vector<NameId>> called_;
    std::unordered_map<NameId, Calls> name_calls_, method_calls_;
    std::vector<const FunctionScope*> order_;
    bool has_keep_ = false, has_imports_ = false, has_operators_ = false;
};

}  // namespace harness::lang::analysis
