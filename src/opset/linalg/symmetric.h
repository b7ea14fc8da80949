/* SPDX-License-Identifier: Apache-2.0 */
/* Eigenvalues of large symmetric matrices. */
#ifndef KOV_OPSET_LINALG_SYMMETRIC_H
#define KOV_OPSET_LINALG_SYMMETRIC_H

#include <stdbool.h>
#include <stdint.h>

/* a (n, n), finite and symmetric, is used up; values ascend, and row i of vectors (n, n) is the
 * eigenvector of value i. work: 3 n numbers. False without convergence. */
bool kov_symmetric_eigen(double *a, int64_t n, double *values, double *vectors, double *work);

#endif
