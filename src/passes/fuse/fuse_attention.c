/* SPDX-License-Identifier: Apache-2.0 */
/* softmax(scale * Q K^T [+ bias], masked) V, as Keras's MultiHeadAttention and
 * dot_product_attention write it, becomes ScaledDotProductAttention.
 *
 * A mask that puts a number L in the place of forbidden scores becomes one that adds a number near
 * the lowest float to them. Where a row allows any key, e^(L - largest score) is 0 either way;
 * where it allows none, all scores are the same number either way if L is that low. Keras's Softmax
 * layer has L = -1e9 and sets forbidden weights to 0 afterwards, so such a row is 0: that is said
 * by a factor behind. Both hold for scores of magnitude below 1e8. A mask that lets query i see
 * keys 0 to i is the operation's own. */
#include "passes/match.h"
#include "passes/passes.h"

#include <string.h>

#define LOWEST (-0.7 * 0x1.fffffep127)

typedef struct kov_attention_match {
    kov_value scored;            /* what stands in the product of query and key */
    kov_value query, key, value; /* [..., length, size] */
    kov_value query_order;       /* Transpose of the query that stands over its scaling, or NONE */
    kov_value bias, mask;        /* or NONE; mask is true where a key is allowed */
    bool zeroed;                 /* rows without an allowed key are 0 */
    bool key_turned;             /* the key is [..., size, length] */
    double scale;
} kov_attention_match;

/* v = x * number or x / number: takes the number into the scale. */
static kov_value without_scale(const kov_rewrite *r, kov_value v, double *scale)
{
    double number;
    const kov_node *node = kov_match_once(r, v, KOV_OP_MULTIPLY);
    for (int i = 0; node && i < 2; i++) {
        if (kov_match_number(r, node->inputs[1 - i], &number) &&
            kov_match_same_shape(r, node->inputs[i], v)) {
            *scale *= number;
            return node->inputs[i];
        }
    }
    node = kov_match_once(r, v, KOV_OP_DIVIDE);
    if (node && kov_match_number(r, node->inputs[1], &number) && number != 0 &&
        kov_match_same_shape(r, node->inputs[0], v)) {
        *scale /= number;
        return node->inputs[0];
    }
    return v;
}

static bool match_scores(const kov_rewrite *r, kov_value v, kov_attention_match *out)
{
    out->scale = 1;
    v = without_scale(r, v, &out->scale);
    const kov_node *node = kov_match_once(r, v, KOV_OP_MAT_MUL);
    if (!node || node->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean)
        return false;
    out->scored = node->inputs[0];
    out->query = without_scale(r, out->scored, &out->scale);
    out->query_order = KOV_VALUE_NONE;
    const kov_node *turn = kov_match_once(r, out->query, KOV_OP_TRANSPOSE);
    if (turn) {
        out->query = without_scale(r, turn->inputs[0], &out->scale);
        out->query_order = turn->inputs[1];
    }
    out->key = node->inputs[1];
    out->key_turned = !node->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean;
    return true;
}

/* Scores, scores + bias. */
static bool match_biased(const kov_rewrite *r, kov_value v, kov_attention_match *out)
{
    out->bias = KOV_VALUE_NONE;
    if (match_scores(r, v, out))
        return true;
    const kov_node *sum = kov_match_once(r, v, KOV_OP_ADD);
    for (int i = 0; sum && i < 2; i++) {
        out->bias = sum->inputs[1 - i];
        if (kov_match_same_shape(r, sum->inputs[i], v) && match_scores(r, sum->inputs[i], out))
            return true;
    }
    return false;
}

/* `weights` is what meets the values. */
static bool match_weights(const kov_rewrite *r, kov_value weights, kov_attention_match *out)
{
    double low;
    kov_value after = KOV_VALUE_NONE;
    const kov_node *zeroed = kov_match_once(r, weights, KOV_OP_SELECT);
    if (zeroed) {
        after = zeroed->inputs[0];
        weights = zeroed->inputs[1];
        if (!kov_match_is_number(r, zeroed->inputs[2], 0))
            return false;
    }
    const kov_node *softmax = kov_match_once(r, weights, KOV_OP_SOFTMAX);
    int ndim = kov_graph_value(r->from, weights)->ndim;
    if (!softmax || softmax->attrs[KOV_SOFTMAX_AXIS].u.integer != ndim - 1)
        return false;
    const kov_node *masked = kov_match_once(r, softmax->inputs[0], KOV_OP_SELECT);
    out->mask = masked ? masked->inputs[0] : KOV_VALUE_NONE;
    out->zeroed = zeroed != NULL;
    if (zeroed && out->mask != after)
        return false;
    if (masked &&
        (!kov_match_number(r, masked->inputs[2], &low) || low > (out->zeroed ? -1e9 : -1e30) ||
         !kov_match_same_shape(r, masked->inputs[1], softmax->inputs[0])))
        return false;
    return match_biased(r, masked ? masked->inputs[1] : softmax->inputs[0], out);
}

/* 0, 1, 2 ... along the last dimension. */
static bool counts_up(const kov_rewrite *r, kov_value v)
{
    const kov_node *whole = kov_match(r, v, KOV_OP_CONVERT);
    const kov_node *range = kov_match(r, whole ? whole->inputs[0] : v, KOV_OP_RANGE);
    return range && kov_match_is_number(r, range->inputs[0], 0) &&
           kov_match_is_number(r, range->inputs[2], 1);
}

/* A mask [queries, keys], perhaps under dimensions of 1, that is true where key <= query. */
static bool is_causal(const kov_rewrite *r, kov_value mask)
{
    const kov_value_info *info = kov_graph_value(r->from, mask);
    const kov_tensor *tensor = kov_graph_constant(r->from, mask);
    if (tensor && info->dtype == KOV_DTYPE_BOOL && info->ndim >= 2) {
        const unsigned char *at = kov_tensor_data(tensor);
        int64_t rows = info->dims[info->ndim - 2], columns = info->dims[info->ndim - 1];
        bool lower = kov_tensor_count(tensor) == rows * columns && rows > 1;
        for (int64_t i = 0; i < rows && lower; i++) {
            for (int64_t k = 0; k < columns && lower; k++)
                lower = (at[i * columns + k] != 0) == (k <= i);
        }
        return lower;
    }
    const kov_node *compare = kov_match(r, mask, KOV_OP_GREATER_EQUAL);
    const kov_node *column = compare ? kov_match(r, compare->inputs[0], KOV_OP_UNSQUEEZE) : NULL;
    return column && info->ndim == 2 && kov_match_is_number(r, column->inputs[1], 1) &&
           counts_up(r, column->inputs[0]) && counts_up(r, compare->inputs[1]);
}

/* Whether all three are of one rank and their leading dimensions are the same. */
static bool fits(const kov_rewrite *r, const kov_attention_match *m)
{
    const kov_value_info *query = kov_graph_value(r->from, m->scored);
    const kov_value others[] = {m->key, m->value};
    for (int i = 0; i < 2; i++) {
        const kov_value_info *v = kov_graph_value(r->from, others[i]);
        if (query->ndim < 3 || v->ndim != query->ndim || v->dtype != KOV_DTYPE_F32 ||
            memcmp(v->dims, query->dims, sizeof *v->dims * (size_t)(v->ndim - 2)) != 0)
            return false;
    }
    if (m->mask != KOV_VALUE_NONE && kov_graph_value(r->from, m->mask)->ndim == 0)
        return false;
    return query->dtype == KOV_DTYPE_F32;
}

static kov_value turned(kov_rewrite *r, kov_value v)
{
    int64_t order[KOV_MAX_NDIM];
    int ndim = kov_ndim(r->b, v);
    for (int i = 0; i < ndim; i++)
        order[i] = i < ndim - 2 ? i : 2 * ndim - 3 - i;
    return kov_transpose(r->b, v, kov_constant_i64(r->b, order, ndim));
}

static kov_value mapped(const kov_rewrite *r, kov_value v)
{
    return v == KOV_VALUE_NONE ? v : r->map[v];
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_attention_match m;
    kov_builder *b = r->b;
    if (node->op != KOV_OP_MAT_MUL || node->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean ||
        node->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean ||
        kov_graph_value(r->from, node->first_output)->dtype != KOV_DTYPE_F32 ||
        !match_weights(r, node->inputs[0], &m))
        return false;
    m.value = node->inputs[1];
    if (!fits(r, &m))
        return false;
    bool causal = m.mask != KOV_VALUE_NONE && m.bias == KOV_VALUE_NONE && is_causal(r, m.mask);
    if (causal) { /* each query sees a key */
        m.mask = KOV_VALUE_NONE;
        m.zeroed = false;
    }
    kov_value query = mapped(r, m.query), key = mapped(r, m.key), bias = mapped(r, m.bias);
    kov_value mask = mapped(r, m.mask), any = KOV_VALUE_NONE;
    if (m.query_order != KOV_VALUE_NONE)
        query = kov_transpose(b, query, mapped(r, m.query_order));
    if (m.key_turned)
        key = turned(r, key);
    if (m.zeroed) {
        const int64_t last = kov_ndim(b, mask) - 1;
        any = kov_reduce_logical_or(b, mask, kov_constant_i64(b, &last, 1), true);
        any = kov_cast(b, any, KOV_DTYPE_F32);
    }
    if (mask != KOV_VALUE_NONE) {
        kov_value allowed = bias == KOV_VALUE_NONE ? kov_scalar_like(b, query, 0) : bias;
        bias = kov_select(b, mask, allowed, kov_scalar_like(b, query, LOWEST));
    }
    kov_value y = kov_scaled_dot_product_attention(b, query, key, mapped(r, m.value), bias,
                                                   kov_scalar_like(b, query, m.scale), causal);
    if (any != KOV_VALUE_NONE)
        y = kov_multiply(b, y, any);
    outs[0] = y;
    return true;
}

kov_status kov_pass_fuse_attention(const kov_graph *graph, const kov_pass_options *options,
                                   kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
