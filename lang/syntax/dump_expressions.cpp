// Expressions as s-expressions. Recursive, as every pass over the tree may be: the parser bounds the height.
// Operators are written as they are spelt, so that a dump can be read beside its source.
#include <fmt/format.h>

#include "lang/syntax/dumper.hpp"

namespace harness::lang {

namespace {

constexpr const char* binary_names[] = {"+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>"};
constexpr const char* unary_names[] = {"-", "+", "~", "not"};
constexpr const char* compare_names[] = {"==", "!=", "<", "<=", ">", ">=", "in", "not-in", "is", "is-not"};

}  // namespace

void Dumper::expression(const Expr* expr) {
    if (expr == nullptr) return word("-");
    switch (expr->kind) {
        case ExprKind::integer: {
            const auto& made = as<IntegerExpr>(expr);
            return word(made.too_large ? "huge" : std::to_string(made.value));
        }
        case ExprKind::floating:
            return word(fmt::format("{:#}", as<FloatExpr>(expr).value));
        case ExprKind::string:
            return quoted(as<StringExpr>(expr).bytes);
        case ExprKind::none:
            return word("None");
        case ExprKind::boolean:
            return word(as<BooleanExpr>(expr).value ? "True" : "False");
        case ExprKind::name:
            return word(names_.text(as<NameExpr>(expr).name));
        case ExprKind::placeholder:
            return word("$");
        default:
            return compound_expression(expr);
    }
}

void Dumper::compound_expression(const Expr* expr) {
    switch (expr->kind) {
        case ExprKind::fstring:
            open("f");
            parts(as<FStringExpr>(expr).parts);
            break;
        case ExprKind::tuple:
        case ExprKind::list:
            open(expr->kind == ExprKind::tuple ? "tuple" : "list");
            children(as<SequenceExpr>(expr).elements);
            break;
        case ExprKind::dict: {
            const auto& made = as<DictExpr>(expr);
            open("dict");
            for (std::size_t i = 0; i < made.keys.size(); ++i) {
                out_ += ' ';
                if (made.keys[i] != nullptr) {
                    expression(made.keys[i]);
                    out_ += ':';
                } else {
                    out_ += "**";
                }
                expression(made.values[i]);
            }
            break;
        }
        case ExprKind::unary:
            open(unary_names[static_cast<std::size_t>(as<UnaryExpr>(expr).op)]);
            child(as<UnaryExpr>(expr).operand);
            break;
        case ExprKind::binary:
            open(binary_names[static_cast<std::size_t>(as<BinaryExpr>(expr).op)]);
            child(as<BinaryExpr>(expr).left);
            child(as<BinaryExpr>(expr).right);
            break;
        case ExprKind::logical:
            open(as<LogicalExpr>(expr).is_and ? "and" : "or");
            children(as<LogicalExpr>(expr).operands);
            break;
        case ExprKind::compare: {
            const auto& made = as<CompareExpr>(expr);
            open("compare");
            child(made.operands[0]);
            for (std::size_t i = 0; i < made.operators.size(); ++i) {
                out_ += ' ';
                out_ += compare_names[static_cast<std::size_t>(made.operators[i])];
                child(made.operands[i + 1]);
            }
            break;
        }
        case ExprKind::conditional:
            open("if");
            child(as<ConditionalExpr>(expr).condition);
            child(as<ConditionalExpr>(expr).when_true);
            child(as<ConditionalExpr>(expr).when_false);
            break;
        case ExprKind::lambda:
            open("lambda");
            parameters(as<LambdaExpr>(expr).parameters);
            child(as<LambdaExpr>(expr).body);
            break;
        case ExprKind::call:
            open("call");
            child(as<CallExpr>(expr).callee);
            arguments(as<CallExpr>(expr).arguments);
            break;
        case ExprKind::index:
            open("index");
            child(as<IndexExpr>(expr).object);
            child(as<IndexExpr>(expr).index);
            break;
        case ExprKind::slice:
            open("slice");
            child(as<SliceExpr>(expr).start);
            child(as<SliceExpr>(expr).stop);
            child(as<SliceExpr>(expr).step);
            break;
        case ExprKind::attribute:
            open(".");
            child(as<AttributeExpr>(expr).object);
            name(as<AttributeExpr>(expr).name);
            break;
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            open(expr->kind == ExprKind::list_comp   ? "list-for"
                 : expr->kind == ExprKind::dict_comp ? "dict-for"
                                                     : "generator");
            clauses(as<ComprehensionExpr>(expr));
            break;
        case ExprKind::borrow:
            open(as<BorrowExpr>(expr).writable ? "~&" : "&");
            child(as<BorrowExpr>(expr).operand);
            break;
        case ExprKind::using_allocator:
            open("using");
            child(as<UsingExpr>(expr).value);
            child(as<UsingExpr>(expr).allocator);
            break;
        case ExprKind::pipe:
            open("pipe");
            child(as<PipeExpr>(expr).left);
            child(as<PipeExpr>(expr).stage);
            break;
        case ExprKind::keep_stage:
            open("keep");
            children(as<KeepStageExpr>(expr).targets);
            optional("using=", as<KeepStageExpr>(expr).allocator);
            break;
        case ExprKind::walrus:
            open(":=");
            name(as<WalrusExpr>(expr).name);
            child(as<WalrusExpr>(expr).value);
            break;
        case ExprKind::starred:
            open("*");
            child(as<StarredExpr>(expr).value);
            break;
        case ExprKind::array_type:
            open("array");
            child(as<ArrayTypeExpr>(expr).element);
            child(as<ArrayTypeExpr>(expr).count);
            break;
        case ExprKind::spawn:
            open("spawn");
            child(as<SpawnExpr>(expr).call);
            break;
        default:
            open("?");
            break;
    }
    close();
}

void Dumper::clauses(const ComprehensionExpr& comp) {
    if (comp.key != nullptr) child(comp.key);
    child(comp.element);
    for (const CompClause& clause : comp.clauses) {
        out_ += " (for";
        child(clause.target);
        child(clause.iterable);
        children(clause.conditions);
        close();
    }
}

void Dumper::arguments(List<Argument> list) {
    for (const Argument& each : list) {
        out_ += ' ';
        if (each.kind == Argument::Kind::unpack) out_ += '*';
        if (each.kind == Argument::Kind::unpack_dict) out_ += "**";
        if (each.name != 0) out_ += fmt::format("{}=", names_.text(each.name));
        expression(each.value);
    }
}

void Dumper::parts(List<FStringPart> list) {
    for (const FStringPart& part : list) {
        out_ += ' ';
        if (part.value == nullptr) {
            quoted(part.text);
            continue;
        }
        open("value");
        if (part.debug) {
            out_ += ' ';
            quoted(part.text);
        }
        child(part.value);
        if (part.conversion != 0) out_ += fmt::format(" !{}", part.conversion);
        if (!part.spec.empty()) {
            out_ += " :";
            parts(part.spec);
        }
        close();
    }
}

void Dumper::parameters(List<Parameter> list) {
    constexpr const char* marks[] = {"", "/", "*", "**"};
    open("");
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Parameter& each = list[i];
        if (i > 0) out_ += ' ';
        out_ += marks[static_cast<std::size_t>(each.kind)];
        out_ += names_.text(each.name);
        if (each.annotation != nullptr) {
            out_ += ':';
            expression(each.annotation);
        }
        if (each.default_value != nullptr) {
            out_ += '=';
            expression(each.default_value);
        }
    }
    close();
}

}  // namespace harness::lang
