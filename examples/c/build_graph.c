/* SPDX-License-Identifier: Apache-2.0 */
/* A graph built once and run for several batches: relu(x @ w + b), with w and b as variables. Shows
 * the graph, what runs where, and the results. C, and C++ as well.
 *
 *     cc build_graph.c $(pkg-config --cflags --libs kov) -o build_graph && ./build_graph */
#include <kov/kov.h>
#include <stdio.h>
#include <stdlib.h>

enum { FEATURES = 4, UNITS = 3 };

/* A builder's errors stick, so a chain of calls needs one check at its end. */
static kov_value call(kov_builder *builder, const char *module, const char *name, kov_value first,
                      kov_value second)
{
    kov_argument arguments[2];
    arguments[0].kind = arguments[1].kind = KOV_ARGUMENT_VALUE;
    arguments[0].u.value = first;
    arguments[1].u.value = second;
    kov_value out = KOV_VALUE_ERROR;
    int count = 1, given = second == KOV_VALUE_NONE ? 1 : 2;
    kov_call(builder, kov_function_find(module, name), arguments, given, &out, &count);
    return out;
}

static kov_status build(kov_context *context, kov_graph **graph)
{
    kov_builder *builder;
    kov_status status = kov_builder_create(context, &builder);
    if (status != KOV_OK)
        return status;
    const int64_t x_dims[] = {kov_builder_symbol(builder, "batch"), FEATURES};
    const int64_t w_dims[] = {FEATURES, UNITS}, b_dims[] = {UNITS};
    kov_value x = kov_builder_parameter(builder, KOV_DTYPE_F32, 2, x_dims, "x", KOV_ROLE_INPUT);
    kov_value w = kov_builder_parameter(builder, KOV_DTYPE_F32, 2, w_dims, "w", KOV_ROLE_VARIABLE);
    kov_value b = kov_builder_parameter(builder, KOV_DTYPE_F32, 1, b_dims, "b", KOV_ROLE_VARIABLE);
    kov_value y = call(builder, "numpy", "matmul", x, w);
    y = call(builder, "numpy", "add", y, b);
    y = call(builder, "nn", "relu", y, KOV_VALUE_NONE);
    const char *const names[] = {"y"};
    status = kov_builder_finish(builder, &y, 1, names, graph);
    kov_builder_release(builder);
    return status;
}

static kov_status run(kov_context *context, kov_plan *plan, int64_t batch)
{
    float x[8 * FEATURES], w[FEATURES * UNITS];
    const float b[UNITS] = {-1, 0, 1};
    for (int i = 0; i < 8 * FEATURES; i++)
        x[i] = (float)(i % 5) - 2;
    for (int i = 0; i < FEATURES * UNITS; i++)
        w[i] = (float)i / 4;
    const int64_t x_dims[] = {batch, FEATURES}, w_dims[] = {FEATURES, UNITS}, b_dims[] = {UNITS};
    kov_tensor *inputs[3] = {NULL}, *y = NULL;
    kov_status status = kov_tensor_from_data(context, KOV_DTYPE_F32, 2, x_dims, x, &inputs[0]);
    if (status == KOV_OK)
        status = kov_tensor_from_data(context, KOV_DTYPE_F32, 2, w_dims, w, &inputs[1]);
    if (status == KOV_OK)
        status = kov_tensor_from_data(context, KOV_DTYPE_F32, 1, b_dims, b, &inputs[2]);
    if (status == KOV_OK)
        status = kov_plan_run(plan, inputs, 3, &y, 1);
    const float *at = status == KOV_OK ? (const float *)kov_tensor_data(y) : NULL;
    for (int64_t row = 0; status == KOV_OK && row < batch; row++)
        printf("batch %d row %d: %g %g %g\n", (int)batch, (int)row, (double)at[row * UNITS],
               (double)at[row * UNITS + 1], (double)at[row * UNITS + 2]);
    kov_tensor_release(y);
    for (int i = 0; i < 3; i++)
        kov_tensor_release(inputs[i]);
    return status;
}

static kov_status show_graph(const kov_graph *graph)
{
    char *text;
    kov_status status = kov_graph_text(graph, &text);
    if (status != KOV_OK)
        return status;
    printf("%s\n", text);
    kov_text_free(text);
    return status;
}

static kov_status show_plan(kov_plan *plan)
{
    char *text;
    kov_status status = kov_plan_text(plan, &text);
    if (status != KOV_OK)
        return status;
    printf("\n%s", text);
    kov_text_free(text);
    return status;
}

int main(void)
{
    kov_context *context = NULL;
    kov_graph *graph = NULL;
    kov_plan *plan = NULL;
    kov_status status = kov_context_create(NULL, &context);
    if (status == KOV_OK)
        status = build(context, &graph);
    if (status == KOV_OK)
        status = show_graph(graph);
    if (status == KOV_OK)
        status = kov_plan_create(graph, NULL, &plan);
    if (status == KOV_OK)
        status = run(context, plan, 1);
    if (status == KOV_OK)
        status = run(context, plan, 2);
    if (status == KOV_OK)
        status = show_plan(plan);
    if (status != KOV_OK)
        fprintf(stderr, "%s: %s\n", kov_status_name(status), kov_error_text());
    if (plan)
        kov_plan_release(plan);
    if (graph)
        kov_graph_release(graph);
    if (context)
        kov_context_release(context);
    return status == KOV_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
