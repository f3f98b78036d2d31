// Finds the expression at a place in the tree of its file, which is parsed again for this: running programs
// keep no tree, and an error is printed once.
#include "lang/advice/reading.hpp"

#include <algorithm>

#include "lang/syntax/walk.hpp"

namespace harness::lang {

namespace {

bool contains(Span outer, Span inner) { return outer.begin <= inner.begin && inner.end <= outer.end; }

Block body_of(const Stmt* s) {
    if (s->kind == StmtKind::def) return as<DefStmt>(s).body;
    if (s->kind == StmtKind::class_) return as<ClassStmt>(s).body;
    return {};
}

const Expr* stored_to(const Stmt* s) {
    if (s->kind == StmtKind::assign) return as<AssignStmt>(s).targets[0];
    if (s->kind == StmtKind::annotated_assign) return as<AnnotatedAssignStmt>(s).target;
    return nullptr;
}

/// What is assigned, raised, returned or gone through by a statement.
const Expr* value_of(const Stmt* s) {
    switch (s->kind) {
        case StmtKind::assign:
            return as<AssignStmt>(s).value;
        case StmtKind::annotated_assign:
            return as<AnnotatedAssignStmt>(s).value;
        case StmtKind::augmented_assign:
            return as<AugmentedAssignStmt>(s).value;
        case StmtKind::raise:
            return as<RaiseStmt>(s).value;
        case StmtKind::return_:
            return as<ReturnStmt>(s).value;
        case StmtKind::for_:
            return as<ForStmt>(s).iterable;
        default:
            return nullptr;
    }
}

}  // namespace

Reading::Reading(const SourceMap& sources, Span at) : sources_(sources), at_(at) {
    const std::optional<std::uint32_t> base = sources.base_of(at.begin);
    if (!base.has_value()) return;
    std::vector<Diagnostic> errors;
    module_.emplace(parse(sources, *base, names_, errors));
    if (!errors.empty()) {
        module_.reset();
        return;
    }
    std::vector<const Stmt*> around;
    find(module_->body, around);
    if (statement_ == nullptr) return;
    const Expr* target = stored_to(statement_);
    store_ = target != nullptr && (statement_->span == at || target->span == at);
    if (exact_.empty()) return;
    if (statement_->kind == StmtKind::for_) iterated_ = as<ForStmt>(statement_).iterable == exact_[0];
    if (parent_ != nullptr && (parent_->kind == ExprKind::list_comp || parent_->kind == ExprKind::dict_comp ||
                               parent_->kind == ExprKind::generator))
        for (const CompClause& clause : as<ComprehensionExpr>(parent_).clauses)
            iterated_ = iterated_ || clause.iterable == exact_[0];
}

void Reading::find(Block body, std::vector<const Stmt*>& around) {
    each_statement(body, [&](const Stmt* s) {
        if (statement_ != nullptr) return;
        if (s->span == at_) {
            statement_ = s;
            around_ = around;
        }
        each_expression(s, [&](const Expr* e) { look(e, nullptr, s, around); });
        if (s->kind == StmtKind::def)
            for (const Parameter& p : as<DefStmt>(s).parameters)
                if (p.span.begin == at_.begin) parameter_ = true;
        if (const Block inner = body_of(s); !inner.empty()) {
            around.push_back(s);
            find(inner, around);
            around.pop_back();
        }
    });
}

void Reading::look(const Expr* e, const Expr* parent, const Stmt* s, const std::vector<const Stmt*>& around) {
    if (!contains(e->span, at_)) return;
    if (e->span == at_) {
        if (exact_.empty()) parent_ = parent;
        exact_.push_back(e);
        statement_ = s;
        around_ = around;
    }
    each_part(e, [&](const Expr* part) { look(part, e, s, around); });
}

// --- Parts

/// The target of the assignment, where the place is the whole of it.
const Expr* Reading::blamed_target() const {
    return statement_ != nullptr && statement_->span == at_ ? stored_to(statement_) : nullptr;
}

const Expr* Reading::expression(Part part) const {
    const auto of_kind = [&](std::initializer_list<ExprKind> kinds) -> const Expr* {
        for (const Expr* e : exact_)
            if (std::find(kinds.begin(), kinds.end(), e->kind) != kinds.end()) return e;
        return nullptr;
    };
    const auto indexed = [&]() -> const Expr* {
        if (const Expr* e = of_kind({ExprKind::index})) return e;
        const Expr* target = blamed_target();
        return target != nullptr && target->kind == ExprKind::index ? target : nullptr;
    };
    const auto called = [&]() -> const CallExpr* {
        const Expr* e = of_kind({ExprKind::call});
        return e == nullptr ? nullptr : &as<CallExpr>(e);
    };
    switch (part) {
        case Part::left:
        case Part::right: {
            const bool left = part == Part::left;
            if (const Expr* e = of_kind({ExprKind::binary}))
                return left ? as<BinaryExpr>(e).left : as<BinaryExpr>(e).right;
            if (const Expr* e = of_kind({ExprKind::compare})) {
                const auto& operands = as<CompareExpr>(e).operands;
                return operands.size() == 2 ? operands[left ? 0 : 1] : nullptr;
            }
            if (exact_.empty() && statement_ != nullptr && statement_->kind == StmtKind::augmented_assign)
                return left ? as<AugmentedAssignStmt>(statement_).target
                            : as<AugmentedAssignStmt>(statement_).value;
            return nullptr;
        }
        case Part::operand: {
            const Expr* e = of_kind({ExprKind::unary});
            return e == nullptr ? nullptr : as<UnaryExpr>(e).operand;
        }
        case Part::object: {
            if (const Expr* e = indexed()) return as<IndexExpr>(e).object;
            if (const Expr* e = of_kind({ExprKind::attribute})) return as<AttributeExpr>(e).object;
            if (const CallExpr* call = called(); call != nullptr && call->callee->kind == ExprKind::attribute)
                return as<AttributeExpr>(call->callee).object;
            const Expr* target = blamed_target();
            if (target != nullptr && target->kind == ExprKind::attribute)
                return as<AttributeExpr>(target).object;
            return nullptr;
        }
        case Part::index: {
            const Expr* e = indexed();
            return e == nullptr ? nullptr : as<IndexExpr>(e).index;
        }
        case Part::callee:
            return called() == nullptr ? nullptr : called()->callee;
        case Part::argument: {
            const CallExpr* call = called();
            if (call == nullptr || call->arguments.empty()) return nullptr;
            const Argument& first = call->arguments[0];
            return first.kind == Argument::Kind::plain && first.name == 0 ? first.value : nullptr;
        }
        case Part::value: {
            if (statement_ == nullptr) return nullptr;
            const Expr* value = value_of(statement_);
            if (statement_->span == at_ && exact_.empty()) return value;
            // An unpacking is reported at its targets.
            if (store_ && !exact_.empty() && exact_[0] == stored_to(statement_)) return value;
            return exact_.empty() ? nullptr : exact_.back();
        }
        default:
            return nullptr;
    }
}

std::optional<Span> Reading::span_of(Part part, std::string_view quoted) const {
    if (part == Part::whole) return std::nullopt;
    if (part == Part::attribute || part == Part::keyword) {
        for (const Expr* e : exact_) {
            if (part == Part::attribute && e->kind == ExprKind::attribute)
                return as<AttributeExpr>(e).name_span;
            if (e->kind != ExprKind::call) continue;
            const auto& call = as<CallExpr>(e);
            if (part == Part::attribute) {
                if (call.callee->kind == ExprKind::attribute) return as<AttributeExpr>(call.callee).name_span;
                continue;
            }
            for (const Argument& a : call.arguments)
                if (a.name != 0 && names_.text(a.name) == quoted) return a.name_span;
        }
        const Expr* target = blamed_target();
        if (part == Part::attribute && target != nullptr && target->kind == ExprKind::attribute)
            return as<AttributeExpr>(target).name_span;
        return std::nullopt;
    }
    const Expr* e = expression(part);
    if (e == nullptr) return std::nullopt;
    return e->span;
}

std::string Reading::text_of(const Expr* e, bool primary) const {
    constexpr std::size_t longest = 40;
    if (e == nullptr || e->span.end - e->span.begin > longest) return "";
    if (primary) {
        switch (e->kind) {
            case ExprKind::name:
            case ExprKind::attribute:
            case ExprKind::call:
            case ExprKind::index:
            case ExprKind::string:
            case ExprKind::list:
            case ExprKind::dict:
                break;
            default:
                return "";
        }
    }
    const std::string_view text = sources_.excerpt(e->span);
    return text.find('\n') == std::string_view::npos ? std::string(text) : "";
}

std::string_view Reading::called_name() const {
    const Expr* callee = expression(Part::callee);
    if (callee == nullptr) return "";
    if (callee->kind == ExprKind::name) return names_.text(as<NameExpr>(callee).name);
    return callee->kind == ExprKind::attribute ? names_.text(as<AttributeExpr>(callee).name) : "";
}

bool Reading::is_grown() const {
    return exact_.empty() && statement_ != nullptr && statement_->kind == StmtKind::augmented_assign;
}

bool Reading::is_attribute_read() const {
    return !store_ && !exact_.empty() && exact_[0]->kind == ExprKind::attribute;
}

bool Reading::is_reduced_product() const {
    return !exact_.empty() && exact_[0]->kind == ExprKind::binary &&
           as<BinaryExpr>(exact_[0]).op == BinaryOp::multiply && parent_ != nullptr &&
           parent_->kind == ExprKind::binary && as<BinaryExpr>(parent_).op == BinaryOp::modulo &&
           as<BinaryExpr>(parent_).left == exact_[0];
}

std::size_t Reading::argument_count() const {
    for (const Expr* e : exact_)
        if (e->kind == ExprKind::call) return as<CallExpr>(e).arguments.size();
    return 0;
}

// --- Definitions

const Stmt* Reading::find_definition(Block body, Span span, bool& in_class) const {
    const Stmt* found = nullptr;
    each_statement(body, [&](const Stmt* s) {
        if (found != nullptr) return;
        if (s->kind == StmtKind::def && (s->span == span || as<DefStmt>(s).name_span == span)) found = s;
        if (found != nullptr) return;
        if (const Block inner = body_of(s); !inner.empty()) {
            bool below = s->kind == StmtKind::class_;
            found = find_definition(inner, span, below);
            if (found != nullptr) in_class = below;
        }
    });
    return found;
}

std::string Reading::signature(Span definition) const {
    if (!module_.has_value() || definition == Span{}) return "";
    bool in_class = false;
    const Stmt* s = find_definition(module_->body, definition, in_class);
    if (s == nullptr) return "";
    const auto& def = as<DefStmt>(s);
    std::string text;
    for (std::size_t i = 0; i < def.parameters.size(); ++i) {
        const Parameter& p = def.parameters[i];
        if (in_class && i == 0 && names_.text(p.name) == "self") continue;
        if (!text.empty()) text += ", ";
        if (p.kind == Parameter::Kind::rest) text += "*";
        if (p.kind == Parameter::Kind::keyword_rest) text += "**";
        text += names_.text(p.name);
        if (p.default_value != nullptr) text += "=" + text_of(p.default_value);
        if (p.kind == Parameter::Kind::keyword_only && p.default_value == nullptr) text += "=…";
    }
    std::string name(names_.text(def.name));
    if (name == "__init__") name = called_name();
    return name.empty() ? "" : name + "(" + text + ")";
}

bool Reading::lacks_self(Span definition) const {
    if (!module_.has_value() || definition == Span{}) return false;
    bool in_class = false;
    const Stmt* s = find_definition(module_->body, definition, in_class);
    if (s == nullptr || !in_class || !as<DefStmt>(s).decorators.empty()) return false;
    const auto& parameters = as<DefStmt>(s).parameters;
    return parameters.empty() || names_.text(parameters[0].name) != "self";
}

const Stmt* Reading::find_class(std::string_view name) const {
    if (!module_.has_value()) return nullptr;
    const Stmt* found = nullptr;
    each_statement(module_->body, [&](const Stmt* s) {
        if (s->kind == StmtKind::class_ && names_.text(as<ClassStmt>(s).name) == name) found = s;
    });
    return found;
}

const DefStmt* Reading::function_around() const {
    return around_.empty() || around_.back()->kind != StmtKind::def ? nullptr : &as<DefStmt>(around_.back());
}

}  // namespace harness::lang
