// Instantiates the handlers for the lifetime `scope`.
#include "lang/lifetimes/scope.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_Scope(bool checked) {
    return {checked ? make_lifetime<Scope, true>() : make_lifetime<Scope, false>(),
            LifetimeTables<Scope>::unchecked.data(), LifetimeTables<Scope>::checked.data()};
}

}  // namespace harness::lang
