/* SPDX-License-Identifier: Apache-2.0 */
/* Pad (expected elements from numpy.pad) and Roll (from numpy.roll). */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_pad(op_case *test, const char *mode, const double *wanted)
{
    const double x[] = {1, 2, 3};
    const kov_dtype dtypes[] = {KOV_DTYPE_I8, KOV_DTYPE_BF16, KOV_DTYPE_F32, KOV_DTYPE_I64};
    for (int d = 0; d < 4; d++)
        op_check(test,
                 kov_pad(test->b, op_reals(test, dtypes[d], DIMS(1, 3), x), INTS(test, 0, 2),
                         INTS(test, 0, 1), op_reals(test, dtypes[d], DIMS0, (const double[]){7}),
                         mode),
                 dtypes[d], DIMS(1, 6), wanted);
}

static void test_modes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    check_pad(test, "constant", (const double[]){7, 7, 1, 2, 3, 7});
    check_pad(test, "edge", (const double[]){1, 1, 1, 2, 3, 3});
    check_pad(test, "reflect", (const double[]){3, 2, 1, 2, 3, 2});
    check_pad(test, "symmetric", (const double[]){2, 1, 1, 2, 3, 3});
    op_end(test);
}

static void test_axes_and_negative_pads(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2, 3, 4, 5, 6};
    op_check(test,
             kov_pad(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), x), INTS(test, 1, -1),
                     INTS(test, 0, 1), KOV_VALUE_NONE, "constant"),
             KOV_DTYPE_F32, DIMS(3, 3), (const double[]){0, 0, 0, 2, 3, 0, 5, 6, 0});
    op_check(test,
             kov_pad(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(0, 1), x), INTS(test, 1, 0),
                     INTS(test, 1, 1), KOV_VALUE_NONE, "constant"),
             KOV_DTYPE_F32, DIMS(2, 2), (const double[]){0, 0, 0, 0});
    assert_int_equal(
        op_failure(test, kov_pad(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(3), x), INTS(test, 3),
                                 INTS(test, 0), KOV_VALUE_NONE, "reflect")),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_pad(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(3), x), INTS(test, -2),
                                 INTS(test, -2), KOV_VALUE_NONE, "constant")),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

static void test_roll(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2, 3, 4, 5, 6};
    op_check(test,
             kov_roll(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), x), INTS(test, 1, -4),
                      INTS(test, 0, -1)),
             KOV_DTYPE_F32, DIMS(2, 3), (const double[]){5, 6, 4, 2, 3, 1});
    op_check(test, /* shifts of one axis add up */
             kov_roll(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(6), x), INTS(test, 1, 1),
                      INTS(test, 0, 0)),
             KOV_DTYPE_F64, DIMS(6), (const double[]){5, 6, 1, 2, 3, 4});
    op_check(
        test,
        kov_roll(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(0), x), INTS(test, 1), INTS(test, 0)),
        KOV_DTYPE_F64, DIMS(0), NULL);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_axes_and_negative_pads),
        cmocka_unit_test(test_roll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
