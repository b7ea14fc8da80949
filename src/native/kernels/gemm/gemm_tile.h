/* SPDX-License-Identifier: Apache-2.0 */
/* The micro-kernel that all of GEMM and convolution is made of: one tile of C,
 *     C = epilogue([C +] sum over pairs of A_i * B_i),
 * up to `rows` x `panel` elements held in registers. */
#ifndef KOV_NATIVE_GEMM_TILE_H
#define KOV_NATIVE_GEMM_TILE_H

#include "base/cpu.h"
#include <stdbool.h>
#include <stdint.h>

#define KOV_GEMM_ROWS_MAX 14
#define KOV_GEMM_PANEL_MAX 32

/* A_i: rows of k floats. B_i: k rows of whole vectors, the tile's columns rounded up. */
typedef struct kov_gemm_pair {
    const float *a, *b;
} kov_gemm_pair;

/* Strides in elements. */
typedef struct kov_gemm_tile {
    const kov_gemm_pair *pairs;
    int64_t pair_count, k;
    int64_t a_row, b_row;
    float *c;
    int64_t c_row;
    int columns;               /* 1 to vectors * lanes */
    bool load;                 /* start from C instead of 0 */
    bool finish;               /* last of the sums into C: apply what follows */
    const float *scale, *bias; /* at the tile's first column, or NULL */
    const float *residual;     /* at the tile's first element, or NULL */
    int64_t residual_row;
    float low, high; /* clip bounds */
} kov_gemm_tile;

typedef void kov_gemm_tile_fn(const kov_gemm_tile *tile);

/* What the drivers must know of an instruction set. */
typedef struct kov_gemm_kernels {
    int rows;                                            /* of the largest tile */
    int lanes;                                           /* floats in a vector */
    int panel;                                           /* columns of a packed panel: 2 * lanes */
    kov_gemm_tile_fn *const (*tiles)[KOV_GEMM_ROWS_MAX]; /* [vectors - 1][rows - 1] */
} kov_gemm_kernels;

const kov_gemm_kernels *kov_gemm_kernels_for(kov_isa isa);

extern const kov_gemm_kernels f32_gemm_kernels__baseline;
extern const kov_gemm_kernels f32_gemm_kernels__avx2;
extern const kov_gemm_kernels f32_gemm_kernels__avx512;

/* Vectors that `columns` take, and width of the packed panel that holds them (the last panel of a
 * matrix may be one vector wide). */
static inline int kov_gemm_panel_width(const kov_gemm_kernels *kernels, int64_t columns)
{
    return columns > kernels->lanes ? kernels->panel : kernels->lanes;
}

static inline kov_gemm_tile_fn *kov_gemm_tile_for(const kov_gemm_kernels *kernels, int64_t rows,
                                                  int64_t columns)
{
    return kernels->tiles[columns > kernels->lanes ? 1 : 0][rows - 1];
}

#endif
