// One walk over statements and expressions that collects bindings. With `deep_` it enters nested definitions
// too.
#include "lang/syntax/bound_names.hpp"

#include <algorithm>

#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

class Collector {
  public:
    explicit Collector(bool deep) : deep_(deep) {}

    void block(Block statements) {
        for (const Stmt* each : statements) statement(each);
    }

    BoundNames take() {
        for (auto* list : {&names_.bound, &names_.declared_global, &names_.declared_nonlocal}) {
            std::sort(list->begin(), list->end());
            list->erase(std::unique(list->begin(), list->end()), list->end());
        }
        return std::move(names_);
    }

  private:
    void bind(NameId name) { names_.bound.push_back(name); }

    void target(const Expr* expr) {
        switch (expr->kind) {
            case ExprKind::name:
                return bind(as<NameExpr>(expr).name);
            case ExprKind::starred:
                return target(as<StarredExpr>(expr).value);
            case ExprKind::tuple:
            case ExprKind::list:
                for (const Expr* each : as<SequenceExpr>(expr).elements) target(each);
                return;
            default:
                return expression(expr);
        }
    }

    void expressions(List<Expr*> list) {
        for (const Expr* each : list) expression(each);
    }

    void parameters(List<Parameter> list) {
        for (const Parameter& each : list) {
            expression(each.default_value);
            if (deep_) bind(each.name);
        }
    }

    void pattern(const Pattern* made) {
        if (made->name != 0) bind(made->name);
        for (const Pattern* part : made->parts()) pattern(part);
    }

    void expression(const Expr* expr);
    void comprehension(const ComprehensionExpr& comp);
    void statement(const Stmt* stmt);
    void compound(const Stmt* stmt);
    void try_statement(const TryStmt& made);

    bool deep_;
    BoundNames names_;
};

// Only := binds within an expression, so this looks for it.
void Collector::expression(const Expr* expr) {
    if (expr == nullptr) return;
    switch (expr->kind) {
        case ExprKind::walrus:
            bind(as<WalrusExpr>(expr).name);
            return expression(as<WalrusExpr>(expr).value);
        case ExprKind::lambda:
            parameters(as<LambdaExpr>(expr).parameters);
            if (deep_) expression(as<LambdaExpr>(expr).body);
            return;
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            return comprehension(as<ComprehensionExpr>(expr));
        default:
            each_part(expr, [this](const Expr* part) { expression(part); });
    }
}

void Collector::comprehension(const ComprehensionExpr& comp) {
    expression(comp.key);
    expression(comp.element);
    for (const CompClause& clause : comp.clauses) {
        // The targets of a comprehension are its own.
        if (deep_) target(clause.target);
        expression(clause.iterable);
        expressions(clause.conditions);
    }
}

void Collector::statement(const Stmt* stmt) {
    switch (stmt->kind) {
        case StmtKind::expression:
            return expression(as<ExprStmt>(stmt).value);
        case StmtKind::assign:
            for (const Expr* each : as<AssignStmt>(stmt).targets) target(each);
            return expression(as<AssignStmt>(stmt).value);
        case StmtKind::annotated_assign:
            target(as<AnnotatedAssignStmt>(stmt).target);
            return expression(as<AnnotatedAssignStmt>(stmt).value);
        case StmtKind::augmented_assign:
            target(as<AugmentedAssignStmt>(stmt).target);
            return expression(as<AugmentedAssignStmt>(stmt).value);
        case StmtKind::return_:
            return expression(as<ReturnStmt>(stmt).value);
        case StmtKind::raise:
            return expression(as<RaiseStmt>(stmt).value);
        case StmtKind::assert_:
            return expression(as<AssertStmt>(stmt).condition);
        case StmtKind::global:
            for (const NameId name : as<NamesStmt>(stmt).names) names_.declared_global.push_back(name);
            return;
        case StmtKind::nonlocal:
            for (const NameId name : as<NamesStmt>(stmt).names) names_.declared_nonlocal.push_back(name);
            return;
        case StmtKind::del:
            for (const Expr* each : as<DelStmt>(stmt).targets) target(each);
            return;
        case StmtKind::const_:
        case StmtKind::static_:
            bind(as<DeclareStmt>(stmt).name);
            return expression(as<DeclareStmt>(stmt).value);
        case StmtKind::let:
            if (deep_) bind(as<DeclareStmt>(stmt).name);
            return expression(as<DeclareStmt>(stmt).value);
        case StmtKind::import:
            return bind(as<ImportStmt>(stmt).alias);
        case StmtKind::defer:
            names_.has_defer = true;
            return statement(as<DeferStmt>(stmt).body);
        default:
            return compound(stmt);
    }
}

void Collector::compound(const Stmt* stmt) {
    switch (stmt->kind) {
        case StmtKind::if_:
            for (const IfBranch& branch : as<IfStmt>(stmt).branches) {
                expression(branch.condition);
                block(branch.body);
            }
            return block(as<IfStmt>(stmt).otherwise);
        case StmtKind::while_:
            expression(as<WhileStmt>(stmt).condition);
            block(as<WhileStmt>(stmt).body);
            return block(as<WhileStmt>(stmt).otherwise);
        case StmtKind::for_:
            target(as<ForStmt>(stmt).target);
            expression(as<ForStmt>(stmt).iterable);
            block(as<ForStmt>(stmt).body);
            return block(as<ForStmt>(stmt).otherwise);
        case StmtKind::def:
            bind(as<DefStmt>(stmt).name);
            parameters(as<DefStmt>(stmt).parameters);
            if (deep_) block(as<DefStmt>(stmt).body);
            return;
        case StmtKind::class_:
            bind(as<ClassStmt>(stmt).name);
            if (deep_) block(as<ClassStmt>(stmt).body);
            return;
        case StmtKind::struct_:
            return bind(as<StructStmt>(stmt).name);
        case StmtKind::enum_:
            return bind(as<EnumStmt>(stmt).name);
        case StmtKind::match:
            expression(as<MatchStmt>(stmt).subject);
            for (const MatchCase& each : as<MatchStmt>(stmt).cases) {
                pattern(each.pattern);
                expression(each.guard);
                block(each.body);
            }
            return;
        case StmtKind::try_:
            return try_statement(as<TryStmt>(stmt));
        case StmtKind::region:
        case StmtKind::unsafe:
            return block(as<BlockStmt>(stmt).body);
        default:
            return;
    }
}

void Collector::try_statement(const TryStmt& made) {
    block(made.body);
    for (const ExceptClause& clause : made.handlers) {
        if (clause.name != 0) bind(clause.name);
        block(clause.body);
    }
    block(made.otherwise);
    block(made.finally);
}

}  // namespace

bool BoundNames::binds(NameId name) const { return std::binary_search(bound.begin(), bound.end(), name); }

BoundNames bound_names(Block block) {
    Collector collector(false);
    collector.block(block);
    return collector.take();
}

std::vector<NameId> all_bound_names(Block block) {
    Collector collector(true);
    collector.block(block);
    return collector.take().bound;
}

}  // namespace harness::lang
