/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void expect_distinct(uint64_t *hashes, size_t n)
{
    qsort(hashes, n, sizeof *hashes, compare);
    for (size_t i = 1; i < n; i++)
        assert_true(hashes[i - 1] != hashes[i]);
}

/* 64-bit hashes of this few inputs do not collide by chance (probability below 1e-8). */
static void similar_inputs_differ(void **state)
{
    (void)state;
    enum { N = 400000 };
    uint64_t *hashes = malloc(N * sizeof *hashes);
    size_t n = 0;
    static const char zeros[300];
    for (size_t size = 0; size < 300; size++)
        hashes[n++] = kov_hash_bytes(zeros, size, 0);
    for (uint64_t seed = 1; seed < 300; seed++)
        hashes[n++] = kov_hash_bytes(zeros, 24, seed);
    for (int64_t i = 1; i < 100000; i++) {
        int64_t dims[3] = {i % 40, i / 40, -1};
        hashes[n++] = kov_hash_bytes(dims, sizeof dims, 0);
    }
    for (size_t bit = 0; bit < 300 * 8; bit++) {
        char flipped[300] = {0};
        flipped[bit / 8] = (char)(1 << bit % 8);
        hashes[n++] = kov_hash_bytes(flipped, sizeof flipped, 0);
    }
    expect_distinct(hashes, n);
    n = 0;
    for (uint64_t a = 0; a < 600; a++)
        for (uint64_t b = 0; b < 600; b++)
            hashes[n++] = kov_hash_mix(a, b);
    expect_distinct(hashes, n);
    free(hashes);
}

static void alignment_does_not_matter(void **state)
{
    (void)state;
    char text[100], moved[140];
    for (int i = 0; i < 100; i++)
        text[i] = (char)(i * 37);
    for (size_t size = 0; size <= 100; size++)
        for (size_t offset = 0; offset < 16; offset++) {
            memcpy(moved + offset, text, size);
            assert_true(kov_hash_bytes(moved + offset, size, 5) == kov_hash_bytes(text, size, 5));
        }
}

/* A map indexes slots with the low bits: flipping any input bit must flip each about half the time.
 */
static void every_bit_reaches_every_bit(void **state)
{
    (void)state;
    enum { TRIALS = 2000 };
    for (int in = 0; in < 128; in++) {
        int flips[64] = {0};
        for (uint64_t trial = 0; trial < TRIALS; trial++) {
            uint64_t words[2] = {trial * 3, trial << 40 | trial};
            uint64_t before = kov_hash_bytes(words, sizeof words, 0);
            words[in / 64] ^= (uint64_t)1 << in % 64;
            uint64_t changed = before ^ kov_hash_bytes(words, sizeof words, 0);
            for (int out = 0; out < 64; out++)
                flips[out] += (int)(changed >> out & 1);
        }
        for (int out = 0; out < 64; out++)
            assert_in_range(flips[out], TRIALS * 2 / 5, TRIALS * 3 / 5); /* 9 standard deviations */
    }
}

static bool is_payload(void *user, int payload)
{
    return payload == *(int *)user;
}

static bool accept_any(void *user, int payload)
{
    (void)user;
    (void)payload;
    return true;
}

static void map_finds_what_was_added(void **state)
{
    (void)state;
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    kov_hash_map map;
    kov_hash_map_init(&map, context);
    assert_int_equal(kov_hash_map_find(&map, 1, accept_any, NULL), -1);
    /* Ten entries per hash, and hashes that all want the same slot. */
    for (int i = 0; i < 5000; i++)
        assert_int_equal(kov_hash_map_add(&map, (uint64_t)(i / 10) << 32, i), KOV_OK);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(kov_hash_map_find(&map, (uint64_t)(i / 10) << 32, is_payload, &i), i);
    int absent = 5000;
    assert_int_equal(kov_hash_map_find(&map, 0, is_payload, &absent), -1);
    assert_int_equal(kov_hash_map_find(&map, 12345, accept_any, NULL), -1);
    kov_hash_map_free(&map);
    assert_int_equal(kov_hash_map_find(&map, 0, accept_any, NULL), -1);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
}

static void map_survives_short_memory(void **state)
{
    (void)state;
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    kov_hash_map map;
    kov_hash_map_init(&map, context);
    int added = 0;
    for (int i = 0; i < 1000; i++) {
        kov_memory_fail_after(context, i % 2 == 0 ? 1 : -1);
        kov_status status = kov_hash_map_add(&map, kov_hash_mix((uint64_t)added, 0), added);
        assert_true(status == KOV_OK || status == KOV_OUT_OF_MEMORY);
        added += status == KOV_OK;
    }
    kov_memory_fail_after(context, -1);
    assert_in_range(added, 980, 999);
    for (int i = 0; i < added; i++)
        assert_int_equal(kov_hash_map_find(&map, kov_hash_mix((uint64_t)i, 0), is_payload, &i), i);
    kov_hash_map_free(&map);
    kov_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(similar_inputs_differ),       cmocka_unit_test(alignment_does_not_matter),
        cmocka_unit_test(every_bit_reaches_every_bit), cmocka_unit_test(map_finds_what_was_added),
        cmocka_unit_test(map_survives_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
