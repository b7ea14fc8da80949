/* SPDX-License-Identifier: Apache-2.0 */
/* Householder bidiagonalisation and the implicit QR algorithm of Golub and Kahan (Golub and Van
 * Loan, "Matrix Computations", 5.4 and 8.6). Every inner loop runs along a row. */
#include "opset/linalg/bidiagonal.h"

#include "opset/linalg/matrix_rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define STEPS_PER_VALUE 60

typedef struct rotation {
    double c, s, length;
} rotation;

/* That which turns (x, y) into (length, 0). Elements are of size about 1: only what hardly counts
 * has a square that vanishes. */
static rotation rotation_of(double x, double y)
{
    double square = x * x + y * y, length = square > 0x1p-900 ? sqrt(square) : hypot(x, y);
    if (length == 0)
        return (rotation){1, 0, 0};
    return (rotation){x / length, y / length, length};
}

static void turn(double *rows, int64_t n, int64_t i, int64_t k, rotation by)
{
    kov_rows_rotate(rows + i * n, rows + k * n, by.c, by.s, n);
}

/* d, e: the diagonal and what is above it. Row k of columns keeps left reflection k from element k
 * on, row k of a right reflection k from element k + 1 on. */
static void make_bidiagonal(const kov_bidiagonal *m, double *e, double *columns,
                            double *left_factors, double *right_factors, double *spare)
{
    int64_t n = m->wide;
    for (int64_t k = 0; k < n; k++) {
        double *v = columns + k * m->tall, *across = m->a + k * n + k + 1;
        int64_t rest = n - k - 1;
        for (int64_t i = k; i < m->tall; i++)
            v[i] = m->a[i * n + k];
        double factor = left_factors[k] = kov_reflector(v + k, m->tall - k, &m->values[k]);
        memset(spare, 0, sizeof *spare * (size_t)rest);
        for (int64_t i = k; factor != 0 && i < m->tall; i++)
            kov_row_add(spare, m->a + i * n + k + 1, factor * v[i], rest);
        for (int64_t i = k; factor != 0 && i < m->tall; i++)
            kov_row_add(m->a + i * n + k + 1, spare, -v[i], rest);
        right_factors[k] = 0;
        if (rest == 0)
            break;
        factor = right_factors[k] = kov_reflector(across, rest, &e[k]);
        for (int64_t i = k + 1; factor != 0 && i < m->tall; i++) {
            double *row = m->a + i * n + k + 1;
            kov_row_add(row, across, -factor * kov_row_dot(row, across, rest), rest);
        }
    }
}

/* The first `count` rows of the product of reflections, the last one first; reflection k is row k
 * of at (stride numbers) from element k + from on. */
static void gather_reflections(const double *at, int64_t stride, int64_t from,
                               const double *factors, int64_t reflections, double *rows,
                               int64_t count, int64_t n)
{
    for (int64_t r = 0; r < count; r++) {
        for (int64_t c = 0; c < n; c++)
            rows[r * n + c] = r == c;
    }
    for (int64_t k = reflections - 1; k >= 0; k--) {
        int64_t start = k + from;
        const double *v = at + k * stride + start;
        for (int64_t r = start; factors[k] != 0 && r < count; r++) {
            double *row = rows + r * n + start;
            kov_row_add(row, v, -factors[k] * kov_row_dot(row, v, n - start), n - start);
        }
    }
}

/* Where d[k] is 0: its row of the block up to hi becomes 0. */
static void clear_row(const kov_bidiagonal *m, double *e, int64_t k, int64_t hi)
{
    double far = e[k];
    e[k] = 0;
    for (int64_t j = k + 1; j <= hi; j++) {
        rotation by = rotation_of(m->values[j], far);
        m->values[j] = by.length;
        far = j < hi ? -by.s * e[j] : 0;
        if (j < hi)
            e[j] *= by.c;
        turn(m->left, m->tall, j, k, by);
    }
}

/* Where d[hi] is 0: its column of the block from lo becomes 0. */
static void clear_column(const kov_bidiagonal *m, double *e, int64_t lo, int64_t hi)
{
    double far = e[hi - 1];
    e[hi - 1] = 0;
    for (int64_t k = hi - 1; k >= lo; k--) {
        rotation by = rotation_of(m->values[k], far);
        m->values[k] = by.length;
        far = k > lo ? -by.s * e[k - 1] : 0;
        if (k > lo)
            e[k - 1] *= by.c;
        turn(m->right, m->wide, k, hi, by);
    }
}

/* One step on the unreduced rows lo to hi, whose diagonal has no 0. */
static void implicit_step(const kov_bidiagonal *m, double *e, int64_t lo, int64_t hi)
{
    double *d = m->values, above = hi - 1 > lo ? e[hi - 2] : 0;
    double last = d[hi] * d[hi] + e[hi - 1] * e[hi - 1], beside = d[hi - 1] * e[hi - 1];
    double half = 0.5 * (d[hi - 1] * d[hi - 1] + above * above - last);
    double far = half + copysign(hypot(half, beside), half);
    double shift = far == 0 ? last : last - beside * (beside / far);
    double y = d[lo] - shift / d[lo], z = e[lo];
    for (int64_t k = lo; k < hi; k++) {
        rotation by = rotation_of(y, z);
        if (k > lo)
            e[k - 1] = by.length;
        y = by.c * d[k] + by.s * e[k];
        e[k] = by.c * e[k] - by.s * d[k];
        z = by.s * d[k + 1];
        d[k + 1] *= by.c;
        turn(m->right, m->wide, k, k + 1, by);
        by = rotation_of(y, z);
        d[k] = by.length;
        y = by.c * e[k] + by.s * d[k + 1];
        d[k + 1] = by.c * d[k + 1] - by.s * e[k];
        if (k + 1 < hi) {
            z = by.s * e[k + 1];
            e[k + 1] *= by.c;
        }
        turn(m->left, m->tall, k, k + 1, by);
    }
    e[hi - 1] = y;
}

/* Negligible numbers of the block that ends at hi become 0; its first row. */
static int64_t block_start(const kov_bidiagonal *m, double *e, int64_t hi, double least)
{
    const double *d = m->values;
    for (int64_t k = hi; k > 0; k--) {
        if (!(fabs(e[k - 1]) > DBL_EPSILON * (fabs(d[k - 1]) + fabs(d[k])) + least)) {
            e[k - 1] = 0;
            return k;
        }
    }
    return 0;
}

static bool make_diagonal(const kov_bidiagonal *m, double *e)
{
    double *d = m->values, size = 0;
    int steps = 0;
    for (int64_t k = 0; k < m->wide; k++)
        size = fmax(size, fabs(d[k]) + (k + 1 < m->wide ? fabs(e[k]) : 0));
    double least = DBL_EPSILON * DBL_EPSILON * size, zero = 0.5 * DBL_EPSILON * size;
    for (int64_t hi = m->wide - 1; hi > 0;) {
        int64_t lo = block_start(m, e, hi, least), flat = -1;
        if (lo == hi) {
            hi--;
            steps = 0;
            continue;
        }
        if (++steps > STEPS_PER_VALUE)
            return false;
        for (int64_t k = lo; k <= hi && flat < 0; k++)
            flat = fabs(d[k]) <= zero ? k : -1;
        if (flat >= 0)
            d[flat] = 0;
        if (flat == hi)
            clear_column(m, e, lo, hi);
        else if (flat >= 0)
            clear_row(m, e, flat, hi);
        else
            implicit_step(m, e, lo, hi);
    }
    return true;
}

static void swap_rows(double *rows, int64_t n, int64_t i, int64_t k)
{
    kov_rows_rotate(rows + i * n, rows + k * n, 0, 1, n); /* and a sign, which both sides get */
}

/* Values become positive and descend. */
static void sort(const kov_bidiagonal *m)
{
    for (int64_t i = 0; i < m->wide; i++) {
        if (m->values[i] < 0)
            m->values[i] = -m->values[i];
        else
            continue;
        for (int64_t c = 0; c < m->wide; c++)
            m->right[i * m->wide + c] = -m->right[i * m->wide + c];
    }
    for (int64_t i = 0; i < m->wide; i++) {
        int64_t most = i;
        for (int64_t k = i + 1; k < m->wide; k++)
            most = m->values[k] > m->values[most] ? k : most;
        if (most == i)
            continue;
        double kept = m->values[i];
        m->values[i] = m->values[most];
        m->values[most] = kept;
        swap_rows(m->left, m->tall, i, most);
        swap_rows(m->right, m->wide, i, most);
    }
}

bool kov_bidiagonal_svd(const kov_bidiagonal *m)
{
    int64_t n = m->wide;
    double *columns = m->work, *e = columns + n * m->tall, *left_factors = e + n;
    double *right_factors = left_factors + n, *spare = right_factors + n;
    make_bidiagonal(m, e, columns, left_factors, right_factors, spare);
    gather_reflections(columns, m->tall, 0, left_factors, n, m->left, m->left_count, m->tall);
    gather_reflections(m->a, n, 1, right_factors, n - 1, m->right, n, n);
    if (!make_diagonal(m, e))
        return false;
    sort(m);
    return true;
}
