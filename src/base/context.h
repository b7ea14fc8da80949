/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a kov_context. Only src/base looks inside; others use the functions. */
#ifndef KOV_BASE_CONTEXT_H
#define KOV_BASE_CONTEXT_H

#include <kov/context.h>
#include <stdatomic.h>

/* Freed blocks of 16 KiB to 256 MiB are kept by size class, four classes per power of two. */
enum {
    KOV_CACHE_MIN_LOG2 = 14,
    KOV_CACHE_MAX_LOG2 = 28,
    KOV_CACHE_CLASSES = (KOV_CACHE_MAX_LOG2 - KOV_CACHE_MIN_LOG2) * 4 + 1,
    KOV_CACHE_SLOTS = 16
};

/* Slots are exchanged one by one, without a lock: nothing can be left locked by a fork or by a
 * preempted thread, and a slot found taken is merely skipped. */
typedef struct kov_block_cache {
    _Atomic(void *) slots[KOV_CACHE_CLASSES][KOV_CACHE_SLOTS];
    atomic_size_t bytes;    /* held in all slots */
    size_t byte_limit;      /* bound of `bytes` */
    atomic_uint evict_next; /* class to evict from next, round robin */
} kov_block_cache;

struct kov_context {
    atomic_size_t owners;        /* kov_context_create and kov_context_retain */
    atomic_size_t references;    /* one for all owners, one for each object made from it */
    kov_context_options options; /* alloc and release are never NULL */
    atomic_size_t bytes_in_use;
    atomic_int_least64_t fail_after; /* see kov_memory_fail_after */
    atomic_bool cancelled;
    atomic_int threads;
    _Atomic(struct kov_pool *) pool; /* NULL until a parallel loop first needs it */
    _Atomic(void *) attached;        /* the runtime's caches; NULL until first needed */
    void (*release_attached)(void *attached);
    kov_block_cache cache;
};

/* What objects that are made from the context do to keep its memory: unlike an owner
 * (kov_context_retain) they do not keep what is attached to it, which may hold such objects. */
void kov_context_hold(kov_context *context);
void kov_context_drop(kov_context *context);

/* The object that make() gave for this context, made at the first call; NULL on failure. It is
 * released when the last owner releases the context. For callers that own the context. */
void *kov_context_attached(kov_context *context, void *(*make)(kov_context *context),
                           void (*release)(void *attached));

bool kov_context_is_cancelled(const kov_context *context);

/* KOV_CANCELLED with text if the cancel flag is set; long runs ask between steps. */
kov_status kov_context_check_cancelled(const kov_context *context);

/* One line to the context's log callback, if it has one (no newline at its end). */
void kov_log_line(const kov_context *context, const char *format, ...) KOV_PRINTF(2, 3);
bool kov_log_enabled(const kov_context *context);

#endif
