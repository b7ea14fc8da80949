/* SPDX-License-Identifier: Apache-2.0 */
/* The float vector that the *.isa.c sources of GEMM, convolution and pooling are written in: 16
 * lanes on AVX-512, 8 on AVX2, 4 on the baseline (compiler vectors: any machine that gcc or clang
 * know). */
#ifndef KOV_NATIVE_GEMM_VECTOR_H
#define KOV_NATIVE_GEMM_VECTOR_H

#include <stdint.h>
#include <string.h>

#define KOV_INLINE static inline __attribute__((always_inline, unused))

#if defined(__clang__)
#define KOV_UNROLL _Pragma("clang loop unroll(full)")
#else
#define KOV_UNROLL _Pragma("GCC unroll 32")
#endif

#if defined(__AVX512F__)
#include <immintrin.h>

#define VF_LANES 16
#define VF_COUNT 32 /* registers */
typedef __m512 vf;
typedef __mmask16 vf_mask; /* the first n lanes */

KOV_INLINE vf_mask vf_mask_first(int64_t n) { return (vf_mask)((1U << n) - 1U); }
KOV_INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }
KOV_INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
KOV_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
KOV_INLINE void vf_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
KOV_INLINE vf vf_load_first(const float *p, vf_mask m) { return _mm512_maskz_loadu_ps(m, p); }
KOV_INLINE void vf_store_first(float *p, vf_mask m, vf x) { _mm512_mask_storeu_ps(p, m, x); }
KOV_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
KOV_INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
KOV_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
KOV_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
KOV_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
/* As the instructions have it: the second operand where either is NaN. */
KOV_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
KOV_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
/* a where a is NaN, else b. */
KOV_INLINE vf vf_keep_nan(vf a, vf b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), b, a);
}

#elif defined(__AVX2__)
#include <immintrin.h>

#define VF_LANES 8
#define VF_COUNT 16
typedef __m256 vf;
typedef __m256i vf_mask;

KOV_INLINE vf_mask vf_mask_first(int64_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
KOV_INLINE vf vf_zero(void) { return _mm256_setzero_ps(); }
KOV_INLINE vf vf_set1(float x) { return _mm256_set1_ps(x); }
KOV_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
KOV_INLINE void vf_store(float *p, vf x) { _mm256_storeu_ps(p, x); }
KOV_INLINE vf vf_load_first(const float *p, vf_mask m) { return _mm256_maskload_ps(p, m); }
KOV_INLINE void vf_store_first(float *p, vf_mask m, vf x) { _mm256_maskstore_ps(p, m, x); }
KOV_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
KOV_INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
KOV_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
KOV_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
KOV_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
KOV_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
KOV_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
KOV_INLINE vf vf_keep_nan(vf a, vf b)
{
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}

#else

#define VF_LANES 4
#define VF_COUNT 16
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vf_bits __attribute__((vector_size(16)));
typedef int vf_mask;

KOV_INLINE vf_mask vf_mask_first(int64_t n) { return (vf_mask)n; }
KOV_INLINE vf vf_zero(void) { return (vf){0, 0, 0, 0}; }
KOV_INLINE vf vf_set1(float x) { return (vf){x, x, x, x}; }
KOV_INLINE vf vf_load(const float *p)
{
    vf x;
    memcpy(&x, p, sizeof x);
    return x;
}
KOV_INLINE void vf_store(float *p, vf x) { memcpy(p, &x, sizeof x); }
KOV_INLINE vf vf_load_first(const float *p, vf_mask m)
{
    float x[4] = {0, 0, 0, 0};
    for (int i = 0; i < m && i < 4; i++)
        x[i] = p[i];
    return vf_load(x);
}
KOV_INLINE void vf_store_first(float *p, vf_mask m, vf x)
{
    for (int i = 0; i < m && i < 4; i++)
        p[i] = x[i];
}
KOV_INLINE vf vf_add(vf a, vf b) { return a + b; }
KOV_INLINE vf vf_sub(vf a, vf b) { return a - b; }
KOV_INLINE vf vf_mul(vf a, vf b) { return a * b; }
KOV_INLINE vf vf_div(vf a, vf b) { return a / b; }
KOV_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
KOV_INLINE vf vf_select(vf_bits m, vf a, vf b)
{
    return (vf)(((vf_bits)a & m) | ((vf_bits)b & ~m));
}
KOV_INLINE vf vf_max(vf a, vf b) { return vf_select(a > b, a, b); }
KOV_INLINE vf vf_min(vf a, vf b) { return vf_select(a < b, a, b); }
KOV_INLINE vf vf_keep_nan(vf a, vf b) { return vf_select(a != a, a, b); }

#endif
#endif
