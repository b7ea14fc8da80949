/* SPDX-License-Identifier: Apache-2.0 */
/* MVN over axes that lie last, with the scale and shift behind it: normalisation of rows. */
#include "native/kernels/norm/norm.h"
#include "native/plan/planner.h"

#include <string.h>

enum { X, SCALE, OFFSET, Y, SLOTS, MOST_NODES = 3 };

typedef struct norm_params {
    kov_norm norm;
    size_t rows, length;
} norm_params;

static kov_status run_norm(const kov_step *step, const kov_run *run)
{
    const norm_params *c = step->params;
    kov_norm norm = c->norm;
    norm.scale = step->slots[SCALE] < 0 ? NULL : run->at[step->slots[SCALE]];
    norm.offset = step->slots[OFFSET] < 0 ? NULL : run->at[step->slots[OFFSET]];
    return kov_norm_rows(run->context, &norm, run->at[step->slots[X]], run->at[step->slots[Y]],
                         c->rows, c->length);
}

/* The order of v with the marked axes last, in the graph's order among each other. */
static kov_order marked_last(const kov_planned *v, const bool *marked)
{
    kov_order order = {{0}};
    int n = 0;
    for (int i = 0; i < v->ndim; i++) {
        if (!marked[v->order.at[i]])
            order.at[n++] = v->order.at[i];
    }
    for (int i = 0; i < v->ndim; i++) {
        if (marked[i])
            order.at[n++] = (uint8_t)i;
    }
    return order;
}

/* Whether `operand` of the node has one number per element of a row, as the rows lie. */
static bool is_per_element(const kov_planner *p, const kov_planned *x, kov_value value,
                           const bool *marked)
{
    const kov_planned *v = kov_plan_value(p, value);
    if (v->dtype != x->dtype || v->ndim > x->ndim)
        return false;
    for (int i = 0; i < x->ndim; i++) {
        int at = i - (x->ndim - v->ndim);
        int64_t dim = at < 0 ? 1 : v->dims[at];
        if (dim != (marked[i] ? x->dims[i] : 1))
            return false;
    }
    return true;
}

/* A Multiply or Add behind the value with one number per element of a row: takes it in. */
static kov_status absorb(kov_planner *p, const kov_node *norm, int op, const bool *marked,
                         kov_value *value, int *slot, int *nodes, int *node_count)
{
    const kov_planned *x = kov_plan_value(p, *value);
    const kov_node *user = kov_plan_sole_user(p, *value, op);
    if (!user || user->inputs[0] == user->inputs[1])
        return KOV_OK;
    kov_value other = user->inputs[user->inputs[0] == *value ? 1 : 0];
    if (!kov_plan_precedes(p, other, norm) || !is_per_element(p, x, other, marked) ||
        kov_plan_value(p, user->first_output)->count != x->count ||
        kov_plan_value(p, user->first_output)->ndim != x->ndim)
        return KOV_OK;
    KOV_TRY(kov_plan_get_plain(p, other, slot));
    int index = kov_plan_node_index(p, user);
    p->done[index] = true;
    nodes[(*node_count)++] = index;
    *value = user->first_output;
    return KOV_OK;
}

kov_status kov_plan_norm(kov_planner *p, const kov_node *node, bool *taken)
{
    bool marked[KOV_MAX_NDIM] = {false};
    int slots[SLOTS] = {-1, -1, -1, -1}, nodes[MOST_NODES] = {kov_plan_node_index(p, node)};
    int node_count = 1;
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    bool real = v->dtype == KOV_DTYPE_F32 || v->dtype == KOV_DTYPE_F64 ||
                v->dtype == KOV_DTYPE_F16 || v->dtype == KOV_DTYPE_BF16;
    if (!real || !node->attrs[KOV_MVN_NORMALIZE_VARIANCE].u.boolean ||
        strcmp(node->attrs[KOV_MVN_EPS_MODE].u.string, "inside_sqrt") != 0 ||
        kov_plan_mark_axes(p, node->inputs[1], v->ndim, marked) < 1)
        return KOV_OK;
    norm_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &slots[X]));
    const kov_order order = marked_last(v, marked);
    KOV_TRY(kov_plan_get_ordered(p, node->inputs[0], &order, &slots[X]));
    c->norm = (kov_norm){
        .kind = KOV_NORM_LAYER, .dtype = v->dtype, .epsilon = node->attrs[KOV_MVN_EPS].u.real};
    c->rows = c->length = 1;
    for (int i = 0; i < v->ndim; i++)
        *(marked[i] ? &c->length : &c->rows) *= (size_t)v->dims[i];
    kov_value result = node->first_output;
    bool wide = v->dtype == KOV_DTYPE_F32 || v->dtype == KOV_DTYPE_F64;
    if (wide) { /* narrow types round between the nodes */
        KOV_TRY(
            absorb(p, node, KOV_OP_MULTIPLY, marked, &result, &slots[SCALE], nodes, &node_count));
        KOV_TRY(absorb(p, node, KOV_OP_ADD, marked, &result, &slots[OFFSET], nodes, &node_count));
    }
    KOV_TRY(kov_plan_make(p, result, &order, &slots[Y]));
    const kov_step_plan plan = {
        .run = run_norm,
        .kernel = kov_plan_kernel_name(p, v->dtype == KOV_DTYPE_F32 ? "f32_" : "", "norm"),
        .params = c,
        .inputs = Y,
        .outputs = 1,
        .slots = slots,
        .in_place = 1,
        .nodes = nodes,
        .node_count = node_count};
    *taken = true;
    return kov_plan_step(p, &plan);
}
