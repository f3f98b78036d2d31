// The functions of the language that belong to no type, listed in functions.def, and what the VM's own
// handlers share with them.
#pragma once

#include <cstdint>
#include <span>

#include "lang/vm/machine.hpp"

namespace harness::lang {

/// All of functions.def. `arguments` holds the parameters in the order of the list, keyword-only ones
/// included, with those of "name..." in its place; `count` says how many there are in all. "**name" is a dict
/// of the keyword arguments that match no parameter, or absent() where there are none.
std::span<const Native> general_functions();

/// The functions of module math; its constants are math_constants().
std::span<const Native> math_functions();
struct NamedNumber {
    std::string_view name;
    double value;
};
std::span<const NamedNumber> math_constants();

/// len(v): -1 after raising.
std::int64_t length_of(Machine& machine, Value v);
/// callable(v)
bool is_callable(Machine& machine, Value v);
/// isinstance(v, type) where `type` is a class or a tuple of such: 1, 0, or -1 after TypeError.
int is_instance_of(Machine& machine, Value v, Value type);

// --- Hooks that the VM defines. All give an unnamed value, or failed() after raising.
/// a + b and a ** b, by the VM's own arithmetic.
Value add_values(Machine& machine, Value a, Value b);
Value power_values(Machine& machine, Value a, Value b);
/// Ends the program with this code: gives failed(), with an error pending that no `except` catches.
Value request_exit(Machine& machine, int code);

// --- One function of the VM's kind for each line of functions.def: builtin_len and so on.
#define FUNCTION(name, parameters, required) \
    Value builtin_##name(Machine& machine, const Value* arguments, std::uint32_t count);
#include "lang/builtins/functions.def"
#undef FUNCTION

}  // namespace harness::lang
