/* SPDX-License-Identifier: Apache-2.0 */
/* QR by Householder reflections, with LAPACK's signs. */
#include "base/memory.h"
#include "opset/linalg/matrix_stack.h"

#include <math.h>
#include <string.h>

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

/* Euclidean length of a column from row `first`, scaled so that squares neither overflow nor
 * vanish. */
static double column_length(const double *a, int64_t rows, int64_t columns, int64_t column,
                            int64_t first)
{
    double most = 0, sum = 0;
    for (int64_t i = first; i < rows; i++)
        most = fmax(most, fabs(a[i * columns + column]));
    for (int64_t i = first; i < rows && most > 0; i++) {
        double x = a[i * columns + column] / most;
        sum += x * x;
    }
    return most * sqrt(sum);
}

/* m := (1 - 2 v v^T) m for rows `first` and after; v has unit length. */
static void reflect_rows(double *m, int64_t rows, int64_t columns, int64_t first, const double *v)
{
    for (int64_t j = 0; j < columns; j++) {
        double sum = 0;
        for (int64_t i = first; i < rows; i++)
            sum += v[i] * m[i * columns + j];
        for (int64_t i = first; i < rows; i++)
            m[i * columns + j] -= 2 * sum * v[i];
    }
}

/* m := m (1 - 2 v v^T), m square. */
static void reflect_columns(double *m, int64_t n, int64_t first, const double *v)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = first; j < n; j++)
            sum += m[i * n + j] * v[j];
        for (int64_t j = first; j < n; j++)
            m[i * n + j] -= 2 * sum * v[j];
    }
}

void kov_householder_qr(double *a, int64_t rows, int64_t columns, double *q, double *work)
{
    int64_t steps = rows - 1 < columns ? rows - 1 : columns;
    for (int64_t i = 0; i < rows * rows; i++)
        q[i] = i % (rows + 1) == 0;
    for (int64_t k = 0; k < steps; k++) {
        double length = column_length(a, rows, columns, k, k);
        double below = column_length(a, rows, columns, k, k + 1);
        if (below == 0)
            continue; /* nothing to clear: LAPACK reflects nothing either */
        double head = a[k * columns + k];
        double target = head >= 0 ? -length : length, norm;
        work[k] = head - target;
        norm = hypot(work[k], below);
        for (int64_t i = k; i < rows; i++)
            work[i] = (i == k ? work[k] : a[i * columns + k]) / norm;
        reflect_rows(a, rows, columns, k, work);
        reflect_columns(q, rows, k, work);
        a[k * columns + k] = target;
        for (int64_t i = k + 1; i < rows; i++)
            a[i * columns + k] = 0;
    }
}

kov_status kov_eval_qr(kov_eval *eval)
{
    kov_matrix_stack a, q = {0}, r = {0};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    double *whole = kov_matrix_scratch(eval, a.rows, a.rows),
           *work = kov_matrix_scratch(eval, a.rows, 1);
    kov_status status = whole && work ? KOV_OK : KOV_OUT_OF_MEMORY;
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 0, false, &q);
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 1, false, &r);
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        kov_householder_qr(kov_matrix_of(&a, m), a.rows, a.columns, whole, work);
        memcpy(kov_matrix_of(&r, m), kov_matrix_of(&a, m),
               sizeof(double) * (size_t)(r.rows * r.columns));
        for (int64_t i = 0; i < q.rows * q.columns; i++)
            kov_matrix_of(&q, m)[i] = whole[i / q.columns * a.rows + i % q.columns];
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &q);
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 1, &r);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &q);
    kov_matrix_stack_drop(eval, &r);
    kov_free(eval->context, whole);
    kov_free(eval->context, work);
    return status;
}
