/* SPDX-License-Identifier: Apache-2.0 */
#include "native/native_case.h"

#include "base/threads.h"
#include "opset/interpret.h"
#include "tensor/convert.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

native_case *native_begin(int threads)
{
    native_case *test = calloc(1, sizeof *test);
    const kov_context_options options = {.threads = threads};
    assert_non_null(test);
    assert_int_equal(kov_context_create(&options, &test->context), KOV_OK);
    assert_int_equal(kov_builder_create(test->context, &test->b), KOV_OK);
    test->seed = 0x9E3779B97F4A7C15u;
    return test;
}

void native_end(native_case *test)
{
    for (int i = 0; i < test->input_count; i++)
        kov_tensor_release(test->inputs[i]);
    kov_builder_release(test->b);
    kov_threads_stop(test->context); /* the pool counts as memory in use */
    kov_memory_trim(test->context);
    assert_int_equal(kov_context_bytes_in_use(test->context), 0);
    kov_context_release(test->context);
    free(test);
}

double native_random(native_case *test)
{
    uint64_t z = test->seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

int native_below(native_case *test, int n)
{
    return (int)(native_random(test) * n);
}

kov_tensor *native_tensor(native_case *test, kov_dtype dtype, int ndim, const int64_t *dims)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_create(test->context, dtype, ndim, dims, &tensor), KOV_OK);
    int64_t n = kov_tensor_count(tensor);
    double *numbers = malloc(sizeof *numbers * (size_t)(n + 1));
    assert_non_null(numbers);
    for (int64_t i = 0; i < n; i++) {
        numbers[i] = kov_dtype_is_float(dtype) ? 2 * native_random(test) - 1
                                               : floor(16 * native_random(test)) - 8;
        if (dtype == KOV_DTYPE_BOOL)
            numbers[i] = native_random(test) < 0.5;
    }
    assert_int_equal(kov_convert(KOV_DTYPE_F64, numbers, dtype, kov_tensor_data_mut(tensor), n),
                     KOV_OK);
    free(numbers);
    return tensor;
}

kov_value native_input(native_case *test, kov_dtype dtype, int ndim, const int64_t *dims,
                       kov_parameter_role role)
{
    kov_dim symbols[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        symbols[i] = dims[i];
    test->inputs[test->input_count++] = native_tensor(test, dtype, ndim, dims);
    return kov_builder_parameter(test->b, dtype, ndim, symbols, NULL, role);
}

kov_value native_constant(native_case *test, kov_dtype dtype, int ndim, const int64_t *dims)
{
    kov_tensor *tensor = native_tensor(test, dtype, ndim, dims);
    kov_value value = kov_builder_constant(test->b, tensor);
    kov_tensor_release(tensor);
    return value;
}

kov_value native_numbers(native_case *test, int n, const int64_t *at)
{
    const int64_t dims[] = {n};
    assert_int_equal(kov_tensor_from_data(test->context, KOV_DTYPE_I64, 1, dims, at,
                                          &test->inputs[test->input_count++]),
                     KOV_OK);
    return kov_builder_parameter(test->b, KOV_DTYPE_I64, 1, dims, NULL, KOV_ROLE_INPUT);
}

kov_graph *native_finish(native_case *test, const kov_value *results, int n)
{
    kov_graph *graph = NULL;
    kov_status status = kov_builder_finish(test->b, results, n, NULL, &graph);
    if (status != KOV_OK)
        print_error("%s\n", kov_error_text());
    assert_int_equal(status, KOV_OK);
    return graph;
}

static bool is_close(const kov_tensor *have, const kov_tensor *want, double tolerance)
{
    assert_int_equal(kov_tensor_dtype(have), kov_tensor_dtype(want));
    assert_int_equal(kov_tensor_ndim(have), kov_tensor_ndim(want));
    for (int i = 0; i < kov_tensor_ndim(want); i++)
        assert_int_equal(kov_tensor_dims(have)[i], kov_tensor_dims(want)[i]);
    int64_t n = kov_tensor_count(want);
    double *a = malloc(sizeof *a * (size_t)(n + 1)), *b = malloc(sizeof *b * (size_t)(n + 1));
    kov_dtype dtype = kov_tensor_dtype(want);
    assert_int_equal(kov_convert(dtype, kov_tensor_data(have), KOV_DTYPE_F64, a, n), KOV_OK);
    assert_int_equal(kov_convert(dtype, kov_tensor_data(want), KOV_DTYPE_F64, b, n), KOV_OK);
    bool equal = true;
    for (int64_t i = 0; i < n && equal; i++) {
        double bound = kov_dtype_is_float(dtype) ? tolerance * (1 + fabs(b[i])) : 0;
        equal = a[i] == b[i] || (isnan(a[i]) && isnan(b[i])) || fabs(a[i] - b[i]) <= bound;
        if (!equal)
            print_error("element %lld: %.9g, reference %.9g\n", (long long)i, a[i], b[i]);
    }
    free(a);
    free(b);
    return equal;
}

void native_compare(const kov_tensor *have, const kov_tensor *want, double tolerance)
{
    assert_true(is_close(have, want, tolerance));
}

/* What was planned, for a failure's report. */
static void print_plan(kov_executable *executable)
{
    kov_text text = {0};
    for (int i = 0; i < executable->graph->nodes.n; i++)
        kov_node_print(&text, executable->graph, &executable->graph->nodes.at[i]);
    kov_executable_text(executable, &text);
    print_error("%s\n", text.at);
    kov_text_free(text.at);
}

int native_check(native_case *test, const kov_value *results, int n, double tolerance)
{
    kov_graph *graph = native_finish(test, results, n);
    kov_executable *executable;
    kov_tensor *want[NATIVE_CASE_RESULTS], *have[NATIVE_CASE_RESULTS];
    assert_int_equal(kov_executable_create(graph, false, &executable), KOV_OK);
    kov_status status = kov_interpret(graph, test->inputs, test->input_count, want);
    if (status != KOV_OK)
        print_error("interpret: %s\n", kov_error_text());
    assert_int_equal(status, KOV_OK);
    int steps = 0;
    for (int round = 0; round < 2; round++) {
        status = kov_executable_run(executable, test->inputs, have);
        if (status != KOV_OK)
            print_error("native: %s\n", kov_error_text());
        assert_int_equal(status, KOV_OK);
        for (int i = 0; i < n; i++) {
            if (!is_close(have[i], want[i], tolerance)) {
                print_error("result %d of:\n", i);
                print_plan(executable);
                fail();
            }
            kov_tensor_release(have[i]);
        }
        steps = executable->instances ? executable->instances->step_count : 0;
    }
    for (int i = 0; i < n; i++)
        kov_tensor_release(want[i]);
    kov_executable_release(executable);
    kov_graph_release(graph);
    kov_builder_release(test->b);
    for (int i = 0; i < test->input_count; i++)
        kov_tensor_release(test->inputs[i]);
    test->input_count = 0;
    assert_int_equal(kov_builder_create(test->context, &test->b), KOV_OK);
    return steps;
}
