/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static kov_value reduced(op_case *test, const char *reduction, kov_dtype dtype, const void *data,
                         const void *updates)
{
    kov_value x = op_data(test, dtype, DIMS(2), data), u = op_data(test, dtype, DIMS(3), updates);
    return kov_scatter_elements_update(test->b, x, INTS(test, 0, 0, -1), u, op_int(test, 0),
                                       reduction, true);
}

/* Sums wrap in the type's width; comparison of uint64 is unsigned. */
static void integers_wrap(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const uint8_t small[] = {250, 1}, steps[] = {3, 4, 5}, wrapped[] = {1, 6};
    const kov_tensor *out = op_result(test, reduced(test, "sum", KOV_DTYPE_U8, small, steps));
    assert_memory_equal(kov_tensor_data(out), wrapped, sizeof wrapped);

    const int64_t big[] = {INT64_MAX, 3}, ones[] = {1, 0, INT64_MIN};
    const int64_t around[] = {INT64_MIN, INT64_MIN + 3};
    out = op_result(test, reduced(test, "sum", KOV_DTYPE_I64, big, ones));
    assert_memory_equal(kov_tensor_data(out), around, sizeof around);

    const uint64_t high[] = {1, UINT64_MAX}, other[] = {UINT64_MAX - 1, 2, 5};
    const uint64_t most[] = {UINT64_MAX - 1, UINT64_MAX}, least[] = {1, 5};
    out = op_result(test, reduced(test, "max", KOV_DTYPE_U64, high, other));
    assert_memory_equal(kov_tensor_data(out), most, sizeof most);
    out = op_result(test, reduced(test, "min", KOV_DTYPE_U64, high, other));
    assert_memory_equal(kov_tensor_data(out), least, sizeof least);

    /* Above 2^53, where a double would round. */
    const int64_t exact[] = {(INT64_C(1) << 53) + 1, 0}, zeros[] = {0, 0, 1};
    const int64_t kept[] = {(INT64_C(1) << 53) + 1, 1};
    out = op_result(test, reduced(test, "max", KOV_DTYPE_I64, exact, zeros));
    assert_memory_equal(kov_tensor_data(out), kept, sizeof kept);
    op_end(test);
}

static void booleans(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const unsigned char data[] = {0, 1}, updates[] = {1, 1, 0}, any[] = {1, 1}, all[] = {0, 0};
    const char *const ors[] = {"sum", "max"}, *const ands[] = {"prod", "min"};
    for (int i = 0; i < 2; i++) {
        const kov_tensor *out =
            op_result(test, reduced(test, ors[i], KOV_DTYPE_BOOL, data, updates));
        assert_memory_equal(kov_tensor_data(out), any, sizeof any);
        out = op_result(test, reduced(test, ands[i], KOV_DTYPE_BOOL, data, updates));
        assert_memory_equal(kov_tensor_data(out), all, sizeof all);
    }
    assert_int_equal(op_failure(test, reduced(test, "mean", KOV_DTYPE_BOOL, data, updates)),
                     KOV_TYPE_ERROR);
    op_end(test);
}

/* Of duplicates the last one stays; NaN goes through min and max. */
static void order_and_nan(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const float data[] = {1, 2}, updates[] = {5, 6, NAN};
    const double last[] = {6, NAN}, most[] = {6, NAN}, least[] = {1, NAN};
    op_check(test, reduced(test, "none", KOV_DTYPE_F32, data, updates), KOV_DTYPE_F32, DIMS(2),
             last);
    op_check(test, reduced(test, "max", KOV_DTYPE_F32, data, updates), KOV_DTYPE_F32, DIMS(2),
             most);
    op_check(test, reduced(test, "min", KOV_DTYPE_F32, data, updates), KOV_DTYPE_F32, DIMS(2),
             least);
    op_end(test);
}

static void nothing_to_update(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double data[] = {1, 2, 3};
    kov_value x = op_reals(test, KOV_DTYPE_F32, DIMS(3), data);
    kov_value none = op_reals(test, KOV_DTYPE_F32, DIMS(0), data);
    op_check(test,
             kov_scatter_elements_update(test->b, x, op_ints_at(test, 0, NULL), none,
                                         op_int(test, 0), "sum", true),
             KOV_DTYPE_F32, DIMS(3), data);
    x = op_reals(test, KOV_DTYPE_F32, DIMS(3), data);
    none = op_reals(test, KOV_DTYPE_F32, DIMS(0), data);
    kov_value places = op_data(test, KOV_DTYPE_I64, DIMS(0, 1), NULL);
    op_check(test, kov_scatter_nd_update(test->b, x, places, none, "none"), KOV_DTYPE_F32, DIMS(3),
             data);
    op_end(test);
}

static void wrong_use(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const float data[] = {1, 2}, updates[] = {5, 6, 7};
    assert_int_equal(op_failure(test, reduced(test, "median", KOV_DTYPE_F32, data, updates)),
                     KOV_INVALID_ARGUMENT);
    kov_value x = op_data(test, KOV_DTYPE_F32, DIMS(2), data);
    kov_value u = op_data(test, KOV_DTYPE_F32, DIMS(1), updates);
    assert_int_equal(
        op_failure(test, kov_scatter_update(test->b, x, INTS(test, 2), u, op_int(test, 0))),
        KOV_INVALID_ARGUMENT);
    x = op_data(test, KOV_DTYPE_F32, DIMS(2), data);
    u = op_data(test, KOV_DTYPE_F32, DIMS(3), updates);
    assert_int_equal(
        op_failure(test, kov_scatter_update(test->b, x, INTS(test, 1), u, op_int(test, 0))),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_wrap), cmocka_unit_test(booleans),
        cmocka_unit_test(order_and_nan), cmocka_unit_test(nothing_to_update),
        cmocka_unit_test(wrong_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
