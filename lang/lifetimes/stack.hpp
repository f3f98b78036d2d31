// The lifetime `stack`: objects go when the call or `region:` block that made them is left, as frames do.
// Each call is a region; everything else is as under `arena`.
#pragma once

#include "lang/lifetimes/arena.hpp"

namespace harness::lang {

struct StackFrames : Arena {
    static constexpr Lifetime traits() {
        Lifetime l = Arena::traits();
        l.name = "stack";
        l.summary = "released when its call or its region: block is left";
        l.call_regions = true;
        return l;
    }
};

}  // namespace harness::lang
