/* SPDX-License-Identifier: Apache-2.0 */
/* Bidiagonal form and the implicit QR algorithm of Golub and Kahan (Golub and Van Loan, "Matrix
 * Computations", 8.6). The form is real, and so are the rotations of the vectors' rows. */
#include "opset/linalg/values/bidiagonal.h"

#include "opset/linalg/matrix_rows.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "opset/linalg/generic/number_real.h"

#include "opset/linalg/generic/bidiagonal_steps.h"

#include "opset/linalg/generic/number_complex.h"

#include "opset/linalg/generic/bidiagonal_steps.h"

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

/* Of the doubles of a row with n numbers. */
static int64_t width(const kov_bidiagonal *m, int64_t n)
{
    return m->is_complex ? 2 * n : n;
}

static void turn(double *rows, int64_t n, int64_t i, int64_t k, rotation by)
{
    kov_rows_rotate(rows + i * n, rows + k * n, by.c, by.s, n);
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
        turn(m->left, width(m, m->tall), j, k, by);
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
        turn(m->right, width(m, m->wide), k, hi, by);
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
        turn(m->right, width(m, m->wide), k, k + 1, by);
        by = rotation_of(y, z);
        d[k] = by.length;
        y = by.c * e[k] + by.s * d[k + 1];
        d[k + 1] = by.c * d[k + 1] - by.s * e[k];
        if (k + 1 < hi) {
            z = by.s * e[k + 1];
            e[k + 1] *= by.c;
        }
        turn(m->left, width(m, m->tall), k, k + 1, by);
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
    int64_t across = width(m, m->wide);
    for (int64_t i = 0; i < m->wide; i++) {
        if (m->values[i] < 0)
            m->values[i] = -m->values[i];
        else
            continue;
        for (int64_t c = 0; c < across; c++)
            m->right[i * across + c] = -m->right[i * across + c];
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
        swap_rows(m->left, width(m, m->tall), i, most);
        swap_rows(m->right, width(m, m->wide), i, most);
    }
}

bool kov_bidiagonal_svd(const kov_bidiagonal *m)
{
    double *e = m->work;
    if (m->is_complex)
        reduce_complex(m, e);
    else
        reduce_real(m, e);
    if (!make_diagonal(m, e))
        return false;
    sort(m);
    return true;
}
