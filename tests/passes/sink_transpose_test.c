/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Sums over axes in another order round otherwise: a few roundings of values below 2. */
#define SUM_ORDER 1e-5

static const int64_t to_first[] = {0, 3, 1, 2}, to_last[] = {0, 2, 3, 1};

static kov_value convolve(native_case *test, kov_value x, int64_t in, int64_t out)
{
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(out, in, 3, 3), KOV_ROLE_VARIABLE);
    kov_value y = pass_convolution(test, pass_transpose(test, x, 4, to_first), w, 2, 1);
    return pass_transpose(test, y, 4, to_last);
}

static kov_value pool(native_case *test, kov_value x)
{
    const int64_t two[] = {2, 2}, zero[] = {0, 0}, one[] = {1, 1};
    const kov_attr attrs[] = {kov_attr_ints((kov_ints){two, 2}),
                              kov_attr_ints((kov_ints){one, 2}),
                              kov_attr_ints((kov_ints){zero, 2}),
                              kov_attr_ints((kov_ints){zero, 2}),
                              kov_attr_ints((kov_ints){two, 2}),
                              kov_attr_enum("floor"),
                              kov_attr_enum("explicit"),
                              kov_attr_dtype(KOV_DTYPE_I64),
                              kov_attr_int(0)};
    kov_value under = pass_transpose(test, x, 4, to_first);
    int count;
    kov_value y = kov_emit_many(test->b, KOV_OP_MAX_POOL, &under, 1, attrs, &count);
    return pass_transpose(test, y, 4, to_last);
}

/* As Keras traces a channels-last network. */
static void network(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 8, 8, 3), KOV_ROLE_INPUT);
    kov_value bias = native_input(test, KOV_DTYPE_F32, DIMS(6), KOV_ROLE_VARIABLE);
    kov_value y = kov_relu(b, kov_add(b, convolve(test, x, 3, 6), bias));
    kov_value left = kov_relu(b, convolve(test, y, 6, 6));
    y = kov_add(b, y, kov_multiply(b, left, bias));
    y = pool(test, y);
    const kov_value both[] = {y, kov_relu(b, convolve(test, y, 6, 4))};
    y = kov_concat(b, both, 2, -1);
    y = kov_pad(b, y, INTS(test, 0, 1, 2, 0), INTS(test, 0, 0, 1, 0),
                kov_constant_number(b, KOV_DTYPE_F32, 0), "constant");
    y = convolve(test, y, 10, 5);
    y = kov_reduce_mean(b, y, INTS(test, 1, 2), false);
    y = kov_softmax(b, y, -1);
    kov_graph *g = pass_check(test, kov_pass_sink_transpose, &y, 1, SUM_ORDER);
    assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 1); /* of the input */
    assert_int_equal(pass_count(g, KOV_OP_CONVOLUTION), 4);
    kov_graph_release(g);
    native_end(test);
}

/* ---- random chains ---- */

static void shuffled(native_case *test, int64_t *order, int n)
{
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int j = native_below(test, i + 1);
        int64_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

static void dims_of(native_case *test, kov_value v, int64_t *dims)
{
    for (int i = 0; i < kov_ndim(test->b, v); i++)
        dims[i] = kov_builder_dim(test->b, v, i);
}

static kov_value random_transpose(native_case *test, kov_value v)
{
    int64_t order[KOV_MAX_NDIM];
    int n = kov_ndim(test->b, v);
    shuffled(test, order, n);
    return n == 0 ? v : pass_transpose(test, v, n, order);
}

/* Another operand that broadcasts with v: some dimensions 1 or left out, run-time or variable. */
static kov_value partner(native_case *test, kov_value v)
{
    int64_t dims[KOV_MAX_NDIM];
    int n = kov_ndim(test->b, v), from = native_below(test, n + 1);
    if (test->input_count >= NATIVE_CASE_INPUTS)
        return kov_constant_number(test->b, KOV_DTYPE_F32, 0.5);
    dims_of(test, v, dims);
    for (int i = from; i < n; i++)
        dims[i] = native_below(test, 3) == 0 ? 1 : dims[i];
    if (native_below(test, 3) == 0)
        return native_constant(test, KOV_DTYPE_F32, n - from, dims + from);
    return native_input(test, KOV_DTYPE_F32, n - from, dims + from,
                        native_below(test, 2) ? KOV_ROLE_INPUT : KOV_ROLE_VARIABLE);
}

static kov_value random_elementwise(native_case *test, kov_value v)
{
    kov_builder *b = test->b;
    kov_value other = partner(test, v);
    switch (native_below(test, 8)) {
    case 0:
        return kov_relu(b, v);
    case 1:
        return kov_sigmoid(b, v);
    case 2:
        return kov_add(b, v, other);
    case 3:
        return kov_subtract(b, other, v);
    case 4:
        return kov_multiply(b, v, v);
    case 5:
        return kov_select(b, kov_greater(b, v, other), v, other);
    case 6:
        return kov_add(b, v, kov_relu(b, v));
    default:
        return kov_clamp(b, v, -0.5, 0.75);
    }
}

static kov_value random_axes(native_case *test, int n)
{
    int64_t axes[KOV_MAX_NDIM];
    int count = 0;
    for (int i = 0; i < n; i++) {
        if (native_below(test, 2))
            axes[count++] = native_below(test, 2) ? i : i - n;
    }
    return kov_constant_i64(test->b, axes, count);
}

static kov_value random_reduce(native_case *test, kov_value v)
{
    kov_builder *b = test->b;
    kov_value axes = random_axes(test, kov_ndim(b, v));
    bool keep = native_below(test, 2);
    switch (native_below(test, 3)) {
    case 0:
        return kov_reduce_mean(b, v, axes, keep);
    case 1:
        return kov_reduce_max(b, v, axes, keep);
    default:
        return kov_reduce_sum(b, v, axes, keep);
    }
}

static kov_value random_pad(native_case *test, kov_value v)
{
    int64_t before[KOV_MAX_NDIM], after[KOV_MAX_NDIM];
    kov_builder *b = test->b;
    int n = kov_ndim(b, v);
    for (int i = 0; i < n; i++) {
        before[i] = native_below(test, 3);
        after[i] = native_below(test, 2);
    }
    return kov_pad(b, v, kov_constant_i64(b, before, n), kov_constant_i64(b, after, n),
                   kov_constant_number(b, KOV_DTYPE_F32, 0.25), "constant");
}

static kov_value random_squeeze(native_case *test, kov_value v)
{
    int64_t dims[KOV_MAX_NDIM], axes[KOV_MAX_NDIM];
    int n = kov_ndim(test->b, v), count = 0;
    dims_of(test, v, dims);
    for (int i = 0; i < n; i++) {
        if (dims[i] == 1 && native_below(test, 2))
            axes[count++] = native_below(test, 2) ? i : i - n;
    }
    return count == 0 ? v : kov_squeeze(test->b, v, kov_constant_i64(test->b, axes, count));
}

static kov_value random_unsqueeze(native_case *test, kov_value v)
{
    int64_t axes[2];
    int n = kov_ndim(test->b, v), count = 1 + native_below(test, 2);
    if (n > 6)
        return v;
    axes[0] = native_below(test, n + 1);
    axes[1] = axes[0] + 1 + native_below(test, n + 1 - (int)axes[0]);
    v = kov_unsqueeze(test->b, v, kov_constant_i64(test->b, axes, count));
    return native_below(test, 2) ? v : random_transpose(test, v);
}

static kov_value random_swish(native_case *test, kov_value v)
{
    const kov_value inputs[] = {v, native_below(test, 2)
                                       ? KOV_VALUE_NONE
                                       : kov_constant_number(test->b, KOV_DTYPE_F32, 1.5)};
    return kov_emit(test->b, KOV_OP_SWISH, inputs, inputs[1] == KOV_VALUE_NONE ? 1 : 2, NULL);
}

static kov_value random_concat(native_case *test, kov_value v)
{
    kov_value parts[3] = {v, v, v};
    int n = 2 + native_below(test, 2), ndim = kov_ndim(test->b, v);
    if (native_below(test, 3) == 0) {
        int64_t dims[KOV_MAX_NDIM];
        dims_of(test, v, dims);
        parts[1] = native_constant(test, KOV_DTYPE_F32, ndim, dims);
    } else {
        parts[1] = kov_relu(test->b, v);
    }
    return kov_concat(test->b, parts, n, native_below(test, 2 * ndim) - ndim);
}

static kov_value random_step(native_case *test, kov_value v)
{
    int n = kov_ndim(test->b, v);
    int choice = native_below(test, 11);
    if (choice < 3 || n == 0)
        return random_elementwise(test, v);
    switch (choice) {
    case 3:
        return random_reduce(test, v);
    case 4:
        return random_pad(test, v);
    case 5:
        return random_squeeze(test, v);
    case 6:
        return random_concat(test, v);
    case 9:
        return random_unsqueeze(test, v);
    case 10:
        return random_swish(test, v);
    case 7:
        return kov_softmax(test->b, v, native_below(test, 2 * n) - n);
    default:
        return kov_log_softmax(test->b, v, native_below(test, 2 * n) - n);
    }
}

/* Chains with Transposes strewn in give the same and never more Transposes of run-time data. */
static void random_chains(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int round = 0; round < 400; round++) {
        const int64_t sizes[] = {1 + native_below(test, 4), 1 + native_below(test, 3),
                                 1 + native_below(test, 4), 1 + native_below(test, 2)};
        kov_value v =
            native_input(test, KOV_DTYPE_F32, 2 + native_below(test, 3), sizes, KOV_ROLE_INPUT);
        kov_value middle = v;
        for (int i = 0; i < 7; i++) {
            if (native_below(test, 2))
                v = random_transpose(test, v);
            v = random_step(test, v);
            if (native_below(test, 4) == 0)
                middle = v;
        }
        const kov_value results[] = {v, middle};
        kov_graph *g = pass_check(test, kov_pass_sink_transpose, results, 2, SUM_ORDER);
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

/* Where nothing is summed in another order, bits are kept. */
static void random_chains_without_reductions(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int round = 0; round < 200; round++) {
        const int64_t sizes[] = {2, 1 + native_below(test, 3), 3, 1 + native_below(test, 2)};
        kov_value v = native_input(test, KOV_DTYPE_F32, 4, sizes, KOV_ROLE_INPUT);
        for (int i = 0; i < 6; i++) {
            v = random_transpose(test, v);
            v = native_below(test, 3) ? random_elementwise(test, v) : random_pad(test, v);
        }
        kov_graph *g = pass_check(test, kov_pass_sink_transpose, &v, 1, PASS_BITS);
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

/* A parameter per channel of a PRelu and a HardSigmoid's number are not broadcast as others are. */
static void not_elementwise(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3, 4, 5), KOV_ROLE_INPUT);
    const kov_value inputs[] = {pass_transpose(test, x, 4, to_first),
                                native_constant(test, KOV_DTYPE_F32, DIMS(5))};
    kov_value y = kov_emit(b, KOV_OP_P_RELU, inputs, 2, NULL);
    y = pass_transpose(test, y, 4, to_last);
    kov_graph *g = pass_check(test, kov_pass_sink_transpose, &y, 1, PASS_BITS);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network),
        cmocka_unit_test(random_chains),
        cmocka_unit_test(random_chains_without_reductions),
        cmocka_unit_test(not_elementwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
