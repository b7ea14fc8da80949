/* SPDX-License-Identifier: Apache-2.0 */
/* What einsum emits: one MatMul where one is enough, no move of elements that a flag can say, and
 * the cheap pair of a chain first. Numbers are compared with NumPy's by the Python tests. */
#include "graph/graph.h"
#include "keras_functions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct kov_operand_shape {
    int ndim;
    int64_t dims[4];
} kov_operand_shape;

static kov_context *context;

static int set_up(void **state)
{
    (void)state;
    return kov_context_create(NULL, &context) == KOV_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kov_context_release(context);
    return 0;
}

static kov_graph *einsum(const char *subscripts, const kov_operand_shape *shapes, int n)
{
    kov_builder *b = NULL;
    kov_graph *graph = NULL;
    kov_argument operands[4] = {0}, arguments[2] = {0};
    kov_value out = KOV_VALUE_ERROR;
    int count = 1;
    assert_int_equal(kov_builder_create(context, &b), KOV_OK);
    for (int i = 0; i < n; i++) {
        operands[i].kind = KOV_ARGUMENT_VALUE;
        operands[i].u.value = kov_builder_parameter(b, KOV_DTYPE_F32, shapes[i].ndim,
                                                    shapes[i].dims, NULL, KOV_ROLE_INPUT);
    }
    arguments[0].kind = KOV_ARGUMENT_STRING;
    arguments[0].u.string = subscripts;
    arguments[1].kind = KOV_ARGUMENT_LIST;
    arguments[1].count = n;
    arguments[1].u.list = operands;
    if (kov_call(b, KOV_FN_NUMPY_EINSUM, arguments, 2, &out, &count) != KOV_OK)
        fail_msg("%s", kov_error_text());
    assert_int_equal(kov_builder_finish(b, &out, 1, NULL, &graph), KOV_OK);
    kov_builder_release(b);
    return graph;
}

static int count_of(const kov_graph *graph, int op)
{
    int n = 0;
    for (int i = 0; i < graph->nodes.n; i++)
        n += graph->nodes.at[i].op == op;
    return n;
}

static const kov_node *first_of(const kov_graph *graph, int op)
{
    for (int i = 0; i < graph->nodes.n; i++)
        if (graph->nodes.at[i].op == op)
            return &graph->nodes.at[i];
    return NULL;
}

static void test_matrix_product_is_one_node(void **state)
{
    (void)state;
    const kov_operand_shape shapes[] = {{2, {KOV_DIM_FREE, 4}}, {2, {4, 5}}};
    kov_graph *graph = einsum("ij,jk->ik", shapes, 2);
    assert_int_equal(count_of(graph, KOV_OP_MAT_MUL), 1);
    assert_int_equal(count_of(graph, KOV_OP_TRANSPOSE), 0);
    assert_int_equal(count_of(graph, KOV_OP_RESHAPE), 0);
    kov_graph_release(graph);
}

static void test_flags_stand_for_transpositions(void **state)
{
    (void)state;
    const kov_operand_shape shapes[] = {{3, {KOV_DIM_FREE, 6, 4}}, {3, {KOV_DIM_FREE, 5, 4}}};
    kov_graph *graph = einsum("bqd,bkd->bqk", shapes, 2);
    const kov_node *product = first_of(graph, KOV_OP_MAT_MUL);
    assert_non_null(product);
    assert_false(kov_node_attr(product, "transpose_a")->u.boolean);
    assert_true(kov_node_attr(product, "transpose_b")->u.boolean);
    assert_int_equal(count_of(graph, KOV_OP_TRANSPOSE), 0);
    kov_graph_release(graph);
}

static void test_product_without_a_sum_is_no_matrix_product(void **state)
{
    (void)state;
    const kov_operand_shape shapes[] = {{2, {3, 4}}, {1, {4}}};
    kov_graph *graph = einsum("ij,j->ij", shapes, 2);
    assert_int_equal(count_of(graph, KOV_OP_MAT_MUL), 0);
    assert_int_equal(count_of(graph, KOV_OP_MULTIPLY), 1);
    kov_graph_release(graph);
}

/* (100 x 2)(2 x 100)(100 x 3): from the right it costs 600 + 600 products, from the left 20000 +
 * 30000. */
static void test_cheap_pair_first(void **state)
{
    (void)state;
    const kov_operand_shape shapes[] = {{2, {100, 2}}, {2, {2, 100}}, {2, {100, 3}}};
    kov_graph *graph = einsum("ab,bc,cd->ad", shapes, 3);
    const kov_node *first = first_of(graph, KOV_OP_MAT_MUL);
    assert_non_null(first);
    const kov_value_info *out = kov_graph_value(graph, first->first_output);
    assert_int_equal(out->ndim, 2);
    assert_int_equal(out->dims[0] * out->dims[1], 6);
    kov_graph_release(graph);
}

static void test_free_batch_stays_free(void **state)
{
    (void)state;
    const kov_operand_shape shapes[] = {{4, {KOV_DIM_FREE, 7, 2, 3}}, {4, {KOV_DIM_FREE, 9, 2, 3}}};
    kov_graph *graph = einsum("aecd,abcd->acbe", shapes, 2);
    const kov_value_info *out = kov_graph_value(graph, graph->results.at[0].value);
    assert_int_equal(out->ndim, 4);
    assert_false(kov_dim_is_number(out->dims[0]));
    assert_int_equal(out->dims[1], 2);
    assert_int_equal(out->dims[2], 9);
    assert_int_equal(out->dims[3], 7);
    kov_graph_release(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix_product_is_one_node),
        cmocka_unit_test(test_flags_stand_for_transpositions),
        cmocka_unit_test(test_product_without_a_sum_is_no_matrix_product),
        cmocka_unit_test(test_cheap_pair_first),
        cmocka_unit_test(test_free_batch_stays_free),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
