/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define NONE KOV_VALUE_NONE

enum { B = 2, T = 5, S = 7, N = 3, H = 8 };

/* The promise: scores are sums of 8 products below 1, weights within 8 roundings, 7 of them. */
#define BOUND ((2 * (8 + 4) * 8 + 8 + 7) * 0x1p-24)

typedef struct written { /* an attention as Keras writes it */
    kov_value mask, bias;
    double low; /* score of a forbidden key */
    bool scaled_query, zeroed, turned_key;
} written;

static kov_value heads(native_case *test, int64_t length)
{
    static const int64_t order[] = {0, 2, 1, 3};
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(B, length, N, H), KOV_ROLE_INPUT);
    return pass_transpose(test, x, 4, order);
}

static kov_value attention(native_case *test, const written *w, kov_value *weights)
{
    static const int64_t turn[] = {0, 1, 3, 2};
    kov_builder *b = test->b;
    kov_value query = heads(test, T), key = heads(test, S), value = heads(test, S);
    kov_value scale = kov_scalar_like(b, query, 0.25);
    if (w->scaled_query)
        query = kov_multiply(b, query, scale);
    if (w->turned_key)
        key = pass_transpose(test, key, 4, turn);
    kov_value scores = kov_mat_mul(b, query, key, false, !w->turned_key);
    if (!w->scaled_query)
        scores = kov_multiply(b, scores, scale);
    if (w->bias != NONE)
        scores = kov_add(b, scores, w->bias);
    if (w->mask != NONE)
        scores = kov_select(b, w->mask, scores, kov_scalar_like(b, scores, w->low));
    *weights = kov_softmax(b, scores, 3);
    kov_value used = *weights;
    if (w->zeroed)
        used = kov_select(b, w->mask, used, kov_scalar_like(b, used, 0));
    return kov_mat_mul(b, used, value, false, false);
}

/* Keys in rows of which some are forbidden, in one sequence all. */
static kov_value padding(native_case *test)
{
    bool at[B * S];
    const int64_t dims[] = {B, 1, 1, S};
    kov_tensor *tensor;
    for (int i = 0; i < B * S; i++)
        at[i] = i < S && i % 3 != 1;
    assert_int_equal(kov_tensor_from_data(test->context, KOV_DTYPE_BOOL, 4, dims, at, &tensor),
                     KOV_OK);
    kov_value mask = kov_builder_add_constant(test->b, tensor, 0);
    kov_tensor_release(tensor);
    return mask;
}

static kov_graph *fused(native_case *test, const written *w, int count)
{
    kov_value weights, y = attention(test, w, &weights);
    kov_graph *g = pass_check(test, kov_pass_fuse_attention, &y, 1, BOUND);
    assert_int_equal(pass_count(g, KOV_OP_SCALED_DOT_PRODUCT_ATTENTION), count);
    assert_int_equal(pass_count(g, KOV_OP_SOFTMAX), 1 - count);
    return g;
}

static void every_form(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int i = 0; i < 16; i++) {
        written w = {NONE, NONE, -2e38, .scaled_query = i & 1, .turned_key = i & 2};
        if (i & 4)
            w.mask = padding(test);
        if (i & 8)
            w.bias = native_input(test, KOV_DTYPE_F32, DIMS(N, T, S), KOV_ROLE_VARIABLE);
        kov_graph_release(fused(test, &w, 1));
        pass_again(test);
    }
    native_end(test);
}

/* Rows without an allowed key: zero where Keras's Softmax layer makes them so. */
static void zeroed_weights(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    written w = {padding(test), NONE, -1e9, .zeroed = true, .scaled_query = true};
    kov_graph *g = fused(test, &w, 1);
    assert_int_equal(pass_count(g, KOV_OP_REDUCE_LOGICAL_OR), 1);
    kov_graph_release(g);
    pass_again(test);
    w.mask = padding(test);
    w.zeroed = false; /* such a row would be the mean of the values: -1e9 is not low enough */
    kov_graph_release(fused(test, &w, 0));
    native_end(test);
}

static void causal_mask(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int i = 0; i < 2; i++) {
        kov_builder *b = test->b;
        kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
        kov_value rows = kov_range(b, zero, kov_constant_i64_scalar(b, T), one, KOV_DTYPE_I32);
        kov_value columns = kov_range(b, zero, kov_constant_i64_scalar(b, S), one, KOV_DTYPE_I32);
        rows = kov_unsqueeze(b, rows, INTS(test, 1));
        kov_value mask =
            i == 0 ? kov_greater_equal(b, rows, columns) : kov_greater(b, rows, columns);
        written w = {mask, NONE, -2e38, .scaled_query = false};
        kov_graph *g = fused(test, &w, 1);
        assert_int_equal(pass_count(g, KOV_OP_SELECT), i); /* the second is another mask */
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

static void what_is_needed_stays(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    written w = {NONE, NONE, 0, .scaled_query = true};
    kov_value results[2];
    results[0] = attention(test, &w, &results[1]);
    kov_graph *g = pass_check(test, kov_pass_fuse_attention, results, 2, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_SCALED_DOT_PRODUCT_ATTENTION), 0);
    kov_graph_release(g);
    native_end(test);
}

/* Natively: no Transpose moves anything, and the factor is the kernel's. */
static void one_native_step(void **state)
{
    (void)state;
    static const int64_t order[] = {0, 2, 1, 3};
    native_case *test = native_begin(2);
    written w = {padding(test), NONE, -1e9, .zeroed = true, .scaled_query = true};
    kov_value weights, y = pass_transpose(test, attention(test, &w, &weights), 4, order);
    kov_graph *g = pass_check(test, kov_pass_fuse_attention, &y, 1, BOUND), *after;
    const kov_pass_options options = {.off = NULL};
    assert_int_equal(kov_passes_run(g, &options, &after), KOV_OK);
    kov_graph_release(g);
    pass_same(test, after, after, PASS_BITS);
    kov_builder_release(test->b);
    assert_int_equal(kov_builder_create_like(after, &test->b), KOV_OK);
    kov_value inputs[3], result;
    for (int i = 0; i < 3; i++) {
        const kov_value_info *info = kov_graph_value(after, after->parameters.at[i].value);
        inputs[i] = kov_builder_add_parameter(test->b, info->dtype, info->ndim, info->dims, NULL, 0,
                                              NULL, KOV_ROLE_INPUT);
    }
    kov_inline_graph(test->b, after, inputs, &result);
    kov_graph_release(after);
    assert_int_equal(native_check(test, &result, 1, BOUND), 1);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),      cmocka_unit_test(zeroed_weights),
        cmocka_unit_test(causal_mask),     cmocka_unit_test(what_is_needed_stays),
        cmocka_unit_test(one_native_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
