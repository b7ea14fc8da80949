/* SPDX-License-Identifier: Apache-2.0 */
/* Householder bidiagonalisation (Golub and Van Loan, "Matrix Computations", 5.4), of complex
 * matrices to a real form. Every inner loop runs along a row. Included once for each kind of
 * number, see number_real.h. */

/* d, e: the diagonal and what is above it. Row k of columns keeps left reflection k from element k
 * on, row k of a right reflection k from element k + 1 on. spare: `wide` numbers. */
static void KOV_NUMBER_NAME(make_bidiagonal)(KOV_NUMBER *a, int64_t tall, int64_t wide, double *d,
                                             double *e, KOV_NUMBER *columns,
                                             KOV_NUMBER *left_factors, KOV_NUMBER *right_factors,
                                             KOV_NUMBER *spare)
{
    for (int64_t k = 0; k < wide; k++) {
        KOV_NUMBER *v = columns + k * tall, *across = a + k * wide + k + 1;
        int64_t rest = wide - k - 1;
        for (int64_t i = k; i < tall; i++)
            v[i] = a[i * wide + k];
        KOV_NUMBER factor = left_factors[k] = KOV_NUMBER_REFLECTOR(v + k, tall - k, &d[k]);
        memset(spare, 0, sizeof *spare * (size_t)rest);
        for (int64_t i = k; factor != 0 && i < tall; i++)
            KOV_NUMBER_ADD_ROW(spare, a + i * wide + k + 1,
                               KOV_NUMBER_TIMES(factor, KOV_NUMBER_CONJUGATE(v[i])), rest);
        for (int64_t i = k; factor != 0 && i < tall; i++)
            KOV_NUMBER_ADD_ROW(a + i * wide + k + 1, spare, -v[i], rest);
        right_factors[k] = 0;
        if (rest == 0)
            break;
        factor = right_factors[k] = KOV_NUMBER_REFLECTOR(across, rest, &e[k]);
        for (int64_t i = k + 1; factor != 0 && i < tall; i++) {
            KOV_NUMBER *row = a + i * wide + k + 1;
            KOV_NUMBER along = KOV_NUMBER_TIMES(factor, KOV_NUMBER_DOT(row, across, rest));
            KOV_NUMBER_ADD_ROW(row, across, -along, rest);
        }
    }
}

/* The first `count` rows of the product of reflections, the last one first, each of them
 * conjugated; reflection k is row k of at (stride numbers) from element k + from on. */
static void KOV_NUMBER_NAME(gather_bidiagonal)(const KOV_NUMBER *at, int64_t stride, int64_t from,
                                               const KOV_NUMBER *factors, int64_t reflections,
                                               KOV_NUMBER *rows, int64_t count, int64_t n)
{
    for (int64_t r = 0; r < count; r++) {
        for (int64_t c = 0; c < n; c++)
            rows[r * n + c] = r == c;
    }
    for (int64_t k = reflections - 1; k >= 0; k--) {
        int64_t start = k + from;
        const KOV_NUMBER *v = at + k * stride + start;
        KOV_NUMBER factor = KOV_NUMBER_CONJUGATE(factors[k]);
        for (int64_t r = start; factor != 0 && r < count; r++) {
            KOV_NUMBER *row = rows + r * n + start;
            KOV_NUMBER along = KOV_NUMBER_TIMES(factor, KOV_NUMBER_DOT(row, v, n - start));
            KOV_NUMBER_ADD_ROW(row, v, -along, n - start);
        }
    }
}

/* Both sides of m's matrix; its work but for e, `wide` numbers, are the numbers of these steps. */
static void KOV_NUMBER_NAME(reduce)(const kov_bidiagonal *m, double *e)
{
    KOV_NUMBER *a = (KOV_NUMBER *)m->a, *columns = (KOV_NUMBER *)(m->work + m->wide);
    KOV_NUMBER *left_factors = columns + m->wide * m->tall;
    KOV_NUMBER *right_factors = left_factors + m->wide, *spare = right_factors + m->wide;
    KOV_NUMBER_NAME(make_bidiagonal)
    (a, m->tall, m->wide, m->values, e, columns, left_factors, right_factors, spare);
    KOV_NUMBER_NAME(gather_bidiagonal)
    (columns, m->tall, 0, left_factors, m->wide, (KOV_NUMBER *)m->left, m->left_count, m->tall);
    KOV_NUMBER_NAME(gather_bidiagonal)
    (a, m->wide, 1, right_factors, m->wide - 1, (KOV_NUMBER *)m->right, m->wide, m->wide);
}
