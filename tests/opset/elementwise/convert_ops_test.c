/* SPDX-License-Identifier: Apache-2.0 */
/* Convert, Bitcast and the classes of floating-point numbers. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static kov_value convert(op_case *test, kov_value v, kov_dtype to)
{
    const kov_attr attr = kov_attr_dtype(to);
    return kov_emit(test->b, KOV_OP_CONVERT, &v, 1, &attr);
}

static void test_convert(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {-1.5, 0, 300.75};
    op_check(test, convert(test, op_reals(test, KOV_DTYPE_F32, DIMS(3), x), KOV_DTYPE_I32),
             KOV_DTYPE_I32, DIMS(3), (const double[]){-1, 0, 300});
    op_check(test, convert(test, op_reals(test, KOV_DTYPE_F64, DIMS(3), x), KOV_DTYPE_U8),
             KOV_DTYPE_U8, DIMS(3), (const double[]){255, 0, 44});
    op_check(test, convert(test, op_reals(test, KOV_DTYPE_F16, DIMS(3), x), KOV_DTYPE_BOOL),
             KOV_DTYPE_BOOL, DIMS(3), (const double[]){1, 0, 1});
    const uint8_t packed[] = {0x21, 0x0F}; /* low half first: 1, 2, -1 */
    op_check(test, convert(test, op_data(test, KOV_DTYPE_I4, DIMS(3), packed), KOV_DTYPE_F32),
             KOV_DTYPE_F32, DIMS(3), (const double[]){1, 2, -1});
    op_end(test);
}

static void test_bitcast(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const float x[] = {1.0f, -2.0f, 0.5f, 3.0f};
    const kov_tensor *y = op_result(
        test, kov_bitcast(test->b, op_data(test, KOV_DTYPE_F32, DIMS(2, 2), x), KOV_DTYPE_I32));
    assert_memory_equal(kov_tensor_data(y), x, sizeof x);
    const struct {
        kov_dtype to;
        int64_t last;
    } sizes[] = {{KOV_DTYPE_I64, 1}, {KOV_DTYPE_U16, 4}, {KOV_DTYPE_U8, 8}};
    for (int i = 0; i < 3; i++) {
        y = op_result(
            test, kov_bitcast(test->b, op_data(test, KOV_DTYPE_F32, DIMS(2, 2), x), sizes[i].to));
        assert_int_equal(kov_tensor_dims(y)[0], 2);
        assert_int_equal(kov_tensor_dims(y)[1], sizes[i].last);
        assert_memory_equal(kov_tensor_data(y), x, sizeof x);
    }
    assert_int_equal(op_failure(test, kov_bitcast(test->b, op_data(test, KOV_DTYPE_F32, DIMS(3), x),
                                                  KOV_DTYPE_F64)),
                     KOV_INVALID_ARGUMENT);
    assert_int_equal(op_failure(test, kov_bitcast(test->b, op_data(test, KOV_DTYPE_F32, DIMS0, x),
                                                  KOV_DTYPE_U8)),
                     KOV_INVALID_ARGUMENT);
    op_end(test);
}

static void test_classes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {NAN, INFINITY, -INFINITY, 0, -1};
    const kov_dtype dtypes[] = {KOV_DTYPE_F16, KOV_DTYPE_BF16, KOV_DTYPE_F32, KOV_DTYPE_F64};
    for (int d = 0; d < 4; d++) {
        op_check(test, kov_is_na_n(test->b, op_reals(test, dtypes[d], DIMS(5), x)), KOV_DTYPE_BOOL,
                 DIMS(5), (const double[]){1, 0, 0, 0, 0});
        op_check(test, kov_is_finite(test->b, op_reals(test, dtypes[d], DIMS(5), x)),
                 KOV_DTYPE_BOOL, DIMS(5), (const double[]){0, 0, 0, 1, 1});
        for (int flags = 0; flags < 4; flags++)
            op_check(
                test,
                kov_is_inf(test->b, op_reals(test, dtypes[d], DIMS(5), x), flags & 1, flags & 2),
                KOV_DTYPE_BOOL, DIMS(5), (const double[]){0, flags >> 1, flags & 1, 0, 0});
    }
    op_check(test, kov_is_finite(test->b, op_reals(test, KOV_DTYPE_I32, DIMS(2), x + 3)),
             KOV_DTYPE_BOOL, DIMS(2), (const double[]){1, 1});
    const float z[] = {1, NAN, INFINITY, 0};
    op_check(test, kov_is_na_n(test->b, op_data(test, KOV_DTYPE_C64, DIMS(2), z)), KOV_DTYPE_BOOL,
             DIMS(2), (const double[]){1, 0});
    op_check(test, kov_is_finite(test->b, op_data(test, KOV_DTYPE_C64, DIMS(2), z)), KOV_DTYPE_BOOL,
             DIMS(2), (const double[]){0, 0});
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert),
        cmocka_unit_test(test_bitcast),
        cmocka_unit_test(test_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
