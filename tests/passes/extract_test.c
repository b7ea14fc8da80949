/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/extract.h"

#include "opset/interpret.h"
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct parts {
    kov_graph *graph;
    kov_value x, middle, out;
};

/* out = exp(relu(x)) * c, cut at middle = relu(x). */
static struct parts build(native_case *test)
{
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT);
    kov_value middle = kov_relu(b, x);
    kov_value out =
        kov_multiply(b, kov_exp(b, middle), native_constant(test, KOV_DTYPE_F32, DIMS(3)));
    kov_graph *graph = native_finish(test, &out, 1);
    return (struct parts){graph, x, middle, out};
}

static void halves_compose(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    struct parts p = build(test);
    const kov_cut at_x = {p.x, KOV_ROLE_INPUT, NULL},
                  at_middle = {p.middle, KOV_ROLE_VARIABLE, NULL};
    kov_graph *first, *second;
    assert_int_equal(kov_graph_extract(p.graph, &at_x, 1, &p.middle, 1, &first), KOV_OK);
    assert_int_equal(kov_graph_extract(p.graph, &at_middle, 1, &p.out, 1, &second), KOV_OK);
    assert_int_equal(kov_graph_verify(first), KOV_OK);
    assert_int_equal(kov_graph_verify(second), KOV_OK);
    assert_int_equal(kov_graph_node_count(first), 2);
    assert_int_equal(kov_graph_node_count(second), 4);
    assert_int_equal(second->parameters.at[0].role, KOV_ROLE_VARIABLE);
    kov_tensor *want, *middle, *have;
    assert_int_equal(kov_interpret(p.graph, test->inputs, 1, &want), KOV_OK);
    assert_int_equal(kov_interpret(first, test->inputs, 1, &middle), KOV_OK);
    assert_int_equal(kov_interpret(second, &middle, 1, &have), KOV_OK);
    native_compare(have, want, 0);
    kov_tensor_release(want);
    kov_tensor_release(middle);
    kov_tensor_release(have);
    kov_graph_release(first);
    kov_graph_release(second);
    kov_graph_release(p.graph);
    native_end(test);
}

/* A value given as a constant is no parameter any more. */
static void constant_cut(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    struct parts p = build(test);
    const kov_cut cut = {p.x, KOV_ROLE_INPUT, test->inputs[0]};
    kov_graph *bound;
    kov_tensor *want, *have;
    assert_int_equal(kov_graph_extract(p.graph, &cut, 1, &p.out, 1, &bound), KOV_OK);
    assert_int_equal(kov_graph_parameter_count(bound), 0);
    assert_int_equal(kov_graph_verify(bound), KOV_OK);
    assert_int_equal(kov_interpret(p.graph, test->inputs, 1, &want), KOV_OK);
    assert_int_equal(kov_interpret(bound, NULL, 0, &have), KOV_OK);
    native_compare(have, want, 0);
    kov_tensor_release(want);
    kov_tensor_release(have);
    kov_graph_release(bound);
    kov_graph_release(p.graph);
    native_end(test);
}

static void a_path_past_the_cut_is_refused(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    struct parts p = build(test);
    kov_graph *none = NULL;
    assert_int_equal(kov_graph_extract(p.graph, NULL, 0, &p.out, 1, &none), KOV_INTERNAL);
    assert_null(none);
    kov_graph_release(p.graph);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_compose),
        cmocka_unit_test(constant_cut),
        cmocka_unit_test(a_path_past_the_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
