// Walks over a tree: the parts of an expression, the blocks of a statement. One place that knows where nodes
// keep their children, for all that look for something in a tree.
#pragma once

#include <functional>

#include "lang/syntax/ast.hpp"

namespace harness::lang {

using OnExpr = std::function<void(const Expr*)>;

/// Visits the expressions directly below `e`, in the order of their evaluation; never a null one. Of a
/// lambda: the defaults, then the body. Of a comprehension: the clauses with their targets, then what is
/// made.
void each_part(const Expr* e, const OnExpr& visit);

/// Visits the blocks directly below a statement, those of functions and classes left out.
void each_block(const Stmt* s, const std::function<void(Block)>& visit);

/// Visits the statements of one function in order: those of blocks within them too, not of functions and
/// classes.
void each_statement(Block body, const std::function<void(const Stmt*)>& visit);

/// Visits the expressions that stand in a statement itself, those in its blocks left out; targets, decorators
/// and the values of patterns too, annotations not.
void each_expression(const Stmt* s, const OnExpr& visit);

/// The name that a place begins with: p of p.f and p[i].g; null where it begins with something else.
const NameExpr* root_name(const Expr* place);

}  // namespace harness::lang
