/* SPDX-License-Identifier: Apache-2.0 */
/* Copying nodes of a finished graph into a builder: what passes and inlining are made of. */
#include "base/status.h"
#include "graph/builder.h"
#include <string.h>

kov_value kov_copy_node(kov_builder *b, const kov_graph *from, const kov_node *node,
                        const kov_value *map)
{
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (node->op == KOV_OP_CONSTANT)
        return kov_builder_add_constant(b, node->attrs[0].u.tensor,
                                        kov_graph_value(from, node->first_output)->weak);
    kov_value few[16], *inputs = few;
    if (node->input_count > 16) {
        inputs = kov_alloc(b->context, sizeof *inputs * (size_t)node->input_count);
        if (!inputs)
            return kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    }
    for (int i = 0; i < node->input_count; i++)
        inputs[i] = node->inputs[i] == KOV_VALUE_NONE ? KOV_VALUE_NONE : map[node->inputs[i]];
    int before = kov_builder_node_count(b), count;
    kov_value first = kov_emit_many(b, node->op, inputs, node->input_count, node->attrs, &count);
    if (inputs != few)
        kov_free(b->context, inputs);
    if (first != KOV_VALUE_ERROR && kov_builder_node_count(b) > before)
        kov_builder_annotate(b, first, node);
    return first;
}

static void copy_outputs(kov_value *map, const kov_node *node, kov_value first)
{
    for (int i = 0; i < node->output_count; i++)
        map[node->first_output + (kov_value)i] = kov_output(first, i);
}

void kov_inline_graph(kov_builder *b, const kov_graph *body, const kov_value *inputs,
                      kov_value *results)
{
    kov_value *map = kov_alloc_zero(b->context, sizeof *map * (size_t)body->values.n);
    if (!map) {
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
        return;
    }
    for (int i = 0; i < body->parameters.n; i++)
        map[body->parameters.at[i].value] = inputs[i];
    for (int i = 0; i < body->nodes.n && b->status == KOV_OK; i++) {
        const kov_node *node = &body->nodes.at[i];
        if (node->op != KOV_OP_PARAMETER)
            copy_outputs(map, node, kov_copy_node(b, body, node, map));
    }
    for (int i = 0; i < body->results.n; i++)
        results[i] = map[body->results.at[i].value];
    kov_free(b->context, map);
}
