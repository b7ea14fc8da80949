/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/coded/coded_rows.h"
#include "native/kernels/gemm/gemm_vector.h"

#if defined(__AVX2__)

/* VF_LANES bytes as floats. */
KOV_INLINE vf widen(__m128i bytes, bool is_signed)
{
#if defined(__AVX512F__)
    return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(bytes)
                                        : _mm512_cvtepu8_epi32(bytes));
#else
    return _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(bytes)
                                        : _mm256_cvtepu8_epi32(bytes));
#endif
}

KOV_INLINE __m128i load_bytes(const uint8_t *p, int bytes)
{
    if (bytes == 16)
        return _mm_loadu_si128((const __m128i *)p);
    if (bytes == 8)
        return _mm_loadl_epi64((const __m128i *)p);
    int32_t four;
    memcpy(&four, p, sizeof four);
    return _mm_cvtsi32_si128(four);
}

/* Nibbles in the low halves of bytes, read with their sign. */
KOV_INLINE __m128i extend(__m128i nibbles, bool is_signed)
{
    const __m128i eight = _mm_set1_epi8(8);
    return is_signed ? _mm_sub_epi8(_mm_xor_si128(nibbles, eight), eight) : nibbles;
}

KOV_INLINE __m128i high_nibbles(__m128i bytes)
{
    return _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
}

/* The codes of VF_LANES columns from p on; odd: the row in the high nibbles. */
KOV_INLINE vf load_codes(const uint8_t *p, kov_code_layout layout, bool is_signed, bool odd)
{
    if (layout == KOV_CODE_BYTES)
        return widen(load_bytes(p, VF_LANES), is_signed);
    const __m128i mask = _mm_set1_epi8(15);
    if (layout == KOV_CODE_ROWS) {
        __m128i bytes = load_bytes(p, VF_LANES);
        return widen(extend(odd ? high_nibbles(bytes) : _mm_and_si128(bytes, mask), is_signed),
                     is_signed);
    }
    __m128i bytes = load_bytes(p, VF_LANES / 2);
    __m128i codes = _mm_unpacklo_epi8(_mm_and_si128(bytes, mask), high_nibbles(bytes));
    return widen(extend(codes, is_signed), is_signed);
}

/* As many columns as whole vectors take; returns how many. */
KOV_INLINE int64_t whole(const kov_coded *w, kov_code_layout layout, bool is_signed, int64_t k,
                         int64_t first, int64_t count, float *out)
{
    const int64_t row = layout == KOV_CODE_ROWS ? k / 2 : k;
    const int64_t start = layout == KOV_CODE_COLUMNS ? first / 2 : first;
    const uint8_t *codes = w->codes + row * kov_coded_stride(w) + start;
    const int64_t group = (w->groups ? w->groups[k] : 0) * w->n + first;
    const uint8_t *zero = w->zero ? (const uint8_t *)w->zero + group : NULL;
    const float *scale = w->scale ? w->scale + group : NULL;
    const bool odd = k % 2 != 0, signed_zero = w->zero_type == KOV_DTYPE_I8, divide = w->divide;
    int64_t j = 0;
    for (; j + VF_LANES <= count; j += VF_LANES) {
        vf x = load_codes(codes + (layout == KOV_CODE_COLUMNS ? j / 2 : j), layout, is_signed, odd);
        if (zero)
            x = vf_sub(x, widen(load_bytes(zero + j, VF_LANES), signed_zero));
        if (scale) {
            vf factor = vf_load(scale + j);
            x = divide ? vf_div(x, factor) : vf_mul(x, factor);
        }
        vf_store(out + j, x);
    }
    return j;
}

static int64_t vectors(const kov_coded *w, int64_t k, int64_t first, int64_t count, float *out)
{
    switch (w->type) {
    case KOV_DTYPE_I8:
        return whole(w, KOV_CODE_BYTES, true, k, first, count, out);
    case KOV_DTYPE_U8:
        return whole(w, KOV_CODE_BYTES, false, k, first, count, out);
    case KOV_DTYPE_I4:
        return w->layout == KOV_CODE_ROWS ? whole(w, KOV_CODE_ROWS, true, k, first, count, out)
                                          : whole(w, KOV_CODE_COLUMNS, true, k, first, count, out);
    default:
        return w->layout == KOV_CODE_ROWS ? whole(w, KOV_CODE_ROWS, false, k, first, count, out)
                                          : whole(w, KOV_CODE_COLUMNS, false, k, first, count, out);
    }
}

#else

static int64_t vectors(const kov_coded *w, int64_t k, int64_t first, int64_t count, float *out)
{
    (void)w, (void)k, (void)first, (void)count, (void)out;
    return 0;
}

#endif

void KOV_ISA_NAME(f32_coded_rows)(const kov_coded *w, int64_t k, int64_t rows, int64_t first,
                                  int64_t count, float *out, int64_t out_row)
{
    for (int64_t i = 0; i < rows; i++) {
        float *to = out + i * out_row;
        int64_t done = vectors(w, k + i, first, count, to);
        if (done < count)
            kov_coded_row(w, k + i, first + done, count - done, to + done);
    }
}
