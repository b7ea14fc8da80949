/* SPDX-License-Identifier: Apache-2.0 */
/* Made Hessenberg by Householder reflections, made triangular by implicit single shifts, and solved
 * from below (Golub and Van Loan, "Matrix Computations", 7.4 to 7.6). */
#include "opset/linalg/values/complex_eigen.h"

#include "opset/linalg/matrix_rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define STEPS_PER_VALUE 60
#define SAFE 480 /* exponent of numbers whose squares do neither overflow nor vanish */
#define STEPS_PER_EXCEPTION 10 /* after so many a shift of another kind breaks a circle */

typedef struct complex_eigen {
    int64_t n;
    double complex *h; /* (n, n): the matrix, then its triangular form */
    double complex *z; /* (n, n): the unitary similarity, its columns the basis */
    double complex *v; /* n numbers */
    double complex *w; /* n numbers */
    double size;       /* the greatest row sum of h */
} complex_eigen;

static double complex *row(const complex_eigen *e, int64_t i)
{
    return e->h + i * e->n;
}

/* Columns from `first` of rows before n of m, times I - conj(factor) v v^H; turned: v conjugated.
 */
static void reflect_columns(double complex *m, int64_t n, int64_t first,
                            const double complex *turned, int64_t count, double complex factor)
{
    for (int64_t r = 0; r < n; r++) {
        double complex *at = m + r * n + first;
        double complex along = kov_complex_row_dot(at, turned, count);
        kov_complex_row_add(at, turned, -kov_complex_times(conj(factor), along), count);
    }
}

static void make_hessenberg(complex_eigen *e)
{
    int64_t n = e->n;
    for (int64_t i = 0; i < n * n; i++)
        e->z[i] = i % (n + 1) == 0;
    for (int64_t k = 0; k + 2 < n; k++) {
        int64_t count = n - k - 1;
        double left;
        for (int64_t i = 0; i < count; i++)
            e->v[i] = row(e, k + 1 + i)[k];
        double complex factor = kov_complex_reflector(e->v, count, &left);
        if (factor == 0)
            continue;
        memset(e->w, 0, sizeof *e->w * (size_t)n);
        for (int64_t i = 0; i < count; i++)
            kov_complex_row_add(e->w + k, row(e, k + 1 + i) + k,
                                kov_complex_times(factor, conj(e->v[i])), n - k);
        for (int64_t i = 0; i < count; i++)
            kov_complex_row_add(row(e, k + 1 + i) + k, e->w + k, -e->v[i], n - k);
        for (int64_t i = 0; i < count; i++)
            e->v[i] = conj(e->v[i]);
        reflect_columns(e->h, n, k + 1, e->v, count, factor);
        reflect_columns(e->z, n, k + 1, e->v, count, factor);
        row(e, k + 1)[k] = left;
        for (int64_t i = 1; i < count; i++)
            row(e, k + 1 + i)[k] = 0;
    }
}

/* Rows i and i + 1 from column `from` on: (x, y) to (c x + s y, c y - conj(s) x). */
static void turn_rows(complex_eigen *e, int64_t i, int64_t from, double c, double complex s)
{
    for (int64_t k = from; k < e->n; k++) {
        double complex x = row(e, i)[k], y = row(e, i + 1)[k];
        row(e, i)[k] = c * x + kov_complex_times(s, y);
        row(e, i + 1)[k] = c * y - kov_complex_times(conj(s), x);
    }
}

/* The adjoint of that turn from the right, on columns i and i + 1 of m's rows before `end`. */
static void turn_columns(double complex *m, int64_t n, int64_t i, int64_t end, double c,
                         double complex s)
{
    for (int64_t r = 0; r < end; r++) {
        double complex *at = m + r * n + i, x = at[0], y = at[1];
        at[0] = c * x + kov_complex_times(conj(s), y);
        at[1] = c * y - kov_complex_times(s, x);
    }
}

/* The eigenvalue of the last two rows that is nearer to the last element. */
static double complex shift_of(const complex_eigen *e, int64_t hi, int step)
{
    double complex last = row(e, hi)[hi], before = row(e, hi - 1)[hi - 1];
    double complex below = row(e, hi)[hi - 1], above = row(e, hi - 1)[hi];
    if (step % STEPS_PER_EXCEPTION == 0)
        return last + cabs(below);
    double complex half = 0.5 * (before - last), product = kov_complex_times(above, below);
    double complex root = csqrt(kov_complex_times(half, half) + product);
    double complex far =
        creal(half) * creal(root) + cimag(half) * cimag(root) < 0 ? half - root : half + root;
    return far == 0 ? last : last - product / far;
}

/* One step on the unreduced rows lo to hi. */
static void implicit_step(complex_eigen *e, int64_t lo, int64_t hi, int step)
{
    double complex x = row(e, lo)[lo] - shift_of(e, hi, step), y = row(e, lo + 1)[lo];
    for (int64_t k = lo; k < hi; k++) {
        double size = cabs(x), length = hypot(size, cabs(y)), c = 1;
        double complex s = 0;
        if (length > 0 && size > 0) {
            c = size / length;
            s = kov_complex_times(x / size, conj(y) / length);
        } else if (length > 0) {
            c = 0;
            s = conj(y) / length;
        }
        turn_rows(e, k, k > lo ? k - 1 : lo, c, s);
        turn_columns(e->h, e->n, k, k + 3 < hi + 1 ? k + 3 : hi + 1, c, s);
        turn_columns(e->z, e->n, k, e->n, c, s);
        if (k > lo)
            row(e, k + 1)[k - 1] = 0;
        if (k + 1 < hi) {
            x = row(e, k + 1)[k];
            y = row(e, k + 2)[k];
        }
    }
}

static bool make_triangular(complex_eigen *e)
{
    int step = 0;
    for (int64_t hi = e->n - 1; hi > 0;) {
        int64_t lo = hi;
        for (; lo > 0; lo--) {
            double beside = cabs(row(e, lo)[lo]) + cabs(row(e, lo - 1)[lo - 1]);
            if (!(cabs(row(e, lo)[lo - 1]) > DBL_EPSILON * (beside > 0 ? beside : e->size)))
                break;
        }
        if (lo > 0)
            row(e, lo)[lo - 1] = 0;
        if (lo == hi) {
            hi--;
            step = 0;
            continue;
        }
        if (++step > STEPS_PER_VALUE)
            return false;
        implicit_step(e, lo, hi, step);
    }
    return true;
}

/* Vector k of the triangular form in e->v; equal values are taken for ones that lie apart by what
 * rounding has made of them. */
static void solve(complex_eigen *e, int64_t k)
{
    double least = fmax(DBL_EPSILON * e->size, DBL_MIN);
    memset(e->v, 0, sizeof *e->v * (size_t)e->n);
    e->v[k] = 1;
    for (int64_t i = k - 1; i >= 0; i--) {
        double complex apart = row(e, i)[i] - row(e, k)[k], sum = 0;
        for (int64_t j = i + 1; j <= k; j++)
            sum += kov_complex_times(row(e, i)[j], e->v[j]);
        e->v[i] = -sum / (cabs(apart) < least ? least : apart);
        double grown = cabs(e->v[i]);
        for (int64_t j = i; j <= k && grown > 0x1p300; j++)
            e->v[j] /= grown;
    }
}

/* The basis times e->v, scaled, as column k. */
static void store(complex_eigen *e, int64_t k, double complex *vectors)
{
    int64_t n = e->n, most = 0;
    double greatest = 0, square = 0;
    for (int64_t i = 0; i < n; i++) {
        double complex sum = 0;
        for (int64_t j = 0; j <= k; j++)
            sum += kov_complex_times(e->z[i * n + j], e->v[j]);
        e->w[i] = sum;
        greatest = fmax(greatest, cabs(sum));
    }
    for (int64_t i = 0; i < n; i++) {
        e->w[i] /= greatest;
        square += creal(e->w[i]) * creal(e->w[i]) + cimag(e->w[i]) * cimag(e->w[i]);
        most = cabs(e->w[i]) > cabs(e->w[most]) ? i : most;
    }
    double complex scale = conj(e->w[most]) / cabs(e->w[most]) / sqrt(square);
    for (int64_t i = 0; i < n; i++)
        vectors[i * n + k] = kov_complex_times(e->w[i], scale);
    vectors[most * n + k] = creal(vectors[most * n + k]);
}

bool kov_complex_eigen(double complex *a, int64_t n, double complex *values,
                       double complex *vectors, double complex *work)
{
    complex_eigen e = {.n = n, .h = a, .z = work, .v = work + n * n, .w = work + n * n + n};
    double most = 0;
    for (int64_t i = 0; i < n * n; i++) {
        if (!isfinite(creal(a[i])) || !isfinite(cimag(a[i])))
            return false;
        most = fmax(most, fmax(fabs(creal(a[i])), fabs(cimag(a[i]))));
    }
    int exponent =
        0; /* a power of two, so that nothing is rounded, and only where squares overflow */
    frexp(most, &exponent);
    exponent = exponent > SAFE ? exponent - SAFE : exponent < -SAFE ? exponent + SAFE : 0;
    for (int64_t i = 0; i < n * n; i++)
        a[i] = kov_complex_of(ldexp(creal(a[i]), -exponent), ldexp(cimag(a[i]), -exponent));
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < n; k++)
            sum += cabs(row(&e, i)[k]);
        e.size = fmax(e.size, sum);
    }
    make_hessenberg(&e);
    if (!make_triangular(&e))
        return false;
    for (int64_t k = 0; k < n; k++) {
        double complex value = row(&e, k)[k];
        values[k] = kov_complex_of(ldexp(creal(value), exponent), ldexp(cimag(value), exponent));
        solve(&e, k);
        store(&e, k, vectors);
    }
    return true;
}
