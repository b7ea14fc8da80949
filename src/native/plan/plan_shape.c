/* SPDX-License-Identifier: Apache-2.0 */
/* What changes the shape, not the elements: buffers seen under other axes, without a copy. */
#include "native/plan/planner.h"

#include <string.h>

kov_status kov_plan_transpose(kov_planner *p, const kov_node *node, bool *taken)
{
    int64_t axes[KOV_MAX_NDIM];
    int inverse[KOV_MAX_NDIM], slot;
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    int n = kov_plan_numbers(p, node->inputs[1], axes, KOV_MAX_NDIM);
    if (kov_plan_item(in->dtype) == 0 || (n != in->ndim && n != 0))
        return KOV_OK;
    for (int i = 0; i < in->ndim; i++)
        inverse[n == 0 ? in->ndim - 1 - i : axes[i]] = i;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &slot));
    kov_order order = {{0}};
    for (int i = 0; i < in->ndim; i++)
        order.at[i] = (uint8_t)inverse[in->order.at[i]];
    kov_plan_alias(p, node->first_output, slot, &order);
    *taken = true;
    return KOV_OK;
}

/* Squeeze and Unsqueeze move nothing whatever the order: axes of size 1 come or go. */
static kov_order order_without_ones(const kov_planned *in, const kov_planned *out)
{
    kov_order order = {{0}};
    int number[KOV_MAX_NDIM], n = 0, next = 0;
    for (int i = 0; i < out->ndim; i++) { /* size-1 axes first, where they do no harm */
        if (out->dims[i] == 1)
            order.at[n++] = (uint8_t)i;
    }
    for (int i = 0; i < in->ndim; i++) {
        number[i] = -1;
        if (in->dims[i] == 1)
            continue;
        while (out->dims[next] == 1)
            next++;
        number[i] = next++;
    }
    for (int i = 0; i < in->ndim; i++) {
        if (number[in->order.at[i]] >= 0)
            order.at[n++] = (uint8_t)number[in->order.at[i]];
    }
    return order;
}

kov_status kov_plan_reshape(kov_planner *p, const kov_node *node, bool *taken)
{
    int slot;
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    if (in->count != out->count)
        return KOV_OK;
    *taken = true;
    if (kov_dims_equal_but_ones(in->ndim, in->dims, out->ndim, out->dims)) {
        KOV_TRY(kov_plan_get(p, node->inputs[0], &slot));
        const kov_order order = order_without_ones(in, out);
        kov_plan_alias(p, node->first_output, slot, &order);
        return KOV_OK;
    }
    KOV_TRY(kov_plan_get_plain(p, node->inputs[0], &slot));
    const kov_order plain = kov_order_plain(out->ndim);
    kov_plan_alias(p, node->first_output, slot, &plain);
    return KOV_OK;
}

/* A bool is 0 or 1 in a byte: unless the Convert would join what makes the bool, nothing is to do.
 */
static bool same_bytes(const kov_planned *in, const kov_planned *out)
{
    return in->dtype == out->dtype ||
           (in->dtype == KOV_DTYPE_BOOL && out->dtype == KOV_DTYPE_U8 && in->group < 0);
}

/* Convert to the same type, Broadcast to the same shape. */
kov_status kov_plan_same(kov_planner *p, const kov_node *node, bool *taken)
{
    int slot;
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    if (!same_bytes(in, out) || in->ndim != out->ndim ||
        (in->ndim > 0 && memcmp(in->dims, out->dims, sizeof *in->dims * (size_t)in->ndim) != 0))
        return KOV_OK;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &slot));
    const kov_order order = in->order;
    kov_plan_alias(p, node->first_output, slot, &order);
    *taken = true;
    return KOV_OK;
}

/* The same bits under another type as wide. A bool is only ever 0 or 1: bytes do not become one. */
kov_status kov_plan_bitcast(kov_planner *p, const kov_node *node, bool *taken)
{
    int slot;
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    size_t item = kov_plan_item(in->dtype);
    if (item == 0 || item != kov_plan_item(out->dtype) || out->dtype == KOV_DTYPE_BOOL)
        return KOV_OK;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &slot));
    const kov_order order = in->order;
    kov_plan_alias(p, node->first_output, slot, &order);
    *taken = true;
    return KOV_OK;
}
