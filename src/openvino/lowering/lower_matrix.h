/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix factorisations of float32, which OpenVINO lacks, as loops over columns. A matrix is the
 * last two dimensions; all dimensions are known and none is 0. */
#ifndef KOV_OPENVINO_LOWER_MATRIX_H
#define KOV_OPENVINO_LOWER_MATRIX_H

#include "graph/builder.h"

#define KOV_LOWER_COLUMNS                                                                          \
    512 /* of a matrix at most, and rows; beyond, native is the better place */

/* Row pivoting, of equals the first: as the row LU says. */
void kov_lower_lu(kov_builder *b, kov_value x, kov_value *lu, kov_value *swaps,
                  kov_value *permutation);
kov_value kov_lower_triangular_solve(kov_builder *b, kov_value matrix, kov_value right, bool lower,
                                     bool transpose, bool unit_diagonal);
/* NaN where a matrix is not positive definite. */
kov_value kov_lower_cholesky(kov_builder *b, kov_value x);
/* Householder reflections with LAPACK's signs. */
void kov_lower_qr(kov_builder *b, kov_value x, bool complete, kov_value *q, kov_value *r);

/* By rotations of pairs of columns (src/openvino/lowering/lower_jacobi.c). Signs of vectors are not
 * those of other engines; eigenvalues ascend, singular values descend. Eigh reads the lower
 * triangle. */
void kov_lower_svd(kov_builder *b, kov_value x, bool full, kov_value *u, kov_value *s,
                   kov_value *vh);
void kov_lower_eigh(kov_builder *b, kov_value x, kov_value *values, kov_value *vectors);

/* ---- shared by both files ---- */

int64_t kov_matrix_dim(kov_builder *b, kov_value x, int from_end); /* 1: columns, 2: rows */
kov_value kov_matrix_transpose(kov_builder *b, kov_value x);
/* Elements [start, stop) of the last dimension, or of that before it. */
kov_value kov_matrix_part(kov_builder *b, kov_value x, int from_end, int64_t start, int64_t stop);
/* The columns of x (..., n, m) in the order (..., k) of indices. */
kov_value kov_matrix_columns(kov_builder *b, kov_value x, kov_value order);
kov_value kov_matrix_sum(kov_builder *b, kov_value x, int from_end); /* keeps the dimension */
/* Identity matrices in the batch of x, of n rows. */
kov_value kov_matrix_identity(kov_builder *b, kov_value x, int64_t n);

#endif
