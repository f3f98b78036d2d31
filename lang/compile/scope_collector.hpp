// The state of the walk that collects scopes; its members are spread over scopes.cpp, scope_expressions.cpp
// and scope_statements.cpp.
#pragma once

#include <functional>
#include <string>

#include "lang/compile/scopes.hpp"

namespace harness::lang {

class ScopeCollector {
  public:
    ScopeCollector(ScopeTree& tree, const Names& names, ProgramFacts& facts, std::vector<Diagnostic>& errors)
        : tree_(tree), names_(names), facts_(facts), errors_(errors) {}
    void module(const Block& body);

  private:
    /// `&name` as an argument or on its way into a place.
    struct Lent {
        const CallExpr* call = nullptr;
        std::size_t index = 0;
        NameId field = 0;
        const Expr* annotation = nullptr;
        FunctionScope* scope = nullptr;
        NameId name = 0;
    };
    void find_fixed_names();
    /// Whether the name is the program's own where the scope reads it.
    static bool is_bound(const FunctionScope* scope, NameId name);
    void error(Span span, std::string message, std::string help = "");
    void bind(NameId name, Binding binding);
    void bind_any(NameId name) { bind(name, {.name = name}); }
    /// What `:=` binds within a generator belongs to the function around it.
    void bind_outside(NameId name, const Expr* value);
    bool is_parameter(NameId name) const { return parameters_.contains(name); }
    /// Everything that an assignment to `target` binds, with an unknown value.
    void target(const Expr* e);
    /// The scope that a store to the name in `scope` reaches.
    const FunctionScope* owner(const FunctionScope& scope, NameId name) const;
    /// A name declared by `const` has no other binding, wherever it is made.
    void check_constants();
    /// A variable that is lent as a number where that asks for a reference lives in a cell, or is a global.
    void refer();
    void lend(const Expr* value, Lent lent);
    void lend_to(const Expr* to, const Expr* value);
    void hand_outward(FunctionScope& inner);
    void finish(FunctionScope& scope);
    void function(const void* node, const Stmt* def, const LambdaExpr* lambda, List<Parameter> parameters,
                  const std::function<void()>& body);
    void parameters(List<Parameter> list);
    // Blocks with names of their own; `depth` counts how many such names live at one time.
    void enter_block_name(NameId name);
    void block_target(const Expr* e, unsigned& entered);
    void comprehension(const ComprehensionExpr& c);
    void comprehension_body(const ComprehensionExpr& c);
    void exprs(List<Expr*> list);
    void expr(const Expr* e);
    void parts(const Expr* e);
    /// free(x), deinit(x) and move(x) leave a parameter without a value, which the caller's register must
    /// keep.
    void ends_name(const CallExpr& call, NameId name);
    /// Builtins that walk a generator to its end before they do anything else, so that nobody sees whether it
    /// was lazy: it is made in place. (`any` and `all` stop, in place too.)
    bool takes_all(const CallExpr& call) const;
    /// Such a function may be called under another name, so it counts where it is mentioned.
    void note_introspection(NameId id);
    void special_call(const CallExpr& call);
    void block(Block body);
    void loop_body(Block body);
    void declared_names(const NamesStmt& s, bool global);
    void pattern(const Pattern& p);
    void note_parameters(NameId type, const DefStmt& def);
    void class_body(NameId name, Block body);
    void struct_statement(const StructStmt& s);
    void def_statement(const DefStmt& s, bool binds);
    void loop_control(const Stmt* s, const char* word);
    static bool is_counted(const Expr* iterable, const Names& names);
    void stmt(const Stmt* s);
    void declare(const DeclareStmt& d);
    void rare_stmt(const Stmt* s);
    ScopeTree& tree_;
    const Names& names_;
    ProgramFacts& facts_;
    std::vector<Diagnostic>& errors_;
    FunctionScope* scope_ = nullptr;
    std::unordered_set<NameId> parameters_;
    std::unordered_map<const FunctionScope*, std::vector<FunctionScope*>> children_;
    std::vector<NameId> classes_;
    std::vector<Lent> lent_;
    std::vector<NameId> defined_once_;  ///< or more often, or bound in another way, too
    std::vector<std::pair<const FunctionScope*, NameId>> introspections_;
    std::vector<NameId> bound_anywhere_;  ///< in this module, sorted
    const Expr* at_once_ = nullptr;       ///< the generator that its call takes whole
    unsigned block_depth_ = 0;
    unsigned loops_ = 0;
    Span at_{};  ///< of the place that binds names now
};

}  // namespace harness::lang
