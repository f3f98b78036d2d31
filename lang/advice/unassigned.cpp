// Names without a value: where the program does give them one, and why that does not help here.
#include <fmt/format.h>

#include <algorithm>

#include "lang/advice/reading.hpp"
#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

void each_target(const Expr* e, const OnExpr& visit) {
    if (e == nullptr) return;
    if (e->kind == ExprKind::tuple || e->kind == ExprKind::list) {
        for (const Expr* part : as<SequenceExpr>(e).elements) each_target(part, visit);
    } else if (e->kind == ExprKind::starred) {
        each_target(as<StarredExpr>(e).value, visit);
    } else {
        visit(e);
    }
}

/// Methods that change their object and return None.
constexpr std::string_view changers[] = {"append", "extend",  "insert", "remove",
                                         "sort",   "reverse", "clear",  "update"};

}  // namespace

/// What gives the name a value within one function or module, in the order of the text.
std::vector<Reading::Binding> Reading::bindings(Block body, NameId name) const {
    std::vector<Binding> found;
    const auto add = [&](Span span, const Stmt* s, bool ends = false) { found.push_back({span, s, ends}); };
    each_statement(body, [&](const Stmt* s) {
        const auto target = [&](const Expr* t) {
            each_target(t, [&](const Expr* e) {
                if (e->kind == ExprKind::name && as<NameExpr>(e).name == name)
                    add(e->span, s, s->kind == StmtKind::del);
            });
        };
        switch (s->kind) {
            case StmtKind::assign:
                for (const Expr* t : as<AssignStmt>(s).targets) target(t);
                break;
            case StmtKind::annotated_assign:
                if (as<AnnotatedAssignStmt>(s).value != nullptr) target(as<AnnotatedAssignStmt>(s).target);
                break;
            case StmtKind::augmented_assign:
                target(as<AugmentedAssignStmt>(s).target);
                break;
            case StmtKind::for_:
                target(as<ForStmt>(s).target);
                break;
            case StmtKind::del:
                for (const Expr* t : as<DelStmt>(s).targets) target(t);
                break;
            case StmtKind::def:
                if (as<DefStmt>(s).name == name) add(as<DefStmt>(s).name_span, s);
                break;
            case StmtKind::class_:
                if (as<ClassStmt>(s).name == name) add(as<ClassStmt>(s).name_span, s);
                break;
            case StmtKind::import:
                if (as<ImportStmt>(s).alias == name) add(s->span, s);
                break;
            case StmtKind::const_:
            case StmtKind::static_:
                if (as<DeclareStmt>(s).name == name) add(as<DeclareStmt>(s).name_span, s);
                break;
            case StmtKind::try_:
                for (const ExceptClause& c : as<TryStmt>(s).handlers)
                    if (c.name == name) add(c.name_span, s, true);
                break;
            default:
                break;
        }
    });
    return found;
}

/// A local that is read before it has a value: either the global one is meant, or the assignment comes too
/// late.
std::string Reading::advise_unbound(std::string_view text) const {
    if (!module_.has_value()) return "";
    const DefStmt* function = function_around();
    if (function == nullptr) return "";
    const NameId name = names_.intern(text);
    const auto own = bindings(function->body, name);
    if (own.empty()) return "";
    const auto is_before = [&](const Binding& b) { return b.span.end <= at_.begin; };
    const auto before = std::find_if(own.rbegin(), own.rend(), is_before);
    // In `n = n + 1` the target stands before the read, but gets its value after it.
    const bool real = before != own.rend() && !(before->statement == statement_);
    if (real && before->ends)
        return before->statement->kind == StmtKind::del
                   ? fmt::format("line {} deletes it", line_of(before->span))
                   : fmt::format("'{}' ends with the except block of line {}; copy it to another name there",
                                 text, line_of(before->span));
    if (real)
        return fmt::format("line {} gives it a value, but did not run; give it one before that",
                           line_of(before->span));
    const auto first = own.front();
    for (auto outer = around_.rbegin() + 1; outer != around_.rend(); ++outer) {
        if ((*outer)->kind != StmtKind::def) continue;
        const auto& def = as<DefStmt>(*outer);
        const bool parameter = std::any_of(def.parameters.begin(), def.parameters.end(),
                                           [&](const Parameter& p) { return p.name == name; });
        if (parameter || !bindings(def.body, name).empty())
            return fmt::format(
                "line {} makes it a local of {}; write 'nonlocal {}' first in {} to mean that of {}",
                line_of(first.span), names_.text(function->name), text, names_.text(function->name),
                names_.text(def.name));
    }
    if (!bindings(module_->body, name).empty())
        return fmt::format(
            "line {} makes it a local of {}; write 'global {}' first in {} to mean the global one",
            line_of(first.span), names_.text(function->name), text, names_.text(function->name));
    if (first.statement == statement_) return "give it a value before";
    return fmt::format("line {} gives it a value, which is later than this read", line_of(first.span));
}

/// A name that nothing visible has: other languages' words, a missing import, an order, another function's
/// local.
std::string Reading::advise_undefined(std::string_view text) const {
    static constexpr struct {
        std::string_view name, advice;
    } known[] = {
        {"math", "write 'import math' first"},
        {"null", "the word is None"},
        {"nil", "the word is None"},
        {"undefined", "the word is None"},
        {"true", "write True"},
        {"false", "write False"},
        {"this", "a method names its object as its first parameter: self"},
        {"self", "a method names its object as its first parameter: def name(self)"},
        {"open", "read_file(path) gives a file's text, write_file(path, text) writes one"},
        {"set", "a dict with None values serves as a set"},
        {"system", "only the main module has 'system'; hand it over as an argument"},
    };
    for (const auto& each : known)
        if (each.name == text) return std::string(each.advice);
    if (!module_.has_value()) return "";
    const NameId name = names_.intern(text);
    for (const Binding& b : bindings(module_->body, name)) {
        if (b.ends && b.statement->kind == StmtKind::try_)
            return fmt::format("it ends with the except block of line {}; copy it to another name there",
                               line_of(b.span));
        if (b.ends) return fmt::format("line {} deletes it", line_of(b.span));
        return fmt::format("line {} gives it a value, but has not run yet", line_of(b.span));
    }
    std::string local;
    each_statement(module_->body, [&](const Stmt* s) {
        if (s->kind != StmtKind::def || !local.empty()) return;
        const auto found = bindings(as<DefStmt>(s).body, name);
        if (!found.empty())
            local =
                fmt::format("line {} gives it a value within {} only; return it from there, or pass it on",
                            line_of(found.front().span), names_.text(as<DefStmt>(s).name));
    });
    return local;
}

std::string Reading::advise_none(const Expr* e) const {
    if (e == nullptr) return "";
    const std::string text = text_of(e);
    if (text.empty()) return "";
    const auto changes = [&](const Expr* call) -> std::string_view {
        if (call->kind != ExprKind::call || as<CallExpr>(call).callee->kind != ExprKind::attribute) return "";
        const std::string_view method = names_.text(as<AttributeExpr>(as<CallExpr>(call).callee).name);
        return std::find(std::begin(changers), std::end(changers), method) != std::end(changers) ? method
                                                                                                 : "";
    };
    if (e->kind == ExprKind::call) {
        if (const std::string_view method = changes(e); !method.empty())
            return fmt::format("{}() changes its object and gives None; call it in a line of its own",
                               method);
        return fmt::format("{} gives None: its function ends without a 'return' of a value", text);
    }
    if (e->kind == ExprKind::name && module_.has_value()) {
        const DefStmt* function = function_around();
        const auto all = bindings(function != nullptr ? function->body : module_->body, as<NameExpr>(e).name);
        const auto before =
            std::find_if(all.rbegin(), all.rend(), [&](const Binding& b) { return b.span.end <= at_.begin; });
        if (before != all.rend() && before->statement->kind == StmtKind::assign) {
            const Expr* value = as<AssignStmt>(before->statement).value;
            if (const std::string_view method = changes(value); !method.empty())
                return fmt::format(
                    "line {} sets {} to what {}() gives, which is None; call it in a line of its own",
                    line_of(before->span), text, method);
        }
    }
    if (e->kind == ExprKind::name || e->kind == ExprKind::attribute || e->kind == ExprKind::index)
        return fmt::format("{} is None here; test 'if {} is not None:' before", text, text);
    return "";
}

}  // namespace harness::lang
