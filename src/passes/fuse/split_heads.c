/* SPDX-License-Identifier: Apache-2.0 */
/* Attention heads without Transposes. Keras computes all heads by one product [.., tokens, heads *
 * size], and turns it to [.., heads, tokens, size]: the same numbers come from a product with one
 * matrix per head, which the prologue cuts out of the weights. The way back, [.., tokens, heads *
 * size] from [.., heads, tokens, size], is the heads side by side. OpenVINO takes as long for it,
 * within 4 %. Sums are of the same products. */
#include "passes/match.h"
#include "passes/passes.h"

enum { MAX_HEADS = 128 };

/* Transpose of [a, b, c, d] to [a, c, b, d]. */
static bool swaps_middle(const kov_rewrite *r, const kov_node *node)
{
    int64_t order[KOV_MAX_NDIM];
    return kov_rewrite_ints(r, r->map[node->inputs[1]], order, KOV_MAX_NDIM) == 4 &&
           order[0] == 0 && order[1] == 2 && order[2] == 1 && order[3] == 3;
}

/* Whether the last dimension of `flat` [a, b, c * d] is the last two of `split` [a, b, c, d]. */
static bool parts_last(const kov_value_info *flat, const kov_value_info *split)
{
    return flat->ndim == 3 && split->ndim == 4 && kov_match_splits_last(flat, split);
}

/* A product of all heads, with its bias [heads * size] or without. */
typedef struct kov_heads_match {
    kov_value x;       /* [batch, tokens, width] */
    kov_value weights; /* [width, heads * size] */
    kov_value bias;    /* or NONE */
} kov_heads_match;

static bool match_product(const kov_rewrite *r, kov_value v, kov_heads_match *out)
{
    out->bias = KOV_VALUE_NONE;
    const kov_node *sum = kov_match_once(r, v, KOV_OP_ADD);
    if (sum) {
        int side = r->stable[sum->inputs[0]] ? 0 : 1;
        out->bias = sum->inputs[side];
        const kov_value_info *bias = kov_graph_value(r->from, out->bias);
        const kov_value_info *y = kov_graph_value(r->from, v);
        if (!r->stable[out->bias] || bias->ndim != 1 || bias->dims[0] != y->dims[y->ndim - 1])
            return false;
        v = sum->inputs[1 - side];
    }
    const kov_node *product = kov_match_once(r, v, KOV_OP_MAT_MUL);
    if (!product || product->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean ||
        product->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean || !r->stable[product->inputs[1]])
        return false;
    out->x = product->inputs[0];
    out->weights = product->inputs[1];
    const kov_value_info *weights = kov_graph_value(r->from, out->weights);
    return kov_graph_value(r->from, out->x)->ndim == 3 && weights->ndim == 2 &&
           kov_dtype_is_float(weights->dtype) && kov_dim_is_number(weights->dims[0]);
}

/* [batch, heads, tokens, size] out of [batch, tokens, heads * size]. */
static bool part_heads(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    static const int64_t by_head[] = {1, 0, 2}, second = 1;
    kov_heads_match m;
    kov_builder *b = r->b;
    const kov_node *split = kov_match_once(r, node->inputs[0], KOV_OP_RESHAPE);
    if (!split || !swaps_middle(r, node))
        return false;
    const kov_value_info *parted = kov_graph_value(r->from, node->inputs[0]);
    if (!parts_last(kov_graph_value(r->from, split->inputs[0]), parted) ||
        !match_product(r, split->inputs[0], &m))
        return false;
    const int64_t width = kov_graph_value(r->from, m.weights)->dims[0];
    const int64_t heads = parted->dims[2], size = parted->dims[3];
    const int64_t matrix[] = {width, heads, size}, row[] = {heads, 1, size};
    kov_value weights = kov_reshape_to(b, r->map[m.weights], matrix, 3);
    weights = kov_transpose(b, weights, kov_constant_i64(b, by_head, 3));
    kov_value x = kov_unsqueeze(b, r->map[m.x], kov_constant_i64(b, &second, 1));
    outs[0] = kov_mat_mul(b, x, weights, false, false);
    if (m.bias != KOV_VALUE_NONE)
        outs[0] = kov_add(b, outs[0], kov_reshape_to(b, r->map[m.bias], row, 3));
    return true;
}

/* What an attention gives, perhaps with its empty rows set to 0. */
static bool is_attended(const kov_rewrite *r, kov_value v)
{
    const kov_node *zeroed = kov_match_once(r, v, KOV_OP_MULTIPLY);
    if (zeroed)
        v = zeroed->inputs[0];
    return kov_match(r, v, KOV_OP_SCALED_DOT_PRODUCT_ATTENTION) || kov_match(r, v, KOV_OP_MAT_MUL);
}

/* [batch, tokens, heads * size] out of [batch, heads, tokens, size]. */
static bool join_heads(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    static const int64_t second = 1;
    kov_builder *b = r->b;
    const kov_node *turn = kov_match_once(r, node->inputs[0], KOV_OP_TRANSPOSE);
    if (!turn || !swaps_middle(r, turn) || !is_attended(r, turn->inputs[0]) ||
        !parts_last(kov_graph_value(r->from, node->first_output),
                    kov_graph_value(r->from, node->inputs[0])))
        return false;
    kov_value parts[MAX_HEADS];
    const kov_dim heads = kov_graph_value(r->from, node->inputs[0])->dims[2];
    if (heads > MAX_HEADS)
        return false;
    int count;
    kov_value first =
        kov_split(b, r->map[turn->inputs[0]], kov_constant_i64_scalar(b, 1), heads, &count);
    for (int i = 0; i < count; i++)
        parts[i] = kov_output(first, i);
    kov_value y = kov_concat(b, parts, count, 3);
    outs[0] = kov_squeeze(b, y, kov_constant_i64(b, &second, 1));
    return true;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->op == KOV_OP_TRANSPOSE)
        return part_heads(r, node, outs);
    return node->op == KOV_OP_RESHAPE && join_heads(r, node, outs);
}

kov_status kov_pass_split_heads(const kov_graph *graph, const kov_pass_options *options,
                                kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
