// Elements and slices of whatever has them, where the handlers' fast paths do not settle it.
#include <fmt/format.h>

#include "lang/builtins/buffers.hpp"
#include "lang/builtins/dict.hpp"
#include "lang/builtins/functions.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/slices.hpp"
#include "lang/builtins/text.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

// --- Elements

Value Interpreter::get_index(Value object, Value index, bool& unnamed) {
    unnamed = true;
    if (!readable(object)) return Value::failed();
    if (is_slice(*this, index) && sliceable(object)) {
        const Slice bounds = heap.payload<Slice>(index);
        const Value three[3] = {bounds.start, bounds.stop, bounds.step};
        return get_slice(object, three);
    }
    if (object.is_string()) {
        if (index.is_bool()) index = Value::integer(index.is_true());
        if (!index.is_int())
            return raise(ErrorKind::TypeError,
                         fmt::format("string indices must be integers, not '{}'", type_name(index)));
        return string_index(*this, object, index.as_int());
    }
    if (object.is_heap()) {
        switch (heap.class_id(object)) {
            case ClassId::list:
            case ClassId::tuple: {
                if (index.is_int()) {
                    Sequence& s = heap.sequence(object);
                    std::int64_t i = index.as_int();
                    if (i < 0) i += s.length();
                    if (static_cast<std::uint64_t>(i) < s.length()) {
                        unnamed = false;
                        return s.elements()[i];
                    }
                }
                return sequence_get(*this, object, index);
            }
            case ClassId::dict: {
                Value found;
                if (!dict_lookup(*this, object, index, found)) return Value::failed();
                if (found == Value::absent()) return raise_key_error(index, object);
                unnamed = false;
                return found;
            }
            case ClassId::buffer:
                return buffer_get(*this, object, index);
            case ClassId::range:
                return range_get(object, index);
            default:
                break;
        }
        const Value r = call_dunder(object, Dunder::getitem, &index, 1);
        if (r != Value::absent()) return r;
    }
    return raise(ErrorKind::TypeError, fmt::format("'{}' object is not subscriptable", type_name(object)));
}

/// Whether slices of it are the VM's own affair.
bool Interpreter::sliceable(Value v) const {
    if (v.is_string()) return true;
    return v.is_heap() && heap.live(v) &&
           (heap.class_id(v) == ClassId::list || heap.class_id(v) == ClassId::tuple ||
            heap.class_id(v) == ClassId::range);
}

/// A special method of an instance with a slice as its first argument; absent() when its class has none.
Value Interpreter::ask_with_slice(Value object, Dunder dunder, const Value* bounds, Value more) {
    if (!is_instance(object) || class_of(object).dunder(dunder) == Value::absent()) return Value::absent();
    const Value slice = make_slice(*this, bounds);
    if (slice == Value::failed()) return slice;
    const Value arguments[2] = {slice, more};
    const Value result = call_dunder(object, dunder, arguments, more == Value::absent() ? 1 : 2);
    drop(slice);
    return result;
}

Value Interpreter::range_get(Value object, Value index) {
    const Range r = heap.payload<Range>(object);
    if (!index.is_int())
        return raise(ErrorKind::TypeError,
                     fmt::format("range indices must be integers or slices, not {}", type_name(index)));
    const std::int64_t n = range_length(r);
    std::int64_t i = index.as_int();
    if (i < 0) i += n;
    if (i < 0 || i >= n) return raise_index_error("range object index out of range", index.as_int(), n);
    return Value::integer(r.start + i * r.step);
}

bool Interpreter::set_index(Value object, Value index, Value v, unsigned how) {
    if (!readable(object)) return false;
    if (is_slice(*this, index) && object.is_sequence()) {
        const Slice bounds = heap.payload<Slice>(index);
        const Value three[3] = {bounds.start, bounds.stop, bounds.step};
        if (!set_slice(object, three, v)) return false;
        if (how == 0) drop(v);
        return true;
    }
    if (object.is_heap() && !object.is_string()) {
        switch (heap.class_id(object)) {
            case ClassId::list: {
                Sequence& s = heap.sequence(object);
                if (index.is_int()) {
                    std::int64_t i = index.as_int();
                    if (i < 0) i += s.length();
                    if (static_cast<std::uint64_t>(i) < s.length()) {
                        Value& slot = s.elements()[i];
                        const Value old = slot;
                        slot = how == 0      ? store_unnamed(object, v)
                               : how == 1    ? store(object, v)
                               : v.is_heap() ? lifetime.store_edge(*this, object, v)
                                             : v;
                        discard_overwritten(slot, old);
                        return true;
                    }
                }
                return list_set(*this, object, index, v);
            }
            case ClassId::dict:
                if (how == 0) return dict_set_unnamed_safely(object, index, v);
                if (how == 2 && v.is_heap()) return dict_set_edge(*this, object, index, v);
                return dict_set(*this, object, index, v);
            case ClassId::buffer:
                return buffer_set(*this, object, index, v);
            default:
                break;
        }
        const Value arguments[2] = {index, v};
        const Value r = call_dunder(object, Dunder::setitem, arguments, 2);
        if (r != Value::absent()) {
            if (r == Value::failed()) return false;
            drop(r);
            if (how == 0) discard(v);
            return true;
        }
    }
    raise(ErrorKind::TypeError,
          fmt::format("'{}' object does not support item assignment", type_name(object)));
    return false;
}

/// The dict receives the value even where it fails; the register that held it must not end it again.
bool Interpreter::dict_set_unnamed_safely(Value dict, Value key, Value v) {
    if (dict_set_unnamed(*this, dict, key, v)) return true;
    forget_register(v);
    return false;
}

void Interpreter::forget_register(Value v) {
    for (std::uint16_t i = 0; i < frame->function->registers; ++i)
        if (frame->base[i] == v) {
            frame->base[i] = Value::none();
            return;
        }
}

bool Interpreter::delete_index(Value object, Value index) {
    if (!readable(object)) return false;
    if (is_slice(*this, index) && object.is_sequence()) {
        const Slice bounds = heap.payload<Slice>(index);
        const Value three[3] = {bounds.start, bounds.stop, bounds.step};
        return delete_slice(object, three);
    }
    if (object.is_heap() && !object.is_string()) {
        switch (heap.class_id(object)) {
            case ClassId::list:
                return list_delete(*this, object, index);
            case ClassId::dict: {
                Value taken = Value::absent();
                if (!dict_remove(*this, object, index, taken)) return false;
                if (taken == Value::absent()) {
                    raise_key_error(index, object);
                    return false;
                }
                discard(taken);
                return true;
            }
            default:
                break;
        }
        const Value r = call_dunder(object, Dunder::delitem, &index, 1);
        if (r != Value::absent()) {
            if (r == Value::failed()) return false;
            drop(r);
            return true;
        }
    }
    raise(ErrorKind::TypeError, fmt::format("'{}' object doesn't support item deletion", type_name(object)));
    return false;
}

Value Interpreter::get_slice(Value object, const Value* bounds) {
    if (!readable(object)) return Value::failed();
    if (object.is_string()) return string_slice(*this, object, bounds[0], bounds[1], bounds[2]);
    if (object.is_heap()) {
        const ClassId id = heap.class_id(object);
        if (id == ClassId::list || id == ClassId::tuple)
            return sequence_get_slice(*this, object, bounds[0], bounds[1], bounds[2]);
        if (id == ClassId::range) {
            SliceBounds s{};
            const Range r = heap.payload<Range>(object);
            if (!resolve_slice(*this, bounds[0], bounds[1], bounds[2], range_length(r), s))
                return Value::failed();
            const Value v = heap.new_object(ClassId::range, sizeof(Range), Tag::object);
            if (v != Value::failed())
                heap.payload<Range>(v) = {r.start + s.start * r.step, r.start + s.stop * r.step,
                                          r.step * s.step};
            return v;
        }
        const Value r = ask_with_slice(object, Dunder::getitem, bounds);
        if (r != Value::absent()) return r;
    }
    return raise(ErrorKind::TypeError, fmt::format("'{}' object is not subscriptable", type_name(object)));
}

bool Interpreter::set_slice(Value object, const Value* bounds, Value v) {
    if (!readable(object)) return false;
    if (object.is_sequence() && heap.class_id(object) == ClassId::list)
        return list_set_slice(*this, object, bounds[0], bounds[1], bounds[2], v);
    const Value r = ask_with_slice(object, Dunder::setitem, bounds, v);
    if (r != Value::absent()) {
        if (r != Value::failed()) drop(r);
        return r != Value::failed();
    }
    raise(ErrorKind::TypeError,
          fmt::format("'{}' object does not support item assignment", type_name(object)));
    return false;
}

bool Interpreter::delete_slice(Value object, const Value* bounds) {
    if (!readable(object)) return false;
    if (object.is_sequence() && heap.class_id(object) == ClassId::list)
        return list_delete_slice(*this, object, bounds[0], bounds[1], bounds[2]);
    const Value r = ask_with_slice(object, Dunder::delitem, bounds);
    if (r != Value::absent()) {
        if (r != Value::failed()) drop(r);
        return r != Value::failed();
    }
    raise(ErrorKind::TypeError, fmt::format("'{}' object does not support item deletion", type_name(object)));
    return false;
}

std::int64_t Interpreter::length_of_sequence(Value v) const {
    if (!v.is_heap() || v.is_string() || !heap.live(v)) return -1;
    switch (heap.class_id(v)) {
        case ClassId::list:
        case ClassId::tuple:
            return heap.sequence(v).length();
        case ClassId::range:
            return range_length(heap.payload<Range>(v));
        default:
            return -1;
    }
}

bool Interpreter::extend_list(Value list, Value items) {
    if (!readable(items)) return false;
    if (!is_iterable(*this, items)) {
        raise(ErrorKind::TypeError,
              fmt::format("Value after * must be an iterable, not {}", type_name(items)));
        return false;
    }
    return list_extend(*this, list, items);
}

Value Interpreter::list_to_tuple(Value list) {
    // The elements move over; the list ends empty.
    Sequence& s = heap.sequence(list);
    const Value tuple = heap.new_tuple(s.elements(), s.length());
    if (tuple == Value::failed()) return tuple;
    heap.sequence(list).set_length(0);
    drop(list);
    return tuple;
}

bool Interpreter::dict_insert(Value dict, Value key, Value v, bool take) {
    return take ? dict_set_unnamed(*this, dict, key, v) : dict_set(*this, dict, key, v);
}
bool Interpreter::dict_merge(Value dict, Value other) {
    return readable(other) && dict_update(*this, dict, other);
}

}  // namespace harness::lang
