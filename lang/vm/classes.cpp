// Functions, classes and modules as values that statements make, and the names that lead to them.
#include <fmt/format.h>

#include <algorithm>

#include "lang/builtins/functions.hpp"
#include "lang/builtins/value_facts.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

// --- Functions and classes

Value Interpreter::make_function(const Function& function, Value* defaults, std::uint32_t count, Value* R) {
    const auto captures = static_cast<std::uint32_t>(function.captures.size());
    const_cast<Function&>(function).closure_defaults = true;
    const Value v = heap.new_closure(function, captures + count);
    if (v == Value::failed()) return v;
    for (std::uint32_t i = 0; i < captures; ++i) {
        const Capture& c = function.captures[i];
        const Value cell = c.from_parent_register
                               ? R[c.index]
                               : heap.payload<Closure>(R[frame->function->closure_register]).cells[c.index];
        heap.payload<Closure>(v).cells[i] = store(v, cell);
    }
    for (std::uint32_t i = 0; i < count; ++i)
        heap.payload<Closure>(v).cells[captures + i] = store_unnamed(v, defaults[i]);
    return v;
}

Value Interpreter::make_class(const ClassTemplate& type, Value base) {
    const ClassInfo* parent = nullptr;
    if (base != Value::absent()) {
        if (!base.is_constant_object() || base.as_constant<ConstantObject>()->kind != ConstantKind::class_)
            return raise(
                ErrorKind::TypeError,
                fmt::format("a class can only be derived from a class, not from '{}'", type_name(base)));
        parent = base.as_constant<ClassInfo>();
        // Every class is derived from object, which has nothing to give.
        if (base == builtins_[names.intern("object")]) parent = nullptr;
    }
    if (parent != nullptr) {
        if (parent->packed != nullptr)
            return raise(ErrorKind::TypeError,
                         fmt::format("a class cannot be derived from the struct '{}'", parent->name),
                         "hold one in a field");
        if (parent->is_builtin && !parent->is_exception)
            return raise(ErrorKind::TypeError,
                         fmt::format("type '{}' is not an acceptable base type", parent->name));
    }
    if (classes_.size() >= 0xFFFF) return raise(ErrorKind::RuntimeError, "too many classes (at most 65000)");
    auto made = std::make_unique<ClassInfo>();
    made->kind = ConstantKind::class_;
    made->name = type.name;
    made->id = static_cast<ClassId>(classes_.size());
    made->made_from = &type;
    for (Value& d : made->dunders) d = Value::absent();
    if (parent != nullptr) {
        made->base = parent;
        made->is_exception = parent->is_exception;
        made->field_count = parent->field_count;
        made->field_names = parent->field_names;
        made->has_typed_fields = parent->has_typed_fields;
        made->members = parent->members;
        for (auto& [name, member] : made->members) member.inherited = true;
        std::copy(std::begin(parent->dunders), std::end(parent->dunders), std::begin(made->dunders));
        settle_init(*made);
    }
    for (NameId name : type.own_fields) {
        Member& member = made->members[name];
        if (member.is_field || method_kind(member.value) == MethodKind::property) continue;
        member.is_field = true;
        member.inherited = true;
        member.slot = made->field_count++;
        made->field_names.push_back(name);
    }
    for (const auto& typed : type.typed_fields) {
        made->members[typed.name].field_type = typed.type;
        made->has_typed_fields = true;
    }
    if (type.packed.has_value()) {
        made->packed = &*type.packed;
        for (const PackedField& field : type.packed->fields) made->members[field.name].packed = &field;
        // Compared by their contents, they can change: nothing may hash them.
        made->dunders[static_cast<std::size_t>(Dunder::hash)] = Value::none();
    }
    classes_.push_back(made.get());
    const Value v = Value::constant(made.get());
    owned_classes.push_back(std::move(made));
    return v;
}

void Interpreter::settle_init(ClassInfo& type) {
    const Value init = type.dunder(Dunder::init);
    type.plain_init = type.packed_init = nullptr;
    if (type.is_exception || type.construct != nullptr || type.dunder(Dunder::del) != Value::absent()) return;
    if (!init.is_constant_object() || init.as_constant<ConstantObject>()->kind != ConstantKind::function)
        return;
    const auto* f = init.as_constant<Function>();
    if (f->is_init && f->simple) (type.packed != nullptr ? type.packed_init : type.plain_init) = f;
}

/// `v` is unnamed: the class receives it.
bool Interpreter::set_class_attribute(ClassInfo& type, NameId name, Value v) {
    Member& member = type.members[name];
    const Value old = member.inherited ? Value::absent() : member.value;
    member.value = to_global(v);
    member.inherited = false;
    const std::string_view text = names.text(name);
    if (text.size() > 4 && text.substr(0, 2) == "__") {
        for (std::size_t i = 0; i < static_cast<std::size_t>(Dunder::count_); ++i)
            if (dunder_names[i] == text) type.dunders[i] = member.value;
    }
    // As in Python, a class that says what is equal says how to hash it, or nobody may.
    if (text == "__eq__") {
        const auto hash = type.members.find(names.intern("__hash__"));
        if (hash == type.members.end() || hash->second.inherited)
            type.dunders[static_cast<std::size_t>(Dunder::hash)] = Value::none();
    }
    // `deinit(self)` is the other spelling of __del__.
    if (text == "deinit") {
        const Function* f = function_behind(v);
        const auto del = type.members.find(names.intern("__del__"));
        if (f != nullptr && f->header.parameters == 1 && (del == type.members.end() || del->second.inherited))
            type.dunders[static_cast<std::size_t>(Dunder::del)] = member.value;
    }
    settle_init(type);
    discard(old);
    return true;
}

bool Interpreter::assign_class_attribute(ClassInfo& type, NameId name, Value v) {
    const auto before = type.members.find(name);
    const bool was_method = before != type.members.end() && function_behind(before->second.value) != nullptr;
    const bool is_method = function_behind(v) != nullptr;
    if (!set_class_attribute(type, name, v)) return false;
    // Classes hold what they inherit: those below take it over, unless they have their own. Bases come first.
    for (const auto& below : owned_classes) {
        if (below.get() == &type || !below->derives_from(type)) continue;
        const auto own = below->members.find(name);
        if (own != below->members.end() && !own->second.inherited) continue;
        const Member& above = below->base->members.at(name);
        Member& member = below->members[name];
        member.value = above.value;
        member.inherited = true;
        for (std::size_t i = 0; i < static_cast<std::size_t>(Dunder::count_); ++i)
            if (dunder_names[i] == names.text(name)) below->dunders[i] = type.dunders[i];
        settle_init(*below);
    }
    if (was_method || is_method) forget_methods();
    return true;
}

void Interpreter::forget_methods() {
    members.clear();
    for (const auto& function : program.functions)
        for (std::size_t at = 0; at < function->code.size();) {
            const Op op = op_at(&function->code[at]);
            if (op == Op::call_method) function->code[at + 2] = static_cast<std::uint32_t>(ClassId::none);
            at += op_words[static_cast<std::size_t>(op)];
        }
}

/// What every class has; absent() for other names.
Value Interpreter::object_method(NameId name) const {
    const std::string_view text = names.text(name);
    if (text.substr(0, 2) != "__") return Value::absent();
    const auto found = builtins_.find(names.intern("object." + std::string(text)));
    return found == builtins_.end() ? Value::absent() : found->second;
}

Value Interpreter::super_method(const ClassInfo& type, NameId name) {
    const ClassInfo* base = type.base;
    if (base != nullptr) {
        const auto id = static_cast<std::uint32_t>(base->id);
        if (const std::uint64_t known = members.find(MemberCache::Kind::above, id, name)) return {known};
        const auto member = base->members.find(name);
        if (member != base->members.end() && member->second.value != Value::absent()) {
            if (function_behind(member->second.value) != nullptr)
                members.note(MemberCache::Kind::above, id, name, member->second.value.bits);
            return member->second.value;
        }
    }
    if (const Value common = object_method(name); common != Value::absent()) return common;
    missing_attribute_ = {};
    return raise(ErrorKind::AttributeError,
                 fmt::format("'super' object has no attribute '{}'", names.text(name)));
}

Value Interpreter::super_attribute(Value type, Value self, NameId name) {
    const auto is_class = [](Value v) {
        return v.is_constant_object() && v.as_constant<ConstantObject>()->kind == ConstantKind::class_;
    };
    if (!readable(self)) return Value::failed();
    if (!is_class(type))
        return raise(ErrorKind::TypeError,
                     fmt::format("super() argument 1 must be a type, not {}", type_name(type)));
    const ClassInfo& below = is_class(self) ? *self.as_constant<ClassInfo>() : class_of(self);
    if (!below.derives_from(*type.as_constant<ClassInfo>()))
        return raise(ErrorKind::TypeError, "super(type, obj): obj must be an instance or subtype of type");
    const Value found = super_method(*type.as_constant<ClassInfo>(), name);
    if (found == Value::failed()) return found;
    const bool native =
        found.is_constant_object() && found.as_constant<ConstantObject>()->kind == ConstantKind::native;
    if (!native && function_behind(found) == nullptr) return share(found);
    Value receiver = self;
    switch (method_kind(found)) {
        case MethodKind::static_:
            return share(found);
        case MethodKind::property:
            return is_class(self) ? share(found) : call(found, &self, 1);
        case MethodKind::class_:
            receiver = Value::constant(&below);
            break;
        case MethodKind::plain:
            if (is_class(self)) return share(found);
            receiver = lifetime.counts_objects || self.is_counted() ? share(self) : self.lent();
    }
    const Value bound = heap.new_bound_method(receiver, share(found));
    if (bound == Value::failed()) drop(receiver);
    return bound;
}

// --- Types, modules, names

bool Interpreter::check_type(Value& v, TypeCode code) {
    const bool optional = (code & type_optional) != 0;
    if (optional && v.is_none()) return true;
    code &= static_cast<TypeCode>(~type_optional);
    if ((code & type_reference) != 0) {
        code &= static_cast<TypeCode>(~type_reference);
        const auto type = static_cast<Type>(code);
        const bool is_reference = v.is_counted() && heap.live(v) && heap.class_id(v) == ClassId::cell;
        if (!is_reference) {
            raise(ErrorKind::TypeError,
                  fmt::format("expected a reference to {}, got {}", lang::type_name(type), type_name(v)),
                  "pass &x, or ~&x to have it written, of a variable x");
            return false;
        }
        const MachineFacts facts(*this);
        Value content = referred(v);
        if (content.is_marker() || validate(type, content, facts)) return true;
        raise(ErrorKind::TypeError, type_error(type, content, facts).message);
        return false;
    }
    if (code >= first_named_type) {
        const NamedType& wanted = program.named_types[code - first_named_type];
        for (const ClassInfo* c = &class_of(v); c != nullptr; c = c->base)
            if (c == wanted.builtin || (c->made_from == wanted.declared && wanted.declared != nullptr))
                return true;
        raise(ErrorKind::TypeError, fmt::format("expected {}, got {}", wanted.name, type_name(v)));
        return false;
    }
    const auto type = static_cast<Type>(code);
    const MachineFacts facts(*this);
    if (validate(type, v, facts)) return true;
    raise(ErrorKind::TypeError, type_error(type, v, facts).message);
    return false;
}

Value Interpreter::import_module(std::uint32_t index) {
    ModuleCode& module = program.modules[index];
    if (!module.started) {
        module.started = true;
        const Value done = call_value(Value::constant(module.body), nullptr, 0);
        if (done == Value::failed()) return done;
        drop(done);
    }
    return Value::constant(module.info);
}

bool Interpreter::builtin_instead(Value& place, NameId name) {
    if (place != Value::unbound() || frame->function->header.kind != ScopeKind::global) return false;
    const Definition* const builtin = manager->heap().find({name});
    if (builtin == nullptr || builtin->scope != 0) return false;
    place = manager->heap().slots()[builtin->slot];
    return true;
}

bool Interpreter::missing_global(std::uint32_t slot, Value& v) {
    if (v == Value::unbound()) {
        const Heap& named = manager->heap();
        const Definition* const builtin = named.find_for_reading({program.global_names[slot]});
        if (builtin != nullptr && builtin->scope == 0) {
            v = named.slots()[builtin->slot];
            return true;
        }
        raise_no_value(Value::absent(), program.global_names[slot]);
        return false;
    }
    raise_no_value(v, program.global_names[slot]);
    return false;
}

}  // namespace harness::lang
