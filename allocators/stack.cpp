// The registered form of Stack: its factory, with the usual composition compiled once.
// Everything else is a template in the header.
#include "allocators/stack.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

Made make_stack(FactoryInput& input) {
    return make_over_parent<Stack, Page>("stack", input, static_cast<std::size_t>(input.numbers[0]));
}

}  // namespace harness::allocators
