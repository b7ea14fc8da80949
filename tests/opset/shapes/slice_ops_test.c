/* SPDX-License-Identifier: Apache-2.0 */
/* Slice and StridedSlice on a numbered tensor; expected elements from NumPy's indexing. */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 24 };

static kov_value numbered(op_case *test, kov_dtype dtype)
{
    double x[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = i;
    return op_reals(test, dtype, DIMS(2, 3, 4), x);
}

/* x[:, 2:0:-1, 1::2] of every element size. */
static void test_slice(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const kov_dtype dtypes[] = {KOV_DTYPE_U8, KOV_DTYPE_F16, KOV_DTYPE_I32, KOV_DTYPE_F64};
    for (int d = 0; d < 4; d++)
        op_check(test,
                 kov_slice(test->b, numbered(test, dtypes[d]), INTS(test, 2, 1),
                           INTS(test, 0, INT64_MAX), INTS(test, -1, 2), INTS(test, 1, -1)),
                 dtypes[d], DIMS(2, 2, 2), (const double[]){9, 11, 5, 7, 21, 23, 17, 19});
    op_check(test,
             kov_slice(test->b, numbered(test, KOV_DTYPE_I64), INTS(test, -1),
                       INTS(test, INT64_MIN), INTS(test, -3), INTS(test, 2)),
             KOV_DTYPE_I64, DIMS(2, 3, 2),
             (const double[]){3, 0, 7, 4, 11, 8, 15, 12, 19, 16, 23, 20});
    op_check(test,
             kov_slice(test->b, numbered(test, KOV_DTYPE_I64), INTS(test, 1), INTS(test, 1),
                       INTS(test, 1), KOV_VALUE_NONE),
             KOV_DTYPE_I64, DIMS(0, 3, 4), NULL);
    const double z[] = {1, 2, 3, 4};
    const kov_tensor *y =
        op_result(test, kov_slice(test->b, op_data(test, KOV_DTYPE_C128, DIMS(2), z), INTS(test, 1),
                                  INTS(test, -9), INTS(test, -1), INTS(test, 0)));
    assert_memory_equal(kov_tensor_data(y), ((const double[]){3, 4, 1, 2}), 32);
    assert_int_equal(
        op_failure(test, kov_slice(test->b, numbered(test, KOV_DTYPE_I64), INTS(test, 1),
                                   INTS(test, 1), INTS(test, 0), KOV_VALUE_NONE)),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_slice(test->b, numbered(test, KOV_DTYPE_I64), INTS(test, 1, 1),
                                   INTS(test, 1, 1), INTS(test, 1, 1), INTS(test, 1, 1))),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

#define MASK(...)                                                                                  \
    ((kov_ints){(const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)})
#define NO_MASK ((kov_ints){NULL, 0})

static void test_strided(void **state)
{
    (void)state;
    op_case *test = op_begin();
    /* x[..., None, 1] */
    op_check(test,
             kov_strided_slice(test->b, numbered(test, KOV_DTYPE_I32), INTS(test, 0, 0, 1),
                               INTS(test, 0, 0, 2), INTS(test, 1, 1, 1), NO_MASK, NO_MASK,
                               MASK(0, 1, 0), MASK(0, 0, 1), MASK(1, 0, 0)),
             KOV_DTYPE_I32, DIMS(2, 3, 1), (const double[]){1, 5, 9, 13, 17, 21});
    /* x[-1, ::-2] */
    op_check(test,
             kov_strided_slice(test->b, numbered(test, KOV_DTYPE_I32), INTS(test, -1, 0),
                               INTS(test, 0, 0), INTS(test, 1, -2), MASK(0, 1), MASK(0, 1), NO_MASK,
                               MASK(1), NO_MASK),
             KOV_DTYPE_I32, DIMS(2, 4), (const double[]){20, 21, 22, 23, 12, 13, 14, 15});
    /* x[0:1, 1:, 2:3], without strides */
    op_check(test,
             kov_strided_slice(test->b, numbered(test, KOV_DTYPE_I32), INTS(test, 0, 1, 2),
                               INTS(test, 1, 0, 3), KOV_VALUE_NONE, NO_MASK, MASK(0, 1, 0), NO_MASK,
                               NO_MASK, NO_MASK),
             KOV_DTYPE_I32, DIMS(1, 2, 1), (const double[]){6, 10});
    /* x[0, ..., 3] with nothing for the ellipsis: x[0, :, 3] */
    op_check(test,
             kov_strided_slice(test->b, numbered(test, KOV_DTYPE_I32), INTS(test, 0, 0, 0, 3),
                               INTS(test, 1, 0, 9, 4), KOV_VALUE_NONE, NO_MASK, MASK(0, 0, 1),
                               NO_MASK, MASK(1, 0, 0, 1), MASK(0, 1)),
             KOV_DTYPE_I32, DIMS(3), (const double[]){3, 7, 11});
    assert_int_equal(
        op_failure(test, kov_strided_slice(test->b, numbered(test, KOV_DTYPE_I32), INTS(test, 2),
                                           INTS(test, 3), KOV_VALUE_NONE, NO_MASK, NO_MASK, NO_MASK,
                                           MASK(1), NO_MASK)),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test,
                   kov_strided_slice(test->b, numbered(test, KOV_DTYPE_I32), INTS(test, 0, 0, 0, 0),
                                     INTS(test, 1, 1, 1, 1), KOV_VALUE_NONE, NO_MASK, NO_MASK,
                                     NO_MASK, NO_MASK, NO_MASK)),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

/* shape(x)[1], as IR of other tools computes it, keeps the symbol. */
static void test_content(void **state)
{
    (void)state;
    op_case *test = op_begin();
    int64_t n = kov_builder_symbol(test->b, "N");
    kov_value x =
        kov_builder_parameter(test->b, KOV_DTYPE_F32, DIMS(2, n, 3), NULL, KOV_ROLE_INPUT);
    kov_value shape = kov_shape_of(test->b, x, KOV_DTYPE_I64);
    kov_value one = kov_strided_slice(test->b, shape, INTS(test, 1), INTS(test, 2), KOV_VALUE_NONE,
                                      NO_MASK, NO_MASK, NO_MASK, MASK(1), NO_MASK);
    const kov_value_info *info = kov_builder_value(test->b, one);
    assert_int_equal(info->ndim, 0);
    assert_non_null(info->content);
    assert_true(info->content->at[0].known && info->content->at[0].dim == n);
    kov_value backward =
        kov_strided_slice(test->b, shape, INTS(test, 0), INTS(test, 0), INTS(test, -1), MASK(1),
                          MASK(1), NO_MASK, NO_MASK, NO_MASK);
    info = kov_builder_value(test->b, backward);
    assert_non_null(info->content);
    assert_true(info->content->n == 3 && info->content->at[0].dim == 3 &&
                info->content->at[1].dim == n);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_strided),
        cmocka_unit_test(test_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
