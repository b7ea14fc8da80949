/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: activations. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include "opset/elementwise/selu.h"

kov_value kov_nn_relu(kov_builder *b, kov_value x)
{
    return kov_relu(b, kov_strong(b, x));
}

kov_value kov_nn_relu6(kov_builder *b, kov_value x)
{
    return kov_clamp(b, kov_strong(b, x), 0, 6);
}

kov_value kov_nn_sigmoid(kov_builder *b, kov_value x)
{
    return kov_sigmoid(b, kov_as_float(b, x));
}

kov_value kov_nn_tanh(kov_builder *b, kov_value x)
{
    return kov_tanh(b, kov_as_float(b, x));
}

kov_value kov_nn_silu(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    return kov_is_complex_value(b, x) ? kov_multiply(b, x, kov_sigmoid(b, x))
                                      : kov_swish(b, x, KOV_VALUE_NONE);
}

kov_value kov_nn_gelu(kov_builder *b, kov_value x, bool approximate)
{
    return kov_gelu(b, kov_as_float(b, x), approximate ? "tanh" : "erf");
}

kov_value kov_nn_elu(kov_builder *b, kov_value x, double alpha)
{
    return kov_elu(b, kov_as_float(b, x), alpha);
}

kov_value kov_nn_celu(kov_builder *b, kov_value x, double alpha)
{
    x = kov_as_float(b, x);
    kov_value zero = kov_scalar_like(b, x, 0), scale = kov_scalar_like(b, x, alpha);
    kov_value below = kov_numpy_expm1(b, kov_divide(b, kov_minimum(b, x, zero), scale));
    return kov_add(b, kov_maximum(b, x, zero), kov_multiply(b, scale, below));
}

kov_value kov_nn_selu(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    kov_value scale = kov_scalar_like(b, x, KOV_SELU_SCALE);
    return kov_is_complex_value(b, x)
               ? kov_multiply(b, scale, kov_elu(b, x, KOV_SELU_ALPHA))
               : kov_selu(b, x, kov_scalar_like(b, x, KOV_SELU_ALPHA), scale);
}

kov_value kov_nn_leaky_relu(kov_builder *b, kov_value x, double negative_slope)
{
    x = kov_as_float(b, x);
    kov_value slope = kov_scalar_like(b, x, negative_slope);
    return kov_select(b, kov_less(b, x, kov_scalar_like(b, x, 0)), kov_multiply(b, x, slope), x);
}

kov_value kov_nn_hard_sigmoid(kov_builder *b, kov_value x)
{
    return kov_h_sigmoid(b, kov_as_float(b, x));
}

kov_value kov_nn_hard_silu(kov_builder *b, kov_value x)
{
    return kov_h_swish(b, kov_as_float(b, x));
}

kov_value kov_nn_hard_tanh(kov_builder *b, kov_value x)
{
    return kov_clamp(b, kov_as_float(b, x), -1, 1);
}

kov_value kov_nn_softplus(kov_builder *b, kov_value x)
{
    return kov_soft_plus(b, kov_as_float(b, x));
}

kov_value kov_nn_softsign(kov_builder *b, kov_value x)
{
    return kov_soft_sign(b, kov_as_float(b, x));
}

kov_value kov_nn_log_sigmoid(kov_builder *b, kov_value x)
{
    return kov_negative(b, kov_soft_plus(b, kov_negative(b, kov_as_float(b, x))));
}

kov_value kov_nn_tanh_shrink(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    return kov_subtract(b, x, kov_tanh(b, x));
}

kov_value kov_nn_hard_shrink(kov_builder *b, kov_value x, double threshold)
{
    x = kov_as_float(b, x);
    kov_value size = kov_abs(b, x), limit = kov_scalar_like(b, size, threshold);
    return kov_select(b, kov_greater(b, size, limit), x, kov_scalar_like(b, x, 0));
}

kov_value kov_nn_soft_shrink(kov_builder *b, kov_value x, double threshold)
{
    x = kov_as_float(b, x);
    kov_value limit = kov_scalar_like(b, x, threshold), minus = kov_scalar_like(b, x, -threshold);
    kov_value below =
        kov_select(b, kov_less(b, x, minus), kov_add(b, x, limit), kov_scalar_like(b, x, 0));
    return kov_select(b, kov_greater(b, x, limit), kov_subtract(b, x, limit), below);
}

kov_value kov_nn_sparse_plus(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    kov_value one = kov_scalar_like(b, x, 1), zero = kov_scalar_like(b, x, 0);
    kov_value up = kov_add(b, x, one);
    kov_value middle = kov_multiply(b, kov_multiply(b, up, up), kov_scalar_like(b, x, 0.25));
    kov_value y = kov_select(b, kov_less_equal(b, x, kov_scalar_like(b, x, -1)), zero, middle);
    return kov_select(b, kov_greater_equal(b, x, one), x, y);
}

kov_value kov_nn_sparse_sigmoid(kov_builder *b, kov_value x)
{
    x = kov_clamp(b, kov_as_float(b, x), -1, 1); /* first: a complex infinity has no half */
    kov_value up = kov_add(b, x, kov_scalar_like(b, x, 1));
    return kov_multiply(b, up, kov_scalar_like(b, x, 0.5));
}

kov_value kov_nn_squareplus(kov_builder *b, kov_value x, kov_value shape)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x); /* of float16, x^2 is soon infinite */
    kov_value under = kov_add(b, kov_multiply(b, x, x), kov_cast(b, shape, kov_dtype_of(b, x)));
    kov_value y = kov_multiply(b, kov_add(b, x, kov_sqrt(b, under)), kov_scalar_like(b, x, 0.5));
    return kov_narrow(b, y, dtype);
}

kov_value kov_nn_threshold(kov_builder *b, kov_value x, kov_value threshold,
                           kov_value default_value)
{
    x = kov_strong(b, x);
    /* With a fraction, too, of which an integer x would know nothing. */
    kov_value above = kov_numpy_greater(b, x, threshold);
    return kov_select(b, above, x, kov_cast(b, default_value, kov_dtype_of(b, x)));
}

kov_value kov_nn_glu(kov_builder *b, kov_value x, int64_t axis)
{
    int count;
    x = kov_as_float(b, x);
    int at = kov_axis(b, "glu", axis, kov_ndim(b, x));
    kov_value halves = kov_split(b, x, kov_constant_i64_scalar(b, at), 2, &count);
    return kov_multiply(b, halves, kov_sigmoid(b, kov_output(halves, 1)));
}

/* Of complex numbers, the largest taken out in NumPy's order: that has the largest real part. */
static kov_value complex_softmax(kov_builder *b, kov_value x, int at, bool logarithm)
{
    kov_value over = kov_one_i64(b, at);
    kov_value shifted = kov_subtract(b, x, kov_reduce_max(b, x, over, true));
    kov_value part = kov_exp(b, shifted), sum = kov_reduce_sum(b, part, over, true);
    return logarithm ? kov_subtract(b, shifted, kov_log(b, sum)) : kov_divide(b, part, sum);
}

/* softmax and log_softmax over one axis, over all elements, or over none but each itself. */
static kov_value over_axis(kov_builder *b, kov_value x, const kov_axes *axis, bool logarithm)
{
    x = kov_as_float(b, x);
    kov_value shape = KOV_VALUE_NONE;
    int at = 0;
    if (axis->given && axis->n > 0) {
        at = kov_axis_one(b, logarithm ? "log_softmax" : "softmax", axis, kov_ndim(b, x));
    } else {
        shape = kov_shape_value(b, x);
        x = kov_flatten(b, x);
        if (axis->given)
            x = kov_unsqueeze_at(b, x, at = 1);
    }
    kov_value y = kov_is_complex_value(b, x) ? complex_softmax(b, x, at, logarithm)
                  : logarithm                ? kov_log_softmax(b, x, at)
                                             : kov_softmax(b, x, at);
    return shape == KOV_VALUE_NONE ? y : kov_reshape(b, y, shape, false);
}

kov_value kov_nn_softmax(kov_builder *b, kov_value x, const kov_axes *axis)
{
    return over_axis(b, x, axis, false);
}

kov_value kov_nn_log_softmax(kov_builder *b, kov_value x, const kov_axes *axis)
{
    return over_axis(b, x, axis, true);
}

/* Martins and Astudillo, "From Softmax to Sparsemax", 2016: with z sorted descending, the support
 * is the largest k with 1 + k z_k > sum of the k largest. */
kov_value kov_nn_sparsemax(kov_builder *b, kov_value x, int64_t axis)
{
    x = kov_as_float(b, x);
    int ndim = kov_ndim(b, x), at = kov_axis(b, "sparsemax", axis, ndim);
    kov_value last = kov_move(b, x, at, ndim - 1);
    kov_value axes = kov_one_i64(b, ndim - 1), n = kov_dim_value(b, last, ndim - 1);
    kov_value sorted = kov_top_k(b, last, n, ndim - 1, "max", "value", KOV_DTYPE_I32, false);
    kov_value rank = kov_add(b, kov_iota(b, n, kov_dtype_of(b, x)), kov_scalar_like(b, x, 1));
    kov_value sums = kov_cum_sum(b, sorted, kov_constant_i64_scalar(b, ndim - 1), false, false);
    kov_value one = kov_scalar_like(b, x, 1);
    kov_value inside = kov_greater(b, kov_add(b, one, kov_multiply(b, rank, sorted)), sums);
    kov_value count = kov_reduce_sum(b, kov_cast(b, inside, kov_dtype_of(b, x)), axes, true);
    kov_value zero = kov_scalar_like(b, x, 0);
    kov_value total = kov_reduce_sum(b, kov_select(b, inside, sorted, zero), axes, true);
    kov_value tau = kov_divide(b, kov_subtract(b, total, one), count);
    return kov_move(b, kov_relu(b, kov_subtract(b, last, tau)), ndim - 1, at);
}
