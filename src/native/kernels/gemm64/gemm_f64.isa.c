/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm64/gemm_f64_kernels.h"
#include "native/kernels/math/math_vector.h"

/* Sums of a tile stay in registers: 8 x 16 of 32 wide ones, or 4 x 8 and 2 x 4 of 16. */
#if KOV_VECTOR_BYTES == 64
enum { ROWS = 8 };
#else
enum { ROWS = 4 };
#endif
enum { VECTORS = 2, WIDTH = VECTORS * KOV_VD };

/* Rows beyond the last are computed as that one, and not stored. */
KOV_INLINE void multiply_tile(const kov_f64_block *g, int64_t row, int64_t column)
{
    vd sum[ROWS][VECTORS];
    const double *a[ROWS];
    KOV_UNROLL
    for (int r = 0; r < ROWS; r++) {
        int64_t at = row + r < g->rows ? row + r : g->rows - 1;
        a[r] = g->a + at * g->a_row;
        for (int j = 0; j < VECTORS; j++)
            sum[r][j] = vd_set(0);
    }
    const double *b = g->panel + column;
    for (int64_t k = 0; k < g->k; k++, b += KOV_F64_PANEL) {
        int64_t at = k * g->a_column;
        vd right[VECTORS];
        KOV_UNROLL
        for (int j = 0; j < VECTORS; j++)
            right[j] = vd_load(b + j * KOV_VD);
        KOV_UNROLL
        for (int r = 0; r < ROWS; r++) {
            vd left = vd_set(a[r][at]);
            KOV_UNROLL
            for (int j = 0; j < VECTORS; j++)
                sum[r][j] = vd_fma(left, right[j], sum[r][j]);
        }
    }
    int64_t columns = g->columns - column < WIDTH ? g->columns - column : WIDTH;
    for (int r = 0; r < ROWS && row + r < g->rows; r++) {
        double *c = g->c + (row + r) * g->c_row + column, out[WIDTH];
        for (int j = 0; j < VECTORS; j++)
            vd_store(out + j * KOV_VD, sum[r][j]);
        memcpy(c, out, (size_t)columns * sizeof *c);
    }
}

void KOV_ISA_NAME(f64_gemm_panel)(const kov_f64_block *block)
{
    for (int64_t row = 0; row < block->rows; row += ROWS) {
        for (int64_t column = 0; column < block->columns; column += WIDTH)
            multiply_tile(block, row, column);
    }
}
