/* SPDX-License-Identifier: Apache-2.0 */
/* Loops along rows against long double, and the same bits from every instruction set. */
#include "opset/linalg/matrix_rows.h"

#include "base/cpu.h"
#include "opset/linalg/row_kernels.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 67 };

static void fill(double *x, int n, unsigned seed)
{
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (double)(seed >> 8) * 0x1p-23 - 1;
    }
}

static void rows_are_added_and_turned(void **state)
{
    (void)state;
    static kov_row_add_kernel *const add[KOV_ISA_COUNT] = KOV_ISA_TABLE(row_add);
    static kov_rows_rotate_kernel *const rotate[KOV_ISA_COUNT] = KOV_ISA_TABLE(rows_rotate);
    for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++) {
        for (int n = 0; n <= MOST; n++) {
            double x[MOST + 1], y[MOST + 1], turned[MOST + 1], kept[MOST + 1];
            fill(x, MOST + 1, (unsigned)n);
            fill(y, MOST + 1, (unsigned)n + 99);
            memcpy(kept, y, sizeof y);
            memcpy(turned, x, sizeof x);
            add[isa](y, x, -0.7, n);
            for (int i = 0; i <= MOST; i++) {
                volatile double product = -0.7 * x[i];
                assert_true(y[i] == (i < n ? kept[i] + product : kept[i]));
            }
            memcpy(y, kept, sizeof y);
            rotate[isa](turned, y, 0.8, 0.6, n);
            for (int i = 0; i <= MOST; i++) {
                volatile double a = 0.8 * x[i], b = 0.6 * kept[i], c = 0.8 * kept[i],
                                d = 0.6 * x[i];
                assert_true(turned[i] == (i < n ? a + b : x[i]));
                assert_true(y[i] == (i < n ? c - d : kept[i]));
            }
        }
    }
}

static void complex_rows_are_added_and_multiplied(void **state)
{
    (void)state;
    static kov_complex_row_add_kernel *const add[KOV_ISA_COUNT] = KOV_ISA_TABLE(complex_row_add);
    static kov_complex_row_dot_kernel *const dot[KOV_ISA_COUNT] = KOV_ISA_TABLE(complex_row_dot);
    for (int n = 0; n <= MOST / 2; n++) {
        double complex x[MOST / 2 + 1], y[MOST / 2 + 1], kept[MOST / 2 + 1], first = 0;
        long double re = 0, im = 0;
        fill((double *)x, MOST - 1, (unsigned)n);
        fill((double *)kept, MOST - 1, (unsigned)n + 99);
        for (int i = 0; i < n; i++) {
            re += (long double)creal(x[i]) * creal(kept[i]) +
                  (long double)cimag(x[i]) * cimag(kept[i]);
            im += (long double)cimag(x[i]) * creal(kept[i]) -
                  (long double)creal(x[i]) * cimag(kept[i]);
        }
        for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++) {
            double complex sum = dot[isa](x, kept, n), by = kov_complex_of(0.7, -0.3);
            first = isa == 0 ? sum : first;
            assert_true(sum == first);
            /* 2 n products of numbers below 1, each rounded, and as many sums */
            assert_true(fabsl(creal(sum) - re) <= 4.0L * DBL_EPSILON * n);
            assert_true(fabsl(cimag(sum) - im) <= 4.0L * DBL_EPSILON * n);
            memcpy(y, kept, sizeof y);
            add[isa](y, x, by, n);
            for (int i = 0; i < MOST / 2; i++)
                assert_true(y[i] == (i < n ? kept[i] + kov_complex_times(by, x[i]) : kept[i]));
        }
    }
}

/* Of the vector only the first number is left, and that is real, of LAPACK's sign. */
static void complex_reflectors_leave_a_real_number(void **state)
{
    (void)state;
    for (int n = 1; n <= 5; n++) {
        double complex x[5], v[5], along = 0;
        double left, square = 0;
        fill((double *)x, 2 * n, (unsigned)n + 7);
        memcpy(v, x, sizeof v);
        for (int i = 0; i < n; i++)
            square += creal(x[i]) * creal(x[i]) + cimag(x[i]) * cimag(x[i]);
        double complex factor = kov_complex_reflector(v, n, &left);
        for (int i = 0; i < n; i++)
            along += conj(v[i]) * x[i];
        assert_true(fabs(fabs(left) - sqrt(square)) <= 8 * DBL_EPSILON * sqrt(square));
        assert_true(left * creal(x[0]) <= 0);
        for (int i = 0; i < n; i++) {
            double complex rest = x[i] - factor * v[i] * along - (i == 0 ? left : 0);
            assert_true(cabs(rest) <= 16 * DBL_EPSILON * sqrt(square));
        }
    }
    double complex alone = 3, turned = kov_complex_of(0, 2);
    double left;
    assert_true(kov_complex_reflector(&alone, 1, &left) == 0 && left == 3);
    assert_true(kov_complex_reflector(&turned, 1, &left) != 0 && left == -2);
}

static void products_are_summed(void **state)
{
    (void)state;
    static kov_row_dot_kernel *const dot[KOV_ISA_COUNT] = KOV_ISA_TABLE(row_dot);
    for (int n = 0; n <= MOST; n++) {
        double x[MOST], y[MOST], first = 0;
        long double sum = 0, sizes = 0;
        fill(x, MOST, (unsigned)n + 7);
        fill(y, MOST, (unsigned)n + 8);
        for (int i = 0; i < n; i++) {
            sum += (long double)x[i] * y[i];
            sizes += fabsl((long double)x[i] * y[i]);
        }
        for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++) {
            double got = dot[isa](x, y, n);
            first = isa == 0 ? got : first;
            assert_true(got == first);
            /* a product, at most MOST / 8 + 1 additions to its sum and three of sums: an eps / 2
             * each */
            assert_true(fabsl(got - sum) <= sizes * (DBL_EPSILON / 2) * (MOST / 8 + 5));
        }
    }
}

static void reflectors_leave_the_first(void **state)
{
    (void)state;
    const double scales[] = {1, 1e-200, 1e200};
    for (int s = 0; s < 3; s++) {
        double v[MOST], x[MOST], left, length = 0;
        fill(x, MOST, 5);
        for (int i = 0; i < MOST; i++) {
            length = hypot(length, x[i]);
            v[i] = x[i] * scales[s];
        }
        double factor = kov_reflector(v, MOST, &left), sum = kov_row_dot(v, x, MOST);
        /* as many roundings as elements, at most */
        assert_true(fabs(fabs(left / scales[s]) - length) <= MOST * DBL_EPSILON * length);
        assert_true(left * x[0] < 0);
        kov_row_add(x, v, -factor * sum, MOST);
        for (int i = 1; i < MOST; i++)
            assert_true(fabs(x[i]) <= MOST * DBL_EPSILON * length);
    }
    double alone[3] = {-2, 0, 0}, left;
    assert_true(kov_reflector(alone, 3, &left) == 0 && left == -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_added_and_turned),
                                       cmocka_unit_test(complex_rows_are_added_and_multiplied),
                                       cmocka_unit_test(complex_reflectors_leave_a_real_number),
                                       cmocka_unit_test(products_are_summed),
                                       cmocka_unit_test(reflectors_leave_the_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
