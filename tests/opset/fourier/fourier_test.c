/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/op_case.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 130 };

/* The sums of the definition in long double; sign -1: forward. x, y: n pairs. */
static void transform(const double *x, double *y, int n, int sign)
{
    const long double turn = sign * 2 * acosl(-1.0L) / n;
    for (int k = 0; k < n; k++) {
        long double re = 0, im = 0;
        for (int j = 0; j < n; j++) {
            long double angle = turn * (j * k % n), c = cosl(angle), s = sinl(angle);
            re += x[2 * j] * c - x[2 * j + 1] * s;
            im += x[2 * j] * s + x[2 * j + 1] * c;
        }
        y[2 * k] = (double)re;
        y[2 * k + 1] = (double)im;
    }
}

static void compare(const kov_tensor *have, const double *want, int count, int n)
{
    assert_int_equal(kov_tensor_count(have), count);
    const double *at = kov_tensor_data(have);
    for (int i = 0; i < count; i++) /* elements are below n; the error of the sums is a few ulp */
        assert_true(fabs(at[i] - want[i]) <= 16 * DBL_EPSILON * n);
}

/* Lengths of every kind: powers of two, products of small primes, primes. */
static void every_length(void **state)
{
    (void)state;
    double x[2 * MOST], y[2 * MOST], back[2 * MOST], real[MOST], half[2 * MOST];
    for (int n = 1; n < MOST; n++) {
        op_case *test = op_begin();
        kov_builder *b = test->b;
        for (int i = 0; i < 2 * n; i++)
            x[i] = sin(1.0 + i * i);
        transform(x, y, n, -1);
        transform(x, back, n, 1);
        for (int i = 0; i < 2 * n; i++)
            back[i] /= n;
        for (int i = 0; i < n; i++) {
            real[i] = x[i];
            half[2 * i] = x[i];
            half[2 * i + 1] = 0;
        }
        double spectrum[2 * MOST];
        transform(half, spectrum, n, -1);
        const int64_t pairs[] = {n, 2}, line[] = {n};
        kov_value z = op_data(test, KOV_DTYPE_F64, 2, pairs, x), axis = INTS(test, 0);
        kov_value r = op_data(test, KOV_DTYPE_F64, 1, line, real), none = KOV_VALUE_NONE;
        kov_value first = kov_rdft(b, r, axis, none);
        const kov_value values[] = {kov_dft(b, z, axis, none), kov_idft(b, z, axis, none), first,
                                    kov_irdft(b, first, axis, INTS(test, n))};
        const kov_tensor *out[4];
        op_results(test, values, 4, out);
        compare(out[0], y, 2 * n, n);
        compare(out[1], back, 2 * n, n);
        compare(out[2], spectrum, 2 * (n / 2 + 1), n);
        compare(out[3], real, n, n);
        op_end(test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
