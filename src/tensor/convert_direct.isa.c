/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/convert_kernels.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Converting a float that does not fit is undefined in C; x86's instructions define it, and NumPy's
 * results with them. Elsewhere the same is spelled out. */
static inline int32_t f32_to_i32(float x)
{
#if defined(__SSE2__)
    return _mm_cvttss_si32(_mm_set_ss(x));
#else
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
#endif
}

static inline int32_t f64_to_i32(double x)
{
#if defined(__SSE2__)
    return _mm_cvttsd_si32(_mm_set_sd(x));
#else
    return x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN;
#endif
}

static inline int64_t f32_to_i64(float x)
{
#if defined(__SSE2__) && defined(__x86_64__)
    return _mm_cvttss_si64(_mm_set_ss(x));
#else
    return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN;
#endif
}

static inline int64_t f64_to_i64(double x)
{
#if defined(__SSE2__) && defined(__x86_64__)
    return _mm_cvttsd_si64(_mm_set_sd(x));
#else
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
#endif
}

static inline uint64_t f64_to_u64(double x)
{
    if (x >= 0x1p63)
        return (uint64_t)f64_to_i64(x - 0x1p63) ^ (uint64_t)1 << 63;
    return (uint64_t)f64_to_i64(x);
}

/* How a value x becomes each type; F is f32, f64 or int, the kind of x. */
#define TO_I8(F, x) ((int8_t)F##_TO_I32(x))
#define TO_I16(F, x) ((int16_t)F##_TO_I32(x))
#define TO_I32(F, x) ((int32_t)F##_TO_I32(x))
#define TO_I64(F, x) ((int64_t)F##_TO_I64(x))
#define TO_U8(F, x) ((uint8_t)F##_TO_I32(x))
#define TO_U16(F, x) ((uint16_t)F##_TO_I32(x))
#define TO_U32(F, x) ((uint32_t)F##_TO_I64(x))
#define TO_U64(F, x) ((uint64_t)F##_TO_U64(x))
#define TO_F32(F, x) ((float)(x))
#define TO_F64(F, x) ((double)(x))
#define TO_BOOL(F, x) ((uint8_t)((x) != 0))

#define INT_TO_I32(x) (x)
#define INT_TO_I64(x) (x)
#define INT_TO_U64(x) (x)
#define F32_TO_I32(x) f32_to_i32(x)
#define F32_TO_I64(x) f32_to_i64(x)
#define F32_TO_U64(x) f64_to_u64((double)(x))
#define F64_TO_I32(x) f64_to_i32(x)
#define F64_TO_I64(x) f64_to_i64(x)
#define F64_TO_U64(x) f64_to_u64(x)

/* Rows: dtype, C type, kind. One row set per side, since a macro does not expand inside itself. */
#define SOURCES(ROW)                                                                               \
    ROW(BOOL, uint8_t, INT)                                                                        \
    ROW(I8, int8_t, INT)                                                                           \
    ROW(I16, int16_t, INT)                                                                         \
    ROW(I32, int32_t, INT)                                                                         \
    ROW(I64, int64_t, INT)                                                                         \
    ROW(U8, uint8_t, INT)                                                                          \
    ROW(U16, uint16_t, INT)                                                                        \
    ROW(U32, uint32_t, INT)                                                                        \
    ROW(U64, uint64_t, INT)                                                                        \
    ROW(F32, float, F32)                                                                           \
    ROW(F64, double, F64)

#define TARGETS(ROW, from, from_type, kind)                                                        \
    ROW(from, from_type, kind, BOOL, uint8_t)                                                      \
    ROW(from, from_type, kind, I8, int8_t)                                                         \
    ROW(from, from_type, kind, I16, int16_t)                                                       \
    ROW(from, from_type, kind, I32, int32_t)                                                       \
    ROW(from, from_type, kind, I64, int64_t)                                                       \
    ROW(from, from_type, kind, U8, uint8_t)                                                        \
    ROW(from, from_type, kind, U16, uint16_t)                                                      \
    ROW(from, from_type, kind, U32, uint32_t)                                                      \
    ROW(from, from_type, kind, U64, uint64_t)                                                      \
    ROW(from, from_type, kind, F32, float)                                                         \
    ROW(from, from_type, kind, F64, double)

#define DEFINE(from, from_type, kind, to, to_type)                                                 \
    static void from##_to_##to(const void *source, void *target, int64_t n)                        \
    {                                                                                              \
        const from_type *restrict src = source;                                                    \
        to_type *restrict dst = target;                                                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            dst[i] = TO_##to(kind, src[i]);                                                        \
    }
#define DEFINE_FROM(from, from_type, kind) TARGETS(DEFINE, from, from_type, kind)
SOURCES(DEFINE_FROM)

typedef void (*convert_function)(const void *src, void *dst, int64_t n);

#define ENTRY(from, from_type, kind, to, to_type)                                                  \
    [KOV_DTYPE_##from][KOV_DTYPE_##to] = from##_to_##to,
#define ENTRY_FROM(from, from_type, kind) TARGETS(ENTRY, from, from_type, kind)
static const convert_function functions[KOV_DTYPE_COUNT][KOV_DTYPE_COUNT] = {SOURCES(ENTRY_FROM)};

void KOV_ISA_NAME(convert_direct)(kov_dtype from, const void *src, kov_dtype to, void *dst,
                                  int64_t n)
{
    functions[from][to](src, dst, n);
}
