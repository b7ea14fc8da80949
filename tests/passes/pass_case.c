/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include "opset/interpret.h"
#include "passes/stable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

int pass_count(const kov_graph *graph, int op)
{
    int n = 0;
    for (int i = 0; i < graph->nodes.n; i++)
        n += graph->nodes.at[i].op == op;
    return n;
}

int pass_run_time_count(const kov_graph *graph, int op)
{
    bool *stable = kov_graph_stable(graph);
    int n = 0;
    assert_non_null(stable);
    for (int i = 0; i < graph->nodes.n; i++)
        n += graph->nodes.at[i].op == op && !stable[graph->nodes.at[i].first_output];
    kov_free(graph->context, stable);
    return n;
}

static void verify(const kov_graph *graph)
{
    kov_status status = kov_graph_verify(graph);
    if (status != KOV_OK)
        print_error("%s\n", kov_error_text());
    assert_int_equal(status, KOV_OK);
}

static void same_bits(const kov_tensor *have, const kov_tensor *want)
{
    native_compare(have, want, 0);
    assert_memory_equal(kov_tensor_data(have), kov_tensor_data(want), kov_tensor_bytes(want));
}

void pass_same(native_case *test, kov_graph *before, kov_graph *after, double tolerance)
{
    kov_tensor *want[NATIVE_CASE_RESULTS], *have[NATIVE_CASE_RESULTS];
    verify(before);
    verify(after);
    assert_int_equal(kov_graph_parameter_count(after), kov_graph_parameter_count(before));
    assert_int_equal(kov_graph_result_count(after), kov_graph_result_count(before));
    assert_int_equal(kov_interpret(before, test->inputs, test->input_count, want), KOV_OK);
    kov_status status = kov_interpret(after, test->inputs, test->input_count, have);
    if (status != KOV_OK)
        print_error("%s\n", kov_error_text());
    assert_int_equal(status, KOV_OK);
    for (int i = 0; i < kov_graph_result_count(before); i++) {
        if (tolerance == PASS_BITS)
            same_bits(have[i], want[i]);
        else
            native_compare(have[i], want[i], tolerance);
        kov_tensor_release(have[i]);
        kov_tensor_release(want[i]);
    }
}

kov_graph *pass_check(native_case *test, pass_function pass, const kov_value *results, int n,
                      double tolerance)
{
    const kov_pass_options options = {.off = NULL};
    kov_graph *before = native_finish(test, results, n), *after = NULL;
    kov_status status = pass(before, &options, &after);
    if (status != KOV_OK)
        print_error("%s\n", kov_error_text());
    assert_int_equal(status, KOV_OK);
    pass_same(test, before, after, tolerance);
    kov_graph_release(before);
    return after;
}

void pass_again(native_case *test)
{
    for (int i = 0; i < test->input_count; i++)
        kov_tensor_release(test->inputs[i]);
    test->input_count = 0;
    kov_builder_release(test->b);
    assert_int_equal(kov_builder_create(test->context, &test->b), KOV_OK);
}

kov_value pass_convolution(native_case *test, kov_value x, kov_value weights, int n, int64_t pad)
{
    const int64_t ones[3] = {1, 1, 1}, pads[3] = {pad, pad, pad};
    const kov_ints one = {ones, n}, around = {pads, n};
    return kov_convolution(test->b, x, weights, one, around, around, one, "explicit");
}

kov_value pass_transpose(native_case *test, kov_value x, int n, const int64_t *order)
{
    return kov_transpose(test->b, x, kov_constant_i64(test->b, order, n));
}
