/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax against its definition in long double. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { M = 3, N = 300 };

static void check(op_case *test, bool is_log, int axis)
{
    static float x[M * N];
    for (int i = 0; i < M * N; i++)
        x[i] = (float)(i * 37 % 101) - 50.0f + (float)axis / 8;
    kov_value v = op_data(test, KOV_DTYPE_F32, DIMS(M, N), x);
    const kov_tensor *y =
        op_result(test, is_log ? kov_log_softmax(test->b, v, axis) : kov_softmax(test->b, v, axis));
    const float *have = kov_tensor_data(y);
    for (int i = 0; i < M * N; i++) {
        long double sum = 0;
        int length = axis == 0 ? M : N;
        for (int k = 0; k < length; k++)
            sum += expl(x[axis == 0 ? k * N + i % N : i / N * N + k]);
        long double wanted = is_log ? x[i] - logl(sum) : expl(x[i]) / sum;
        float ulp = nextafterf(fabsf((float)wanted), INFINITY) - fabsf((float)wanted);
        /* Half an ulp of float; a logarithm near 0 cancels in double, to 2^-46 of numbers up to 64.
         */
        assert_true(fabsl(have[i] - wanted) <= 0.5001L * ulp + (is_log ? 0x1p-46L : 0));
    }
}

static void test_definition(void **state)
{
    (void)state;
    op_case *test = op_begin();
    for (int axis = 0; axis < 2; axis++) {
        check(test, false, axis);
        check(test, true, axis);
    }
    op_end(test);
}

static void test_special_values(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {-INFINITY, 0, 1e30, 1e30, NAN, 0, -INFINITY, -INFINITY};
    op_check(test, kov_softmax(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(4, 2), x), -1),
             KOV_DTYPE_F32, DIMS(4, 2), (const double[]){0, 1, 0.5, 0.5, NAN, NAN, NAN, NAN});
    op_check(test, kov_softmax(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 0), x), 1),
             KOV_DTYPE_F32, DIMS(2, 0), NULL);
    assert_int_equal(
        op_failure(test, kov_softmax(test->b, op_reals(test, KOV_DTYPE_I32, DIMS(2), x), 0)),
        KOV_TYPE_ERROR);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
