/* SPDX-License-Identifier: Apache-2.0 */
/* Module linalg: factorisations, and what is solved with them. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <string.h>

/* Matrices of a float dtype; false on failure. */
static bool as_matrices(kov_builder *b, const char *function, kov_value *x)
{
    *x = kov_as_float(b, *x);
    if (b->status == KOV_OK && kov_ndim(b, *x) < 2)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: Expected input to have rank >= 2. It has %d dimensions", function,
                         kov_ndim(b, *x));
    return b->status == KOV_OK;
}

static kov_value transposed(kov_builder *b, kov_value x)
{
    int ndim = kov_ndim(b, x);
    return b->status == KOV_OK ? kov_swap(b, x, ndim - 2, ndim - 1) : KOV_VALUE_ERROR;
}

static kov_value adjoint(kov_builder *b, kov_value x)
{
    return kov_conjugate_of(b, transposed(b, x));
}

kov_value kov_linalg_cholesky(kov_builder *b, kov_value x, bool upper)
{
    if (!as_matrices(b, "cholesky", &x))
        return KOV_VALUE_ERROR;
    kov_value lower = kov_cholesky(b, x);
    return upper ? adjoint(b, lower) : lower;
}

/* x^H y */
static kov_value product(kov_builder *b, kov_value x, kov_value y)
{
    if (kov_is_complex_value(b, x))
        return kov_numpy_matmul(b, adjoint(b, x), y);
    return kov_mat_mul(b, x, y, true, false);
}

/* a = L L^H: its inverse is L^-H L^-1. */
kov_value kov_linalg_cholesky_inverse(kov_builder *b, kov_value x, bool upper)
{
    if (!as_matrices(b, "cholesky_inverse", &x))
        return KOV_VALUE_ERROR;
    int ndim = kov_ndim(b, x);
    kov_value n = kov_dim_value(b, x, ndim - 1);
    kov_value one = kov_eye(b, n, n, kov_constant_i64_scalar(b, 0), kov_dtype_of(b, x));
    one = kov_broadcast_to(b, one, kov_shape_value(b, x));
    if (upper)
        x = kov_conjugate_of(b, x);
    kov_value inverse = kov_triangular_solve(b, x, one, !upper, upper, false);
    return product(b, inverse, inverse);
}

kov_value kov_linalg_inv(kov_builder *b, kov_value x)
{
    return as_matrices(b, "inv", &x) ? kov_inverse(b, x, false) : KOV_VALUE_ERROR;
}

void kov_linalg_qr(kov_builder *b, kov_value x, const char *mode, kov_value *outs)
{
    bool complete = strcmp(mode, "complete") == 0;
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (!complete && strcmp(mode, "reduced") != 0)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "qr: `mode` argument value not supported. Expected one of {'reduced', 'complete'}. "
            "Received: mode=%s",
            mode);
    if (!as_matrices(b, "qr", &x))
        return;
    outs[0] = kov_qr(b, x, complete);
    outs[1] = kov_output(outs[0], 1);
}

void kov_linalg_eigh(kov_builder *b, kov_value x, kov_value *outs)
{
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (!as_matrices(b, "eigh", &x))
        return;
    outs[0] = kov_eigh(b, x);
    outs[1] = kov_output(outs[0], 1);
}

void kov_linalg_eig(kov_builder *b, kov_value x, kov_value *outs)
{
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (!as_matrices(b, "eig", &x))
        return;
    kov_value parts = kov_eig(b, kov_widen(b, x));
    for (int i = 0; i < 2; i++)
        outs[i] = kov_complex_join(b, kov_output(parts, 2 * i), kov_output(parts, 2 * i + 1));
}

/* ---- By LU ---- */

void kov_linalg_lu_factor(kov_builder *b, kov_value x, kov_value *outs)
{
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (!as_matrices(b, "lu_factor", &x))
        return;
    outs[0] = kov_lu(b, x);
    outs[1] = kov_output(outs[0], 1);
}

/* The diagonal of U, and the sign of the permutation: 1 or -1. */
static kov_value factor_diagonal(kov_builder *b, kov_value x, kov_value *sign)
{
    kov_value lu = kov_lu(b, x), swaps = kov_output(lu, 1);
    int last = kov_ndim(b, x) - 2;
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value own = kov_iota(b, kov_dim_value(b, swaps, last), KOV_DTYPE_I32);
    kov_value one = kov_scalar_like(b, x, 1), turn = kov_scalar_like(b, x, -1);
    *sign = kov_reduce_prod(b, kov_select(b, kov_equal(b, swaps, own), one, turn),
                            kov_one_i64(b, last), false);
    return kov_numpy_diagonal(b, lu, 0, -2, -1);
}

kov_value kov_linalg_det(kov_builder *b, kov_value x)
{
    kov_value sign = KOV_VALUE_ERROR;
    if (!as_matrices(b, "det", &x))
        return KOV_VALUE_ERROR;
    kov_value diagonal = factor_diagonal(b, x, &sign);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value product =
        kov_reduce_prod(b, diagonal, kov_one_i64(b, kov_ndim(b, diagonal) - 1), false);
    return kov_multiply(b, product, sign);
}

void kov_numpy_slogdet(kov_builder *b, kov_value x, kov_value *outs)
{
    kov_value sign = KOV_VALUE_ERROR;
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (!as_matrices(b, "slogdet", &x))
        return;
    kov_value diagonal = factor_diagonal(b, x, &sign);
    if (b->status != KOV_OK)
        return;
    kov_value last = kov_one_i64(b, kov_ndim(b, diagonal) - 1);
    kov_value signs = kov_sign(b, diagonal);
    if (!kov_is_complex_value(b, diagonal)) /* what is no number is not below 0 */
        signs = kov_select(b, kov_is_na_n(b, diagonal), kov_scalar_like(b, signs, 1), signs);
    outs[0] = kov_multiply(b, sign, kov_reduce_prod(b, signs, last, false));
    outs[1] = kov_reduce_sum(b, kov_log(b, kov_abs(b, diagonal)), last, false);
}

kov_value kov_math_logdet(kov_builder *b, kov_value x)
{
    kov_value both[2];
    kov_numpy_slogdet(b, x, both);
    return both[1];
}

/* A right side of one dimension less is a stack of vectors; *vectors says so. False on failure. */
static bool as_system(kov_builder *b, const char *function, kov_value *a, kov_value *right,
                      bool *vectors)
{
    kov_promote_pair_to_float(b, a, right);
    if (!as_matrices(b, function, a))
        return false;
    int ndim = kov_ndim(b, *a), given = kov_ndim(b, *right);
    *vectors = given == ndim - 1;
    if (given != ndim && !*vectors)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: a has %d dimensions and b %d; b has as many, or one less for vectors",
                         function, ndim, given);
    else if (*vectors)
        *right = kov_unsqueeze_at(b, *right, ndim - 1);
    return b->status == KOV_OK;
}

static kov_value from_system(kov_builder *b, kov_value x, bool vectors)
{
    return vectors ? kov_squeeze_at(b, x, kov_ndim(b, x) - 1) : x;
}

kov_value kov_linalg_solve(kov_builder *b, kov_value a, kov_value b_)
{
    bool vectors;
    if (!as_system(b, "solve", &a, &b_, &vectors))
        return KOV_VALUE_ERROR;
    int ndim = kov_ndim(b, a);
    kov_value lu = kov_lu(b, a), order = kov_output(lu, 2);
    kov_value x = kov_gather(b, b_, order, kov_constant_i64_scalar(b, ndim - 2), ndim - 2);
    x = kov_triangular_solve(b, lu, x, true, false, true);
    return from_system(b, kov_triangular_solve(b, lu, x, false, false, false), vectors);
}

kov_value kov_linalg_solve_triangular(kov_builder *b, kov_value a, kov_value b_, bool lower)
{
    bool vectors;
    if (!as_system(b, "solve_triangular", &a, &b_, &vectors))
        return KOV_VALUE_ERROR;
    return from_system(b, kov_triangular_solve(b, a, b_, lower, false, false), vectors);
}

/* ---- By singular values ---- */

int kov_linalg_svd(kov_builder *b, kov_value x, bool full_matrices, bool compute_uv,
                   kov_value *outs, int capacity)
{
    if (!as_matrices(b, "svd", &x) || capacity < 3)
        return 0;
    kov_value u = kov_svd(b, x, full_matrices && compute_uv);
    for (int i = 0; i < 3; i++)
        outs[i] = kov_output(u, i);
    if (compute_uv)
        return 3;
    outs[0] = kov_output(u, 1);
    return 1;
}

/* The singular values that count as zero: up to relative times the greatest of them. Without
 * `relative`: machine epsilon times `factor` times the longer side. */
static kov_value threshold_of(kov_builder *b, kov_value x, kov_value s, kov_optional_float relative,
                              double factor)
{
    int ndim = kov_ndim(b, x);
    kov_value most = kov_reduce_max(b, s, kov_one_i64(b, ndim - 2), true), part;
    if (relative.given) {
        part = kov_scalar_like(b, s, relative.value);
    } else {
        kov_value side =
            kov_maximum(b, kov_dim_value(b, x, ndim - 2), kov_dim_value(b, x, ndim - 1));
        part =
            kov_multiply(b, kov_cast(b, side, kov_dtype_of(b, s)),
                         kov_scalar_like(b, s, factor * kov_machine_epsilon(kov_dtype_of(b, s))));
    }
    return kov_multiply(b, most, part);
}

/* 1 / s where s counts, else 0. */
static kov_value inverted(kov_builder *b, kov_value s, kov_value threshold)
{
    kov_value counts = kov_greater(b, s, threshold), one = kov_scalar_like(b, s, 1);
    kov_value inverse = kov_divide(b, one, kov_select(b, counts, s, one));
    return kov_select(b, counts, inverse, kov_scalar_like(b, s, 0));
}

/* V diag(1/s) U^H right, or without `right` (KOV_VALUE_NONE) V diag(1/s) U^H; of 16 bits computed
 * in float32, since a quotient magnifies the rounding of small singular values. */
static kov_value pseudo_solve(kov_builder *b, kov_value x, kov_value right,
                              kov_optional_float relative, double factor)
{
    int ndim = kov_ndim(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    kov_value u = kov_svd(b, x, false), s = kov_output(u, 1), vh = kov_output(u, 2);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value scale =
        kov_unsqueeze_at(b, inverted(b, s, threshold_of(b, x, s, relative, factor)), ndim - 1);
    scale = kov_cast(b, scale, kov_dtype_of(b, u));
    kov_value inner = right == KOV_VALUE_NONE ? adjoint(b, u) : product(b, u, kov_widen(b, right));
    return kov_narrow(b, product(b, vh, kov_multiply(b, scale, inner)), dtype);
}

kov_value kov_linalg_pinv(kov_builder *b, kov_value x, kov_optional_float rcond)
{
    if (!as_matrices(b, "pinv", &x))
        return KOV_VALUE_ERROR;
    return pseudo_solve(b, x, KOV_VALUE_NONE, rcond, 10);
}

kov_value kov_linalg_lstsq(kov_builder *b, kov_value a, kov_value b_, kov_optional_float rcond)
{
    bool vectors;
    if (!as_system(b, "lstsq", &a, &b_, &vectors))
        return KOV_VALUE_ERROR;
    return from_system(b, pseudo_solve(b, a, b_, rcond, 1), vectors);
}

kov_value kov_linalg_matrix_rank(kov_builder *b, kov_value x, kov_value tol)
{
    if (!as_matrices(b, "matrix_rank", &x))
        return KOV_VALUE_ERROR;
    kov_value s = kov_output(kov_svd(b, x, false), 1);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (tol == KOV_VALUE_NONE)
        tol = threshold_of(b, x, s, (kov_optional_float){0}, 1);
    else /* one for each matrix, or for all */
        tol = kov_unsqueeze_at(b, kov_cast(b, tol, kov_dtype_of(b, s)), kov_ndim(b, tol));
    kov_value counts = kov_cast(b, kov_greater(b, s, tol), KOV_DTYPE_I32);
    return kov_reduce_sum(b, counts, kov_one_i64(b, kov_ndim(b, counts) - 1), false);
}
