/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/linalg/matrix_case.h"

#include "tensor/convert.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static double *kept[4096];
static int kept_count;
static uint64_t seed = 1;

matrix matrix_new(int64_t rows, int64_t columns)
{
    assert_true(kept_count < 4096);
    matrix x = {rows, columns, calloc((size_t)(rows * columns + 1), sizeof *x.at)};
    assert_non_null(x.at);
    kept[kept_count++] = x.at;
    return x;
}

void matrix_free_all(void)
{
    while (kept_count > 0)
        free(kept[--kept_count]);
}

matrix matrix_random(int64_t rows, int64_t columns)
{
    matrix x = matrix_new(rows, columns);
    for (int64_t i = 0; i < rows * columns; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        x.at[i] = (double)(int64_t)seed * 0x1p-63;
    }
    return x;
}

matrix matrix_of(const kov_tensor *tensor)
{
    int ndim = kov_tensor_ndim(tensor);
    const int64_t *dims = kov_tensor_dims(tensor);
    matrix x = matrix_new(ndim > 1 ? dims[ndim - 2] : 1, dims[ndim - 1]);
    assert_int_equal(kov_convert(kov_tensor_dtype(tensor), kov_tensor_data(tensor), KOV_DTYPE_F64,
                                 x.at, x.rows * x.columns),
                     KOV_OK);
    return x;
}

matrix matrix_product(matrix x, matrix y)
{
    matrix z = matrix_new(x.rows, y.columns);
    assert_int_equal(x.columns, y.rows);
    for (int64_t i = 0; i < z.rows; i++) {
        for (int64_t k = 0; k < z.columns; k++) {
            long double sum = 0;
            for (int64_t j = 0; j < x.columns; j++)
                sum += (long double)x.at[i * x.columns + j] * y.at[j * y.columns + k];
            z.at[i * z.columns + k] = (double)sum;
        }
    }
    return z;
}

matrix matrix_transposed(matrix x)
{
    matrix y = matrix_new(x.columns, x.rows);
    for (int64_t i = 0; i < x.rows * x.columns; i++)
        y.at[i % x.columns * x.rows + i / x.columns] = x.at[i];
    return y;
}

matrix matrix_diagonal(const kov_tensor *values, int64_t rows, int64_t columns)
{
    matrix d = matrix_of(values), x = matrix_new(rows, columns);
    for (int64_t i = 0; i < d.columns; i++)
        x.at[i * columns + i] = d.at[i];
    return x;
}

kov_value matrix_value(op_case *test, matrix x)
{
    const int64_t dims[] = {x.rows, x.columns};
    return op_data(test, KOV_DTYPE_F64, 2, dims, x.at);
}

void matrix_check(matrix x, matrix y, double units)
{
    assert_int_equal(x.rows, y.rows);
    assert_int_equal(x.columns, y.columns);
    double sum = 0;
    for (int64_t i = 0; i < y.rows * y.columns; i++)
        sum += y.at[i] * y.at[i];
    double bound = units * DBL_EPSILON * (1 + sqrt(sum));
    for (int64_t i = 0; i < y.rows * y.columns; i++) {
        if (!(fabs(x.at[i] - y.at[i]) <= bound))
            print_error("element %lld: %.17g, expected %.17g, bound %g\n", (long long)i, x.at[i],
                        y.at[i], bound);
        assert_true(fabs(x.at[i] - y.at[i]) <= bound);
    }
}

void matrix_check_orthogonal_columns(matrix x, double units)
{
    matrix one = matrix_new(x.columns, x.columns);
    for (int64_t i = 0; i < x.columns; i++)
        one.at[i * x.columns + i] = 1;
    matrix_check(matrix_product(matrix_transposed(x), x), one, units);
}
