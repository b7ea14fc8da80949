/* SPDX-License-Identifier: Apache-2.0 */
/* Eigenvalues and eigenvectors of complex square matrices. */
#ifndef KOV_OPSET_LINALG_COMPLEX_EIGEN_H
#define KOV_OPSET_LINALG_COMPLEX_EIGEN_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

/* a (n, n) is used up; column k of vectors (n, n), zeros before, is the vector of value k, of
 * length 1 and its largest component real. work: n * n + 2 n numbers. False without convergence, as
 * where a number is not finite. */
bool kov_complex_eigen(double complex *a, int64_t n, double complex *values,
                       double complex *vectors, double complex *work);

#endif
