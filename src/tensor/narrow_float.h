/* SPDX-License-Identifier: Apache-2.0 */
/* float16, bfloat16 and the two float8 of the OCP specification (E4M3FN: no infinity, one NaN;
 * E5M2), as bit patterns. Encoding rounds to nearest, ties to even, whatever the rounding mode;
 * subnormals are kept; NaN stays NaN. Past the largest finite value it gives infinity, or NaN in
 * E4M3. */
#ifndef KOV_TENSOR_NARROW_FLOAT_H
#define KOV_TENSOR_NARROW_FLOAT_H

#include <kov/dtype.h>

float kov_f16_to_f32(uint16_t bits);
float kov_bf16_to_f32(uint16_t bits);
float kov_f8e4m3_to_f32(uint8_t bits);
float kov_f8e5m2_to_f32(uint8_t bits);

uint16_t kov_f32_to_f16(float value);
uint16_t kov_f32_to_bf16(float value);
uint8_t kov_f32_to_f8e4m3(float value);
uint8_t kov_f32_to_f8e5m2(float value);

/* A float next to value, equal if value is one, else the one of the two neighbours whose last bit
 * is 1 ("round to odd"). Rounding it again to a format of at most 22 significant bits gives what
 * rounding value once would have given (Boldo and Melquiond, 2008). */
float kov_f64_to_f32_odd(double value);

/* Whole arrays of F16, BF16, F8E4M3 or F8E5M2. */
void kov_narrow_to_f32(kov_dtype from, const void *src, float *dst, int64_t n);
void kov_f32_to_narrow(kov_dtype to, const float *src, void *dst, int64_t n);
void kov_f64_to_narrow(kov_dtype to, const double *src, void *dst, int64_t n);

#endif
