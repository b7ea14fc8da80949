/* SPDX-License-Identifier: Apache-2.0 */
/* LU with row pivoting, and the inverse by it. */
#include "base/memory.h"
#include "opset/linalg/matrix_rows.h"
#include "opset/linalg/matrix_stack.h"

#include <complex.h>
#include <math.h>

#include "opset/linalg/generic/number_real.h"

#include "opset/linalg/generic/triangular_steps.h"

#include "opset/linalg/generic/lu_steps.h"

#include "opset/linalg/generic/number_complex.h"

#include "opset/linalg/generic/triangular_steps.h"

#include "opset/linalg/generic/lu_steps.h"

kov_status kov_infer_lu(kov_infer *infer)
{
    kov_dim dims[KOV_MAX_NDIM];
    int ndim = infer->inputs[0].ndim;
    KOV_TRY(kov_infer_matrices(infer, 0, false, dims));
    kov_dim rows = dims[ndim - 2], columns = dims[ndim - 1];
    kov_infer_set(infer, 0, infer->inputs[0].dtype, ndim, dims);
    dims[ndim - 2] = kov_dim_min(infer->dims, rows, columns);
    kov_infer_set(infer, 1, KOV_DTYPE_I32, ndim - 1, dims);
    dims[ndim - 2] = rows;
    kov_infer_set(infer, 2, KOV_DTYPE_I32, ndim - 1, dims);
    return KOV_OK;
}

static int64_t *integers(const kov_eval *eval, int64_t n)
{
    size_t bytes;
    int64_t *at = NULL;
    if (kov_size_mul((size_t)n + 1, sizeof *at, &bytes))
        at = kov_alloc(eval->context, bytes);
    if (!at)
        kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "no memory for the pivots");
    return at;
}

kov_status kov_eval_lu(kov_eval *eval)
{
    kov_matrix_stack a;
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    int64_t steps = a.rows < a.columns ? a.rows : a.columns;
    int64_t *swaps = integers(eval, eval->outputs[1].count),
            *order = integers(eval, eval->outputs[2].count);
    kov_status status = swaps && order ? KOV_OK : KOV_OUT_OF_MEMORY;
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        int64_t *swap = swaps + m * steps, *at = order + m * a.rows;
        if (a.is_complex)
            lu_factor_complex(kov_complex_matrix_of(&a, m), a.rows, a.columns, swap);
        else
            lu_factor_real(kov_matrix_of(&a, m), a.rows, a.columns, swap);
        for (int64_t i = 0; i < a.rows; i++)
            at[i] = i;
        for (int64_t k = 0; k < steps; k++) {
            int64_t kept = at[k];
            at[k] = at[swap[k]];
            at[swap[k]] = kept;
        }
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &a);
    if (status == KOV_OK)
        status = kov_elements_store(&eval->outputs[1], KOV_DTYPE_I64, swaps);
    if (status == KOV_OK)
        status = kov_elements_store(&eval->outputs[2], KOV_DTYPE_I64, order);
    kov_matrix_stack_drop(eval, &a);
    kov_free(eval->context, swaps);
    kov_free(eval->context, order);
    return status;
}

kov_status kov_infer_inverse(kov_infer *infer)
{
    kov_dim dims[KOV_MAX_NDIM];
    KOV_TRY(kov_infer_matrices(infer, 0, true, dims));
    kov_infer_set(infer, 0, infer->inputs[0].dtype, infer->inputs[0].ndim, dims);
    return KOV_OK;
}

kov_status kov_eval_inverse(kov_eval *eval)
{
    bool adjoint = eval->attrs[KOV_INVERSE_ADJOINT].u.boolean;
    kov_matrix_stack a, out = {0};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    int64_t *swaps = integers(eval, a.rows);
    kov_status status = swaps ? kov_matrix_stack_create(eval, 0, false, &out) : KOV_OUT_OF_MEMORY;
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        if (a.is_complex)
            invert_complex(kov_complex_matrix_of(&a, m), a.rows, adjoint,
                           kov_complex_matrix_of(&out, m), swaps);
        else
            invert_real(kov_matrix_of(&a, m), a.rows, adjoint, kov_matrix_of(&out, m), swaps);
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &out);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &out);
    kov_free(eval->context, swaps);
    return status;
}
