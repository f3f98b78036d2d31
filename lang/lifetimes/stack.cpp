// Instantiates the handlers for the lifetime `stack`.
#include "lang/lifetimes/stack.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_StackFrames(bool checked) {
    return {checked ? make_lifetime<StackFrames, true>() : make_lifetime<StackFrames, false>(),
            LifetimeTables<StackFrames>::unchecked.data(), LifetimeTables<StackFrames>::checked.data()};
}

}  // namespace harness::lang
