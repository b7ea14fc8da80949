/* SPDX-License-Identifier: Apache-2.0 */
/* 3x3 convolution by Winograd's F(4x4, 3x3): a quarter of the multiplications, and more rounding.
 */
#ifndef KOV_NATIVE_WINOGRAD_H
#define KOV_NATIVE_WINOGRAD_H

#include "native/kernels/conv/conv_nhwc.h"

/* 3x3, strides and dilations 1, one group, two dimensions, not transposed. */
bool kov_winograd_accepts(const kov_conv *conv);

/* Estimated cycles of one core, of this algorithm and of the direct one. */
double kov_winograd_cost(const kov_conv *conv, int64_t batch);
double kov_winograd_direct_cost(const kov_conv *conv, int64_t batch);

size_t kov_winograd_packed_bytes(const kov_conv *conv);
void kov_winograd_pack(kov_context *context, const kov_conv *conv, const float *weights,
                       float *packed);
size_t kov_winograd_workspace_bytes(kov_context *context, const kov_conv *conv, int64_t batch);
void kov_winograd_run(kov_context *context, const kov_conv *conv, int64_t batch, const float *input,
                      const float *packed, const kov_epilogue *epilogue, float *output,
                      void *workspace);

#endif
