/* SPDX-License-Identifier: Apache-2.0 */
/* Householder tridiagonalisation and the implicit QR algorithm with Wilkinson's shift (Golub and
 * Van Loan, "Matrix Computations", 8.3). Every inner loop runs along a row. */
#include "opset/linalg/symmetric.h"

#include "opset/linalg/matrix_rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define STEPS_PER_VALUE 60

/* y += by * x + other_by * other */
static void add_two(double *restrict y, const double *restrict x, double by,
                    const double *restrict other, double other_by, int64_t n)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        y[i] += by * x[i] + other_by * other[i];
        y[i + 1] += by * x[i + 1] + other_by * other[i + 1];
        y[i + 2] += by * x[i + 2] + other_by * other[i + 2];
        y[i + 3] += by * x[i + 3] + other_by * other[i + 3];
    }
    for (; i < n; i++)
        y[i] += by * x[i] + other_by * other[i];
}

/* d, e: diagonal and what is beside it (e[n - 1] is work); row k of a keeps reflection k from
 * element k + 1 on, z its factor. */
static void make_tridiagonal(double *a, int64_t n, double *d, double *e, double *factors)
{
    double *p = e; /* elements k + 1 on are not needed before */
    for (int64_t k = 0; k < n; k++) {
        double *v = a + k * n + k + 1, left;
        int64_t rest = n - k - 1;
        d[k] = a[k * n + k];
        if (rest == 0)
            break;
        double factor = factors[k] = kov_reflector(v, rest, &left), half = 0;
        memset(p + k + 1, 0, sizeof *p * (size_t)rest);
        for (int64_t i = 0; factor != 0 && i < rest; i++)
            kov_row_add(p + k + 1, a + (k + 1 + i) * n + k + 1, factor * v[i], rest);
        for (int64_t i = 0; i < rest; i++)
            half += p[k + 1 + i] * v[i];
        half *= 0.5 * factor;
        kov_row_add(p + k + 1, v, -half, rest);
        for (int64_t i = 0; factor != 0 && i < rest; i++)
            add_two(a + (k + 1 + i) * n + k + 1, p + k + 1, -v[i], v, -p[k + 1 + i], rest);
        e[k] = left;
    }
}

/* The product of the reflections, transposed, in z. */
static void gather_reflections(const double *a, int64_t n, const double *factors, double *z,
                               double *work)
{
    for (int64_t i = 0; i < n * n; i++)
        z[i] = i % (n + 1) == 0;
    for (int64_t k = n - 2; k >= 0; k--) {
        const double *v = a + k * n + k + 1;
        int64_t rest = n - k - 1;
        if (factors[k] == 0)
            continue;
        memset(work, 0, sizeof *work * (size_t)rest);
        for (int64_t i = 0; i < rest; i++)
            kov_row_add(work, z + (k + 1 + i) * n + k + 1, factors[k] * v[i], rest);
        for (int64_t i = 0; i < rest; i++)
            kov_row_add(z + (k + 1 + i) * n + k + 1, work, -v[i], rest);
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < i; k++) {
            double kept = z[i * n + k];
            z[i * n + k] = z[k * n + i];
            z[k * n + i] = kept;
        }
    }
}

/* One step on the unreduced rows lo to hi. */
static void implicit_step(double *d, double *e, double *z, int64_t n, int64_t lo, int64_t hi)
{
    double half = 0.5 * (d[hi - 1] - d[hi]), beside = e[hi - 1];
    double shift = d[hi] - beside * (beside / (half + copysign(hypot(half, beside), half)));
    double x = d[lo] - shift, bulge = e[lo];
    for (int64_t k = lo; k < hi; k++) {
        double r = hypot(x, bulge), c = r == 0 ? 1 : x / r, s = r == 0 ? 0 : bulge / r;
        double first = d[k], second = d[k + 1], turn = s * (second - first) + 2 * c * e[k];
        if (k > lo)
            e[k - 1] = r;
        d[k] = first + s * turn;
        d[k + 1] = second - s * turn;
        e[k] = c * turn - e[k];
        if (k + 1 < hi) {
            x = e[k];
            bulge = s * e[k + 1];
            e[k + 1] *= c;
        }
        kov_rows_rotate(z + k * n, z + (k + 1) * n, c, s, n);
    }
}

static bool make_diagonal(double *d, double *e, double *z, int64_t n)
{
    int steps = 0;
    for (int64_t hi = n - 1; hi > 0;) {
        int64_t lo = hi;
        while (lo > 0 && fabs(e[lo - 1]) > DBL_EPSILON * (fabs(d[lo - 1]) + fabs(d[lo])))
            lo--;
        if (lo > 0)
            e[lo - 1] = 0;
        if (lo == hi) {
            hi--;
            steps = 0;
            continue;
        }
        if (++steps > STEPS_PER_VALUE)
            return false;
        implicit_step(d, e, z, n, lo, hi);
    }
    return true;
}

static void sort(double *values, double *z, int64_t n, double *work)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t least = i;
        for (int64_t k = i + 1; k < n; k++)
            least = values[k] < values[least] ? k : least;
        if (least == i)
            continue;
        double kept = values[i];
        size_t bytes = sizeof *z * (size_t)n;
        values[i] = values[least];
        values[least] = kept;
        memcpy(work, z + i * n, bytes);
        memcpy(z + i * n, z + least * n, bytes);
        memcpy(z + least * n, work, bytes);
    }
}

bool kov_symmetric_eigen(double *a, int64_t n, double *values, double *vectors, double *work)
{
    double *e = work, *factors = work + n, *spare = work + 2 * n;
    make_tridiagonal(a, n, values, e, factors);
    gather_reflections(a, n, factors, vectors, spare);
    if (!make_diagonal(values, e, vectors, n))
        return false;
    sort(values, vectors, n, spare);
    return true;
}
