/* SPDX-License-Identifier: Apache-2.0 */
/* A bias that is added behind a Reshape which splits the columns of a matrix product, as in Keras's
 * EinsumDense, goes before the Reshape: engines then add it where the product is stored. Keeps
 * bits: the same numbers are added. */
#include "passes/match.h"
#include "passes/passes.h"

/* Whether v has an entry for each element of the dimensions from `keep` on, and is 1 before. */
static bool is_per_column(const kov_value_info *v, const kov_value_info *y, int keep)
{
    if (v->ndim > y->ndim || y->ndim - v->ndim > keep)
        return false;
    for (int i = 0; i < v->ndim; i++) {
        int at = i + y->ndim - v->ndim;
        if (v->dims[i] != (at < keep ? 1 : y->dims[at]))
            return false;
    }
    return true;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->op != KOV_OP_ADD || r->stable[node->inputs[0]] == r->stable[node->inputs[1]])
        return false;
    int side = r->stable[node->inputs[0]] ? 1 : 0;
    kov_value data = kov_rewrite_input(r, node, side);
    kov_value bias = kov_rewrite_input(r, node, 1 - side);
    const kov_graph *graph = kov_rewrite_new(r);
    if (!kov_rewrite_is(r, data, KOV_OP_RESHAPE) || kov_rewrite_uses(r, data) != 1)
        return false;
    const kov_node reshape = *kov_rewrite_producer(r, data);
    kov_value product = reshape.inputs[0], shape = reshape.inputs[1];
    const kov_value_info *made = kov_graph_value(graph, product);
    const kov_value_info *split = kov_graph_value(graph, data);
    if (!kov_rewrite_is(r, product, KOV_OP_MAT_MUL) || kov_rewrite_uses(r, product) != 1 ||
        !kov_match_splits_last(made, split) ||
        !is_per_column(kov_graph_value(graph, bias), split, made->ndim - 1))
        return false;
    const int64_t flat[] = {made->dims[made->ndim - 1]};
    kov_value y = kov_add(r->b, product, kov_reshape_to(r->b, bias, flat, 1));
    outs[0] = kov_reshape(r->b, y, shape, reshape.attrs[KOV_RESHAPE_SPECIAL_ZERO].u.boolean);
    return true;
}

kov_status kov_pass_hoist_bias(const kov_graph *graph, const kov_pass_options *options,
                               kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
