/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of one input whose output has its type and shape. */
#include "opset/content_math.h"
#include "opset/element_block.h"
#include "opset/elementwise/complex_math.h"
#include "opset/elementwise/gamma_math.h"
#include "opset/elementwise/unary_math.h"

#include <math.h>
#include <string.h>

/* Functions without parameters; NULL for the others. */
static double (*const functions[KOV_OP_COUNT])(double) = {
    [KOV_OP_ABS] = fabs,
    [KOV_OP_ACOS] = acos,
    [KOV_OP_ACOSH] = acosh,
    [KOV_OP_ASIN] = asin,
    [KOV_OP_ASINH] = asinh,
    [KOV_OP_ATAN] = atan,
    [KOV_OP_ATANH] = atanh,
    [KOV_OP_CEILING] = ceil,
    [KOV_OP_COS] = cos,
    [KOV_OP_COSH] = cosh,
    [KOV_OP_ERF] = erf,
    [KOV_OP_EXP] = exp,
    [KOV_OP_FLOOR] = floor,
    [KOV_OP_LOG] = log,
    [KOV_OP_LOG_GAMMA] = kov_real_log_gamma,
    [KOV_OP_SIGN] = kov_real_sign,
    [KOV_OP_SIN] = sin,
    [KOV_OP_SINH] = sinh,
    [KOV_OP_SQRT] = sqrt,
    [KOV_OP_TAN] = tan,
    [KOV_OP_TANH] = tanh,
    [KOV_OP_SIGMOID] = kov_real_sigmoid,
    [KOV_OP_RELU] = kov_real_relu,
    [KOV_OP_SOFT_PLUS] = kov_real_soft_plus,
    [KOV_OP_SOFT_SIGN] = kov_real_soft_sign,
    [KOV_OP_MISH] = kov_real_mish,
    [KOV_OP_H_SWISH] = kov_real_h_swish,
    [KOV_OP_H_SIGMOID] = kov_real_h_sigmoid,
};

static bool takes_integers(int op)
{
    switch (op) {
    case KOV_OP_ABS:
    case KOV_OP_CEILING:
    case KOV_OP_FLOOR:
    case KOV_OP_NEGATIVE:
    case KOV_OP_SIGN:
    case KOV_OP_RELU:
    case KOV_OP_ROUND:
    case KOV_OP_CLAMP:
    case KOV_OP_BITWISE_NOT:
        return true;
    default:
        return false;
    }
}

static bool takes(int op, kov_dtype dtype)
{
    switch (kov_wide_of(dtype)) {
    case KOV_WIDE_REAL:
        return op != KOV_OP_BITWISE_NOT;
    case KOV_WIDE_COMPLEX:
        return op == KOV_OP_ABS || op == KOV_OP_CLAMP || op == KOV_OP_ELU || op == KOV_OP_GELU ||
               kov_complex_unary_of(op) != NULL;
    case KOV_WIDE_SIGNED:
    case KOV_WIDE_UNSIGNED:
        return takes_integers(op) && (dtype != KOV_DTYPE_BOOL || op != KOV_OP_NEGATIVE);
    default:
        return false;
    }
}

static kov_status negate_content(kov_infer *infer)
{
    const kov_infer_output *out = &infer->outputs[0];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if (!kov_content_follows(out->dtype, out->ndim, out->dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = kov_content_negate(kov_infer_element(infer, 0, i));
    return kov_content_set(infer, 0, out->dtype, n, elements);
}

kov_status kov_infer_same(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int op = (int)(infer->op - kov_op_info_of(0));
    if (!takes(op, data->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "it is not defined for %s",
                              kov_dtype_keras_name(data->dtype));
    kov_dtype dtype = data->dtype;
    if (op == KOV_OP_ABS && kov_dtype_is_complex(dtype))
        dtype = dtype == KOV_DTYPE_C64 ? KOV_DTYPE_F32 : KOV_DTYPE_F64;
    kov_infer_set(infer, 0, dtype, data->ndim, data->dims);
    if (op == KOV_OP_NEGATIVE)
        return negate_content(infer);
    if (op == KOV_OP_CEILING || op == KOV_OP_FLOOR || op == KOV_OP_ROUND)
        return kov_content_forward(infer, 0, 0);
    return KOV_OK;
}

static void apply(double (*function)(double), int n, double *x)
{
    for (int k = 0; k < n; k++)
        x[k] = function(x[k]);
}

static kov_status real_function(const kov_eval *eval, int n, double *x)
{
    int op = kov_eval_op(eval);
    if (functions[op]) {
        apply(functions[op], n, x);
        return KOV_OK;
    }
    switch (op) {
    case KOV_OP_NEGATIVE:
        for (int k = 0; k < n; k++)
            x[k] = -x[k];
        return KOV_OK;
    case KOV_OP_ROUND:
        if (strcmp(eval->attrs[KOV_ROUND_MODE].u.string, "half_to_even") == 0)
            apply(rint, n, x);
        else if (strcmp(eval->attrs[KOV_ROUND_MODE].u.string, "half_away_from_zero") == 0)
            apply(round, n, x);
        else
            return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "unknown mode \"%s\"",
                                 eval->attrs[KOV_ROUND_MODE].u.string);
        return KOV_OK;
    case KOV_OP_GELU: {
        bool is_tanh = strcasecmp(eval->attrs[KOV_GELU_APPROXIMATION_MODE].u.string, "tanh") == 0;
        apply(is_tanh ? kov_real_gelu_tanh : kov_real_gelu_erf, n, x);
        return KOV_OK;
    }
    case KOV_OP_ELU:
        for (int k = 0; k < n; k++)
            x[k] = kov_real_elu(x[k], eval->attrs[KOV_ELU_ALPHA].u.real);
        return KOV_OK;
    case KOV_OP_CLAMP:
        for (int k = 0; k < n; k++)
            x[k] = kov_real_clamp(x[k], eval->attrs[KOV_CLAMP_MIN].u.real,
                                  eval->attrs[KOV_CLAMP_MAX].u.real);
        return KOV_OK;
    default:
        return kov_eval_fail(eval, KOV_INTERNAL, "no real function");
    }
}

/* The integers in [min, max], as far as the type reaches. */
static int64_t signed_bound(double bound)
{
    return bound >= 0x1p63 ? INT64_MAX : bound < -0x1p63 ? INT64_MIN : (int64_t)bound;
}

static uint64_t unsigned_bound(double bound)
{
    return bound >= 0x1p64 ? UINT64_MAX : bound <= 0 ? 0 : (uint64_t)bound;
}

static void signed_function(const kov_eval *eval, int n, int64_t *x)
{
    switch (kov_eval_op(eval)) {
    case KOV_OP_ABS:
        for (int k = 0; k < n; k++)
            x[k] = x[k] < 0 ? (int64_t)(0 - (uint64_t)x[k]) : x[k];
        break;
    case KOV_OP_NEGATIVE:
        for (int k = 0; k < n; k++)
            x[k] = (int64_t)(0 - (uint64_t)x[k]);
        break;
    case KOV_OP_SIGN:
        for (int k = 0; k < n; k++)
            x[k] = (x[k] > 0) - (x[k] < 0);
        break;
    case KOV_OP_RELU:
        for (int k = 0; k < n; k++)
            x[k] = x[k] > 0 ? x[k] : 0;
        break;
    case KOV_OP_CLAMP: {
        int64_t low = signed_bound(ceil(eval->attrs[KOV_CLAMP_MIN].u.real));
        int64_t high = signed_bound(floor(eval->attrs[KOV_CLAMP_MAX].u.real));
        for (int k = 0; k < n; k++) {
            int64_t raised = x[k] < low ? low : x[k];
            x[k] = raised > high ? high : raised;
        }
        break;
    }
    default: /* Ceiling, Floor, Round */
        break;
    }
}

static void unsigned_function(const kov_eval *eval, int n, uint64_t *x)
{
    switch (kov_eval_op(eval)) {
    case KOV_OP_NEGATIVE:
        for (int k = 0; k < n; k++)
            x[k] = 0 - x[k];
        break;
    case KOV_OP_SIGN:
        for (int k = 0; k < n; k++)
            x[k] = x[k] > 0;
        break;
    case KOV_OP_CLAMP: {
        uint64_t low = unsigned_bound(ceil(eval->attrs[KOV_CLAMP_MIN].u.real));
        uint64_t high = unsigned_bound(floor(eval->attrs[KOV_CLAMP_MAX].u.real));
        for (int k = 0; k < n; k++) {
            uint64_t raised = x[k] < low ? low : x[k];
            x[k] = raised > high ? high : raised;
        }
        break;
    }
    default: /* Abs, Relu, Ceiling, Floor, Round */
        break;
    }
}

static kov_complex complex_with_attributes(const kov_eval *eval, kov_complex z)
{
    const kov_attr *attrs = eval->attrs;
    switch (kov_eval_op(eval)) {
    case KOV_OP_CLAMP:
        return kov_complex_clamp(z, attrs[KOV_CLAMP_MIN].u.real, attrs[KOV_CLAMP_MAX].u.real);
    case KOV_OP_ELU:
        return kov_complex_elu(z, attrs[KOV_ELU_ALPHA].u.real);
    default: /* Gelu */
        return kov_complex_gelu_tanh(z);
    }
}

static kov_status complex_function(const kov_eval *eval, int n, kov_block *x)
{
    int op = kov_eval_op(eval);
    bool is_single = eval->inputs[0].dtype == KOV_DTYPE_C64;
    kov_complex_unary *function = kov_complex_unary_of(op);
    if (op == KOV_OP_GELU &&
        strcasecmp(eval->attrs[KOV_GELU_APPROXIMATION_MODE].u.string, "tanh") != 0)
        return kov_eval_fail(eval, KOV_TYPE_ERROR,
                             "the error function is not defined for complex numbers");
    for (int k = 0; k < n; k++) { /* out.r[k] lies at or before in.c[k] */
        kov_complex z = x->c[k];
        if (op == KOV_OP_ABS)
            x->r[k] = is_single ? kov_complex_size_single(z) : hypot(z.re, z.im);
        else
            x->c[k] = function ? function(z) : complex_with_attributes(eval, z);
    }
    return KOV_OK;
}

kov_status kov_eval_unary(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    kov_wide wide = kov_wide_of(data->dtype);
    if (!takes(kov_eval_op(eval), data->dtype))
        return kov_eval_no_dtype(eval, data->dtype);
    for (int64_t at = 0; at < data->count; at += KOV_BLOCK) {
        int n = data->count - at < KOV_BLOCK ? (int)(data->count - at) : KOV_BLOCK;
        kov_block x;
        kov_block_load(data->dtype, data->data, at, 1, n, &x);
        if (wide == KOV_WIDE_REAL)
            KOV_TRY(real_function(eval, n, x.r));
        else if (wide == KOV_WIDE_SIGNED)
            signed_function(eval, n, x.i);
        else if (wide == KOV_WIDE_UNSIGNED)
            unsigned_function(eval, n, x.u);
        else
            KOV_TRY(complex_function(eval, n, &x));
        kov_block_store(out->dtype, out->data, at, 1, n, &x);
    }
    return KOV_OK;
}

kov_status kov_eval_bitwise_not(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    bool is_bool = data->dtype == KOV_DTYPE_BOOL;
    if (!is_bool && !kov_dtype_is_integer(data->dtype))
        return kov_eval_no_dtype(eval, data->dtype);
    size_t bytes = (size_t)data->count * kov_item_size(data->dtype);
    const uint8_t *from = data->data;
    uint8_t *to = out->data;
    for (size_t k = 0; k < bytes; k++)
        to[k] = (uint8_t)(is_bool ? !from[k] : ~from[k]);
    return KOV_OK;
}
