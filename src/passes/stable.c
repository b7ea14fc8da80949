/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/stable.h"

bool *kov_graph_stable(const kov_graph *g)
{
    bool *stable = kov_alloc_zero(g->context, sizeof *stable * (size_t)g->values.n);
    if (!stable)
        return NULL;
    for (int i = 0; i < g->parameters.n; i++)
        stable[g->parameters.at[i].value] = g->parameters.at[i].role == KOV_ROLE_VARIABLE;
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        bool is = node->op == KOV_OP_CONSTANT || node->input_count > 0;
        if (node->op == KOV_OP_PARAMETER)
            continue;
        for (int j = 0; j < node->input_count; j++)
            is = is && (node->inputs[j] == KOV_VALUE_NONE || stable[node->inputs[j]]);
        for (int j = 0; j < node->output_count; j++)
            stable[node->first_output + (kov_value)j] = is;
    }
    return stable;
}
