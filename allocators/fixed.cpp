// The parts of FixedBuffer that are called once or rarely, and its factory.
// The hot path is in the header.
#include "allocators/fixed.hpp"

#include "allocators/factory.hpp"
#include "allocators/spec.hpp"

namespace harness::allocators {

FixedBuffer::FixedBuffer(std::span<std::byte> memory) noexcept {
    std::byte* end = memory.data() + memory.size();
    const auto tail = reinterpret_cast<std::uintptr_t>(end) % bump_granule;
    begin_ = align_up(memory.data(), bump_granule);
    // A memory too small to hold one granule is an empty window.
    window_ = {begin_, end - tail < begin_ ? begin_ : end - tail};
    high_cursor_ = begin_;
}

bool FixedBuffer::owns(const void* p) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(p);
    return address >= reinterpret_cast<std::uintptr_t>(begin_) &&
           address < reinterpret_cast<std::uintptr_t>(window_.cursor);
}

Figures FixedBuffer::figures() noexcept {
    note_peak();
    Figures f;
    f.reserved_bytes = static_cast<std::uint64_t>(window_.cursor - begin_);
    f.reserved_bytes_peak = static_cast<std::uint64_t>(high_cursor_ - begin_);
    f.mapped_bytes = f.mapped_bytes_peak = static_cast<std::uint64_t>(window_.limit - begin_);
    return f;
}

Made make_fixed(FactoryInput& input) {
    const std::uint64_t bytes = input.numbers[0];
    const Failure failure{"fixed: there is no buffer of " + quantity_text(bytes) + " bytes to be had",
                          "ask for fewer bytes, at least 1, for example fixed(64K)"};
    const auto made = [&](auto allocator) -> Made {
        if (!allocator->ready()) return failure;
        return std::make_unique<AnyAllocator>("fixed", std::move(allocator));
    };
    if (input.parent == nullptr) return made(std::make_unique<Fixed<Page>>(bytes));
    return made(std::make_unique<Fixed<Erased>>(bytes, std::move(input.parent)));
}

}  // namespace harness::allocators
