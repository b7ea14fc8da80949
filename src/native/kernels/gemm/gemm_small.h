/* SPDX-License-Identifier: Apache-2.0 */
/* Products that would spend their time packing B: few rows, or few columns, B as it comes. */
#ifndef KOV_NATIVE_GEMM_SMALL_H
#define KOV_NATIVE_GEMM_SMALL_H

#include "base/isa.h"
#include "native/kernels/gemm/gemm.h"

/* Whether kov_gemm_small_run takes this product; depends on sizes and strides alone. */
bool kov_gemm_small_accepts(const kov_gemm *gemm);

/* kov_gemm_run for these. No workspace. */
void kov_gemm_small_run(kov_context *context, const kov_gemm *gemm, const float *a, const float *b,
                        float *c);

/* c[j] (+)= sum over i < k of a[i * a_step] * b[i * b_row + j], in ascending i, for j < n. */
typedef void kov_gemm_row_fn(const float *a, int64_t a_step, const float *b, int64_t b_row,
                             int64_t k, int64_t n, bool accumulate, float *c);

/* c[j * c_step] (+)= sum over i < k of a[i] * b[j * b_step + i], for j < count. Two vectors of
 * partial sums for each j, added by halves. */
typedef void kov_gemm_dots_fn(const float *a, const float *b, int64_t b_step, int64_t k,
                              int64_t count, bool accumulate, float *c, int64_t c_step);

KOV_ISA_DECLARE(kov_gemm_row_fn, f32_gemm_row);
KOV_ISA_DECLARE(kov_gemm_dots_fn, f32_gemm_dots);

#endif
