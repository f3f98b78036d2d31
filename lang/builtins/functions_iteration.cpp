// The functions of the language that walk an iterable to its end: all, any, sum, min, max, sorted.
#include <string>

#include "lang/builtins/compare.hpp"
#include "lang/builtins/functions.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/list.hpp"
#include "lang/builtins/numbers.hpp"

namespace harness::lang {

namespace {

/// Walks until the truth of an element is `wanted`.
Value search_truth(Machine& machine, Value iterable, int wanted) {
    Iteration each(machine, iterable);
    Value element;
    while (each.next(element)) {
        const int truth = truth_of_unnamed(machine, element);
        if (truth < 0) return Value::failed();
        if (truth == wanted) return Value::boolean(wanted == 1);
    }
    return each.failed() ? Value::failed() : Value::boolean(wanted == 0);
}

/// a + b where both are numbers of one kind, else absent().
Value add_numbers(Machine& machine, Value a, Value b) {
    if (is_integral(a) && is_integral(b)) return integer_result(machine, integral(a) + integral(b));
    if (is_numeric(a) && is_numeric(b)) return Value::floating(numeric(a) + numeric(b));
    return Value::absent();
}

/// The best element so far of min or max, with its key. Both are unnamed and dropped in the end.
class Best {
  public:
    Best(Machine& machine, Value key, CompareKind better) : machine_(machine), key_(key), better_(better) {}
    Best(const Best&) = delete;
    Best& operator=(const Best&) = delete;
    ~Best() { forget(); }

    /// Receives an unnamed element; false after raising.
    bool offer(Value element) {
        const bool has_key = !is_absent(key_) && !key_.is_none();
        const Value rank = has_key ? machine_.call(key_, &element, 1) : shared(machine_, element);
        const int better = is_failed(rank)       ? -1
                           : is_absent(element_) ? 1
                                                 : values_order(machine_, rank, rank_, better_);
        if (better == 1) {
            forget();
            element_ = element;
            rank_ = rank;
            return true;
        }
        if (!is_failed(rank)) machine_.drop(rank);
        machine_.drop(element);
        return better == 0;
    }
    bool empty() const { return is_absent(element_); }
    /// The element, unnamed; it is the caller's from then on.
    Value take() {
        const Value taken = element_;
        element_ = Value::none();
        return taken;
    }

  private:
    void forget() {
        machine_.drop(element_);
        machine_.drop(rank_);
    }

    Machine& machine_;
    Value key_;
    Value element_ = Value::absent(), rank_ = Value::absent();
    CompareKind better_;
};

bool offer_all(Machine& machine, Best& best, const Value* values, std::uint32_t count) {
    if (count == 1) {
        Iteration each(machine, values[0]);
        Value element;
        while (each.next(element))
            if (!best.offer(element)) return false;
        return !each.failed();
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const Value element = shared(machine, values[i]);
        if (is_failed(element) || !best.offer(element)) return false;
    }
    return true;
}

/// min and max: key, default, then the values.
Value extreme(Machine& machine, const Value* arguments, std::uint32_t count, CompareKind better) {
    const std::string name = better == CompareKind::less ? "min" : "max";
    const Value fallback = arguments[1];
    const Value* values = arguments + 2;
    count -= 2;
    if (count == 0) return machine.raise(ErrorKind::TypeError, name + " expected at least 1 argument, got 0");
    if (count > 1 && !is_absent(fallback))
        return machine.raise(ErrorKind::TypeError, "Cannot specify a default for " + name +
                                                       "() with multiple positional arguments");
    Best best(machine, arguments[0], better);
    if (!offer_all(machine, best, values, count)) return Value::failed();
    if (!best.empty()) return best.take();
    if (!is_absent(fallback)) return shared(machine, fallback);
    return machine.raise(ErrorKind::ValueError, name + "() arg is an empty sequence");
}

}  // namespace

Value builtin_all(Machine& machine, const Value* arguments, std::uint32_t) {
    return search_truth(machine, arguments[0], 0);
}

Value builtin_any(Machine& machine, const Value* arguments, std::uint32_t) {
    return search_truth(machine, arguments[0], 1);
}

Value builtin_min(Machine& machine, const Value* arguments, std::uint32_t count) {
    return extreme(machine, arguments, count, CompareKind::less);
}

Value builtin_max(Machine& machine, const Value* arguments, std::uint32_t count) {
    return extreme(machine, arguments, count, CompareKind::greater);
}

Value builtin_sum(Machine& machine, const Value* arguments, std::uint32_t) {
    const Value start = is_absent(arguments[1]) ? Value::integer(0) : arguments[1];
    if (start.is_string())
        return machine.raise(ErrorKind::TypeError, "sum() can't sum strings [use ''.join(seq) instead]");
    Iteration each(machine, arguments[0]);
    if (each.failed()) return Value::failed();
    Value total = shared(machine, start);
    Value element;
    while (!is_failed(total) && each.next(element)) {
        Value sum = add_numbers(machine, total, element);
        if (is_absent(sum)) {
            sum = add_values(machine, total, element);
            machine.drop(total);
            machine.drop(element);
        }
        total = sum;
    }
    if (!each.failed()) return total;
    machine.drop(total);
    return Value::failed();
}

Value builtin_sorted(Machine& machine, const Value* arguments, std::uint32_t) {
    const int reverse = is_absent(arguments[2]) ? 0 : machine.truth(arguments[2]);
    if (reverse < 0) return Value::failed();
    const Value list = list_from(machine, arguments[0]);
    if (is_failed(list) || list_sort(machine, list, arguments[1], reverse == 1)) return list;
    machine.drop(list);
    return Value::failed();
}

}  // namespace harness::lang
