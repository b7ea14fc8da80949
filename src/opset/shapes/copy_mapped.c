/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/shapes/copy_mapped.h"

#include "base/memory.h"
#include "tensor/shape.h"

#include <string.h>

/* Byte offsets in the source for each destination index of each axis, one axis after another. */
static int64_t *make_offsets(kov_eval *eval, kov_axis_map map, const void *user, size_t size)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    int64_t strides[KOV_MAX_NDIM], *offsets;
    size_t total = 1, bytes;
    for (int axis = 0; axis < out->ndim; axis++)
        if (!kov_size_add(total, (size_t)out->dims[axis], &total))
            return NULL;
    if (!kov_size_mul(total, sizeof *offsets, &bytes))
        return NULL;
    offsets = kov_alloc(eval->context, bytes);
    if (!offsets)
        return NULL;
    kov_shape_strides(data->ndim, data->dims, (int64_t)size, strides);
    int64_t *to = offsets;
    for (int axis = 0; axis < out->ndim; axis++) {
        for (int64_t i = 0; i < out->dims[axis]; i++) {
            int64_t from = map(user, axis, i);
            *to++ = from < 0 ? -1 : from * strides[axis];
        }
    }
    return offsets;
}

/* Elements of the last axis that lie as one in the source, or are one element or fill. */
typedef struct stretch {
    int64_t offset, count; /* offset: negative for fill */
    bool repeated;
} stretch;

static int64_t find_stretches(const int64_t *offsets, int64_t n, int64_t size, stretch *out)
{
    int64_t found = 0;
    for (int64_t k = 0; k < n;) {
        int64_t first = k;
        bool repeated = offsets[k] < 0 || (k + 1 < n && offsets[k + 1] == offsets[k]);
        for (k++; k < n && offsets[k] == offsets[k - 1] + (repeated ? 0 : size); k++)
            ;
        out[found++] = (stretch){offsets[first], k - first, repeated};
    }
    return found;
}

static void copy_row(char *to, const char *from, const stretch *at, int64_t n, const void *fill,
                     size_t size)
{
    for (int64_t i = 0; i < n; i++) {
        size_t bytes = (size_t)at[i].count * size;
        if (at[i].repeated)
            kov_fill(to, at[i].offset < 0 ? fill : from + at[i].offset, size, (size_t)at[i].count);
        else
            memcpy(to, from + at[i].offset, bytes);
        to += bytes;
    }
}

kov_status kov_copy_mapped(kov_eval *eval, kov_axis_map map, const void *user, const void *fill)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    size_t size = kov_item_size(data->dtype);
    if (size == 0)
        return kov_eval_no_dtype(eval, data->dtype);
    if (out->count == 0)
        return KOV_OK;
    if (out->ndim == 0) {
        memcpy(out->data, data->data, size);
        return KOV_OK;
    }
    int64_t *offsets = make_offsets(eval, map, user, size);
    if (!offsets)
        return kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "no memory for index maps");
    const int64_t *maps[KOV_MAX_NDIM];
    int64_t index[KOV_MAX_NDIM] = {0};
    int last = out->ndim - 1;
    maps[0] = offsets;
    for (int axis = 1; axis <= last; axis++)
        maps[axis] = maps[axis - 1] + out->dims[axis - 1];
    char *to = out->data;
    int64_t row = out->dims[last];
    stretch *stretches = kov_alloc(eval->context, (size_t)row * sizeof *stretches);
    if (!stretches) {
        kov_free(eval->context, offsets);
        return KOV_OUT_OF_MEMORY;
    }
    int64_t count = find_stretches(maps[last], row, (int64_t)size, stretches);
    for (int64_t left = out->count / row; left > 0; left--) {
        const char *from = data->data;
        bool filled = false;
        for (int axis = 0; axis < last; axis++) {
            int64_t offset = maps[axis][index[axis]];
            filled = filled || offset < 0;
            from += offset < 0 ? 0 : offset;
        }
        if (filled)
            kov_fill(to, fill, size, (size_t)row);
        else
            copy_row(to, from, stretches, count, fill, size);
        to += row * (int64_t)size;
        for (int axis = last - 1; axis >= 0 && ++index[axis] == out->dims[axis]; axis--)
            index[axis] = 0;
    }
    kov_free(eval->context, stretches);
    kov_free(eval->context, offsets);
    return KOV_OK;
}
