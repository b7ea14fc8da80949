/* SPDX-License-Identifier: Apache-2.0 */
/* gcc vectorises loops of unknown length from O3 on, clang from O2 on. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#include "tensor/narrow_float.h"

#include "base/cpu.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* One format with fewer exponent bits than float32 (bfloat16, which has as many, needs no such
 * care); functions taking it are inlined with constants. */
typedef struct narrow_format {
    int fraction_bits; /* stored bits of the significand */
    int bias;
    uint32_t largest;  /* pattern of the largest finite value */
    uint32_t overflow; /* pattern of what lies past it */
    uint32_t nan;
    bool has_infinity;
} narrow_format;

static const narrow_format format_f16 = {10, 15, 0x7BFF, 0x7C00, 0x7E00, true};
static const narrow_format format_f8e4m3 = {3, 7, 0x7E, 0x7F, 0x7F, false};
static const narrow_format format_f8e5m2 = {2, 15, 0x7B, 0x7C, 0x7E, true};

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Adds half of the last kept bit, less one unless that bit is set: ties then go to even. */
static inline uint32_t shift_right_rounding(uint32_t value, int shift)
{
    return (value + (((uint32_t)1 << (shift - 1)) - 1) + ((value >> shift) & 1)) >> shift;
}

/* Pattern of |value| (its sign bit is not looked at). */
static inline uint32_t encode(uint32_t bits, const narrow_format *format)
{
    uint32_t magnitude = bits & 0x7FFFFFFF;
    int drop = 23 - format->fraction_bits;
    if (magnitude > 0x7F800000) {
        uint32_t payload = format->has_infinity ? (magnitude & 0x7FFFFF) >> drop : 0;
        return format->nan | payload;
    }
    int exponent = (int)(magnitude >> 23) - 127 + format->bias;
    uint32_t out;
    if (exponent >= 1) {
        out = shift_right_rounding(magnitude, drop) -
              ((uint32_t)(127 - format->bias) << format->fraction_bits);
    } else {
        int shift = drop + 1 - exponent;
        if (shift > 25)
            return 0;
        out = shift_right_rounding((magnitude & 0x7FFFFF) | 0x800000, shift);
    }
    return out > format->largest ? format->overflow : out;
}

static inline float decode(uint32_t magnitude, bool negative, const narrow_format *format)
{
    uint32_t sign = negative ? 0x80000000u : 0;
    int raise = 23 - format->fraction_bits;
    uint32_t fraction = magnitude & (((uint32_t)1 << format->fraction_bits) - 1);
    if (magnitude > format->largest) {
        bool infinite = format->has_infinity && fraction == 0;
        uint32_t payload = format->has_infinity ? fraction << raise : 0;
        return float_of(sign | (infinite ? 0x7F800000u : 0x7FC00000u | payload));
    }
    if (magnitude >> format->fraction_bits == 0) {
        /* fraction * 2^(1 - bias - fraction_bits), exact: the power of two is a normal float. */
        int power = 1 - format->bias - format->fraction_bits + 127;
        float value = (float)fraction * float_of((uint32_t)power << 23);
        return float_of(sign | bits_of(value));
    }
    return float_of(sign | ((magnitude << raise) + ((uint32_t)(127 - format->bias) << 23)));
}

float kov_f16_to_f32(uint16_t bits)
{
    return decode(bits & 0x7FFFu, bits >> 15, &format_f16);
}

float kov_bf16_to_f32(uint16_t bits)
{
    return float_of((uint32_t)bits << 16);
}

float kov_f8e4m3_to_f32(uint8_t bits)
{
    return decode(bits & 0x7Fu, bits >> 7, &format_f8e4m3);
}

float kov_f8e5m2_to_f32(uint8_t bits)
{
    return decode(bits & 0x7Fu, bits >> 7, &format_f8e5m2);
}

uint16_t kov_f32_to_f16(float value)
{
    uint32_t bits = bits_of(value);
    return (uint16_t)(encode(bits, &format_f16) | (bits >> 16 & 0x8000));
}

/* Written out, for here every step is the same for all finite values and the loop vectorises. */
uint16_t kov_f32_to_bf16(float value)
{
    uint32_t bits = bits_of(value);
    uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    uint32_t nan = bits >> 16 | 0x40;
    return (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? nan : rounded);
}

uint8_t kov_f32_to_f8e4m3(float value)
{
    uint32_t bits = bits_of(value);
    return (uint8_t)(encode(bits, &format_f8e4m3) | (bits >> 24 & 0x80));
}

uint8_t kov_f32_to_f8e5m2(float value)
{
    uint32_t bits = bits_of(value);
    return (uint8_t)(encode(bits, &format_f8e5m2) | (bits >> 24 & 0x80));
}

float kov_f64_to_f32_odd(double value)
{
    float near = (float)value;
    double back = (double)near;
    if (back == value || value != value)
        return near;
    uint32_t bits = bits_of(near);
    double near_size = back < 0 ? -back : back, size = value < 0 ? -value : value;
    if (near_size > size)
        bits--; /* the neighbour towards zero; of infinity, the largest float */
    return float_of(bits | 1);
}

#if defined(__x86_64__)

__attribute__((target("avx,f16c"))) static int64_t f16_to_f32_f16c(const uint16_t *src, float *dst,
                                                                   int64_t n)
{
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(dst + i, _mm256_cvtph_ps(_mm_loadu_si128((const void *)(src + i))));
    return i;
}

__attribute__((target("avx,f16c"))) static int64_t f32_to_f16_f16c(const float *src, uint16_t *dst,
                                                                   int64_t n)
{
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((void *)(dst + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(src + i), _MM_FROUND_TO_NEAREST_INT));
    return i;
}

__attribute__((target("avx2"))) static int64_t bf16_to_f32_avx2(const uint16_t *src, float *dst,
                                                                int64_t n)
{
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i x = _mm256_loadu_si256((const void *)(src + i));
        __m256i low = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(x));
        __m256i high = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(x, 1));
        _mm256_storeu_si256((void *)(dst + i), _mm256_slli_epi32(low, 16));
        _mm256_storeu_si256((void *)(dst + i + 8), _mm256_slli_epi32(high, 16));
    }
    return i;
}

/* kov_f32_to_bf16 of eight, in the low halves. */
__attribute__((target("avx2"))) static inline __m256i round_to_bf16(const float *src)
{
    const __m256i one = _mm256_set1_epi32(1), half = _mm256_set1_epi32(0x7FFF);
    __m256i bits = _mm256_loadu_si256((const void *)src), top = _mm256_srli_epi32(bits, 16);
    __m256i up = _mm256_add_epi32(half, _mm256_and_si256(top, one));
    __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, up), 16);
    __m256i nan = _mm256_or_si256(top, _mm256_set1_epi32(0x40));
    __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF));
    __m256i is_nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
    return _mm256_blendv_epi8(rounded, nan, is_nan);
}

__attribute__((target("avx2"))) static int64_t f32_to_bf16_avx2(const float *src, uint16_t *dst,
                                                                int64_t n)
{
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i both = _mm256_packus_epi32(round_to_bf16(src + i), round_to_bf16(src + i + 8));
        /* Packing goes by halves of the registers. */
        _mm256_storeu_si256((void *)(dst + i), _mm256_permute4x64_epi64(both, 0xD8));
    }
    return i;
}

#endif

static void f16_to_f32_array(const uint16_t *src, float *dst, int64_t n)
{
    int64_t i = 0;
#if defined(__x86_64__)
    if (kov_cpu_isa() >= KOV_ISA_AVX2)
        i = f16_to_f32_f16c(src, dst, n);
#endif
    for (; i < n; i++)
        dst[i] = kov_f16_to_f32(src[i]);
}

static void f32_to_f16_array(const float *src, uint16_t *dst, int64_t n)
{
    int64_t i = 0;
#if defined(__x86_64__)
    if (kov_cpu_isa() >= KOV_ISA_AVX2)
        i = f32_to_f16_f16c(src, dst, n);
#endif
    for (; i < n; i++)
        dst[i] = kov_f32_to_f16(src[i]);
}

static void f32_to_bf16_array(const float *restrict src, uint16_t *restrict dst, int64_t n)
{
    int64_t i = 0;
#if defined(__x86_64__)
    if (kov_cpu_isa() >= KOV_ISA_AVX2)
        i = f32_to_bf16_avx2(src, dst, n);
#endif
    for (; i < n; i++)
        dst[i] = kov_f32_to_bf16(src[i]);
}

static void bf16_to_f32_array(const uint16_t *restrict src, float *restrict dst, int64_t n)
{
    int64_t i = 0;
#if defined(__x86_64__)
    if (kov_cpu_isa() >= KOV_ISA_AVX2)
        i = bf16_to_f32_avx2(src, dst, n);
#endif
    for (; i < n; i++)
        dst[i] = kov_bf16_to_f32(src[i]);
}

void kov_narrow_to_f32(kov_dtype from, const void *src, float *dst, int64_t n)
{
    const uint8_t *bytes = src;
    if (from == KOV_DTYPE_F16)
        f16_to_f32_array(src, dst, n);
    else if (from == KOV_DTYPE_BF16)
        bf16_to_f32_array(src, dst, n);
    else if (from == KOV_DTYPE_F8E4M3)
        for (int64_t i = 0; i < n; i++)
            dst[i] = kov_f8e4m3_to_f32(bytes[i]);
    else
        for (int64_t i = 0; i < n; i++)
            dst[i] = kov_f8e5m2_to_f32(bytes[i]);
}

void kov_f32_to_narrow(kov_dtype to, const float *src, void *dst, int64_t n)
{
    uint8_t *bytes = dst;
    if (to == KOV_DTYPE_F16)
        f32_to_f16_array(src, dst, n);
    else if (to == KOV_DTYPE_BF16)
        f32_to_bf16_array(src, dst, n);
    else if (to == KOV_DTYPE_F8E4M3)
        for (int64_t i = 0; i < n; i++)
            bytes[i] = kov_f32_to_f8e4m3(src[i]);
    else
        for (int64_t i = 0; i < n; i++)
            bytes[i] = kov_f32_to_f8e5m2(src[i]);
}

void kov_f64_to_narrow(kov_dtype to, const double *src, void *dst, int64_t n)
{
    enum { STRIP = 64 };
    float odd[STRIP];
    size_t size = (size_t)kov_dtype_bits(to) / 8;
    for (int64_t i = 0; i < n; i += STRIP) {
        int64_t some = n - i < STRIP ? n - i : STRIP;
        for (int64_t j = 0; j < some; j++)
            odd[j] = kov_f64_to_f32_odd(src[i + j]);
        kov_f32_to_narrow(to, odd, (char *)dst + (size_t)i * size, some);
    }
}
