// The analysis of one function: one walk over its tree with the state of what is certain. Its members are
// spread over statements.cpp, expressions.cpp, calls.cpp, stores.cpp, memory_words.cpp and exits.cpp.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "lang/check/effects.hpp"
#include "lang/check/program_index.hpp"
#include "lang/check/reports.hpp"
#include "lang/check/state.hpp"
#include "lang/check/summary.hpp"

namespace harness::lang::analysis {

using Summaries = std::unordered_map<const DefStmt*, Summary>;

/// What evaluating an expression gives.
struct Result {
    Value value{};
    Edge::Kind hold =
        Edge::Kind::lent;  ///< named: a bare name; lent: a borrow or what a place holds; unnamed
    NameId name = 0;       ///< of the variable, for a bare name and for `&name`
};

class FunctionAnalysis {
  public:
    /// `steps`: so many statements may still be looked at in second turns of loops, in the whole program.
    FunctionAnalysis(const ProgramIndex& index, EffectsOf& effects, const Summaries& summaries,
                     Reports& reports, const FunctionScope& scope, std::size_t& steps);

    /// Analyses the body once; findings go to the reports.
    Summary function(const DefStmt& def);
    void module(Block body);

  private:
    /// Where `break` and `continue` of a loop go, and how many `finally` blocks stood around it.
    struct Loop {
        State broken, continued;
        std::size_t finals;
    };
    struct Exit {
        State state;
        std::optional<Result> result;  ///< nothing: None
        Event gone{};                  ///< a borrow of what ends here is returned
    };

    // statements.cpp
    void block(Block body);
    void statement(const Stmt* s);
    void rare_statement(const Stmt* s);
    void if_statement(const IfStmt& s);
    void while_statement(const WhileStmt& s);
    void for_statement(const ForStmt& s);
    void try_statement(const TryStmt& s);
    void match_statement(const MatchStmt& s);
    void region_statement(const BlockStmt& s);
    void turns(const Stmt* loop, Block body, bool two_are_sure, const Expr* target, bool counted);
    void turn(Block body, const Expr* target, bool counted);
    void leave_loop(bool by_break);
    void unreachable_end(Block behind, const Stmt* leaves);
    void pass_finals(State& state, std::size_t from) const;

    // expressions.cpp
    Result expression(const Expr* e);
    Result name_read(const NameExpr& e);
    /// Of something that is only handed on: nothing looks at the object itself.
    Result handed_on(const Expr* e);
    Result attribute_read(const AttributeExpr& e);
    Result display(const Expr* e);
    Result branches(const Expr* first, const Expr* second);
    void each_lent(const Expr* e);
    /// The value goes where nothing is known of it any more.
    void use_up(const Result& result, Span at);
    void run_unseen_code();
    void read_released(ObjectId id, Span at);
    void read_gone(ObjectId id, Span at);
    void tell_ended(Diagnostic d, Span at, LifetimeSet lifetimes);
    void read_hole(ObjectId holder, NameId field, const Expr* e);

    // calls.cpp
    Result call(const CallExpr& e);
    Result call_method(const CallExpr& e);
    Result builtin_call(const CallExpr& e, std::string_view name);
    Result call_known(const CallExpr& e, const DefStmt& def, const Result* receiver);
    Result construct(const CallExpr& e, const ClassStmt& type);
    Result call_unknown(const CallExpr& e, const Result* receiver);
    std::vector<Result> arguments(const CallExpr& e);
    void give(const Result& argument, Span at);
    void apply_stores(const Summary& summary, const std::vector<Result>& passed, const CallExpr& e);
    ObjectId find_place(const PlacePath& path, const std::vector<Result>& passed);

    // stores.cpp
    void assign(const Expr* target, const Expr* source, const Result& result);
    void bind(NameId name, const Result& result, const Expr* source);
    void overwrite(Variable& variable, const Expr* source);
    void store(ObjectId holder, NameId field, const Result& result, Edge edge);
    void forget_target(const Expr* target);
    /// Something that others may know of is changed.
    void writes_to(ObjectId holder);
    bool is_constructor() const;
    NameId own_name(const Result& result);

    // memory_words.cpp
    Result end_place(const CallExpr& e, bool deep);
    void end_name(NameId name, Span at, bool deep);
    void check_holders(const Object& ended, Span at);
    void release(ObjectId id, Span at, bool deep, NameId name);
    Result end_handle(const CallExpr& e, bool ends);
    Result move(const CallExpr& e);
    void make_hole(const Expr* place, bool moved);
    Result kept_name(const NameExpr& e);
    void keep(const Result& what, const Expr* value, List<Expr*> targets, Span at);

    // exits.cpp
    void leave(const Stmt* at, const Expr* returned, std::optional<Result> result);
    void check_escapes(State& state, const Stmt* at, const std::vector<ObjectId>& handed_on);
    void check_region_end(const Stmt* at, std::uint16_t region);
    void report_escape(const Edge& edge, const Object& target, LifetimeSet lifetimes, Span ends,
                       bool returned);
    bool ends_here(const State& state, const Object& object) const;
    bool outlives(const State& state, ObjectId holder, const std::vector<ObjectId>& handed_on,
                  int depth = 0) const;
    Summary summarise(const DefStmt& def);
    std::optional<PlacePath> path_of(const State& state, ObjectId id) const;

    // The objects and names of the function.
    bool is_tracked(NameId name) const;
    Variable* tracked(NameId name);
    Object* make(Object::Kind kind, const ClassStmt* type, Span made);
    ObjectId external(Root root, NameId name, ObjectId parent, NameId field);
    Result fresh(Object::Kind kind, const ClassStmt* type, Span made);
    std::string quoted(NameId name) const { return "'" + std::string(index_.text(name)) + "'"; }

    const ProgramIndex& index_;
    EffectsOf& effects_;
    const Summaries& summaries_;
    Reports& reports_;
    const FunctionScope& scope_;
    std::size_t& steps_;
    const DefStmt* def_ = nullptr;
    State state_;
    std::vector<Loop> loops_;
    std::vector<Effects> finals_;  ///< of the `finally` blocks around
    std::vector<Exit> exits_;
    const Result* placeholder_ = nullptr;
    std::unordered_set<NameId> kept_or_moved_;  ///< anywhere in the function
    std::unordered_set<NameId> stored_fields_;  ///< anywhere in the function, or in what it calls
    ObjectId next_object_ = 1;
    std::uint16_t region_ = 0;
    bool is_region_ = false, has_defer_ = false;
    bool writes_heap_ = false, keeps_ = false;
    bool handing_on_ = false;  ///< the name that is read next is not looked at
    bool again_ = false;       ///< in the second turn of a loop
};

}  // namespace harness::lang::analysis
