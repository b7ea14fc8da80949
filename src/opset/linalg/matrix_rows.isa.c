/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that the compiler vectorises; each operation rounds by itself, so every instruction set
 * gives the same bits. */
#include "opset/linalg/row_kernels.h"

void KOV_ISA_NAME(row_add)(double *restrict y, const double *restrict x, double by, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += by * x[i];
}

void KOV_ISA_NAME(rows_rotate)(double *restrict x, double *restrict y, double c, double s,
                               int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double x0 = x[i], y0 = y[i];
        x[i] = c * x0 + s * y0;
        y[i] = c * y0 - s * x0;
    }
}

double KOV_ISA_NAME(row_dot)(const double *x, const double *y, int64_t n)
{
    enum { SUMS = 8 };
    double sums[SUMS] = {0};
    int64_t i = 0;
    for (; i + SUMS <= n; i += SUMS) {
        for (int k = 0; k < SUMS; k++)
            sums[k] += x[i + k] * y[i + k];
    }
    for (int k = 0; i + k < n; k++)
        sums[k] += x[i + k] * y[i + k];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}
