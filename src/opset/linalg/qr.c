/* SPDX-License-Identifier: Apache-2.0 */
/* QR by Householder reflections, with LAPACK's signs. */
#include "base/memory.h"
#include "opset/linalg/matrix_rows.h"
#include "opset/linalg/matrix_stack.h"

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

/* m := (1 - factor v v^T) m for `rows` rows of `columns` numbers, `stride` apart; w: a row. */
static void reflect(double *m, int64_t rows, int64_t columns, int64_t stride, const double *v,
                    double factor, double *w)
{
    memset(w, 0, sizeof *w * (size_t)columns);
    for (int64_t i = 0; i < rows; i++)
        kov_row_add(w, m + i * stride, factor * v[i], columns);
    for (int64_t i = 0; i < rows; i++)
        kov_row_add(m + i * stride, w, -v[i], columns);
}

typedef struct qr_work {
    double *vectors; /* (steps, rows): the vector of reflection k is row k from element k on */
    double *factors; /* steps */
    double *row;     /* as many numbers as a has columns, or q */
} qr_work;

/* a (rows, columns) becomes r. A column with nothing to clear is left alone, as by LAPACK. */
static void triangularize(double *a, int64_t rows, int64_t columns, int64_t steps, qr_work *work)
{
    for (int64_t k = 0; k < steps; k++) {
        double *v = work->vectors + k * rows + k, *corner = a + k * columns + k, left;
        int64_t below = rows - k;
        for (int64_t i = 0; i < below; i++)
            v[i] = corner[i * columns];
        double factor = work->factors[k] = kov_reflector(v, below, &left);
        if (factor == 0)
            continue;
        reflect(corner + 1, below, columns - k - 1, columns, v, factor, work->row);
        corner[0] = left;
        for (int64_t i = 1; i < below; i++)
            corner[i * columns] = 0;
    }
}

/* q (rows, inner): the first columns of the reflections' product. From the last one on each changes
 * only what is below and right of its own corner. */
static void gather(double *q, int64_t rows, int64_t inner, int64_t steps, const qr_work *work)
{
    for (int64_t i = 0; i < inner; i++)
        q[i * inner + i] = 1;
    for (int64_t k = steps - 1; k >= 0; k--) {
        if (work->factors[k] != 0)
            reflect(q + k * inner + k, rows - k, inner - k, inner, work->vectors + k * rows + k,
                    work->factors[k], work->row);
    }
}

static bool open_work(const kov_eval *eval, int64_t rows, int64_t widest, int64_t steps,
                      qr_work *work)
{
    work->vectors = kov_matrix_scratch(eval, steps, rows);
    work->factors = kov_matrix_scratch(eval, steps, 1);
    work->row = kov_matrix_scratch(eval, widest, 1);
    return work->vectors && work->factors && work->row;
}

kov_status kov_eval_qr(kov_eval *eval)
{
    kov_matrix_stack a, q = {0}, r = {0};
    qr_work work = {0};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    int64_t steps = a.rows - 1 < a.columns ? a.rows - 1 : a.columns;
    steps = steps > 0 ? steps : 0;
    kov_status status = kov_matrix_stack_create(eval, 0, false, &q);
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 1, false, &r);
    if (status == KOV_OK) {
        int64_t widest = a.columns > q.columns ? a.columns : q.columns;
        status = open_work(eval, a.rows, widest, steps, &work) ? KOV_OK : KOV_OUT_OF_MEMORY;
    }
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        triangularize(kov_matrix_of(&a, m), a.rows, a.columns, steps, &work);
        memcpy(kov_matrix_of(&r, m), kov_matrix_of(&a, m),
               sizeof(double) * (size_t)(r.rows * r.columns));
        gather(kov_matrix_of(&q, m), a.rows, q.columns, steps, &work);
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &q);
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 1, &r);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &q);
    kov_matrix_stack_drop(eval, &r);
    kov_free(eval->context, work.vectors);
    kov_free(eval->context, work.factors);
    kov_free(eval->context, work.row);
    return status;
}
