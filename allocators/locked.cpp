// The registered form of Locked: its factory, over an allocator named in the spec.
// Everything else is a template in the header.
#include "allocators/locked.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

Made make_locked(FactoryInput& input) { return make_any<Locked<Erased>>("locked", std::move(input.inner)); }

}  // namespace harness::allocators
