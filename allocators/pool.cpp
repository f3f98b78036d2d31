// The registered form of Pool: its factory, which refuses a pool without slots.
// Everything else is a template in the header.
#include "allocators/pool.hpp"

#include "allocators/factory.hpp"
#include "allocators/spec.hpp"

namespace harness::allocators {

Made make_pool(FactoryInput& input) {
    const std::uint64_t slot_bytes = input.numbers[0];
    const std::uint64_t slots = input.numbers[1];
    const auto made = [&](auto allocator) -> Made {
        if (!allocator->ready()) {
            return Failure{"pool: there is no memory for " + quantity_text(slots) + " slots of " +
                               quantity_text(slot_bytes) + " bytes",
                           "ask for fewer slots, at least 1, for example pool(64,64K)"};
        }
        return std::make_unique<AnyAllocator>("pool", std::move(allocator));
    };
    if (input.parent == nullptr) return made(std::make_unique<Pool<Page>>(slot_bytes, slots));
    return made(std::make_unique<Pool<Erased>>(slot_bytes, slots, std::move(input.parent)));
}

}  // namespace harness::allocators
