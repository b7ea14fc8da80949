/* SPDX-License-Identifier: Apache-2.0 */
#include "native/math_every_isa.h"
#include "opset/linalg/matrix_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const int64_t sizes[][2] = {{1, 1}, {2, 2}, {5, 5}, {7, 4}, {4, 7}, {40, 40}, {0, 3}};

/* Row i of the product L U is row permutation[i] of data, and the swaps make that permutation. */
static void product_of_the_factors(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        op_case *test = op_begin();
        int64_t rows = sizes[s][0], columns = sizes[s][1], inner = rows < columns ? rows : columns;
        matrix a = matrix_random(rows, columns);
        kov_value lu = kov_lu(test->b, matrix_value(test, a));
        const kov_value values[] = {lu, kov_output(lu, 1), kov_output(lu, 2)};
        const kov_tensor *out[3];
        op_results(test, values, 3, out);
        matrix packed = matrix_of(out[0]), swaps = matrix_of(out[1]), order = matrix_of(out[2]);
        matrix l = matrix_new(rows, inner), u = matrix_new(inner, columns);
        matrix want = matrix_new(rows, columns);
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t k = 0; k < columns; k++) {
                double x = packed.at[i * columns + k];
                if (k < i && k < inner) {
                    l.at[i * inner + k] = x;
                    assert_true(x >= -1 && x <= 1); /* the pivot is the greatest */
                } else if (i < inner) {
                    u.at[i * columns + k] = x;
                }
                want.at[i * columns + k] = a.at[(int64_t)order.at[i] * columns + k];
            }
            if (i < inner)
                l.at[i * inner + i] = 1;
        }
        matrix_check(matrix_product(l, u), want, 10);
        matrix rest = matrix_new(1, rows);
        for (int64_t i = 0; i < rows; i++)
            rest.at[i] = (double)i;
        for (int64_t i = 0; i < inner; i++) {
            int64_t k = (int64_t)swaps.at[i];
            double moved = rest.at[i];
            rest.at[i] = rest.at[k];
            rest.at[k] = moved;
        }
        matrix_check(rest, order, 0);
        op_end(test);
        matrix_free_all();
    }
}

static void inverse_times_itself(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 40; n += 6) {
        op_case *test = op_begin();
        matrix a = matrix_random(n, n), one = matrix_new(n, n);
        for (int64_t i = 0; i < n; i++) {
            a.at[i * n + i] += 4; /* far from singular */
            one.at[i * n + i] = 1;
        }
        matrix inverse =
            matrix_of(op_result(test, kov_inverse(test->b, matrix_value(test, a), false)));
        matrix_check(matrix_product(a, inverse), one, 100);
        op_end(test);
        matrix_free_all();
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_of_the_factors),
        cmocka_unit_test(inverse_times_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
