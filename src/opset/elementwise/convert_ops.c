/* SPDX-License-Identifier: Apache-2.0 */
/* Convert, Bitcast, and what becomes bool: LogicalNot, IsNaN, IsInf, IsFinite. */
#include "opset/content_math.h"
#include "opset/element_block.h"

#include "tensor/convert.h"

#include <math.h>
#include <string.h>

kov_status kov_infer_convert(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dtype to = infer->attrs[KOV_CONVERT_DESTINATION_TYPE].u.dtype;
    if (kov_dtype_bits(data->dtype) == 0 || kov_dtype_bits(to) == 0)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "there is no conversion from %s to %s",
                              kov_dtype_keras_name(data->dtype), kov_dtype_keras_name(to));
    kov_infer_set(infer, 0, to, data->ndim, data->dims);
    bool from_followed = data->dtype == KOV_DTYPE_I32 || data->dtype == KOV_DTYPE_I64 ||
                         (data->dtype == KOV_DTYPE_BOOL && to != KOV_DTYPE_BOOL);
    if (!from_followed || to == KOV_DTYPE_BOOL)
        return KOV_OK;
    return kov_content_forward(infer, 0, 0);
}

kov_status kov_eval_convert(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    return kov_convert(data->dtype, data->data, out->dtype, out->data, data->count);
}

/* As torch's view(dtype): a wider type joins elements of the last axis, a narrower one splits them.
 */
kov_status kov_infer_bitcast(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dtype to = infer->attrs[KOV_BITCAST_DESTINATION_TYPE].u.dtype;
    int64_t from_size = (int64_t)kov_item_size(data->dtype), to_size = (int64_t)kov_item_size(to);
    if (from_size == 0 || to_size == 0)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "%s cannot be read as %s",
                              kov_dtype_keras_name(data->dtype), kov_dtype_keras_name(to));
    kov_infer_set(infer, 0, to, data->ndim, data->dims);
    if (from_size == to_size)
        return KOV_OK;
    if (data->ndim == 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "a scalar cannot be read as a type of another size");
    kov_dim *last = &infer->outputs[0].dims[data->ndim - 1];
    if (from_size > to_size) {
        *last = kov_dim_mul(infer->dims, *last, from_size / to_size);
        return KOV_OK;
    }
    int64_t ratio = to_size / from_size;
    if (kov_dim_is_number(*last) && *last % ratio != 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "the last dimension must be a multiple of %lld to be read as %s",
                              (long long)ratio, kov_dtype_keras_name(to));
    *last = kov_dim_floor_div(infer->dims, *last, ratio);
    return KOV_OK;
}

kov_status kov_eval_bitcast(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    size_t bytes = (size_t)data->count * kov_item_size(data->dtype);
    if (bytes == 0)
        return KOV_OK;
    if (out->dtype == KOV_DTYPE_BOOL)
        return kov_convert(KOV_DTYPE_U8, data->data, KOV_DTYPE_BOOL, out->data, out->count);
    memcpy(out->data, data->data, bytes);
    return KOV_OK;
}

static kov_status infer_bool(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    if (kov_wide_of(data->dtype) == KOV_WIDE_NONE)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "it is not defined for %s",
                              kov_dtype_keras_name(data->dtype));
    kov_infer_set(infer, 0, KOV_DTYPE_BOOL, data->ndim, data->dims);
    return KOV_OK;
}

kov_status kov_infer_to_bool(kov_infer *infer)
{
    return infer_bool(infer);
}

kov_status kov_infer_logical_not(kov_infer *infer)
{
    KOV_TRY(infer_bool(infer));
    const kov_infer_output *out = &infer->outputs[0];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if (infer->inputs[0].dtype != KOV_DTYPE_BOOL ||
        !kov_content_follows(KOV_DTYPE_BOOL, out->ndim, out->dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++) {
        int64_t number;
        elements[i] = kov_infer_element(infer, 0, i);
        if (kov_content_number(elements[i], &number))
            elements[i] = kov_content_of_number(number == 0);
        else
            elements[i].known = false;
    }
    return kov_content_set(infer, 0, KOV_DTYPE_BOOL, n, elements);
}

kov_status kov_eval_logical_not(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    uint8_t *out = eval->outputs[0].data;
    KOV_TRY(kov_convert(data->dtype, data->data, KOV_DTYPE_BOOL, out, data->count));
    for (int64_t k = 0; k < data->count; k++)
        out[k] = !out[k];
    return KOV_OK;
}

static bool classify(const kov_eval *eval, double x)
{
    switch (kov_eval_op(eval)) {
    case KOV_OP_IS_NA_N:
        return isnan(x);
    case KOV_OP_IS_FINITE:
        return isfinite(x);
    default:
        return isinf(x) &&
               eval->attrs[x < 0 ? KOV_IS_INF_DETECT_NEGATIVE : KOV_IS_INF_DETECT_POSITIVE]
                   .u.boolean;
    }
}

kov_status kov_eval_classify(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    uint8_t *out = eval->outputs[0].data;
    kov_wide wide = kov_wide_of(data->dtype);
    bool all = kov_eval_op(eval) == KOV_OP_IS_FINITE; /* of the parts of a complex number */
    if (wide == KOV_WIDE_NONE)
        return kov_eval_no_dtype(eval, data->dtype);
    for (int64_t at = 0; at < data->count; at += KOV_BLOCK) {
        int n = data->count - at < KOV_BLOCK ? (int)(data->count - at) : KOV_BLOCK;
        kov_block x;
        kov_block_load(data->dtype, data->data, at, 1, n, &x);
        for (int k = 0; k < n; k++) {
            if (wide == KOV_WIDE_COMPLEX) {
                bool re = classify(eval, x.c[k].re), im = classify(eval, x.c[k].im);
                out[at + k] = all ? re && im : re || im;
            } else {
                out[at + k] = classify(eval, wide == KOV_WIDE_REAL ? x.r[k] : 0.0);
            }
        }
    }
    return KOV_OK;
}
