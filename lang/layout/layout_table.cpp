// Computing layouts: natural alignment as C has it, enums as a tag and a union of structs.
#include "lang/layout/layout_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace harness::lang {

namespace {

using Kind = LayoutType::Kind;

/// Types of the language whose values lie elsewhere.
constexpr std::string_view referred_types[] = {
    "str",  "bytes",    "list",   "dict",  "tuple",     "range", "object",  "ref",
    "file", "function", "buffer", "arena", "allocator", "qubit", "process", "channel",
};
constexpr std::string_view constructors[] = {"Box", "Vec", "Option", "MaybeUninit", "owned", "borrowed"};

constexpr std::size_t most_errors = 20;

template <class Words>
bool contains(const Words& words, std::string_view word) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

Span span_of_name(const Stmt* declaration) {
    return declaration->kind == StmtKind::struct_ ? as<StructStmt>(declaration).name_span
                                                  : as<EnumStmt>(declaration).name_span;
}

void note_targets(const Expr* target, std::unordered_set<NameId>& names) {
    if (target->kind == ExprKind::name) names.insert(as<NameExpr>(target).name);
    if (target->kind == ExprKind::tuple || target->kind == ExprKind::list)
        for (const Expr* part : as<SequenceExpr>(target).elements) note_targets(part, names);
}

}  // namespace

NameId name_of_declaration(const Stmt* declaration) {
    return declaration->kind == StmtKind::struct_ ? as<StructStmt>(declaration).name
                                                  : as<EnumStmt>(declaration).name;
}

std::string type_text(const Expr* type, const Names& names) {
    switch (type->kind) {
        case ExprKind::name:
            return std::string(names.text(as<NameExpr>(type).name));
        case ExprKind::string:
            return std::string(as<StringExpr>(type).bytes);
        case ExprKind::none:
            return "None";
        case ExprKind::integer:
            return std::to_string(as<IntegerExpr>(type).value);
        case ExprKind::borrow:
            return "&" + type_text(as<BorrowExpr>(type).operand, names);
        case ExprKind::array_type:
            return fmt::format("[{}; {}]", type_text(as<ArrayTypeExpr>(type).element, names),
                               type_text(as<ArrayTypeExpr>(type).count, names));
        case ExprKind::index:
            return type_text(as<IndexExpr>(type).object, names);
        case ExprKind::binary:
            return type_text(as<BinaryExpr>(type).left, names) + " | " +
                   type_text(as<BinaryExpr>(type).right, names);
        case ExprKind::call: {
            const auto& call = as<CallExpr>(type);
            std::string text = type_text(call.callee, names) + "(";
            for (const Argument& each : call.arguments) text += type_text(each.value, names);
            return text + ")";
        }
        default:
            return "?";
    }
}

TypeNames TypeNames::of(Block module, const Names& names, std::vector<Diagnostic>& errors) {
    TypeNames known;
    for (const Stmt* s : module) {
        switch (s->kind) {
            case StmtKind::struct_:
            case StmtKind::enum_: {
                const NameId name = name_of_declaration(s);
                const auto [found, is_new] = known.layouts.emplace(name, s);
                if (is_new) break;
                Diagnostic d;
                d.name = "TypeError";
                d.span = span_of_name(s);
                d.message = fmt::format("there is a type '{}' already", names.text(name));
                d.related.push_back({"declared", span_of_name(found->second)});
                d.help = "give each struct and enum its own name";
                errors.push_back(std::move(d));
                break;
            }
            case StmtKind::class_:
                known.classes.insert(as<ClassStmt>(s).name);
                break;
            case StmtKind::def:
                known.others.insert(as<DefStmt>(s).name);
                break;
            case StmtKind::assign:
                for (const Expr* target : as<AssignStmt>(s).targets) note_targets(target, known.others);
                break;
            case StmtKind::annotated_assign:
                note_targets(as<AnnotatedAssignStmt>(s).target, known.others);
                break;
            case StmtKind::const_:
            case StmtKind::static_:
                known.others.insert(as<DeclareStmt>(s).name);
                break;
            case StmtKind::import:
                known.others.insert(as<ImportStmt>(s).alias);
                break;
            default:
                break;
        }
    }
    return known;
}

LayoutTable::LayoutTable(const TypeNames& known, Names& names, int target_bits,
                         std::vector<Diagnostic>& errors)
    : known_(known),
      names_(names),
      word_(target_bits == 32 ? 4 : 8),
      // What an int of the language can count, and what half of a 32-bit address space holds.
      most_bytes_(target_bits == 32 ? 0x7FFF'FFFF : static_cast<std::uint64_t>(integer_max)),
      errors_(errors) {}

const Stmt* LayoutTable::declaration(NameId name) const {
    const auto found = known_.layouts.find(name);
    return found == known_.layouts.end() ? nullptr : found->second;
}

std::nullptr_t LayoutTable::error(Span span, std::string name, std::string message, std::string help) {
    if (errors_.size() >= most_errors) return nullptr;
    Diagnostic d;
    d.name = std::move(name);
    d.span = span;
    d.message = std::move(message);
    d.help = std::move(help);
    errors_.push_back(std::move(d));
    return nullptr;
}

bool LayoutTable::fits(std::uint64_t size, Span span, std::string_view text) {
    if (size <= most_bytes_) return true;
    error(span, "TypeError", fmt::format("'{}' is larger than {} bytes", text, most_bytes_),
          "use fewer elements, or hold the data in a Vec");
    return false;
}

LayoutType& LayoutTable::fresh(Kind kind, std::string text) {
    LayoutType& made = types_.emplace_back();
    made.kind = kind;
    made.name = std::move(text);
    return made;
}

const LayoutType* LayoutTable::basic(Kind kind, std::string_view text, std::uint64_t size) {
    const auto [found, is_new] = by_text_.emplace(text, nullptr);
    if (!is_new) return found->second;
    LayoutType& made = fresh(kind, std::string(text));
    made.size = made.own_size = made.data_size = made.align = size;
    return found->second = &made;
}

const LayoutType* LayoutTable::of(const Expr* type) {
    const LayoutType* found = resolve(type);
    settle_deferred();
    return found;
}

const LayoutType* LayoutTable::of(const Stmt* declaration) {
    const LayoutType* found = declared(declaration, span_of_name(declaration));
    settle_deferred();
    return found;
}

/// What Box and Vec hold is looked up last: a type may hold itself behind a reference.
void LayoutTable::settle_deferred() {
    while (!deferred_.empty()) {
        const Deferred next = deferred_.back();
        deferred_.pop_back();
        next.holder->element = resolve(next.element);
    }
}

const LayoutType* LayoutTable::resolve(const Expr* type) {
    switch (type->kind) {
        case ExprKind::name:
            return name(as<NameExpr>(type).name, type->span);
        case ExprKind::string:
            return name(names_.intern(as<StringExpr>(type).bytes), type->span);
        case ExprKind::call:
            return constructed(as<CallExpr>(type));
        case ExprKind::array_type:
            return array(as<ArrayTypeExpr>(type));
        case ExprKind::borrow: {
            const LayoutType* referred = reference_to("&", LayoutType::Reference::object, nullptr);
            return resolve(as<BorrowExpr>(type).operand) == nullptr ? nullptr : referred;
        }
        case ExprKind::index:  // list[int]: a list
            return resolve(as<IndexExpr>(type).object);
        case ExprKind::binary: {
            const auto& either = as<BinaryExpr>(type);
            const bool left = either.left->kind == ExprKind::none;
            if (either.op != BinaryOp::bit_or || (!left && either.right->kind != ExprKind::none)) break;
            const LayoutType* held = resolve(left ? either.right : either.left);
            return held == nullptr ? nullptr : option(held, type->span);
        }
        default:
            break;
    }
    return error(type->span, "TypeError", "this is not a type",
                 "write the name of a type, or Option(T), Box(T), Vec(T), [T; n]");
}

const LayoutType* LayoutTable::name(NameId id, Span span) {
    const std::string text(names_.text(id));
    if (const Stmt* found = declaration(id)) return declared(found, span);
    if (known_.classes.contains(id)) return reference_to(text, LayoutType::Reference::object, nullptr);
    if (known_.others.contains(id))
        return error(span, "TypeError", fmt::format("'{}' is not a type", text),
                     "name a type of the language, or a struct, enum or class of the program");
    if (text == "any") return basic(Kind::any, text, 8);
    if (contains(referred_types, text)) return reference_to(text, LayoutType::Reference::object, nullptr);
    if (const auto primitive = primitive_type(text, target_bits())) {
        constexpr std::uint64_t sizes[] = {8, 1, 1, 2, 2, 4, 4, 8, 8, 4, 4, 8, 8, 8, 4, 8, 8, 1, 4};
        const auto index = static_cast<std::size_t>(*primitive);
        const LayoutType* made = basic(Kind::primitive, text, sizes[index]);
        const_cast<LayoutType*>(made)->primitive = *primitive;
        return made;
    }
    if (contains(constructors, text))
        return error(span, "TypeError", fmt::format("'{}' asks for the type that it holds", text),
                     fmt::format("write {}(i32), for example", text));
    if (text == "Exception" || (text.size() > 5 && text.substr(text.size() - 5) == "Error"))
        return reference_to(text, LayoutType::Reference::object, nullptr);
    std::vector<std::string_view> candidates(std::begin(referred_types), std::end(referred_types));
    for (unsigned i = 0; i < static_cast<unsigned>(Type::count_); ++i)
        candidates.push_back(type_name(static_cast<Type>(i)));
    for (const auto& [each, statement] : known_.layouts) candidates.push_back(names_.text(each));
    for (const NameId each : known_.classes) candidates.push_back(names_.text(each));
    std::sort(candidates.begin(), candidates.end());
    const std::string_view near = nearest(text, candidates);
    return error(span, "NameError", fmt::format("there is no type '{}'", text),
                 near.empty() ? "name a type of the language, or a struct, enum or class of the program"
                              : fmt::format("did you mean '{}'?", near));
}

const LayoutType* LayoutTable::reference_to(const std::string& text, LayoutType::Reference kind,
                                            const Expr* element) {
    const auto [found, is_new] = by_text_.emplace(text, nullptr);
    if (!is_new) return found->second;
    LayoutType& made = fresh(Kind::reference, text);
    made.reference = kind;
    made.size = made.data_size = made.align = word_;
    // Pointer, length and capacity; a place holds a reference to them.
    made.own_size = kind == LayoutType::Reference::vec ? 3 * word_ : word_;
    if (element != nullptr) deferred_.push_back({&made, element});
    return found->second = &made;
}

const LayoutType* LayoutTable::constructed(const CallExpr& call) {
    const NameId id = call.callee->kind == ExprKind::name ? as<NameExpr>(call.callee).name : 0;
    const std::string_view text = names_.text(id);
    const bool own = known_.layouts.contains(id) || known_.classes.contains(id) || known_.others.contains(id);
    if (own || !contains(constructors, text))
        return error(call.callee->span, "TypeError", "this is not a type that holds another",
                     "write Box(T), Vec(T), Option(T) or MaybeUninit(T)");
    if (call.arguments.size() != 1 || call.arguments[0].name != 0 ||
        call.arguments[0].kind != Argument::Kind::plain)
        return error(call.span, "TypeError", fmt::format("'{}' holds one type", text),
                     fmt::format("write {}(i32), for example", text));
    const Expr* inner = call.arguments[0].value;
    if (text == "Box" || text == "Vec") {
        // By what the program wrote: it is resolved later, and the same text is the same type.
        const auto kind = text == "Box" ? LayoutType::Reference::box : LayoutType::Reference::vec;
        const std::string held = type_text(inner, names_);
        return reference_to(fmt::format("{}({})", text, held), kind, inner);
    }
    const LayoutType* held = resolve(inner);
    if (held == nullptr || text == "owned" || text == "borrowed") return held;
    if (text == "Option") return option(held, call.span);
    const auto [found, is_new] = by_text_.emplace(fmt::format("MaybeUninit({})", held->name), nullptr);
    if (!is_new) return found->second;
    LayoutType& made = fresh(Kind::maybe, found->first);
    made.element = held;
    made.size = made.own_size = held->size;
    made.data_size = held->data_size;
    made.align = held->align;
    made.depth = held->depth + 1;
    return found->second = &made;
}

/// As an enum of None and Some(T). There is no niche: a reference has its tag, too.
const LayoutType* LayoutTable::option(const LayoutType* held, Span span) {
    const auto [found, is_new] = by_text_.emplace(fmt::format("Option({})", held->name), nullptr);
    if (!is_new) return found->second;
    LayoutType& made = fresh(Kind::enum_, found->first);
    found->second = &made;
    made.is_option = true;
    made.tag_size = 1;
    made.element = held;
    made.depth = held->depth + 1;
    made.data_offset = align_up(1, held->align);
    made.align = held->align;
    LayoutVariant none, some;
    none.text = "None";
    none.end = made.data_offset;
    some.text = "Some";
    some.fields.push_back({.text = "0", .type = held, .offset = made.data_offset, .span = span});
    some.end = made.data_offset + held->size;
    made.size = made.own_size = align_up(some.end, made.align);
    made.data_size = 1 + held->data_size;
    made.variants = {none, some};
    if (!fits(made.size, span, made.name)) found->second = nullptr;
    return found->second;
}

const LayoutType* LayoutTable::array(const ArrayTypeExpr& type) {
    const LayoutType* element = resolve(type.element);
    if (element == nullptr) return nullptr;
    if (type.count->kind != ExprKind::integer)
        return error(type.count->span, "TypeError", "the length of an array type is a number",
                     "write it out: [u8; 16]");
    const auto& count = as<IntegerExpr>(type.count);
    const std::string text = fmt::format("[{}; {}]", element->name, count.value);
    if (count.too_large || count.value > most_bytes_ ||
        (element->size > 0 && count.value > most_bytes_ / element->size)) {
        fits(most_bytes_ + 1, type.span, text);
        return nullptr;
    }
    const auto [found, is_new] = by_text_.emplace(text, nullptr);
    if (!is_new) return found->second;
    LayoutType& made = fresh(Kind::array, text);
    made.element = element;
    made.count = count.value;
    made.size = made.own_size = element->size * count.value;
    made.data_size = element->data_size * count.value;
    made.align = element->align;
    made.depth = element->depth + 1;
    return found->second = &made;
}

std::nullptr_t LayoutTable::contains_itself(const Stmt* declaration, Span asked_at) {
    std::string path;
    const auto begin = std::find(under_way_.begin(), under_way_.end(), declaration);
    for (auto at = begin; at != under_way_.end(); ++at) {
        const auto index = static_cast<std::size_t>(at - under_way_.begin());
        const Stmt* inner = at + 1 == under_way_.end() ? declaration : *(at + 1);
        path += fmt::format("{}{}.{}: {}", path.empty() ? "" : ", ", names_.text(name_of_declaration(*at)),
                            fields_under_way_[index], names_.text(name_of_declaration(inner)));
        if (path.size() > 200) break;
    }
    const std::string name(names_.text(name_of_declaration(declaration)));
    error(asked_at, "TypeError", fmt::format("'{}' contains itself, so it has no size", name),
          fmt::format("put a reference there: Option(Box({}))", name));
    if (errors_.size() < most_errors) errors_.back().details.push_back(path);
    return nullptr;
}

const LayoutType* LayoutTable::declared(const Stmt* declaration, Span asked_at) {
    if (const auto found = by_declaration_.find(declaration); found != by_declaration_.end())
        return found->second;
    if (std::find(under_way_.begin(), under_way_.end(), declaration) != under_way_.end())
        return contains_itself(declaration, asked_at);
    const std::string text(names_.text(name_of_declaration(declaration)));
    if (under_way_.size() >= most_nested)
        return error(asked_at, "TypeError", fmt::format("types are nested more than {} deep", most_nested),
                     "hold some of them by Box(T)");
    const bool is_struct = declaration->kind == StmtKind::struct_;
    LayoutType& made = fresh(is_struct ? Kind::struct_ : Kind::enum_, text);
    made.declaration = declaration;
    under_way_.push_back(declaration);
    fields_under_way_.emplace_back();
    bool good = is_struct ? struct_fields(as<StructStmt>(declaration), made)
                          : enum_variants(as<EnumStmt>(declaration), made);
    under_way_.pop_back();
    fields_under_way_.pop_back();
    good = good && made.depth <= most_nested;
    by_declaration_[declaration] = good ? &made : nullptr;
    return by_declaration_[declaration];
}

/// Puts the field behind `end`; `end` moves behind it.
bool LayoutTable::place(LayoutField& field, std::uint64_t& end, LayoutType& made, std::uint64_t begin) {
    field.offset = std::max(begin, align_up(end, field.type->align));
    end = field.offset + field.type->size;
    made.align = std::max(made.align, field.type->align);
    made.depth = std::max(made.depth, field.type->depth + 1);
    if (made.depth > most_nested) {
        error(field.span, "TypeError", fmt::format("types are nested more than {} deep", most_nested),
              "hold some of them by Box(T)");
        return false;
    }
    return fits(end, field.span, made.name);
}

bool LayoutTable::lay_out(List<FieldDecl> declared, std::uint64_t begin, std::vector<LayoutField>& fields,
                          LayoutType& made, std::uint64_t& end) {
    bool good = true;
    end = begin;
    for (const FieldDecl& each : declared) {
        LayoutField field;
        field.name = each.name;
        field.text = each.name != 0 ? std::string(names_.text(each.name)) : std::to_string(fields.size());
        field.span = each.span;
        fields_under_way_.back() = field.text;
        field.type = resolve(each.type);
        good = good && field.type != nullptr;
        if (!good) continue;
        good = place(field, end, made, begin);
        fields.push_back(std::move(field));
    }
    return good;
}

bool LayoutTable::read_align(List<Expr*> decorators, std::uint64_t& align) {
    for (const Expr* each : decorators) {
        const Expr* callee = each->kind == ExprKind::call ? as<CallExpr>(each).callee : each;
        const std::string_view text =
            callee->kind == ExprKind::name ? names_.text(as<NameExpr>(callee).name) : std::string_view();
        if (text != "align" || known_.others.contains(as<NameExpr>(callee).name)) {
            error(each->span, "TypeError", "only @align(n) stands above a struct or an enum",
                  "remove this decorator");
            return false;
        }
        const Expr* wanted = nullptr;
        if (each->kind == ExprKind::call && as<CallExpr>(each).arguments.size() == 1)
            wanted = as<CallExpr>(each).arguments[0].value;
        const auto value = wanted != nullptr && wanted->kind == ExprKind::integer
                               ? as<IntegerExpr>(wanted).value
                               : std::uint64_t{0};
        if (value == 0 || (value & (value - 1)) != 0 || value > most_aligned) {
            error(wanted != nullptr ? wanted->span : each->span, "TypeError",
                  fmt::format("an alignment is a power of two, at most {}", most_aligned),
                  "write @align(16), for example");
            return false;
        }
        align = std::max(align, value);
    }
    return true;
}

bool LayoutTable::struct_fields(const StructStmt& statement, LayoutType& made) {
    if (!statement.type_parameters.empty()) {
        error(statement.name_span, "SyntaxError",
              "type parameters of structs and enums are not part of the language yet",
              "declare one for each type");
        return false;
    }
    std::uint64_t end = 0;
    if (!read_align(statement.decorators, made.declared_align)) return false;
    made.align = made.declared_align;
    if (!lay_out(statement.fields, 0, made.fields, made, end)) return false;
    for (const LayoutField& field : made.fields) made.data_size += field.type->data_size;
    made.size = made.own_size = align_up(end, made.align);
    return fits(made.size, statement.name_span, made.name);
}

bool LayoutTable::enum_variants(const EnumStmt& statement, LayoutType& made) {
    if (!statement.type_parameters.empty()) {
        error(statement.name_span, "SyntaxError",
              "type parameters of structs and enums are not part of the language yet",
              "declare one for each type");
        return false;
    }
    if (statement.variants.empty()) {
        error(statement.name_span, "TypeError", "an enum has at least one variant",
              "list its variants below it: Circle(r: f64)");
        return false;
    }
    if (!read_align(statement.decorators, made.declared_align)) return false;
    const std::size_t count = statement.variants.size();
    made.tag_size = count <= 256 ? 1 : count <= 65'536 ? 2 : 4;
    // Where fields begin is known when the alignment of all of them is: from 0 first.
    bool good = true;
    for (const VariantDecl& each : statement.variants) {
        LayoutVariant variant;
        variant.name = each.name;
        variant.text = std::string(names_.text(each.name));
        fields_under_way_.back() = variant.text;
        good = lay_out(each.fields, 0, variant.fields, made, variant.end) && good;
        made.variants.push_back(std::move(variant));
    }
    return good && finish_enum(made, statement.name_span);
}

bool LayoutTable::finish_enum(LayoutType& made, Span span) {
    std::uint64_t largest = 0, data = 0;
    made.data_offset = align_up(made.tag_size, made.align);
    for (LayoutVariant& variant : made.variants) {
        std::uint64_t bytes = 0;
        for (LayoutField& field : variant.fields) {
            field.offset += made.data_offset;
            bytes += field.type->data_size;
        }
        largest = std::max(largest, variant.end);
        data = std::max(data, bytes);
        variant.end += made.data_offset;
    }
    made.align = std::max({made.align, made.tag_size, made.declared_align});
    made.size = made.own_size = align_up(made.data_offset + largest, made.align);
    made.data_size = made.tag_size + data;
    return fits(made.size, span, made.name);
}

}  // namespace harness::lang
