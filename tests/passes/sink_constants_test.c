/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <kov/graph.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 5, ROUNDS = 3 };

static const kov_node *node_of(const kov_graph *graph, int op)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        if (graph->nodes.at[i].op == op)
            return &graph->nodes.at[i];
    }
    fail_msg("there is no such node");
    return NULL;
}

static kov_value parameter(kov_builder *b, kov_dtype dtype, int ndim, const int64_t *dims)
{
    return kov_builder_parameter(b, dtype, ndim, dims, NULL, KOV_ROLE_INPUT);
}

/* x = x * weights + |input| while x has not been through this ROUNDS times and is below `bound`;
 * weights and bound are captured. */
static kov_value looped(native_case *test, kov_value x, kov_value weights, kov_value bound,
                        kov_value input, kov_value maximum)
{
    kov_builder *b = test->b;
    kov_value start[] = {kov_constant_int(b, KOV_DTYPE_I32, 0), x}, state[2], next[2], outs[2];
    kov_body *condition, *body;
    assert_int_equal(kov_body_begin(b), KOV_OK);
    state[0] = parameter(b, KOV_DTYPE_I32, 0, NULL);
    parameter(b, KOV_DTYPE_F32, DIMS(2, N));
    kov_value goes_on = kov_less(b, state[0], bound);
    assert_int_equal(kov_body_end(b, &goes_on, 1, &condition), KOV_OK);
    assert_int_equal(kov_body_begin(b), KOV_OK);
    state[0] = parameter(b, KOV_DTYPE_I32, 0, NULL);
    state[1] = parameter(b, KOV_DTYPE_F32, DIMS(2, N));
    next[0] = kov_add(b, state[0], kov_constant_int(b, KOV_DTYPE_I32, 1));
    next[1] = kov_add(b, kov_mat_mul(b, state[1], weights, false, false), kov_abs(b, input));
    assert_int_equal(kov_body_end(b, next, 2, &body), KOV_OK);
    assert_int_equal(kov_builder_while(b, condition, body, start, 2, maximum, outs), KOV_OK);
    return outs[1];
}

static void a_loop_in_a_branch(void **state)
{
    (void)state;
    for (int bounded = 0; bounded < 2; bounded++) {
        native_case *test = native_begin(1);
        kov_builder *b = test->b;
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, N), KOV_ROLE_INPUT);
        kov_value input = native_input(test, KOV_DTYPE_F32, DIMS(N), KOV_ROLE_INPUT);
        kov_value one = native_input(test, KOV_DTYPE_BOOL, DIMS(1), KOV_ROLE_INPUT);
        kov_value weights = native_constant(test, KOV_DTYPE_F32, DIMS(N, N));
        kov_value bound = kov_constant_int(b, KOV_DTYPE_I32, ROUNDS);
        kov_value most = bounded ? kov_constant_int(b, KOV_DTYPE_I32, 2) : KOV_VALUE_NONE;
        kov_body *then_body, *else_body;
        kov_value y;
        assert_int_equal(kov_body_begin(b), KOV_OK);
        y = looped(test, x, weights, bound, input, most);
        assert_int_equal(kov_body_end(b, &y, 1, &then_body), KOV_OK);
        assert_int_equal(kov_body_begin(b), KOV_OK);
        y = kov_mat_mul(b, x, weights, false, true);
        assert_int_equal(kov_body_end(b, &y, 1, &else_body), KOV_OK);
        assert_int_equal(kov_builder_if(b, one, then_body, else_body, &y), KOV_OK);
        kov_graph *g = pass_check(test, kov_pass_sink_constants, &y, 1, PASS_BITS);
        const kov_node *branch = node_of(g, KOV_OP_IF);
        const kov_graph *inner = branch->attrs[KOV_IF_THEN_BODY].u.body;
        const kov_node *loop = node_of(inner, KOV_OP_WHILE);
        assert_int_equal(branch->attrs[KOV_IF_ELSE_BODY].u.body->parameters.n, 1); /* x */
        assert_int_equal(inner->parameters.n, 2);                                  /* x, input */
        assert_int_equal(loop->attrs[KOV_WHILE_CONDITION].u.body->parameters.n, 2);
        const kov_graph *body = loop->attrs[KOV_WHILE_BODY].u.body;
        assert_int_equal(body->parameters.n, 3); /* two states, input */
        const kov_node *product = node_of(body, KOV_OP_MAT_MUL);
        assert_non_null(kov_graph_constant(body, product->inputs[1]));
        kov_graph_release(g);
        native_end(test);
    }
}

/* Nothing is captured that is constant: the graph stays. */
static void variables_stay(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, N), KOV_ROLE_INPUT);
    kov_value input = native_input(test, KOV_DTYPE_F32, DIMS(N), KOV_ROLE_INPUT);
    kov_value weights = native_input(test, KOV_DTYPE_F32, DIMS(N, N), KOV_ROLE_VARIABLE);
    kov_value bound = native_input(test, KOV_DTYPE_I32, DIMS(1), KOV_ROLE_INPUT);
    kov_value y =
        looped(test, x, weights, bound, input, kov_constant_int(test->b, KOV_DTYPE_I32, 2));
    kov_graph *g = pass_check(test, kov_pass_sink_constants, &y, 1, PASS_BITS);
    const kov_node *loop = node_of(g, KOV_OP_WHILE);
    assert_int_equal(loop->attrs[KOV_WHILE_CONDITION].u.body->parameters.n, 3);
    assert_int_equal(loop->attrs[KOV_WHILE_BODY].u.body->parameters.n, 4);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_in_a_branch),
        cmocka_unit_test(variables_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
