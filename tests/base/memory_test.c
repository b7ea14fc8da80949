/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include "base/status.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An allocator that knows what is outstanding, and can be made to refuse. */
typedef struct counting {
    atomic_size_t bytes;
    atomic_int calls;
    atomic_int refuse; /* that many next requests */
} counting;

static void *counting_alloc(void *user, size_t size, size_t alignment)
{
    counting *c = user;
    if (atomic_load(&c->refuse) > 0) {
        atomic_fetch_sub(&c->refuse, 1);
        return NULL;
    }
    void *memory = NULL;
    if (posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) != 0)
        return NULL;
    memset(memory, 0xA5, size);
    atomic_fetch_add(&c->bytes, size);
    atomic_fetch_add(&c->calls, 1);
    return memory;
}

static void counting_release(void *user, void *memory, size_t size)
{
    atomic_fetch_sub(&((counting *)user)->bytes, size);
    free(memory);
}

static kov_context *make_context(counting *c, size_t byte_limit)
{
    kov_context_options options = {.byte_limit = byte_limit, .threads = 1};
    if (c != NULL) {
        options.alloc = counting_alloc;
        options.release = counting_release;
        options.alloc_user = c;
    }
    kov_context *context;
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    return context;
}

static void blocks_are_aligned_apart_and_counted(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        counting c = {0};
        kov_context *context = make_context(own ? &c : NULL, 0);
        unsigned char *blocks[300];
        for (size_t i = 0; i < 300; i++) {
            size_t size = i < 200 ? i : i * i;
            blocks[i] = kov_alloc(context, size);
            assert_non_null(blocks[i]);
            assert_int_equal((uintptr_t)blocks[i] % 64, 0);
            memset(blocks[i], (int)i, size);
        }
        void *empty = kov_alloc_zero(context, 0);
        assert_ptr_not_equal(blocks[0], empty);
        assert_in_range(kov_context_bytes_in_use(context), 300, 1 << 26);
        for (size_t i = 0; i < 300; i++) {
            size_t size = i < 200 ? i : i * i;
            for (size_t j = 0; j < size; j++)
                assert_int_equal(blocks[i][j], (unsigned char)i);
            kov_free(context, blocks[i]);
        }
        kov_free(context, NULL);
        kov_free(context, empty);
        assert_int_equal(kov_context_bytes_in_use(context), 0);
        kov_context_release(context);
        if (own)
            assert_int_equal(atomic_load(&c.bytes), 0);
    }
}

static void zeroed_after_use(void **state)
{
    (void)state;
    kov_context *context = make_context(NULL, 0);
    for (size_t size = 1; size < (size_t)1 << 20; size = size * 3 + 1) {
        unsigned char *used = kov_alloc(context, size);
        memset(used, 0xFF, size);
        kov_free(context, used);
        unsigned char *zeroed = kov_alloc_zero(context, size);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(zeroed[i], 0);
        kov_free(context, zeroed);
    }
    kov_context_release(context);
}

static void realloc_keeps_contents(void **state)
{
    (void)state;
    kov_context *context = make_context(NULL, 0);
    size_t size = 10;
    unsigned char *memory = kov_realloc(context, NULL, size);
    for (size_t i = 0; i < size; i++)
        memory[i] = (unsigned char)(i * 7);
    for (size_t grown = size; grown < 3000000; grown = grown * 2 + 13) {
        memory = kov_realloc(context, memory, grown);
        assert_non_null(memory);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], (unsigned char)(i * 7));
        for (size_t i = size; i < grown; i++)
            memory[i] = (unsigned char)(i * 7);
        size = grown;
    }
    memory = kov_realloc(context, memory, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(memory[i], (unsigned char)(i * 7));
    assert_in_range(kov_context_bytes_in_use(context), 100, 1000);
    kov_free(context, memory);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
}

static void big_blocks_are_kept(void **state)
{
    (void)state;
    counting c = {0};
    kov_context *context = make_context(&c, 0);
    void *first = kov_alloc(context, 4 << 20);
    kov_free(context, first);
    int calls = atomic_load(&c.calls);
    for (size_t i = 0; i < 10; i++) {
        void *again = kov_alloc(context, ((size_t)4 << 20) - i);
        assert_ptr_equal(again, first);
        kov_free(context, again);
    }
    assert_int_equal(atomic_load(&c.calls), calls);
    size_t kept = atomic_load(&c.bytes);
    kov_memory_trim(context);
    assert_in_range(kept - atomic_load(&c.bytes), 4 << 20, (5 << 20) + 64);
    kov_context_release(context);
    assert_int_equal(atomic_load(&c.bytes), 0);
}

static void what_is_kept_is_bounded(void **state)
{
    (void)state;
    enum { LIMIT = 64 << 20, BLOCKS = 30 };
    counting c = {0};
    kov_context *context = make_context(&c, LIMIT);
    for (size_t size = 20000; size < 1500000; size += size / 3) {
        void *blocks[BLOCKS];
        for (int i = 0; i < BLOCKS; i++)
            assert_non_null(blocks[i] = kov_alloc(context, size));
        for (int i = 0; i < BLOCKS; i++)
            kov_free(context, blocks[i]);
        assert_in_range(atomic_load(&c.bytes), 0, LIMIT / 4 + 100000);
    }
    kov_context_release(context);
    assert_int_equal(atomic_load(&c.bytes), 0);
}

static void the_limit_holds(void **state)
{
    (void)state;
    enum { LIMIT = 1 << 20 };
    counting c = {0};
    kov_context *context = make_context(&c, LIMIT);
    size_t context_bytes = atomic_load(&c.bytes);
    void *blocks[2000];
    int n = 0;
    while (n < 2000 && (blocks[n] = kov_alloc(context, 4000)) != NULL)
        n++;
    assert_in_range(n, 240, 262);
    assert_non_null(strstr(kov_error_text(), "limit"));
    assert_in_range(kov_context_bytes_in_use(context), LIMIT - 5000, LIMIT);
    assert_null(kov_alloc(context, SIZE_MAX));
    assert_null(kov_alloc(context, SIZE_MAX - 100));
    assert_null(kov_alloc(context, SIZE_MAX / 2 + 1));
    while (n > 0)
        kov_free(context, blocks[--n]);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    /* What is kept must not stand in the way of another size, nor pass the limit with it. */
    for (size_t size = 16384; size < 900000; size += 40000) {
        void *block = kov_alloc(context, size);
        assert_non_null(block);
        assert_in_range(atomic_load(&c.bytes) - context_bytes, 0, LIMIT);
        kov_free(context, block);
    }
    kov_context_release(context);
}

static void a_refusal_gives_kept_blocks_back(void **state)
{
    (void)state;
    counting c = {0};
    kov_context *context = make_context(&c, 0);
    kov_free(context, kov_alloc(context, 1 << 20));
    atomic_store(&c.refuse, 1);
    void *block = kov_alloc(context, 100);
    assert_non_null(block);
    kov_free(context, block);
    atomic_store(&c.refuse, 2);
    assert_null(kov_alloc(context, 100));
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
    assert_int_equal(atomic_load(&c.bytes), 0);
    assert_int_equal(atomic_load(&c.refuse), 1); /* nothing was kept any more: one try */
}

static void the_nth_request_fails(void **state)
{
    (void)state;
    kov_context *context = make_context(NULL, 0);
    for (int n = 1; n < 5; n++) {
        kov_memory_fail_after(context, n);
        for (int i = 1; i < 8; i++) {
            void *memory = kov_alloc(context, 10);
            assert_int_equal(memory == NULL, i == n);
            assert_int_equal(kov_memory_failed(context), i >= n);
            kov_free(context, memory);
        }
    }
    kov_memory_fail_after(context, 1);
    kov_memory_fail_after(context, -1);
    void *memory = kov_alloc(context, 10);
    assert_non_null(memory);
    assert_false(kov_memory_failed(context));
    kov_memory_fail_after(context, 1);
    assert_null(kov_realloc(context, memory, 100000)); /* the old block stays */
    memset(memory, 1, 10);
    kov_free(context, memory);
    kov_context_release(context);
}

static void sizes_are_checked(void **state)
{
    (void)state;
    size_t out;
    assert_true(kov_size_mul(1u << 20, 1u << 20, &out));
    assert_int_equal(out, (size_t)1 << 40);
    assert_false(kov_size_mul(SIZE_MAX / 2, 3, &out));
    assert_true(kov_size_add(SIZE_MAX - 1, 1, &out));
    assert_false(kov_size_add(SIZE_MAX, 1, &out));
}

static void a_list_grows(void **state)
{
    (void)state;
    kov_context *context = make_context(NULL, 0);
    struct {
        int64_t *at;
        int n, cap;
    } list = {0};
    for (int i = 0; i < 10000; i++)
        assert_true(KOV_PUSH(context, list, (int64_t)i * i));
    for (int i = 0; i < 10000; i++)
        assert_int_equal(list.at[i], (int64_t)i * i);
    while (list.n < list.cap)
        assert_true(KOV_PUSH(context, list, 0));
    int n = list.n;
    kov_memory_fail_after(context, 1);
    assert_false(KOV_PUSH(context, list, 1));
    assert_int_equal(list.n, n);
    assert_int_equal(list.at[9999], 9999 * 9999);
    kov_free(context, list.at);
    kov_context_release(context);
}

enum { WORKERS = 4, ROUNDS = 3000 };

/* Writes all of a block and looks at it again: two owners of one block would see each other. */
static void *churn(void *argument)
{
    kov_context *context = argument;
    unsigned seed = (unsigned)(uintptr_t)&seed;
    uint64_t *held[8] = {0};
    size_t words[8] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned slot = seed >> 29;
        for (size_t i = 0; held[slot] != NULL && i < words[slot]; i++)
            if (held[slot][i] != ((uintptr_t)held ^ slot))
                return NULL;
        kov_free(context, held[slot]);
        words[slot] = 2048u << (seed >> 16 & 1);
        held[slot] = kov_alloc(context, words[slot] * sizeof(uint64_t));
        if (held[slot] == NULL)
            return NULL;
        for (size_t i = 0; i < words[slot]; i++)
            held[slot][i] = (uintptr_t)held ^ slot;
    }
    for (int slot = 0; slot < 8; slot++)
        kov_free(context, held[slot]);
    return argument;
}

static void threads_share_the_cache(void **state)
{
    (void)state;
    counting c = {0};
    kov_context *context = make_context(&c, 0);
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, context), 0);
    for (int i = 0; i < WORKERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, context);
    }
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
    assert_int_equal(atomic_load(&c.bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_apart_and_counted),
        cmocka_unit_test(zeroed_after_use),
        cmocka_unit_test(realloc_keeps_contents),
        cmocka_unit_test(big_blocks_are_kept),
        cmocka_unit_test(what_is_kept_is_bounded),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(a_refusal_gives_kept_blocks_back),
        cmocka_unit_test(the_nth_request_fails),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(a_list_grows),
        cmocka_unit_test(threads_share_the_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
