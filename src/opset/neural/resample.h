/* SPDX-License-Identifier: Apache-2.0 */
/* Interpolation along one axis: every mode of Interpolate-11 is a table of weights per axis, since
 * its kernels are products over the axes. */
#ifndef KOV_OPSET_NEURAL_RESAMPLE_H
#define KOV_OPSET_NEURAL_RESAMPLE_H

#include "graph/eval.h"

typedef enum kov_resample_mode {
    KOV_RESAMPLE_NEAREST,
    KOV_RESAMPLE_LINEAR,
    KOV_RESAMPLE_LINEAR_ONNX,
    KOV_RESAMPLE_CUBIC,
    KOV_RESAMPLE_BILINEAR_PILLOW,
    KOV_RESAMPLE_BICUBIC_PILLOW,
    KOV_RESAMPLE_MODES
} kov_resample_mode;

typedef enum kov_coordinate_mode {
    KOV_COORDINATE_HALF_PIXEL,
    KOV_COORDINATE_PYTORCH_HALF_PIXEL,
    KOV_COORDINATE_ASYMMETRIC,
    KOV_COORDINATE_TF_HALF_PIXEL_FOR_NN,
    KOV_COORDINATE_ALIGN_CORNERS,
    KOV_COORDINATE_MODES
} kov_coordinate_mode;

typedef enum kov_nearest_mode {
    KOV_NEAREST_ROUND_PREFER_FLOOR,
    KOV_NEAREST_ROUND_PREFER_CEIL,
    KOV_NEAREST_FLOOR,
    KOV_NEAREST_CEIL,
    KOV_NEAREST_SIMPLE,
    KOV_NEAREST_MODES
} kov_nearest_mode;

/* By the names in IR; the count of modes if there is none. */
kov_resample_mode kov_resample_mode_find(const char *name);
kov_coordinate_mode kov_coordinate_mode_find(const char *name);
kov_nearest_mode kov_nearest_mode_find(const char *name);

typedef struct kov_resample {
    kov_resample_mode mode;
    kov_coordinate_mode coordinate;
    kov_nearest_mode nearest;
    bool antialias; /* of linear, where it shrinks along some axis */
    double cube_coeff;
    int64_t in, out;
    double scale; /* out / in, or as given */
    bool scale_is_ratio;
} kov_resample;

/* The inputs that output i is made of. */
typedef struct kov_resample_taps {
    int64_t first; /* of the table's at and weight */
    int n;
} kov_resample_taps;

typedef struct kov_resample_table {
    kov_resample_taps *out; /* `out` entries */
    int64_t *at;            /* input indices */
    double *weight;
    int64_t n;
} kov_resample_table;

kov_status kov_resample_table_make(kov_context *context, const kov_resample *resample,
                                   kov_resample_table *table);
void kov_resample_table_free(kov_context *context, kov_resample_table *table);

#endif
