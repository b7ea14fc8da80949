/* SPDX-License-Identifier: Apache-2.0 */
/* The transforms of Winograd's F(4x4, 3x3), one tile at a time (Lavin and Gray, "Fast Algorithms
 * for Convolutional Neural Networks", 2015): 6x6 inputs become 36 values, in which a 3x3
 * convolution is a product value by value; 36 results become 4x4 outputs. */
#ifndef KOV_NATIVE_WINOGRAD_TRANSFORM_H
#define KOV_NATIVE_WINOGRAD_TRANSFORM_H

#include "base/isa.h"
#include <stdint.h>

enum { KOV_WINOGRAD_OUT = 4, KOV_WINOGRAD_IN = 6, KOV_WINOGRAD_VALUES = 36 };

/* Rows [row0, row1) and columns [column0, column1) of the 6x6 lie inside the image, the rest is
 * zero. `input` is where the tile's first pixel would be, inside or not, as an offset from `image`.
 */
typedef struct kov_winograd_input {
    const float *image;
    int64_t offset, row, pixel; /* elements: first pixel, line to line, pixel to pixel */
    int row0, row1, column0, column1;
    int64_t channels;
    float *values;
    int64_t value_step; /* elements from one of the 36 to the next */
} kov_winograd_input;

/* Writes `rows` x `columns` of the 4x4 outputs, with the epilogue's scale, bias, residual and
 * bounds. */
typedef struct kov_winograd_output {
    const float *values;
    int64_t value_step;
    int64_t channels;
    float *output;
    int64_t row, pixel;
    int rows, columns;
    const float *scale, *bias, *residual; /* at the first channel, or NULL */
    int64_t residual_line, residual_pixel;
    float low, high;
} kov_winograd_output;

typedef void kov_winograd_input_fn(const kov_winograd_input *tile);
typedef void kov_winograd_output_fn(const kov_winograd_output *tile);

KOV_ISA_DECLARE(kov_winograd_input_fn, f32_winograd_input);
KOV_ISA_DECLARE(kov_winograd_output_fn, f32_winograd_output);

#endif
