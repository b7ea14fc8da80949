/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of the instruction set that a source is compiled for: vf of KOV_VF floats, vd of KOV_VD =
 * KOV_VF / 2 doubles, vi and vl the integers of the same widths, mf and md the masks of their
 * lanes. The arithmetic operators work on vf, vd, vi, vl as they are. Only *.isa.c sources include
 * this. */
#ifndef KOV_NATIVE_MATH_VECTOR_H
#define KOV_NATIVE_MATH_VECTOR_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KOV_INLINE static inline __attribute__((always_inline, unused))
#if defined(__clang__)
#define KOV_UNROLL _Pragma("clang loop unroll(full)")
/* Before a loop whose output may be an input, each element read before it is written. */
#define KOV_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define KOV_UNROLL _Pragma("GCC unroll 32")
#define KOV_IVDEP _Pragma("GCC ivdep")
#endif

#if defined(__AVX512F__)
#define KOV_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define KOV_VECTOR_BYTES 32
#else
#define KOV_VECTOR_BYTES 16
#endif
#define KOV_VF (KOV_VECTOR_BYTES / 4)
#define KOV_VD (KOV_VECTOR_BYTES / 8)

typedef int32_t vi __attribute__((vector_size(KOV_VECTOR_BYTES)));
typedef int64_t vl __attribute__((vector_size(KOV_VECTOR_BYTES)));
typedef uint32_t vui __attribute__((vector_size(KOV_VECTOR_BYTES)));
typedef uint64_t vul __attribute__((vector_size(KOV_VECTOR_BYTES)));

#if defined(__AVX512F__)

typedef __m512 vf;
typedef __m512d vd;
typedef __mmask16 mf;
typedef __mmask8 md;

KOV_INLINE vf vf_set(float x) { return _mm512_set1_ps(x); }
KOV_INLINE vd vd_set(double x) { return _mm512_set1_pd(x); }
KOV_INLINE vf vf_load(const float *x) { return _mm512_loadu_ps(x); }
KOV_INLINE vd vd_load(const double *x) { return _mm512_loadu_pd(x); }
KOV_INLINE void vf_store(float *y, vf x) { _mm512_storeu_ps(y, x); }
KOV_INLINE void vd_store(double *y, vd x) { _mm512_storeu_pd(y, x); }
KOV_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
KOV_INLINE vd vd_fma(vd a, vd b, vd c) { return _mm512_fmadd_pd(a, b, c); }
KOV_INLINE vf vf_sqrt(vf x) { return _mm512_sqrt_ps(x); }
KOV_INLINE vd vd_sqrt(vd x) { return _mm512_sqrt_pd(x); }
/* The second operand where one is NaN or both are zeros, here and below. */
KOV_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
KOV_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
KOV_INLINE vd vd_max(vd a, vd b) { return _mm512_max_pd(a, b); }
KOV_INLINE vd vd_min(vd a, vd b) { return _mm512_min_pd(a, b); }
KOV_INLINE mf vf_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
KOV_INLINE mf vf_le(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
KOV_INLINE mf vf_eq(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
KOV_INLINE md vd_lt(vd a, vd b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
KOV_INLINE md vd_le(vd a, vd b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
KOV_INLINE md vd_eq(vd a, vd b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
KOV_INLINE mf vi_eq(vi a, vi b) { return _mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b); }
KOV_INLINE md vl_eq(vl a, vl b) { return _mm512_cmpeq_epi64_mask((__m512i)a, (__m512i)b); }
KOV_INLINE vf vf_select(mf m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
KOV_INLINE vd vd_select(md m, vd a, vd b) { return _mm512_mask_blend_pd(m, b, a); }
KOV_INLINE mf mf_not(mf m) { return (mf)~m; }
KOV_INLINE md md_not(md m) { return (md)~m; }
KOV_INLINE int mf_any(mf m) { return m != 0; }
KOV_INLINE int md_any(md m) { return m != 0; }
KOV_INLINE uint32_t mf_bits(mf m) { return m; }
KOV_INLINE uint32_t md_bits(md m) { return m; }
KOV_INLINE vf vf_round(vf x) { return _mm512_roundscale_ps(x, 8); }
KOV_INLINE vf vf_floor(vf x) { return _mm512_roundscale_ps(x, 9); }
KOV_INLINE vf vf_ceil(vf x) { return _mm512_roundscale_ps(x, 10); }
KOV_INLINE vf vf_trunc(vf x) { return _mm512_roundscale_ps(x, 11); }
KOV_INLINE vd vd_round(vd x) { return _mm512_roundscale_pd(x, 8); }
KOV_INLINE vd vd_floor(vd x) { return _mm512_roundscale_pd(x, 9); }
KOV_INLINE vd vd_ceil(vd x) { return _mm512_roundscale_pd(x, 10); }
KOV_INLINE vd vd_trunc(vd x) { return _mm512_roundscale_pd(x, 11); }
KOV_INLINE vd vf_low(vf x) { return _mm512_cvtps_pd(_mm512_castps512_ps256(x)); }
KOV_INLINE vd vf_high(vf x) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)); }
KOV_INLINE vf vf_join(vd low, vd high)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low)), _mm512_cvtpd_ps(high),
                              1);
}

#elif defined(__AVX2__)

typedef __m256 vf;
typedef __m256d vd;
typedef vi mf;
typedef vl md;

KOV_INLINE vf vf_set(float x) { return _mm256_set1_ps(x); }
KOV_INLINE vd vd_set(double x) { return _mm256_set1_pd(x); }
KOV_INLINE vf vf_load(const float *x) { return _mm256_loadu_ps(x); }
KOV_INLINE vd vd_load(const double *x) { return _mm256_loadu_pd(x); }
KOV_INLINE void vf_store(float *y, vf x) { _mm256_storeu_ps(y, x); }
KOV_INLINE void vd_store(double *y, vd x) { _mm256_storeu_pd(y, x); }
KOV_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
KOV_INLINE vd vd_fma(vd a, vd b, vd c) { return _mm256_fmadd_pd(a, b, c); }
KOV_INLINE vf vf_sqrt(vf x) { return _mm256_sqrt_ps(x); }
KOV_INLINE vd vd_sqrt(vd x) { return _mm256_sqrt_pd(x); }
KOV_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
KOV_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
KOV_INLINE vd vd_max(vd a, vd b) { return _mm256_max_pd(a, b); }
KOV_INLINE vd vd_min(vd a, vd b) { return _mm256_min_pd(a, b); }
KOV_INLINE vf vf_select(mf m, vf a, vf b) { return _mm256_blendv_ps(b, a, (vf)m); }
KOV_INLINE vd vd_select(md m, vd a, vd b) { return _mm256_blendv_pd(b, a, (vd)m); }
KOV_INLINE uint32_t mf_bits(mf m) { return (uint32_t)_mm256_movemask_ps((vf)m); }
KOV_INLINE uint32_t md_bits(md m) { return (uint32_t)_mm256_movemask_pd((vd)m); }
KOV_INLINE vf vf_round(vf x) { return _mm256_round_ps(x, 8); }
KOV_INLINE vf vf_floor(vf x) { return _mm256_round_ps(x, 9); }
KOV_INLINE vf vf_ceil(vf x) { return _mm256_round_ps(x, 10); }
KOV_INLINE vf vf_trunc(vf x) { return _mm256_round_ps(x, 11); }
KOV_INLINE vd vd_round(vd x) { return _mm256_round_pd(x, 8); }
KOV_INLINE vd vd_floor(vd x) { return _mm256_round_pd(x, 9); }
KOV_INLINE vd vd_ceil(vd x) { return _mm256_round_pd(x, 10); }
KOV_INLINE vd vd_trunc(vd x) { return _mm256_round_pd(x, 11); }
KOV_INLINE vd vf_low(vf x) { return _mm256_cvtps_pd(_mm256_castps256_ps128(x)); }
KOV_INLINE vd vf_high(vf x) { return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)); }
KOV_INLINE vf vf_join(vd low, vd high)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low)), _mm256_cvtpd_ps(high),
                                1);
}

#else

typedef __m128 vf;
typedef __m128d vd;
typedef vi mf;
typedef vl md;

KOV_INLINE vf vf_set(float x) { return _mm_set1_ps(x); }
KOV_INLINE vd vd_set(double x) { return _mm_set1_pd(x); }
KOV_INLINE vf vf_load(const float *x) { return _mm_loadu_ps(x); }
KOV_INLINE vd vd_load(const double *x) { return _mm_loadu_pd(x); }
KOV_INLINE void vf_store(float *y, vf x) { _mm_storeu_ps(y, x); }
KOV_INLINE void vd_store(double *y, vd x) { _mm_storeu_pd(y, x); }
/* Not fused: this instruction set has no such instruction. */
KOV_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
KOV_INLINE vd vd_fma(vd a, vd b, vd c) { return a * b + c; }
KOV_INLINE vf vf_sqrt(vf x) { return _mm_sqrt_ps(x); }
KOV_INLINE vd vd_sqrt(vd x) { return _mm_sqrt_pd(x); }
KOV_INLINE vf vf_max(vf a, vf b) { return _mm_max_ps(a, b); }
KOV_INLINE vf vf_min(vf a, vf b) { return _mm_min_ps(a, b); }
KOV_INLINE vd vd_max(vd a, vd b) { return _mm_max_pd(a, b); }
KOV_INLINE vd vd_min(vd a, vd b) { return _mm_min_pd(a, b); }
KOV_INLINE vf vf_select(mf m, vf a, vf b) { return (vf)((m & (vi)a) | (~m & (vi)b)); }
KOV_INLINE vd vd_select(md m, vd a, vd b) { return (vd)((m & (vl)a) | (~m & (vl)b)); }
KOV_INLINE uint32_t mf_bits(mf m) { return (uint32_t)_mm_movemask_ps((vf)m); }
KOV_INLINE uint32_t md_bits(md m) { return (uint32_t)_mm_movemask_pd((vd)m); }

/* Without a rounding instruction: adding and taking away 2^52 (2^23) rounds what is smaller. */
KOV_INLINE vf vf_round(vf x)
{
    vi sign = (vi)vf_set(-0.0f);
    vf a = (vf)(~sign & (vi)x), magic = vf_set(0x1p23f);
    vf r = (vf)((vi)((a + magic) - magic) | (sign & (vi)x));
    return vf_select(a < magic, r, x);
}
KOV_INLINE vd vd_round(vd x)
{
    vl sign = (vl)vd_set(-0.0);
    vd a = (vd)(~sign & (vl)x), magic = vd_set(0x1p52);
    vd r = (vd)((vl)((a + magic) - magic) | (sign & (vl)x));
    return vd_select(a < magic, r, x);
}
KOV_INLINE vf vf_floor(vf x)
{
    vf r = vf_round(x);
    vi sign = (vi)vf_set(-0.0f) & (vi)x;
    return (vf)((vi)vf_select(r > x, r - vf_set(1), r) | sign);
}
KOV_INLINE vf vf_ceil(vf x)
{
    vf r = vf_round(x);
    vi sign = (vi)vf_set(-0.0f) & (vi)x;
    return (vf)((vi)vf_select(r < x, r + vf_set(1), r) | sign);
}
KOV_INLINE vf vf_trunc(vf x)
{
    vi sign = (vi)vf_set(-0.0f);
    return (vf)((vi)vf_floor((vf)(~sign & (vi)x)) | (sign & (vi)x));
}
KOV_INLINE vd vd_floor(vd x)
{
    vd r = vd_round(x);
    vl sign = (vl)vd_set(-0.0) & (vl)x;
    return (vd)((vl)vd_select(r > x, r - vd_set(1), r) | sign);
}
KOV_INLINE vd vd_ceil(vd x)
{
    vd r = vd_round(x);
    vl sign = (vl)vd_set(-0.0) & (vl)x;
    return (vd)((vl)vd_select(r < x, r + vd_set(1), r) | sign);
}
KOV_INLINE vd vd_trunc(vd x)
{
    vl sign = (vl)vd_set(-0.0);
    return (vd)((vl)vd_floor((vd)(~sign & (vl)x)) | (sign & (vl)x));
}
KOV_INLINE vd vf_low(vf x) { return _mm_cvtps_pd(x); }
KOV_INLINE vd vf_high(vf x) { return _mm_cvtps_pd(_mm_movehl_ps(x, x)); }
KOV_INLINE vf vf_join(vd low, vd high)
{
    return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}

#endif

#if !defined(__AVX512F__)
KOV_INLINE mf vf_lt(vf a, vf b) { return a < b; }
KOV_INLINE mf vf_le(vf a, vf b) { return a <= b; }
KOV_INLINE mf vf_eq(vf a, vf b) { return a == b; }
KOV_INLINE md vd_lt(vd a, vd b) { return (md)(a < b); }
KOV_INLINE md vd_le(vd a, vd b) { return (md)(a <= b); }
KOV_INLINE md vd_eq(vd a, vd b) { return (md)(a == b); }
KOV_INLINE mf vi_eq(vi a, vi b) { return a == b; }
KOV_INLINE md vl_eq(vl a, vl b) { return (md)(a == b); }
KOV_INLINE mf mf_not(mf m) { return ~m; }
KOV_INLINE md md_not(md m) { return ~m; }
KOV_INLINE int mf_any(mf m) { return mf_bits(m) != 0; }
KOV_INLINE int md_any(md m) { return md_bits(m) != 0; }
#endif

/* x 2^n for whole n, |n| <= 252: rounded once, also where the result is subnormal. */
KOV_INLINE vf vf_scale(vf x, vf n)
{
#if defined(__AVX512F__)
    return _mm512_scalef_ps(x, n);
#else
    vui whole = (vui)(n + vf_set(0x1.8p23f + 254)), first = (whole & 0x7ff) >> 1;
    vui second = (whole & 0x7ff) - first;
    return x * (vf)(first << 23) * (vf)(second << 23);
#endif
}

/* 1 / x to 11 bits or more. */
KOV_INLINE vf vf_reciprocal_estimate(vf x)
{
#if defined(__AVX512F__)
    return _mm512_rcp14_ps(x);
#elif defined(__AVX2__)
    return _mm256_rcp_ps(x);
#else
    return _mm_rcp_ps(x);
#endif
}

KOV_INLINE vf vf_from_whole(vi x)
{
#if defined(__AVX512F__)
    return _mm512_cvtepi32_ps((__m512i)x);
#elif defined(__AVX2__)
    return _mm256_cvtepi32_ps((__m256i)x);
#else
    return _mm_cvtepi32_ps((__m128i)x);
#endif
}

KOV_INLINE vi vi_set(int32_t x) { return (vi){0} + x; }
KOV_INLINE vl vl_set(int64_t x) { return (vl){0} + x; }

KOV_INLINE vf vf_abs(vf x) { return (vf)((vi)x & vi_set(INT32_MAX)); }
KOV_INLINE vd vd_abs(vd x) { return (vd)((vl)x & vl_set(INT64_MAX)); }
KOV_INLINE vf vf_negative(vf x) { return (vf)((vi)x ^ vi_set(INT32_MIN)); }
KOV_INLINE vd vd_negative(vd x) { return (vd)((vl)x ^ vl_set(INT64_MIN)); }
/* Magnitude of x, sign bit of s. */
KOV_INLINE vf vf_copysign(vf x, vf s)
{
    return (vf)(((vi)x & vi_set(INT32_MAX)) | ((vi)s & vi_set(INT32_MIN)));
}
KOV_INLINE vd vd_copysign(vd x, vd s)
{
    return (vd)(((vl)x & vl_set(INT64_MAX)) | ((vl)s & vl_set(INT64_MIN)));
}
KOV_INLINE mf vf_isnan(vf x) { return mf_not(vf_eq(x, x)); }
KOV_INLINE md vd_isnan(vd x) { return md_not(vd_eq(x, x)); }
/* x between low and high; NaN stays. */
KOV_INLINE vf vf_clamp(vf x, float low, float high)
{
    return vf_min(vf_set(high), vf_max(vf_set(low), x));
}
KOV_INLINE vd vd_clamp(vd x, double low, double high)
{
    return vd_min(vd_set(high), vd_max(vd_set(low), x));
}

/* c[0] + c[1] x + ... by Horner's rule. */
KOV_INLINE vf vf_poly(vf x, const float *c, int n)
{
    vf y = vf_set(c[n - 1]);
    KOV_UNROLL
    for (int i = n - 2; i >= 0; i--)
        y = vf_fma(y, x, vf_set(c[i]));
    return y;
}
KOV_INLINE vd vd_poly(vd x, const double *c, int n)
{
    vd y = vd_set(c[n - 1]);
    KOV_UNROLL
    for (int i = n - 2; i >= 0; i--)
        y = vd_fma(y, x, vd_set(c[i]));
    return y;
}
#define VF_POLY(x, c) vf_poly((x), (c), (int)(sizeof(c) / sizeof((c)[0])))
#define VD_POLY(x, c) vd_poly((x), (c), (int)(sizeof(c) / sizeof((c)[0])))

/* Loads of the first n (1 to KOV_VF) elements, the rest being `fill`; stores of the first n. */
KOV_INLINE vf vf_load_part(const float *x, size_t n, float fill)
{
    if (n >= KOV_VF)
        return vf_load(x);
#if defined(__AVX512F__)
    return _mm512_mask_loadu_ps(vf_set(fill), (__mmask16)((1u << n) - 1), x);
#else
    float part[KOV_VF];
    vf_store(part, vf_set(fill));
    memcpy(part, x, n * sizeof(float));
    return vf_load(part);
#endif
}
KOV_INLINE void vf_store_part(float *y, vf x, size_t n)
{
    if (n >= KOV_VF) {
        vf_store(y, x);
        return;
    }
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(y, (__mmask16)((1u << n) - 1), x);
#else
    float part[KOV_VF];
    vf_store(part, x);
    memcpy(y, part, n * sizeof(float));
#endif
}

#endif
