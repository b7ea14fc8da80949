/* SPDX-License-Identifier: Apache-2.0 */
/* The one call behind all functions: counts, composites, and every function that tensors alone
 * suffice for, traced with free dimensions and interpreted against the native engine's eager
 * result. */
#include "keras/call.h"

#include "base/memory.h"
#include "graph/builder.h"
#include "keras_functions.h"
#include "native/native_case.h"
#include "opset/interpret.h"

#include <kov/eager.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void wrong_counts(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT), out[4];
    const kov_argument arguments[] = {{.kind = KOV_ARGUMENT_VALUE, .u.value = x},
                                      {.kind = KOV_ARGUMENT_VALUE, .u.value = x}};
    int count = 4;
    assert_int_equal(kov_call(test->b, kov_function_count(), arguments, 1, out, &count),
                     KOV_INVALID_ARGUMENT);
    assert_int_equal(count, 0);
    count = 4;
    assert_int_equal(kov_call(test->b, KOV_FN_NUMPY_ADD, arguments, 1, out, &count),
                     KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "numpy.add: 1 arguments given, 2 taken"));
    count = 4;
    assert_int_equal(kov_call(test->b, KOV_FN_NUMPY_ADD, arguments, 2, out, &count), KOV_OK);
    assert_int_equal(count, 1); /* neither failure has stuck */
    native_end(test);
}

static const kov_node *last_node(const native_case *test)
{
    const kov_graph *graph = test->b->levels.at[0].graph;
    return &graph->nodes.at[graph->nodes.n - 1];
}

static void composites_are_kept_whole(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    const int64_t dims[] = {KOV_DIM_FREE, 3};
    kov_value x = kov_builder_parameter(test->b, KOV_DTYPE_F32, 2, dims, "x", KOV_ROLE_INPUT), y,
              again;
    const kov_argument argument = {.kind = KOV_ARGUMENT_VALUE, .u.value = x};
    int count = 1;
    kov_builder_set_scope(test->b, "layer");
    assert_int_equal(kov_call(test->b, KOV_FN_NUMPY_LOG1P, &argument, 1, &y, &count), KOV_OK);
    const kov_node *node = last_node(test);
    assert_int_equal(node->op, KOV_OP_COMPOSITE);
    assert_string_equal(node->function_name, "log1p");
    assert_int_equal(node->function, KOV_FN_NUMPY_LOG1P);
    assert_int_equal(node->argument_count, 1);
    assert_string_equal(node->name, "layer");
    const kov_graph *body = node->attrs[0].u.body;
    assert_int_equal(kov_graph_parameter_count(body), 1);
    assert_int_equal(kov_graph_verify(body), KOV_OK);
    for (int i = 0; i < body->nodes.n; i++) /* no composite within one */
        assert_int_not_equal(body->nodes.at[i].op, KOV_OP_COMPOSITE);
    assert_int_equal(kov_builder_dim(test->b, y, 0), kov_builder_dim(test->b, x, 0));

    test->b->inline_composites = true;
    assert_int_equal(kov_call(test->b, KOV_FN_NUMPY_LOG1P, &argument, 1, &again, &count), KOV_OK);
    assert_int_not_equal(last_node(test)->op, KOV_OP_COMPOSITE);
    test->inputs[test->input_count++] = native_tensor(test, KOV_DTYPE_F32, DIMS(4, 3));
    const kov_value both[] = {y, again};
    kov_graph *graph = native_finish(test, both, 2);
    kov_tensor *results[2];
    assert_int_equal(kov_graph_verify(graph), KOV_OK);
    assert_int_equal(kov_interpret(graph, test->inputs, 1, results), KOV_OK);
    native_compare(results[0], results[1], 0);
    kov_tensor_release(results[0]);
    kov_tensor_release(results[1]);
    kov_graph_release(graph);
    native_end(test);
}

/* A failure inside a composite's body leaves no level open. */
static void failing_composite(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    const kov_argument argument = {.kind = KOV_ARGUMENT_NONE};
    kov_value y;
    int count = 1;
    assert_int_not_equal(kov_call(test->b, KOV_FN_NUMPY_LOG1P, &argument, 1, &y, &count), KOV_OK);
    assert_int_equal(test->b->levels.n, 1);
    assert_int_equal(test->b->composite_depth, 0);
    native_end(test);
}

static void memory_runs_out_in_a_composite(void **state)
{
    (void)state;
    for (int64_t n = 1;; n++) {
        native_case *test = native_begin(1);
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT), y;
        const kov_argument argument = {.kind = KOV_ARGUMENT_VALUE, .u.value = x};
        int count = 1;
        kov_memory_fail_after(test->context, n);
        kov_status status = kov_call(test->b, KOV_FN_NUMPY_LOG1P, &argument, 1, &y, &count);
        bool failed = kov_memory_failed(test->context);
        kov_memory_fail_after(test->context, 0);
        assert_int_equal(status, failed ? KOV_OUT_OF_MEMORY : KOV_OK);
        assert_int_equal(test->b->levels.n, 1);
        native_end(test);
        if (!failed)
            break;
    }
}

/* ---- the table ---- */

static void table_is_consistent(void **state)
{
    (void)state;
    assert_true(kov_function_count() > 250);
    assert_null(kov_function_at(-1));
    assert_null(kov_function_at(kov_function_count()));
    assert_int_equal(kov_function_find("numpy", "no_such_function"), -1);
    for (int i = 0; i < kov_function_count(); i++) {
        const kov_function_info *f = kov_function_at(i);
        assert_int_equal(kov_function_find(f->module, f->name), i); /* so names are unique */
        assert_true(strlen(f->summary) >= 2);
        assert_true(strlen(f->since) >= 3);
        assert_non_null(kov_function_call(i));
        bool optional = false;
        for (int j = 0; j < f->parameter_count; j++) {
            const kov_parameter_info *p = &f->parameters[j];
            for (int k = 0; k < j; k++)
                assert_string_not_equal(p->name, f->parameters[k].name);
            if (optional && !p->default_text && !p->optional)
                fail_msg("%s.%s: %s is required behind one that is not", f->module, f->name,
                         p->name);
            optional = optional || p->default_text;
        }
    }
}

/* ---- every function of tensors ---- */

/* How many tensors it takes; 0 if it needs something else. */
static int tensors_of(const kov_function_info *f)
{
    int n = 0;
    for (int i = 0; i < f->parameter_count; i++) {
        const kov_parameter_info *p = &f->parameters[i];
        if (p->default_text || p->optional)
            continue;
        if (p->kind != KOV_PARAMETER_TENSOR || n != i)
            return 0;
        n++;
    }
    return strcmp(f->module, "random") == 0 ? 0 : n;
}

enum { MAX_PARAMETERS = 24 };

/* Whether the function takes these; then both ways of computing it are compared. */
static bool try_function(native_case *test, int function, int tensors, kov_dtype dtype)
{
    const kov_function_info *f = kov_function_at(function);
    const int64_t dims[] = {3, 3};
    kov_argument eager[MAX_PARAMETERS] = {{.kind = KOV_ARGUMENT_NONE}},
                 traced[MAX_PARAMETERS] = {{.kind = KOV_ARGUMENT_NONE}};
    kov_tensor *have[NATIVE_CASE_RESULTS], *want[NATIVE_CASE_RESULTS];
    kov_value values[NATIVE_CASE_RESULTS];
    const int64_t free_dims[] = {KOV_DIM_FREE, 3};
    for (int i = 0; i < tensors; i++) {
        kov_tensor *tensor = native_tensor(test, dtype, 2, dims);
        test->inputs[test->input_count++] = tensor;
        eager[i] = (kov_argument){.kind = KOV_ARGUMENT_TENSOR, .u.tensor = tensor};
        traced[i].kind = KOV_ARGUMENT_VALUE;
        traced[i].u.value =
            kov_builder_parameter(test->b, dtype, 2, free_dims, NULL, KOV_ROLE_INPUT);
    }
    int results = NATIVE_CASE_RESULTS, count = NATIVE_CASE_RESULTS;
    bool called =
        kov_call(test->b, function, traced, f->parameter_count, values, &results) == KOV_OK &&
        kov_eager_call(test->context, function, KOV_DTYPE_F32, eager, f->parameter_count, have,
                       &count) == KOV_OK;
    if (called) {
        kov_graph *graph = native_finish(test, values, results);
        kov_status status = kov_graph_verify(graph);
        if (status == KOV_OK)
            status = kov_interpret(graph, test->inputs, test->input_count, want);
        if (status != KOV_OK || results != count)
            fail_msg("%s.%s: %s", f->module, f->name, kov_error_text());
        for (int i = 0; i < count; i++) {
            /* Both compute in float32, some in several steps: decompositions of matrices most. */
            double tolerance = strcmp(f->module, "linalg") == 0 ? 1e-3 : 1e-5;
            if (kov_dtype_is_complex(kov_tensor_dtype(want[i])))
                assert_int_equal(kov_tensor_dtype(have[i]), kov_tensor_dtype(want[i]));
            else
                native_compare(have[i], want[i], tolerance);
            kov_tensor_release(have[i]);
            kov_tensor_release(want[i]);
        }
        kov_graph_release(graph);
    }
    for (int i = 0; i < test->input_count; i++)
        kov_tensor_release(test->inputs[i]);
    test->input_count = 0;
    kov_builder_release(test->b);
    assert_int_equal(kov_builder_create(test->context, &test->b), KOV_OK);
    return called;
}

static void functions_of_tensors(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    const kov_dtype dtypes[] = {KOV_DTYPE_F32, KOV_DTYPE_I32, KOV_DTYPE_BOOL};
    int tried = 0;
    for (int i = 0; i < kov_function_count(); i++) {
        int tensors = tensors_of(kov_function_at(i));
        for (int j = 0;
             j < 3 && tensors > 0 && kov_function_at(i)->parameter_count <= MAX_PARAMETERS; j++) {
            print_message("%s.%s of %s\n", kov_function_at(i)->module, kov_function_at(i)->name,
                          kov_dtype_keras_name(dtypes[j]));
            tried += try_function(test, i, tensors, dtypes[j]);
        }
    }
    print_message("%d calls compared\n", tried);
    assert_true(tried > 300);
    kov_eager_stats stats;
    kov_eager_clear(test->context); /* else its plans keep the context alive */
    kov_eager_get_stats(test->context, &stats);
    assert_int_equal(stats.bytes, 0);
    kov_builder_release(test->b);
    kov_context_release(test->context);
    free(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_counts),        cmocka_unit_test(composites_are_kept_whole),
        cmocka_unit_test(failing_composite),   cmocka_unit_test(memory_runs_out_in_a_composite),
        cmocka_unit_test(table_is_consistent), cmocka_unit_test(functions_of_tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
