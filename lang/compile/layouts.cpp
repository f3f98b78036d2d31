// Structs and enums in the compiler: their statements, and what size_of, align_of and offset_of make of
// types.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "lang/compile/function_compiler.hpp"
#include "lang/layout/layout_table.hpp"
#include "lang/layout/offsets.hpp"

namespace harness::lang {

namespace {

constexpr std::size_t most_struct_fields = 170;

}  // namespace

void FunctionCompiler::layout_statement(const Stmt* s) {
    const NameId name = name_of_declaration(s);
    if (scopes_.layouts == nullptr) return;
    if (scopes_.layouts->declaration(name) != s) {
        error(s->span, "SyntaxError", "structs and enums stand at the top level of their file",
              "move the declaration there");
        return;
    }
    if (scopes_.layouts->of(s) == nullptr || scopes_.machine_layouts->of(s) == nullptr) return;
    if (s->kind == StmtKind::struct_) {
        const auto& declared = as<StructStmt>(s);
        if (check_struct(declared) && has_values(declared) && context_.errors.size() < most_compile_errors)
            class_statement(*declared.as_class);
        return;
    }
    if (const Block methods = as<EnumStmt>(s).methods; !methods.empty())
        error(methods[0]->span, "SyntaxError", "methods of enums are not part of the language yet",
              "write a function");
}

/// What the tree allows and a struct does not.
bool FunctionCompiler::check_struct(const StructStmt& s) {
    const std::size_t before = context_.errors.size();
    bool defaults = false;
    // Its constructor has a name for each.
    if (s.fields.size() > most_struct_fields && has_values(s))
        error(s.name_span, "SyntaxError",
              fmt::format("a struct may have at most {} fields", most_struct_fields),
              "put some of them into an object or a list that a field holds");
    for (const FieldDecl& field : s.fields) {
        const std::string name(context_.names.text(field.name));
        if (field.default_value == nullptr) {
            if (defaults)
                error(field.span, "TypeError", "non-default argument '" + name + "' follows default argument",
                      "put fields with defaults last");
            continue;
        }
        defaults = true;
        const ExprKind kind = field.default_value->kind;
        if (kind == ExprKind::list || kind == ExprKind::dict || kind == ExprKind::list_comp ||
            kind == ExprKind::dict_comp)
            error(field.default_value->span, "TypeError",
                  "a default that can change would be one for all values of the struct",
                  "leave it out, and pass one to the constructor or use " +
                      std::string(context_.names.text(s.name)) + ".default()");
    }
    for (const Stmt* method : s.methods)
        if (method->kind == StmtKind::def && context_.names.text(as<DefStmt>(method).name) == "__init__")
            error(as<DefStmt>(method).name_span, "TypeError",
                  "a struct's constructor takes its fields, it has no __init__",
                  "write a @staticmethod that makes one");
    return context_.errors.size() == before;
}

namespace {

/// How a field of the type is stored where it is a number or a reference.
std::optional<PackedKind> packed_kind(const LayoutType& type) {
    switch (type.kind) {
        case LayoutType::Kind::any:
            return PackedKind::value;
        case LayoutType::Kind::reference:
            if (type.reference != LayoutType::Reference::object) return std::nullopt;
            return PackedKind::value;
        case LayoutType::Kind::primitive:
            break;
        default:
            return std::nullopt;
    }
    switch (type.primitive) {
        case Type::i8:
            return PackedKind::i8;
        case Type::u8:
            return PackedKind::u8;
        case Type::i16:
            return PackedKind::i16;
        case Type::u16:
            return PackedKind::u16;
        case Type::i32:
            return PackedKind::i32;
        case Type::u32:
            return PackedKind::u32;
        case Type::i64:
        case Type::isize64:
        case Type::int_:
            return PackedKind::i64;
        case Type::u64:
        case Type::usize64:
            return PackedKind::u64;
        case Type::f32:
            return PackedKind::f32;
        case Type::f64:
        case Type::float_:
            return PackedKind::f64;
        case Type::bool_:
            return PackedKind::bool_;
        case Type::char_:
            return PackedKind::char_;
        default:
            return std::nullopt;
    }
}

std::optional<PackedField> packed_field(const LayoutField& field) {
    PackedField made;
    made.name = field.name;
    made.offset = static_cast<std::uint32_t>(field.offset);
    const LayoutType* type = field.type;
    if (type->is_option) {
        const auto held = packed_kind(*type->element);
        if (!held.has_value()) return std::nullopt;
        made.kind = PackedKind::option;
        made.held = *held;
        made.held_offset = made.offset + static_cast<std::uint32_t>(type->data_offset);
        return made;
    }
    const auto kind = packed_kind(*type);
    if (!kind.has_value()) return std::nullopt;
    made.kind = *kind;
    return made;
}

}  // namespace

/// Whether objects of the struct can be made: all of its fields are numbers and references.
bool FunctionCompiler::has_values(const StructStmt& s) {
    const LayoutType* type = scopes_.machine_layouts->of(&s);
    return type != nullptr && std::all_of(type->fields.begin(), type->fields.end(),
                                          [](const LayoutField& f) { return packed_field(f).has_value(); });
}

void FunctionCompiler::pack_fields(const StructStmt& s, ClassTemplate& out) {
    const LayoutType& type = *scopes_.machine_layouts->of(&s);
    PackedType& packed = out.packed.emplace();
    packed.bytes = static_cast<std::uint32_t>(type.size);
    packed.align = static_cast<std::uint32_t>(type.align);
    packed.image.resize(packed.bytes);
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
        PackedField field = *packed_field(type.fields[i]);
        field.type = type_of(s.fields[i].type);
        if (field.has_value()) {
            packed.value_fields.push_back(static_cast<std::uint32_t>(i));
            const Value nothing = Value::absent();
            std::memcpy(&packed.image[field.value_offset()], &nothing, sizeof nothing);
        }
        packed.fields.push_back(field);
    }
}

/// Of enums, and of structs with fields that no value can hold yet. True after the error.
bool FunctionCompiler::refuse_layout_value(NameId name, Span span) {
    if (scopes_.layouts == nullptr) return false;
    const Stmt* declared = scopes_.layouts->declaration(name);
    if (declared == nullptr) return false;
    for (const FunctionCompiler* f = this; f->parent_ != nullptr; f = f->parent_)
        if (f->scope_.bound.contains(name) || f->scope_.block_bound.contains(name)) return false;
    const bool is_struct = declared->kind == StmtKind::struct_;
    if (is_struct && has_values(as<StructStmt>(declared))) return false;
    error(span, "SyntaxError",
          is_struct
              ? "values of structs within structs, of arrays, Box and Vec are not part of the language yet"
              : "values of enums are not part of the language yet",
          "use a class; size_of, align_of and offset_of take the type");
    return true;
}

/// size_of(T), align_of(T), offset_of(T, "b"): numbers that the layout decides, unless the program has
/// functions of these names.
std::optional<Operand> FunctionCompiler::layout_call(const CallExpr& e, int dest) {
    if (e.callee->kind != ExprKind::name) return std::nullopt;
    const NameId id = as<NameExpr>(e.callee).name;
    const std::string_view name = context_.names.text(id);
    const bool offset = name == "offset_of";
    if ((name != "size_of" && name != "align_of" && !offset) || user_defines(id)) return std::nullopt;
    const Operand none{target(dest), Hold::plain, true};
    const std::size_t wanted = offset ? 2 : 1;
    bool plain = e.arguments.size() == wanted;
    for (const Argument& a : e.arguments) plain = plain && a.name == 0 && a.kind == Argument::Kind::plain;
    if (!plain || (offset && e.arguments[1].value->kind != ExprKind::string)) {
        error(e.span, "TypeError",
              offset ? "offset_of() takes a type and the name of a field"
                     : fmt::format("{}() takes a type", name),
              offset ? "write offset_of(Example, \"b\")" : fmt::format("write {}(u32)", name));
        return none;
    }
    const LayoutType* type = scopes_.layouts->of(e.arguments[0].value);
    if (type == nullptr) return none;
    std::uint64_t number = name == "size_of" ? type->own_size : type->align;
    if (offset) {
        const Expr* field = e.arguments[1].value;
        const FoundOffset found = offset_of(*type, as<StringExpr>(field).bytes);
        if (!found.found) {
            error(field->span, "AttributeError", found.message, found.help);
            return none;
        }
        number = found.offset;
    }
    return constant_operand(Value::integer(static_cast<std::int64_t>(number)), none.reg, e.span);
}

}  // namespace harness::lang
