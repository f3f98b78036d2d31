// container[key] for the text of a program, where a format names what it wants: str.format's {0[1]} and
// %(key)s.
#pragma once

#include "lang/vm/machine.hpp"

namespace harness::lang {

/// Unnamed, or failed() with the error that the expression would give.
Value subscript_of(Machine& machine, Value container, Value key);

}  // namespace harness::lang
