/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions, scans and softmax: work along lines of a buffer, in whatever order it
 * lies as long as the axes of a line are next to each other. */
#include "native/composites.h"
#include "native/kernels/norm/softmax.h"
#include "native/kernels/reduce/reduce.h"
#include "native/plan/planner.h"
#include "tensor/convert.h"

#include <string.h>

typedef struct line_params {
    int op;
    kov_dtype dtype;
    size_t outer, length, inner;
    bool exclusive, reverse;
    kov_unary_kernel *finish; /* of a reduction: applied to the result; NULL: none */
} line_params;

static kov_status run_reduce(const kov_step *step, const kov_run *run)
{
    const line_params *c = step->params;
    void *y = run->at[step->slots[1]];
    KOV_TRY(kov_reduce(run->context, (kov_reduce_op)c->op, c->dtype, run->at[step->slots[0]], y,
                       c->outer, c->length, c->inner));
    if (c->finish)
        c->finish(y, y, c->outer * c->inner);
    return KOV_OK;
}

static kov_status run_softmax(const kov_step *step, const kov_run *run)
{
    const line_params *c = step->params;
    return kov_softmax(run->context, (kov_softmax_kind)c->op, c->dtype, run->at[step->slots[0]],
                       run->at[step->slots[1]], c->outer, c->length, c->inner);
}

static kov_status run_scan(const kov_step *step, const kov_run *run)
{
    const line_params *c = step->params;
    return kov_scan(run->context, (kov_scan_op)c->op, c->dtype, run->at[step->slots[0]],
                    run->at[step->slots[1]], c->outer, c->length, c->inner, c->exclusive,
                    c->reverse);
}

/* Sizes before, along and behind the marked axes; false where other axes lie between them. */
static bool lines_of(const kov_planned *v, const kov_order *order, const bool *marked,
                     line_params *c)
{
    int stage = 0; /* before, along, behind */
    c->outer = c->length = c->inner = 1;
    for (int i = 0; i < v->ndim; i++) {
        int axis = order->at[i];
        size_t dim = (size_t)v->dims[axis];
        if (dim == 1)
            continue;
        if (marked[axis]) {
            if (stage == 2)
                return false;
            stage = 1;
            c->length *= dim;
        } else {
            stage = stage == 1 ? 2 : stage;
            *(stage == 2 ? &c->inner : &c->outer) *= dim;
        }
    }
    return true;
}

/* The same order, but the marked axes last. */
static kov_order marked_last(const kov_planned *v, const bool *marked)
{
    kov_order order = {{0}};
    int n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < v->ndim; i++) {
            if (marked[v->order.at[i]] == (pass == 1))
                order.at[n++] = v->order.at[i];
        }
    }
    return order;
}

/* The input in an order in which its lines are whole, which is put into *order. */
static kov_status get_lines(kov_planner *p, kov_value value, const bool *marked, line_params *c,
                            kov_order *order, int *slot)
{
    KOV_TRY(kov_plan_get(p, value, slot));
    const kov_planned *v = kov_plan_value(p, value);
    *order = v->order;
    if (lines_of(v, order, marked, c))
        return KOV_OK;
    *order = marked_last(v, marked);
    lines_of(v, order, marked, c);
    return kov_plan_get_ordered(p, value, order, slot);
}

static kov_status add_step(kov_planner *p, const kov_node *node, kov_step_fn run,
                           const line_params *c, const int *slots, bool in_place, const char *name)
{
    int index = kov_plan_node_index(p, node);
    const char *prefix = c->dtype == KOV_DTYPE_F32 ? "f32_" : "";
    const kov_step_plan plan = {.run = run,
                                .kernel = kov_plan_kernel_name(p, prefix, name),
                                .params = c,
                                .inputs = 1,
                                .outputs = 1,
                                .slots = slots,
                                .in_place = in_place,
                                .nodes = &index,
                                .node_count = 1};
    return kov_plan_step(p, &plan);
}

/* ---- reductions ---- */

static bool is_real(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_F32 || dtype == KOV_DTYPE_F64 || dtype == KOV_DTYPE_F16 ||
           dtype == KOV_DTYPE_BF16;
}

static bool reduction_of(int op, kov_dtype dtype, line_params *c)
{
    bool wide = dtype == KOV_DTYPE_F32 || dtype == KOV_DTYPE_F64;
    bool whole = kov_dtype_is_integer(dtype) && kov_dtype_bits(dtype) >= 8;
    bool number = is_real(dtype) || whole;
    switch (op) {
    case KOV_OP_REDUCE_SUM:
        c->op = KOV_REDUCE_SUM;
        return number;
    case KOV_OP_REDUCE_MEAN:
        c->op = KOV_REDUCE_MEAN;
        return is_real(dtype);
    case KOV_OP_REDUCE_PROD:
        c->op = KOV_REDUCE_PROD;
        return number || dtype == KOV_DTYPE_BOOL;
    case KOV_OP_REDUCE_MAX:
        c->op = KOV_REDUCE_MAX;
        return number || dtype == KOV_DTYPE_BOOL;
    case KOV_OP_REDUCE_MIN:
        c->op = KOV_REDUCE_MIN;
        return number || dtype == KOV_DTYPE_BOOL;
    case KOV_OP_REDUCE_L1:
        c->op = KOV_REDUCE_SUM_ABS;
        return number;
    case KOV_OP_REDUCE_L2:
        c->op = KOV_REDUCE_SUM_SQUARE;
        c->finish = wide ? kov_elementwise_unary(KOV_ELEMENTWISE_SQRT, dtype) : NULL;
        return wide;
    case KOV_OP_REDUCE_LOGICAL_AND:
        c->op = KOV_REDUCE_ALL;
        return dtype == KOV_DTYPE_BOOL;
    default: /* ReduceLogicalOr */
        c->op = KOV_REDUCE_ANY;
        return dtype == KOV_DTYPE_BOOL;
    }
}

/* The order of the result when the marked axes are gone, or are 1 and stay. */
static kov_order reduced_order(const kov_planned *v, const kov_order *order, const bool *marked,
                               bool keep)
{
    kov_order out = {{0}};
    int n = 0;
    if (keep)
        return *order;
    for (int i = 0; i < v->ndim; i++) {
        int axis = order->at[i], before = 0;
        if (marked[axis])
            continue;
        for (int j = 0; j < axis; j++)
            before += !marked[j];
        out.at[n++] = (uint8_t)before;
    }
    return out;
}

/* Reduces what a pending group makes as it is made. */
static kov_status reduce_group(kov_planner *p, const kov_node *node, const bool *marked, bool keep,
                               line_params *c, bool *taken)
{
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    const kov_group *g = kov_plan_group_of(p, node->inputs[0]);
    bool half = v->dtype == KOV_DTYPE_F16 || v->dtype == KOV_DTYPE_BF16;
    if (!g || half || v->count == 0 || !lines_of(v, &g->order, marked, c) || c->inner != 1)
        return KOV_OK;
    const kov_group_reduction reduction = {c->op, c->outer, c->length, c->finish};
    const kov_order order = reduced_order(v, &g->order, marked, keep);
    return kov_plan_group_reduce(p, node, &reduction, &order, taken);
}

kov_status kov_plan_reduce(kov_planner *p, const kov_node *node, bool *taken)
{
    bool marked[KOV_MAX_NDIM] = {false};
    kov_order order;
    int slots[2];
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    int count = kov_plan_mark_axes(p, node->inputs[1], v->ndim, marked);
    if (count < 0)
        return KOV_OK;
    line_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    c->dtype = v->dtype;
    if (!reduction_of(node->op, v->dtype, c))
        return KOV_OK;
    bool keep = node->attrs[KOV_REDUCE_SUM_KEEP_DIMS].u.boolean;
    if (count > 0)
        KOV_TRY(reduce_group(p, node, marked, keep, c, taken));
    if (*taken)
        return KOV_OK;
    KOV_TRY(get_lines(p, node->inputs[0], marked, c, &order, &slots[0]));
    order = reduced_order(v, &order, marked, keep);
    *taken = true;
    if (count == 0 && node->op != KOV_OP_REDUCE_L1 && node->op != KOV_OP_REDUCE_L2) {
        kov_plan_alias(p, node->first_output, slots[0], &order);
        return KOV_OK;
    }
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[1]));
    return add_step(p, node, run_reduce, c, slots, false, "reduce");
}

/* Places are made as int64 and narrowed to the result's int32. */
static kov_status run_arg(const kov_step *step, const kov_run *run)
{
    const line_params *c = step->params;
    KOV_TRY(kov_reduce(run->context, (kov_reduce_op)c->op, c->dtype, run->at[step->slots[0]],
                       run->workspace, c->outer, c->length, c->inner));
    kov_convert_direct(KOV_DTYPE_I64, run->workspace, KOV_DTYPE_I32, run->at[step->slots[1]],
                       (int64_t)(c->outer * c->inner));
    return KOV_OK;
}

/* argmax and argmin kept whole. All elements are one line only in the graph's order. */
kov_status kov_plan_arg_extreme(kov_planner *p, const kov_node *node, bool *taken)
{
    bool largest, marked[KOV_MAX_NDIM] = {false};
    int axis, slots[2], index = kov_plan_node_index(p, node);
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    if (!kov_composite_is_arg(p->graph, node, &largest, &axis) || out->dtype != KOV_DTYPE_I32)
        return KOV_OK;
    line_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    const kov_order order = kov_order_plain(v->ndim), result = kov_order_plain(out->ndim);
    KOV_TRY(kov_plan_get_plain(p, node->inputs[0], &slots[0]));
    for (int i = 0; i < v->ndim; i++)
        marked[i] = axis < 0 || i == axis;
    lines_of(v, &order, marked, c);
    c->dtype = v->dtype;
    c->op = largest ? KOV_REDUCE_ARGMAX : KOV_REDUCE_ARGMIN;
    KOV_TRY(kov_plan_make(p, node->first_output, &result, &slots[1]));
    const kov_step_plan plan = {.run = run_arg,
                                .kernel = kov_plan_kernel_name(p, "", "arg_reduce"),
                                .params = c,
                                .inputs = 1,
                                .outputs = 1,
                                .slots = slots,
                                .workspace = (size_t)out->count * sizeof(int64_t),
                                .nodes = &index,
                                .node_count = 1};
    *taken = true;
    return kov_plan_step(p, &plan);
}

/* norm kept whole. */
kov_status kov_plan_length(kov_planner *p, const kov_node *node, bool *taken)
{
    bool marked[KOV_MAX_NDIM] = {false}, keep;
    kov_order order;
    int slots[2];
    if (!kov_composite_is_length(p->graph, node, marked, &keep))
        return KOV_OK;
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    line_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    *c = (line_params){.op = KOV_REDUCE_LENGTH, .dtype = v->dtype};
    *taken = true;
    KOV_TRY(get_lines(p, node->inputs[0], marked, c, &order, &slots[0]));
    order = reduced_order(v, &order, marked, keep);
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[1]));
    return add_step(p, node, run_reduce, c, slots, false, "length");
}

kov_status kov_plan_softmax(kov_planner *p, const kov_node *node, bool *taken)
{
    bool marked[KOV_MAX_NDIM] = {false};
    kov_order order;
    int slots[2];
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    int64_t axis = node->attrs[KOV_SOFTMAX_AXIS].u.integer;
    axis = axis < 0 ? axis + v->ndim : axis;
    if (!is_real(v->dtype) || axis < 0 || axis >= v->ndim)
        return KOV_OK;
    line_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    c->dtype = v->dtype;
    c->op = node->op == KOV_OP_SOFTMAX ? KOV_SOFTMAX : KOV_SOFTMAX_LOG;
    marked[axis] = true;
    *taken = true;
    KOV_TRY(get_lines(p, node->inputs[0], marked, c, &order, &slots[0]));
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[1]));
    return add_step(p, node, run_softmax, c, slots, true, "softmax");
}

static bool scan_of(const kov_node *node, line_params *c)
{
    if (node->op == KOV_OP_CUM_SUM) {
        c->op = KOV_SCAN_SUM;
        c->exclusive = node->attrs[KOV_CUM_SUM_EXCLUSIVE].u.boolean;
        c->reverse = node->attrs[KOV_CUM_SUM_REVERSE].u.boolean;
        return true;
    }
    const char *mode = node->attrs[KOV_CUMULATIVE_REDUCE_MODE].u.string;
    c->reverse = node->attrs[KOV_CUMULATIVE_REDUCE_REVERSE].u.boolean;
    c->op = strcmp(mode, "prod") == 0  ? KOV_SCAN_PROD
            : strcmp(mode, "max") == 0 ? KOV_SCAN_MAX
            : strcmp(mode, "min") == 0 ? KOV_SCAN_MIN
                                       : -1;
    return c->op >= 0;
}

kov_status kov_plan_scan(kov_planner *p, const kov_node *node, bool *taken)
{
    bool marked[KOV_MAX_NDIM] = {false};
    kov_order order;
    int slots[2];
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    bool takes =
        is_real(v->dtype) || (kov_dtype_is_integer(v->dtype) && kov_dtype_bits(v->dtype) >= 8);
    if (!takes || v->ndim == 0 || kov_plan_mark_axes(p, node->inputs[1], v->ndim, marked) != 1)
        return KOV_OK;
    line_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    c->dtype = v->dtype;
    if (!scan_of(node, c))
        return KOV_OK;
    *taken = true;
    KOV_TRY(get_lines(p, node->inputs[0], marked, c, &order, &slots[0]));
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[1]));
    return add_step(p, node, run_scan, c, slots, false, "scan");
}
