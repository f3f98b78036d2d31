// The registered form of Checked: its factory, over an allocator named in the spec.
// Everything else is a template in the header.
#include "allocators/checked.hpp"

#include "allocators/factory.hpp"

namespace harness::allocators {

Made make_checked(FactoryInput& input) {
    return make_any<Checked<Erased>>("checked", *input.defects, std::move(input.inner));
}

}  // namespace harness::allocators
