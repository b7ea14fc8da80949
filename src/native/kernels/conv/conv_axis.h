/* SPDX-License-Identifier: Apache-2.0 */
/* One dimension of a convolution, split by what repeats. A convolution is one phase; a transposed
 * one with stride s is s phases, each a convolution of stride 1 that fills every s-th output. */
#ifndef KOV_NATIVE_CONV_AXIS_H
#define KOV_NATIVE_CONV_AXIS_H

#include "native/kernels/conv/conv_nhwc.h"

/* Output q of the phase is at out_first + q * out_step; its tap j multiplies the input at
 * q * in_step + offset_first + j * offset_step with the kernel's tap_first + j * tap_step. */
typedef struct kov_conv_axis {
    int64_t input, kernel, output;
    int64_t count, out_first, out_step, in_step;
    int64_t taps, tap_first, tap_step, offset_first, offset_step;
} kov_conv_axis;

/* `axis` 0 to 2, outermost first; the axes that conv lacks are outermost and of size 1. */
int64_t kov_conv_axis_phases(const kov_conv *conv, int axis);
kov_conv_axis kov_conv_axis_phase(const kov_conv *conv, int axis, int64_t phase);

/* Smallest and largest offset of a tap; 0 and -1 if there is none. */
int64_t kov_conv_axis_low(const kov_conv_axis *axis);
int64_t kov_conv_axis_high(const kov_conv_axis *axis);

#endif
