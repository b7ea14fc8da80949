/* SPDX-License-Identifier: Apache-2.0 */
/* MaxPool (where nobody uses its indices) and AvgPool on channels-last buffers. */
#include "native/kernels/pool/pool_nhwc.h"
#include "native/plan/planner.h"
#include "opset/neural/window.h"

#include <string.h>

typedef struct pool_params {
    kov_pool pool;
    int64_t batch;
} pool_params;

static kov_status run_pool(const kov_step *step, const kov_run *run)
{
    const pool_params *c = step->params;
    return kov_pool_run(run->context, &c->pool, c->batch, run->at[step->slots[0]],
                        run->at[step->slots[1]]);
}

static int64_t entry(const kov_node *node, int attr, int axis, int64_t otherwise)
{
    return attr < 0 || node->attrs[attr].u.ints.n <= axis ? otherwise
                                                          : node->attrs[attr].u.ints.at[axis];
}

static kov_window window_at(const kov_node *node, bool is_max, int d, int64_t in, int64_t out)
{
    kov_window w = {
        .size = entry(node, is_max ? KOV_MAX_POOL_KERNEL : KOV_AVG_POOL_KERNEL, d, 1),
        .stride = entry(node, is_max ? KOV_MAX_POOL_STRIDES : KOV_AVG_POOL_STRIDES, d, 1),
        .dilation = entry(node, is_max ? KOV_MAX_POOL_DILATIONS : -1, d, 1),
        .pad_begin = entry(node, is_max ? KOV_MAX_POOL_PADS_BEGIN : KOV_AVG_POOL_PADS_BEGIN, d, 0),
        .pad_end = entry(node, is_max ? KOV_MAX_POOL_PADS_END : KOV_AVG_POOL_PADS_END, d, 0)};
    kov_window_pad(&w, node->attrs[is_max ? KOV_MAX_POOL_AUTO_PAD : KOV_AVG_POOL_AUTO_PAD].u.string,
                   in, out);
    return w;
}

/* What lies beyond the padding, by rounding up, counts as padding does, if there is any. */
static bool counts_beyond(const kov_planner *p, const kov_node *node, int spatial)
{
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    bool padded = false;
    for (int d = 0; d < spatial; d++) {
        kov_window w = window_at(node, false, d, in->dims[2 + d], out->dims[2 + d]);
        padded = padded || w.pad_begin != 0 || w.pad_end != 0;
    }
    return padded && strcmp(node->attrs[KOV_AVG_POOL_ROUNDING_TYPE].u.string, "ceil_torch") != 0;
}

kov_status kov_plan_pool(kov_planner *p, const kov_node *node, bool *taken)
{
    bool is_max = node->op == KOV_OP_MAX_POOL;
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    int spatial = in->ndim - 2, slots[2];
    if (in->dtype != KOV_DTYPE_F32 || spatial < 1 || spatial > 3 ||
        (is_max && kov_plan_value(p, node->first_output + 1)->needed))
        return KOV_OK;
    pool_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    kov_pool_kind kind = is_max ? KOV_POOL_MAX
                         : node->attrs[KOV_AVG_POOL_EXCLUDE_PAD].u.boolean
                             ? KOV_POOL_AVERAGE
                             : KOV_POOL_AVERAGE_INCLUDE_PAD;
    bool beyond = !is_max && counts_beyond(p, node, spatial);
    kov_pool_init(&c->pool, kind, spatial);
    c->batch = in->dims[0];
    c->pool.channels = in->dims[1];
    for (int d = 0; d < spatial; d++) {
        kov_window w = window_at(node, is_max, d, in->dims[2 + d], out->dims[2 + d]);
        c->pool.input[d] = in->dims[2 + d];
        c->pool.output[d] = out->dims[2 + d];
        c->pool.window[d] = w.size;
        c->pool.stride[d] = w.stride;
        c->pool.dilation[d] = w.dilation;
        c->pool.pad_before[d] = w.pad_begin;
        c->pool.pad_after[d] = w.pad_end;
        int64_t reach = (out->dims[2 + d] - 1) * w.stride + w.size - w.pad_begin - in->dims[2 + d];
        if (beyond && reach > w.pad_end)
            c->pool.pad_after[d] = reach;
    }
    if (kov_pool_check(&c->pool) != KOV_OK)
        return KOV_OK;
    const kov_order order = kov_order_channels_last(in->ndim);
    KOV_TRY(kov_plan_get_ordered(p, node->inputs[0], &order, &slots[0]));
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[1]));
    int index = kov_plan_node_index(p, node);
    const kov_step_plan plan = {
        .run = run_pool,
        .params = c,
        .inputs = 1,
        .outputs = 1,
        .slots = slots,
        .kernel = kov_plan_kernel_name(p, "f32_", is_max ? "max_pool" : "average_pool"),
        .nodes = &index,
        .node_count = 1};
    *taken = true;
    return kov_plan_step(p, &plan);
}
