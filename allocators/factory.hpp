// What a factory behind the registry gets: the numbers of its spec and the allocators named inside it.
// Each allocator's source defines its own `make_<name>`, so a new one needs no edit but its registration
// line.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "allocators/any_allocator.hpp"
#include "allocators/outcome.hpp"

namespace harness::allocators {

class DefectSink;

struct FactoryInput {
    // One for each parameter of the registration line, defaults filled in.
    std::vector<std::uint64_t> numbers;
    // What stood after `/`; nullptr when nothing did. Taken over by the factory.
    std::unique_ptr<AnyAllocator> parent;
    // The first argument of a wrapper; never nullptr for a wrapper, always for others.
    std::unique_ptr<AnyAllocator> inner;
    // Where checking wrappers report; outlives the allocator.
    DefectSink* defects = nullptr;
};

using Made = Outcome<std::unique_ptr<AnyAllocator>>;

// Erases `Template<Page>` when no parent was named, else `Template<Erased>` over the named one. Both take the
// given arguments first and what their parent is built from last.
template <template <class> class Template, class DefaultParent, class... Arguments>
std::unique_ptr<AnyAllocator> make_over_parent(std::string_view name, FactoryInput& input,
                                               Arguments... arguments) {
    if (input.parent == nullptr) return make_any<Template<DefaultParent>>(name, arguments...);
    return make_any<Template<Erased>>(name, arguments..., std::move(input.parent));
}

}  // namespace harness::allocators
