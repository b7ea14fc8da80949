/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels behind norm.h. Private to norm*.c. */
#ifndef KOV_NATIVE_NORM_KERNELS_H
#define KOV_NATIVE_NORM_KERNELS_H

#include "base/isa.h"

#include <stddef.h>

/* y[i] = x[i] * factor * scale[i] + offset[i], each operation rounded; scale and offset may be
 * NULL. y may be x. */
typedef void kov_norm_apply_f32(const float *x, float factor, const float *scale,
                                const float *offset, float *y, size_t n);
typedef void kov_norm_apply_f64(const double *x, double factor, const double *scale,
                                const double *offset, double *y, size_t n);
KOV_ISA_DECLARE(kov_norm_apply_f32, f32_norm_apply);
KOV_ISA_DECLARE(kov_norm_apply_f64, f64_norm_apply);

#endif
