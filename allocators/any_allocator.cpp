// Ownership of an erased allocator: moves, destruction, and reading the table back as a set of capabilities.
// None of it is on a hot path, so it stays out of the header.
#include "allocators/any_allocator.hpp"

namespace harness::allocators {

AnyAllocator::AnyAllocator(AnyAllocator&& other) noexcept
    : table_(std::exchange(other.table_, {})),
      destroy_(std::exchange(other.destroy_, nullptr)),
      name_(std::move(other.name_)) {}

AnyAllocator& AnyAllocator::operator=(AnyAllocator&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(destroy_, other.destroy_);
    std::swap(name_, other.name_);
    return *this;
}

AnyAllocator::~AnyAllocator() {
    if (destroy_ != nullptr) destroy_(table_.self);
}

Capabilities AnyAllocator::capabilities() const {
    return {.resize = table_.resize != nullptr,
            .reallocate = table_.reallocate != nullptr,
            .allocate_at_least = table_.allocate_at_least != nullptr,
            .allocate_zeroed = table_.allocate_zeroed != nullptr,
            .mark = table_.mark != nullptr,
            .reset = table_.reset != nullptr,
            .owns = table_.owns != nullptr,
            .usable_size = table_.usable_size != nullptr,
            .trim = table_.trim != nullptr,
            .figures = table_.figures != nullptr,
            .child = table_.child != nullptr};
}

// Erased itself forwards no at-least, zeroed or child operation, whatever the inner one can do.
Capabilities Erased::capabilities() const {
    Capabilities has = inner_->capabilities();
    has.allocate_at_least = false;
    has.allocate_zeroed = false;
    has.child = false;
    return has;
}

}  // namespace harness::allocators
