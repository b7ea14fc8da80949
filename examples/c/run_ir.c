/* SPDX-License-Identifier: Apache-2.0 */
/* Runs an OpenVINO IR on zeros (a free dimension is 1) and says what ran where:
 *
 *     run_ir model.xml [DEVICE]
 *
 * DEVICE is NATIVE (the default), CPU, GPU, AUTO, ... With a device of OpenVINO, KOV_OPENVINO_LIB
 * names the folder of libopenvino_c.so if the loader does not find it. */
#include <kov/kov.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kov_status make_inputs(kov_context *context, kov_graph *graph, kov_tensor **inputs)
{
    for (int i = 0; i < kov_graph_parameter_count(graph); i++) {
        kov_dtype dtype;
        int64_t dims[KOV_MAX_NDIM];
        int ndim;
        kov_status status = kov_graph_parameter_type(graph, i, &dtype, &ndim, dims, NULL);
        for (int j = 0; status == KOV_OK && j < ndim; j++)
            dims[j] = dims[j] < 0 ? 1 : dims[j];
        if (status == KOV_OK)
            status = kov_tensor_create(context, dtype, ndim, dims, &inputs[i]);
        if (status != KOV_OK)
            return status;
        memset(kov_tensor_data_mut(inputs[i]), 0, kov_tensor_bytes(inputs[i]));
    }
    return KOV_OK;
}

static void print_result(int i, const kov_tensor *tensor)
{
    printf("result %d: %s (", i, kov_dtype_keras_name(kov_tensor_dtype(tensor)));
    for (int j = 0; j < kov_tensor_ndim(tensor); j++)
        printf("%s%" PRId64, j > 0 ? ", " : "", kov_tensor_dims(tensor)[j]);
    printf(")");
    if (kov_tensor_dtype(tensor) == KOV_DTYPE_F32) {
        const float *at = (const float *)kov_tensor_data(tensor);
        for (int64_t j = 0; j < kov_tensor_count(tensor) && j < 8; j++)
            printf(" %g", (double)at[j]);
    }
    printf("\n");
}

static kov_status run(kov_context *context, kov_graph *graph, const char *device)
{
    int parameters = kov_graph_parameter_count(graph), results = kov_graph_result_count(graph);
    kov_tensor **tensors =
        (kov_tensor **)calloc((size_t)(parameters + results) + 1, sizeof(kov_tensor *));
    const kov_plan_options options = {device, NULL, NULL};
    kov_plan *plan = NULL;
    char *text = NULL;
    kov_status status = tensors ? KOV_OK : KOV_OUT_OF_MEMORY;
    if (status == KOV_OK)
        status = make_inputs(context, graph, tensors);
    if (status == KOV_OK)
        status = kov_plan_create(graph, &options, &plan);
    if (status == KOV_OK)
        status = kov_plan_run(plan, tensors, parameters, tensors + parameters, results);
    if (status == KOV_OK)
        status = kov_plan_text(plan, &text);
    if (status == KOV_OK) {
        for (int i = 0; i < results; i++)
            print_result(i, tensors[parameters + i]);
        printf("%s", text);
    }
    kov_text_free(text);
    kov_plan_release(plan);
    for (int i = 0; tensors && i < parameters + results; i++)
        kov_tensor_release(tensors[i]);
    free(tensors);
    return status;
}

int main(int argc, char **argv)
{
    kov_context *context = NULL;
    kov_graph *graph = NULL;
    if (argc < 2) {
        fprintf(stderr, "usage: run_ir model.xml [DEVICE]\n");
        return 2;
    }
    kov_status status = kov_context_create(NULL, &context);
    if (status == KOV_OK)
        status = kov_graph_from_ir_file(context, argv[1], &graph);
    if (status == KOV_OK)
        status = run(context, graph, argc > 2 ? argv[2] : NULL);
    if (status != KOV_OK)
        fprintf(stderr, "run_ir: %s\n", kov_error_text());
    kov_graph_release(graph);
    kov_context_release(context);
    return status == KOV_OK ? 0 : 1;
}
