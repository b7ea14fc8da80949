/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of vectors of any doubles, to within 1.1 ulp, sigmoid 2; those of math_double.h are for
 * float32 values. The exponential's polynomial interpolates at Chebyshev nodes, fitted in 50
 * digits; the logarithm's sum is that of FreeBSD's msun: f - (f^2 / 2 - s (f^2 / 2 + R)), s = f /
 * (2 + f). */
#ifndef KOV_NATIVE_MATH_F64_H
#define KOV_NATIVE_MATH_F64_H

#include "native/kernels/math/math_double.h"

#include <float.h>

/* (e^r - 1 - r) / r^2, |r| <= ln(2) / 2; error relative to e^r 2^-61.3. */
static const double kov_exp_poly_f64[] = {
    0x1.0000000000000p-1,  0x1.5555555555557p-3,  0x1.5555555555556p-5,  0x1.11111111100dcp-7,
    0x1.6c16c16c162d4p-10, 0x1.a01a01abe7fe1p-13, 0x1.a01a01a6d889cp-16, 0x1.71de0231960ebp-19,
    0x1.27e4db646b17ep-22, 0x1.af4de97ca4194p-26, 0x1.1f730349868cep-29};
/* 1 / (1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2); relative error 0.002. */
static const double kov_inverse_poly[] = {0.99866, -1.01133, 1.10266, -0.88735};

/* ln(2) in two parts, the first of 42 bits: its products with exponents are exact. */
#define KOV_LN2_HIGH 0x1.62e42fefa3800p-1
#define KOV_LN2_LOW 0x1.ef35793c76730p-45

/* x 2^n for whole n, |n| <= 1100: rounded once, also where the result is subnormal. */
KOV_INLINE vd vd_scale(vd x, vd n)
{
#if defined(__AVX512F__)
    return _mm512_scalef_pd(x, n);
#else
    vul whole = (vul)(n + vd_set(0x1.8p52 + 2046)) & 0x1fff, first = whole >> 1;
    return x * (vd)(first << 52) * (vd)((whole - first) << 52);
#endif
}

/* e^x = 2^n (1 + r + *rest). */
KOV_INLINE vd vd_exp_parts(vd x, vd *n, vd *rest)
{
    *n = vd_round(x * vd_set(KOV_LOG2_E));
    vd high = vd_fma(*n, vd_set(-KOV_LN2_HIGH), x), low = *n * vd_set(KOV_LN2_LOW);
    vd r = high - low, lost = (high - r) - low;
    *rest = vd_fma(r * r, VD_POLY(r, kov_exp_poly_f64), lost);
    return r;
}

KOV_INLINE vd vd_exp_f64(vd x)
{
    vd n, rest, r = vd_exp_parts(vd_clamp(x, -746, 710), &n, &rest);
    return vd_scale(vd_set(1) + (r + rest), n);
}

/* What the sum with r loses is kept: the result may be much smaller than both. */
KOV_INLINE vd vd_expm1_f64(vd x)
{
    vd n, rest, r = vd_exp_parts(vd_clamp(x, -38, 710), &n, &rest);
    vd most = vd_set(1) - vd_pow2(vd_negative(vd_min(vd_set(64), n)));
    vd sum = most + r, lost = (most - sum) + r;
    return vd_copysign(vd_scale(sum + (lost + rest), n), x);
}

/* e ln(2) + ln(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2); more is a small addition. */
KOV_INLINE vd vd_log_sum(vd e, vd f, vd more)
{
    vd s = f / (f + vd_set(2)), z = s * s, half = vd_set(0.5) * f * f;
    vd rest = half + z * VD_POLY(z, kov_log_poly_long);
    vd small = vd_fma(s, rest, vd_fma(e, vd_set(KOV_LN2_LOW), more));
    return e * vd_set(KOV_LN2_HIGH) - ((half - small) - f);
}

KOV_INLINE vd vd_log_f64(vd x)
{
    md tiny = vd_lt(x, vd_set(DBL_MIN));
    vd e, m = vd_split(vd_select(tiny, x * vd_set(0x1p54), x), &e);
    e = vd_select(tiny, e - vd_set(54), e);
    return vd_log_special(vd_log_sum(e, m - vd_set(1), vd_set(0)), x);
}

/* As vd_log1p; what 1 + x rounded away is added by its first-order effect. */
KOV_INLINE vd vd_log1p_f64(vd x)
{
    vd one = vd_set(1), zero = vd_set(0), u = one + x, back = u - one;
    vd lost = (one - (u - back)) + (x - back);
    vd e, m = vd_split(u, &e), f = m - one;
    md near = vd_eq(e, zero);
    vd more = vd_scale(lost, vd_negative(e)) * VD_POLY(f, kov_inverse_poly);
    vd y = vd_log_sum(e, vd_select(near, x, f), vd_select(near, zero, more));
    return vd_copysign(vd_log_special(y, u), x);
}

KOV_INLINE vd vd_sigmoid_f64(vd x)
{
    vd e = vd_exp_f64(vd_negative(vd_abs(x)));
    return vd_select(vd_lt(x, vd_set(0)), e, vd_set(1)) / (vd_set(1) + e);
}

/* ln(1 + e^-|x|). */
KOV_INLINE vd vd_softplus_tail(vd x) { return vd_log1p_f64(vd_exp_f64(vd_negative(vd_abs(x)))); }

#endif
