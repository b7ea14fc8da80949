/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that the compiler vectorises; each operation rounds by itself, so every instruction set
 * gives the same bits. */
#include "opset/linalg/matrix_rows.h"
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

void KOV_ISA_NAME(complex_row_add)(double complex *restrict y, const double complex *restrict x,
                                   double complex by, int64_t n)
{
    double *restrict to = (double *)y;
    const double *restrict from = (const double *)x;
    double re = creal(by), im = cimag(by), minus = -im;
    /* Sums alone: of sums beside differences GCC makes a fused operation, contraction or not. */
    for (int64_t i = 0; i < 2 * n; i += 2) {
        to[i] += re * from[i] + minus * from[i + 1];
        to[i + 1] += re * from[i + 1] + im * from[i];
    }
}

double complex KOV_ISA_NAME(complex_row_dot)(const double complex *x, const double complex *y,
                                             int64_t n)
{
    enum { SUMS = 4 };
    const double *a = (const double *)x, *b = (const double *)y;
    double re[SUMS] = {0}, im[SUMS] = {0};
    for (int64_t i = 0; i < n; i++) {
        re[i % SUMS] += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
        im[i % SUMS] += a[2 * i + 1] * b[2 * i] - a[2 * i] * b[2 * i + 1];
    }
    return kov_complex_of((re[0] + re[2]) + (re[1] + re[3]), (im[0] + im[2]) + (im[1] + im[3]));
}
