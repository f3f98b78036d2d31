// Pipes and strings in Python. Both have two written forms: the readable one where it means the same, and a
// safe one for the rest.
#include <fmt/format.h>

#include <algorithm>

#include "lang/python/writer.hpp"

namespace harness::lang {

/// Whether a stage can be written around its input without changing the order in which things are evaluated.
bool PythonWriter::nests(const Expr* stage) const {
    if (stage->kind == ExprKind::keep_stage) return true;
    const auto& made = as<CallExpr>(stage);
    if (made.callee->kind != ExprKind::name || made.arguments.empty()) return false;
    const Expr* first = made.arguments[0].value;
    if (first->kind == ExprKind::borrow) first = as<BorrowExpr>(first).operand;
    return first->kind == ExprKind::placeholder && made.arguments[0].kind == Argument::Kind::plain;
}

// a | f(_) | g(_, 3) is g(f(a), 3); otherwise the value walks through one lambda per stage.
void PythonWriter::pipe(const Expr* expr) {
    constexpr std::size_t deepest_nesting = 30;
    Chain chain;
    for (chain.start = expr; chain.start->kind == ExprKind::pipe;
         chain.start = as<PipeExpr>(chain.start).left) {
        chain.stages.push_back(as<PipeExpr>(chain.start).stage);
    }
    std::reverse(chain.stages.begin(), chain.stages.end());
    const bool nested =
        chain.stages.size() <= deepest_nesting &&
        std::all_of(chain.stages.begin(), chain.stages.end(), [&](const Expr* each) { return nests(each); });
    const Chain* outer = std::exchange(chain_, nullptr);
    const std::size_t outer_count = chain_count_;
    if (nested) {
        stage(chain, chain.stages.size());
    } else {
        out_ += "_h_pipe(";
        expression(chain.start, Level::conditional);
        for (const Expr* each : chain.stages) {
            if (each->kind == ExprKind::keep_stage) continue;
            out_ += ", ";
            stage_as_lambda(each);
        }
        out_ += ')';
    }
    chain_ = outer;
    chain_count_ = outer_count;
}

// The value after the first `count` stages.
void PythonWriter::stage(const Chain& chain, std::size_t count) {
    const Chain* outer = chain_;
    const std::size_t outer_count = chain_count_;
    if (count == 0) {
        // What stands before the pipe knows nothing of its placeholder.
        chain_ = nullptr;
        expression(chain.start, Level::conditional);
    } else if (chain.stages[count - 1]->kind == ExprKind::keep_stage) {
        stage(chain, count - 1);
    } else {
        chain_ = &chain;
        chain_count_ = count - 1;
        expression(chain.stages[count - 1], Level::conditional);
    }
    chain_ = outer;
    chain_count_ = outer_count;
}

void PythonWriter::stage_as_lambda(const Expr* stage) {
    chain_ = nullptr;
    out_ += "lambda _h_v: ";
    expression(stage, Level::conditional);
}

void PythonWriter::escaped(std::string_view bytes, bool braces) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            out_ += "\\n";
        } else if (c == '\t') {
            out_ += "\\t";
        } else if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            out_ += fmt::format("\\x{:02x}", byte);
        } else {
            out_ += c;
            if (braces && (c == '{' || c == '}')) out_ += c;
        }
    }
}

void PythonWriter::string(std::string_view bytes) {
    out_ += '"';
    escaped(bytes, false);
    out_ += '"';
}

void PythonWriter::fstring(const FStringExpr& made) {
    std::string text;
    if (fits_fstring(made.parts, text)) {
        out_ += "f\"" + text + '"';
    } else {
        joined(made.parts);
    }
}

// Python 3.11 allows neither the quotes of the literal nor a backslash within the braces.
bool PythonWriter::fits_fstring(List<FStringPart> parts, std::string& text) {
    for (const FStringPart& part : parts) {
        const std::size_t mark = out_.size();
        if (part.value == nullptr) {
            escaped(part.text, true);
        } else {
            if (part.debug) escaped(part.text, true);
            const std::size_t value = out_.size();
            expression(part.value, Level::bit_or);
            const std::string_view written = std::string_view(out_).substr(value);
            const bool fits = written.find_first_of("\"'\\#{}:!\n") == std::string_view::npos;
            if (!fits) {
                out_.resize(mark);
                return false;
            }
            out_.insert(value, 1, '{');
            if (part.conversion != 0) {
                out_ += fmt::format("!{}", part.conversion);
            } else if (part.debug && part.spec.empty()) {
                out_ += "!r";
            }
            if (!part.spec.empty()) {
                std::string spec;
                if (!fits_fstring(part.spec, spec)) {
                    out_.resize(mark);
                    return false;
                }
                out_ += ":" + spec;
            }
            out_ += '}';
        }
        text += out_.substr(mark);
        out_.resize(mark);
    }
    return true;
}

// The same as one expression: "".join(("text", format(value, "spec"))).
void PythonWriter::joined(List<FStringPart> parts) {
    out_ += "\"\".join((";
    for (const FStringPart& part : parts) {
        if (!part.text.empty()) {
            string(part.text);
            out_ += ", ";
        }
        if (part.value == nullptr) continue;
        const char conversion =
            part.debug && part.spec.empty() && part.conversion == 0 ? 'r' : part.conversion;
        out_ += "format(";
        if (conversion != 0) out_ += conversion == 'r' ? "repr(" : conversion == 's' ? "str(" : "ascii(";
        expression(part.value, Level::conditional);
        if (conversion != 0) out_ += ')';
        if (!part.spec.empty()) {
            out_ += ", ";
            joined(part.spec);
        }
        out_ += "), ";
    }
    out_ += "))";
}

}  // namespace harness::lang
