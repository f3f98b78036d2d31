// Instantiates the handlers for the lifetime `gc`.
#include "lang/lifetimes/gc.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_Gc(bool checked) {
    return {checked ? make_lifetime<Gc, true>() : make_lifetime<Gc, false>(),
            LifetimeTables<Gc>::unchecked.data(), LifetimeTables<Gc>::checked.data()};
}

}  // namespace harness::lang
