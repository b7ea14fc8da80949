/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/convert.h"

#include "base/cpu.h"
#include "tensor/convert_kernels.h"
#include "tensor/narrow_float.h"

#include <string.h>

/* What has no loop of its own goes in chunks through a type in between. A multiple of 8, so that a
 * chunk of packed elements starts at a byte. */
enum { CHUNK = 512, LARGEST_ITEM = 16 };

void kov_convert_direct(kov_dtype from, const void *src, kov_dtype to, void *dst, int64_t n)
{
    static kov_convert_kernel *const kernels[KOV_ISA_COUNT] = KOV_ISA_TABLE(convert_direct);
    kernels[kov_cpu_isa()](from, src, to, dst, n);
}

static bool is_narrow(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16 || dtype == KOV_DTYPE_F8E4M3 ||
           dtype == KOV_DTYPE_F8E5M2;
}

static bool is_packed(kov_dtype dtype)
{
    return kov_unpacked_dtype(dtype) != KOV_DTYPE_NONE;
}

static kov_dtype part_of(kov_dtype complex)
{
    return complex == KOV_DTYPE_C64 ? KOV_DTYPE_F32 : KOV_DTYPE_F64;
}

static size_t bytes_of(kov_dtype dtype, int64_t n)
{
    return (size_t)((n * kov_dtype_bits(dtype) + 7) / 8);
}

/* |value| < 2^64 to a double that rounds to any format of 24 bits or fewer as value does: bits that
 * do not fit are gathered in the last one. */
static double odd_double(uint64_t magnitude, bool negative)
{
    double size = magnitude >> 53 == 0
                      ? (double)magnitude
                      : (double)(magnitude >> 11 | ((magnitude & 0x7FF) != 0)) * 0x1p11;
    return negative ? -size : size;
}

static void wide_to_odd_double(kov_dtype from, const void *src, double *dst, int64_t n)
{
    if (from == KOV_DTYPE_U64) {
        for (int64_t i = 0; i < n; i++)
            dst[i] = odd_double(((const uint64_t *)src)[i], false);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t value = ((const int64_t *)src)[i];
        dst[i] = odd_double(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
    }
}

static void split_real(kov_dtype complex, const void *src, void *dst, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (complex == KOV_DTYPE_C64)
            ((float *)dst)[i] = ((const float *)src)[2 * i];
        else
            ((double *)dst)[i] = ((const double *)src)[2 * i];
}

static void join_real(kov_dtype complex, const void *src, void *dst, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (complex == KOV_DTYPE_C64) {
            ((float *)dst)[2 * i] = ((const float *)src)[i];
            ((float *)dst)[2 * i + 1] = 0.0f;
        } else {
            ((double *)dst)[2 * i] = ((const double *)src)[i];
            ((double *)dst)[2 * i + 1] = 0.0;
        }
}

static void complex_to_bool(kov_dtype complex, const void *src, uint8_t *dst, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (complex == KOV_DTYPE_C64)
            dst[i] = ((const float *)src)[2 * i] != 0 || ((const float *)src)[2 * i + 1] != 0;
        else
            dst[i] = ((const double *)src)[2 * i] != 0 || ((const double *)src)[2 * i + 1] != 0;
}

/* What an element of `from` passes through on its way to `to`; NONE if it goes at once. */
static kov_dtype between(kov_dtype from, kov_dtype to)
{
    if (is_packed(from))
        return kov_unpacked_dtype(from) == to ? KOV_DTYPE_NONE : kov_unpacked_dtype(from);
    if (is_packed(to))
        return kov_unpacked_dtype(to) == from ? KOV_DTYPE_NONE : kov_unpacked_dtype(to);
    if (kov_dtype_is_complex(from))
        return kov_dtype_is_complex(to) || to == part_of(from) || to == KOV_DTYPE_BOOL
                   ? KOV_DTYPE_NONE
                   : part_of(from);
    if (kov_dtype_is_complex(to))
        return from == part_of(to) ? KOV_DTYPE_NONE : part_of(to);
    if (is_narrow(from))
        return to == KOV_DTYPE_F32 ? KOV_DTYPE_NONE : KOV_DTYPE_F32;
    if (is_narrow(to))
        return from == KOV_DTYPE_F32 || from == KOV_DTYPE_F64 || from == KOV_DTYPE_I64 ||
                       from == KOV_DTYPE_U64
                   ? KOV_DTYPE_NONE
                   : KOV_DTYPE_F64;
    return KOV_DTYPE_NONE;
}

static void wide_to_narrow(kov_dtype from, const void *src, kov_dtype to, void *dst, int64_t n)
{
    double wide[CHUNK];
    for (int64_t i = 0; i < n; i += CHUNK) {
        int64_t some = n - i < CHUNK ? n - i : CHUNK;
        wide_to_odd_double(from, (const char *)src + bytes_of(from, i), wide, some);
        kov_f64_to_narrow(to, wide, (char *)dst + bytes_of(to, i), some);
    }
}

static void convert_at_once(kov_dtype from, const void *src, kov_dtype to, void *dst, int64_t n)
{
    if (is_packed(from))
        kov_unpack(from, src, dst, n);
    else if (is_packed(to))
        kov_pack(to, src, dst, n);
    else if (kov_dtype_is_complex(from) && kov_dtype_is_complex(to))
        kov_convert_direct(part_of(from), src, part_of(to), dst, 2 * n);
    else if (kov_dtype_is_complex(from) && to == KOV_DTYPE_BOOL)
        complex_to_bool(from, src, dst, n);
    else if (kov_dtype_is_complex(from))
        split_real(from, src, dst, n);
    else if (kov_dtype_is_complex(to))
        join_real(to, src, dst, n);
    else if (is_narrow(from))
        kov_narrow_to_f32(from, src, dst, n);
    else if (is_narrow(to) && from == KOV_DTYPE_F32)
        kov_f32_to_narrow(to, src, dst, n);
    else if (is_narrow(to) && from == KOV_DTYPE_F64)
        kov_f64_to_narrow(to, src, dst, n);
    else if (is_narrow(to))
        wide_to_narrow(from, src, to, dst, n);
    else
        kov_convert_direct(from, src, to, dst, n);
}

/* At most three types stand in a row (packed or complex, float, narrow), so this nests twice. */
static void convert(kov_dtype from, const void *src, kov_dtype to, void *dst, int64_t n)
{
    kov_dtype middle = between(from, to);
    if (middle == KOV_DTYPE_NONE) {
        convert_at_once(from, src, to, dst, n);
        return;
    }
    _Alignas(64) char chunk[CHUNK * LARGEST_ITEM];
    for (int64_t i = 0; i < n; i += CHUNK) {
        int64_t some = n - i < CHUNK ? n - i : CHUNK;
        convert(from, (const char *)src + bytes_of(from, i), middle, chunk, some);
        convert(middle, chunk, to, (char *)dst + bytes_of(to, i), some);
    }
}

kov_status kov_convert(kov_dtype from, const void *src, kov_dtype to, void *dst, int64_t n)
{
    if (kov_dtype_bits(from) == 0 || kov_dtype_bits(to) == 0)
        return kov_fail(KOV_TYPE_ERROR, "there is no conversion from %s to %s",
                        kov_dtype_keras_name(from), kov_dtype_keras_name(to));
    if (n <= 0)
        return KOV_OK;
    if (from == to)
        memcpy(dst, src, bytes_of(from, n));
    else
        convert(from, src, to, dst, n);
    return KOV_OK;
}
