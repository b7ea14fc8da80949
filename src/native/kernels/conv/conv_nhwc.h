/* SPDX-License-Identifier: Apache-2.0 */
/* float32 convolution, channels last, 1 to 3 spatial dimensions, groups, and its transpose.
 *
 * input  [batch, (depth, (height,)) width, channels_in]
 * weights, convolution:  [(kd, (kh,)) kw, channels_in / groups, channels_out]   (Keras)
 *          transposed:   [(kd, (kh,)) kw, channels_out / groups, channels_in]   (Keras)
 *          or any order of the axes through weight_* strides
 * output [batch, spatial output, channels_out]
 *
 * Reads the input in place; only lines that padding touches are copied, into a zero-bordered buffer
 * of the worker's. A depthwise convolution (one input channel per group) belongs in depthwise.h. */
#ifndef KOV_NATIVE_CONV_NHWC_H
#define KOV_NATIVE_CONV_NHWC_H

#include "native/kernels/gemm/epilogue.h"
#include <kov/context.h>

typedef enum kov_conv_algorithm {
    KOV_CONV_DIRECT = 0,
    /* F(4x4, 3x3), for 3x3, strides and dilations 1, one group, two dimensions, not transposed;
     * else kov_conv_check refuses it. Its error: see kov_conv_choose. */
    KOV_CONV_WINOGRAD
} kov_conv_algorithm;

typedef struct kov_conv {
    int spatial; /* 1, 2 or 3; the arrays below use the first `spatial` entries, outermost first */
    int64_t input[3], kernel[3], output[3];
    int64_t stride[3], dilation[3];
    int64_t pad_before[3]; /* zeros before the input; what follows it is implied by `output` */
    int64_t channels_in, channels_out, groups;
    /* Transposed: output[i * stride + k * dilation - pad_before] += input[i] * weights[k]. */
    bool transposed;
    /* Strides of the weights in elements; all 0: Keras's layout above. */
    int64_t weight_tap[3], weight_in, weight_out; /* channel strides count inside the whole array */
    int64_t weight_group;              /* from one group's first weight to the next group's */
    int64_t input_pixel, output_pixel; /* elements from pixel to pixel; 0: the number of channels */
    kov_isa isa;                       /* kov_cpu_isa(), or a lower one to test it */
    kov_conv_algorithm algorithm;      /* set before packing */
} kov_conv;

/* Zero, with unit strides, dilations and groups, isa set. */
void kov_conv_init(kov_conv *conv, int spatial);

/* KOV_INVALID_ARGUMENT (with text) unless the sizes make sense. All functions below require that it
 * passed. */
kov_status kov_conv_check(const kov_conv *conv);

/* The algorithm that should be fastest; KOV_CONV_DIRECT unless `allow_winograd`. Winograd
 * reassociates. Its error on random data of 16 to 256 channels, measured against double: root mean
 * square 4 times and largest 4 to 12 times that of the direct sums; at worst 1.6e-5 of the largest
 * output. */
kov_conv_algorithm kov_conv_choose(const kov_conv *conv, int64_t batch, bool allow_winograd);

/* Packed weights: independent of batch, bias and thread count; 64-byte aligned memory. */
size_t kov_conv_packed_bytes(const kov_conv *conv);
kov_status kov_conv_pack(kov_context *context, const kov_conv *conv, const float *weights,
                         float *packed);

size_t kov_conv_workspace_bytes(kov_context *context, const kov_conv *conv, int64_t batch);

/* epilogue may be NULL. `output` must not overlap `input` (its residual may be `output`). */
kov_status kov_conv_run(kov_context *context, const kov_conv *conv, int64_t batch,
                        const float *input, const float *packed, const kov_epilogue *epilogue,
                        float *output, void *workspace);

#endif
