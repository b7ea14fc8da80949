/* SPDX-License-Identifier: Apache-2.0 */
/* Scale and shift per channel after a convolution or a matrix product go into its weights and bias:
 * what batch normalisation is in inference. The work moves to the prologue. Reassociates: each
 * result is within about (K + 4) roundings of the unfolded one, K the number of products in its
 * sum. */
#include "passes/passes.h"

/* The axis of the product's output that holds channels; -1: not a product. */
static int channel_axis(const kov_graph *graph, const kov_node *node)
{
    switch (node->op) {
    case KOV_OP_CONVOLUTION:
    case KOV_OP_GROUP_CONVOLUTION:
    case KOV_OP_CONVOLUTION_BACKPROP_DATA:
    case KOV_OP_GROUP_CONVOLUTION_BACKPROP_DATA:
        return 1;
    case KOV_OP_MAT_MUL:
        return kov_graph_value(graph, node->inputs[1])->ndim == 2
                   ? kov_graph_value(graph, node->first_output)->ndim - 1
                   : -1;
    default:
        return -1;
    }
}

/* Whether v is one number per entry of `axis` of the product y, or one number: it broadcasts to y's
 * shape and not beyond. */
static bool is_per_channel(const kov_value_info *v, const kov_value_info *y, int axis)
{
    if (v->ndim > y->ndim)
        return false;
    for (int i = 0; i < v->ndim; i++) {
        int at = i + y->ndim - v->ndim;
        if (v->dims[i] != 1 && (at != axis || v->dims[i] != y->dims[axis]))
            return false;
    }
    return true;
}

/* v, per channel of `axis`, as a tensor that multiplies the weights. */
static kov_value scale_for_weights(kov_rewrite *r, const kov_node *product, kov_value v)
{
    const kov_graph *graph = kov_rewrite_new(r);
    int64_t shape[KOV_MAX_NDIM];
    int ndim = kov_graph_value(graph, product->inputs[1])->ndim;
    for (int i = 0; i < ndim; i++)
        shape[i] = 1;
    switch (product->op) {
    case KOV_OP_CONVOLUTION: /* O, I, spatial */
        shape[0] = -1;
        break;
    case KOV_OP_CONVOLUTION_BACKPROP_DATA: /* I, O, spatial */
        shape[1] = -1;
        break;
    case KOV_OP_GROUP_CONVOLUTION: /* G, O, I, spatial */
    case KOV_OP_GROUP_CONVOLUTION_BACKPROP_DATA: {
        bool back = product->op == KOV_OP_GROUP_CONVOLUTION_BACKPROP_DATA;
        const kov_dim *w = kov_graph_value(graph, product->inputs[1])->dims;
        if (kov_graph_value(graph, v)->ndim == 0)
            return v;
        bool one = true;
        for (int i = 0; i < kov_graph_value(graph, v)->ndim; i++)
            one = one && kov_graph_value(graph, v)->dims[i] == 1;
        if (one)
            break;
        shape[0] = w[0];
        shape[back ? 2 : 1] = w[back ? 2 : 1];
        break;
    }
    default: { /* matrix: in, out; transposed: out, in */
        shape[product->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean ? 0 : 1] = -1;
        break;
    }
    }
    return kov_reshape_to(r->b, v, shape, ndim);
}

static kov_value scaled_product(kov_rewrite *r, const kov_node *product, kov_value scale)
{
    kov_value inputs[3] = {product->inputs[0], product->inputs[1]};
    for (int i = 2; i < product->input_count; i++)
        inputs[i] = product->inputs[i];
    const kov_node copy = *product;
    inputs[1] = kov_multiply(r->b, inputs[1], scale_for_weights(r, &copy, scale));
    kov_value y = kov_emit(r->b, copy.op, inputs, copy.input_count, copy.attrs);
    if (copy.name)
        kov_builder_name(r->b, y, copy.name);
    return y;
}

/* One operand of a binary node as (new data, old and new stable other). */
static bool split_operands(const kov_rewrite *r, const kov_node *node, kov_value *data,
                           kov_value *other)
{
    if (node->input_count != 2 || r->stable[node->inputs[0]] == r->stable[node->inputs[1]])
        return false;
    int d = r->stable[node->inputs[0]] ? 1 : 0;
    *data = kov_rewrite_input(r, node, d);
    *other = kov_rewrite_input(r, node, 1 - d);
    return kov_rewrite_uses(r, *data) == 1;
}

/* Multiply(product, s) -> product with scaled weights; Multiply(Add(product, b), s) -> the same
 * plus b*s. */
static bool multiply(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_value data, scale;
    const kov_graph *graph = kov_rewrite_new(r);
    if (!split_operands(r, node, &data, &scale))
        return false;
    kov_node above = *kov_rewrite_producer(r, data);
    int axis = channel_axis(graph, &above);
    if (axis >= 0 &&
        is_per_channel(kov_graph_value(graph, scale), kov_graph_value(graph, data), axis)) {
        outs[0] = scaled_product(r, &above, scale);
        return true;
    }
    if (above.op != KOV_OP_ADD)
        return false;
    for (int i = 0; i < 2; i++) {
        kov_value product = above.inputs[i], bias = above.inputs[1 - i];
        kov_node maker = *kov_rewrite_producer(r, product);
        const kov_value_info *made = kov_graph_value(graph, product);
        axis = channel_axis(graph, &maker);
        if (axis < 0 || !is_per_channel(kov_graph_value(graph, bias), made, axis) ||
            !is_per_channel(kov_graph_value(graph, scale), made, axis) ||
            kov_rewrite_uses(r, product) > 1)
            continue;
        kov_value y = scaled_product(r, &maker, scale);
        outs[0] = kov_add(r->b, y, kov_multiply(r->b, bias, scale));
        return true;
    }
    return false;
}

/* Add(Add(x, a), b) -> Add(x, a + b) where a and b are stable; Subtract likewise with -b. */
static bool add(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_value data, other;
    if (!kov_dtype_is_float(kov_graph_value(r->from, node->first_output)->dtype) ||
        !split_operands(r, node, &data, &other))
        return false;
    if (node->op == KOV_OP_SUBTRACT) {
        if (r->stable[node->inputs[0]])
            return false;
        other = kov_negative(r->b, other);
    }
    kov_node above = *kov_rewrite_producer(r, data);
    if (above.op != KOV_OP_ADD)
        return false;
    const kov_graph *graph = kov_rewrite_new(r);
    for (int i = 0; i < 2; i++) {
        kov_value x = above.inputs[i], bias = above.inputs[1 - i];
        kov_node maker = *kov_rewrite_producer(r, x);
        const kov_value_info *made = kov_graph_value(graph, x);
        int axis = channel_axis(graph, &maker);
        if (axis < 0 || !is_per_channel(kov_graph_value(graph, bias), made, axis) ||
            !is_per_channel(kov_graph_value(graph, other), made, axis))
            continue;
        outs[0] = kov_add(r->b, x, kov_add(r->b, bias, other));
        return true;
    }
    return false;
}

/* BatchNormInference of imported graphs, as scale and shift. */
static bool batch_norm(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_builder *b = r->b;
    kov_value x = kov_rewrite_input(r, node, 0), gamma = kov_rewrite_input(r, node, 1);
    kov_value beta = kov_rewrite_input(r, node, 2), mean = kov_rewrite_input(r, node, 3);
    kov_value variance = kov_rewrite_input(r, node, 4);
    int64_t shape[KOV_MAX_NDIM] = {-1};
    int n = kov_ndim(b, x) - 1;
    for (int i = 1; i < n; i++)
        shape[i] = 1;
    kov_value epsilon =
        kov_scalar_like(b, variance, node->attrs[KOV_BATCH_NORM_INFERENCE_EPSILON].u.real);
    kov_value scale = kov_divide(b, gamma, kov_sqrt(b, kov_add(b, variance, epsilon)));
    kov_value shift = kov_subtract(b, beta, kov_multiply(b, mean, scale));
    x = kov_multiply(b, x, kov_reshape_to(b, scale, shape, n));
    outs[0] = kov_add(b, x, kov_reshape_to(b, shift, shape, n));
    return true;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    switch (node->op) {
    case KOV_OP_MULTIPLY:
        return multiply(r, node, outs);
    case KOV_OP_ADD:
    case KOV_OP_SUBTRACT:
        return add(r, node, outs);
    case KOV_OP_BATCH_NORM_INFERENCE:
        return batch_norm(r, node, outs);
    default:
        return false;
    }
}

kov_status kov_pass_fold_scale(const kov_graph *graph, const kov_pass_options *options,
                               kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
