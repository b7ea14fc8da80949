/* SPDX-License-Identifier: Apache-2.0 */
/* Random matrices, and products of results in higher precision. */
#ifndef KOV_TESTS_MATRIX_CASE_H
#define KOV_TESTS_MATRIX_CASE_H

#include "opset/op_case.h"

typedef struct matrix {
    int64_t rows, columns;
    double *at; /* row by row; lives until matrix_free_all */
} matrix;

matrix matrix_new(int64_t rows, int64_t columns);
matrix matrix_random(int64_t rows, int64_t columns); /* in [-1, 1), another one each time */
matrix matrix_of(const kov_tensor *tensor);          /* a vector is one row */
matrix matrix_product(matrix x, matrix y);           /* in long double */
matrix matrix_transposed(matrix x);
matrix matrix_diagonal(const kov_tensor *values, int64_t rows, int64_t columns);
void matrix_free_all(void);
kov_value matrix_value(op_case *test, matrix x); /* float64 */

/* max |x - y| <= units * eps * (1 + the Frobenius norm of y) */
void matrix_check(matrix x, matrix y, double units);
void matrix_check_orthogonal_columns(matrix x, double units);

#endif
