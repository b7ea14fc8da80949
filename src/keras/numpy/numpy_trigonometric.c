/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: trigonometric and hyperbolic functions. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>

#define PI 3.14159265358979323846

kov_value kov_numpy_sin(kov_builder *b, kov_value x)
{
    return kov_sin(b, kov_as_float(b, x));
}

kov_value kov_numpy_cos(kov_builder *b, kov_value x)
{
    return kov_cos(b, kov_as_float(b, x));
}

kov_value kov_numpy_tan(kov_builder *b, kov_value x)
{
    return kov_tan(b, kov_as_float(b, x));
}

kov_value kov_numpy_sinh(kov_builder *b, kov_value x)
{
    return kov_sinh(b, kov_as_float(b, x));
}

kov_value kov_numpy_cosh(kov_builder *b, kov_value x)
{
    return kov_cosh(b, kov_as_float(b, x));
}

kov_value kov_numpy_tanh(kov_builder *b, kov_value x)
{
    return kov_tanh(b, kov_as_float(b, x));
}

kov_value kov_numpy_arcsin(kov_builder *b, kov_value x)
{
    return kov_asin(b, kov_as_float(b, x));
}

kov_value kov_numpy_arccos(kov_builder *b, kov_value x)
{
    return kov_acos(b, kov_as_float(b, x));
}

kov_value kov_numpy_arctan(kov_builder *b, kov_value x)
{
    return kov_atan(b, kov_as_float(b, x));
}

kov_value kov_numpy_arcsinh(kov_builder *b, kov_value x)
{
    return kov_asinh(b, kov_as_float(b, x));
}

kov_value kov_numpy_arccosh(kov_builder *b, kov_value x)
{
    return kov_acosh(b, kov_as_float(b, x));
}

kov_value kov_numpy_arctanh(kov_builder *b, kov_value x)
{
    return kov_atanh(b, kov_as_float(b, x));
}

/* number - x, where the number is given to twice the precision of x. */
static kov_value subtract_from(kov_builder *b, double high, double low, kov_value x)
{
    if (kov_dtype_of(b, x) == KOV_DTYPE_F32) {
        low = high - (double)(float)high;
        high = (float)high;
    }
    kov_value rest = kov_subtract(b, x, kov_scalar_like(b, x, low));
    return kov_subtract(b, kov_scalar_like(b, x, high), rest);
}

kov_value kov_numpy_arctan2(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    kov_dtype dtype = kov_dtype_of(b, x1);
    kov_value y = kov_widen(b, x1), x = kov_widen(b, x2);
    kov_value zero = kov_scalar_like(b, x, 0.0), one = kov_scalar_like(b, x, 1.0);
    kov_value across = kov_abs(b, x), up = kov_abs(b, y);
    kov_value larger = kov_maximum(b, across, up), smaller = kov_minimum(b, across, up);
    kov_value ratio = kov_divide(b, smaller, larger);
    ratio = kov_select(b, kov_equal(b, larger, zero), zero, ratio);
    kov_value unbounded = kov_scalar_like(b, x, INFINITY);
    ratio = kov_select(b, kov_equal(b, smaller, unbounded), one, ratio);
    kov_value angle = kov_atan(b, ratio);
    kov_value steep = subtract_from(b, PI / 2, 6.123233995736766e-17, angle);
    angle = kov_select(b, kov_greater(b, up, across), steep, angle);
    kov_value back = subtract_from(b, PI, 1.2246467991473532e-16, angle);
    angle = kov_select(b, kov_is_negative_zero_or_less(b, x), back, angle);
    kov_value below = kov_is_negative_zero_or_less(b, y);
    return kov_narrow(b, kov_select(b, below, kov_negative(b, angle), angle), dtype);
}

kov_value kov_numpy_angle(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    if (kov_is_complex_value(b, x))
        return kov_numpy_arctan2(b, kov_complex_part(b, x, 1), kov_complex_part(b, x, 0));
    x = kov_as_float(b, x);
    kov_value zero = kov_scalar_like(b, x, 0.0), pi = kov_scalar_like(b, x, PI);
    kov_value angle = kov_select(b, kov_is_negative_zero_or_less(b, x), pi, zero);
    return kov_select(b, kov_is_na_n(b, x), x, angle);
}

/* sin(pi x) / (pi x): near zero the quotient is well behaved, at zero it is given. */
kov_value kov_numpy_sinc(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    kov_value one = kov_scalar_like(b, x, 1.0);
    kov_value at_zero = kov_equal(b, x, kov_scalar_like(b, x, 0.0));
    kov_value turn = kov_multiply(b, kov_scalar_like(b, x, PI), kov_select(b, at_zero, one, x));
    kov_value y = kov_divide(b, kov_sin(b, turn), turn);
    return kov_narrow(b, kov_select(b, at_zero, one, y), dtype);
}

static kov_value scaled(kov_builder *b, kov_value x, double factor)
{
    kov_value strong = kov_strong(b, x);
    bool wide = kov_dtype_of(b, strong) == KOV_DTYPE_I64;
    x = wide ? kov_cast(b, strong, KOV_DTYPE_F64) : kov_as_float(b, x);
    return kov_multiply(b, x, kov_scalar_like(b, x, factor));
}

kov_value kov_numpy_deg2rad(kov_builder *b, kov_value x)
{
    return scaled(b, x, PI / 180);
}

kov_value kov_numpy_rad2deg(kov_builder *b, kov_value x)
{
    return scaled(b, x, 180 / PI);
}

/* The larger side is taken out, so that no square overflows or vanishes. */
kov_value kov_numpy_hypot(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair(b, &x1, &x2);
    kov_dtype dtype = kov_dtype_of(b, x1);
    if (!kov_dtype_is_float(dtype))
        dtype = dtype == KOV_DTYPE_I64 ? KOV_DTYPE_F64 : b->floatx;
    kov_dtype wide = kov_compute_dtype(dtype);
    kov_value x = kov_abs(b, kov_cast(b, x1, wide)), y = kov_abs(b, kov_cast(b, x2, wide));
    kov_value larger = kov_maximum(b, x, y), smaller = kov_minimum(b, x, y);
    kov_value zero = kov_scalar_like(b, x, 0.0), one = kov_scalar_like(b, x, 1.0);
    kov_value ratio = kov_divide(b, smaller, larger);
    ratio = kov_select(b, kov_equal(b, larger, zero), zero, ratio);
    kov_value root = kov_sqrt(b, kov_add(b, one, kov_multiply(b, ratio, ratio)));
    kov_value length = kov_multiply(b, larger, root);
    kov_value unbounded =
        kov_logical_or(b, kov_is_inf(b, x, true, true), kov_is_inf(b, y, true, true));
    kov_value endless = kov_scalar_like(b, x, INFINITY);
    return kov_narrow(b, kov_select(b, unbounded, endless, length), dtype);
}
