// Attributes, elements, slices, classes and functions as objects: what the handlers' fast paths do not
// settle.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lang/builtins/allocator_handles.hpp"
#include "lang/builtins/buffers.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/functions.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/text.hpp"
#include "lang/builtins/value_facts.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

// --- Classes of values

const ClassInfo& Machine::class_of(Value v) const {
    if (v.is_string()) return *basic_classes_[static_cast<std::size_t>(BasicClass::str)];
    if (v.is_int()) return *basic_classes_[static_cast<std::size_t>(BasicClass::int_)];
    if (v.is_float()) return *basic_classes_[static_cast<std::size_t>(BasicClass::float_)];
    if (v.is_heap()) {
        if (!heap.live(v)) return *basic_classes_[static_cast<std::size_t>(BasicClass::none)];
        const ClassId id = heap.class_id(v);
        if (id == ClassId::iterator) return iterator_class(v);
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
            default:
                break;
        }
    }
    return {};
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
    if (member == members.end() || !member->second.is_field) return false;
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
                    (member->second.is_field && member->second.value == Value::absent()))
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
            discard(old);
            return true;
        }
        if (member != type.members.end() && method_kind(member->second.value) == MethodKind::property)
            return set_property(object, name, v, how == 0);
        auto& table = side_tables_[object.payload()];
        heap.header(object).flags |= flag_has_side_table;
        const auto [slot, fresh] = table.try_emplace(name, Value::absent());
        const Value old = slot->second;
        slot->second = place(object);
        if (!fresh) discard(old);
        return true;
    }
    if (object.is_constant_object()) {
        const ConstantKind kind = object.as_constant<ConstantObject>()->kind;
        if (kind == ConstantKind::class_ && !object.as_constant<ClassInfo>()->is_builtin) {
            object.as_constant<ClassInfo>()->attributes_change = true;
            return set_class_attribute(*object.as_constant<ClassInfo>(), name, how == 0 ? v : share(v));
        }
        if (kind == ConstantKind::module) {
            const ModuleInfo& module = *object.as_constant<ModuleInfo>();
            if (const auto global = module.globals.find(name); global != module.globals.end()) {
                const Value old = globals[global->second];
                globals[global->second] = to_global(how == 0 ? v : share(v));
                discard(old);
                return true;
            }
        }
    }
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

// --- Elements

Value Interpreter::get_index(Value object, Value index, bool& unnamed) {
    unnamed = true;
    if (!readable(object)) return Value::failed();
    if (object.is_string()) {
        if (index.is_bool()) index = Value::integer(index.is_true());
        if (!index.is_int())
            return raise(ErrorKind::TypeError,
                         fmt::format("string indices must be integers, not '{}'", type_name(index)));
        return string_index(*this, object, index.as_int());
    }
    if (object.is_heap()) {
        switch (heap.class_id(object)) {
            case ClassId::list:
            case ClassId::tuple: {
                if (index.is_int()) {
                    Sequence& s = heap.sequence(object);
                    std::int64_t i = index.as_int();
                    if (i < 0) i += s.length();
                    if (static_cast<std::uint64_t>(i) < s.length()) {
                        unnamed = false;
                        return s.elements()[i];
                    }
                }
                return sequence_get(*this, object, index);
            }
            case ClassId::dict: {
                Value found;
                if (!dict_lookup(*this, object, index, found)) return Value::failed();
                if (found == Value::absent()) return raise_key_error(index);
                unnamed = false;
                return found;
            }
            case ClassId::buffer:
                return buffer_get(*this, object, index);
            case ClassId::range:
                return range_get(object, index);
            default:
                break;
        }
        const Value r = call_dunder(object, Dunder::getitem, &index, 1);
        if (r != Value::absent()) return r;
    }
    return raise(ErrorKind::TypeError, fmt::format("'{}' object is not subscriptable", type_name(object)));
}

Value Interpreter::range_get(Value object, Value index) {
    const Range r = heap.payload<Range>(object);
    if (!index.is_int())
        return raise(ErrorKind::TypeError,
                     fmt::format("range indices must be integers or slices, not {}", type_name(index)));
    const std::int64_t n = range_length(r);
    std::int64_t i = index.as_int();
    if (i < 0) i += n;
    if (i < 0 || i >= n) return raise(ErrorKind::IndexError, "range object index out of range");
    return Value::integer(r.start + i * r.step);
}

bool Interpreter::set_index(Value object, Value index, Value v, unsigned how) {
    if (!readable(object)) return false;
    if (object.is_heap() && !object.is_string()) {
        switch (heap.class_id(object)) {
            case ClassId::list: {
                Sequence& s = heap.sequence(object);
                if (index.is_int()) {
                    std::int64_t i = index.as_int();
                    if (i < 0) i += s.length();
                    if (static_cast<std::uint64_t>(i) < s.length()) {
                        Value& slot = s.elements()[i];
                        const Value old = slot;
                        slot = how == 0      ? store_unnamed(object, v)
                               : how == 1    ? store(object, v)
                               : v.is_heap() ? lifetime.store_edge(*this, object, v)
                                             : v;
                        discard(old);
                        return true;
                    }
                }
                return list_set(*this, object, index, v);
            }
            case ClassId::dict:
                if (how == 0) return dict_set_unnamed_safely(object, index, v);
                if (how == 2 && v.is_heap()) {
                    // An edge goes in as an unnamed value whose place does not own it.
                    return dict_set_unnamed(*this, object, index, lifetime.store_edge(*this, object, v));
                }
                return dict_set(*this, object, index, v);
            case ClassId::buffer:
                return buffer_set(*this, object, index, v);
            default:
                break;
        }
        const Value arguments[2] = {index, v};
        const Value r = call_dunder(object, Dunder::setitem, arguments, 2);
        if (r != Value::absent()) {
            if (r == Value::failed()) return false;
            drop(r);
            if (how == 0) discard(v);
            return true;
        }
    }
    raise(ErrorKind::TypeError,
          fmt::format("'{}' object does not support item assignment", type_name(object)));
    return false;
}

/// The dict receives the value even where it fails; the register that held it must not end it again.
bool Interpreter::dict_set_unnamed_safely(Value dict, Value key, Value v) {
    if (dict_set_unnamed(*this, dict, key, v)) return true;
    forget_register(v);
    return false;
}

void Interpreter::forget_register(Value v) {
    for (std::uint16_t i = 0; i < frame->function->registers; ++i)
        if (frame->base[i] == v) {
            frame->base[i] = Value::none();
            return;
        }
}

bool Interpreter::delete_index(Value object, Value index) {
    if (!readable(object)) return false;
    if (object.is_heap() && !object.is_string()) {
        switch (heap.class_id(object)) {
            case ClassId::list:
                return list_delete(*this, object, index);
            case ClassId::dict: {
                Value taken = Value::absent();
                if (!dict_remove(*this, object, index, taken)) return false;
                if (taken == Value::absent()) {
                    raise_key_error(index);
                    return false;
                }
                discard(taken);
                return true;
            }
            default:
                break;
        }
        const Value r = call_dunder(object, Dunder::delitem, &index, 1);
        if (r != Value::absent()) {
            if (r == Value::failed()) return false;
            drop(r);
            return true;
        }
    }
    raise(ErrorKind::TypeError, fmt::format("'{}' object doesn't support item deletion", type_name(object)));
    return false;
}

Value Interpreter::get_slice(Value object, const Value* bounds) {
    if (!readable(object)) return Value::failed();
    if (object.is_string()) return string_slice(*this, object, bounds[0], bounds[1], bounds[2]);
    if (object.is_heap()) {
        const ClassId id = heap.class_id(object);
        if (id == ClassId::list || id == ClassId::tuple)
            return sequence_get_slice(*this, object, bounds[0], bounds[1], bounds[2]);
        if (id == ClassId::range) {
            SliceBounds s{};
            const Range r = heap.payload<Range>(object);
            if (!resolve_slice(*this, bounds[0], bounds[1], bounds[2], range_length(r), s))
                return Value::failed();
            const Value v = heap.new_object(ClassId::range, sizeof(Range), Tag::object);
            if (v != Value::failed())
                heap.payload<Range>(v) = {r.start + s.start * r.step, r.start + s.stop * r.step,
                                          r.step * s.step};
            return v;
        }
    }
    return raise(ErrorKind::TypeError, fmt::format("'{}' object is not subscriptable", type_name(object)));
}

bool Interpreter::set_slice(Value object, const Value* bounds, Value v) {
    if (!readable(object)) return false;
    if (object.is_sequence() && heap.class_id(object) == ClassId::list)
        return list_set_slice(*this, object, bounds[0], bounds[1], bounds[2], v);
    raise(ErrorKind::TypeError,
          fmt::format("'{}' object does not support item assignment", type_name(object)));
    return false;
}

bool Interpreter::delete_slice(Value object, const Value* bounds) {
    if (!readable(object)) return false;
    if (object.is_sequence() && heap.class_id(object) == ClassId::list)
        return list_delete_slice(*this, object, bounds[0], bounds[1], bounds[2]);
    raise(ErrorKind::TypeError, fmt::format("'{}' object does not support item deletion", type_name(object)));
    return false;
}

bool Interpreter::extend_list(Value list, Value items) {
    if (!readable(items)) return false;
    return list_extend(*this, list, items);
}

Value Interpreter::list_to_tuple(Value list) {
    // The elements move over; the list ends empty.
    Sequence& s = heap.sequence(list);
    const Value tuple = heap.new_tuple(s.elements(), s.length());
    if (tuple == Value::failed()) return tuple;
    heap.sequence(list).set_length(0);
    drop(list);
    return tuple;
}

bool Interpreter::dict_insert(Value dict, Value key, Value v, bool take) {
    return take ? dict_set_unnamed(*this, dict, key, v) : dict_set(*this, dict, key, v);
}
bool Interpreter::dict_merge(Value dict, Value other) {
    return readable(other) && dict_update(*this, dict, other);
}

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
    classes_.push_back(made.get());
    const Value v = Value::constant(made.get());
    owned_classes.push_back(std::move(made));
    return v;
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
    // `deinit(self)` is the other spelling of __del__.
    if (text == "deinit") {
        const Function* f = function_behind(v);
        const auto del = type.members.find(names.intern("__del__"));
        if (f != nullptr && f->parameters == 1 && (del == type.members.end() || del->second.inherited))
            type.dunders[static_cast<std::size_t>(Dunder::del)] = member.value;
    }
    discard(old);
    return true;
}

Value Interpreter::super_method(const ClassInfo& type, Value self, NameId name) {
    const ClassInfo* base = type.base;
    if (base != nullptr) {
        const auto member = base->members.find(name);
        if (member != base->members.end() && member->second.value != Value::absent())
            return member->second.value;
    }
    if (names.text(name) == "__init__") return builtins_[names.intern("object.__init__")];
    (void)self;
    return raise(ErrorKind::AttributeError,
                 fmt::format("'super' object has no attribute '{}'", names.text(name)));
}

// --- Unpacking, types, modules

bool Interpreter::unpack(Value* to, std::uint32_t count, Value from, bool take) {
    if (!readable(from)) return false;
    const auto wrong = [&](std::uint64_t have) {
        if (have > count)
            raise(ErrorKind::ValueError, fmt::format("too many values to unpack (expected {})", count));
        else
            raise(ErrorKind::ValueError,
                  fmt::format("not enough values to unpack (expected {}, got {})", count, have));
        return false;
    };
    const bool sequence = from.is_sequence() || (from.is_counted() && heap.class_id(from) == ClassId::tuple);
    if (sequence) {
        Sequence& s = heap.sequence(from);
        if (s.length() != count) return wrong(s.length());
        if (take && lifetime.explicit_release && from.is_sequence()) {
            // The items leave an unnamed container, which then ends alone. A tuple's length stays, for its
            // block is given back by it.
            std::copy(s.elements(), s.elements() + count, to);
            std::fill(s.elements(), s.elements() + count, Value::none());
            drop(from);
            return true;
        }
        std::vector<Value> items(s.elements(), s.elements() + count);
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!readable(items[i])) {
                while (i-- > 0) drop(to[i]);
                return false;
            }
            to[i] = share(lifetime.read_place(items[i]));
        }
        if (take) drop(from);
        return true;
    }
    Iteration each(*this, from);
    if (!each.ok()) {
        if (pending_is(ErrorKind::TypeError)) {
            drop(catch_pending());
            raise(ErrorKind::TypeError, fmt::format("cannot unpack non-iterable {} object", type_name(from)));
        }
        return false;
    }
    std::uint32_t got = 0;
    Value item = Value::none();
    while (each.next(item)) {
        if (got == count) {
            drop(item);
            for (std::uint32_t i = 0; i < got; ++i) drop(to[i]);
            return wrong(std::uint64_t{count} + 1);
        }
        to[got++] = item;
    }
    if (each.failed() || got < count) {
        for (std::uint32_t i = 0; i < got; ++i) drop(to[i]);
        return each.failed() ? false : wrong(got);
    }
    if (take) drop(from);
    return true;
}

bool Interpreter::unpack_rest(Value* to, std::uint32_t before, std::uint32_t after, Value from, bool take) {
    if (!readable(from)) return false;
    // The items of an unnamed container leave it, which then ends alone; those of another are listed first.
    const bool emptied = take && from.is_sequence();
    const Value all = emptied ? from : list_from(*this, from);
    if (all == Value::failed()) return false;
    const std::uint32_t n = heap.sequence(all).length();
    if (n < before + after) {
        if (!emptied) drop(all);
        raise(ErrorKind::ValueError,
              fmt::format("not enough values to unpack (expected at least {}, got {})", before + after, n));
        return false;
    }
    const std::uint32_t middle = n - before - after;
    const Value rest = heap.new_list(middle);
    if (rest == Value::failed()) {
        if (!emptied) drop(all);
        return false;
    }
    const auto leave = [&](std::uint32_t i) {
        return Machine::take(std::exchange(heap.sequence(all).elements()[i], Value::none()));
    };
    for (std::uint32_t i = 0; i < before; ++i) to[i] = leave(i);
    for (std::uint32_t i = before; i < before + middle; ++i) heap.append(rest, store_unnamed(rest, leave(i)));
    to[before] = rest;
    for (std::uint32_t i = before + middle; i < n; ++i) to[i - middle + 1] = leave(i);
    drop(all);
    return true;
}

bool Interpreter::check_type(Value& v, TypeCode code) {
    const bool optional = (code & type_optional) != 0;
    if (optional && v.is_none()) return true;
    code &= static_cast<TypeCode>(~type_optional);
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

std::int64_t Interpreter::length_of_sequence(Value v) const {
    if (!v.is_heap() || v.is_string() || !heap.live(v)) return -1;
    switch (heap.class_id(v)) {
        case ClassId::list:
        case ClassId::tuple:
            return heap.sequence(v).length();
        case ClassId::range:
            return range_length(heap.payload<Range>(v));
        default:
            return -1;
    }
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
    const auto found = builtins_.find(name);
    if (found == builtins_.end()) return false;
    place = found->second;
    return true;
}

bool Interpreter::missing_global(std::uint32_t slot, Value& v) {
    if (v == Value::unbound()) {
        const auto found = builtins_.find(program.global_names[slot]);
        if (found != builtins_.end()) {
            v = found->second;
            return true;
        }
        raise_no_value(Value::absent(), program.global_names[slot]);
        return false;
    }
    raise_no_value(v, program.global_names[slot]);
    return false;
}

// --- Loops

bool Interpreter::loop_begin(Value* loop) {
    loop[2] = Value::none();
    if (!readable(loop[0])) return false;
    const Value v = loop[0];
    loop[1] = {0};
    if (v.is_sequence() || v.is_string()) return true;
    if (v.is_heap()) {
        const ClassId id = heap.class_id(v);
        if (id == ClassId::tuple) return true;
        if (id == ClassId::dict) {
            loop[1] = {std::uint64_t{heap.payload<Dict>(v).live} << 32};
            return true;
        }
    }
    const Value iterator = make_iterator(*this, v);
    if (iterator == Value::failed()) {
        drop(v);
        loop[0] = Value::none();
        return false;
    }
    loop[0] = iterator;
    drop(v);
    return true;
}

int Interpreter::loop_next(Value* loop, Value* item) {
    const Value v = loop[0];
    if (!readable(v)) return -1;
    if (v.is_string()) {
        const std::string_view text = heap.text(v);
        if (loop[1].bits >= text.size()) return 0;
        *item = heap.single_byte(static_cast<unsigned char>(text[loop[1].bits++]));
        return 1;
    }
    const ClassId id = v.is_sequence() ? ClassId::list : heap.class_id(v);
    if (id == ClassId::list || id == ClassId::tuple) {
        const Sequence& s = heap.sequence(v);
        if (loop[1].bits >= s.length()) return 0;
        const Value element = s.elements()[loop[1].bits++];
        if (!readable(element)) return -1;
        *item = share(lifetime.read_place(element));
        return 1;
    }
    if (id == ClassId::dict) {
        const Dict& d = heap.payload<Dict>(v);
        auto position = static_cast<std::uint32_t>(loop[1].bits);
        const auto expected = static_cast<std::uint32_t>(loop[1].bits >> 32);
        if (d.live != expected) {
            raise(ErrorKind::RuntimeError, "dictionary changed size during iteration");
            return -1;
        }
        while (position < d.used && d.entries[position].key == Value::absent()) ++position;
        if (position >= d.used) return 0;
        loop[1] = {std::uint64_t{expected} << 32 | (position + 1)};
        *item = share(d.entries[position].key);
        return 1;
    }
    *item = iterator_next(*this, v);
    if (*item == Value::failed()) return -1;
    return *item == Value::absent() ? 0 : 1;
}

// --- f-strings

Value Interpreter::join_strings(const Value* pieces, std::uint32_t count) {
    std::size_t length = 0;
    for (std::uint32_t i = 0; i < count; ++i) length += heap.text(pieces[i]).size();
    char* out = nullptr;
    const Value v = heap.new_string(length, out);
    if (v == Value::failed()) return v;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string_view text = heap.text(pieces[i]);
        text.copy(out, text.size());
        out += text.size();
    }
    return v;
}

Value Interpreter::format(Value v, char conversion, Value spec) {
    if (!readable(v)) return Value::failed();
    if (spec == Value::absent() && conversion == 0 && v.is_string()) return share(v);
    std::string text;
    const std::string_view how = spec == Value::absent() ? std::string_view{} : heap.text(spec);
    if (!format_value(*this, v, conversion, how, text)) return Value::failed();
    return heap.new_string(text);
}

}  // namespace harness::lang
