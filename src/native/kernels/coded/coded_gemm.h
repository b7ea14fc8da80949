/* SPDX-License-Identifier: Apache-2.0 */
/* Products with weights that stay small integers: C = A * W, a few rows of W made float32 at a
 * time, which are used while they are in the cache. What is read of memory are the codes.
 *
 * float32: every element of C is one chain of fused multiply-adds in ascending k, as in gemm.h, for
 * any m. int8: sums of up to 1024 products are exact in float32 (1024 * 128 * 128 = 2^24), and are
 * added as int32, which wraps. */
#ifndef KOV_NATIVE_CODED_GEMM_H
#define KOV_NATIVE_CODED_GEMM_H

#include "base/cpu.h"
#include "opset/coded_mat_mul.h"
#include <kov/context.h>

typedef struct kov_coded_gemm {
    int64_t m;         /* rows of A and C, which are dense */
    bool integer;      /* A is int8 and C int32; else both are float32 */
    kov_coded weights; /* its pointers are set for each run */
    kov_isa isa;
    int width; /* workers at most */
} kov_coded_gemm;

/* Scratch of a run, 64-byte aligned; the pointers of weights are not looked at. */
size_t kov_coded_gemm_workspace_bytes(kov_context *context, const kov_coded_gemm *gemm);

kov_status kov_coded_gemm_run(kov_context *context, const kov_coded_gemm *gemm, const void *a,
                              void *c, void *workspace);

#endif
