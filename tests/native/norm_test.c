/* SPDX-License-Identifier: Apache-2.0 */
/* Row normalisations against their formulas in long double. */
#include "native/kernels/norm/norm.h"
#include "native/math_every_isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static kov_context *make_context(int threads)
{
    kov_context *context = NULL;
    kov_context_options options = {.threads = threads};
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    return context;
}

static void fill(float *x, size_t n, uint32_t seed, float shift)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(int32_t)seed * 0x1p-31f + shift;
    }
}

static void reference(const kov_norm *norm, const float *x, long double *y, size_t n)
{
    const float *scale = norm->scale, *offset = norm->offset;
    long double mean = 0, squares = 0, under;
    for (size_t i = 0; i < n && norm->kind == KOV_NORM_LAYER; i++)
        mean += x[i] / (long double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    under = squares / (long double)n + norm->epsilon;
    if (norm->kind == KOV_NORM_L2)
        under = squares > norm->epsilon ? squares : norm->epsilon;
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] - mean) / sqrtl(under) * (scale ? scale[i] : 1) + (offset ? offset[i] : 0);
}

/* The mean carries an error of about 2^-24 of the largest |x|, the rest a few roundings: 48 u of
 * the terms' sizes, with (36 + 1) / 2 u from the sum of squares in it. */
static void check(const kov_norm *norm, const float *x, const float *y, size_t rows, size_t n)
{
    long double *wanted = malloc(n * sizeof *wanted);
    const float *scale = norm->scale, *offset = norm->offset;
    assert_non_null(wanted);
    for (size_t r = 0; r < rows; r++) {
        reference(norm, x + r * n, wanted, n);
        for (size_t i = 0; i < n; i++) {
            long double size = fabsl(wanted[i]) + (offset ? fabsl(offset[i]) : 0) +
                               (norm->kind == KOV_NORM_LAYER && scale ? fabsl(scale[i]) : 1);
            assert_true(fabsl(y[r * n + i] - wanted[i]) <= 48 * 0x1p-24L * size);
        }
    }
    free(wanted);
}

static void kinds_against_long_double(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 2, 5, 16, 31, 64, 384, 768, 1025, 70001};
    kov_context *one = make_context(1), *two = make_context(2);
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        size_t n = lengths[k], rows = n > 2000 ? 2 : 41, count = rows * n;
        float *x = malloc((3 * count + 2 * n) * sizeof *x), *y = x + count, *z = y + count;
        float *scale = z + count, *offset = scale + n;
        assert_non_null(x);
        fill(x, count, (uint32_t)n, 0.25f);
        fill(scale, n, 3, 1);
        fill(offset, n, 4, 0);
        for (int kind = 0; kind < 3; kind++) {
            for (int given = 0; given < 4; given++) {
                kov_norm norm = {.kind = (kov_norm_kind)kind,
                                 .dtype = KOV_DTYPE_F32,
                                 .epsilon = 1e-3,
                                 .scale = given & 1 ? scale : NULL,
                                 .offset = given & 2 ? offset : NULL};
                assert_int_equal(kov_norm_rows(one, &norm, x, y, rows, n), KOV_OK);
                check(&norm, x, y, rows, n);
                memcpy(z, x, count * sizeof *z);
                assert_int_equal(kov_norm_rows(two, &norm, z, z, rows, n), KOV_OK);
                assert_memory_equal(y, z, count * sizeof *y);
            }
        }
        free(x);
    }
    kov_context_release(one);
    kov_context_release(two);
}

static void residual_is_added_first(void **state)
{
    (void)state;
    enum { ROWS = 7, N = 100 };
    float x[ROWS * N], residual[ROWS * N], sum[ROWS * N], added[ROWS * N], y[ROWS * N], z[ROWS * N];
    kov_context *context = make_context(2);
    fill(x, ROWS * N, 1, 0);
    fill(residual, ROWS * N, 2, 0.5f);
    for (size_t i = 0; i < ROWS * N; i++)
        added[i] = x[i] + residual[i];
    kov_norm norm = {.kind = KOV_NORM_LAYER, .dtype = KOV_DTYPE_F32, .epsilon = 1e-5};
    kov_norm_rows(context, &norm, added, y, ROWS, N);
    norm.residual = residual;
    kov_norm_rows(context, &norm, x, z, ROWS, N);
    assert_memory_equal(y, z, sizeof y);
    norm.sum = sum;
    memset(z, 0, sizeof z);
    kov_norm_rows(context, &norm, x, z, ROWS, N);
    assert_memory_equal(y, z, sizeof y);
    assert_memory_equal(sum, added, sizeof sum);
    kov_context_release(context);
}

static void other_types(void **state)
{
    (void)state;
    kov_context *context = make_context(2);
    double x[4] = {1, 2, 3, 4}, y[4];
    kov_norm norm = {.kind = KOV_NORM_LAYER, .dtype = KOV_DTYPE_F64, .epsilon = 0};
    assert_int_equal(kov_norm_rows(context, &norm, x, y, 1, 4), KOV_OK);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(y[i] - (i - 1.5) / sqrt(1.25)) < 0x1p-50);
    uint16_t half[4] = {0x3c00, 0x4000, 0x3c00, 0x4000},
             scale[4] = {0x4000, 0x4000, 0x4000, 0x4000};
    norm = (kov_norm){.kind = KOV_NORM_LAYER, .dtype = KOV_DTYPE_F16, .scale = scale};
    assert_int_equal(kov_norm_rows(context, &norm, half, half, 1, 4), KOV_OK);
    assert_int_equal(half[0], 0xc000); /* -2 */
    assert_int_equal(half[1], 0x4000); /* 2 */
    norm.dtype = KOV_DTYPE_I32;
    assert_int_equal(kov_norm_rows(context, &norm, half, half, 1, 2), KOV_TYPE_ERROR);
    kov_context_release(context);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_against_long_double),
        cmocka_unit_test(residual_is_added_first),
        cmocka_unit_test(other_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
