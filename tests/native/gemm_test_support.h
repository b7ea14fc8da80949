/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the heavy kernels share: data whose sums are exact in float32, aligned memory
 * that ends at a guard, contexts of one and two threads. */
#ifndef KOV_TESTS_GEMM_TEST_SUPPORT_H
#define KOV_TESTS_GEMM_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include <kov/context.h>

/* Small integers: products and sums of a few thousand of them are exact, so results must be equal.
 */
static inline float test_value(uint64_t i)
{
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15ULL;
    return (float)((x >> 40) % 9) - 4.0F;
}

/* In [-1, 1), all bits used. */
static inline float test_fraction(uint64_t i)
{
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15ULL;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9ULL;
    return (float)(int32_t)(x >> 32) * 0x1p-31F;
}

/* Floats whose last one is the last of a page, after which nothing may be read or written. */
typedef struct test_array {
    float *at;
    void *map;
    size_t map_size;
} test_array;

static inline test_array test_array_make(int64_t count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (size_t)count * sizeof(float);
    test_array array = {.map_size = (bytes + page - 1) / page * page + page};
    array.map =
        mmap(NULL, array.map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(array.map != MAP_FAILED);
    char *guard = (char *)array.map + array.map_size - page;
    assert_int_equal(mprotect(guard, page, PROT_NONE), 0);
    array.at = (float *)(void *)(guard - bytes);
    return array;
}

static inline test_array test_array_values(int64_t count, uint64_t seed)
{
    test_array array = test_array_make(count);
    for (int64_t i = 0; i < count; i++)
        array.at[i] = test_value(seed + (uint64_t)i);
    return array;
}

static inline void test_array_free(test_array *array)
{
    munmap(array->map, array->map_size);
}

/* Aligned to a cache line; at least one byte. */
static inline void *test_aligned(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes / 64 + 1) * 64);
    assert_non_null(memory);
    memset(memory, 0xFF, bytes); /* NaN: what is read without being written shows */
    return memory;
}

static inline kov_context *test_context(int threads)
{
    kov_context_options options = {.threads = threads};
    kov_context *context = NULL;
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    return context;
}

static inline int64_t test_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
