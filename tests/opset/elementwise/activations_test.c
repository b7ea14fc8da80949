/* SPDX-License-Identifier: Apache-2.0 */
/* Swish, Selu, HardSigmoid and PRelu against their formulas in long double. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POINTS = 801 };

static kov_value number(op_case *test, double x)
{
    return op_reals(test, KOV_DTYPE_F32, DIMS0, &x);
}

/* The parameters are exact in float, so the result is half an ulp from the formula. */
static void check(op_case *test, kov_value v, const float *x, int which)
{
    const float *y = kov_tensor_data(op_result(test, v));
    for (int k = 0; k < POINTS; k++) {
        long double t = x[k], wanted;
        if (which == 0)
            wanted = t / (1 + expl(-t));
        else if (which == 1)
            wanted = t / (1 + expl(-1.5L * t));
        else if (which == 2)
            wanted = 1.25L * (t > 0 ? t : 1.75L * expm1l(t));
        else
            wanted = fminl(fmaxl(0.25L * t + 0.5L, 0), 1);
        float ulp = nextafterf(fabsf((float)wanted), INFINITY) - fabsf((float)wanted);
        assert_true(fabsl(y[k] - wanted) <= 0.5001L * ulp);
    }
}

static void test_formulas(void **state)
{
    (void)state;
    op_case *test = op_begin();
    float x[POINTS];
    for (int k = 0; k < POINTS; k++)
        x[k] = (float)(k - POINTS / 2) / 16;
    check(test, kov_swish(test->b, op_data(test, KOV_DTYPE_F32, DIMS(POINTS), x), KOV_VALUE_NONE),
          x, 0);
    check(test,
          kov_swish(test->b, op_data(test, KOV_DTYPE_F32, DIMS(POINTS), x), number(test, 1.5)), x,
          1);
    check(test,
          kov_selu(test->b, op_data(test, KOV_DTYPE_F32, DIMS(POINTS), x), number(test, 1.75),
                   number(test, 1.25)),
          x, 2);
    check(test,
          kov_hard_sigmoid(test->b, op_data(test, KOV_DTYPE_F32, DIMS(POINTS), x),
                           number(test, 0.25), number(test, 0.5)),
          x, 3);
    op_end(test);
}

static void test_slopes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {-1, 1, -2, 2, -3, NAN, -4, -0.0}, channels[] = {0.5, 2};
    op_check(test, /* a 1-D slope goes along axis 1 */
             kov_p_relu(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 2, 2), x),
                        op_reals(test, KOV_DTYPE_F32, DIMS(2), channels)),
             KOV_DTYPE_F32, DIMS(2, 2, 2), (const double[]){-0.5, 1, -4, 2, -1.5, NAN, -8, 0});
    op_check(test,
             kov_p_relu(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(4, 2), x),
                        op_reals(test, KOV_DTYPE_F32, DIMS(1, 1), channels)),
             KOV_DTYPE_F32, DIMS(4, 2), (const double[]){-0.5, 1, -1, 2, -1.5, NAN, -2, 0});
    assert_int_equal(
        op_failure(test, kov_p_relu(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                    op_reals(test, KOV_DTYPE_F32, DIMS(1, 2), channels))),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_selu(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                  op_reals(test, KOV_DTYPE_F32, DIMS(2), x), number(test, 1))),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_slopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
