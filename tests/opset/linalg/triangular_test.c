/* SPDX-License-Identifier: Apache-2.0 */
#include "native/math_every_isa.h"
#include "opset/linalg/matrix_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* L L^T is the matrix again, and L is lower. */
static void cholesky_factor(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 50; n += 8) {
        op_case *test = op_begin();
        matrix x = matrix_random(n, n + 3), a = matrix_product(x, matrix_transposed(x));
        matrix l = matrix_of(op_result(test, kov_cholesky(test->b, matrix_value(test, a))));
        for (int64_t i = 0; i < n; i++) {
            for (int64_t k = i + 1; k < n; k++)
                assert_true(l.at[i * n + k] == 0);
        }
        matrix_check(matrix_product(l, matrix_transposed(l)), a, 4);
        op_end(test);
        matrix_free_all();
    }
}

/* The triangle times the solution is the right side, in all eight forms; the other half of the
 * matrix is not read. */
static void triangular_solution(void **state)
{
    (void)state;
    for (int form = 0; form < 8; form++) {
        bool lower = form & 1, transpose = form & 2, unit = form & 4;
        op_case *test = op_begin();
        const int64_t n = 9;
        matrix a = matrix_random(n, n), right = matrix_random(n, 4), triangle = matrix_new(n, n);
        for (int64_t i = 0; i < n * n; i++) {
            int64_t row = i / n, column = i % n;
            a.at[i] += row == column ? 3 : 0;
            bool kept = lower ? row > column : row < column;
            triangle.at[i] = kept ? a.at[i] : row != column ? 0 : unit ? 1 : a.at[i];
        }
        kov_value y = kov_triangular_solve(test->b, matrix_value(test, a),
                                           matrix_value(test, right), lower, transpose, unit);
        matrix solution = matrix_of(op_result(test, y));
        matrix left = transpose ? matrix_transposed(triangle) : triangle;
        /* the elements of a solution by a unit triangle grow to some hundreds */
        matrix_check(matrix_product(left, solution), right, 1000);
        op_end(test);
        matrix_free_all();
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cholesky_factor),
        cmocka_unit_test(triangular_solution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
