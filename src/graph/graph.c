/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "base/context.h"
#include "base/status.h"
#include "tensor/convert.h"
#include <string.h>

kov_status kov_graph_create(kov_context *context, kov_dims *dims, kov_graph **out)
{
    kov_graph *graph = kov_alloc_zero(context, sizeof *graph);
    if (!graph)
        return KOV_OUT_OF_MEMORY;
    graph->context = context;
    graph->refs = 1;
    kov_arena_init(&graph->arena, context);
    kov_value_info unused = {.node = -1};
    if (!KOV_PUSH(context, graph->values, unused)) {
        kov_free(context, graph);
        return KOV_OUT_OF_MEMORY;
    }
    kov_context_hold(context);
    kov_dims_retain(dims);
    graph->dims = dims;
    *out = graph;
    return KOV_OK;
}

void kov_graph_retain(kov_graph *graph)
{
    __atomic_fetch_add(&graph->refs, 1, __ATOMIC_RELAXED);
}

void kov_graph_release(kov_graph *graph)
{
    if (!graph || __atomic_sub_fetch(&graph->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    kov_context *context = graph->context;
    for (int i = 0; i < graph->tensors.n; i++)
        kov_tensor_release(graph->tensors.at[i]);
    for (int i = 0; i < graph->bodies.n; i++)
        kov_graph_release(graph->bodies.at[i]);
    kov_free(context, graph->tensors.at);
    kov_free(context, graph->bodies.at);
    kov_free(context, graph->nodes.at);
    kov_free(context, graph->values.at);
    kov_free(context, graph->parameters.at);
    kov_free(context, graph->results.at);
    kov_arena_free(&graph->arena);
    kov_dims_release(graph->dims);
    kov_free(context, graph);
    kov_context_drop(context);
}

int kov_graph_parameter_count(const kov_graph *graph)
{
    return graph->parameters.n;
}

kov_status kov_graph_parameter_type(const kov_graph *graph, int i, kov_dtype *dtype, int *ndim,
                                    int64_t *dims, const char **name)
{
    if (i < 0 || i >= graph->parameters.n)
        return kov_fail(KOV_INVALID_ARGUMENT, "parameter %d of a graph that has %d", i,
                        graph->parameters.n);
    const kov_graph_parameter *parameter = &graph->parameters.at[i];
    const kov_value_info *info = kov_graph_value(graph, parameter->value);
    if (dtype)
        *dtype = info->dtype;
    if (ndim)
        *ndim = info->ndim;
    for (int j = 0; dims && j < info->ndim; j++)
        dims[j] = info->dims[j];
    if (name)
        *name = parameter->name;
    return KOV_OK;
}

int kov_graph_result_count(const kov_graph *graph)
{
    return graph->results.n;
}

int kov_graph_node_count(const kov_graph *graph)
{
    return graph->nodes.n;
}

const kov_tensor *kov_graph_constant(const kov_graph *graph, kov_value value)
{
    if (value == KOV_VALUE_NONE || value == KOV_VALUE_ERROR)
        return NULL;
    const kov_node *node = kov_graph_producer(graph, value);
    return node->op == KOV_OP_CONSTANT ? node->attrs[0].u.tensor : NULL;
}

bool kov_graph_constant_number(const kov_graph *graph, kov_value value, double *out)
{
    const kov_tensor *tensor = kov_graph_constant(graph, value);
    if (!tensor || kov_tensor_count(tensor) < 1 || kov_dtype_bits(kov_tensor_dtype(tensor)) < 8)
        return false;
    size_t size = (size_t)kov_dtype_bits(kov_tensor_dtype(tensor)) / 8;
    const char *data = kov_tensor_data(tensor);
    for (int64_t i = 1; i < kov_tensor_count(tensor); i++) {
        if (memcmp(data, data + (size_t)i * size, size) != 0)
            return false;
    }
    if (kov_dtype_is_complex(kov_tensor_dtype(tensor))) {
        double parts[2];
        kov_status status = kov_convert(kov_tensor_dtype(tensor), data, KOV_DTYPE_C128, parts, 1);
        *out = parts[0];
        return status == KOV_OK && parts[1] == 0;
    }
    return kov_convert(kov_tensor_dtype(tensor), data, KOV_DTYPE_F64, out, 1) == KOV_OK;
}

const kov_attr *kov_node_attr(const kov_node *node, const char *name)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    for (int i = 0; i < op->attr_count; i++) {
        if (strcmp(op->attrs[i].name, name) == 0)
            return &node->attrs[i];
    }
    return NULL;
}

void kov_graph_use_counts(const kov_graph *graph, int *counts)
{
    memset(counts, 0, (size_t)graph->values.n * sizeof *counts);
    for (int i = 0; i < graph->nodes.n; i++) {
        const kov_node *node = &graph->nodes.at[i];
        for (int j = 0; j < node->input_count; j++) {
            if (node->inputs[j] != KOV_VALUE_NONE)
                counts[node->inputs[j]]++;
        }
    }
    for (int i = 0; i < graph->results.n; i++)
        counts[graph->results.at[i].value]++;
}

bool kov_value_is_static(const kov_value_info *value)
{
    for (int i = 0; i < value->ndim; i++) {
        if (!kov_dim_is_number(value->dims[i]))
            return false;
    }
    return true;
}
