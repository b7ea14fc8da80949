/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisation of rows: one pass through memory, two through cache. */
#ifndef KOV_NATIVE_NORM_H
#define KOV_NATIVE_NORM_H

#include <kov/context.h>
#include <kov/dtype.h>

typedef enum kov_norm_kind {
    KOV_NORM_LAYER, /* (x - mean) / sqrt(var + epsilon), var the mean of (x - mean)^2 */
    KOV_NORM_RMS,   /* x / sqrt(mean(x^2) + epsilon) */
    KOV_NORM_L2     /* x / sqrt(max(sum(x^2), epsilon)) */
} kov_norm_kind;

typedef struct kov_norm {
    kov_norm_kind kind;
    kov_dtype dtype; /* of x, y, scale, offset, residual */
    double epsilon;
    const void *scale;    /* [length], or NULL for ones */
    const void *offset;   /* [length], or NULL for zeros */
    const void *residual; /* [rows, length] added to x first, or NULL */
    void *sum;            /* [rows, length]: gets x + residual, or NULL */
} kov_norm;

/* y[r, i] = normalised(x[r])[i] * scale[i] + offset[i]. float16 and bfloat16 compute in float32.
 * Sums follow the tree of reduce.h, so the bits do not depend on threads. y may be x.
 * KOV_TYPE_ERROR: not a float. KOV_OUT_OF_MEMORY. */
kov_status kov_norm_rows(kov_context *context, const kov_norm *norm, const void *x, void *y,
                         size_t rows, size_t length);

#endif
