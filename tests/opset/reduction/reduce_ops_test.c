/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions over every set of axes against loops over all indices. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { A = 3, B = 2, C = 5, COUNT = A * B * C };

static double join(int op, double all, double x)
{
    switch (op) {
    case KOV_OP_REDUCE_PROD:
        return all * x;
    case KOV_OP_REDUCE_MAX:
        return x > all ? x : all;
    case KOV_OP_REDUCE_MIN:
        return x < all ? x : all;
    case KOV_OP_REDUCE_L1:
        return all + fabs(x);
    case KOV_OP_REDUCE_L2:
        return all + x * x;
    default:
        return all + x;
    }
}

static double start(int op)
{
    return op == KOV_OP_REDUCE_PROD  ? 1
           : op == KOV_OP_REDUCE_MAX ? -INFINITY
           : op == KOV_OP_REDUCE_MIN ? INFINITY
                                     : 0;
}

/* Small integers, so that every order of adding gives the same. */
static void reference(int op, int mask, const double *x, int64_t *dims, double *out)
{
    const int64_t sizes[] = {A, B, C};
    int64_t kept = 1, reduced = 1;
    for (int axis = 0; axis < 3; axis++) {
        dims[axis] = mask >> axis & 1 ? 1 : sizes[axis];
        kept *= dims[axis];
        reduced *= mask >> axis & 1 ? sizes[axis] : 1;
    }
    for (int64_t k = 0; k < kept; k++)
        out[k] = start(op);
    for (int i = 0; i < COUNT; i++) {
        int64_t index[] = {i / (B * C), i / C % B, i % C}, to = 0;
        for (int axis = 0; axis < 3; axis++)
            to = to * dims[axis] + (mask >> axis & 1 ? 0 : index[axis]);
        out[to] = join(op, out[to], x[i]);
    }
    for (int64_t k = 0; k < kept; k++) {
        out[k] = op == KOV_OP_REDUCE_MEAN ? out[k] / (double)reduced : out[k];
        out[k] = op == KOV_OP_REDUCE_L2 ? sqrt(out[k]) : out[k];
    }
}

static void check_mask(op_case *test, int op, kov_dtype dtype, int mask, const double *x)
{
    int64_t axes[3], dims[3];
    int n = 0;
    double wanted[COUNT];
    for (int axis = 2; axis >= 0; axis--) /* any order, some from the end */
        if (mask >> axis & 1)
            axes[n++] = axis == 1 ? -2 : axis;
    reference(op, mask, x, dims, wanted);
    if (dtype != KOV_DTYPE_F64) /* what the type holds of means and roots */
        for (int k = 0; k < COUNT; k++)
            wanted[k] = kov_dtype_is_float(dtype) ? (float)wanted[k] : trunc(wanted[k]);
    const kov_attr keep = kov_attr_bool(true);
    kov_value in[] = {op_reals(test, dtype, DIMS(A, B, C), x), op_ints_at(test, n, axes)};
    op_check(test, kov_emit(test->b, op, in, 2, &keep), dtype, 3, dims, wanted);
    int64_t squeezed[3];
    int ndim = 0;
    for (int axis = 0; axis < 3; axis++)
        if (!(mask >> axis & 1))
            squeezed[ndim++] = dims[axis];
    const kov_attr drop = kov_attr_bool(false);
    kov_value again[] = {op_reals(test, dtype, DIMS(A, B, C), x), op_ints_at(test, n, axes)};
    op_check(test, kov_emit(test->b, op, again, 2, &drop), dtype, ndim, squeezed, wanted);
}

static void test_all_axes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const int ops[] = {KOV_OP_REDUCE_SUM, KOV_OP_REDUCE_MEAN, KOV_OP_REDUCE_PROD, KOV_OP_REDUCE_MAX,
                       KOV_OP_REDUCE_MIN, KOV_OP_REDUCE_L1,   KOV_OP_REDUCE_L2};
    const kov_dtype dtypes[] = {KOV_DTYPE_F32, KOV_DTYPE_F64, KOV_DTYPE_I32, KOV_DTYPE_I64};
    double x[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = (i * 7 % 5) - 2 + (i % 4 == 0);
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
        for (size_t d = 0; d < 4; d++)
            for (int mask = 1; mask < 8; mask++)
                check_mask(test, ops[o], dtypes[d], mask, x);
    op_end(test);
}

static void test_no_axes_reduce_nothing(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {3, -4};
    kov_value axes = op_ints_at(test, 0, NULL);
    op_check(test, kov_reduce_sum(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x), axes, false),
             KOV_DTYPE_F32, DIMS(2), x);
    op_end(test);
}

static void test_nan_and_empty(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, NAN, 3, 2};
    op_check(
        test,
        kov_reduce_max(test->b, op_reals(test, KOV_DTYPE_F16, DIMS(2, 2), x), INTS(test, 1), false),
        KOV_DTYPE_F16, DIMS(2), (const double[]){NAN, 3});
    op_check(
        test,
        kov_reduce_min(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 2), x), INTS(test, 0), false),
        KOV_DTYPE_F32, DIMS(2), (const double[]){1, NAN});
    const double infinities[] = {INFINITY, -INFINITY};
    op_check(
        test,
        kov_reduce_sum(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 0), x), INTS(test, 1), false),
        KOV_DTYPE_F32, DIMS(2), (const double[]){0, 0});
    op_check(
        test,
        kov_reduce_prod(test->b, op_reals(test, KOV_DTYPE_I8, DIMS(0, 2), x), INTS(test, 0), true),
        KOV_DTYPE_I8, DIMS(1, 2), (const double[]){1, 1});
    op_check(
        test,
        kov_reduce_mean(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(0), x), INTS(test, 0), false),
        KOV_DTYPE_F32, DIMS0, (const double[]){NAN});
    op_check(
        test,
        kov_reduce_max(test->b, op_reals(test, KOV_DTYPE_I16, DIMS(0), x), INTS(test, 0), false),
        KOV_DTYPE_I16, DIMS0, (const double[]){-32768});
    op_check(test,
             kov_reduce_sum(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(2), infinities),
                            INTS(test, 0), false),
             KOV_DTYPE_F64, DIMS0, (const double[]){NAN});
    op_end(test);
}

static void test_integers_are_exact_and_wrap(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const int64_t big[] = {INT64_MAX, 1, (INT64_C(1) << 53) + 1};
    const kov_tensor *y =
        op_result(test, kov_reduce_sum(test->b, op_data(test, KOV_DTYPE_I64, DIMS(3), big),
                                       INTS(test, 0), false));
    assert_true(*(const int64_t *)kov_tensor_data(y) == INT64_MIN + (INT64_C(1) << 53) + 1);
    const uint8_t u[] = {200, 100};
    op_check(test,
             kov_reduce_sum(test->b, op_data(test, KOV_DTYPE_U8, DIMS(2), u), INTS(test, 0), false),
             KOV_DTYPE_U8, DIMS0, (const double[]){44});
    op_check(test,
             kov_reduce_max(test->b, op_data(test, KOV_DTYPE_U8, DIMS(2), u), INTS(test, 0), false),
             KOV_DTYPE_U8, DIMS0, (const double[]){200});
    op_end(test);
}

/* One large and many small numbers: a float sum would stand still. */
static void test_float_sums_are_wide(void **state)
{
    (void)state;
    enum { N = 1001 };
    op_case *test = op_begin();
    float x[N];
    x[0] = 16777216.0f;
    for (int i = 1; i < N; i++)
        x[i] = 1;
    op_check(
        test,
        kov_reduce_sum(test->b, op_data(test, KOV_DTYPE_F32, DIMS(N), x), INTS(test, 0), false),
        KOV_DTYPE_F32, DIMS0, (const double[]){16778216});
    op_end(test);
}

static void test_logical(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const uint8_t x[] = {1, 0, 1, 1};
    op_check(test,
             kov_reduce_logical_and(test->b, op_data(test, KOV_DTYPE_BOOL, DIMS(2, 2), x),
                                    INTS(test, 1), false),
             KOV_DTYPE_BOOL, DIMS(2), (const double[]){0, 1});
    op_check(test,
             kov_reduce_logical_or(test->b, op_data(test, KOV_DTYPE_BOOL, DIMS(2, 0), x),
                                   INTS(test, 1), true),
             KOV_DTYPE_BOOL, DIMS(2, 1), (const double[]){0, 0});
    op_end(test);
}

/* By real part, then by imaginary part; NaN stays. */
static void test_extremes_of_complex(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const float x[] = {1, 5, 3, -2, 3, 4, 1, -5, 0, NAN, 7, 7};
    const int64_t axis = 1;
    for (int is_max = 0; is_max < 2; is_max++) {
        kov_value data = op_data(test, KOV_DTYPE_C64, DIMS(2, 3), x);
        kov_value axes = kov_constant_i64(test->b, &axis, 1);
        const kov_tensor *y = op_result(test, is_max ? kov_reduce_max(test->b, data, axes, false)
                                                     : kov_reduce_min(test->b, data, axes, false));
        const float *have = kov_tensor_data(y);
        assert_true(have[0] == (is_max ? 3 : 1) && have[1] == (is_max ? 4 : 5));
        assert_true(isnan(have[3]));
    }
    op_end(test);
}

static void test_refusals(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2};
    assert_int_equal(
        op_failure(test, kov_reduce_sum(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                        INTS(test, 1), false)),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_reduce_sum(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                        INTS(test, 0, -1), false)),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_reduce_logical_or(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                               INTS(test, 0), false)),
        KOV_TYPE_ERROR);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_axes),
        cmocka_unit_test(test_no_axes_reduce_nothing),
        cmocka_unit_test(test_nan_and_empty),
        cmocka_unit_test(test_integers_are_exact_and_wrap),
        cmocka_unit_test(test_float_sums_are_wide),
        cmocka_unit_test(test_logical),
        cmocka_unit_test(test_extremes_of_complex),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
