// The methods of str by name, spread over several files by meaning. The table that gives them to programs is
// in string_methods.cpp.
#pragma once

#include <cstdint>

#include "lang/vm/machine.hpp"

namespace harness::lang::string_method {

// Each is a NativeFunction; arguments[0] is the string.
#define HARNESS_STRING_METHODS(X)                                                                            \
    X(find)                                                                                                  \
    X(rfind)                                                                                                 \
    X(index) X(rindex) X(count) X(startswith) X(endswith) X(replace) X(removeprefix) X(removesuffix)         \
        X(split) X(rsplit) X(splitlines) X(partition) X(rpartition) X(join) X(upper) X(lower) X(casefold)    \
            X(title) X(capitalize) X(swapcase) X(isdigit) X(isalpha) X(isalnum) X(isspace) X(isupper)        \
                X(islower) X(istitle) X(isidentifier) X(isascii) X(isprintable) X(strip) X(lstrip) X(rstrip) \
                    X(ljust) X(rjust) X(center) X(zfill) X(expandtabs) X(format)
#define X(name) Value name(Machine& machine, const Value* arguments, std::uint32_t count);
HARNESS_STRING_METHODS(X)
#undef X
#undef HARNESS_STRING_METHODS

}  // namespace harness::lang::string_method
