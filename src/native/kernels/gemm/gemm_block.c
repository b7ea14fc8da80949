/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/gemm_block.h"

const kov_gemm_kernels *kov_gemm_kernels_for(kov_isa isa)
{
    static const kov_gemm_kernels *const table[KOV_ISA_COUNT] = {
        &f32_gemm_kernels__baseline, &f32_gemm_kernels__avx2, &f32_gemm_kernels__avx512};
    return table[isa];
}

/* Rows a multiple of 4 KiB apart fall into one set of an eight-way first-level cache; 14 of them
 * would evict each other, 7 leave a way for B. */
int kov_gemm_tile_rows(const kov_gemm_kernels *kernels, int64_t a_row)
{
    return a_row % 1024 == 0 && kernels->rows > 7 ? 7 : kernels->rows;
}

int64_t kov_gemm_copy_row(int64_t k)
{
    int64_t row = (k + 15) / 16 * 16;
    return row % 256 == 0 ? row + 16 : row;
}

kov_gemm_block_shape kov_gemm_block_shape_for(const kov_gemm_kernels *kernels, int64_t m, int64_t k,
                                              int64_t longest)
{
    int64_t budget = (int64_t)kov_cpu_cache_sizes()->l2 / (int64_t)sizeof(float) * 2 / 5;
    int64_t parts = k > 0 ? (k + longest - 1) / longest : 1;
    kov_gemm_block_shape shape = {.k = k > 0 ? (k + parts - 1) / parts : 1};
    int64_t tiles = budget / shape.k / kernels->rows;
    shape.rows = kernels->rows * (tiles > 0 ? tiles : 1);
    if (shape.rows > m)
        shape.rows = m;
    return shape;
}

void kov_gemm_block_set_epilogue(kov_gemm_block *block, const kov_epilogue *epilogue,
                                 int64_t column, const float *residual, int64_t residual_row)
{
    block->scale = epilogue->scale ? epilogue->scale + column : 0;
    block->bias = epilogue->bias ? epilogue->bias + column : 0;
    block->residual = epilogue->residual_after ? 0 : residual;
    block->residual_row = residual_row;
    kov_epilogue_bounds(epilogue, &block->low, &block->high);
}

void kov_gemm_block_run(const kov_gemm_block *block)
{
    kov_gemm_pair pair = {.b = block->b};
    kov_gemm_tile tile = {.pairs = &pair,
                          .pair_count = block->k > 0 ? 1 : 0,
                          .k = block->k,
                          .a_row = block->a_row,
                          .b_row = block->b_row,
                          .c_row = block->c_row,
                          .columns = (int)block->columns,
                          .load = block->load,
                          .finish = block->finish,
                          .scale = block->scale,
                          .bias = block->bias,
                          .residual_row = block->residual_row,
                          .low = block->low,
                          .high = block->high};
    int most = kov_gemm_tile_rows(block->kernels, block->a_row);
    int64_t tiles = (block->rows + most - 1) / most;
    for (int64_t i = 0; i < tiles; i++) {
        int64_t row = i * block->rows / tiles, end = (i + 1) * block->rows / tiles;
        pair.a = block->a ? block->a + row * block->a_row : NULL;
        tile.c = block->c + row * block->c_row;
        tile.residual = block->residual ? block->residual + row * block->residual_row : 0;
        kov_gemm_tile_for(block->kernels, end - row, block->columns)(&tile);
    }
}
