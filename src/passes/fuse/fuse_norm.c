/* SPDX-License-Identifier: Apache-2.0 */
/* Keras's layer normalisation, which it writes out in means and products,
 *     m = mean(x), v = mean((x - m)^2), i = 1 / sqrt(v + epsilon) [* gamma],
 *     y = x * i + (-m * i [+ beta]),
 * becomes MVN(x) [* gamma] [+ beta]. This form does not cancel where the mean is large: it is the
 * more accurate one. Both are within 16 roundings of the largest term. */
#include "passes/match.h"
#include "passes/passes.h"

typedef struct kov_layer_norm {
    kov_value x, axes, gamma, beta;
    double epsilon;
} kov_layer_norm;

/* mean and mean of squares off it: fills x, axes and epsilon from i = 1 / sqrt(v + epsilon). */
static bool match_deviation(const kov_rewrite *r, kov_value inverse, kov_value mean,
                            kov_layer_norm *out)
{
    const kov_node *divide = kov_match(r, inverse, KOV_OP_DIVIDE);
    if (!divide || !kov_match_is_number(r, divide->inputs[0], 1))
        return false;
    const kov_node *root = kov_match(r, divide->inputs[1], KOV_OP_SQRT);
    const kov_node *sum = root ? kov_match(r, root->inputs[0], KOV_OP_ADD) : NULL;
    if (!sum)
        return false;
    int side = kov_match_number(r, sum->inputs[1], &out->epsilon) ? 0 : 1;
    if (side == 1 && !kov_match_number(r, sum->inputs[0], &out->epsilon))
        return false;
    const kov_node *variance = kov_match(r, sum->inputs[side], KOV_OP_REDUCE_MEAN);
    const kov_node *square = variance ? kov_match(r, variance->inputs[0], KOV_OP_MULTIPLY) : NULL;
    if (!square || square->inputs[0] != square->inputs[1])
        return false;
    const kov_node *off = kov_match(r, square->inputs[0], KOV_OP_SUBTRACT);
    const kov_node *center = kov_match(r, mean, KOV_OP_REDUCE_MEAN);
    if (!off || !center || off->inputs[1] != mean || off->inputs[0] != center->inputs[0] ||
        center->inputs[1] != variance->inputs[1] ||
        !center->attrs[KOV_REDUCE_MEAN_KEEP_DIMS].u.boolean ||
        !variance->attrs[KOV_REDUCE_MEAN_KEEP_DIMS].u.boolean)
        return false;
    out->x = center->inputs[0];
    out->axes = center->inputs[1];
    return out->epsilon >= 0;
}

/* i or i * gamma. */
static bool match_factor(const kov_rewrite *r, kov_value factor, kov_value mean,
                         kov_layer_norm *out)
{
    out->gamma = KOV_VALUE_NONE;
    if (match_deviation(r, factor, mean, out))
        return true;
    const kov_node *scaled = kov_match(r, factor, KOV_OP_MULTIPLY);
    for (int i = 0; scaled && i < 2; i++) {
        out->gamma = scaled->inputs[1 - i];
        if (match_deviation(r, scaled->inputs[i], mean, out))
            return true;
    }
    return false;
}

/* x * i, where `factor` is i. */
static bool is_scaled(const kov_rewrite *r, kov_value v, kov_value factor, kov_value x)
{
    const kov_node *node = kov_match_once(r, v, KOV_OP_MULTIPLY);
    return node && kov_match_other(node, factor) == x;
}

/* -m * i: fills all but beta. */
static bool match_shift(const kov_rewrite *r, kov_value shift, kov_layer_norm *out,
                        kov_value *factor)
{
    const kov_node *product = kov_match_once(r, shift, KOV_OP_MULTIPLY);
    for (int i = 0; product && i < 2; i++) {
        const kov_node *negative = kov_match(r, product->inputs[i], KOV_OP_NEGATIVE);
        *factor = product->inputs[1 - i];
        if (negative && match_factor(r, *factor, negative->inputs[0], out))
            return true;
    }
    return false;
}

static bool match_norm(const kov_rewrite *r, const kov_node *node, kov_layer_norm *out)
{
    kov_value factor;
    for (int i = 0; i < 2; i++) {
        kov_value scaled = node->inputs[i], rest = node->inputs[1 - i];
        out->beta = KOV_VALUE_NONE;
        if (match_shift(r, rest, out, &factor) && is_scaled(r, scaled, factor, out->x))
            return true;
        const kov_node *sum = kov_match_once(r, rest, KOV_OP_ADD);
        for (int k = 0; sum && k < 2; k++) {
            out->beta = sum->inputs[1 - k];
            if (match_shift(r, sum->inputs[k], out, &factor) &&
                is_scaled(r, scaled, factor, out->x))
                return true;
        }
    }
    return false;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_layer_norm norm;
    if (node->op != KOV_OP_ADD || !match_norm(r, node, &norm) ||
        kov_graph_value(r->from, node->first_output)->dtype != KOV_DTYPE_F32 ||
        !kov_match_same_shape(r, norm.x, node->first_output))
        return false;
    kov_value y =
        kov_mvn(r->b, r->map[norm.x], r->map[norm.axes], true, norm.epsilon, "inside_sqrt");
    if (norm.gamma != KOV_VALUE_NONE)
        y = kov_multiply(r->b, y, r->map[norm.gamma]);
    if (norm.beta != KOV_VALUE_NONE)
        y = kov_add(r->b, y, r->map[norm.beta]);
    outs[0] = y;
    return true;
}

kov_status kov_pass_fuse_norm(const kov_graph *graph, const kov_pass_options *options,
                              kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
