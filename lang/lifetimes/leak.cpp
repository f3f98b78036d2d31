// Instantiates the handlers for the lifetime `leak`.
#include "lang/lifetimes/leak.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_Leak(bool checked) {
    return {checked ? make_lifetime<Leak, true>() : make_lifetime<Leak, false>(),
            LifetimeTables<Leak>::unchecked.data(), LifetimeTables<Leak>::checked.data()};
}

}  // namespace harness::lang
