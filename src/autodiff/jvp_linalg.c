/* SPDX-License-Identifier: Apache-2.0 */
/* Factorisations. Formulas: M. Giles, Collected matrix derivative results for forward and reverse
 * mode algorithmic differentiation, 2008. Matrices are the last two dimensions. */
#include "autodiff/jvp.h"

#include "opset_build.h"

static kov_value times(kov_builder *b, kov_value x, kov_value y)
{
    return kov_mat_mul(b, x, y, false, false);
}

static kov_value transposed(kov_builder *b, kov_value x)
{
    int64_t order[KOV_MAX_NDIM];
    int n = kov_ndim(b, x);
    for (int i = 0; i < n; i++)
        order[i] = i < n - 2 ? i : 2 * n - 3 - i;
    return kov_transpose(b, x, kov_constant_i64(b, order, n));
}

/* x where row - column >= least, else 0. */
static kov_value lower_part(kov_builder *b, kov_value x, int64_t least)
{
    int n = kov_ndim(b, x);
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    kov_value row = kov_range(b, zero, kov_dim_value(b, x, n - 2), one, KOV_DTYPE_I64);
    kov_value column = kov_range(b, zero, kov_dim_value(b, x, n - 1), one, KOV_DTYPE_I64);
    row = kov_unsqueeze(b, row, kov_constant_i64(b, (const int64_t[]){1}, 1));
    kov_value kept =
        kov_greater_equal(b, kov_subtract(b, row, column), kov_constant_i64_scalar(b, least));
    return kov_select(b, kept, x, kov_scalar_like(b, x, 0));
}

static kov_value upper_part(kov_builder *b, kov_value x)
{
    return kov_subtract(b, x, lower_part(b, x, 1));
}

/* x right^-1 for triangular right. */
static kov_value divide_by_triangle(kov_builder *b, kov_value x, kov_value right, bool lower)
{
    kov_value y = kov_triangular_solve(b, right, transposed(b, x), lower, true, false);
    return transposed(b, y);
}

static kov_value identity_like(kov_builder *b, kov_value x)
{
    kov_value n = kov_dim_value(b, x, kov_ndim(b, x) - 1);
    return kov_eye(b, n, n, kov_constant_i64_scalar(b, 0), kov_dtype_of(b, x));
}

void kov_jvp_inverse(const kov_jvp *at)
{
    if (at->node->attrs[KOV_INVERSE_ADJOINT].u.boolean) {
        kov_jvp_refuse(at, "as the adjoint");
        return;
    }
    kov_value y = at->out[0], moved = times(at->b, times(at->b, y, at->dx[0]), y);
    at->dy[0] = kov_negative(at->b, moved);
}

/* A x = r: A dx = dr - dA x, of dA only the triangle that counts. */
void kov_jvp_triangular_solve(const kov_jvp *at)
{
    kov_builder *b = at->b;
    const kov_attr *attrs = at->node->attrs;
    bool lower = attrs[KOV_TRIANGULAR_SOLVE_LOWER].u.boolean;
    bool turned = attrs[KOV_TRIANGULAR_SOLVE_TRANSPOSE].u.boolean;
    bool unit = attrs[KOV_TRIANGULAR_SOLVE_UNIT_DIAGONAL].u.boolean;
    kov_value right = at->dx[1];
    if (at->dx[0] != KOV_VALUE_NONE) {
        kov_value moved = lower ? at->dx[0] : transposed(b, at->dx[0]);
        moved = lower_part(b, moved, unit ? 1 : 0);
        moved = times(b, lower == turned ? transposed(b, moved) : moved, at->out[0]);
        moved = kov_negative(b, moved);
        right = kov_jvp_sum(b, moved, right);
    }
    at->dy[0] = kov_triangular_solve(b, at->in[0], kov_jvp_spread(b, right, at->out[0]), lower,
                                     turned, unit);
}

/* The formulas below are those of real matrices. */
static bool is_complex(const kov_jvp *at)
{
    kov_dtype dtype = kov_dtype_of(at->b, at->in[0]);
    if (dtype != KOV_DTYPE_C64 && dtype != KOV_DTYPE_C128)
        return false;
    kov_jvp_refuse(at, "of complex matrices");
    return true;
}

/* dL = L tril(L^-1 dA L^-T), the diagonal halved. */
void kov_jvp_cholesky(const kov_jvp *at)
{
    kov_builder *b = at->b;
    if (is_complex(at))
        return;
    kov_value l = at->out[0], half = kov_scalar_like(b, l, 0.5);
    kov_value da = kov_multiply(b, half, kov_add(b, at->dx[0], transposed(b, at->dx[0])));
    kov_value inner = kov_triangular_solve(b, l, da, true, false, false);
    inner = kov_triangular_solve(b, l, transposed(b, inner), true, false, false);
    kov_value both = kov_add(b, lower_part(b, inner, 0), lower_part(b, inner, 1));
    at->dy[0] = times(b, l, kov_multiply(b, half, both));
}

/* P A = L U: F = L^-1 P dA U^-1, dL = L times F below the diagonal, dU = the rest of F times U;
 * both are packed in one matrix. */
void kov_jvp_lu(const kov_jvp *at)
{
    kov_builder *b = at->b;
    kov_value lu = at->out[0], rows = at->out[2];
    int n = kov_ndim(b, lu);
    kov_value da = kov_gather(b, at->dx[0], rows, kov_constant_i64_scalar(b, n - 2), n - 2);
    kov_value u = upper_part(b, lu);
    kov_value l = kov_add(b, lower_part(b, lu, 1), identity_like(b, lu));
    kov_value inner = kov_triangular_solve(b, l, da, true, false, true);
    inner = divide_by_triangle(b, inner, u, false);
    at->dy[0] = kov_add(b, times(b, l, lower_part(b, inner, 1)), times(b, upper_part(b, inner), u));
}

/* For at least as many rows as columns: with X = dA R^-1 and L what of Q^T X is below the diagonal,
 * W = L - L^T: dQ = X + Q (W - Q^T X), dR = (Q^T X - W) R. */
void kov_jvp_qr(const kov_jvp *at)
{
    kov_builder *b = at->b;
    if (is_complex(at))
        return;
    kov_value q = at->out[0], r = at->out[1];
    int n = kov_ndim(b, r);
    if (at->node->attrs[KOV_QR_COMPLETE].u.boolean ||
        kov_dim_number(b, at->in[0], n - 2) < kov_dim_number(b, at->in[0], n - 1)) {
        kov_jvp_refuse(at, "but for the reduced factors of a matrix that is not wide");
        return;
    }
    kov_value x = divide_by_triangle(b, at->dx[0], r, false);
    kov_value inner = kov_mat_mul(b, q, x, true, false), low = lower_part(b, inner, 1);
    kov_value rest = kov_subtract(b, kov_subtract(b, low, transposed(b, low)), inner);
    at->dy[0] = kov_add(b, x, times(b, q, rest));
    at->dy[1] = kov_negative(b, times(b, rest, r));
}

/* With M = V^T dA V: dw is its diagonal, dV = V times M over the differences of the values. */
void kov_jvp_eigh(const kov_jvp *at)
{
    kov_builder *b = at->b;
    if (is_complex(at))
        return;
    kov_value w = at->out[0], v = at->out[1], half = kov_scalar_like(b, w, 0.5);
    const int64_t n = kov_ndim(b, v), last = n - 1, before = n - 2;
    kov_value da = kov_multiply(b, half, kov_add(b, at->dx[0], transposed(b, at->dx[0])));
    kov_value m = times(b, kov_mat_mul(b, v, da, true, false), v), eye = identity_like(b, m);
    at->dy[0] = kov_reduce_sum(b, kov_multiply(b, m, eye), kov_constant_i64(b, &last, 1), false);
    kov_value gap = kov_subtract(b, kov_unsqueeze(b, w, kov_constant_i64(b, &before, 1)),
                                 kov_unsqueeze(b, w, kov_constant_i64(b, &last, 1)));
    kov_value apart =
        kov_divide(b, kov_subtract(b, kov_scalar_like(b, w, 1), eye), kov_add(b, gap, eye));
    at->dy[1] = times(b, v, kov_multiply(b, m, apart));
}
