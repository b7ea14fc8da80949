/* SPDX-License-Identifier: Apache-2.0 */
/* Sums, products, largest and smallest of float32 and float64, along the tree of reduce.h. Lanes
 * that have no element hold the neutral element, which changes no bit (for sums that is -0). */
#include "native/kernels/math/math_vector.h"
#include "native/kernels/reduce/reduce_kernels.h"

#include <math.h>

/* Leaves computed side by side, so that their additions overlap. */
enum { SIDE = 4 };

KOV_INLINE vf vf_sum_of(vf a, vf b) { return a + b; }
KOV_INLINE vd vd_sum_of(vd a, vd b) { return a + b; }
KOV_INLINE vf vf_product_of(vf a, vf b) { return a * b; }
KOV_INLINE vd vd_product_of(vd a, vd b) { return a * b; }
KOV_INLINE vf vf_greater_of(vf a, vf b) { return vf_select(vf_isnan(a), a, vf_max(a, b)); }
KOV_INLINE vd vd_greater_of(vd a, vd b) { return vd_select(vd_isnan(a), a, vd_max(a, b)); }
KOV_INLINE vf vf_lesser_of(vf a, vf b) { return vf_select(vf_isnan(a), a, vf_min(a, b)); }
KOV_INLINE vd vd_lesser_of(vd a, vd b) { return vd_select(vd_isnan(a), a, vd_min(a, b)); }
KOV_INLINE vf vf_same(vf x) { return x; }
KOV_INLINE vd vd_same(vd x) { return x; }
KOV_INLINE vf vf_squared(vf x) { return x * x; }
KOV_INLINE vd vd_squared(vd x) { return x * x; }

#define SUM_OF(a, b) ((a) + (b))
#define PRODUCT_OF(a, b) ((a) * (b))
#define GREATER_OF(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define LESSER_OF(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))
#define SAME(a) (a)
#define MAGNITUDE(a) fabs(a)
#define SQUARED(a) ((a) * (a))

/* v is the vector type, N its lanes; OF combines two scalars as v##_##of does two vectors, MAP maps
 * one as v##_##map does. */
#define FLOAT_REDUCE(type, T, v, N, name, neutral, of, OF, map, MAP)                               \
    /* Pairwise, the halves of what is left one on the other. */                                   \
    KOV_INLINE T type##_##name##_halves(T *lane)                                                   \
    {                                                                                              \
        KOV_IVDEP                                                                                  \
        for (int j = 0; j < 8; j++)                                                                \
            lane[j] = OF(lane[j], lane[j + 8]);                                                    \
        KOV_IVDEP                                                                                  \
        for (int j = 0; j < 4; j++)                                                                \
            lane[j] = OF(lane[j], lane[j + 4]);                                                    \
        lane[0] = OF(lane[0], lane[2]);                                                            \
        lane[1] = OF(lane[1], lane[3]);                                                            \
        return OF(lane[0], lane[1]);                                                               \
    }                                                                                              \
    KOV_INLINE void type##_##name##_leaves(const T *x, int side, T *leaves)                        \
    {                                                                                              \
        enum { VECTORS = KOV_REDUCE_LANES / N };                                                   \
        v p[SIDE][VECTORS];                                                                        \
        KOV_UNROLL                                                                                 \
        for (int s = 0; s < side; s++)                                                             \
            KOV_UNROLL                                                                             \
        for (int j = 0; j < VECTORS; j++)                                                          \
            p[s][j] = v##_##map(v##_load(x + s * KOV_REDUCE_LEAF + j * N));                        \
        for (int k = KOV_REDUCE_LANES; k < KOV_REDUCE_LEAF; k += KOV_REDUCE_LANES)                 \
            KOV_UNROLL                                                                             \
        for (int s = 0; s < side; s++)                                                             \
            KOV_UNROLL                                                                             \
        for (int j = 0; j < VECTORS; j++)                                                          \
            p[s][j] = v##_##of(p[s][j], v##_##map(v##_load(x + s * KOV_REDUCE_LEAF + k + j * N))); \
        for (int s = 0; s < side; s++) {                                                           \
            T lane[KOV_REDUCE_LANES];                                                              \
            for (int j = 0; j < VECTORS; j++)                                                      \
                v##_store(lane + j * N, p[s][j]);                                                  \
            leaves[s] = type##_##name##_halves(lane);                                              \
        }                                                                                          \
    }                                                                                              \
    static T type##_##name##_part(const T *x, size_t n)                                            \
    {                                                                                              \
        enum { VECTORS = KOV_REDUCE_LANES / N };                                                   \
        v p[VECTORS];                                                                              \
        T lane[KOV_REDUCE_LANES];                                                                  \
        size_t rest = n % KOV_REDUCE_LANES, whole = n - rest;                                      \
        if (rest) {                                                                                \
            for (int j = 0; j < KOV_REDUCE_LANES; j++)                                             \
                lane[j] = neutral;                                                                 \
            for (size_t j = 0; j < rest; j++)                                                      \
                lane[j] = x[whole + j];                                                            \
        }                                                                                          \
        for (int j = 0; j < VECTORS; j++)                                                          \
            p[j] = v##_##map(v##_load((whole ? x : lane) + j * N));                                \
        for (size_t k = KOV_REDUCE_LANES; k < whole; k += KOV_REDUCE_LANES)                        \
            KOV_UNROLL                                                                             \
        for (int j = 0; j < VECTORS; j++)                                                          \
            p[j] = v##_##of(p[j], v##_##map(v##_load(x + k + j * N)));                             \
        for (int j = 0; j < VECTORS && whole && rest; j++)                                         \
            p[j] = v##_##of(p[j], v##_##map(v##_load(lane + j * N)));                              \
        for (int j = 0; j < VECTORS; j++)                                                          \
            v##_store(lane + j * N, p[j]);                                                         \
        return type##_##name##_halves(lane);                                                       \
    }                                                                                              \
    void KOV_ISA_NAME(type##_reduce_##name##_line)(const void *x_data, size_t n, void *y_data)     \
    {                                                                                              \
        const T *x = x_data;                                                                       \
        T leaf[KOV_REDUCE_CHUNK_LEAVES];                                                           \
        size_t count = 0, at = 0;                                                                  \
        for (; at + SIDE * KOV_REDUCE_LEAF <= n; at += SIDE * KOV_REDUCE_LEAF, count += SIDE)      \
            type##_##name##_leaves(x + at, SIDE, leaf + count);                                    \
        for (; at + KOV_REDUCE_LEAF <= n; at += KOV_REDUCE_LEAF, count++)                          \
            type##_##name##_leaves(x + at, 1, leaf + count);                                       \
        if (at < n)                                                                                \
            leaf[count++] = type##_##name##_part(x + at, n - at);                                  \
        for (; count > 1; count = (count + 1) / 2) {                                               \
            for (size_t i = 0; i + 1 < count; i += 2)                                              \
                leaf[i / 2] = OF(leaf[i], leaf[i + 1]);                                            \
            if (count % 2)                                                                         \
                leaf[count / 2] = leaf[count - 1];                                                 \
        }                                                                                          \
        *(T *)y_data = leaf[0];                                                                    \
    }                                                                                              \
    void KOV_ISA_NAME(type##_reduce_##name##_columns)(const void *x_data, size_t n, size_t stride, \
                                                      size_t width, void *y_data)                  \
    {                                                                                              \
        const T *x = x_data;                                                                       \
        T *y = y_data;                                                                             \
        T level[8][KOV_REDUCE_WIDTH], lane[KOV_REDUCE_LANES][KOV_REDUCE_WIDTH];                    \
        size_t leaves = 0;                                                                         \
        for (size_t at = 0; at < n; at += KOV_REDUCE_LEAF, leaves++) {                             \
            size_t rows = n - at < KOV_REDUCE_LEAF ? n - at : KOV_REDUCE_LEAF;                     \
            for (size_t r = 0; r < rows; r++) {                                                    \
                const T *row = x + (at + r) * stride;                                              \
                T *p = lane[r % KOV_REDUCE_LANES];                                                 \
                if (r < KOV_REDUCE_LANES)                                                          \
                    KOV_IVDEP                                                                      \
                for (size_t c = 0; c < width; c++)                                                 \
                    p[c] = (T)MAP(row[c]);                                                         \
                else KOV_IVDEP for (size_t c = 0; c < width; c++)                                  \
                {                                                                                  \
                    T one = (T)MAP(row[c]);                                                        \
                    p[c] = OF(p[c], one);                                                          \
                }                                                                                  \
            }                                                                                      \
            for (size_t w = KOV_REDUCE_LANES / 2; w > 0; w /= 2)                                   \
                for (size_t j = 0; j < w && j + w < rows; j++)                                     \
                    KOV_IVDEP                                                                      \
            for (size_t c = 0; c < width; c++)                                                     \
                lane[j][c] = OF(lane[j][c], lane[j + w][c]);                                       \
            int bit = 0;                                                                           \
            for (; leaves >> bit & 1; bit++)                                                       \
                for (size_t c = 0; c < width; c++)                                                 \
                    lane[0][c] = OF(level[bit][c], lane[0][c]);                                    \
            memcpy(level[bit], lane[0], width * sizeof(T));                                        \
        }                                                                                          \
        int bit = 0;                                                                               \
        while (!(leaves >> bit & 1))                                                               \
            bit++;                                                                                 \
        memcpy(y, level[bit], width * sizeof(T));                                                  \
        for (bit++; leaves >> bit; bit++)                                                          \
            for (size_t c = 0; c < width && (leaves >> bit & 1); c++)                              \
                y[c] = OF(level[bit][c], y[c]);                                                    \
    }

#define FLOAT_REDUCTIONS(type, T, v, N)                                                            \
    FLOAT_REDUCE(type, T, v, N, sum, -0.0, sum_of, SUM_OF, same, SAME)                             \
    FLOAT_REDUCE(type, T, v, N, prod, 1, product_of, PRODUCT_OF, same, SAME)                       \
    FLOAT_REDUCE(type, T, v, N, max, -INFINITY, greater_of, GREATER_OF, same, SAME)                \
    FLOAT_REDUCE(type, T, v, N, min, INFINITY, lesser_of, LESSER_OF, same, SAME)                   \
    FLOAT_REDUCE(type, T, v, N, sum_abs, 0, sum_of, SUM_OF, abs, MAGNITUDE)                        \
    FLOAT_REDUCE(type, T, v, N, sum_square, 0, sum_of, SUM_OF, squared, SQUARED)

FLOAT_REDUCTIONS(f32, float, vf, KOV_VF)
FLOAT_REDUCTIONS(f64, double, vd, KOV_VD)
