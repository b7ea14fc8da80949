/* SPDX-License-Identifier: Apache-2.0 */
/* Select for every element size and mix of broadcasts, against an index loop. */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { M = 3, N = 4 };

/* Bit 0: along rows, bit 1: along columns. */
static int64_t at(int shape, int i, int j)
{
    return (shape & 1 ? i : 0) * (shape & 2 ? N : 1) + (shape & 2 ? j : 0);
}

static kov_value make(op_case *test, kov_dtype dtype, int shape, const void *data)
{
    return op_data(test, dtype, DIMS(shape & 1 ? M : 1, shape & 2 ? N : 1), data);
}

static void check(op_case *test, kov_dtype dtype, int shapes)
{
    size_t size = (size_t)kov_dtype_bits(dtype) / 8;
    uint8_t condition[M * N], a[M * N * 16], b[M * N * 16];
    int c_shape = shapes & 3, a_shape = shapes >> 2 & 3, b_shape = shapes >> 4 & 3;
    for (int k = 0; k < M * N; k++)
        condition[k] = k * 5 % 3 == 0;
    for (size_t k = 0; k < sizeof a; k++) {
        a[k] = (uint8_t)k;
        b[k] = (uint8_t)(255 - k);
    }
    kov_value v = kov_select(test->b, make(test, KOV_DTYPE_BOOL, c_shape, condition),
                             make(test, dtype, a_shape, a), make(test, dtype, b_shape, b));
    const kov_tensor *y = op_result(test, v);
    int all = c_shape | a_shape | b_shape;
    assert_int_equal(kov_tensor_dims(y)[0], all & 1 ? M : 1);
    for (int i = 0; i < (all & 1 ? M : 1); i++)
        for (int j = 0; j < (all & 2 ? N : 1); j++) {
            const uint8_t *wanted = condition[at(c_shape, i, j)]
                                        ? a + (size_t)at(a_shape, i, j) * size
                                        : b + (size_t)at(b_shape, i, j) * size;
            assert_memory_equal((const uint8_t *)kov_tensor_data(y) + (size_t)at(all, i, j) * size,
                                wanted, size);
        }
}

static void test_sizes_and_broadcasts(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const kov_dtype dtypes[] = {KOV_DTYPE_U8, KOV_DTYPE_F16, KOV_DTYPE_F32, KOV_DTYPE_I64,
                                KOV_DTYPE_C128};
    for (int d = 0; d < 5; d++)
        for (int shapes = 0; shapes < 64; shapes++)
            check(test, dtypes[d], shapes);
    op_end(test);
}

static void test_refusals(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {1, 2};
    assert_int_equal(op_failure(test, kov_select(test->b, op_reals(test, KOV_DTYPE_I32, DIMS(2), x),
                                                 op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                                 op_reals(test, KOV_DTYPE_F32, DIMS(2), x))),
                     KOV_TYPE_ERROR);
    assert_int_equal(
        op_failure(test, kov_select(test->b, op_reals(test, KOV_DTYPE_BOOL, DIMS(2), x),
                                    op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                    op_reals(test, KOV_DTYPE_F64, DIMS(2), x))),
        KOV_TYPE_ERROR);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_broadcasts),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
