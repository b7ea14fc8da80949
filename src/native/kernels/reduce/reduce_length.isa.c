/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of squares of float32 in double, where a square is exact and a chunk's sum has an error of
 * less than 2^-40: no tree is needed. */
#include "native/kernels/math/math_vector.h"
#include "native/kernels/reduce/reduce_kernels.h"

/* Partial sums, for additions to overlap: every 32nd element. */
enum { SUMS = 32, VECTORS = SUMS / KOV_VD };

KOV_INLINE void add_squares(const float *x, vd *sums)
{
    KOV_UNROLL
    for (int j = 0; j < VECTORS; j += 2) {
        vf v = vf_load(x + j / 2 * KOV_VF);
        vd low = vf_low(v), high = vf_high(v);
        sums[j] = vd_fma(low, low, sums[j]);
        sums[j + 1] = vd_fma(high, high, sums[j + 1]);
    }
}

void KOV_ISA_NAME(f32_reduce_length_line)(const void *x_data, size_t n, void *y_data)
{
    const float *x = x_data;
    vd sums[VECTORS];
    float rest[SUMS] = {0};
    double lane[SUMS];
    size_t i = 0;
    for (int j = 0; j < VECTORS; j++)
        sums[j] = vd_set(0);
    for (; i + SUMS <= n; i += SUMS)
        add_squares(x + i, sums);
    memcpy(rest, x + i, (n - i) * sizeof *x);
    add_squares(rest, sums);
    for (int j = 0; j < VECTORS; j++)
        vd_store(lane + j * KOV_VD, sums[j]);
    for (int w = SUMS / 2; w > 0; w /= 2) {
        for (int j = 0; j < w; j++)
            lane[j] += lane[j + w];
    }
    *(double *)y_data = lane[0];
}

void KOV_ISA_NAME(f32_reduce_length_columns)(const void *x_data, size_t n, size_t stride,
                                             size_t width, void *y_data)
{
    const float *x = x_data;
    double *y = y_data;
    for (size_t c = 0; c < width; c++)
        y[c] = 0;
    for (size_t r = 0; r < n; r++) {
        const float *row = x + r * stride;
        for (size_t c = 0; c < width; c++)
            y[c] += (double)row[c] * (double)row[c];
    }
}
