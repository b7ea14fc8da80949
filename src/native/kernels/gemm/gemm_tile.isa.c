/* SPDX-License-Identifier: Apache-2.0 */
/* The float32 tile kernels: 14x32 (AVX-512), 6x16 (AVX2), 4x8 (baseline) and all smaller ones. */
#include "native/kernels/gemm/gemm_tile.h"
#include "base/isa.h"
#include "native/kernels/gemm/gemm_vector.h"

#if VF_LANES == 16
#define TILE_ROWS                                                                                  \
    14 /* 28 sums, 2 of B, 1 of A, of 32 registers; divides 224, 112, 56, 28 and 14                \
        */
#elif VF_LANES == 8
#define TILE_ROWS 6
#else
#define TILE_ROWS 4
#endif

KOV_INLINE vf load_part(const float *p, bool whole, vf_mask mask)
{
    return whole ? vf_load(p) : vf_load_first(p, mask);
}

/* The sums of one pair. A is addressed by a pointer for each group of four rows, so that the
 * addresses of 14 rows take six general registers; the empty asm keeps the compiler from making 14
 * pointers of them. */
KOV_INLINE void tile_sum(int rows, int vectors, const float *a, const float *b, int64_t k,
                         int64_t a_row, int64_t b_row, vf sums[TILE_ROWS][2])
{
    const float *group[4];
    KOV_UNROLL
    for (int g = 0; g < 4; g++)
        group[g] = 4 * g < rows ? a + 4 * g * a_row : a;
    for (int64_t i = 0; i < k; i++) {
        vf b0 = vf_load(b), b1 = vectors > 1 ? vf_load(b + VF_LANES) : b0;
        KOV_UNROLL
        for (int r = 0; r < rows; r++) {
            vf x = vf_set1(group[r / 4][r % 4 * a_row]);
            sums[r][0] = vf_fma(x, b0, sums[r][0]);
            if (vectors > 1)
                sums[r][1] = vf_fma(x, b1, sums[r][1]);
        }
        __asm__("" : "+r"(group[0]), "+r"(group[1]), "+r"(group[2]), "+r"(group[3]));
        KOV_UNROLL
        for (int g = 0; g < 4; g++)
            group[g]++;
        b += b_row;
    }
}

KOV_INLINE void tile_finish(int rows, int vectors, const kov_gemm_tile *t, bool whole, vf_mask mask,
                            vf sums[TILE_ROWS][2])
{
    KOV_UNROLL
    for (int v = 0; v < vectors; v++) {
        bool full = whole || v + 1 < vectors;
        int64_t at = v * VF_LANES;
        if (t->scale) {
            vf scale = load_part(t->scale + at, full, mask);
            KOV_UNROLL
            for (int r = 0; r < rows; r++)
                sums[r][v] = vf_mul(sums[r][v], scale);
        }
        if (t->bias) {
            vf bias = load_part(t->bias + at, full, mask);
            KOV_UNROLL
            for (int r = 0; r < rows; r++)
                sums[r][v] = vf_add(sums[r][v], bias);
        }
        if (t->residual) {
            KOV_UNROLL
            for (int r = 0; r < rows; r++) {
                const float *p = t->residual + r * t->residual_row + at;
                sums[r][v] = vf_add(sums[r][v], load_part(p, full, mask));
            }
        }
        vf low = vf_set1(t->low), high = vf_set1(t->high);
        KOV_UNROLL
        for (int r = 0; r < rows; r++)
            sums[r][v] = vf_min(high, vf_max(low, sums[r][v]));
    }
}

KOV_INLINE void tile_run(int rows, int vectors, const kov_gemm_tile *t)
{
    bool whole = t->columns == vectors * VF_LANES;
    vf_mask mask = vf_mask_first(t->columns - (vectors - 1) * VF_LANES);
    vf sums[TILE_ROWS][2];
    KOV_UNROLL
    for (int r = 0; r < rows; r++) {
        KOV_UNROLL
        for (int v = 0; v < vectors; v++)
            sums[r][v] = vf_zero();
    }
    if (t->load) {
        KOV_UNROLL
        for (int r = 0; r < rows; r++) {
            KOV_UNROLL
            for (int v = 0; v < vectors; v++)
                sums[r][v] =
                    load_part(t->c + r * t->c_row + v * VF_LANES, whole || v + 1 < vectors, mask);
        }
    }
    for (int64_t i = 0; i < t->pair_count; i++)
        tile_sum(rows, vectors, t->pairs[i].a, t->pairs[i].b, t->k, t->a_row, t->b_row, sums);
    if (t->finish)
        tile_finish(rows, vectors, t, whole, mask, sums);
    KOV_UNROLL
    for (int r = 0; r < rows; r++) {
        KOV_UNROLL
        for (int v = 0; v < vectors; v++) {
            float *p = t->c + r * t->c_row + v * VF_LANES;
            if (whole || v + 1 < vectors)
                vf_store(p, sums[r][v]);
            else
                vf_store_first(p, mask, sums[r][v]);
        }
    }
}

#define TILE(rows)                                                                                 \
    static void tile_##rows##x1(const kov_gemm_tile *t) { tile_run(rows, 1, t); }                  \
    static void tile_##rows##x2(const kov_gemm_tile *t) { tile_run(rows, 2, t); }

TILE(1)
TILE(2)
TILE(3)
TILE(4)
#if TILE_ROWS >= 6
TILE(5)
TILE(6)
#endif
#if TILE_ROWS >= 14
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
TILE(13)
TILE(14)
#endif

static kov_gemm_tile_fn *const tiles[2][KOV_GEMM_ROWS_MAX] = {
#if TILE_ROWS >= 14
    {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1, tile_7x1, tile_8x1, tile_9x1,
     tile_10x1, tile_11x1, tile_12x1, tile_13x1, tile_14x1},
    {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2, tile_7x2, tile_8x2, tile_9x2,
     tile_10x2, tile_11x2, tile_12x2, tile_13x2, tile_14x2},
#elif TILE_ROWS >= 6
    {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1},
    {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2},
#else
    {tile_1x1, tile_2x1, tile_3x1, tile_4x1},
    {tile_1x2, tile_2x2, tile_3x2, tile_4x2},
#endif
};

const kov_gemm_kernels KOV_ISA_NAME(f32_gemm_kernels) = {
    .rows = TILE_ROWS, .lanes = VF_LANES, .panel = 2 * VF_LANES, .tiles = tiles};
