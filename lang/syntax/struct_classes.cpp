// Builds the class of a struct: __init__ with a parameter for each field, default(), and its methods.
#include "lang/syntax/struct_classes.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

namespace harness::lang {

namespace {

class StructClasses {
  public:
    StructClasses(Block file, Names& names, TreeMemory& memory) : names_(names), memory_(memory) {
        for (const Stmt* s : file)
            if (s->kind == StmtKind::struct_) structs_.insert(as<StructStmt>(s).name);
    }

    void give_class(StructStmt& s) {
        auto* made = memory_.make<ClassStmt>();
        made->kind = StmtKind::class_;
        made->span = s.span;
        made->name = s.name;
        made->name_span = s.name_span;
        made->declares = &s;
        std::vector<Stmt*> body = {constructor(s)};
        if (!defines(s, "default")) body.push_back(default_method(s));
        body.insert(body.end(), s.methods.begin(), s.methods.end());
        made->body = memory_.copy(body.data(), body.size());
        s.as_class = made;
    }

  private:
    bool defines(const StructStmt& s, std::string_view name) const {
        return std::any_of(s.methods.begin(), s.methods.end(),
                           [&](const Stmt* m) {
                               return m->kind == StmtKind::def && names_.text(as<DefStmt>(m).name) == name;
                           }) ||
               std::any_of(s.fields.begin(), s.fields.end(),
                           [&](const FieldDecl& f) { return names_.text(f.name) == name; });
    }

    template <class T>
    T* node(ExprKind kind, Span span) {
        T* made = memory_.make<T>();
        made->kind = kind;
        made->span = span;
        return made;
    }
    Expr* name(NameId id, Span span) {
        auto* made = node<NameExpr>(ExprKind::name, span);
        made->name = id;
        return made;
    }
    Expr* name(std::string_view text, Span span) { return name(names_.intern(text), span); }
    Expr* call(Expr* callee, const std::vector<Argument>& arguments, Span span) {
        auto* made = node<CallExpr>(ExprKind::call, span);
        made->callee = callee;
        made->arguments = memory_.copy(arguments.data(), arguments.size());
        made->height = static_cast<std::uint16_t>(3);
        return made;
    }
    DefStmt* def(std::string_view text, const StructStmt& s, const std::vector<Parameter>& parameters,
                 const std::vector<Stmt*>& body) {
        auto* made = memory_.make<DefStmt>();
        made->kind = StmtKind::def;
        made->span = s.span;
        made->name = names_.intern(text);
        made->name_span = s.name_span;
        made->parameters = memory_.copy(parameters.data(), parameters.size());
        made->body = memory_.copy(body.data(), body.size());
        made->is_made = true;
        return made;
    }
    template <class T>
    T* statement(StmtKind kind, Span span) {
        T* made = memory_.make<T>();
        made->kind = kind;
        made->span = span;
        return made;
    }

    DefStmt* constructor(const StructStmt& s) {
        const NameId self = names_.intern(made_receiver);
        std::vector<Parameter> parameters(1);
        parameters[0].name = self;
        parameters[0].span = s.name_span;
        std::vector<Stmt*> body;
        for (const FieldDecl& field : s.fields) {
            Parameter parameter;
            parameter.name = field.name;
            parameter.span = field.span;
            parameter.default_value = field.default_value;
            // Who passes a number there is asked for a reference to it.
            if (field.type->kind == ExprKind::borrow) parameter.annotation = field.type;
            parameters.push_back(parameter);
            auto* place = node<AttributeExpr>(ExprKind::attribute, field.span);
            place->object = name(self, field.span);
            place->name = field.name;
            place->name_span = field.span;
            place->height = 2;
            Expr* target = place;
            auto* store = statement<AssignStmt>(StmtKind::assign, field.span);
            store->targets = memory_.copy(&target, 1);
            store->value = name(field.name, field.span);
            body.push_back(store);
        }
        if (body.empty()) body.push_back(statement<Stmt>(StmtKind::pass, s.name_span));
        return def("__init__", s, parameters, body);
    }

    /// What stands for a field that has no value of its own; null when its type has none.
    Expr* zero(const Expr* type, Span span) {
        switch (type->kind) {
            case ExprKind::binary:
            case ExprKind::none:
                return node<Expr>(ExprKind::none, span);
            case ExprKind::index:
                return zero(as<IndexExpr>(type).object, span);
            case ExprKind::call: {
                const auto& made = as<CallExpr>(type);
                const bool option = made.callee->kind == ExprKind::name &&
                                    names_.text(as<NameExpr>(made.callee).name) == "Option";
                return option ? node<Expr>(ExprKind::none, span) : nullptr;
            }
            case ExprKind::name:
                break;
            default:
                return nullptr;
        }
        const NameId id = as<NameExpr>(type).name;
        if (structs_.contains(id)) {
            auto* callee = node<AttributeExpr>(ExprKind::attribute, span);
            callee->object = name(id, span);
            callee->name = names_.intern("default");
            callee->name_span = span;
            callee->height = 2;
            return call(callee, {}, span);
        }
        static constexpr std::string_view integers[] = {"i8",  "u8",  "i16", "u16",   "i32",  "u32",
                                                        "i64", "u64", "int", "isize", "usize"};
        const std::string_view text = names_.text(id);
        if (std::find(std::begin(integers), std::end(integers), text) != std::end(integers))
            return node<IntegerExpr>(ExprKind::integer, span);
        if (text == "f32" || text == "f64" || text == "float")
            return node<FloatExpr>(ExprKind::floating, span);
        if (text == "bool") return node<BooleanExpr>(ExprKind::boolean, span);
        if (text == "any" || text == "object") return node<Expr>(ExprKind::none, span);
        if (text == "str" || text == "bytes") return node<StringExpr>(ExprKind::string, span);
        if (text == "char") {
            auto* made = node<StringExpr>(ExprKind::string, span);
            made->bytes = memory_.copy(std::string_view("\0", 1));
            return made;
        }
        if (text == "list") return node<SequenceExpr>(ExprKind::list, span);
        if (text == "tuple") return node<SequenceExpr>(ExprKind::tuple, span);
        if (text == "dict") return node<DictExpr>(ExprKind::dict, span);
        return nullptr;
    }

    DefStmt* default_method(const StructStmt& s) {
        std::vector<Argument> arguments;
        Stmt* only = nullptr;
        for (const FieldDecl& field : s.fields) {
            if (field.default_value != nullptr) continue;
            Argument argument{};
            argument.value = zero(field.type, field.span);
            argument.name = field.name;
            argument.name_span = field.span;
            if (argument.value == nullptr) {
                only = refusal(s, field);
                break;
            }
            arguments.push_back(argument);
        }
        if (only == nullptr) {
            auto* result = statement<ReturnStmt>(StmtKind::return_, s.name_span);
            result->value = call(name(s.name, s.name_span), arguments, s.name_span);
            only = result;
        }
        DefStmt* made = def("default", s, {}, {only});
        Expr* decorator = name("staticmethod", s.name_span);
        made->decorators = memory_.copy(&decorator, 1);
        return made;
    }

    Stmt* refusal(const StructStmt& s, const FieldDecl& field) {
        auto* text = node<StringExpr>(ExprKind::string, field.span);
        text->bytes =
            memory_.copy(std::string_view(std::string(names_.text(s.name)) + " has no default: its field '" +
                                          std::string(names_.text(field.name)) + "' has none"));
        Argument argument{};
        argument.value = text;
        auto* made = statement<RaiseStmt>(StmtKind::raise, field.span);
        made->value = call(name("TypeError", field.span), {argument}, field.span);
        return made;
    }

    Names& names_;
    TreeMemory& memory_;
    std::unordered_set<NameId> structs_;
};

}  // namespace

void make_struct_classes(Block file, Names& names, TreeMemory& memory) {
    StructClasses classes(file, names, memory);
    for (Stmt* s : file)
        if (s->kind == StmtKind::struct_) classes.give_class(static_cast<StructStmt&>(*s));
}

}  // namespace harness::lang
