/* SPDX-License-Identifier: Apache-2.0 */
/* A well-formed graph passes; each way to spoil one is found. */
#include "native/native_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static kov_graph *sample(native_case *test)
{
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT);
    kov_value y = kov_add(b, kov_exp(b, x), native_constant(test, KOV_DTYPE_F32, DIMS(3)));
    int count;
    kov_value parts = kov_split(b, y, kov_constant_i64_scalar(b, 1), 3, &count);
    const kov_value results[] = {parts, kov_output(parts, 2)};
    return native_finish(test, results, 2);
}

static void refuse(const kov_graph *g, const char *text)
{
    assert_int_equal(kov_graph_verify(g), KOV_INTERNAL);
    if (!strstr(kov_error_text(), text))
        fail_msg("%s", kov_error_text());
}

static int node_of(const kov_graph *g, int op)
{
    for (int i = 0; i < g->nodes.n; i++) {
        if (g->nodes.at[i].op == op)
            return i;
    }
    fail();
    return -1;
}

static void spoiled_graphs(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *g = sample(test);
    assert_int_equal(kov_graph_verify(g), KOV_OK);

    kov_node *node = &g->nodes.at[node_of(g, KOV_OP_ADD)];
    const kov_node whole = *node;
    const kov_value later[] = {whole.inputs[0], whole.first_output};
    node->inputs = later;
    refuse(g, "not made before it");
    const kov_value none[] = {whole.inputs[0], KOV_VALUE_NONE};
    node->inputs = none;
    refuse(g, "not made before it");
    *node = whole;
    node->input_count = 1;
    refuse(g, "number of inputs");
    *node = whole;
    node->first_output++;
    refuse(g, "outputs");
    *node = whole;

    kov_value_info *value = &g->values.at[whole.first_output];
    const kov_value_info typed = *value;
    value->dtype = KOV_DTYPE_F64;
    refuse(g, "dtype or rank");
    *value = typed;
    value->node = 0;
    refuse(g, "names another node");
    *value = typed;
    const kov_dim wrong[] = {2, 4}, unknown[] = {2, -1}, foreign[] = {2, -1000000};
    value->dims = wrong;
    refuse(g, "dimension");
    value->dims = unknown;
    refuse(g, "no expression");
    value->dims = foreign;
    refuse(g, "no expression");
    *value = typed;

    g->results.at[1].value = (kov_value)g->values.n;
    refuse(g, "result 1");
    g->results.at[1].value = 1;
    g->parameters.at[0].value = whole.first_output;
    refuse(g, "parameter 0");
    g->parameters.at[0].value = 1;
    assert_int_equal(kov_graph_verify(g), KOV_OK);
    kov_graph_release(g);
    native_end(test);
}

static void spoiled_body(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value condition = kov_builder_parameter(b, KOV_DTYPE_BOOL, 0, NULL, NULL, KOV_ROLE_INPUT);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_INPUT), out;
    kov_body *bodies[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kov_body_begin(b), KOV_OK);
        kov_value y = i ? kov_exp(b, x) : kov_sin(b, x);
        assert_int_equal(kov_body_end(b, &y, 1, &bodies[i]), KOV_OK);
    }
    assert_int_equal(kov_builder_if(b, condition, bodies[0], bodies[1], &out), KOV_OK);
    kov_graph *g = native_finish(test, &out, 1);
    assert_int_equal(kov_graph_verify(g), KOV_OK);
    kov_graph *body = g->bodies.at[1];
    int node = node_of(body, KOV_OP_EXP);
    body->nodes.at[node].op = KOV_OP_IS_NA_N;
    refuse(g, "dtype or rank");
    body->nodes.at[node].op = KOV_OP_EXP;
    assert_int_equal(kov_graph_verify(g), KOV_OK);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spoiled_graphs),
        cmocka_unit_test(spoiled_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
