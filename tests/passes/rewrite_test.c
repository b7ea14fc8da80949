/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/rewrite.h"

#include "passes/pass_case.h"
#include "passes/stable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Sin becomes Negative of Cos, by way of a node that nothing needs in the end. */
static bool sin_rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    int *seen = r->user;
    if (node->op != KOV_OP_SIN)
        return false;
    ++*seen;
    kov_value x = kov_rewrite_input(r, node, 0);
    kov_exp(r->b, x);
    outs[0] = kov_negative(r->b, kov_cos(r->b, x));
    return true;
}

static void rules_and_leftovers(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    int seen = 0;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_INPUT);
    kov_value y = kov_add(b, kov_sin(b, x), x);
    kov_sin(b, y); /* not needed: no rule sees it */
    kov_builder_name(b, y, "sum");
    kov_graph *from = native_finish(test, &y, 1), *to;
    assert_int_equal(kov_rewrite_graph(from, sin_rule, &seen, &to), KOV_OK);
    assert_int_equal(seen, 1);
    assert_int_equal(kov_graph_verify(to), KOV_OK);
    assert_int_equal(kov_graph_node_count(to), 4); /* x, Cos, Negative, Add */
    assert_int_equal(pass_count(to, KOV_OP_EXP), 0);
    assert_string_equal(kov_graph_producer(to, to->results.at[0].value)->name, "sum");
    kov_graph_release(to);
    kov_graph_release(from);
    native_end(test);
}

static void rules_reach_bodies(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    int seen = 0;
    kov_value condition = kov_builder_parameter(b, KOV_DTYPE_BOOL, 0, NULL, NULL, KOV_ROLE_INPUT),
              out;
    const int64_t dims[] = {KOV_DIM_FREE};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 1, dims, NULL, KOV_ROLE_INPUT);
    kov_body *bodies[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kov_body_begin(b), KOV_OK);
        kov_value y = i ? kov_sin(b, x) : kov_sin(b, kov_relu(b, x));
        assert_int_equal(kov_body_end(b, &y, 1, &bodies[i]), KOV_OK);
    }
    assert_int_equal(kov_builder_if(b, condition, bodies[0], bodies[1], &out), KOV_OK);
    kov_graph *from = native_finish(test, &out, 1), *to;
    assert_int_equal(kov_rewrite_graph(from, sin_rule, &seen, &to), KOV_OK);
    assert_int_equal(kov_graph_verify(to), KOV_OK);
    assert_int_equal(seen, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pass_count(to->bodies.at[i], KOV_OP_SIN), 0);
        assert_int_equal(pass_count(to->bodies.at[i], KOV_OP_EXP), 0);
        assert_int_equal(pass_count(to->bodies.at[i], KOV_OP_COS), 1);
    }
    kov_graph_release(to);
    kov_graph_release(from);
    native_end(test);
}

static bool failing_rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->op == KOV_OP_EXP)
        outs[0] = kov_builder_fail(r->b, KOV_NOT_IMPLEMENTED, "no Exp today");
    return node->op == KOV_OP_EXP;
}

static void failing_rules(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_INPUT);
    kov_value y = kov_negative(test->b, kov_exp(test->b, x));
    kov_graph *from = native_finish(test, &y, 1), *to = NULL;
    assert_int_equal(kov_rewrite_graph(from, failing_rule, NULL, &to), KOV_NOT_IMPLEMENTED);
    assert_null(to);
    assert_non_null(strstr(kov_error_text(), "no Exp today"));
    kov_graph_release(from);
    native_end(test);
}

static bool looking_rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    int64_t numbers[4];
    double number = 0;
    (void)outs;
    if (node->op != KOV_OP_ADD)
        return false;
    kov_value x = kov_rewrite_input(r, node, 0), y = kov_rewrite_input(r, node, 1);
    assert_int_equal(kov_rewrite_input(r, node, 2), KOV_VALUE_NONE);
    assert_true(kov_rewrite_is(r, y, KOV_OP_CONSTANT));
    assert_false(kov_rewrite_is(r, KOV_VALUE_NONE, KOV_OP_CONSTANT));
    if (kov_graph_value(kov_rewrite_new(r), y)->dtype == KOV_DTYPE_F32) {
        assert_int_equal(kov_rewrite_ints(r, y, numbers, 4), -1);
        assert_true(kov_rewrite_number(r, y, &number)); /* both elements are */
        assert_true(number == 2.5);
    } else {
        assert_int_equal(kov_rewrite_ints(r, y, numbers, 4), 2);
        assert_int_equal(numbers[0], 3);
        assert_int_equal(numbers[1], -4);
        assert_int_equal(kov_rewrite_ints(r, y, numbers, 1), -1);
        assert_false(kov_rewrite_number(r, y, &number));
    }
    assert_int_equal(kov_rewrite_ints(r, x, numbers, 4), -1);
    assert_false(kov_rewrite_number(r, x, &number));
    ++*(int *)r->user;
    return false;
}

static void looking_at_constants(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const float halves[] = {2.5f, 2.5f};
    const int64_t two[] = {2};
    int seen = 0;
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_from_data(test->context, KOV_DTYPE_F32, 1, two, halves, &tensor),
                     KOV_OK);
    kov_value x = native_input(test, KOV_DTYPE_F32, 1, two, KOV_ROLE_INPUT);
    kov_value n = native_input(test, KOV_DTYPE_I64, 1, two, KOV_ROLE_INPUT);
    const kov_value results[] = {kov_add(b, x, kov_builder_constant(b, tensor)),
                                 kov_add(b, n, INTS(test, 3, -4))};
    kov_tensor_release(tensor);
    kov_graph *from = native_finish(test, results, 2), *to;
    assert_int_equal(kov_rewrite_graph(from, looking_rule, &seen, &to), KOV_OK);
    assert_int_equal(seen, 2);
    kov_graph_release(to);
    kov_graph_release(from);
    native_end(test);
}

static void stable_values(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_INPUT);
    kov_value v = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_VARIABLE);
    kov_value c = native_constant(test, KOV_DTYPE_F32, DIMS(3));
    kov_value vc = kov_multiply(b, v, c), xv = kov_add(b, x, vc);
    kov_graph *g = native_finish(test, &xv, 1);
    bool *stable = kov_graph_stable(g);
    assert_false(stable[x]);
    assert_true(stable[v] && stable[c] && stable[vc]);
    assert_false(stable[xv]);
    kov_free(test->context, stable);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_and_leftovers), cmocka_unit_test(rules_reach_bodies),
        cmocka_unit_test(failing_rules),       cmocka_unit_test(looking_at_constants),
        cmocka_unit_test(stable_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
