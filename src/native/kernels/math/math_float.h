/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of vectors of float32 in float32 arithmetic, for what is called most: about twice as
 * fast as by way of double (math_double.h) and within 2 ulp. The polynomials are least-squares fits
 * with their coefficients rounded one after another. */
#ifndef KOV_NATIVE_MATH_FLOAT_H
#define KOV_NATIVE_MATH_FLOAT_H

#include "native/kernels/math/math_double.h"

#include <math.h>

/* (e^r - 1 - r) / r^2, |r| <= ln(2) / 2; relative error of e^r 2^-31.6. */
static const float kov_exp_poly_f32[] = {0x1p-1f,        0x1.555556p-3f,  0x1.555502p-5f,
                                         0x1.110fc8p-7f, 0x1.6d2e08p-10f, 0x1.a2cb56p-13f};

/* (ln(1 + f) - f + f^2 / 2) / f^3, sqrt(1/2) <= 1 + f <= sqrt(2); relative error of the whole
 * 2^-28.0. */
static const float kov_log_poly_f32[] = {0x1.555554p-2f,  -0x1.fffff2p-3f, 0x1.999d3ep-3f,
                                         -0x1.555ea6p-3f, 0x1.23d80ep-3f,  -0x1.fc6382p-4f,
                                         0x1.dd9aaep-4f,  -0x1.d9bfccp-4f, 0x1.24bac2p-4f};
/* (tanh(x) / x - 1) / x^2 in x^2, |x| <= 0.55; relative error of the whole 2^-28.0. */
static const float kov_tanh_poly_f32[] = {-0x1.555554p-2f, 0x1.110fc6p-3f, -0x1.b999dep-5f,
                                          0x1.5cebep-6f, -0x1.b000a6p-8f};

#define KOV_LN2_HIGH_F32 0x1.62e4p-1f
#define KOV_LN2_LOW_F32 0x1.7f7d1cp-20f
#define KOV_LOG2_E_F32 0x1.715476p+0f

/* x = n ln(2) + r; the first part of ln(2) has 15 bits, so that its product with n is exact. */
KOV_INLINE vf vf_exp_reduce(vf x, vf *n)
{
    *n = vf_round(x * vf_set(KOV_LOG2_E_F32));
    vf r = vf_fma(*n, vf_set(-KOV_LN2_HIGH_F32), x);
    return vf_fma(*n, vf_set(-KOV_LN2_LOW_F32), r);
}

KOV_INLINE vf vf_exp(vf x)
{
    vf n, r = vf_exp_reduce(vf_clamp(x, -110, 90), &n);
    vf y = vf_fma(r * r, VF_POLY(r, kov_exp_poly_f32), r);
    return vf_scale(y + vf_set(1), n);
}

/* u = 2^e m with m in [sqrt(1/2), sqrt(2)), for normal u > 0. Returns m, and e in whole numbers. */
KOV_INLINE vf vf_split(vf u, vi *e)
{
    const int32_t half_root = 0x3f3504f3; /* bits of sqrt(1/2) */
    vui bits = (vui)u - (uint32_t)half_root;
    *e = (vi)bits >> 23;
    return (vf)((bits & 0x007fffff) + (uint32_t)half_root);
}

/* e ln(2) + ln(1 + f). */
KOV_INLINE vf vf_log_core(vf f, vf e)
{
    vf z = f * f;
    vf y = vf_fma(z, vf_fma(f, VF_POLY(f, kov_log_poly_f32), vf_set(-0.5f)),
                  e * vf_set(KOV_LN2_LOW_F32));
    return vf_fma(e, vf_set(KOV_LN2_HIGH_F32), f + y);
}

/* y, the logarithm of u for ordinary u, made right for u that is 0, negative, infinite or NaN. */
KOV_INLINE vf vf_log_special(vf y, vf u)
{
    y = vf_select(vf_lt(u, vf_set(INFINITY)), y, u);
    y = vf_select(vf_eq(u, vf_set(0)), vf_set(-INFINITY), y);
    return vf_select(vf_lt(u, vf_set(0)), vf_set(NAN), y);
}

/* Subnormal x is multiplied by 2^24 first. */
KOV_INLINE vf vf_log(vf x)
{
    vi e;
    mf tiny = vf_lt(x, vf_set(0x1p-126f));
    vf m = vf_split(vf_select(tiny, x * vf_set(0x1p24f), x), &e);
    vf n = vf_from_whole(e) - vf_select(tiny, vf_set(24), vf_set(0));
    return vf_log_special(vf_log_core(m - vf_set(1), n), x);
}

/* With u = 1 + x rounded and lost = x - (u - 1), 1 + x = 2^e (m + 2^-e lost). The factor 2^-e is
 * made from the exponent as 2^(1 - e) / 2, which holds for e = 128. Where e is 0, f is x itself. */
KOV_INLINE vf vf_log1p(vf x)
{
    vi e;
    vf one = vf_set(1), u = one + x, lost = x - (u - one);
    vf m = vf_split(u, &e);
    vf twice = (vf)(((vui)vi_set(128) - (vui)e) << 23);
    vf f = vf_fma(lost * vf_set(0.5f), twice, m - one);
    vf y = vf_copysign(vf_log_core(f, vf_from_whole(e)), x);
    int odd = mf_any(mf_not(vf_lt(vf_set(0), u))) | mf_any(mf_not(vf_lt(u, vf_set(INFINITY))));
    if (__builtin_expect(odd, 0))
        y = vf_log_special(y, u);
    return y;
}

/* 1 - 2 / (e^(2 |x|) + 1), and a polynomial where that would cancel. */
KOV_INLINE vf vf_tanh(vf x)
{
    vf a = vf_abs(x), z = x * x, one = vf_set(1);
    vf n, r = vf_exp_reduce(vf_min(vf_set(20), a + a), &n);
    vf e = vf_scale(vf_fma(r * r, VF_POLY(r, kov_exp_poly_f32), r) + one, n);
    vf outer = one - vf_set(2) / (e + one);
    vf inner = vf_fma(a * z, VF_POLY(z, kov_tanh_poly_f32), a);
    return vf_copysign(vf_select(vf_lt(a, vf_set(0.55f)), inner, outer), x);
}

/* w / (1 + e^-x), for |x| <= 80. With e = e^-|x| that is w / (1 + e), or w e / (1 + e) for negative
 * x. The first-order effect of what rounding e, w e and 1 + e lost is added at the end. */
KOV_INLINE vf vf_gate(vf w, vf x)
{
    vf one = vf_set(1), n, r = vf_exp_reduce(vf_max(vf_set(-110), vf_negative(vf_abs(x))), &n);
    vf p = vf_fma(r * r, VF_POLY(r, kov_exp_poly_f32), r), high = one + p;
    vf e = vf_scale(high, n), e_lost = vf_scale(p - (high - one), n);
    vf d = one + e, d_lost = e - (d - one) + e_lost;
    mf negative = vf_lt(x, vf_set(0));
    vf product = w * e, product_lost = vf_fma(w, e_lost, vf_fma(w, e, vf_negative(product)));
    vf y = vf_select(negative, product, w) / d;
    vf lost = vf_select(negative, product_lost, vf_set(0)) - y * d_lost;
    /* The sign is said once more for w = -0, to which the correction adds +0. */
    return vf_copysign(vf_fma(vf_reciprocal_estimate(d), lost, y), w);
}

KOV_INLINE vf vf_sigmoid(vf x) { return vf_gate(vf_set(1), x); }

/* Beyond 80, where e^-|x| nears the subnormals, in double. */
KOV_INLINE vf vf_silu(vf x)
{
    vf y = vf_gate(x, x);
    mf far = vf_lt(vf_set(80), vf_abs(x));
    if (__builtin_expect(mf_any(far), 0)) {
        vd low = vf_low(x), high = vf_high(x);
        y = vf_select(far, vf_join(vd_gate(low, low), vd_gate(high, high)), y);
    }
    return y;
}

#endif
