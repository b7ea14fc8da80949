/* SPDX-License-Identifier: Apache-2.0 */
/* The context owns what a process shares: allocator, thread pool, log, cancel flag. */
#ifndef KOV_CONTEXT_H
#define KOV_CONTEXT_H

#include <kov/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kov_context kov_context;

typedef struct kov_context_options {
    /* Memory. alloc returns `size` bytes aligned to `alignment` (a power of two) or NULL. Both
     * NULL: the C library. */
    void *(*alloc)(void *user, size_t size, size_t alignment);
    void (*release)(void *user, void *memory, size_t size);
    void *alloc_user;
    size_t byte_limit; /* 0: none. Allocations past it fail with KOV_OUT_OF_MEMORY. */
    int threads;       /* threads a run may use; 0: the CPUs that affinity and cgroups grant */
    void (*log)(void *user, const char *line);
    void *log_user;
} kov_context_options;

/* options may be NULL. Each owner releases the context once; objects made from it may outlive that
 * and keep its memory until they are released themselves. */
KOV_API kov_status kov_context_create(const kov_context_options *options, kov_context **out);
KOV_API void kov_context_retain(kov_context *context);
KOV_API void kov_context_release(kov_context *context);

KOV_API int kov_context_threads(const kov_context *context);
/* Takes effect for the next run. KOV_INVALID_ARGUMENT below 1. */
KOV_API kov_status kov_context_set_threads(kov_context *context, int threads);
KOV_API size_t kov_context_bytes_in_use(const kov_context *context);
KOV_API void kov_context_cancel(kov_context *context, bool cancel);

#ifdef __cplusplus
}
#endif
#endif
