/* SPDX-License-Identifier: Apache-2.0 */
/* Unrolled by hand where a compiler does not make vectors of its own at -O2. */
#include "opset/linalg/matrix_rows.h"

#include <math.h>

void kov_row_add(double *restrict y, const double *restrict x, double by, int64_t n)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        y[i] += by * x[i];
        y[i + 1] += by * x[i + 1];
        y[i + 2] += by * x[i + 2];
        y[i + 3] += by * x[i + 3];
    }
    for (; i < n; i++)
        y[i] += by * x[i];
}

void kov_rows_rotate(double *restrict x, double *restrict y, double c, double s, int64_t n)
{
    int64_t i = 0;
    for (; i + 2 <= n; i += 2) {
        double x0 = x[i], x1 = x[i + 1], y0 = y[i], y1 = y[i + 1];
        x[i] = c * x0 + s * y0;
        x[i + 1] = c * x1 + s * y1;
        y[i] = c * y0 - s * x0;
        y[i + 1] = c * y1 - s * x1;
    }
    for (; i < n; i++) {
        double x0 = x[i];
        x[i] = c * x0 + s * y[i];
        y[i] = c * y[i] - s * x0;
    }
}

double kov_row_dot(const double *x, const double *y, int64_t n)
{
    double sums[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        sums[0] += x[i] * y[i];
        sums[1] += x[i + 1] * y[i + 1];
        sums[2] += x[i + 2] * y[i + 2];
        sums[3] += x[i + 3] * y[i + 3];
    }
    for (; i < n; i++)
        sums[0] += x[i] * y[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double kov_reflector(double *v, int64_t n, double *left)
{
    double most = 0, sum = 0;
    for (int64_t i = 1; i < n; i++)
        most = fmax(most, fabs(v[i]));
    *left = v[0];
    if (most == 0)
        return 0;
    most = fmax(most, fabs(v[0]));
    for (int64_t i = 0; i < n; i++) {
        v[i] /= most;
        sum += v[i] * v[i];
    }
    double length = copysign(sqrt(sum), v[0]);
    *left = -length * most;
    v[0] += length;
    return 1 / (length * v[0]);
}
