/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax against long double; the same bits along any axis and for any number of threads. */
#include "native/kernels/norm/softmax.h"
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

static void fill(float *x, size_t n, float spread)
{
    uint32_t seed = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(int32_t)seed * 0x1p-31f * spread;
    }
}

/* One line against long double. The exponentials are within 2 ulp and the sum of positive terms
 * adds (length / vector + log) roundings at most; 16 ulp holds for these lengths. log_softmax is
 * near the size of x - max, so its error counts against that. */
static void check_line(kov_context *context, const float *x, size_t n)
{
    float *y = malloc(n * sizeof *y), *z = malloc(n * sizeof *z);
    assert_true(y && z);
    assert_int_equal(kov_softmax(context, KOV_SOFTMAX, KOV_DTYPE_F32, x, y, 1, n, 1), KOV_OK);
    assert_int_equal(kov_softmax(context, KOV_SOFTMAX_LOG, KOV_DTYPE_F32, x, z, 1, n, 1), KOV_OK);
    long double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += expl(x[i] - most);
    for (size_t i = 0; i < n; i++) {
        /* x - max is rounded once in float32, which its exponential multiplies by its size */
        double size = fabs((double)(x[i] - most)), wanted = (double)(expl(x[i] - most) / sum);
        assert_true(fabs((double)y[i] - wanted) <= (16 + size) * 0x1p-24 * wanted + 0x1p-149);
        wanted = (double)(x[i] - most - logl(sum));
        assert_true(fabs((double)z[i] - wanted) <= 4 * 0x1p-24 * (size + log((double)n) + 1));
    }
    free(y);
    free(z);
}

static void lines_against_long_double(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 33, 100, 1000, 4099};
    static const float spreads[] = {0, 1, 20, 200};
    kov_context *context = make_context(1);
    float x[4099];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t k = 0; k < 4; k++) {
            fill(x, lengths[i], spreads[k]);
            check_line(context, x, lengths[i]);
        }
    }
    kov_context_release(context);
}

static void same_bits_for_axes_and_threads(void **state)
{
    (void)state;
    enum { OUTER = 3, LENGTH = 37, INNER = 21, N = OUTER * LENGTH * INNER };
    float x[N], t[N], y[N], z[N], w[N];
    kov_context *one = make_context(1), *two = make_context(2);
    fill(x, N, 9);
    for (int kind = 0; kind < 2; kind++) {
        kov_softmax(one, (kov_softmax_kind)kind, KOV_DTYPE_F32, x, y, OUTER, LENGTH, INNER);
        kov_softmax(two, (kov_softmax_kind)kind, KOV_DTYPE_F32, x, z, OUTER, LENGTH, INNER);
        assert_memory_equal(y, z, sizeof y);
        for (size_t o = 0; o < OUTER; o++)
            for (size_t r = 0; r < LENGTH; r++)
                for (size_t c = 0; c < INNER; c++)
                    t[(o * INNER + c) * LENGTH + r] = x[(o * LENGTH + r) * INNER + c];
        kov_softmax(two, (kov_softmax_kind)kind, KOV_DTYPE_F32, t, t, OUTER * INNER, LENGTH, 1);
        for (size_t o = 0; o < OUTER; o++)
            for (size_t r = 0; r < LENGTH; r++)
                for (size_t c = 0; c < INNER; c++)
                    w[(o * LENGTH + r) * INNER + c] = t[(o * INNER + c) * LENGTH + r];
        assert_memory_equal(y, w, sizeof y);
    }
    float *big = malloc(2 * 300 * 1000 * sizeof *big), *other = big + 300 * 1000;
    assert_non_null(big);
    fill(big, 300 * 1000, 5);
    kov_softmax(one, KOV_SOFTMAX, KOV_DTYPE_F32, big, other, 300, 1000, 1);
    kov_softmax(two, KOV_SOFTMAX, KOV_DTYPE_F32, big, big, 300, 1000, 1);
    assert_memory_equal(big, other, 300 * 1000 * sizeof *big);
    free(big);
    kov_context_release(one);
    kov_context_release(two);
}

static void special_lines(void **state)
{
    (void)state;
    kov_context *context = make_context(1);
    float x[8] = {1, NAN, 2, 3, -INFINITY, -INFINITY, -INFINITY, -INFINITY}, y[8];
    kov_softmax(context, KOV_SOFTMAX, KOV_DTYPE_F32, x, y, 2, 4, 1);
    for (size_t i = 0; i < 8; i++)
        assert_true(isnan(y[i]));
    float masked[4] = {-INFINITY, 5, -INFINITY, 5}, z[4];
    kov_softmax(context, KOV_SOFTMAX, KOV_DTYPE_F32, masked, z, 1, 4, 1);
    assert_true(z[0] == 0 && z[1] == 0.5f && z[2] == 0 && z[3] == 0.5f);
    double wide[3] = {1000, 1001, 1002};
    kov_softmax(context, KOV_SOFTMAX, KOV_DTYPE_F64, wide, wide, 1, 3, 1);
    double sum = 1 + exp(-1.0) + exp(-2.0);
    assert_true(fabs(wide[2] - 1 / sum) < 0x1p-50 && fabs(wide[0] - exp(-2.0) / sum) < 0x1p-50);
    uint16_t half[2] = {0x4000, 0x4000};
    kov_softmax(context, KOV_SOFTMAX, KOV_DTYPE_F16, half, half, 1, 2, 1);
    assert_int_equal(half[0], 0x3800); /* 0.5 */
    int32_t whole[2] = {0};
    assert_int_equal(kov_softmax(context, KOV_SOFTMAX, KOV_DTYPE_I32, whole, whole, 1, 2, 1),
                     KOV_TYPE_ERROR);
    kov_context_release(context);
}

static void attention_row(void **state)
{
    (void)state;
    enum { N = 53 };
    float x[N], mask[N], y[N], sum;
    fill(x, N, 30);
    for (size_t i = 0; i < N; i++)
        mask[i] = i % 5 == 0 ? -INFINITY : 0.25f;
    float most = kov_softmax_row_f32(x, mask, 0.125f, y, N, &sum);
    double wanted_most = -INFINITY, wanted_sum = 0;
    for (size_t i = 0; i < N; i++)
        wanted_most = fmax(wanted_most, (double)x[i] * 0.125 + (double)mask[i]);
    for (size_t i = 0; i < N; i++) {
        double e = exp((double)x[i] * 0.125 + (double)mask[i] - wanted_most);
        wanted_sum += e;
        assert_true(fabs((double)y[i] - e) <= 16 * 0x1p-24 * e);
    }
    assert_true(fabs((double)most - wanted_most) <= fabs(wanted_most) * 0x1p-23);
    assert_true(fabs((double)sum - wanted_sum) <= 16 * 0x1p-24 * wanted_sum);
    for (size_t i = 0; i < N; i++)
        mask[i] = -INFINITY;
    most = kov_softmax_row_f32(x, mask, 1, y, N, &sum);
    assert_true(most == -INFINITY && sum == 0 && y[0] == 0 && y[N - 1] == 0);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_against_long_double),
        cmocka_unit_test(same_bits_for_axes_and_threads),
        cmocka_unit_test(special_lines),
        cmocka_unit_test(attention_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
