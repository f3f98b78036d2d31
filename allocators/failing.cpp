// The registered form of Failing: its factory, over an allocator named in the spec.
// Everything else is a template in the header.
#include "allocators/failing.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

Made make_failing(FactoryInput& input) {
    return make_any<Failing<Erased>>("failing", input.numbers[0], input.numbers[1], std::move(input.inner));
}

}  // namespace harness::allocators
