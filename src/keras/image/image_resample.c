/* SPDX-License-Identifier: Apache-2.0 */
/* Resampling of an axis as a matrix of weights. They are computed in float64, since positions in a
 * long axis leave few bits of float32 for the place between two elements. */
#include "keras/image/image_layout.h"
#include <string.h>

#define PI 3.14159265358979323846264338327950288

/* 1 - |x|, 0 beyond 1. */
static kov_value triangle(kov_builder *b, kov_value x)
{
    return kov_relu(b, kov_subtract(b, kov_scalar_like(b, x, 1), x));
}

/* Keys's cubic convolution with a = -1/2. */
static kov_value cubic(kov_builder *b, kov_value x)
{
    kov_value one = kov_scalar_like(b, x, 1), two = kov_scalar_like(b, x, 2);
    kov_value near =
        kov_subtract(b, kov_multiply(b, x, kov_scalar_like(b, x, 1.5)), kov_scalar_like(b, x, 2.5));
    near = kov_add(b, kov_multiply(b, kov_multiply(b, near, x), x), one);
    kov_value far =
        kov_add(b, kov_multiply(b, x, kov_scalar_like(b, x, -0.5)), kov_scalar_like(b, x, 2.5));
    far = kov_subtract(b, kov_multiply(b, far, x), kov_scalar_like(b, x, 4));
    far = kov_add(b, kov_multiply(b, far, x), two);
    kov_value outer = kov_select(b, kov_less(b, x, two), far, kov_scalar_like(b, x, 0));
    return kov_select(b, kov_less(b, x, one), near, outer);
}

/* sinc(x) sinc(x / radius) */
static kov_value lanczos(kov_builder *b, kov_value x, double radius)
{
    kov_value least = kov_scalar_like(b, x, 1e-6), one = kov_scalar_like(b, x, 1);
    kov_value tiny = kov_less(b, x, least);
    kov_value turn = kov_multiply(b, kov_select(b, tiny, one, x), kov_scalar_like(b, x, PI));
    kov_value wide = kov_divide(b, turn, kov_scalar_like(b, x, radius));
    kov_value y = kov_multiply(b, kov_sin(b, turn), kov_sin(b, wide));
    y = kov_divide(b, y, kov_multiply(b, turn, wide));
    y = kov_select(b, kov_less(b, x, kov_scalar_like(b, x, radius)), y, kov_scalar_like(b, x, 0));
    return kov_select(b, tiny, one, y);
}

static kov_value kernel_of(kov_builder *b, const char *function, const char *kernel, kov_value x)
{
    static const char *const linear[] = {"linear", "bilinear", "trilinear"};
    static const char *const cubics[] = {"cubic", "bicubic", "tricubic"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(kernel, linear[i]) == 0)
            return triangle(b, x);
        if (strcmp(kernel, cubics[i]) == 0)
            return cubic(b, x);
    }
    if (strcmp(kernel, "lanczos3") == 0)
        return lanczos(b, x, 3);
    if (strcmp(kernel, "lanczos5") == 0)
        return lanczos(b, x, 5);
    return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: unknown interpolation '%s'", function,
                            kernel);
}

kov_value kov_resample_weights(kov_builder *b, const char *function, const char *kernel,
                               bool antialias, kov_value in_size, kov_value out_size,
                               kov_value scale, kov_value translation)
{
    kov_value one = kov_constant_number(b, KOV_DTYPE_F64, 1),
              half = kov_constant_number(b, KOV_DTYPE_F64, 0.5);
    kov_value zero = kov_constant_number(b, KOV_DTYPE_F64, 0);
    kov_value step = kov_divide(b, one, scale);
    kov_value wide = antialias ? kov_maximum(b, step, one) : one;
    kov_value at = kov_add(b, kov_iota(b, out_size, KOV_DTYPE_F64), half);
    at = kov_subtract(b, kov_multiply(b, kov_subtract(b, at, translation), step), half);
    at = kov_unsqueeze_at(b, at, 1);
    kov_value away = kov_abs(b, kov_subtract(b, at, kov_iota(b, in_size, KOV_DTYPE_F64)));
    kov_value weights = kernel_of(b, function, kernel, kov_divide(b, away, wide));
    /* At a border only the part of the kernel inside counts. */
    kov_value sum = kov_reduce_sum(b, weights, kov_one_i64(b, 1), true);
    kov_value enough = kov_greater(b, kov_abs(b, sum), kov_constant_number(b, KOV_DTYPE_F64, 1e-4));
    weights = kov_select(b, enough, kov_divide(b, weights, kov_select(b, enough, sum, one)), zero);
    kov_value end = kov_subtract(b, kov_cast(b, in_size, KOV_DTYPE_F64), half);
    kov_value covered = kov_logical_and(b, kov_greater_equal(b, at, kov_negative(b, half)),
                                        kov_less_equal(b, at, end));
    return kov_select(b, covered, weights, zero);
}

enum { FEW_CHANNELS = 32 };

kov_value kov_resample_axis(kov_builder *b, kov_value x, int axis, kov_value weights)
{
    int ndim = kov_ndim(b, x);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    weights = kov_cast(b, weights, kov_dtype_of(b, x));
    if (axis == ndim - 1)
        return kov_mat_mul(b, x, weights, false, true);
    /* A few channels behind the axis: one product of all lines, not a narrow one for each. */
    int64_t channels;
    if (axis == ndim - 2 && kov_dim_known(b, x, ndim - 1, &channels) && channels < FEW_CHANNELS)
        return kov_swap(b, kov_mat_mul(b, kov_swap(b, x, axis, ndim - 1), weights, false, true),
                        axis, ndim - 1);
    /* (before, in, behind): one product for all that lies behind the axis. */
    const kov_value parts[] = {kov_dims_value(b, x, 0, axis + 1), kov_one_i64(b, -1)};
    const kov_value shape[] = {kov_dims_value(b, x, 0, axis), kov_dims_value(b, weights, 0, 1),
                               kov_dims_value(b, x, axis + 1, ndim)};
    kov_value flat = axis == ndim - 2 ? x : kov_reshape(b, x, kov_join_dims(b, parts, 2), false);
    kov_value y = kov_mat_mul(b, weights, flat, false, false);
    return axis == ndim - 2 ? y : kov_reshape(b, y, kov_join_dims(b, shape, 3), false);
}
