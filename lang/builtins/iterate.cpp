// The C++ loop over anything, and the making of iterator objects. The loop walks the builtin containers
// itself, so that sum(xs) or list(xs) makes no object but its result.
#include "lang/builtins/iterate.hpp"

#include <string>

#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

/// What make_iterator knows of, beside the program's own classes.
enum class Source : std::uint8_t {
    none,
    sequence,
    string,
    dict,
    range,
    view,
    iterator,
    iter_method,
    protocol
};

Source source_of(Machine& machine, Value v) {
    if (v.is_string()) return Source::string;
    if (!v.is_heap()) return Source::none;
    if (machine.is_instance(v)) {
        const ClassInfo& type = machine.class_of(v);
        if (!is_absent(type.dunder(Dunder::iter))) return Source::iter_method;
        return is_absent(type.dunder(Dunder::getitem)) ? Source::none : Source::protocol;
    }
    switch (machine.heap.class_id(v)) {
        case ClassId::list:
        case ClassId::tuple:
            return Source::sequence;
        case ClassId::dict:
            return Source::dict;
        case ClassId::range:
            return Source::range;
        case ClassId::iterator:
            return is_view(iterator_kind(machine.heap.payload<Iterator>(v))) ? Source::view
                                                                             : Source::iterator;
        default:
            return Source::none;
    }
}

/// An iterator over one stored source.
Value walking(Machine& machine, IteratorKind kind, Value source, std::int64_t position) {
    const Value made = new_iterator(machine, kind, 1);
    if (is_failed(made)) return made;
    const Value stored = machine.store(made, source.lent());
    if (is_failed(stored)) {
        machine.drop(made);
        return stored;
    }
    Iterator& it = machine.heap.payload<Iterator>(made);
    it.source = stored;
    it.position = position;
    return made;
}

Value walking_dict(Machine& machine, IteratorKind kind, Value dict) {
    const Value made = walking(machine, kind, dict, 0);
    if (is_failed(made)) return made;
    const Dict& d = machine.heap.payload<Dict>(dict);
    Iterator& it = machine.heap.payload<Iterator>(made);
    if (kind >= IteratorKind::reversed_keys) it.position = std::int64_t{d.used} - 1;
    it.limit = d.live;
    it.version = d.live;
    return made;
}

Value walking_range(Machine& machine, std::int64_t start, std::int64_t step, std::int64_t count) {
    const Value made = new_iterator(machine, IteratorKind::range, 1);
    if (is_failed(made)) return made;
    Iterator& it = machine.heap.payload<Iterator>(made);
    it.position = start;
    it.limit = count;
    it.source = Value::integer(step);
    return made;
}

/// The kinds of a dict's views, its iterators and its reversed iterators come in the same order: keys,
/// values, items.
IteratorKind beside(IteratorKind view, IteratorKind first) {
    return static_cast<IteratorKind>(static_cast<int>(first) + static_cast<int>(view) -
                                     static_cast<int>(IteratorKind::keys_view));
}

Value walking_view(Machine& machine, Value view, IteratorKind first) {
    const Iterator& it = machine.heap.payload<Iterator>(view);
    if (!may_read(machine, it.source)) return Value::failed();
    return walking_dict(machine, beside(iterator_kind(it), first), it.source);
}

Value call_iter(Machine& machine, Value instance) {
    const Value made = machine.call_dunder(instance, Dunder::iter);
    if (is_failed(made) || is_iterator(machine, made)) return made;
    const std::string type(machine.type_name(made));
    machine.drop(made);
    return machine.raise(ErrorKind::TypeError, "iter() returned non-iterator of type '" + type + "'");
}

Value reversed_range(Machine& machine, const Range range) {
    const std::int64_t n = range_length(range);
    return walking_range(machine, range.start + (n - 1) * range.step, -range.step, n);
}

Value reversed_instance(Machine& machine, Value instance) {
    const Value length = machine.call_dunder(instance, Dunder::len);
    if (is_failed(length)) return length;
    std::int64_t n;
    const bool counted = to_index(machine, length, n);
    machine.drop(length);
    return counted ? walking(machine, IteratorKind::reversed_protocol, instance, n - 1) : Value::failed();
}

}  // namespace

Value new_iterator(Machine& machine, IteratorKind kind, std::uint16_t values) {
    const Value made = machine.heap.new_object(ClassId::iterator, iterator_bytes(values), Tag::counted);
    if (is_failed(made)) return made;
    Iterator& it = machine.heap.payload<Iterator>(made);
    it.kind = static_cast<std::uint8_t>(kind);
    it.count = values;
    for (std::uint16_t i = 0; i < values; ++i) (&it.source)[i] = Value::none();
    return made;
}

bool is_iterable(Machine& machine, Value v) { return source_of(machine, v) != Source::none; }

bool is_iterator(Machine& machine, Value v) {
    if (!v.is_heap() || v.is_string()) return false;
    if (machine.is_instance(v)) return !is_absent(machine.class_of(v).dunder(Dunder::next));
    return machine.heap.class_id(v) == ClassId::iterator &&
           !is_view(iterator_kind(machine.heap.payload<Iterator>(v)));
}

Value make_iterator(Machine& machine, Value iterable) {
    switch (source_of(machine, iterable)) {
        case Source::sequence:
            return walking(machine, IteratorKind::sequence, iterable, 0);
        case Source::string:
            return walking(machine, IteratorKind::string, iterable, 0);
        case Source::dict:
            return walking_dict(machine, IteratorKind::dict_keys, iterable);
        case Source::range: {
            const Range range = machine.heap.payload<Range>(iterable);
            return walking_range(machine, range.start, range.step, range_length(range));
        }
        case Source::view:
            return walking_view(machine, iterable, IteratorKind::dict_keys);
        case Source::iterator:
            return shared(machine, iterable);
        case Source::iter_method:
            return call_iter(machine, iterable);
        case Source::protocol:
            return walking(machine, IteratorKind::protocol, iterable, 0);
        case Source::none:
            break;
    }
    return machine.raise(ErrorKind::TypeError,
                         "'" + std::string(machine.type_name(iterable)) + "' object is not iterable");
}

Value make_reversed(Machine& machine, Value sequence) {
    switch (source_of(machine, sequence)) {
        case Source::sequence:
            return walking(machine, IteratorKind::reversed_sequence, sequence,
                           std::int64_t{machine.heap.sequence(sequence).length()} - 1);
        case Source::string:
            return walking(machine, IteratorKind::reversed_string, sequence,
                           static_cast<std::int64_t>(machine.heap.text(sequence).size()) - 1);
        case Source::dict:
            return walking_dict(machine, IteratorKind::reversed_keys, sequence);
        case Source::range:
            return reversed_range(machine, machine.heap.payload<Range>(sequence));
        case Source::view:
            return walking_view(machine, sequence, IteratorKind::reversed_keys);
        case Source::iter_method:
        case Source::protocol: {
            const ClassInfo& type = machine.class_of(sequence);
            if (!is_absent(type.dunder(Dunder::len)) && !is_absent(type.dunder(Dunder::getitem)))
                return reversed_instance(machine, sequence);
            break;
        }
        case Source::iterator:
        case Source::none:
            break;
    }
    return machine.raise(ErrorKind::TypeError,
                         "'" + std::string(machine.type_name(sequence)) + "' object is not reversible");
}

Iteration::Iteration(Machine& machine, Value iterable)
    : machine_(machine), source_(iterable), mode_(Mode::iterator) {
    switch (source_of(machine, iterable)) {
        case Source::sequence:
            mode_ = Mode::sequence;
            return;
        case Source::string:
            mode_ = Mode::string;
            return;
        case Source::dict:
            mode_ = Mode::dict;
            limit_ = step_ = machine.heap.payload<Dict>(iterable).live;
            return;
        case Source::range: {
            const Range& range = machine.heap.payload<Range>(iterable);
            mode_ = Mode::range;
            position_ = range.start;
            step_ = range.step;
            limit_ = range_length(range);
            return;
        }
        default:
            break;
    }
    const Value made = make_iterator(machine, iterable);
    if (is_failed(made))
        mode_ = Mode::failed;
    else
        iterator_ = made;
}

Iteration::~Iteration() { machine_.drop(iterator_); }

std::size_t Iteration::expected() const {
    switch (mode_) {
        case Mode::sequence:
            return machine_.heap.sequence(source_).length();
        case Mode::string:
            return machine_.heap.text(source_).size();
        case Mode::dict:
        case Mode::range:
            return static_cast<std::size_t>(limit_);
        default:
            return 0;
    }
}

bool Iteration::next_key(Value& value) {
    if (!may_read(machine_, source_)) {
        mode_ = Mode::failed;
        return false;
    }
    const Dict& dict = machine_.heap.payload<Dict>(source_);
    while (position_ < dict.used && is_absent(dict.entries[position_].key)) ++position_;
    if (dict.live == limit_ && position_ >= dict.used) {
        mode_ = Mode::done;
        return false;
    }
    if (dict.live != limit_)
        value = machine_.raise(ErrorKind::RuntimeError, "dictionary changed size during iteration");
    else if (step_-- == 0)
        value = machine_.raise(ErrorKind::RuntimeError, "dictionary keys changed during iteration");
    else
        value = shared(machine_, dict.entries[position_++].key);
    if (!is_failed(value)) return true;
    mode_ = Mode::failed;
    return false;
}

bool Iteration::next(Value& value) {
    switch (mode_) {
        case Mode::sequence:
            value = element_at(machine_, source_, static_cast<std::uint64_t>(position_++));
            if (is_absent(value)) break;
            if (!is_failed(value)) value = shared(machine_, value);
            if (!is_failed(value)) return true;
            mode_ = Mode::failed;
            return false;
        case Mode::string: {
            if (!may_read(machine_, source_)) {
                mode_ = Mode::failed;
                return false;
            }
            const std::string_view text = machine_.heap.text(source_);
            if (position_ >= static_cast<std::int64_t>(text.size())) break;
            value = machine_.heap.single_byte(
                static_cast<unsigned char>(text[static_cast<std::size_t>(position_++)]));
            return true;
        }
        case Mode::range:
            if (limit_ == 0) break;
            --limit_;
            value = Value::integer(position_);
            position_ += step_;
            return true;
        case Mode::dict:
            return next_key(value);
        case Mode::iterator:
            value = iterator_next(machine_, iterator_);
            if (is_failed(value)) {
                mode_ = Mode::failed;
                return false;
            }
            if (is_absent(value)) break;
            return true;
        case Mode::failed:
        case Mode::done:
            return false;
    }
    mode_ = Mode::done;
    return false;
}

}  // namespace harness::lang
