/* SPDX-License-Identifier: Apache-2.0 */
/* Slice and StridedSlice. */
#include "opset/element_block.h"
#include "opset/shapes/slice_range.h"
#include "opset/shapes/slice_region.h"

#include "tensor/shape.h"

#include <string.h>

/* ---- Slice ---- */

static kov_status slice_axes(kov_infer *infer, int count, int *axes)
{
    int64_t given[KOV_MAX_NDIM];
    bool seen[KOV_MAX_NDIM] = {false};
    int given_count = count;
    bool has_axes = infer->input_count > 4 && infer->inputs[4].ndim >= 0;
    for (int i = 0; i < count; i++)
        given[i] = i;
    if (has_axes)
        KOV_TRY(kov_infer_ints(infer, 4, given, KOV_MAX_NDIM, &given_count));
    if (given_count != count)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "start, stop, step and axes must be of one length");
    for (int i = 0; i < count; i++) {
        KOV_TRY(kov_infer_axis(infer, given[i], infer->inputs[0].ndim, &axes[i]));
        if (seen[axes[i]])
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "axis %d is given twice", axes[i]);
        seen[axes[i]] = true;
    }
    return KOV_OK;
}

/* Content of a 1-D slice whose ends are numbers. */
static kov_status slice_content(kov_infer *infer, kov_content_element start,
                                kov_content_element stop, kov_content_element step)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int64_t a, b, pace, first, count;
    if (data->ndim != 1 || !kov_dim_is_number(data->dims[0]) || !kov_content_number(start, &a) ||
        !kov_content_number(stop, &b) || !kov_content_number(step, &pace))
        return KOV_OK;
    kov_slice_range(data->dims[0], a, b, pace, &first, &count);
    int n;
    if (!kov_content_follows(data->dtype, 1, infer->outputs[0].dims, &n) || n != count)
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = kov_infer_element(infer, 0, (int)(first + i * pace));
    return kov_content_set(infer, 0, data->dtype, n, elements);
}

kov_status kov_infer_slice(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t count = kov_infer_count(infer, 1);
    int axes[KOV_MAX_NDIM];
    kov_dim dims[KOV_MAX_NDIM];
    if (count < 0 || count > data->ndim || kov_infer_count(infer, 2) != count ||
        kov_infer_count(infer, 3) != count)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "start, stop and step must be of one known length, at most %d",
                              data->ndim);
    KOV_TRY(slice_axes(infer, (int)count, axes));
    memcpy(dims, data->dims, sizeof *dims * (size_t)data->ndim);
    for (int i = 0; i < (int)count; i++) {
        kov_content_element step = kov_infer_element(infer, 3, i);
        if (step.known && step.dim == 0)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "a step is 0");
        dims[axes[i]] =
            kov_slice_dim(infer->dims, data->dims[axes[i]], kov_infer_bound(infer, 1, i),
                          kov_infer_bound(infer, 2, i), step);
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    if (count == 0)
        return kov_content_forward(infer, 0, 0);
    return slice_content(infer, kov_infer_bound(infer, 1, 0), kov_infer_bound(infer, 2, 0),
                         kov_infer_element(infer, 3, 0));
}

static kov_status copy_region(kov_eval *eval, const kov_slice_region *from)
{
    const kov_view *out = &eval->outputs[0];
    bool same = from->ndim == out->ndim;
    for (int axis = 0; axis < out->ndim && same; axis++)
        same = from->dims[axis] == out->dims[axis];
    if (!same)
        return kov_eval_fail(eval, KOV_INTERNAL, "the output has not the shape of the slice");
    if (out->count > 0)
        kov_copy_strided(out->data, (const char *)eval->inputs[0].data + from->offset,
                         kov_item_size(out->dtype), from->ndim, from->dims, from->strides);
    return KOV_OK;
}

kov_status kov_eval_slice(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int64_t parts[4][KOV_MAX_NDIM];
    int counts[4] = {0};
    size_t size = kov_item_size(data->dtype);
    if (size == 0)
        return kov_eval_no_dtype(eval, data->dtype);
    bool has_axes = eval->input_count > 4 && eval->inputs[4].ndim >= 0;
    for (int k = 0; k < (has_axes ? 4 : 3); k++)
        if (!kov_view_ints(&eval->inputs[k + 1], parts[k], KOV_MAX_NDIM, &counts[k]) ||
            counts[k] != counts[0])
            return kov_eval_fail(eval, KOV_INVALID_ARGUMENT,
                                 "start, stop, step and axes must be lists of one length");
    kov_slice_region from = {.ndim = data->ndim};
    memcpy(from.dims, data->dims, sizeof *from.dims * (size_t)data->ndim);
    kov_shape_strides(data->ndim, data->dims, (int64_t)size, from.strides);
    for (int i = 0; i < counts[0]; i++) {
        int axis;
        int64_t first, step = parts[2][i];
        KOV_TRY(kov_axis_normalize("Slice", has_axes ? parts[3][i] : i, data->ndim, &axis));
        if (step == 0)
            return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "a step is 0");
        kov_slice_range(data->dims[axis], parts[0][i], parts[1][i], step, &first, &from.dims[axis]);
        if (from.dims[axis] > 0)
            from.offset += first * from.strides[axis];
        if (from.dims[axis] > 1)
            from.strides[axis] *= step;
    }
    return copy_region(eval, &from);
}

/* ---- StridedSlice ---- */

typedef enum entry_kind { ENTRY_RANGE, ENTRY_WHOLE, ENTRY_INDEX, ENTRY_NEW } entry_kind;

/* What becomes of the axes of data, and the new ones among them, in order. */
typedef struct entry {
    entry_kind kind;
    int axis;              /* of data; NEW: none */
    int from;              /* element of begin, end and strides; WHOLE: none */
    bool to_begin, to_end; /* masked: from the first, to the last */
} entry;

typedef struct entries {
    int n;
    entry at[2 * KOV_MAX_NDIM];
} entries;

static bool masked(kov_ints mask, int i)
{
    return i < mask.n && mask.at[i] != 0;
}

static const char bad_masks[] = "begin and masks ask for more dimensions than data has";

/* False if begin and the masks do not fit data of `ndim` dimensions. */
static bool plan_entries(const kov_attr *attrs, int ndim, int count, entries *plan)
{
    kov_ints new_axis = attrs[KOV_STRIDED_SLICE_NEW_AXIS_MASK].u.ints;
    kov_ints shrink = attrs[KOV_STRIDED_SLICE_SHRINK_AXIS_MASK].u.ints;
    kov_ints ellipsis = attrs[KOV_STRIDED_SLICE_ELLIPSIS_MASK].u.ints;
    int used = 0, axis = 0;
    bool has_ellipsis = false;
    plan->n = 0;
    for (int i = 0; i < count; i++)
        used += !masked(ellipsis, i) && !masked(new_axis, i);
    if (used > ndim || count > KOV_MAX_NDIM)
        return false;
    for (int i = 0; i < count; i++) {
        if (masked(ellipsis, i)) {
            if (has_ellipsis)
                return false;
            has_ellipsis = true;
            for (int k = 0; k < ndim - used; k++)
                plan->at[plan->n++] = (entry){.kind = ENTRY_WHOLE, .axis = axis++};
            continue;
        }
        entry e = {.kind = ENTRY_RANGE, .from = i};
        e.to_begin = masked(attrs[KOV_STRIDED_SLICE_BEGIN_MASK].u.ints, i);
        e.to_end = masked(attrs[KOV_STRIDED_SLICE_END_MASK].u.ints, i);
        if (masked(new_axis, i))
            e.kind = ENTRY_NEW;
        else if (masked(shrink, i))
            e.kind = ENTRY_INDEX;
        if (e.kind != ENTRY_NEW)
            e.axis = axis++;
        plan->at[plan->n++] = e;
    }
    while (axis < ndim)
        plan->at[plan->n++] = (entry){.kind = ENTRY_WHOLE, .axis = axis++};
    return true;
}

static kov_content_element strided_element(const kov_infer *infer, int input, int i)
{
    if (input < infer->input_count && infer->inputs[input].ndim >= 0)
        return kov_infer_element(infer, input, i);
    return kov_content_of_number(1); /* strides that are not given */
}

static void ends_of(const kov_infer *infer, const entry *e, kov_content_element *start,
                    kov_content_element *stop, kov_content_element *step)
{
    *step = strided_element(infer, 3, e->from);
    bool backward = step->known && step->negative;
    *start = e->to_begin ? kov_content_of_number(backward ? INT64_MAX : 0)
                         : kov_infer_bound(infer, 1, e->from);
    *stop = e->to_end ? kov_content_of_number(backward ? -INT64_MAX : INT64_MAX)
                      : kov_infer_bound(infer, 2, e->from);
}

static kov_status check_index(const kov_infer *infer, const entry *e)
{
    kov_dim dim = infer->inputs[0].dims[e->axis];
    int64_t index;
    if (kov_dim_is_number(dim) && !e->to_begin &&
        kov_content_number(kov_infer_bound(infer, 1, e->from), &index) &&
        (index < -dim || index >= dim))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "index %lld is out of range for axis %d",
                              (long long)index, e->axis);
    return KOV_OK;
}

static kov_status strided_content(kov_infer *infer, const entries *plan)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_content_element start, stop, step, element;
    int64_t index;
    if (data->ndim != 1 || plan->n != 1 || !kov_dim_is_number(data->dims[0]))
        return KOV_OK;
    const entry *e = &plan->at[0];
    if (e->kind == ENTRY_WHOLE)
        return kov_content_forward(infer, 0, 0);
    ends_of(infer, e, &start, &stop, &step);
    if (e->kind == ENTRY_RANGE)
        return slice_content(infer, start, stop, step);
    if (!kov_content_number(e->to_begin ? kov_content_of_number(0) : start, &index))
        return KOV_OK;
    element = kov_infer_element(infer, 0, (int)(index < 0 ? index + data->dims[0] : index));
    int n;
    return kov_content_follows(data->dtype, 0, NULL, &n)
               ? kov_content_set(infer, 0, data->dtype, 1, &element)
               : KOV_OK;
}

kov_status kov_infer_strided_slice(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t count = kov_infer_count(infer, 1);
    kov_dim dims[2 * KOV_MAX_NDIM];
    entries plan;
    int ndim = 0;
    bool has_strides = infer->input_count > 3 && infer->inputs[3].ndim >= 0;
    if (count < 0 || kov_infer_count(infer, 2) != count ||
        (has_strides && kov_infer_count(infer, 3) != count))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "begin, end and strides must be of one known length");
    if (count > KOV_MAX_NDIM || !plan_entries(infer->attrs, data->ndim, (int)count, &plan))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, bad_masks);
    for (int k = 0; k < plan.n; k++) {
        const entry *e = &plan.at[k];
        kov_content_element start, stop, step;
        if (e->kind == ENTRY_INDEX) {
            KOV_TRY(check_index(infer, e));
            continue;
        }
        if (e->kind != ENTRY_RANGE) {
            dims[ndim++] = e->kind == ENTRY_NEW ? 1 : data->dims[e->axis];
            continue;
        }
        ends_of(infer, e, &start, &stop, &step);
        if (step.known && step.dim == 0)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "a stride is 0");
        dims[ndim++] = kov_slice_dim(infer->dims, data->dims[e->axis], start, stop, step);
    }
    if (ndim > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "more than %d dimensions", KOV_MAX_NDIM);
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    return strided_content(infer, &plan);
}

/* Of the axis that an entry takes: the first index and how many. */
static kov_status strided_range(const kov_slice_bounds *given, const entry *e, int64_t size,
                                int64_t *first, int64_t *count)
{
    int64_t step = given->steps[e->from];
    if (e->kind == ENTRY_INDEX) {
        int64_t index = e->to_begin ? 0 : given->begin[e->from];
        *first = index < 0 ? index + size : index;
        *count = 1;
        return *first >= 0 && *first < size
                   ? KOV_OK
                   : kov_fail(KOV_INVALID_ARGUMENT,
                              "StridedSlice: index %lld is out of range for axis %d",
                              (long long)index, e->axis);
    }
    if (step == 0)
        return kov_fail(KOV_INVALID_ARGUMENT, "StridedSlice: a stride is 0");
    kov_slice_range(size, e->to_begin ? (step < 0 ? INT64_MAX : 0) : given->begin[e->from],
                    e->to_end ? (step < 0 ? -INT64_MAX : INT64_MAX) : given->end[e->from], step,
                    first, count);
    return KOV_OK;
}

kov_status kov_strided_slice_region(const kov_attr *attrs, const kov_slice_bounds *given, int ndim,
                                    const int64_t *dims, const int64_t *strides,
                                    kov_slice_region *out)
{
    entries plan;
    if (!plan_entries(attrs, ndim, given->count, &plan))
        return kov_fail(KOV_INVALID_ARGUMENT, "StridedSlice: %s", bad_masks);
    *out = (kov_slice_region){0};
    for (int k = 0; k < plan.n; k++) {
        const entry *e = &plan.at[k];
        int64_t first = 0, length = 1, step = e->kind == ENTRY_RANGE ? given->steps[e->from] : 1;
        if (e->kind == ENTRY_WHOLE)
            length = dims[e->axis];
        else if (e->kind != ENTRY_NEW)
            KOV_TRY(strided_range(given, e, dims[e->axis], &first, &length));
        int64_t stride = e->kind == ENTRY_NEW ? 0 : strides[e->axis];
        out->offset += length > 0 ? first * stride : 0;
        if (e->kind == ENTRY_INDEX)
            continue;
        out->dims[out->ndim] = length;
        out->strides[out->ndim++] = length > 1 ? stride * step : stride;
    }
    return KOV_OK;
}

kov_status kov_eval_strided_slice(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int64_t strides[KOV_MAX_NDIM];
    int other = 0;
    size_t size = kov_item_size(data->dtype);
    kov_slice_bounds given;
    kov_slice_region from;
    if (size == 0)
        return kov_eval_no_dtype(eval, data->dtype);
    for (int i = 0; i < KOV_MAX_NDIM; i++)
        given.steps[i] = 1;
    bool fits = kov_view_ints(&eval->inputs[1], given.begin, KOV_MAX_NDIM, &given.count) &&
                kov_view_ints(&eval->inputs[2], given.end, KOV_MAX_NDIM, &other) &&
                other == given.count;
    if (fits && eval->input_count > 3 && eval->inputs[3].ndim >= 0)
        fits = kov_view_ints(&eval->inputs[3], given.steps, KOV_MAX_NDIM, &other) &&
               other == given.count;
    if (!fits)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, bad_masks);
    kov_shape_strides(data->ndim, data->dims, (int64_t)size, strides);
    KOV_TRY(kov_strided_slice_region(eval->attrs, &given, data->ndim, data->dims, strides, &from));
    return copy_region(eval, &from);
}
