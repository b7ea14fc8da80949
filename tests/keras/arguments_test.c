/* SPDX-License-Identifier: Apache-2.0 */
/* What decompositions get of a call's arguments, seen through calls: which are values of the graph,
 * which numbers, and what is refused. */
#include "graph/builder.h"
#include "keras_functions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static kov_context *context;
static kov_builder *builder;

static int set_up(void **state)
{
    (void)state;
    kov_status status = kov_context_create(NULL, &context);
    return status == KOV_OK ? (int)kov_builder_create(context, &builder) : (int)status;
}

static int tear_down(void **state)
{
    (void)state;
    kov_builder_release(builder);
    kov_context_release(context);
    return 0;
}

static kov_argument value(kov_value v)
{
    return (kov_argument){.kind = KOV_ARGUMENT_VALUE, .u.value = v};
}

static kov_argument integers(const int64_t *at, int count)
{
    return (kov_argument){.kind = KOV_ARGUMENT_INTS, .count = count, .u.ints = at};
}

static kov_value parameter(kov_dtype dtype, int ndim, const int64_t *dims)
{
    return kov_builder_parameter(builder, dtype, ndim, dims, NULL, KOV_ROLE_INPUT);
}

static kov_status call(int function, const kov_argument *arguments, int n, kov_value *out, int room)
{
    int count = room;
    return kov_call(builder, function, arguments, n, out, &count);
}

/* A shape that is data is handed on, not read: there is nothing to guard. */
static void test_shape_stays_a_value(void **state)
{
    (void)state;
    const int64_t dims[] = {KOV_DIM_FREE, 6}, two[] = {2};
    const kov_argument arguments[] = {value(parameter(KOV_DTYPE_F32, 2, dims)),
                                      value(parameter(KOV_DTYPE_I64, 1, two))};
    kov_value out;
    assert_int_equal(call(KOV_FN_NUMPY_RESHAPE, arguments, 2, &out, 1), KOV_OK);
    assert_int_equal(kov_builder_ndim(builder, out), 2);
    assert_int_equal(builder->guards.n, 0);
}

/* A shape of numbers and dimensions of other values: what is known of each is known of the result.
 */
static void test_shape_of_numbers_and_values(void **state)
{
    (void)state;
    const int64_t dims[] = {KOV_DIM_FREE, 6};
    kov_value x = parameter(KOV_DTYPE_F32, 2, dims), out;
    const kov_argument items[] = {value(kov_builder_dim_value(builder, x, 0)),
                                  {.kind = KOV_ARGUMENT_INT, .u.integer = 3},
                                  {.kind = KOV_ARGUMENT_INT, .u.integer = 2}};
    const kov_argument arguments[] = {value(x),
                                      {.kind = KOV_ARGUMENT_LIST, .count = 3, .u.list = items}};
    assert_int_equal(call(KOV_FN_NUMPY_RESHAPE, arguments, 2, &out, 1), KOV_OK);
    assert_int_equal(kov_builder_dim(builder, out, 0), kov_builder_dim(builder, x, 0));
    assert_int_equal(kov_builder_dim(builder, out, 1), 3);
}

/* Python numbers are weak: they do not widen what they are used with. */
static void test_numbers_are_weak(void **state)
{
    (void)state;
    const int64_t dims[] = {4};
    kov_value x = parameter(KOV_DTYPE_F16, 1, dims), n = parameter(KOV_DTYPE_I8, 1, dims), out;
    const kov_argument real = {.kind = KOV_ARGUMENT_FLOAT, .u.real = 0.1};
    const kov_argument with_float[] = {value(x), real}, with_int[] = {value(n), real};
    assert_int_equal(call(KOV_FN_NUMPY_MULTIPLY, with_float, 2, &out, 1), KOV_OK);
    assert_int_equal(kov_builder_dtype(builder, out), KOV_DTYPE_F16);
    assert_int_equal(call(KOV_FN_NUMPY_MULTIPLY, with_int, 2, &out, 1), KOV_OK);
    assert_int_equal(kov_builder_dtype(builder, out), KOV_DTYPE_F32);
    const kov_argument turned = {.kind = KOV_ARGUMENT_COMPLEX, .u.parts = {0.0, 0.1}};
    const kov_argument with_complex[] = {value(x), turned};
    assert_int_equal(call(KOV_FN_NUMPY_MULTIPLY, with_complex, 2, &out, 1), KOV_OK);
    assert_int_equal(kov_builder_dtype(builder, out), KOV_DTYPE_C64);
}

/* A row that says `real` names the argument it refuses. */
static void test_complex_is_refused(void **state)
{
    (void)state;
    const int64_t dims[] = {4};
    const kov_argument arguments[] = {value(parameter(KOV_DTYPE_F32, 1, dims)),
                                      value(parameter(KOV_DTYPE_C64, 1, dims))};
    kov_value out;
    assert_int_equal(call(KOV_FN_NUMPY_FLOOR_DIVIDE, arguments, 2, &out, 1), KOV_TYPE_ERROR);
    assert_non_null(strstr(kov_error_text(), "floor_divide: argument x2 is complex64"));
}

/* An int splits into so many pieces, a sequence of one int at one place. */
static void test_sections_tell_an_int_from_a_sequence(void **state)
{
    (void)state;
    const int64_t dims[] = {6}, number[] = {3};
    kov_value x = parameter(KOV_DTYPE_F32, 1, dims), outs[4];
    for (int sequence = 0; sequence < 2; sequence++) {
        const kov_argument arguments[] = {
            value(x), integers(number, sequence ? 1 : -1), {.kind = KOV_ARGUMENT_NONE}};
        int count = 4;
        assert_int_equal(kov_call(builder, KOV_FN_NUMPY_SPLIT, arguments, 3, outs, &count), KOV_OK);
        assert_int_equal(count, sequence ? 2 : 3);
        assert_int_equal(kov_builder_dim(builder, outs[0], 0), sequence ? 3 : 2);
    }
}

static void test_wrong_kinds_name_function_and_parameter(void **state)
{
    (void)state;
    const int64_t dims[] = {6};
    const kov_argument arguments[] = {value(parameter(KOV_DTYPE_F32, 1, dims)),
                                      {.kind = KOV_ARGUMENT_STRING, .u.string = "no"}};
    kov_value out;
    assert_int_equal(call(KOV_FN_NUMPY_RESHAPE, arguments, 2, &out, 1), KOV_TYPE_ERROR);
    assert_non_null(strstr(kov_error_text(), "reshape"));
    assert_non_null(strstr(kov_error_text(), "newshape"));
}

static void test_missing_argument_is_named(void **state)
{
    (void)state;
    const kov_argument arguments[2] = {{.kind = KOV_ARGUMENT_NONE}};
    kov_value out;
    assert_int_equal(call(KOV_FN_NUMPY_ADD, arguments, 2, &out, 1), KOV_TYPE_ERROR);
    assert_non_null(strstr(kov_error_text(), "x1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shape_stays_a_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shape_of_numbers_and_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_are_weak, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_complex_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sections_tell_an_int_from_a_sequence, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_kinds_name_function_and_parameter, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_missing_argument_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
