#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

/// Hands the visitor whatever is there, so that the walks below need not ask.
class Visit {
  public:
    explicit Visit(const OnExpr& visit) : visit_(visit) {}

    template <class... Parts>
    void operator()(const Parts&... parts) const {
        (one(parts), ...);
    }
    void pieces(List<FStringPart> parts) const {
        for (const FStringPart& part : parts) {
            one(part.value);
            pieces(part.spec);
        }
    }
    void defaults(List<Parameter> parameters) const {
        for (const Parameter& p : parameters) one(p.default_value);
    }
    void pattern(const Pattern& p) const {
        one(p.value);
        for (const Pattern* part : p.parts()) pattern(*part);
    }

  private:
    void one(const Expr* e) const {
        if (e != nullptr) visit_(e);
    }
    void one(List<Expr*> list) const {
        for (const Expr* e : list) one(e);
    }

    const OnExpr& visit_;
};

}  // namespace

void each_part(const Expr* e, const OnExpr& visitor) {
    const Visit visit(visitor);
    switch (e->kind) {
        case ExprKind::fstring:
            return visit.pieces(as<FStringExpr>(e).parts);
        case ExprKind::tuple:
        case ExprKind::list:
            return visit(as<SequenceExpr>(e).elements);
        case ExprKind::dict:
            return visit(as<DictExpr>(e).keys, as<DictExpr>(e).values);
        case ExprKind::unary:
            return visit(as<UnaryExpr>(e).operand);
        case ExprKind::binary:
            return visit(as<BinaryExpr>(e).left, as<BinaryExpr>(e).right);
        case ExprKind::logical:
            return visit(as<LogicalExpr>(e).operands);
        case ExprKind::compare:
            return visit(as<CompareExpr>(e).operands);
        case ExprKind::conditional: {
            const auto& c = as<ConditionalExpr>(e);
            return visit(c.condition, c.when_true, c.when_false);
        }
        case ExprKind::lambda:
            visit.defaults(as<LambdaExpr>(e).parameters);
            return visit(as<LambdaExpr>(e).body);
        case ExprKind::call:
            visit(as<CallExpr>(e).callee);
            for (const Argument& a : as<CallExpr>(e).arguments) visit(a.value);
            return;
        case ExprKind::index:
            return visit(as<IndexExpr>(e).object, as<IndexExpr>(e).index);
        case ExprKind::slice:
            return visit(as<SliceExpr>(e).start, as<SliceExpr>(e).stop, as<SliceExpr>(e).step);
        case ExprKind::attribute:
            return visit(as<AttributeExpr>(e).object);
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            for (const CompClause& clause : as<ComprehensionExpr>(e).clauses)
                visit(clause.iterable, clause.target, clause.conditions);
            return visit(as<ComprehensionExpr>(e).key, as<ComprehensionExpr>(e).element);
        case ExprKind::borrow:
            return visit(as<BorrowExpr>(e).operand);
        case ExprKind::using_allocator:
            return visit(as<UsingExpr>(e).value, as<UsingExpr>(e).allocator);
        case ExprKind::pipe:
            return visit(as<PipeExpr>(e).left, as<PipeExpr>(e).stage);
        case ExprKind::keep_stage:
            return visit(as<KeepStageExpr>(e).targets, as<KeepStageExpr>(e).allocator);
        case ExprKind::walrus:
            return visit(as<WalrusExpr>(e).value);
        case ExprKind::starred:
            return visit(as<StarredExpr>(e).value);
        case ExprKind::spawn:
            return visit(as<SpawnExpr>(e).call);
        case ExprKind::array_type:
            return visit(as<ArrayTypeExpr>(e).element, as<ArrayTypeExpr>(e).count);
        case ExprKind::name:
        case ExprKind::integer:
        case ExprKind::floating:
        case ExprKind::string:
        case ExprKind::none:
        case ExprKind::boolean:
        case ExprKind::placeholder:
        case ExprKind::made:
            return;
    }
}

void each_block(const Stmt* s, const std::function<void(Block)>& visit) {
    switch (s->kind) {
        case StmtKind::if_:
            for (const IfBranch& b : as<IfStmt>(s).branches) visit(b.body);
            return visit(as<IfStmt>(s).otherwise);
        case StmtKind::while_:
            visit(as<WhileStmt>(s).body);
            return visit(as<WhileStmt>(s).otherwise);
        case StmtKind::for_:
            visit(as<ForStmt>(s).body);
            return visit(as<ForStmt>(s).otherwise);
        case StmtKind::try_:
            visit(as<TryStmt>(s).body);
            for (const ExceptClause& c : as<TryStmt>(s).handlers) visit(c.body);
            visit(as<TryStmt>(s).otherwise);
            return visit(as<TryStmt>(s).finally);
        case StmtKind::match:
            for (const MatchCase& c : as<MatchStmt>(s).cases) visit(c.body);
            return;
        case StmtKind::region:
        case StmtKind::unsafe:
            return visit(as<BlockStmt>(s).body);
        default:
            return;
    }
}

void each_statement(Block body, const std::function<void(const Stmt*)>& visit) {
    for (const Stmt* s : body) {
        visit(s);
        each_block(s, [&](Block inner) { each_statement(inner, visit); });
    }
}

void each_expression(const Stmt* s, const OnExpr& visitor) {
    const Visit visit(visitor);
    switch (s->kind) {
        case StmtKind::expression:
            return visit(as<ExprStmt>(s).value);
        case StmtKind::assign:
            return visit(as<AssignStmt>(s).value, as<AssignStmt>(s).targets);
        case StmtKind::annotated_assign:
            return visit(as<AnnotatedAssignStmt>(s).value, as<AnnotatedAssignStmt>(s).target);
        case StmtKind::augmented_assign:
            return visit(as<AugmentedAssignStmt>(s).target, as<AugmentedAssignStmt>(s).value);
        case StmtKind::if_:
            for (const IfBranch& b : as<IfStmt>(s).branches) visit(b.condition);
            return;
        case StmtKind::while_:
            return visit(as<WhileStmt>(s).condition);
        case StmtKind::for_:
            return visit(as<ForStmt>(s).iterable, as<ForStmt>(s).target);
        case StmtKind::return_:
            return visit(as<ReturnStmt>(s).value);
        case StmtKind::def:
            visit(as<DefStmt>(s).decorators);
            return visit.defaults(as<DefStmt>(s).parameters);
        case StmtKind::class_:
            return visit(as<ClassStmt>(s).base, as<ClassStmt>(s).decorators);
        case StmtKind::match:
            visit(as<MatchStmt>(s).subject);
            for (const MatchCase& c : as<MatchStmt>(s).cases) {
                visit.pattern(*c.pattern);
                visit(c.guard);
            }
            return;
        case StmtKind::try_:
            for (const ExceptClause& c : as<TryStmt>(s).handlers) visit(c.types);
            return;
        case StmtKind::raise:
            return visit(as<RaiseStmt>(s).value, as<RaiseStmt>(s).cause);
        case StmtKind::assert_:
            return visit(as<AssertStmt>(s).condition, as<AssertStmt>(s).message);
        case StmtKind::del:
            return visit(as<DelStmt>(s).targets);
        case StmtKind::const_:
        case StmtKind::static_:
        case StmtKind::let:
            return visit(as<DeclareStmt>(s).value);
        case StmtKind::keep:
            return visit(as<KeepStmt>(s).value, as<KeepStmt>(s).targets, as<KeepStmt>(s).allocator);
        case StmtKind::defer:
            return each_expression(as<DeferStmt>(s).body, visitor);
        default:
            return;
    }
}

const NameExpr* root_name(const Expr* place) {
    while (true) {
        if (place->kind == ExprKind::name) return &as<NameExpr>(place);
        if (place->kind == ExprKind::attribute)
            place = as<AttributeExpr>(place).object;
        else if (place->kind == ExprKind::index)
            place = as<IndexExpr>(place).object;
        else
            return nullptr;
    }
}

}  // namespace harness::lang
