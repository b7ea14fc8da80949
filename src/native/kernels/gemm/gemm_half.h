/* SPDX-License-Identifier: Apache-2.0 */
/* Products of few rows with a matrix B of float16 or bfloat16, made float32 a piece at a time,
 * which is used while it is in the cache: what is read of memory are 16 bits an element. */
#ifndef KOV_NATIVE_GEMM_HALF_H
#define KOV_NATIVE_GEMM_HALF_H

#include "native/kernels/gemm/gemm.h"
#include <kov/dtype.h>

/* Whether kov_gemm_half_run takes this product; depends on sizes and strides alone. */
bool kov_gemm_half_accepts(const kov_gemm *gemm);

/* kov_gemm_run for these with B of `dtype`, float16 or bfloat16: the bits of kov_gemm_run with B in
 * float32. No workspace. */
void kov_gemm_half_run(kov_context *context, const kov_gemm *gemm, kov_dtype dtype, const float *a,
                       const uint16_t *b, float *c);

#endif
