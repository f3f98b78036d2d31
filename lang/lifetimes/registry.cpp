// Looks a lifetime up. lifetimes.def is the list of all; the build makes two of it, of those that it was
// asked for (all of them, as a rule) and of the others, which are known by name only.
#include "lang/lifetimes/registry.hpp"

namespace harness::lang {

#define LIFETIME(policy, name) LifetimeEntry lifetime_entry_##policy(bool checked);
#include "lang/lifetimes/built.def"
#undef LIFETIME

std::optional<LifetimeEntry> find_lifetime(std::string_view name, bool checked) {
#define LIFETIME(policy, text) \
    if (name == (text)) return lifetime_entry_##policy(checked);
#include "lang/lifetimes/built.def"
#undef LIFETIME
    return std::nullopt;
}

std::vector<std::string_view> lifetime_names() {
    return {
#define LIFETIME(policy, text) text,
#include "lang/lifetimes/built.def"
#undef LIFETIME
    };
}

std::vector<std::string_view> lifetimes_left_out() {
    return {
#define LIFETIME(policy, text) text,
#include "lang/lifetimes/left_out.def"
#undef LIFETIME
    };
}

}  // namespace harness::lang
