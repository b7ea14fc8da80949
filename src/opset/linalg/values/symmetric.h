/* SPDX-License-Identifier: Apache-2.0 */
/* Eigenvalues of large symmetric matrices, and of all Hermitian ones. */
#ifndef KOV_OPSET_LINALG_SYMMETRIC_H
#define KOV_OPSET_LINALG_SYMMETRIC_H

#include <stdbool.h>
#include <stdint.h>

/* a (n, n), finite and symmetric or, if complex, Hermitian, is used up; values ascend, and row i of
 * vectors (n, n) is the eigenvector of value i. Complex numbers are pairs. work: 3 n numbers, of
 * complex ones 5 n. False without convergence. */
bool kov_symmetric_eigen(double *a, int64_t n, bool is_complex, double *values, double *vectors,
                         double *work);

#endif
