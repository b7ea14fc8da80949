/* SPDX-License-Identifier: Apache-2.0 */
/* Broadcast and Tile. */
#include "opset/content_math.h"
#include "opset/element_block.h"
#include "opset/shapes/copy_mapped.h"

#include "tensor/shape.h"

#include <string.h>

static bool mode_is(const kov_attr *attrs, const char *mode)
{
    return strcmp(attrs[KOV_BROADCAST_MODE].u.string, mode) == 0;
}

/* The target shape; elements of which nothing is known become free dimensions. */
static kov_status target_shape(kov_infer *infer, int *ndim, kov_dim *dims, bool *known)
{
    int64_t count = kov_infer_count(infer, 1);
    if (infer->inputs[1].ndim > 1 || count < 0 || count > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "target_shape must be a list of at most %d integers", KOV_MAX_NDIM);
    for (int i = 0; i < (int)count; i++) {
        kov_content_element e = kov_infer_element(infer, 1, i);
        if (e.known && e.negative)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "target dimension %d is negative: -%lld", i, (long long)e.dim);
        known[i] = e.known;
        dims[i] = e.known ? e.dim : kov_dim_unknown(infer->dims);
    }
    *ndim = (int)count;
    return KOV_OK;
}

static kov_status fit_axis(kov_infer *infer, kov_dim dim, bool known, kov_dim *target)
{
    if (kov_dim_is_number(dim) && kov_dim_is_number(*target) && dim != 1 && dim != *target)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "a dimension of %lld does not broadcast to %lld", (long long)dim,
                              (long long)*target);
    if (!known && kov_dim_is_number(dim) && dim != 1)
        *target = dim;
    return KOV_OK;
}

static kov_status fit_explicit(kov_infer *infer, int ndim, kov_dim *dims, const bool *known)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t axes[KOV_MAX_NDIM];
    int count;
    if (infer->input_count < 3 || infer->inputs[2].ndim < 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "mode \"explicit\" needs axes_mapping");
    KOV_TRY(kov_infer_ints(infer, 2, axes, KOV_MAX_NDIM, &count));
    if (count != data->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "axes_mapping must have an entry for each axis of data");
    for (int i = 0; i < count; i++) {
        if (axes[i] < 0 || axes[i] >= ndim || (i > 0 && axes[i] <= axes[i - 1]))
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "axes_mapping must rise and stay below %d", ndim);
        KOV_TRY(fit_axis(infer, data->dims[i], known[axes[i]], &dims[axes[i]]));
    }
    return KOV_OK;
}

kov_status kov_infer_broadcast_to(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    bool known[KOV_MAX_NDIM];
    int ndim, n;
    KOV_TRY(target_shape(infer, &ndim, dims, known));
    if (mode_is(infer->attrs, "bidirectional")) {
        KOV_TRY(kov_infer_broadcast(infer, data->ndim, data->dims, ndim, dims, &ndim, dims));
    } else if (mode_is(infer->attrs, "explicit")) {
        KOV_TRY(fit_explicit(infer, ndim, dims, known));
    } else if (mode_is(infer->attrs, "numpy")) {
        if (data->ndim > ndim)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "data has more dimensions than target_shape");
        for (int i = 0; i < data->ndim; i++) {
            int to = ndim - data->ndim + i;
            KOV_TRY(fit_axis(infer, data->dims[i], known[to], &dims[to]));
        }
    } else {
        return kov_infer_fail(infer, KOV_NOT_IMPLEMENTED, "mode \"%s\"",
                              infer->attrs[KOV_BROADCAST_MODE].u.string);
    }
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    kov_content_element elements[KOV_CONTENT_LIMIT];
    if (!kov_content_follows(data->dtype, ndim, dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = kov_content_at(infer, 0, i);
    return kov_content_set(infer, 0, data->dtype, n, elements);
}

kov_status kov_eval_broadcast(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    size_t size = kov_item_size(data->dtype);
    int64_t dims[KOV_MAX_NDIM], axes[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
    int ndim = data->ndim, count;
    if (size == 0)
        return kov_eval_no_dtype(eval, data->dtype);
    memcpy(dims, data->dims, sizeof *dims * (size_t)ndim);
    if (mode_is(eval->attrs, "explicit")) {
        if (!kov_view_ints(&eval->inputs[2], axes, KOV_MAX_NDIM, &count) || count != ndim)
            return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "axes_mapping does not fit data");
        ndim = out->ndim;
        for (int axis = 0; axis < ndim; axis++)
            dims[axis] = 1;
        for (int i = 0; i < count; i++)
            dims[axes[i]] = data->dims[i];
    }
    kov_shape_broadcast_strides(ndim, dims, out->ndim, out->dims, (int64_t)size, strides);
    kov_copy_strided(out->data, data->data, size, out->ndim, out->dims, strides);
    return KOV_OK;
}

kov_status kov_infer_tile(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t count = kov_infer_count(infer, 1);
    kov_dim dims[KOV_MAX_NDIM];
    int n;
    if (infer->inputs[1].ndim > 1 || count < 0 || count > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "repeats must be a list of at most %d integers", KOV_MAX_NDIM);
    int ndim = data->ndim > (int)count ? data->ndim : (int)count;
    for (int axis = 0; axis < ndim; axis++) {
        int from = axis - (ndim - data->ndim), which = axis - (ndim - (int)count);
        kov_dim dim = from < 0 ? 1 : data->dims[from];
        kov_content_element repeat =
            which < 0 ? kov_content_of_number(1) : kov_infer_element(infer, 1, which);
        if (repeat.known && repeat.negative)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "a repeat is negative");
        dims[axis] =
            repeat.known ? kov_dim_mul(infer->dims, dim, repeat.dim) : kov_dim_unknown(infer->dims);
    }
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int64_t period = kov_infer_count(infer, 0);
    if (period <= 0 || !kov_content_follows(data->dtype, ndim, dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = kov_infer_element(infer, 0, (int)(i % period));
    return kov_content_set(infer, 0, data->dtype, n, elements);
}

static int64_t tile_map(const void *user, int axis, int64_t index)
{
    const kov_view *data = user;
    return index % data->dims[axis];
}

kov_status kov_eval_tile(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int ndim = eval->outputs[0].ndim;
    int64_t dims[KOV_MAX_NDIM];
    for (int axis = 0; axis < ndim; axis++) {
        int from = axis - (ndim - data->ndim);
        dims[axis] = from < 0 ? 1 : data->dims[from];
    }
    kov_view inputs[1] = {*data};
    inputs[0].ndim = ndim;
    inputs[0].dims = dims;
    kov_eval widened = *eval;
    widened.inputs = inputs;
    widened.input_count = 1;
    return kov_copy_mapped(&widened, tile_map, &inputs[0], NULL);
}
