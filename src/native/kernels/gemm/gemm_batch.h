/* SPDX-License-Identifier: Apache-2.0 */
/* Which product of a batch is where. */
#ifndef KOV_NATIVE_GEMM_BATCH_H
#define KOV_NATIVE_GEMM_BATCH_H

#include "native/kernels/gemm/gemm.h"

static inline int64_t kov_gemm_batch_count(const kov_gemm *gemm)
{
    int64_t count = 1;
    for (int d = 0; d < KOV_GEMM_BATCH_DIMS; d++)
        count *= gemm->batch[d];
    return count;
}

/* Offset of an operand of product `index`; `strides` are its batch strides. */
static inline int64_t kov_gemm_batch_offset(const kov_gemm *gemm, const int64_t *strides,
                                            int64_t index)
{
    int64_t offset = 0;
    for (int d = KOV_GEMM_BATCH_DIMS - 1; d >= 0; d--) {
        offset += index % gemm->batch[d] * strides[d];
        index /= gemm->batch[d];
    }
    return offset;
}

#endif
