// The table of the language's functions, and those that ask about objects: their type, attributes, length and
// hash.
#include "lang/builtins/functions.hpp"

#include <string>

#include "lang/builtins/hashing.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

constexpr Native table[] = {
#define FUNCTION(name, parameters, required) {#name, builtin_##name, parameters, required},
#include "lang/builtins/functions.def"
#undef FUNCTION
};

bool is_class(Value v) {
    return v.is_constant_object() && v.as_constant<ConstantObject>()->kind == ConstantKind::class_;
}

bool is_tuple(Machine& machine, Value v) {
    return (v.is_sequence() || v.is_counted()) && !machine.is_instance(v) &&
           machine.heap.class_id(v) == ClassId::tuple;
}

/// Whether `type` is `wanted` or one of the classes in it: 1, 0, or -1 after raising `complaint`.
int matches(Machine& machine, const ClassInfo& type, Value wanted, const char* complaint) {
    if (is_class(wanted)) {
        const ClassInfo& above = *wanted.as_constant<ClassInfo>();
        return type.derives_from(above) || (above.is_builtin && above.name == "object");
    }
    if (!is_tuple(machine, wanted)) {
        machine.raise(ErrorKind::TypeError, complaint);
        return -1;
    }
    const Machine::DepthGuard guard(machine, "in __instancecheck__");
    if (!guard) return -1;
    const Sequence& classes = machine.heap.sequence(wanted);
    for (std::uint32_t i = 0; i < classes.length(); ++i) {
        const int answer = matches(machine, type, classes.elements()[i], complaint);
        if (answer != 0) return answer;
    }
    return 0;
}

/// What __len__ gave, checked; drops it.
std::int64_t length_from(Machine& machine, Value length) {
    if (is_failed(length)) return -1;
    std::int64_t n;
    const bool counted = to_index(machine, length, n);
    machine.drop(length);
    if (!counted) return -1;
    if (n >= 0) return n;
    machine.raise(ErrorKind::ValueError, "__len__() should return >= 0");
    return -1;
}

/// The length of what is no instance; -1 where it has none.
std::int64_t builtin_length(Machine& machine, Value v) {
    if (v.is_string()) return static_cast<std::int64_t>(machine.heap.text(v).size());
    if (!v.is_heap()) return -1;
    switch (machine.heap.class_id(v)) {
        case ClassId::list:
        case ClassId::tuple:
            return machine.heap.sequence(v).length();
        case ClassId::dict:
            return machine.heap.payload<Dict>(v).live;
        case ClassId::range:
            return range_length(machine.heap.payload<Range>(v));
        default:
            return -1;
    }
}

bool is_dict_view(Machine& machine, Value v) {
    return v.is_counted() && machine.heap.class_id(v) == ClassId::iterator &&
           is_view(iterator_kind(machine.heap.payload<Iterator>(v)));
}

/// The interned name of an attribute; false after TypeError.
bool attribute_name(Machine& machine, Value v, NameId& name) {
    if (v.is_string()) {
        name = machine.names.intern(machine.heap.text(v));
        return true;
    }
    machine.raise(ErrorKind::TypeError,
                  "attribute name must be string, not '" + std::string(machine.type_name(v)) + "'");
    return false;
}

}  // namespace

std::span<const Native> general_functions() { return table; }

std::int64_t length_of(Machine& machine, Value v) {
    if (v.is_heap() && !v.is_string() && machine.is_instance(v)) {
        const Value length = machine.call_dunder(v, Dunder::len);
        if (!is_absent(length)) return length_from(machine, length);
    } else if (const std::int64_t length = builtin_length(machine, v); length >= 0) {
        return length;
    } else if (is_dict_view(machine, v)) {
        return view_length(machine, v);
    }
    machine.raise(ErrorKind::TypeError,
                  "object of type '" + std::string(machine.type_name(v)) + "' has no len()");
    return -1;
}

bool is_callable(Machine& machine, Value v) {
    if (v.is_constant_object()) return v.as_constant<ConstantObject>()->kind != ConstantKind::module;
    if (!v.is_heap() || v.is_string()) return false;
    if (machine.is_instance(v)) return !is_absent(machine.class_of(v).dunder(Dunder::call));
    const ClassId id = machine.heap.class_id(v);
    return id == ClassId::closure || id == ClassId::bound_method;
}

int is_instance_of(Machine& machine, Value v, Value type) {
    return matches(machine, machine.class_of(v), type,
                   "isinstance() arg 2 must be a type, a tuple of types, or a union");
}

Value builtin_len(Machine& machine, const Value* arguments, std::uint32_t) {
    const std::int64_t length = length_of(machine, arguments[0]);
    return length < 0 ? Value::failed() : integer_result(machine, length);
}

Value builtin_hash(Machine& machine, const Value* arguments, std::uint32_t) {
    return hash_builtin(machine, arguments[0]);
}

Value builtin_type(Machine& machine, const Value* arguments, std::uint32_t) {
    return Value::constant(&machine.class_of(arguments[0]));
}

Value builtin_callable(Machine& machine, const Value* arguments, std::uint32_t) {
    return Value::boolean(is_callable(machine, arguments[0]));
}

Value builtin_isinstance(Machine& machine, const Value* arguments, std::uint32_t) {
    const int answer = is_instance_of(machine, arguments[0], arguments[1]);
    return answer < 0 ? Value::failed() : Value::boolean(answer == 1);
}

Value builtin_issubclass(Machine& machine, const Value* arguments, std::uint32_t) {
    if (!is_class(arguments[0]))
        return machine.raise(ErrorKind::TypeError, "issubclass() arg 1 must be a class");
    const int answer = matches(machine, *arguments[0].as_constant<ClassInfo>(), arguments[1],
                               "issubclass() arg 2 must be a class, a tuple of classes, or a union");
    return answer < 0 ? Value::failed() : Value::boolean(answer == 1);
}

namespace {

/// The attribute, or absent() where there is none. As in Python, a __getattr__ or a property that raises
/// AttributeError says so, too.
Value attribute_if_any(Machine& machine, Value object, NameId name) {
    const Value found = machine.get_attribute(object, name, true);
    return is_failed(found) && forget_error(machine, ErrorKind::AttributeError) ? Value::absent() : found;
}

}  // namespace

Value builtin_getattr(Machine& machine, const Value* arguments, std::uint32_t) {
    NameId name;
    if (!attribute_name(machine, arguments[1], name)) return Value::failed();
    if (is_absent(arguments[2])) return machine.get_attribute(arguments[0], name, false);
    const Value found = attribute_if_any(machine, arguments[0], name);
    return is_absent(found) ? shared(machine, arguments[2]) : found;
}

Value builtin_hasattr(Machine& machine, const Value* arguments, std::uint32_t) {
    NameId name;
    if (!attribute_name(machine, arguments[1], name)) return Value::failed();
    const Value found = attribute_if_any(machine, arguments[0], name);
    if (is_failed(found)) return found;
    machine.drop(found);
    return Value::boolean(!is_absent(found));
}

Value builtin_setattr(Machine& machine, const Value* arguments, std::uint32_t) {
    NameId name;
    if (!attribute_name(machine, arguments[1], name)) return Value::failed();
    return machine.set_attribute(arguments[0], name, arguments[2]) ? Value::none() : Value::failed();
}

}  // namespace harness::lang
