// Equality and order. Elements are held while the program's own comparisons run, and lengths are read again
// after each of them, because an __eq__ may empty the very list that is being compared.
#include "lang/builtins/compare.hpp"

#include <algorithm>
#include <string>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/numbers.hpp"
#include "lang/memory/packed.hpp"

namespace harness::lang {

namespace {

constexpr std::string_view doing = "in comparison";

/// Two elements, kept alive while something compares them.
class HeldPair {
  public:
    HeldPair(Machine& machine, Value a, Value b)
        : machine_(machine), a_(shared(machine, a)), b_(shared(machine, b)) {}
    HeldPair(const HeldPair&) = delete;
    HeldPair& operator=(const HeldPair&) = delete;
    ~HeldPair() {
        if (!is_failed(a_)) machine_.drop(a_);
        if (!is_failed(b_)) machine_.drop(b_);
    }
    bool ok() const { return !is_failed(a_) && !is_failed(b_); }
    Value a() const { return a_; }
    Value b() const { return b_; }

  private:
    Machine& machine_;
    Value a_, b_;
};

/// Whether comparing the two can run no program code and needs no guard.
bool is_plain(Value v) { return !v.is_heap() || v.is_string(); }

int plain_equal(const ObjectHeap& heap, Value a, Value b) {
    if (a.is_string()) return b.is_string() && heap.text(a) == heap.text(b);
    if (is_numeric(a)) return is_numeric(b) && numeric(a) == numeric(b);
    return a == b;
}

/// Elements `at` of two sequences: 1 or 0, -1 after raising, 2 where one of them has no more.
int elements_equal_at(Machine& machine, Value a, Value b, std::uint64_t at) {
    const Value x = element_at(machine, a, at);
    const Value y = is_failed(x) ? x : element_at(machine, b, at);
    if (is_failed(y)) return -1;
    return is_absent(x) || is_absent(y) ? 2 : elements_equal(machine, x, y);
}

/// The first position at which the two differ, or the shorter length; -1 after raising.
std::int64_t first_difference(Machine& machine, Value a, Value b) {
    for (std::int64_t i = 0;; ++i) {
        const int equal = elements_equal_at(machine, a, b, static_cast<std::uint64_t>(i));
        if (equal < 0) return -1;
        if (equal != 1) return i;
    }
}

int sequences_equal(Machine& machine, Value a, Value b) {
    if (machine.heap.sequence(a).length() != machine.heap.sequence(b).length()) return 0;
    const Machine::DepthGuard guard(machine, doing);
    if (!guard) return -1;
    const std::int64_t at = first_difference(machine, a, b);
    if (at < 0 || !may_read(machine, a) || !may_read(machine, b)) return -1;
    const std::uint32_t length = machine.heap.sequence(a).length();
    return length == machine.heap.sequence(b).length() && at >= length;
}

int dicts_equal(Machine& machine, Value a, Value b) {
    if (machine.heap.payload<Dict>(a).live != machine.heap.payload<Dict>(b).live) return 0;
    const Machine::DepthGuard guard(machine, doing);
    if (!guard) return -1;
    DictEntry entry;
    std::uint32_t position = 0;
    int more;
    while ((more = next_entry(machine, a, position, entry)) == 1) {
        Value other;
        if (!may_read(machine, b) || !dict_lookup(machine, b, entry.key, other)) return -1;
        if (is_absent(other)) return 0;
        const int equal = elements_equal(machine, entry.value, other);
        if (equal != 1) return equal;
    }
    return more == 0 ? 1 : -1;
}

bool ranges_equal(const Range& a, const Range& b) {
    const std::int64_t n = range_length(a);
    if (n != range_length(b)) return false;
    if (n == 0) return true;
    return a.start == b.start && (n == 1 || a.step == b.step);
}

/// Two heap objects that are no instances of the program's classes.
int builtin_objects_equal(Machine& machine, Value a, Value b) {
    const ClassId kind = machine.heap.class_id(a);
    if (machine.heap.class_id(b) != kind) return 0;
    switch (kind) {
        case ClassId::list:
        case ClassId::tuple:
            return sequences_equal(machine, a, b);
        case ClassId::dict:
            return dicts_equal(machine, a, b);
        case ClassId::range:
            return ranges_equal(machine.heap.payload<Range>(a), machine.heap.payload<Range>(b));
        case ClassId::iterator:
            return views_equal(machine, a, b);
        case ClassId::bound_method: {
            const BoundMethod x = machine.heap.payload<BoundMethod>(a);
            const BoundMethod y = machine.heap.payload<BoundMethod>(b);
            return same_object(x.self, y.self) && same_object(x.method, y.method);
        }
        case ClassId::slice: {
            const Machine::DepthGuard guard(machine, doing);
            if (!guard) return -1;
            const Slice x = machine.heap.payload<Slice>(a);
            const Slice y = machine.heap.payload<Slice>(b);
            const int start = elements_equal(machine, x.start, y.start);
            const int stop = start != 1 ? start : elements_equal(machine, x.stop, y.stop);
            return stop != 1 ? stop : elements_equal(machine, x.step, y.step);
        }
        default:
            return 0;
    }
}

/// Whether `b` is asked first: its class derives from that of `a`.
bool reflected_first(Machine& machine, Value a, Value b) {
    const ClassInfo& x = machine.class_of(a);
    const ClassInfo& y = machine.class_of(b);
    return &x != &y && y.derives_from(x);
}

bool is_instance(Machine& machine, Value v) { return !is_plain(v) && machine.is_instance(v); }

constexpr Dunder dunders[] = {Dunder::eq, Dunder::ne, Dunder::lt, Dunder::le, Dunder::gt, Dunder::ge};

constexpr Comparison reflected(Comparison op) {
    constexpr Comparison others[] = {Comparison::equal,   Comparison::not_equal,
                                     Comparison::greater, Comparison::greater_equal,
                                     Comparison::less,    Comparison::less_equal};
    return others[static_cast<std::size_t>(op)];
}

/// Structs of one type are equal when all of their fields are: 1, 0, or -1 after raising.
int structs_equal(Machine& machine, Value a, Value b, const PackedType& packed) {
    const Machine::DepthGuard guard(machine, doing);
    if (!guard) return -1;
    const HeldPair pair(machine, a, b);
    if (!pair.ok()) return -1;
    for (const PackedField& field : packed.fields) {
        const Value x = machine.get_attribute(pair.a(), field.name);
        const Value y = is_failed(x) ? x : machine.get_attribute(pair.b(), field.name);
        const int equal = is_failed(y) ? -1 : elements_equal(machine, x, y);
        if (!is_failed(x)) machine.drop(x);
        if (!is_failed(y)) machine.drop(y);
        if (equal != 1) return equal;
    }
    return 1;
}

/// What `self`'s special method says about `other`: unnamed, failed(), or not_implemented() when its class
/// has none or does not know. Without __ne__ the opposite of __eq__ holds.
Value ask(Machine& machine, Value self, Comparison op, Value other) {
    if (!is_instance(machine, self)) return Value::not_implemented();
    const Value result = machine.call_dunder(self, dunders[static_cast<std::size_t>(op)], &other, 1);
    if (!is_absent(result)) return result;
    const ClassInfo& type = machine.class_of(self);
    if (op == Comparison::equal && type.packed != nullptr && is_instance(machine, other) &&
        &machine.class_of(other) == &type) {
        const int equal = same_object(self, other) ? 1 : structs_equal(machine, self, other, *type.packed);
        return equal < 0 ? Value::failed() : Value::boolean(equal == 1);
    }
    if (op != Comparison::not_equal) return Value::not_implemented();
    const Value equal = ask(machine, self, Comparison::equal, other);
    if (is_failed(equal) || equal == Value::not_implemented()) return equal;
    const int truth = truth_of_unnamed(machine, equal);
    return truth < 0 ? Value::failed() : Value::boolean(truth == 0);
}

template <class T>
bool in_order(const T& a, const T& b, CompareKind kind) {
    switch (kind) {
        case CompareKind::less:
            return a < b;
        case CompareKind::less_equal:
            return a <= b;
        case CompareKind::greater:
            return a > b;
        case CompareKind::greater_equal:
            break;
    }
    return a >= b;
}

int sequences_order(Machine& machine, Value a, Value b, CompareKind kind) {
    const Machine::DepthGuard guard(machine, doing);
    if (!guard) return -1;
    const std::int64_t at = first_difference(machine, a, b);
    if (at < 0) return -1;
    const Value x = element_at(machine, a, static_cast<std::uint64_t>(at));
    const Value y = is_failed(x) ? x : element_at(machine, b, static_cast<std::uint64_t>(at));
    if (is_failed(y)) return -1;
    if (is_absent(x) || is_absent(y)) {
        const std::uint32_t length = machine.heap.sequence(a).length();
        return in_order(length, machine.heap.sequence(b).length(), kind);
    }
    const HeldPair pair(machine, x, y);
    return pair.ok() ? values_order(machine, pair.a(), pair.b(), kind) : -1;
}

int raise_no_order(Machine& machine, Value a, Value b, CompareKind kind) {
    machine.raise(ErrorKind::TypeError, "'" + std::string(compare_text(kind)) +
                                            "' not supported between instances of '" +
                                            std::string(machine.type_name(a)) + "' and '" +
                                            std::string(machine.type_name(b)) + "'");
    return -1;
}

}  // namespace

std::string_view compare_text(CompareKind kind) {
    constexpr std::string_view texts[] = {"<", "<=", ">", ">="};
    return texts[static_cast<std::size_t>(kind)];
}

int truth_of_unnamed(Machine& machine, Value unnamed) {
    if (is_failed(unnamed)) return -1;
    if (unnamed.is_bool()) return unnamed.is_true();
    const int truth = machine.truth(unnamed);
    machine.drop(unnamed);
    return truth;
}

Value rich_comparison(Machine& machine, Value a, Value b, Comparison op) {
    const bool other_first = reflected_first(machine, a, b);
    if (other_first) {
        const Value answer = ask(machine, b, reflected(op), a);
        if (answer != Value::not_implemented()) return answer;
    }
    Value answer = ask(machine, a, op, b);
    if (answer == Value::not_implemented() && !other_first) answer = ask(machine, b, reflected(op), a);
    if (answer != Value::not_implemented()) return answer;
    if (op <= Comparison::not_equal) return Value::boolean(same_object(a, b) == (op == Comparison::equal));
    constexpr auto first_order = static_cast<unsigned>(Comparison::less);
    raise_no_order(machine, a, b, static_cast<CompareKind>(static_cast<unsigned>(op) - first_order));
    return Value::failed();
}

int values_equal(Machine& machine, Value a, Value b) {
    if (is_plain(a) && is_plain(b)) return plain_equal(machine.heap, a, b);
    if (is_instance(machine, a) || is_instance(machine, b))
        return truth_of_unnamed(machine, rich_comparison(machine, a, b, Comparison::equal));
    if (same_object(a, b)) return 1;
    if (is_plain(a) || is_plain(b)) return 0;
    return builtin_objects_equal(machine, a, b);
}

int values_differ(Machine& machine, Value a, Value b) {
    if (is_instance(machine, a) || is_instance(machine, b))
        return truth_of_unnamed(machine, rich_comparison(machine, a, b, Comparison::not_equal));
    const int equal = values_equal(machine, a, b);
    return equal < 0 ? equal : 1 - equal;
}

int elements_equal(Machine& machine, Value a, Value b) {
    if (!may_read(machine, a) || !may_read(machine, b)) return -1;
    if (same_object(a, b)) return 1;
    if (is_plain(a) && is_plain(b)) return plain_equal(machine.heap, a, b);
    const HeldPair pair(machine, a, b);
    return pair.ok() ? values_equal(machine, pair.a(), pair.b()) : -1;
}

int values_order(Machine& machine, Value a, Value b, CompareKind kind) {
    if (is_numeric(a) && is_numeric(b)) return in_order(numeric(a), numeric(b), kind);
    if (a.is_string() && b.is_string()) return in_order(machine.heap.text(a), machine.heap.text(b), kind);
    if (is_instance(machine, a) || is_instance(machine, b)) {
        const auto op = static_cast<Comparison>(static_cast<unsigned>(kind) + 2);
        return truth_of_unnamed(machine, rich_comparison(machine, a, b, op));
    }
    if (!is_plain(a) && !is_plain(b)) {
        const ClassId id = machine.heap.class_id(a);
        if ((id == ClassId::list || id == ClassId::tuple) && machine.heap.class_id(b) == id)
            return sequences_order(machine, a, b, kind);
    }
    return raise_no_order(machine, a, b, kind);
}

}  // namespace harness::lang
