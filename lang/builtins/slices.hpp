// slice objects: what x[a:b] hands to a __getitem__ of the program, and what slice(a, b, c) makes.
#pragma once

#include <span>

#include "lang/vm/machine.hpp"

namespace harness::lang {

extern const Native construct_slice;
std::span<const Native> slice_methods();

/// A slice of these bounds, unnamed; the bounds are lent.
Value make_slice(Machine& machine, const Value* bounds);
/// start, stop or step; absent() for any other name.
Value slice_attribute(Machine& machine, Value slice, std::string_view name);
/// Whether the value is a slice.
bool is_slice(Machine& machine, Value v);

}  // namespace harness::lang
