/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/conv/conv_axis.h"

static int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}

/* Taps of a transposed phase r: those t for which r + pad - t * dilation is a multiple of the
 * stride. They recur with period stride / gcd(stride, dilation). */
static void transposed_taps(kov_conv_axis *axis, int64_t stride, int64_t dilation, int64_t pad)
{
    int64_t a = stride, b = dilation, first = 0, position = axis->out_first + pad;
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    int64_t period = stride / a;
    while (first < period && floor_mod(position - first * dilation, stride) != 0)
        first++;
    axis->tap_first = first;
    axis->tap_step = period;
    if (first == period || first >= axis->kernel)
        return;
    axis->taps = (axis->kernel - 1 - first) / period + 1;
    axis->offset_first = (position - first * dilation) / stride;
    axis->offset_step = -(period * dilation / stride);
}

int64_t kov_conv_axis_phases(const kov_conv *conv, int axis)
{
    int d = axis - (3 - conv->spatial);
    if (d < 0 || !conv->transposed)
        return 1;
    return conv->stride[d] < conv->output[d] ? conv->stride[d] : conv->output[d];
}

kov_conv_axis kov_conv_axis_phase(const kov_conv *conv, int axis, int64_t phase)
{
    int d = axis - (3 - conv->spatial);
    if (d < 0)
        return (kov_conv_axis){.input = 1,
                               .kernel = 1,
                               .output = 1,
                               .count = 1,
                               .out_step = 1,
                               .in_step = 1,
                               .taps = 1,
                               .tap_step = 1,
                               .offset_step = 1};
    kov_conv_axis result = {.input = conv->input[d],
                            .kernel = conv->kernel[d],
                            .output = conv->output[d],
                            .out_first = phase};
    if (conv->transposed) {
        int64_t stride = conv->stride[d];
        result.in_step = 1;
        result.out_step = stride;
        result.count = (conv->output[d] - phase + stride - 1) / stride;
        transposed_taps(&result, stride, conv->dilation[d], conv->pad_before[d]);
    } else {
        result.in_step = conv->stride[d];
        result.out_step = 1;
        result.count = conv->output[d];
        result.taps = conv->kernel[d];
        result.tap_step = 1;
        result.offset_first = -conv->pad_before[d];
        result.offset_step = conv->dilation[d];
    }
    return result;
}

int64_t kov_conv_axis_low(const kov_conv_axis *axis)
{
    int64_t last = axis->offset_first + (axis->taps - 1) * axis->offset_step;
    if (axis->taps == 0)
        return 0;
    return last < axis->offset_first ? last : axis->offset_first;
}

int64_t kov_conv_axis_high(const kov_conv_axis *axis)
{
    int64_t last = axis->offset_first + (axis->taps - 1) * axis->offset_step;
    if (axis->taps == 0)
        return -1;
    return last > axis->offset_first ? last : axis->offset_first;
}
