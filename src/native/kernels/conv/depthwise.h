/* SPDX-License-Identifier: Apache-2.0 */
/* float32 depthwise convolution, channels last, 1 or 2 spatial dimensions.
 *
 * input   [batch, (height,) width, channels]
 * weights [(kh,) kw, channels, multiplier]  (Keras); used as they are, nothing is packed
 * output  [batch, (height,) width, channels * multiplier]; channel c * multiplier + j */
#ifndef KOV_NATIVE_DEPTHWISE_H
#define KOV_NATIVE_DEPTHWISE_H

#include "native/kernels/gemm/epilogue.h"
#include <kov/context.h>

typedef struct kov_depthwise {
    int spatial; /* 1 or 2; the arrays use the first `spatial` entries */
    int64_t input[2], kernel[2], output[2];
    int64_t stride[2], dilation[2];
    int64_t pad_before[2]; /* what follows the input is implied by `output` */
    int64_t channels, multiplier;
    kov_isa isa;
} kov_depthwise;

void kov_depthwise_init(kov_depthwise *depthwise, int spatial);
kov_status kov_depthwise_check(const kov_depthwise *depthwise);

/* epilogue may be NULL. No workspace. `output` must not overlap `input`. */
kov_status kov_depthwise_run(kov_context *context, const kov_depthwise *depthwise, int64_t batch,
                             const float *input, const float *weights, const kov_epilogue *epilogue,
                             float *output);

#endif
