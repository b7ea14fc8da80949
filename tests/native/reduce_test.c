/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions against plain loops in long double and 128-bit integers; the promises of reduce.h
 * about the tree: the same bits for every layout and number of threads, and the error bound. */
#include "native/kernels/reduce/reduce.h"
#include "native/math_every_isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const size_t lengths[] = {1,   2,   3,    7,    15,   16,    17,    31,     100,        511,
                                 512, 513, 1025, 2048, 5000, 32768, 32769, 100003, 262144 + 77};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

static kov_context *make_context(int threads)
{
    kov_context *context = NULL;
    kov_context_options options = {.threads = threads};
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    return context;
}

static void fill_f32(float *x, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(int32_t)seed * 0x1p-31f * (seed % 5 == 0 ? 1000.0f : 1.0f);
    }
}

static double bound(size_t n)
{
    return 36 + ceil(log2(n > 512 ? (double)n / 512 : 1)) + 1;
}

static void check_sums(kov_context *context, size_t n)
{
    float *x = malloc(n * sizeof *x), y;
    double *x64 = malloc(n * sizeof *x64), y64;
    assert_true(x && x64);
    fill_f32(x, n, 7);
    long double sum = 0, magnitude = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        x64[i] = (double)x[i];
        sum += x[i];
        magnitude += fabsl(x[i]);
        squares += (long double)x[i] * x[i];
    }
    double allowed = bound(n) * 0x1p-24 * (double)magnitude;
    assert_int_equal(kov_reduce(context, KOV_REDUCE_SUM, KOV_DTYPE_F32, x, &y, 1, n, 1), KOV_OK);
    assert_true(fabs((double)y - (double)sum) <= allowed);
    kov_reduce(context, KOV_REDUCE_MEAN, KOV_DTYPE_F32, x, &y, 1, n, 1);
    assert_true(fabs((double)y * (double)n - (double)sum) <= 2 * allowed);
    kov_reduce(context, KOV_REDUCE_SUM_ABS, KOV_DTYPE_F32, x, &y, 1, n, 1);
    assert_true(fabs((double)y - (double)magnitude) <= allowed);
    kov_reduce(context, KOV_REDUCE_SUM_SQUARE, KOV_DTYPE_F32, x, &y, 1, n, 1);
    assert_true(fabs((double)y - (double)squares) <= (bound(n) + 1) * 0x1p-24 * (double)squares);
    kov_reduce(context, KOV_REDUCE_SUM, KOV_DTYPE_F64, x64, &y64, 1, n, 1);
    assert_true(fabs(y64 - (double)sum) <= bound(n) * 0x1p-53 * (double)magnitude);
    free(x);
    free(x64);
}

static void sums_within_bound(void **state)
{
    (void)state;
    kov_context *context = make_context(2);
    for (size_t i = 0; i < LENGTHS; i++)
        check_sums(context, lengths[i]);
    kov_context_release(context);
}

static void product_of_floats(void **state)
{
    (void)state;
    kov_context *context = make_context(2);
    enum { N = 3001 };
    float x[N], y;
    long double product = 1;
    for (size_t i = 0; i < N; i++) {
        x[i] = 1 + (float)((i * 37) % 101) * 0x1p-12f - 0x1.9p-7f;
        product *= x[i];
    }
    kov_reduce(context, KOV_REDUCE_PROD, KOV_DTYPE_F32, x, &y, 1, N, 1);
    assert_true(fabs((double)y / (double)product - 1) <= bound(N) * 0x1p-24);
    kov_context_release(context);
}

/* (outer, length, inner), transposed to (outer, inner, length), gives the same bits line by line,
 * on one thread and on two. */
static void same_bits_for_layouts_and_threads(void **state)
{
    (void)state;
    static const kov_reduce_op ops[] = {
        KOV_REDUCE_SUM, KOV_REDUCE_MEAN,    KOV_REDUCE_PROD,       KOV_REDUCE_MAX,
        KOV_REDUCE_MIN, KOV_REDUCE_SUM_ABS, KOV_REDUCE_SUM_SQUARE, KOV_REDUCE_ANY,
        KOV_REDUCE_ALL, KOV_REDUCE_ARGMAX,  KOV_REDUCE_ARGMIN,     KOV_REDUCE_LOGSUMEXP};
    static const size_t inners[] = {2, 3, 16, 65, 130};
    kov_context *one = make_context(1), *two = make_context(2);
    for (size_t l = 0; l < LENGTHS; l++) {
        for (size_t k = 0; k < sizeof inners / sizeof inners[0]; k++) {
            size_t n = lengths[l], inner = inners[k], outer = n < 600 ? 3 : 1;
            if (n * inner > 4000000)
                continue;
            float *x = malloc(outer * n * inner * sizeof *x),
                  *t = malloc(outer * n * inner * sizeof *t);
            int64_t y[3 * 130], z[3 * 130], w[3 * 130];
            assert_true(x && t);
            fill_f32(x, outer * n * inner, (uint32_t)(n + inner));
            for (size_t o = 0; o < outer; o++)
                for (size_t r = 0; r < n; r++)
                    for (size_t c = 0; c < inner; c++)
                        t[(o * inner + c) * n + r] = x[(o * n + r) * inner + c];
            for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
                memset(y, 0, sizeof y);
                memset(z, 0, sizeof z);
                memset(w, 0, sizeof w);
                kov_reduce(one, ops[i], KOV_DTYPE_F32, x, y, outer, n, inner);
                kov_reduce(two, ops[i], KOV_DTYPE_F32, x, z, outer, n, inner);
                kov_reduce(two, ops[i], KOV_DTYPE_F32, t, w, outer * inner, n, 1);
                assert_memory_equal(y, z, sizeof y);
                assert_memory_equal(y, w, sizeof y);
            }
            free(x);
            free(t);
        }
    }
    kov_context_release(one);
    kov_context_release(two);
}

static void integers_wrap(void **state)
{
    (void)state;
    kov_context *context = make_context(2);
    for (size_t l = 0; l < LENGTHS; l++) {
        size_t n = lengths[l];
        int32_t *x = malloc(n * sizeof *x), y;
        uint32_t sum = 0, product = 1, squares = 0;
        int32_t most = INT32_MIN, least = INT32_MAX;
        assert_non_null(x);
        for (size_t i = 0; i < n; i++) {
            uint32_t bits = (uint32_t)i * 2654435761u + 12345u;
            x[i] = (int32_t)(bits | (i % 97 != 0));
            sum += (uint32_t)x[i];
            product *= (uint32_t)x[i];
            squares += (uint32_t)x[i] * (uint32_t)x[i];
            most = x[i] > most ? x[i] : most;
            least = x[i] < least ? x[i] : least;
        }
        kov_reduce(context, KOV_REDUCE_SUM, KOV_DTYPE_I32, x, &y, 1, n, 1);
        assert_int_equal((uint32_t)y, sum);
        kov_reduce(context, KOV_REDUCE_PROD, KOV_DTYPE_I32, x, &y, 1, n, 1);
        assert_int_equal((uint32_t)y, product);
        kov_reduce(context, KOV_REDUCE_SUM_SQUARE, KOV_DTYPE_I32, x, &y, 1, n, 1);
        assert_int_equal((uint32_t)y, squares);
        kov_reduce(context, KOV_REDUCE_MAX, KOV_DTYPE_I32, x, &y, 1, n, 1);
        assert_int_equal(y, most);
        kov_reduce(context, KOV_REDUCE_MIN, KOV_DTYPE_I32, x, &y, 1, n, 1);
        assert_int_equal(y, least);
        free(x);
    }
    uint8_t small[300], total, expected = 0;
    for (size_t i = 0; i < 300; i++)
        expected = (uint8_t)(expected + (small[i] = (uint8_t)(i * 7)));
    kov_reduce(context, KOV_REDUCE_SUM, KOV_DTYPE_U8, small, &total, 1, 300, 1);
    assert_int_equal(total, expected);
    kov_context_release(context);
}

static void nan_wins(void **state)
{
    (void)state;
    kov_context *context = make_context(2);
    enum { N = 70001 };
    float *x = malloc(N * sizeof *x), y;
    int64_t at;
    assert_non_null(x);
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(i % 1000);
    kov_reduce(context, KOV_REDUCE_ARGMAX, KOV_DTYPE_F32, x, &at, 1, N, 1);
    assert_int_equal(at, 999);
    x[40000] = INFINITY;
    kov_reduce(context, KOV_REDUCE_ARGMAX, KOV_DTYPE_F32, x, &at, 1, N, 1);
    assert_int_equal(at, 40000);
    x[66000] = NAN;
    x[66005] = NAN;
    kov_reduce(context, KOV_REDUCE_ARGMAX, KOV_DTYPE_F32, x, &at, 1, N, 1);
    assert_int_equal(at, 66000);
    kov_reduce(context, KOV_REDUCE_ARGMIN, KOV_DTYPE_F32, x, &at, 1, N, 1);
    assert_int_equal(at, 66000);
    kov_reduce(context, KOV_REDUCE_MAX, KOV_DTYPE_F32, x, &y, 1, N, 1);
    assert_true(isnan(y));
    kov_reduce(context, KOV_REDUCE_MIN, KOV_DTYPE_F32, x, &y, 1, N, 1);
    assert_true(isnan(y));
    float columns[6] = {1, NAN, 3, 2, 5, NAN};
    int64_t best[2];
    kov_reduce(context, KOV_REDUCE_ARGMAX, KOV_DTYPE_F32, columns, best, 1, 3, 2);
    assert_int_equal(best[0], 2);
    assert_int_equal(best[1], 0);
    free(x);
    kov_context_release(context);
}

static void truth(void **state)
{
    (void)state;
    kov_context *context = make_context(1);
    bool flags[5] = {false, true, false, false, true}, y;
    double zeros[3] = {0, -0.0, 0}, nan_only[1] = {NAN};
    kov_reduce(context, KOV_REDUCE_ANY, KOV_DTYPE_BOOL, flags, &y, 1, 5, 1);
    assert_true(y);
    kov_reduce(context, KOV_REDUCE_ALL, KOV_DTYPE_BOOL, flags, &y, 1, 5, 1);
    assert_false(y);
    kov_reduce(context, KOV_REDUCE_ANY, KOV_DTYPE_F64, zeros, &y, 1, 3, 1);
    assert_false(y);
    kov_reduce(context, KOV_REDUCE_ALL, KOV_DTYPE_F64, nan_only, &y, 1, 1, 1);
    assert_true(y);
    int64_t at;
    kov_reduce(context, KOV_REDUCE_ARGMAX, KOV_DTYPE_BOOL, flags, &at, 1, 5, 1);
    assert_int_equal(at, 1);
    kov_context_release(context);
}

static void empty_axis(void **state)
{
    (void)state;
    kov_context *context = make_context(1);
    float y[2];
    int8_t small[2];
    uint16_t unsigned_small[2];
    int64_t at[2];
    bool flag[2];
    kov_reduce(context, KOV_REDUCE_SUM, KOV_DTYPE_F32, y, y, 2, 0, 1);
    assert_true(y[0] == 0 && y[1] == 0 && !signbit(y[0]));
    kov_reduce(context, KOV_REDUCE_PROD, KOV_DTYPE_F32, y, y, 2, 0, 1);
    assert_true(y[1] == 1);
    kov_reduce(context, KOV_REDUCE_MEAN, KOV_DTYPE_F32, y, y, 1, 0, 2);
    assert_true(isnan(y[0]) && isnan(y[1]));
    kov_reduce(context, KOV_REDUCE_MAX, KOV_DTYPE_F32, y, y, 1, 0, 2);
    assert_true(y[0] == -INFINITY);
    kov_reduce(context, KOV_REDUCE_MAX, KOV_DTYPE_I8, small, small, 1, 0, 2);
    assert_int_equal(small[1], INT8_MIN);
    kov_reduce(context, KOV_REDUCE_MIN, KOV_DTYPE_I8, small, small, 1, 0, 2);
    assert_int_equal(small[1], INT8_MAX);
    kov_reduce(context, KOV_REDUCE_MIN, KOV_DTYPE_U16, unsigned_small, unsigned_small, 1, 0, 2);
    assert_int_equal(unsigned_small[0], UINT16_MAX);
    kov_reduce(context, KOV_REDUCE_ALL, KOV_DTYPE_F32, y, flag, 1, 0, 2);
    assert_true(flag[0] && flag[1]);
    assert_int_equal(kov_reduce(context, KOV_REDUCE_ARGMAX, KOV_DTYPE_F32, y, at, 1, 0, 2),
                     KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_reduce(context, KOV_REDUCE_MEAN, KOV_DTYPE_I8, small, small, 1, 2, 1),
                     KOV_TYPE_ERROR);
    assert_int_equal(kov_reduce(context, KOV_REDUCE_SUM, KOV_DTYPE_C64, small, small, 1, 2, 1),
                     KOV_TYPE_ERROR);
    kov_context_release(context);
}

/* 2048 halves and one more: in float16 itself the sum would stop at 2048. */
static void half_sums_in_float32(void **state)
{
    (void)state;
    kov_context *context = make_context(1);
    uint16_t x[4096], y;
    for (size_t i = 0; i < 4096; i++)
        x[i] = 0x3c00; /* 1 */
    kov_reduce(context, KOV_REDUCE_SUM, KOV_DTYPE_F16, x, &y, 1, 4096, 1);
    assert_int_equal(y, 0x6c00); /* 4096 */
    kov_reduce(context, KOV_REDUCE_MEAN, KOV_DTYPE_F16, x, &y, 1, 4096, 1);
    assert_int_equal(y, 0x3c00);
    kov_context_release(context);
}

static void logsumexp_of_lines(void **state)
{
    (void)state;
    kov_context *context = make_context(1);
    float x[12] = {1000, 1000,     1000, -INFINITY, -INFINITY, -INFINITY,
                   3,    INFINITY, 1,    -90,       -91,       -92};
    float y[4];
    kov_reduce(context, KOV_REDUCE_LOGSUMEXP, KOV_DTYPE_F32, x, y, 4, 3, 1);
    assert_true(fabs((double)y[0] - (1000 + log(3.0))) < 1000 * 0x1p-23);
    assert_true(y[1] == -INFINITY && y[2] == INFINITY);
    double wanted = -90 + log(1 + exp(-1.0) + exp(-2.0));
    assert_true(fabs((double)y[3] - wanted) < 90 * 0x1p-23);
    kov_context_release(context);
}

/* Rounded once: half an ulp, and a little for the double sum. In lines and in columns, and where
 * float32's own squares would overflow or vanish. */
static void lengths_are_rounded_once(void **state)
{
    (void)state;
    enum { COLUMNS = 3 };
    const float scales[] = {1, 0x1p100f, 0x1p-90f};
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t n = lengths[i];
        float *x = malloc(n * COLUMNS * sizeof *x), line, columns[COLUMNS];
        assert_non_null(x);
        for (int s = 0; s < 3; s++) {
            kov_context *context = make_context(1 + s % 2);
            fill_f32(x, n * COLUMNS, 11);
            for (size_t k = 0; k < n * COLUMNS; k++)
                x[k] *= scales[s];
            long double sums[COLUMNS] = {0}, all = 0;
            for (size_t k = 0; k < n * COLUMNS; k++)
                sums[k % COLUMNS] += (long double)x[k] * x[k];
            kov_reduce(context, KOV_REDUCE_LENGTH, KOV_DTYPE_F32, x, columns, 1, n, COLUMNS);
            kov_reduce(context, KOV_REDUCE_LENGTH, KOV_DTYPE_F32, x, &line, 1, n * COLUMNS, 1);
            for (int c = 0; c < COLUMNS; c++) {
                all += sums[c];
                assert_true(fabsl(columns[c] - sqrtl(sums[c])) <= 0x1.01p-24L * sqrtl(sums[c]));
            }
            assert_true(fabsl(line - sqrtl(all)) <= 0x1.01p-24L * sqrtl(all));
            kov_context_release(context);
        }
        free(x);
    }
    kov_context *context = make_context(1);
    const float odd[] = {1, NAN, 2, -INFINITY};
    float y;
    kov_reduce(context, KOV_REDUCE_LENGTH, KOV_DTYPE_F32, odd, &y, 1, 3, 1);
    assert_true(isnan(y));
    kov_reduce(context, KOV_REDUCE_LENGTH, KOV_DTYPE_F32, odd + 2, &y, 1, 2, 1);
    assert_true(y == INFINITY);
    kov_reduce(context, KOV_REDUCE_LENGTH, KOV_DTYPE_F32, odd, &y, 1, 0, 1);
    assert_true(y == 0);
    assert_int_equal(kov_reduce(context, KOV_REDUCE_LENGTH, KOV_DTYPE_F64, odd, &y, 1, 1, 1),
                     KOV_TYPE_ERROR);
    kov_context_release(context);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_within_bound),
        cmocka_unit_test(product_of_floats),
        cmocka_unit_test(same_bits_for_layouts_and_threads),
        cmocka_unit_test(integers_wrap),
        cmocka_unit_test(nan_wins),
        cmocka_unit_test(truth),
        cmocka_unit_test(empty_axis),
        cmocka_unit_test(half_sums_in_float32),
        cmocka_unit_test(logsumexp_of_lines),
        cmocka_unit_test(lengths_are_rounded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
