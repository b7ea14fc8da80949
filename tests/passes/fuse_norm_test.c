/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* The promise, for values below 1 with a deviation above 1/4. */
#define BOUND (4 * 16 * 0x1p-24)

/* As Keras writes layer normalisation; gamma and beta may be NONE. */
static kov_value keras_norm(kov_builder *b, kov_value x, kov_value axes, kov_value gamma,
                            kov_value beta)
{
    kov_value mean = kov_reduce_mean(b, x, axes, true), off = kov_subtract(b, x, mean);
    kov_value variance = kov_reduce_mean(b, kov_multiply(b, off, off), axes, true);
    kov_value root = kov_sqrt(b, kov_add(b, variance, kov_scalar_like(b, x, 1e-3)));
    kov_value factor = kov_divide(b, kov_scalar_like(b, x, 1), root);
    if (gamma != KOV_VALUE_NONE)
        factor = kov_multiply(b, factor, gamma);
    kov_value shift = kov_multiply(b, kov_negative(b, mean), factor);
    if (beta != KOV_VALUE_NONE)
        shift = kov_add(b, shift, beta);
    return kov_add(b, kov_multiply(b, x, factor), shift);
}

static void layer_normalisation(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int i = 0; i < 8; i++) {
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3, 4, 20), KOV_ROLE_INPUT);
        kov_value gamma = KOV_VALUE_NONE, beta = KOV_VALUE_NONE;
        bool two = i & 4;
        static const int64_t one_axis[] = {20}, two_axes[] = {1, 4, 20};
        if (i & 1)
            gamma = native_input(test, KOV_DTYPE_F32, two ? 3 : 1, two ? two_axes : one_axis,
                                 KOV_ROLE_VARIABLE);
        if (i & 2)
            beta = native_input(test, KOV_DTYPE_F32, two ? 3 : 1, two ? two_axes : one_axis,
                                KOV_ROLE_VARIABLE);
        kov_value axes = two ? INTS(test, 1, 2) : INTS(test, 2);
        kov_value y = keras_norm(test->b, x, axes, gamma, beta);
        kov_graph *g = pass_check(test, kov_pass_fuse_norm, &y, 1, BOUND);
        assert_int_equal(pass_count(g, KOV_OP_MVN), 1);
        assert_int_equal(pass_count(g, KOV_OP_REDUCE_MEAN), 0);
        assert_int_equal(pass_count(g, KOV_OP_MULTIPLY), i & 1 ? 1 : 0);
        assert_int_equal(pass_count(g, KOV_OP_ADD), i & 2 ? 1 : 0);
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

/* Natively it is one step with its scale and shift, in whatever order the rows lie. */
static void one_native_step(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    const int64_t order[] = {0, 2, 1};
    for (int i = 0; i < 2; i++) {
        kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3, 20, 20), KOV_ROLE_INPUT);
        kov_value scale = native_input(test, KOV_DTYPE_F32, DIMS(20), KOV_ROLE_VARIABLE);
        kov_value shift = native_input(test, KOV_DTYPE_F32, DIMS(20), KOV_ROLE_VARIABLE);
        if (i == 1)
            x = pass_transpose(test, x, 3, order);
        kov_value y = kov_mvn(test->b, x, INTS(test, -1), true, 1e-3, "inside_sqrt");
        y = kov_add(test->b, shift, kov_multiply(test->b, y, scale));
        assert_int_equal(native_check(test, &y, 1, BOUND), i + 1);
        pass_again(test);
    }
    /* Numbers that are not one per element of a row stay nodes of their own. */
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(20, 20), KOV_ROLE_INPUT);
    kov_value column = native_input(test, KOV_DTYPE_F32, DIMS(20, 1), KOV_ROLE_VARIABLE);
    kov_value y = kov_mvn(test->b, x, INTS(test, 1), true, 1e-3, "inside_sqrt");
    y = kov_multiply(test->b, y, column);
    assert_int_equal(native_check(test, &y, 1, BOUND), 2);
    native_end(test);
}

static void other_sums_stay(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(4, 20), KOV_ROLE_INPUT);
    kov_value z = native_input(test, KOV_DTYPE_F32, DIMS(4, 20), KOV_ROLE_INPUT);
    kov_value axes = INTS(test, 1), none = KOV_VALUE_NONE;
    kov_value mean = kov_reduce_mean(b, x, axes, true), off = kov_subtract(b, z, mean);
    kov_value variance = kov_reduce_mean(b, kov_multiply(b, off, off), axes, true);
    kov_value root = kov_sqrt(b, kov_add(b, variance, kov_scalar_like(b, x, 1e-3)));
    kov_value factor = kov_divide(b, kov_scalar_like(b, x, 1), root);
    kov_value shift = kov_multiply(b, kov_negative(b, mean), factor);
    kov_value wide = native_input(test, KOV_DTYPE_F32, DIMS(2, 4, 20), KOV_ROLE_VARIABLE);
    const kov_value results[] = {kov_add(b, kov_multiply(b, x, factor), shift),
                                 keras_norm(b, x, axes, wide, none)};
    kov_graph *g = pass_check(test, kov_pass_fuse_norm, results, 2, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_MVN), 0);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_normalisation),
        cmocka_unit_test(one_native_step),
        cmocka_unit_test(other_sums_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
