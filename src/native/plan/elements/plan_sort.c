/* SPDX-License-Identifier: Apache-2.0 */
/* TopK, in whatever order of axes its input lies. */
#include "native/kernels/sort/sort.h"
#include "native/plan/planner.h"

#include <string.h>

typedef struct sort_params {
    kov_sort sort;
    bool values, indices; /* that something uses */
} sort_params;

static kov_status run_top_k(const kov_step *step, const kov_run *run)
{
    const sort_params *c = step->params;
    void *values = c->values ? run->at[step->slots[1]] : NULL;
    void *indices = c->indices ? run->at[step->slots[2]] : NULL;
    return kov_sort_lines(run->context, &c->sort, run->at[step->slots[0]], values, indices);
}

static bool takes(const kov_planned *v, const kov_node *node)
{
    kov_dtype index = node->attrs[KOV_TOP_K_INDEX_ELEMENT_TYPE].u.dtype;
    int bits = kov_dtype_bits(v->dtype);
    return bits >= 8 && bits <= 64 && !kov_dtype_is_complex(v->dtype) &&
           (index == KOV_DTYPE_I32 || index == KOV_DTYPE_I64) &&
           strcmp(node->attrs[KOV_TOP_K_SORT].u.string, "index") != 0;
}

kov_status kov_plan_top_k(kov_planner *p, const kov_node *node, bool *taken)
{
    const kov_planned *v = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    const kov_planned *places = kov_plan_value(p, node->first_output + 1);
    int64_t axis = node->attrs[KOV_TOP_K_AXIS].u.integer;
    int slots[3], index = kov_plan_node_index(p, node);
    axis = axis < 0 ? axis + v->ndim : axis;
    if (!takes(v, node) || axis < 0 || axis >= v->ndim)
        return KOV_OK;
    sort_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &slots[0]));
    const kov_order order = v->order;
    c->values = out->uses > 0;
    c->indices = places->uses > 0;
    c->sort = (kov_sort){.dtype = v->dtype,
                         .index_dtype = places->dtype,
                         .descending = strcmp(node->attrs[KOV_TOP_K_MODE].u.string, "max") == 0,
                         .outer = 1,
                         .length = (size_t)v->dims[axis],
                         .inner = 1,
                         .k = (size_t)out->dims[axis]};
    bool behind = false;
    for (int i = 0; i < v->ndim; i++) {
        size_t dim = (size_t)v->dims[order.at[i]];
        if (order.at[i] == axis)
            behind = true;
        else
            *(behind ? &c->sort.inner : &c->sort.outer) *= dim;
    }
    for (int i = 0; i < 2; i++)
        KOV_TRY(kov_plan_make(p, node->first_output + (kov_value)i, &order, &slots[1 + i]));
    const kov_step_plan plan = {.run = run_top_k,
                                .kernel = kov_plan_kernel_name(p, "", "sort"),
                                .params = c,
                                .inputs = 1,
                                .outputs = 2,
                                .slots = slots,
                                .nodes = &index,
                                .node_count = 1};
    *taken = true;
    return kov_plan_step(p, &plan);
}
