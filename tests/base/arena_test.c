/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static kov_context *make_context(void)
{
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    return context;
}

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_arena arena;
    kov_arena_init(&arena, context);
    for (int round = 0; round < 2; round++) {
        unsigned char *pieces[2000];
        size_t sizes[2000];
        for (size_t i = 0; i < 2000; i++) {
            sizes[i] = i % 100 == 99 ? 50000 + i : i * 7 % 300;
            pieces[i] = kov_arena_alloc(&arena, sizes[i]);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], 0);
            memset(pieces[i], (int)(i % 251 + 1), sizes[i]);
        }
        for (size_t i = 0; i < 2000; i++)
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], i % 251 + 1);
        kov_arena_free(&arena);
        assert_int_equal(kov_context_bytes_in_use(context), 0);
    }
    kov_context_release(context);
}

static void copies_are_equal(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_arena arena;
    kov_arena_init(&arena, context);
    assert_string_equal(kov_arena_strdup(&arena, "dense_1/kernel"), "dense_1/kernel");
    assert_string_equal(kov_arena_strdup(&arena, ""), "");
    const int64_t dims[] = {2, 3, 5};
    assert_memory_equal(kov_arena_copy(&arena, dims, sizeof dims), dims, sizeof dims);
    assert_non_null(kov_arena_copy(&arena, NULL, 0));
    kov_arena_free(&arena);
    kov_context_release(context);
}

static void memory_short(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_arena arena;
    kov_arena_init(&arena, context);
    assert_null(kov_arena_alloc(&arena, SIZE_MAX));
    assert_null(kov_arena_alloc(&arena, SIZE_MAX - 20));
    kov_memory_fail_after(context, 1);
    assert_null(kov_arena_alloc(&arena, 10));
    char *kept = kov_arena_strdup(&arena, "kept");
    kov_memory_fail_after(context, 1);
    assert_null(kov_arena_alloc(&arena, 100000));
    assert_string_equal(kept, "kept");
    kov_arena_free(&arena);
    kov_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(copies_are_equal),
        cmocka_unit_test(memory_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
