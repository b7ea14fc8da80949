/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/convert.h"

/* Codes of 4-bit NormalFloat: quantiles of the normal distribution scaled to [-1, 1] (Dettmers et
 * al., "QLoRA", 2023, appendix E). */
static const float nf4_codes[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

/* The middle between two codes belongs to the lower one; NaN, which has no code, gives that of 0.
 */
static unsigned nf4_nearest(float value)
{
    enum { CODE_OF_ZERO = 7 };
    if (value != value)
        return CODE_OF_ZERO;
    unsigned code = 0;
    while (code < 15 && value > (nf4_codes[code] + nf4_codes[code + 1]) * 0.5f)
        code++;
    return code;
}

kov_dtype kov_unpacked_dtype(kov_dtype packed)
{
    switch (packed) {
    case KOV_DTYPE_U1:
    case KOV_DTYPE_U4:
        return KOV_DTYPE_U8;
    case KOV_DTYPE_I4:
        return KOV_DTYPE_I8;
    case KOV_DTYPE_NF4:
        return KOV_DTYPE_F32;
    default:
        return KOV_DTYPE_NONE;
    }
}

static unsigned get(kov_dtype packed, const uint8_t *bytes, int64_t i)
{
    if (packed == KOV_DTYPE_U1)
        return (unsigned)bytes[i / 8] >> (7 - i % 8) & 1u;
    return (unsigned)bytes[i / 2] >> (i % 2 * 4) & 15u;
}

void kov_unpack(kov_dtype packed, const void *src, void *dst, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        unsigned code = get(packed, src, i);
        if (packed == KOV_DTYPE_NF4)
            ((float *)dst)[i] = nf4_codes[code];
        else if (packed == KOV_DTYPE_I4)
            ((int8_t *)dst)[i] = (int8_t)((int)(code ^ 8u) - 8);
        else
            ((uint8_t *)dst)[i] = (uint8_t)code;
    }
}

void kov_pack(kov_dtype packed, const void *src, void *dst, int64_t n)
{
    uint8_t *bytes = dst;
    int per_byte = packed == KOV_DTYPE_U1 ? 8 : 2;
    for (int64_t i = 0; i < n; i++) {
        unsigned code = packed == KOV_DTYPE_NF4 ? nf4_nearest(((const float *)src)[i])
                                                : ((const uint8_t *)src)[i];
        if (i % per_byte == 0)
            bytes[i / per_byte] = 0;
        if (packed == KOV_DTYPE_U1)
            bytes[i / 8] = (uint8_t)(bytes[i / 8] | (code & 1u) << (7 - i % 8));
        else
            bytes[i / 2] = (uint8_t)(bytes[i / 2] | (code & 15u) << (i % 2 * 4));
    }
}
