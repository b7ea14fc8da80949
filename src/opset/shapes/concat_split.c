/* SPDX-License-Identifier: Apache-2.0 */
/* Concat, Split, VariadicSplit. */
#include "opset/content_math.h"
#include "opset/element_block.h"

#include "tensor/shape.h"

#include <string.h>

static kov_status concat_content(kov_infer *infer)
{
    const kov_infer_output *out = &infer->outputs[0];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n, at = 0;
    if (!kov_content_follows(out->dtype, out->ndim, out->dims, &n))
        return KOV_OK;
    for (int k = 0; k < infer->input_count; k++) {
        int64_t count = kov_infer_count(infer, k);
        if (count < 0 || at + count > n)
            return KOV_OK; /* a free dimension that must turn out as the others say */
        for (int i = 0; i < (int)count; i++)
            elements[at++] = kov_infer_element(infer, k, i);
    }
    return at == n ? kov_content_set(infer, 0, out->dtype, n, elements) : KOV_OK;
}

kov_status kov_infer_concat(kov_infer *infer)
{
    const kov_infer_input *first = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    int axis;
    if (infer->input_count == 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "there is nothing to join");
    KOV_TRY(kov_infer_axis(infer, kov_infer_int(infer, KOV_CONCAT_AXIS), first->ndim, &axis));
    memcpy(dims, first->dims, sizeof *dims * (size_t)first->ndim);
    for (int k = 1; k < infer->input_count; k++) {
        const kov_infer_input *next = &infer->inputs[k];
        if (next->dtype != first->dtype)
            return kov_infer_fail(infer, KOV_TYPE_ERROR, "operands must have one dtype");
        if (next->ndim != first->ndim)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "operands must have one rank");
        for (int i = 0; i < first->ndim; i++) {
            if (i == axis) {
                dims[i] = kov_dim_add(infer->dims, dims[i], next->dims[i]);
                continue;
            }
            if (dims[i] >= 0 && next->dims[i] >= 0 && dims[i] != next->dims[i])
                return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                      "operands must be of one size along axis %d", i);
            dims[i] = dims[i] >= 0 ? dims[i] : next->dims[i] >= 0 ? next->dims[i] : dims[i];
        }
    }
    kov_infer_set(infer, 0, first->dtype, first->ndim, dims);
    return concat_content(infer);
}

/* Elements before the axis, and bytes from one index of it to the next. */
static void slabs_of(const kov_view *view, int axis, int64_t *outer, size_t *bytes)
{
    *outer = 1;
    *bytes = kov_item_size(view->dtype);
    for (int i = 0; i < view->ndim; i++) {
        if (i < axis)
            *outer *= view->dims[i];
        else if (i > axis)
            *bytes *= (size_t)view->dims[i];
    }
}

kov_status kov_eval_concat(kov_eval *eval)
{
    const kov_view *out = &eval->outputs[0];
    int axis;
    int64_t outer;
    size_t bytes;
    if (kov_item_size(out->dtype) == 0)
        return kov_eval_no_dtype(eval, out->dtype);
    KOV_TRY(kov_axis_normalize(eval->op->name, eval->attrs[KOV_CONCAT_AXIS].u.integer, out->ndim,
                               &axis));
    slabs_of(out, axis, &outer, &bytes);
    if (out->count == 0)
        return KOV_OK;
    char *to = out->data;
    for (int64_t o = 0; o < outer; o++) {
        for (int k = 0; k < eval->input_count; k++) {
            size_t part = (size_t)eval->inputs[k].dims[axis] * bytes;
            if (part > 0)
                memcpy(to, (const char *)eval->inputs[k].data + (size_t)o * part, part);
            to += part;
        }
    }
    return KOV_OK;
}

static kov_status split_axis(kov_infer *infer, int *axis)
{
    int64_t number;
    int count;
    KOV_TRY(kov_infer_ints(infer, 1, &number, 1, &count));
    if (count != 1)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "axis must be one integer");
    return kov_infer_axis(infer, number, infer->inputs[0].ndim, axis);
}

/* Sets output k to data with `size` at the axis; *at is where it begins, -1 where that is not
 * known. */
static kov_status set_part(kov_infer *infer, int k, int axis, kov_dim size, int64_t *at)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    memcpy(dims, data->dims, sizeof *dims * (size_t)data->ndim);
    dims[axis] = size;
    kov_infer_set(infer, k, data->dtype, data->ndim, dims);
    int64_t begin = *at;
    *at = begin < 0 || !kov_dim_is_number(size) ? -1 : begin + size;
    if (begin < 0 || !kov_content_follows(data->dtype, data->ndim, dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = kov_infer_element(infer, 0, (int)begin + i);
    return kov_content_set(infer, k, data->dtype, n, elements);
}

kov_status kov_infer_split(kov_infer *infer)
{
    int64_t parts = kov_infer_int(infer, KOV_SPLIT_NUM_SPLITS), at = 0;
    int axis;
    KOV_TRY(split_axis(infer, &axis));
    kov_dim dim = infer->inputs[0].dims[axis];
    if (parts < 1 || parts > KOV_INFER_MAX_OUTPUTS)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "num_splits is %lld, not 1 to %d",
                              (long long)parts, KOV_INFER_MAX_OUTPUTS);
    if (kov_dim_is_number(dim) && dim % parts != 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "axis %d does not divide into %lld equal parts", axis,
                              (long long)parts);
    kov_dim size = kov_dim_floor_div(infer->dims, dim, parts);
    infer->output_count = (int)parts;
    for (int k = 0; k < (int)parts; k++)
        KOV_TRY(set_part(infer, k, axis, size, &at));
    return KOV_OK;
}

kov_status kov_infer_variadic_split(kov_infer *infer)
{
    int64_t count = kov_infer_count(infer, 2), at = 0;
    int axis, open = -1;
    kov_dim sizes[KOV_INFER_MAX_OUTPUTS];
    KOV_TRY(split_axis(infer, &axis));
    if (count < 1 || count > KOV_INFER_MAX_OUTPUTS)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "lengths must hold 1 to %d integers",
                              KOV_INFER_MAX_OUTPUTS);
    kov_content_element rest = kov_content_of_dim(infer->dims, infer->inputs[0].dims[axis]);
    bool all_known = true;
    for (int k = 0; k < (int)count; k++) {
        kov_content_element e = kov_infer_element(infer, 2, k);
        bool is_open = e.known && e.negative;
        if (is_open && (open >= 0 || e.dim != 1))
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "lengths must be positive, but for one -1");
        open = is_open ? k : open;
        all_known = all_known && e.known;
        sizes[k] = e.known ? e.dim : kov_dim_unknown(infer->dims);
        if (!is_open)
            rest = kov_content_sub(infer->dims, rest, e);
    }
    kov_dim dim = infer->inputs[0].dims[axis];
    if (kov_dim_is_number(dim) && all_known) {
        int64_t sum = 0;
        bool numbers = true;
        for (int k = 0; k < (int)count; k++) {
            numbers = numbers && (k == open || sizes[k] >= 0);
            if (k != open && numbers && __builtin_add_overflow(sum, sizes[k], &sum))
                return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "lengths are too large");
        }
        if (numbers && (open >= 0 ? sum > dim : sum != dim))
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "lengths sum to %lld, axis %d is %lld", (long long)sum, axis,
                                  (long long)dim);
    }
    if (open >= 0)
        sizes[open] = rest.known && !rest.negative ? rest.dim : kov_dim_unknown(infer->dims);
    infer->output_count = (int)count;
    for (int k = 0; k < (int)count; k++)
        KOV_TRY(set_part(infer, k, axis, sizes[k], &at));
    return KOV_OK;
}

kov_status kov_eval_split(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int64_t number, outer;
    int count, axis;
    size_t bytes;
    if (kov_item_size(data->dtype) == 0)
        return kov_eval_no_dtype(eval, data->dtype);
    if (!kov_view_ints(&eval->inputs[1], &number, 1, &count) || count != 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "axis must be one integer");
    KOV_TRY(kov_axis_normalize(eval->op->name, number, data->ndim, &axis));
    slabs_of(data, axis, &outer, &bytes);
    if (data->count == 0)
        return KOV_OK;
    const char *from = data->data;
    for (int64_t o = 0; o < outer; o++) {
        for (int k = 0; k < eval->output_count; k++) {
            size_t part = (size_t)eval->outputs[k].dims[axis] * bytes;
            if (part > 0)
                memcpy((char *)eval->outputs[k].data + (size_t)o * part, from, part);
            from += part;
        }
    }
    return KOV_OK;
}
