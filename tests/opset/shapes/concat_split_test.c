/* SPDX-License-Identifier: Apache-2.0 */
/* Concat, Split and VariadicSplit: by hand, and as each other's inverse. */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void test_concat(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const kov_dtype dtypes[] = {KOV_DTYPE_I8, KOV_DTYPE_I16, KOV_DTYPE_F32, KOV_DTYPE_F64};
    for (int d = 0; d < 4; d++) {
        kov_value parts[] = {op_reals(test, dtypes[d], DIMS(2, 1), x),
                             op_reals(test, dtypes[d], DIMS(2, 0), x),
                             op_reals(test, dtypes[d], DIMS(2, 2), x + 4)};
        op_check(test, kov_concat(test->b, parts, 3, -1), dtypes[d], DIMS(2, 3),
                 (const double[]){1, 5, 6, 2, 7, 8});
    }
    kov_value wrong[] = {op_reals(test, KOV_DTYPE_F32, DIMS(2, 1), x),
                         op_reals(test, KOV_DTYPE_F32, DIMS(1, 1), x)};
    assert_int_equal(op_failure(test, kov_concat(test->b, wrong, 2, 1)), KOV_INVALID_ARGUMENT);
    kov_value mixed[] = {op_reals(test, KOV_DTYPE_F32, DIMS(2, 1), x),
                         op_reals(test, KOV_DTYPE_F64, DIMS(2, 1), x)};
    assert_int_equal(op_failure(test, kov_concat(test->b, mixed, 2, 1)), KOV_TYPE_ERROR);
    op_end(test);
}

static void test_split(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double wanted[3][4] = {{1, 4, 7, 10}, {2, 5, 8, 11}, {3, 6, 9, 12}};
    for (int k = 0; k < 3; k++) {
        int count;
        kov_value in[] = {op_reals(test, KOV_DTYPE_F16, DIMS(2, 2, 3), x), op_int(test, -1)};
        const kov_attr parts = kov_attr_int(3);
        kov_value v = kov_emit_many(test->b, KOV_OP_SPLIT, in, 2, &parts, &count);
        assert_int_equal(count, 3);
        op_check(test, kov_output(v, k), KOV_DTYPE_F16, DIMS(2, 2, 1), wanted[k]);
    }
    int count;
    kov_value in[] = {op_reals(test, KOV_DTYPE_F16, DIMS(2, 2, 3), x), op_int(test, -1)};
    const kov_attr parts = kov_attr_int(2);
    assert_int_equal(op_failure(test, kov_emit_many(test->b, KOV_OP_SPLIT, in, 2, &parts, &count)),
                     KOV_INVALID_ARGUMENT);
    op_end(test);
}

static void test_variadic_split(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double wanted[3][8] = {{1, 2, 7, 8}, {0}, {3, 4, 5, 6, 9, 10, 11, 12}};
    const int64_t sizes[] = {2, 0, 4};
    for (int k = 0; k < 3; k++) {
        int count;
        kov_value in[] = {op_reals(test, KOV_DTYPE_I64, DIMS(2, 6), x), op_int(test, 1),
                          INTS(test, 2, 0, -1)};
        kov_value v = kov_emit_many(test->b, KOV_OP_VARIADIC_SPLIT, in, 3, NULL, &count);
        assert_int_equal(count, 3);
        op_check(test, kov_output(v, k), KOV_DTYPE_I64, DIMS(2, sizes[k]), wanted[k]);
    }
    const int64_t bad[][2] = {{5, 2}, {-1, -1}, {7, -1}, {-2, 8}};
    for (int i = 0; i < 4; i++) {
        int count;
        kov_value in[] = {op_reals(test, KOV_DTYPE_I64, DIMS(2, 6), x), op_int(test, 1),
                          op_ints_at(test, 2, bad[i])};
        assert_int_equal(
            op_failure(test, kov_emit_many(test->b, KOV_OP_VARIADIC_SPLIT, in, 3, NULL, &count)),
            KOV_INVALID_ARGUMENT);
    }
    op_end(test);
}

static void test_free_dimensions(void **state)
{
    (void)state;
    op_case *test = op_begin();
    kov_builder *b = test->b;
    int64_t n = kov_builder_symbol(b, "N"), m = kov_builder_symbol(b, "M");
    kov_value u = kov_builder_parameter(b, KOV_DTYPE_F32, DIMS(n, 4), NULL, KOV_ROLE_INPUT);
    kov_value v = kov_builder_parameter(b, KOV_DTYPE_F32, DIMS(m, 4), NULL, KOV_ROLE_INPUT);
    kov_value both = kov_concat(b, (kov_value[]){u, v}, 2, 0);
    assert_true(kov_builder_value(b, both)->dims[0] == kov_dim_add(b->dims, n, m));
    int count;
    kov_value lengths =
        kov_concat(b, (kov_value[]){INTS(test, -1), kov_dims_value(b, v, 0, 1)}, 2, 0);
    kov_value in[] = {both, op_int(test, 0), lengths};
    kov_value parts = kov_emit_many(b, KOV_OP_VARIADIC_SPLIT, in, 3, NULL, &count);
    assert_true(kov_builder_value(b, parts)->dims[0] == n);
    assert_true(kov_builder_value(b, kov_output(parts, 1))->dims[0] == m);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_concat),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_variadic_split),
        cmocka_unit_test(test_free_dimensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
