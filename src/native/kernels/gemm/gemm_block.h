/* SPDX-License-Identifier: Apache-2.0 */
/* A block of rows of A times one panel of B, tile by tile: what GEMM is a loop over. */
#ifndef KOV_NATIVE_GEMM_BLOCK_H
#define KOV_NATIVE_GEMM_BLOCK_H

#include "native/kernels/gemm/epilogue.h"
#include "native/kernels/gemm/gemm_tile.h"

/* Multiply-adds below which waking another thread costs more than it saves. */
#define KOV_GEMM_SERIAL_WORK 4e5

/* Items for each worker: with these, sharing them out leaves little idle time at the end. */
#define KOV_GEMM_ITEMS 8

typedef struct kov_gemm_block {
    const kov_gemm_kernels *kernels;
    int64_t rows, k, columns; /* columns: of this panel */
    const float *a, *b;
    int64_t a_row, b_row;
    float *c;
    int64_t c_row;
    bool load, finish;
    const float *scale, *bias, *residual;
    int64_t residual_row;
    float low, high;
} kov_gemm_block;

/* What the store applies of the epilogue, for the panel that starts at column `column`. `residual`
 * is at the block's first element. */
void kov_gemm_block_set_epilogue(kov_gemm_block *block, const kov_epilogue *epilogue,
                                 int64_t column, const float *residual, int64_t residual_row);

void kov_gemm_block_run(const kov_gemm_block *block);

/* Rows of the largest tile to use where rows of A are a_row elements apart. */
int kov_gemm_tile_rows(const kov_gemm_kernels *kernels, int64_t a_row);

/* The block of A that stays in the second-level cache. */
typedef struct kov_gemm_block_shape {
    int64_t rows, k;
} kov_gemm_block_shape;
kov_gemm_block_shape kov_gemm_block_shape_for(const kov_gemm_kernels *kernels, int64_t m, int64_t k,
                                              int64_t longest);

/* The usual limit of k in a block: a panel of B then takes 256 KiB of the second level. */
#define KOV_GEMM_LONGEST 2048

/* Row stride of a copied block of k columns. */
int64_t kov_gemm_copy_row(int64_t k);

#endif
