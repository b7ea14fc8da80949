/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <kov/graph.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 80 }; /* N * N bytes are more than what may be widened before a loop */

static const kov_graph *body_of(const kov_graph *graph)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        if (graph->nodes.at[i].op == KOV_OP_WHILE)
            return graph->nodes.at[i].attrs[KOV_WHILE_BODY].u.body;
    }
    fail_msg("there is no loop");
    return NULL;
}

static kov_value parameter(kov_builder *b, kov_dtype dtype, int ndim, const int64_t *dims)
{
    return kov_builder_parameter(b, dtype, ndim, dims, NULL, KOV_ROLE_INPUT);
}

/* Three rounds of x = x * transpose(weights) * widened + |input|. */
static kov_value looped(native_case *test, kov_value weights, kov_value bytes, kov_value input)
{
    kov_builder *b = test->b;
    kov_value start[] = {kov_constant_int(b, KOV_DTYPE_I32, 0),
                         native_input(test, KOV_DTYPE_F32, DIMS(2, N), KOV_ROLE_INPUT)};
    kov_body *condition, *body;
    kov_value state[2], next[2], outs[2];
    assert_int_equal(kov_body_begin(b), KOV_OK);
    state[0] = parameter(b, KOV_DTYPE_I32, 0, NULL);
    parameter(b, KOV_DTYPE_F32, DIMS(2, N));
    kov_value goes_on = kov_less(b, state[0], kov_constant_int(b, KOV_DTYPE_I32, 3));
    assert_int_equal(kov_body_end(b, &goes_on, 1, &condition), KOV_OK);
    assert_int_equal(kov_body_begin(b), KOV_OK);
    state[0] = parameter(b, KOV_DTYPE_I32, 0, NULL);
    state[1] = parameter(b, KOV_DTYPE_F32, DIMS(2, N));
    next[0] = kov_add(b, state[0], kov_constant_int(b, KOV_DTYPE_I32, 1));
    kov_value turned = kov_transpose(b, weights, INTS(test, 1, 0));
    next[1] = kov_mat_mul(b, state[1], kov_sign(b, turned), false, false);
    next[1] = kov_multiply(
        b, next[1], kov_reduce_sum(b, kov_cast(b, bytes, KOV_DTYPE_F32), INTS(test, 0), false));
    next[1] = kov_add(b, next[1], kov_abs(b, input));
    assert_int_equal(kov_body_end(b, next, 2, &body), KOV_OK);
    assert_int_equal(kov_builder_while(b, condition, body, start, 2, KOV_VALUE_NONE, outs), KOV_OK);
    return outs[1];
}

static void what_variables_make_leaves_the_body(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value weights = native_input(test, KOV_DTYPE_F32, DIMS(N, N), KOV_ROLE_VARIABLE);
    kov_value bytes = native_input(test, KOV_DTYPE_I8, DIMS(N, N), KOV_ROLE_VARIABLE);
    kov_value input = native_input(test, KOV_DTYPE_F32, DIMS(N), KOV_ROLE_INPUT);
    kov_value y = looped(test, weights, bytes, input);
    kov_graph *g = pass_check(test, kov_pass_hoist_stable, &y, 1, PASS_BITS);
    const kov_graph *body = body_of(g);
    assert_int_equal(pass_count(body, KOV_OP_TRANSPOSE), 0);
    assert_int_equal(pass_count(body, KOV_OP_SIGN), 0);
    assert_int_equal(pass_count(body, KOV_OP_CONVERT), 1); /* four times the bytes */
    assert_int_equal(pass_count(body, KOV_OP_ABS), 1);     /* of an input */
    assert_int_equal(pass_run_time_count(g, KOV_OP_SIGN), 0);
    kov_graph_release(g);
    native_end(test);
}

/* Weights that are inputs stay where they are, and so does the loop. */
static void inputs_stay(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value weights = native_input(test, KOV_DTYPE_F32, DIMS(N, N), KOV_ROLE_INPUT);
    kov_value bytes = native_input(test, KOV_DTYPE_I8, DIMS(N, N), KOV_ROLE_INPUT);
    kov_value input = native_input(test, KOV_DTYPE_F32, DIMS(N), KOV_ROLE_INPUT);
    kov_value y = looped(test, weights, bytes, input);
    kov_graph *g = pass_check(test, kov_pass_hoist_stable, &y, 1, PASS_BITS);
    assert_int_equal(pass_count(body_of(g), KOV_OP_TRANSPOSE), 1);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_variables_make_leaves_the_body),
        cmocka_unit_test(inputs_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
