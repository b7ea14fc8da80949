/* SPDX-License-Identifier: Apache-2.0 */
/* Graph to IR to graph computes the same; no allocation that fails is missed; no bad file is
 * believed. */
#include "base/context.h"
#include "base/status.h"
#include "graph/builder.h"
#include "opset/interpret.h"
#include "opset_build.h"

#include <kov/ir.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static kov_context *new_context(void)
{
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    return context;
}

static void end_context(kov_context *context)
{
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
}

static kov_value weights(kov_builder *b)
{
    float data[12];
    const int64_t dims[] = {3, 4};
    kov_tensor *tensor;
    for (int i = 0; i < 12; i++)
        data[i] = (float)(i - 5) / 8;
    if (kov_tensor_from_data(b->context, KOV_DTYPE_F32, 2, dims, data, &tensor) != KOV_OK)
        return kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    kov_value v = kov_builder_constant(b, tensor);
    kov_tensor_release(tensor);
    return v;
}

/* if (sum(x) > limit) x + y else x * y */
static kov_value branches(kov_builder *b, kov_value x, kov_value y)
{
    kov_body *bodies[2] = {NULL, NULL};
    kov_value sum = kov_reduce_sum(b, x, kov_constant_i64(b, (const int64_t[]){0, 1}, 2), false);
    kov_value condition = kov_greater(b, sum, kov_scalar_like(b, x, 1.5));
    for (int i = 0; i < 2; i++) {
        if (kov_body_begin(b) != KOV_OK)
            break;
        kov_value result = i == 0 ? kov_add(b, x, y) : kov_multiply(b, x, y);
        if (kov_body_end(b, &result, 1, &bodies[i]) != KOV_OK)
            break;
    }
    kov_value out = KOV_VALUE_ERROR;
    if (bodies[0] && bodies[1])
        kov_builder_if(b, condition, bodies[0], bodies[1], &out);
    else {
        kov_body_release(bodies[0]);
        kov_body_release(bodies[1]);
    }
    return out;
}

/* while (sum(state) < limit) state = state + x, at most `maximum` rounds */
static kov_value rounds(kov_builder *b, kov_value state, kov_value x, double limit, int64_t maximum)
{
    kov_body *condition = NULL, *body = NULL;
    kov_value out = KOV_VALUE_ERROR;
    const int64_t dims[] = {KOV_DIM_FREE, 4};
    if (kov_body_begin(b) == KOV_OK) {
        kov_value p = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, NULL, KOV_ROLE_INPUT);
        kov_value axes = kov_constant_i64(b, (const int64_t[]){0, 1}, 2);
        kov_value more =
            kov_less(b, kov_reduce_sum(b, p, axes, false), kov_scalar_like(b, p, limit));
        kov_body_end(b, &more, 1, &condition);
    }
    if (condition && kov_body_begin(b) == KOV_OK) {
        kov_value p = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, NULL, KOV_ROLE_INPUT);
        kov_value next = kov_add(b, p, x);
        kov_body_end(b, &next, 1, &body);
    }
    kov_value most = maximum < 0 ? KOV_VALUE_NONE : kov_constant_i64_scalar(b, maximum);
    if (condition && body)
        kov_builder_while(b, condition, body, &state, 1, most, &out);
    else {
        kov_body_release(condition);
        kov_body_release(body);
    }
    return out;
}

/* Plain nodes, a bound variable, If and While in one graph. */
static kov_status build(kov_context *context, kov_graph **out)
{
    kov_builder *b;
    KOV_TRY(kov_builder_create(context, &b));
    const int64_t dims[] = {kov_builder_symbol(b, "N"), 3}, bias_dims[] = {4};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "x", KOV_ROLE_INPUT);
    kov_value bias =
        kov_builder_parameter(b, KOV_DTYPE_F32, 1, bias_dims, "bias", KOV_ROLE_VARIABLE);
    kov_value y = kov_add(b, kov_mat_mul(b, x, weights(b), false, false), bias);
    kov_value z = branches(b, y, kov_exp(b, y));
    kov_value positive = kov_add(b, kov_abs(b, z), kov_scalar_like(b, z, 1));
    kov_value looped = rounds(b, z, positive, 40, 5);
    kov_value unlooped = rounds(b, z, positive, -1e30, -1);
    const kov_value results[] = {y, z, looped, unlooped};
    const char *const names[] = {"y", "z", "looped", "unlooped"};
    kov_status status = kov_builder_finish(b, results, 4, names, out);
    kov_builder_release(b);
    return status;
}

static kov_tensor *floats(kov_context *context, int ndim, const int64_t *dims, double scale)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_create(context, KOV_DTYPE_F32, ndim, dims, &tensor), KOV_OK);
    float *at = kov_tensor_data_mut(tensor);
    for (int64_t i = 0; i < kov_tensor_count(tensor); i++)
        at[i] = (float)(scale * (double)(i % 7 - 2));
    return tensor;
}

static void check_same(kov_tensor *a, kov_tensor *b)
{
    assert_int_equal(kov_tensor_dtype(a), kov_tensor_dtype(b));
    assert_int_equal(kov_tensor_ndim(a), kov_tensor_ndim(b));
    assert_int_equal(kov_tensor_bytes(a), kov_tensor_bytes(b));
    assert_memory_equal(kov_tensor_data(a), kov_tensor_data(b), kov_tensor_bytes(a));
}

static void round_trip(kov_context *context, int64_t batch, double scale)
{
    kov_graph *first, *second;
    kov_bytes xml, bin;
    assert_int_equal(build(context, &first), KOV_OK);
    kov_tensor *bias = floats(context, 1, (const int64_t[]){4}, 0.25);
    kov_tensor *inputs[] = {floats(context, 2, (const int64_t[]){batch, 3}, scale), bias};
    kov_tensor *const variables[] = {NULL, bias};
    assert_int_equal(kov_graph_to_ir(first, variables, &xml, &bin), KOV_OK);
    assert_int_equal(kov_graph_from_ir(context, xml.data, xml.size, bin.data, bin.size, &second),
                     KOV_OK);
    assert_int_equal(kov_graph_parameter_count(second), 1);
    kov_tensor *want[4], *have[4];
    assert_int_equal(kov_interpret(first, inputs, 2, want), KOV_OK);
    assert_int_equal(kov_interpret(second, inputs, 1, have), KOV_OK);
    for (int i = 0; i < 4; i++) {
        check_same(want[i], have[i]);
        assert_string_equal(first->results.at[i].name, second->results.at[i].name);
        kov_tensor_release(want[i]);
        kov_tensor_release(have[i]);
    }
    kov_bytes_free(&xml);
    kov_bytes_free(&bin);
    kov_tensor_release(inputs[0]);
    kov_tensor_release(bias);
    kov_graph_release(first);
    kov_graph_release(second);
}

static void test_round_trip(void **state)
{
    (void)state;
    kov_context *context = new_context();
    round_trip(context, 1, 0.5);  /* one branch of If */
    round_trip(context, 3, -2.0); /* the other */
    end_context(context);
}

/* Fails the n-th allocation for n = 1, 2, ... until `work` needs no more; each time it must say so
 * and leave nothing behind. */
static void fail_each(kov_status (*work)(kov_context *context))
{
    for (int64_t n = 1;; n++) {
        kov_context *context = new_context();
        kov_memory_fail_after(context, n);
        kov_status status = work(context);
        bool failed = kov_memory_failed(context);
        kov_memory_fail_after(context, 0);
        if (failed)
            assert_int_equal(status, KOV_OUT_OF_MEMORY);
        else
            assert_int_equal(status, KOV_OK);
        end_context(context);
        if (!failed)
            return;
        assert_true(n < 100000);
    }
}

static kov_status write_work(kov_context *context)
{
    kov_graph *graph;
    kov_bytes xml = {0}, bin = {0};
    KOV_TRY(build(context, &graph));
    kov_status status = kov_graph_to_ir(graph, NULL, &xml, &bin);
    kov_bytes_free(&xml);
    kov_bytes_free(&bin);
    kov_graph_release(graph);
    return status;
}

static kov_bytes model_xml, model_bin; /* of the test: what read_work reads */

static kov_status read_work(kov_context *context)
{
    kov_graph *graph;
    KOV_TRY(kov_graph_from_ir(context, model_xml.data, model_xml.size, model_bin.data,
                              model_bin.size, &graph));
    kov_graph_release(graph);
    return KOV_OK;
}

static void test_writing_without_memory(void **state)
{
    (void)state;
    fail_each(write_work);
}

static void test_reading_without_memory(void **state)
{
    (void)state;
    kov_context *context = new_context();
    kov_graph *graph;
    assert_int_equal(build(context, &graph), KOV_OK);
    assert_int_equal(kov_graph_to_ir(graph, NULL, &model_xml, &model_bin), KOV_OK);
    fail_each(read_work);
    kov_bytes_free(&model_xml);
    kov_bytes_free(&model_bin);
    kov_graph_release(graph);
    end_context(context);
}

static void test_truncated(void **state)
{
    (void)state;
    kov_context *context = new_context();
    kov_graph *graph, *cut;
    kov_bytes xml, bin;
    assert_int_equal(build(context, &graph), KOV_OK);
    assert_int_equal(kov_graph_to_ir(graph, NULL, &xml, &bin), KOV_OK);
    for (size_t size = 0; size + 8 < xml.size; size += 97)
        assert_int_equal(kov_graph_from_ir(context, xml.data, size, bin.data, bin.size, &cut),
                         KOV_BAD_FORMAT);
    assert_int_equal(kov_graph_from_ir(context, xml.data, xml.size, bin.data, bin.size / 2, &cut),
                     KOV_BAD_FORMAT);
    assert_int_equal(kov_graph_from_ir(context, xml.data, xml.size, NULL, 0, &cut), KOV_BAD_FORMAT);
    kov_bytes_free(&xml);
    kov_bytes_free(&bin);
    kov_graph_release(graph);
    end_context(context);
}

#define NET(layers, edges)                                                                         \
    "<net name=\"x\" version=\"11\"><layers>" layers "</layers><edges>" edges "</edges></net>"
#define OUT "<output><port id=\"0\" precision=\"FP32\"/></output>"
#define IN "<input><port id=\"0\" precision=\"FP32\"/></input>"
#define PARAMETER(shape)                                                                           \
    "<layer id=\"0\" name=\"p\" type=\"Parameter\" version=\"opset1\"><data shape=\"" shape        \
    "\" element_type=\"f32\"/>" OUT "</layer>"
#define CONSTANT(shape, offset, size)                                                              \
    "<layer id=\"0\" name=\"c\" type=\"Const\" version=\"opset1\"><data shape=\"" shape            \
    "\" element_type=\"f32\" offset=\"" offset "\" size=\"" size "\"/>" OUT "</layer>"
#define RESULT "<layer id=\"1\" name=\"r\" type=\"Result\" version=\"opset1\">" IN "</layer>"
#define EDGE(from, to)                                                                             \
    "<edge from-layer=\"" from "\" from-port=\"0\" to-layer=\"" to "\" to-port=\"0\"/>"

static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        kov_status status;
        const char *says;
    } cases[] = {
        {NET(PARAMETER("2,3") RESULT, EDGE("0", "1")), KOV_OK, ""},
        {"", KOV_BAD_FORMAT, "empty"},
        {"<net version=\"11\">", KOV_BAD_FORMAT, "line 1"},
        {"<!DOCTYPE a [<!ENTITY b \"c\">]><net version=\"11\"/>", KOV_BAD_FORMAT, "document type"},
        {"<model version=\"11\"/>", KOV_BAD_FORMAT, "<model>"},
        {"<net version=\"7\"/>", KOV_NOT_IMPLEMENTED, "version 7"},
        {NET("", ""), KOV_BAD_FORMAT, "0 layers"},
        {NET(PARAMETER("...") RESULT, EDGE("0", "1")), KOV_NOT_IMPLEMENTED, "rank"},
        {NET(PARAMETER("-3") RESULT, EDGE("0", "1")), KOV_BAD_FORMAT, "dimension"},
        {NET(PARAMETER("1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1") RESULT, EDGE("0", "1")), KOV_BAD_FORMAT,
         "dimensions"},
        {NET(PARAMETER("2") RESULT, ""), KOV_BAD_FORMAT, "no edge"},
        {NET(PARAMETER("2") RESULT, EDGE("0", "7")), KOV_BAD_FORMAT, "edge"},
        {NET(PARAMETER("2") RESULT, EDGE("0", "1") EDGE("0", "1")), KOV_BAD_FORMAT, "two edges"},
        {NET(PARAMETER("2") PARAMETER("2") RESULT, EDGE("0", "1")), KOV_BAD_FORMAT, "unique"},
        {NET(CONSTANT("2", "0", "8") RESULT, EDGE("0", "1")), KOV_OK, ""},
        {NET(CONSTANT("2", "9", "8") RESULT, EDGE("0", "1")), KOV_BAD_FORMAT, "past the end"},
        {NET(CONSTANT("2", "9223372036854775807", "8") RESULT, EDGE("0", "1")), KOV_BAD_FORMAT,
         "past"},
        {NET(CONSTANT("2", "-8", "8") RESULT, EDGE("0", "1")), KOV_BAD_FORMAT, "offset"},
        {NET(CONSTANT("3", "0", "8") RESULT, EDGE("0", "1")), KOV_BAD_FORMAT, "needs 12 bytes"},
        {NET(CONSTANT("4611686018427387904,4", "0", "8") RESULT, EDGE("0", "1")),
         KOV_INVALID_ARGUMENT, "constant"},
        {NET("<layer id=\"0\" name=\"a\" type=\"Relu\" version=\"opset1\">" IN OUT
             "</layer>" RESULT,
             EDGE("0", "0") EDGE("0", "1")),
         KOV_BAD_FORMAT, "cycle"},
        {NET("<layer id=\"0\" name=\"a\" type=\"ReadValue\" version=\"opset6\">" OUT
             "</layer>" RESULT,
             EDGE("0", "1")),
         KOV_NOT_IMPLEMENTED, "state between runs"},
        {NET("<layer id=\"0\" name=\"a\" type=\"Nonsense\" version=\"opset1\"><output><port "
             "id=\"0\" "
             "precision=\"FP32\"><dim>-1</dim></port></output></layer>" RESULT,
             EDGE("0", "1")),
         KOV_NOT_IMPLEMENTED, "Nonsense"},
        {NET("<layer id=\"0\" name=\"a\" type=\"If\" version=\"opset8\">" OUT "</layer>" RESULT,
             EDGE("0", "1")),
         KOV_BAD_FORMAT, "condition"},
        {NET(PARAMETER("2"), ""), KOV_BAD_FORMAT, "no Result"},
    };
    const float data[2] = {1, 2};
    kov_context *context = new_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kov_graph *graph = NULL;
        kov_status status = kov_graph_from_ir(context, cases[i].xml, strlen(cases[i].xml), data,
                                              sizeof data, &graph);
        if (status != cases[i].status ||
            (status != KOV_OK && !strstr(kov_error_text(), cases[i].says)))
            fail_msg("case %zu: status %d, \"%s\"", i, (int)status, kov_error_text());
        kov_graph_release(graph);
    }
    end_context(context);
}

static void test_deep(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *xml = malloc(3 * DEPTH + 1);
    assert_non_null(xml);
    for (int i = 0; i < DEPTH; i++)
        memcpy(xml + 3 * i, "<a>", 3);
    kov_context *context = new_context();
    kov_graph *graph;
    assert_int_equal(kov_graph_from_ir(context, xml, 3 * DEPTH, NULL, 0, &graph), KOV_BAD_FORMAT);
    assert_non_null(strstr(kov_error_text(), "nested"));
    end_context(context);
    free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_writing_without_memory),
        cmocka_unit_test(test_reading_without_memory),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
