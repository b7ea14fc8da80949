/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of module image share: ranks, layouts and sampling between pixels. */
#ifndef KOV_KERAS_IMAGE_LAYOUT_H
#define KOV_KERAS_IMAGE_LAYOUT_H

#include "keras/nn/nn_window.h"

/* The axis of channels of one image or a batch; sticky failure for other ranks and formats. */
int kov_image_channels(kov_builder *b, const char *function, kov_value images,
                       const char *data_format);

/* A batch with channels last, and back to what `images` were. */
kov_value kov_image_to_batch(kov_builder *b, kov_value images, int channels_axis);
kov_value kov_image_from_batch(kov_builder *b, kov_value batch, kov_value images,
                               int channels_axis);

/* How to read between the elements of an array and outside it. */
typedef struct kov_sampling {
    bool linear;           /* else the nearest element */
    const char *fill_mode; /* constant, nearest, wrap, mirror or reflect */
    kov_value fill;        /* for constant: scalar of the rows' dtype */
} kov_sampling;

/* Order (0 or 1), interpolation ('nearest', 'bilinear') and fill_mode as Keras names them; sticky
 * failure. */
kov_sampling kov_sampling_of(kov_builder *b, const char *function, const char *interpolation,
                             const char *fill_mode, kov_value fill);

/* rows: (sizes multiplied, ...) of a float dtype. coordinates[i]: float, positions along size[i]
 * (scalar int64), all of one shape S; base: int64 row numbers that are added, or KOV_VALUE_NONE.
 * The result is (S, ...). */
kov_value kov_sample_rows(kov_builder *b, const kov_sampling *how, kov_value rows, kov_value base,
                          const kov_value *coordinates, const kov_value *sizes, int n);

/* Weights by which an axis of in_size elements is resampled to out_size (scalar int64 both),
 * float64 (out_size, in_size): element i of the result lies at (i + 0.5 - translation) / scale.
 * scale and translation are float64 scalars; kernel is one of Keras's methods. Without antialias
 * the kernel is not widened where scale < 1. */
kov_value kov_resample_weights(kov_builder *b, const char *function, const char *kernel,
                               bool antialias, kov_value in_size, kov_value out_size,
                               kov_value scale, kov_value translation);

/* Products of a (out, in) weights matrix with the lines of x along an axis. */
kov_value kov_resample_axis(kov_builder *b, kov_value x, int axis, kov_value weights);

#endif
