/* SPDX-License-Identifier: Apache-2.0 */
/* LU with row pivoting, and the inverse by it. Included once for each kind of number, see
 * number_real.h; triangular_steps.h stands before it. */
static void KOV_NUMBER_NAME(swap_rows)(KOV_NUMBER *a, int64_t columns, int64_t i, int64_t k)
{
    for (int64_t j = 0; j < columns && i != k; j++) {
        KOV_NUMBER kept = a[i * columns + j];
        a[i * columns + j] = a[k * columns + j];
        a[k * columns + j] = kept;
    }
}

/* In place: L below the diagonal (of ones, not stored) and U, with row swaps[k] changed for row k
 * at step k < min(rows, columns). Returns the sign of the permutation; a zero pivot stays and is no
 * failure. The pivot is LAPACK's: greatest in the sum of its parts' sizes. */
static int KOV_NUMBER_NAME(lu_factor)(KOV_NUMBER *a, int64_t rows, int64_t columns, int64_t *swaps)
{
    int64_t steps = rows < columns ? rows : columns;
    int sign = 1;
    for (int64_t k = 0; k < steps; k++) {
        int64_t best = k;
        for (int64_t i = k + 1; i < rows; i++) {
            if (KOV_NUMBER_SIZE(a[i * columns + k]) > KOV_NUMBER_SIZE(a[best * columns + k]))
                best = i;
        }
        swaps[k] = best;
        sign = best == k ? sign : -sign;
        KOV_NUMBER_NAME(swap_rows)(a, columns, k, best);
        KOV_NUMBER pivot = a[k * columns + k];
        for (int64_t i = k + 1; i < rows && pivot != 0; i++) {
            KOV_NUMBER factor = a[i * columns + k] / pivot;
            a[i * columns + k] = factor;
            KOV_NUMBER_ADD_ROW(a + i * columns + k + 1, a + k * columns + k + 1, -factor,
                               columns - k - 1);
        }
    }
    return sign;
}

/* out, zeros before: the inverse of a, or its adjugate, the inverse times the determinant. */
static void KOV_NUMBER_NAME(invert)(KOV_NUMBER *a, int64_t n, bool adjoint, KOV_NUMBER *out,
                                    int64_t *swaps)
{
    KOV_NUMBER scale = KOV_NUMBER_NAME(lu_factor)(a, n, n, swaps);
    for (int64_t i = 0; i < n; i++) {
        out[i * n + i] = 1;
        scale = KOV_NUMBER_TIMES(scale, a[i * n + i]);
    }
    for (int64_t k = 0; k < n; k++)
        KOV_NUMBER_NAME(swap_rows)(out, n, k, swaps[k]);
    KOV_NUMBER_NAME(solve_triangle)(a, n, true, false, true, out, n);
    KOV_NUMBER_NAME(solve_triangle)(a, n, false, false, false, out, n);
    for (int64_t i = 0; i < n * n && adjoint; i++)
        out[i] = KOV_NUMBER_TIMES(out[i], scale);
}
