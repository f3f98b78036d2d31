// Instantiates the handlers for the lifetime `refcount+cycles`.
#include "lang/lifetimes/refcount.hpp"
#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_RefcountCycles(bool checked) {
    return {checked ? make_lifetime<RefcountCycles, true>() : make_lifetime<RefcountCycles, false>(),
            LifetimeTables<RefcountCycles>::unchecked.data(), LifetimeTables<RefcountCycles>::checked.data()};
}

}  // namespace harness::lang
