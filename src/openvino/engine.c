/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling a part on a device of OpenVINO and running it. */
#include "base/context.h"
#include "base/status.h"
#include "base/threads.h"
#include "openvino/exact.h"
#include "openvino/library.h"
#include "openvino/lowering/lower_coded.h"
#include "openvino/openvino.h"
#include "openvino/property.h"
#include "openvino/range.h"
#include "passes/passes.h"
#include "tensor/shape.h"

#include <kov/ir.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

typedef struct executable {
    kov_context *context;
    kov_graph *graph;
    const kov_ov_api *api;
    char *device;
    bool profiled;
    kov_bytes bin; /* constants that the compiled model may point at */
    ov_compiled_model_t *compiled;
    bool *result_static;
    pthread_mutex_t lock; /* of the requests */
    struct {
        ov_infer_request_t **at;
        int n, cap;
    } requests; /* free ones: one is taken for a run */
} executable;

static kov_status call_failed(const executable *e, int code, const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "OpenVINO on %s: %s", e->device, what);
    return kov_ov_fail(e->api, code, text);
}

/* ---- compiling ---- */

static kov_status compile_model(executable *e, ov_core_t *core, const kov_bytes *xml,
                                const kov_engine_options *options)
{
    const kov_ov_api *api = e->api;
    int64_t size = (int64_t)e->bin.size;
    ov_tensor_t *weights = NULL;
    ov_model_t *model = NULL;
    kov_properties p;
    KOV_TRY(kov_properties_make(e->context, options, &p));
    e->profiled = p.profiled;
    int code = api->tensor_create_from_host_ptr(kov_ov_type(KOV_DTYPE_U8), (kov_ov_shape){1, &size},
                                                e->bin.data, &weights);
    const char *what = "constants";
    if (code == 0) {
        what = "reading the graph";
        code = api->core_read_model_from_memory_buffer(core, xml->data, xml->size, weights, &model);
    }
    if (code == 0) {
        what = "compiling";
        /* The function reads as many of the arguments as it is told. */
        const char **v = p.at;
        code = api->core_compile_model(core, model, options->device, (size_t)p.count * 2,
                                       &e->compiled, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7],
                                       v[8], v[9], v[10], v[11], v[12], v[13], v[14], v[15], v[16],
                                       v[17], v[18], v[19], v[20], v[21], v[22], v[23], v[24],
                                       v[25], v[26], v[27], v[28], v[29], v[30], v[31]);
    }
    kov_status status = code == 0 ? KOV_OK : call_failed(e, code, what);
    if (model)
        api->model_free(model);
    if (weights)
        api->tensor_free(weights);
    kov_properties_free(&p);
    return status;
}

static void release(void *executable_)
{
    executable *e = executable_;
    if (!e)
        return;
    kov_context *context = e->context;
    for (int i = 0; i < e->requests.n; i++)
        e->api->infer_request_free(e->requests.at[i]);
    kov_free(context, e->requests.at);
    if (e->compiled)
        e->api->compiled_model_free(e->compiled);
    kov_bytes_free(&e->bin);
    kov_graph_release(e->graph);
    kov_free(context, e->device);
    kov_free(context, e->result_static);
    pthread_mutex_destroy(&e->lock);
    kov_free(context, e);
    kov_context_drop(context);
}

static kov_status write_ir(const kov_graph *graph, kov_bytes *xml, kov_bytes *bin)
{
    kov_graph *sunk, *lowered;
    KOV_TRY(kov_pass_sink_constants(graph, NULL, &sunk));
    kov_status status = kov_openvino_lower_coded(sunk, &lowered);
    kov_graph_release(sunk);
    KOV_TRY(status);
    status = kov_graph_to_ir(lowered, NULL, xml, bin);
    kov_graph_release(lowered);
    return status;
}

static kov_status fill(executable *e, kov_graph *graph, const kov_engine_options *options)
{
    ov_core_t *core;
    kov_bytes xml = {0};
    size_t length = strlen(options->device) + 1;
    e->device = kov_alloc(e->context, length);
    e->result_static = kov_alloc(e->context, (size_t)graph->results.n + 1);
    if (!e->device || !e->result_static)
        return KOV_OUT_OF_MEMORY;
    memcpy(e->device, options->device, length);
    for (int i = 0; i < graph->results.n; i++)
        e->result_static[i] =
            kov_value_is_static(kov_graph_value(graph, graph->results.at[i].value));
    KOV_TRY(kov_ov_open(&e->api, &core));
    KOV_TRY(write_ir(graph, &xml, &e->bin));
    kov_threads_rest(e->context);
    kov_status status = compile_model(e, core, &xml, options);
    kov_bytes_free(&xml);
    return status;
}

static kov_status compile(kov_graph *graph, const kov_engine_options *options, void **out)
{
    executable *e = kov_alloc_zero(graph->context, sizeof *e);
    if (!e)
        return KOV_OUT_OF_MEMORY;
    e->context = graph->context;
    kov_context_hold(e->context);
    e->graph = graph;
    kov_graph_retain(graph);
    pthread_mutex_init(&e->lock, NULL);
    kov_status status = fill(e, graph, options);
    if (status != KOV_OK) {
        release(e);
        return status;
    }
    *out = e;
    return KOV_OK;
}

/* ---- running ---- */

static kov_status take_request(executable *e, ov_infer_request_t **out)
{
    *out = NULL;
    pthread_mutex_lock(&e->lock);
    if (e->requests.n > 0)
        *out = e->requests.at[--e->requests.n];
    pthread_mutex_unlock(&e->lock);
    if (*out)
        return KOV_OK;
    int code = e->api->compiled_model_create_infer_request(e->compiled, out);
    return code == 0 ? KOV_OK : call_failed(e, code, "an inference request");
}

static void give_back(executable *e, ov_infer_request_t *request)
{
    pthread_mutex_lock(&e->lock);
    bool kept = KOV_PUSH(e->context, e->requests, request);
    pthread_mutex_unlock(&e->lock);
    if (!kept)
        e->api->infer_request_free(request);
}

/* The tensor's memory as a tensor of OpenVINO, which does not own it. */
static int wrap(const executable *e, const kov_tensor *tensor, ov_tensor_t **out)
{
    kov_ov_shape shape = {kov_tensor_ndim(tensor), (int64_t *)kov_tensor_dims(tensor)};
    return e->api->tensor_create_from_host_ptr(kov_ov_type(kov_tensor_dtype(tensor)), shape,
                                               (void *)kov_tensor_data(tensor), out);
}

static kov_status set_input(executable *e, ov_infer_request_t *request, int i,
                            const kov_tensor *tensor)
{
    ov_tensor_t *wrapped = NULL;
    for (int j = 0; j < kov_tensor_ndim(tensor); j++) {
        if (kov_tensor_dims(tensor)[j] > KOV_SIZE_LIMIT)
            return kov_fail(
                KOV_NOT_IMPLEMENTED,
                "OpenVINO on %s: input %d has %lld elements along axis %d; above 2^24 its "
                "shape arithmetic is inexact. Use the device NATIVE",
                e->device, i, (long long)kov_tensor_dims(tensor)[j], j);
    }
    int code = wrap(e, tensor, &wrapped);
    if (code == 0)
        code = e->api->infer_request_set_input_tensor_by_index(request, (size_t)i, wrapped);
    if (wrapped)
        e->api->tensor_free(wrapped);
    return code == 0 ? KOV_OK : call_failed(e, code, "an input");
}

/* A result of known shape is written by OpenVINO where it is wanted. */
static kov_status set_output(executable *e, ov_infer_request_t *request, int i, kov_tensor **out)
{
    const kov_value_info *v = kov_graph_value(e->graph, e->graph->results.at[i].value);
    ov_tensor_t *wrapped = NULL;
    KOV_TRY(kov_tensor_create(e->context, v->dtype, v->ndim, v->dims, out));
    int code = wrap(e, *out, &wrapped);
    if (code == 0)
        code = e->api->infer_request_set_output_tensor_by_index(request, (size_t)i, wrapped);
    if (wrapped)
        e->api->tensor_free(wrapped);
    return code == 0 ? KOV_OK : call_failed(e, code, "a result");
}

static kov_status copy_tensor(executable *e, const ov_tensor_t *from, kov_dtype dtype,
                              kov_tensor **out)
{
    const kov_ov_api *api = e->api;
    kov_ov_shape shape = {0};
    size_t bytes = 0;
    void *data = NULL;
    int code = api->tensor_get_shape(from, &shape);
    if (code != 0)
        return call_failed(e, code, "the shape of a result");
    kov_status status =
        shape.rank > KOV_MAX_NDIM
            ? kov_fail(KOV_NOT_IMPLEMENTED, "a result of %lld dimensions", (long long)shape.rank)
            : kov_tensor_create(e->context, dtype, (int)shape.rank, shape.dims, out);
    api->shape_free(&shape);
    KOV_TRY(status);
    if (kov_tensor_bytes(*out) == 0)
        return KOV_OK;
    code = api->tensor_get_byte_size(from, &bytes);
    if (code == 0)
        code = api->tensor_data(from, &data);
    if (code != 0)
        return call_failed(e, code, "the data of a result");
    if (bytes != kov_tensor_bytes(*out))
        return kov_fail(KOV_DEVICE_ERROR, "OpenVINO on %s: a result has %zu bytes instead of %zu",
                        e->device, bytes, kov_tensor_bytes(*out));
    memcpy(kov_tensor_data_mut(*out), data, bytes);
    return KOV_OK;
}

static kov_status get_output(executable *e, ov_infer_request_t *request, int i, kov_tensor **out)
{
    const kov_value_info *v = kov_graph_value(e->graph, e->graph->results.at[i].value);
    ov_tensor_t *tensor = NULL;
    int code = e->api->infer_request_get_output_tensor_by_index(request, (size_t)i, &tensor);
    if (code != 0)
        return call_failed(e, code, "a result");
    kov_status status = copy_tensor(e, tensor, v->dtype, out);
    e->api->tensor_free(tensor);
    return status;
}

static kov_status run_request(executable *e, ov_infer_request_t *request, kov_tensor *const *inputs,
                              kov_tensor **results)
{
    for (int i = 0; i < e->graph->parameters.n; i++)
        KOV_TRY(set_input(e, request, i, inputs[i]));
    for (int i = 0; i < e->graph->results.n; i++) {
        if (e->result_static[i])
            KOV_TRY(set_output(e, request, i, &results[i]));
    }
    kov_threads_rest(e->context);
    int code = e->api->infer_request_infer(request);
    if (code != 0)
        return call_failed(e, code, "running");
    for (int i = 0; i < e->graph->results.n; i++) {
        if (!e->result_static[i])
            KOV_TRY(get_output(e, request, i, &results[i]));
    }
    return KOV_OK;
}

static kov_status run(void *executable_, kov_tensor *const *inputs, kov_tensor **results)
{
    executable *e = executable_;
    ov_infer_request_t *request;
    KOV_TRY(take_request(e, &request));
    for (int i = 0; i < e->graph->results.n; i++)
        results[i] = NULL;
    kov_status status = run_request(e, request, inputs, results);
    if (status == KOV_OK) {
        give_back(e, request);
        return KOV_OK;
    }
    e->api->infer_request_free(request);
    for (int i = 0; i < e->graph->results.n; i++) {
        kov_tensor_release(results[i]);
        results[i] = NULL;
    }
    return status;
}

/* ---- explaining ---- */

static void print_property(const executable *e, kov_text *text, const char *key)
{
    char *value = NULL;
    if (e->api->compiled_model_get_property(e->compiled, key, &value) != 0 || !value)
        return;
    kov_text_add(text, " %s=%s", key, value);
    e->api->free(value);
}

/* What OpenVINO measured (property PERF_COUNT=YES) in the last run; false if there is nothing. */
static bool print_profile(executable *e, kov_text *text)
{
    kov_ov_profiles profiles = {0};
    pthread_mutex_lock(&e->lock);
    bool there =
        e->profiled && e->requests.n > 0 &&
        e->api->infer_request_get_profiling_info(e->requests.at[e->requests.n - 1], &profiles) == 0;
    pthread_mutex_unlock(&e->lock);
    if (!there)
        return false;
    for (size_t i = 0; i < profiles.size; i++) {
        const kov_ov_profile *p = &profiles.at[i];
        if (p->status == 2)
            kov_text_add(text, "  %s %s \"%s\" %s %lld us\n", e->device, p->node_type, p->node_name,
                         p->exec_type, (long long)p->real_time);
    }
    e->api->profiling_info_list_free(&profiles);
    return true;
}

static void print(void *executable_, kov_text *text)
{
    executable *e = executable_;
    kov_text_add(text, "  OpenVINO %s:", e->device);
    print_property(e, text, "EXECUTION_DEVICES");
    print_property(e, text, "INFERENCE_PRECISION_HINT");
    print_property(e, text, "INFERENCE_NUM_THREADS");
    kov_text_add(text, "\n");
    if (print_profile(e, text))
        return;
    for (int i = 0; i < e->graph->nodes.n; i++) {
        const kov_node *node = &e->graph->nodes.at[i];
        if (node->op == KOV_OP_PARAMETER || node->op == KOV_OP_CONSTANT)
            continue;
        kov_text_add(text, "  %s ", e->device);
        kov_node_print(text, e->graph, node);
    }
}

static size_t bytes(const void *executable_)
{
    return sizeof(executable) + ((const executable *)executable_)->bin.size;
}

const kov_engine kov_openvino_engine = {
    .name = "openvino",
    .supports = kov_openvino_supports,
    .compile = compile,
    .run = run,
    .text = print,
    .bytes = bytes,
    .release = release,
};
