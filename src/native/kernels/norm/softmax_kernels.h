/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels behind softmax.h, and the driver that logsumexp shares. Private to softmax*.c and
 * reduce.c. */
#ifndef KOV_NATIVE_SOFTMAX_KERNELS_H
#define KOV_NATIVE_SOFTMAX_KERNELS_H

#include "base/isa.h"
#include "native/kernels/norm/softmax.h"

/* A further kind, whose result is one number for each line. */
enum { KOV_SOFTMAX_LOGSUMEXP = KOV_SOFTMAX_LOG + 1, KOV_SOFTMAX_KINDS };

/* n >= 1 contiguous elements; y may be x. Results are n, or one for logsumexp. */
typedef void kov_softmax_line(const void *x, void *y, size_t n);
KOV_ISA_DECLARE(kov_softmax_line, f32_softmax);
KOV_ISA_DECLARE(kov_softmax_line, f32_log_softmax);
KOV_ISA_DECLARE(kov_softmax_line, f32_logsumexp);
KOV_ISA_DECLARE(kov_softmax_line, f64_softmax);
KOV_ISA_DECLARE(kov_softmax_line, f64_log_softmax);
KOV_ISA_DECLARE(kov_softmax_line, f64_logsumexp);

typedef float kov_softmax_attention(const float *x, const float *mask, float scale, float *y,
                                    size_t n, float *sum);
KOV_ISA_DECLARE(kov_softmax_attention, f32_softmax_row);

/* dtype is float32 or float64; y is (outer, length, inner), or (outer, inner) for logsumexp. */
kov_status kov_softmax_lines(kov_context *context, int kind, kov_dtype dtype, const void *x,
                             void *y, size_t outer, size_t length, size_t inner);

#endif
