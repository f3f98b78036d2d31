// What a value is and what it has: classes of values, methods of builtin types, attributes of instances,
// classes and modules.
#include <fmt/format.h>

#include <unordered_set>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/builtins/buffers.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/functions.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/slices.hpp"
#include "lang/builtins/text.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

// --- Classes of values

static bool is_native(Value v) {
    return v.is_constant_object() && v.as_constant<ConstantObject>()->kind == ConstantKind::native;
}

const ClassInfo& Machine::class_of(Value v) const {
    if (v.is_string()) return *basic_classes_[static_cast<std::size_t>(BasicClass::str)];
    if (v.is_int()) return *basic_classes_[static_cast<std::size_t>(BasicClass::int_)];
    if (v.is_float()) return *basic_classes_[static_cast<std::size_t>(BasicClass::float_)];
    if (v.is_heap()) {
        if (!heap.live(v)) return *basic_classes_[static_cast<std::size_t>(BasicClass::none)];
        const ClassId id = heap.class_id(v);
        if (id == ClassId::iterator) return iterator_class(v);
        // xs.append is a builtin, too; only methods of the program are called so.
        if (id == ClassId::bound_method && is_native(heap.payload<BoundMethod>(v).method))
            return *basic_classes_[static_cast<std::size_t>(BasicClass::native)];
        return class_by_id(id);
    }
    if (v.is_bool()) return *basic_classes_[static_cast<std::size_t>(BasicClass::bool_)];
    if (v.is_constant_object()) {
        switch (v.as_constant<ConstantObject>()->kind) {
            case ConstantKind::function:
                return *basic_classes_[static_cast<std::size_t>(BasicClass::function)];
            case ConstantKind::native:
                return *basic_classes_[static_cast<std::size_t>(BasicClass::native)];
            case ConstantKind::class_:
                return *basic_classes_[static_cast<std::size_t>(BasicClass::type)];
            case ConstantKind::module:
                return *basic_classes_[static_cast<std::size_t>(BasicClass::module)];
            default:
                return *basic_classes_[static_cast<std::size_t>(BasicClass::allocator)];
        }
    }
    if (v == Value::not_implemented())
        return *basic_classes_[static_cast<std::size_t>(BasicClass::not_implemented)];
    return *basic_classes_[static_cast<std::size_t>(BasicClass::none)];
}

bool Machine::is_instance(Value v) const {
    if (!v.is_object() && !v.is_counted()) return false;
    if (!heap.live(v)) return false;
    return heap.header(v).class_id >= static_cast<std::uint16_t>(ClassId::first_user_class);
}

std::uint32_t Machine::closure_cells(Value closure) const {
    const Function& f = *heap.payload<Closure>(closure).function;
    std::uint32_t defaults = 0;
    if (f.closure_defaults)
        for (const ParameterInfo& p : f.parameter_info) defaults += p.has_default;
    return static_cast<std::uint32_t>(f.captures.size()) + defaults;
}

std::span<const Native> Interpreter::methods_of(Value v) const {
    if (v.is_string()) return string_methods();
    if (v.is_int() || v.is_bool()) return int_methods();
    if (v.is_float()) return float_methods();
    if (v.is_constant_object() && v.as_constant<ConstantObject>()->kind == ConstantKind::allocator)
        return allocator_methods();
    if (v.is_sequence() || v.is_counted() || v.is_object()) {
        if (!heap.live(v)) return {};
        switch (heap.class_id(v)) {
            case ClassId::list:
                return list_methods();
            case ClassId::tuple:
                return tuple_methods();
            case ClassId::dict:
                return dict_methods();
            case ClassId::buffer:
                return buffer_methods();
            case ClassId::slice:
                return slice_methods();
            default:
                break;
        }
    }
    return {};
}

bool is_builtin_method_name(std::string_view name) {
    static const std::unordered_set<std::string_view> known = [] {
        std::unordered_set<std::string_view> names;
        for (const auto& methods : {string_methods(), list_methods(), tuple_methods(), dict_methods(),
                                    buffer_methods(), allocator_methods()})
            for (const Native& n : methods) names.insert(n.name);
        return names;
    }();
    return known.contains(name);
}

/// str.lower and its like: the method of a builtin type by itself, which takes its receiver as an argument.
static const Native* method_of_type(const Interpreter& vm, const ClassInfo& type, std::string_view name) {
    std::span<const Native> methods;
    if (&type == &vm.class_of(vm.heap.single_byte('a')))
        methods = string_methods();
    else if (type.id == ClassId::list)
        methods = list_methods();
    else if (type.id == ClassId::tuple)
        methods = tuple_methods();
    else if (type.id == ClassId::dict)
        methods = dict_methods();
    else if (type.id == ClassId::slice)
        methods = slice_methods();
    else if (type.name == "int" || type.name == "bool")
        methods = int_methods();
    else if (type.name == "float")
        methods = float_methods();
    if (type.id == ClassId::dict && name == dict_fromkeys.name) return &dict_fromkeys;
    for (const Native& n : methods)
        if (n.name == name) return &n;
    return nullptr;
}

/// Found once for each name and kind of value, then remembered.
const Native* Interpreter::builtin_method(Value self, NameId name) const {
    const std::span<const Native> methods = methods_of(self);
    if (methods.empty()) return nullptr;
    const std::uint64_t key = reinterpret_cast<std::uintptr_t>(methods.data()) ^ std::uint64_t{name} << 48 ^
                              std::uint64_t{name} * 0x9E3779B97F4A7C15ULL;
    MethodCacheEntry& entry = method_cache_[key >> 52 & (method_cache_.size() - 1)];
    if (entry.methods == methods.data() && entry.name == name) return entry.native;
    const Native* found = nullptr;
    for (const Native& n : methods)
        if (n.name == names.text(name)) found = &n;
    entry = {methods.data(), name, found};
    return found;
}

/// The code of a function or closure; null for everything else.
const Function* Interpreter::function_behind(Value v) const {
    if (v.is_constant_object() && v.as_constant<ConstantObject>()->kind == ConstantKind::function)
        return v.as_constant<Function>();
    if (v.is_counted() && heap.live(v) && heap.class_id(v) == ClassId::closure)
        return heap.payload<Closure>(v).function;
    return nullptr;
}

MethodKind Interpreter::method_kind(Value attribute) const {
    const Function* f = function_behind(attribute);
    return f == nullptr ? MethodKind::plain : f->method_kind;
}

bool Interpreter::has_side_field(Value self, NameId name) const {
    if (side_tables_.empty() || (heap.header(self).flags & flag_has_side_table) == 0) return false;
    const auto table = side_tables_.find(self.payload());
    return table != side_tables_.end() && table->second.contains(name);
}

// --- Attributes

bool Interpreter::find_field_slot(Value object, NameId name, std::uint16_t& slot, bool for_writing) const {
    if (!is_instance(object)) return false;
    const auto& members = class_of(object).members;
    const auto member = members.find(name);
    if (member == members.end()) return false;
    if (!member->second.is_field) {
        // A reference in a struct stands where a slot could.
        const PackedField* field = member->second.packed;
        if (field == nullptr || field->kind != PackedKind::value || field->offset / 8 > 0xFFFF) return false;
        slot = static_cast<std::uint16_t>(field->offset / 8);
        return for_writing ? field->type == 0 : (&heap.payload<Value>(object))[slot] != Value::absent();
    }
    if (for_writing && member->second.field_type != 0) return false;
    slot = member->second.slot;
    if (for_writing) return true;
    return heap.payload<Value>(object).bits != 0 && (&heap.payload<Value>(object))[slot] != Value::absent();
}

Value Machine::get_attribute(Value object, NameId name, bool optional) {
    Interpreter& self = interpreter(*this);
    if (!self.readable(object)) return Value::failed();
    const auto missing = [&]() -> Value {
        if (optional) return Value::absent();
        auto& about = self.missing_attribute_;
        about = {.name = name, .methods = self.methods_of(object)};
        if (self.is_instance(object)) about.type = &self.class_of(object);
        if (object.is_constant_object() && object.as_constant<ConstantObject>()->kind == ConstantKind::class_)
            about.type = object.as_constant<ClassInfo>();
        if (object.is_constant_object() && object.as_constant<ConstantObject>()->kind == ConstantKind::module)
            about.module = object.as_constant<ModuleInfo>();
        if (object.is_constant_object() && object.as_constant<ConstantObject>()->kind == ConstantKind::class_)
            return raise(ErrorKind::AttributeError,
                         fmt::format("type object '{}' has no attribute '{}'",
                                     object.as_constant<ClassInfo>()->name, names.text(name)));
        if (object.is_constant_object() && object.as_constant<ConstantObject>()->kind == ConstantKind::module)
            return raise(ErrorKind::AttributeError,
                         fmt::format("module '{}' has no attribute '{}'",
                                     object.as_constant<ModuleInfo>()->name, names.text(name)));
        return raise(ErrorKind::AttributeError,
                     fmt::format("'{}' object has no attribute '{}'", type_name(object), names.text(name)));
    };
    if (is_instance(object)) return self.instance_attribute(object, name, missing);
    if (object.is_constant_object()) {
        switch (object.as_constant<ConstantObject>()->kind) {
            case ConstantKind::class_: {
                const ClassInfo& type = *object.as_constant<ClassInfo>();
                if (names.text(name) == "__name__") return heap.constant_string(type.name);
                if (type.is_builtin)
                    if (const Native* method = method_of_type(self, type, names.text(name)))
                        return Value::constant(method);
                const auto member = type.members.find(name);
                if (member == type.members.end() ||
                    ((member->second.is_field || member->second.packed != nullptr) &&
                     member->second.value == Value::absent()))
                    return missing();
                const Value v = share(member->second.value);
                if (self.method_kind(v) != MethodKind::class_) return v;
                const Value bound = heap.new_bound_method(object, v);
                if (bound == Value::failed()) drop(v);
                return bound;
            }
            case ConstantKind::module: {
                const ModuleInfo& module = *object.as_constant<ModuleInfo>();
                if (const auto found = module.natives.find(name); found != module.natives.end())
                    return found->second;
                const auto global = module.globals.find(name);
                if (global == module.globals.end() || self.globals[global->second] == Value::unbound())
                    return missing();
                return share(self.globals[global->second]);
            }
            case ConstantKind::function:
                if (names.text(name) == "__name__") {
                    const std::string_view full = object.as_constant<Function>()->name;
                    return heap.constant_string(full.substr(full.rfind('.') + 1));
                }
                return missing();
            case ConstantKind::native:
                if (names.text(name) == "__name__")
                    return heap.constant_string(object.as_constant<Native>()->name);
                return missing();
            case ConstantKind::allocator: {
                const Value v = allocator_attribute(*this, object, name);
                if (v != Value::absent()) return v;
                break;
            }
            default:
                return missing();
        }
    }
    if (object.is_object() && heap.class_id(object) == ClassId::buffer) {
        const Value v = buffer_attribute(*this, object, name);
        if (v != Value::absent()) return v;
    }
    if (object.is_counted() && heap.class_id(object) == ClassId::cell && names.text(name) == "value") {
        const Value content = self.referred(object);
        if (content == Value::unbound()) {
            self.raise_free_variable(name);
            return Value::failed();
        }
        return self.readable(content) ? share(lifetime.read_place(content)) : Value::failed();
    }
    if (is_slice(*this, object)) {
        const Value v = slice_attribute(*this, object, names.text(name));
        if (v != Value::absent()) return v;
    }
    if (object.is_number() || object.is_bool()) {
        const Value v = number_attribute(object, names.text(name));
        if (v != Value::absent()) return v;
    }
    if (const Native* method = self.builtin_method(object, name)) {
        const Value receiver = share(object);
        const Value bound = heap.new_bound_method(receiver, Value::constant(method));
        if (bound == Value::failed()) drop(receiver);
        return bound;
    }
    if (names.text(name) == "__name__" && object.is_counted() && heap.class_id(object) == ClassId::closure) {
        const std::string_view full = heap.payload<Closure>(object).function->name;
        return heap.constant_string(full.substr(full.rfind('.') + 1));
    }
    if (names.text(name) == "__class__") return Value::constant(&class_of(object));
    return missing();
}

/// The variable that a reference refers to.
Value& Interpreter::referred(Value reference) {
    Value& content = heap.payload<Cell>(reference).content;
    const bool is_global = (heap.header(reference).flags & flag_global_content) != 0;
    return is_global ? globals[content.as_int()] : content;
}

Value Interpreter::instance_attribute(Value object, NameId name, const std::function<Value()>& missing) {
    const ClassInfo& type = class_of(object);
    const auto member = type.members.find(name);
    if (member != type.members.end() && member->second.is_field) {
        const Value v = (&heap.payload<Value>(object))[member->second.slot];
        if (v != Value::absent()) {
            if (!readable(v)) return Value::failed();
            return share(lifetime.read_place(v));
        }
        if (member->second.value != Value::absent()) return share(member->second.value);
        return missing_with_fallback(object, name, missing);
    }
    if (member != type.members.end() && member->second.packed != nullptr) {
        const Value v = read_packed(object, *member->second.packed);
        return v != Value::absent() ? v : missing_with_fallback(object, name, missing);
    }
    if (has_side_field(object, name)) {
        const Value v = side_tables_[object.payload()][name];
        if (!readable(v)) return Value::failed();
        return share(lifetime.read_place(v));
    }
    if (member != type.members.end()) {
        const Value v = member->second.value;
        const bool method =
            (v.is_constant_object() && (v.as_constant<ConstantObject>()->kind == ConstantKind::function ||
                                        v.as_constant<ConstantObject>()->kind == ConstantKind::native)) ||
            (v.is_counted() && heap.class_id(v) == ClassId::closure);
        if (!method) return share(v);
        const MethodKind kind = method_kind(v);
        if (kind == MethodKind::static_) return share(v);
        if (kind == MethodKind::property) return call(v, &object, 1);
        const Value receiver = kind == MethodKind::class_                       ? Value::constant(&type)
                               : lifetime.counts_objects || object.is_counted() ? share(object)
                                                                                : object.lent();
        const Value bound = heap.new_bound_method(receiver, share(v));
        if (bound == Value::failed()) drop(receiver);
        return bound;
    }
    if (names.text(name) == "__class__") return Value::constant(&type);
    return missing_with_fallback(object, name, missing);
}

Value Interpreter::missing_with_fallback(Value object, NameId name, const std::function<Value()>& missing) {
    if (const Value common = object_method(name); common != Value::absent()) {
        const bool borrows = !lifetime.counts_objects && !object.is_counted();
        const Value receiver = borrows ? object.lent() : share(object);
        const Value bound = heap.new_bound_method(receiver, common);
        if (bound == Value::failed()) drop(receiver);
        return bound;
    }
    if (class_of(object).dunder(Dunder::getattr_) != Value::absent()) {
        const Value text = heap.constant_string(names.text(name));
        return call_dunder(object, Dunder::getattr_, &text, 1);
    }
    return missing();
}

bool Machine::set_attribute(Value object, NameId name, Value lent) {
    return interpreter(*this).set_field(object, name, lent, 1);
}

/// `how`: 0 the value is unnamed, 1 it stays where it is too, 2 an unowned edge.
bool Interpreter::set_field(Value object, NameId name, Value v, unsigned how) {
    if (!readable(object)) return false;
    const auto place = [&](Value holder) {
        return how == 0      ? store_unnamed(holder, v)
               : how == 1    ? store(holder, v)
               : v.is_heap() ? lifetime.store_edge(*this, holder, v)
                             : v;
    };
    if (is_instance(object)) {
        const ClassInfo& type = class_of(object);
        const auto member = type.members.find(name);
        if (member != type.members.end() && member->second.is_field) {
            Value checked = v;
            if (member->second.field_type != 0 && !check_type(checked, member->second.field_type))
                return false;
            v = checked;
            Value& slot = (&heap.payload<Value>(object))[member->second.slot];
            const Value old = slot;
            slot = place(object);
            discard_overwritten(slot, old);
            return true;
        }
        if (member != type.members.end() && method_kind(member->second.value) == MethodKind::property)
            return set_property(object, name, v, how == 0);
        if (type.packed != nullptr) {
            if (member != type.members.end() && member->second.packed != nullptr)
                return write_packed(object, *member->second.packed, v, how);
            missing_attribute_ = {.name = name, .type = &type, .methods = {}};
            raise(ErrorKind::AttributeError,
                  fmt::format("'{}' object has no attribute '{}'", type.name, names.text(name)));
            return false;
        }
        auto& table = side_table_of(object);
        const auto [slot, fresh] = table.try_emplace(name, Value::absent());
        const Value old = slot->second;
        slot->second = place(object);
        if (fresh && member != type.members.end() && !member->second.shadowed) {
            member->second.shadowed = true;
            forget_methods();
        }
        if (!fresh) discard_overwritten(slot->second, old);
        return true;
    }
    if (object.is_counted() && heap.class_id(object) == ClassId::cell && names.text(name) == "value") {
        Value& content = referred(object);
        const Value old = content;
        const bool is_global = (heap.header(object).flags & flag_global_content) != 0;
        content = is_global ? to_global(how == 0 ? v : share(v)) : place(object);
        discard_overwritten(content, old);
        return true;
    }
    if (object.is_constant_object()) {
        const ConstantKind kind = object.as_constant<ConstantObject>()->kind;
        if (kind == ConstantKind::class_ && !object.as_constant<ClassInfo>()->is_builtin) {
            return assign_class_attribute(*object.as_constant<ClassInfo>(), name, how == 0 ? v : share(v));
        }
        if (kind == ConstantKind::module) {
            const ModuleInfo& module = *object.as_constant<ModuleInfo>();
            if (module.natives.contains(names.intern(std::string(names.text(name)) + ".const"))) {
                raise(ErrorKind::TypeError,
                      fmt::format("'{}' of module '{}' is a const and is bound once", names.text(name),
                                  module.name),
                      "leave 'const' out at its declaration, or use another name here");
                return false;
            }
            if (const auto global = module.globals.find(name); global != module.globals.end()) {
                const Value old = globals[global->second];
                globals[global->second] = to_global(how == 0 ? v : share(v));
                discard_overwritten(globals[global->second], old);
                return true;
            }
        }
    }
    missing_attribute_ = {};
    raise(ErrorKind::AttributeError,
          fmt::format("'{}' object has no attribute '{}'", type_name(object), names.text(name)));
    return false;
}

/// Calls the setter of a property, which its class holds under the property's name and ".setter".
bool Interpreter::set_property(Value object, NameId name, Value v, bool unnamed) {
    const ClassInfo& type = class_of(object);
    const auto setter = type.members.find(names.intern(std::string(names.text(name)) + ".setter"));
    Value done = Value::failed();
    if (setter == type.members.end()) {
        raise(ErrorKind::AttributeError,
              fmt::format("property '{}' of '{}' object has no setter", names.text(name), type.name));
    } else {
        const Value arguments[] = {object, v.lent()};
        done = call(setter->second.value, arguments, 2);
    }
    if (done == Value::failed()) return false;
    drop(done);
    if (unnamed) drop(v);
    return true;
}

bool Interpreter::delete_field(Value object, NameId name) {
    if (!readable(object)) return false;
    if (packed_field(object, name) != nullptr) {
        raise(ErrorKind::TypeError, fmt::format("'{}' is a field of the struct '{}', which always has it",
                                                names.text(name), type_name(object)));
        return false;
    }
    if (is_instance(object)) {
        const auto member = class_of(object).members.find(name);
        if (member != class_of(object).members.end() && member->second.is_field) {
            Value& slot = (&heap.payload<Value>(object))[member->second.slot];
            if (slot != Value::absent()) {
                const Value old = slot;
                slot = Value::absent();
                discard(old);
                return true;
            }
        } else if (has_side_field(object, name)) {
            const Value old = side_tables_[object.payload()][name];
            side_tables_[object.payload()].erase(name);
            discard(old);
            return true;
        }
    }
    missing_attribute_ = {};
    raise(ErrorKind::AttributeError,
          fmt::format("'{}' object has no attribute '{}'", type_name(object), names.text(name)));
    return false;
}

Value Interpreter::get_field(Value object, NameId name) {
    const Value v = get_attribute(object, name);
    if (v != Value::failed()) park(v);
    return v;
}

/// A ring: what is parked ends when 64 others have been parked after it, long after its statement.
void Interpreter::park(Value v) {
    if (!lifetime.counts || !v.is_heap()) return;
    Value& slot = parked_[parked_next_++ % parked_.size()];
    const Value old = slot;
    slot = v;
    drop(old);
}

}  // namespace harness::lang
