/* SPDX-License-Identifier: Apache-2.0 */
/* The packed layout of B. Columns go in panels of kernels->panel, the last one as wide as its
 * columns need in whole vectors; a panel is row after row of that width, zeros in the columns past
 * n. Panel p starts at p * panel * k. */
#ifndef KOV_NATIVE_GEMM_PACK_H
#define KOV_NATIVE_GEMM_PACK_H

#include "native/kernels/gemm/gemm_tile.h"

/* Panels of an n-column matrix. */
int64_t kov_gemm_panel_count(const kov_gemm_kernels *kernels, int64_t n);

/* Floats of the packed K x N matrix. */
int64_t kov_gemm_packed_floats(const kov_gemm_kernels *kernels, int64_t k, int64_t n);

/* Packs rows [k_from, k_from + k_count) of panel `panel` of a matrix of k_total rows and n columns.
 * b points at row k_from, column 0 of the whole matrix; `packed` at the whole packed matrix. */
void kov_gemm_pack_panel(const kov_gemm_kernels *kernels, int64_t k_total, int64_t n, int64_t panel,
                         int64_t k_from, int64_t k_count, const float *b, int64_t b_row,
                         int64_t b_column, float *packed);

/* out[i * out_row + j] = a[i * a_row + j * a_column], for any strides, in cache-sized squares. */
void kov_gemm_copy_block(int64_t rows, int64_t columns, const float *a, int64_t a_row,
                         int64_t a_column, float *out, int64_t out_row);

#endif
