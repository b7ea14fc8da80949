/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void constants_are_computed(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(4), KOV_ROLE_INPUT);
    kov_value c = kov_exp(b, native_constant(test, KOV_DTYPE_F32, DIMS(4)));
    c = kov_add(b, c, native_constant(test, KOV_DTYPE_F32, DIMS(4)));
    kov_value y = kov_multiply(b, x, c);
    kov_graph *g = pass_check(test, kov_pass_fold, &y, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_EXP), 0);
    assert_int_equal(pass_count(g, KOV_OP_ADD), 0);
    assert_int_equal(pass_count(g, KOV_OP_MULTIPLY), 1);
    kov_graph_release(g);
    native_end(test);
}

static void several_outputs(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2), KOV_ROLE_INPUT);
    int count;
    kov_value parts = kov_split(b, native_constant(test, KOV_DTYPE_F32, DIMS(6)),
                                kov_constant_i64_scalar(b, 0), 3, &count);
    assert_int_equal(count, 3);
    kov_value y = kov_subtract(b, kov_add(b, x, kov_output(parts, 0)), kov_output(parts, 2));
    kov_graph *g = pass_check(test, kov_pass_fold, &y, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_SPLIT), 0);
    kov_graph_release(g);
    native_end(test);
}

/* What a variable or an input is needed for stays. */
static void the_rest_stays(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value v = native_input(test, KOV_DTYPE_F32, DIMS(4), KOV_ROLE_VARIABLE);
    kov_value y = kov_exp(b, v);
    kov_graph *g = pass_check(test, kov_pass_fold, &y, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_EXP), 1);
    kov_graph_release(g);
    native_end(test);
}

static size_t constant_bytes(const kov_graph *g)
{
    size_t bytes = 0;
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_tensor *tensor = kov_graph_constant(g, g->nodes.at[i].first_output);
        bytes += tensor ? kov_tensor_bytes(tensor) : 0;
    }
    return bytes;
}

static void a_large_constant_is_not_made(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(1), KOV_ROLE_INPUT);
    kov_value zero = kov_constant_number(b, KOV_DTYPE_F32, 0);
    kov_value y =
        kov_add(b, x, kov_broadcast(b, zero, INTS(test, 1 << 20), KOV_VALUE_NONE, "numpy"));
    kov_graph *g = pass_check(test, kov_pass_fold, &y, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_BROADCAST), 1);
    assert_true(constant_bytes(g) < 1024);
    kov_graph_release(g);

    pass_again(test);
    b = test->b;
    x = native_input(test, KOV_DTYPE_F32, DIMS(1), KOV_ROLE_INPUT);
    zero = kov_constant_number(b, KOV_DTYPE_F32, 0);
    y = kov_add(b, x, kov_broadcast(b, zero, INTS(test, 64), KOV_VALUE_NONE, "numpy"));
    g = pass_check(test, kov_pass_fold, &y, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_BROADCAST), 0);
    kov_graph_release(g);
    native_end(test);
}

/* The shape of a static value is known though its data is not. */
static void known_content(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t dims[] = {KOV_DIM_FREE, 3, 4};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 3, dims, NULL, KOV_ROLE_INPUT);
    test->inputs[test->input_count++] = native_tensor(test, KOV_DTYPE_F32, DIMS(5, 3, 4));
    kov_value shape = kov_shape_of(b, x, KOV_DTYPE_I64);
    kov_value last =
        kov_gather(b, shape, kov_constant_i64_scalar(b, 2), kov_constant_i64_scalar(b, 0), 0);
    kov_value first =
        kov_gather(b, shape, kov_constant_i64_scalar(b, 0), kov_constant_i64_scalar(b, 0), 0);
    kov_value tail = kov_gather(b, kov_shape_of(b, x, KOV_DTYPE_I32), INTS(test, 1, 2),
                                kov_constant_i64_scalar(b, 0), 0);
    const kov_value results[] = {last, first, tail};
    kov_graph *g = pass_check(test, kov_pass_fold, results, 3, PASS_BITS);
    assert_non_null(kov_graph_constant(g, g->results.at[0].value));
    assert_null(kov_graph_constant(g, g->results.at[1].value));
    kov_graph_release(g);
    native_end(test);
}

/* Its least number has no counterpart, and is kept. */
static void the_least_integer(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value least = kov_constant_i64_scalar(b, INT64_MIN);
    kov_value y = kov_broadcast(b, least, INTS(test, 2), KOV_VALUE_NONE, "numpy");
    kov_value same = kov_equal(b, y, kov_constant_i64_scalar(b, INT64_MIN + 1));
    const kov_value results[] = {y, same};
    kov_graph *g = pass_check(test, kov_pass_fold, results, 2, PASS_BITS);
    const kov_tensor *tensor = kov_graph_constant(g, g->results.at[0].value);
    const kov_tensor *compared = kov_graph_constant(g, g->results.at[1].value);
    assert_true(tensor && compared);
    assert_true(((const int64_t *)kov_tensor_data(tensor))[1] == INT64_MIN);
    assert_int_equal(((const uint8_t *)kov_tensor_data(compared))[1], 0);
    kov_graph_release(g);
    native_end(test);
}

static void bodies_are_folded(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t scalar[1] = {0};
    kov_value condition = kov_builder_parameter(b, KOV_DTYPE_BOOL, 0, scalar, NULL, KOV_ROLE_INPUT);
    test->inputs[test->input_count++] = native_tensor(test, KOV_DTYPE_BOOL, 0, scalar);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_INPUT);
    kov_body *bodies[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kov_body_begin(b), KOV_OK);
        kov_value y = kov_add(b, x, kov_exp(b, native_constant(test, KOV_DTYPE_F32, DIMS(3))));
        assert_int_equal(kov_body_end(b, &y, 1, &bodies[i]), KOV_OK);
    }
    kov_value out;
    assert_int_equal(kov_builder_if(b, condition, bodies[0], bodies[1], &out), KOV_OK);
    kov_graph *g = pass_check(test, kov_pass_fold, &out, 1, PASS_BITS);
    for (int i = 0; i < g->bodies.n; i++)
        assert_int_equal(pass_count(g->bodies.at[i], KOV_OP_EXP), 0);
    assert_int_equal(g->bodies.n, 2);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_are_computed), cmocka_unit_test(several_outputs),
        cmocka_unit_test(the_rest_stays),         cmocka_unit_test(a_large_constant_is_not_made),
        cmocka_unit_test(known_content),          cmocka_unit_test(the_least_integer),
        cmocka_unit_test(bodies_are_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
