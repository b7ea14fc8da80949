/* SPDX-License-Identifier: Apache-2.0 */
/* QR by Householder reflections, with LAPACK's signs. */
#include "base/memory.h"
#include "opset/linalg/matrix_rows.h"
#include "opset/linalg/matrix_stack.h"

#include <complex.h>
#include <string.h>

#include "opset/linalg/generic/number_real.h"

#include "opset/linalg/generic/qr_steps.h"

#include "opset/linalg/generic/number_complex.h"

#include "opset/linalg/generic/qr_steps.h"

kov_status kov_infer_qr(kov_infer *infer)
{
    kov_dim dims[KOV_MAX_NDIM];
    int ndim = infer->inputs[0].ndim;
    KOV_TRY(kov_infer_matrices(infer, 0, false, dims));
    kov_dim rows = dims[ndim - 2], columns = dims[ndim - 1];
    bool complete = infer->attrs[KOV_QR_COMPLETE].u.boolean;
    kov_dim inner = complete ? rows : kov_dim_min(infer->dims, rows, columns);
    dims[ndim - 1] = inner;
    kov_infer_set(infer, 0, infer->inputs[0].dtype, ndim, dims);
    dims[ndim - 2] = inner;
    dims[ndim - 1] = columns;
    kov_infer_set(infer, 1, infer->inputs[0].dtype, ndim, dims);
    return KOV_OK;
}

/* Vectors, factors and row of the steps. */
static bool open_work(const kov_eval *eval, int64_t rows, int64_t widest, int64_t steps,
                      int64_t parts, double **work)
{
    work[0] = kov_matrix_scratch(eval, steps, rows * parts);
    work[1] = kov_matrix_scratch(eval, steps, parts);
    work[2] = kov_matrix_scratch(eval, widest, parts);
    return work[0] && work[1] && work[2];
}

kov_status kov_eval_qr(kov_eval *eval)
{
    kov_matrix_stack a, q = {0}, r = {0};
    double *work[3] = {NULL};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    /* The last row of a real matrix is as it shall be; of a complex one, its corner becomes real.
     */
    int64_t reflected = a.is_complex ? a.rows : a.rows - 1, parts = a.is_complex ? 2 : 1;
    int64_t steps = reflected < a.columns ? reflected : a.columns;
    steps = steps > 0 ? steps : 0;
    kov_status status = kov_matrix_stack_create(eval, 0, false, &q);
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 1, false, &r);
    if (status == KOV_OK) {
        int64_t widest = a.columns > q.columns ? a.columns : q.columns;
        status = open_work(eval, a.rows, widest, steps, parts, work) ? KOV_OK : KOV_OUT_OF_MEMORY;
    }
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        if (a.is_complex)
            factor_complex(kov_complex_matrix_of(&a, m), a.rows, a.columns, steps,
                           kov_complex_matrix_of(&q, m), q.columns, work);
        else
            factor_real(kov_matrix_of(&a, m), a.rows, a.columns, steps, kov_matrix_of(&q, m),
                        q.columns, work);
        memcpy(kov_matrix_of(&r, m), kov_matrix_of(&a, m),
               sizeof(double) * (size_t)(r.rows * r.columns * parts));
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &q);
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 1, &r);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &q);
    kov_matrix_stack_drop(eval, &r);
    for (int i = 0; i < 3; i++)
        kov_free(eval->context, work[i]);
    return status;
}
