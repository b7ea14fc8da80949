/* SPDX-License-Identifier: Apache-2.0 */
/* Products (matrix products and convolutions) and what of the nodes behind them their store does:
 * scale, bias, residual, activation. Rounds as the nodes would, except that a product's sum is not
 * rounded in between, which it is not: they agree but for the kernels' functions (within 2 ulp). */
#include "native/plan/planner.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static void sigmoid(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_SIGMOID, KOV_DTYPE_F32)(x, y, n);
}

static void silu(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_SILU, KOV_DTYPE_F32)(x, y, n);
}

static void tanh_row(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_TANH, KOV_DTYPE_F32)(x, y, n);
}

static void gelu(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_GELU, KOV_DTYPE_F32)(x, y, n);
}

static void gelu_tanh(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_GELU_TANH, KOV_DTYPE_F32)(x, y, n);
}

static void elu(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_ELU, KOV_DTYPE_F32)(x, y, n);
}

static void softplus(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_SOFTPLUS, KOV_DTYPE_F32)(x, y, n);
}

static void mish(const float *x, float *y, size_t n)
{
    kov_elementwise_unary(KOV_ELEMENTWISE_MISH, KOV_DTYPE_F32)(x, y, n);
}

static bool set_function(kov_epilogue *e, kov_activation activation, kov_vector_fn function)
{
    e->activation = activation;
    e->function = function;
    return true;
}

static bool set_clip(kov_epilogue *e, double low, double high)
{
    e->activation = KOV_ACTIVATION_CLIP;
    e->low = (float)low;
    e->high = (float)high;
    return !isnan(low) && !isnan(high);
}

/* The activation that a node of one input is. */
static bool activation_of(const kov_planner *p, const kov_node *node, kov_epilogue *e)
{
    switch (node->op) {
    case KOV_OP_RELU:
        e->activation = KOV_ACTIVATION_RELU;
        return true;
    case KOV_OP_CLAMP:
        return set_clip(e, node->attrs[KOV_CLAMP_MIN].u.real, node->attrs[KOV_CLAMP_MAX].u.real);
    case KOV_OP_H_SWISH:
        e->activation = KOV_ACTIVATION_HARD_SWISH;
        return true;
    case KOV_OP_H_SIGMOID:
        e->activation = KOV_ACTIVATION_HARD_SIGMOID;
        return true;
    case KOV_OP_SIGMOID:
        return set_function(e, KOV_ACTIVATION_SIGMOID, sigmoid);
    case KOV_OP_TANH:
        return set_function(e, KOV_ACTIVATION_TANH, tanh_row);
    case KOV_OP_SWISH: {
        double beta = 1;
        if (node->input_count > 1 && node->inputs[1] != KOV_VALUE_NONE &&
            !kov_plan_scalar(p, node->inputs[1], &beta))
            return false;
        return beta == 1.0 && set_function(e, KOV_ACTIVATION_SWISH, silu);
    }
    case KOV_OP_GELU:
        if (strcasecmp(node->attrs[KOV_GELU_APPROXIMATION_MODE].u.string, "tanh") == 0)
            return set_function(e, KOV_ACTIVATION_GELU_TANH, gelu_tanh);
        return set_function(e, KOV_ACTIVATION_GELU, gelu);
    case KOV_OP_ELU:
        return node->attrs[KOV_ELU_ALPHA].u.real == 1.0 && set_function(e, KOV_ACTIVATION_ELU, elu);
    case KOV_OP_SOFT_PLUS:
        return set_function(e, KOV_ACTIVATION_FUNCTION, softplus);
    case KOV_OP_MISH:
        return set_function(e, KOV_ACTIVATION_FUNCTION, mish);
    case KOV_OP_MINIMUM: /* of relu, with a number: relu6 as Keras writes it */
    case KOV_OP_MAXIMUM: {
        double bound;
        if (kov_plan_scalar(p, node->inputs[1], &bound))
            return node->op == KOV_OP_MINIMUM ? set_clip(e, -INFINITY, bound)
                                              : set_clip(e, bound, INFINITY);
        return false;
    }
    default:
        return false;
    }
}

/* relu or a clip, followed by another clip, is one clip if the bounds are in order. */
static bool tighten(const kov_planner *p, const kov_node *node, kov_epilogue *e)
{
    kov_epilogue next = {0};
    float low, high;
    if ((e->activation != KOV_ACTIVATION_RELU && e->activation != KOV_ACTIVATION_CLIP) ||
        !activation_of(p, node, &next) ||
        (next.activation != KOV_ACTIVATION_RELU && next.activation != KOV_ACTIVATION_CLIP))
        return false;
    float next_low = next.activation == KOV_ACTIVATION_RELU ? 0 : next.low;
    float next_high = next.activation == KOV_ACTIVATION_RELU ? INFINITY : next.high;
    low = e->activation == KOV_ACTIVATION_RELU ? 0 : e->low;
    high = e->activation == KOV_ACTIVATION_RELU ? INFINITY : e->high;
    low = low < next_low ? next_low : low;
    high = high > next_high ? next_high : high;
    return low <= high && set_clip(e, low, high);
}

/* One number per channel of the product's result. */
static bool is_per_channel(const kov_planned *v, const kov_planned *out, int axis)
{
    if (v->ndim > out->ndim || v->dtype != KOV_DTYPE_F32 || v->count != out->dims[axis])
        return false;
    for (int i = 0; i < v->ndim; i++) {
        if (i + out->ndim - v->ndim != axis && v->dims[i] != 1)
            return false;
    }
    return axis - (out->ndim - v->ndim) >= 0 || v->count == 1;
}

static bool same_shape(const kov_planned *a, const kov_planned *b)
{
    return a->ndim == b->ndim && a->dtype == b->dtype &&
           (a->ndim == 0 || memcmp(a->dims, b->dims, sizeof *a->dims * (size_t)a->ndim) == 0);
}

static void advance(kov_planner *p, kov_product *product, int index, const kov_node *node)
{
    kov_plan_value(p, product->value)->product = -1;
    product->value = node->first_output;
    product->nodes[product->node_count++] = kov_plan_node_index(p, node);
    kov_plan_value(p, product->value)->product = index;
}

/* Add or Multiply of the product's value (input `side`) and another operand. */
static kov_status absorb_operand(kov_planner *p, kov_product *product, const kov_node *node,
                                 int side, bool *taken)
{
    kov_value value = node->inputs[1 - side];
    const kov_planned *other = kov_plan_value(p, value),
                      *out = kov_plan_value(p, node->first_output);
    const kov_planned *made = kov_plan_value(p, product->value);
    if (!same_shape(made, out))
        return KOV_OK;
    if (is_per_channel(other, out, product->channel_axis)) {
        int *slot = NULL;
        if (node->op == KOV_OP_ADD && product->state == KOV_EPILOGUE_EMPTY) {
            slot = &product->bias;
            product->state = KOV_EPILOGUE_BIASED;
        } else if (node->op == KOV_OP_MULTIPLY && product->state == KOV_EPILOGUE_EMPTY &&
                   product->scale < 0) {
            slot = &product->scale;
        }
        if (slot) {
            *taken = true;
            return kov_plan_get(p, value, slot);
        }
    }
    if (node->op != KOV_OP_ADD || !same_shape(other, out) || product->state == KOV_EPILOGUE_ADDED ||
        product->state == KOV_EPILOGUE_FULL || product->residual >= 0)
        return KOV_OK;
    product->epilogue.residual_after = product->state == KOV_EPILOGUE_ACTIVATED;
    product->state = product->epilogue.residual_after ? KOV_EPILOGUE_FULL : KOV_EPILOGUE_ADDED;
    *taken = true;
    return kov_plan_get_ordered(p, value, &product->order, &product->residual);
}

/* x * sigmoid(x): the Multiply behind a Sigmoid of the same value; NULL if it is not that. */
static const kov_node *swish_product(const kov_planner *p, const kov_node *node)
{
    const kov_planned *x = kov_plan_value(p, node->inputs[0]),
                      *y = kov_plan_value(p, node->first_output);
    if (node->op != KOV_OP_SIGMOID || x->uses != 2 || y->uses != 1 || y->users[0] < 0)
        return NULL;
    const kov_node *user = &p->graph->nodes.at[y->users[0]];
    bool pair = user->op == KOV_OP_MULTIPLY &&
                ((user->inputs[0] == node->inputs[0] && user->inputs[1] == node->first_output) ||
                 (user->inputs[1] == node->inputs[0] && user->inputs[0] == node->first_output));
    return pair ? user : NULL;
}

static kov_status absorb_side(kov_planner *p, const kov_node *node, int side, bool *taken)
{
    int index = kov_plan_value(p, node->inputs[side])->product;
    kov_product *product = index >= 0 ? p->products.at[index] : NULL;
    if (!product || !product->open || product->node_count + 2 > KOV_PRODUCT_NODES)
        return KOV_OK;
    bool room = product->state < KOV_EPILOGUE_ACTIVATED;
    const kov_node *swish = swish_product(p, node);
    if (swish && room) {
        *taken = set_function(&product->epilogue, KOV_ACTIVATION_SWISH, silu);
        product->state = KOV_EPILOGUE_ACTIVATED;
        product->nodes[product->node_count++] = kov_plan_node_index(p, node);
        p->done[kov_plan_node_index(p, swish)] = true;
        advance(p, product, index, swish);
        return KOV_OK;
    }
    if (kov_plan_value(p, node->inputs[side])->uses != 1)
        return KOV_OK;
    if (node->op == KOV_OP_ADD || node->op == KOV_OP_MULTIPLY) {
        KOV_TRY(absorb_operand(p, product, node, side, taken));
    } else if (side == 0 && room) {
        kov_epilogue next = product->epilogue;
        *taken = activation_of(p, node, &next);
        if (*taken) {
            product->epilogue = next;
            product->state = KOV_EPILOGUE_ACTIVATED;
        }
    } else if (side == 0 && product->state == KOV_EPILOGUE_ACTIVATED) {
        *taken = tighten(p, node, &product->epilogue);
    }
    if (*taken)
        advance(p, product, index, node);
    return KOV_OK;
}

kov_status kov_plan_absorb(kov_planner *p, const kov_node *node, bool *taken)
{
    if (p->products.n == 0 || kov_plan_value(p, node->first_output)->dtype != KOV_DTYPE_F32)
        return KOV_OK;
    for (int side = 0; side < 2 && side < node->input_count && !*taken; side++) {
        if (node->inputs[side] != KOV_VALUE_NONE)
            KOV_TRY(absorb_side(p, node, side, taken));
    }
    return KOV_OK;
}

kov_status kov_plan_product_add(kov_planner *p, const kov_product *product, const kov_node *node)
{
    kov_product *copy = kov_arena_copy(&p->scratch, product, sizeof *product);
    if (!copy || !KOV_PUSH(p->context, p->products, copy))
        return KOV_OUT_OF_MEMORY;
    copy->open = true;
    copy->value = node->first_output;
    copy->scale = copy->bias = copy->residual = -1;
    copy->nodes[copy->node_count++] = kov_plan_node_index(p, node);
    kov_plan_value(p, node->first_output)->product = p->products.n - 1;
    return KOV_OK;
}

kov_status kov_plan_product_emit(kov_planner *p, int index)
{
    kov_product *product = p->products.at[index];
    if (!product->open)
        return KOV_OK;
    product->open = false;
    kov_plan_value(p, product->value)->product = -1;
    return product->emit(p, product);
}
