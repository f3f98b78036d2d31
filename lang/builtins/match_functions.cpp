// What match statements call: the values that patterns of mappings and classes look at.
#include "lang/builtins/match_functions.hpp"

#include <string>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/scratch.hpp"
#include "lang/memory/packed.hpp"

namespace harness::lang {

namespace {

/// get(dict, key, nothing)
Value native_get(Machine& machine, const Value* arguments, std::uint32_t) {
    Value found;
    if (!dict_lookup(machine, arguments[0], arguments[1], found)) return Value::failed();
    return is_absent(found) ? arguments[2] : shared(machine, found);
}

/// without(dict, keys...): a copy that lacks these.
Value native_without(Machine& machine, const Value* arguments, std::uint32_t count) {
    UnnamedValue rest(machine, dict_copy(machine, arguments[0]));
    for (std::uint32_t i = 1; i < count && !rest.failed(); ++i) {
        Value taken;
        if (!dict_remove(machine, rest.get(), arguments[i], taken)) return Value::failed();
        if (!is_absent(taken)) machine.drop(taken);
    }
    return rest.failed() ? Value::failed() : rest.take();
}

Value raise_count(Machine& machine, const ClassInfo& type, std::int64_t accepted, std::int64_t given) {
    return machine.raise(ErrorKind::TypeError, std::string(type.name) + "() accepts " +
                                                   std::to_string(accepted) + " positional sub-pattern" +
                                                   (accepted == 1 ? "" : "s") + " (" + std::to_string(given) +
                                                   " given)");
}

/// positional(subject, class, index, given, nothing): what the index-th of so many positional patterns of a
/// class looks at, by the __match_args__ of the class.
Value native_positional(Machine& machine, const Value* arguments, std::uint32_t) {
    const auto& type = *arguments[1].as_constant<ClassInfo>();
    const std::int64_t index = arguments[2].as_int(), given = arguments[3].as_int();
    if (type.is_builtin && !type.is_exception) {
        if (given > 1) return raise_count(machine, type, 1, given);
        return shared(machine, arguments[0]);
    }
    if (type.packed != nullptr) {
        const std::vector<PackedField>& fields = type.packed->fields;
        if (given > static_cast<std::int64_t>(fields.size()))
            return raise_count(machine, type, static_cast<std::int64_t>(fields.size()), given);
        const Value found =
            machine.get_attribute(arguments[0], fields[static_cast<std::size_t>(index)].name, true);
        return is_absent(found) ? arguments[4] : found;
    }
    const auto member = type.members.find(machine.names.intern("__match_args__"));
    if (member == type.members.end() || is_absent(member->second.value))
        return raise_count(machine, type, 0, given);
    const Value fields = member->second.value;
    const bool tuple =
        fields.is_heap() && !fields.is_string() && machine.heap.class_id(fields) == ClassId::tuple;
    if (!tuple)
        return machine.raise(ErrorKind::TypeError, std::string(type.name) +
                                                       ".__match_args__ must be a tuple (got " +
                                                       std::string(machine.type_name(fields)) + ")");
    const Sequence& names = machine.heap.sequence(fields);
    if (given > names.length()) return raise_count(machine, type, names.length(), given);
    const Value name = names.elements()[index];
    if (!name.is_string())
        return machine.raise(ErrorKind::TypeError, "__match_args__ elements must be strings (got " +
                                                       std::string(machine.type_name(name)) + ")");
    const Value found =
        machine.get_attribute(arguments[0], machine.names.intern(machine.heap.text(name)), true);
    return is_absent(found) ? arguments[4] : found;
}

constexpr Native table[] = {
    {"dict.get", native_get, "dict key nothing", 3},
    {"dict.without", native_without, "dict keys...", 1},
    {"match.positional", native_positional, "subject class index given nothing", 5},
};

}  // namespace

std::span<const Native> match_functions() { return table; }

}  // namespace harness::lang
