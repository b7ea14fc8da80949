/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of factorisations along rows, and Householder reflections. */
#ifndef KOV_OPSET_LINALG_MATRIX_ROWS_H
#define KOV_OPSET_LINALG_MATRIX_ROWS_H

#include <complex.h>
#include <stdint.h>

/* y += by * x; they do not overlap. */
void kov_row_add(double *restrict y, const double *restrict x, double by, int64_t n);
/* (x, y) to (c x + s y, c y - s x); they do not overlap. */
void kov_rows_rotate(double *restrict x, double *restrict y, double c, double s, int64_t n);
double kov_row_dot(const double *x, const double *y, int64_t n);
void kov_complex_row_add(double complex *restrict y, const double complex *restrict x,
                         double complex by, int64_t n);
/* Of x and the conjugates of y. */
double complex kov_complex_row_dot(const double complex *x, const double complex *y, int64_t n);

/* C's CMPLX, which not every compiler has. */
static inline double complex kov_complex_of(double real, double imaginary)
{
    const union {
        double parts[2];
        double complex whole;
    } number = {{real, imaginary}};
    return number.whole;
}

/* Without a look at what is no number, which C's product takes. */
static inline double complex kov_complex_times(double complex x, double complex y)
{
    return kov_complex_of(creal(x) * creal(y) - cimag(x) * cimag(y),
                          creal(x) * cimag(y) + cimag(x) * creal(y));
}

/* The reflection I - factor v v^T that leaves of v's elements only the first, *left; v becomes its
 * vector. Returns the factor; 0: there is nothing to do. */
double kov_reflector(double *v, int64_t n, double *left);
/* The same for I - factor v v^H; *left is real. */
double complex kov_complex_reflector(double complex *v, int64_t n, double *left);

#endif
