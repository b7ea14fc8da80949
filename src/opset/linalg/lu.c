/* SPDX-License-Identifier: Apache-2.0 */
/* LU with row pivoting, and the inverse by it. */
#include "base/memory.h"
#include "opset/linalg/matrix_rows.h"
#include "opset/linalg/matrix_stack.h"

#include <math.h>

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

static void swap_rows(double *a, int64_t columns, int64_t i, int64_t k)
{
    for (int64_t j = 0; j < columns && i != k; j++) {
        double kept = a[i * columns + j];
        a[i * columns + j] = a[k * columns + j];
        a[k * columns + j] = kept;
    }
}

int kov_lu_factor(double *a, int64_t rows, int64_t columns, int64_t *swaps)
{
    int64_t steps = rows < columns ? rows : columns;
    int sign = 1;
    for (int64_t k = 0; k < steps; k++) {
        int64_t best = k;
        for (int64_t i = k + 1; i < rows; i++) {
            if (fabs(a[i * columns + k]) > fabs(a[best * columns + k]))
                best = i;
        }
        swaps[k] = best;
        sign = best == k ? sign : -sign;
        swap_rows(a, columns, k, best);
        double pivot = a[k * columns + k];
        for (int64_t i = k + 1; i < rows && pivot != 0; i++) {
            double factor = a[i * columns + k] / pivot;
            a[i * columns + k] = factor;
            kov_row_add(a + i * columns + k + 1, a + k * columns + k + 1, -factor, columns - k - 1);
        }
    }
    return sign;
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
        kov_lu_factor(kov_matrix_of(&a, m), a.rows, a.columns, swap);
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

/* a becomes its inverse, or its adjugate: the inverse times the determinant. */
static void invert(double *a, int64_t n, bool adjoint, double *out, int64_t *swaps)
{
    double scale = kov_lu_factor(a, n, n, swaps);
    for (int64_t i = 0; i < n; i++) {
        out[i * n + i] = 1;
        scale *= a[i * n + i];
    }
    for (int64_t k = 0; k < n; k++)
        swap_rows(out, n, k, swaps[k]);
    kov_triangular_solve_in_place(a, n, true, false, true, out, n);
    kov_triangular_solve_in_place(a, n, false, false, false, out, n);
    for (int64_t i = 0; i < n * n && adjoint; i++)
        out[i] *= scale;
}

kov_status kov_eval_inverse(kov_eval *eval)
{
    bool adjoint = eval->attrs[KOV_INVERSE_ADJOINT].u.boolean;
    kov_matrix_stack a, out = {0};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    int64_t *swaps = integers(eval, a.rows);
    kov_status status = swaps ? kov_matrix_stack_create(eval, 0, false, &out) : KOV_OUT_OF_MEMORY;
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++)
        invert(kov_matrix_of(&a, m), a.rows, adjoint, kov_matrix_of(&out, m), swaps);
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &out);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &out);
    kov_free(eval->context, swaps);
    return status;
}
