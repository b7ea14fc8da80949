/* SPDX-License-Identifier: Apache-2.0 */
/* Eager calls: results against plain C whatever was cached before, and a cache that stays bounded.
 */
#include <kov/kov.h>

#include "base/memory.h"
#include "tensor/tensor.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CALLS = 50000, MAX_ARGUMENTS = 8 };

static kov_context *begin(void)
{
    kov_context *context;
    const kov_context_options options = {.threads = 1};
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    return context;
}

static void end(kov_context *context)
{
    kov_eager_stats stats;
    kov_eager_clear(context);
    kov_eager_get_stats(context, &stats);
    assert_int_equal(stats.plans, 0);
    assert_int_equal(stats.bytes, 0);
    kov_context_release(context);
}

/* A call with one result; the status of a failure goes to *status if it is not NULL. */
static kov_tensor *call(kov_context *context, const char *module, const char *name,
                        const kov_argument *arguments, int n, kov_status *status)
{
    kov_argument all[MAX_ARGUMENTS] = {{.kind = KOV_ARGUMENT_NONE}};
    int function = kov_function_find(module, name), count = 1;
    kov_tensor *out = NULL;
    if (function < 0)
        return NULL;
    memcpy(all, arguments, sizeof *arguments * (size_t)n);
    kov_status got = kov_eager_call(context, function, KOV_DTYPE_F32, all,
                                    kov_function_at(function)->parameter_count, &out, &count);
    if (status)
        *status = got;
    else if (got != KOV_OK)
        print_error("%s.%s: %s\n", module, name, kov_error_text());
    return got == KOV_OK ? out : NULL;
}

static kov_argument tensor_argument(kov_tensor *tensor)
{
    return (kov_argument){.kind = KOV_ARGUMENT_TENSOR, .u.tensor = tensor};
}

static kov_argument ints_argument(const int64_t *at, int n)
{
    return (kov_argument){.kind = KOV_ARGUMENT_INTS, .count = n, .u.ints = at};
}

static kov_argument int_argument(int64_t number)
{
    return (kov_argument){.kind = KOV_ARGUMENT_INT, .u.integer = number};
}

/* 0, 1, 2, ... */
static kov_tensor *counting(kov_context *context, int ndim, const int64_t *dims)
{
    kov_tensor *tensor;
    if (kov_tensor_create(context, KOV_DTYPE_F32, ndim, dims, &tensor) != KOV_OK)
        return NULL;
    float *at = kov_tensor_data_mut(tensor);
    for (int64_t i = 0; i < kov_tensor_count(tensor); i++)
        at[i] = (float)i;
    return tensor;
}

static bool has_dims(const kov_tensor *tensor, int ndim, const int64_t *dims)
{
    return tensor && kov_tensor_ndim(tensor) == ndim &&
           memcmp(kov_tensor_dims(tensor), dims, sizeof *dims * (size_t)ndim) == 0;
}

/* ---- calls whose results are known ---- */

static bool check_add(kov_context *context, int64_t rows, int64_t columns, double number)
{
    const int64_t dims[] = {rows, columns};
    kov_tensor *x = counting(context, 2, dims);
    const kov_argument arguments[] = {tensor_argument(x),
                                      {.kind = KOV_ARGUMENT_FLOAT, .u.real = number}};
    kov_tensor *y = call(context, "numpy", "add", arguments, 2, NULL);
    bool ok = has_dims(y, 2, dims) && kov_tensor_dtype(y) == KOV_DTYPE_F32;
    const float *at = ok ? kov_tensor_data(y) : NULL;
    for (int64_t i = 0; ok && i < rows * columns; i++)
        ok = at[i] == (float)i + (float)number;
    kov_tensor_release(x);
    kov_tensor_release(y);
    return ok;
}

/* newshape has one -1 or none. */
static bool check_reshape(kov_context *context, int64_t n, const int64_t *shape, int ndim)
{
    kov_tensor *x = counting(context, 1, &n);
    int64_t want[4], product = 1;
    for (int i = 0; i < ndim; i++)
        product *= shape[i] < 0 ? 1 : shape[i];
    for (int i = 0; i < ndim; i++)
        want[i] = shape[i] < 0 ? n / product : shape[i];
    const kov_argument arguments[] = {tensor_argument(x), ints_argument(shape, ndim)};
    kov_tensor *y = call(context, "numpy", "reshape", arguments, 2, NULL);
    bool ok = has_dims(y, ndim, want) &&
              memcmp(kov_tensor_data(x), kov_tensor_data(y), sizeof(float) * (size_t)n) == 0;
    kov_tensor_release(x);
    kov_tensor_release(y);
    return ok;
}

static bool check_arange(kov_context *context, int64_t start, int64_t stop, int64_t step)
{
    const kov_argument arguments[] = {int_argument(start), int_argument(stop), int_argument(step)};
    kov_tensor *y = call(context, "numpy", "arange", arguments, 3, NULL);
    int64_t n = stop > start ? (stop - start + step - 1) / step : 0;
    bool ok = has_dims(y, 1, &n) && kov_tensor_dtype(y) == KOV_DTYPE_I32;
    const int32_t *at = ok ? kov_tensor_data(y) : NULL;
    for (int64_t i = 0; ok && i < n; i++)
        ok = at[i] == start + i * step;
    kov_tensor_release(y);
    return ok;
}

static bool check_slice(kov_context *context, int64_t n, int64_t start, int64_t length)
{
    kov_tensor *x = counting(context, 1, &n);
    const kov_argument arguments[] = {tensor_argument(x), ints_argument(&start, 1),
                                      ints_argument(&length, 1)};
    kov_tensor *y = call(context, "core", "slice", arguments, 3, NULL);
    bool ok = has_dims(y, 1, &length);
    const float *at = ok ? kov_tensor_data(y) : NULL;
    for (int64_t i = 0; ok && i < length; i++)
        ok = at[i] == (float)(start + i);
    kov_tensor_release(x);
    kov_tensor_release(y);
    return ok;
}

static bool check_matmul(kov_context *context, int64_t m, int64_t k, int64_t n)
{
    const int64_t a_dims[] = {m, k}, b_dims[] = {k, n}, want[] = {m, n};
    kov_tensor *a = counting(context, 2, a_dims), *b = counting(context, 2, b_dims);
    const kov_argument arguments[] = {tensor_argument(a), tensor_argument(b)};
    kov_tensor *y = call(context, "numpy", "matmul", arguments, 2, NULL);
    bool ok = has_dims(y, 2, want);
    const float *at = ok ? kov_tensor_data(y) : NULL;
    for (int64_t i = 0; ok && i < m * n; i++) {
        double sum = 0; /* whole numbers far below 2^24: exact in float too */
        for (int64_t j = 0; j < k; j++)
            sum += (double)(i / n * k + j) * (double)(j * n + i % n);
        ok = at[i] == (float)sum;
    }
    kov_tensor_release(a);
    kov_tensor_release(b);
    kov_tensor_release(y);
    return ok;
}

/* Each element as often as a tensor says. */
static bool check_repeat(kov_context *context, int64_t n, const int32_t *repeats)
{
    kov_tensor *x = counting(context, 1, &n), *times, *y;
    int64_t total = 0, at = 0;
    for (int64_t i = 0; i < n; i++)
        total += repeats[i];
    if (kov_tensor_from_data(context, KOV_DTYPE_I32, 1, &n, repeats, &times) != KOV_OK)
        return false;
    const int64_t axis = 0;
    const kov_argument arguments[] = {tensor_argument(x), tensor_argument(times),
                                      ints_argument(&axis, -1)};
    y = call(context, "numpy", "repeat", arguments, 3, NULL);
    bool ok = has_dims(y, 1, &total);
    const float *have = ok ? kov_tensor_data(y) : NULL;
    for (int64_t i = 0; ok && i < n; i++) {
        for (int32_t j = 0; ok && j < repeats[i]; j++)
            ok = have[at++] == (float)i;
    }
    kov_tensor_release(x);
    kov_tensor_release(times);
    kov_tensor_release(y);
    return ok;
}

static bool check_one(kov_context *context, uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    uint32_t r = (uint32_t)(*seed >> 33);
    int64_t a = 1 + r / 8 % 11, b = 1 + r / 128 % 13, c = 1 + r / 2048 % 7;
    switch (r % 7) {
    case 0:
        return check_add(context, a, b, (double)(r % 1000) / 8);
    case 1: {
        const int64_t shape[] = {a, b, c};
        return check_reshape(context, a * b * c, shape, 3);
    }
    case 2: {
        const int64_t shape[] = {r / 16384 % 3 == 0 ? -1 : a, r / 16384 % 3 == 1 ? -1 : b};
        return check_reshape(context, a * b, shape, 2);
    }
    case 3:
        return check_arange(context, a, a + 3 * b, c);
    case 4:
        return check_slice(context, a + b + c, a, b);
    case 5:
        return check_matmul(context, a, b, c);
    default: {
        const int32_t repeats[] = {(int32_t)a, 0, (int32_t)c, 1};
        return r % 64 ? check_add(context, b, a, 1) : check_repeat(context, 4, repeats);
    }
    }
}

/* ---- tests ---- */

static void cache_stays_bounded(void **state)
{
    (void)state;
    kov_context *context = begin();
    kov_eager_stats early, late;
    uint64_t seed = 1;
    size_t bytes = 0;
    for (int i = 0; i < CALLS; i++) {
        if (!check_one(context, &seed))
            fail_msg("call %d", i);
        if (i == CALLS / 2) {
            kov_memory_trim(context);
            kov_eager_get_stats(context, &early);
            bytes = kov_context_bytes_in_use(context);
        }
    }
    kov_memory_trim(context);
    kov_eager_get_stats(context, &late);
    assert_true(late.plans <= 64); /* a handful of functions, each with few plans for all shapes */
    assert_int_equal(late.plans, early.plans);
    assert_true(late.hits * 100 >= late.calls * 95);
    /* Plans keep instances of the shapes that they ran last: some kilobytes of drift, no growth. */
    size_t now = kov_context_bytes_in_use(context);
    assert_true(now < bytes + bytes / 2);
    end(context);
}

/* A decomposition that reads a dimension has a plan per number; each call gets the right one. */
static void guards_alternate(void **state)
{
    (void)state;
    kov_context *context = begin();
    for (int i = 0; i < 300; i++) {
        int64_t n = 2 + i % 5;
        kov_tensor *x = counting(context, 1, &n);
        const kov_argument arguments[] = {tensor_argument(x)};
        kov_tensor *y = call(context, "numpy", "diff", arguments, 1, NULL);
        int64_t want = n - 1;
        assert_true(has_dims(y, 1, &want));
        for (int64_t j = 0; j < want; j++)
            assert_true(((const float *)kov_tensor_data(y))[j] == 1);
        kov_tensor_release(y);

        const int64_t square[] = {n, n};
        kov_tensor *m = counting(context, 2, square);
        const kov_argument of_matrix[] = {tensor_argument(m)};
        y = call(context, "numpy", "trace", of_matrix, 1, NULL);
        assert_non_null(y);
        float sum = 0;
        for (int64_t j = 0; j < n; j++)
            sum += (float)(j * n + j);
        assert_true(((const float *)kov_tensor_data(y))[0] == sum);
        kov_tensor_release(y);

        /* squeeze without an axis reads every dimension */
        const int64_t thin[] = {i % 2 ? 1 : n, i % 3 ? 1 : 3};
        kov_tensor *t = counting(context, 2, thin);
        const kov_argument of_thin[] = {tensor_argument(t)};
        y = call(context, "numpy", "squeeze", of_thin, 1, NULL);
        assert_non_null(y);
        assert_int_equal(kov_tensor_ndim(y), (thin[0] != 1) + (thin[1] != 1));
        assert_int_equal(kov_tensor_count(y), thin[0] * thin[1]);
        kov_tensor_release(y);
        kov_tensor_release(t);
        kov_tensor_release(m);
        kov_tensor_release(x);
    }
    end(context);
}

static void negative_entries_alternate(void **state)
{
    (void)state;
    kov_context *context = begin();
    for (int64_t i = 0; i < 200; i++) {
        const int64_t n = 1 + i % 7, m = 2 + i % 3;
        const int64_t shapes[4][2] = {{n, m}, {-1, m}, {n, -1}, {m, n}};
        assert_true(check_reshape(context, n * m, shapes[i % 4], 2));
        assert_true(check_reshape(context, n * m, shapes[(i + 1) % 4], 2));
        assert_true(check_reshape(context, n * m, (const int64_t[]){-1}, 1));
        assert_true(check_reshape(context, n * m, (const int64_t[]){n * m}, 1));
    }
    end(context);
}

/* A length that only the values of a tensor say: traced for each call, and never kept. */
static void values_change(void **state)
{
    (void)state;
    kov_context *context = begin();
    kov_eager_stats stats;
    for (int32_t i = 0; i < 60; i++) {
        const int32_t repeats[] = {i % 4, 2, (i / 4) % 3, i % 2};
        assert_true(check_repeat(context, 4, repeats));
    }
    kov_eager_get_stats(context, &stats);
    assert_true(stats.plans <= 4);
    end(context);
}

static void broadcast_of_one(void **state)
{
    (void)state;
    kov_context *context = begin();
    for (int i = 0; i < 100;
         i++) { /* the same key: sizes that are 1 in some calls and not in others */
        const int64_t a[] = {i % 2 ? 1 : 4, i % 3 ? 3 : 1}, b[] = {i % 5 ? 4 : 1, i % 7 ? 1 : 3};
        kov_tensor *x = counting(context, 2, a), *y = counting(context, 2, b);
        const kov_argument arguments[] = {tensor_argument(x), tensor_argument(y)};
        kov_tensor *z = call(context, "numpy", "add", arguments, 2, NULL);
        const int64_t want[] = {a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
        assert_true(has_dims(z, 2, want));
        const float *at = kov_tensor_data(z);
        for (int64_t r = 0; r < want[0]; r++) {
            for (int64_t c = 0; c < want[1]; c++) {
                int64_t left = (a[0] == 1 ? 0 : r) * a[1] + (a[1] == 1 ? 0 : c);
                int64_t right = (b[0] == 1 ? 0 : r) * b[1] + (b[1] == 1 ? 0 : c);
                assert_true(at[r * want[1] + c] == (float)(left + right));
            }
        }
        kov_tensor_release(x);
        kov_tensor_release(y);
        kov_tensor_release(z);
    }
    /* Shapes that do not fit are refused by a plan that served others. */
    const int64_t three[] = {3, 3}, four[] = {4, 3};
    kov_tensor *x = counting(context, 2, three), *y = counting(context, 2, four);
    const kov_argument arguments[] = {tensor_argument(x), tensor_argument(y)};
    kov_status status;
    assert_null(call(context, "numpy", "add", arguments, 2, &status));
    assert_int_equal(status, KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "broadcast"));
    kov_tensor_release(x);
    kov_tensor_release(y);
    end(context);
}

static void floatx_changes(void **state)
{
    (void)state;
    kov_context *context = begin();
    int function = kov_function_find("numpy", "sqrt");
    const kov_dtype floatx[] = {KOV_DTYPE_F32, KOV_DTYPE_F16, KOV_DTYPE_F64, KOV_DTYPE_BF16};
    int32_t number = 4;
    kov_tensor *x;
    assert_int_equal(kov_tensor_scalar(context, KOV_DTYPE_I32, &number, &x), KOV_OK);
    for (int i = 0; i < 40; i++) {
        const kov_argument argument = tensor_argument(x);
        kov_tensor *y;
        int count = 1;
        assert_int_equal(kov_eager_call(context, function, floatx[i % 4], &argument, 1, &y, &count),
                         KOV_OK);
        assert_int_equal(kov_tensor_dtype(y), floatx[i % 4]);
        if (floatx[i % 4] == KOV_DTYPE_F64)
            assert_true(*(const double *)kov_tensor_data(y) == 2);
        kov_tensor_release(y);
    }
    kov_tensor_release(x);
    end(context);
}

static void wrong_calls(void **state)
{
    (void)state;
    kov_context *context = begin();
    kov_tensor *out[2] = {0};
    int count = 2;
    assert_int_equal(kov_eager_call(context, -1, KOV_DTYPE_F32, NULL, 0, out, &count),
                     KOV_INVALID_ARGUMENT);
    assert_int_equal(count, 0);
    int function = kov_function_find("numpy", "add");
    count = 2;
    assert_int_equal(kov_eager_call(context, function, KOV_DTYPE_F32, NULL, 0, out, &count),
                     KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "0 arguments given, 2 taken"));
    int64_t n = 3;
    kov_tensor *x = counting(context, 1, &n);
    const kov_argument both[] = {tensor_argument(x), tensor_argument(x)};
    count = 0;
    assert_int_equal(kov_eager_call(context, function, KOV_DTYPE_F32, both, 2, out, &count),
                     KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "1 results, room for 0"));
    assert_null(out[0]);
    kov_tensor_release(x);
    end(context);
}

/* ---- threads ---- */

enum { THREADS = 8, CALLS_PER_THREAD = 1500 };

struct worker {
    kov_context *context;
    uint64_t seed;
    int failures;
};

static void *work(void *user)
{
    struct worker *w = user;
    for (int i = 0; i < CALLS_PER_THREAD; i++)
        w->failures += !check_one(w->context, &w->seed);
    return NULL;
}

static void threads_share_the_cache(void **state)
{
    (void)state;
    kov_context *context = begin();
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){context, (uint64_t)i % 3 + 7, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 20; i++)
        kov_eager_clear(context);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(workers[i].failures, 0);
    end(context);
}

/* ---- memory ---- */

static void memory_runs_out(void **state)
{
    (void)state;
    kov_context *context = begin();
    const int64_t dims[] = {3, 4}, shape[] = {4, -1};
    kov_tensor *x = counting(context, 2, dims);
    const kov_argument arguments[] = {tensor_argument(x), ints_argument(shape, 2)};
    kov_eager_clear(context); /* makes the cache itself */
    kov_memory_trim(context);
    size_t before = kov_context_bytes_in_use(context);
    for (int64_t n = 1;; n++) {
        kov_status status;
        kov_memory_fail_after(context, n);
        kov_tensor *y = call(context, "numpy", "reshape", arguments, 2, &status);
        bool failed = kov_memory_failed(context);
        kov_memory_fail_after(context, 0);
        if (status != KOV_OK)
            assert_int_equal(status, KOV_OUT_OF_MEMORY);
        kov_tensor_release(y);
        kov_eager_clear(context);
        kov_memory_trim(context);
        assert_int_equal(kov_context_bytes_in_use(context), before);
        if (!failed)
            break;
    }
    kov_tensor_release(x);
    end(context);
}

static void *count_alloc(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    if (posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) != 0)
        return NULL;
    *(int64_t *)user += (int64_t)size;
    return memory;
}

static void count_release(void *user, void *memory, size_t size)
{
    *(int64_t *)user -= (int64_t)size;
    free(memory);
}

/* Cached plans do not keep a context whose owner has let it go; a result in his hands does. */
static void a_context_goes_with_its_owner(void **state)
{
    (void)state;
    int64_t bytes = 0;
    const kov_context_options options = {
        .alloc = count_alloc, .release = count_release, .alloc_user = &bytes, .threads = 1};
    kov_context *context;
    const int64_t dims[] = {3, 4};
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    kov_tensor *x = counting(context, 2, dims);
    const kov_argument arguments[] = {tensor_argument(x), tensor_argument(x)};
    kov_tensor *y = call(context, "numpy", "add", arguments, 2, NULL);
    assert_true(has_dims(y, 2, dims));
    kov_tensor_release(x);
    kov_context_release(context);
    assert_true(bytes > 0);
    assert_true(((const float *)kov_tensor_data(y))[11] == 22.0f);
    kov_tensor_release(y);
    assert_int_equal(bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_goes_with_its_owner),
        cmocka_unit_test(cache_stays_bounded),
        cmocka_unit_test(guards_alternate),
        cmocka_unit_test(negative_entries_alternate),
        cmocka_unit_test(values_change),
        cmocka_unit_test(broadcast_of_one),
        cmocka_unit_test(floatx_changes),
        cmocka_unit_test(wrong_calls),
        cmocka_unit_test(threads_share_the_cache),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
