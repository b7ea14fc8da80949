/* SPDX-License-Identifier: Apache-2.0 */
/* Householder tridiagonalisation (Golub and Van Loan, "Matrix Computations", 8.3), of Hermitian
 * matrices to a real form. Every inner loop runs along a row. Included once for each kind of
 * number, see number_real.h. */

/* y += by * x + other_by * other */
static void KOV_NUMBER_NAME(add_two)(KOV_NUMBER *restrict y, const KOV_NUMBER *restrict x,
                                     KOV_NUMBER by, const KOV_NUMBER *restrict other,
                                     KOV_NUMBER other_by, int64_t n)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        y[i] += KOV_NUMBER_TIMES(by, x[i]) + KOV_NUMBER_TIMES(other_by, other[i]);
        y[i + 1] += KOV_NUMBER_TIMES(by, x[i + 1]) + KOV_NUMBER_TIMES(other_by, other[i + 1]);
        y[i + 2] += KOV_NUMBER_TIMES(by, x[i + 2]) + KOV_NUMBER_TIMES(other_by, other[i + 2]);
        y[i + 3] += KOV_NUMBER_TIMES(by, x[i + 3]) + KOV_NUMBER_TIMES(other_by, other[i + 3]);
    }
    for (; i < n; i++)
        y[i] += KOV_NUMBER_TIMES(by, x[i]) + KOV_NUMBER_TIMES(other_by, other[i]);
}

/* d, e: diagonal and what is beside it; row k of a keeps reflection k from element k + 1 on, that
 * of rows: its column's is the conjugate. p: n numbers of work. */
static void KOV_NUMBER_NAME(make_tridiagonal)(KOV_NUMBER *a, int64_t n, double *d, double *e,
                                              KOV_NUMBER *factors, KOV_NUMBER *p)
{
    for (int64_t k = 0; k < n; k++) {
        KOV_NUMBER *v = a + k * n + k + 1;
        double half = 0;
        int64_t rest = n - k - 1;
        d[k] = KOV_NUMBER_REAL(a[k * n + k]);
        if (rest == 0)
            break;
        KOV_NUMBER factor = factors[k] = KOV_NUMBER_REFLECTOR(v, rest, &e[k]);
        KOV_NUMBER turned = KOV_NUMBER_CONJUGATE(factor);
        if (factor == 0)
            continue;
        memset(p + k + 1, 0, sizeof *p * (size_t)rest);
        for (int64_t i = 0; i < rest; i++)
            KOV_NUMBER_ADD_ROW(p + k + 1, a + (k + 1 + i) * n + k + 1,
                               KOV_NUMBER_TIMES(turned, v[i]), rest);
        half = 0.5 * KOV_NUMBER_REAL(KOV_NUMBER_TIMES(turned, KOV_NUMBER_DOT(v, p + k + 1, rest)));
        KOV_NUMBER_ADD_ROW(p + k + 1, v, -half, rest);
        for (int64_t i = 0; i < rest; i++)
            KOV_NUMBER_NAME(add_two)(a + (k + 1 + i) * n + k + 1, p + k + 1,
                                     -KOV_NUMBER_CONJUGATE(v[i]), v,
                                     -KOV_NUMBER_CONJUGATE(p[k + 1 + i]), rest);
    }
}

/* The product of the reflections, transposed, in z. */
static void KOV_NUMBER_NAME(gather_tridiagonal)(const KOV_NUMBER *a, int64_t n,
                                                const KOV_NUMBER *factors, KOV_NUMBER *z,
                                                KOV_NUMBER *work)
{
    for (int64_t i = 0; i < n * n; i++)
        z[i] = i % (n + 1) == 0;
    for (int64_t k = n - 2; k >= 0; k--) {
        const KOV_NUMBER *v = a + k * n + k + 1;
        int64_t rest = n - k - 1;
        if (factors[k] == 0)
            continue;
        memset(work, 0, sizeof *work * (size_t)rest);
        for (int64_t i = 0; i < rest; i++)
            KOV_NUMBER_ADD_ROW(work, z + (k + 1 + i) * n + k + 1,
                               KOV_NUMBER_TIMES(factors[k], v[i]), rest);
        for (int64_t i = 0; i < rest; i++)
            KOV_NUMBER_ADD_ROW(z + (k + 1 + i) * n + k + 1, work, -KOV_NUMBER_CONJUGATE(v[i]),
                               rest);
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < i; k++) {
            KOV_NUMBER kept = z[i * n + k];
            z[i * n + k] = z[k * n + i];
            z[k * n + i] = kept;
        }
    }
}
