/* SPDX-License-Identifier: Apache-2.0 */
#include "native/math_every_isa.h"
#include "opset/linalg/matrix_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void product_of_the_factors(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{1, 1}, {5, 5}, {7, 4}, {4, 7}, {40, 30}};
    for (size_t s = 0; s < 2 * sizeof sizes / sizeof sizes[0]; s++) {
        op_case *test = op_begin();
        bool complete = s % 2 == 1;
        matrix a = matrix_random(sizes[s / 2][0], sizes[s / 2][1]);
        kov_value q = kov_qr(test->b, matrix_value(test, a), complete);
        const kov_value values[] = {q, kov_output(q, 1)};
        const kov_tensor *out[2];
        op_results(test, values, 2, out);
        matrix left = matrix_of(out[0]), right = matrix_of(out[1]);
        int64_t inner = complete || a.rows < a.columns ? a.rows : a.columns;
        assert_int_equal(left.columns, inner);
        matrix_check(matrix_product(left, right), a, 8);
        matrix_check_orthogonal_columns(left, 8);
        for (int64_t i = 0; i < right.rows; i++) {
            for (int64_t k = 0; k < i && k < right.columns; k++)
                assert_true(right.at[i * right.columns + k] == 0);
        }
        op_end(test);
        matrix_free_all();
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(product_of_the_factors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
