/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* EinsumDense: [2, 5, 6] by [6, 3 * 4], seen as [2, 5, 3, 4]. */
static kov_value split_product(native_case *test)
{
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 5, 6), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(6, 12), KOV_ROLE_VARIABLE);
    kov_value y = kov_mat_mul(test->b, x, w, false, false);
    return kov_reshape(test->b, y, INTS(test, 0, 0, 3, 4), true);
}

static bool is_hoisted(const kov_graph *g)
{
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        if (node->op == KOV_OP_ADD)
            return kov_graph_producer(g, node->inputs[0])->op == KOV_OP_MAT_MUL;
    }
    return false;
}

static void bias_goes_before_the_split(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    static const int64_t shapes[][4] = {{3, 4}, {1, 3, 4}, {1, 1, 3, 4}};
    for (int i = 0; i < 3; i++) {
        kov_value y = split_product(test);
        kov_value bias = native_input(test, KOV_DTYPE_F32, i + 2, shapes[i], KOV_ROLE_VARIABLE);
        y = i == 1 ? kov_add(test->b, bias, y) : kov_add(test->b, y, bias);
        kov_graph *g = pass_check(test, kov_pass_hoist_bias, &y, 1, PASS_BITS);
        assert_true(is_hoisted(g));
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

static void what_is_no_bias_of_columns_stays(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    static const int64_t shapes[][4] = {{4}, {3, 1}, {2, 1, 3, 4}, {5, 3, 4}, {2, 5, 3, 4}};
    static const int ranks[] = {1, 2, 4, 3, 4};
    for (int i = 0; i < 5; i++) {
        kov_value y = split_product(test);
        kov_parameter_role role = i == 4 ? KOV_ROLE_INPUT : KOV_ROLE_VARIABLE;
        y = kov_add(test->b, y, native_input(test, KOV_DTYPE_F32, ranks[i], shapes[i], role));
        kov_graph *g = pass_check(test, kov_pass_hoist_bias, &y, 1, PASS_BITS);
        assert_false(is_hoisted(g));
        kov_graph_release(g);
        pass_again(test);
    }
    kov_value split = split_product(test);
    kov_value bias = native_input(test, KOV_DTYPE_F32, DIMS(3, 4), KOV_ROLE_VARIABLE);
    const kov_value both[] = {kov_add(test->b, split, bias), split}; /* also used without it */
    kov_graph *g = pass_check(test, kov_pass_hoist_bias, both, 2, PASS_BITS);
    assert_false(is_hoisted(g));
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bias_goes_before_the_split),
        cmocka_unit_test(what_is_no_bias_of_columns_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
