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
