/* SPDX-License-Identifier: Apache-2.0 */
/* Gather, GatherND, GatherElements. */
#include "opset/elements.h"

#include <string.h>

/* Shapes are short: content of longer results is not followed. */
enum { CONTENT_MAX = 256 };

/* Content of shape[i]: elements of small 1-D data at constant indices. */
static kov_status gather_content(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *indices = &infer->inputs[1];
    if (data->ndim != 1 || indices->ndim > 1 || !kov_dim_is_number(data->dims[0]) ||
        !(data->content || data->tensor) || !kov_dtype_is_integer(data->dtype))
        return KOV_OK;
    int64_t count = kov_infer_count(infer, 1);
    if (count < 0 || count > CONTENT_MAX)
        return KOV_OK;
    kov_content_element *out = kov_infer_content(infer, 0, (int)count);
    if (!out)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < (int)count; i++) {
        kov_content_element index = kov_infer_element(infer, 1, i);
        if (!index.known || !kov_dim_is_number(index.dim))
            continue;
        int64_t at = index.negative ? data->dims[0] - index.dim : index.dim;
        if (at < 0 || at >= data->dims[0])
            return kov_infer_fail(
                infer, KOV_INVALID_ARGUMENT, "index %lld is out of range for a dimension of %lld",
                (long long)(index.negative ? -index.dim : index.dim), (long long)data->dims[0]);
        if (at <= INT32_MAX)
            out[i] = kov_infer_element(infer, 0, (int)at);
    }
    return KOV_OK;
}

static kov_status batch_dims_of(const kov_infer *infer, int64_t value, int limit, int *out)
{
    int indices_ndim = infer->inputs[1].ndim;
    int64_t batch = value < 0 ? value + indices_ndim : value;
    if (batch < 0 || batch > limit || batch > indices_ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "batch_dims %lld is out of range",
                              (long long)value);
    *out = (int)batch;
    return KOV_OK;
}

static kov_status rank_fits(const kov_infer *infer, int ndim)
{
    if (ndim <= KOV_MAX_NDIM)
        return KOV_OK;
    return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "the result would have %d dimensions", ndim);
}

kov_status kov_infer_gather(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *indices = &infer->inputs[1];
    int axis = 0, batch = 0;
    KOV_TRY(kov_infer_integer(infer, 1));
    KOV_TRY(kov_infer_rank(infer, 0, 1));
    KOV_TRY(kov_infer_axis_input(infer, 2, data->ndim, &axis));
    KOV_TRY(batch_dims_of(infer, infer->attrs[KOV_GATHER_BATCH_DIMS].u.integer, axis, &batch));
    int ndim = data->ndim - 1 + indices->ndim - batch;
    KOV_TRY(rank_fits(infer, ndim));
    kov_dim dims[KOV_MAX_NDIM];
    int n = 0;
    for (int i = 0; i < axis; i++)
        dims[n++] = data->dims[i];
    for (int i = 0; i < batch; i++)
        KOV_TRY(
            kov_infer_match(infer, "batch dimensions", data->dims[i], indices->dims[i], &dims[i]));
    for (int i = batch; i < indices->ndim; i++)
        dims[n++] = indices->dims[i];
    for (int i = axis + 1; i < data->ndim; i++)
        dims[n++] = data->dims[i];
    kov_infer_set(infer, 0, data->dtype, n, dims);
    return gather_content(infer);
}

kov_status kov_eval_gather(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *indices = &eval->inputs[1];
    int axis;
    size_t size;
    KOV_TRY(kov_element_size(eval, data->dtype, &size));
    KOV_TRY(kov_element_axis(eval, 2, data->ndim, &axis));
    int batch = (int)eval->attrs[KOV_GATHER_BATCH_DIMS].u.integer;
    batch = batch < 0 ? batch + indices->ndim : batch;
    int64_t batches = kov_dims_product(data->dims, 0, batch);
    int64_t before = kov_dims_product(data->dims, batch, axis);
    int64_t dim = data->dims[axis];
    int64_t per_batch = kov_dims_product(indices->dims, batch, indices->ndim);
    size_t row = (size_t)kov_dims_product(data->dims, axis + 1, data->ndim) * size;
    if (eval->outputs[0].count == 0)
        return KOV_OK;
    int64_t *at;
    KOV_TRY(kov_elements_indices(eval, 1, dim, &at));
    const char *from = data->data;
    char *to = eval->outputs[0].data;
    for (int64_t b = 0; b < batches; b++) {
        for (int64_t i = 0; i < before; i++) {
            const char *plane = from + (size_t)((b * before + i) * dim) * row;
            for (int64_t j = 0; j < per_batch; j++) {
                memcpy(to, plane + (size_t)at[b * per_batch + j] * row, row);
                to += row;
            }
        }
    }
    kov_free(eval->context, at);
    return KOV_OK;
}

kov_status kov_infer_gather_nd(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *indices = &infer->inputs[1];
    int batch = 0;
    KOV_TRY(kov_infer_integer(infer, 1));
    KOV_TRY(kov_infer_rank(infer, 0, 1));
    KOV_TRY(kov_infer_rank(infer, 1, 1));
    int limit = data->ndim < indices->ndim - 1 ? data->ndim : indices->ndim - 1;
    KOV_TRY(batch_dims_of(infer, infer->attrs[KOV_GATHER_ND_BATCH_DIMS].u.integer, limit, &batch));
    kov_dim depth = indices->dims[indices->ndim - 1];
    if (!kov_dim_is_number(depth))
        return kov_infer_fail(infer, KOV_UNKNOWN_DIMENSION,
                              "the last dimension of indices must be a number");
    if (depth > data->ndim - batch)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "indices address %lld dimensions, data has %d", (long long)depth,
                              data->ndim - batch);
    int kept = data->ndim - batch - (int)depth;
    KOV_TRY(rank_fits(infer, indices->ndim - 1 + kept));
    kov_dim dims[KOV_MAX_NDIM];
    int n = 0;
    for (int i = 0; i < batch; i++, n++)
        KOV_TRY(
            kov_infer_match(infer, "batch dimensions", data->dims[i], indices->dims[i], &dims[n]));
    for (int i = batch; i < indices->ndim - 1; i++)
        dims[n++] = indices->dims[i];
    for (int i = batch + (int)depth; i < data->ndim; i++)
        dims[n++] = data->dims[i];
    kov_infer_set(infer, 0, data->dtype, n, dims);
    return KOV_OK;
}

kov_status kov_eval_gather_nd(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *indices = &eval->inputs[1];
    size_t size;
    KOV_TRY(kov_element_size(eval, data->dtype, &size));
    int batch = (int)eval->attrs[KOV_GATHER_ND_BATCH_DIMS].u.integer;
    batch = batch < 0 ? batch + indices->ndim : batch;
    int depth = (int)indices->dims[indices->ndim - 1];
    int64_t batches = kov_dims_product(data->dims, 0, batch);
    int64_t per_batch = kov_dims_product(indices->dims, batch, indices->ndim - 1);
    int64_t batch_rows = kov_dims_product(data->dims, batch, batch + depth);
    size_t row = (size_t)kov_dims_product(data->dims, batch + depth, data->ndim) * size;
    if (eval->outputs[0].count == 0)
        return KOV_OK;
    void *loaded;
    KOV_TRY(kov_elements_load(eval, indices, KOV_DTYPE_I64, &loaded));
    const int64_t *at = loaded;
    const char *from = data->data;
    char *to = eval->outputs[0].data;
    kov_status status = KOV_OK;
    for (int64_t i = 0; i < batches * per_batch && status == KOV_OK; i++, to += row) {
        int64_t place = 0, index = 0;
        for (int j = 0; j < depth && status == KOV_OK; j++) {
            int64_t dim = data->dims[batch + j];
            status = kov_element_index(eval, at[i * depth + j], dim, &index);
            place = place * dim + index;
        }
        if (status == KOV_OK)
            memcpy(to, from + (size_t)(i / per_batch * batch_rows + place) * row, row);
    }
    kov_free(eval->context, loaded);
    return status;
}

kov_status kov_infer_gather_elements(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *indices = &infer->inputs[1];
    int axis;
    KOV_TRY(kov_infer_integer(infer, 1));
    KOV_TRY(kov_infer_rank(infer, 0, 1));
    if (data->ndim != indices->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "data and indices must have one rank");
    KOV_TRY(
        kov_infer_axis(infer, infer->attrs[KOV_GATHER_ELEMENTS_AXIS].u.integer, data->ndim, &axis));
    kov_dim dims[KOV_MAX_NDIM];
    for (int i = 0; i < data->ndim; i++) {
        dims[i] = indices->dims[i];
        if (i != axis)
            KOV_TRY(kov_infer_match(infer, "dimensions of data and indices but the axis",
                                    data->dims[i], indices->dims[i], &dims[i]));
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

/* Element (i, j, k) of the result is data (i, at (i, j, k), k). */
#define GATHER_ELEMENTS(name, bytes)                                                               \
    static void name(const gather_lines *g, const char *from, const int64_t *at, char *to)         \
    {                                                                                              \
        size_t size = (bytes) ? (size_t)(bytes) : g->size;                                         \
        for (int64_t i = 0; i < g->before; i++, from += (size_t)(g->dim * g->after) * size) {      \
            for (int64_t j = 0; j < g->count; j++) {                                               \
                for (int64_t k = 0; k < g->after; k++, at++, to += size)                           \
                    memcpy(to, from + (size_t)(*at * g->after + k) * size, size);                  \
            }                                                                                      \
        }                                                                                          \
    }

typedef struct gather_lines {
    int64_t before, count, after, dim;
    size_t size;
} gather_lines;

GATHER_ELEMENTS(gather_elements_of_4, 4)
GATHER_ELEMENTS(gather_elements_of_8, 8)
GATHER_ELEMENTS(gather_elements_of_any, 0)

kov_status kov_eval_gather_elements(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *indices = &eval->inputs[1];
    size_t size;
    KOV_TRY(kov_element_size(eval, data->dtype, &size));
    int64_t axis = eval->attrs[KOV_GATHER_ELEMENTS_AXIS].u.integer;
    int a = (int)(axis < 0 ? axis + data->ndim : axis);
    const gather_lines g = {.before = kov_dims_product(indices->dims, 0, a),
                            .count = indices->dims[a],
                            .after = kov_dims_product(indices->dims, a + 1, indices->ndim),
                            .dim = data->dims[a],
                            .size = size};
    if (eval->outputs[0].count == 0)
        return KOV_OK;
    int64_t *at;
    KOV_TRY(kov_elements_indices(eval, 1, g.dim, &at));
    char *to = eval->outputs[0].data;
    if (size == 4)
        gather_elements_of_4(&g, data->data, at, to);
    else if (size == 8)
        gather_elements_of_8(&g, data->data, at, to);
    else
        gather_elements_of_any(&g, data->data, at, to);
    kov_free(eval->context, at);
    return KOV_OK;
}
