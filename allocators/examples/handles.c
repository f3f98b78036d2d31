/* Plain C on the family: a list in an allocator that is chosen by its spec, "arena" if there is no argument. */
#include <stdio.h>

#include "allocators/c_interface.h"

struct cell {
    long value;
    struct cell *next;
};

int main(int argc, char **argv) {
    if (harness_allocators_c_version() < HARNESS_ALLOCATORS_C_VERSION) {
        fprintf(stderr, "the library is older than its header\n");
        return 2;
    }
    const char *spec = argc > 1 ? argv[1] : "arena";
    char message[300];
    harness_allocator *allocator = harness_allocator_create(spec, message, sizeof message);
    if (allocator == NULL) {
        fprintf(stderr, "%s\n", message);
        return 2;
    }

    struct cell *list = NULL;
    for (long i = 0; i < 1000; ++i) {
        struct cell *cell = harness_allocator_allocate(allocator, sizeof *cell, _Alignof(struct cell));
        if (cell == NULL) {
            fprintf(stderr, "%s is exhausted after %ld cells\n", spec, i);
            harness_allocator_destroy(allocator);
            return 1;
        }
        cell->value = i;
        cell->next = list;
        list = cell;
    }
    long sum = 0;
    for (const struct cell *cell = list; cell != NULL; cell = cell->next) sum += cell->value;

    harness_allocator_figures figures;
    if (harness_allocator_get_figures(allocator, &figures, sizeof figures))
        printf("%s: the sum is %ld, at least 16000 bytes reserved: %s\n", spec, sum,
               figures.reserved_bytes >= 16000 ? "yes" : "no");

    /* In bulk where the allocator can, else one by one. */
    if (!harness_allocator_reset(allocator)) {
        while (list != NULL) {
            struct cell *next = list->next;
            harness_allocator_deallocate(allocator, list, sizeof *list, _Alignof(struct cell));
            list = next;
        }
    }
    harness_allocator_destroy(allocator);
    return 0;
}
