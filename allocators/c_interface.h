/* The family for C and for every language that can call C: an opaque handle made from a spec such as
 * "pool(32,1M)/arena", and functions on it. The rules are those of allocators/allocator.hpp.
 *
 * Sizes and alignments are in bytes. A free gives back the size and alignment that were asked for. Size 0 is
 * refused. NULL means refused or exhausted; the allocator stays usable. Nothing here throws or aborts for
 * what a user can do wrong. One handle is used by one thread at a time unless harness_allocator_threading()
 * says otherwise. */
#ifndef HARNESS_ALLOCATORS_C_INTERFACE_H
#define HARNESS_ALLOCATORS_C_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a function or a figure is added; functions are never changed or taken away. */
#define HARNESS_ALLOCATORS_C_VERSION 1

/* The version that the library was built with; at least the header's, or the two do not belong together. */
int harness_allocators_c_version(void);

typedef struct harness_allocator harness_allocator;

/* Makes what the spec says. On failure the answer is NULL and `message`, if it is not NULL, holds the cause
 * and the remedy, cut to `message_bytes` with its end. */
harness_allocator* harness_allocator_create(const char* spec, char* message, size_t message_bytes);

/* Ends the allocator and returns its memory to where it came from. NULL is allowed. */
void harness_allocator_destroy(harness_allocator* allocator);

void* harness_allocator_allocate(harness_allocator* allocator, size_t n, size_t align);
void harness_allocator_deallocate(harness_allocator* allocator, void* p, size_t n, size_t align);

/* May move the block; keeps the smaller of both sizes. NULL leaves the block as it was. */
void* harness_allocator_reallocate(harness_allocator* allocator, void* p, size_t n_old, size_t n_new,
                                   size_t align);

/* Ends all blocks at once: 1, or 0 when this allocator cannot. */
int harness_allocator_reset(harness_allocator* allocator);

enum harness_allocator_threading {
    HARNESS_ALLOCATOR_SINGLE = 0,        /* one thread at a time */
    HARNESS_ALLOCATOR_FREE_FROM_ANY = 1, /* each thread allocates, any thread frees */
    HARNESS_ALLOCATOR_SHARED = 2         /* everything from every thread */
};
enum harness_allocator_threading harness_allocator_threading(const harness_allocator* allocator);

/* What the allocator holds, in bytes, see Figures in allocators/allocator.hpp. Those of calls are kept by
 * "counting(...)" only and are 0 elsewhere. */
typedef struct harness_allocator_figures {
    uint64_t reserved_bytes;
    uint64_t reserved_bytes_peak;
    uint64_t mapped_bytes;
    uint64_t mapped_bytes_peak;
    uint64_t requested_bytes;
    uint64_t requested_bytes_peak;
    uint64_t requested_bytes_total;
    uint64_t allocations;
    uint64_t deallocations;
    uint64_t refusals;
} harness_allocator_figures;

/* Writes at most `figures_bytes` of them, so that a program built with an older header gets what it knows.
 * Pass sizeof(harness_allocator_figures). 1, or 0 when this allocator keeps none. */
int harness_allocator_get_figures(harness_allocator* allocator, harness_allocator_figures* figures,
                                  size_t figures_bytes);

#ifdef __cplusplus
}
#endif

#endif
