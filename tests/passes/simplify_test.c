/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void transposes_that_undo_each_other(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 4), KOV_ROLE_INPUT);
    kov_value y = pass_transpose(test, x, 3, (const int64_t[]){2, 0, 1});
    kov_value back = pass_transpose(test, y, 3, (const int64_t[]){1, 2, 0});
    kov_graph *g = pass_check(test, kov_pass_simplify, &back, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_TRANSPOSE), 0);
    kov_graph_release(g);

    pass_again(test);
    x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 4), KOV_ROLE_INPUT);
    y = pass_transpose(test, x, 3, (const int64_t[]){2, 0, 1});
    back = pass_transpose(test, y, 3, (const int64_t[]){2, 0, 1});
    g = pass_check(test, kov_pass_simplify, &back, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_TRANSPOSE), 1);
    kov_graph_release(g);
    native_end(test);
}

static void nodes_that_change_nothing(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT);
    kov_value y = kov_multiply(b, x, kov_constant_number(b, KOV_DTYPE_F32, 1));
    y = kov_divide(b, y, kov_constant_number(b, KOV_DTYPE_F32, 1));
    y = kov_subtract(b, y, kov_constant_number(b, KOV_DTYPE_F32, 0));
    y = kov_pad(b, y, INTS(test, 0, 0), INTS(test, 0, 0), kov_constant_number(b, KOV_DTYPE_F32, 0),
                "constant");
    y = kov_reshape(b, y, INTS(test, 2, 3), false);
    y = kov_concat(b, &y, 1, 0);
    y = kov_transpose(b, y, INTS(test, 0, 1));
    y = kov_broadcast(b, y, INTS(test, 2, 3), KOV_VALUE_NONE, "numpy");
    y = kov_relu(b, y);
    kov_graph *g = pass_check(test, kov_pass_simplify, &y, 1, PASS_BITS);
    assert_int_equal(kov_graph_node_count(g), 2); /* the parameter and Relu */
    kov_graph_release(g);
    native_end(test);
}

/* What looks neutral and is not: it changes the shape, the sign of a zero, or is on the other side.
 */
static void nodes_that_do_change(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(1, 3), KOV_ROLE_INPUT);
    const int64_t wide[] = {4, 3};
    kov_tensor *ones;
    assert_int_equal(kov_tensor_create(test->context, KOV_DTYPE_F32, 2, wide, &ones), KOV_OK);
    float *at = kov_tensor_data_mut(ones);
    for (int i = 0; i < 12; i++)
        at[i] = 1;
    kov_value one = kov_builder_constant(b, ones);
    kov_tensor_release(ones);
    const kov_value results[] = {
        kov_multiply(b, x, one),
        kov_subtract(b, kov_constant_number(b, KOV_DTYPE_F32, 0), x),
        kov_divide(b, kov_constant_number(b, KOV_DTYPE_F32, 1), x),
        kov_broadcast(b, x, INTS(test, 4, 3), KOV_VALUE_NONE, "numpy"),
    };
    kov_graph *g = pass_check(test, kov_pass_simplify, results, 4, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_MULTIPLY), 1);
    assert_int_equal(pass_count(g, KOV_OP_SUBTRACT), 1);
    assert_int_equal(pass_count(g, KOV_OP_DIVIDE), 1);
    assert_int_equal(pass_count(g, KOV_OP_BROADCAST), 1);
    kov_graph_release(g);
    native_end(test);
}

/* -0 - (-0) is +0: only +0 may be left out of a subtraction. */
static void minus_zero_is_kept(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const float zeros[] = {-0.0f, 0.0f, 3.0f};
    const int64_t dims[] = {3};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 1, dims, NULL, KOV_ROLE_INPUT);
    assert_int_equal(kov_tensor_from_data(test->context, KOV_DTYPE_F32, 1, dims, zeros,
                                          &test->inputs[test->input_count++]),
                     KOV_OK);
    kov_value y = kov_subtract(b, x, kov_constant_number(b, KOV_DTYPE_F32, -0.0));
    kov_value z = kov_subtract(b, x, kov_constant_number(b, KOV_DTYPE_F32, 0.0));
    const kov_value results[] = {y, z};
    kov_graph *g = pass_check(test, kov_pass_simplify, results, 2, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_SUBTRACT), 1);
    kov_graph_release(g);
    native_end(test);
}

static void reshape_of_reshape(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 4), KOV_ROLE_INPUT);
    kov_value y =
        kov_reshape(b, kov_reshape(b, x, INTS(test, 6, 4), false), INTS(test, 3, -1), false);
    kov_value z =
        kov_reshape(b, kov_reshape(b, x, INTS(test, 4, 6), false), INTS(test, 0, 3, -1), true);
    const kov_value results[] = {y, z};
    kov_graph *g = pass_check(test, kov_pass_simplify, results, 2, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_RESHAPE),
                     3); /* the copied dimension needs its input's shape */
    kov_graph_release(g);
    native_end(test);
}

static void parts_without_elements(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT);
    kov_value none = native_input(test, KOV_DTYPE_F32, DIMS(2, 0), KOV_ROLE_INPUT);
    const kov_value one[] = {none, x, none}, two[] = {x, none, x}, nothing[] = {none, none};
    const kov_value results[] = {kov_concat(b, one, 3, 1), kov_concat(b, two, 3, -1),
                                 kov_concat(b, nothing, 2, 1)};
    kov_graph *g = pass_check(test, kov_pass_simplify, results, 3, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_CONCAT), 2);
    kov_graph_release(g);
    native_end(test);
}

/* Equal numbers of free dimensions are the same dimension only if they are the same expression. */
static void free_dimensions(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t dims[] = {KOV_DIM_FREE, 3};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, NULL, KOV_ROLE_INPUT);
    test->inputs[test->input_count++] = native_tensor(test, KOV_DTYPE_F32, DIMS(5, 3));
    kov_value same = kov_reshape(b, x, kov_shape_value(b, x), false);
    kov_value other = kov_reshape(b, x, INTS(test, 3, -1), false);
    const kov_value results[] = {same, other};
    kov_graph *g = pass_check(test, kov_pass_simplify, results, 2, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_RESHAPE), 1);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transposes_that_undo_each_other),
        cmocka_unit_test(nodes_that_change_nothing),
        cmocka_unit_test(nodes_that_do_change),
        cmocka_unit_test(minus_zero_is_kept),
        cmocka_unit_test(reshape_of_reshape),
        cmocka_unit_test(parts_without_elements),
        cmocka_unit_test(free_dimensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
