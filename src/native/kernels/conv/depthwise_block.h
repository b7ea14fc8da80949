/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a depthwise convolution that one call computes: lines of one image, some channels. */
#ifndef KOV_NATIVE_DEPTHWISE_BLOCK_H
#define KOV_NATIVE_DEPTHWISE_BLOCK_H

#include "base/isa.h"
#include <stdint.h>

/* Entry 0 of the pairs is height, 1 width. input, output and residual point at the image. */
typedef struct kov_depthwise_block {
    int64_t input_size[2], kernel[2], output_size[2], stride[2], dilation[2], pad[2];
    int64_t channels, multiplier; /* output channels are channels * multiplier */
    int64_t line0, line1;         /* output lines */
    int64_t channel0, channel1;   /* output channels */
    int64_t inner0, inner1;       /* output columns all of whose taps lie inside the input */
    const float *input, *weights;
    float *output;
    const float *scale, *bias, *residual; /* NULL or for all output channels */
    int64_t residual_pixel;
    float low, high;
} kov_depthwise_block;

typedef void kov_depthwise_block_fn(const kov_depthwise_block *block);

KOV_ISA_DECLARE(kov_depthwise_block_fn, f32_depthwise);

#endif
