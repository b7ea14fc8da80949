/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: exponentials, logarithms and roots. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>

#define LN2 0.69314718055994530942
#define PI 3.14159265358979323846

kov_value kov_numpy_exp(kov_builder *b, kov_value x)
{
    return kov_exp(b, kov_as_float(b, x));
}

kov_value kov_numpy_exp2(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    return kov_power(b, kov_scalar_like(b, x, 2.0), x);
}

/* exp(x + iy) - 1 = (exp(x) - 1) cos(y) - 2 sin(y / 2)^2 + i exp(x) sin(y): cos(y) - 1 does not
 * cancel. */
static kov_value complex_expm1(kov_builder *b, kov_value z)
{
    kov_value x = kov_complex_part(b, z, 0), y = kov_complex_part(b, z, 1);
    kov_value half = kov_sin(b, kov_multiply(b, y, kov_scalar_like(b, y, 0.5)));
    kov_value real = kov_multiply(b, kov_numpy_expm1(b, x), kov_cos(b, y));
    kov_value turn = kov_multiply(b, kov_scalar_like(b, y, 2.0), kov_multiply(b, half, half));
    kov_value imaginary = kov_multiply(b, kov_exp(b, x), kov_sin(b, y));
    return kov_complex_join(b, kov_subtract(b, real, turn), imaginary);
}

/* exp(x) - 1 = tanh(x / 2) (exp(x) + 1): nothing cancels, and infinities and -0 come out right. */
kov_value kov_numpy_expm1(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    if (kov_is_complex_value(b, x))
        return complex_expm1(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    kov_value half = kov_tanh(b, kov_multiply(b, x, kov_scalar_like(b, x, 0.5)));
    kov_value sum = kov_add(b, kov_exp(b, x), kov_scalar_like(b, x, 1.0));
    return kov_narrow(b, kov_multiply(b, half, sum), dtype);
}

kov_value kov_numpy_log(kov_builder *b, kov_value x)
{
    return kov_log(b, kov_as_float(b, x));
}

static kov_value log_to_base(kov_builder *b, kov_value x, double ln_base)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    return kov_narrow(b, kov_divide(b, kov_log(b, x), kov_scalar_like(b, x, ln_base)), dtype);
}

kov_value kov_numpy_log2(kov_builder *b, kov_value x)
{
    return log_to_base(b, x, LN2);
}

kov_value kov_numpy_log10(kov_builder *b, kov_value x)
{
    return log_to_base(b, x, 2.30258509299404568402);
}

/* With u = 1 + x rounded, what rounding lost is x - (u - 1), and ln(1 + x) is ln(u) + lost / u. */
static kov_value log1p_of(kov_builder *b, kov_value x)
{
    kov_value one = kov_scalar_like(b, x, 1.0), zero = kov_scalar_like(b, x, 0.0);
    kov_value u = kov_add(b, one, x), ln_u = kov_log(b, u);
    kov_value lost = kov_subtract(b, x, kov_subtract(b, u, one));
    kov_value y = kov_add(b, ln_u, kov_divide(b, lost, u));
    y = kov_select(b, kov_greater(b, kov_abs(b, lost), zero), y, ln_u); /* -1, infinities, huge */
    return kov_select(b, kov_equal(b, u, one), x, y);                   /* -0 and tiny x */
}

/* ln|1 + z| = ln(1 + x (2 + x) + y^2) / 2 near 0, where 1 + z would round most of z away. */
static kov_value complex_log1p(kov_builder *b, kov_value z)
{
    kov_value x = kov_complex_part(b, z, 0), y = kov_complex_part(b, z, 1);
    kov_value half = kov_scalar_like(b, x, 0.5), two = kov_scalar_like(b, x, 2.0);
    kov_value rest = kov_add(b, kov_multiply(b, x, kov_add(b, two, x)), kov_multiply(b, y, y));
    /* y is not added to, so that the sign of a zero says on which side of the cut z is. */
    kov_value above = kov_complex_join(b, kov_add(b, x, kov_scalar_like(b, x, 1.0)), y);
    kov_value far = kov_log(b, above);
    kov_value near = kov_multiply(b, log1p_of(b, rest), half);
    near = kov_select(b, kov_less(b, kov_abs(b, z), half), near, kov_complex_part(b, far, 0));
    return kov_complex_join(b, near, kov_complex_part(b, far, 1));
}

kov_value kov_numpy_log1p(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    if (kov_is_complex_value(b, x))
        return complex_log1p(b, x);
    return kov_narrow(b, log1p_of(b, kov_widen(b, x)), kov_dtype_of(b, x));
}

/* Of complex numbers, the imaginary part brought back to (-pi, pi]. */
static kov_value complex_log_add(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_value larger = kov_maximum(b, x1, x2), smaller = kov_minimum(b, x1, x2);
    kov_value y = complex_log1p(b, kov_exp(b, kov_subtract(b, smaller, larger)));
    y = kov_add(b, larger, y);
    kov_value angle = kov_complex_part(b, y, 1), turn = kov_scalar_like(b, angle, 2 * PI);
    kov_value turns = kov_round(b, kov_divide(b, angle, turn), "half_to_even");
    return kov_complex_join(b, kov_complex_part(b, y, 0),
                            kov_subtract(b, angle, kov_multiply(b, turns, turn)));
}

/* larger + log(1 + base^-|x1 - x2|), scaled from natural logarithms by `unit`. Equal operands are
 * set apart because infinities have no difference. */
static kov_value log_add(kov_builder *b, kov_value x1, kov_value x2, double unit)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    kov_dtype dtype = kov_dtype_of(b, x1);
    if (kov_dtype_is_complex(dtype)) { /* two powers that nearly cancel leave few digits */
        x1 = kov_cast(b, x1, KOV_DTYPE_C128);
        x2 = kov_cast(b, x2, KOV_DTYPE_C128);
        kov_value by = kov_scalar_like(b, x1, unit);
        kov_value sum = complex_log_add(b, kov_multiply(b, x1, by), kov_multiply(b, x2, by));
        return kov_cast(b, kov_divide(b, sum, by), dtype);
    }
    x1 = kov_widen(b, x1);
    x2 = kov_widen(b, x2);
    kov_value zero = kov_scalar_like(b, x1, 0.0), scale = kov_scalar_like(b, x1, unit);
    kov_value same = kov_equal(b, x1, x2);
    kov_value apart = kov_select(b, same, zero, kov_abs(b, kov_subtract(b, x1, x2)));
    if (unit != 1.0)
        apart = kov_multiply(b, apart, scale);
    kov_value rest = log1p_of(b, kov_exp(b, kov_negative(b, apart)));
    if (unit != 1.0)
        rest = kov_divide(b, rest, scale);
    return kov_narrow(b, kov_add(b, kov_maximum(b, x1, x2), rest), dtype);
}

kov_value kov_numpy_logaddexp(kov_builder *b, kov_value x1, kov_value x2)
{
    return log_add(b, x1, x2, 1.0);
}

kov_value kov_numpy_logaddexp2(kov_builder *b, kov_value x1, kov_value x2)
{
    return log_add(b, x1, x2, LN2);
}

kov_value kov_numpy_sqrt(kov_builder *b, kov_value x)
{
    return kov_sqrt(b, kov_as_float(b, x));
}

/* One Newton step on exp(ln|x| / 3), whose error grows with the exponent. */
kov_value kov_numpy_cbrt(kov_builder *b, kov_value x)
{
    kov_value strong = kov_strong(b, x);
    x = kov_dtype_of(b, strong) == KOV_DTYPE_I64 ? kov_cast(b, strong, KOV_DTYPE_F64)
                                                 : kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    kov_value third = kov_scalar_like(b, x, 1.0 / 3.0), one = kov_scalar_like(b, x, 1.0);
    kov_value zero = kov_scalar_like(b, x, 0.0), size = kov_abs(b, x);
    kov_value plain = kov_logical_and(b, kov_greater(b, size, zero), kov_is_finite(b, x));
    kov_value safe = kov_select(b, plain, size, one);
    kov_value root = kov_power(b, safe, third);
    kov_value miss = kov_subtract(b, root, kov_divide(b, kov_divide(b, safe, root), root));
    root = kov_subtract(b, root, kov_multiply(b, miss, third));
    root = kov_select(b, kov_less(b, x, zero), kov_negative(b, root), root);
    return kov_narrow(b, kov_select(b, plain, root, x), dtype);
}

/* Modified Bessel function of the first kind, order 0. All terms of its power series are positive,
 * so it is accurate wherever enough of them are taken; beyond `far` the asymptotic series is. */
static kov_value bessel_near(kov_builder *b, kov_value x, int terms)
{
    kov_value half = kov_multiply(b, x, kov_scalar_like(b, x, 0.5));
    kov_value square = kov_multiply(b, half, half), one = kov_scalar_like(b, x, 1.0), sum = one;
    for (int k = terms; k >= 1; k--) {
        kov_value factor = kov_scalar_like(b, x, 1.0 / ((double)k * k));
        sum = kov_add(b, one, kov_multiply(b, kov_multiply(b, square, factor), sum));
    }
    return sum;
}

static kov_value bessel_far(kov_builder *b, kov_value x, int terms)
{
    kov_value one = kov_scalar_like(b, x, 1.0), sum = one;
    for (int k = terms; k >= 1; k--) {
        double odd = 2 * k - 1;
        kov_value factor = kov_scalar_like(b, x, odd * odd / (8.0 * k));
        sum = kov_add(b, one, kov_multiply(b, kov_divide(b, factor, x), sum));
    }
    /* exp(x / 2) twice: the quotient may be finite where exp(x) is not. */
    kov_value half = kov_exp(b, kov_multiply(b, x, kov_scalar_like(b, x, 0.5)));
    kov_value turn = kov_sqrt(b, kov_multiply(b, x, kov_scalar_like(b, x, 6.28318530717958647692)));
    return kov_multiply(b, kov_multiply(b, half, kov_divide(b, sum, turn)), half);
}

kov_value kov_numpy_i0(kov_builder *b, kov_value x)
{
    kov_value strong = kov_strong(b, x);
    x = kov_dtype_of(b, strong) == KOV_DTYPE_I64 ? kov_cast(b, strong, KOV_DTYPE_F64)
                                                 : kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    bool wide = dtype == KOV_DTYPE_F64;
    x = kov_abs(b, kov_widen(b, x));
    double far = wide ? 20.0 : 9.0;
    kov_value limit = kov_scalar_like(b, x, far);
    kov_value near = bessel_near(b, kov_minimum(b, x, limit), wide ? 48 : 22);
    kov_value away = bessel_far(b, kov_maximum(b, x, limit), wide ? 30 : 12);
    away = kov_select(b, kov_is_inf(b, x, true, true), x, away);
    return kov_narrow(b, kov_select(b, kov_greater(b, x, limit), away, near), dtype);
}
