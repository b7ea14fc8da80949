/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of matrix_rows.h for each instruction set. Only matrix_rows*.c includes this. */
#ifndef KOV_OPSET_LINALG_ROW_KERNELS_H
#define KOV_OPSET_LINALG_ROW_KERNELS_H

#include "base/isa.h"

#include <complex.h>
#include <stdint.h>

typedef void kov_row_add_kernel(double *restrict y, const double *restrict x, double by, int64_t n);
typedef void kov_rows_rotate_kernel(double *restrict x, double *restrict y, double c, double s,
                                    int64_t n);
typedef double kov_row_dot_kernel(const double *x, const double *y, int64_t n);
typedef void kov_complex_row_add_kernel(double complex *restrict y,
                                        const double complex *restrict x, double complex by,
                                        int64_t n);
typedef double complex kov_complex_row_dot_kernel(const double complex *x, const double complex *y,
                                                  int64_t n);

KOV_ISA_DECLARE(kov_row_add_kernel, row_add);
KOV_ISA_DECLARE(kov_rows_rotate_kernel, rows_rotate);
KOV_ISA_DECLARE(kov_row_dot_kernel, row_dot);
KOV_ISA_DECLARE(kov_complex_row_add_kernel, complex_row_add);
KOV_ISA_DECLARE(kov_complex_row_dot_kernel, complex_row_dot);

#endif
