/* SPDX-License-Identifier: Apache-2.0 */
#include "native/math_every_isa.h"
#include "opset/linalg/matrix_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_eigh(matrix a)
{
    op_case *test = op_begin();
    kov_value first = kov_eigh(test->b, matrix_value(test, a));
    const kov_value values[] = {first, kov_output(first, 1)};
    const kov_tensor *out[2];
    op_results(test, values, 2, out);
    matrix v = matrix_of(out[1]), w = matrix_of(out[0]);
    matrix d = matrix_diagonal(out[0], a.rows, a.rows);
    matrix_check(matrix_product(v, d), matrix_product(a, v), 8);
    matrix_check_orthogonal_columns(v, 8);
    for (int64_t i = 1; i < w.columns; i++)
        assert_true(w.at[i - 1] <= w.at[i]);
    op_end(test);
    matrix_free_all();
}

/* Small ones by rotations, large ones by tridiagonal form; of full and of low rank. */
static void symmetric(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 80; n += 13) {
        matrix x = matrix_random(n, n), low = matrix_random(n, 2);
        for (int64_t i = 0; i < n * n; i++)
            x.at[i] = i / n > i % n ? x.at[i % n * n + i / n] : x.at[i];
        check_eigh(x);
        low = matrix_random(n, 2);
        check_eigh(matrix_product(low, matrix_transposed(low)));
    }
}

static void check_svd(matrix a, bool full)
{
    op_case *test = op_begin();
    kov_value first = kov_svd(test->b, matrix_value(test, a), full);
    const kov_value values[] = {first, kov_output(first, 1), kov_output(first, 2)};
    const kov_tensor *out[3];
    op_results(test, values, 3, out);
    matrix u = matrix_of(out[0]), s = matrix_of(out[1]), vh = matrix_of(out[2]);
    int64_t inner = a.rows < a.columns ? a.rows : a.columns;
    assert_int_equal(u.columns, full ? a.rows : inner);
    assert_int_equal(vh.rows, full ? a.columns : inner);
    matrix d = matrix_diagonal(out[1], u.columns, vh.rows);
    matrix_check(matrix_product(matrix_product(u, d), vh), a, 8);
    matrix_check_orthogonal_columns(u, 8);
    matrix_check_orthogonal_columns(matrix_transposed(vh), 8);
    for (int64_t i = 0; i < s.columns; i++)
        assert_true(s.at[i] >= 0 && (i == 0 || s.at[i - 1] >= s.at[i]));
    op_end(test);
    matrix_free_all();
}

static void singular(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{1, 1}, {6, 6}, {9, 4}, {4, 9}, {40, 40}, {60, 3}, {35, 50}};
    for (size_t s = 0; s < 2 * sizeof sizes / sizeof sizes[0]; s++) {
        int64_t rows = sizes[s / 2][0], columns = sizes[s / 2][1];
        check_svd(matrix_random(rows, columns), s % 2 == 1);
        matrix low = matrix_random(rows, 1);
        check_svd(matrix_product(low, matrix_random(1, columns)), s % 2 == 1);
    }
}

static int run(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(symmetric), cmocka_unit_test(singular)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
