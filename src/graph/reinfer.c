/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/reinfer.h"
#include "base/status.h"
#include <string.h>

#define FEW 8

kov_status kov_node_reinfer(const kov_node *node, const kov_infer_input *inputs, kov_dims *dims,
                            kov_arena *arena, kov_infer_output *outputs)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    kov_infer infer = {.context = dims->context,
                       .dims = dims,
                       .arena = arena,
                       .op = op,
                       .attrs = node->attrs,
                       .input_count = node->input_count,
                       .inputs = inputs,
                       .output_count =
                           op->outputs == KOV_VARIADIC ? KOV_VARIADIC : node->output_count,
                       .outputs = outputs};
    kov_status status = op->infer(&infer);
    if (dims->failed) /* a dimension that could not be made is 0, whatever was found then */
        return kov_fail(KOV_OUT_OF_MEMORY, "%s: out of memory for a dimension", op->name);
    if (status == KOV_OK && infer.output_count != node->output_count)
        return kov_fail(KOV_INTERNAL, "%s: %d outputs inferred again, %d when built", op->name,
                        infer.output_count, node->output_count);
    if (status != KOV_OK && node->name)
        return kov_fail_in(status, "%s", node->name);
    return status;
}

static kov_status keep(const kov_infer_output *out, kov_arena *arena, kov_infer_input *info)
{
    kov_dim *dims = kov_dims_copy(arena, out->ndim, out->dims);
    if (!dims)
        return KOV_OUT_OF_MEMORY;
    *info = (kov_infer_input){out->dtype, out->ndim, dims, out->content, NULL};
    return KOV_OK;
}

static kov_status reinfer_node(const kov_node *node, kov_dims *dims, kov_arena *arena,
                               kov_infer_input *infos)
{
    kov_infer_input few_in[FEW], *inputs = few_in;
    kov_infer_output few_out[FEW] = {0}, *outputs = few_out;
    kov_context *context = dims->context;
    kov_status status = KOV_OUT_OF_MEMORY;
    if (node->input_count > FEW &&
        !(inputs = kov_alloc(context, sizeof *inputs * (size_t)node->input_count)))
        return status;
    bool variadic = kov_op_info_of(node->op)->outputs == KOV_VARIADIC;
    if ((variadic || node->output_count > FEW) &&
        !(outputs = kov_alloc_zero(context, sizeof *outputs * KOV_INFER_MAX_OUTPUTS)))
        goto fail;
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] == KOV_VALUE_NONE)
            inputs[i] = (kov_infer_input){.ndim = -1};
        else
            inputs[i] = infos[node->inputs[i]];
    }
    status = kov_node_reinfer(node, inputs, dims, arena, outputs);
    for (int i = 0; i < node->output_count && status == KOV_OK; i++)
        status = keep(&outputs[i], arena, &infos[node->first_output + (kov_value)i]);
    if (status == KOV_OK && node->op == KOV_OP_CONSTANT)
        infos[node->first_output].tensor = node->attrs[0].u.tensor;
fail:
    if (inputs != few_in)
        kov_free(context, inputs);
    if (outputs != few_out)
        kov_free(context, outputs);
    return status;
}

kov_status kov_graph_reinfer(const kov_graph *graph, const kov_infer_input *inputs, kov_dims *dims,
                             kov_arena *arena, kov_infer_input *infos)
{
    for (int i = 0; i < graph->parameters.n; i++)
        infos[graph->parameters.at[i].value] = inputs[i];
    for (int i = 0; i < graph->nodes.n; i++) {
        const kov_node *node = &graph->nodes.at[i];
        if (node->op != KOV_OP_PARAMETER)
            KOV_TRY(reinfer_node(node, dims, arena, infos));
    }
    return KOV_OK;
}

kov_status kov_graph_reinfer_results(const kov_graph *graph, const kov_infer_input *inputs,
                                     kov_dims *dims, kov_arena *arena, kov_infer_output *outputs)
{
    kov_infer_input *infos = kov_alloc_zero(dims->context, sizeof *infos * (size_t)graph->values.n);
    if (!infos)
        return KOV_OUT_OF_MEMORY;
    kov_status status = kov_graph_reinfer(graph, inputs, dims, arena, infos);
    for (int i = 0; i < graph->results.n && status == KOV_OK; i++) {
        const kov_infer_input *info = &infos[graph->results.at[i].value];
        kov_infer_output *out = &outputs[i];
        *out =
            (kov_infer_output){.dtype = info->dtype, .ndim = info->ndim, .content = info->content};
        memcpy(out->dims, info->dims, sizeof(kov_dim) * (size_t)info->ndim);
    }
    kov_free(dims->context, infos);
    return status;
}
