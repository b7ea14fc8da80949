/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons and logic, on data and on what is known of shapes. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static kov_value emit_pair(op_case *test, int op, kov_value a, kov_value b)
{
    const kov_attr numpy = kov_attr_enum("numpy");
    return kov_emit(test->b, op, (kov_value[]){a, b}, 2, &numpy);
}

static const struct {
    int op;
    double wanted[6]; /* of 1?2 2?1 2?2 NaN?1 1?NaN NaN?NaN */
} rows[] = {
    {KOV_OP_EQUAL, {0, 0, 1, 0, 0, 0}},   {KOV_OP_NOT_EQUAL, {1, 1, 0, 1, 1, 1}},
    {KOV_OP_GREATER, {0, 1, 0, 0, 0, 0}}, {KOV_OP_GREATER_EQUAL, {0, 1, 1, 0, 0, 0}},
    {KOV_OP_LESS, {1, 0, 0, 0, 0, 0}},    {KOV_OP_LESS_EQUAL, {1, 0, 1, 0, 0, 0}},
};

static void test_every_dtype(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double a[] = {1, 2, 2, NAN, 1, NAN}, b[] = {2, 1, 2, 1, NAN, NAN};
    const kov_dtype dtypes[] = {KOV_DTYPE_I8,  KOV_DTYPE_I16,  KOV_DTYPE_I32, KOV_DTYPE_I64,
                                KOV_DTYPE_U8,  KOV_DTYPE_U16,  KOV_DTYPE_U32, KOV_DTYPE_U64,
                                KOV_DTYPE_F16, KOV_DTYPE_BF16, KOV_DTYPE_F32, KOV_DTYPE_F64};
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            int64_t n = kov_dtype_is_float(dtypes[d]) ? 6 : 3;
            op_check(test,
                     emit_pair(test, rows[i].op, op_reals(test, dtypes[d], 1, &n, a),
                               op_reals(test, dtypes[d], 1, &n, b)),
                     KOV_DTYPE_BOOL, 1, &n, rows[i].wanted);
        }
    op_end(test);
}

static void test_wide_and_complex(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const uint64_t a[] = {UINT64_MAX, 1}, b[] = {1, UINT64_MAX - 1};
    op_check(test,
             kov_greater(test->b, op_data(test, KOV_DTYPE_U64, DIMS(2), a),
                         op_data(test, KOV_DTYPE_U64, DIMS(2), b)),
             KOV_DTYPE_BOOL, DIMS(2), (const double[]){1, 0});
    const int64_t c[] = {(INT64_C(1) << 53) + 1, -1}, d[] = {INT64_C(1) << 53, 1};
    op_check(test,
             kov_equal(test->b, op_data(test, KOV_DTYPE_I64, DIMS(2), c),
                       op_data(test, KOV_DTYPE_I64, DIMS(2), d)),
             KOV_DTYPE_BOOL, DIMS(2), (const double[]){0, 0});
    const float z[] = {1, 2, 3, 4}, w[] = {1, 2, 3, 5};
    op_check(test,
             kov_equal(test->b, op_data(test, KOV_DTYPE_C64, DIMS(2), z),
                       op_data(test, KOV_DTYPE_C64, DIMS(2), w)),
             KOV_DTYPE_BOOL, DIMS(2), (const double[]){1, 0});
    op_end(test);
}

/* By real part, then by imaginary part; a NaN in either is neither below nor above. */
static void test_complex_order(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const float a[] = {1, 9, 1, 2, 1, 2, 1, NAN, NAN, 1}, b[] = {2, 0, 1, 3, 1, 2, 1, 0, 2, 0};
    const struct {
        kov_value (*emit)(kov_builder *, kov_value, kov_value);
        double wanted[5];
    } rows[] = {{kov_less, {1, 1, 0, 0, 0}},
                {kov_greater_equal, {0, 0, 1, 0, 0}},
                {kov_not_equal, {1, 1, 0, 1, 1}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kov_value x = op_data(test, KOV_DTYPE_C64, DIMS(5), a);
        kov_value y = op_data(test, KOV_DTYPE_C64, DIMS(5), b);
        op_check(test, rows[i].emit(test->b, x, y), KOV_DTYPE_BOOL, DIMS(5), rows[i].wanted);
    }
    op_end(test);
}

static void test_logic(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const uint8_t a[] = {0, 0, 1, 1}, b[] = {0, 1, 0, 1};
    const struct {
        int op;
        double wanted[4];
    } logic[] = {{KOV_OP_LOGICAL_AND, {0, 0, 0, 1}},
                 {KOV_OP_LOGICAL_OR, {0, 1, 1, 1}},
                 {KOV_OP_LOGICAL_XOR, {0, 1, 1, 0}}};
    for (int i = 0; i < 3; i++)
        op_check(test,
                 emit_pair(test, logic[i].op, op_data(test, KOV_DTYPE_BOOL, DIMS(4), a),
                           op_data(test, KOV_DTYPE_BOOL, DIMS(4), b)),
                 KOV_DTYPE_BOOL, DIMS(4), logic[i].wanted);
    op_check(test, kov_logical_not(test->b, op_data(test, KOV_DTYPE_BOOL, DIMS(4), a)),
             KOV_DTYPE_BOOL, DIMS(4), (const double[]){1, 1, 0, 0});
    op_end(test);
}

static int known_truth(op_case *test, kov_value v)
{
    const kov_value_info *info = kov_builder_value(test->b, v);
    assert_int_equal(info->dtype, KOV_DTYPE_BOOL);
    return info->content && info->content->at[0].known ? (int)info->content->at[0].dim : -1;
}

static void test_what_is_known_of_shapes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    kov_builder *b = test->b;
    int64_t n = kov_builder_symbol(b, "N"), m = kov_builder_symbol(b, "M");
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, DIMS(n, m, 3), NULL, KOV_ROLE_INPUT);
    kov_value rows_of_x = kov_dim_value(b, x, 0), columns = kov_dim_value(b, x, 1);
    kov_value one = op_int(test, 1), three = op_int(test, 3), zero = op_int(test, 0);
    assert_int_equal(known_truth(test, kov_equal(b, rows_of_x, rows_of_x)), 1);
    assert_int_equal(known_truth(test, kov_equal(b, rows_of_x, columns)), -1);
    assert_int_equal(known_truth(test, kov_greater_equal(b, rows_of_x, zero)), 1);
    assert_int_equal(known_truth(test, kov_less(b, rows_of_x, zero)), 0);
    assert_int_equal(known_truth(test, kov_less(b, rows_of_x, three)), -1);
    assert_int_equal(known_truth(test, kov_less(b, rows_of_x, kov_add(b, rows_of_x, one))), 1);
    assert_int_equal(known_truth(test, kov_not_equal(b, kov_negative(b, rows_of_x), one)), 1);
    assert_int_equal(known_truth(test, kov_equal(b, kov_dim_value(b, x, 2), three)), 1);
    kov_value both = kov_logical_and(b, kov_equal(b, one, one), kov_less(b, three, one));
    assert_int_equal(known_truth(test, both), 0);
    assert_int_equal(known_truth(test, kov_logical_not(b, both)), 1);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_dtype),
        cmocka_unit_test(test_wide_and_complex),
        cmocka_unit_test(test_complex_order),
        cmocka_unit_test(test_logic),
        cmocka_unit_test(test_what_is_known_of_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
