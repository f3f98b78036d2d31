// Looks a lifetime up; lifetimes.def is the list.
#include "lang/lifetimes/registry.hpp"

namespace harness::lang {

#define LIFETIME(policy, name) LifetimeEntry lifetime_entry_##policy(bool checked);
#include "lang/lifetimes/lifetimes.def"
#undef LIFETIME

std::optional<LifetimeEntry> find_lifetime(std::string_view name, bool checked) {
#define LIFETIME(policy, text) \
    if (name == text) return lifetime_entry_##policy(checked);
#include "lang/lifetimes/lifetimes.def"
#undef LIFETIME
    return std::nullopt;
}

std::vector<std::string_view> lifetime_names() {
    return {
#define LIFETIME(policy, text) text,
#include "lang/lifetimes/lifetimes.def"
#undef LIFETIME
    };
}

}  // namespace harness::lang
