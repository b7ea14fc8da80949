/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax and its logarithm along an axis. */
#include "graph/infer.h"
#include "opset/reduction/lines.h"

#include "tensor/shape.h"

#include <math.h>

kov_status kov_infer_softmax(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int axis;
    if (!kov_dtype_is_float(data->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "data must be a float, not %s",
                              kov_dtype_keras_name(data->dtype));
    KOV_TRY(kov_infer_axis(infer, kov_infer_int(infer, KOV_SOFTMAX_AXIS), data->ndim, &axis));
    kov_infer_set(infer, 0, data->dtype, data->ndim, data->dims);
    return KOV_OK;
}

static int block_at(const kov_view *data, int64_t first, const kov_lines *lines, int64_t at,
                    kov_block *x)
{
    int n = lines->length - at < KOV_BLOCK ? (int)(lines->length - at) : KOV_BLOCK;
    kov_block_load(data->dtype, data->data, first + at * lines->inner, lines->inner, n, x);
    return n;
}

static void softmax_line(const kov_view *data, const kov_view *out, int64_t first,
                         const kov_lines *lines, bool is_log)
{
    kov_block x;
    double largest = -INFINITY, sum = 0;
    for (int64_t at = 0; at < lines->length; at += KOV_BLOCK) {
        int n = block_at(data, first, lines, at, &x);
        for (int k = 0; k < n; k++)
            largest = x.r[k] > largest ? x.r[k] : largest;
    }
    for (int64_t at = 0; at < lines->length; at += KOV_BLOCK) {
        int n = block_at(data, first, lines, at, &x);
        for (int k = 0; k < n; k++)
            sum += exp(x.r[k] - largest);
    }
    double log_sum = log(sum);
    for (int64_t at = 0; at < lines->length; at += KOV_BLOCK) {
        int n = block_at(data, first, lines, at, &x);
        for (int k = 0; k < n; k++)
            x.r[k] = is_log ? x.r[k] - largest - log_sum : exp(x.r[k] - largest) / sum;
        kov_block_store(out->dtype, out->data, first + at * lines->inner, lines->inner, n, &x);
    }
}

kov_status kov_eval_softmax(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    bool is_log = kov_eval_op(eval) == KOV_OP_LOG_SOFTMAX;
    int axis;
    if (kov_wide_of(data->dtype) != KOV_WIDE_REAL)
        return kov_eval_no_dtype(eval, data->dtype);
    KOV_TRY(kov_axis_normalize(eval->op->name, eval->attrs[KOV_SOFTMAX_AXIS].u.integer, data->ndim,
                               &axis));
    kov_lines lines = kov_lines_along(data->ndim, data->dims, axis);
    for (int64_t o = 0; o < lines.outer; o++)
        for (int64_t i = 0; i < lines.inner; i++)
            softmax_line(data, out, o * lines.length * lines.inner + i, &lines, is_log);
    return KOV_OK;
}
