// Hashes of values and the equality of keys. Numbers come first: 1, 1.0 and True are one key.
#include "lang/builtins/hashing.hpp"

#include <string>

#include "lang/builtins/numbers.hpp"
#include "lang/builtins/text.hpp"

namespace harness::lang {

namespace {

bool is_tuple(const ObjectHeap& heap, Value v) {
    return (v.is_counted() || v.is_sequence()) && heap.class_id(v) == ClassId::tuple;
}

std::uint64_t hash_float(double d) {
    if (d >= static_cast<double>(integer_min) && d <= static_cast<double>(integer_max)) {
        const auto whole = static_cast<std::int64_t>(d);
        if (static_cast<double>(whole) == d) return hash_integer(whole);
    }
    return mix_hash(~std::bit_cast<std::uint64_t>(d));
}

bool hash_tuple(Machine& machine, Value tuple, std::uint64_t& out) {
    const Machine::DepthGuard guard(machine, "while hashing an object");
    if (!guard) return false;
    const Sequence& s = machine.heap.sequence(tuple);
    std::uint64_t mixed = s.length();
    for (std::uint32_t i = 0; i < s.length(); ++i) {
        std::uint64_t element;
        if (!may_read(machine, s.elements()[i]) || !hash_value(machine, s.elements()[i], element))
            return false;
        mixed = mix_hash(mixed * 31 + element);
    }
    out = mixed;
    return true;
}

bool tuples_equal(const ObjectHeap& heap, Value a, Value b) {
    const Sequence& x = heap.sequence(a);
    const Sequence& y = heap.sequence(b);
    if (x.length() != y.length()) return false;
    for (std::uint32_t i = 0; i < x.length(); ++i)
        if (!keys_equal(heap, x.elements()[i], y.elements()[i])) return false;
    return true;
}

}  // namespace

bool hash_value(Machine& machine, Value key, std::uint64_t& out) {
    if (key.is_int()) {
        out = hash_integer(key.as_int());
        return true;
    }
    if (key.is_string()) {
        out = hash_bytes(machine.heap.text(key));
        return true;
    }
    if (key.is_float()) {
        out = hash_float(key.as_float());
        return true;
    }
    if (key.is_bool()) {
        out = hash_integer(key.is_true());
        return true;
    }
    if (!key.is_heap()) {
        out = mix_hash(key.bits);
        return true;
    }
    if (is_tuple(machine.heap, key)) return hash_tuple(machine, key, out);
    machine.raise(ErrorKind::TypeError, "unhashable type: '" + std::string(machine.type_name(key)) + "'");
    return false;
}

Value hash_builtin(Machine& machine, Value v) {
    if (is_integral(v)) return Value::integer(integral(v) == -1 ? -2 : integral(v));
    if (v.is_float()) {
        const double d = v.as_float();
        if (std::fabs(d) < 0x1p47 && std::trunc(d) == d)
            return hash_builtin(machine, Value::integer(static_cast<std::int64_t>(d)));
    }
    if (v.is_constant_object())
        return machine.raise(ErrorKind::TypeError,
                             "unhashable type: '" + std::string(machine.type_name(v)) + "'");
    if (v.is_heap() && machine.is_instance(v) && !machine.class_of(v).dunder(Dunder::hash).is_none()) {
        const Value result = machine.call_dunder(v, Dunder::hash);
        if (!is_absent(result)) {
            if (is_failed(result) || is_integral(result)) return result;
            machine.drop(result);
            return machine.raise(ErrorKind::TypeError, "__hash__ method should return an integer");
        }
    }
    std::uint64_t hash;
    if (!hash_value(machine, v, hash)) return Value::failed();
    return Value::integer(static_cast<std::int64_t>(hash >> 17));
}

bool keys_equal(const ObjectHeap& heap, Value a, Value b) {
    if (a == b) return true;
    if (!heap.live(a) || !heap.live(b))
        return false;  // A key from an arena that was reset is found by nobody.
    if (a.is_string()) return b.is_string() && heap.text(a) == heap.text(b);
    if (is_numeric(a)) return is_numeric(b) && numeric(a) == numeric(b);
    if (is_tuple(heap, a)) return is_tuple(heap, b) && tuples_equal(heap, a, b);
    return false;
}

}  // namespace harness::lang
