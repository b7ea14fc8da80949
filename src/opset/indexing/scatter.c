/* SPDX-License-Identifier: Apache-2.0 */
/* ScatterUpdate, ScatterNDUpdate, ScatterElementsUpdate. Updates apply in their order, so of
 * duplicates without a reduction the last one stays. */
#include "opset/elements.h"
#include "opset/indexing/scatter_reduce.h"
#include "tensor/shape.h"

#include <string.h>

/* `foreign` is the reduction that only the other operation has. */
static kov_status check_reduction(const kov_infer *infer, const char *name,
                                  kov_scatter_reduction foreign)
{
    kov_scatter_reduction reduction;
    if (!kov_scatter_reduction_find(name, &reduction) || reduction == foreign)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "there is no reduction \"%s\"", name);
    if (!kov_scatter_reduction_takes(reduction, infer->inputs[0].dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "reduction \"%s\" does not take %s", name,
                              kov_dtype_keras_name(infer->inputs[0].dtype));
    return KOV_OK;
}

/* The result is data, updated. */
static void set_as_data(kov_infer *infer)
{
    kov_infer_set(infer, 0, infer->inputs[0].dtype, infer->inputs[0].ndim, infer->inputs[0].dims);
}

/* Copies data to the output; false if there is nothing to update either. */
static bool begin(const kov_eval *eval, size_t size)
{
    const kov_view *data = &eval->inputs[0];
    if (data->count > 0)
        memcpy(eval->outputs[0].data, data->data, (size_t)data->count * size);
    return eval->inputs[1].count > 0;
}

kov_status kov_infer_scatter_update(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *indices = &infer->inputs[1];
    const kov_infer_input *updates = &infer->inputs[2];
    int axis;
    KOV_TRY(kov_infer_integer(infer, 1));
    KOV_TRY(kov_infer_same_dtype(infer, 0, 2));
    KOV_TRY(kov_infer_rank(infer, 0, 1));
    KOV_TRY(kov_infer_axis_input(infer, 3, data->ndim, &axis));
    if (updates->ndim != data->ndim - 1 + indices->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "updates must have %d dimensions",
                              data->ndim - 1 + indices->ndim);
    kov_dim unused;
    for (int i = 0; i < updates->ndim; i++) {
        kov_dim expected = i < axis                   ? data->dims[i]
                           : i < axis + indices->ndim ? indices->dims[i - axis]
                                                      : data->dims[i - indices->ndim + 1];
        KOV_TRY(kov_infer_match(infer, "dimensions of updates and of what they replace",
                                updates->dims[i], expected, &unused));
    }
    set_as_data(infer);
    return KOV_OK;
}

kov_status kov_eval_scatter_update(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *updates = &eval->inputs[2];
    int axis;
    size_t size;
    KOV_TRY(kov_element_size(eval, data->dtype, &size));
    KOV_TRY(kov_element_axis(eval, 3, data->ndim, &axis));
    if (!begin(eval, size) || updates->count == 0)
        return KOV_OK;
    int64_t before = kov_dims_product(data->dims, 0, axis), dim = data->dims[axis];
    size_t row = (size_t)kov_dims_product(data->dims, axis + 1, data->ndim) * size;
    int64_t count = eval->inputs[1].count, *at;
    KOV_TRY(kov_elements_indices(eval, 1, dim, &at));
    const char *from = updates->data;
    for (int64_t i = 0; i < before; i++) {
        char *plane = (char *)eval->outputs[0].data + (size_t)(i * dim) * row;
        for (int64_t j = 0; j < count; j++, from += row)
            memcpy(plane + (size_t)at[j] * row, from, row);
    }
    kov_free(eval->context, at);
    return KOV_OK;
}

kov_status kov_infer_scatter_nd_update(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *indices = &infer->inputs[1];
    const kov_infer_input *updates = &infer->inputs[2];
    KOV_TRY(kov_infer_integer(infer, 1));
    KOV_TRY(kov_infer_same_dtype(infer, 0, 2));
    KOV_TRY(kov_infer_rank(infer, 1, 1));
    KOV_TRY(check_reduction(infer, infer->attrs[KOV_SCATTER_ND_UPDATE_REDUCTION].u.string,
                            KOV_SCATTER_MEAN));
    kov_dim depth = indices->dims[indices->ndim - 1];
    if (!kov_dim_is_number(depth))
        return kov_infer_fail(infer, KOV_UNKNOWN_DIMENSION,
                              "the last dimension of indices must be a number");
    if (depth > data->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "indices address %lld dimensions, data has %d", (long long)depth,
                              data->ndim);
    int places = indices->ndim - 1, kept = data->ndim - (int)depth;
    if (updates->ndim != places + kept)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "updates must have %d dimensions",
                              places + kept);
    kov_dim unused;
    for (int i = 0; i < updates->ndim; i++)
        KOV_TRY(kov_infer_match(
            infer, "dimensions of updates and of what they replace", updates->dims[i],
            i < places ? indices->dims[i] : data->dims[(int)depth + i - places], &unused));
    set_as_data(infer);
    return KOV_OK;
}

/* Row number of the data that row i of indices names. */
static kov_status nd_place(const kov_eval *eval, const int64_t *at, int64_t i, int64_t *place)
{
    const kov_view *data = &eval->inputs[0], *indices = &eval->inputs[1];
    int depth = (int)indices->dims[indices->ndim - 1];
    *place = 0;
    for (int j = 0; j < depth; j++) {
        int64_t index;
        KOV_TRY(kov_element_index(eval, at[i * depth + j], data->dims[j], &index));
        *place = *place * data->dims[j] + index;
    }
    return KOV_OK;
}

kov_status kov_eval_scatter_nd_update(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *indices = &eval->inputs[1];
    const kov_view *updates = &eval->inputs[2];
    size_t size;
    KOV_TRY(kov_element_size(eval, data->dtype, &size));
    begin(eval, size);
    if (updates->count == 0)
        return KOV_OK;
    kov_scatter_reduction reduction = KOV_SCATTER_NONE;
    (void)kov_scatter_reduction_find(eval->attrs[KOV_SCATTER_ND_UPDATE_REDUCTION].u.string,
                                     &reduction);
    int64_t count = kov_dims_product(indices->dims, 0, indices->ndim - 1);
    int64_t row = updates->count / count, place = 0;
    void *at;
    kov_scatter scatter = {0};
    KOV_TRY(kov_elements_load(eval, indices, KOV_DTYPE_I64, &at));
    kov_status status = KOV_OK;
    if (reduction != KOV_SCATTER_NONE)
        status = kov_scatter_open(eval, reduction, &scatter);
    for (int64_t i = 0; i < count && status == KOV_OK; i++) {
        status = nd_place(eval, at, i, &place);
        if (status != KOV_OK)
            break;
        if (reduction == KOV_SCATTER_NONE)
            memcpy((char *)eval->outputs[0].data + (size_t)(place * row) * size,
                   (const char *)updates->data + (size_t)(i * row) * size, (size_t)row * size);
        else
            kov_scatter_apply_row(&scatter, place * row, i * row, row);
    }
    if (scatter.data)
        status = kov_scatter_close(&scatter, status);
    kov_free(eval->context, at);
    return status;
}

kov_status kov_infer_scatter_elements_update(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *indices = &infer->inputs[1];
    const kov_infer_input *updates = &infer->inputs[2];
    int axis;
    KOV_TRY(kov_infer_integer(infer, 1));
    KOV_TRY(kov_infer_same_dtype(infer, 0, 2));
    KOV_TRY(kov_infer_rank(infer, 0, 1));
    KOV_TRY(kov_infer_axis_input(infer, 3, data->ndim, &axis));
    KOV_TRY(check_reduction(infer, infer->attrs[KOV_SCATTER_ELEMENTS_UPDATE_REDUCTION].u.string,
                            KOV_SCATTER_SUB));
    if (indices->ndim != data->ndim || updates->ndim != data->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "data, indices and updates must have one rank");
    kov_dim unused;
    for (int i = 0; i < data->ndim; i++) {
        KOV_TRY(kov_infer_match(infer, "dimensions of indices and updates", indices->dims[i],
                                updates->dims[i], &unused));
        if (i != axis && kov_dim_is_number(indices->dims[i]) && kov_dim_is_number(data->dims[i]) &&
            indices->dims[i] > data->dims[i])
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "dimension %d of indices is larger than that of data", i);
    }
    set_as_data(infer);
    return KOV_OK;
}

/* Indices along the axis, of updates of the shape `dims`, become places in elements of data. */
static void find_places(const kov_view *data, const int64_t *dims, int axis, int64_t count,
                        int64_t *places)
{
    int64_t strides[KOV_MAX_NDIM], index[KOV_MAX_NDIM] = {0}, rest = 0;
    if (data->ndim == 1)
        return;
    kov_shape_strides(data->ndim, data->dims, 1, strides);
    for (int64_t k = 0; k < count; k++) {
        places[k] = rest + places[k] * strides[axis];
        for (int i = data->ndim - 1; i >= 0; i--) {
            int64_t step = i == axis ? 0 : strides[i];
            rest += step;
            if (++index[i] < dims[i])
                break;
            rest -= step * dims[i];
            index[i] = 0;
        }
    }
}

/* The mean of what met in each element: its own value, if kept, counts as one. */
static kov_status divide_all(const kov_eval *eval, kov_scatter *scatter, const int64_t *places,
                             bool keep)
{
    int64_t *counts = kov_alloc_zero(eval->context, (size_t)eval->inputs[0].count * sizeof *counts);
    if (!counts)
        return KOV_OUT_OF_MEMORY;
    int64_t n = eval->inputs[1].count;
    for (int64_t k = 0; k < n; k++)
        counts[places[k]]++;
    for (int64_t k = 0; k < n; k++) {
        if (counts[places[k]] > 0)
            kov_scatter_divide(scatter, places[k], counts[places[k]] + keep);
        counts[places[k]] = 0;
    }
    kov_free(eval->context, counts);
    return KOV_OK;
}

static kov_status reduce_elements(const kov_eval *eval, kov_scatter_reduction reduction,
                                  const int64_t *places)
{
    bool keep = eval->attrs[KOV_SCATTER_ELEMENTS_UPDATE_USE_INIT_VAL].u.boolean;
    int64_t n = eval->inputs[1].count;
    kov_scatter scatter;
    KOV_TRY(kov_scatter_open(eval, reduction, &scatter));
    for (int64_t k = 0; k < n && !keep; k++)
        kov_scatter_clear(&scatter, places[k]);
    kov_scatter_apply_all(&scatter, places, n);
    kov_status status = KOV_OK;
    if (reduction == KOV_SCATTER_MEAN)
        status = divide_all(eval, &scatter, places, keep);
    return kov_scatter_close(&scatter, status);
}

kov_status kov_eval_scatter_elements_update(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *indices = &eval->inputs[1];
    int axis;
    size_t size;
    KOV_TRY(kov_element_size(eval, data->dtype, &size));
    KOV_TRY(kov_element_axis(eval, 3, data->ndim, &axis));
    if (!begin(eval, size))
        return KOV_OK;
    for (int i = 0; i < data->ndim; i++) {
        if (i != axis && indices->dims[i] > data->dims[i])
            return kov_eval_fail(eval, KOV_INVALID_ARGUMENT,
                                 "dimension %d of indices is larger than that of data", i);
    }
    kov_scatter_reduction reduction = KOV_SCATTER_NONE;
    (void)kov_scatter_reduction_find(eval->attrs[KOV_SCATTER_ELEMENTS_UPDATE_REDUCTION].u.string,
                                     &reduction);
    int64_t *places;
    KOV_TRY(kov_elements_indices(eval, 1, data->dims[axis], &places));
    find_places(data, indices->dims, axis, indices->count, places);
    kov_status status = KOV_OK;
    if (reduction != KOV_SCATTER_NONE)
        status = reduce_elements(eval, reduction, places);
    for (int64_t k = 0; k < indices->count && reduction == KOV_SCATTER_NONE; k++)
        memcpy((char *)eval->outputs[0].data + (size_t)places[k] * size,
               (const char *)eval->inputs[2].data + (size_t)k * size, size);
    kov_free(eval->context, places);
    return status;
}
