/* SPDX-License-Identifier: Apache-2.0 */
/* float32 pooling, channels last, 1 to 3 spatial dimensions. Global pooling is a window of the
 * input's size. Layouts as in conv_nhwc.h. */
#ifndef KOV_NATIVE_POOL_NHWC_H
#define KOV_NATIVE_POOL_NHWC_H

#include <kov/context.h>

#include "base/cpu.h"

typedef enum kov_pool_kind {
    KOV_POOL_MAX,                 /* NaN wins, as in NumPy; padding never does */
    KOV_POOL_AVERAGE,             /* divided by the number of elements inside the input */
    KOV_POOL_AVERAGE_INCLUDE_PAD, /* divided by the part of the window inside the padded input */
} kov_pool_kind;

typedef struct kov_pool {
    kov_pool_kind kind;
    int spatial; /* 1, 2 or 3; the arrays use the first `spatial` entries, outermost first */
    int64_t input[3], window[3], output[3];
    int64_t stride[3], dilation[3]; /* dilation 1 for averages */
    int64_t pad_before[3], pad_after[3];
    int64_t channels;
    kov_isa isa;
} kov_pool;

void kov_pool_init(kov_pool *pool, kov_pool_kind kind, int spatial);
kov_status kov_pool_check(const kov_pool *pool);

/* No workspace. A window that holds no element of the input gives -infinity (max) or 0 (average).
 * Sums run in ascending order of the window, in float32. */
kov_status kov_pool_run(kov_context *context, const kov_pool *pool, int64_t batch,
                        const float *input, float *output);

#endif
