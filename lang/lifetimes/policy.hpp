// What a lifetime's policy must define, and how the VM's handlers see it. A policy is a struct of static
// functions, each a template over `Checked`; handlers are instantiated once for each, so that no lifetime
// pays for another.
#pragma once

#include "lang/lifetimes/lifetime.hpp"
#include "lang/vm/interpreter.hpp"

namespace harness::lang {

/// A lifetime together with the way values refer to objects: what handlers are templates over.
template <class Lifetime, bool IsChecked>
struct Mode {
    using Policy = Lifetime;
    static constexpr bool checked = IsChecked;
};

/// Where the object is: the address in the value, or the handle's.
template <bool Checked>
[[gnu::always_inline]] inline void* object_address(Interpreter* S, Value v) {
    if constexpr (Checked)
        return S->heap.handles().address(v);
    else
        return reinterpret_cast<void*>(v.payload());
}
template <bool Checked>
[[gnu::always_inline]] inline bool object_live(Interpreter* S, Value v) {
    if constexpr (Checked)
        return S->heap.handles().live(v);
    else
        return true;
}
/// The count of strings and of objects stands at the same offset.
template <bool Checked>
[[gnu::always_inline]] inline std::uint32_t& object_count(Interpreter* S, Value v) {
    return static_cast<std::uint32_t*>(object_address<Checked>(S, v))[-1];
}

/// Adds a reference; strings of constants are immortal, which their sign bit tells.
template <bool Checked>
[[gnu::always_inline]] inline void count_up(Interpreter* S, Value v) {
    if constexpr (Checked) {
        ++S->costs.retains;
        if (!S->heap.handles().live(v)) return;
    }
    std::uint32_t& count = object_count<Checked>(S, v);
    if (static_cast<std::int32_t>(count) >= 0) [[likely]]
        ++count;
}
/// Takes a reference away; true if it was the last, and the object is to be ended.
template <bool Checked>
[[gnu::always_inline]] inline bool lose_count(Interpreter* S, Value v) {
    if constexpr (Checked) {
        ++S->costs.releases;
        if (!S->heap.handles().live(v)) return false;
    }
    std::uint32_t& count = object_count<Checked>(S, v);
    if (static_cast<std::int32_t>(count) < 0) return false;
    return --count == 0;
}
/// Takes a reference away; the last one ends the object.
template <bool Checked>
[[gnu::always_inline]] inline void count_down(Interpreter* S, Value v) {
    if (lose_count<Checked>(S, v)) S->end_object(v);
}

/// Value::is_owned() in few instructions: the tags from `string` on that answer for something, one bit each.
[[gnu::always_inline]] inline bool answers(Value v) {
    const std::uint64_t from_string = (v.bits >> 48) - static_cast<std::uint16_t>(Tag::string);
    return from_string < 6 && (0b110101U >> from_string & 1) != 0;
}

/// Objects are not counted; strings and what the VM counts are.
struct ObjectsUncounted {
    static constexpr Lifetime traits() {
        Lifetime l;
        l.counts = true;
        l.sequence_header = false;
        l.gives = true;
        l.live_at_exit_is_leak = true;
        l.birth_word = 1;
        return l;
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value share(Interpreter* S, Value v) {
        if (always_counted(v)) count_up<Checked>(S, v);
        return v.lent();
    }
    template <bool Checked>
    static Value take(Interpreter*, Value v) {
        return v;
    }
    /// Reading a field or an element is a borrow.
    [[gnu::always_inline]] static Value read_place(Value v) { return v.lent(); }
};

/// What lifetimes have in common where nothing goes before its region or its program: no name answers for
/// what it holds.
struct Unanswered {
    template <bool Checked>
    static Value share(Interpreter*, Value v) {
        return v;
    }
    template <bool Checked>
    static Value share_name(Interpreter*, Value v) {
        return v;
    }
    template <bool Checked>
    static void drop(Interpreter*, Value) {}
    template <bool Checked>
    static void discard(Interpreter*, Value) {}
    template <bool Checked>
    static bool lose(Interpreter*, Value) {
        return false;
    }
};

/// The same where nobody asks a place about its value but clone(), which follows what was not stored with
/// `&`.
struct Unjudged : Unanswered {
    template <bool Checked>
    [[gnu::always_inline]] static Value store_copy(Interpreter*, Value, Value v) {
        return v.owned();
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value store_take(Interpreter*, Value, Value v) {
        return v.owned();
    }
    template <bool Checked>
    static Value take(Interpreter*, Value v) {
        return v;
    }
    static Value read_place(Value v) { return v; }
    static Value read_name(Value v) { return v; }
};

}  // namespace harness::lang
