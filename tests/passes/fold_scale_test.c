/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The promise: K + 4 roundings of a sum of K products, each product below 1 in these cases. */
static double bound(int64_t products)
{
    return (double)(products + 4) * (double)products * 0x1p-24;
}

static const int64_t four[] = {2, 6, 6, 3};

static kov_value channel_vector(native_case *test, int64_t n, int ndim, int axis)
{
    int64_t dims[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        dims[i] = i == axis ? n : 1;
    return native_input(test, KOV_DTYPE_F32, ndim, dims, KOV_ROLE_VARIABLE);
}

/* Conv, bias, BatchNormalization as scale and shift, channels first. */
static void convolution_and_batch_norm(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 6, 6), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(5, 3, 3, 3), KOV_ROLE_VARIABLE);
    kov_value y = kov_add(b, pass_convolution(test, x, w, 2, 1), channel_vector(test, 5, 4, 1));
    y = kov_subtract(b, y, channel_vector(test, 5, 4, 1));
    y = kov_multiply(b, y, channel_vector(test, 5, 4, 1));
    y = kov_add(b, y, channel_vector(test, 5, 4, 1));
    kov_graph *g = pass_check(test, kov_pass_fold_scale, &y, 1, bound(27));
    assert_int_equal(pass_run_time_count(g, KOV_OP_CONVOLUTION), 1);
    assert_int_equal(pass_run_time_count(g, KOV_OP_ADD), 1);
    assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 0);
    assert_int_equal(pass_run_time_count(g, KOV_OP_SUBTRACT), 0);
    kov_graph_release(g);
    native_end(test);
}

/* The same channels last, as Keras traces it, after the Transposes have sunk. */
static void channels_last_pipeline(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t first[] = {0, 3, 1, 2}, last[] = {0, 2, 3, 1};
    kov_value x = native_input(test, KOV_DTYPE_F32, 4, four, KOV_ROLE_INPUT), y = x;
    for (int i = 0; i < 2; i++) {
        kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(3, 3, 3, 3), KOV_ROLE_VARIABLE);
        y = pass_convolution(test, pass_transpose(test, y, 4, first), w, 2, 1);
        y = pass_transpose(test, y, 4, last);
        y = kov_add(b, y, channel_vector(test, 3, 1, 0));
        y = kov_multiply(b, y, channel_vector(test, 3, 1, 0));
        y = kov_relu(b, kov_add(b, y, channel_vector(test, 3, 1, 0)));
    }
    kov_graph *before = native_finish(test, &y, 1), *after;
    const kov_pass_options options = {.off = NULL};
    assert_int_equal(kov_passes_run(before, &options, &after), KOV_OK);
    pass_same(test, before, after, 30 * bound(27)); /* the second sums values up to 30 */
    assert_int_equal(pass_run_time_count(after, KOV_OP_CONVOLUTION), 2);
    assert_int_equal(pass_run_time_count(after, KOV_OP_ADD), 2);
    assert_int_equal(pass_run_time_count(after, KOV_OP_MULTIPLY), 0);
    assert_int_equal(pass_run_time_count(after, KOV_OP_TRANSPOSE), 2);
    kov_graph_release(after);
    kov_graph_release(before);
    native_end(test);
}

static void matrix_products(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int transposed = 0; transposed < 2; transposed++) {
        for (int ndim = 1; ndim <= 3; ndim++) {
            const int64_t sizes[] = {2, 3, 7};
            kov_builder *b = test->b;
            kov_value x = native_input(test, KOV_DTYPE_F32, ndim, sizes + 3 - ndim, KOV_ROLE_INPUT);
            kov_value w = transposed
                              ? native_input(test, KOV_DTYPE_F32, DIMS(4, 7), KOV_ROLE_VARIABLE)
                              : native_input(test, KOV_DTYPE_F32, DIMS(7, 4), KOV_ROLE_VARIABLE);
            kov_value y = kov_mat_mul(b, x, w, false, transposed);
            y = kov_multiply(b, kov_add(b, y, channel_vector(test, 4, 1, 0)),
                             channel_vector(test, 4, 1, 0));
            y = kov_add(b, y, kov_constant_number(b, KOV_DTYPE_F32, 0.5));
            kov_graph *g = pass_check(test, kov_pass_fold_scale, &y, 1, bound(7));
            assert_int_equal(pass_run_time_count(g, KOV_OP_MAT_MUL), 1);
            assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 0);
            assert_int_equal(pass_run_time_count(g, KOV_OP_ADD), 1);
            kov_graph_release(g);
            pass_again(test);
        }
    }
    native_end(test);
}

static kov_value grouped(native_case *test, kov_value x, kov_value w)
{
    const int64_t ones[] = {1, 1}, zeros[] = {0, 0};
    const kov_ints one = {ones, 2}, zero = {zeros, 2};
    return kov_group_convolution(test->b, x, w, one, zero, zero, one, "explicit");
}

static void group_convolution(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(1, 6, 5, 5), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(2, 4, 3, 2, 2), KOV_ROLE_VARIABLE);
    kov_value y = kov_multiply(b, grouped(test, x, w), channel_vector(test, 8, 4, 1));
    kov_value depthwise = native_input(test, KOV_DTYPE_F32, DIMS(6, 1, 1, 3, 3), KOV_ROLE_VARIABLE);
    kov_value z = kov_multiply(b, grouped(test, x, depthwise), channel_vector(test, 1, 4, 1));
    const kov_value results[] = {y, z};
    kov_graph *g = pass_check(test, kov_pass_fold_scale, results, 2, bound(12));
    assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 0);
    kov_graph_release(g);
    native_end(test);
}

/* A scale that makes more channels of one is no scale per channel. */
static void scale_that_broadcasts_up(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(1, 1, 4, 4), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(1, 1, 1, 2, 2), KOV_ROLE_VARIABLE);
    kov_value y = kov_multiply(b, grouped(test, x, w), channel_vector(test, 5, 4, 1));
    kov_value plain = native_input(test, KOV_DTYPE_F32, DIMS(1, 1, 2, 2), KOV_ROLE_VARIABLE);
    kov_value z =
        kov_multiply(b, pass_convolution(test, x, plain, 2, 0), channel_vector(test, 5, 4, 1));
    kov_value a = native_input(test, KOV_DTYPE_F32, DIMS(3, 4), KOV_ROLE_INPUT);
    kov_value column = native_input(test, KOV_DTYPE_F32, DIMS(4, 1), KOV_ROLE_VARIABLE);
    kov_value m =
        kov_multiply(b, kov_mat_mul(b, a, column, false, false), channel_vector(test, 6, 1, 0));
    const kov_value results[] = {y, z, m};
    kov_graph *g = pass_check(test, kov_pass_fold_scale, results, 3, bound(4));
    kov_graph_release(g);
    native_end(test);
}

/* A product that something else needs unscaled is not computed twice. */
static void product_with_other_uses(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 6, 6), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(5, 3, 3, 3), KOV_ROLE_VARIABLE);
    kov_value product = pass_convolution(test, x, w, 2, 1);
    kov_value y = kov_multiply(b, product, channel_vector(test, 5, 4, 1));
    const kov_value results[] = {y, product};
    kov_graph *g = pass_check(test, kov_pass_fold_scale, results, 2, bound(27));
    assert_int_equal(pass_count(g, KOV_OP_CONVOLUTION), 1);
    kov_graph_release(g);

    pass_again(test);
    b = test->b;
    x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 6, 6), KOV_ROLE_INPUT);
    w = native_input(test, KOV_DTYPE_F32, DIMS(5, 3, 3, 3), KOV_ROLE_VARIABLE);
    product = pass_convolution(test, x, w, 2, 1);
    y = kov_add(b, product, channel_vector(test, 5, 4, 1));
    y = kov_multiply(b, y, channel_vector(test, 5, 4, 1));
    const kov_value both[] = {y, product};
    g = pass_check(test, kov_pass_fold_scale, both, 2, bound(27));
    assert_int_equal(pass_count(g, KOV_OP_CONVOLUTION), 1);
    kov_graph_release(g);
    native_end(test);
}

/* What is stable in a body is a matter of the body's values, whatever numbers the values have
 * outside; the bodies are longer than the graph around them. */
static void bodies_of_if(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_body *bodies[2];
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 6, 6), KOV_ROLE_INPUT);
    kov_value condition = native_input(test, KOV_DTYPE_BOOL, 0, NULL, KOV_ROLE_INPUT);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kov_body_begin(b), KOV_OK);
        kov_value w = native_constant(test, KOV_DTYPE_F32, DIMS(5, 3, 3, 3));
        kov_value y = pass_convolution(test, x, w, 2, 1);
        for (int j = 0; j < 30; j++)
            y = kov_add(b, y, native_constant(test, KOV_DTYPE_F32, DIMS(5, 1, 1)));
        y = kov_multiply(b, y, native_constant(test, KOV_DTYPE_F32, DIMS(5, 1, 1)));
        assert_int_equal(kov_body_end(b, &y, 1, &bodies[i]), KOV_OK);
    }
    kov_value y;
    assert_int_equal(kov_builder_if(b, condition, bodies[0], bodies[1], &y), KOV_OK);
    kov_graph *g = pass_check(test, kov_pass_fold_scale, &y, 1, 30 * bound(27));
    const kov_node *node = kov_graph_producer(g, g->results.at[0].value);
    const kov_graph *body = node->attrs[KOV_IF_THEN_BODY].u.body;
    assert_int_equal(pass_run_time_count(body, KOV_OP_ADD), 1);
    assert_int_equal(pass_run_time_count(body, KOV_OP_MULTIPLY), 0);
    kov_graph_release(g);
    native_end(test);
}

/* Scales that change from run to run, or along other axes, stay where they are. */
static void other_scales_stay(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 5, 5), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(5, 3, 1, 1), KOV_ROLE_VARIABLE);
    kov_value run_time = native_input(test, KOV_DTYPE_F32, DIMS(1, 5, 1, 1), KOV_ROLE_INPUT);
    kov_value column = native_input(test, KOV_DTYPE_F32, DIMS(5), KOV_ROLE_VARIABLE);
    const kov_value results[] = {
        kov_multiply(b, pass_convolution(test, x, w, 2, 0), run_time),
        kov_multiply(b, pass_convolution(test, kov_relu(b, x), w, 2, 0), column),
    };
    kov_graph *g = pass_check(test, kov_pass_fold_scale, results, 2, PASS_BITS);
    assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 2);
    kov_graph_release(g);
    native_end(test);
}

/* Integers wrap, and wrap the same either way. */
static void integer_products(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_I32, DIMS(3, 4), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_I32, DIMS(4, 5), KOV_ROLE_VARIABLE);
    kov_value s = native_input(test, KOV_DTYPE_I32, DIMS(5), KOV_ROLE_VARIABLE);
    kov_value y = kov_multiply(b, kov_add(b, kov_mat_mul(b, x, w, false, false), s), s);
    kov_graph *g = pass_check(test, kov_pass_fold_scale, &y, 1, PASS_BITS);
    kov_graph_release(g);
    native_end(test);
}

static void batch_norm_inference(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 4, 4), KOV_ROLE_INPUT);
    kov_value inputs[5] = {x};
    for (int i = 1; i < 5; i++)
        inputs[i] = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_VARIABLE);
    inputs[4] = kov_add(b, inputs[4],
                        kov_constant_number(b, KOV_DTYPE_F32, 1.5)); /* a variance is positive */
    const kov_attr attr = kov_attr_float(1e-3);
    kov_value y = kov_emit(b, KOV_OP_BATCH_NORM_INFERENCE, inputs, 5, &attr);
    kov_graph *g = pass_check(test, kov_pass_fold_scale, &y, 1, 1e-5);
    assert_int_equal(pass_count(g, KOV_OP_BATCH_NORM_INFERENCE), 0);
    assert_int_equal(pass_run_time_count(g, KOV_OP_MULTIPLY), 1);
    assert_int_equal(pass_run_time_count(g, KOV_OP_ADD), 1);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution_and_batch_norm),
        cmocka_unit_test(channels_last_pipeline),
        cmocka_unit_test(matrix_products),
        cmocka_unit_test(group_convolution),
        cmocka_unit_test(scale_that_broadcasts_up),
        cmocka_unit_test(product_with_other_uses),
        cmocka_unit_test(bodies_of_if),
        cmocka_unit_test(other_scales_stay),
        cmocka_unit_test(integer_products),
        cmocka_unit_test(batch_norm_inference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
