/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/passes.h"

/* A composite that no engine wants whole becomes its body. */
static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    const kov_pass_options *options = r->user;
    if (node->op != KOV_OP_COMPOSITE ||
        (options->keep_composite && options->keep_composite(r->from, node)))
        return false;
    kov_value inputs[64];
    if (node->input_count > 64)
        return false;
    for (int i = 0; i < node->input_count; i++)
        inputs[i] = kov_rewrite_input(r, node, i);
    kov_inline_graph(r->b, node->attrs[0].u.body, inputs, outs);
    return true;
}

kov_status kov_pass_inline(const kov_graph *graph, const kov_pass_options *options, kov_graph **out)
{
    return kov_rewrite_graph(graph, rule, (void *)options, out);
}
