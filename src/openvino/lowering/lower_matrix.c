/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_matrix.h"

#include "openvino/lowering/lower_integer.h"
#include "openvino/lowering/lower_loop.h"
#include "opset_build.h"

#include <math.h>

/* ---- matrices ---- */

static kov_value number(kov_builder *b, int64_t n)
{
    return kov_constant_int(b, KOV_DTYPE_I32, n);
}

static kov_value one_number(kov_builder *b, int64_t n)
{
    return kov_constant_i64(b, &n, 1);
}

int64_t kov_matrix_dim(kov_builder *b, kov_value x, int from_end)
{
    return kov_dim_number(b, x, kov_ndim(b, x) - from_end);
}

kov_value kov_matrix_transpose(kov_builder *b, kov_value x)
{
    int64_t order[KOV_MAX_NDIM];
    int n = kov_ndim(b, x);
    for (int i = 0; i < n; i++)
        order[i] = i < n - 2 ? i : 2 * n - 3 - i;
    return kov_transpose(b, x, kov_constant_i64(b, order, n));
}

kov_value kov_matrix_part(kov_builder *b, kov_value x, int from_end, int64_t start, int64_t stop)
{
    return kov_slice(b, x, one_number(b, start), one_number(b, stop), one_number(b, 1),
                     one_number(b, kov_ndim(b, x) - from_end));
}

static kov_value behind(kov_builder *b, kov_value x) /* a new last dimension of 1 */
{
    return kov_unsqueeze(b, x, one_number(b, kov_ndim(b, x)));
}

/* Spread over these rows and columns, in the batch of `like`. */
static kov_value spread(kov_builder *b, kov_value x, kov_value like, int64_t rows, int64_t columns)
{
    int64_t dims[KOV_MAX_NDIM];
    int n = kov_ndim(b, like);
    for (int i = 0; i < n - 2; i++)
        dims[i] = kov_dim_number(b, like, i);
    dims[n - 2] = rows;
    dims[n - 1] = columns;
    return kov_broadcast(b, x, kov_constant_i64(b, dims, n), KOV_VALUE_NONE, "numpy");
}

kov_value kov_matrix_columns(kov_builder *b, kov_value x, kov_value order)
{
    int n = kov_ndim(b, x);
    order = kov_unsqueeze(b, order, one_number(b, n - 2));
    order = spread(b, order, x, kov_matrix_dim(b, x, 2), kov_matrix_dim(b, order, 1));
    return kov_gather_elements(b, x, order, n - 1);
}

kov_value kov_matrix_sum(kov_builder *b, kov_value x, int from_end)
{
    return kov_reduce_sum(b, x, one_number(b, kov_ndim(b, x) - from_end), true);
}

kov_value kov_matrix_identity(kov_builder *b, kov_value x, int64_t n)
{
    kov_value size = kov_constant_i64_scalar(b, n);
    kov_value one = kov_eye(b, size, size, kov_constant_i64_scalar(b, 0), KOV_DTYPE_F32);
    return spread(b, one, x, n, n);
}

/* Column k (..., n, 1) and row k (..., 1, m); k: a scalar. */
static kov_value column_of(kov_builder *b, kov_value x, kov_value k)
{
    return behind(b, kov_gather(b, x, k, kov_constant_i64_scalar(b, kov_ndim(b, x) - 1), 0));
}

static kov_value row_of(kov_builder *b, kov_value x, kov_value k)
{
    int axis = kov_ndim(b, x) - 2;
    x = kov_gather(b, x, k, kov_constant_i64_scalar(b, axis), 0);
    return kov_unsqueeze(b, x, one_number(b, axis));
}

/* 0, 1 ... n - 1 along the columns, or the rows (n, 1). */
static kov_value across(kov_builder *b, int64_t n)
{
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    return kov_range(b, zero, kov_constant_i64_scalar(b, n), one, KOV_DTYPE_I32);
}

static kov_value down(kov_builder *b, int64_t n)
{
    return behind(b, across(b, n));
}

static kov_value kept(kov_builder *b, kov_value where, kov_value x)
{
    return kov_select(b, where, x, kov_scalar_like(b, x, 0));
}

/* x / y; x where y is 0. */
static kov_value quotient(kov_builder *b, kov_value x, kov_value y)
{
    kov_value none = kov_equal(b, y, kov_scalar_like(b, y, 0));
    return kov_divide(b, x, kov_select(b, none, kov_scalar_like(b, y, 1), y));
}

/* ---- LU ---- */

/* The row at or after k of the largest number in column k (..., n): (..., 1). */
static kov_value pivot_of(kov_builder *b, kov_value column, kov_value places, kov_value k)
{
    kov_value before = kov_less(b, places, k);
    kov_value size = kov_select(b, before, kov_scalar_like(b, column, -1), kov_abs(b, column));
    kov_value best = kov_top_k(b, size, kov_constant_i64_scalar(b, 1), kov_ndim(b, size) - 1, "max",
                               "value", KOV_DTYPE_I32, true);
    return kov_output(best, 1);
}

/* state: the matrix, the permutation, the swaps. */
static void lu_step(kov_builder *b, kov_value k, kov_value *state, const void *with)
{
    kov_value a = state[0];
    int ndim = kov_ndim(b, a);
    int64_t rows = kov_matrix_dim(b, a, 2), columns = kov_matrix_dim(b, a, 1);
    kov_value places = across(b, rows), along = across(b, columns), under = down(b, rows);
    (void)with;
    kov_value column = kov_gather(b, a, k, kov_constant_i64_scalar(b, ndim - 1), 0);
    kov_value pivot = pivot_of(b, column, places, k);
    kov_value order = kov_lower_select(b, kov_equal(b, places, pivot), k, places);
    order = kov_lower_select(b, kov_equal(b, places, k), pivot, order);
    a = kov_gather_elements(b, a, spread(b, behind(b, order), a, rows, columns), ndim - 2);
    state[1] = kov_gather_elements(b, state[1], order, ndim - 2);
    kov_value turns = across(b, kov_matrix_dim(b, state[2], 1));
    state[2] = kov_lower_select(b, kov_equal(b, turns, k), pivot, state[2]);
    kov_value row = row_of(b, a, k), below = kov_less(b, k, under);
    kov_value factor = kept(b, below, quotient(b, column_of(b, a, k), column_of(b, row, k)));
    row = kept(b, kov_less(b, k, along), row);
    a = kov_subtract(b, a, kov_multiply(b, factor, row));
    kov_value at = kov_logical_and(b, below, kov_equal(b, along, k));
    state[0] = kov_select(b, at, factor, a);
}

void kov_lower_lu(kov_builder *b, kov_value x, kov_value *lu, kov_value *swaps,
                  kov_value *permutation)
{
    int64_t rows = kov_matrix_dim(b, x, 2), columns = kov_matrix_dim(b, x, 1);
    int64_t steps = rows < columns ? rows : columns;
    int ndim = kov_ndim(b, x);
    kov_value start = spread(b, across(b, rows), x, 1, rows);
    kov_value none = spread(b, number(b, 0), x, 1, steps), axis = one_number(b, ndim - 2);
    kov_value state[] = {x, kov_squeeze(b, start, axis), kov_squeeze(b, none, axis)};
    kov_lower_repeat(b, steps, lu_step, NULL, state, 3);
    *lu = state[0];
    *permutation = state[1];
    *swaps = state[2];
}

/* ---- triangular systems ---- */

struct triangle {
    kov_value matrix;
    int64_t rows;
    bool lower, unit_diagonal;
};

static void solve_step(kov_builder *b, kov_value k, kov_value *state, const void *with)
{
    const struct triangle *t = with;
    kov_value under = down(b, t->rows);
    k = t->lower ? k : kov_subtract(b, number(b, t->rows - 1), k);
    kov_value solved = row_of(b, state[0], k);
    if (!t->unit_diagonal)
        solved = kov_divide(b, solved, column_of(b, row_of(b, t->matrix, k), k));
    kov_value open = t->lower ? kov_less(b, k, under) : kov_less(b, under, k);
    kov_value column = kept(b, open, column_of(b, t->matrix, k));
    kov_value rest = kov_subtract(b, state[0], kov_multiply(b, column, solved));
    rest = kov_select(b, open, rest, state[0]);
    state[0] = kov_select(b, kov_equal(b, under, k), solved, rest);
}

kov_value kov_lower_triangular_solve(kov_builder *b, kov_value matrix, kov_value right, bool lower,
                                     bool transpose, bool unit_diagonal)
{
    const struct triangle t = {.matrix = transpose ? kov_matrix_transpose(b, matrix) : matrix,
                               .rows = kov_matrix_dim(b, matrix, 1),
                               .lower = lower != transpose,
                               .unit_diagonal = unit_diagonal};
    kov_lower_repeat(b, t.rows, solve_step, &t, &right, 1);
    return right;
}

/* ---- Cholesky ---- */

/* state: what is left of the matrix, the factor. */
static void cholesky_step(kov_builder *b, kov_value k, kov_value *state, const void *with)
{
    int64_t n = kov_matrix_dim(b, state[0], 1);
    (void)with;
    kov_value column = column_of(b, state[0], k), square = row_of(b, column, k);
    kov_value above = kov_less(b, down(b, n), k);
    kov_value zero = kov_scalar_like(b, column, 0);
    kov_value positive = kov_less(b, zero, square), nan = kov_scalar_like(b, column, NAN);
    kov_value root = kov_select(b, positive, kov_sqrt(b, square), nan);
    column = kov_select(b, above, zero, kov_divide(b, column, root));
    kov_value square_of = kov_multiply(b, column, kov_matrix_transpose(b, column));
    state[0] = kov_subtract(b, state[0], square_of);
    state[1] = kov_select(b, kov_equal(b, across(b, n), k), column, state[1]);
}

kov_value kov_lower_cholesky(kov_builder *b, kov_value x)
{
    int64_t n = kov_matrix_dim(b, x, 1);
    kov_value state[] = {x, spread(b, kov_scalar_like(b, x, 0), x, n, n)};
    kov_lower_repeat(b, n, cholesky_step, NULL, state, 2);
    return state[1];
}

/* ---- QR ---- */

/* x - factor v (v^T x) */
static kov_value reflected(kov_builder *b, kov_value x, kov_value v, kov_value factor)
{
    kov_value along = kov_mat_mul(b, v, x, true, false);
    return kov_subtract(b, x, kov_multiply(b, kov_multiply(b, v, factor), along));
}

/* state: R, and Q transposed. The column is scaled, so that squares neither overflow nor vanish. */
static void qr_step(kov_builder *b, kov_value k, kov_value *state, const void *with)
{
    kov_value r = state[0];
    int64_t rows = kov_matrix_dim(b, r, 2), columns = kov_matrix_dim(b, r, 1);
    kov_value under = down(b, rows), below = kov_less(b, k, under);
    kov_value at = kov_equal(b, under, k), zero = kov_scalar_like(b, r, 0);
    (void)with;
    kov_value x = kov_select(b, kov_less(b, under, k), zero, column_of(b, r, k));
    kov_value most = kov_reduce_max(b, kov_abs(b, x), one_number(b, kov_ndim(b, r) - 2), true);
    x = quotient(b, x, most);
    kov_value tail = kept(b, below, x), head = row_of(b, x, k);
    kov_value tail_square = kov_matrix_sum(b, kov_multiply(b, tail, tail), 2);
    kov_value length = kov_sqrt(b, kov_add(b, tail_square, kov_multiply(b, head, head)));
    kov_value target = kov_select(b, kov_less(b, head, zero), length, kov_negative(b, length));
    kov_value clear = kov_equal(b, tail_square, zero); /* nothing is reflected then */
    kov_value far = kov_subtract(b, head, target);
    kov_value v = kov_select(b, at, far, tail);
    kov_value square = kov_add(b, tail_square, kov_multiply(b, far, far));
    kov_value factor = quotient(b, kov_scalar_like(b, r, 2), square);
    factor = kov_select(b, clear, zero, factor);
    r = reflected(b, r, v, factor);
    kov_value here = kov_equal(b, across(b, columns), k);
    r = kov_select(b, kov_logical_and(b, below, here), zero, r);
    kov_value corner = kov_logical_and(b, kov_logical_and(b, at, here), kov_logical_not(b, clear));
    state[0] = kov_select(b, corner, kov_multiply(b, target, most), r);
    state[1] = reflected(b, state[1], v, factor);
}

void kov_lower_qr(kov_builder *b, kov_value x, bool complete, kov_value *q, kov_value *r)
{
    int64_t rows = kov_matrix_dim(b, x, 2), columns = kov_matrix_dim(b, x, 1);
    kov_value state[] = {x, kov_matrix_identity(b, x, rows)};
    int64_t steps = rows - 1 < columns ? rows - 1 : columns;
    kov_lower_repeat(b, steps, qr_step, NULL, state, 2);
    *q = kov_matrix_transpose(b, state[1]);
    *r = state[0];
    if (!complete && columns < rows) {
        *q = kov_matrix_part(b, *q, 1, 0, columns);
        *r = kov_matrix_part(b, *r, 2, 0, columns);
    }
}
