/* SPDX-License-Identifier: Apache-2.0 */
/* Direct convolution: tiles of a line of output pixels times a panel of output channels, summed
 * over the kernel's taps by the GEMM micro-kernel. */
#ifndef KOV_NATIVE_CONV_DIRECT_H
#define KOV_NATIVE_CONV_DIRECT_H

#include "native/kernels/conv/conv_nhwc.h"

size_t kov_conv_direct_packed_bytes(const kov_conv *conv);
void kov_conv_direct_pack(kov_context *context, const kov_conv *conv, const float *weights,
                          float *packed);
size_t kov_conv_direct_workspace_bytes(kov_context *context, const kov_conv *conv, int64_t batch);
void kov_conv_direct_run(kov_context *context, const kov_conv *conv, int64_t batch,
                         const float *input, const float *packed, const kov_epilogue *epilogue,
                         float *output, void *workspace);

#endif
