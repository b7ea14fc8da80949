/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"
#include "graph/builder.h"
#include "opset/interpret.h"
#include "opset_build.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

typedef struct fixture {
    kov_context *context;
    kov_builder *b;
} fixture;

static void open_fixture(fixture *f)
{
    assert_int_equal(kov_context_create(NULL, &f->context), KOV_OK);
    assert_int_equal(kov_builder_create(f->context, &f->b), KOV_OK);
}

static void close_fixture(fixture *f)
{
    kov_builder_release(f->b);
    assert_int_equal(kov_context_bytes_in_use(f->context), 0);
    kov_context_release(f->context);
}

static kov_value parameter(fixture *f, kov_dtype dtype, int ndim, int64_t dim)
{
    return kov_builder_parameter(f->b, dtype, ndim, &dim, NULL, KOV_ROLE_INPUT);
}

static kov_graph *finish(fixture *f, const kov_value *results, int count)
{
    kov_graph *graph = NULL;
    if (kov_builder_finish(f->b, results, count, NULL, &graph) != KOV_OK)
        fail_msg("%s", kov_error_text());
    return graph;
}

static kov_tensor *ints(fixture *f, int ndim, int64_t dim, const int64_t *data)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_from_data(f->context, KOV_DTYPE_I64, ndim, &dim, data, &tensor),
                     KOV_OK);
    return tensor;
}

static kov_tensor *boolean(fixture *f, bool value)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_from_data(f->context, KOV_DTYPE_BOOL, 0, NULL, &value, &tensor),
                     KOV_OK);
    return tensor;
}

/* Runs with inputs of its own, which it releases; the result must be these integers. */
static void check(kov_graph *graph, kov_tensor **inputs, int n, int result, int64_t count,
                  const int64_t *expected)
{
    kov_tensor *results[8] = {0};
    if (kov_interpret(graph, inputs, n, results) != KOV_OK)
        fail_msg("%s", kov_error_text());
    assert_int_equal(kov_tensor_count(results[result]), count);
    assert_memory_equal(kov_tensor_data(results[result]), expected,
                        (size_t)count * sizeof *expected);
    for (int i = 0; i < graph->results.n; i++)
        kov_tensor_release(results[i]);
    for (int i = 0; i < n; i++)
        kov_tensor_release(inputs[i]);
}

static kov_body *end_body(fixture *f, const kov_value *results, int count)
{
    kov_body *body = NULL;
    if (kov_body_end(f->b, results, count, &body) != KOV_OK)
        fail_msg("%s", kov_error_text());
    assert_int_equal(kov_body_result_count(body), count);
    return body;
}

/* out = condition ? x + y : x * 2, with x and y captured. */
static kov_graph *make_if(fixture *f)
{
    kov_value condition = parameter(f, KOV_DTYPE_BOOL, 0, 0);
    kov_value x = parameter(f, KOV_DTYPE_I64, 1, 2), y = parameter(f, KOV_DTYPE_I64, 1, 2);
    assert_int_equal(kov_body_begin(f->b), KOV_OK);
    kov_value sum = kov_add(f->b, x, y);
    kov_body *then_body = end_body(f, &sum, 1);
    assert_int_equal(kov_body_begin(f->b), KOV_OK);
    kov_value twice = kov_multiply(f->b, x, kov_constant_i64_scalar(f->b, 2));
    kov_body *else_body = end_body(f, &twice, 1);
    kov_value out;
    assert_int_equal(kov_builder_if(f->b, condition, then_body, else_body, &out), KOV_OK);
    assert_int_equal(kov_builder_dim(f->b, out, 0), 2);
    return finish(f, &out, 1);
}

static void branches(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    kov_graph *graph = make_if(&f);
    const int64_t x[] = {3, 4}, y[] = {10, 20}, sums[] = {13, 24}, doubles[] = {6, 8};
    kov_tensor *taken[] = {boolean(&f, true), ints(&f, 1, 2, x), ints(&f, 1, 2, y)};
    check(graph, taken, 3, 0, 2, sums);
    kov_tensor *other[] = {boolean(&f, false), ints(&f, 1, 2, x), ints(&f, 1, 2, y)};
    check(graph, other, 3, 0, 2, doubles);
    kov_graph_release(graph);
    close_fixture(&f);
}

/* Branches whose results differ in size: the size is unknown when built, right when run. */
static void branches_of_other_sizes(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    kov_value condition = parameter(&f, KOV_DTYPE_BOOL, 0, 0);
    kov_value x = parameter(&f, KOV_DTYPE_I64, 1, 2);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_body *same = end_body(&f, &x, 1);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    const kov_value both[] = {x, x};
    kov_value twice = kov_concat(f.b, both, 2, 0);
    kov_body *longer = end_body(&f, &twice, 1);
    kov_value out;
    assert_int_equal(kov_builder_if(f.b, condition, same, longer, &out), KOV_OK);
    assert_true(kov_builder_dim(f.b, out, 0) < 0);
    kov_graph *graph = finish(&f, &out, 1);
    const int64_t data[] = {5, 6, 5, 6};
    kov_tensor *taken[] = {boolean(&f, true), ints(&f, 1, 2, data)};
    check(graph, taken, 2, 0, 2, data);
    kov_tensor *other[] = {boolean(&f, false), ints(&f, 1, 2, data)};
    check(graph, other, 2, 0, 4, data);
    kov_graph_release(graph);
    close_fixture(&f);
}

/* while (i < limit) { i += 1; sum += i * step }, limit and step captured. */
static kov_graph *make_while(fixture *f, bool bounded)
{
    kov_value limit = parameter(f, KOV_DTYPE_I64, 0, 0), step = parameter(f, KOV_DTYPE_I64, 0, 0);
    kov_value zero = kov_constant_i64_scalar(f->b, 0);
    assert_int_equal(kov_body_begin(f->b), KOV_OK);
    kov_value i = parameter(f, KOV_DTYPE_I64, 0, 0);
    (void)parameter(f, KOV_DTYPE_I64, 0, 0);
    kov_value more = kov_less(f->b, i, limit);
    kov_body *condition = end_body(f, &more, 1);
    assert_int_equal(kov_body_begin(f->b), KOV_OK);
    i = parameter(f, KOV_DTYPE_I64, 0, 0);
    /* Captured before the second parameter is made. */
    kov_value scaled = kov_multiply(f->b, kov_add(f->b, i, kov_constant_i64_scalar(f->b, 1)), step);
    kov_value sum = parameter(f, KOV_DTYPE_I64, 0, 0);
    const kov_value next[] = {kov_add(f->b, i, kov_constant_i64_scalar(f->b, 1)),
                              kov_add(f->b, sum, scaled)};
    kov_body *body = end_body(f, next, 2);
    const kov_value start[] = {zero, zero};
    kov_value outs[2], maximum = KOV_VALUE_NONE;
    if (bounded)
        maximum = kov_constant_i64_scalar(f->b, 3);
    assert_int_equal(kov_builder_while(f->b, condition, body, start, 2, maximum, outs), KOV_OK);
    return finish(f, outs, 2);
}

static void loops(void **state)
{
    (void)state;
    for (int bounded = 0; bounded < 2; bounded++) {
        fixture f;
        open_fixture(&f);
        kov_graph *graph = make_while(&f, bounded != 0);
        for (int64_t limit = 0; limit < 6; limit++) {
            int64_t step = 7, rounds = bounded && limit > 3 ? 3 : limit;
            int64_t sum = step * rounds * (rounds + 1) / 2;
            kov_tensor *inputs[] = {ints(&f, 0, 0, &limit), ints(&f, 0, 0, &step)};
            check(graph, inputs, 2, 1, 1, &sum);
        }
        kov_graph_release(graph);
        close_fixture(&f);
    }
}

/* A state that grows each round, and one that does not. */
static void growing_state(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    kov_value x = parameter(&f, KOV_DTYPE_I64, 1, 2);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_value i = parameter(&f, KOV_DTYPE_I64, 0, 0);
    (void)parameter(&f, KOV_DTYPE_I64, 1, KOV_DIM_FREE);
    kov_value more = kov_less(f.b, i, kov_constant_i64_scalar(f.b, 2));
    kov_body *condition = end_body(&f, &more, 1);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    i = parameter(&f, KOV_DTYPE_I64, 0, 0);
    kov_value grown = parameter(&f, KOV_DTYPE_I64, 1, KOV_DIM_FREE);
    const kov_value parts[] = {grown, x};
    const kov_value next[] = {kov_add(f.b, i, kov_constant_i64_scalar(f.b, 1)),
                              kov_concat(f.b, parts, 2, 0)};
    kov_body *body = end_body(&f, next, 2);
    const kov_value start[] = {kov_constant_i64_scalar(f.b, 0), x};
    kov_value outs[2];
    assert_int_equal(kov_builder_while(f.b, condition, body, start, 2, KOV_VALUE_NONE, outs),
                     KOV_OK);
    assert_int_equal(kov_builder_ndim(f.b, outs[0]), 0);
    assert_true(kov_builder_dim(f.b, outs[1], 0) < 0);
    kov_graph *graph = finish(&f, outs, 2);
    const int64_t data[] = {8, 9, 8, 9, 8, 9};
    kov_tensor *inputs[] = {ints(&f, 1, 2, data)};
    check(graph, inputs, 1, 1, 6, data);
    kov_graph_release(graph);
    close_fixture(&f);
}

/* A value of the graph used two bodies further in. */
static void nested_captures(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    kov_value condition = parameter(&f, KOV_DTYPE_BOOL, 0, 0),
              x = parameter(&f, KOV_DTYPE_I64, 0, 0);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_value i = parameter(&f, KOV_DTYPE_I64, 0, 0);
    kov_value more = kov_less(f.b, i, x);
    kov_body *asked = end_body(&f, &more, 1);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    i = parameter(&f, KOV_DTYPE_I64, 0, 0);
    kov_value next = kov_add(f.b, i, kov_constant_i64_scalar(f.b, 3));
    kov_body *round = end_body(&f, &next, 1);
    kov_value zero = kov_constant_i64_scalar(f.b, 0), looped, out;
    assert_int_equal(kov_builder_while(f.b, asked, round, &zero, 1, KOV_VALUE_NONE, &looped),
                     KOV_OK);
    kov_body *then_body = end_body(&f, &looped, 1);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_body *else_body = end_body(&f, &x, 1);
    assert_int_equal(kov_builder_if(f.b, condition, then_body, else_body, &out), KOV_OK);
    kov_graph *graph = finish(&f, &out, 1);
    const int64_t ten = 10, twelve = 12;
    kov_tensor *taken[] = {boolean(&f, true), ints(&f, 0, 0, &ten)};
    check(graph, taken, 2, 0, 1, &twelve);
    kov_tensor *other[] = {boolean(&f, false), ints(&f, 0, 0, &ten)};
    check(graph, other, 2, 0, 1, &ten);
    kov_graph_release(graph);
    close_fixture(&f);
}

/* A composite infers and computes its body for other sizes than the body was made with. */
static void composites(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    kov_value x = parameter(&f, KOV_DTYPE_I64, 1, KOV_DIM_FREE);
    const kov_value twice[] = {x, x};
    const kov_value made[] = {kov_concat(f.b, twice, 2, 0)};
    kov_graph *body = finish(&f, made, 1);
    kov_builder_release(f.b);
    assert_int_equal(kov_builder_create(f.context, &f.b), KOV_OK);
    x = parameter(&f, KOV_DTYPE_I64, 1, 3);
    const kov_attr attr = kov_attr_body(body);
    int count;
    kov_value out = kov_emit_many(f.b, KOV_OP_COMPOSITE, &x, 1, &attr, &count);
    kov_graph_release(body);
    assert_int_equal(count, 1);
    assert_int_equal(kov_builder_dim(f.b, out, 0), 6);
    kov_graph *graph = finish(&f, &out, 1);
    const int64_t data[] = {1, 2, 3, 1, 2, 3};
    kov_tensor *inputs[] = {ints(&f, 1, 3, data)};
    check(graph, inputs, 1, 0, 6, data);
    kov_graph_release(graph);
    close_fixture(&f);
}

static void wrong_use(void **state)
{
    (void)state;
    fixture f;
    kov_body *body;
    kov_value out;
    open_fixture(&f);
    assert_int_equal(kov_body_end(f.b, NULL, 0, &body), KOV_INVALID_ARGUMENT);
    kov_body_abandon(f.b); /* nothing is open: nothing happens */
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_graph *graph;
    assert_int_equal(kov_builder_finish(f.b, NULL, 0, NULL, &graph), KOV_INVALID_ARGUMENT);
    kov_body_abandon(f.b);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_body_release(end_body(&f, NULL, 0)); /* one that is not used */

    kov_value condition = parameter(&f, KOV_DTYPE_BOOL, 0, 0),
              x = parameter(&f, KOV_DTYPE_I64, 0, 0);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_body *integer = end_body(&f, &x, 1);
    assert_int_equal(kov_body_begin(f.b), KOV_OK);
    kov_body *truth = end_body(&f, &condition, 1);
    assert_int_equal(kov_builder_if(f.b, condition, integer, truth, &out), KOV_TYPE_ERROR);
    assert_int_equal(kov_builder_status(f.b), KOV_TYPE_ERROR);
    assert_int_equal(kov_body_begin(f.b), KOV_TYPE_ERROR);
    close_fixture(&f);
}

/* Building and running with every allocation failing once: a status, and nothing is lost. */
static kov_status build_and_run(fixture *f, kov_tensor *limit)
{
    kov_body *then_body = NULL, *else_body = NULL;
    kov_graph *graph = NULL;
    kov_tensor *result = NULL;
    kov_value out = KOV_VALUE_ERROR;
    kov_value x = parameter(f, KOV_DTYPE_I64, 0, 0);
    kov_value condition = kov_less(f->b, x, kov_constant_i64_scalar(f->b, 5));
    kov_status status = kov_body_begin(f->b);
    if (status == KOV_OK) {
        kov_value sum = kov_add(f->b, x, x);
        status = kov_body_end(f->b, &sum, 1, &then_body);
    }
    if (status == KOV_OK && (status = kov_body_begin(f->b)) == KOV_OK)
        status = kov_body_end(f->b, &x, 1, &else_body);
    if (status == KOV_OK)
        status = kov_builder_if(f->b, condition, then_body, else_body, &out);
    else
        kov_body_release(then_body);
    if (status == KOV_OK)
        status = kov_builder_finish(f->b, &out, 1, NULL, &graph);
    if (status == KOV_OK)
        status = kov_interpret(graph, &limit, 1, &result);
    kov_tensor_release(result);
    kov_graph_release(graph);
    return status;
}

static void failing_memory(void **state)
{
    (void)state;
    kov_status status = KOV_OUT_OF_MEMORY;
    for (int n = 1; status != KOV_OK; n++) {
        fixture f;
        open_fixture(&f);
        const int64_t four = 4;
        kov_tensor *limit = ints(&f, 0, 0, &four);
        kov_memory_fail_after(f.context, n);
        status = build_and_run(&f, limit);
        assert_true(status == (kov_memory_failed(f.context) ? KOV_OUT_OF_MEMORY : KOV_OK));
        kov_memory_fail_after(f.context, 0);
        kov_tensor_release(limit);
        close_fixture(&f);
        assert_true(n < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches),        cmocka_unit_test(branches_of_other_sizes),
        cmocka_unit_test(loops),           cmocka_unit_test(growing_state),
        cmocka_unit_test(nested_captures), cmocka_unit_test(composites),
        cmocka_unit_test(wrong_use),       cmocka_unit_test(failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
