/* SPDX-License-Identifier: Apache-2.0 */
/* Pad and Roll. */
#include "opset/content_math.h"
#include "opset/shapes/copy_mapped.h"

#include "tensor/shape.h"

#include <string.h>

typedef enum pad_mode { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_SYMMETRIC, PAD_NONE } pad_mode;

static pad_mode pad_mode_of(const kov_attr *attrs)
{
    static const char *const names[] = {"constant", "edge", "reflect", "symmetric"};
    for (int mode = 0; mode < PAD_NONE; mode++)
        if (strcmp(attrs[KOV_PAD_PAD_MODE].u.string, names[mode]) == 0)
            return (pad_mode)mode;
    return PAD_NONE;
}

/* Reflection reaches to the other end of the axis, once; edges need an element to repeat. */
static kov_status check_pads(kov_infer *infer, pad_mode mode, int axis, int64_t begin, int64_t end)
{
    kov_dim dim = infer->inputs[0].dims[axis];
    if (!kov_dim_is_number(dim) || mode == PAD_CONSTANT || (begin <= 0 && end <= 0))
        return KOV_OK;
    int64_t most = mode == PAD_REFLECT ? dim - 1 : mode == PAD_SYMMETRIC ? dim : INT64_MAX;
    if (dim == 0 || begin > most || end > most)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "axis %d of size %lld is too small for its pads of %lld and %lld",
                              axis, (long long)dim, (long long)begin, (long long)end);
    return KOV_OK;
}

kov_status kov_infer_pad(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    pad_mode mode = pad_mode_of(infer->attrs);
    kov_dim dims[KOV_MAX_NDIM];
    if (mode == PAD_NONE)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "unknown pad_mode \"%s\"",
                              infer->attrs[KOV_PAD_PAD_MODE].u.string);
    if (kov_infer_count(infer, 1) != data->ndim || kov_infer_count(infer, 2) != data->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "pads_begin and pads_end must have an element for each axis");
    if (infer->input_count > 3 && infer->inputs[3].ndim >= 0 &&
        infer->inputs[3].dtype != data->dtype)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "the value must have the dtype of data");
    for (int axis = 0; axis < data->ndim; axis++) {
        kov_content_element begin = kov_infer_element(infer, 1, axis);
        kov_content_element end = kov_infer_element(infer, 2, axis);
        int64_t a, b;
        if (kov_content_number(begin, &a) && kov_content_number(end, &b))
            KOV_TRY(check_pads(infer, mode, axis, a, b));
        kov_content_element size =
            kov_content_add(infer->dims, kov_content_of_dim(infer->dims, data->dims[axis]),
                            kov_content_add(infer->dims, begin, end));
        if (size.known && size.negative)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "pads take more from axis %d than it has", axis);
        dims[axis] = size.known ? size.dim : kov_dim_unknown(infer->dims);
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

typedef struct pad_spec {
    pad_mode mode;
    const int64_t *dims, *begin;
} pad_spec;

static int64_t pad_map(const void *user, int axis, int64_t index)
{
    const pad_spec *spec = user;
    int64_t size = spec->dims[axis], i = index - spec->begin[axis];
    if (i >= 0 && i < size)
        return i;
    switch (spec->mode) {
    case PAD_EDGE:
        return i < 0 ? 0 : size - 1;
    case PAD_REFLECT:
        return i < 0 ? -i : 2 * size - 2 - i;
    case PAD_SYMMETRIC:
        return i < 0 ? -i - 1 : 2 * size - 1 - i;
    default:
        return -1;
    }
}

kov_status kov_eval_pad(kov_eval *eval)
{
    static const char zero[16];
    const kov_view *data = &eval->inputs[0];
    int64_t begin[KOV_MAX_NDIM];
    int count;
    if (!kov_view_ints(&eval->inputs[1], begin, KOV_MAX_NDIM, &count) || count != data->ndim)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "pads_begin does not fit data");
    const void *fill = zero;
    if (eval->input_count > 3 && eval->inputs[3].ndim >= 0 && eval->inputs[3].count > 0)
        fill = eval->inputs[3].data;
    pad_spec spec = {.mode = pad_mode_of(eval->attrs), .dims = data->dims, .begin = begin};
    return kov_copy_mapped(eval, pad_map, &spec, fill);
}

kov_status kov_infer_roll(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t axes[2 * KOV_MAX_NDIM], shifts = kov_infer_count(infer, 1);
    int count, unused;
    if (shifts >= 0 && shifts != 1 && kov_infer_count(infer, 2) >= 0 &&
        shifts != kov_infer_count(infer, 2))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "shift must be one integer or one for each of axes");
    if (kov_infer_element(infer, 2, 0).known) {
        KOV_TRY(kov_infer_ints(infer, 2, axes, 2 * KOV_MAX_NDIM, &count));
        for (int i = 0; i < count; i++)
            KOV_TRY(kov_infer_axis(infer, axes[i], data->ndim, &unused));
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, data->dims);
    return KOV_OK;
}

/* Rows of the last axis that moves, with all behind it, come from other rows where further axes
 * move, and are two stretches each. */
static void roll_rows(const kov_view *data, const int64_t *shift, int last, size_t size, char *to)
{
    const char *from = data->data;
    int64_t rows = 1, row = 1;
    bool moved = false;
    for (int i = 0; i < data->ndim; i++) {
        *(i < last ? &rows : &row) *= data->dims[i];
        moved = moved || (i < last && shift[i] != 0);
    }
    int64_t bytes = row * (int64_t)size, cut = bytes / data->dims[last] * shift[last];
    if (!moved) {
        kov_copy_rows(to, bytes, from + bytes - cut, bytes, (size_t)cut, rows);
        kov_copy_rows(to + cut, bytes, from, bytes, (size_t)(bytes - cut), rows);
        return;
    }
    for (int64_t r = 0; r < rows; r++, to += bytes) {
        int64_t rest = r, source = 0, stride = 1;
        for (int i = last - 1; i >= 0; i--) {
            int64_t dim = data->dims[i], at = rest % dim - shift[i];
            source += (at < 0 ? at + dim : at) * stride;
            stride *= dim;
            rest /= dim;
        }
        memcpy(to, from + (source + 1) * bytes - cut, (size_t)cut);
        memcpy(to + cut, from + source * bytes, (size_t)(bytes - cut));
    }
}

kov_status kov_eval_roll(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int64_t shifts[2 * KOV_MAX_NDIM], axes[2 * KOV_MAX_NDIM];
    int shift_count, axis_count;
    int64_t shift[KOV_MAX_NDIM] = {0};
    size_t size = kov_item_size(data->dtype);
    int last = -1;
    if (size == 0)
        return kov_eval_no_dtype(eval, data->dtype);
    if (!kov_view_ints(&eval->inputs[1], shifts, 2 * KOV_MAX_NDIM, &shift_count) ||
        !kov_view_ints(&eval->inputs[2], axes, 2 * KOV_MAX_NDIM, &axis_count) ||
        (shift_count != 1 && shift_count != axis_count))
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "shift and axes do not fit each other");
    if (data->count == 0)
        return KOV_OK;
    for (int i = 0; i < axis_count; i++) {
        int axis;
        KOV_TRY(kov_axis_normalize("Roll", axes[i], data->ndim, &axis));
        int64_t dim = data->dims[axis];
        int64_t by = shifts[shift_count == 1 ? 0 : i] % dim;
        shift[axis] = (shift[axis] + by + dim) % dim;
    }
    for (int i = 0; i < data->ndim; i++)
        last = shift[i] != 0 ? i : last;
    if (last < 0)
        memcpy(eval->outputs[0].data, data->data, (size_t)data->count * size);
    else
        roll_rows(data, shift, last, size, eval->outputs[0].data);
    return KOV_OK;
}
