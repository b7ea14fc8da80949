/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/math/math_vector.h"
#include "native/kernels/norm/norm_kernels.h"

#define NORM_APPLY(type, T)                                                                        \
    void KOV_ISA_NAME(type##_norm_apply)(const T *x, T factor, const T *scale, const T *offset,    \
                                         T *y, size_t n)                                           \
    {                                                                                              \
        if (scale && offset)                                                                       \
            KOV_IVDEP                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = x[i] * factor * scale[i] + offset[i];                                           \
        else if (scale) KOV_IVDEP for (size_t i = 0; i < n; i++) y[i] = x[i] * factor * scale[i];  \
        else if (offset) KOV_IVDEP for (size_t i = 0; i < n; i++) y[i] =                           \
            x[i] * factor + offset[i];                                                             \
        else KOV_IVDEP for (size_t i = 0; i < n; i++) y[i] = x[i] * factor;                        \
    }

NORM_APPLY(f32, float)
NORM_APPLY(f64, double)
