// Instantiates the handlers for the lifetime `refcount`.
#include "lang/lifetimes/refcount.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_Refcount(bool checked) {
    return {checked ? make_lifetime<Refcount, true>() : make_lifetime<Refcount, false>(),
            LifetimeTables<Refcount>::unchecked.data(), LifetimeTables<Refcount>::checked.data()};
}

}  // namespace harness::lang
