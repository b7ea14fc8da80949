/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of matrices, (..., rows, columns), for the operations of linear algebra. All compute in
 * double: what a float32 matrix loses then is the rounding of the result. */
#ifndef KOV_OPSET_LINALG_MATRIX_STACK_H
#define KOV_OPSET_LINALG_MATRIX_STACK_H

#include "opset/elements.h"

typedef struct kov_matrix_stack {
    int64_t count, rows, columns;
    double *at; /* row by row; kov_matrix_stack_drop */
} kov_matrix_stack;

static inline double *kov_matrix_of(const kov_matrix_stack *stack, int64_t i)
{
    return stack->at + i * stack->rows * stack->columns;
}

/* An input as doubles. */
kov_status kov_matrix_stack_load(const kov_eval *eval, int input, kov_matrix_stack *out);
/* Zeros in the shape of an output; a vector for each matrix counts as one row. */
kov_status kov_matrix_stack_create(const kov_eval *eval, int output, bool vectors,
                                   kov_matrix_stack *out);
/* Writes an output. */
kov_status kov_matrix_stack_store(const kov_eval *eval, int output, const kov_matrix_stack *stack);
void kov_matrix_stack_drop(const kov_eval *eval, kov_matrix_stack *stack);

/* Numbers for work of one matrix; NULL with the failure set. The caller frees it with kov_free. */
double *kov_matrix_scratch(const kov_eval *eval, int64_t rows, int64_t columns);

/* The input must hold floating-point matrices; if asked for, square ones. dims receives its
 * dimensions. */
kov_status kov_infer_matrices(const kov_infer *infer, int input, bool square, kov_dim *dims);

/* In place: L below the diagonal (of ones, not stored) and U, with row swaps[k] changed for row k
 * at step k < min(rows, columns). Returns the sign of the permutation; a zero pivot stays and is no
 * failure. */
int kov_lu_factor(double *a, int64_t rows, int64_t columns, int64_t *swaps);

/* In place x of a x = b, b (n, columns); a is read in its lower or its upper half only. */
void kov_triangular_solve_in_place(const double *a, int64_t n, bool lower, bool transpose,
                                   bool unit, double *b, int64_t columns);

#endif
