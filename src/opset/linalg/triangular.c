/* SPDX-License-Identifier: Apache-2.0 */
/* Cholesky factors and triangular systems. */
#include "opset/linalg/matrix_rows.h"
#include "opset/linalg/matrix_stack.h"

#include <complex.h>
#include <math.h>

#include "opset/linalg/generic/number_real.h"

#include "opset/linalg/generic/cholesky_steps.h"

#include "opset/linalg/generic/triangular_steps.h"

#include "opset/linalg/generic/number_complex.h"

#include "opset/linalg/generic/cholesky_steps.h"

#include "opset/linalg/generic/triangular_steps.h"

kov_status kov_infer_cholesky(kov_infer *infer)
{
    kov_dim dims[KOV_MAX_NDIM];
    KOV_TRY(kov_infer_matrices(infer, 0, true, dims));
    kov_infer_set(infer, 0, infer->inputs[0].dtype, infer->inputs[0].ndim, dims);
    return KOV_OK;
}

kov_status kov_eval_cholesky(kov_eval *eval)
{
    kov_matrix_stack a;
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    kov_status status = KOV_OK;
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        if (!(a.is_complex ? cholesky_complex(kov_complex_matrix_of(&a, m), a.rows)
                           : cholesky_real(kov_matrix_of(&a, m), a.rows)))
            status = kov_eval_fail(
                eval, KOV_INVALID_ARGUMENT,
                "Cholesky decomposition failed. The input might not be a valid positive "
                "definite matrix.");
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &a);
    kov_matrix_stack_drop(eval, &a);
    return status;
}

kov_status kov_infer_triangular_solve(kov_infer *infer)
{
    kov_dim a[KOV_MAX_NDIM], b[KOV_MAX_NDIM];
    int ndim = infer->inputs[0].ndim;
    KOV_TRY(kov_infer_matrices(infer, 0, true, a));
    KOV_TRY(kov_infer_matrices(infer, 1, false, b));
    KOV_TRY(kov_infer_same_dtype(infer, 0, 1));
    if (infer->inputs[1].ndim != ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "a and b must have the same rank");
    for (int i = 0; i < ndim - 1; i++)
        KOV_TRY(kov_infer_match(infer, "dimensions of a and b", a[i], b[i], &b[i]));
    kov_infer_set(infer, 0, infer->inputs[0].dtype, ndim, b);
    return KOV_OK;
}

kov_status kov_eval_triangular_solve(kov_eval *eval)
{
    bool lower = eval->attrs[KOV_TRIANGULAR_SOLVE_LOWER].u.boolean;
    bool transpose = eval->attrs[KOV_TRIANGULAR_SOLVE_TRANSPOSE].u.boolean;
    bool unit = eval->attrs[KOV_TRIANGULAR_SOLVE_UNIT_DIAGONAL].u.boolean;
    kov_matrix_stack a, b = {0};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    kov_status status = kov_matrix_stack_load(eval, 1, &b);
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        if (a.is_complex)
            solve_triangle_complex(kov_complex_matrix_of(&a, m), a.rows, lower, transpose, unit,
                                   kov_complex_matrix_of(&b, m), b.columns);
        else
            solve_triangle_real(kov_matrix_of(&a, m), a.rows, lower, transpose, unit,
                                kov_matrix_of(&b, m), b.columns);
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &b);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &b);
    return status;
}
