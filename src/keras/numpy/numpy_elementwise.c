/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: element-wise functions of one tensor that are neither exponential nor
 * trigonometric. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>

/* ---- Sign and size ---- */

kov_value kov_numpy_absolute(kov_builder *b, kov_value x)
{
    return kov_abs_of(b, kov_strong(b, x));
}

kov_value kov_numpy_abs(kov_builder *b, kov_value x)
{
    return kov_numpy_absolute(b, x);
}

kov_value kov_numpy_fabs(kov_builder *b, kov_value x)
{
    return kov_abs(b, kov_as_float(b, x));
}

kov_value kov_numpy_negative(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    if (dtype == KOV_DTYPE_BOOL)
        return kov_builder_fail(b, KOV_TYPE_ERROR,
                                "negative: bool has no negative; use logical_not");
    if (kov_dtype_is_integer(dtype) && !kov_dtype_is_signed(dtype))
        return kov_subtract(b, kov_int_like(b, x, 0), x);
    return kov_negative(b, x);
}

kov_value kov_numpy_sign(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    if (dtype == KOV_DTYPE_BOOL)
        return x;
    if (kov_dtype_is_integer(dtype) && !kov_dtype_is_signed(dtype))
        return kov_minimum(b, x, kov_int_like(b, x, 1));
    return kov_sign(b, x);
}

/* The integer type as wide as a float type: its sign is the sign bit. */
static kov_dtype bits_dtype(kov_dtype dtype)
{
    switch (kov_dtype_bits(dtype)) {
    case 16:
        return KOV_DTYPE_I16;
    case 32:
        return KOV_DTYPE_I32;
    default:
        return KOV_DTYPE_I64;
    }
}

kov_value kov_numpy_signbit(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    if (kov_dtype_is_float(dtype))
        x = kov_bitcast(b, x, bits_dtype(dtype));
    else if (!kov_dtype_is_signed(dtype))
        return kov_fill_like(b, kov_bool_constant(b, false), x);
    return kov_less(b, x, kov_int_like(b, x, 0));
}

/* Floats of one sign are ordered as their bits, so the neighbour is one step of the integer. */
kov_value kov_numpy_nextafter(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    kov_dtype dtype = kov_dtype_of(b, x1), integer = bits_dtype(dtype);
    kov_value from = kov_bitcast(b, x1, integer);
    kov_value zero = kov_scalar_like(b, x1, 0.0), one = kov_int_like(b, from, 1);
    kov_value up = kov_less(b, x1, x2);
    kov_value outward = kov_equal(b, up, kov_greater(b, x1, zero));
    kov_value there = kov_select(b, outward, kov_add(b, from, one), kov_subtract(b, from, one));
    kov_value least = kov_bitcast(b, one, dtype);
    kov_value off_zero = kov_select(b, up, least, kov_negative(b, least));
    kov_value y = kov_select(b, kov_equal(b, x1, zero), off_zero, kov_bitcast(b, there, dtype));
    y = kov_select(b, kov_equal(b, x1, x2), x2, y);
    kov_value nan = kov_logical_or(b, kov_is_na_n(b, x1), kov_is_na_n(b, x2));
    return kov_select(b, nan, kov_scalar_like(b, x1, NAN), y);
}

/* The sign of a NaN counts as well. */
kov_value kov_numpy_copysign(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    kov_value size = kov_abs(b, x1);
    return kov_select(b, kov_numpy_signbit(b, x2), kov_negative(b, size), size);
}

/* ---- Rounding ---- */

kov_value kov_numpy_ceil(kov_builder *b, kov_value x)
{
    bool whole = !kov_is_float_value(b, x);
    x = kov_as_float(b, x);
    return whole ? x : kov_ceiling(b, x);
}

kov_value kov_numpy_floor(kov_builder *b, kov_value x)
{
    bool whole = !kov_is_float_value(b, x);
    x = kov_as_float(b, x);
    return whole ? x : kov_floor(b, x);
}

kov_value kov_numpy_trunc(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    if (!kov_is_float_value(b, x))
        return x;
    kov_value below = kov_less(b, x, kov_scalar_like(b, x, 0.0));
    return kov_select(b, below, kov_ceiling(b, x), kov_floor(b, x));
}

/* x scaled by 10^decimals, rounded, scaled back. Beyond 2^53 (2^24) all floats are whole, and
 * scaling could overflow. */
static kov_value round_scaled(kov_builder *b, kov_value x, int64_t decimals)
{
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    double whole = kov_dtype_of(b, x) == KOV_DTYPE_F64 ? 0x1p53 : 0x1p24;
    kov_value factor = kov_scalar_like(b, x, pow(10.0, fabs((double)decimals)));
    kov_value moved = decimals > 0 ? kov_multiply(b, x, factor) : kov_divide(b, x, factor);
    kov_value rounded = kov_round(b, moved, "half_to_even");
    kov_value y = decimals > 0 ? kov_divide(b, rounded, factor) : kov_multiply(b, rounded, factor);
    kov_value small = kov_less(b, kov_abs(b, moved), kov_scalar_like(b, x, whole));
    return kov_narrow(b, kov_select(b, small, y, x), dtype);
}

kov_value kov_numpy_round(kov_builder *b, kov_value x, int64_t decimals)
{
    x = kov_strong(b, x);
    if (kov_is_complex_value(b, x))
        return kov_complex_join(b, kov_numpy_round(b, kov_complex_part(b, x, 0), decimals),
                                kov_numpy_round(b, kov_complex_part(b, x, 1), decimals));
    kov_dtype dtype = kov_dtype_of(b, x);
    if (kov_dtype_is_float(dtype))
        return decimals == 0 ? kov_round(b, x, "half_to_even") : round_scaled(b, x, decimals);
    if (decimals >= 0 || dtype == KOV_DTYPE_BOOL)
        return x;
    return kov_cast(b, round_scaled(b, kov_cast(b, x, KOV_DTYPE_F64), decimals), dtype);
}

/* ---- Classes of numbers ---- */

kov_value kov_numpy_isnan(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    return kov_is_inexact_value(b, x) ? kov_is_na_n(b, x)
                                      : kov_fill_like(b, kov_bool_constant(b, false), x);
}

kov_value kov_numpy_isfinite(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    return kov_is_inexact_value(b, x) ? kov_is_finite(b, x)
                                      : kov_fill_like(b, kov_bool_constant(b, true), x);
}

static kov_value is_infinite(kov_builder *b, kov_value x, bool negative, bool positive)
{
    x = kov_strong(b, x);
    return kov_is_inexact_value(b, x) ? kov_is_inf(b, x, negative, positive)
                                      : kov_fill_like(b, kov_bool_constant(b, false), x);
}

kov_value kov_numpy_isinf(kov_builder *b, kov_value x)
{
    return is_infinite(b, x, true, true);
}

kov_value kov_numpy_isneginf(kov_builder *b, kov_value x)
{
    return is_infinite(b, x, true, false);
}

kov_value kov_numpy_isposinf(kov_builder *b, kov_value x)
{
    return is_infinite(b, x, false, true);
}

kov_value kov_numpy_isreal(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    if (!kov_is_complex_value(b, x))
        return kov_fill_like(b, kov_bool_constant(b, true), x);
    kov_value imaginary = kov_complex_part(b, x, 1);
    return kov_equal(b, imaginary, kov_scalar_like(b, imaginary, 0.0));
}

/* What x is filled with: a number, or numbers that fit its shape. */
static kov_value filling(kov_builder *b, kov_value number, kov_value x)
{
    number = kov_cast(b, number, kov_dtype_of(b, x));
    return kov_ndim(b, number) > 0
               ? kov_broadcast_to(b, number, kov_dims_value(b, x, 0, kov_ndim(b, x)))
               : number;
}

kov_value kov_numpy_nan_to_num(kov_builder *b, kov_value x, kov_value nan, kov_value posinf,
                               kov_value neginf)
{
    x = kov_strong(b, x);
    if (kov_is_complex_value(b, x)) {
        kov_value parts[2];
        for (int i = 0; i < 2; i++)
            parts[i] = kov_numpy_nan_to_num(b, kov_complex_part(b, x, i), nan, posinf, neginf);
        return kov_complex_join(b, parts[0], parts[1]);
    }
    kov_dtype dtype = kov_dtype_of(b, x);
    if (!kov_dtype_is_float(dtype))
        return x;
    double most = kov_float_max(dtype);
    kov_value high = posinf == KOV_VALUE_NONE ? kov_scalar_like(b, x, most) : filling(b, posinf, x);
    kov_value low = neginf == KOV_VALUE_NONE ? kov_scalar_like(b, x, -most) : filling(b, neginf, x);
    kov_value y = kov_select(b, kov_is_na_n(b, x), filling(b, nan, x), x);
    y = kov_select(b, kov_is_inf(b, x, false, true), high, y);
    return kov_select(b, kov_is_inf(b, x, true, false), low, y);
}

/* ---- Real and imaginary parts ---- */

kov_value kov_numpy_real(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    return kov_is_complex_value(b, x) ? kov_complex_part(b, x, 0) : x;
}

kov_value kov_numpy_imag(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    if (kov_is_complex_value(b, x))
        return kov_complex_part(b, x, 1);
    return kov_fill_like(b, kov_int_like(b, x, 0), x);
}

kov_value kov_numpy_conjugate(kov_builder *b, kov_value x)
{
    return kov_conjugate_of(b, kov_strong(b, x));
}

kov_value kov_numpy_conj(kov_builder *b, kov_value x)
{
    return kov_numpy_conjugate(b, x);
}

/* ---- The rest ---- */

kov_value kov_numpy_square(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    if (kov_is_bool_value(b, x))
        x = kov_cast(b, x, KOV_DTYPE_I32);
    return kov_multiply(b, x, x);
}

kov_value kov_numpy_reciprocal(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    return kov_divide(b, kov_scalar_like(b, x, 1.0), x);
}

/* A bound of x. A Python number is brought into the range of the integers first, where it bounds
 * the same elements; other integers are promoted with x to a type that holds both. */
static kov_value bound_of(kov_builder *b, kov_value bound, kov_value x)
{
    const kov_value_info *info = kov_builder_value(b, bound);
    kov_dtype dtype = kov_dtype_of(b, x);
    int bits = (int)kov_dtype_bits(dtype);
    if (!info || info->weak != KOV_WEAK_INT || !kov_dtype_is_integer(dtype) || bits > 32)
        return bound;
    bool is_signed = kov_dtype_is_signed(dtype);
    int64_t high = ((int64_t)1 << (is_signed ? bits - 1 : bits)) - 1,
            low = is_signed ? -high - 1 : 0;
    bound = kov_maximum(b, bound, kov_constant_i64_scalar(b, low));
    return kov_cast(b, kov_minimum(b, bound, kov_constant_i64_scalar(b, high)), dtype);
}

kov_value kov_numpy_clip(kov_builder *b, kov_value x, kov_value x_min, kov_value x_max)
{
    x = kov_strong(b, x);
    if (kov_is_bool_value(b, x))
        x = kov_cast(b, x, KOV_DTYPE_I32);
    kov_dtype dtype = kov_dtype_of(b, x);
    /* Bounds of a wider type clip there: an integer is not clipped to a truncated bound first. */
    if (x_min != KOV_VALUE_NONE) {
        x_min = bound_of(b, x_min, x);
        kov_promote_pair(b, &x, &x_min);
        x = kov_maximum(b, x, x_min);
    }
    if (x_max != KOV_VALUE_NONE) {
        x_max = bound_of(b, x_max, x);
        kov_promote_pair(b, &x, &x_max);
        x = kov_minimum(b, x, x_max);
    }
    return kov_cast(b, x, dtype);
}

kov_value kov_numpy_logical_not(kov_builder *b, kov_value x)
{
    return kov_logical_not(b, kov_cast(b, x, KOV_DTYPE_BOOL));
}

kov_value kov_numpy_bitwise_invert(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    if (kov_is_float_value(b, x))
        return kov_builder_fail(b, KOV_TYPE_ERROR, "bitwise_invert: %s has no bits to invert",
                                kov_dtype_keras_name(kov_dtype_of(b, x)));
    return kov_is_bool_value(b, x) ? kov_logical_not(b, x) : kov_bitwise_not(b, x);
}

kov_value kov_numpy_bitwise_not(kov_builder *b, kov_value x)
{
    return kov_numpy_bitwise_invert(b, x);
}

kov_value kov_numpy_copy(kov_builder *b, kov_value x)
{
    return kov_strong(b, x);
}

kov_value kov_numpy_array(kov_builder *b, kov_value x, kov_dtype dtype)
{
    return dtype == KOV_DTYPE_NONE ? kov_strong(b, x) : kov_cast(b, x, dtype);
}

kov_value kov_numpy_view(kov_builder *b, kov_value x, kov_dtype dtype)
{
    x = kov_strong(b, x);
    return dtype == KOV_DTYPE_NONE ? x : kov_bitcast(b, x, dtype);
}

kov_value kov_numpy_ndim(kov_builder *b, kov_value x)
{
    return kov_constant_int(b, KOV_DTYPE_I32, kov_ndim(b, x));
}

kov_value kov_numpy_size(kov_builder *b, kov_value x)
{
    int axes[KOV_MAX_NDIM], n = kov_ndim(b, x);
    for (int i = 0; i < n; i++)
        axes[i] = i;
    return kov_cast(b, kov_count_along(b, x, axes, n), KOV_DTYPE_I32);
}
