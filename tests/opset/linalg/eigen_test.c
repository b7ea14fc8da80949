/* SPDX-License-Identifier: Apache-2.0 */
#include "native/math_every_isa.h"
#include "opset/linalg/matrix_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A v = v w in real and imaginary parts. */
static void values_and_vectors(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 60; n += 9) {
        op_case *test = op_begin();
        matrix a = matrix_random(n, n);
        kov_value first = kov_eig(test->b, matrix_value(test, a));
        const kov_value values[] = {first, kov_output(first, 1), kov_output(first, 2),
                                    kov_output(first, 3)};
        const kov_tensor *out[4];
        op_results(test, values, 4, out);
        matrix re = matrix_diagonal(out[0], n, n), im = matrix_diagonal(out[1], n, n);
        matrix x = matrix_of(out[2]), y = matrix_of(out[3]);
        matrix want[] = {matrix_product(x, re), matrix_product(x, im)};
        matrix more[] = {matrix_product(y, im), matrix_product(y, re)};
        for (int64_t i = 0; i < n * n; i++) {
            want[0].at[i] -= more[0].at[i];
            want[1].at[i] += more[1].at[i];
        }
        matrix_check(matrix_product(a, x), want[0], 20);
        matrix_check(matrix_product(a, y), want[1], 20);
        op_end(test);
        matrix_free_all();
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_and_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
