/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/gemm_pack.h"

#include <string.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* One cache line of floats: the square that a transposition works in. */
#define SQUARE 16

int64_t kov_gemm_panel_count(const kov_gemm_kernels *kernels, int64_t n)
{
    return (n + kernels->panel - 1) / kernels->panel;
}

int64_t kov_gemm_packed_floats(const kov_gemm_kernels *kernels, int64_t k, int64_t n)
{
    return k * ((n + kernels->lanes - 1) / kernels->lanes * kernels->lanes);
}

static void copy_elements(int64_t rows, int64_t columns, const float *a, int64_t a_row,
                          int64_t a_column, float *out, int64_t out_row)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            out[i * out_row + j] = a[i * a_row + j * a_column];
}

/* A whole square whose source runs along rows (a_row is 1): four by four in registers where there
 * are vectors. */
static void transpose_square(const float *a, int64_t a_column, float *out, int64_t out_row)
{
#if defined(__SSE__)
    for (int64_t i = 0; i < SQUARE; i += 4) {
        for (int64_t j = 0; j < SQUARE; j += 4) {
            __m128 x0 = _mm_loadu_ps(a + j * a_column + i);
            __m128 x1 = _mm_loadu_ps(a + (j + 1) * a_column + i);
            __m128 x2 = _mm_loadu_ps(a + (j + 2) * a_column + i);
            __m128 x3 = _mm_loadu_ps(a + (j + 3) * a_column + i);
            _MM_TRANSPOSE4_PS(x0, x1, x2, x3);
            _mm_storeu_ps(out + i * out_row + j, x0);
            _mm_storeu_ps(out + (i + 1) * out_row + j, x1);
            _mm_storeu_ps(out + (i + 2) * out_row + j, x2);
            _mm_storeu_ps(out + (i + 3) * out_row + j, x3);
        }
    }
#else
    copy_elements(SQUARE, SQUARE, a, 1, a_column, out, out_row);
#endif
}

void kov_gemm_copy_block(int64_t rows, int64_t columns, const float *a, int64_t a_row,
                         int64_t a_column, float *out, int64_t out_row)
{
    if (a_column == 1) {
        for (int64_t i = 0; i < rows; i++)
            memcpy(out + i * out_row, a + i * a_row, (size_t)columns * sizeof *a);
        return;
    }
    for (int64_t j = 0; j < columns; j += SQUARE) {
        int64_t wide = columns - j < SQUARE ? columns - j : SQUARE;
        for (int64_t i = 0; i < rows; i += SQUARE) {
            int64_t tall = rows - i < SQUARE ? rows - i : SQUARE;
            const float *from = a + i * a_row + j * a_column;
            if (a_row == 1 && wide == SQUARE && tall == SQUARE)
                transpose_square(from, a_column, out + i * out_row + j, out_row);
            else
                copy_elements(tall, wide, from, a_row, a_column, out + i * out_row + j, out_row);
        }
    }
}

void kov_gemm_pack_panel(const kov_gemm_kernels *kernels, int64_t k_total, int64_t n, int64_t panel,
                         int64_t k_from, int64_t k_count, const float *b, int64_t b_row,
                         int64_t b_column, float *packed)
{
    int64_t first = panel * kernels->panel;
    int64_t columns = n - first < kernels->panel ? n - first : kernels->panel;
    int64_t width = kov_gemm_panel_width(kernels, columns);
    float *out = packed + first * k_total + k_from * width;
    kov_gemm_copy_block(k_count, columns, b + first * b_column, b_row, b_column, out, width);
    if (columns < width)
        for (int64_t i = 0; i < k_count; i++)
            memset(out + i * width + columns, 0, (size_t)(width - columns) * sizeof *out);
}
