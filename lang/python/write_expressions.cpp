// Expressions in Python. Operators, displays and calls say the same in both languages; memory words fall
// away.
#include <fmt/format.h>

#include <algorithm>

#include "lang/python/writer.hpp"

namespace harness::lang {

namespace {

constexpr const char* binary_text[] = {" + ",  " - ", " * ", " / ", " // ", " % ",
                                       " ** ", " & ", " | ", " ^ ", " << ", " >> "};
constexpr Level binary_level[] = {Level::sum,     Level::sum,     Level::product, Level::product,
                                  Level::product, Level::product, Level::power,   Level::bit_and,
                                  Level::bit_or,  Level::bit_xor, Level::shift,   Level::shift};
constexpr const char* compare_text[] = {" == ", " != ", " < ",      " <= ", " > ",
                                        " >= ", " in ", " not in ", " is ", " is not "};

constexpr Level one_above(Level level) { return static_cast<Level>(static_cast<int>(level) + 1); }

Level level_of(const Expr* expr) {
    switch (expr->kind) {
        case ExprKind::conditional:
        case ExprKind::lambda:
            return Level::conditional;
        case ExprKind::logical:
            return as<LogicalExpr>(expr).is_and ? Level::logical_and : Level::logical_or;
        case ExprKind::compare:
            return Level::comparison;
        case ExprKind::unary:
            return as<UnaryExpr>(expr).op == UnaryOp::logical_not ? Level::logical_not : Level::unary;
        case ExprKind::binary:
            return binary_level[static_cast<std::size_t>(as<BinaryExpr>(expr).op)];
        case ExprKind::array_type:
            return Level::product;
        default:
            return Level::postfix;
    }
}

}  // namespace

void PythonWriter::expression(const Expr* expr, Level least) {
    switch (expr->kind) {
        case ExprKind::borrow:
            return expression(as<BorrowExpr>(expr).operand, least);
        case ExprKind::using_allocator:
            return expression(as<UsingExpr>(expr).value, least);
        case ExprKind::name:
            return name_read(as<NameExpr>(expr));
        case ExprKind::integer:
        case ExprKind::floating:
            out_ += excerpt(expr->span);
            return;
        case ExprKind::string:
            return string(as<StringExpr>(expr).bytes);
        case ExprKind::none:
            out_ += "None";
            return;
        case ExprKind::boolean:
            out_ += as<BooleanExpr>(expr).value ? "True" : "False";
            return;
        case ExprKind::placeholder:
            if (chain_ == nullptr) {
                out_ += "_h_v";
                return;
            }
            return stage(*chain_, chain_count_);
        default:
            break;
    }
    if (expr->kind == ExprKind::call && passed_on(expr) != nullptr &&
        !is_builtin(as<CallExpr>(expr).callee, clone_)) {
        return expression(passed_on(expr), least);
    }
    const bool wrapped = level_of(expr) < least;
    if (wrapped) out_ += '(';
    if (level_of(expr) < Level::postfix) {
        operators(expr);
    } else {
        displays(expr);
    }
    if (wrapped) out_ += ')';
}

void PythonWriter::name_read(const NameExpr& made) {
    const auto found = std::lower_bound(untranslatable_.begin(), untranslatable_.end(), made.name,
                                        [](const auto& each, NameId id) { return each.first < id; });
    if (found != untranslatable_.end() && found->first == made.name && is_builtin(&made, made.name)) {
        unsupported(made.span, "'" + std::string(names_.text(made.name)) + "'", found->second);
    }
    name(made.name);
}

void PythonWriter::operators(const Expr* expr) {
    switch (expr->kind) {
        case ExprKind::conditional: {
            const auto& made = as<ConditionalExpr>(expr);
            expression(made.when_true, Level::logical_or);
            out_ += " if ";
            expression(made.condition, Level::logical_or);
            out_ += " else ";
            return expression(made.when_false, Level::conditional);
        }
        case ExprKind::lambda:
            return lambda(as<LambdaExpr>(expr));
        case ExprKind::logical: {
            const auto& made = as<LogicalExpr>(expr);
            const Level least = made.is_and ? Level::logical_not : Level::logical_and;
            for (std::size_t i = 0; i < made.operands.size(); ++i) {
                if (i > 0) out_ += made.is_and ? " and " : " or ";
                expression(made.operands[i], least);
            }
            return;
        }
        case ExprKind::compare: {
            const auto& made = as<CompareExpr>(expr);
            expression(made.operands[0], Level::bit_or);
            for (std::size_t i = 0; i < made.operators.size(); ++i) {
                out_ += compare_text[static_cast<std::size_t>(made.operators[i])];
                expression(made.operands[i + 1], Level::bit_or);
            }
            return;
        }
        case ExprKind::unary: {
            const auto& made = as<UnaryExpr>(expr);
            constexpr const char* text[] = {"-", "+", "~", "not "};
            out_ += text[static_cast<std::size_t>(made.op)];
            return expression(made.operand,
                              made.op == UnaryOp::logical_not ? Level::logical_not : Level::unary);
        }
        case ExprKind::binary: {
            const auto& made = as<BinaryExpr>(expr);
            const auto op = static_cast<std::size_t>(made.op);
            const bool power = made.op == BinaryOp::power;
            expression(made.left, power ? Level::postfix : binary_level[op]);
            out_ += binary_text[op];
            return expression(made.right, power ? Level::unary : one_above(binary_level[op]));
        }
        default: {
            const auto& made = as<ArrayTypeExpr>(expr);
            out_ += '[';
            expression(made.element, Level::conditional);
            out_ += "] * ";
            return expression(made.count, Level::unary);
        }
    }
}

void PythonWriter::expressions(List<Expr*> list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) out_ += ", ";
        expression(list[i], Level::conditional);
    }
}

void PythonWriter::displays(const Expr* expr) {
    switch (expr->kind) {
        case ExprKind::fstring:
            return fstring(as<FStringExpr>(expr));
        case ExprKind::tuple: {
            const auto& elements = as<SequenceExpr>(expr).elements;
            out_ += '(';
            expressions(elements);
            out_ += elements.size() == 1 ? ",)" : ")";
            return;
        }
        case ExprKind::list:
            out_ += '[';
            expressions(as<SequenceExpr>(expr).elements);
            out_ += ']';
            return;
        case ExprKind::dict: {
            const auto& made = as<DictExpr>(expr);
            out_ += '{';
            for (std::size_t i = 0; i < made.keys.size(); ++i) {
                if (i > 0) out_ += ", ";
                if (made.keys[i] != nullptr) {
                    expression(made.keys[i], Level::conditional);
                    out_ += ": ";
                    expression(made.values[i], Level::conditional);
                } else {
                    out_ += "**";
                    expression(made.values[i], Level::bit_or);
                }
            }
            out_ += '}';
            return;
        }
        case ExprKind::call:
            return call(as<CallExpr>(expr));
        case ExprKind::index:
            expression(as<IndexExpr>(expr).object, Level::postfix);
            out_ += '[';
            expression(as<IndexExpr>(expr).index);
            out_ += ']';
            return;
        case ExprKind::slice:
            return slice(as<SliceExpr>(expr));
        case ExprKind::attribute: {
            const auto& made = as<AttributeExpr>(expr);
            // A number's dot would be taken for a decimal point.
            const bool number = made.object->kind == ExprKind::integer;
            if (number) out_ += '(';
            expression(made.object, Level::postfix);
            if (number) out_ += ')';
            out_ += '.';
            out_ += names_.text(made.name) == "import" ? "import_" : names_.text(made.name);
            return;
        }
        case ExprKind::list_comp:
        case ExprKind::dict_comp:
        case ExprKind::generator:
            return comprehension(as<ComprehensionExpr>(expr));
        case ExprKind::pipe:
            return pipe(expr);
        case ExprKind::walrus:
            out_ += '(';
            name(as<WalrusExpr>(expr).name);
            out_ += " := ";
            expression(as<WalrusExpr>(expr).value, Level::conditional);
            out_ += ')';
            return;
        case ExprKind::starred:
            out_ += '*';
            return expression(as<StarredExpr>(expr).value, Level::bit_or);
        case ExprKind::spawn:
            return unsupported(expr->span, "processes",
                               "call the function where it stands, or run the program with 'harness run'");
        default:
            return unsupported(expr->span, "this expression", "run the program with 'harness run'");
    }
}

void PythonWriter::slice(const SliceExpr& made) {
    if (made.start != nullptr) expression(made.start, Level::conditional);
    out_ += ':';
    if (made.stop != nullptr) expression(made.stop, Level::conditional);
    if (made.step == nullptr) return;
    out_ += ':';
    expression(made.step, Level::conditional);
}

/// The operand of move(x), clone(x) and of their like in a pipe, which pass it on; null for any other call.
const Expr* PythonWriter::passed_on(const Expr* expr) const {
    const auto& made = as<CallExpr>(expr);
    if (made.arguments.size() != 1 || made.arguments[0].kind != Argument::Kind::plain) return nullptr;
    const bool passes = is_builtin(made.callee, move_) || is_builtin(made.callee, clone_);
    const Expr* operand = made.arguments[0].value;
    if (passes) return operand;
    // free(_) and deinit(_) end a value that only Python's own counting can end.
    const bool ends = is_builtin(made.callee, free_) || is_builtin(made.callee, deinit_);
    const Expr* inner = operand->kind == ExprKind::borrow ? as<BorrowExpr>(operand).operand : operand;
    return ends && inner->kind == ExprKind::placeholder ? operand : nullptr;
}

void PythonWriter::call(const CallExpr& made) {
    if (made.arguments.size() == 1 && made.arguments[0].kind == Argument::Kind::plain) {
        if (is_builtin(made.callee, clone_)) {
            out_ += "_h_clone(";
            expression(made.arguments[0].value, Level::conditional);
            out_ += ')';
            return;
        }
        if (is_builtin(made.callee, free_) || is_builtin(made.callee, deinit_)) {
            // Within an expression a name cannot be ended; nothing is evaluated for a place.
            out_ += "None";
            return;
        }
    }
    // The file's own names are globals of the Python program, among names of the language.
    const bool in_file = scopes_.back().kind == ScopeKind::file;
    if (made.arguments.empty() &&
        (is_builtin(made.callee, globals_) || (in_file && is_builtin(made.callee, locals_)))) {
        out_ += "_h_names(globals())";
        return;
    }
    expression(made.callee, Level::postfix);
    out_ += '(';
    argument_list(made.arguments);
    out_ += ')';
}

void PythonWriter::argument_list(List<Argument> arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const Argument& each = arguments[i];
        if (i > 0) out_ += ", ";
        if (each.kind == Argument::Kind::unpack) out_ += '*';
        if (each.kind == Argument::Kind::unpack_dict) out_ += "**";
        if (each.name != 0) {
            out_ += names_.text(each.name);
            out_ += '=';
        }
        expression(each.value, Level::conditional);
    }
}

void PythonWriter::comprehension(const ComprehensionExpr& made) {
    const std::size_t mark = renamed_.size();
    out_ += made.kind == ExprKind::list_comp ? '[' : made.kind == ExprKind::dict_comp ? '{' : '(';
    if (made.key != nullptr) {
        expression(made.key, Level::conditional);
        out_ += ": ";
    }
    expression(made.element, Level::conditional);
    for (const CompClause& clause : made.clauses) {
        out_ += " for ";
        expression(clause.target);
        out_ += " in ";
        expression(clause.iterable, Level::logical_or);
        for (const Expr* condition : clause.conditions) {
            out_ += " if ";
            expression(condition, Level::logical_or);
        }
    }
    out_ += made.kind == ExprKind::list_comp ? ']' : made.kind == ExprKind::dict_comp ? '}' : ')';
    renamed_.resize(mark);
}

void PythonWriter::lambda(const LambdaExpr& made) {
    const std::size_t mark = renamed_.size();
    out_ += "lambda";
    if (!made.parameters.empty()) out_ += ' ';
    parameters(made.parameters);
    out_ += ": ";
    if (!renamed_.empty()) {
        for (const Parameter& each : made.parameters) renamed_.push_back({each.name, ""});
    }
    expression(made.body, Level::conditional);
    renamed_.resize(mark);
}

}  // namespace harness::lang
