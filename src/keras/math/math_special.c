/* SPDX-License-Identifier: Apache-2.0 */
/* Module math: error functions and their like. */
#include "keras/helpers.h"
#include "keras_functions.h"

kov_value kov_math_rsqrt(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    return kov_divide(b, kov_scalar_like(b, x, 1), kov_sqrt(b, x));
}

kov_value kov_math_lgamma(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    return kov_narrow(b, kov_log_gamma(b, kov_widen(b, x)), dtype);
}

kov_value kov_math_gammainc(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    kov_dtype dtype = kov_dtype_of(b, x1);
    return kov_narrow(b, kov_gamma_inc(b, kov_widen(b, x1), kov_widen(b, x2)), dtype);
}

static kov_value polynomial(kov_builder *b, kov_value x, const double *at, int n)
{
    kov_value y = kov_scalar_like(b, x, at[0]);
    for (int i = 1; i < n; i++)
        y = kov_add(b, kov_multiply(b, y, x), kov_scalar_like(b, x, at[i]));
    return y;
}

/* Two polynomials in w = -ln(1 - x^2) (M. Giles, "Approximating the erfinv function", GPU Computing
 * Gems 2, 2010), relative error below 4e-7; then one step of Newton and Raphson where x is not near
 * 1, which float64 needs and float32 does not mind. */
kov_value kov_math_erfinv(kov_builder *b, kov_value x)
{
    static const double central[] = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                     -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                     -0.00417768164,  0.246640727,    1.50140941};
    static const double tail[] = {-0.000200214257, 0.000100950558, 0.00134934322,
                                  -0.00367342844,  0.00573950773,  -0.0076224613,
                                  0.00943887047,   1.00167406,     2.83297682};
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    kov_value one = kov_scalar_like(b, x, 1);
    kov_value product = kov_multiply(b, kov_subtract(b, one, x), kov_add(b, one, x));
    kov_value w = kov_negative(b, kov_log(b, product));
    kov_value near = polynomial(b, kov_subtract(b, w, kov_scalar_like(b, x, 2.5)), central, 9);
    kov_value far =
        polynomial(b, kov_subtract(b, kov_sqrt(b, w), kov_scalar_like(b, x, 3)), tail, 9);
    kov_value factor = kov_select(b, kov_less(b, w, kov_scalar_like(b, x, 5)), near, far);
    kov_value y = kov_multiply(b, factor, x);
    if (dtype == KOV_DTYPE_F64) {
        kov_value slope = kov_multiply(b, kov_exp(b, kov_negative(b, kov_multiply(b, y, y))),
                                       kov_scalar_like(b, y, 1.1283791670955125738961589031215));
        kov_value better =
            kov_subtract(b, y, kov_divide(b, kov_subtract(b, kov_erf(b, y), x), slope));
        y = kov_select(b, kov_less(b, w, kov_scalar_like(b, x, 5)), better, y);
    }
    kov_value edge = kov_divide(b, x, kov_scalar_like(b, x, 0));
    y = kov_select(b, kov_equal(b, kov_abs(b, x), one), edge, y);
    return kov_narrow(b, y, dtype);
}

/* erf(x) by its series, whose terms alternate: the first that is left out bounds the error, below
 * 2^-27 of the result with 8 terms for |x| <= 1/2, and 2^-57 with 18 for |x| <= 1. */
static kov_value erf_near_zero(kov_builder *b, kov_value x, bool wide)
{
    double at[18], factorial = 1;
    int n = wide ? 18 : 8;
    for (int i = 0; i < n; i++) {
        at[n - 1 - i] = (i % 2 ? -1 : 1) * 1.1283791670955125738961589031215 /* 2 / sqrt(pi) */ /
                        (factorial * (2 * i + 1));
        factorial *= i + 1;
    }
    return kov_multiply(b, x, polynomial(b, kov_multiply(b, x, x), at, n));
}

/* erfc(a) = exp(-a^2) p(t) / (1 + 2 a) for a >= 0, where t = (a - 3.75) / (a + 3.75) and p is the
 * Chebyshev expansion of (1 + 2 a) exp(a^2) erfc(a) on t in [-1, 1], in powers of t (the form is
 * that of Shepherd and Laframboise, Mathematics of Computation 36, 1981): relative error below 6e-9
 * with 13 coefficients and 4e-18 with 25. Unlike 1 - erf(a) it keeps its relative accuracy as erfc
 * falls. */
static kov_value erfc_of_positive(kov_builder *b, kov_value a, bool wide)
{
    static const double single[] = {
        2.204671892e-05, -0.0002241167467, 0.0003301674563, 0.001675912218, -0.009770087183,
        0.02840925236,   -0.05868544050,   0.09229076959,   -0.1088052275,  0.08227841998,
        0.003585495315,  -0.1402406583,    1.237512630};
    static const double twice[] = {
        4.251471444796389776e-10,  3.111433380979925199e-10,   -5.173990214011309627e-9,
        -3.744210080962018644e-9,  3.867533424222235682e-8,    2.326350870885912373e-8,
        -2.586685071615588544e-7,  -5.72182306032240875e-8,    1.751637648849062143e-6,
        -9.735598967367749341e-7,  -0.00001144414623770052337, 0.00002238423915508222982,
        0.00005164909889268240345, -0.000290154080540841711,   0.0002937136655913448199,
        0.001755625852895295357,   -0.009746579558029275534,   0.02836227741895640429,
        -0.05869339858963677406,   0.09230432116037747776,     -0.1088039301417488572,
        0.08227673849015520768,    0.003585415485464429369,    -0.1402405985855469624,
        1.23751263083782758};
    kov_value limit = kov_scalar_like(b, a, wide ? 28 : 11); /* where erfc has underflowed */
    kov_value k = kov_scalar_like(b, a, 3.75), one = kov_scalar_like(b, a, 1);
    kov_value two = kov_scalar_like(b, a, 2), sixteen = kov_scalar_like(b, a, 16);
    a = kov_select(b, kov_greater(b, a, limit), limit, a); /* NaN stays */
    kov_value t = kov_divide(b, kov_subtract(b, a, k), kov_add(b, a, k));
    kov_value p = wide ? polynomial(b, t, twice, 25) : polynomial(b, t, single, 13);
    p = kov_divide(b, p, kov_add(b, one, kov_multiply(b, two, a)));
    /* a^2 = near^2 + (a - near)(a + near); near has few bits, so its square is exact. */
    kov_value near = kov_divide(b, kov_floor(b, kov_multiply(b, a, sixteen)), sixteen);
    kov_value rest = kov_multiply(b, kov_subtract(b, a, near), kov_add(b, a, near));
    kov_value y = kov_multiply(b, kov_exp(b, kov_negative(b, rest)), p);
    return kov_multiply(b, kov_exp(b, kov_negative(b, kov_multiply(b, near, near))), y);
}

/* Not the operation Erf: OpenVINO's is right to 1e-7 of 1, not of small results. */
kov_value kov_math_erf(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    bool wide = dtype == KOV_DTYPE_F64;
    kov_value a = kov_abs(b, x), one = kov_scalar_like(b, x, 1);
    kov_value rest = erfc_of_positive(b, a, wide);
    kov_value y = kov_select(b, kov_less(b, x, kov_scalar_like(b, x, 0)),
                             kov_subtract(b, rest, one), kov_subtract(b, one, rest));
    kov_value central = kov_less(b, a, kov_scalar_like(b, x, wide ? 1 : 0.5));
    return kov_narrow(b, kov_select(b, central, erf_near_zero(b, x, wide), y), dtype);
}

kov_value kov_math_erfc(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    bool wide = dtype == KOV_DTYPE_F64;
    kov_value a = kov_abs(b, x), one = kov_scalar_like(b, x, 1);
    kov_value y = erfc_of_positive(b, a, wide);
    y = kov_select(b, kov_less(b, x, kov_scalar_like(b, x, 0)),
                   kov_subtract(b, kov_scalar_like(b, x, 2), y), y);
    kov_value central = /* the expansion is worst at 0 */
        kov_less(b, a, kov_scalar_like(b, x, 0.5));
    y = kov_select(b, central, kov_subtract(b, one, erf_near_zero(b, x, wide)), y);
    return kov_narrow(b, y, dtype);
}

/* The greatest term is taken out, unless it is not finite: then exp and log give the right result.
 * Of complex terms only the greatest real part, which leaves the angle to log. */
kov_value kov_math_logsumexp(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    int axes[KOV_MAX_NDIM];
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    int n = kov_axes_list(b, "logsumexp", axis, kov_ndim(b, x), axes);
    kov_value over = kov_axes_value(b, axes, n);
    kov_value most = kov_reduce_max(b, kov_numpy_real(b, x), over, true);
    most = kov_select(b, kov_is_finite(b, most), most, kov_scalar_like(b, most, 0));
    most = kov_cast(b, most, kov_dtype_of(b, x));
    kov_value y = kov_sum_over(b, kov_exp(b, kov_subtract(b, x, most)), axes, n, true);
    y = kov_add(b, kov_log(b, y), most);
    if (!keepdims && n > 0)
        y = kov_squeeze(b, y, over);
    return kov_narrow(b, y, dtype);
}
