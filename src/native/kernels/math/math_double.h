/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of vectors of doubles that hold float32 values, accurate to about 2^-33: rounded to
 * float32 the results are within 0.51 ulp. Doubles hold the square, reciprocal and 2^x of any
 * float32 without overflow, underflow or subnormals, so no step here needs a special case for them;
 * out-of-range results become infinities, subnormals or zeros when they are rounded.
 *
 * The polynomials interpolate at Chebyshev nodes, fitted in 50 digits. */
#ifndef KOV_NATIVE_MATH_DOUBLE_H
#define KOV_NATIVE_MATH_DOUBLE_H

#include "native/kernels/math/math_vector.h"
#include "opset/elementwise/selu.h"

#include <math.h>

/* (e^r - 1 - r) / r^2, |r| <= ln(2) / 2; relative error 2^-36.5. */
static const double kov_exp_poly[] = {0x1p-1,
                                      0x1.55555567532adp-3,
                                      0x1.5555555c87148p-5,
                                      0x1.1110c632a3088p-7,
                                      0x1.6c16858b7acb9p-10,
                                      0x1.a15179d80ae96p-13,
                                      0x1.a1132015ba37ep-16};
/* (2 atanh(s) / s - 2) / s^2 in s^2, |s| <= (sqrt(2) - 1) / (sqrt(2) + 1); relative error 2^-43.1.
 */
static const double kov_log_poly[] = {0x1.5555555564eb7p-1, 0x1.999998cae671fp-2,
                                      0x1.249323f5fe0a4p-2, 0x1.c67ad18010d25p-3,
                                      0x1.8c8cb725e2db5p-3};
/* The same, longer; relative error 2^-57.6. */
static const double kov_log_poly_long[] = {
    0x1.5555555555558p-1, 0x1.99999999952d7p-2, 0x1.2492492df281ap-2, 0x1.c71c62e3f11e6p-3,
    0x1.7462b51cb66b1p-3, 0x1.39fe51a7c18f9p-3, 0x1.2b5900de53b32p-3};
/* (sin(r) / r - 1) / r^2 in r^2, |r| <= pi / 4; relative error 2^-45.6. */
static const double kov_sin_poly[] = {-0x1.555555555516bp-3, 0x1.1111110fd3b3cp-7,
                                      -0x1.a019fd9ae7168p-13, 0x1.71d9a9b87993fp-19,
                                      -0x1.aa283bea75579p-26};
/* (cos(r) - 1 + r^2 / 2) / r^4 in r^2, |r| <= pi / 4; relative error 2^-49.7. */
static const double kov_cos_poly[] = {0x1.5555555555437p-5, -0x1.6c16c16b613d3p-10,
                                      0x1.a019ff537986cp-16, -0x1.27e25f2996b83p-22,
                                      0x1.1c81b3862d88cp-29};
/* (atan(t) / t - 1) / t^2 in t^2, |t| <= tan(pi / 8); relative error 2^-43.1. */
static const double kov_atan_poly[] = {
    -0x1.555555555260ep-2, 0x1.999999885befbp-3, -0x1.249240d9941d8p-3, 0x1.c7196338febe7p-4,
    -0x1.7415affa08e33p-4, 0x1.377de082fa57p-4,  -0x1.edbfaee18e70fp-5, 0x1.0df7a02661596p-5};
/* (asin(t) / t - 1) / t^2 in t^2, |t| <= 1/2; relative error 2^-42.0. */
static const double kov_asin_poly[] = {
    0x1.555555555bb08p-3, 0x1.333333131447fp-4,  0x1.6db6f6000eadfp-5,
    0x1.f1beb39d0c483p-6, 0x1.6f34e8d0b24a5p-6,  0x1.14eb1fd23981cp-6,
    0x1.1460edb1ea63p-6,  0x1.148f816806cb3p-10, 0x1.d0a710b072bp-6};
/* erf(x) / x in x^2, |x| <= 1; relative error 2^-45.5. */
static const double kov_erf_poly[] = {
    0x1.20dd750429b19p+0,  -0x1.812746b0271ecp-2,  0x1.ce2f2197bc2efp-4,  -0x1.b82ce15c3b7f8p-6,
    0x1.565ba0406c001p-8,  -0x1.c0286cad68e02p-11, 0x1.f941bed7e7847p-14, -0x1.f0705a1dde9aap-17,
    0x1.9ae0986f9de4fp-20, -0x1.c1a515de8637ap-24};
/* e^(a^2) erfc(a) / t in t = 1 / (1 + 0.3 a), 0 <= a <= 10.2; relative error 2^-35.1. */
static const double kov_erfc_poly[] = {
    0x1.5aa0a5f058ac7p-3,  0x1.5aebb5a588d61p-3, 0x1.479cc4f9c4148p-3,  0x1.44b8e7bc6e1f9p-3,
    0x1.0d1d061ce92fcp-4,  0x1.325a609fab419p-2, -0x1.b36430f17b3b7p-2, 0x1.dd8ee696918a3p-1,
    -0x1.2115488118df5p+0, 0x1.0c22a162ca064p+0, -0x1.3c4d68051d7fap-1, 0x1.909e22f397134p-3,
    -0x1.a35e77ef19a92p-6};
/* erfinv(x) / x in w = -ln(1 - x^2), w <= 5; relative error 2^-35.2. */
static const double kov_erfinv_middle[] = {
    0x1.c5bf891b1cd3bp-1,   0x1.db29fb6d579afp-3,  0x1.7a72b54d83cf8p-7,   -0x1.320d065a9edbcp-9,
    -0x1.0d308b683d561p-13, 0x1.8b39cfb781633p-15, 0x1.93e25043a0234p-20,  -0x1.61541b397f548p-21,
    -0x1.b55111af0843bp-23, 0x1.4472a2bfd9745p-24, -0x1.553e0d0daf6a5p-27, 0x1.4e2cd517cce5bp-31,
    -0x1.9233c853ffe3ap-37, -0x1.3ace6574bd4f9p-42};
/* the same in sqrt(w), 5 <= w <= 16.8; relative error 2^-32.6. */
static const double kov_erfinv_tail[] = {
    0x1.360442900084fp+2, -0x1.266c1332d80cfp+4, 0x1.33609ee77b62ap+5, -0x1.764c22b2e24cep+5,
    0x1.2d72836f66a48p+5, -0x1.4fe75d5521e44p+4, 0x1.09f57a7232e56p+3, -0x1.2ea593ab9e832p+1,
    0x1.ed12207bf4c2bp-2, -0x1.194b02748bcccp-4, 0x1.abd0b1e4b0efp-8,  -0x1.8628d3138d99dp-12,
    0x1.433befae340c9p-17};
/* cube root of m in m - 1.5, 1 <= m <= 2; relative error 2^-36.2. */
static const double kov_cbrt_poly[] = {
    0x1.250bfe1b164eep+0,   0x1.047c7015bbaefp-2,  -0x1.cf161e96f6685p-5,  0x1.5706f2fdbbdb3p-6,
    -0x1.30e8419ee0438p-7,  0x1.2a1d8f407568ep-8,  -0x1.358e0c06f0156p-9,  0x1.4eb5f7433ecd7p-10,
    -0x1.6782cf7dd11ccp-11, 0x1.8eeb0dc1140afp-12, -0x1.3f31ec7661b82p-12, 0x1.9168ee915b0d5p-13};

#define KOV_LN2 0x1.62e42fefa39efp-1
#define KOV_LOG2_E 0x1.71547652b82fep+0
#define KOV_PI 0x1.921fb54442d18p+1

/* 2^n for whole n, |n| < 1000. Adding 3 * 2^51 leaves n in the low bits. */
KOV_INLINE vd vd_pow2(vd n) { return (vd)(((vul)(n + vd_set(0x1.8p52 + 1023))) << 52); }

/* The low bits of the result are those of whole n, |n| < 2^51. */
KOV_INLINE vul vd_low_bits(vd n) { return (vul)(n + vd_set(0x1.8p52)); }

/* e^r - 1 for |r| <= ln(2) / 2. */
KOV_INLINE vd vd_expm1_core(vd r) { return vd_fma(r * r, VD_POLY(r, kov_exp_poly), r); }

/* x = n ln(2) + r. */
KOV_INLINE vd vd_exp_reduce(vd x, vd *n)
{
    *n = vd_round(x * vd_set(KOV_LOG2_E));
    return vd_fma(*n, vd_set(-KOV_LN2), x);
}

/* |x| beyond 300 counts as 300, whose e^x a float32 cannot hold either. */
KOV_INLINE vd vd_exp(vd x)
{
    vd n, r = vd_exp_reduce(vd_clamp(x, -300, 300), &n);
    vd scale = vd_pow2(n);
    return vd_fma(vd_expm1_core(r), scale, scale);
}

KOV_INLINE vd vd_exp2(vd x)
{
    x = vd_clamp(x, -400, 400);
    vd n = vd_round(x);
    vd scale = vd_pow2(n);
    return vd_fma(vd_expm1_core((x - n) * vd_set(KOV_LN2)), scale, scale);
}

KOV_INLINE vd vd_expm1(vd x)
{
    vd n, r = vd_exp_reduce(vd_clamp(x, -300, 300), &n);
    vd scale = vd_pow2(n);
    return vd_copysign(vd_fma(vd_expm1_core(r), scale, scale - vd_set(1)), x);
}

/* u = 2^e m with m in [sqrt(1/2), sqrt(2)), for normal u > 0. Returns m. */
KOV_INLINE vd vd_split(vd u, vd *e)
{
    const uint64_t half_root = 0x3fe6a09e667f3bcdu; /* bits of sqrt(1/2) */
    vul bits = (vul)u - half_root;
    vul biased = (bits >> 52) + 1024; /* positive for all u */
    *e = (vd)(((biased & 0xfff) | 0x4330000000000000u)) - vd_set(0x1p52 + 1024);
    return (vd)((bits & 0x000fffffffffffffu) + half_root);
}

/* ln(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2), in ratio to f / (2 + f). */
KOV_INLINE vd vd_log_core(vd f)
{
    vd s = f / (f + vd_set(2)), z = s * s;
    return s * vd_fma(z, VD_POLY(z, kov_log_poly), vd_set(2));
}

/* y, the logarithm of u for ordinary u, made right for u that is 0, negative, infinite or NaN. */
KOV_INLINE vd vd_log_special(vd y, vd u)
{
    y = vd_select(vd_lt(u, vd_set(INFINITY)), y, u);
    y = vd_select(vd_eq(u, vd_set(0)), vd_set(-INFINITY), y);
    return vd_select(vd_lt(u, vd_set(0)), vd_set(NAN), y);
}

KOV_INLINE vd vd_log(vd x)
{
    vd e, m = vd_split(x, &e);
    return vd_log_special(vd_fma(e, vd_set(KOV_LN2), vd_log_core(m - vd_set(1))), x);
}

KOV_INLINE vd vd_log2(vd x)
{
    vd e, m = vd_split(x, &e);
    return vd_log_special(vd_fma(vd_log_core(m - vd_set(1)), vd_set(KOV_LOG2_E), e), x);
}

KOV_INLINE vd vd_log10(vd x)
{
    vd e, m = vd_split(x, &e);
    vd y = vd_log_core(m - vd_set(1)) * vd_set(0x1.bcb7b1526e50ep-2);
    return vd_log_special(vd_fma(e, vd_set(0x1.34413509f79ffp-2), y), x);
}

/* Where 1 + x stays within [sqrt(1/2), sqrt(2)), x itself is used: 1 + x may have rounded it away.
 */
KOV_INLINE vd vd_log1p(vd x)
{
    vd u = vd_set(1) + x;
    vd e, m = vd_split(u, &e);
    vd f = vd_select(vd_eq(e, vd_set(0)), x, m - vd_set(1));
    return vd_log_special(vd_fma(e, vd_set(KOV_LN2), vd_log_core(f)), u);
}

/* x - q pi / 2 in [-pi/4, pi/4] for a finite float32 |x| >= 2^19, and q mod 4: multiplies the
 * 24-bit significand with as many bits of 2 / pi as matter (Payne and Hanek). */
static inline double kov_reduce_huge(double x, int64_t *q)
{
    static const uint32_t two_over_pi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
                                           0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561};
    float value = (float)fabs(x);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t significand = (bits & 0x7fffff) | 0x800000;
    /* value * 2 / pi / 4 = significand * 2^(exponent - 150 - 2) * (2 / pi), wanted mod 1. */
    int first = (int)(bits >> 23) - 152;
    uint32_t part[3];
    for (int i = 0; i < 3; i++) {
        int at = first + 32 * i, word = at < 0 ? -1 : at / 32, shift = at < 0 ? at + 32 : at % 32;
        uint64_t two = ((uint64_t)(word < 0 ? 0 : two_over_pi[word]) << 32) | two_over_pi[word + 1];
        part[i] = (uint32_t)(two >> (32 - shift));
    }
    uint64_t turns =
        ((significand * part[0]) << 32) + significand * part[1] + ((significand * part[2]) >> 32);
    uint64_t quarter = (turns + (UINT64_C(1) << 61)) >> 62;
    double r = (double)(int64_t)(turns - (quarter << 62)) * (0x1p-62 * KOV_PI / 2);
    *q = (int64_t)(x < 0 ? 4 - quarter : quarter);
    return x < 0 ? -r : r;
}

/* x - q pi / 2; the low two bits of the result are q mod 4. Below 2^19 by a two-part pi / 2 whose
 * first part has 33 bits, so that its product with q is exact. */
KOV_INLINE vd vd_trig_reduce(vd x, vul *quadrant)
{
    vd n = vd_round(x * vd_set(2 / KOV_PI));
    vd r = vd_fma(n, vd_set(-0x1.921fb544p+0), x);
    r = vd_fma(n, vd_set(-0x1.0b4611a626331p-34), r);
    *quadrant = vd_low_bits(n);
    uint32_t huge = md_bits(vd_le(vd_set(0x1p19), vd_abs(x)));
    if (__builtin_expect(huge != 0, 0)) {
        double xs[KOV_VD], rs[KOV_VD];
        int64_t qs[KOV_VD];
        vd_store(xs, x);
        vd_store(rs, r);
        memcpy(qs, quadrant, sizeof qs);
        for (int i = 0; i < KOV_VD; i++)
            if ((huge >> i & 1) && isfinite(xs[i]))
                rs[i] = kov_reduce_huge(xs[i], &qs[i]);
        r = vd_load(rs);
        memcpy(quadrant, qs, sizeof qs);
    }
    return r;
}

KOV_INLINE vd vd_sin_core(vd r)
{
    vd z = r * r;
    return vd_fma(r * z, VD_POLY(z, kov_sin_poly), r);
}

KOV_INLINE vd vd_cos_core(vd r)
{
    vd z = r * r;
    return vd_fma(z * z, VD_POLY(z, kov_cos_poly), vd_fma(z, vd_set(-0.5), vd_set(1)));
}

KOV_INLINE md vd_odd(vul quadrant) { return vl_eq((vl)(quadrant & 1), vl_set(1)); }

/* sin(x + shift pi / 2). */
KOV_INLINE vd vd_sin_shifted(vd x, uint64_t shift)
{
    vul quadrant;
    vd r = vd_trig_reduce(x, &quadrant);
    quadrant += shift;
    vd y = vd_select(vd_odd(quadrant), vd_cos_core(r), vd_sin_core(r));
    return (vd)((vul)y ^ ((quadrant & 2) << 62));
}

KOV_INLINE vd vd_sin(vd x) { return vd_select(vd_eq(x, vd_set(0)), x, vd_sin_shifted(x, 0)); }

KOV_INLINE vd vd_cos(vd x) { return vd_sin_shifted(x, 1); }

KOV_INLINE vd vd_tan(vd x)
{
    vul quadrant;
    vd r = vd_trig_reduce(x, &quadrant);
    vd s = vd_sin_core(r), c = vd_cos_core(r);
    md odd = vd_odd(quadrant);
    vd y = vd_select(odd, vd_negative(c), s) / vd_select(odd, s, c);
    return vd_select(vd_eq(x, vd_set(0)), x, y);
}

/* atan(n / d) for 0 <= n <= d, d > 0. */
KOV_INLINE vd vd_atan_ratio(vd n, vd d)
{
    md upper = vd_lt(d * vd_set(0x1.a827999fcef32p-2), n); /* tan(pi / 8) */
    vd t = vd_select(upper, n - d, n) / vd_select(upper, n + d, d);
    vd base = vd_select(upper, vd_set(KOV_PI / 4), vd_set(0)), z = t * t;
    return base + vd_fma(t * z, VD_POLY(z, kov_atan_poly), t);
}

KOV_INLINE vd vd_atan(vd x)
{
    vd a = vd_abs(x), one = vd_set(1);
    md inverse = vd_lt(one, a);
    vd n = vd_select(inverse, one, a), d = vd_select(inverse, a, one);
    vd y = vd_atan_ratio(n, d);
    y = vd_select(inverse, vd_set(KOV_PI / 2) - y, y);
    return vd_copysign(y, x);
}

KOV_INLINE vd vd_atan2(vd y, vd x)
{
    vd ay = vd_abs(y), ax = vd_abs(x), zero = vd_set(0), one = vd_set(1);
    md steep = vd_lt(ax, ay);
    vd n = vd_select(steep, ax, ay), d = vd_select(steep, ay, ax);
    md infinite = vd_eq(d, vd_set(INFINITY));
    n = vd_select(infinite, vd_select(vd_eq(n, d), one, zero), n);
    d = vd_select(infinite, one, vd_select(vd_eq(d, zero), one, d));
    vd angle = vd_atan_ratio(n, d);
    angle = vd_select(steep, vd_set(KOV_PI / 2) - angle, angle);
    angle = vd_select(vd_lt(vd_copysign(one, x), zero), vd_set(KOV_PI) - angle, angle);
    angle = vd_copysign(angle, y);
    return vd_select(vd_isnan(x + y), vd_select(vd_isnan(x), x, vd_select(vd_isnan(y), y, angle)),
                     angle);
}

/* asin(t) for 0 <= t <= 1/2. */
KOV_INLINE vd vd_asin_core(vd t)
{
    vd z = t * t;
    return vd_fma(t * z, VD_POLY(z, kov_asin_poly), t);
}

/* asin(a) for 0 <= a: above 1/2 from pi / 2 - 2 asin(sqrt((1 - a) / 2)); NaN above 1. */
KOV_INLINE vd vd_asin(vd x)
{
    vd a = vd_abs(x), half = vd_set(0.5);
    md upper = vd_lt(half, a);
    vd t = vd_select(upper, vd_sqrt((vd_set(1) - a) * half), a);
    vd y = vd_asin_core(t);
    y = vd_select(upper, vd_fma(y, vd_set(-2), vd_set(KOV_PI / 2)), y);
    return vd_copysign(y, x);
}

KOV_INLINE vd vd_acos(vd x)
{
    vd a = vd_abs(x), half = vd_set(0.5);
    md upper = vd_lt(half, a), minus = vd_lt(x, vd_set(0));
    vd t = vd_select(upper, vd_sqrt((vd_set(1) - a) * half), a);
    vd y = vd_asin_core(t);
    vd outer = vd_select(minus, vd_fma(y, vd_set(-2), vd_set(KOV_PI)), y + y);
    return vd_select(upper, outer, vd_set(KOV_PI / 2) - vd_copysign(y, x));
}

KOV_INLINE vd vd_sinh(vd x)
{
    vd e = vd_expm1(vd_abs(x));
    return vd_copysign((e + e / (e + vd_set(1))) * vd_set(0.5), x);
}

KOV_INLINE vd vd_cosh(vd x)
{
    vd e = vd_exp(vd_abs(x));
    return (e + vd_set(1) / e) * vd_set(0.5);
}

KOV_INLINE vd vd_asinh(vd x)
{
    vd a = vd_abs(x), z = a * a;
    vd y = vd_log1p(a + z / (vd_sqrt(z + vd_set(1)) + vd_set(1)));
    return vd_copysign(vd_select(vd_lt(a, vd_set(INFINITY)), y, a), x);
}

KOV_INLINE vd vd_acosh(vd x)
{
    vd f = x - vd_set(1);
    vd y = vd_log1p(f + vd_sqrt(f * (x + vd_set(1))));
    return vd_select(vd_lt(f, vd_set(0)), vd_set(NAN), y);
}

KOV_INLINE vd vd_atanh(vd x)
{
    vd a = vd_abs(x);
    return vd_copysign(vd_log1p((a + a) / (vd_set(1) - a)) * vd_set(0.5), x);
}

/* erfc(a) for a >= 0; beyond 12, where float32 has 0, as at 12. */
KOV_INLINE vd vd_erfc_tail(vd a)
{
    a = vd_min(vd_set(12), a);
    vd t = vd_set(1) / vd_fma(a, vd_set(0.3), vd_set(1));
    return vd_exp(vd_negative(a * a)) * t * VD_POLY(t, kov_erfc_poly);
}

KOV_INLINE vd vd_erf(vd x)
{
    vd a = vd_abs(x);
    vd y = vd_select(vd_lt(vd_set(1), a), vd_set(1) - vd_erfc_tail(a),
                     a * VD_POLY(a * a, kov_erf_poly));
    return vd_copysign(y, x);
}

KOV_INLINE vd vd_erfc(vd x)
{
    vd y = vd_erfc_tail(vd_abs(x));
    return vd_select(vd_lt(x, vd_set(0)), vd_set(2) - y, y);
}

KOV_INLINE vd vd_erfinv(vd x)
{
    vd one = vd_set(1), inside = (one - x) * (one + x);
    vd w = vd_negative(vd_log(inside));
    md middle = vd_lt(w, vd_set(5));
    vd tail = vd_sqrt(vd_clamp(w, 5, 17));
    vd y = x * vd_select(middle, VD_POLY(w, kov_erfinv_middle), VD_POLY(tail, kov_erfinv_tail));
    y = vd_select(vd_eq(inside, vd_set(0)), vd_copysign(vd_set(INFINITY), x), y);
    return vd_select(vd_le(vd_abs(x), one), y, vd_set(NAN));
}

/* A polynomial for the significand, to 2^-36, times 1, 2^(1/3) or 2^(2/3) for what is left of the
 * exponent, which one of degree 2 goes through. No argument is subnormal as a double. */
KOV_INLINE vd vd_cbrt(vd x)
{
    vd zero = vd_set(0), infinity = vd_set(INFINITY), a = vd_abs(x);
    vul bits = (vul)a;
    vd m = (vd)((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
    vd e = (vd)((bits >> 52) | 0x4330000000000000u) - vd_set(0x1p52 + 1023);
    vd third = vd_floor(vd_fma(e, vd_set(1.0 / 3), vd_set(0x1p-8)));
    vd left = vd_fma(third, vd_set(-3), e);
    vd root = vd_fma(vd_fma(left, vd_set(0x1.14b8b2228926cp-5), vd_set(0x1.cf23503e16fbcp-3)), left,
                     vd_set(1));
    vd y = VD_POLY(m - vd_set(1.5), kov_cbrt_poly) * (root * vd_pow2(third));
    if (__builtin_expect(
            (md_bits(vd_lt(zero, a)) & md_bits(vd_lt(a, infinity))) != (1u << KOV_VD) - 1, 0)) {
        y = vd_select(vd_lt(zero, a), y, a);
        y = vd_select(vd_lt(a, infinity), y, a);
    }
    return vd_copysign(y, x);
}

KOV_INLINE vd vd_rsqrt(vd x) { return vd_set(1) / vd_sqrt(x); }

/* max(x, 0) + ln(1 + e^-|x|). */
KOV_INLINE vd vd_softplus(vd x)
{
    return vd_max(vd_set(0), x) + vd_log1p(vd_exp(vd_negative(vd_abs(x))));
}

KOV_INLINE vd vd_log_sigmoid(vd x) { return vd_negative(vd_softplus(vd_negative(x))); }

/* x / (1 + e^-a), for negative a as x e^a / (1 + e^a); -0 where a float32 has nothing else. */
KOV_INLINE vd vd_gate(vd x, vd a)
{
    vd e = vd_exp(vd_negative(vd_abs(a))), below = vd_set(-290);
    vd y = vd_select(vd_lt(a, vd_set(0)), x * e, x) / (vd_set(1) + e);
    return vd_select(vd_lt(a, below), vd_set(-0.0), y);
}

KOV_INLINE vd vd_gelu_tanh(vd x)
{
    vd cube = vd_fma(x * x * x, vd_set(0.044715), x);
    return vd_gate(x, cube * vd_set(0x1.9884533d43651p+0)); /* 2 sqrt(2 / pi) */
}

/* x / 2 erfc(-x / sqrt(2)), which keeps its accuracy where 1 + erf would cancel. What is below -20
 * counts as -20, whose result a float32 cannot hold either. */
KOV_INLINE vd vd_gelu(vd x)
{
    vd half = vd_erfc_tail(vd_abs(x) * vd_set(0x1.6a09e667f3bcdp-1)) * vd_set(0.5);
    vd share = vd_select(vd_lt(x, vd_set(0)), half, vd_set(1) - half);
    return vd_max(vd_set(-20), x) * share;
}

/* x tanh(ln(1 + e^x)) = x (q - 1) / (q + 1) with q = (1 + e^x)^2, q - 1 = e^x (e^x + 2). */
KOV_INLINE vd vd_mish(vd x)
{
    vd e = vd_exp(vd_min(vd_set(60), x)), up = e * (e + vd_set(2));
    return vd_select(vd_lt(x, vd_set(-290)), vd_set(-0.0), x * (up / (up + vd_set(2))));
}

KOV_INLINE vd vd_elu(vd x) { return vd_select(vd_lt(x, vd_set(0)), vd_expm1(x), x); }

KOV_INLINE vd vd_selu(vd x)
{
    return vd_select(vd_lt(x, vd_set(0)), vd_expm1(x) * vd_set(KOV_SELU_SCALE * KOV_SELU_ALPHA),
                     x * vd_set(KOV_SELU_SCALE));
}

/* Infinities count as the largest finite numbers, whose quotient is 1; NaN passes min and max. */
KOV_INLINE vd vd_softsign(vd x)
{
    x = vd_max(vd_set(-1e300), vd_min(vd_set(1e300), x));
    return x / (vd_set(1) + vd_abs(x));
}

/* min(max(x + 3, 0), 6) / 6. */
KOV_INLINE vd vd_hard_sigmoid(vd x) { return vd_clamp(x + vd_set(3), 0, 6) * vd_set(1.0 / 6); }

KOV_INLINE vd vd_hard_swish(vd x) { return x * vd_hard_sigmoid(x); }

/* log2(x) to 2^-50 for x > 0, since power multiplies its error by up to 150. */
KOV_INLINE vd vd_log2_precise(vd x)
{
    vd e, m = vd_split(x, &e);
    vd f = m - vd_set(1), s = f / (f + vd_set(2)), z = s * s;
    vd y = s * vd_fma(z, VD_POLY(z, kov_log_poly_long), vd_set(2));
    return vd_fma(y, vd_set(KOV_LOG2_E), e);
}

/* C99's pow. */
KOV_INLINE vd vd_power(vd x, vd y)
{
    vd zero = vd_set(0), one = vd_set(1), infinity = vd_set(INFINITY), a = vd_abs(x);
    uint32_t plain = md_bits(vd_lt(zero, x)) & md_bits(vd_lt(x, infinity));
    plain &= md_bits(vd_lt(vd_abs(y), infinity));
    if (plain == (1u << KOV_VD) - 1) /* what follows gives just this */
        return vd_exp2(vd_log2_precise(x) * y);
    vd l = vd_log_special(vd_log2_precise(a), a);
    vd p = vd_select(vd_eq(l, zero), vd_copysign(zero, y), l * y);
    vd r = vd_exp2(vd_select(vd_isnan(x), x, vd_select(vd_isnan(y), y, p)));
    md whole = vd_eq(vd_round(y), y);
    vd half = y * vd_set(0.5);
    /* odd: y is whole and half of it is not */
    vd odd = vd_select(whole, vd_select(vd_eq(vd_round(half), half), zero, one), zero);
    vd negative = vd_select(vd_eq(odd, one), vd_copysign(r, x), r);
    vd finite_negative = vd_select(vd_lt(vd_negative(infinity), x), one, zero);
    vd invalid = vd_select(whole, zero, finite_negative);
    vd below = vd_select(vd_eq(invalid, one), vd_set(NAN), negative);
    r = vd_select(vd_lt(x, zero), below, vd_select(vd_eq(x, zero), negative, r));
    r = vd_select(vd_eq(y, zero), one, r);
    return vd_select(vd_eq(x, one), one, r);
}

/* C's fmod for float32 values. The quotient below 2^29 makes its product with b exact; a quotient
 * rounded up to a whole number leaves a remainder of the wrong sign. */
KOV_INLINE vd vd_trunc_mod(vd a, vd b)
{
    vd q = vd_trunc(a / b), zero = vd_set(0);
    vd r = vd_fma(vd_negative(q), b, a);
    vd signed_r = vd_copysign(vd_set(1), a) * r;
    r = vd_select(vd_lt(signed_r, zero), r + vd_copysign(b, a), r);
    r = vd_copysign(r, a);
    uint32_t plain = md_bits(vd_lt(vd_abs(q), vd_set(0x1p29)));
    plain &= md_bits(vd_lt(vd_abs(b), vd_set(INFINITY)));
    if (__builtin_expect(plain != (1u << KOV_VD) - 1, 0)) {
        double as[KOV_VD], bs[KOV_VD], rs[KOV_VD];
        vd_store(as, a);
        vd_store(bs, b);
        vd_store(rs, r);
        for (int i = 0; i < KOV_VD; i++)
            if (!(plain >> i & 1))
                rs[i] = fmod(as[i], bs[i]);
        r = vd_load(rs);
    }
    return r;
}

/* Python's a % b: the sign of b. */
KOV_INLINE vd vd_floor_mod(vd a, vd b)
{
    vd r = vd_trunc_mod(a, b), zero = vd_set(0), one = vd_set(1);
    vd other = vd_select(vd_lt(vd_copysign(one, r) * vd_copysign(one, b), zero), r + b, r);
    return vd_select(vd_eq(r, zero), vd_copysign(zero, b), other);
}

/* Python's a // b, and a / b for b = 0. */
KOV_INLINE vd vd_floor_divide(vd a, vd b)
{
    vd r = vd_trunc_mod(a, b), zero = vd_set(0), one = vd_set(1), ratio = a / b;
    vd q = vd_round((a - r) / b);
    vd opposite = vd_select(vd_eq(r, zero), one, vd_copysign(one, r) * vd_copysign(one, b));
    q = vd_select(vd_lt(opposite, zero), q - one, q);
    q = vd_select(vd_eq(q, zero), vd_copysign(zero, ratio), q);
    return vd_select(vd_eq(b, zero), ratio, q);
}

#endif
