/* SPDX-License-Identifier: Apache-2.0 */
/* Singular values of large matrices, and of all complex ones. */
#ifndef KOV_OPSET_LINALG_BIDIAGONAL_H
#define KOV_OPSET_LINALG_BIDIAGONAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct kov_bidiagonal {
    int64_t tall, wide; /* of the matrix, tall >= wide */
    int64_t left_count; /* left vectors asked for: wide to tall */
    bool is_complex;    /* numbers are pairs but for the values */
    double *a;          /* (tall, wide): finite, of elements of size about 1; used up */
    double *left;       /* (left_count, tall): row i is left vector i */
    double *right;      /* (wide, wide): row i is right vector i, if complex its conjugate */
    double *values;     /* wide, descending */
    double *work;       /* wide doubles and wide * (tall + 3) numbers */
} kov_bidiagonal;

bool kov_bidiagonal_svd(const kov_bidiagonal *m); /* false without convergence */

#endif
