// A walk over the text for what it may change.
#include "lang/check/effects.hpp"

#include <algorithm>
#include <array>

#include "lang/syntax/walk.hpp"

namespace harness::lang::analysis {

namespace {

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

void sort_once(std::vector<NameId>& names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

bool only_looks(std::string_view function) {
    static constexpr std::array<std::string_view, 40> known = {
        "print",  "len",      "str",        "int",          "float",       "bool",    "repr",  "abs",
        "round",  "ord",      "chr",        "hash",         "callable",    "type",    "range", "enumerate",
        "zip",    "reversed", "sum",        "any",          "all",         "list",    "dict",  "tuple",
        "divmod", "pow",      "isinstance", "hasattr",      "clone",       "wrap32",  "param", "clock",
        "mulmod", "hash48",   "random_int", "random_float", "random_seed", "size_of", "bin",   "hex",
    };
    return is_one_of(known, function);
}

bool method_only_looks(std::string_view method) {
    static constexpr std::array<std::string_view, 28> known = {
        "get",     "keys",    "values",     "items",   "index",  "count",      "copy",
        "join",    "split",   "splitlines", "strip",   "lstrip", "rstrip",     "find",
        "rfind",   "upper",   "lower",      "replace", "format", "startswith", "endswith",
        "isdigit", "isalpha", "isspace",    "title",   "zfill",  "ljust",      "rjust",
    };
    return is_one_of(known, method);
}

void Effects::add(const Effects& other) {
    assigned.insert(assigned.end(), other.assigned.begin(), other.assigned.end());
    used_up.insert(used_up.end(), other.used_up.begin(), other.used_up.end());
    heap = heap || other.heap;
}

void Effects::settle() {
    sort_once(assigned);
    sort_once(used_up);
}

const Effects& EffectsOf::statement(const Stmt* s) {
    if (const auto found = known_.find(s); found != known_.end()) return found->second;
    Effects all;
    each_expression(s, [&](const Expr* e) { add(all, e); });
    if (s->kind == StmtKind::for_) target(all, as<ForStmt>(s).target);
    if (s->kind == StmtKind::try_)
        for (const ExceptClause& clause : as<TryStmt>(s).handlers)
            if (clause.name != 0) all.assigned.push_back(clause.name);
    each_block(s, [&](Block inner) { add(all, inner); });
    all.settle();
    return known_.emplace(s, std::move(all)).first->second;
}

Effects EffectsOf::block(Block body) {
    Effects all;
    add(all, body);
    all.settle();
    return all;
}

Effects EffectsOf::expression(const Expr* e) {
    Effects all;
    value(all, e);
    all.settle();
    return all;
}

void EffectsOf::add(Effects& to, Block body) {
    for (const Stmt* s : body) add(to, s);
}

void EffectsOf::pattern(Effects& to, const Pattern& p) {
    if (p.name != 0) to.assigned.push_back(p.name);
    for (const Pattern* part : p.parts()) pattern(to, *part);
}

void EffectsOf::add(Effects& to, const Stmt* s) {
    switch (s->kind) {
        case StmtKind::while_:
        case StmtKind::for_:
        case StmtKind::try_:
            return to.add(statement(s));
        case StmtKind::assign:
            value(to, as<AssignStmt>(s).value);
            for (const Expr* t : as<AssignStmt>(s).targets) target(to, t);
            return;
        case StmtKind::annotated_assign:
            value(to, as<AnnotatedAssignStmt>(s).value);
            return target(to, as<AnnotatedAssignStmt>(s).target);
        case StmtKind::augmented_assign:
            value(to, as<AugmentedAssignStmt>(s).value);
            return target(to, as<AugmentedAssignStmt>(s).target);
        case StmtKind::del:
            for (const Expr* t : as<DelStmt>(s).targets) target(to, t);
            return;
        case StmtKind::return_:
            return value(to, as<ReturnStmt>(s).value);
        case StmtKind::raise:
            return value(to, as<RaiseStmt>(s).value);
        case StmtKind::const_:
        case StmtKind::static_:
        case StmtKind::let:
            value(to, as<DeclareStmt>(s).value);
            to.assigned.push_back(as<DeclareStmt>(s).name);
            return;
        case StmtKind::keep:
            value(to, as<KeepStmt>(s).value);
            for (const Expr* t : as<KeepStmt>(s).targets) add(to, t);
            return;
        case StmtKind::def:
            to.assigned.push_back(as<DefStmt>(s).name);
            break;
        case StmtKind::class_:
            to.assigned.push_back(as<ClassStmt>(s).name);
            break;
        case StmtKind::struct_:
            to.assigned.push_back(as<StructStmt>(s).name);
            break;
        case StmtKind::import:
            to.assigned.push_back(as<ImportStmt>(s).alias);
            to.heap = true;
            break;
        case StmtKind::match:
            value(to, as<MatchStmt>(s).subject);
            for (const MatchCase& c : as<MatchStmt>(s).cases) pattern(to, *c.pattern);
            break;
        case StmtKind::defer:
            return add(to, as<DeferStmt>(s).body);
        default:
            break;
    }
    each_expression(s, [&](const Expr* e) { add(to, e); });
    each_block(s, [&](Block inner) { add(to, inner); });
}

void EffectsOf::target(Effects& to, const Expr* e) {
    switch (e->kind) {
        case ExprKind::name:
            to.assigned.push_back(as<NameExpr>(e).name);
            return;
        case ExprKind::tuple:
        case ExprKind::list:
            for (const Expr* part : as<SequenceExpr>(e).elements) target(to, part);
            return;
        case ExprKind::starred:
            return target(to, as<StarredExpr>(e).value);
        default:
            to.heap = true;
            each_part(e, [&](const Expr* part) { add(to, part); });
    }
}

void EffectsOf::value(Effects& to, const Expr* e) {
    if (e == nullptr) return;
    if (e->kind == ExprKind::name)
        to.used_up.push_back(as<NameExpr>(e).name);
    else
        add(to, e);
}

void EffectsOf::add(Effects& to, const Expr* e) {
    if (e == nullptr) return;
    switch (e->kind) {
        case ExprKind::call: {
            const auto& call = as<CallExpr>(e);
            bool looks = false;
            if (call.callee->kind == ExprKind::name) {
                const NameId name = as<NameExpr>(call.callee).name;
                looks = index_.is_builtin(name) && only_looks(index_.text(name)) && !index_.has_operators();
            } else if (call.callee->kind == ExprKind::attribute) {
                const auto& callee = as<AttributeExpr>(call.callee);
                looks = !index_.may_be_defined(callee.name) && method_only_looks(index_.text(callee.name)) &&
                        !index_.has_operators();
                // A method of the program may do anything with what it is called on.
                if (!looks && index_.may_be_defined(callee.name)) value(to, callee.object);
            }
            add(to, call.callee);
            to.heap = to.heap || !looks;
            for (const Argument& a : call.arguments) looks ? add(to, a.value) : value(to, a.value);
            return;
        }
        case ExprKind::tuple:
        case ExprKind::list:
            for (const Expr* part : as<SequenceExpr>(e).elements) value(to, part);
            return;
        case ExprKind::dict:
        case ExprKind::conditional:
        case ExprKind::logical:
        case ExprKind::starred:
        case ExprKind::pipe:
        case ExprKind::keep_stage:
        case ExprKind::using_allocator:
        case ExprKind::spawn:
        case ExprKind::lambda:
            if (e->kind == ExprKind::pipe || e->kind == ExprKind::spawn) to.heap = true;
            each_part(e, [&](const Expr* part) { value(to, part); });
            return;
        case ExprKind::walrus:
            value(to, as<WalrusExpr>(e).value);
            to.assigned.push_back(as<WalrusExpr>(e).name);
            return;
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            each_part(e, [&](const Expr* part) { value(to, part); });
            return;
        case ExprKind::unary:
        case ExprKind::binary:
        case ExprKind::compare:
        case ExprKind::index:
            if (index_.has_operators()) to.heap = true;
            break;
        default:
            break;
    }
    each_part(e, [&](const Expr* part) { add(to, part); });
}

void weaken(State& state, const Effects& effects, bool has_keep) {
    for (const NameId name : effects.assigned) {
        Variable* variable = state.variable(name);
        if (variable == nullptr) continue;
        state.forget_value(*variable);
        // Bound again in between, it may be alive; ended in between, dead.
        variable->freed = variable->moved = variable->given = uncertain();
    }
    for (const NameId name : effects.used_up) {
        Variable* variable = state.variable(name);
        if (variable == nullptr) continue;
        variable->freed.weaken();
        variable->moved.weaken();
        variable->given.weaken();
        if (Object* held = state.object(variable->value.object)) {
            held->owner = 0;
            held->lost = held->shared = true;
            held->released.weaken();
        }
    }
    if (!effects.heap) return;
    state.edges.clear();
    state.holes.clear();
    for (Object& each : state.objects) {
        each.shared = true;
        each.lost = each.lost || has_keep;
        each.released.weaken();
    }
}

}  // namespace harness::lang::analysis
