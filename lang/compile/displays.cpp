// Strings and containers that are written out: f-strings, lists, tuples, dicts.
#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

// --- Strings

/// Evaluates the pieces of an f-string into consecutive registers; all are unnamed strings or literals.
std::uint8_t FunctionCompiler::fstring_pieces(List<FStringPart> parts, Span span, unsigned& count) {
    const std::uint8_t first = static_cast<std::uint8_t>(next_temp_);
    count = 0;
    for (const FStringPart& part : parts) {
        if (!part.text.empty() || part.value == nullptr) {
            const std::uint8_t reg = temp();
            emit(Op::load_constant, reg, 0, 0, span);
            emit_word(constant(context_.constant_string(part.text)));
            ++count;
        }
        if (part.value == nullptr) continue;
        const std::uint8_t reg = temp();
        const unsigned mark = next_temp_;
        const std::size_t pending = pending_drops_.size();
        const bool text = wants_text(part.value);
        if (text && !part.spec.empty()) {
            // Laid out from its word, as a number.
            Word w = word(part.value);
            for (const FStringPart& inner : part.spec)
                if (inner.value != nullptr) keep_word(w, inner.value, part.value->span);
            unsigned pieces = 0;
            const std::uint8_t from = fstring_pieces(part.spec, span, pieces);
            const std::uint8_t spec_reg = temp();
            emit(Op::join_strings, spec_reg, from, pieces, span);
            for (unsigned i = 0; i < pieces; ++i) disown(static_cast<std::uint8_t>(from + i));
            own(spec_reg);
            emit(Op::format_word, reg, w.reg, number(part.value).kind == Number::Kind::word ? 1 : 0,
                 part.value->span);
            emit_word(spec_reg);
            own(reg);
            emit(Op::discard, spec_reg, 0, 0, span);
            disown(spec_reg);
            end_statement(span, pending);
            release_to(mark);
            ++count;
            continue;
        }
        Operand value = text ? digits(part.value, temp()) : expr(part.value);
        for (const FStringPart& inner : part.spec) keep_across(value, inner.value, part.value->span);
        std::uint32_t spec = 0;
        std::uint8_t spec_reg = 0;
        if (!part.spec.empty()) {
            unsigned pieces = 0;
            const std::uint8_t from = fstring_pieces(part.spec, span, pieces);
            spec_reg = temp();
            emit(Op::join_strings, spec_reg, from, pieces, span);
            for (unsigned i = 0; i < pieces; ++i) disown(static_cast<std::uint8_t>(from + i));
            own(spec_reg);
            spec = spec_reg + 1U;
        }
        char conversion = text ? char{0} : part.conversion;
        if (!text && part.debug && conversion == 0 && part.spec.empty()) conversion = 'r';
        emit(Op::format_value, reg, value.reg, static_cast<unsigned char>(conversion), part.value->span);
        emit_word(spec);
        own(reg);
        if (spec != 0) {
            emit(Op::discard, spec_reg, 0, 0, span);
            disown(spec_reg);
        }
        finish(value, span);
        // The pieces stand side by side, and none refers to what it was made from.
        end_statement(span, pending);
        release_to(mark);
        ++count;
    }
    return first;
}

Operand FunctionCompiler::fstring(const FStringExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned inner = next_temp_;
    // Long ones are joined in parts, so that the registers suffice.
    constexpr std::size_t most = 60;
    unsigned count = 0;
    std::uint8_t first = 0;
    if (e.parts.size() <= most) {
        first = fstring_pieces(e.parts, e.span, count);
    } else {
        first = static_cast<std::uint8_t>(next_temp_);
        for (std::size_t at = 0; at < e.parts.size(); at += most) {
            const std::uint8_t part = temp();
            unsigned pieces = 0;
            const std::uint8_t from =
                fstring_pieces(e.parts.subspan(at, std::min(most, e.parts.size() - at)), e.span, pieces);
            emit(Op::join_strings, part, from, pieces, e.span);
            for (unsigned i = 0; i < pieces; ++i) disown(static_cast<std::uint8_t>(from + i));
            own(part);
            release_to(part + 1U);
            ++count;
        }
    }
    emit(Op::join_strings, reg, first, count, e.span);
    for (unsigned i = 0; i < count; ++i) disown(static_cast<std::uint8_t>(first + i));
    own(reg);
    release_to(inner);
    return {reg, Hold::unnamed, true};
}

// --- Containers

/// Whether registers may stay behind that wait for the end of the statement.
bool FunctionCompiler::leaves_waiting(const Expr* e) const {
    if (e->kind != ExprKind::list && e->kind != ExprKind::tuple) return !inert(e);
    const auto& elements = as<SequenceExpr>(e).elements;
    return std::any_of(elements.begin(), elements.end(),
                       [this](const Expr* element) { return leaves_waiting(element); });
}

Operand FunctionCompiler::sequence(const SequenceExpr& e, int dest) {
    const bool is_list = e.kind == ExprKind::list;
    // What a tuple of results names leaves the function with it.
    const bool binds = std::exchange(returned_, nullptr) == &e;
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    constexpr std::size_t chunk = 32;
    // Elements that leave something waiting for the end of the statement do not stand side by side.
    const bool apart = std::any_of(e.elements.begin(), e.elements.end(), [&](const Expr* element) {
        return element->kind == ExprKind::starred || (defers_drops() && leaves_waiting(element));
    });
    const std::size_t at_once = apart ? 0 : std::min(e.elements.size(), chunk);
    const auto first = static_cast<std::uint8_t>(next_temp_);
    for (std::size_t i = 0; i < at_once; ++i) into_owned(e.elements[i], temp(), true, binds);
    const bool whole = !apart && e.elements.size() <= chunk;
    // Built in a register of its own: `dest` may be read by the elements that follow.
    const std::uint8_t list = whole ? reg : temp();
    emit(whole && !is_list ? Op::make_tuple : Op::make_list, list, first, static_cast<unsigned>(at_once),
         e.span);
    for (std::size_t i = 0; i < at_once; ++i) disown(static_cast<std::uint8_t>(first + i));
    own(list);
    if (!whole) {
        for (std::size_t i = at_once; i < e.elements.size(); ++i) {
            const unsigned inner = next_temp_;
            const Expr* element = e.elements[i];
            if (element->kind == ExprKind::starred) {
                const Operand items = expr(as<StarredExpr>(element).value);
                emit(Op::extend_list, list, items.reg, 0, element->span);
                finish(items, element->span);
            } else {
                const std::uint8_t value = temp();
                into_owned(element, value, true, binds);
                emit(Op::append_take, list, value, 0, element->span);
                disown(value);
            }
            release_temporaries(inner);
        }
        if (!is_list) emit(Op::list_to_tuple, list, 0, 0, e.span);
        emit(Op::move, reg, list, 0, e.span);
        disown(list);
        own(reg);
    }
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

Operand FunctionCompiler::dict_literal(const DictExpr& e, int dest) {
    const std::uint8_t reg = target(dest);
    const unsigned mark = next_temp_;
    const std::uint8_t dict = dest >= 0 ? temp() : reg;
    emit(Op::make_dict, dict, 0, 0, e.span);
    own(dict);
    for (std::size_t i = 0; i < e.values.size(); ++i) {
        const unsigned inner = next_temp_;
        if (e.keys[i] == nullptr) {
            const Operand items = expr(e.values[i]);
            emit(Op::dict_update, dict, items.reg, 0, e.values[i]->span);
            finish(items, e.span);
        } else {
            Operand key = expr(e.keys[i]);
            keep_across(key, e.values[i], e.keys[i]->span);
            const Operand value = stored_value(e.values[i]);
            const bool take = value.hold == Hold::unnamed;
            emit(take ? Op::dict_insert_take : Op::dict_insert, dict, key.reg, value.reg, e.keys[i]->span);
            if (value.hold == Hold::unnamed) disown(value.reg);
            finish(key, e.span);
        }
        release_temporaries(inner);
    }
    if (dict != reg) {
        emit(Op::move, reg, dict, 0, e.span);
        disown(dict);
        own(reg);
    }
    release_temporaries(mark);
    return {reg, Hold::unnamed, true};
}

}  // namespace harness::lang
