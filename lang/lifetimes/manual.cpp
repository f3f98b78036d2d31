// Instantiates the handlers for the lifetime `manual`.
#include "lang/lifetimes/manual.hpp"

#include "lang/vm/table.hpp"

namespace harness::lang {

LifetimeEntry lifetime_entry_Manual(bool checked) {
    return {checked ? make_lifetime<Manual, true>() : make_lifetime<Manual, false>(),
            LifetimeTables<Manual>::unchecked.data(), LifetimeTables<Manual>::checked.data()};
}

}  // namespace harness::lang
