/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/builder.h"

#include "base/status.h"
#include "opset/interpret.h"
#include "opset_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct world {
    kov_context *context;
    kov_builder *b;
};

static void begin(struct world *w)
{
    assert_int_equal(kov_context_create(NULL, &w->context), KOV_OK);
    assert_int_equal(kov_builder_create(w->context, &w->b), KOV_OK);
}

static void end(struct world *w)
{
    kov_builder_release(w->b);
    kov_memory_trim(w->context);
    assert_int_equal(kov_context_bytes_in_use(w->context), 0);
    kov_context_release(w->context);
}

static kov_value input(struct world *w, int64_t n)
{
    return kov_builder_parameter(w->b, KOV_DTYPE_F32, 1, &n, "x", KOV_ROLE_INPUT);
}

static kov_tensor *tensor_of(struct world *w, kov_dtype dtype, int ndim, const int64_t *dims,
                             const void *data)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_from_data(w->context, dtype, ndim, dims, data, &tensor), KOV_OK);
    return tensor;
}

static void first_failure_sticks(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_value x = input(&w, 3);
    assert_int_equal(kov_builder_status(w.b), KOV_OK);
    kov_value bad = kov_add(
        w.b, x,
        kov_builder_parameter(w.b, KOV_DTYPE_F32, 1, (const int64_t[]){4}, "y", KOV_ROLE_INPUT));
    assert_int_equal(bad, KOV_VALUE_ERROR);
    assert_int_equal(kov_exp(w.b, bad), KOV_VALUE_ERROR);
    assert_int_equal(kov_exp(w.b, x), KOV_VALUE_ERROR); /* nothing is added any more */
    assert_int_equal(kov_axis(w.b, "later", 9, 2), 0);
    assert_int_equal(kov_builder_dtype(w.b, bad), KOV_DTYPE_NONE);
    assert_int_equal(kov_builder_ndim(w.b, bad), 0);
    kov_fail(KOV_IO_ERROR, "something else");
    assert_int_equal(kov_builder_status(w.b), KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "Add: shapes do not broadcast"));
    kov_graph *graph = NULL;
    assert_int_equal(kov_builder_finish(w.b, &x, 1, NULL, &graph), KOV_INVALID_ARGUMENT);
    assert_null(graph);
    end(&w);
}

static void equal_nodes_are_made_once(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_builder *b = w.b;
    kov_value x = input(&w, 3), y = input(&w, 3);
    assert_int_not_equal(x, y); /* parameters are never equal */
    assert_int_equal(kov_exp(b, x), kov_exp(b, x));
    assert_int_not_equal(kov_exp(b, x), kov_exp(b, y));
    assert_int_equal(kov_add(b, x, y), kov_add(b, x, y));
    assert_int_not_equal(kov_add(b, x, y), kov_add(b, y, x));
    assert_int_equal(kov_clamp(b, x, 0, 1), kov_clamp(b, x, 0, 1));
    assert_int_not_equal(kov_clamp(b, x, 0, 1), kov_clamp(b, x, 0, 2));
    assert_int_not_equal(kov_clamp(b, x, 0.0, 1), kov_clamp(b, x, -0.0, 1));
    kov_value axes = kov_constant_i64(b, (const int64_t[]){0}, 1);
    assert_int_not_equal(kov_reduce_sum(b, x, axes, true), kov_reduce_sum(b, x, axes, false));
    int before = kov_builder_node_count(b);
    b->reuse = false;
    kov_exp(b, x);
    assert_int_equal(kov_builder_node_count(b), before + 1);
    end(&w);
}

static void constants_by_content(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_builder *b = w.b;
    const int64_t numbers[] = {1, 2}, other[] = {1, 3}, pair[] = {2}, column[] = {2, 1};
    kov_value c = kov_constant_i64(b, numbers, 2);
    assert_int_equal(c, kov_constant_i64(b, numbers, 2));
    assert_int_not_equal(c, kov_constant_i64(b, other, 2));
    kov_tensor *as_column = tensor_of(&w, KOV_DTYPE_I64, 2, column, numbers);
    kov_tensor *unsigned_pair = tensor_of(&w, KOV_DTYPE_U64, 1, pair, numbers);
    assert_int_not_equal(c, kov_builder_constant(b, as_column));
    assert_int_not_equal(c, kov_builder_constant(b, unsigned_pair));
    assert_int_not_equal(kov_constant_number(b, KOV_DTYPE_F32, 0.0),
                         kov_constant_number(b, KOV_DTYPE_F32, -0.0));
    assert_int_not_equal(kov_constant_number(b, KOV_DTYPE_F32, 1),
                         kov_constant_number(b, KOV_DTYPE_F64, 1));
    /* A weak number and a strong one of the same bits are two constants. */
    assert_int_not_equal(kov_weak_number(b, KOV_WEAK_FLOAT, 2, 0),
                         kov_constant_number(b, KOV_DTYPE_F64, 2));
    assert_ptr_equal(kov_builder_constant_tensor(b, kov_builder_constant(b, as_column)), as_column);
    assert_null(kov_builder_constant_tensor(b, input(&w, 2)));
    kov_tensor_release(as_column);
    kov_tensor_release(unsigned_pair);
    end(&w);
}

static void guards_where_a_hint_is_read(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_builder *b = w.b;
    const kov_dim dims[] = {kov_dim_symbol(b->dims, "N", 0, INT64_MAX, 7), 3,
                            kov_dim_unknown(b->dims)};
    kov_value x = kov_builder_add_parameter(b, KOV_DTYPE_F32, 3, dims, NULL, KOV_WEAK_NONE, NULL,
                                            KOV_ROLE_INPUT);
    kov_exp(b, x);
    kov_shape_value(b, x);
    kov_dims_value(b, x, 0, 2);
    assert_true(kov_dim_is(b, x, 1, 3));
    assert_false(kov_dim_is(b, x, 0, 7)); /* only in this trace */
    assert_int_equal(kov_dim_number(b, x, 1), 3);
    assert_int_equal(b->guards.n, 0);
    assert_int_equal(kov_dim_number(b, x, 0), 7);
    assert_int_equal(b->guards.n, 1);
    assert_int_equal(b->guards.at[0].dim, dims[0]);
    assert_int_equal(b->guards.at[0].number, 7);
    int64_t number = 0;
    kov_value twice = kov_multiply(b, kov_dim_value(b, x, 0), kov_constant_i64_scalar(b, 2));
    assert_int_equal(kov_content_numbers(b, twice, &number, 1), 1);
    assert_int_equal(number, 14);
    assert_int_equal(b->guards.n, 2);
    assert_int_equal(b->guards.at[1].number, 14);
    assert_int_equal(kov_builder_status(b), KOV_OK);
    assert_int_equal(kov_dim_number(b, x, 2), 1);
    assert_int_equal(kov_builder_status(b), KOV_UNKNOWN_DIMENSION);
    end(&w);
}

static void content_that_is_not_known(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    int64_t numbers[4];
    const int64_t two = 2;
    kov_value v = kov_builder_parameter(w.b, KOV_DTYPE_I64, 1, &two, NULL, KOV_ROLE_INPUT);
    assert_int_equal(kov_content_numbers(w.b, v, numbers, 4), 0);
    assert_int_equal(kov_builder_status(w.b), KOV_UNKNOWN_VALUE);
    end(&w);
}

static void negative_content(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    int64_t numbers[4];
    const int64_t given[] = {-5, 0, 9};
    kov_value v = kov_constant_i64(w.b, given, 3);
    assert_int_equal(kov_content_numbers(w.b, v, numbers, 4), 3);
    assert_memory_equal(numbers, given, sizeof given);
    assert_int_equal(kov_content_numbers(w.b, v, numbers, 2), 0);
    assert_int_equal(kov_builder_status(w.b), KOV_INVALID_ARGUMENT);
    end(&w);
}

/* A graph that is made of another one's parts lives longer. */
static void content_of_a_parameter_is_copied(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_content_element at[] = {{true, false, 5}, {true, true, 7}};
    kov_content content = {2, at};
    const kov_dim length = 2;
    kov_value x = kov_builder_add_parameter(w.b, KOV_DTYPE_I64, 1, &length, &content, KOV_WEAK_NONE,
                                            NULL, KOV_ROLE_INPUT);
    memset(at, 0, sizeof at);
    content = (kov_content){0};
    int64_t found[2];
    assert_int_equal(kov_content_numbers(w.b, x, found, 2), 2);
    assert_int_equal(found[0], 5);
    assert_int_equal(found[1], -7);
    end(&w);
}

static void parameters_that_are_refused(void **state)
{
    (void)state;
    const struct {
        kov_dtype dtype;
        int ndim;
        int64_t dim;
        const char *text;
    } cases[] = {
        {KOV_DTYPE_F32, KOV_MAX_NDIM + 1, 1, "17 dimensions"},
        {KOV_DTYPE_F32, -1, 1, "-1 dimensions"},
        {KOV_DTYPE_NONE, 1, 1, "no dtype"},
        {KOV_DTYPE_COUNT, 1, 1, "no dtype"},
        {KOV_DTYPE_F32, 1, -2, "dimension 0 is -2"},
        {KOV_DTYPE_F32, 1, INT64_MIN, "dimension 0 is -9223372036854775808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        int64_t dims[KOV_MAX_NDIM + 1];
        begin(&w);
        for (int j = 0; j <= KOV_MAX_NDIM; j++)
            dims[j] = cases[i].dim;
        assert_int_equal(
            kov_builder_parameter(w.b, cases[i].dtype, cases[i].ndim, dims, "p", KOV_ROLE_INPUT),
            KOV_VALUE_ERROR);
        assert_int_equal(kov_builder_status(w.b), KOV_INVALID_ARGUMENT);
        if (!strstr(kov_error_text(), cases[i].text))
            fail_msg("%s", kov_error_text());
        end(&w);
    }
}

/* An inner body takes what it uses of an outer one through the bodies between them. */
static void captures_go_through_bodies(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_builder *b = w.b;
    kov_value condition = kov_builder_parameter(b, KOV_DTYPE_BOOL, 0, NULL, "c", KOV_ROLE_INPUT);
    kov_value x = input(&w, 2), y = kov_exp(b, x), inner[2], outer;
    kov_body *outer_bodies[2], *inner_bodies[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kov_body_begin(b), KOV_OK);
        kov_value here = kov_negative(b, x);
        for (int j = 0; j < 2; j++) {
            assert_int_equal(kov_body_begin(b), KOV_OK);
            kov_value deep = kov_add(b, kov_add(b, y, here), j ? x : y);
            assert_int_equal(kov_body_end(b, &deep, 1, &inner_bodies[j]), KOV_OK);
        }
        assert_int_equal(kov_builder_if(b, condition, inner_bodies[0], inner_bodies[1], inner),
                         KOV_OK);
        kov_value result = i ? kov_add(b, inner[0], y) : inner[0];
        assert_int_equal(kov_body_end(b, &result, 1, &outer_bodies[i]), KOV_OK);
    }
    assert_int_equal(kov_builder_if(b, condition, outer_bodies[0], outer_bodies[1], &outer),
                     KOV_OK);
    kov_graph *graph;
    assert_int_equal(kov_builder_finish(b, &outer, 1, NULL, &graph), KOV_OK);
    assert_int_equal(kov_graph_verify(graph), KOV_OK);
    for (int truth = 0; truth < 2; truth++) {
        const bool c = truth;
        const float numbers[] = {0, 0.5f};
        const int64_t two = 2;
        kov_tensor *inputs[] = {tensor_of(&w, KOV_DTYPE_BOOL, 0, NULL, &c),
                                tensor_of(&w, KOV_DTYPE_F32, 1, &two, numbers)};
        kov_tensor *out;
        assert_int_equal(kov_interpret(graph, inputs, 2, &out), KOV_OK);
        const float *at = kov_tensor_data(out);
        const float e = 1.6487212707f; /* exp(0.5) */
        const float want = truth ? e - 0.5f + e : e - 0.5f + 0.5f + e;
        assert_true(at[0] == 2);
        assert_true(at[1] - want < 1e-6f && want - at[1] < 1e-6f);
        kov_tensor_release(out);
        kov_tensor_release(inputs[0]);
        kov_tensor_release(inputs[1]);
    }
    kov_graph_release(graph);
    end(&w);
}

static void values_of_closed_bodies_are_refused(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_value x = input(&w, 2);
    kov_body *body;
    assert_int_equal(kov_body_begin(w.b), KOV_OK);
    kov_value inside = kov_exp(w.b, x);
    assert_int_equal(kov_body_end(w.b, &inside, 1, &body), KOV_OK);
    kov_body_release(body);
    assert_int_equal(kov_negative(w.b, inside), KOV_VALUE_ERROR);
    assert_int_equal(kov_builder_status(w.b), KOV_INTERNAL);
    assert_non_null(strstr(kov_error_text(), "outside the body"));
    end(&w);
}

static void values_of_a_sibling_are_refused(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_value x = input(&w, 2);
    assert_int_equal(kov_body_begin(w.b), KOV_OK);
    kov_value inside = kov_exp(w.b, x);
    kov_body_abandon(w.b);
    assert_int_equal(kov_body_begin(w.b), KOV_OK);
    assert_int_equal(kov_negative(w.b, inside), KOV_VALUE_ERROR);
    assert_int_equal(kov_builder_status(w.b), KOV_INTERNAL);
    end(&w);
}

static void foreign_values_are_refused(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    assert_int_equal(kov_exp(w.b, 4711), KOV_VALUE_ERROR);
    assert_int_equal(kov_builder_status(w.b), KOV_INTERNAL);
    end(&w);
    begin(&w);
    const kov_value nothing = KOV_VALUE_ERROR;
    kov_graph *graph;
    assert_int_equal(kov_builder_finish(w.b, &nothing, 1, NULL, &graph), KOV_INTERNAL);
    assert_non_null(strstr(kov_error_text(), "result 0 is missing"));
    end(&w);
}

static void names(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_builder *b = w.b;
    kov_value x = input(&w, 2);
    kov_builder_set_scope(b, "block1/dense");
    kov_value y = kov_exp(b, x);
    kov_builder_set_scope(b, NULL);
    kov_value z = kov_negative(b, y);
    char own[] = "mine";
    kov_builder_name(b, z, own);
    own[0] = 'X'; /* names are copied */
    const kov_value results[] = {z};
    const char *const result_names[] = {"out"};
    kov_graph *graph;
    assert_int_equal(kov_builder_finish(b, results, 1, result_names, &graph), KOV_OK);
    assert_string_equal(graph->parameters.at[0].name, "x");
    assert_string_equal(graph->results.at[0].name, "out");
    assert_string_equal(kov_graph_producer(graph, graph->results.at[0].value)->name, "mine");
    const kov_node *exp =
        kov_graph_producer(graph, kov_graph_producer(graph, graph->results.at[0].value)->inputs[0]);
    assert_non_null(strstr(exp->name, "block1/dense"));
    char *text;
    assert_int_equal(kov_graph_text(graph, &text), KOV_OK);
    assert_non_null(strstr(text, "Exp"));
    assert_non_null(strstr(text, "mine"));
    kov_text_free(text);
    kov_graph *second;
    assert_int_equal(kov_builder_finish(b, results, 1, NULL, &second), KOV_INVALID_ARGUMENT);
    kov_graph_release(graph);
    end(&w);
}

static void memory_runs_out(void **state)
{
    (void)state;
    for (int64_t n = 1;; n++) {
        kov_context *context;
        kov_builder *b = NULL;
        kov_graph *graph = NULL;
        assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
        kov_memory_fail_after(context, n);
        kov_status status = kov_builder_create(context, &b);
        if (status == KOV_OK) {
            const int64_t dims[] = {KOV_DIM_FREE, 4};
            kov_builder_set_scope(b, "scope");
            kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "x", KOV_ROLE_INPUT);
            kov_value y = kov_reshape(b, x, kov_shape_value(b, kov_exp(b, x)), false);
            kov_builder_name(b, y, "name");
            y = kov_add(b, y,
                        kov_weak_number(b, KOV_WEAK_FLOAT, 1, 0) ? kov_scalar_like(b, y, 2) : y);
            const char *const result_names[] = {"y"};
            status = kov_builder_finish(b, &y, 1, result_names, &graph);
        }
        bool failed = kov_memory_failed(context);
        kov_memory_fail_after(context, 0);
        assert_int_equal(status, failed ? KOV_OUT_OF_MEMORY : KOV_OK);
        kov_graph_release(graph);
        kov_builder_release(b);
        kov_memory_trim(context);
        assert_int_equal(kov_context_bytes_in_use(context), 0);
        kov_context_release(context);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_failure_sticks),
        cmocka_unit_test(equal_nodes_are_made_once),
        cmocka_unit_test(constants_by_content),
        cmocka_unit_test(guards_where_a_hint_is_read),
        cmocka_unit_test(content_that_is_not_known),
        cmocka_unit_test(negative_content),
        cmocka_unit_test(content_of_a_parameter_is_copied),
        cmocka_unit_test(parameters_that_are_refused),
        cmocka_unit_test(captures_go_through_bodies),
        cmocka_unit_test(values_of_closed_bodies_are_refused),
        cmocka_unit_test(values_of_a_sibling_are_refused),
        cmocka_unit_test(foreign_values_are_refused),
        cmocka_unit_test(names),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
