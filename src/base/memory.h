/* SPDX-License-Identifier: Apache-2.0 */
/* All memory comes through here: 64-byte aligned, counted against the context's limit, may fail. */
#ifndef KOV_BASE_MEMORY_H
#define KOV_BASE_MEMORY_H

#include <kov/context.h>

/* NULL on failure, with the thread's error text set. size 0 gives a unique pointer. Freed blocks of
 * 16 KiB and more are kept (256 MiB at most, or a quarter of the context's byte limit) for the next
 * request, since fresh pages cost a fault each. Memory in use counts in whole blocks: 64 bytes for
 * the header, and above 16 KiB rounded up to the size class (at most a quarter more). */
void *kov_alloc(kov_context *context, size_t size);
void *kov_alloc_zero(kov_context *context, size_t size);
void *kov_realloc(kov_context *context, void *memory, size_t size); /* contents kept */
void kov_free(kov_context *context, void *memory);                  /* NULL is fine */

/* Gives kept blocks back to the allocator. */
void kov_memory_trim(kov_context *context);

/* For tests of failure paths: the n-th request from now (1 is the next) fails with the text
 * "injected failure", once; n <= 0 switches it off. */
void kov_memory_fail_after(kov_context *context, int64_t n);
/* Whether the failure asked for has happened; false also while none is asked for. */
bool kov_memory_failed(const kov_context *context);

/* a * b, a + b with overflow check; false on overflow. */
bool kov_size_mul(size_t a, size_t b, size_t *out);
bool kov_size_add(size_t a, size_t b, size_t *out);

/* An arena: bump allocation, freed as a whole. Zero-initialise with the context set. */
typedef struct kov_arena {
    kov_context *context;
    struct kov_arena_block *blocks;
} kov_arena;

void kov_arena_init(kov_arena *arena, kov_context *context);
void *kov_arena_alloc(kov_arena *arena, size_t size); /* zeroed, 16-byte aligned; NULL on failure */
char *kov_arena_strdup(kov_arena *arena, const char *text);
void *kov_arena_copy(kov_arena *arena, const void *data, size_t size);
void kov_arena_free(kov_arena *arena); /* reusable afterwards */

/* A growing array of POD elements: `KOV_PUSH(ctx, vec, value)` on struct {T *at; int n, cap;},
 * which starts zeroed and whose `at` is freed with kov_free. False, and nothing changed, if memory
 * is short. */
bool kov_grow(kov_context *context, void **at, int n, int *cap, size_t element_size);
#define KOV_PUSH(context, vec, value)                                                              \
    ((bool)(((vec).n < (vec).cap ||                                                                \
             kov_grow((context), (void **)&(vec).at, (vec).n, &(vec).cap, sizeof *(vec).at))       \
                ? ((vec).at[(vec).n++] = (value), true)                                            \
                : false))

#endif
