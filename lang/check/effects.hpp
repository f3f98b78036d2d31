// What a loop or a `try` body may change, read off its text: with it the state at the head of a loop is found
// without running the body again and again, so that nested loops cost no more than their text. (Weakening by
// the set of modified names, as program verifiers do at loop heads.)
#pragma once

#include <unordered_map>
#include <vector>

#include "lang/check/program_index.hpp"
#include "lang/check/state.hpp"

namespace harness::lang::analysis {

struct Effects {
    std::vector<NameId> assigned;  ///< bound again; sorted, each once
    std::vector<NameId> used_up;   ///< may be ended, stored, given, kept or assigned to another name
    bool heap = false;             ///< may change what objects hold

    void add(const Effects& other);
    void settle();  ///< sorts
};

class EffectsOf {
  public:
    explicit EffectsOf(const ProgramIndex& index) : index_(index) {}

    /// Of a loop or a `try` with everything in it; found once.
    const Effects& statement(const Stmt* s);
    Effects block(Block body);
    Effects expression(const Expr* e);

  private:
    void add(Effects& to, Block body);
    void add(Effects& to, const Stmt* s);
    void add(Effects& to, const Expr* e);
    void target(Effects& to, const Expr* e);
    void value(Effects& to, const Expr* e);  ///< of something that keeps it
    void pattern(Effects& to, const Pattern& p);

    const ProgramIndex& index_;
    std::unordered_map<const Stmt*, Effects> known_;
};

/// Functions of the language that only look at their arguments and run no code of the program, operators
/// aside.
bool only_looks(std::string_view function);
/// Methods of lists, dicts and strings that neither store nor remove anything.
bool method_only_looks(std::string_view method);

/// Weakens the state by what may have happened.
void weaken(State& state, const Effects& effects, bool has_keep);

}  // namespace harness::lang::analysis
