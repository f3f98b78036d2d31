// Instantiates the handlers for the lifetime `arena`.
#include "lang/lifetimes/arena.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_Arena(bool checked) {
    return {checked ? make_lifetime<Arena, true>() : make_lifetime<Arena, false>(),
            LifetimeTables<Arena>::unchecked.data(), LifetimeTables<Arena>::checked.data()};
}

}  // namespace harness::lang
