/* SPDX-License-Identifier: Apache-2.0 */
/* QR by Householder reflections. Included once for each kind of number, see number_real.h. */

/* m := (1 - factor v v^H) m for `rows` rows of `columns` numbers, `stride` apart; w: a row. */
static void KOV_NUMBER_NAME(reflect)(KOV_NUMBER *m, int64_t rows, int64_t columns, int64_t stride,
                                     const KOV_NUMBER *v, KOV_NUMBER factor, KOV_NUMBER *w)
{
    memset(w, 0, sizeof *w * (size_t)columns);
    for (int64_t i = 0; i < rows; i++)
        KOV_NUMBER_ADD_ROW(w, m + i * stride, KOV_NUMBER_TIMES(factor, KOV_NUMBER_CONJUGATE(v[i])),
                           columns);
    for (int64_t i = 0; i < rows; i++)
        KOV_NUMBER_ADD_ROW(m + i * stride, w, -v[i], columns);
}

typedef struct KOV_NUMBER_NAME(qr_work) {
    KOV_NUMBER *vectors; /* (steps, rows): the vector of reflection k is row k from element k on */
    KOV_NUMBER *factors; /* steps */
    KOV_NUMBER *row;     /* as many numbers as a has columns, or q */
} KOV_NUMBER_NAME(qr_work);

/* a (rows, columns) becomes r. A column with nothing to clear is left alone, as by LAPACK. */
static void KOV_NUMBER_NAME(triangularize)(KOV_NUMBER *a, int64_t rows, int64_t columns,
                                           int64_t steps, KOV_NUMBER_NAME(qr_work) * work)
{
    for (int64_t k = 0; k < steps; k++) {
        KOV_NUMBER *v = work->vectors + k * rows + k, *corner = a + k * columns + k;
        double left;
        int64_t below = rows - k;
        for (int64_t i = 0; i < below; i++)
            v[i] = corner[i * columns];
        KOV_NUMBER factor = work->factors[k] = KOV_NUMBER_REFLECTOR(v, below, &left);
        if (factor == 0)
            continue;
        KOV_NUMBER_NAME(reflect)(corner + 1, below, columns - k - 1, columns, v, factor, work->row);
        corner[0] = left;
        for (int64_t i = 1; i < below; i++)
            corner[i * columns] = 0;
    }
}

/* q (rows, inner): the first columns of the reflections' product. From the last one on each changes
 * only what is below and right of its own corner. */
static void KOV_NUMBER_NAME(gather)(KOV_NUMBER *q, int64_t rows, int64_t inner, int64_t steps,
                                    const KOV_NUMBER_NAME(qr_work) * work)
{
    for (int64_t i = 0; i < inner; i++)
        q[i * inner + i] = 1;
    for (int64_t k = steps - 1; k >= 0; k--) {
        if (work->factors[k] != 0)
            KOV_NUMBER_NAME(reflect)(q + k * inner + k, rows - k, inner - k, inner,
                                     work->vectors + k * rows + k,
                                     KOV_NUMBER_CONJUGATE(work->factors[k]), work->row);
    }
}

/* In place a becomes r; q (rows, inner), zeros before. parts: vectors, factors and row of the work.
 */
static void KOV_NUMBER_NAME(factor)(KOV_NUMBER *a, int64_t rows, int64_t columns, int64_t steps,
                                    KOV_NUMBER *q, int64_t inner, double *const parts[3])
{
    KOV_NUMBER_NAME(qr_work)
    work = {(KOV_NUMBER *)parts[0], (KOV_NUMBER *)parts[1], (KOV_NUMBER *)parts[2]};
    KOV_NUMBER_NAME(triangularize)(a, rows, columns, steps, &work);
    KOV_NUMBER_NAME(gather)(q, rows, inner, steps, &work);
}
