/* SPDX-License-Identifier: Apache-2.0 */
/* Plans through the public interface: variables, errors, threads, memory that runs out. */
#include "native/native_case.h"
#include "opset/interpret.h"

#include <kov/kov.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDINGS 1e-5 /* sums of a dozen products below 1, their scale folded into the weights */

static kov_plan *plan_of(kov_graph *graph)
{
    const kov_plan_options options = {.device = "NATIVE"};
    kov_plan *plan = NULL;
    kov_status status = kov_plan_create(graph, &options, &plan);
    if (status != KOV_OK)
        print_error("%s\n", kov_error_text());
    assert_int_equal(status, KOV_OK);
    return plan;
}

/* relu((x @ w) * s + b): w, s and b variables, so that the scaled weights are the prologue's. */
static kov_graph *dense(native_case *test)
{
    kov_builder *b = test->b;
    const int64_t free_batch[] = {KOV_DIM_FREE, 12};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, free_batch, "x", KOV_ROLE_INPUT);
    test->inputs[test->input_count++] = native_tensor(test, KOV_DTYPE_F32, DIMS(3, 12));
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(12, 5), KOV_ROLE_VARIABLE);
    kov_value s = native_input(test, KOV_DTYPE_F32, DIMS(5), KOV_ROLE_VARIABLE);
    kov_value c = native_input(test, KOV_DTYPE_F32, DIMS(5), KOV_ROLE_VARIABLE);
    kov_value y = kov_add(b, kov_multiply(b, kov_mat_mul(b, x, w, false, false), s), c);
    y = kov_relu(b, y);
    return native_finish(test, &y, 1);
}

static void check_run(native_case *test, kov_plan *plan, kov_graph *graph)
{
    kov_tensor *have, *want;
    assert_int_equal(kov_interpret(graph, test->inputs, test->input_count, &want), KOV_OK);
    kov_status status = kov_plan_run(plan, test->inputs, test->input_count, &have, 1);
    if (status != KOV_OK)
        print_error("%s\n", kov_error_text());
    assert_int_equal(status, KOV_OK);
    native_compare(have, want, ROUNDINGS);
    kov_tensor_release(have);
    kov_tensor_release(want);
}

static void replace_input(native_case *test, int i, int ndim, const int64_t *dims)
{
    kov_tensor_release(test->inputs[i]);
    test->inputs[i] = native_tensor(test, KOV_DTYPE_F32, ndim, dims);
}

static void changed_variables_are_seen(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    kov_plan *plan = plan_of(graph);
    for (int round = 0; round < 8; round++) { /* more often than constants are bound anew */
        check_run(test, plan, graph);
        check_run(test, plan, graph);
        replace_input(test, 0, DIMS(1 + round, 12));
        check_run(test, plan, graph);
        replace_input(test, 1, DIMS(12, 5));
        check_run(test, plan, graph);
        replace_input(test, 2 + round % 2, DIMS(5));
    }
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

/* Writing into a tensor's own memory changes its id, and so its weights. */
static void variable_changed_in_place(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    kov_plan *plan = plan_of(graph);
    check_run(test, plan, graph);
    uint64_t before = kov_tensor_id(test->inputs[1]);
    float *at = kov_tensor_data_mut(test->inputs[1]);
    assert_non_null(at); /* the plan keeps no variable alive */
    for (int i = 0; i < 60; i++)
        at[i] = (float)(i % 7) - 3;
    assert_true(kov_tensor_id(test->inputs[1]) != before);
    check_run(test, plan, graph);
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

/* With the variables as they were, a run needs no more memory than the one before. */
static void memory_of_runs_is_flat(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    kov_plan *plan = plan_of(graph);
    check_run(test, plan, graph);
    check_run(test, plan, graph);
    kov_memory_trim(test->context);
    size_t before = kov_context_bytes_in_use(test->context);
    for (int i = 0; i < 50; i++)
        check_run(test, plan, graph);
    kov_memory_trim(test->context);
    assert_int_equal(kov_context_bytes_in_use(test->context), before);
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

static void refuse(native_case *test, kov_plan *plan, int inputs, int results, const char *text)
{
    kov_tensor *out[4] = {0};
    assert_int_equal(kov_plan_run(plan, test->inputs, inputs, out, results), KOV_INVALID_ARGUMENT);
    if (!strstr(kov_error_text(), text))
        fail_msg("\"%s\" does not say \"%s\"", kov_error_text(), text);
    assert_null(out[0]);
}

static void wrong_inputs(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    kov_plan *plan = plan_of(graph);
    refuse(test, plan, 3, 1, "3 inputs");
    refuse(test, plan, 4, 2, "2 results");
    kov_tensor *right = test->inputs[0];
    test->inputs[0] = native_tensor(test, KOV_DTYPE_F64, DIMS(3, 12));
    refuse(test, plan, 4, 1, "input 0 (x): float64(3, 12) given, float32(");
    kov_tensor_release(test->inputs[0]);
    test->inputs[0] = native_tensor(test, KOV_DTYPE_F32, DIMS(3, 11));
    refuse(test, plan, 4, 1, "(3, 11) given");
    kov_tensor_release(test->inputs[0]);
    test->inputs[0] = native_tensor(test, KOV_DTYPE_F32, DIMS(12));
    refuse(test, plan, 4, 1, "(12,) given");
    kov_tensor_release(test->inputs[0]);
    test->inputs[0] = right;
    check_run(test, plan, graph);
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

/* One symbol stands for one number in a run. */
static void shared_dimension(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t dims[] = {kov_builder_symbol(b, "batch"), 4};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "x", KOV_ROLE_INPUT);
    kov_value y = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "y", KOV_ROLE_INPUT);
    kov_value z = kov_add(b, x, y);
    kov_graph *graph = native_finish(test, &z, 1);
    kov_plan *plan = plan_of(graph);
    for (int i = 0; i < 2; i++)
        test->inputs[test->input_count++] = native_tensor(test, KOV_DTYPE_F32, DIMS(3, 4));
    check_run(test, plan, graph);
    replace_input(test, 1, DIMS(2, 4));
    refuse(test, plan, 2, 1, "batch");
    replace_input(test, 1, DIMS(1, 4));
    refuse(test, plan, 2, 1, "batch");
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

static void unknown_device(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    const kov_plan_options options = {.device = "TOASTER"};
    kov_plan *plan = NULL;
    assert_int_equal(kov_plan_create(graph, &options, &plan), KOV_DEVICE_ERROR);
    assert_null(plan);
    assert_true(strlen(kov_error_text()) > 10);
    char **devices;
    assert_int_equal(kov_devices(test->context, &devices), KOV_OK);
    assert_string_equal(devices[0], "NATIVE");
    kov_devices_free(devices);
    kov_graph_release(graph);
    native_end(test);
}

static void text_names_parts(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    kov_plan *plan = plan_of(graph);
    char *text;
    check_run(test, plan, graph);
    assert_int_equal(kov_plan_text(plan, &text), KOV_OK);
    assert_non_null(strstr(text, "part 0: native (prologue"));
    assert_non_null(strstr(text, "MatMul"));
    kov_text_free(text);
    assert_int_equal(kov_plan_partition_count(plan), 1);
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

/* Results that are inputs, constants, prologue results, or the same value twice. */
static void results_of_every_kind(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_INPUT);
    kov_value v = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_VARIABLE);
    kov_value c = native_constant(test, KOV_DTYPE_F32, DIMS(2));
    kov_value early = kov_exp(b, v), y = kov_add(b, x, early);
    const kov_value results[] = {x, v, c, early, y, y};
    kov_graph *graph = native_finish(test, results, 6);
    kov_plan *plan = plan_of(graph);
    for (int round = 0; round < 3; round++) {
        kov_tensor *have[6], *want[6];
        assert_int_equal(kov_interpret(graph, test->inputs, 2, want), KOV_OK);
        assert_int_equal(kov_plan_run(plan, test->inputs, 2, have, 6), KOV_OK);
        for (int i = 0; i < 6; i++) {
            native_compare(have[i], want[i], 1e-6);
            kov_tensor_release(have[i]);
            kov_tensor_release(want[i]);
        }
        replace_input(test, round % 2, DIMS(3));
    }
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

/* ---- threads ---- */

enum { THREADS = 8, RUNS = 60 };

struct worker {
    kov_plan *plan;
    kov_tensor *inputs[4];
    kov_tensor *want;
    int failures;
};

static void *work(void *user)
{
    struct worker *w = user;
    for (int i = 0; i < RUNS; i++) {
        kov_tensor *have;
        if (kov_plan_run(w->plan, w->inputs, 4, &have, 1) != KOV_OK) {
            w->failures++;
            continue;
        }
        const float *a = kov_tensor_data(have), *b = kov_tensor_data(w->want);
        for (int64_t j = 0; j < kov_tensor_count(w->want); j++)
            w->failures += !(a[j] - b[j] < 1e-4f && b[j] - a[j] < 1e-4f);
        kov_tensor_release(have);
    }
    return NULL;
}

/* Threads of one plan, each with variables and a batch of its own. */
static void many_threads(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    kov_graph *graph = dense(test);
    kov_plan *plan = plan_of(graph);
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){.plan = plan};
        w->inputs[0] = native_tensor(test, KOV_DTYPE_F32, DIMS(1 + i % 3, 12));
        for (int j = 1; j < 4; j++) { /* half of them share the variables */
            w->inputs[j] =
                i % 2 ? test->inputs[j]
                      : native_tensor(test, KOV_DTYPE_F32, kov_tensor_ndim(test->inputs[j]),
                                      kov_tensor_dims(test->inputs[j]));
            if (i % 2)
                kov_tensor_retain(w->inputs[j]);
        }
        assert_int_equal(kov_interpret(graph, w->inputs, 4, &w->want), KOV_OK);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(workers[i].failures, 0);
        for (int j = 0; j < 4; j++)
            kov_tensor_release(workers[i].inputs[j]);
        kov_tensor_release(workers[i].want);
    }
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

/* nonzero has as many results as the data says: a dimension that every inference makes anew. */
static kov_graph *data_shaped(native_case *test)
{
    kov_builder *b = test->b;
    const int64_t dims[] = {KOV_DIM_FREE, 4};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "x", KOV_ROLE_INPUT);
    test->inputs[test->input_count++] = native_tensor(test, KOV_DTYPE_F32, DIMS(3, 4));
    kov_value flat = kov_reshape(b, x, INTS(test, -1, 2), false);
    const kov_attr attr = kov_attr_dtype(KOV_DTYPE_I64);
    kov_value y = kov_emit(b, KOV_OP_NON_ZERO, &flat, 1, &attr);
    return native_finish(test, &y, 1);
}

static void *make_plans(void *user)
{
    kov_graph *graph = user;
    const kov_plan_options options = {.device = "NATIVE"};
    for (int i = 0; i < RUNS; i++) {
        kov_plan *plan;
        if (kov_plan_create(graph, &options, &plan) != KOV_OK)
            return user;
        kov_plan_release(plan);
    }
    return NULL;
}

/* A finished graph is shared: threads may make plans of it at the same time. */
static void plans_of_one_graph(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = data_shaped(test);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_plans, graph), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    kov_plan *plan = plan_of(graph);
    check_run(test, plan, graph);
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

/* ---- memory ---- */

static void memory_runs_out(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    kov_memory_trim(test->context);
    for (int64_t n = 1;; n++) {
        const kov_plan_options options = {.device = "NATIVE"};
        kov_plan *plan = NULL;
        kov_tensor *out = NULL;
        kov_memory_fail_after(test->context, n);
        kov_status status = kov_plan_create(graph, &options, &plan);
        if (status == KOV_OK)
            status = kov_plan_run(plan, test->inputs, 4, &out, 1);
        bool failed = kov_memory_failed(test->context);
        kov_memory_fail_after(test->context, 0);
        if (status != KOV_OK) {
            assert_true(failed);
            assert_int_equal(status, KOV_OUT_OF_MEMORY);
            assert_null(out);
        }
        if (plan) /* what failed once works the next time */
            check_run(test, plan, graph);
        kov_tensor_release(out);
        kov_plan_release(plan);
        if (status == KOV_OK && !failed)
            break;
    }
    kov_graph_release(graph);
    native_end(test); /* which checks that nothing is left */
}

static void cancelled(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = dense(test);
    kov_plan *plan = plan_of(graph);
    kov_tensor *out = NULL;
    kov_context_cancel(test->context, true);
    assert_int_equal(kov_plan_run(plan, test->inputs, 4, &out, 1), KOV_CANCELLED);
    assert_null(out);
    kov_context_cancel(test->context, false);
    check_run(test, plan, graph);
    kov_plan_release(plan);
    kov_graph_release(graph);
    native_end(test);
}

int main(void)
{
    unsetenv("KOV_DEVICE");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_variables_are_seen),
        cmocka_unit_test(variable_changed_in_place),
        cmocka_unit_test(memory_of_runs_is_flat),
        cmocka_unit_test(wrong_inputs),
        cmocka_unit_test(shared_dimension),
        cmocka_unit_test(unknown_device),
        cmocka_unit_test(text_names_parts),
        cmocka_unit_test(results_of_every_kind),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(plans_of_one_graph),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
