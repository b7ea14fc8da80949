/* SPDX-License-Identifier: Apache-2.0 */
/* Range, Eye, OneHot, ShapeOf; expected elements from NumPy. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static kov_value real(op_case *test, kov_dtype dtype, double x)
{
    return op_reals(test, dtype, DIMS0, &x);
}

static void check_range(op_case *test, kov_dtype in, kov_dtype out, double start, double stop,
                        double step, int64_t n)
{
    double wanted[16];
    for (int64_t i = 0; i < n; i++)
        wanted[i] = start + (double)i * step;
    op_check(
        test,
        kov_range(test->b, real(test, in, start), real(test, in, stop), real(test, in, step), out),
        out, 1, &n, wanted);
}

static void test_range(void **state)
{
    (void)state;
    op_case *test = op_begin();
    check_range(test, KOV_DTYPE_I32, KOV_DTYPE_I64, 2, 9, 3, 3);
    check_range(test, KOV_DTYPE_I64, KOV_DTYPE_F16, 5, -2, -2, 4);
    check_range(test, KOV_DTYPE_I64, KOV_DTYPE_I8, 5, 5, 1, 0);
    check_range(test, KOV_DTYPE_I64, KOV_DTYPE_I32, 5, 9, -1, 0);
    check_range(test, KOV_DTYPE_F32, KOV_DTYPE_F32, 0, 1, 0.25, 4);
    check_range(test, KOV_DTYPE_F64, KOV_DTYPE_F64, 1, -0.75, -0.5, 4);
    const struct {
        double start, stop, step;
    } bad[] = {{0, 1, 0}, {0, INFINITY, 1}, {0, NAN, 1}};
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            op_failure(test, kov_range(test->b, real(test, KOV_DTYPE_F32, bad[i].start),
                                       real(test, KOV_DTYPE_F32, bad[i].stop),
                                       real(test, KOV_DTYPE_F32, bad[i].step), KOV_DTYPE_F32)),
            KOV_INVALID_ARGUMENT);
    assert_int_equal(op_failure(test, kov_range(test->b, op_int(test, 0), op_int(test, 3),
                                                op_int(test, 0), KOV_DTYPE_I64)),
                     KOV_INVALID_ARGUMENT);
    op_end(test);
}

static void test_eye(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const kov_dtype dtypes[] = {KOV_DTYPE_BOOL, KOV_DTYPE_F16, KOV_DTYPE_F32, KOV_DTYPE_I64};
    for (int d = 0; d < 4; d++)
        for (int64_t diagonal = -4; diagonal <= 5; diagonal++) {
            double wanted[12];
            for (int i = 0; i < 12; i++)
                wanted[i] = i % 4 - i / 4 == diagonal;
            op_check(test,
                     kov_eye(test->b, op_int(test, 3), op_int(test, 4), op_int(test, diagonal),
                             dtypes[d]),
                     dtypes[d], DIMS(3, 4), wanted);
        }
    op_end(test);
}

static void test_one_hot(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double indices[] = {1, -1, 0, 3};
    const double last[] = {5, 9, 5, 5, 5, 5, 9, 5, 5, 5, 5, 5}; /* rows of depth 3 */
    op_check(test,
             kov_one_hot(test->b, op_reals(test, KOV_DTYPE_I32, DIMS(2, 2), indices),
                         op_int(test, 3), real(test, KOV_DTYPE_F32, 9),
                         real(test, KOV_DTYPE_F32, 5), -1),
             KOV_DTYPE_F32, DIMS(2, 2, 3), last);
    const double middle[] = {5, 5, 9, 5, 5, 5, 9, 5, 5, 5, 5, 5};
    op_check(test,
             kov_one_hot(test->b, op_reals(test, KOV_DTYPE_I64, DIMS(2, 2), indices),
                         op_int(test, 3), real(test, KOV_DTYPE_U8, 9), real(test, KOV_DTYPE_U8, 5),
                         1),
             KOV_DTYPE_U8, DIMS(2, 3, 2), middle);
    op_end(test);
}

static void test_shape_of(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[6] = {0};
    op_check(test,
             kov_shape_of(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 0, 3), x), KOV_DTYPE_I32),
             KOV_DTYPE_I32, DIMS(3), (const double[]){2, 0, 3});
    op_check(test, kov_shape_of(test->b, op_reals(test, KOV_DTYPE_F32, DIMS0, x), KOV_DTYPE_I64),
             KOV_DTYPE_I64, DIMS(0), NULL);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_eye),
        cmocka_unit_test(test_one_hot),
        cmocka_unit_test(test_shape_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
