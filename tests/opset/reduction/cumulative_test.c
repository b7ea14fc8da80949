/* SPDX-License-Identifier: Apache-2.0 */
/* Scans, longer than a block, along each axis, against sums of what lies before. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LONG = 600, ROWS = 2, COUNT = LONG * ROWS };

static double x_at(int i)
{
    return i * 5 % 7 - 3;
}

/* Element k of the sum of a line that begins at `first` with `step`, from its definition. */
static double sum_of(int first, int step, int length, int k, bool exclusive, bool reverse)
{
    double sum = 0;
    for (int i = 0; i < length; i++)
        if (reverse ? (exclusive ? i > k : i >= k) : (exclusive ? i < k : i <= k))
            sum += x_at(first + i * step);
    return sum;
}

static void check_sums(op_case *test, kov_dtype dtype, bool exclusive, bool reverse)
{
    double x[COUNT], wanted[2][COUNT];
    for (int i = 0; i < COUNT; i++) {
        x[i] = x_at(i);
        wanted[0][i] = sum_of(i % ROWS, ROWS, LONG, i / ROWS, exclusive, reverse);
        wanted[1][i] = sum_of(i / ROWS * ROWS, 1, ROWS, i % ROWS, exclusive, reverse);
    }
    for (int axis = 0; axis < 2; axis++)
        op_check(test,
                 kov_cum_sum(test->b, op_reals(test, dtype, DIMS(LONG, ROWS), x),
                             op_int(test, axis - 2), exclusive, reverse),
                 dtype, DIMS(LONG, ROWS), wanted[axis]);
}

static void test_sums(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const kov_dtype dtypes[] = {KOV_DTYPE_I16, KOV_DTYPE_I64, KOV_DTYPE_F32, KOV_DTYPE_F64};
    for (int d = 0; d < 4; d++)
        for (int flags = 0; flags < 4; flags++)
            check_sums(test, dtypes[d], flags & 1, flags & 2);
    op_end(test);
}

static void test_modes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {2, -3, 5, 1};
    const struct {
        const char *mode;
        bool reverse;
        double wanted[4];
    } rows[] = {
        {"prod", false, {2, -6, -30, -30}}, {"prod", true, {-30, -15, 5, 1}},
        {"max", false, {2, 2, 5, 5}},       {"max", true, {5, 5, 5, 1}},
        {"min", false, {2, -3, -3, -3}},    {"min", true, {-3, -3, 1, 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        op_check(test,
                 kov_cumulative_reduce(test->b, op_reals(test, KOV_DTYPE_I8, DIMS(4), x),
                                       op_int(test, 0), rows[i].mode, rows[i].reverse),
                 KOV_DTYPE_I8, DIMS(4), rows[i].wanted);
        op_check(test,
                 kov_cumulative_reduce(test->b, op_reals(test, KOV_DTYPE_F16, DIMS(4), x),
                                       op_int(test, 0), rows[i].mode, rows[i].reverse),
                 KOV_DTYPE_F16, DIMS(4), rows[i].wanted);
    }
    op_check(test,
             kov_cumulative_reduce(
                 test->b, op_reals(test, KOV_DTYPE_F32, DIMS(3), (const double[]){1, NAN, 2}),
                 op_int(test, 0), "max", false),
             KOV_DTYPE_F32, DIMS(3), (const double[]){1, NAN, NAN});
    assert_int_equal(
        op_failure(test, kov_cumulative_reduce(test->b, op_reals(test, KOV_DTYPE_I8, DIMS(4), x),
                                               op_int(test, 0), "median", false)),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(op_failure(test, kov_cum_sum(test->b, op_reals(test, KOV_DTYPE_I8, DIMS(4), x),
                                                  op_int(test, 1), false, false)),
                     KOV_INVALID_ARGUMENT);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
