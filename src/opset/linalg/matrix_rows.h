/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of factorisations along rows, and Householder reflections. */
#ifndef KOV_OPSET_LINALG_MATRIX_ROWS_H
#define KOV_OPSET_LINALG_MATRIX_ROWS_H

#include <stdint.h>

/* y += by * x; they do not overlap. */
void kov_row_add(double *restrict y, const double *restrict x, double by, int64_t n);
/* (x, y) to (c x + s y, c y - s x); they do not overlap. */
void kov_rows_rotate(double *restrict x, double *restrict y, double c, double s, int64_t n);
double kov_row_dot(const double *x, const double *y, int64_t n);

/* The reflection I - factor v v^T that leaves of v's elements only the first, *left; v becomes its
 * vector. Returns the factor; 0: there is nothing to do. */
double kov_reflector(double *v, int64_t n, double *left);

#endif
