/* SPDX-License-Identifier: Apache-2.0 */
/* Tridiagonal form and the implicit QR algorithm with Wilkinson's shift (Golub and Van Loan,
 * "Matrix Computations", 8.3). The form is real, and so are the rotations of the vectors' rows. */
#include "opset/linalg/values/symmetric.h"

#include "opset/linalg/matrix_rows.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "opset/linalg/generic/number_real.h"

#include "opset/linalg/generic/tridiagonal_steps.h"

#include "opset/linalg/generic/number_complex.h"

#include "opset/linalg/generic/tridiagonal_steps.h"

#define STEPS_PER_VALUE 60

/* One step on the unreduced rows lo to hi. width: of a row of z. */
static void implicit_step(double *d, double *e, double *z, int64_t width, int64_t lo, int64_t hi)
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
        kov_rows_rotate(z + k * width, z + (k + 1) * width, c, s, width);
    }
}

static bool make_diagonal(double *d, double *e, double *z, int64_t n, int64_t width)
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
        implicit_step(d, e, z, width, lo, hi);
    }
    return true;
}

static void sort(double *values, double *z, int64_t n, int64_t width, double *work)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t least = i;
        for (int64_t k = i + 1; k < n; k++)
            least = values[k] < values[least] ? k : least;
        if (least == i)
            continue;
        double kept = values[i];
        size_t bytes = sizeof *z * (size_t)width;
        values[i] = values[least];
        values[least] = kept;
        memcpy(work, z + i * width, bytes);
        memcpy(z + i * width, z + least * width, bytes);
        memcpy(z + least * width, work, bytes);
    }
}

bool kov_symmetric_eigen(double *a, int64_t n, bool is_complex, double *values, double *vectors,
                         double *work)
{
    int64_t parts = is_complex ? 2 : 1;
    double *e = work, *factors = e + n, *spare = factors + n * parts;
    if (is_complex) {
        double complex *rows = (double complex *)a, *z = (double complex *)vectors;
        make_tridiagonal_complex(rows, n, values, e, (double complex *)factors,
                                 (double complex *)spare);
        gather_tridiagonal_complex(rows, n, (double complex *)factors, z, (double complex *)spare);
    } else {
        make_tridiagonal_real(a, n, values, e, factors, spare);
        gather_tridiagonal_real(a, n, factors, vectors, spare);
    }
    if (!make_diagonal(values, e, vectors, n, n * parts))
        return false;
    sort(values, vectors, n, n * parts, spare);
    return true;
}
