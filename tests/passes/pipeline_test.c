/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline as a whole: switches, inlining, passes on against passes off. */
#include "passes/pass_case.h"

#include <kov/graph.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static kov_value model(native_case *test)
{
    kov_builder *b = test->b;
    const int64_t first[] = {0, 3, 1, 2}, last[] = {0, 2, 3, 1};
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 5, 5, 3), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(4, 3, 3, 3), KOV_ROLE_VARIABLE);
    kov_value s = native_input(test, KOV_DTYPE_F32, DIMS(4), KOV_ROLE_VARIABLE);
    kov_value two = kov_exp(b, native_constant(test, KOV_DTYPE_F32, DIMS(4)));
    kov_value y = pass_convolution(test, pass_transpose(test, x, 4, first), w, 2, 1);
    y = kov_multiply(b, pass_transpose(test, y, 4, last), s);
    y = kov_multiply(b, y, kov_constant_number(b, KOV_DTYPE_F32, 1));
    y = kov_relu(b, kov_add(b, y, two));
    return kov_reduce_mean(b, y, INTS(test, 1, 2), false);
}

static kov_graph *run(native_case *test, kov_graph *before, const char *off)
{
    const kov_pass_options options = {.off = off};
    kov_graph *after;
    assert_int_equal(kov_passes_run(before, &options, &after), KOV_OK);
    pass_same(test, before, after,
              1e-5); /* 27 products, 25 summands: a few dozen roundings below 4 */
    return after;
}

static void switches(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value y = model(test);
    kov_graph *before = native_finish(test, &y, 1);

    kov_graph *g = run(test, before, NULL);
    assert_int_equal(pass_count(g, KOV_OP_EXP), 0);
    assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 1);
    assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 0);
    kov_graph_release(g);

    g = run(test, before, "all");
    assert_int_equal(pass_count(g, KOV_OP_EXP), 1);
    assert_int_equal(pass_count(g, KOV_OP_MULTIPLY), 2);
    assert_int_equal(pass_count(g, KOV_OP_TRANSPOSE), 2);
    kov_graph_release(g);

    g = run(test, before, "fold");
    assert_int_equal(pass_count(g, KOV_OP_EXP), 1);
    assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 1);
    kov_graph_release(g);

    g = run(test, before, "sink_transpose,fold_scale");
    assert_int_equal(pass_count(g, KOV_OP_EXP), 0);
    assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 2);
    assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 1);
    kov_graph_release(g);

    g = run(test, before, "fold_scale");
    assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 1);
    kov_graph_release(g);

    kov_graph_release(before);
    native_end(test);
}

static void pass_table(void **state)
{
    (void)state;
    assert_true(kov_pass_count() >= 5);
    for (int i = 0; i < kov_pass_count(); i++) {
        const kov_pass_info *info = kov_pass_at(i);
        assert_non_null(info->name);
        assert_non_null(info->promise);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(kov_pass_at(j)->name, info->name);
    }
    assert_false(kov_pass_at(0)->optional); /* composites must go where no engine keeps them */
    assert_null(kov_pass_at(-1));
    assert_null(kov_pass_at(kov_pass_count()));
}

static bool keep_all(const kov_graph *graph, const kov_node *node)
{
    (void)graph;
    (void)node;
    return true;
}

static void composites(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT), y;
    int function = kov_function_find("numpy", "log1p"), count = 1;
    assert_true(kov_function_at(function)->composite);
    const kov_argument argument = {.kind = KOV_ARGUMENT_VALUE, .u.value = x};
    assert_int_equal(kov_call(test->b, function, &argument, 1, &y, &count), KOV_OK);
    kov_graph *before = native_finish(test, &y, 1), *after;
    assert_int_equal(pass_count(before, KOV_OP_COMPOSITE), 1);
    kov_pass_options options = {.off = "all"};
    assert_int_equal(kov_passes_run(before, &options, &after), KOV_OK);
    assert_int_equal(pass_count(after, KOV_OP_COMPOSITE), 0);
    pass_same(test, before, after, PASS_BITS);
    kov_graph_release(after);
    options.keep_composite = keep_all;
    assert_int_equal(kov_passes_run(before, &options, &after), KOV_OK);
    assert_int_equal(pass_count(after, KOV_OP_COMPOSITE), 1);
    pass_same(test, before, after, PASS_BITS);
    kov_graph_release(after);
    kov_graph_release(before);
    native_end(test);
}

/* Names of parameters and results, roles and the number of parameters outlast every pass. */
static void interface_is_kept(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t dims[] = {KOV_DIM_FREE, 4};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "x", KOV_ROLE_INPUT);
    kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "unused", KOV_ROLE_INPUT);
    kov_builder_parameter(b, KOV_DTYPE_I64, 2, dims, "weights", KOV_ROLE_VARIABLE);
    kov_value y = kov_multiply(b, x, kov_constant_number(b, KOV_DTYPE_F32, 1));
    const kov_value results[] = {y, y};
    const char *const names[] = {"first", "second"};
    kov_graph *before, *after;
    assert_int_equal(kov_builder_finish(b, results, 2, names, &before), KOV_OK);
    const kov_pass_options options = {.off = NULL};
    assert_int_equal(kov_passes_run(before, &options, &after), KOV_OK);
    assert_int_equal(kov_graph_verify(after), KOV_OK);
    assert_int_equal(after->parameters.n, 3);
    assert_string_equal(after->parameters.at[1].name, "unused");
    assert_string_equal(after->parameters.at[2].name, "weights");
    assert_int_equal(after->parameters.at[2].role, KOV_ROLE_VARIABLE);
    assert_string_equal(after->results.at[0].name, "first");
    assert_string_equal(after->results.at[1].name, "second");
    assert_int_equal(after->nodes.n, 3);
    kov_graph_release(after);
    kov_graph_release(before);
    native_end(test);
}

static void memory_runs_out(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value y = model(test);
    kov_graph *before = native_finish(test, &y, 1);
    const kov_pass_options options = {.off = NULL};
    for (int64_t n = 1;; n++) {
        kov_graph *after = NULL;
        kov_memory_fail_after(test->context, n);
        kov_status status = kov_passes_run(before, &options, &after);
        bool failed = kov_memory_failed(test->context);
        kov_memory_fail_after(test->context, 0);
        assert_int_equal(status, failed ? KOV_OUT_OF_MEMORY : KOV_OK);
        if (status == KOV_OK) {
            pass_same(test, before, after, 1e-5);
            kov_graph_release(after);
            break;
        }
        assert_null(after);
    }
    kov_graph_release(before);
    native_end(test); /* which checks that nothing is left */
}

int main(void)
{
    setenv("KOV_VERIFY", "1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switches),        cmocka_unit_test(pass_table),
        cmocka_unit_test(composites),      cmocka_unit_test(interface_is_kept),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
