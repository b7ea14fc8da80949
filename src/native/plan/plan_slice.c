/* SPDX-License-Identifier: Apache-2.0 */
/* Slices: parts of a buffer where their elements lie one after the other, views where element-wise
 * groups may read them in place, copies else. */
#include "native/plan/planner.h"

#include "opset/shapes/slice_range.h"
#include "opset/shapes/slice_region.h"

#include <string.h>

/* A slice of shorter runs is copied: a group would gather it row by row, and once for each use. */
enum { SHORT_RUN = 16 };

kov_status kov_plan_copy_view(kov_planner *p, kov_value value)
{
    const kov_planned *v = kov_plan_value(p, value);
    const kov_order order = v->order;
    return kov_plan_copy_first(p, kov_graph_producer(p->graph, value),
                               kov_plan_value(p, v->view->of)->slot, v->view->offset,
                               v->view->strides, &order, "slice");
}

/* Elements that lie next to each other in every line of a view. */
static int64_t view_run(const kov_planned *v, const kov_slice_view *view)
{
    int64_t run = 1;
    for (int i = v->ndim - 1; i >= 0; i--) {
        int axis = v->order.at[i];
        if (v->dims[axis] != 1 && view->strides[axis] != run)
            break;
        run *= v->dims[axis];
    }
    return run;
}

static kov_status take_view(kov_planner *p, const kov_node *node, const kov_slice_view *view,
                            const kov_order *order)
{
    kov_planned *out = kov_plan_value(p, node->first_output);
    out->order = *order;
    int64_t run = view_run(out, view);
    if (run == out->count && run > 0)
        return kov_plan_part(p, node->first_output, kov_plan_value(p, view->of)->slot,
                             (size_t)view->offset * kov_plan_item(out->dtype), order);
    out->view = view;
    return run < SHORT_RUN ? kov_plan_copy_view(p, node->first_output) : KOV_OK;
}

kov_status kov_plan_slice(kov_planner *p, const kov_node *node, bool *taken)
{
    int64_t part[4][KOV_MAX_NDIM];
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    bool has_axes = node->input_count > 4 && node->inputs[4] != KOV_VALUE_NONE;
    int n = 0;
    if (kov_plan_item(in->dtype) == 0)
        return KOV_OK;
    for (int k = 0; k < (has_axes ? 4 : 3); k++) {
        int count = kov_plan_numbers(p, node->inputs[k + 1], part[k], KOV_MAX_NDIM);
        if (count < 0 || (k > 0 && count != n))
            return KOV_OK;
        n = count;
    }
    kov_slice_view *view = kov_arena_alloc(&p->scratch, sizeof *view);
    if (!view)
        return KOV_OUT_OF_MEMORY;
    *taken = true;
    KOV_TRY(kov_plan_get(p, node->inputs[0], NULL));
    view->of = node->inputs[0];
    view->offset = 0;
    kov_plan_strides(in, view->strides);
    for (int i = 0; i < n; i++) {
        int64_t axis = has_axes ? part[3][i] : i, first, count;
        axis = axis < 0 ? axis + in->ndim : axis;
        kov_slice_range(in->dims[axis], part[0][i], part[1][i], part[2][i], &first, &count);
        if (count > 0)
            view->offset += first * view->strides[axis];
        view->strides[axis] *= part[2][i];
    }
    const kov_order order = in->order;
    return take_view(p, node, view, &order);
}

/* Of the bounds that a StridedSlice has as numbers; false if one is none. */
static bool bounds_of(const kov_planner *p, const kov_node *node, kov_slice_bounds *given)
{
    for (int i = 0; i < KOV_MAX_NDIM; i++)
        given->steps[i] = 1;
    given->count = kov_plan_numbers(p, node->inputs[1], given->begin, KOV_MAX_NDIM);
    return given->count >= 0 &&
           kov_plan_numbers(p, node->inputs[2], given->end, KOV_MAX_NDIM) == given->count &&
           (node->input_count < 4 || node->inputs[3] == KOV_VALUE_NONE ||
            kov_plan_numbers(p, node->inputs[3], given->steps, KOV_MAX_NDIM) == given->count);
}

kov_status kov_plan_strided_slice(kov_planner *p, const kov_node *node, bool *taken)
{
    int64_t strides[KOV_MAX_NDIM];
    kov_slice_bounds given;
    kov_slice_region region;
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    if (kov_plan_item(in->dtype) == 0 || !bounds_of(p, node, &given))
        return KOV_OK;
    KOV_TRY(kov_plan_get(p, node->inputs[0], NULL));
    if (!kov_plan_is_plain(in))
        return KOV_OK;
    kov_slice_view *view = kov_arena_alloc(&p->scratch, sizeof *view);
    if (!view)
        return KOV_OUT_OF_MEMORY;
    kov_plan_strides(in, strides);
    KOV_TRY(kov_strided_slice_region(node->attrs, &given, in->ndim, in->dims, strides, &region));
    *taken = true;
    view->of = node->inputs[0];
    view->offset = region.offset;
    memcpy(view->strides, region.strides, sizeof view->strides);
    const kov_order order = kov_order_plain(region.ndim);
    return take_view(p, node, view, &order);
}
