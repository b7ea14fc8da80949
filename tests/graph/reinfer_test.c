/* SPDX-License-Identifier: Apache-2.0 */
/* A graph built with free dimensions and inferred again with numbers gives the shapes that running
 * it gives. */
#include "graph/reinfer.h"

#include "native/native_case.h"
#include "opset/interpret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void numbers_for_symbols(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t batch = kov_builder_symbol(b, "batch");
    const int64_t dims[] = {batch, KOV_DIM_FREE, 6};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 3, dims, "x", KOV_ROLE_INPUT);
    kov_value flat = kov_reshape(b, x, INTS(test, -1, 3), false);
    kov_value both = kov_concat(b, (const kov_value[]){flat, flat}, 2, 0);
    kov_value padded = kov_pad(b, both, INTS(test, 1, 0), INTS(test, 2, 1),
                               kov_constant_number(b, KOV_DTYPE_F32, 0), "constant");
    kov_value sums = kov_reduce_sum(b, x, INTS(test, 1), false);
    kov_value shape = kov_shape_value(b, padded);
    const kov_value results[] = {flat, both, padded, sums, shape, x};
    kov_graph *graph = native_finish(test, results, 6);
    for (int64_t n = 0; n < 5; n++) {
        for (int64_t m = 0; m < 4; m++) {
            const int64_t given[] = {n, m, 6};
            kov_tensor *input = native_tensor(test, KOV_DTYPE_F32, 3, given), *out[6];
            kov_infer_input at = {KOV_DTYPE_F32, 3, given, NULL, NULL};
            kov_infer_output inferred[6] = {0};
            kov_arena arena;
            kov_arena_init(&arena, test->context);
            assert_int_equal(kov_graph_reinfer_results(graph, &at, graph->dims, &arena, inferred),
                             KOV_OK);
            assert_int_equal(kov_interpret(graph, &input, 1, out), KOV_OK);
            for (int i = 0; i < 6; i++) {
                assert_int_equal(inferred[i].dtype, kov_tensor_dtype(out[i]));
                assert_int_equal(inferred[i].ndim, kov_tensor_ndim(out[i]));
                for (int j = 0; j < inferred[i].ndim; j++) {
                    assert_int_equal(inferred[i].dims[j], kov_tensor_dims(out[i])[j]);
                    /* and it lies within what was known when the graph was built */
                    kov_dim built = kov_graph_value(graph, graph->results.at[i].value)->dims[j];
                    assert_true(kov_dim_lower(graph->dims, built) <= inferred[i].dims[j]);
                    assert_true(kov_dim_upper(graph->dims, built) >= inferred[i].dims[j]);
                }
                kov_tensor_release(out[i]);
            }
            kov_arena_free(&arena);
            kov_tensor_release(input);
        }
    }
    kov_graph_release(graph);
    native_end(test);
}

/* Dimensions that were free may turn out not to fit. */
static void numbers_that_do_not_fit(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t dims[] = {KOV_DIM_FREE};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 1, dims, NULL, KOV_ROLE_INPUT);
    kov_value y = kov_builder_parameter(b, KOV_DTYPE_F32, 1, dims, NULL, KOV_ROLE_INPUT);
    kov_value z = kov_add(b, x, y);
    kov_builder_name(b, z, "encoder/add");
    kov_graph *graph = native_finish(test, &z, 1);
    const kov_dim three = 3, four = 4;
    const kov_infer_input inputs[] = {{KOV_DTYPE_F32, 1, &three, NULL, NULL},
                                      {KOV_DTYPE_F32, 1, &four, NULL, NULL}};
    kov_infer_output out;
    kov_arena arena;
    kov_arena_init(&arena, test->context);
    assert_int_equal(kov_graph_reinfer_results(graph, inputs, graph->dims, &arena, &out),
                     KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "encoder/add"));
    assert_non_null(strstr(kov_error_text(), "shapes do not broadcast"));
    kov_arena_free(&arena);
    kov_graph_release(graph);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_for_symbols),
        cmocka_unit_test(numbers_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
