// The lifetime `arena`: objects go together when their region ends. A store of something new into an older
// object makes it live as long as that; a store of something named is judged when its region ends.
#pragma once

#include "lang/lifetimes/policy.hpp"
#include "lang/lifetimes/regions.hpp"

namespace harness::lang {

struct Arena : Unanswered {
    static constexpr Lifetime traits() {
        Lifetime l;
        l.name = "arena";
        l.summary = "released with the region: @region call, region: block, else the program";
        l.regions = true;
        return l;
    }
    /// What can be told at a glance: the value is the older one or a constant, or the holder is of the
    /// innermost region, or no other is open.
    template <bool Checked>
    [[gnu::always_inline]] static bool lives_as_long(Interpreter* S, Value holder, Value v) {
        const Regions& regions = *S->heap.regions();
        if (regions.depth() == 0) return true;
        if constexpr (Checked) {
            return false;
        } else {
            const auto born = static_cast<std::int32_t>(object_count<false>(S, v));
            if (born < 0 || !holder.is_heap()) return born < 0;
            const std::uint32_t holder_born = object_count<false>(S, holder);
            return born <= static_cast<std::int32_t>(holder_born) || regions.youngest() <= holder_born;
        }
    }
    /// The owned bit says that the value is unnamed: the place receives it. In the program's own region,
    /// where all live equally long, there is nothing to compare.
    template <bool Checked>
    [[gnu::always_inline]] static Value store_copy(Interpreter* S, Value holder, Value v) {
        if (v.is_heap() && !lives_as_long<Checked>(S, holder, v)) return S->store_across(holder, v, false);
        return v.owned();
    }
    /// The same of a name: its value is not unnamed, though it may once have been.
    template <bool Checked>
    [[gnu::always_inline]] static Value store_named(Interpreter* S, Value holder, Value v) {
        if (v.is_heap() && !lives_as_long<Checked>(S, holder, v))
            return S->store_across(holder, v.lent(), false);
        return v.owned();
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value store_take(Interpreter* S, Value holder, Value v) {
        if (v.is_heap() && !lives_as_long<Checked>(S, holder, v)) return S->store_across(holder, v, true);
        return v.owned();
    }
    template <bool Checked>
    [[gnu::always_inline]] static Value store_edge(Interpreter* S, Value holder, Value v) {
        if (v.is_heap() && !lives_as_long<Checked>(S, holder, v))
            return S->store_across(holder, v.lent(), false).lent();
        return v.lent();
    }
    template <bool Checked>
    static Value take(Interpreter*, Value v) {
        return v.owned();
    }
    [[gnu::always_inline]] static Value read_place(Value v) { return v.lent(); }
    [[gnu::always_inline]] static Value read_name(Value v) { return v.lent(); }
};

}  // namespace harness::lang
