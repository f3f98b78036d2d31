// The methods of str by name, spread over several files by meaning. The table that gives them to programs is
// in string_methods.cpp.
#pragma once

#include <cstdint>

#include "lang/vm/machine.hpp"

namespace harness::lang::string_method {

/// A NativeFunction; arguments[0] is the string.
using Method = Value(Machine& machine, const Value* arguments, std::uint32_t count);

// string_search.cpp
Method find, rfind, index, rindex, count, startswith, endswith, replace, removeprefix, removesuffix;
// string_split.cpp
Method split, rsplit, splitlines, partition, rpartition, join;
// string_shape.cpp
Method upper, lower, casefold, title, capitalize, swapcase;
Method isdigit, isalpha, isalnum, isspace, isupper, islower, istitle, isidentifier, isascii, isprintable;
Method strip, lstrip, rstrip, ljust, rjust, center, zfill, expandtabs;
// string_format.cpp
Method format;

}  // namespace harness::lang::string_method
