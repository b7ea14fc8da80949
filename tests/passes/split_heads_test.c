/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { BATCH = 2, TOKENS = 5, WIDTH = 12, HEADS = 3, SIZE = 4 };

/* A sum of 12 products below 1, in any order: 12 roundings of at most 12. */
#define BOUND (12 * 12 * 0x1p-23)

static kov_value to_heads(native_case *test, kov_value x, kov_parameter_role role, bool bias)
{
    static const int64_t swap[] = {0, 2, 1, 3};
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(WIDTH, HEADS * SIZE), role);
    kov_value y = kov_mat_mul(test->b, x, w, false, false);
    if (bias)
        y = kov_add(test->b, y, native_input(test, KOV_DTYPE_F32, DIMS(HEADS * SIZE), role));
    y = kov_reshape(test->b, y, INTS(test, 0, 0, HEADS, SIZE), true);
    return pass_transpose(test, y, 4, swap);
}

static kov_value from_heads(native_case *test, kov_value y)
{
    static const int64_t swap[] = {0, 2, 1, 3};
    y = pass_transpose(test, y, 4, swap);
    return kov_reshape(test->b, y, INTS(test, 0, 0, HEADS * SIZE), true);
}

static kov_value tokens(native_case *test)
{
    return native_input(test, KOV_DTYPE_F32, DIMS(BATCH, TOKENS, WIDTH), KOV_ROLE_INPUT);
}

static void attention_has_no_transpose(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int bias = 0; bias < 2; bias++) {
        kov_value x = tokens(test), heads[3];
        for (int i = 0; i < 3; i++)
            heads[i] = to_heads(test, x, KOV_ROLE_VARIABLE, bias);
        kov_value y = kov_scaled_dot_product_attention(test->b, heads[0], heads[1], heads[2],
                                                       KOV_VALUE_NONE, KOV_VALUE_NONE, false);
        y = from_heads(test, y);
        kov_graph *g = pass_check(test, kov_pass_split_heads, &y, 1, BOUND);
        assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 0);
        assert_int_equal(pass_count(g, KOV_OP_TRANSPOSE), 3); /* of weights */
        assert_int_equal(pass_count(g, KOV_OP_MAT_MUL), 3);
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

/* Matrices that change from run to run would be turned in each; a product that is also used flat
 * would be computed twice; and what no attention made is somebody else's order of axes. */
static void what_is_no_head_stays(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value y = to_heads(test, tokens(test), KOV_ROLE_INPUT, false);
    kov_graph *g = pass_check(test, kov_pass_split_heads, &y, 1, PASS_BITS);
    assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 1);
    kov_graph_release(g);
    pass_again(test);

    y = to_heads(test, tokens(test), KOV_ROLE_VARIABLE, false);
    const kov_node *turn = kov_graph_producer(test->b->levels.at[0].graph, y);
    const kov_value both[] = {y, turn->inputs[0]};
    g = pass_check(test, kov_pass_split_heads, both, 2, PASS_BITS);
    assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 1);
    kov_graph_release(g);
    pass_again(test);

    y = native_input(test, KOV_DTYPE_F32, DIMS(BATCH, HEADS, TOKENS, SIZE), KOV_ROLE_INPUT);
    y = from_heads(test, y);
    g = pass_check(test, kov_pass_split_heads, &y, 1, PASS_BITS);
    assert_int_equal(pass_run_time_count(g, KOV_OP_TRANSPOSE), 1);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_has_no_transpose),
        cmocka_unit_test(what_is_no_head_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
