/* SPDX-License-Identifier: Apache-2.0 */
/* Singular and eigenvalues by one-sided rotations (M. Hestenes, "Inversion of matrices by
 * biorthogonalization and related results", 1958): pairs of columns are rotated until they are
 * orthogonal, all n / 2 pairs of a round at once, in the order of a tournament (R. Brent and
 * F. Luk, "The solution of singular-value and symmetric eigenvalue problems on multiprocessor
 * arrays", 1985). */
#include "openvino/lowering/lower_matrix.h"

#include "openvino/lowering/lower_loop.h"
#include "opset_build.h"

#include <float.h>
#include <math.h>

#define SWEEPS 12 /* float32 matrices of some hundred columns need 6 to 10 */

static kov_value one_number(kov_builder *b, int64_t n)
{
    return kov_constant_i64(b, &n, 1);
}

static kov_value joined(kov_builder *b, kov_value x, kov_value y, int from_end)
{
    const kov_value both[] = {x, y};
    return kov_concat(b, both, 2, kov_ndim(b, x) - from_end);
}

static kov_value scalar(kov_builder *b, double number)
{
    return kov_constant_number(b, KOV_DTYPE_F32, number);
}

static kov_value largest(kov_builder *b, kov_value x, int from_end)
{
    return kov_reduce_max(b, x, one_number(b, kov_ndim(b, x) - from_end), true);
}

static kov_value sum_of_products(kov_builder *b, kov_value x, kov_value y)
{
    return kov_matrix_sum(b, kov_multiply(b, x, y), 2);
}

/* ---- rotations ---- */

/* The cosine and sine that make columns with these products orthogonal; 1 and 0 where they are, as
 * far as sums of `rows` products in float32 tell. */
static void rotation(kov_builder *b, int64_t rows, kov_value xx, kov_value yy, kov_value xy,
                     kov_value *cosine, kov_value *sine)
{
    kov_value one = scalar(b, 1), zero = scalar(b, 0);
    kov_value least = kov_multiply(b, kov_multiply(b, kov_sqrt(b, xx), kov_sqrt(b, yy)),
                                   scalar(b, FLT_EPSILON * sqrt((double)rows) / 2));
    kov_value flat = kov_less_equal(b, kov_abs(b, xy), least);
    kov_value twice = kov_select(b, flat, one, kov_multiply(b, xy, scalar(b, 2)));
    kov_value zeta = kov_divide(b, kov_subtract(b, yy, xx), twice);
    kov_value size = kov_abs(b, zeta);
    /* sqrt(1 + zeta^2) without overflow: beyond 2^13 it is zeta. */
    kov_value small = kov_minimum(b, size, scalar(b, 8192));
    kov_value root = kov_sqrt(b, kov_add(b, kov_multiply(b, small, small), one));
    root = kov_select(b, kov_less(b, scalar(b, 8192), size), size, root);
    kov_value tangent = kov_divide(b, one, kov_add(b, size, root));
    tangent = kov_select(b, kov_less(b, zeta, zero), kov_negative(b, tangent), tangent);
    tangent = kov_select(b, flat, zero, tangent);
    kov_value square = kov_add(b, kov_multiply(b, tangent, tangent), one);
    *cosine = kov_divide(b, one, kov_sqrt(b, square));
    *sine = kov_multiply(b, *cosine, tangent);
}

struct tournament {
    int64_t rows;    /* of the matrix, above its rotations */
    int64_t columns; /* even */
    kov_value next;  /* where each column of the next round comes from */
};

/* state: the rotated matrix above the product of all rotations. Column i meets column i + n / 2. */
static void sweep_step(kov_builder *b, kov_value round, kov_value *state, const void *with)
{
    const struct tournament *t = with;
    int64_t half = t->columns / 2;
    (void)round;
    kov_value x = kov_matrix_part(b, state[0], 1, 0, half);
    kov_value y = kov_matrix_part(b, state[0], 1, half, t->columns);
    kov_value x_top = kov_matrix_part(b, x, 2, 0, t->rows);
    kov_value y_top = kov_matrix_part(b, y, 2, 0, t->rows), cosine, sine;
    rotation(b, t->rows, sum_of_products(b, x_top, x_top), sum_of_products(b, y_top, y_top),
             sum_of_products(b, x_top, y_top), &cosine, &sine);
    kov_value new_x = kov_subtract(b, kov_multiply(b, x, cosine), kov_multiply(b, y, sine));
    kov_value new_y = kov_add(b, kov_multiply(b, x, sine), kov_multiply(b, y, cosine));
    kov_value axis = kov_constant_i64_scalar(b, kov_ndim(b, x) - 1);
    state[0] = kov_gather(b, joined(b, new_x, new_y, 1), t->next, axis, 0);
}

/* All but column 0 move on by one place around the table. */
static kov_value next_round(kov_builder *b, int64_t columns)
{
    int64_t half = columns / 2, from[KOV_LOWER_COLUMNS];
    for (int64_t i = 0; i < half; i++) {
        from[i] = i == 0 ? 0 : i == 1 ? half : i - 1;
        from[half + i] = i < half - 1 ? half + i + 1 : half > 1 ? half - 1 : half;
    }
    return kov_constant_i64(b, from, (int)columns);
}

/* V (3 - V^T V) / 2: what rounding took of orthogonality comes back, by Newton's step. */
static kov_value renewed(kov_builder *b, kov_value v)
{
    kov_value half = kov_multiply(b, kov_mat_mul(b, v, v, true, false), scalar(b, -0.5));
    kov_value one = kov_matrix_identity(b, v, kov_matrix_dim(b, v, 1));
    half = kov_add(b, half, kov_multiply(b, one, scalar(b, 1.5)));
    return kov_mat_mul(b, v, half, false, false);
}

/* x (..., m, n) and V become x V with orthogonal columns, the longest first, and the orthogonal V.
 * A column of zeros makes n even; it keeps to itself and comes last. */
static void orthogonal(kov_builder *b, kov_value *x, kov_value *v)
{
    int64_t rows = kov_matrix_dim(b, *x, 2), n = kov_matrix_dim(b, *x, 1);
    struct tournament t = {.rows = rows, .columns = n + n % 2};
    kov_value none = kov_multiply(b, kov_matrix_part(b, *x, 1, 0, 1), scalar(b, 0));
    kov_value wide = n % 2 ? joined(b, *x, none, 1) : *x;
    kov_value all = joined(b, wide, kov_matrix_identity(b, *x, t.columns), 2);
    t.next = next_round(b, t.columns);
    kov_lower_repeat(b, SWEEPS * (t.columns - 1), sweep_step, &t, &all, 1);
    *v = renewed(b, kov_matrix_part(b, all, 2, rows, rows + t.columns));
    kov_value top = kov_mat_mul(b, wide, *v, false, false);
    kov_value order = sum_of_products(b, top, top); /* (..., 1, n) */
    if (n % 2) {
        kov_value own = kov_matrix_part(b, *v, 2, n, n + 1);
        order = kov_subtract(b, order, kov_abs(b, own));
    }
    kov_value axis = one_number(b, kov_ndim(b, order) - 2);
    order = kov_squeeze(b, order, axis);
    order = kov_top_k(b, order, kov_constant_i64_scalar(b, n), kov_ndim(b, order) - 1, "max",
                      "value", KOV_DTYPE_I32, true);
    *x = kov_matrix_columns(b, top, kov_output(order, 1));
    *v = kov_matrix_columns(b, *v, kov_output(order, 1));
    if (n % 2) { /* not a Slice, which OpenVINO takes away before GatherElements */
        kov_value from = kov_constant_i64_scalar(b, 0), step = kov_constant_i64_scalar(b, 1);
        kov_value rest = kov_range(b, from, kov_constant_i64_scalar(b, n), step, KOV_DTYPE_I32);
        *v = kov_gather(b, *v, rest, kov_constant_i64_scalar(b, kov_ndim(b, *v) - 2), 0);
    }
}

/* ---- singular values ---- */

/* Of at least as many rows as columns. Where a singular value is 0 its column of x V says nothing;
 * the reflections that take x V to a diagonal give orthogonal vectors for all. */
static void tall_svd(kov_builder *b, kov_value x, bool full, kov_value *u, kov_value *s,
                     kov_value *v)
{
    kov_value r, zero = scalar(b, 0), scale = largest(b, largest(b, kov_abs(b, x), 1), 2);
    kov_value none = kov_equal(b, scale, zero);
    int64_t rows = kov_matrix_dim(b, x, 2), columns = kov_matrix_dim(b, x, 1);
    x = kov_divide(b, x, kov_select(b, none, scalar(b, 1), scale));
    orthogonal(b, &x, v);
    kov_value lengths = kov_sqrt(b, sum_of_products(b, x, x));
    *s = kov_squeeze(b, kov_multiply(b, lengths, scale), one_number(b, kov_ndim(b, x) - 2));
    kov_lower_qr(b, x, full, u, &r);
    r = kov_matrix_part(b, r, 2, 0, columns);
    r = kov_matrix_sum(b, kov_multiply(b, r, kov_matrix_identity(b, x, columns)), 2);
    if (full && columns < rows) {
        kov_value rest = kov_matrix_part(b, *u, 2, 0, 1);
        rest = kov_matrix_part(b, rest, 1, columns, rows);
        r = joined(b, r, kov_abs(b, rest), 1);
    }
    kov_value signs = kov_select(b, kov_less(b, r, zero), scalar(b, -1), scalar(b, 1));
    *u = kov_multiply(b, *u, signs);
}

void kov_lower_svd(kov_builder *b, kov_value x, bool full, kov_value *u, kov_value *s,
                   kov_value *vh)
{
    kov_value left, right;
    bool wide = kov_matrix_dim(b, x, 2) < kov_matrix_dim(b, x, 1);
    tall_svd(b, wide ? kov_matrix_transpose(b, x) : x, full, &left, s, &right);
    *u = wide ? right : left;
    *vh = kov_matrix_transpose(b, wide ? left : right);
}

/* ---- eigenvalues ---- */

/* With 3/2 of a bound of all eigenvalues added to the diagonal they are positive, and the vectors
 * that make columns orthogonal are the matrix's own. */
void kov_lower_eigh(kov_builder *b, kov_value x, kov_value *values, kov_value *vectors)
{
    int64_t n = kov_matrix_dim(b, x, 1);
    kov_value one = kov_matrix_identity(b, x, n);
    kov_value from = kov_constant_i64_scalar(b, 0), step = kov_constant_i64_scalar(b, 1);
    kov_value places = kov_range(b, from, kov_constant_i64_scalar(b, n), step, KOV_DTYPE_I32);
    kov_value down = kov_unsqueeze(b, places, one_number(b, 1)), zero = scalar(b, 0);
    kov_value lower = kov_select(b, kov_less(b, down, places), zero, x);
    kov_value strict = kov_select(b, kov_less(b, places, down), x, zero);
    x = kov_add(b, lower, kov_matrix_transpose(b, strict));
    kov_value bound = largest(b, kov_matrix_sum(b, kov_abs(b, x), 1), 2);
    kov_value moved = kov_add(b, x, kov_multiply(b, one, kov_multiply(b, bound, scalar(b, 1.5))));
    kov_value v = KOV_VALUE_ERROR;
    orthogonal(b, &moved, &v);
    kov_value own = sum_of_products(b, v, kov_mat_mul(b, x, v, false, false));
    own = kov_squeeze(b, own, one_number(b, kov_ndim(b, own) - 2));
    kov_value order = kov_top_k(b, own, kov_constant_i64_scalar(b, n), kov_ndim(b, own) - 1, "min",
                                "value", KOV_DTYPE_I32, true);
    *values = order;
    *vectors = kov_matrix_columns(b, v, kov_output(order, 1));
}
