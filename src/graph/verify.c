/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"
#include "graph/graph.h"
#include "graph/reinfer.h"

#define FEW 8

static kov_status bad(const kov_node *node, int index, const char *what)
{
    return kov_fail(KOV_INTERNAL, "verify: node %d (%s): %s", index, kov_op_info_of(node->op)->name,
                    what);
}

/* ---- structure ---- */

static kov_status check_dims(const kov_graph *graph, const kov_node *node, int index, kov_value v)
{
    const kov_value_info *info = kov_graph_value(graph, v);
    if (info->ndim < 0 || info->ndim > KOV_MAX_NDIM || !info->dims)
        return bad(node, index, "an output without a shape");
    for (int i = 0; i < info->ndim; i++) {
        if (info->dims[i] < -(kov_dim)graph->dims->exprs.n - 1 || info->dims[i] == -1)
            return bad(node, index, "a dimension that is no expression of the graph");
    }
    return KOV_OK;
}

static kov_status check_node(const kov_graph *graph, int index, kov_value *next)
{
    const kov_node *node = &graph->nodes.at[index];
    const kov_op_info *op = kov_op_info_of(node->op);
    if (node->input_count < op->min_inputs ||
        (op->max_inputs != KOV_VARIADIC && node->input_count > op->max_inputs))
        return bad(node, index, "the number of inputs");
    if (op->outputs != KOV_VARIADIC && node->output_count != op->outputs)
        return bad(node, index, "the number of outputs");
    if (node->first_output != *next || (int64_t)*next + node->output_count > graph->values.n)
        return bad(node, index, "outputs are not the next values");
    for (int i = 0; i < node->input_count; i++) {
        kov_value v = node->inputs[i];
        if (v == KOV_VALUE_NONE && i >= op->min_inputs)
            continue;
        if (v == KOV_VALUE_ERROR || v >= node->first_output)
            return bad(node, index, "an input that is not made before it");
    }
    for (int i = 0; i < node->output_count; i++) {
        const kov_value_info *info = kov_graph_value(graph, *next + (kov_value)i);
        if (info->node != index || info->output != i)
            return bad(node, index, "an output that names another node");
        KOV_TRY(check_dims(graph, node, index, *next + (kov_value)i));
    }
    *next += (kov_value)node->output_count;
    return KOV_OK;
}

static kov_status check_ends(const kov_graph *graph)
{
    int parameters = 0;
    for (int i = 0; i < graph->nodes.n; i++)
        parameters += graph->nodes.at[i].op == KOV_OP_PARAMETER;
    if (parameters != graph->parameters.n)
        return kov_fail(KOV_INTERNAL, "verify: %d parameter nodes, %d parameters", parameters,
                        graph->parameters.n);
    for (int i = 0; i < graph->parameters.n; i++) {
        kov_value v = graph->parameters.at[i].value;
        if (v == KOV_VALUE_ERROR || (int64_t)v >= graph->values.n ||
            kov_graph_producer(graph, v)->op != KOV_OP_PARAMETER)
            return kov_fail(KOV_INTERNAL, "verify: parameter %d is no parameter node's value", i);
        for (int j = 0; j < i; j++) {
            if (graph->parameters.at[j].value == v)
                return kov_fail(KOV_INTERNAL, "verify: parameters %d and %d are one value", j, i);
        }
    }
    for (int i = 0; i < graph->results.n; i++) {
        kov_value v = graph->results.at[i].value;
        if (v == KOV_VALUE_ERROR || (int64_t)v >= graph->values.n)
            return kov_fail(KOV_INTERNAL, "verify: result %d is no value", i);
    }
    return KOV_OK;
}

/* ---- types ---- */

/* Whether both can be the same number: inference from better known inputs may know more than was
 * known when the node was made, and never the contrary. */
static bool dims_agree(const kov_dims *dims, kov_dim a, kov_dim b)
{
    return kov_dim_lower(dims, a) <= kov_dim_upper(dims, b) &&
           kov_dim_lower(dims, b) <= kov_dim_upper(dims, a);
}

static kov_status check_types(const kov_graph *graph, const kov_node *node, int index,
                              const kov_infer_output *outputs)
{
    for (int i = 0; i < node->output_count; i++) {
        const kov_value_info *have = kov_graph_value(graph, node->first_output + (kov_value)i);
        if (have->dtype != outputs[i].dtype || have->ndim != outputs[i].ndim)
            return bad(node, index, "dtype or rank of an output differ when inferred again");
        for (int j = 0; j < have->ndim; j++) {
            if (!dims_agree(graph->dims, have->dims[j], outputs[i].dims[j]))
                return bad(node, index, "a dimension of an output differs when inferred again");
        }
    }
    return KOV_OK;
}

static kov_status check_inference(const kov_graph *graph, int index, kov_arena *arena)
{
    const kov_node *node = &graph->nodes.at[index];
    kov_context *context = graph->context;
    kov_infer_input few_in[FEW], *inputs = few_in;
    kov_infer_output few_out[FEW] = {0}, *outputs = few_out;
    kov_status status = KOV_OUT_OF_MEMORY;
    if (node->input_count > FEW &&
        !(inputs = kov_alloc(context, sizeof *inputs * (size_t)node->input_count)))
        return status;
    if ((kov_op_info_of(node->op)->outputs == KOV_VARIADIC || node->output_count > FEW) &&
        !(outputs = kov_alloc_zero(context, sizeof *outputs * KOV_INFER_MAX_OUTPUTS)))
        goto fail;
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] == KOV_VALUE_NONE) {
            inputs[i] = (kov_infer_input){.ndim = -1};
            continue;
        }
        const kov_value_info *v = kov_graph_value(graph, node->inputs[i]);
        inputs[i] = (kov_infer_input){v->dtype, v->ndim, v->dims, v->content,
                                      kov_graph_constant(graph, node->inputs[i])};
    }
    status = kov_node_reinfer(node, inputs, graph->dims, arena, outputs);
    if (status == KOV_OK)
        status = check_types(graph, node, index, outputs);
fail:
    if (inputs != few_in)
        kov_free(context, inputs);
    if (outputs != few_out)
        kov_free(context, outputs);
    return status;
}

static kov_status check_bodies(const kov_node *node)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    for (int i = 0; i < op->attr_count; i++) {
        if (op->attrs[i].kind == KOV_ATTR_BODY)
            KOV_TRY(kov_graph_verify(node->attrs[i].u.body));
    }
    return KOV_OK;
}

kov_status kov_graph_verify(const kov_graph *graph)
{
    kov_arena arena;
    kov_value next = 1;
    kov_status status = KOV_OK;
    for (int i = 0; i < graph->nodes.n; i++)
        KOV_TRY(check_node(graph, i, &next));
    if ((int64_t)next != graph->values.n)
        return kov_fail(KOV_INTERNAL, "verify: %d values, the nodes make %u", graph->values.n,
                        next);
    KOV_TRY(check_ends(graph));
    kov_arena_init(&arena, graph->context);
    kov_dims_lock(graph->dims);
    graph->dims->failed = false; /* memory that was short earlier */
    for (int i = 0; i < graph->nodes.n && status == KOV_OK; i++) {
        const kov_node *node = &graph->nodes.at[i];
        status = check_bodies(node);
        if (status == KOV_OK && node->op != KOV_OP_PARAMETER)
            status = check_inference(graph, i, &arena);
    }
    kov_dims_unlock(graph->dims);
    kov_arena_free(&arena);
    return status;
}
