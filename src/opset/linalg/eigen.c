/* SPDX-License-Identifier: Apache-2.0 */
/* Eigenvalues and eigenvectors of real square matrices: balanced, made Hessenberg by Householder
 * reflections, made quasi-triangular by Francis's double shifts, and solved from below (Golub and
 * Van Loan, "Matrix Computations", 7.4 to 7.6). */
#include "base/memory.h"
#include "opset/linalg/matrix_rows.h"
#include "opset/linalg/matrix_stack.h"
#include "opset/linalg/values/complex_eigen.h"

#include <complex.h>
#include <float.h>
#include <math.h>

#define STEPS_PER_VALUE 60

typedef struct eigen_work {
    int64_t n;
    double *h;         /* (n, n): the matrix, then its quasi-triangular form */
    double *z;         /* (n, n): the orthogonal similarity */
    double *scale;     /* n: of balancing */
    double *re, *im;   /* n: the eigenvalues */
    double complex *x; /* n: an eigenvector of h */
    double size;       /* the greatest element of h */
} eigen_work;

static double *row(const eigen_work *w, int64_t i)
{
    return w->h + i * w->n;
}

/* Powers of two that bring rows and columns to like size, so that nothing is rounded. */
static void balance(eigen_work *w)
{
    for (int64_t i = 0; i < w->n; i++)
        w->scale[i] = 1;
    for (bool changed = true; changed;) {
        changed = false;
        for (int64_t i = 0; i < w->n; i++) {
            double across = 0, down = 0;
            for (int64_t k = 0; k < w->n; k++) {
                across += k == i ? 0 : fabs(row(w, i)[k]);
                down += k == i ? 0 : fabs(row(w, k)[i]);
            }
            if (!(across > DBL_MIN) || !(down > DBL_MIN))
                continue;
            int half = (int)lround(0.5 * log2(across / down));
            double by = ldexp(1, half);
            if (half == 0 || !(down * by + across / by < 0.95 * (down + across)))
                continue;
            changed = true;
            w->scale[i] *= by;
            for (int64_t k = 0; k < w->n; k++) {
                row(w, i)[k] /= by;
                row(w, k)[i] *= by;
            }
        }
    }
}

/* Rows from `first` of m (columns from..to) reflected. */
static void reflect_rows(double *m, int64_t n, int64_t first, const double *v, int64_t count,
                         double factor, int64_t from)
{
    for (int64_t c = from; c < n; c++) {
        double sum = 0;
        for (int64_t i = 0; i < count; i++)
            sum += v[i] * m[(first + i) * n + c];
        sum *= factor;
        for (int64_t i = 0; i < count; i++)
            m[(first + i) * n + c] -= sum * v[i];
    }
}

/* Columns from `first` of m's rows before `end` reflected. */
static void reflect_columns(double *m, int64_t n, int64_t first, const double *v, int64_t count,
                            double factor, int64_t end)
{
    for (int64_t r = 0; r < end; r++) {
        double *at = m + r * n + first, sum = 0;
        for (int64_t i = 0; i < count; i++)
            sum += at[i] * v[i];
        sum *= factor;
        for (int64_t i = 0; i < count; i++)
            at[i] -= sum * v[i];
    }
}

/* v: n numbers. */
static void make_hessenberg(eigen_work *w, double *v)
{
    int64_t n = w->n;
    for (int64_t i = 0; i < n * n; i++)
        w->z[i] = i % (n + 1) == 0;
    for (int64_t k = 0; k + 2 < n; k++) {
        int64_t count = n - k - 1;
        double left;
        for (int64_t i = 0; i < count; i++)
            v[i] = row(w, k + 1 + i)[k];
        double factor = kov_reflector(v, count, &left);
        if (factor == 0)
            continue;
        reflect_rows(w->h, n, k + 1, v, count, factor, k + 1);
        reflect_columns(w->h, n, k + 1, v, count, factor, n);
        reflect_columns(w->z, n, k + 1, v, count, factor, n);
        row(w, k + 1)[k] = left;
        for (int64_t i = 1; i < count; i++)
            row(w, k + 1 + i)[k] = 0;
    }
}

/* One step of the double-shift algorithm on rows lo to hi, at least three of them. */
static void francis_step(eigen_work *w, int64_t lo, int64_t hi, bool exceptional)
{
    int64_t n = w->n;
    double a = row(w, hi - 1)[hi - 1], b = row(w, hi - 1)[hi], c = row(w, hi)[hi - 1];
    double d = row(w, hi)[hi], sum = a + d, product = a * d - b * c;
    if (exceptional) { /* to leave a cycle: shifts of another size */
        double apart = fabs(c) + fabs(row(w, hi - 1)[hi - 2]);
        sum = 1.5 * apart;
        product = apart * apart;
    }
    const double *r0 = row(w, lo), *r1 = row(w, lo + 1), *r2 = row(w, lo + 2);
    double v[3] = {r0[lo] * (r0[lo] - sum) + product + r0[lo + 1] * r1[lo],
                   r1[lo] * (r0[lo] + r1[lo + 1] - sum), r1[lo] * r2[lo + 1]};
    for (int64_t k = lo; k < hi; k++) {
        int64_t count = k + 2 <= hi ? 3 : 2;
        double left;
        for (int64_t i = 0; k > lo && i < count; i++)
            v[i] = row(w, k + i)[k - 1];
        double factor = kov_reflector(v, count, &left);
        if (factor == 0)
            continue;
        int64_t end = k + 4 < hi + 1 ? k + 4 : hi + 1;
        reflect_rows(w->h, n, k, v, count, factor, k);
        reflect_columns(w->h, n, k, v, count, factor, end);
        reflect_columns(w->z, n, k, v, count, factor, n);
        if (k == lo)
            continue;
        row(w, k)[k - 1] = left;
        for (int64_t i = 1; i < count; i++)
            row(w, k + i)[k - 1] = 0;
    }
}

/* The eigenvalues of the block of two rows from k; a block of real ones becomes triangular. */
static void split_pair(eigen_work *w, int64_t k)
{
    double a = row(w, k)[k], b = row(w, k)[k + 1], c = row(w, k + 1)[k], d = row(w, k + 1)[k + 1];
    double half = 0.5 * (a - d), inside = half * half + b * c;
    if (inside < 0) {
        w->re[k] = w->re[k + 1] = d + half;
        w->im[k] = sqrt(-inside);
        w->im[k + 1] = -w->im[k];
        return;
    }
    double far = half + copysign(sqrt(inside), half), v[2] = {far, c}, left;
    w->re[k] = d + far;
    w->re[k + 1] = far == 0 ? d : d - b * c / far;
    w->im[k] = w->im[k + 1] = 0;
    double factor = kov_reflector(v, 2, &left);
    reflect_rows(w->h, w->n, k, v, 2, factor, k);
    reflect_columns(w->h, w->n, k, v, 2, factor, k + 2);
    reflect_columns(w->z, w->n, k, v, 2, factor, w->n);
    row(w, k + 1)[k] = 0;
    row(w, k)[k] = w->re[k];
    row(w, k + 1)[k + 1] = w->re[k + 1];
}

/* The first row of the last block that does not fall apart, ending at hi. */
static int64_t block_start(const eigen_work *w, int64_t hi)
{
    for (int64_t k = hi; k > 0; k--) {
        double around = fabs(row(w, k)[k]) + fabs(row(w, k - 1)[k - 1]);
        if (around == 0)
            around = w->size;
        if (!(fabs(row(w, k)[k - 1]) > DBL_EPSILON * around)) {
            row(w, k)[k - 1] = 0;
            return k;
        }
    }
    return 0;
}

static bool make_triangular(eigen_work *w)
{
    int steps = 0;
    for (int64_t hi = w->n - 1; hi >= 0;) {
        int64_t lo = block_start(w, hi);
        if (lo + 1 < hi) {
            if (++steps > STEPS_PER_VALUE)
                return false;
            francis_step(w, lo, hi, steps % 10 == 0);
            continue;
        }
        if (lo == hi) {
            w->re[hi] = row(w, hi)[hi];
            w->im[hi] = 0;
        } else {
            split_pair(w, lo);
        }
        hi = lo - 1;
        steps = 0;
    }
    return true;
}

/* x with (h - value) x = 0, whose last element that is not 0 is k. */
static void solve_upwards(eigen_work *w, int64_t k, double complex value)
{
    double least = DBL_EPSILON * w->size;
    double complex *x = w->x;
    int64_t j = k - 1;
    x[k] = 1;
    if (w->im[k] != 0) { /* the block of two rows that k ends */
        const double *r0 = row(w, k - 1), *r1 = row(w, k);
        bool by_first = fabs(r0[k]) >= fabs(r1[k - 1]);
        x[k - 1] = by_first ? r0[k] : value - r1[k];
        x[k] = by_first ? value - r0[k - 1] : r1[k - 1];
        j--;
    }
    while (j >= 0) {
        bool pair = j > 0 && row(w, j)[j - 1] != 0;
        double complex sums[2] = {0, 0};
        for (int i = 0; i <= pair; i++) {
            for (int64_t c = j + 1; c <= k; c++)
                sums[i] -= row(w, j - i)[c] * x[c];
        }
        double complex d = row(w, j)[j] - value;
        double most = 0;
        if (pair) { /* by Cramer's rule */
            double b = row(w, j - 1)[j], c = row(w, j)[j - 1];
            double complex a = row(w, j - 1)[j - 1] - value, both = a * d - b * c;
            if (!(cabs(both) > least * least))
                both = least * least;
            x[j] = (a * sums[0] - c * sums[1]) / both;
            x[j - 1] = (d * sums[1] - b * sums[0]) / both;
            most = cabs(x[j - 1]);
        } else {
            if (!(cabs(d) > least))
                d = least;
            x[j] = sums[0] / d;
        }
        most = fmax(most, cabs(x[j]));
        j -= pair ? 2 : 1;
        for (int64_t c = j + 1; most > 0x1p300 && c <= k; c++) /* of defective matrices */
            x[c] *= 0x1p-300;
    }
}

/* The eigenvector of value k as column k of re and im: of length 1, its greatest element real. */
static void write_vector(eigen_work *w, int64_t k, double *re, double *im)
{
    int64_t n = w->n, greatest = 0;
    double most = 0, sum = 0;
    solve_upwards(w, k, w->re[k] + w->im[k] * I);
    for (int64_t r = 0; r < n; r++) {
        double complex y = 0;
        for (int64_t c = 0; c <= k; c++)
            y += w->z[r * n + c] * w->x[c];
        re[r * n + k] = creal(y);
        im[r * n + k] = cimag(y);
        most = fmax(most, cabs(y));
    }
    for (int64_t r = 0; r < n; r++) {
        double by = w->scale[r] / most;
        re[r * n + k] *= by;
        im[r * n + k] *= by;
        sum += re[r * n + k] * re[r * n + k] + im[r * n + k] * im[r * n + k];
    }
    for (int64_t r = 1; r < n; r++) {
        if (hypot(re[r * n + k], im[r * n + k]) > hypot(re[greatest * n + k], im[greatest * n + k]))
            greatest = r;
    }
    double complex turn = re[greatest * n + k] - im[greatest * n + k] * I;
    turn = w->im[k] == 0 ? 1 : turn / cabs(turn);
    for (int64_t r = 0; r < n; r++) {
        double complex y = (re[r * n + k] + im[r * n + k] * I) * turn / sqrt(sum);
        re[r * n + k] = creal(y);
        im[r * n + k] = w->im[k] == 0 || r == greatest ? 0 : cimag(y);
    }
}

/* False if there is no convergence: the matrix is not finite then. */
static bool decompose(eigen_work *w, double *re, double *im)
{
    int64_t n = w->n;
    w->size = 0;
    for (int64_t i = 0; i < n * n; i++) {
        if (!isfinite(w->h[i]))
            return false;
    }
    balance(w);
    for (int64_t i = 0; i < n * n; i++)
        w->size = fmax(w->size, fabs(w->h[i]));
    double unit = w->size > 0x1p400 ? 0x1p-500 : w->size < 0x1p-400 ? 0x1p500 : 1;
    for (int64_t i = 0; i < n * n; i++) /* squares must neither overflow nor vanish */
        w->h[i] *= unit;
    w->size = w->size > 0 ? w->size * unit : 1;
    make_hessenberg(w, w->re);
    if (!make_triangular(w))
        return false;
    for (int64_t k = 0; k < n; k++) {
        if (w->im[k] > 0)
            continue; /* the conjugate of the next */
        write_vector(w, k, re, im);
        for (int64_t r = 0; w->im[k] < 0 && r < n; r++) {
            re[r * n + k - 1] = re[r * n + k];
            im[r * n + k - 1] = -im[r * n + k];
        }
    }
    for (int64_t k = 0; k < n; k++) {
        w->re[k] /= unit;
        w->im[k] /= unit;
    }
    return true;
}

kov_status kov_infer_eig(kov_infer *infer)
{
    kov_dim dims[KOV_MAX_NDIM];
    KOV_TRY(kov_infer_matrices(infer, 0, true, dims));
    kov_dtype dtype = kov_matrix_size_dtype(infer->inputs[0].dtype);
    for (int i = 0; i < 4; i++)
        kov_infer_set(infer, i, dtype, infer->inputs[0].ndim - (i < 2), dims);
    return KOV_OK;
}

/* Outputs: the real and imaginary parts of the values, then those of the vectors. */
static bool decompose_real(kov_matrix_stack *a, int64_t m, kov_matrix_stack *outs, double *scratch)
{
    int64_t n = a->rows;
    eigen_work w = {.n = n,
                    .h = kov_matrix_of(a, m),
                    .z = scratch,
                    .scale = scratch + n * n,
                    .x = (double complex *)(scratch + n * n + n),
                    .re = kov_matrix_of(&outs[0], m),
                    .im = kov_matrix_of(&outs[1], m)};
    return decompose(&w, kov_matrix_of(&outs[2], m), kov_matrix_of(&outs[3], m));
}

/* scratch: that of kov_complex_eigen, the values and the vectors. */
static bool decompose_complex(kov_matrix_stack *a, int64_t m, kov_matrix_stack *outs,
                              double *scratch)
{
    int64_t n = a->rows;
    double complex *values = (double complex *)scratch, *vectors = values + n;
    if (!kov_complex_eigen(kov_complex_matrix_of(a, m), n, values, vectors, vectors + n * n))
        return false;
    for (int64_t i = 0; i < n; i++) {
        kov_matrix_of(&outs[0], m)[i] = creal(values[i]);
        kov_matrix_of(&outs[1], m)[i] = cimag(values[i]);
    }
    for (int64_t i = 0; i < n * n; i++) {
        kov_matrix_of(&outs[2], m)[i] = creal(vectors[i]);
        kov_matrix_of(&outs[3], m)[i] = cimag(vectors[i]);
    }
    return true;
}

kov_status kov_eval_eig(kov_eval *eval)
{
    kov_matrix_stack a, outs[4] = {{0}};
    KOV_TRY(kov_matrix_stack_load(eval, 0, &a));
    int64_t n = a.rows;
    kov_status status = KOV_OK;
    for (int i = 0; i < 4 && status == KOV_OK; i++)
        status = kov_matrix_stack_create(eval, i, i < 2, &outs[i]);
    int64_t columns = a.is_complex ? 2 * (2 * n + 3) : n + 3;
    double *scratch = status == KOV_OK ? kov_matrix_scratch(eval, n, columns) : NULL;
    if (!scratch)
        status = KOV_OUT_OF_MEMORY;
    for (int64_t m = 0; m < a.count && status == KOV_OK; m++) {
        if (!(a.is_complex ? decompose_complex : decompose_real)(&a, m, outs, scratch))
            status = kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the eigenvalues do not converge");
    }
    for (int i = 0; i < 4 && status == KOV_OK; i++)
        status = kov_matrix_stack_store(eval, i, &outs[i]);
    kov_free(eval->context, scratch);
    kov_matrix_stack_drop(eval, &a);
    for (int i = 0; i < 4; i++)
        kov_matrix_stack_drop(eval, &outs[i]);
    return status;
}
