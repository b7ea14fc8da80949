/* SPDX-License-Identifier: Apache-2.0 */
/* Element types. The numbers are part of the ABI. */
#ifndef KOV_DTYPE_H
#define KOV_DTYPE_H

#include <kov/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kov_dtype {
    KOV_DTYPE_NONE = 0, /* "not given"; no tensor has it */
    KOV_DTYPE_BOOL,     /* one byte, 0 or 1 */
    KOV_DTYPE_I8,
    KOV_DTYPE_I16,
    KOV_DTYPE_I32,
    KOV_DTYPE_I64,
    KOV_DTYPE_U8,
    KOV_DTYPE_U16,
    KOV_DTYPE_U32,
    KOV_DTYPE_U64,
    KOV_DTYPE_F16,
    KOV_DTYPE_BF16,
    KOV_DTYPE_F32,
    KOV_DTYPE_F64,
    KOV_DTYPE_C64,  /* two float32 */
    KOV_DTYPE_C128, /* two float64 */
    KOV_DTYPE_U1,
    KOV_DTYPE_I4,
    KOV_DTYPE_U4,
    KOV_DTYPE_NF4,
    KOV_DTYPE_F8E4M3,
    KOV_DTYPE_F8E5M2,
    KOV_DTYPE_STRING,
    KOV_DTYPE_COUNT
} kov_dtype;

/* Names are never NULL; complex types, which OpenVINO lacks, have Keras's name as both. */
KOV_API int kov_dtype_bits(kov_dtype dtype);                /* bits per element; 0 for string */
KOV_API const char *kov_dtype_keras_name(kov_dtype dtype);  /* "float32", "bool", ... */
KOV_API const char *kov_dtype_ov_name(kov_dtype dtype);     /* OpenVINO's: "f32", "boolean", ... */
KOV_API kov_dtype kov_dtype_from_keras_name(const char *s); /* KOV_DTYPE_NONE if unknown */
KOV_API kov_dtype kov_dtype_from_ov_name(const char *s);    /* KOV_DTYPE_NONE if unknown */

KOV_API bool kov_dtype_is_float(kov_dtype dtype);   /* f16, bf16, f32, f64, float8 */
KOV_API bool kov_dtype_is_signed(kov_dtype dtype);  /* i8 ... i64, i4 */
KOV_API bool kov_dtype_is_integer(kov_dtype dtype); /* signed and unsigned; not bool */
KOV_API bool kov_dtype_is_complex(kov_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
