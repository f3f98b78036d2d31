// Equality, order and membership of any two values, as Python has them. The VM's handlers settle numbers
// themselves and come here for the rest; containers compare their elements through the same functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "lang/vm/machine.hpp"

namespace harness::lang {

enum class CompareKind : std::uint8_t { less, less_equal, greater, greater_equal };

enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

/// The operator as a program writes it.
std::string_view compare_text(CompareKind kind);

// All of these borrow their arguments and return 1 or 0, or -1 after raising. They may run program code
// (__eq__ and the like), which may change any container; nesting is bounded by the machine: RecursionError
// beyond.

/// a op b where one of them is an instance of a class of the program: what its method gives, of any type,
/// unnamed; failed() after raising.
Value rich_comparison(Machine& machine, Value a, Value b, Comparison op);

/// a == b. Numbers by value, strings by bytes, containers by content, instances by __eq__ of either side, all
/// else by identity.
int values_equal(Machine& machine, Value a, Value b);

/// a != b, by __ne__ where a class has one.
int values_differ(Machine& machine, Value a, Value b);

/// How containers compare their elements: the same object is equal to itself, whatever its __eq__ says.
int elements_equal(Machine& machine, Value a, Value b);

/// a < b and its kin; TypeError where the types have no order.
int values_order(Machine& machine, Value a, Value b, CompareKind kind);

/// item in container.
int values_contain(Machine& machine, Value container, Value item);

/// What the program did to a pending comparison's result: its truth; drops it.
int truth_of_unnamed(Machine& machine, Value unnamed);

}  // namespace harness::lang
