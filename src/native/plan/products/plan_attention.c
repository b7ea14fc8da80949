/* SPDX-License-Identifier: Apache-2.0 */
/* ScaledDotProductAttention. Operands are read through strides and the result is written in the
 * order that the Transpose behind it wants, so the Transposes that split heads cost nothing. */
#include "base/threads.h"
#include "native/kernels/attention/attention.h"
#include "native/plan/planner.h"

#include <math.h>

/* Inputs of the operation, and a step's slots: with the factor behind the inputs, then the output.
 */
enum { QUERY, KEY, VALUE, MASK, SCALE, FACTOR, OUTPUT, SLOTS };

typedef struct attention_params {
    kov_attention attention;
    int width;
} attention_params;

static kov_status run_attention(const kov_step *step, const kov_run *run)
{
    const attention_params *params = step->params;
    const void *at[SLOTS];
    for (int i = 0; i < SLOTS; i++)
        at[i] = step->slots[i] < 0 ? NULL : run->at[step->slots[i]];
    const kov_attention_data data = {.query = at[QUERY],
                                     .key = at[KEY],
                                     .value = at[VALUE],
                                     .mask = at[MASK],
                                     .factor = at[FACTOR],
                                     .output = run->at[step->slots[OUTPUT]]};
    kov_attention attention = params->attention;
    if (at[SCALE])
        attention.scale = *(const float *)at[SCALE];
    kov_attention_run(run->context, params->width, &attention, &data, run->workspace);
    return KOV_OK;
}

/* Strides of v along the axes of the result, 0 where it broadcasts; v has at most its rank. */
static void strides_along(const kov_planned *v, int ndim, int64_t *out)
{
    int64_t own[KOV_MAX_NDIM];
    kov_plan_strides(v, own);
    for (int i = 0; i < ndim; i++) {
        int at = i - (ndim - v->ndim);
        out[i] = at < 0 || v->dims[at] == 1 ? 0 : own[at];
    }
}

static kov_value input_of(const kov_node *node, int i)
{
    return i < node->input_count ? node->inputs[i] : KOV_VALUE_NONE;
}

static bool accepts(const kov_planner *p, const kov_node *node)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    kov_value mask = input_of(node, MASK), scale = input_of(node, SCALE);
    for (int i = QUERY; i <= VALUE; i++) {
        const kov_planned *v = kov_plan_value(p, node->inputs[i]);
        if (v->dtype != KOV_DTYPE_F32 || v->count == 0)
            return false;
    }
    if (mask != KOV_VALUE_NONE) {
        const kov_planned *v = kov_plan_value(p, mask);
        if ((v->dtype != KOV_DTYPE_F32 && v->dtype != KOV_DTYPE_BOOL) || v->count == 0)
            return false;
    }
    return out->count > 0 &&
           (scale == KOV_VALUE_NONE || kov_plan_value(p, scale)->dtype == KOV_DTYPE_F32);
}

/* A Multiply behind by one number per query is the kernel's own; *factor is that operand. */
static const kov_node *scaling_node(const kov_planner *p, const kov_node *node, kov_value *factor)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    const kov_node *scaling = kov_plan_sole_user(p, node->first_output, KOV_OP_MULTIPLY);
    if (!scaling || scaling->inputs[0] == scaling->inputs[1])
        return NULL;
    *factor = scaling->inputs[scaling->inputs[0] == node->first_output ? 1 : 0];
    const kov_planned *v = kov_plan_value(p, *factor);
    const kov_planned *scaled = kov_plan_value(p, scaling->first_output);
    if (scaled->ndim != out->ndim || scaled->count != out->count || v->ndim > out->ndim ||
        (v->ndim > 0 && v->dims[v->ndim - 1] != 1) || !kov_plan_precedes(p, *factor, node))
        return NULL;
    return scaling;
}

/* An operand whose last axis is contiguous; its strides along the axes of the result. */
static kov_status plan_operand(kov_planner *p, kov_value value, int ndim, int *slot,
                               int64_t *strides)
{
    const kov_planned *v = kov_plan_value(p, value);
    KOV_TRY(kov_plan_get(p, value, slot));
    strides_along(v, ndim, strides);
    if (v->dims[v->ndim - 1] == 1 || strides[ndim - 1] == 1)
        return KOV_OK;
    KOV_TRY(kov_plan_get_plain(p, value, slot));
    kov_planned plain = *v;
    plain.order = kov_order_plain(v->ndim);
    strides_along(&plain, ndim, strides);
    return KOV_OK;
}

/* A mask or flags, in the graph's order. */
static kov_status plan_mask(kov_planner *p, kov_value value, int ndim, int *slot, int64_t *strides)
{
    KOV_TRY(kov_plan_get_plain(p, value, slot));
    kov_planned plain = *kov_plan_value(p, value);
    plain.order = kov_order_plain(plain.ndim);
    strides_along(&plain, ndim, strides);
    return KOV_OK;
}

static kov_status plan_inputs(kov_planner *p, const kov_node *node, kov_attention *a, int *slots)
{
    int64_t strides[KOV_MAX_NDIM], *rows[] = {&a->query_row, &a->key_row, &a->value_row};
    int64_t *batches[] = {a->query_batch, a->key_batch, a->value_batch};
    int ndim = a->batch_ndim + 2;
    for (int i = QUERY; i <= VALUE; i++) {
        KOV_TRY(plan_operand(p, node->inputs[i], ndim, &slots[i], strides));
        *rows[i] = strides[ndim - 2];
        for (int d = 0; d < a->batch_ndim; d++)
            batches[i][d] = strides[d];
    }
    kov_value mask = input_of(node, MASK), scale = input_of(node, SCALE);
    if (mask != KOV_VALUE_NONE && !a->causal) {
        KOV_TRY(plan_mask(p, mask, ndim, &slots[MASK], strides));
        a->mask_is_bool = kov_plan_value(p, mask)->dtype == KOV_DTYPE_BOOL;
        a->mask_row = strides[ndim - 2];
        a->mask_key = strides[ndim - 1];
        for (int d = 0; d < a->batch_ndim; d++)
            a->mask_batch[d] = strides[d];
    }
    double number = 1 / sqrt((double)a->depth);
    if (scale != KOV_VALUE_NONE && !kov_plan_scalar(p, scale, &number))
        KOV_TRY(kov_plan_get_plain(p, scale, &slots[SCALE]));
    a->scale = (float)number;
    return KOV_OK;
}

static kov_status plan_factor(kov_planner *p, kov_value value, kov_attention *a, int *slot)
{
    int64_t strides[KOV_MAX_NDIM];
    KOV_TRY(plan_mask(p, value, a->batch_ndim + 2, slot, strides));
    a->factor_row = strides[a->batch_ndim];
    for (int d = 0; d < a->batch_ndim; d++)
        a->factor_batch[d] = strides[d];
    return KOV_OK;
}

static void set_sizes(const kov_planner *p, const kov_node *node, kov_attention *a)
{
    const kov_planned *query = kov_plan_value(p, node->inputs[QUERY]);
    const kov_planned *key = kov_plan_value(p, node->inputs[KEY]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    a->queries = query->dims[query->ndim - 2];
    a->depth = query->dims[query->ndim - 1];
    a->keys = key->dims[key->ndim - 2];
    a->width = out->dims[out->ndim - 1];
    a->batch_ndim = out->ndim - 2;
    for (int i = 0; i < a->batch_ndim; i++)
        a->batch[i] = out->dims[i];
    a->causal = node->attrs[KOV_SCALED_DOT_PRODUCT_ATTENTION_CAUSAL].u.boolean;
    a->isa = p->isa;
}

kov_status kov_plan_attention(kov_planner *p, const kov_node *node, bool *taken)
{
    int slots[SLOTS], nodes[2] = {kov_plan_node_index(p, node)}, node_count = 1;
    if (!accepts(p, node))
        return KOV_OK;
    attention_params *params = kov_arena_alloc(p->arena, sizeof *params);
    if (!params)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < SLOTS; i++)
        slots[i] = -1;
    kov_attention *a = &params->attention;
    set_sizes(p, node, a);
    KOV_TRY(plan_inputs(p, node, a, slots));
    kov_value result = node->first_output;
    kov_value factor;
    const kov_node *scaling = scaling_node(p, node, &factor);
    if (scaling) {
        KOV_TRY(plan_factor(p, factor, a, &slots[FACTOR]));
        nodes[node_count++] = kov_plan_node_index(p, scaling);
        p->done[nodes[1]] = true;
        result = scaling->first_output;
    }
    const kov_order order = kov_plan_result_order(p, result);
    int64_t strides[KOV_MAX_NDIM];
    KOV_TRY(kov_plan_make(p, result, &order, &slots[OUTPUT]));
    kov_plan_strides(kov_plan_value(p, result), strides);
    a->output_row = strides[a->batch_ndim];
    for (int d = 0; d < a->batch_ndim; d++)
        a->output_batch[d] = strides[d];
    params->width = kov_parallel_width(p->context);
    const kov_step_plan plan = {.run = run_attention,
                                .kernel = kov_plan_kernel_name(p, "f32_", "attention"),
                                .params = params,
                                .inputs = OUTPUT,
                                .outputs = 1,
                                .slots = slots,
                                .workspace = kov_attention_workspace_bytes(a, params->width),
                                .nodes = nodes,
                                .node_count = node_count};
    *taken = true;
    return kov_plan_step(p, &plan);
}
