// Slice objects. Lists, tuples, strings and ranges never see one: the VM takes their bounds from registers,
// or out of the slice.
#include "lang/builtins/slices.hpp"

#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/builtins/scratch.hpp"

namespace harness::lang {

namespace {

Value native_slice(Machine& machine, const Value* arguments, std::uint32_t) {
    Value bounds[3] = {arguments[0], arguments[1], arguments[2]};
    if (is_absent(bounds[1])) {
        bounds[1] = bounds[0];
        bounds[0] = Value::none();
    }
    if (is_absent(bounds[2])) bounds[2] = Value::none();
    return make_slice(machine, bounds);
}

/// slice.indices(length): start, stop and step for a sequence of that length.
Value slice_indices(Machine& machine, const Value* arguments, std::uint32_t) {
    const Slice parts = machine.heap.payload<Slice>(arguments[0]);
    std::int64_t length;
    if (!to_index(machine, arguments[1], length)) return Value::failed();
    if (length < 0) return machine.raise(ErrorKind::ValueError, "length should not be negative");
    SliceBounds bounds{};
    if (!resolve_slice(machine, parts.start, parts.stop, parts.step, length, bounds)) return Value::failed();
    const Value three[3] = {Value::integer(bounds.start), Value::integer(bounds.stop),
                            Value::integer(bounds.step)};
    return machine.heap.new_tuple(three, 3);
}

constexpr Native methods[] = {{"indices", slice_indices, "length", 1, true}};

}  // namespace

Value make_slice(Machine& machine, const Value* bounds) {
    UnnamedValue made(machine, machine.heap.new_slice(Value::none(), Value::none(), Value::none()));
    if (made.failed()) return Value::failed();
    Value stored[3];
    for (int i = 0; i < 3; ++i) {
        stored[i] = machine.store(made.get(), bounds[i]);
        if (is_failed(stored[i])) return Value::failed();
        Slice& slice = machine.heap.payload<Slice>(made.get());
        (i == 0 ? slice.start : i == 1 ? slice.stop : slice.step) = stored[i];
    }
    return made.take();
}

Value slice_attribute(Machine& machine, Value slice, std::string_view name) {
    const Slice parts = machine.heap.payload<Slice>(slice);
    if (name == "start") return shared(machine, parts.start);
    if (name == "stop") return shared(machine, parts.stop);
    if (name == "step") return shared(machine, parts.step);
    return Value::absent();
}

bool is_slice(Machine& machine, Value v) {
    return v.is_counted() && machine.heap.live(v) && machine.heap.class_id(v) == ClassId::slice;
}

std::span<const Native> slice_methods() { return methods; }

constexpr Native construct_slice{"slice", native_slice, "start stop step", 1};

}  // namespace harness::lang
