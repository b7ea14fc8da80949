/* SPDX-License-Identifier: Apache-2.0 */
/* float64 functions computed in vectors, against the C library in long double: arguments of every
 * size, and dense ones where the functions bend. */
#include "native/kernels/elementwise/elementwise.h"
#include "native/math_every_isa.h"
#include "native/ulp.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { N = 1009, BLOCKS = 200 }; /* N: no multiple of a vector */

/* Largest errors allowed, in ulp: a rounding, and about as much for what went before it; one more
 * where a quotient or a product follows. */
static const struct {
    kov_elementwise_op op;
    double limit;
} rows[] = {
    {KOV_ELEMENTWISE_EXP, 1},         {KOV_ELEMENTWISE_EXPM1, 1.1}, {KOV_ELEMENTWISE_LOG, 1},
    {KOV_ELEMENTWISE_LOG1P, 1},       {KOV_ELEMENTWISE_ELU, 1},     {KOV_ELEMENTWISE_SOFTPLUS, 2},
    {KOV_ELEMENTWISE_LOG_SIGMOID, 2}, {KOV_ELEMENTWISE_SIGMOID, 2}, {KOV_ELEMENTWISE_SILU, 2.5},
};

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state ^ *state >> 29;
}

/* Block by block: any bits; numbers about 1; small ones of either sign; up to +-800; whole
 * exponents of two and their neighbours. */
static double argument(int block, int i, uint64_t *state)
{
    uint64_t bits = next(state);
    double unit = (double)(bits >> 11) * 0x1p-53, x;
    switch (block % 5) {
    case 0:
        memcpy(&x, &bits, sizeof x);
        return x;
    case 1:
        return 0.5 + unit;
    case 2:
        return (2 * unit - 1) * 0.75;
    case 3:
        return (2 * unit - 1) * 800;
    default:
        x = ldexp(1, i % 2100 - 1074);
        x = i % 3 == 0 ? x : nextafter(x, i % 3 == 1 ? 0 : INFINITY);
        return block % 2 ? -x : x;
    }
}

static double error_in_ulp(double got, long double wanted)
{
    double rounded = (double)wanted;
    if (isnan(rounded) || isinf(rounded) || rounded == 0)
        return memcmp(&got, &rounded, sizeof got) == 0 || (isnan(got) && isnan(rounded)) ? 0
                                                                                         : INFINITY;
    int exponent = ilogb(rounded) < -1022 ? -1022 : ilogb(rounded);
    return (double)(fabsl(got - wanted) / ldexpl(1, exponent - 52));
}

static void functions_within_their_limits(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const char *name = kov_elementwise_name(rows[r].op);
        kov_unary_kernel *kernel = kov_elementwise_unary(rows[r].op, KOV_DTYPE_F64);
        ulp_precise_reference *precise = ulp_reference_precise(name);
        uint64_t seed = r;
        double worst = 0, at = 0;
        for (int block = 0; block < BLOCKS; block++) {
            double x[N + 1], y[N + 1];
            for (int i = 0; i < N; i++)
                x[i] = argument(block, i + block * N, &seed);
            y[N] = 5;
            kernel(x, y, N);
            assert_true(y[N] == 5);
            for (int i = 0; i < N; i++) {
                double error = error_in_ulp(y[i], precise((long double)x[i]));
                /* silu of subnormal exponentials multiplies their rounding by x */
                if (rows[r].op == KOV_ELEMENTWISE_SILU && x[i] < -700)
                    continue;
                if (error > worst) {
                    worst = error;
                    at = x[i];
                }
            }
        }
        print_message("%s: %.3f ulp at %a\n", name, worst, at);
        if (!(worst <= rows[r].limit))
            fail_msg("%s: %g ulp at %a", name, worst, at);
    }
}

static void special_values(void **state)
{
    (void)state;
    const double x[] = {0.0,
                        -0.0,
                        INFINITY,
                        -INFINITY,
                        NAN,
                        1,
                        -1,
                        DBL_MIN,
                        -DBL_MIN,
                        0x1p-1074,
                        -0x1p-1074,
                        DBL_MAX,
                        -DBL_MAX,
                        -DBL_EPSILON,
                        709.782712893384,
                        709.7827128933841,
                        -745.13321910194112};
    enum { COUNT = sizeof x / sizeof x[0] };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const char *name = kov_elementwise_name(rows[r].op);
        double y[COUNT];
        kov_elementwise_unary(rows[r].op, KOV_DTYPE_F64)(x, y, COUNT);
        for (int i = 0; i < COUNT; i++) {
            if (rows[r].op == KOV_ELEMENTWISE_SILU && x[i] < -700 && x[i] > -1000)
                continue;
            double error = error_in_ulp(y[i], ulp_reference_precise(name)((long double)x[i]));
            if (!(error <= rows[r].limit))
                fail_msg("%s(%a) = %a: %g ulp", name, x[i], y[i], error);
        }
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(functions_within_their_limits),
                                       cmocka_unit_test(special_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
