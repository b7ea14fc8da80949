/* SPDX-License-Identifier: Apache-2.0 */
/* Runs: shapes that depend on data, control flow, variables that change, threads, failing memory.
 */
#include "native/native_case.h"

#include "base/threads.h"
#include "native/native.h"
#include "opset/interpret.h"
#include "tensor/tensor.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_shapes_that_depend_on_data(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    for (int round = 0; round < 3; round++) {
        kov_builder *b = test->b;
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(4 + round, 5), KOV_ROLE_INPUT);
        kov_value places = kov_non_zero(
            b, kov_greater(b, x, kov_constant_number(b, KOV_DTYPE_F32, 0)), KOV_DTYPE_I64);
        kov_value rows = kov_transpose(b, places, INTS(test, 1, 0));
        kov_value picked = kov_gather_nd(b, x, rows, 0);
        kov_value results[] = {places, kov_exp(b, picked),
                               kov_reduce_sum(b, picked, INTS(test, 0), false)};
        native_check(test, results, 3, 1e-6);
    }
    native_end(test);
}

static void test_shapes_computed_from_data(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(4, 6), KOV_ROLE_INPUT);
    const int64_t at[] = {3, 8};
    kov_value shape = native_numbers(test, 2, at);
    kov_value sum =
        kov_reduce_max(b, kov_cast(b, kov_abs(b, x), KOV_DTYPE_I64), INTS(test, 0, 1), false);
    kov_value count = kov_add(b, sum, kov_constant_i64_scalar(b, 3)); /* 3: |x| is below 1 */
    kov_value range = kov_range(b, kov_constant_i64_scalar(b, 0), count,
                                kov_constant_i64_scalar(b, 1), KOV_DTYPE_I32);
    kov_value results[] = {kov_reshape(b, kov_exp(b, x), shape, false), kov_add(b, range, range)};
    native_check(test, results, 2, 1e-6);
    native_end(test);
}

static void test_control_flow(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_body *then_body, *else_body, *condition, *step;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3, 4), KOV_ROLE_INPUT);
    kov_value total = kov_reduce_sum(b, x, INTS(test, 0, 1), false);
    kov_value positive = kov_greater(b, total, kov_constant_number(b, KOV_DTYPE_F32, 0)), chosen,
              looped[2];
    assert_int_equal(kov_body_begin(b), KOV_OK);
    kov_value y = kov_exp(b, x);
    assert_int_equal(kov_body_end(b, &y, 1, &then_body), KOV_OK);
    assert_int_equal(kov_body_begin(b), KOV_OK);
    y = kov_negative(b, kov_add(b, x, total));
    assert_int_equal(kov_body_end(b, &y, 1, &else_body), KOV_OK);
    assert_int_equal(kov_builder_if(b, positive, then_body, else_body, &chosen), KOV_OK);

    assert_int_equal(kov_body_begin(b), KOV_OK);
    kov_value i = kov_builder_parameter(b, KOV_DTYPE_I32, 0, NULL, NULL, KOV_ROLE_INPUT);
    kov_builder_parameter(b, KOV_DTYPE_F32, DIMS(3, 4), NULL, KOV_ROLE_INPUT);
    kov_value more = kov_less(b, i, kov_constant_number(b, KOV_DTYPE_I32, 5));
    assert_int_equal(kov_body_end(b, &more, 1, &condition), KOV_OK);
    assert_int_equal(kov_body_begin(b), KOV_OK);
    i = kov_builder_parameter(b, KOV_DTYPE_I32, 0, NULL, NULL, KOV_ROLE_INPUT);
    y = kov_builder_parameter(b, KOV_DTYPE_F32, DIMS(3, 4), NULL, KOV_ROLE_INPUT);
    kov_value next[] = {kov_add(b, i, kov_constant_number(b, KOV_DTYPE_I32, 1)),
                        kov_multiply(b, y, kov_sigmoid(b, x))};
    assert_int_equal(kov_body_end(b, next, 2, &step), KOV_OK);
    const kov_value start[] = {kov_constant_number(b, KOV_DTYPE_I32, 0), chosen};
    assert_int_equal(kov_builder_while(b, condition, step, start, 2, KOV_VALUE_NONE, looped),
                     KOV_OK);
    kov_value results[] = {chosen, looped[0], kov_relu(b, looped[1])};
    native_check(test, results, 3, 1e-5);
    native_end(test);
}

/* relu(convolution) and a dense layer behind it. */
static kov_graph *small_network(native_case *test)
{
    static const int64_t one[] = {1, 1};
    kov_builder *b = test->b;
    kov_dim batch = kov_builder_symbol(b, "batch");
    const int64_t dims[] = {batch, 4, 10, 10}, w_dims[] = {8, 4, 3, 3}, u_dims[] = {8, 5};
    const kov_ints ones = {one, 2};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 4, dims, "x", KOV_ROLE_INPUT);
    kov_value w = kov_builder_parameter(b, KOV_DTYPE_F32, 4, w_dims, "w", KOV_ROLE_VARIABLE);
    kov_value u = kov_builder_parameter(b, KOV_DTYPE_F32, 2, u_dims, "u", KOV_ROLE_VARIABLE);
    kov_value y = kov_relu(b, kov_convolution(b, x, w, ones, ones, ones, ones, "explicit"));
    y = kov_reduce_mean(b, y, kov_constant_i64(b, (const int64_t[]){2, 3}, 2), false);
    y = kov_tanh(b, kov_mat_mul(b, y, u, false, false));
    return native_finish(test, &y, 1);
}

static kov_tensor *reference(kov_graph *graph, kov_tensor *const *inputs)
{
    kov_tensor *want;
    assert_int_equal(kov_interpret(graph, inputs, 3, &want), KOV_OK);
    return want;
}

static void test_batches_and_variables_change(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    kov_graph *graph = small_network(test);
    kov_executable *executable;
    assert_int_equal(kov_executable_create(graph, false, &executable), KOV_OK);
    kov_tensor *weights[2][2];
    for (int i = 0; i < 2; i++) {
        weights[i][0] = native_tensor(test, KOV_DTYPE_F32, DIMS(8, 4, 3, 3));
        weights[i][1] = native_tensor(test, KOV_DTYPE_F32, DIMS(8, 5));
    }
    for (int round = 0; round < 24; round++) {
        int w = native_below(test, 2), u = native_below(test, 2);
        kov_tensor *x = native_tensor(test, KOV_DTYPE_F32, DIMS(1 + round % 11, 4, 10, 10)), *have;
        kov_tensor *const inputs[] = {x, weights[w][0], weights[u][1]};
        assert_int_equal(kov_executable_run(executable, inputs, &have), KOV_OK);
        kov_tensor *want = reference(graph, inputs);
        native_compare(have, want, 1e-5);
        kov_tensor_release(want);
        kov_tensor_release(have);
        kov_tensor_release(x);
    }
    assert_true(executable->instance_count <= 8);
    assert_int_equal(executable->packs.specs.n, 2); /* shared by all batches */
    for (int i = 0; i < 4; i++)
        kov_tensor_release(weights[i / 2][i % 2]);
    kov_executable_release(executable);
    kov_graph_release(graph);
    native_end(test);
}

typedef struct worker {
    kov_executable *executable;
    kov_tensor *inputs[3], *want;
    bool right;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    w->right = true;
    for (int i = 0; i < 60; i++) {
        kov_tensor *have;
        if (kov_executable_run(w->executable, w->inputs, &have) != KOV_OK) {
            w->right = false;
            return NULL;
        }
        w->right = w->right && memcmp(kov_tensor_data(have), kov_tensor_data(w->want),
                                      kov_tensor_bytes(have)) == 0;
        kov_tensor_release(have);
    }
    return NULL;
}

/* Each with its own batch and weights; bits as of a run alone. */
static void test_threads(void **state)
{
    enum { THREADS = 8 };
    (void)state;
    native_case *test = native_begin(2);
    kov_graph *graph = small_network(test);
    kov_executable *executable;
    worker workers[THREADS];
    pthread_t threads[THREADS];
    assert_int_equal(kov_executable_create(graph, false, &executable), KOV_OK);
    for (int i = 0; i < THREADS; i++) {
        workers[i].executable = executable;
        workers[i].inputs[0] = native_tensor(test, KOV_DTYPE_F32, DIMS(1 + i % 3, 4, 10, 10));
        workers[i].inputs[1] = native_tensor(test, KOV_DTYPE_F32, DIMS(8, 4, 3, 3));
        workers[i].inputs[2] = native_tensor(test, KOV_DTYPE_F32, DIMS(8, 5));
        assert_int_equal(kov_executable_run(executable, workers[i].inputs, &workers[i].want),
                         KOV_OK);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(workers[i].right);
        kov_tensor_release(workers[i].want);
        for (int j = 0; j < 3; j++)
            kov_tensor_release(workers[i].inputs[j]);
    }
    kov_executable_release(executable);
    kov_graph_release(graph);
    native_end(test);
}

static void test_bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = small_network(test);
    kov_executable *executable;
    kov_tensor *results[3];
    assert_int_equal(kov_executable_create(graph, false, &executable), KOV_OK);
    kov_tensor *const inputs[] = {native_tensor(test, KOV_DTYPE_F32, DIMS(5, 4, 10, 10)),
                                  native_tensor(test, KOV_DTYPE_F32, DIMS(8, 4, 3, 3)),
                                  native_tensor(test, KOV_DTYPE_F32, DIMS(8, 5))};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kov_context_set_threads(test->context, i + 1), KOV_OK);
        assert_int_equal(kov_executable_run(executable, inputs, &results[i]), KOV_OK);
        assert_memory_equal(kov_tensor_data(results[i]), kov_tensor_data(results[0]),
                            kov_tensor_bytes(results[0]));
    }
    for (int i = 0; i < 3; i++) {
        kov_tensor_release(results[i]);
        kov_tensor_release(inputs[i]);
    }
    kov_executable_release(executable);
    kov_graph_release(graph);
    native_end(test);
}

/* Every allocation of a compilation and two runs fails once; nothing is lost, and the next try
 * works. */
static void test_memory_fails(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_graph *graph = small_network(test);
    kov_tensor *const inputs[] = {native_tensor(test, KOV_DTYPE_F32, DIMS(2, 4, 10, 10)),
                                  native_tensor(test, KOV_DTYPE_F32, DIMS(8, 4, 3, 3)),
                                  native_tensor(test, KOV_DTYPE_F32, DIMS(8, 5))};
    bool finished = false;
    for (int n = 1; !finished; n++) {
        kov_executable *executable = NULL;
        kov_tensor *have[2] = {NULL, NULL};
        kov_memory_fail_after(test->context, n);
        kov_status status = kov_executable_create(graph, false, &executable);
        for (int i = 0; i < 2 && status == KOV_OK; i++)
            status = kov_executable_run(executable, inputs, &have[i]);
        finished = !kov_memory_failed(test->context);
        assert_int_equal(status, finished ? KOV_OK : KOV_OUT_OF_MEMORY);
        kov_memory_fail_after(test->context, 0);
        kov_tensor_release(have[0]);
        if (executable && !finished) {
            assert_int_equal(kov_executable_run(executable, inputs, &have[1]), KOV_OK);
        }
        kov_tensor_release(have[1]);
        kov_executable_release(executable);
        assert_true(n < 2000);
    }
    for (int i = 0; i < 3; i++)
        kov_tensor_release(inputs[i]);
    kov_graph_release(graph);
    native_end(test);
}

static void done(void *user)
{
    *(bool *)user = true;
}

/* Memory that the caller may change is not handed on in a result. */
static void test_borrowed_memory_is_copied(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT);
    kov_value y = kov_reshape(test->b, x, INTS(test, 3, 2), false);
    kov_graph *graph = native_finish(test, &y, 1);
    kov_executable *executable;
    float data[6] = {1, 2, 3, 4, 5, 6};
    bool released = false;
    kov_tensor *input, *result;
    assert_int_equal(kov_executable_create(graph, true, &executable), KOV_OK);
    assert_int_equal(
        kov_tensor_wrap(test->context, KOV_DTYPE_F32, DIMS(2, 3), data, done, &released, &input),
        KOV_OK);
    assert_int_equal(kov_executable_run(executable, &input, &result), KOV_OK);
    kov_tensor_release(input);
    assert_true(released);
    data[0] = 9;
    assert_true(((const float *)kov_tensor_data(result))[0] == 1.0f);
    kov_tensor_release(result);
    kov_executable_release(executable);
    kov_graph_release(graph);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes_that_depend_on_data),
        cmocka_unit_test(test_shapes_computed_from_data),
        cmocka_unit_test(test_control_flow),
        cmocka_unit_test(test_batches_and_variables_change),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_bits_do_not_depend_on_threads),
        cmocka_unit_test(test_memory_fails),
        cmocka_unit_test(test_borrowed_memory_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
