#include "lang/compile/garbage.hpp"

#include <algorithm>

#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

constexpr unsigned most_joined = 8;

/// `+`, `*` and `%` join strings and lists; what the operators of a class make, their own calls answer for.
bool joins(BinaryOp op) { return op == BinaryOp::add || op == BinaryOp::multiply || op == BinaryOp::modulo; }

bool makes_something(const Expr* e) {
    switch (e->kind) {
        case ExprKind::integer:
        case ExprKind::floating:
        case ExprKind::string:
        case ExprKind::none:
        case ExprKind::boolean:
        case ExprKind::name:
        case ExprKind::unary:
        case ExprKind::logical:
        case ExprKind::compare:
        case ExprKind::conditional:
        case ExprKind::index:
        case ExprKind::attribute:
        case ExprKind::borrow:
        case ExprKind::walrus:
            break;
        case ExprKind::binary:
            if (joins(as<BinaryExpr>(e).op)) return true;
            break;
        default:
            return true;
    }
    bool found = false;
    each_part(e, [&](const Expr* part) { found = found || makes_something(part); });
    return found;
}

class Garbage {
  public:
    Garbage(const DefStmt& def, const std::function<bool(NameId)>& is_class)
        : def_(def), is_class_(is_class) {}

    bool in(const Stmt* s) {
        switch (s->kind) {
            case StmtKind::def:
            case StmtKind::class_:
            case StmtKind::import:
            case StmtKind::try_:
            case StmtKind::defer:
            case StmtKind::match:
            case StmtKind::for_:
                return true;
            case StmtKind::augmented_assign:
                if (joins(as<AugmentedAssignStmt>(s).op)) return true;
                break;
            case StmtKind::return_: {
                const Expr* value = as<ReturnStmt>(s).value;
                return value != nullptr && !leaves(value);
            }
            case StmtKind::assign: {
                const auto& assign = as<AssignStmt>(s);
                const bool stored =
                    std::all_of(assign.targets.begin(), assign.targets.end(),
                                [&](const Expr* target) { return is_place_of_parameter(target); });
                if (!stored || assign.targets.size() != 1) break;
                return makes_something(assign.targets[0]) || !leaves(assign.value);
            }
            default:
                break;
        }
        bool found = false;
        each_expression(s, [&](const Expr* e) { found = found || makes_something(e); });
        return found;
    }

  private:
    /// Whether all that the expression makes is in its value.
    bool leaves(const Expr* e) {
        switch (e->kind) {
            case ExprKind::list:
            case ExprKind::tuple:
            case ExprKind::dict:
                return all_parts(e, [&](const Expr* part) { return leaves(part); });
            case ExprKind::conditional: {
                const auto& c = as<ConditionalExpr>(e);
                return !makes_something(c.condition) && leaves(c.when_true) && leaves(c.when_false);
            }
            case ExprKind::binary: {
                if (!joins(as<BinaryExpr>(e).op)) return !makes_something(e);
                unsigned operands = 0;
                return joined(e, operands) && operands <= most_joined;
            }
            case ExprKind::fstring:
                return all_parts(e, [](const Expr* part) { return !makes_something(part); });
            case ExprKind::call: {
                const auto& call = as<CallExpr>(e);
                const bool constructs =
                    call.callee->kind == ExprKind::name && is_class_(as<NameExpr>(call.callee).name);
                if (makes_something(call.callee)) return false;
                return std::all_of(call.arguments.begin(), call.arguments.end(), [&](const Argument& a) {
                    if (a.kind != Argument::Kind::plain) return false;
                    return constructs ? leaves(a.value) : !makes_something(a.value);
                });
            }
            default:
                return !makes_something(e);
        }
    }
    /// The operands of a chain of `+`, `*` and `%`, which are joined or calculated with.
    bool joined(const Expr* e, unsigned& operands) {
        if (e->kind == ExprKind::binary && joins(as<BinaryExpr>(e).op))
            return joined(as<BinaryExpr>(e).left, operands) && joined(as<BinaryExpr>(e).right, operands);
        return ++operands <= most_joined && leaves(e);
    }
    template <class Holds>
    static bool all_parts(const Expr* e, Holds holds) {
        bool all = true;
        each_part(e, [&](const Expr* part) { all = all && holds(part); });
        return all;
    }
    /// A field or an element of what a parameter refers to.
    bool is_place_of_parameter(const Expr* target) {
        if (target->kind != ExprKind::attribute && target->kind != ExprKind::index) return false;
        const NameExpr* root = root_name(target);
        return root != nullptr && std::any_of(def_.parameters.begin(), def_.parameters.end(),
                                              [&](const Parameter& p) { return p.name == root->name; });
    }

    const DefStmt& def_;
    const std::function<bool(NameId)>& is_class_;
};

}  // namespace

bool leaves_garbage(const DefStmt& def, const std::function<bool(NameId)>& is_class) {
    Garbage garbage(def, is_class);
    bool found = false;
    each_statement(def.body, [&](const Stmt* s) { found = found || garbage.in(s); });
    return found;
}

}  // namespace harness::lang
