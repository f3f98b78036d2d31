// The match statement. A pattern is tested first, with the parts of its subject borrowed in registers; its
// names are bound when all of it fits, as in Python, so a pattern that fails half way binds nothing.
#include <algorithm>
#include <utility>

#include "lang/compile/function_compiler.hpp"

namespace harness::lang {

namespace {

/// Builtin classes whose one positional pattern is the value itself.
constexpr std::string_view whole_value[] = {"bool", "dict", "float", "int", "list", "str", "tuple"};

bool has_names(const Pattern& p) {
    return p.name != 0 || std::any_of(p.parts().begin(), p.parts().end(),
                                      [](const Pattern* part) { return has_names(*part); });
}

/// How many parts of its subject a pattern looks into or binds.
unsigned parts_of(const Pattern& p) {
    unsigned count = 0;
    const bool looks_in = p.kind != PatternKind::any_of && p.kind != PatternKind::mapping;
    for (const Pattern* part : p.parts()) count += parts_of(*part) + (looks_in ? 1 : 0);
    return count;
}

bool looks_at_fields(const Pattern& p) {
    return (p.kind == PatternKind::constructor && !p.parts().empty()) || p.kind == PatternKind::entry ||
           std::any_of(p.parts().begin(), p.parts().end(),
                       [](const Pattern* part) { return looks_at_fields(*part); });
}

}  // namespace

/// Whether testing the pattern may run code of the program (__eq__, a property), which could change what is
/// being taken apart: its parts are held then, not just borrowed.
bool FunctionCompiler::pattern_runs_code(const Pattern& p) const {
    const auto defined = [&](std::string_view name) {
        return context_.facts.defines(context_.names.intern(name));
    };
    return counts() && (looks_at_fields(p) || defined("__eq__") || defined("__getattr__"));
}

/// The register where a part stays while the pattern is tested; the one that it is in, if nothing can happen.
std::uint8_t FunctionCompiler::hold_part(std::uint8_t item, Span span, bool unnamed) {
    if (part_holders_.empty()) return item;
    const std::uint8_t holder = part_holders_.back();
    part_holders_.pop_back();
    emit(unnamed ? Op::assign_take : Op::assign_copy, holder, item, 0, span);
    release_to(item);
    return holder;
}

/// Remembers what a name of the pattern will be bound to. The alternatives of `|` bind the same names, each
/// from its own place: they meet in one register.
void FunctionCompiler::capture(const PatternName& found, std::vector<PatternName>& names) {
    const auto same = std::find_if(names.begin(), names.end(),
                                   [&](const PatternName& each) { return each.name == found.name; });
    if (same == names.end()) {
        PatternName fresh = found;
        fresh.reg = temp();
        emit(found.given ? Op::move : Op::lend, fresh.reg, found.reg, 0, found.span);
        names.push_back(fresh);
        return;
    }
    if (same->rest != found.rest || same->before != found.before || same->after != found.after ||
        same->mapping != found.mapping)
        error(found.span, "SyntaxError", "the alternatives bind '*' names of different positions",
              "write them as cases of their own");
    emit(found.given ? Op::move : Op::lend, same->reg, found.reg, 0, found.span);
}

void FunctionCompiler::bind_pattern_names(const std::vector<PatternName>& names, Operand subject) {
    bool given = false, passed = false;
    for (const PatternName& each : names) {
        const unsigned mark = next_temp_;
        if (each.given && std::exchange(given, true)) emit(Op::lend, each.reg, each.reg, 0, each.span);
        if (each.mapping != nullptr) {
            bind_mapping_rest(each);
            release_to(mark);
            continue;
        }
        if (!each.rest && single_owner() && each.given && !std::exchange(passed, true)) {
            emit(Op::pass, each.reg, subject.reg, 1, each.span);
            own(each.reg);
            store_name(each.name, {each.reg, Hold::unnamed, true}, each.span);
            release_to(mark);
            continue;
        }
        if (!each.rest) {
            store_name(each.name, {each.reg, Hold::lent, true}, each.span);
            release_to(mark);
            continue;
        }
        const unsigned count = each.before + 1 + each.after;
        const std::uint8_t first = temp(count);
        emit(Op::unpack_rest, first, each.before, each.reg, each.span);
        emit_word(each.after);
        const auto rest = static_cast<std::uint8_t>(first + each.before);
        for (unsigned i = 0; i < count && counts(); ++i)
            if (first + i != rest) emit(Op::drop, first + i, 0, 0, each.span);
        own(rest);
        store_name(each.name, {rest, Hold::unnamed, true}, each.span);
        release_to(mark);
    }
    if (given) emit(Op::lend, subject.reg, subject.reg, 0, names.front().span);
}

/// **rest: a new dict of the entries whose keys the pattern does not name.
void FunctionCompiler::bind_mapping_rest(const PatternName& found) {
    const auto& parts = found.mapping->parts();
    const auto keys = static_cast<unsigned>(parts.size() - 1);
    const std::uint8_t first = temp(keys + 1);
    emit(Op::lend, first, found.reg, 0, found.span);
    std::vector<Operand> held;
    for (unsigned i = 0; i < keys; ++i) {
        const auto key = static_cast<std::uint8_t>(first + 1 + i);
        held.push_back({key, into_owned(parts[i]->value, key), true});
    }
    const std::uint8_t rest = temp();
    emit(Op::call_native, first, keys + 1, rest, found.span);
    emit_word(constant(context_.builtins.at(context_.names.intern("dict.without"))));
    for (const Operand& key : held) finish(key, found.span);
    own(rest);
    store_name(found.name, {rest, Hold::unnamed, true}, found.span);
}

/// native(subject, other) of a builtin that keeps nothing.
Operand FunctionCompiler::native_test(std::string_view native, Operand subject, Operand other, Span span) {
    const std::uint8_t first = temp(2);
    emit(Op::lend, first, subject.reg, 0, span);
    emit(Op::lend, first + 1U, other.reg, 0, span);
    emit(Op::call_native, first, 2, first, span);
    emit_word(constant(context_.builtins.at(context_.names.intern(native))));
    return {first, Hold::plain, true};
}

void FunctionCompiler::sequence_pattern(const Pattern& p, Operand subject, JumpList& fails,
                                        std::vector<PatternName>& names) {
    std::size_t star = p.parts().size();
    for (std::size_t i = 0; i < p.parts().size(); ++i)
        if (p.parts()[i]->kind == PatternKind::rest) star = i;
    const bool open = star != p.parts().size();
    if (p.parts().size() > 60) {
        error(p.span, "SyntaxError", "too many patterns in one sequence (at most 60)");
        return;
    }
    emit(Op::match_sequence, subject.reg, open, 0, p.span);
    emit_word(static_cast<std::uint32_t>(p.parts().size() - open));
    emit_word(0);
    fails.push_back(here() - 1);
    // As in Python, every item is read before the first is tested.
    std::vector<std::uint8_t> items(p.parts().size());
    for (std::size_t i = 0; i < p.parts().size(); ++i) {
        const Pattern& part = *p.parts()[i];
        if (i == star || (part.kind == PatternKind::wildcard && part.name == 0)) continue;
        const std::uint8_t item = temp();
        const auto place = static_cast<std::int64_t>(i);
        const auto from_end = place - static_cast<std::int64_t>(p.parts().size());
        constant_operand(Value::integer(i < star ? place : from_end), item, part.span);
        emit(Op::get_index, item, subject.reg, item, part.span);
        items[i] = hold_part(item, part.span);
    }
    for (std::size_t i = 0; i < p.parts().size(); ++i) {
        const Pattern& part = *p.parts()[i];
        if (i != star && (part.kind != PatternKind::wildcard || part.name != 0))
            pattern(part, {items[i], Hold::lent, false}, fails, names);
        else if (i == star && part.name != 0)
            capture({part.name, subject.reg, true, static_cast<std::uint32_t>(star),
                     static_cast<std::uint32_t>(p.parts().size() - star - 1), part.span},
                    names);
    }
}

/// {key: part}: as in Python every value is read before the first is tested, and other keys do not matter.
void FunctionCompiler::mapping_pattern(const Pattern& p, Operand subject, JumpList& fails,
                                       std::vector<PatternName>& names) {
    if (p.parts().size() > 60) {
        error(p.span, "SyntaxError", "too many keys in one pattern (at most 60)");
        return;
    }
    const std::uint8_t type = temp();
    constant_operand(context_.builtins.at(context_.names.intern("dict")), type, p.span);
    const Operand fits = native_test("isinstance", subject, {type, Hold::plain, true}, p.span);
    fails.push_back(emit_jump(Op::jump_if_false, fits.reg, 0, p.span));
    std::vector<std::uint8_t> items;
    for (const Pattern* entry : p.parts()) {
        if (entry->kind == PatternKind::rest) break;
        const std::uint8_t item = temp(3);
        emit(Op::lend, item, subject.reg, 0, entry->span);
        const Hold key = into_owned(entry->value, item + 1);
        read_part("dict.get", item, fails, entry->span, {static_cast<std::uint8_t>(item + 1), key, true});
        items.push_back(hold_part(item, entry->span, true));
    }
    for (std::size_t i = 0; i < items.size(); ++i)
        pattern(*p.parts()[i]->parts()[0], {items[i], Hold::lent, false}, fails, names);
    if (items.size() == p.parts().size()) return;
    const Pattern& rest = *p.parts().back();
    PatternName found{rest.name, subject.reg, true, 0, 0, rest.span};
    found.mapping = &p;
    capture(found, names);
}

/// R[item] := native(R[item], R[item + 1], a value that stands for "there is none"), or a jump to `fails`.
/// `key` ends in between.
void FunctionCompiler::read_part(std::string_view native, std::uint8_t item, JumpList& fails, Span span,
                                 Operand key) {
    const Value nothing = context_.builtins.at(context_.names.intern("getattr"));
    constant_operand(nothing, item + 2, span);
    emit(Op::call_native, item, 3, item, span);
    emit_word(constant(context_.builtins.at(context_.names.intern(native))));
    if (key.hold == Hold::unnamed && counts()) {
        emit(Op::drop, key.reg, 0, 0, span);
        disown(key.reg);
    }
    emit(Op::is, item + 1U, item, item + 2U, span);
    fails.push_back(emit_jump(Op::jump_if_true, item + 1U, 0, span));
    release_to(item + 1U);
}

/// The field that the index-th positional pattern of a class stands for, by __match_args__ of the class
/// statement or of one that it is derived from.
std::optional<NameId> FunctionCompiler::positional_field(const Pattern& p, std::size_t index) {
    if (p.value->kind != ExprKind::name) return std::nullopt;
    const ClassStmt* type = class_named(as<NameExpr>(p.value).name);
    if (type != nullptr && type->declares != nullptr) {
        // A struct's fields are its positions.
        const List<FieldDecl> fields = as<StructStmt>(type->declares).fields;
        const auto given = std::count(p.part_names().begin(), p.part_names().end(), NameId{0});
        if (static_cast<std::size_t>(given) > fields.size()) return std::nullopt;
        return fields[index].name;
    }
    for (unsigned depth = 0; type != nullptr && depth < 100; ++depth) {
        for (const Stmt* member : type->body) {
            if (member->kind != StmtKind::assign) continue;
            const auto& a = as<AssignStmt>(member);
            if (a.targets.size() != 1 || a.targets[0]->kind != ExprKind::name ||
                context_.names.text(as<NameExpr>(a.targets[0]).name) != "__match_args__" ||
                a.value->kind != ExprKind::tuple)
                continue;
            const auto& fields = as<SequenceExpr>(a.value).elements;
            const auto given = std::count(p.part_names().begin(), p.part_names().end(), NameId{0});
            const bool enough = static_cast<std::size_t>(given) <= fields.size();
            if (!enough || fields[index]->kind != ExprKind::string) return std::nullopt;
            return context_.names.intern(as<StringExpr>(fields[index]).bytes);
        }
        const Expr* base = type->base;
        type =
            base != nullptr && base->kind == ExprKind::name ? class_named(as<NameExpr>(base).name) : nullptr;
    }
    return std::nullopt;
}

void FunctionCompiler::class_pattern(const Pattern& p, Operand subject, JumpList& fails,
                                     std::vector<PatternName>& names) {
    const Operand type = expr(p.value);
    const Operand fits = native_test("isinstance", subject, type, p.value->span);
    finish(type, p.span);
    fails.push_back(emit_jump(Op::jump_if_false, fits.reg, 0, p.span));
    const bool whole = p.value->kind == ExprKind::name &&
                       std::find(std::begin(whole_value), std::end(whole_value),
                                 context_.names.text(as<NameExpr>(p.value).name)) != std::end(whole_value) &&
                       !user_defines(as<NameExpr>(p.value).name);
    const auto positional =
        static_cast<std::size_t>(std::count(p.part_names().begin(), p.part_names().end(), NameId{0}));
    const std::string class_text = p.value->kind == ExprKind::name
                                       ? std::string(context_.names.text(as<NameExpr>(p.value).name)) + "()"
                                       : "the class";
    std::vector<NameId> fields;
    for (std::size_t i = 0; i < p.parts().size(); ++i) {
        const Pattern& part = *p.parts()[i];
        const NameId field = p.part_names()[i];
        if (field == 0 && whole && positional == 1) {
            pattern(part, subject, fails, names);
            continue;
        }
        const auto known = field == 0 ? positional_field(p, i) : field;
        const std::uint8_t item = temp(3);
        emit(Op::lend, item, subject.reg, 0, part.span);
        // The attribute is read once, for it may be a property.
        if (known.has_value()) {
            if (std::find(fields.begin(), fields.end(), *known) != fields.end()) {
                const std::string text = class_text + " got multiple sub-patterns for attribute '" +
                                         std::string(context_.names.text(*known)) + "'";
                emit(Op::raise_static, static_cast<unsigned>(ErrorKind::TypeError), 0, 0, part.span);
                emit_word(constant(context_.constant_string(text)));
            }
            fields.push_back(*known);
            constant_operand(context_.constant_string(context_.names.text(*known)), item + 1, part.span);
            read_part("getattr", item, fails, part.span, {});
        } else {
            // What the class says of its positions is found at run time, as in Python.
            const std::uint8_t more = temp(2);
            emit(Op::move, item + 1U, type.reg, 0, part.span);
            constant_operand(Value::integer(static_cast<std::int64_t>(i)), item + 2, part.span);
            constant_operand(Value::integer(static_cast<std::int64_t>(positional)), more, part.span);
            const Value nothing = context_.builtins.at(context_.names.intern("getattr"));
            constant_operand(nothing, more + 1, part.span);
            emit(Op::call_native, item, 5, item, part.span);
            emit_word(constant(context_.builtins.at(context_.names.intern("match.positional"))));
            emit(Op::is, item + 1U, item, more + 1U, part.span);
            fails.push_back(emit_jump(Op::jump_if_true, item + 1U, 0, part.span));
            release_to(item + 1U);
        }
        pattern(part, {hold_part(item, part.span, true), Hold::lent, false}, fails, names);
    }
}

void FunctionCompiler::pattern(const Pattern& p, Operand subject, JumpList& fails,
                               std::vector<PatternName>& names) {
    switch (p.kind) {
        case PatternKind::wildcard:
        case PatternKind::capture:
        case PatternKind::rest:
            break;
        case PatternKind::value: {
            const unsigned mark = next_temp_;
            const bool identity = p.value->kind == ExprKind::none || p.value->kind == ExprKind::boolean;
            branch_compare(identity ? CompareOp::is : CompareOp::equal, {subject.reg, Hold::lent, false},
                           p.value, false, fails, p.span);
            release_to(mark);
            break;
        }
        case PatternKind::any_of: {
            // Names that alternatives share need their registers before the ways part.
            JumpList found;
            for (std::size_t i = 0; i < p.parts().size(); ++i) {
                JumpList next;
                const bool last = i + 1 == p.parts().size();
                const unsigned mark = next_temp_;
                const bool binds = has_names(*p.parts()[i]);
                pattern(*p.parts()[i], subject, last ? fails : next, names);
                if (!binds) release_to(mark);
                if (last) break;
                found.push_back(emit_jump(Op::jump, 0, 0, p.span));
                patch_all(next, here());
            }
            patch_all(found, here());
            break;
        }
        case PatternKind::sequence:
            sequence_pattern(p, subject, fails, names);
            break;
        case PatternKind::mapping:
            mapping_pattern(p, subject, fails, names);
            break;
        case PatternKind::entry:  // part of a mapping
            break;
        case PatternKind::constructor:
            class_pattern(p, subject, fails, names);
            break;
    }
    const bool given = defers_drops() && subject.hold == Hold::unnamed;
    if (p.name != 0 && p.kind != PatternKind::rest)
        capture({p.name, subject.reg, false, 0, 0, p.span, given}, names);
}

void FunctionCompiler::match_statement(const MatchStmt& s) {
    const unsigned mark = next_temp_;
    const Operand subject = owned_temp(s.subject);
    if (context_.checked && subject.hold != Hold::plain)
        emit(Op::check_live, subject.reg, 0, 0, s.subject->span);
    end_statement(s.span);
    JumpList ends;
    Flow after;
    after.reachable = false;
    for (const MatchCase& c : s.cases) {
        JumpList fails;
        const Flow before = flow_;
        const unsigned inner = next_temp_;
        std::vector<PatternName> names;
        std::vector<std::uint8_t> holders;
        if (pattern_runs_code(*c.pattern)) {
            for (unsigned i = parts_of(*c.pattern); i > 0; --i) {
                holders.push_back(temp());
                emit(Op::load_none, holders.back(), 0, 0, c.span);
                own(holders.back());
            }
        }
        const auto outer_holders = std::exchange(part_holders_, holders);
        pattern(*c.pattern, subject, fails, names);
        part_holders_ = outer_holders;
        bind_pattern_names(names, subject);
        for (std::size_t i = holders.size(); i-- > 0;) {
            emit(Op::discard, holders[i], 0, 0, c.span);
            disown(holders[i]);
        }
        release_to(inner);
        JumpList refused;
        if (c.guard != nullptr) branch(c.guard, false, refused);
        block(c.body);
        after.meet(flow_);
        if (flow_.reachable) ends.push_back(emit_jump(Op::jump, 0, 0, c.span));
        flow_ = before;
        patch_all(fails, here());
        for (std::size_t i = holders.size(); i-- > 0;) emit(Op::discard, holders[i], 0, 0, c.span);
        patch_all(refused, here());
    }
    flow_.meet(after);
    patch_all(ends, here());
    if (subject.hold == Hold::unnamed && counts()) {
        emit(Op::drop, subject.reg, 0, 0, s.span);
        disown(subject.reg);
    }
    release_to(mark);
}

}  // namespace harness::lang
