/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of matrices, (..., rows, columns), for the operations of linear algebra. All compute in
 * double or complex double: what a float32 matrix loses then is the rounding of the result. */
#ifndef KOV_OPSET_LINALG_MATRIX_STACK_H
#define KOV_OPSET_LINALG_MATRIX_STACK_H

#include "opset/elements.h"

#include <complex.h>

typedef struct kov_matrix_stack {
    int64_t count, rows, columns;
    bool is_complex; /* each number has two parts */
    double *at;      /* row by row; kov_matrix_stack_drop */
} kov_matrix_stack;

static inline double *kov_matrix_of(const kov_matrix_stack *stack, int64_t i)
{
    return stack->at + i * stack->rows * stack->columns * (stack->is_complex ? 2 : 1);
}

static inline double complex *kov_complex_matrix_of(const kov_matrix_stack *stack, int64_t i)
{
    return (double complex *)kov_matrix_of(stack, i);
}

/* An input as doubles, in pairs where it is complex. */
kov_status kov_matrix_stack_load(const kov_eval *eval, int input, kov_matrix_stack *out);
/* Zeros in the shape and kind of an output; a vector for each matrix counts as one row. */
kov_status kov_matrix_stack_create(const kov_eval *eval, int output, bool vectors,
                                   kov_matrix_stack *out);
/* Writes an output. */
kov_status kov_matrix_stack_store(const kov_eval *eval, int output, const kov_matrix_stack *stack);
void kov_matrix_stack_drop(const kov_eval *eval, kov_matrix_stack *stack);

/* Numbers for work of one matrix; NULL with the failure set. The caller frees it with kov_free. */
double *kov_matrix_scratch(const kov_eval *eval, int64_t rows, int64_t columns);

/* The input must hold matrices of floats or complex numbers; if asked for, square ones. dims
 * receives its dimensions. */
kov_status kov_infer_matrices(const kov_infer *infer, int input, bool square, kov_dim *dims);
/* That of sizes of a dtype's numbers. */
kov_dtype kov_matrix_size_dtype(kov_dtype dtype);

#endif
