/* SPDX-License-Identifier: Apache-2.0 */
#include "base/context.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KOV_MAX_THREADS = 1024, KOV_LOG_LINE = 2048 };

static const size_t cache_byte_limit = (size_t)256 << 20;

/* malloc serves small sizes from a cache of the thread, which aligned_alloc does not; so the
 * alignment is made here and the block's start is noted just in front of it. */
static void *libc_alloc(void *user, size_t size, size_t alignment)
{
    (void)user;
    if (size > SIZE_MAX - alignment - sizeof(void *))
        return NULL;
    char *start = malloc(size + alignment + sizeof(void *));
    if (start == NULL)
        return NULL;
    uintptr_t first = (uintptr_t)start + sizeof(void *);
    uintptr_t aligned = (first + alignment - 1) & ~(uintptr_t)(alignment - 1);
    char *memory = start + (aligned - (uintptr_t)start);
    memcpy(memory - sizeof(void *), &start, sizeof(void *));
    return memory;
}

static void libc_release(void *user, void *memory, size_t size)
{
    (void)user;
    (void)size;
    char *start;
    memcpy(&start, (char *)memory - sizeof(void *), sizeof(void *));
    free(start);
}

kov_status kov_context_create(const kov_context_options *options, kov_context **out)
{
    *out = NULL;
    kov_context_options chosen = {0};
    if (options != NULL)
        chosen = *options;
    if ((chosen.alloc == NULL) != (chosen.release == NULL))
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "kov_context_create: alloc and release must be given together");
    if (chosen.threads < 0 || chosen.threads > KOV_MAX_THREADS)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "kov_context_create: threads is %d, expected 0 (all) to %d", chosen.threads,
                        KOV_MAX_THREADS);
    if (chosen.alloc == NULL) {
        chosen.alloc = libc_alloc;
        chosen.release = libc_release;
    }
    kov_context *context = chosen.alloc(chosen.alloc_user, sizeof *context, _Alignof(max_align_t));
    if (context == NULL)
        return kov_fail(KOV_OUT_OF_MEMORY, "kov_context_create: no memory for the context");
    memset(context, 0, sizeof *context);
    context->options = chosen;
    atomic_init(&context->owners, 1);
    atomic_init(&context->references, 1);
    atomic_init(&context->fail_after, -1);
    int threads = chosen.threads > 0 ? chosen.threads : kov_cpu_count();
    atomic_init(&context->threads, threads < KOV_MAX_THREADS ? threads : KOV_MAX_THREADS);
    context->cache.byte_limit = cache_byte_limit;
    if (chosen.byte_limit != 0 && chosen.byte_limit / 4 < cache_byte_limit)
        context->cache.byte_limit = chosen.byte_limit / 4;
    *out = context;
    return KOV_OK;
}

void kov_context_hold(kov_context *context)
{
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
}

void kov_context_drop(kov_context *context)
{
    if (atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) != 1)
        return;
    kov_threads_stop(context);
    kov_memory_trim(context);
    context->options.release(context->options.alloc_user, context, sizeof *context);
}

void kov_context_retain(kov_context *context)
{
    atomic_fetch_add_explicit(&context->owners, 1, memory_order_relaxed);
}

/* What is attached holds objects of the context: it goes first, or neither would ever go. */
void kov_context_release(kov_context *context)
{
    if (context == NULL ||
        atomic_fetch_sub_explicit(&context->owners, 1, memory_order_acq_rel) != 1)
        return;
    void *attached = atomic_exchange(&context->attached, NULL);
    if (attached != NULL)
        context->release_attached(attached);
    kov_context_drop(context);
}

void *kov_context_attached(kov_context *context, void *(*make)(kov_context *context),
                           void (*release)(void *attached))
{
    void *attached = atomic_load_explicit(&context->attached, memory_order_acquire);
    if (attached != NULL)
        return attached;
    void *made = make(context);
    if (made == NULL)
        return NULL;
    context->release_attached = release;
    if (atomic_compare_exchange_strong(&context->attached, &attached, made))
        return made;
    release(made);
    return attached;
}

int kov_context_threads(const kov_context *context)
{
    return atomic_load_explicit(&context->threads, memory_order_relaxed);
}

kov_status kov_context_set_threads(kov_context *context, int threads)
{
    if (threads < 1 || threads > KOV_MAX_THREADS)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "kov_context_set_threads: threads is %d, expected 1 to %d", threads,
                        KOV_MAX_THREADS);
    atomic_store_explicit(&context->threads, threads, memory_order_relaxed);
    return KOV_OK;
}

size_t kov_context_bytes_in_use(const kov_context *context)
{
    return atomic_load_explicit(&context->bytes_in_use, memory_order_relaxed);
}

void kov_context_cancel(kov_context *context, bool cancel)
{
    atomic_store_explicit(&context->cancelled, cancel, memory_order_relaxed);
}

bool kov_context_is_cancelled(const kov_context *context)
{
    return atomic_load_explicit(&context->cancelled, memory_order_relaxed);
}

kov_status kov_context_check_cancelled(const kov_context *context)
{
    if (!kov_context_is_cancelled(context))
        return KOV_OK;
    return kov_fail(KOV_CANCELLED, "cancelled: the context's cancel flag is set");
}

bool kov_log_enabled(const kov_context *context)
{
    return context->options.log != NULL;
}

void kov_log_line(const kov_context *context, const char *format, ...)
{
    if (context->options.log == NULL)
        return;
    char line[KOV_LOG_LINE];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length >= 0)
        context->options.log(context->options.log_user, line);
}
