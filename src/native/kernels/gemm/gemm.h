/* SPDX-License-Identifier: Apache-2.0 */
/* float32 matrix products C = epilogue(A * B), plain or batched, B packed beforehand or not.
 *
 * Every element of C is one chain of fused multiply-adds in ascending k (multiply and add on the
 * baseline), so bits depend neither on blocking nor on threads, batch size or what is packed. The
 * exception are products of at most 4 rows or columns in which unpacked A and B both run along k:
 * these are dot products, summed lane by lane; which they are depends on sizes and strides alone.
 */
#ifndef KOV_NATIVE_GEMM_H
#define KOV_NATIVE_GEMM_H

#include "native/kernels/gemm/epilogue.h"
#include <kov/context.h>

#define KOV_GEMM_BATCH_DIMS 4

/* All strides in elements. A transposed operand is one with its strides exchanged; a batch stride
 * of 0 broadcasts. Unused batch dimensions have extent 1, as kov_gemm_init leaves them. */
typedef struct kov_gemm {
    int64_t m, n, k;
    int64_t a_row, a_column; /* A[i, j] = a[i * a_row + j * a_column] */
    int64_t b_row, b_column; /* of B as given, packed or not */
    int64_t c_row;           /* C has unit column stride; c_row >= n */
    int64_t batch[KOV_GEMM_BATCH_DIMS];
    int64_t a_batch[KOV_GEMM_BATCH_DIMS], b_batch[KOV_GEMM_BATCH_DIMS];
    int64_t c_batch[KOV_GEMM_BATCH_DIMS]; /* also of the residual, which has C's layout then */
    bool accumulate;                      /* C += A * B, before the epilogue */
    bool b_packed; /* run gets B from kov_gemm_pack; then b_batch is 0: one B for all batches */
    int width;     /* workers at most, for which the workspace is; 0: the context's threads */
    kov_isa isa;   /* kov_cpu_isa(), or a lower one to test it; the packed layout depends on it */
    kov_epilogue epilogue;
} kov_gemm;

/* Zero but for isa and contiguous row-major strides: a_row = k, a_column = 1, b_row = n ... */
void kov_gemm_init(kov_gemm *gemm, int64_t m, int64_t n, int64_t k);

/* B in the layout of the micro-kernel; depends on n, k and isa. 64-byte aligned memory. */
size_t kov_gemm_packed_bytes(const kov_gemm *gemm);
void kov_gemm_pack(kov_context *context, const kov_gemm *gemm, const float *b, float *packed);

/* Scratch that run needs on this context (all workers together), 64-byte aligned; may be 0. Depends
 * on whether there is an epilogue.residual, which is not read. */
size_t kov_gemm_workspace_bytes(kov_context *context, const kov_gemm *gemm);

/* b is the packed B where gemm->b_packed. C must not overlap A or B. k = 0 gives epilogue(0).
 * KOV_INVALID_ARGUMENT: negative extents, c_row < n. */
kov_status kov_gemm_run(kov_context *context, const kov_gemm *gemm, const float *a, const float *b,
                        float *c, void *workspace);

#endif
