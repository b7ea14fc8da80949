/* SPDX-License-Identifier: Apache-2.0 */
/* Activations with parameters as inputs: Swish, Selu, HardSigmoid, PRelu. */
#include "opset/element_block.h"
#include "opset/elementwise/unary_math.h"

#include "graph/infer.h"
#include "tensor/convert.h"

/* data is a float, the parameters have its dtype and at most one element. */
static kov_status infer_scalars(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    if (!kov_dtype_is_float(data->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "data must be a float, not %s",
                              kov_dtype_keras_name(data->dtype));
    for (int i = 1; i < infer->input_count; i++) {
        if (infer->inputs[i].ndim < 0)
            continue;
        if (infer->inputs[i].dtype != data->dtype)
            return kov_infer_fail(infer, KOV_TYPE_ERROR, "%s must be %s as data is",
                                  infer->op->input_names[i], kov_dtype_keras_name(data->dtype));
        int64_t count = kov_infer_count(infer, i);
        if (count >= 0 && count != 1)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "%s must be one number",
                                  infer->op->input_names[i]);
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, data->dims);
    return KOV_OK;
}

kov_status kov_infer_swish(kov_infer *infer)
{
    return infer_scalars(infer);
}

kov_status kov_infer_selu(kov_infer *infer)
{
    return infer_scalars(infer);
}

/* A 1-D slope of as many elements as data has channels goes along axis 1. */
static bool is_channel_slope(int ndim, const int64_t *dims, int slope_ndim,
                             const int64_t *slope_dims)
{
    return slope_ndim == 1 && ndim > 1 && slope_dims[0] != 1 && slope_dims[0] == dims[1];
}

kov_status kov_infer_prelu(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *slope = &infer->inputs[1];
    if (!kov_dtype_is_float(data->dtype) || slope->dtype != data->dtype)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "data and slope must be the same float type");
    if (!is_channel_slope(data->ndim, data->dims, slope->ndim, slope->dims)) {
        kov_dim joined[KOV_MAX_NDIM];
        int ndim;
        KOV_TRY(kov_infer_broadcast(infer, data->ndim, data->dims, slope->ndim, slope->dims, &ndim,
                                    joined));
        if (ndim > data->ndim)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "slope has more dimensions than data");
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, data->dims);
    return KOV_OK;
}

static double scalar_input(const kov_eval *eval, int input, double missing)
{
    double value = missing;
    if (input < eval->input_count && eval->inputs[input].ndim >= 0 &&
        eval->inputs[input].count == 1)
        (void)kov_convert(eval->inputs[input].dtype, eval->inputs[input].data, KOV_DTYPE_F64,
                          &value, 1);
    return value;
}

static double swish(double x, double beta, double unused)
{
    (void)unused;
    return x * kov_real_sigmoid(beta * x);
}

static double selu(double x, double alpha, double lambda)
{
    return lambda * kov_real_elu(x, alpha);
}

static double hard_sigmoid(double x, double alpha, double beta)
{
    return kov_real_clamp(alpha * x + beta, 0.0, 1.0);
}

static kov_status apply(kov_eval *eval, double (*function)(double, double, double))
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    if (kov_wide_of(data->dtype) != KOV_WIDE_REAL)
        return kov_eval_no_dtype(eval, data->dtype);
    double a = scalar_input(eval, 1, 1.0), b = scalar_input(eval, 2, 1.0);
    for (int64_t at = 0; at < data->count; at += KOV_BLOCK) {
        int n = data->count - at < KOV_BLOCK ? (int)(data->count - at) : KOV_BLOCK;
        kov_block x;
        kov_block_load(data->dtype, data->data, at, 1, n, &x);
        for (int k = 0; k < n; k++)
            x.r[k] = function(x.r[k], a, b);
        kov_block_store(out->dtype, out->data, at, 1, n, &x);
    }
    return KOV_OK;
}

kov_status kov_eval_swish(kov_eval *eval)
{
    return apply(eval, swish);
}

kov_status kov_eval_selu(kov_eval *eval)
{
    return apply(eval, selu);
}

kov_status kov_eval_hard_sigmoid(kov_eval *eval)
{
    return apply(eval, hard_sigmoid);
}

kov_status kov_eval_prelu(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    kov_view operands[3] = {*out, *data, eval->inputs[1]};
    int64_t slope_dims[KOV_MAX_NDIM];
    if (kov_wide_of(data->dtype) != KOV_WIDE_REAL)
        return kov_eval_no_dtype(eval, data->dtype);
    if (is_channel_slope(data->ndim, data->dims, operands[2].ndim, operands[2].dims)) {
        for (int axis = 0; axis < data->ndim; axis++)
            slope_dims[axis] = axis == 1 ? data->dims[1] : 1;
        operands[2].ndim = data->ndim;
        operands[2].dims = slope_dims;
    }
    kov_walk walk;
    kov_walk_broadcast(&walk, out->ndim, out->dims, 3, operands);
    if (walk.empty)
        return KOV_OK;
    do {
        for (int64_t at = 0; at < walk.row; at += KOV_BLOCK) {
            int n = walk.row - at < KOV_BLOCK ? (int)(walk.row - at) : KOV_BLOCK;
            kov_block x, slope;
            kov_block_load(data->dtype, data->data, walk.offset[1] + at * walk.step[1],
                           walk.step[1], n, &x);
            kov_block_load(data->dtype, operands[2].data, walk.offset[2] + at * walk.step[2],
                           walk.step[2], n, &slope);
            for (int k = 0; k < n; k++)
                x.r[k] = x.r[k] < 0 ? x.r[k] * slope.r[k] : x.r[k];
            kov_block_store(out->dtype, out->data, walk.offset[0] + at * walk.step[0], walk.step[0],
                            n, &x);
        }
    } while (kov_walk_next(&walk));
    return KOV_OK;
}
