/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include "base/context.h"
#include "base/status.h"

#include <string.h>

enum { KOV_ALIGNMENT = 64, KOV_NO_CLASS = -1 };

/* In front of every block; one alignment unit, so the payload stays aligned. */
typedef struct kov_block_header {
    size_t total;    /* bytes taken from the allocator, header included */
    int cache_class; /* KOV_NO_CLASS if it is not kept when freed */
} kov_block_header;

_Static_assert(sizeof(kov_block_header) <= KOV_ALIGNMENT, "header fits in front of the payload");

static kov_block_header *header_of(void *memory)
{
    return (kov_block_header *)(void *)((char *)memory - KOV_ALIGNMENT);
}

static int floor_log2(size_t value)
{
    return 63 - __builtin_clzll((unsigned long long)value);
}

/* Rounds *total up to its class: 2^k, 1.25, 1.5, 1.75 times 2^k. */
static int class_of(size_t *total)
{
    if (*total < (size_t)1 << KOV_CACHE_MIN_LOG2 || *total > (size_t)1 << KOV_CACHE_MAX_LOG2)
        return KOV_NO_CLASS;
    int log2 = floor_log2(*total);
    size_t step = (size_t)1 << (log2 - 2);
    *total = (*total + step - 1) & ~(step - 1);
    log2 = floor_log2(*total);
    size_t quarter = (*total >> (log2 - 2)) & 3;
    return (log2 - KOV_CACHE_MIN_LOG2) * 4 + (int)quarter;
}

static void *cache_take(kov_block_cache *cache, int cache_class)
{
    for (int i = 0; i < KOV_CACHE_SLOTS; i++) {
        _Atomic(void *) *slot = &cache->slots[cache_class][i];
        if (atomic_load_explicit(slot, memory_order_relaxed) == NULL)
            continue;
        void *block = atomic_exchange_explicit(slot, NULL, memory_order_acquire);
        if (block == NULL)
            continue;
        atomic_fetch_sub_explicit(&cache->bytes, ((kov_block_header *)block)->total,
                                  memory_order_relaxed);
        return block;
    }
    return NULL;
}

static void release_block(kov_context *context, kov_block_header *block)
{
    context->options.release(context->options.alloc_user, block, block->total);
}

/* Evicting by turns keeps a class that is in use from being starved by ones that no longer are. */
static bool cache_make_room(kov_context *context, size_t total)
{
    kov_block_cache *cache = &context->cache;
    if (total > cache->byte_limit)
        return false;
    for (int tries = 0; tries < KOV_CACHE_CLASSES; tries++) {
        size_t held = atomic_load_explicit(&cache->bytes, memory_order_relaxed);
        if (held <= cache->byte_limit - total)
            return true;
        unsigned turn = atomic_fetch_add_explicit(&cache->evict_next, 1, memory_order_relaxed);
        void *block;
        while ((block = cache_take(cache, (int)(turn % KOV_CACHE_CLASSES))) != NULL)
            release_block(context, block);
    }
    return false;
}

static bool cache_put(kov_context *context, kov_block_header *block)
{
    kov_block_cache *cache = &context->cache;
    if (!cache_make_room(context, block->total))
        return false;
    /* The block belongs to another thread as soon as it is in a slot: read and count it before. */
    size_t total = block->total;
    _Atomic(void *) *slots = cache->slots[block->cache_class];
    atomic_fetch_add_explicit(&cache->bytes, total, memory_order_relaxed);
    for (int i = 0; i < KOV_CACHE_SLOTS; i++) {
        void *expected = NULL;
        if (atomic_load_explicit(&slots[i], memory_order_relaxed) == NULL &&
            atomic_compare_exchange_strong_explicit(&slots[i], &expected, block,
                                                    memory_order_release, memory_order_relaxed))
            return true;
    }
    atomic_fetch_sub_explicit(&cache->bytes, total, memory_order_relaxed);
    return false;
}

static bool injected_failure(kov_context *context)
{
    int64_t left = atomic_load_explicit(&context->fail_after, memory_order_relaxed);
    if (left <= 0)
        return false;
    return atomic_fetch_sub_explicit(&context->fail_after, 1, memory_order_relaxed) == 1;
}

/* Counts first and asks afterwards, so that threads at the limit cannot pass it together. */
static bool reserve(kov_context *context, size_t total)
{
    size_t limit = context->options.byte_limit;
    size_t before = atomic_fetch_add_explicit(&context->bytes_in_use, total, memory_order_relaxed);
    if (limit == 0 || (before <= limit && total <= limit - before))
        return true;
    atomic_fetch_sub_explicit(&context->bytes_in_use, total, memory_order_relaxed);
    return false;
}

static void *take_block(kov_context *context, size_t total, int cache_class)
{
    if (cache_class != KOV_NO_CLASS) {
        void *block = cache_take(&context->cache, cache_class);
        if (block != NULL)
            return block;
    }
    /* Kept blocks are not in use, but they are memory: they give way before a limit is passed. */
    size_t limit = context->options.byte_limit;
    size_t used = atomic_load_explicit(&context->bytes_in_use, memory_order_relaxed);
    size_t kept = atomic_load_explicit(&context->cache.bytes, memory_order_relaxed);
    if (limit != 0 && kept != 0 && (used > limit || kept > limit - used))
        kov_memory_trim(context);
    void *user = context->options.alloc_user;
    void *block = context->options.alloc(user, total, KOV_ALIGNMENT);
    if (block == NULL && atomic_load_explicit(&context->cache.bytes, memory_order_relaxed) != 0) {
        kov_memory_trim(context);
        block = context->options.alloc(user, total, KOV_ALIGNMENT);
    }
    return block;
}

void *kov_alloc(kov_context *context, size_t size)
{
    if (injected_failure(context)) {
        kov_fail(KOV_OUT_OF_MEMORY, "out of memory: injected failure of %zu bytes", size);
        return NULL;
    }
    if (size > SIZE_MAX / 2) {
        kov_fail(KOV_OUT_OF_MEMORY, "out of memory: %zu bytes asked for", size);
        return NULL;
    }
    size_t total = ((size + KOV_ALIGNMENT - 1) & ~(size_t)(KOV_ALIGNMENT - 1)) + KOV_ALIGNMENT;
    if (size == 0)
        total += KOV_ALIGNMENT;
    int cache_class = class_of(&total);
    if (!reserve(context, total)) {
        kov_fail(KOV_OUT_OF_MEMORY,
                 "out of memory: %zu bytes asked for, %zu in use, the context's limit is %zu", size,
                 kov_context_bytes_in_use(context), context->options.byte_limit);
        return NULL;
    }
    kov_block_header *block = take_block(context, total, cache_class);
    if (block == NULL) {
        atomic_fetch_sub_explicit(&context->bytes_in_use, total, memory_order_relaxed);
        kov_fail(KOV_OUT_OF_MEMORY, "out of memory: the allocator refused %zu bytes", size);
        return NULL;
    }
    block->total = total;
    block->cache_class = cache_class;
    return (char *)block + KOV_ALIGNMENT;
}

void *kov_alloc_zero(kov_context *context, size_t size)
{
    void *memory = kov_alloc(context, size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

void *kov_realloc(kov_context *context, void *memory, size_t size)
{
    if (memory == NULL)
        return kov_alloc(context, size);
    size_t room = header_of(memory)->total - KOV_ALIGNMENT;
    if (size <= room && size >= room / 4)
        return memory;
    void *moved = kov_alloc(context, size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memory, size < room ? size : room);
    kov_free(context, memory);
    return moved;
}

void kov_free(kov_context *context, void *memory)
{
    if (memory == NULL)
        return;
    kov_block_header *block = header_of(memory);
    atomic_fetch_sub_explicit(&context->bytes_in_use, block->total, memory_order_relaxed);
    if (block->cache_class != KOV_NO_CLASS && cache_put(context, block))
        return;
    release_block(context, block);
}

void kov_memory_trim(kov_context *context)
{
    for (int cache_class = 0; cache_class < KOV_CACHE_CLASSES; cache_class++) {
        void *block;
        while ((block = cache_take(&context->cache, cache_class)) != NULL)
            release_block(context, block);
    }
}

void kov_memory_fail_after(kov_context *context, int64_t n)
{
    atomic_store_explicit(&context->fail_after, n > 0 ? n : -1, memory_order_relaxed);
}

bool kov_memory_failed(const kov_context *context)
{
    return atomic_load_explicit(&context->fail_after, memory_order_relaxed) == 0;
}

bool kov_size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

bool kov_size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

bool kov_grow(kov_context *context, void **at, int n, int *cap, size_t element_size)
{
    if (n < *cap)
        return true;
    if (n > INT32_MAX / 2) {
        kov_fail(KOV_OUT_OF_MEMORY, "out of memory: a list of more than %d entries", n);
        return false;
    }
    int wanted = n < 4 ? 8 : n * 2;
    size_t bytes;
    if (!kov_size_mul((size_t)wanted, element_size, &bytes)) {
        kov_fail(KOV_OUT_OF_MEMORY, "out of memory: a list of %d entries of %zu bytes", wanted,
                 element_size);
        return false;
    }
    /* *at is a pointer to some other type than void: copied as bytes, it may be read all the same.
     */
    void *old;
    memcpy(&old, at, sizeof old);
    void *moved = kov_realloc(context, old, bytes);
    if (moved == NULL)
        return false;
    memcpy(at, &moved, sizeof moved);
    *cap = wanted;
    return true;
}
