/* SPDX-License-Identifier: Apache-2.0 */
/* Native runs of graphs against the reference interpreter: products with what their store takes in,
 * element-wise chains, layouts, and random graphs of all of them. */
#include "native/native_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sums of at most a few hundred products of numbers below 1 in float32. */
static const double SUM_TOLERANCE = 2e-5;

static const int64_t ones[] = {1, 1}, twos[] = {2, 2}, zeros[] = {0, 0}, threes[] = {3, 3};
#define TWO(at) ((kov_ints){(at), 2})

static kov_value convolve(native_case *test, kov_value x, kov_value w, const int64_t *strides,
                          const int64_t *pads)
{
    return kov_convolution(test->b, x, w, TWO(strides), TWO(pads), TWO(pads), TWO(ones),
                           "explicit");
}

static void test_convolution_takes_what_follows(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 5, 9, 8), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(7, 5, 3, 3), KOV_ROLE_VARIABLE);
    kov_value bias = native_input(test, KOV_DTYPE_F32, DIMS(1, 7, 1, 1), KOV_ROLE_VARIABLE);
    kov_value residual = native_input(test, KOV_DTYPE_F32, DIMS(2, 7, 9, 8), KOV_ROLE_INPUT);
    kov_value y = kov_add(b, convolve(test, x, w, ones, ones), bias);
    kov_value result = kov_relu(b, kov_add(b, residual, y));
    /* The reorders of both inputs and of the result, and one step for all four nodes. */
    assert_int_equal(native_check(test, &result, 1, SUM_TOLERANCE), 4);
    native_end(test);
}

static void test_swish_and_depthwise(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 10, 11, 6), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(6, 2, 1, 3, 3), KOV_ROLE_VARIABLE);
    kov_value bias = native_input(test, KOV_DTYPE_F32, DIMS(1, 12, 1, 1), KOV_ROLE_VARIABLE);
    kov_value nchw = kov_transpose(b, x, INTS(test, 0, 3, 1, 2));
    kov_value padded = kov_pad(b, nchw, INTS(test, 0, 0, 0, 1), INTS(test, 0, 0, 1, 1),
                               KOV_VALUE_NONE, "constant");
    kov_value y = kov_group_convolution(b, padded, w, TWO(twos), TWO(zeros), TWO(zeros), TWO(ones),
                                        "explicit");
    y = kov_add(b, y, bias);
    y = kov_multiply(b, y, kov_sigmoid(b, y));
    kov_value result = kov_transpose(b, y, INTS(test, 0, 2, 3, 1));
    assert_int_equal(native_check(test, &result, 1, SUM_TOLERANCE), 1);
    native_end(test);
}

/* With a residual, small products go by panels, for which the workspace must be planned. */
static void test_small_products_take_a_residual(void **state)
{
    (void)state;
    static const int64_t rows[] = {1, 2, 3}, columns[] = {1, 67, 700};
    for (int i = 0; i < 9; i++) {
        native_case *test = native_begin(2);
        kov_builder *b = test->b;
        int64_t m = rows[i % 3], n = columns[i / 3];
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(m, 333), KOV_ROLE_INPUT);
        kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(333, n), KOV_ROLE_INPUT);
        kov_value other = native_input(test, KOV_DTYPE_F32, DIMS(m, n), KOV_ROLE_INPUT);
        kov_value result = kov_add(b, kov_mat_mul(b, x, w, false, false), other);
        assert_int_equal(native_check(test, &result, 1, SUM_TOLERANCE), 1);
        native_end(test);
    }
}

/* An activation of its own node, one per operation that a store knows. */
static void test_activations_are_taken_in(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int which = 0; which < 8; which++) {
        kov_builder *b = test->b;
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(4, 6), KOV_ROLE_INPUT);
        kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(6, 5), KOV_ROLE_VARIABLE);
        kov_value y = kov_add(b, kov_mat_mul(b, x, w, false, false),
                              native_constant(test, KOV_DTYPE_F32, DIMS(5)));
        y = which == 0   ? kov_swish(b, y, KOV_VALUE_NONE)
            : which == 1 ? kov_elu(b, y, 1.0)
            : which == 2 ? kov_mish(b, y)
            : which == 3 ? kov_soft_plus(b, y)
            : which == 4 ? kov_h_sigmoid(b, y)
            : which == 5 ? kov_gelu(b, y, "tanh")
            : which == 6
                ? kov_minimum(b, kov_relu(b, y), kov_constant_number(b, KOV_DTYPE_F32, 0.4))
                : kov_tanh(b, y);
        assert_int_equal(native_check(test, &y, 1, SUM_TOLERANCE), 1);
    }
    native_end(test);
}

static void test_mat_mul_reads_through_transposes(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    kov_builder *b = test->b;
    kov_value q = native_input(test, KOV_DTYPE_F32, DIMS(2, 7, 3, 8), KOV_ROLE_INPUT);
    kov_value k = native_input(test, KOV_DTYPE_F32, DIMS(2, 9, 3, 8), KOV_ROLE_INPUT);
    kov_value v = native_input(test, KOV_DTYPE_F32, DIMS(2, 9, 3, 8), KOV_ROLE_INPUT);
    kov_value heads = INTS(test, 0, 2, 1, 3);
    kov_value scores =
        kov_mat_mul(b, kov_transpose(b, q, heads), kov_transpose(b, k, heads), false, true);
    kov_value y =
        kov_mat_mul(b, kov_softmax(b, scores, -1), kov_transpose(b, v, heads), false, false);
    kov_value result = kov_reshape(b, kov_transpose(b, y, heads), INTS(test, 2, 7, 24), false);
    assert_int_equal(native_check(test, &result, 1, SUM_TOLERANCE), 3);
    native_end(test);
}

static void test_dense_layers(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    for (int rows = 1; rows < 40; rows += 13) {
        kov_builder *b = test->b;
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(rows, 5, 20), KOV_ROLE_INPUT);
        kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(20, 33), KOV_ROLE_VARIABLE);
        kov_value bias = native_constant(test, KOV_DTYPE_F32, DIMS(33));
        kov_value u = native_constant(test, KOV_DTYPE_F32, DIMS(10, 33));
        kov_value y = kov_gelu(b, kov_add(b, kov_mat_mul(b, x, w, false, false), bias), "erf");
        kov_value result = kov_mat_mul(b, y, u, false, true);
        assert_int_equal(native_check(test, &result, 1, SUM_TOLERANCE), 2);
    }
    native_end(test);
}

static void test_vectors(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int which = 0; which < 4; which++) {
        kov_value m = native_input(test, KOV_DTYPE_F32, DIMS(3, 4, 6), KOV_ROLE_INPUT);
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(6), KOV_ROLE_INPUT);
        kov_value z = native_input(test, KOV_DTYPE_F32, DIMS(4), KOV_ROLE_INPUT);
        kov_value result = which == 0   ? kov_mat_mul(test->b, m, x, false, false)
                           : which == 1 ? kov_mat_mul(test->b, z, m, false, false)
                           : which == 2 ? kov_mat_mul(test->b, x, x, false, false)
                                        : kov_mat_mul(test->b, m, m, false, true);
        kov_value results[] = {result, kov_add(test->b, x, x), kov_negative(test->b, z)};
        native_check(test, results, 3, SUM_TOLERANCE);
    }
    native_end(test);
}

/* A product over nothing is 0, and an empty one is nothing: without memory to work in. */
static void test_products_of_nothing(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    const kov_dtype dtypes[] = {KOV_DTYPE_F32, KOV_DTYPE_F64, KOV_DTYPE_F16, KOV_DTYPE_BF16};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        kov_value none = native_input(test, dtypes[i], DIMS(3, 0), KOV_ROLE_INPUT);
        kov_value results[] = {kov_mat_mul(test->b, none, none, false, true),
                               kov_mat_mul(test->b, none, none, true, false)};
        native_check(test, results, 2, 0);
    }
    native_end(test);
}

static void test_elements_of_all_types(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    const kov_dtype dtypes[] = {KOV_DTYPE_BOOL, KOV_DTYPE_I8,  KOV_DTYPE_I16,  KOV_DTYPE_I32,
                                KOV_DTYPE_I64,  KOV_DTYPE_U8,  KOV_DTYPE_U16,  KOV_DTYPE_U32,
                                KOV_DTYPE_U64,  KOV_DTYPE_F16, KOV_DTYPE_BF16, KOV_DTYPE_F32,
                                KOV_DTYPE_F64};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        kov_builder *b = test->b;
        kov_dtype dtype = dtypes[i];
        kov_value x = native_input(test, dtype, DIMS(3, 4, 5), KOV_ROLE_INPUT);
        kov_value y = native_input(test, dtype, DIMS(4, 1), KOV_ROLE_INPUT);
        kov_value z = native_input(test, dtype, DIMS(5), KOV_ROLE_INPUT);
        kov_value results[16];
        int n = 0;
        results[n++] = kov_maximum(b, x, y);
        results[n++] = kov_minimum(b, x, z);
        results[n++] = kov_select(b, kov_greater(b, x, y), x, z);
        results[n++] = kov_equal(b, x, z);
        results[n++] = kov_logical_and(b, kov_less_equal(b, x, y), kov_not_equal(b, x, z));
        results[n++] = kov_cast(b, x, KOV_DTYPE_F32);
        results[n++] = kov_cast(b, x, KOV_DTYPE_I32);
        if (dtype != KOV_DTYPE_BOOL) {
            results[n++] = kov_add(b, kov_multiply(b, x, y), z);
            results[n++] = kov_subtract(b, x, y);
            results[n++] = kov_floor_mod(b, x, z);
            results[n++] = kov_divide(b, x, y);
            results[n++] = kov_abs(b, x);
            results[n++] = kov_sign(b, x);
            results[n++] = kov_reduce_sum(b, x, INTS(test, 0, 2), false);
            results[n++] = kov_reduce_max(b, x, INTS(test, 1), true);
            results[n++] = kov_reduce_prod(b, x, INTS(test, 2), false);
        }
        double tolerance = dtype == KOV_DTYPE_F16 ? 2e-3 : dtype == KOV_DTYPE_BF16 ? 2e-2 : 1e-6;
        native_check(test, results, n, tolerance);
    }
    native_end(test);
}

/* Operands that repeat along different axes, with more rows than a table lists. */
static void test_wide_broadcasts(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3, 130, 1, 3), KOV_ROLE_INPUT);
    kov_value y = native_input(test, KOV_DTYPE_F32, DIMS(1, 80, 3), KOV_ROLE_INPUT);
    kov_value z = kov_subtract(b, x, y);
    kov_value results[] = {kov_multiply(b, z, z), kov_greater(b, x, y)};
    assert_int_equal(native_check(test, results, 2, 1e-6), 2);
    native_end(test);
}

static void test_results_that_are_inputs(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3, 4), KOV_ROLE_INPUT);
    kov_value c = native_constant(test, KOV_DTYPE_I32, DIMS(2, 3));
    kov_value y = kov_exp(b, x);
    kov_value results[] = {x,
                           kov_reshape(b, x, INTS(test, 12), false),
                           c,
                           y,
                           kov_reshape(b, y, INTS(test, 2, 6), false),
                           y,
                           kov_transpose(b, y, INTS(test, 1, 0)),
                           kov_shape_of(b, x, KOV_DTYPE_I64)};
    native_check(test, results, 8, 1e-6);
    native_end(test);
}

static void test_moves(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 6, 5, 4), KOV_ROLE_INPUT);
    kov_value t = kov_transpose(b, x, INTS(test, 0, 3, 1, 2)), results[12];
    int n = 0, parts = 0;
    kov_value first = kov_split(b, t, kov_constant_i64_scalar(b, 2), 3, &parts);
    results[n++] = first + 1;
    results[n++] = kov_slice(b, t, INTS(test, 3, -1), INTS(test, -100, 0), INTS(test, -2, -1),
                             INTS(test, 2, 3));
    const kov_value pieces[] = {t, first, t};
    results[n++] = kov_concat(b, pieces, 3, 2);
    results[n++] = kov_pad(b, t, INTS(test, 0, 1, 0, 2), INTS(test, 1, 0, 0, 3),
                           kov_constant_number(b, KOV_DTYPE_F32, 1.5), "constant");
    results[n++] =
        kov_pad(b, t, INTS(test, 0, 1, 2, 0), INTS(test, 0, 1, 1, 0), KOV_VALUE_NONE, "reflect");
    results[n++] = kov_broadcast(b, kov_reduce_sum(b, t, INTS(test, 1, 3), true),
                                 INTS(test, 2, 4, 6, 5), KOV_VALUE_NONE, "numpy");
    results[n++] = kov_gather(b, t, INTS(test, 1, -1, 0), kov_constant_i64_scalar(b, 2), 0);
    results[n++] = kov_cum_sum(b, t, kov_constant_i64_scalar(b, 1), true, false);
    results[n++] = kov_log_softmax(b, t, 1);
    results[n++] = kov_reduce_mean(b, t, INTS(test, 0, 2), false);
    results[n++] = kov_mvn(b, t, INTS(test, 2, 3), true, 1e-3, "inside_sqrt");
    results[n++] = kov_reduce_l2(b, t, INTS(test, 1), false);
    native_check(test, results, n, 1e-5);
    native_end(test);
}

/* ---- random graphs of values N, C, H, W ---- */

enum { POOL_VALUES = 40 };

static const int64_t *dims_of(native_case *test, kov_value v)
{
    return kov_builder_value(test->b, v)->dims;
}

static kov_value random_unary(native_case *test, kov_value x)
{
    kov_builder *b = test->b;
    switch (native_below(test, 10)) {
    case 0:
        return kov_relu(b, x);
    case 1:
        return kov_sigmoid(b, x);
    case 2:
        return kov_tanh(b, x);
    case 3:
        return kov_clamp(b, x, -0.5, 0.25);
    case 4:
        return kov_gelu(b, x, "tanh");
    case 5:
        return kov_multiply(b, x, kov_sigmoid(b, x));
    case 6:
        return kov_elu(b, x, 0.7);
    case 7:
        return kov_negative(b, x);
    case 8:
        return kov_h_swish(b, x);
    default:
        return kov_multiply(b, x, x);
    }
}

static kov_value random_convolution(native_case *test, kov_value x)
{
    const int64_t *dims = dims_of(test, x);
    int64_t channels = dims[1], out = 1 + native_below(test, 9);
    if (dims[2] < 3 || dims[3] < 3)
        return x;
    kov_parameter_role role = native_below(test, 2) ? KOV_ROLE_VARIABLE : KOV_ROLE_INPUT;
    const int64_t *strides = native_below(test, 2) ? ones : twos,
                  *pads = native_below(test, 2) ? ones : zeros;
    if (native_below(test, 3) == 0) {
        kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(channels, 1, 1, 3, 3), role);
        return kov_group_convolution(test->b, x, w, TWO(strides), TWO(pads), TWO(pads), TWO(ones),
                                     "explicit");
    }
    kov_value w = native_input(test, KOV_DTYPE_F32,
                               DIMS(out, channels, 3, 1 + 2 * native_below(test, 2)), role);
    return convolve(test, x, w, strides, pads);
}

static kov_value random_binary(native_case *test, kov_value x, const kov_value *pool, int n)
{
    const int64_t *dims = dims_of(test, x);
    kov_value y = KOV_VALUE_ERROR;
    for (int tries = 0; tries < 8 && y == KOV_VALUE_ERROR; tries++) {
        kov_value other = pool[native_below(test, n)];
        if (memcmp(dims_of(test, other), dims, 4 * sizeof *dims) == 0)
            y = other;
    }
    if (y == KOV_VALUE_ERROR || native_below(test, 3) == 0) {
        int64_t some[4];
        for (int i = 0; i < 4; i++)
            some[i] = native_below(test, 2) ? dims[i] : 1;
        if (native_below(test, 2))
            some[0] = some[2] = some[3] = 1;
        y = native_constant(test, KOV_DTYPE_F32, 4, some);
    }
    switch (native_below(test, 4)) {
    case 0:
        return kov_add(test->b, x, y);
    case 1:
        return kov_add(test->b, y, x);
    case 2:
        return kov_multiply(test->b, x, y);
    default:
        return kov_subtract(test->b, y, x);
    }
}

static kov_value slice_of(native_case *test, kov_value x, int axis, int64_t start, int64_t stop)
{
    return kov_slice(test->b, x, INTS(test, start), INTS(test, stop), INTS(test, 1),
                     INTS(test, axis));
}

/* Both halves of a difference along an axis, or one of them. */
static kov_value random_slice(native_case *test, kov_value x)
{
    int axis = native_below(test, 4);
    int64_t size = dims_of(test, x)[axis];
    if (size < 2)
        return x;
    kov_value next = slice_of(test, x, axis, 1, size);
    if (native_below(test, 3) == 0)
        return next;
    return kov_subtract(test->b, next, slice_of(test, x, axis, 0, size - 1));
}

static kov_value random_shape(native_case *test, kov_value x)
{
    kov_builder *b = test->b;
    switch (native_below(test, 10)) {
    case 8:
        return random_slice(test, x);
    case 9:
        return kov_reduce_sum(b, x, INTS(test, native_below(test, 4)), true);
    case 0:
        return kov_transpose(b, x, INTS(test, 0, 2, 3, 1));
    case 1:
        return kov_transpose(b, x, INTS(test, 0, 3, 1, 2));
    case 2:
        return kov_transpose(b, x, INTS(test, 0, 1, 3, 2));
    case 3: {
        const kov_value pair[] = {x, kov_relu(b, x)};
        return kov_concat(b, pair, 2, 1 + native_below(test, 3));
    }
    case 4:
        return kov_reduce_mean(b, x, INTS(test, 2, 3), true);
    case 5:
        return kov_softmax(b, x, native_below(test, 4));
    case 6:
        return kov_pad(b, x, INTS(test, 0, 0, 1, 0), INTS(test, 0, 0, 1, 2), KOV_VALUE_NONE,
                       "constant");
    default: {
        const int64_t *d = dims_of(test, x);
        return kov_reshape(b, x, INTS(test, d[0], d[2], d[1], d[3]), false);
    }
    }
}

static kov_value random_pool(native_case *test, kov_value x)
{
    const int64_t *dims = dims_of(test, x);
    if (dims[2] < 3 || dims[3] < 3)
        return x;
    if (native_below(test, 2))
        return kov_max_pool(test->b, x, TWO(twos), TWO(ones), TWO(ones), TWO(zeros), TWO(threes),
                            "floor", "explicit", KOV_DTYPE_I64, 0);
    return kov_avg_pool(test->b, x, TWO(ones), TWO(ones), TWO(ones), TWO(threes),
                        native_below(test, 2), "floor", "explicit");
}

static kov_value random_node(native_case *test, const kov_value *pool, int n)
{
    kov_value x = pool[n - 1 - native_below(test, n < 4 ? n : 4)];
    bool room = test->input_count < NATIVE_CASE_INPUTS - 2;
    switch (native_below(test, 8)) {
    case 0:
    case 1:
        return random_unary(test, x);
    case 2:
    case 3:
        return random_binary(test, x, pool, n);
    case 4:
    case 5:
        return room ? random_convolution(test, x) : random_unary(test, x);
    case 6:
        return random_pool(test, x);
    default:
        return random_shape(test, x);
    }
}

static void random_graph(native_case *test)
{
    kov_value pool[POOL_VALUES];
    int n = 0, nodes = 3 + native_below(test, 20);
    pool[n++] = native_input(test, KOV_DTYPE_F32,
                             DIMS(1 + native_below(test, 2), 1 + native_below(test, 8),
                                  3 + native_below(test, 8), 3 + native_below(test, 8)),
                             KOV_ROLE_INPUT);
    while (n < nodes) {
        pool[n] = random_node(test, pool, n);
        assert_int_equal(kov_builder_status(test->b), KOV_OK);
        n++;
    }
    const kov_value results[] = {pool[n - 1], pool[n / 2], pool[native_below(test, n)]};
    native_check(test, results, 3, 1e-4);
}

/* What is reduced is computed on the way, if nothing else needs it and its lines are whole. */
static void test_reductions_take_what_precedes(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        native_case *test = native_begin(2);
        kov_builder *b = test->b;
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(30, 1, 70), KOV_ROLE_INPUT);
        kov_value y = native_input(test, KOV_DTYPE_F32, DIMS(1, 40, 70), KOV_ROLE_INPUT);
        kov_value apart = kov_squared_difference(b, x, y);
        kov_value sum = kov_reduce_sum(b, apart, INTS(test, which == 1 ? 1 : 2), which == 3);
        const kov_value results[] = {sum, apart};
        int steps = native_check(test, results, which == 2 ? 2 : 1, SUM_TOLERANCE);
        assert_int_equal(steps, which == 1 || which == 2 ? 2 : 1);
        native_end(test);
    }
}

/* Slices are read where they are: along the first axis, and along the last if they are long. */
static void test_slices_are_not_copied(void **state)
{
    (void)state;
    for (int axis = 0; axis < 2; axis++) {
        for (int width = 8; width <= 40; width += 32) {
            native_case *test = native_begin(1);
            kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(30, width), KOV_ROLE_INPUT);
            int64_t size = axis == 0 ? 30 : width;
            kov_value result = kov_subtract(test->b, slice_of(test, x, axis, 1, size),
                                            slice_of(test, x, axis, 0, size - 1));
            bool copied = axis == 1 && width == 8;
            assert_int_equal(native_check(test, &result, 1, 0), copied ? 3 : 1);
            native_end(test);
        }
    }
}

static void test_random_graphs(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        native_case *test = native_begin(1 + i % 2);
        test->seed = 1000003u * (uint64_t)i;
        random_graph(test);
        native_end(test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolution_takes_what_follows),
        cmocka_unit_test(test_swish_and_depthwise),
        cmocka_unit_test(test_small_products_take_a_residual),
        cmocka_unit_test(test_activations_are_taken_in),
        cmocka_unit_test(test_mat_mul_reads_through_transposes),
        cmocka_unit_test(test_dense_layers),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_products_of_nothing),
        cmocka_unit_test(test_elements_of_all_types),
        cmocka_unit_test(test_wide_broadcasts),
        cmocka_unit_test(test_results_that_are_inputs),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_reductions_take_what_precedes),
        cmocka_unit_test(test_slices_are_not_copied),
        cmocka_unit_test(test_random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
