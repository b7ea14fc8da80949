/* SPDX-License-Identifier: Apache-2.0 */
/* Merge exchange (Batcher; Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M), which
 * sorts any number of keys by comparisons whose places do not depend on them: so one instruction
 * compares a pair of every lane. */
#include "native/kernels/math/math_vector.h"
#include "native/kernels/sort/sort_kernels.h"

#include <stdint.h>

#define SORT_LANES(type, T)                                                                        \
    KOV_INLINE void type##_exchange(T *restrict low, T *restrict high)                             \
    {                                                                                              \
        for (size_t l = 0; l < KOV_SORT_LANES; l++) {                                              \
            T a = low[l], b = high[l];                                                             \
            low[l] = a < b ? a : b;                                                                \
            high[l] = a < b ? b : a;                                                               \
        }                                                                                          \
    }                                                                                              \
    void KOV_ISA_NAME(type##_sort_lanes)(void *data, size_t n)                                     \
    {                                                                                              \
        T *keys = data;                                                                            \
        size_t top = 1;                                                                            \
        while (top * 2 < n)                                                                        \
            top *= 2;                                                                              \
        for (size_t p = top; p > 0; p /= 2) {                                                      \
            size_t r = 0, d = p;                                                                   \
            for (size_t q = top;; q /= 2) {                                                        \
                for (size_t from = r; from + d < n; from += 2 * p) {                               \
                    size_t end = from + p < n - d ? from + p : n - d;                              \
                    for (size_t i = from; i < end; i++)                                            \
                        type##_exchange(keys + i * KOV_SORT_LANES,                                 \
                                        keys + (i + d) * KOV_SORT_LANES);                          \
                }                                                                                  \
                if (q == p)                                                                        \
                    break;                                                                         \
                d = q - p;                                                                         \
                r = p;                                                                             \
            }                                                                                      \
        }                                                                                          \
    }

SORT_LANES(i32, int32_t)
SORT_LANES(i64, int64_t)

void KOV_ISA_NAME(f32_sort_keys)(void *data, size_t n, int *odd)
{
    int32_t *x = data;
    int32_t found = 0;
    for (size_t i = 0; i < n * KOV_SORT_LANES; i++) {
        int32_t bits = x[i], magnitude = bits & INT32_MAX;
        int32_t nan = magnitude > 0x7f800000, zero = bits == INT32_MIN;
        int32_t key = bits ^ ((bits >> 31) & INT32_MAX);
        found |= nan | zero;
        x[i] = nan ? INT32_MAX : zero ? 0 : key;
    }
    *odd = found;
}

void KOV_ISA_NAME(f32_sort_values)(void *keys, size_t n)
{
    int32_t *x = keys;
    for (size_t i = 0; i < n * KOV_SORT_LANES; i++)
        x[i] ^= (x[i] >> 31) & INT32_MAX;
}
