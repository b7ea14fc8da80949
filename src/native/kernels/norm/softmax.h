/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax along the middle axis of (outer, length, inner) arrays. */
#ifndef KOV_NATIVE_SOFTMAX_H
#define KOV_NATIVE_SOFTMAX_H

#include <kov/context.h>
#include <kov/dtype.h>

typedef enum kov_softmax_kind { KOV_SOFTMAX, KOV_SOFTMAX_LOG } kov_softmax_kind;

/* y = exp(x - max) / sum, or its logarithm. NaN in a line, or a line of -infinity alone, gives NaN
 * all along it. float16 and bfloat16 compute in float32. In place is fine. Same bits for any number
 * of threads. KOV_TYPE_ERROR: not a float. KOV_OUT_OF_MEMORY. */
kov_status kov_softmax(kov_context *context, kov_softmax_kind kind, kov_dtype dtype, const void *x,
                       void *y, size_t outer, size_t length, size_t inner);

/* One row of float32, for attention: y[i] = exp(scale * x[i] + (mask ? mask[i] : 0) - max) and
 * *sum their sum, with max = max over the row (returned; -infinity rows give sum 0 and y = 0).
 * In place is fine. */
float kov_softmax_row_f32(const float *x, const float *mask, float scale, float *y, size_t n,
                          float *sum);

#endif
