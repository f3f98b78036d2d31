// Instantiates the handlers for the lifetime `ownership`.
#include "lang/lifetimes/ownership.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_Ownership(bool checked) {
    return {checked ? make_lifetime<Ownership, true>() : make_lifetime<Ownership, false>(),
            LifetimeTables<Ownership>::unchecked.data(), LifetimeTables<Ownership>::checked.data()};
}

}  // namespace harness::lang
