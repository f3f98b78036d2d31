// Walking and taking apart: unpacking to names, and loops over anything but counted ranges.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lang/builtins/dict.hpp"
#include "lang/builtins/iterate.hpp"
#include "lang/builtins/list.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

// --- Unpacking

bool Interpreter::unpack(Value* to, std::uint32_t count, Value from, bool take) {
    if (!readable(from)) return false;
    const auto wrong = [&](std::uint64_t have) {
        if (have > count)
            raise(ErrorKind::ValueError, fmt::format("too many values to unpack (expected {})", count));
        else
            raise(ErrorKind::ValueError,
                  fmt::format("not enough values to unpack (expected {}, got {})", count, have));
        return false;
    };
    const bool sequence = from.is_sequence() || (from.is_counted() && heap.class_id(from) == ClassId::tuple);
    if (sequence) {
        Sequence& s = heap.sequence(from);
        if (s.length() != count) {
            about.length = s.length();
            return wrong(s.length());
        }
        if (take && lifetime.gives && from.is_sequence()) {
            // The items leave an unnamed container, which then ends alone. A tuple's length stays, for its
            // block is given back by it.
            std::copy(s.elements(), s.elements() + count, to);
            std::fill(s.elements(), s.elements() + count, Value::none());
            drop(from);
            return true;
        }
        const Value* const items = s.elements();
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!readable(items[i])) {
                while (i-- > 0) drop(to[i]);
                return false;
            }
            to[i] = share(lifetime.read_place(items[i]));
        }
        if (take) drop(from);
        return true;
    }
    Iteration each(*this, from);
    if (!each.ok()) {
        if (pending_is(ErrorKind::TypeError)) {
            drop(catch_pending());
            raise(ErrorKind::TypeError, fmt::format("cannot unpack non-iterable {} object", type_name(from)));
        }
        return false;
    }
    std::uint32_t got = 0;
    Value item = Value::none();
    while (each.next(item)) {
        if (got == count) {
            drop(item);
            for (std::uint32_t i = 0; i < got; ++i) drop(to[i]);
            return wrong(std::uint64_t{count} + 1);
        }
        to[got++] = item;
    }
    if (each.failed() || got < count) {
        for (std::uint32_t i = 0; i < got; ++i) drop(to[i]);
        return each.failed() ? false : wrong(got);
    }
    if (take) drop(from);
    return true;
}

bool Interpreter::unpack_rest(Value* to, std::uint32_t before, std::uint32_t after, Value from, bool take) {
    if (!readable(from)) return false;
    // The items of an unnamed container leave it, which then ends alone; those of another are listed first.
    const bool emptied = take && from.is_sequence();
    const Value all = emptied ? from : list_from(*this, from);
    if (all == Value::failed()) return false;
    const std::uint32_t n = heap.sequence(all).length();
    if (n < before + after) {
        if (!emptied) drop(all);
        raise(ErrorKind::ValueError,
              fmt::format("not enough values to unpack (expected at least {}, got {})", before + after, n));
        return false;
    }
    const std::uint32_t middle = n - before - after;
    const Value rest = heap.new_list(middle);
    if (rest == Value::failed()) {
        if (!emptied) drop(all);
        return false;
    }
    const auto leave = [&](std::uint32_t i) {
        return Machine::take(std::exchange(heap.sequence(all).elements()[i], Value::none()));
    };
    for (std::uint32_t i = 0; i < before; ++i) to[i] = leave(i);
    for (std::uint32_t i = before; i < before + middle; ++i) heap.append(rest, store_unnamed(rest, leave(i)));
    to[before] = rest;
    for (std::uint32_t i = before + middle; i < n; ++i) to[i - middle + 1] = leave(i);
    drop(all);
    if (take && !emptied) drop(from);
    return true;
}

// --- Loops

bool Interpreter::loop_begin(Value* loop) {
    loop[2] = Value::none();
    if (!readable(loop[0])) return false;
    const Value v = loop[0];
    loop[1] = {0};
    if (v.is_sequence() || v.is_string()) return true;
    if (v.is_heap()) {
        const ClassId id = heap.class_id(v);
        if (id == ClassId::tuple) return true;
        if (id == ClassId::dict) {
            loop[1] = {std::uint64_t{heap.payload<Dict>(v).live} << 32};
            return true;
        }
    }
    const Value iterator = make_iterator(*this, v);
    if (iterator == Value::failed()) {
        drop(v);
        loop[0] = Value::none();
        return false;
    }
    loop[0] = iterator;
    if (!give_to_iterator(loop[0], v)) drop(v);
    return true;
}

int Interpreter::loop_next(Value* loop, Value* item) {
    const Value v = loop[0];
    if (!readable(v)) return -1;
    if (v.is_string()) {
        const std::string_view text = heap.text(v);
        if (loop[1].bits >= text.size()) return 0;
        *item = heap.single_byte(static_cast<unsigned char>(text[loop[1].bits++]));
        return 1;
    }
    const ClassId id = v.is_sequence() ? ClassId::list : heap.class_id(v);
    if (id == ClassId::list || id == ClassId::tuple) {
        const Sequence& s = heap.sequence(v);
        if (loop[1].bits >= s.length()) return 0;
        const Value element = s.elements()[loop[1].bits++];
        if (!readable(element)) return -1;
        *item = share(lifetime.read_place(element));
        return 1;
    }
    if (id == ClassId::dict) {
        const Dict& d = heap.payload<Dict>(v);
        auto position = static_cast<std::uint32_t>(loop[1].bits);
        const auto expected = static_cast<std::uint32_t>(loop[1].bits >> 32);
        if (d.live != expected) {
            raise(ErrorKind::RuntimeError, "dictionary changed size during iteration");
            return -1;
        }
        while (position < d.used && d.entries[position].key == Value::absent()) ++position;
        if (position >= d.used) return 0;
        loop[1] = {std::uint64_t{expected} << 32 | (position + 1)};
        *item = share(d.entries[position].key);
        return 1;
    }
    *item = iterator_next(*this, v);
    if (*item == Value::failed()) return -1;
    return *item == Value::absent() ? 0 : 1;
}

}  // namespace harness::lang
