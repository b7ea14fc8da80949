/* SPDX-License-Identifier: Apache-2.0 */
/* Reshape, Squeeze, Unsqueeze with numbers and free dimensions, and shapes that a graph computes.
 */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static kov_value input(op_case *test, int ndim, const int64_t *dims)
{
    return kov_builder_parameter(test->b, KOV_DTYPE_F32, ndim, dims, NULL, KOV_ROLE_INPUT);
}

static kov_dim dim_of(op_case *test, kov_value v, int axis)
{
    const kov_value_info *info = kov_builder_value(test->b, v);
    if (v == KOV_VALUE_ERROR || axis >= info->ndim)
        fail_msg("%s", test->b->message ? test->b->message : "too few dimensions");
    return info->dims[axis];
}

static void test_numbers(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2, 3, 4, 5, 6};
    op_check(
        test,
        kov_reshape(test->b, op_reals(test, KOV_DTYPE_I8, DIMS(2, 3), x), INTS(test, 3, -1), false),
        KOV_DTYPE_I8, DIMS(3, 2), x);
    op_check(test,
             kov_reshape(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(2, 3), x),
                         INTS(test, 0, 1, -1), true),
             KOV_DTYPE_F64, DIMS(2, 1, 3), x);
    op_check(test,
             kov_reshape(test->b, op_reals(test, KOV_DTYPE_F16, DIMS(1, 1), x),
                         op_ints_at(test, 0, NULL), false),
             KOV_DTYPE_F16, DIMS0, x);
    op_check(test,
             kov_reshape(test->b, op_reals(test, KOV_DTYPE_F16, DIMS(0, 4, 5), x),
                         INTS(test, 0, -1), true),
             KOV_DTYPE_F16, DIMS(0, 20), x);
    op_check(test,
             kov_reshape(test->b, op_reals(test, KOV_DTYPE_F16, DIMS(0, 4, 5), x),
                         INTS(test, -1, 20), false),
             KOV_DTYPE_F16, DIMS(0, 20), x);
    op_check(
        test,
        kov_reshape(test->b, op_reals(test, KOV_DTYPE_F16, DIMS(0, 4), x), INTS(test, 7, 0), false),
        KOV_DTYPE_F16, DIMS(7, 0), x);
    op_end(test);
}

static void test_refusals(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2, 3, 4, 5, 6};
    const int64_t bad[][2] = {{4, -1}, {-1, -1}, {2, 2}, {-2, 3}, {0, -1}, {0, 6}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(
            op_failure(test, kov_reshape(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(6), x),
                                         op_ints_at(test, 2, bad[i]), false)),
            KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test,
                   kov_squeeze(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(6), x), INTS(test, 0))),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_unsqueeze(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(6), x),
                                       INTS(test, 0, -3))),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

static void test_free_dimensions_cancel(void **state)
{
    (void)state;
    op_case *test = op_begin();
    kov_builder *b = test->b;
    int64_t n = kov_builder_symbol(b, "N"), h = kov_builder_symbol(b, "H");
    kov_value x = input(test, DIMS(n, 4, 5));
    assert_true(dim_of(test, kov_reshape(b, x, INTS(test, -1, 20), false), 0) == n);
    assert_true(dim_of(test, kov_reshape(b, x, INTS(test, 0, -1), true), 1) == 20);
    assert_true(dim_of(test, kov_reshape(b, x, INTS(test, -1, 4, 5), false), 0) == n);
    kov_value image = input(test, DIMS(n, h, h, 3));
    kov_value flat = kov_reshape(b, image, INTS(test, 0, -1, 3), true);
    assert_true(dim_of(test, flat, 1) == kov_dim_mul(b->dims, h, h));
    /* Back again, by the shape of the image. */
    kov_value back = kov_reshape(b, flat, kov_shape_of(b, image, KOV_DTYPE_I64), false);
    for (int axis = 0; axis < 4; axis++)
        assert_true(dim_of(test, back, axis) == dim_of(test, image, axis));
    op_end(test);
}

/* (N, H, C) -> (N * H, C) -> (N, H, C) through the arithmetic that Keras layers do on shapes. */
static void test_computed_shapes_stay_symbolic(void **state)
{
    (void)state;
    op_case *test = op_begin();
    kov_builder *b = test->b;
    int64_t n = kov_builder_symbol(b, "N"), h = kov_builder_symbol(b, "H");
    kov_value x = input(test, DIMS(n, h, 6));
    kov_value shape = kov_shape_of(b, x, KOV_DTYPE_I32);
    kov_value first =
        kov_slice(b, shape, INTS(test, 0), INTS(test, 2), INTS(test, 1), INTS(test, 0));
    kov_value rows = kov_reduce_prod(b, first, INTS(test, 0), true);
    kov_value six = op_data(test, KOV_DTYPE_I32, DIMS(1), (const int32_t[]){6});
    kov_value target = kov_concat(b, (kov_value[]){rows, six}, 2, 0);
    kov_value flat = kov_reshape(b, x, target, false);
    assert_true(dim_of(test, flat, 0) == kov_dim_mul(b->dims, n, h));
    assert_true(dim_of(test, flat, 1) == 6);

    kov_value scalar = kov_squeeze(
        b, kov_slice(b, shape, INTS(test, 1), INTS(test, 2), INTS(test, 1), INTS(test, 0)),
        INTS(test, 0));
    kov_value two = op_data(test, KOV_DTYPE_I32, DIMS0, (const int32_t[]){2});
    kov_value doubled = kov_cast(b, kov_multiply(b, scalar, two), KOV_DTYPE_I64);
    kov_value parts[] = {op_ints_at(test, 1, (const int64_t[]){-1}),
                         kov_unsqueeze(b, doubled, INTS(test, 0))};
    kov_value other = kov_reshape(b, x, kov_concat(b, parts, 2, 0), false);
    assert_true(dim_of(test, other, 1) == kov_dim_mul(b->dims, h, 2));

    kov_value halves = kov_divide(b, kov_add(b, scalar, two), two);
    kov_value grown =
        kov_broadcast(b, op_data(test, KOV_DTYPE_F32, DIMS0, (const float[]){1}),
                      kov_unsqueeze(b, halves, INTS(test, 0)), KOV_VALUE_NONE, "numpy");
    kov_dim half = kov_dim_floor_div(b->dims, kov_dim_add_number(b->dims, h, 2), 2);
    assert_true(dim_of(test, grown, 0) == half);

    kov_value chosen = kov_select(
        b, kov_greater_equal(b, scalar, op_data(test, KOV_DTYPE_I32, DIMS0, (const int32_t[]){0})),
        scalar, two);
    kov_value range =
        kov_range(b, op_data(test, KOV_DTYPE_I32, DIMS0, (const int32_t[]){0}), chosen,
                  op_data(test, KOV_DTYPE_I32, DIMS0, (const int32_t[]){1}), KOV_DTYPE_I32);
    assert_true(dim_of(test, range, 0) == h);
    op_end(test);
}

static void test_squeeze_and_unsqueeze(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2, 3};
    op_check(test,
             kov_squeeze(test->b, op_reals(test, KOV_DTYPE_U8, DIMS(1, 3, 1), x), INTS(test, -1)),
             KOV_DTYPE_U8, DIMS(1, 3), x);
    op_check(test,
             kov_squeeze(test->b, op_reals(test, KOV_DTYPE_U8, DIMS(1, 3, 1), x), KOV_VALUE_NONE),
             KOV_DTYPE_U8, DIMS(3), x);
    op_check(test,
             kov_unsqueeze(test->b, op_reals(test, KOV_DTYPE_U8, DIMS(3), x), INTS(test, -1, 0)),
             KOV_DTYPE_U8, DIMS(1, 3, 1), x);
    int64_t n = kov_builder_symbol(test->b, "N");
    kov_value v = kov_squeeze(test->b, input(test, DIMS(1, n)), KOV_VALUE_NONE);
    assert_int_equal(op_failure(test, v), KOV_UNKNOWN_DIMENSION);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_free_dimensions_cancel),
        cmocka_unit_test(test_computed_shapes_stay_symbolic),
        cmocka_unit_test(test_squeeze_and_unsqueeze),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
