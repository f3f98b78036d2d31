// The registered form of Counting: its factory, over an allocator named in the spec.
// Everything else is a template in the header.
#include "allocators/counting.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

Made make_counting(FactoryInput& input) {
    return make_any<Counting<Erased>>("counting", std::move(input.inner));
}

}  // namespace harness::allocators
