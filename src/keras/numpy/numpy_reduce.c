/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: reductions and running reductions. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>

typedef kov_value reduction(kov_builder *b, kov_value data, kov_value axes, bool keep_dims);

static kov_value reduced(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                         bool keepdims, reduction *emit)
{
    int axes[KOV_MAX_NDIM];
    int n = kov_axes_list(b, function, axis, kov_ndim(b, x), axes);
    return n == 0 ? x : emit(b, x, kov_axes_value(b, axes, n), keepdims);
}

/* Sums and means of complex numbers are those of their parts, for which engines have kernels. */
static kov_value reduced_linearly(kov_builder *b, const char *function, kov_value x,
                                  const kov_axes *axis, bool keepdims, reduction *emit)
{
    int axes[KOV_MAX_NDIM], n = kov_axes_list(b, function, axis, kov_ndim(b, x), axes);
    if (n == 0 || !kov_is_complex_value(b, x))
        return reduced(b, function, x, axis, keepdims, emit);
    kov_value over = kov_axes_value(b, axes, n);
    return kov_complex_close(b, emit(b, kov_complex_open(b, x), over, keepdims));
}

/* ---- Sums and products ---- */

kov_value kov_numpy_sum(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    x = kov_strong(b, x);
    x = kov_cast(b, x, kov_sum_dtype(kov_dtype_of(b, x)));
    return reduced_linearly(b, "sum", x, axis, keepdims, kov_reduce_sum);
}

kov_value kov_numpy_prod(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims,
                         kov_dtype dtype)
{
    x = kov_strong(b, x);
    x = kov_cast(b, x, dtype != KOV_DTYPE_NONE ? dtype : kov_sum_dtype(kov_dtype_of(b, x)));
    return reduced(b, "prod", x, axis, keepdims, kov_reduce_prod);
}

kov_value kov_numpy_count_nonzero(kov_builder *b, kov_value x, const kov_axes *axis)
{
    x = kov_cast(b, kov_cast(b, x, KOV_DTYPE_BOOL), KOV_DTYPE_I32);
    return reduced(b, "count_nonzero", x, axis, false, kov_reduce_sum);
}

kov_value kov_numpy_mean(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    x = kov_strong(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    kov_dtype wide = kov_result_type_with(b, &x, 1, KOV_DTYPE_F32);
    kov_value y =
        reduced_linearly(b, "mean", kov_cast(b, x, wide), axis, keepdims, kov_reduce_mean);
    return kov_cast(b, y, kov_dtype_is_float(dtype) ? dtype : wide);
}

/* ---- Extremes ---- */

static kov_value extreme(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                         bool keepdims, bool largest)
{
    x = kov_strong(b, x);
    if (kov_is_bool_value(b, x))
        return reduced(b, function, x, axis, keepdims,
                       largest ? kov_reduce_logical_or : kov_reduce_logical_and);
    return reduced(b, function, x, axis, keepdims, largest ? kov_reduce_max : kov_reduce_min);
}

/* `initial` as of the type of y; it has no dimensions that the result could take. */
static kov_value initial_like(kov_builder *b, const char *function, kov_value initial, kov_value y)
{
    if (b->status == KOV_OK && kov_ndim(b, initial) != 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "%s: initial has %d dimensions; it must be a scalar", function,
                                kov_ndim(b, initial));
    return kov_cast(b, initial, kov_dtype_of(b, y));
}

kov_value kov_numpy_max(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims,
                        kov_value initial)
{
    kov_value y = extreme(b, "max", x, axis, keepdims, true);
    if (initial == KOV_VALUE_NONE)
        return y;
    return kov_numpy_maximum(b, y, initial_like(b, "max", initial, y));
}

kov_value kov_numpy_min(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims,
                        kov_value initial)
{
    kov_value y = extreme(b, "min", x, axis, keepdims, false);
    if (initial == KOV_VALUE_NONE)
        return y;
    return kov_numpy_minimum(b, y, initial_like(b, "min", initial, y));
}

kov_value kov_numpy_amax(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return extreme(b, "amax", x, axis, keepdims, true);
}

kov_value kov_numpy_amin(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return extreme(b, "amin", x, axis, keepdims, false);
}

kov_value kov_numpy_ptp(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    x = kov_strong(b, x);
    return kov_numpy_subtract(b, extreme(b, "ptp", x, axis, keepdims, true),
                              extreme(b, "ptp", x, axis, keepdims, false));
}

kov_value kov_numpy_all(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    x = kov_cast(b, x, KOV_DTYPE_BOOL);
    return reduced(b, "all", x, axis, keepdims, kov_reduce_logical_and);
}

kov_value kov_numpy_any(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    x = kov_cast(b, x, KOV_DTYPE_BOOL);
    return reduced(b, "any", x, axis, keepdims, kov_reduce_logical_or);
}

/* ---- Places of extremes ---- */

/* The first index of an extreme: the least index of the elements that equal it, or of the NaNs if
 * there is one. */
static kov_value place(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                       bool keepdims, bool largest)
{
    int all[KOV_MAX_NDIM], ndim = kov_ndim(b, x), at = 0;
    kov_value flat = x;
    if (axis->given)
        at = kov_axis_one(b, function, axis, ndim);
    else
        flat = kov_flatten(b, x);
    if (kov_is_bool_value(b, flat))
        flat = kov_cast(b, flat, KOV_DTYPE_U8);
    kov_value axes = kov_one_i64(b, at), count = kov_dim_value(b, flat, at);
    kov_value best =
        largest ? kov_reduce_max(b, flat, axes, true) : kov_reduce_min(b, flat, axes, true);
    kov_value hit = kov_equal(b, flat, best);
    if (kov_is_inexact_value(b, flat)) {
        /* A NaN is the extreme of its row whatever the reduction makes of it. */
        kov_value nan = kov_is_na_n(b, flat);
        kov_value any = kov_reduce_logical_or(b, nan, axes, true);
        hit = kov_select(b, any, nan, hit);
    }
    kov_value index = kov_iota(b, count, KOV_DTYPE_I32);
    int behind[KOV_MAX_NDIM], n = 0;
    for (int i = at + 1; i < kov_ndim(b, flat); i++)
        behind[n++] = i - at;
    if (n > 0)
        index = kov_unsqueeze(b, index, kov_axes_value(b, behind, n));
    kov_value none = kov_cast(b, count, KOV_DTYPE_I32);
    kov_value y = kov_reduce_min(b, kov_select(b, hit, index, none), axes, axis->given && keepdims);
    if (axis->given || !keepdims)
        return y;
    for (int i = 0; i < ndim; i++)
        all[i] = i;
    return ndim == 0 ? y : kov_unsqueeze(b, y, kov_axes_value(b, all, ndim));
}

kov_value kov_numpy_argmax(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return place(b, "argmax", kov_strong(b, x), axis, keepdims, true);
}

kov_value kov_numpy_argmin(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return place(b, "argmin", kov_strong(b, x), axis, keepdims, false);
}

/* ---- Ignoring NaN ---- */

/* NaN replaced by a number that the reduction does not notice. */
static kov_value nan_as(kov_builder *b, kov_value x, double number)
{
    x = kov_strong(b, x);
    if (!kov_is_inexact_value(b, x))
        return x;
    return kov_select(b, kov_is_na_n(b, x), kov_scalar_like(b, x, number), x);
}

static kov_value all_nan(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                         bool keepdims)
{
    return reduced(b, function, kov_is_na_n(b, x), axis, keepdims, kov_reduce_logical_and);
}

/* -1 where there are only NaNs, as Keras has it. */
static kov_value nan_place(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                           bool keepdims, bool largest)
{
    x = kov_strong(b, x);
    kov_value y =
        place(b, function, nan_as(b, x, largest ? -INFINITY : INFINITY), axis, keepdims, largest);
    if (!kov_is_inexact_value(b, x))
        return y;
    return kov_select(b, all_nan(b, function, x, axis, keepdims), kov_int_like(b, y, -1), y);
}

kov_value kov_numpy_nanargmax(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return nan_place(b, "nanargmax", x, axis, keepdims, true);
}

kov_value kov_numpy_nanargmin(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return nan_place(b, "nanargmin", x, axis, keepdims, false);
}

kov_value kov_numpy_nansum(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return kov_numpy_sum(b, nan_as(b, x, 0.0), axis, keepdims);
}

kov_value kov_numpy_nanprod(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return kov_numpy_prod(b, nan_as(b, x, 1.0), axis, keepdims, KOV_DTYPE_NONE);
}

static kov_value nan_extreme(kov_builder *b, const char *function, kov_value x,
                             const kov_axes *axis, bool keepdims, bool largest)
{
    x = kov_strong(b, x);
    kov_value y =
        extreme(b, function, nan_as(b, x, largest ? -INFINITY : INFINITY), axis, keepdims, largest);
    if (!kov_is_inexact_value(b, x))
        return y;
    return kov_select(b, all_nan(b, function, x, axis, keepdims), kov_scalar_like(b, y, NAN), y);
}

kov_value kov_numpy_nanmax(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return nan_extreme(b, "nanmax", x, axis, keepdims, true);
}

kov_value kov_numpy_nanmin(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return nan_extreme(b, "nanmin", x, axis, keepdims, false);
}

/* ---- Running sums and products ---- */

static kov_value running(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                         kov_dtype dtype, bool product)
{
    if (dtype == KOV_DTYPE_NONE)
        dtype = kov_dtype_of(b, x);
    if (dtype == KOV_DTYPE_BOOL)
        dtype = KOV_DTYPE_I32;
    int at = 0;
    if (axis->given)
        at = kov_axis_one(b, function, axis, kov_ndim(b, x));
    else
        x = kov_flatten(b, x);
    kov_dtype wide = kov_compute_dtype(dtype);
    x = kov_cast(b, x, wide);
    kov_value place_of = kov_constant_i64_scalar(b, at);
    if (!product && kov_dtype_is_complex(dtype))
        return kov_complex_close(b, kov_cum_sum(b, kov_complex_open(b, x), place_of, false, false));
    kov_value y = product ? kov_cumulative_reduce(b, x, place_of, "prod", false)
                          : kov_cum_sum(b, x, place_of, false, false);
    return kov_cast(b, y, dtype);
}

kov_value kov_numpy_cumsum(kov_builder *b, kov_value x, const kov_axes *axis, kov_dtype dtype)
{
    return running(b, "cumsum", kov_strong(b, x), axis, dtype, false);
}

kov_value kov_numpy_cumprod(kov_builder *b, kov_value x, const kov_axes *axis, kov_dtype dtype)
{
    return running(b, "cumprod", kov_strong(b, x), axis, dtype, true);
}

kov_value kov_numpy_nancumsum(kov_builder *b, kov_value x, const kov_axes *axis, kov_dtype dtype)
{
    return running(b, "nancumsum", nan_as(b, x, 0.0), axis, dtype, false);
}

kov_value kov_numpy_nancumprod(kov_builder *b, kov_value x, const kov_axes *axis, kov_dtype dtype)
{
    return running(b, "nancumprod", nan_as(b, x, 1.0), axis, dtype, true);
}

enum { MANY_TIMES = 32, MOST_TIMES = 1024 };

kov_value kov_numpy_diff(kov_builder *b, kov_value a, int64_t n, const kov_axes *axis)
{
    a = kov_strong(b, a);
    int at = kov_axis_one(b, "diff", axis, kov_ndim(b, a));
    if (n < 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "diff: n is %lld, it must not be negative",
                                (long long)n);
    if (n > MANY_TIMES) { /* of a short axis nothing is left long before */
        int64_t size = kov_dim_number(b, a, at);
        n = n < size ? n : size;
    }
    if (n > MOST_TIMES)
        return kov_builder_fail(b, KOV_NOT_IMPLEMENTED,
                                "diff: n is %lld; at most %d differences of differences are taken",
                                (long long)n, MOST_TIMES);
    for (int64_t i = 0; i < n && b->status == KOV_OK; i++) {
        kov_value next = kov_slice_axis(b, a, at, 1, INT64_MAX, 1);
        a = kov_numpy_subtract(b, next, kov_slice_axis(b, a, at, 0, -1, 1));
    }
    return a;
}
