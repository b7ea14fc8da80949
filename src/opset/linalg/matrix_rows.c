/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/linalg/matrix_rows.h"

#include "base/cpu.h"
#include "opset/linalg/row_kernels.h"

#include <math.h>

void kov_row_add(double *restrict y, const double *restrict x, double by, int64_t n)
{
    static kov_row_add_kernel *const kernels[KOV_ISA_COUNT] = KOV_ISA_TABLE(row_add);
    kernels[kov_cpu_isa()](y, x, by, n);
}

void kov_rows_rotate(double *restrict x, double *restrict y, double c, double s, int64_t n)
{
    static kov_rows_rotate_kernel *const kernels[KOV_ISA_COUNT] = KOV_ISA_TABLE(rows_rotate);
    kernels[kov_cpu_isa()](x, y, c, s, n);
}

double kov_row_dot(const double *x, const double *y, int64_t n)
{
    static kov_row_dot_kernel *const kernels[KOV_ISA_COUNT] = KOV_ISA_TABLE(row_dot);
    return kernels[kov_cpu_isa()](x, y, n);
}

void kov_complex_row_add(double complex *restrict y, const double complex *restrict x,
                         double complex by, int64_t n)
{
    static kov_complex_row_add_kernel *const kernels[KOV_ISA_COUNT] =
        KOV_ISA_TABLE(complex_row_add);
    kernels[kov_cpu_isa()](y, x, by, n);
}

double complex kov_complex_row_dot(const double complex *x, const double complex *y, int64_t n)
{
    static kov_complex_row_dot_kernel *const kernels[KOV_ISA_COUNT] =
        KOV_ISA_TABLE(complex_row_dot);
    return kernels[kov_cpu_isa()](x, y, n);
}

#include "opset/linalg/generic/number_real.h"

#include "opset/linalg/generic/reflector_steps.h"

#include "opset/linalg/generic/number_complex.h"

#include "opset/linalg/generic/reflector_steps.h"

double kov_reflector(double *v, int64_t n, double *left)
{
    return reflector_real(v, n, left);
}

double complex kov_complex_reflector(double complex *v, int64_t n, double *left)
{
    return reflector_complex(v, n, left);
}
