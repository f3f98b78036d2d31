// The registered form of Null: its factory. Everything else is in the header.
#include "allocators/null.hpp"

#include "allocators/factory.hpp"
#include "allocators/spec.hpp"

namespace harness::allocators {

Made make_null(FactoryInput& input) {
    const std::uint64_t bytes = input.numbers[0];
    auto made = bytes == 0 ? nullptr : std::make_unique<Null>(bytes);
    if (made == nullptr || !made->ready()) {
        return Failure{"null: there is no buffer of " + quantity_text(bytes) + " bytes to be had",
                       "ask for fewer bytes, at least 1, for example null(64K)"};
    }
    return std::make_unique<AnyAllocator>("null", std::move(made));
}

}  // namespace harness::allocators
