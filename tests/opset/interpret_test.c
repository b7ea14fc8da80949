/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/interpret.h"

#include "base/status.h"
#include "graph/builder.h"
#include "opset_build.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

typedef struct fixture {
    kov_context *context;
    kov_graph *graph; /* positive(x) = x[x > 0], and how many */
} fixture;

static kov_tensor *floats(kov_context *context, int64_t n, const float *data)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_from_data(context, KOV_DTYPE_F32, 1, &n, data, &tensor), KOV_OK);
    return tensor;
}

static void open_fixture(fixture *f)
{
    kov_builder *b;
    const int64_t free_dim = KOV_DIM_FREE;
    assert_int_equal(kov_context_create(NULL, &f->context), KOV_OK);
    assert_int_equal(kov_builder_create(f->context, &b), KOV_OK);
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 1, &free_dim, "x", KOV_ROLE_INPUT);
    kov_value zero = kov_constant_i64_scalar(b, 0);
    kov_value places = kov_non_zero(b, kov_greater(b, x, kov_scalar_like(b, x, 0)), KOV_DTYPE_I64);
    kov_value row = kov_gather(b, places, zero, zero, 0);
    const kov_value results[] = {kov_gather(b, x, row, zero, 0), kov_shape_value(b, row), x};
    assert_int_equal(kov_builder_finish(b, results, 3, NULL, &f->graph), KOV_OK);
    kov_builder_release(b);
}

static void close_fixture(fixture *f)
{
    kov_graph_release(f->graph);
    assert_int_equal(kov_context_bytes_in_use(f->context), 0);
    kov_context_release(f->context);
}

/* Sizes that depend on data, runs of different sizes, and a parameter that is a result. */
static void data_dependent(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    const float data[] = {-1, 2, 0, 3, -4, 5}, kept[] = {2, 3, 5};
    for (int64_t n = 0; n <= 6; n++) {
        kov_tensor *x = floats(f.context, n, data), *results[3];
        int64_t expected = n < 2 ? 0 : n < 4 ? 1 : n < 6 ? 2 : 3;
        if (kov_interpret(f.graph, &x, 1, results) != KOV_OK)
            fail_msg("%s", kov_error_text());
        assert_int_equal(kov_tensor_dims(results[0])[0], expected);
        assert_memory_equal(kov_tensor_data(results[0]), kept, (size_t)expected * sizeof *kept);
        assert_int_equal(*(const int64_t *)kov_tensor_data(results[1]), expected);
        assert_ptr_equal(results[2], x);
        for (int i = 0; i < 3; i++)
            kov_tensor_release(results[i]);
        kov_tensor_release(x);
    }
    close_fixture(&f);
}

static void wrong_inputs(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    const int64_t number = 1;
    kov_tensor *integer, *results[3] = {0};
    assert_int_equal(kov_interpret(f.graph, NULL, 0, results), KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_tensor_from_data(f.context, KOV_DTYPE_I64, 1, &number, &number, &integer),
                     KOV_OK);
    assert_int_equal(kov_interpret(f.graph, &integer, 1, results), KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "int64"));
    assert_null(results[0]);
    kov_tensor_release(integer);
    close_fixture(&f);
}

static void single_nodes(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    const float data[] = {-1, 2, 0, 3};
    kov_tensor *x = floats(f.context, 4, data), *zero = NULL, *out = NULL;
    for (int i = 0; i < f.graph->nodes.n; i++) {
        const kov_node *node = &f.graph->nodes.at[i];
        if (node->op == KOV_OP_PARAMETER) {
            assert_int_equal(kov_interpret_node(f.context, f.graph, node, NULL, &out, NULL, NULL),
                             KOV_INVALID_ARGUMENT);
        } else if (node->op == KOV_OP_CONSTANT && !zero &&
                   kov_graph_value(f.graph, node->first_output)->dtype == KOV_DTYPE_F32) {
            assert_int_equal(kov_interpret_node(f.context, f.graph, node, NULL, &zero, NULL, NULL),
                             KOV_OK);
        }
    }
    assert_non_null(zero);
    for (int i = 0; i < f.graph->nodes.n; i++) {
        const kov_node *node = &f.graph->nodes.at[i];
        if (node->op != KOV_OP_GREATER)
            continue;
        kov_tensor *inputs[] = {x, zero};
        assert_int_equal(kov_interpret_node(f.context, f.graph, node, inputs, &out, NULL, NULL),
                         KOV_OK);
        const unsigned char expected[] = {0, 1, 0, 1};
        assert_memory_equal(kov_tensor_data(out), expected, sizeof expected);
        kov_tensor_release(out);
    }
    kov_tensor_release(zero);
    kov_tensor_release(x);
    close_fixture(&f);
}

static void cancelled(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    const float one = 1;
    kov_tensor *x = floats(f.context, 1, &one), *results[3];
    kov_context_cancel(f.context, true);
    assert_int_equal(kov_interpret(f.graph, &x, 1, results), KOV_CANCELLED);
    kov_context_cancel(f.context, false);
    kov_tensor_release(x);
    close_fixture(&f);
}

static void failing_memory(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    const float data[] = {-1, 2, 0, 3};
    kov_tensor *x = floats(f.context, 4, data);
    size_t before = kov_context_bytes_in_use(f.context);
    kov_status status = KOV_OUT_OF_MEMORY;
    for (int n = 1; status != KOV_OK; n++) {
        kov_tensor *results[3] = {0};
        kov_memory_fail_after(f.context, n);
        status = kov_interpret(f.graph, &x, 1, results);
        assert_true(status == (kov_memory_failed(f.context) ? KOV_OUT_OF_MEMORY : KOV_OK));
        kov_memory_fail_after(f.context, 0);
        for (int i = 0; i < 3; i++)
            kov_tensor_release(results[i]);
        assert_int_equal(kov_context_bytes_in_use(f.context), before);
    }
    kov_tensor_release(x);
    close_fixture(&f);
}

typedef struct worker {
    fixture *f;
    bool right;
} worker;

static void *interpret_often(void *user)
{
    worker *worker = user;
    const float data[] = {7, -1, 8};
    worker->right = true;
    for (int i = 0; i < 50; i++) {
        kov_tensor *x = NULL, *results[3];
        const int64_t n = 3;
        kov_status status =
            kov_tensor_from_data(worker->f->context, KOV_DTYPE_F32, 1, &n, data, &x);
        if (status == KOV_OK)
            status = kov_interpret(worker->f->graph, &x, 1, results);
        if (status != KOV_OK) {
            worker->right = false;
            break;
        }
        worker->right = worker->right && ((const float *)kov_tensor_data(results[0]))[1] == 8;
        for (int j = 0; j < 3; j++)
            kov_tensor_release(results[j]);
        kov_tensor_release(x);
    }
    return NULL;
}

static void shared_by_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    fixture f;
    open_fixture(&f);
    pthread_t threads[THREADS];
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){&f, false};
        assert_int_equal(pthread_create(&threads[i], NULL, interpret_often, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(workers[i].right);
    }
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_dependent), cmocka_unit_test(wrong_inputs),
        cmocka_unit_test(single_nodes),   cmocka_unit_test(cancelled),
        cmocka_unit_test(failing_memory), cmocka_unit_test(shared_by_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
