/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/gemm_small.h"
#include "native/kernels/gemm/gemm_vector.h"

#define ROWS_OF_B 4 /* that go through C together, so that C is loaded and stored once for them */
#define DOTS 4

KOV_INLINE void row_step(int rows, const float *a, int64_t a_step, const float *b, int64_t b_row,
                         int64_t n, float *c)
{
    vf x[ROWS_OF_B];
    KOV_UNROLL
    for (int r = 0; r < rows; r++)
        x[r] = vf_set1(a[r * a_step]);
    int64_t j = 0;
    for (; j + VF_LANES <= n; j += VF_LANES) {
        vf sum = vf_load(c + j);
        KOV_UNROLL
        for (int r = 0; r < rows; r++)
            sum = vf_fma(x[r], vf_load(b + r * b_row + j), sum);
        vf_store(c + j, sum);
    }
    if (j < n) {
        vf_mask mask = vf_mask_first(n - j);
        vf sum = vf_load_first(c + j, mask);
        KOV_UNROLL
        for (int r = 0; r < rows; r++)
            sum = vf_fma(x[r], vf_load_first(b + r * b_row + j, mask), sum);
        vf_store_first(c + j, mask, sum);
    }
}

void KOV_ISA_NAME(f32_gemm_row)(const float *a, int64_t a_step, const float *b, int64_t b_row,
                                int64_t k, int64_t n, bool accumulate, float *c)
{
    if (!accumulate)
        memset(c, 0, (size_t)n * sizeof *c);
    int64_t i = 0;
    for (; i + ROWS_OF_B <= k; i += ROWS_OF_B)
        row_step(ROWS_OF_B, a + i * a_step, a_step, b + i * b_row, b_row, n, c);
    for (; i < k; i++)
        row_step(1, a + i * a_step, a_step, b + i * b_row, b_row, n, c);
}

static float sum_lanes(vf x)
{
    float lane[VF_LANES];
    vf_store(lane, x);
    for (int half = VF_LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

KOV_INLINE void dots(int count, const float *a, const float *b, int64_t b_step, int64_t k,
                     bool accumulate, float *c, int64_t c_step)
{
    vf even[DOTS], odd[DOTS];
    KOV_UNROLL
    for (int j = 0; j < count; j++)
        even[j] = odd[j] = vf_zero();
    int64_t i = 0;
    for (; i + 2 * VF_LANES <= k; i += 2 * VF_LANES) {
        vf x = vf_load(a + i), y = vf_load(a + i + VF_LANES);
        KOV_UNROLL
        for (int j = 0; j < count; j++) {
            even[j] = vf_fma(x, vf_load(b + j * b_step + i), even[j]);
            odd[j] = vf_fma(y, vf_load(b + j * b_step + i + VF_LANES), odd[j]);
        }
    }
    for (; i < k; i += VF_LANES) {
        vf_mask mask = vf_mask_first(k - i < VF_LANES ? k - i : VF_LANES);
        vf x = vf_load_first(a + i, mask);
        KOV_UNROLL
        for (int j = 0; j < count; j++)
            even[j] = vf_fma(x, vf_load_first(b + j * b_step + i, mask), even[j]);
    }
    for (int j = 0; j < count; j++) {
        float sum = sum_lanes(vf_add(even[j], odd[j]));
        c[j * c_step] = accumulate ? c[j * c_step] + sum : sum;
    }
}

void KOV_ISA_NAME(f32_gemm_dots)(const float *a, const float *b, int64_t b_step, int64_t k,
                                 int64_t count, bool accumulate, float *c, int64_t c_step)
{
    int64_t j = 0;
    for (; j + DOTS <= count; j += DOTS)
        dots(DOTS, a, b + j * b_step, b_step, k, accumulate, c + j * c_step, c_step);
    for (; j < count; j++)
        dots(1, a, b + j * b_step, b_step, k, accumulate, c + j * c_step, c_step);
}
