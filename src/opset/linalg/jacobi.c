/* SPDX-License-Identifier: Apache-2.0 */
/* Eigenvalues of symmetric matrices and singular values, of small ones by Jacobi's rotations:
 * simple, and accurate for small values too (Demmel and Veselic, "Jacobi's method is more accurate
 * than QR", 1992). */
#include "base/memory.h"
#include "opset/linalg/matrix_stack.h"
#include "opset/linalg/values/bidiagonal.h"
#include "opset/linalg/values/symmetric.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define MAX_SWEEPS 60
#define JACOBI_MOST 32 /* rows; above, tridiagonal and bidiagonal forms are faster */

/* Cosine and sine of the rotation that makes (p, c; c, q) diagonal, by the smaller angle. */
static void rotation(double p, double q, double c, double *cosine, double *sine)
{
    double ratio = (q - p) / (2 * c);
    double tangent = (ratio >= 0 ? 1 : -1) / (fabs(ratio) + hypot(1, ratio));
    *cosine = 1 / hypot(1, tangent);
    *sine = tangent * *cosine;
}

/* Columns i and k of m: (x, y) to (cosine x - sine y, sine x + cosine y). */
static void rotate_columns(double *m, int64_t rows, int64_t columns, int64_t i, int64_t k,
                           double cosine, double sine)
{
    for (int64_t r = 0; r < rows; r++) {
        double x = m[r * columns + i], y = m[r * columns + k];
        m[r * columns + i] = cosine * x - sine * y;
        m[r * columns + k] = sine * x + cosine * y;
    }
}

static void rotate_rows(double *m, int64_t columns, int64_t i, int64_t k, double cosine,
                        double sine)
{
    for (int64_t c = 0; c < columns; c++) {
        double x = m[i * columns + c], y = m[k * columns + c];
        m[i * columns + c] = cosine * x - sine * y;
        m[k * columns + c] = sine * x + cosine * y;
    }
}

static void set_identity(double *m, int64_t n)
{
    for (int64_t i = 0; i < n * n; i++)
        m[i] = i % (n + 1) == 0;
}

/* Columns of m (rows, columns) and values in another order: ascending or descending, by insertion
 * of whole columns, since n steps of work O(n) each are little beside the rotations. */
static void sort_columns(double *values, double *m, double *other, int64_t rows, int64_t other_rows,
                         int64_t columns, bool ascending)
{
    for (int64_t i = 0; i < columns; i++) {
        int64_t best = i;
        for (int64_t k = i + 1; k < columns; k++) {
            if (ascending ? values[k] < values[best] : values[k] > values[best])
                best = k;
        }
        if (best == i)
            continue;
        double kept = values[i];
        values[i] = values[best];
        values[best] = kept;
        /* A quarter turn swaps two columns; signs of vectors are free. */
        rotate_columns(m, rows, columns, i, best, 0, -1);
        if (other)
            rotate_columns(other, other_rows, columns, i, best, 0, -1);
    }
}

/* ---- Symmetric matrices ---- */

kov_status kov_infer_eigh(kov_infer *infer)
{
    kov_dim dims[KOV_MAX_NDIM];
    int ndim = infer->inputs[0].ndim;
    KOV_TRY(kov_infer_matrices(infer, 0, true, dims));
    kov_infer_set(infer, 0, kov_matrix_size_dtype(infer->inputs[0].dtype), ndim - 1, dims);
    kov_infer_set(infer, 1, infer->inputs[0].dtype, ndim, dims);
    return KOV_OK;
}

/* Both triangles become their mean; the greatest element, or NaN if one is not finite. */
static double symmetrize(double *a, int64_t n)
{
    double scale = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k <= i; k++) {
            a[i * n + k] = a[k * n + i] = 0.5 * a[i * n + k] + 0.5 * a[k * n + i];
            if (!isfinite(a[i * n + k]))
                return NAN;
            scale = fmax(scale, fabs(a[i * n + k]));
        }
    }
    return scale;
}

/* The same of a complex matrix, whose triangles become conjugate. */
static double make_hermitian(double complex *a, int64_t n)
{
    double scale = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k <= i; k++) {
            double complex mean = 0.5 * a[i * n + k] + 0.5 * conj(a[k * n + i]);
            if (!isfinite(creal(mean)) || !isfinite(cimag(mean)))
                return NAN;
            a[i * n + k] = mean;
            a[k * n + i] = conj(mean);
            scale = fmax(scale, fmax(fabs(creal(mean)), fabs(cimag(mean))));
        }
    }
    return scale;
}

/* By tridiagonal form: fewer operations, from some size on. */
static bool diagonalize_large(double *a, int64_t n, bool is_complex, double scale, double *values,
                              double *vectors, double *work)
{
    int64_t parts = is_complex ? 2 : 1;
    for (int64_t i = 0; i < n * n * parts && scale > 0; i++)
        a[i] /= scale;
    if (!kov_symmetric_eigen(a, n, is_complex, values, vectors, work))
        return false;
    for (int64_t i = 0; i < n; i++) {
        values[i] *= scale > 0 ? scale : 1;
        for (int64_t k = 0; k < i * parts; k++) {
            double *x = vectors + i * n * parts + k;
            double *y = vectors + (k / parts * n + i) * parts + k % parts, kept = *x;
            *x = *y;
            *y = kept;
        }
    }
    return true;
}

/* False if a, which becomes diagonal, does not converge: it is not finite then. work: that of
 * kov_symmetric_eigen. */
static bool diagonalize(double *a, int64_t n, bool is_complex, double *values, double *vectors,
                        double *work)
{
    double scale = is_complex ? make_hermitian((double complex *)a, n) : symmetrize(a, n);
    if (isnan(scale))
        return false;
    if (is_complex || n > JACOBI_MOST)
        return diagonalize_large(a, n, is_complex, scale, values, vectors, work);
    set_identity(vectors, n);
    bool turned = true;
    for (int sweep = 0; sweep < MAX_SWEEPS && turned; sweep++) {
        turned = false;
        for (int64_t i = 0; i < n; i++) {
            for (int64_t k = i + 1; k < n; k++) {
                double c = a[i * n + k], cosine, sine;
                double small = sqrt(fabs(a[i * n + i])) * sqrt(fabs(a[k * n + k]));
                if (!(fabs(c) > DBL_EPSILON * fmax(small, DBL_EPSILON * scale)))
                    continue;
                turned = true;
                rotation(a[i * n + i], a[k * n + k], c, &cosine, &sine);
                rotate_columns(a, n, n, i, k, cosine, sine);
                rotate_rows(a, n, i, k, cosine, sine);
                a[i * n + k] = a[k * n + i] = 0;
                rotate_columns(vectors, n, n, i, k, cosine, sine);
            }
        }
    }
    for (int64_t i = 0; i < n; i++)
        values[i] = a[i * n + i];
    sort_columns(values, vectors, NULL, n, 0, n, true);
    return !turned;
}

kov_status kov_eval_eigh(kov_eval *eval)
{
    kov_matrix_stack a, values = {0}, vectors = {0};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    kov_status status = kov_matrix_stack_create(eval, 0, true, &values);
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 1, false, &vectors);
    double *work = status == KOV_OK ? kov_matrix_scratch(eval, a.rows, a.is_complex ? 5 : 3) : NULL;
    if (!work)
        status = KOV_OUT_OF_MEMORY;
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        if (!diagonalize(kov_matrix_of(&a, m), a.rows, a.is_complex, kov_matrix_of(&values, m),
                         kov_matrix_of(&vectors, m), work))
            status = kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the eigenvalues do not converge");
    }
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 0, &values);
    if (status == KOV_OK)
        status = kov_matrix_stack_store(eval, 1, &vectors);
    kov_free(eval->context, work);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &values);
    kov_matrix_stack_drop(eval, &vectors);
    return status;
}

/* ---- Singular values ---- */

kov_status kov_infer_svd(kov_infer *infer)
{
    kov_dim dims[KOV_MAX_NDIM];
    int ndim = infer->inputs[0].ndim;
    kov_dtype dtype = infer->inputs[0].dtype;
    KOV_TRY(kov_infer_matrices(infer, 0, false, dims));
    bool full = infer->attrs[KOV_SVD_FULL_MATRICES].u.boolean;
    kov_dim rows = dims[ndim - 2], columns = dims[ndim - 1],
            inner = kov_dim_min(infer->dims, rows, columns);
    dims[ndim - 1] = full ? rows : inner;
    kov_infer_set(infer, 0, dtype, ndim, dims);
    dims[ndim - 2] = inner;
    kov_infer_set(infer, 1, kov_matrix_size_dtype(dtype), ndim - 1, dims);
    dims[ndim - 2] = full ? columns : inner;
    dims[ndim - 1] = columns;
    kov_infer_set(infer, 2, dtype, ndim, dims);
    return KOV_OK;
}

typedef struct svd_work {
    int64_t tall, wide; /* the matrix or its transpose is (tall, wide) with tall >= wide */
    double *a;          /* (tall, wide): becomes u times the singular values */
    double *v;          /* (wide, wide) */
    double *u;          /* (tall, tall), or of a large matrix the left vectors as rows */
    double *values;     /* wide */
    double *column;     /* tall; of a large matrix the work of its bidiagonal form */
    int64_t left_count; /* left vectors that are wanted: wide, or tall */
    bool large;         /* by bidiagonal form, as every complex matrix */
    bool is_complex;    /* the matrix and the vectors are pairs */
} svd_work;

/* Rotates pairs of columns until all are orthogonal; scaled by `a`'s greatest element by the
 * caller. */
static bool orthogonalize(svd_work *w)
{
    set_identity(w->v, w->wide);
    bool turned = true;
    for (int sweep = 0; sweep < MAX_SWEEPS && turned; sweep++) {
        turned = false;
        for (int64_t i = 0; i < w->wide; i++) {
            for (int64_t k = i + 1; k < w->wide; k++) {
                double p = 0, q = 0, c = 0, cosine, sine;
                for (int64_t r = 0; r < w->tall; r++) {
                    double x = w->a[r * w->wide + i], y = w->a[r * w->wide + k];
                    p += x * x;
                    q += y * y;
                    c += x * y;
                }
                if (!(fabs(c) > DBL_EPSILON * sqrt(p) * sqrt(q)) || fabs(c) < DBL_MIN)
                    continue;
                turned = true;
                rotation(p, q, c, &cosine, &sine);
                rotate_columns(w->a, w->tall, w->wide, i, k, cosine, sine);
                rotate_columns(w->v, w->wide, w->wide, i, k, cosine, sine);
            }
        }
    }
    return !turned;
}

/* The wanted columns of u from `known` on: of the unit vectors made orthogonal to all before them,
 * twice each, the one of which most is left. */
static void complete_basis(svd_work *w, int64_t known)
{
    int64_t n = w->tall;
    for (int64_t c = known; c < w->left_count; c++) {
        double most = 0;
        for (int64_t unit = 0; unit < n && most < 0.5; unit++) {
            double length = 0;
            for (int64_t r = 0; r < n; r++)
                w->column[r] = r == unit;
            for (int pass = 0; pass < 2; pass++) {
                for (int64_t k = 0; k < c; k++) {
                    double sum = 0;
                    for (int64_t r = 0; r < n; r++)
                        sum += w->u[r * n + k] * w->column[r];
                    for (int64_t r = 0; r < n; r++)
                        w->column[r] -= sum * w->u[r * n + k];
                }
            }
            for (int64_t r = 0; r < n; r++)
                length += w->column[r] * w->column[r];
            length = sqrt(length);
            for (int64_t r = 0; r < n && length > most; r++)
                w->u[r * n + c] = w->column[r] / length;
            most = fmax(most, length);
        }
    }
}

/* By bidiagonal form: fewer operations, from some size on. Vectors are rows then. */
static bool decompose_large(svd_work *w, double most)
{
    const kov_bidiagonal m = {.tall = w->tall,
                              .wide = w->wide,
                              .left_count = w->left_count,
                              .is_complex = w->is_complex,
                              .a = w->a,
                              .left = w->u,
                              .right = w->v,
                              .values = w->values,
                              .work = w->column};
    bool done = kov_bidiagonal_svd(&m);
    for (int64_t c = 0; c < w->wide; c++)
        w->values[c] *= most;
    return done;
}

static bool decompose(svd_work *w)
{
    double most = 0;
    int64_t count = w->tall * w->wide * (w->is_complex ? 2 : 1);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(w->a[i]))
            return false;
        most = fmax(most, fabs(w->a[i]));
    }
    for (int64_t i = 0; i < count && most > 0; i++)
        w->a[i] /= most;
    if (w->large)
        return decompose_large(w, most);
    if (!orthogonalize(w))
        return false;
    for (int64_t c = 0; c < w->wide; c++) {
        double sum = 0;
        for (int64_t r = 0; r < w->tall; r++)
            sum += w->a[r * w->wide + c] * w->a[r * w->wide + c];
        w->values[c] = sqrt(sum);
    }
    sort_columns(w->values, w->a, w->v, w->tall, w->wide, w->wide, false);
    int64_t known = 0;
    double least = w->wide > 0 ? w->values[0] * DBL_EPSILON * (double)w->tall : 0;
    while (known < w->wide && w->values[known] > least) {
        for (int64_t r = 0; r < w->tall; r++)
            w->u[r * w->tall + known] = w->a[r * w->wide + known] / w->values[known];
        known++;
    }
    complete_basis(w, known);
    for (int64_t c = 0; c < w->wide; c++)
        w->values[c] *= most;
    return true;
}

static bool open_work(const kov_eval *eval, const kov_matrix_stack *a, svd_work *w)
{
    *w = (svd_work){.tall = a->rows > a->columns ? a->rows : a->columns,
                    .wide = a->rows > a->columns ? a->columns : a->rows,
                    .is_complex = a->is_complex};
    w->left_count = eval->attrs[KOV_SVD_FULL_MATRICES].u.boolean ? w->tall : w->wide;
    w->large = w->left_count > 0 && (a->is_complex || (w->tall > JACOBI_MOST && w->wide > 0));
    int64_t parts = a->is_complex ? 2 : 1;
    w->a = kov_matrix_scratch(eval, w->tall, w->wide * parts);
    w->v = kov_matrix_scratch(eval, w->wide, w->wide * parts);
    w->u = kov_matrix_scratch(eval, w->large ? w->left_count : w->tall, w->tall * parts);
    w->values = kov_matrix_scratch(eval, w->wide, 1);
    w->column = kov_matrix_scratch(eval, w->tall + 4, w->large ? (w->wide + 1) * parts : 1);
    return w->a && w->v && w->u && w->values && w->column;
}

static void close_work(const kov_eval *eval, svd_work *w)
{
    kov_free(eval->context, w->a);
    kov_free(eval->context, w->v);
    kov_free(eval->context, w->u);
    kov_free(eval->context, w->values);
    kov_free(eval->context, w->column);
}

/* out (rows, columns) of numbers of `parts` from the first columns or rows of m, rows of n numbers,
 * transposed or not. */
static void copy_part(const double *m, int64_t n, bool transpose, int64_t parts, double *out,
                      int64_t rows, int64_t columns)
{
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            const double *from = m + (transpose ? c * n + r : r * n + c) * parts;
            for (int64_t k = 0; k < parts; k++)
                out[(r * columns + c) * parts + k] = from[k];
        }
    }
}

kov_status kov_eval_svd(kov_eval *eval)
{
    kov_matrix_stack a, u = {0}, s = {0}, vh = {0};
    svd_work w = {0};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    kov_status status = open_work(eval, &a, &w) ? KOV_OK : KOV_OUT_OF_MEMORY;
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 0, false, &u);
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 1, true, &s);
    if (status == KOV_OK)
        status = kov_matrix_stack_create(eval, 2, false, &vh);
    bool flat = a.rows < a.columns;
    int64_t parts = a.is_complex ? 2 : 1;
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        copy_part(kov_matrix_of(&a, m), a.columns, flat, parts, w.a, w.tall, w.wide);
        if (!decompose(&w)) {
            status =
                kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the singular values do not converge");
            break;
        }
        memcpy(kov_matrix_of(&s, m), w.values, sizeof(double) * (size_t)w.wide);
        bool rows = w.large;
        copy_part(flat ? w.v : w.u, flat ? w.wide : w.tall, rows, parts, kov_matrix_of(&u, m),
                  u.rows, u.columns);
        copy_part(flat ? w.u : w.v, flat ? w.tall : w.wide, !rows, parts, kov_matrix_of(&vh, m),
                  vh.rows, vh.columns);
    }
    const kov_matrix_stack *all[] = {&u, &s, &vh};
    for (int i = 0; i < 3 && status == KOV_OK; i++)
        status = kov_matrix_stack_store(eval, i, all[i]);
    close_work(eval, &w);
    kov_matrix_stack_drop(eval, &a);
    kov_matrix_stack_drop(eval, &u);
    kov_matrix_stack_drop(eval, &s);
    kov_matrix_stack_drop(eval, &vh);
    return status;
}
