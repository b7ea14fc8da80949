/* SPDX-License-Identifier: Apache-2.0 */
/* Range, Eye, OneHot: elements that follow from indices. */
#include "opset/content_math.h"
#include "opset/element_block.h"
#include "opset/reduction/lines.h"

#include "tensor/convert.h"

#include <math.h>
#include <string.h>

/* ---- Range ---- */

static bool is_scalar(const kov_infer *infer, int input)
{
    int64_t count = kov_infer_count(infer, input);
    return count == 1 || count < 0;
}

/* Inputs are cast to an integer output type before anything is computed. */
static double as_output(kov_dtype dtype, double x)
{
    return kov_dtype_is_integer(dtype) ? trunc(x) : x;
}

static kov_status range_of_numbers(kov_infer *infer, kov_dtype dtype, kov_dim *dim, bool *known)
{
    double start, stop, step;
    *known = kov_infer_number(infer, 0, 0, &start) && kov_infer_number(infer, 1, 0, &stop) &&
             kov_infer_number(infer, 2, 0, &step);
    if (!*known)
        return KOV_OK;
    start = as_output(dtype, start);
    stop = as_output(dtype, stop);
    step = as_output(dtype, step);
    double count = ceil((stop - start) / step);
    if (step == 0 || !(count < 0x1p62))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "from %g to %g in steps of %g there is no finite range", start, stop,
                              step);
    *dim = count > 0 ? (kov_dim)count : 0;
    return KOV_OK;
}

/* ceil(max(stop - start, 0) / step) of integers, some of which may be free dimensions. */
static kov_status range_of_content(kov_infer *infer, kov_dim *dim)
{
    kov_content_element start = kov_infer_element(infer, 0, 0);
    kov_content_element stop = kov_infer_element(infer, 1, 0);
    kov_content_element step = kov_infer_element(infer, 2, 0);
    int64_t pace, number;
    *dim = KOV_DIM_FREE;
    if (!kov_content_number(step, &pace))
        return KOV_OK;
    if (pace == 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "the step is 0");
    kov_content_element span = pace > 0 ? kov_content_sub(infer->dims, stop, start)
                                        : kov_content_sub(infer->dims, start, stop);
    if (!span.known)
        return KOV_OK;
    if (kov_content_number(span, &number))
        *dim = number <= 0 ? 0 : (number - 1) / (pace > 0 ? pace : -pace) + 1;
    else if (!span.negative)
        *dim = kov_dim_ceil_div(infer->dims, kov_dim_max(infer->dims, span.dim, 0),
                                pace > 0 ? pace : -pace);
    return KOV_OK;
}

static kov_status range_content(kov_infer *infer, kov_dtype dtype)
{
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if (!kov_content_follows(dtype, 1, infer->outputs[0].dims, &n) || dtype == KOV_DTYPE_BOOL)
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = kov_content_add(
            infer->dims, kov_infer_element(infer, 0, 0),
            kov_content_mul(infer->dims, kov_content_of_number(i), kov_infer_element(infer, 2, 0)));
    return kov_content_set(infer, 0, dtype, n, elements);
}

kov_status kov_infer_range(kov_infer *infer)
{
    kov_dtype dtype = infer->attrs[KOV_RANGE_OUTPUT_TYPE].u.dtype;
    kov_dim dim = KOV_DIM_FREE;
    bool known = false, integers = true;
    for (int k = 0; k < 3; k++) {
        kov_wide wide = kov_wide_of(infer->inputs[k].dtype);
        if (!is_scalar(infer, k) || wide == KOV_WIDE_NONE || wide == KOV_WIDE_COMPLEX)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "%s must be one real number",
                                  infer->op->input_names[k]);
        integers = integers && kov_dtype_is_integer(infer->inputs[k].dtype);
    }
    if (kov_wide_of(dtype) == KOV_WIDE_NONE || dtype == KOV_DTYPE_BOOL ||
        kov_dtype_is_complex(dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "output_type must be a real number type");
    if (integers)
        KOV_TRY(range_of_content(infer, &dim));
    if (dim == KOV_DIM_FREE)
        KOV_TRY(range_of_numbers(infer, dtype, &dim, &known));
    if (dim == KOV_DIM_FREE)
        dim = kov_dim_unknown(infer->dims);
    kov_infer_set(infer, 0, dtype, 1, &dim);
    return integers ? range_content(infer, dtype) : KOV_OK;
}

kov_status kov_eval_range(kov_eval *eval)
{
    const kov_view *out = &eval->outputs[0];
    kov_wide wide = kov_wide_of(out->dtype);
    kov_dtype dtype = kov_wide_dtype(wide);
    kov_block start, step;
    KOV_TRY(kov_convert(eval->inputs[0].dtype, eval->inputs[0].data, dtype, &start, 1));
    KOV_TRY(kov_convert(eval->inputs[2].dtype, eval->inputs[2].data, dtype, &step, 1));
    if (out->dtype == KOV_DTYPE_I32) { /* wraps, as what is stored from a wider type does */
        uint32_t *y = out->data, first = (uint32_t)start.u[0], by = (uint32_t)step.u[0];
        for (int64_t i = 0; i < out->count; i++)
            y[i] = first + (uint32_t)i * by;
        return KOV_OK;
    }
    for (int64_t at = 0; at < out->count; at += KOV_BLOCK) {
        int n = out->count - at < KOV_BLOCK ? (int)(out->count - at) : KOV_BLOCK;
        kov_block x;
        for (int k = 0; k < n; k++) {
            if (wide == KOV_WIDE_REAL)
                x.r[k] = start.r[0] + (double)(at + k) * step.r[0];
            else
                x.u[k] = start.u[0] + (uint64_t)(at + k) * step.u[0];
        }
        kov_block_store(out->dtype, out->data, at, 1, n, &x);
    }
    return KOV_OK;
}

/* ---- Eye ---- */

static kov_status size_of(kov_infer *infer, int input, kov_dim *out)
{
    kov_content_element e = kov_infer_element(infer, input, 0);
    if (!kov_dtype_is_integer(infer->inputs[input].dtype) || !is_scalar(infer, input))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "%s must be one integer",
                              infer->op->input_names[input]);
    if (e.known && e.negative)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "%s is negative",
                              infer->op->input_names[input]);
    *out = e.known ? e.dim : kov_dim_unknown(infer->dims);
    return KOV_OK;
}

kov_status kov_infer_eye(kov_infer *infer)
{
    kov_dtype dtype = infer->attrs[KOV_EYE_OUTPUT_TYPE].u.dtype;
    kov_dim dims[2];
    KOV_TRY(size_of(infer, 0, &dims[0]));
    KOV_TRY(size_of(infer, 1, &dims[1]));
    if (!is_scalar(infer, 2) || !kov_dtype_is_integer(infer->inputs[2].dtype))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "diagonal must be one integer");
    if (kov_item_size(dtype) == 0)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "output_type must be a number type");
    kov_infer_set(infer, 0, dtype, 2, dims);
    return KOV_OK;
}

kov_status kov_eval_eye(kov_eval *eval)
{
    const kov_view *out = &eval->outputs[0];
    size_t size = kov_item_size(out->dtype);
    int64_t diagonal, one = 1;
    char unit[16];
    int count;
    if (size == 0)
        return kov_eval_no_dtype(eval, out->dtype);
    if (!kov_view_ints(&eval->inputs[2], &diagonal, 1, &count) || count != 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "diagonal must be one integer");
    KOV_TRY(kov_convert(KOV_DTYPE_I64, &one, out->dtype, unit, 1));
    if (out->count == 0)
        return KOV_OK;
    memset(out->data, 0, (size_t)out->count * size);
    int64_t rows = out->dims[0], columns = out->dims[1];
    if (diagonal >= columns || diagonal <= -rows)
        return KOV_OK;
    int64_t row = diagonal < 0 ? -diagonal : 0;
    for (; row < rows && row + diagonal < columns; row++)
        memcpy((char *)out->data + (size_t)(row * columns + row + diagonal) * size, unit, size);
    return KOV_OK;
}

/* ---- OneHot ---- */

kov_status kov_infer_one_hot(kov_infer *infer)
{
    const kov_infer_input *indices = &infer->inputs[0];
    kov_dtype dtype = infer->inputs[2].dtype;
    kov_dim dims[KOV_MAX_NDIM], depth;
    int ndim = indices->ndim + 1, axis, from = 0;
    if (!kov_dtype_is_integer(indices->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "indices must be integers, not %s",
                              kov_dtype_keras_name(indices->dtype));
    if (infer->inputs[3].dtype != dtype || !is_scalar(infer, 2) || !is_scalar(infer, 3))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "on_value and off_value must be scalars of one dtype");
    if (ndim > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "more than %d dimensions", KOV_MAX_NDIM);
    KOV_TRY(size_of(infer, 1, &depth));
    KOV_TRY(kov_infer_axis(infer, kov_infer_int(infer, KOV_ONE_HOT_AXIS), ndim, &axis));
    for (int i = 0; i < ndim; i++)
        dims[i] = i == axis ? depth : indices->dims[from++];
    kov_infer_set(infer, 0, dtype, ndim, dims);
    return KOV_OK;
}

/* Indices outside [0, depth) are off everywhere. */
kov_status kov_eval_one_hot(kov_eval *eval)
{
    const kov_view *indices = &eval->inputs[0], *out = &eval->outputs[0];
    size_t size = kov_item_size(out->dtype);
    int64_t axis = eval->attrs[KOV_ONE_HOT_AXIS].u.integer;
    if (size == 0)
        return kov_eval_no_dtype(eval, out->dtype);
    kov_lines lines =
        kov_lines_along(out->ndim, out->dims, (int)(axis < 0 ? axis + out->ndim : axis));
    char *to = out->data;
    for (int64_t k = 0; k < out->count; k++)
        memcpy(to + (size_t)k * size, eval->inputs[3].data, size);
    for (int64_t k = 0; k < indices->count && out->count > 0; k++) {
        int64_t index;
        const char *from = (const char *)indices->data + (size_t)k * kov_item_size(indices->dtype);
        KOV_TRY(kov_convert(indices->dtype, from, KOV_DTYPE_I64, &index, 1));
        if (index < 0 || index >= lines.length)
            continue;
        int64_t at = (k / lines.inner * lines.length + index) * lines.inner + k % lines.inner;
        memcpy(to + (size_t)at * size, eval->inputs[2].data, size);
    }
    return KOV_OK;
}
