// The C interface over the table of function pointers that every allocator has.
// A handle is the erased allocator itself, so a call costs one more indirection than in C++.
#include "allocators/c_interface.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string_view>

#include "allocators/registry.hpp"

namespace {

using harness::allocators::AllocatorTable;
using harness::allocators::AnyAllocator;
using harness::allocators::Figures;
using harness::allocators::Threading;

void tell(std::string_view text, char* message, size_t message_bytes) noexcept {
    if (message == nullptr || message_bytes == 0) return;
    const size_t length = std::min(text.size(), message_bytes - 1);
    std::memcpy(message, text.data(), length);
    message[length] = '\0';
}

}  // namespace

struct harness_allocator {
    std::unique_ptr<AnyAllocator> owner;
    AllocatorTable table;
};

extern "C" {

int harness_allocators_c_version(void) { return HARNESS_ALLOCATORS_C_VERSION; }

harness_allocator* harness_allocator_create(const char* spec, char* message, size_t message_bytes) {
    try {
        auto made = harness::allocators::make_allocator(spec == nullptr ? "" : spec);
        if (!made.ok()) {
            tell(made.failure().message + "\nhelp: " + made.failure().remedy, message, message_bytes);
            return nullptr;
        }
        auto handle = std::make_unique<harness_allocator>();
        handle->owner = std::move(made).value();
        handle->table = handle->owner->table();
        tell("", message, message_bytes);
        return handle.release();
    } catch (const std::exception&) {
        // Only the C++ library throws, for want of memory; nothing may reach a caller in C.
        tell("the allocator cannot be made: there is no memory for it", message, message_bytes);
        return nullptr;
    }
}

void harness_allocator_destroy(harness_allocator* allocator) { delete allocator; }

void* harness_allocator_allocate(harness_allocator* allocator, size_t n, size_t align) {
    const AllocatorTable& t = allocator->table;
    return t.allocate(t.self, n, align);
}

void harness_allocator_deallocate(harness_allocator* allocator, void* p, size_t n, size_t align) {
    const AllocatorTable& t = allocator->table;
    t.deallocate(t.self, p, n, align);
}

void* harness_allocator_reallocate(harness_allocator* allocator, void* p, size_t n_old, size_t n_new,
                                   size_t align) {
    const AllocatorTable& t = allocator->table;
    if (t.reallocate != nullptr) return t.reallocate(t.self, p, n_old, n_new, align);
    void* moved = t.allocate(t.self, n_new, align);
    if (moved == nullptr) return nullptr;
    std::memmove(moved, p, std::min(n_old, n_new));
    t.deallocate(t.self, p, n_old, align);
    return moved;
}

int harness_allocator_reset(harness_allocator* allocator) {
    const AllocatorTable& t = allocator->table;
    if (t.reset == nullptr) return 0;
    t.reset(t.self);
    return 1;
}

enum harness_allocator_threading harness_allocator_threading(const harness_allocator* allocator) {
    switch (allocator->table.threading) {
        case Threading::single:
            return HARNESS_ALLOCATOR_SINGLE;
        case Threading::free_from_any:
            return HARNESS_ALLOCATOR_FREE_FROM_ANY;
        case Threading::shared:
            return HARNESS_ALLOCATOR_SHARED;
    }
    return HARNESS_ALLOCATOR_SINGLE;
}

int harness_allocator_get_figures(harness_allocator* allocator, harness_allocator_figures* figures,
                                  size_t figures_bytes) {
    const AllocatorTable& t = allocator->table;
    if (t.figures == nullptr) return 0;
    const Figures f = t.figures(t.self);
    const harness_allocator_figures all{.reserved_bytes = f.reserved_bytes,
                                        .reserved_bytes_peak = f.reserved_bytes_peak,
                                        .mapped_bytes = f.mapped_bytes,
                                        .mapped_bytes_peak = f.mapped_bytes_peak,
                                        .requested_bytes = f.requested_bytes,
                                        .requested_bytes_peak = f.requested_bytes_peak,
                                        .requested_bytes_total = f.requested_bytes_total,
                                        .allocations = f.allocations,
                                        .deallocations = f.deallocations,
                                        .refusals = f.refusals};
    std::memcpy(figures, &all, std::min(figures_bytes, sizeof all));
    return 1;
}

}  // extern "C"
