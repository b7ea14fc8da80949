/* SPDX-License-Identifier: Apache-2.0 */
/* float64 matrix products, described as those of gemm.h: strides in elements, no epilogue, B not
 * packed. Every element is one chain of multiply-adds in ascending k. */
#ifndef KOV_NATIVE_GEMM_F64_H
#define KOV_NATIVE_GEMM_F64_H

#include "native/kernels/gemm/gemm.h"

/* C must not overlap A or B. KOV_OUT_OF_MEMORY: the panels of B. */
kov_status kov_gemm_f64_run(kov_context *context, const kov_gemm *gemm, const double *a,
                            const double *b, double *c);

#endif
