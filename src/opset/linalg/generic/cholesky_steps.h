/* SPDX-License-Identifier: Apache-2.0 */
/* Cholesky factors. Included once for each kind of number, see number_real.h. */
/* The lower factor in place, zeros above; false if a is not positive definite. */
static bool KOV_NUMBER_NAME(cholesky)(KOV_NUMBER *a, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            KOV_NUMBER sum = a[i * n + j] - KOV_NUMBER_DOT(a + i * n, a + j * n, j);
            if (i == j && !(KOV_NUMBER_REAL(sum) > 0))
                return false;
            a[i * n + j] =
                i == j ? sqrt(KOV_NUMBER_REAL(sum)) : sum / KOV_NUMBER_REAL(a[j * n + j]);
        }
        for (int64_t j = i + 1; j < n; j++)
            a[i * n + j] = 0;
    }
    return true;
}
