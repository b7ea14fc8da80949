/* SPDX-License-Identifier: Apache-2.0 */
/* TopK against counting how many elements go before each. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 37 };

static bool goes_before(const double *x, int a, int b, bool largest)
{
    bool a_nan = isnan(x[a]), b_nan = isnan(x[b]);
    if (a_nan != b_nan)
        return largest ? a_nan : b_nan;
    if (!a_nan && x[a] != x[b])
        return largest ? x[a] > x[b] : x[a] < x[b];
    return a < b;
}

static void check(op_case *test, kov_dtype dtype, const double *x, int k, bool largest,
                  bool by_index)
{
    double values[N];
    int64_t indices[N];
    int n = 0;
    for (int i = 0; i < N; i++) {
        int rank = 0;
        for (int j = 0; j < N; j++)
            rank += goes_before(x, j, i, largest);
        if (rank >= k)
            continue;
        int at = by_index ? n++ : rank;
        values[at] = x[i];
        indices[at] = i;
    }
    kov_value v =
        kov_top_k(test->b, op_reals(test, dtype, DIMS(1, N, 1), x), op_int(test, k), -2,
                  largest ? "max" : "min", by_index ? "index" : "value", KOV_DTYPE_I64, true);
    const kov_tensor *out[2];
    op_results(test, (kov_value[]){v, kov_output(v, 1)}, 2, out);
    assert_int_equal(kov_tensor_dims(out[1])[1], k);
    assert_memory_equal(kov_tensor_data(out[1]), indices, sizeof *indices * (size_t)k);
    v = op_data(test, dtype, 3, kov_tensor_dims(out[0]), kov_tensor_data(out[0]));
    op_check(test, v, dtype, DIMS(1, k, 1), values);
}

static void test_against_ranks(void **state)
{
    (void)state;
    op_case *test = op_begin();
    double x[N];
    for (int i = 0; i < N; i++)
        x[i] = i * 11 % 13 - 5; /* with repeats */
    const kov_dtype dtypes[] = {KOV_DTYPE_I8, KOV_DTYPE_I64, KOV_DTYPE_F16, KOV_DTYPE_F32};
    for (int d = 0; d < 4; d++)
        for (int k = 0; k <= N; k += k < 3 ? 1 : 17)
            for (int flags = 0; flags < 4; flags++)
                check(test, dtypes[d], x, k, flags & 1, flags & 2);
    x[3] = x[20] = NAN;
    x[5] = INFINITY;
    x[6] = -INFINITY;
    for (int flags = 0; flags < 4; flags++)
        check(test, KOV_DTYPE_F32, x, 10, flags & 1, flags & 2);
    check(test, KOV_DTYPE_F32, x, N, false, false);
    op_end(test);
}

static void test_large_integers_are_told_apart(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const int64_t x[] = {(INT64_C(1) << 53), (INT64_C(1) << 53) + 1};
    kov_value v = kov_top_k(test->b, op_data(test, KOV_DTYPE_I64, DIMS(2), x), op_int(test, 1), 0,
                            "max", "value", KOV_DTYPE_I32, false);
    op_check(test, kov_output(v, 1), KOV_DTYPE_I32, DIMS(1), (const double[]){1});
    op_end(test);
}

static void test_refusals(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2};
    assert_int_equal(
        op_failure(test, kov_top_k(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                   op_int(test, 3), 0, "max", "value", KOV_DTYPE_I32, false)),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_ranks),
        cmocka_unit_test(test_large_integers_are_told_apart),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
