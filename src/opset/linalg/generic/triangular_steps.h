/* SPDX-License-Identifier: Apache-2.0 */
/* Triangular systems. Included once for each kind of number, see number_real.h. */

/* In place x of a x = b, b (n, columns); a is read in its lower or its upper half only. */
static void KOV_NUMBER_NAME(solve_triangle)(const KOV_NUMBER *a, int64_t n, bool lower,
                                            bool transpose, bool unit, KOV_NUMBER *b,
                                            int64_t columns)
{
    bool forward = lower != transpose;
    for (int64_t step = 0; step < n; step++) {
        int64_t i = forward ? step : n - 1 - step;
        for (int64_t j = forward ? 0 : i + 1; j < (forward ? i : n); j++) {
            KOV_NUMBER factor = transpose ? a[j * n + i] : a[i * n + j];
            if (factor != 0)
                KOV_NUMBER_ADD_ROW(b + i * columns, b + j * columns, -factor, columns);
        }
        for (int64_t c = 0; c < columns && !unit; c++)
            b[i * columns + c] /= a[i * n + i];
    }
}
