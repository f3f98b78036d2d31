// The registered form of Arena: its factory, with the usual composition compiled once.
// Everything else is a template in the header.
#include "allocators/arena.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

Made make_arena(FactoryInput& input) {
    return make_over_parent<Arena, Page>("arena", input, static_cast<std::size_t>(input.numbers[0]));
}

}  // namespace harness::allocators
